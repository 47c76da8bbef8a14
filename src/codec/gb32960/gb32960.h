/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GB32960_GB32960_H
#define CODEC_GB32960_GB32960_H
/* GB/T 32960.3, editions of 2016 and 2025: what an electric vehicle tells the platforms that
 * watch over its battery.
 *
 * Story: gb32960_decode cuts one frame from the front of a stream. gb32960_login_decode reads
 * a login and the codes of the packs that are in the vehicle. For realtime and re-issued data
 * gb32960_walk_of and gb32960_value_next go through all values, one by one, as the tables
 * of the edition have them.
 *
 * Abnormal (FE, FFFE, FFFFFFFE) and invalid (FF ..) are qualities: such a value has no number.
 *
 * What sources do not agree on is told as it is on the wire, GB32960_RAW, without scale or offset:
 * in 2016 the current of a sub-system of cells (type 08; offset 1000 or 3000 A), in 2025 the
 * current of the vehicle (1000 or 3000 A) and the torque of a motor (steps of 0.1 or 0.001
 * Nm). The voltages of cells of 2025 (type 07) are not read, nor are fuel cells, engines,
 * supercapacitors, signatures and what makers add: their lengths are not certain here, so the
 * walk ends there as CODEC_UNSUPPORTED.
 *
 * Standard: GB/T 32960.3-2016, GB/T 32960.3-2025. Big-endian throughout.
 *
 * Limits: GB32960_DATA_MAX bytes of data, as the standard has it. Pure functions; what is read
 * borrows the input.
 *
 * Caveats: encrypted data is cut and checked, not read (CODEC_UNSUPPORTED). What an answer
 * keeps behind its time differs among implementations; it is left in `data`. A signature at
 * the end of a 2025 frame is not checked. */
#include "base/codec.h"
#include "base/cursor.h"
#include "model/quality.h"

enum {
	GB32960_HEAD = 24,
	GB32960_DATA_MAX = 65531,
	GB32960_VIN_BYTES = 17,
	GB32960_ICCID_BYTES = 20,
	GB32960_CODE_MAX = 50,
	GB32960_PACK_CODE_BYTES = 24, /* of 2025: GB/T 34014 */
	GB32960_ANSWER_NONE = 0xFE,   /* it is a command */
	GB32960_PLAIN = 1,            /* no encryption */
};

#define GB32960_COMMAND_ROWS(X) \
	X(LOGIN, 0x01, "login") \
	X(REALTIME, 0x02, "realtime") \
	X(REISSUE, 0x03, "reissue") \
	X(LOGOUT, 0x04, "logout") \
	X(PLATFORM_LOGIN, 0x05, "platform-login") \
	X(PLATFORM_LOGOUT, 0x06, "platform-logout") \
	X(HEARTBEAT, 0x07, "heartbeat") \
	X(TIME, 0x08, "time") \
	X(ACTIVATION, 0x09, "activation") \
	X(ACTIVATION_ANSWER, 0x0A, "activation-answer") \
	X(KEYS, 0x0B, "keys") \
	X(QUERY, 0x80, "query") \
	X(SET, 0x81, "set") \
	X(CONTROL, 0x82, "control")

#define X(name, code, word) GB32960_##name = (code),
typedef enum { GB32960_COMMAND_ROWS(X) } gb32960_command_t;
#undef X

/* "other" for a code that no edition has. */
const char *gb32960_command_name(uint8_t command);

typedef enum { GB32960_2016, GB32960_2025, GB32960_EDITIONS } gb32960_edition_t;

typedef struct {
	gb32960_edition_t edition;
	uint8_t command, answer;
	slice_t vin; /* or the identifier of a platform */
	uint8_t encryption;
	slice_t data;
	size_t used; /* bytes to advance the stream by */
} gb32960_t;

/* CODEC_MORE: not whole yet. CODEC_MALFORMED: no frame begins here, or its check is wrong. */
MUST_CHECK codec_t gb32960_decode(slice_t in, gb32960_t *ret_frame);
/* Writes a frame and its check; `used` is not looked at. ERR_INVALID: a VIN that has not 17
 * bytes; ERR_TOO_BIG, the writer is as it was. */
MUST_CHECK err_t gb32960_encode(const gb32960_t *frame, writer_t *w);

typedef struct {
	int64_t utc_ns; /* on the wire it is Beijing time, to the second */
	uint16_t serial;
	slice_t iccid;
	size_t count, code_bytes;
	slice_t codes; /* count of them, one behind the other */
} gb32960_login_t;

/* Of a login that is a command. CODEC_UNSUPPORTED: another frame, or encrypted. */
MUST_CHECK codec_t gb32960_login_decode(const gb32960_t *frame, gb32960_login_t *ret_login);
/* The i-th code of a pack (2016: of a system of packs). */
slice_t gb32960_login_code(const gb32960_login_t *login, size_t i);

typedef enum {
	GB32960_NUMBER,
	GB32960_COUNT, /* of what follows one level deeper */
	GB32960_RAW,   /* a number on whose scale or offset sources disagree */
} gb32960_kind_t;

typedef struct {
	const char *name; /* "cell_voltage" */
	const char *unit; /* UCUM; "" of states, numbers of things, and what is raw */
	uint8_t bytes;    /* on the wire: 1, 2 or 4 */
	uint8_t level;    /* 0: once in a body */
	gb32960_kind_t kind;
	double scale, offset;
	uint8_t negative; /* bit of the state of a position under which it is south or west */
} gb32960_field_t;

enum { GB32960_LEVELS = 3 };

typedef struct {
	uint8_t type; /* of the body */
	const gb32960_field_t *field;
	/* Which of the repeated, from 1: motor or pack, then cell or probe; 0: not repeated. */
	uint16_t index[GB32960_LEVELS - 1];
	uint32_t raw; /* as on the wire */
	quality_t quality;
	double number; /* raw by scale and offset; NaN when the quality is not good */
} gb32960_value_t;

typedef struct {
	reader_t r; /* what is left */
	gb32960_edition_t edition;
	codec_t code; /* CODEC_OK unless it ended badly */
	uint8_t type;
	const gb32960_field_t *fields;
	size_t count, at;
	size_t start[GB32960_LEVELS]; /* the first field of what is repeated at a level */
	uint16_t left[GB32960_LEVELS], index[GB32960_LEVELS];
	uint32_t position; /* state of the last one */
} gb32960_walk_t;

/* Of realtime and re-issued data that is a command, with its time. CODEC_UNSUPPORTED: another
 * frame, or encrypted. */
MUST_CHECK codec_t gb32960_walk_of(const gb32960_t *frame, gb32960_walk_t *ret_walk,
                                   int64_t *ret_utc_ns);
/* False at the end; walk->code tells how it ended: CODEC_OK, CODEC_MALFORMED (cut short) or
 * CODEC_UNSUPPORTED (a body of walk->type, walk->r has the rest). */
bool gb32960_value_next(gb32960_walk_t *walk, gb32960_value_t *ret_value);
#endif
