/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_MODBUS_MODBUS_H
#define CODEC_MODBUS_MODBUS_H
/* Modbus requests and responses, both directions, every public function code.
 * The driver, the simulated machines, the passive sensor and the fuzzer share
 * these functions.
 *
 * Story: modbus_adu_decode() cuts one TCP unit from the front of a stream; its
 * `pdu` goes to modbus_request_decode() at a server or modbus_response_decode()
 * at a client, and a sensor does both, matching on (transaction, unit). A
 * server asks modbus_request_check() whether the numbers are legal before it
 * acts. modbus_adu_encode() writes a whole unit for either direction. modbus_rtu.h
 * is the envelope of serial lines; the PDU calls stay the same.
 *
 * Decoding judges shape (lengths, counts, lists that fit), not sense: a request
 * for 3,000 registers decodes well, because a sensor must be able to report it
 * and a server must be able to refuse it. modbus_request_check() judges sense.
 *
 * Standards: MODBUS Application Protocol V1.1b3; Messaging on TCP/IP V1.0b.
 *
 * Caveats: a response to a read says neither what was read nor where; give the
 * request and the decoder fills address and quantity in. All slices borrow from
 * the input. Bits are packed from the least significant bit on; registers are
 * big-endian pairs. */
#include "base/codec.h"
#include "base/cursor.h"
#include "model/action.h"

enum {
	MODBUS_PORT = 502,
	MODBUS_MBAP_BYTES = 7,
	MODBUS_PDU_MAX = 253,
	MODBUS_ADU_MAX = MODBUS_MBAP_BYTES + MODBUS_PDU_MAX,
	MODBUS_READ_BITS_MAX = 2000,
	MODBUS_READ_REGISTERS_MAX = 125,
	MODBUS_WRITE_BITS_MAX = 1968,
	MODBUS_WRITE_REGISTERS_MAX = 123,
	MODBUS_READ_WRITE_MAX = 121, /* registers written by function 0x17 */
	MODBUS_FIFO_MAX = 31,
	MODBUS_COIL_ON = 0xFF00,
	MODBUS_MEI_CANOPEN = 0x0D,
	MODBUS_MEI_DEVICE_ID = 0x0E,
};

/* The table of the machine that a function's addresses count in. */
typedef enum {
	MODBUS_SPACE_NONE,
	MODBUS_SPACE_COIL,
	MODBUS_SPACE_DISCRETE,
	MODBUS_SPACE_INPUT,
	MODBUS_SPACE_HOLDING,
	MODBUS_SPACE_COUNT
} modbus_space_t;

/* name, code, action, space, largest quantity (0: has none) */
#define MODBUS_FUNCTION_ROWS(X) \
	X(READ_COILS, 0x01, READ, COIL, MODBUS_READ_BITS_MAX) \
	X(READ_DISCRETE_INPUTS, 0x02, READ, DISCRETE, MODBUS_READ_BITS_MAX) \
	X(READ_HOLDING_REGISTERS, 0x03, READ, HOLDING, MODBUS_READ_REGISTERS_MAX) \
	X(READ_INPUT_REGISTERS, 0x04, READ, INPUT, MODBUS_READ_REGISTERS_MAX) \
	X(WRITE_SINGLE_COIL, 0x05, WRITE, COIL, 0) \
	X(WRITE_SINGLE_REGISTER, 0x06, WRITE, HOLDING, 0) \
	X(READ_EXCEPTION_STATUS, 0x07, DIAGNOSE, NONE, 0) \
	X(DIAGNOSTICS, 0x08, DIAGNOSE, NONE, 0) \
	X(PROGRAM_484, 0x09, PROGRAM, NONE, 0) \
	X(POLL_484, 0x0A, PROGRAM, NONE, 0) \
	X(GET_COMM_EVENT_COUNTER, 0x0B, DIAGNOSE, NONE, 0) \
	X(GET_COMM_EVENT_LOG, 0x0C, DIAGNOSE, NONE, 0) \
	X(PROGRAM_584_984, 0x0D, PROGRAM, NONE, 0) \
	X(POLL_584_984, 0x0E, PROGRAM, NONE, 0) \
	X(WRITE_MULTIPLE_COILS, 0x0F, WRITE, COIL, MODBUS_WRITE_BITS_MAX) \
	X(WRITE_MULTIPLE_REGISTERS, 0x10, WRITE, HOLDING, MODBUS_WRITE_REGISTERS_MAX) \
	X(REPORT_SERVER_ID, 0x11, IDENTIFY, NONE, 0) \
	X(PROGRAM_884_U84, 0x12, PROGRAM, NONE, 0) \
	X(RESET_COMM_LINK_884_U84, 0x13, PROGRAM, NONE, 0) \
	X(READ_FILE_RECORD, 0x14, FILE, NONE, 0) \
	X(WRITE_FILE_RECORD, 0x15, FILE, NONE, 0) \
	X(MASK_WRITE_REGISTER, 0x16, WRITE, HOLDING, 0) \
	X(READ_WRITE_MULTIPLE_REGISTERS, 0x17, WRITE, HOLDING, MODBUS_READ_REGISTERS_MAX) \
	X(READ_FIFO_QUEUE, 0x18, READ, HOLDING, 0) \
	X(PROGRAM_CONCEPT, 0x28, PROGRAM, NONE, 0) \
	X(ENCAP_INTERFACE_TRANSPORT, 0x2B, IDENTIFY, NONE, 0) \
	X(SCHNEIDER_UMAS, 0x5A, PROGRAM, NONE, 0) \
	X(OBJECT_MESSAGING, 0x5B, PROGRAM, NONE, 0) \
	X(FIRMWARE_REPLACEMENT, 0x7D, PROGRAM, NONE, 0) \
	X(REPORT_LOCAL_ADDRESS, 0x7F, IDENTIFY, NONE, 0)

#define X(name, code, action, space, max) MODBUS_##name = code,
typedef enum { MODBUS_FUNCTION_ROWS(X) MODBUS_FUNCTION_LIMIT = 0x80 } modbus_function_t;
#undef X

/* name, code */
#define MODBUS_EXCEPTION_ROWS(X) \
	X(ILLEGAL_FUNCTION, 0x01) \
	X(ILLEGAL_DATA_ADDRESS, 0x02) \
	X(ILLEGAL_DATA_VALUE, 0x03) \
	X(SERVER_DEVICE_FAILURE, 0x04) \
	X(ACKNOWLEDGE, 0x05) \
	X(SERVER_DEVICE_BUSY, 0x06) \
	X(NEGATIVE_ACKNOWLEDGE, 0x07) \
	X(MEMORY_PARITY_ERROR, 0x08) \
	X(GATEWAY_PATH_UNAVAILABLE, 0x0A) \
	X(GATEWAY_TARGET_FAILED_TO_RESPOND, 0x0B)

#define X(name, code) MODBUS_##name = code,
typedef enum { MODBUS_NO_EXCEPTION = 0, MODBUS_EXCEPTION_ROWS(X) } modbus_exception_t;
#undef X

typedef struct {
	const char *name; /* READ_HOLDING_REGISTERS; "UNKNOWN" for foreign codes */
	action_t action;  /* 0x17, which also reads, is a write */
	modbus_space_t space;
	uint16_t quantity_max;
} modbus_function_info_t;

/* Never NULL; bit 7 is ignored. */
const modbus_function_info_t *modbus_function_info(uint8_t function);
/* ILLEGAL_DATA_ADDRESS ...; "UNKNOWN" for foreign codes. */
const char *modbus_exception_name(uint8_t exception);

/* One request or response. Which fields count depends on the function:
 *   01-04        address quantity         | data
 *   05 06        address value            | the same
 *   07           -                        | status
 *   08           subfunction data         | the same
 *   0B           -                        | status event_count
 *   0C           -                        | status event_count message_count data
 *   0F 10        address quantity data    | address quantity
 *   11           -                        | data (id, run indicator, more)
 *   14 15        data (modbus_file_next)  | data (modbus_file_next)
 *   16           address and_mask or_mask | the same
 *   17           address quantity write_address write_quantity data | data
 *   18           address                  | quantity data
 *   2B/0E        mei code object          | mei code conformity more object
 *                                           object_count data (modbus_object_next)
 *   2B other     mei data                 | mei data
 *   all others   data                     | data */
typedef struct {
	uint8_t function; /* bit 7 is never set in a response */
	bool is_response;
	bool is_exception;
	uint16_t exception; /* modbus_exception_t */
	uint16_t address, quantity;
	uint16_t value;
	uint16_t and_mask, or_mask;
	uint16_t write_address, write_quantity;
	uint16_t subfunction;
	uint16_t status, event_count, message_count;
	uint16_t mei, code, conformity, more, object, object_count;
	slice_t data;
} modbus_pdu_t;

/* What the message does to the machine: the action of its function, refined by
 * the diagnostics that restart or silence a device, by the interface type of
 * 0x2B and by the code of Schneider's UMAS requests. ACTION_UNKNOWN for foreign
 * functions. */
action_t modbus_pdu_action(const modbus_pdu_t *pdu);

/* One unit on TCP. */
typedef struct {
	uint16_t transaction;
	uint8_t unit;
	slice_t pdu;
	size_t used; /* bytes to advance the stream by */
} modbus_adu_t;

/* One unit from the front of a TCP stream. CODEC_MALFORMED when the protocol
 * id is not 0 or the length is not 2..254: the stream cannot be trusted from
 * here on. */
MUST_CHECK
codec_t modbus_adu_decode(slice_t in, modbus_adu_t *ret_adu);
/* A whole PDU; never CODEC_MORE, since its length is known. A server answers a
 * malformed one with ILLEGAL_DATA_VALUE. */
MUST_CHECK
codec_t modbus_request_decode(slice_t pdu, modbus_pdu_t *ret_pdu);
/* `request` may be NULL. With it, a response of another function or of another
 * length than asked for is CODEC_MALFORMED, and address and quantity of reads
 * are taken from it; whether the echo of a write equals its request is the
 * caller's to compare. Without it the quantity of a read is what the data holds
 * (for bits: rounded up to whole bytes). */
MUST_CHECK
codec_t modbus_response_decode(slice_t pdu, const modbus_pdu_t *request, modbus_pdu_t *ret_pdu);

/* How long the PDU at the front of `in` is, told by its function and by the counts
 * in it, as soon as these have arrived; for streams whose envelope does not say
 * it. CODEC_MALFORMED above MODBUS_PDU_MAX. CODEC_UNSUPPORTED when the function
 * does not tell: foreign codes and other interface types of 2B. Diagnostics are
 * taken to carry one word, as all do but an echo of longer data. */
MUST_CHECK
codec_t modbus_pdu_length(slice_t in, bool is_response, size_t *ret_length);

/* Writes a PDU; counts of bytes and objects are derived from `data`.
 * ERR_TOO_BIG above MODBUS_PDU_MAX or when `w` is full; ERR_INVALID when data
 * has not the shape of the function. */
MUST_CHECK
err_t modbus_pdu_encode(const modbus_pdu_t *pdu, writer_t *w);
/* The same inside a TCP unit. */
MUST_CHECK
err_t modbus_adu_encode(uint16_t transaction, uint8_t unit, const modbus_pdu_t *pdu, writer_t *w);

/* What a server must answer to the numbers of a request, before it looks at its
 * own tables: MODBUS_NO_EXCEPTION, ILLEGAL_FUNCTION for codes without a public
 * meaning, ILLEGAL_DATA_VALUE for quantities and values outside the limits,
 * ILLEGAL_DATA_ADDRESS when the range passes 65,535. */
modbus_exception_t modbus_request_check(const modbus_pdu_t *request);
/* The exception response to `request`. */
modbus_pdu_t modbus_exception_to(const modbus_pdu_t *request, modbus_exception_t exception);

/* Register or bit `i` of packed data; 0 beyond its end. */
uint16_t modbus_register_get(slice_t data, size_t i);
bool modbus_bit_get(slice_t data, size_t i);
/* Into a caller's buffer that holds at least i+1 of them. */
void modbus_register_put(uint8_t *data, size_t i, uint16_t value);
void modbus_bit_put(uint8_t *data, size_t i, bool on);
/* Bytes that hold so many bits. */
static inline size_t modbus_bit_bytes(size_t bits)
{
	return (bits + 7) / 8;
}

/* One identification object: 0 vendor, 1 product code, 2 revision, 3 URL,
 * 4 product, 5 model, 6 application; 0x80 and above are the maker's own. */
typedef struct {
	uint8_t id;
	slice_t text;
} modbus_object_t;

/* Takes the next object from `*rest` (begin with a response's data); false at
 * the end or when the rest is not a whole object. */
bool modbus_object_next(slice_t *rest, modbus_object_t *ret_object);
/* Appends an object to data under construction; text above 245 bytes is bad. */
void modbus_object_put(writer_t *w, modbus_object_t object);
/* "VendorName" ...; "" for codes without a public meaning. */
const char *modbus_object_name(uint8_t id);

/* One group of a file record request or response. A read request has no data, a
 * read response neither file nor record. */
typedef struct {
	uint16_t file, record;
	uint16_t length; /* in registers */
	slice_t data;
} modbus_file_t;

/* Takes the next group of functions 14 and 15 from `*rest` (begin with
 * pdu->data); false at the end or when the rest is not a whole group. */
bool modbus_file_next(const modbus_pdu_t *pdu, slice_t *rest, modbus_file_t *ret_group);
/* Appends a group to data under construction for `pdu`'s function and
 * direction. */
void modbus_file_put(const modbus_pdu_t *pdu, writer_t *w, const modbus_file_t *group);
#endif
