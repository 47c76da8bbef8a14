/* SPDX-License-Identifier: Apache-2.0 */
/* One row per function and direction holds a PDU and how many of its first bytes
 * tell its length; the properties are checked over all rows. */
#include "codec/modbus/modbus_rtu.h"

#include "base/num.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { UNIT = 17, REQUEST = 0, RESPONSE = 1, NEVER = 0 };

typedef struct {
	const char *hex; /* the PDU */
	bool is_response;
	size_t told_by; /* bytes; NEVER: not foretold */
} row_t;

static const row_t rows[] = {
	{ "0100130013", REQUEST, 1 },
	{ "0103cd6b05", RESPONSE, 2 },
	{ "0200c40016", REQUEST, 1 },
	{ "0203acdb35", RESPONSE, 2 },
	{ "03006b0003", REQUEST, 1 },
	{ "0306022b00000064", RESPONSE, 2 },
	{ "0400080001", REQUEST, 1 },
	{ "0402000a", RESPONSE, 2 },
	{ "0500acff00", REQUEST, 1 },
	{ "0500acff00", RESPONSE, 1 },
	{ "0600010003", REQUEST, 1 },
	{ "0600010003", RESPONSE, 1 },
	{ "07", REQUEST, 1 },
	{ "076d", RESPONSE, 1 },
	{ "080000a537", REQUEST, 1 },
	{ "08000b0005", RESPONSE, 1 },
	{ "0b", REQUEST, 1 },
	{ "0bffff0108", RESPONSE, 1 },
	{ "0c", REQUEST, 1 },
	{ "0c080000010801212000", RESPONSE, 2 },
	{ "0f0013000a02cd01", REQUEST, 6 },
	{ "0f0013000a", RESPONSE, 1 },
	{ "100001000204000a0102", REQUEST, 6 },
	{ "1000010002", RESPONSE, 1 },
	{ "11", REQUEST, 1 },
	{ "11032aff07", RESPONSE, 2 },
	{ "140e0600040001000206000300090002", REQUEST, 2 },
	{ "140c05060dfe0020050633cd0040", RESPONSE, 2 },
	{ "150d0600040007000306af04be100d", REQUEST, 2 },
	{ "150d0600040007000306af04be100d", RESPONSE, 2 },
	{ "16000400f20025", REQUEST, 1 },
	{ "16000400f20025", RESPONSE, 1 },
	{ "1700030006000e00030600ff00ff00ff", REQUEST, 10 },
	{ "170400fe0acd", RESPONSE, 2 },
	{ "1804de", REQUEST, 1 },
	{ "180006000201b81284", RESPONSE, 3 },
	{ "2b0e0100", REQUEST, 2 },
	{ "2b0e010100000200034d61690102562e", RESPONSE, 14 },
	{ "2b0e0101000000", RESPONSE, 7 },
	{ "8302", RESPONSE, 1 },
	{ "ab01", RESPONSE, 1 },
	{ "2b0d0102", REQUEST, NEVER },
	{ "2b0d0304", RESPONSE, NEVER },
	{ "5a0002", REQUEST, NEVER },
	{ "5a00fe01", RESPONSE, NEVER },
	{ "41aabb", REQUEST, NEVER },
	{ "8302", REQUEST, NEVER },
	{ "00", RESPONSE, NEVER },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static slice_t bytes_of(const char *hex, uint8_t *buf, size_t cap)
{
	size_t len = 0;
	assert_int_equal(num_from_hex(slice_str(hex), buf, cap, &len), ERR_OK);
	return slice_of(buf, len);
}

/* The whole frame of a row, made by the encoder. */
static slice_t frame_of(const row_t *row, uint8_t buf[MODBUS_RTU_MAX])
{
	uint8_t body[MODBUS_PDU_MAX];
	slice_t bytes = bytes_of(row->hex, body, sizeof body);
	writer_t w = writer_of(buf, MODBUS_RTU_MAX);
	modbus_pdu_t pdu;
	codec_t code = row->is_response ? modbus_response_decode(bytes, NULL, &pdu)
	                                : modbus_request_decode(bytes, &pdu);
	assert_int_equal(code, CODEC_OK);
	assert_int_equal(modbus_rtu_encode(UNIT, &pdu, &w), ERR_OK);
	assert_int_equal(w.len, bytes.len + 3);
	return writer_done(&w);
}

static void frames_have_the_checksum_of_the_standard(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		bool is_response;
	} known[] = {
		{ "1103006b00037687", REQUEST },
		{ "110306ae415652434049ad", RESPONSE },
		{ "01030000000ac5cd", REQUEST },
		{ "02074112", REQUEST },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		uint8_t buf[MODBUS_RTU_MAX], out[MODBUS_RTU_MAX];
		slice_t frame = bytes_of(known[i].hex, buf, sizeof buf);
		writer_t w = writer_of(out, sizeof out);
		modbus_rtu_t rtu, whole;
		modbus_pdu_t pdu;
		codec_t code = modbus_rtu_stream_decode(frame, known[i].is_response, &rtu);
		assert_int_equal(code, CODEC_OK);
		assert_int_equal(modbus_rtu_frame_decode(frame, &whole), CODEC_OK);
		assert_true(slice_eq(rtu.pdu, whole.pdu));
		assert_int_equal(rtu.unit, buf[0]);
		assert_int_equal(rtu.used, frame.len);
		code = known[i].is_response ? modbus_response_decode(rtu.pdu, NULL, &pdu)
		                            : modbus_request_decode(rtu.pdu, &pdu);
		assert_int_equal(code, CODEC_OK);
		assert_int_equal(modbus_rtu_encode(rtu.unit, &pdu, &w), ERR_OK);
		assert_true(slice_eq(writer_done(&w), frame));
	}
}

static void every_function_tells_its_length_as_early_as_it_can(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_PDU_MAX];
		slice_t bytes = bytes_of(rows[i].hex, buf, sizeof buf);
		for (size_t len = 0; len <= bytes.len; len++) {
			size_t length = 0;
			codec_t code = modbus_pdu_length(slice_sub(bytes, 0, len),
			                                 rows[i].is_response, &length);
			bool is_told = rows[i].told_by != NEVER && len >= rows[i].told_by;
			if (rows[i].told_by == NEVER && len > 1)
				assert_int_equal(code, CODEC_UNSUPPORTED);
			else if (rows[i].told_by != NEVER)
				assert_int_equal(code, is_told ? CODEC_OK : CODEC_MORE);
			assert_int_equal(length, is_told ? bytes.len : 0);
		}
	}
}

static void a_stream_is_cut_into_its_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_RTU_MAX], two[2 * MODBUS_RTU_MAX];
		modbus_rtu_t rtu;
		if (rows[i].told_by == NEVER)
			continue;
		slice_t frame = frame_of(&rows[i], buf);
		writer_t w = writer_of(two, sizeof two);
		wr_bytes(&w, frame);
		wr_bytes(&w, frame);
		for (size_t len = 0; len < frame.len; len++)
			assert_int_equal(modbus_rtu_stream_decode(slice_sub(frame, 0, len),
			                                          rows[i].is_response, &rtu),
			                 CODEC_MORE);
		slice_t in = writer_done(&w);
		for (int n = 0; n < 2; n++) {
			assert_int_equal(modbus_rtu_stream_decode(in, rows[i].is_response, &rtu),
			                 CODEC_OK);
			assert_int_equal(rtu.unit, UNIT);
			assert_int_equal(rtu.pdu.len, frame.len - 3);
			in = slice_from(in, rtu.used);
		}
		assert_int_equal(in.len, 0);
	}
}

static void functions_that_do_not_tell_are_read_by_silence_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_RTU_MAX];
		modbus_rtu_t rtu;
		if (rows[i].told_by != NEVER)
			continue;
		slice_t frame = frame_of(&rows[i], buf);
		assert_int_equal(modbus_rtu_stream_decode(frame, rows[i].is_response, &rtu),
		                 CODEC_UNSUPPORTED);
		assert_int_equal(modbus_rtu_frame_decode(frame, &rtu), CODEC_OK);
	}
}

static void every_flipped_bit_is_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		uint8_t buf[MODBUS_RTU_MAX];
		modbus_rtu_t rtu;
		slice_t frame = frame_of(&rows[i], buf);
		for (size_t bit = 0; bit < 8 * frame.len; bit++) {
			buf[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(modbus_rtu_frame_decode(frame, &rtu), CODEC_MALFORMED);
			buf[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
}

static void a_wrong_checksum_in_a_stream_is_malformed(void **state)
{
	(void)state;
	uint8_t buf[MODBUS_RTU_MAX];
	modbus_rtu_t rtu;
	slice_t frame = frame_of(&rows[0], buf);
	buf[frame.len - 1] ^= 1;
	assert_int_equal(modbus_rtu_stream_decode(frame, false, &rtu), CODEC_MALFORMED);
}

static void frames_outside_the_limits_are_malformed(void **state)
{
	(void)state;
	uint8_t buf[MODBUS_RTU_MAX + 1] = { 0 };
	modbus_rtu_t rtu;
	for (size_t len = 0; len < MODBUS_RTU_MIN; len++)
		assert_int_equal(modbus_rtu_frame_decode(slice_of(buf, len), &rtu),
		                 CODEC_MALFORMED);
	assert_int_equal(modbus_rtu_frame_decode(slice_of(buf, sizeof buf), &rtu), CODEC_MALFORMED);
}

static void counts_beyond_a_pdu_are_malformed_before_the_bytes_arrive(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		bool is_response;
		codec_t code;
	} heads[] = {
		{ "03fb", RESPONSE, CODEC_OK },
		{ "03fc", RESPONSE, CODEC_MALFORMED },
		{ "1000000000f7", REQUEST, CODEC_OK },
		{ "1000000000f8", REQUEST, CODEC_MALFORMED },
		{ "1800fa", RESPONSE, CODEC_OK },
		{ "1800fb", RESPONSE, CODEC_MALFORMED },
		{ "18ffff", RESPONSE, CODEC_MALFORMED },
		{ "2b0e010100000100f4", RESPONSE, CODEC_OK },
		{ "2b0e010100000100f5", RESPONSE, CODEC_MALFORMED },
		{ "2b0e010100000200ff", RESPONSE, CODEC_MALFORMED },
	};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		uint8_t buf[MODBUS_PDU_MAX];
		size_t length;
		slice_t head = bytes_of(heads[i].hex, buf, sizeof buf);
		assert_int_equal(modbus_pdu_length(head, heads[i].is_response, &length),
		                 heads[i].code);
	}
}

static void encode_refuses_what_does_not_fit(void **state)
{
	(void)state;
	uint8_t buf[MODBUS_RTU_MAX];
	modbus_pdu_t pdu = { .function = MODBUS_READ_COILS };
	modbus_rtu_t rtu;
	for (size_t cap = 0; cap < 8; cap++) {
		writer_t w = writer_of(buf, cap);
		assert_int_equal(modbus_rtu_encode(UNIT, &pdu, &w), ERR_TOO_BIG);
		assert_int_equal(w.len, 0);
	}
	static const uint8_t data[MODBUS_PDU_MAX];
	writer_t w = writer_of(buf, sizeof buf);
	pdu = (modbus_pdu_t){ .function = 0x41, .data = slice_of(data, MODBUS_PDU_MAX - 1) };
	assert_int_equal(modbus_rtu_encode(UNIT, &pdu, &w), ERR_OK);
	assert_int_equal(w.len, MODBUS_RTU_MAX);
	assert_int_equal(modbus_rtu_frame_decode(writer_done(&w), &rtu), CODEC_OK);
	w = writer_of(buf, sizeof buf);
	pdu.data = slice_of(data, MODBUS_PDU_MAX);
	assert_int_equal(modbus_rtu_encode(UNIT, &pdu, &w), ERR_TOO_BIG);
}

static void silence_follows_the_line_up_to_19200_baud(void **state)
{
	(void)state;
	static const struct {
		uint32_t baud;
		int64_t t15_ns, t35_ns;
	} lines[] = {
		{ 1, 16500000000, 38500000000 }, { 300, 55000000, 128333334 },
		{ 1200, 13750000, 32083334 },    { 9600, 1718750, 4010417 },
		{ 19200, 859375, 2005209 },      { 19201, 750000, 1750000 },
		{ 38400, 750000, 1750000 },      { 115200, 750000, 1750000 },
		{ UINT32_MAX, 750000, 1750000 },
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		modbus_silence_t silence = modbus_rtu_silence(lines[i].baud);
		assert_true(silence.t15_ns == lines[i].t15_ns);
		assert_true(silence.t35_ns == lines[i].t35_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_have_the_checksum_of_the_standard),
		cmocka_unit_test(every_function_tells_its_length_as_early_as_it_can),
		cmocka_unit_test(a_stream_is_cut_into_its_frames),
		cmocka_unit_test(functions_that_do_not_tell_are_read_by_silence_alone),
		cmocka_unit_test(every_flipped_bit_is_malformed),
		cmocka_unit_test(a_wrong_checksum_in_a_stream_is_malformed),
		cmocka_unit_test(frames_outside_the_limits_are_malformed),
		cmocka_unit_test(counts_beyond_a_pdu_are_malformed_before_the_bytes_arrive),
		cmocka_unit_test(encode_refuses_what_does_not_fit),
		cmocka_unit_test(silence_follows_the_line_up_to_19200_baud),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
