/* SPDX-License-Identifier: Apache-2.0 */
/* One row per function and direction holds the wire form and what it means; most
 * properties are checked over all rows. */
#include "base/num.h"
#include "codec/modbus/modbus.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { UNIT = 17, TRANSACTION = 0x1234 };

typedef struct {
	const char *hex;  /* the PDU */
	const char *data; /* of `pdu`, in hexadecimal */
	bool is_open;     /* ends in bytes that nothing counts */
	modbus_pdu_t pdu;
} row_t;

#define REQUEST(fc, ...) \
	{ \
		.function = fc, __VA_ARGS__ \
	}
#define RESPONSE(fc, ...) \
	{ \
		.function = fc, .is_response = true, __VA_ARGS__ \
	}
#define EXCEPTION(fc, code) \
	{ \
		.function = fc, .is_response = true, .is_exception = true, .exception = code \
	}

static const row_t rows[] = {
	{ "0100130013", "", false, REQUEST(1, .address = 0x13, .quantity = 0x13) },
	{ "0103cd6b05", "cd6b05", false, RESPONSE(1, .quantity = 24) },
	{ "0200c40016", "", false, REQUEST(2, .address = 0xC4, .quantity = 0x16) },
	{ "0203acdb35", "acdb35", false, RESPONSE(2, .quantity = 24) },
	{ "03006b0003", "", false, REQUEST(3, .address = 0x6B, .quantity = 3) },
	{ "0306022b00000064", "022b00000064", false, RESPONSE(3, .quantity = 3) },
	{ "0400080001", "", false, REQUEST(4, .address = 8, .quantity = 1) },
	{ "0402000a", "000a", false, RESPONSE(4, .quantity = 1) },
	{ "0500acff00", "", false, REQUEST(5, .address = 0xAC, .value = 0xFF00) },
	{ "0500acff00", "", false, RESPONSE(5, .address = 0xAC, .value = 0xFF00) },
	{ "0600010003", "", false, REQUEST(6, .address = 1, .value = 3) },
	{ "0600010003", "", false, RESPONSE(6, .address = 1, .value = 3) },
	{ "07", "", false, REQUEST(7, 0) },
	{ "076d", "", false, RESPONSE(7, .status = 0x6D) },
	{ "080000a537", "a537", true, REQUEST(8, .subfunction = 0) },
	{ "08000b0005", "0005", true, RESPONSE(8, .subfunction = 11) },
	{ "0b", "", false, REQUEST(0x0B, 0) },
	{ "0bffff0108", "", false, RESPONSE(0x0B, .status = 0xFFFF, .event_count = 0x108) },
	{ "0c", "", false, REQUEST(0x0C, 0) },
	{ "0c080000010801212000", "2000", false,
	  RESPONSE(0x0C, .event_count = 0x108, .message_count = 0x121) },
	{ "0f0013000a02cd01", "cd01", false, REQUEST(0x0F, .address = 0x13, .quantity = 10) },
	{ "0f0013000a", "", false, RESPONSE(0x0F, .address = 0x13, .quantity = 10) },
	{ "100001000204000a0102", "000a0102", false, REQUEST(0x10, .address = 1, .quantity = 2) },
	{ "1000010002", "", false, RESPONSE(0x10, .address = 1, .quantity = 2) },
	{ "11", "", false, REQUEST(0x11, 0) },
	{ "11032aff07", "2aff07", false, RESPONSE(0x11, 0) },
	{ "140e0600040001000206000300090002", "0600040001000206000300090002", false,
	  REQUEST(0x14, 0) },
	{ "140c05060dfe0020050633cd0040", "05060dfe0020050633cd0040", false, RESPONSE(0x14, 0) },
	{ "150d0600040007000306af04be100d", "0600040007000306af04be100d", false, REQUEST(0x15, 0) },
	{ "150d0600040007000306af04be100d", "0600040007000306af04be100d", false,
	  RESPONSE(0x15, 0) },
	{ "16000400f20025", "", false,
	  REQUEST(0x16, .address = 4, .and_mask = 0xF2, .or_mask = 0x25) },
	{ "16000400f20025", "", false,
	  RESPONSE(0x16, .address = 4, .and_mask = 0xF2, .or_mask = 0x25) },
	{ "1700030006000e00030600ff00ff00ff", "00ff00ff00ff", false,
	  REQUEST(0x17, .address = 3, .quantity = 6, .write_address = 14, .write_quantity = 3) },
	{ "170400fe0acd", "00fe0acd", false, RESPONSE(0x17, .quantity = 2) },
	{ "1804de", "", false, REQUEST(0x18, .address = 0x4DE) },
	{ "180006000201b81284", "01b81284", false, RESPONSE(0x18, .quantity = 2) },
	{ "2b0e0100", "", false, REQUEST(0x2B, .mei = 14, .code = 1) },
	{ "2b0e010100000200034d61690102562e", "00034d61690102562e", false,
	  RESPONSE(0x2B, .mei = 14, .code = 1, .conformity = 1, .object_count = 2) },
	{ "2b0d0102", "0102", true, REQUEST(0x2B, .mei = 13) },
	{ "2b0d0304", "0304", true, RESPONSE(0x2B, .mei = 13) },
	{ "5a0002", "0002", true, REQUEST(0x5A, 0) },
	{ "5a00fe01", "00fe01", true, RESPONSE(0x5A, 0) },
	{ "41aabb", "aabb", true, REQUEST(0x41, 0) },
	{ "8303", "03", true, REQUEST(0x83, 0) },
	{ "00", "", true, RESPONSE(0, 0) },
	{ "8302", "", false, EXCEPTION(3, MODBUS_ILLEGAL_DATA_ADDRESS) },
	{ "ab01", "", false, EXCEPTION(0x2B, MODBUS_ILLEGAL_FUNCTION) },
	{ "800b", "", false, EXCEPTION(0, MODBUS_GATEWAY_TARGET_FAILED_TO_RESPOND) },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static slice_t bytes_of(const char *hex, uint8_t *buf, size_t cap)
{
	size_t len = 0;
	assert_int_equal(num_from_hex(slice_str(hex), buf, cap, &len), ERR_OK);
	return slice_of(buf, len);
}

static codec_t row_decode(const row_t *row, slice_t bytes, modbus_pdu_t *ret)
{
	return row->pdu.is_response ? modbus_response_decode(bytes, NULL, ret)
	                            : modbus_request_decode(bytes, ret);
}

static void assert_same(const modbus_pdu_t *a, const modbus_pdu_t *b)
{
	assert_int_equal(a->function, b->function);
	assert_int_equal(a->is_response, b->is_response);
	assert_int_equal(a->is_exception, b->is_exception);
	assert_int_equal(a->exception, b->exception);
	assert_int_equal(a->address, b->address);
	assert_int_equal(a->quantity, b->quantity);
	assert_int_equal(a->value, b->value);
	assert_int_equal(a->and_mask, b->and_mask);
	assert_int_equal(a->or_mask, b->or_mask);
	assert_int_equal(a->write_address, b->write_address);
	assert_int_equal(a->write_quantity, b->write_quantity);
	assert_int_equal(a->subfunction, b->subfunction);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->event_count, b->event_count);
	assert_int_equal(a->message_count, b->message_count);
	assert_int_equal(a->mei, b->mei);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->conformity, b->conformity);
	assert_int_equal(a->more, b->more);
	assert_int_equal(a->object, b->object);
	assert_int_equal(a->object_count, b->object_count);
	assert_true(slice_eq(a->data, b->data));
}

static void decode_reads_every_function_in_both_directions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX], data[MODBUS_PDU_MAX];
		modbus_pdu_t got, want = rows[i].pdu;
		slice_t bytes = bytes_of(rows[i].hex, buf, sizeof buf);
		want.data = bytes_of(rows[i].data, data, sizeof data);
		assert_int_equal(row_decode(&rows[i], bytes, &got), CODEC_OK);
		assert_same(&got, &want);
	}
}

static void encode_writes_every_function_in_both_directions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX], data[MODBUS_PDU_MAX], out[MODBUS_PDU_MAX];
		writer_t w = writer_of(out, sizeof out);
		modbus_pdu_t pdu = rows[i].pdu;
		pdu.data = bytes_of(rows[i].data, data, sizeof data);
		assert_int_equal(modbus_pdu_encode(&pdu, &w), ERR_OK);
		assert_true(slice_eq(writer_done(&w), bytes_of(rows[i].hex, buf, sizeof buf)));
	}
}

static void decode_rejects_a_body_cut_at_any_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX];
		modbus_pdu_t got;
		slice_t bytes = bytes_of(rows[i].hex, buf, sizeof buf);
		assert_int_equal(row_decode(&rows[i], slice_sub(bytes, 0, 0), &got),
		                 CODEC_MALFORMED);
		for (size_t len = 1; len < bytes.len && !rows[i].is_open; len++)
			assert_int_equal(row_decode(&rows[i], slice_sub(bytes, 0, len), &got),
			                 CODEC_MALFORMED);
	}
}

static void decode_rejects_a_body_with_a_byte_too_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX] = { 0 };
		modbus_pdu_t got;
		slice_t bytes = bytes_of(rows[i].hex, buf, sizeof buf);
		slice_t longer = slice_of(buf, bytes.len + 1);
		if (!rows[i].is_open)
			assert_int_equal(row_decode(&rows[i], longer, &got), CODEC_MALFORMED);
	}
}

static void adu_round_trips_and_asks_for_more_at_every_shorter_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX], data[MODBUS_PDU_MAX], out[MODBUS_ADU_MAX + 1];
		writer_t w = writer_of(out, sizeof out);
		modbus_pdu_t pdu = rows[i].pdu;
		modbus_adu_t adu;
		pdu.data = bytes_of(rows[i].data, data, sizeof data);
		assert_int_equal(modbus_adu_encode(TRANSACTION, UNIT, &pdu, &w), ERR_OK);
		size_t whole = w.len;
		for (size_t len = 0; len < whole; len++)
			assert_int_equal(modbus_adu_decode(slice_of(out, len), &adu), CODEC_MORE);
		wr_u8(&w, 0xEE); /* the next unit begins */
		assert_int_equal(modbus_adu_decode(writer_done(&w), &adu), CODEC_OK);
		assert_int_equal(adu.used, whole);
		assert_int_equal(adu.transaction, TRANSACTION);
		assert_int_equal(adu.unit, UNIT);
		assert_true(slice_eq(adu.pdu, bytes_of(rows[i].hex, buf, sizeof buf)));
	}
}

static codec_t adu_decode_hex(const char *hex)
{
	uint8_t buf[MODBUS_ADU_MAX];
	modbus_adu_t adu;
	return modbus_adu_decode(bytes_of(hex, buf, sizeof buf), &adu);
}

static void adu_decode_rejects_foreign_protocols_and_impossible_lengths(void **state)
{
	(void)state;
	assert_int_equal(adu_decode_hex("000100000002"), CODEC_MORE);
	assert_int_equal(adu_decode_hex("0001000000fe"), CODEC_MORE);
	assert_int_equal(adu_decode_hex("000100010006"), CODEC_MALFORMED);
	assert_int_equal(adu_decode_hex("000100000001"), CODEC_MALFORMED);
	assert_int_equal(adu_decode_hex("0001000000ff"), CODEC_MALFORMED);
	assert_int_equal(adu_decode_hex("474554202f20"), CODEC_MALFORMED);
}

static void response_takes_place_and_size_from_its_request(void **state)
{
	(void)state;
	static const uint8_t bits[] = { 1, 2, 0xCD, 0x01 };
	static const uint8_t queue[] = { 0x18, 0, 4, 0, 1, 0, 7 };
	modbus_pdu_t request = { .function = 1, .address = 19, .quantity = 10 }, got;
	slice_t pdu = slice_of(bits, sizeof bits);
	assert_int_equal(modbus_response_decode(pdu, &request, &got), CODEC_OK);
	assert_int_equal(got.address, 19);
	assert_int_equal(got.quantity, 10);
	request = (modbus_pdu_t){ .function = 0x18, .address = 0x4DE };
	pdu = slice_of(queue, sizeof queue);
	assert_int_equal(modbus_response_decode(pdu, &request, &got), CODEC_OK);
	assert_int_equal(got.address, 0x4DE);
	assert_int_equal(got.quantity, 1);
}

static void response_to_another_request_is_malformed(void **state)
{
	(void)state;
	static const uint8_t registers[] = { 3, 4, 0, 1, 0, 2 };
	slice_t pdu = slice_of(registers, sizeof registers);
	modbus_pdu_t three = { .function = 3, .quantity = 3 };
	modbus_pdu_t other = { .function = 4, .quantity = 2 };
	modbus_pdu_t got = { .value = 77 };
	assert_int_equal(modbus_response_decode(pdu, &three, &got), CODEC_MALFORMED);
	assert_int_equal(modbus_response_decode(pdu, &other, &got), CODEC_MALFORMED);
	assert_int_equal(got.value, 77);
}

static void decode_rejects_bodies_that_contradict_themselves(void **state)
{
	(void)state;
	static const row_t wrong[] = {
		{ "0303000102", "", false, RESPONSE(3, 0) },                 /* half a register */
		{ "10000100010300010a", "", false, REQUEST(16, 0) },         /* the same */
		{ "18000600030001000a", "", false, RESPONSE(24, 0) },        /* 3 said, 2 there */
		{ "2b0e01010000020003414243", "", false, RESPONSE(43, 0) },  /* 2 said, 1 there */
		{ "2b0e01010000010009414243", "", false, RESPONSE(43, 0) },  /* text too long */
		{ "140707000400010002", "", false, REQUEST(20, 0) },         /* no reference 6 */
		{ "140505070dfe0020", "", false, RESPONSE(20, 0) },          /* the same */
		{ "150b0600040007000306af04be", "", false, REQUEST(21, 0) }, /* 3 said, 2 there */
		{ "1504060dfe00", "", false, REQUEST(21, 0) },               /* group cut */
		{ "2b", "", false, REQUEST(43, 0) },                         /* no type */
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		uint8_t buf[MODBUS_PDU_MAX];
		modbus_pdu_t got;
		slice_t bytes = bytes_of(wrong[i].hex, buf, sizeof buf);
		assert_int_equal(row_decode(&wrong[i], bytes, &got), CODEC_MALFORMED);
	}
}

static void encode_refuses_what_does_not_fit(void **state)
{
	(void)state;
	static const uint8_t big[MODBUS_PDU_MAX + 1];
	uint8_t out[MODBUS_ADU_MAX];
	modbus_pdu_t pdu = { .function = 3, .is_response = true, .data = slice_of(big, 252) };
	writer_t w = writer_of(out, sizeof out);
	assert_int_equal(modbus_adu_encode(1, 1, &pdu, &w), ERR_TOO_BIG);
	pdu.data.len = 3;
	assert_int_equal(modbus_adu_encode(1, 1, &pdu, &w), ERR_INVALID);
	pdu = (modbus_pdu_t){ .function = 7, .is_response = true, .status = 256 };
	assert_int_equal(modbus_pdu_encode(&pdu, &w), ERR_INVALID);
	assert_int_equal(w.len, 0);
	assert_true(w.bad); /* sticky, as of every writer */
	w = writer_of(out, sizeof out);
	pdu = (modbus_pdu_t){ .function = 3, .is_response = true, .data = slice_of(big, 250) };
	assert_int_equal(modbus_adu_encode(1, 1, &pdu, &w), ERR_OK);
	assert_int_equal(w.len, MODBUS_ADU_MAX - 1);
	w = writer_of(out, 8);
	assert_int_equal(modbus_adu_encode(1, 1, &pdu, &w), ERR_TOO_BIG);
}

/* What a server answers to a request given in hexadecimal. */
static modbus_exception_t check_hex(const char *hex)
{
	uint8_t buf[MODBUS_PDU_MAX];
	modbus_pdu_t pdu;
	assert_int_equal(modbus_request_decode(bytes_of(hex, buf, sizeof buf), &pdu), CODEC_OK);
	return modbus_request_check(&pdu);
}

static void check_accepts_every_public_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const modbus_pdu_t *pdu = &rows[i].pdu;
		bool foreign = pdu->function > 0x2B || pdu->mei == MODBUS_MEI_CANOPEN;
		if (!pdu->is_response)
			assert_int_equal(check_hex(rows[i].hex),
			                 foreign ? MODBUS_ILLEGAL_FUNCTION : MODBUS_NO_EXCEPTION);
	}
}

static void check_holds_the_limits_of_the_standard(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		modbus_exception_t want;
	} limits[] = {
		{ "01000007d0", MODBUS_NO_EXCEPTION },
		{ "01000007d1", MODBUS_ILLEGAL_DATA_VALUE },
		{ "0200000000", MODBUS_ILLEGAL_DATA_VALUE },
		{ "030000007d", MODBUS_NO_EXCEPTION },
		{ "030000007e", MODBUS_ILLEGAL_DATA_VALUE },
		{ "04ffff0001", MODBUS_NO_EXCEPTION },
		{ "04ffff0002", MODBUS_ILLEGAL_DATA_ADDRESS },
		{ "0500010001", MODBUS_ILLEGAL_DATA_VALUE },
		{ "080000", MODBUS_ILLEGAL_DATA_VALUE },
		{ "0f0000000902ffff", MODBUS_NO_EXCEPTION },
		{ "0f0000000901ff", MODBUS_ILLEGAL_DATA_VALUE },
		{ "0f000007b101ff", MODBUS_ILLEGAL_DATA_VALUE },
		{ "1000000002020001", MODBUS_ILLEGAL_DATA_VALUE },
		{ "10ffff00020400010002", MODBUS_ILLEGAL_DATA_ADDRESS },
		{ "1400", MODBUS_ILLEGAL_DATA_VALUE },
		{ "1700000001ffff00020400010002", MODBUS_ILLEGAL_DATA_ADDRESS },
		{ "1700000001000000020200ff", MODBUS_ILLEGAL_DATA_VALUE },
		{ "17000000010000000000", MODBUS_ILLEGAL_DATA_VALUE },
		{ "2b0e0500", MODBUS_ILLEGAL_DATA_VALUE },
		{ "0900", MODBUS_ILLEGAL_FUNCTION },
	};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		assert_int_equal(check_hex(limits[i].hex), limits[i].want);
}

static void check_limits_the_registers_written_at_once(void **state)
{
	(void)state;
	static const uint8_t data[2 * (MODBUS_WRITE_REGISTERS_MAX + 1)];
	modbus_pdu_t p = { .function = 16, .quantity = MODBUS_WRITE_REGISTERS_MAX };
	p.data = slice_of(data, 2U * p.quantity);
	assert_int_equal(modbus_request_check(&p), MODBUS_NO_EXCEPTION);
	p.quantity++;
	p.data.len += 2;
	assert_int_equal(modbus_request_check(&p), MODBUS_ILLEGAL_DATA_VALUE);
	p = (modbus_pdu_t){ .function = 23,
		            .quantity = 1,
		            .write_quantity = MODBUS_READ_WRITE_MAX };
	p.data = slice_of(data, 2U * p.write_quantity);
	assert_int_equal(modbus_request_check(&p), MODBUS_NO_EXCEPTION);
	p.write_quantity++;
	p.data.len += 2;
	assert_int_equal(modbus_request_check(&p), MODBUS_ILLEGAL_DATA_VALUE);
}

static void exception_answers_the_function_asked_for(void **state)
{
	(void)state;
	uint8_t out[MODBUS_PDU_MAX];
	writer_t w = writer_of(out, sizeof out);
	modbus_pdu_t request = { .function = 3 };
	modbus_pdu_t answer = modbus_exception_to(&request, MODBUS_SERVER_DEVICE_BUSY);
	assert_int_equal(modbus_pdu_encode(&answer, &w), ERR_OK);
	assert_int_equal(w.len, 2);
	assert_int_equal(out[0], 0x83);
	assert_int_equal(out[1], 6);
}

static void tables_name_functions_exceptions_and_objects(void **state)
{
	(void)state;
	const modbus_function_info_t *info = modbus_function_info(3);
	assert_string_equal(info->name, "READ_HOLDING_REGISTERS");
	assert_int_equal(info->space, MODBUS_SPACE_HOLDING);
	assert_int_equal(info->quantity_max, 125);
	assert_ptr_equal(modbus_function_info(0x83), info);
	assert_string_equal(modbus_function_info(0x41)->name, "UNKNOWN");
	assert_int_equal(modbus_function_info(0x41)->action, ACTION_UNKNOWN);
	assert_string_equal(modbus_exception_name(2), "ILLEGAL_DATA_ADDRESS");
	assert_string_equal(modbus_exception_name(9), "UNKNOWN");
	assert_string_equal(modbus_exception_name(0), "UNKNOWN");
	assert_string_equal(modbus_exception_name(255), "UNKNOWN");
	assert_string_equal(modbus_object_name(1), "ProductCode");
	assert_string_equal(modbus_object_name(7), "");
}

static action_t action_hex(const char *hex)
{
	uint8_t buf[MODBUS_PDU_MAX];
	modbus_pdu_t pdu;
	assert_int_equal(modbus_request_decode(bytes_of(hex, buf, sizeof buf), &pdu), CODEC_OK);
	return modbus_pdu_action(&pdu);
}

static void action_depends_on_the_second_code_where_there_is_one(void **state)
{
	(void)state;
	assert_int_equal(action_hex("0300000001"), ACTION_READ);
	assert_int_equal(action_hex("0600000001"), ACTION_WRITE);
	assert_int_equal(action_hex("1400"), ACTION_FILE);
	assert_int_equal(action_hex("080000a537"), ACTION_DIAGNOSE);
	assert_int_equal(action_hex("0800010000"), ACTION_STOP);
	assert_int_equal(action_hex("0800040000"), ACTION_STOP);
	assert_int_equal(action_hex("2b0e0100"), ACTION_IDENTIFY);
	assert_int_equal(action_hex("2b0d0100"), ACTION_UNKNOWN);
	assert_int_equal(action_hex("5a0041"), ACTION_STOP);
	assert_int_equal(action_hex("5a0040ff00"), ACTION_START);
	assert_int_equal(action_hex("5a0030"), ACTION_PROGRAM);
	assert_int_equal(action_hex("5a"), ACTION_PROGRAM);
	assert_int_equal(action_hex("8303"), ACTION_UNKNOWN);
	assert_int_equal(action_hex("41"), ACTION_UNKNOWN);
}

static void packed_data_is_read_and_written_in_place(void **state)
{
	(void)state;
	uint8_t data[4] = { 0 };
	slice_t s = slice_of(data, sizeof data);
	modbus_register_put(data, 1, 0xBEEF);
	assert_int_equal(modbus_register_get(s, 1), 0xBEEF);
	assert_int_equal(modbus_register_get(s, 2), 0);
	modbus_bit_put(data, 3, true);
	modbus_bit_put(data, 9, true);
	modbus_bit_put(data, 3, false);
	assert_false(modbus_bit_get(s, 3));
	assert_true(modbus_bit_get(s, 9));
	assert_false(modbus_bit_get(s, 32));
	assert_int_equal(modbus_bit_bytes(9), 2);
}

static void objects_are_put_and_taken_one_by_one(void **state)
{
	(void)state;
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof buf);
	modbus_object_put(&w, (modbus_object_t){ 0, SLICE("Maker") });
	modbus_object_put(&w, (modbus_object_t){ 5, SLICE("") });
	slice_t rest = writer_done(&w);
	modbus_object_t object;
	assert_true(modbus_object_next(&rest, &object));
	assert_int_equal(object.id, 0);
	assert_true(slice_eq(object.text, SLICE("Maker")));
	assert_true(modbus_object_next(&rest, &object));
	assert_int_equal(object.id, 5);
	assert_false(modbus_object_next(&rest, &object));
	modbus_object_put(&w, (modbus_object_t){ 0, slice_of(buf, 246) });
	assert_true(w.bad);
}

static void file_group_round_trips(uint8_t function, bool is_response)
{
	static const uint8_t words[] = { 1, 2, 3, 4 };
	modbus_pdu_t pdu = { .function = function, .is_response = is_response };
	bool has_place = function == MODBUS_WRITE_FILE_RECORD || !is_response;
	bool has_data = function == MODBUS_WRITE_FILE_RECORD || is_response;
	modbus_file_t got, group = { .file = has_place ? 4 : 0,
		                     .record = has_place ? 9 : 0,
		                     .length = 2,
		                     .data = slice_of(words, has_data ? sizeof words : 0) };
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof buf);
	modbus_file_put(&pdu, &w, &group);
	modbus_file_put(&pdu, &w, &group);
	assert_false(w.bad);
	slice_t rest = writer_done(&w);
	for (int i = 0; i < 2; i++) {
		assert_true(modbus_file_next(&pdu, &rest, &got));
		assert_int_equal(got.file, group.file);
		assert_int_equal(got.record, group.record);
		assert_int_equal(got.length, group.length);
		assert_true(slice_eq(got.data, group.data));
	}
	assert_false(modbus_file_next(&pdu, &rest, &got));
}

static void file_groups_round_trip_in_all_four_forms(void **state)
{
	(void)state;
	file_group_round_trips(MODBUS_READ_FILE_RECORD, false);
	file_group_round_trips(MODBUS_READ_FILE_RECORD, true);
	file_group_round_trips(MODBUS_WRITE_FILE_RECORD, false);
	file_group_round_trips(MODBUS_WRITE_FILE_RECORD, true);
}

static void file_put_refuses_a_length_that_is_not_its_data(void **state)
{
	(void)state;
	uint8_t buf[64] = { 0 };
	writer_t w = writer_of(buf, sizeof buf);
	modbus_pdu_t pdu = { .function = MODBUS_WRITE_FILE_RECORD };
	modbus_file_put(&pdu, &w, &(modbus_file_t){ .length = 2, .data = slice_of(buf, 3) });
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_reads_every_function_in_both_directions),
		cmocka_unit_test(encode_writes_every_function_in_both_directions),
		cmocka_unit_test(decode_rejects_a_body_cut_at_any_length),
		cmocka_unit_test(decode_rejects_a_body_with_a_byte_too_many),
		cmocka_unit_test(adu_round_trips_and_asks_for_more_at_every_shorter_length),
		cmocka_unit_test(adu_decode_rejects_foreign_protocols_and_impossible_lengths),
		cmocka_unit_test(response_takes_place_and_size_from_its_request),
		cmocka_unit_test(response_to_another_request_is_malformed),
		cmocka_unit_test(decode_rejects_bodies_that_contradict_themselves),
		cmocka_unit_test(encode_refuses_what_does_not_fit),
		cmocka_unit_test(check_accepts_every_public_request),
		cmocka_unit_test(check_holds_the_limits_of_the_standard),
		cmocka_unit_test(check_limits_the_registers_written_at_once),
		cmocka_unit_test(exception_answers_the_function_asked_for),
		cmocka_unit_test(tables_name_functions_exceptions_and_objects),
		cmocka_unit_test(action_depends_on_the_second_code_where_there_is_one),
		cmocka_unit_test(packed_data_is_read_and_written_in_place),
		cmocka_unit_test(objects_are_put_and_taken_one_by_one),
		cmocka_unit_test(file_groups_round_trip_in_all_four_forms),
		cmocka_unit_test(file_put_refuses_a_length_that_is_not_its_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
