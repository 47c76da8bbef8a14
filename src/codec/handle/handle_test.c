/* SPDX-License-Identifier: Apache-2.0 */
/* Code tables, messages and credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

enum { ROOM = 1024 };

static handle_header_t sample_header(void)
{
	return (handle_header_t){
		.operation = HANDLE_OP_CREATE,
		.flags = HANDLE_FLAGS_DEFAULT | HANDLE_FLAG_OVRW,
		.site_serial = HANDLE_SITE_SERIAL_UNKNOWN,
		.recursion = 2,
		.expires_s = 1764043200,
	};
}

static void every_response_code_has_a_class_a_status_and_a_text(void **state)
{
	(void)state;
	static const struct {
		uint32_t code;
		err_t err;
		int http;
	} rows[] = {
		{ HANDLE_RC_OK, ERR_OK, 200 },
		{ HANDLE_RC_HANDLE_NOT_FOUND, ERR_NOT_FOUND, 404 },
		{ HANDLE_RC_HANDLE_EXISTS, ERR_EXISTS, 409 },
		{ HANDLE_RC_VALUE_EXISTS, ERR_EXISTS, 409 },
		{ HANDLE_RC_VALUES_NOT_FOUND, ERR_NOT_FOUND, 400 },
		{ HANDLE_RC_NOT_RESPONSIBLE, ERR_USAGE, 400 },
		{ HANDLE_RC_REFERRAL, ERR_UNAVAILABLE, 300 },
		{ HANDLE_RC_NOT_SUPPORTED, ERR_UNSUPPORTED, 501 },
		{ HANDLE_RC_BUSY, ERR_BUSY, 503 },
		{ HANDLE_RC_READ_ONLY, ERR_UNAVAILABLE, 503 },
		{ HANDLE_RC_AUTH_NEEDED, ERR_UNAUTHENTICATED, 401 },
		{ HANDLE_RC_DENIED, ERR_DENIED, 403 },
		{ HANDLE_RC_SESSION_TIMEOUT, ERR_EXPIRED, 500 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const handle_code_t *row = handle_response_info(rows[i].code);
		assert_non_null(row);
		assert_int_equal(row->err, rows[i].err);
		assert_int_equal(row->http_status, rows[i].http);
		assert_true(row->text[0] != '\0');
	}
	assert_null(handle_response_info(999));
}

static void operations_flags_and_rights_have_names(void **state)
{
	(void)state;
	assert_string_equal(handle_operation_info(1)->text, "resolve");
	assert_string_equal(handle_operation_info(400)->text, "session setup");
	assert_null(handle_operation_info(99));
	assert_string_equal(handle_flag_info(HANDLE_FLAG_AUTH)->text, "authoritative");
	assert_null(handle_flag_info(1));
	assert_string_equal(handle_admin_right_text(HANDLE_ADMIN_LIST), "list handles");
	assert_null(handle_admin_right_text(0x8000));
}

static void message_begun_and_ended_equals_one_made_of_parts(void **state)
{
	(void)state;
	uint8_t one[ROOM], two[ROOM];
	writer_t w1 = writer_of(one, sizeof one), w2 = writer_of(two, sizeof two);
	const handle_envelope_t e = { .version = { 2, 11 }, .request_id = 5 };
	const handle_message_t m = { .header = sample_header(),
		                     .body = SLICE("body"),
		                     .credential = SLICE("cred") };
	handle_mark_t mark = handle_message_begin(&e, &m.header, &w1);
	wr_bytes(&w1, m.body);
	slice_t covered = handle_message_covered(mark, &w1);
	assert_int_equal(covered.len, HANDLE_HEADER_SIZE + 4);
	handle_message_end(mark, m.credential, &w1);
	handle_message_encode(&m, &w2);
	slice_t framed = writer_done(&w1), message;
	handle_envelope_t got;
	assert_int_equal(handle_frame_next(framed, &got, &message), CODEC_OK);
	assert_true(slice_eq(message, writer_done(&w2)));
	assert_true(slice_eq(covered, slice_sub(message, 0, covered.len)));
	handle_message_t back;
	assert_int_equal(handle_message_decode(message, &back), CODEC_OK);
	assert_true(slice_eq(back.body, m.body));
	assert_true(slice_eq(back.credential, m.credential));
	assert_true(slice_eq(back.covered, covered));
	assert_int_equal(back.header.recursion, 2);
	assert_int_equal(back.header.expires_s, m.header.expires_s);
}

static void response_and_flags_can_be_set_behind_the_body(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	const handle_envelope_t e = { .version = { 2, 11 } };
	const handle_header_t header = sample_header();
	handle_message_t back;
	handle_mark_t mark = handle_message_begin(&e, &header, &w);
	wr_bytes(&w, SLICE("body"));
	handle_message_set_response(mark, HANDLE_RC_DENIED, &w);
	handle_message_set_flags(mark, HANDLE_FLAG_CERT, &w);
	handle_message_end(mark, (slice_t){ 0 }, &w);
	slice_t message = slice_from(writer_done(&w), HANDLE_ENVELOPE_SIZE);
	assert_int_equal(handle_message_decode(message, &back), CODEC_OK);
	assert_int_equal(back.header.response, HANDLE_RC_DENIED);
	assert_int_equal(back.header.flags, HANDLE_FLAG_CERT);
	assert_int_equal(back.header.operation, header.operation);
	assert_int_equal(back.header.site_serial, header.site_serial);
}

static void message_cut_or_followed_by_bytes_is_malformed(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	handle_message_t m = { .header = sample_header(), .body = SLICE("body") };
	handle_message_encode(&m, &w);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(handle_message_decode(slice_of(room, len), &m), CODEC_MALFORMED);
	assert_true(slice_eq(m.body, SLICE("body")));
	wr_u8(&w, 0);
	assert_int_equal(handle_message_decode(writer_done(&w), &m), CODEC_MALFORMED);
}

static void body_length_beyond_the_message_is_malformed(void **state)
{
	(void)state;
	static const uint32_t lengths[] = {
		5, 8, 9, HANDLE_MESSAGE_MAX + 1, 0x80000000, UINT32_MAX
	};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint8_t room[ROOM];
		writer_t w = writer_of(room, sizeof room);
		handle_header_t header = sample_header();
		handle_message_t m;
		handle_header_encode(&header, lengths[i], &w);
		wr_bytes(&w, SLICE("body\0\0\0\0"));
		assert_int_equal(handle_message_decode(writer_done(&w), &m), CODEC_MALFORMED);
	}
}

static void message_that_does_not_fit_leaves_the_writer_bad(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	handle_header_t header = sample_header();
	for (size_t cap = 0; cap < HANDLE_ENVELOPE_SIZE + HANDLE_HEADER_SIZE + 4 + 4; cap++) {
		writer_t w = writer_of(room, cap);
		const handle_envelope_t e = { 0 };
		handle_mark_t mark = handle_message_begin(&e, &header, &w);
		wr_bytes(&w, SLICE("body"));
		(void)handle_message_covered(mark, &w);
		handle_message_end(mark, (slice_t){ 0 }, &w);
		assert_true(w.bad);
	}
}

static void reply_header_echoes_the_flags_but_not_overwrite(void **state)
{
	(void)state;
	handle_header_t request = sample_header();
	handle_header_t reply = handle_header_reply(&request, HANDLE_RC_OK, 7);
	assert_int_equal(reply.flags, HANDLE_FLAGS_DEFAULT);
	assert_int_equal(reply.operation, HANDLE_OP_CREATE);
	assert_int_equal(reply.response, HANDLE_RC_OK);
	assert_int_equal(reply.site_serial, 7);
	assert_int_equal(reply.expires_s, request.expires_s);
}

static void credential_is_written_and_read_back(void **state)
{
	(void)state;
	uint8_t room[ROOM], more[ROOM];
	writer_t w = writer_of(room, sizeof room), s = writer_of(more, sizeof more);
	const handle_signature_t signature = { SLICE("HMAC-SHA256"), SLICE("mac") };
	handle_signature_encode(&signature, &s);
	const handle_credential_t c = { .counter = 3,
		                        .type = SLICE("HS_MAC"),
		                        .section = writer_done(&s) };
	handle_credential_encode(&c, &w);
	handle_credential_t back;
	handle_signature_t inner;
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(handle_credential_decode(slice_of(room, len), &back),
		                 CODEC_MALFORMED);
	assert_int_equal(handle_credential_decode(writer_done(&w), &back), CODEC_OK);
	assert_int_equal(back.counter, 3);
	assert_true(slice_eq(back.type, SLICE("HS_MAC")));
	assert_int_equal(handle_signature_decode(back.section, &inner), CODEC_OK);
	assert_true(slice_eq(inner.bytes, SLICE("mac")));
}

static void signed_prefix_depends_on_the_version(void **state)
{
	(void)state;
	static const struct {
		handle_version_t version;
		codec_t want;
		size_t len;
	} rows[] = {
		{ { 2, 0 }, CODEC_OK, 0 },          { { 2, 4 }, CODEC_OK, 0 },
		{ { 2, 5 }, CODEC_UNSUPPORTED, 0 }, { { 2, 6 }, CODEC_UNSUPPORTED, 0 },
		{ { 2, 7 }, CODEC_OK, 2 + 12 },     { { 2, 8 }, CODEC_OK, 4 + 12 },
		{ { 2, 11 }, CODEC_OK, 4 + 12 },    { { 5, 0 }, CODEC_OK, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t room[ROOM];
		writer_t w = writer_of(room, sizeof room);
		const handle_envelope_t e = { .version = rows[i].version,
			                      .suggested = { 2, 11 },
			                      .flags = HANDLE_ENVELOPE_TRUNCATED };
		assert_int_equal(handle_signed_prefix_encode(&e, 1, &w), rows[i].want);
		assert_int_equal(w.len, rows[i].len);
		if (rows[i].len > 14)
			assert_int_equal(room[2], 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_response_code_has_a_class_a_status_and_a_text),
		cmocka_unit_test(operations_flags_and_rights_have_names),
		cmocka_unit_test(message_begun_and_ended_equals_one_made_of_parts),
		cmocka_unit_test(response_and_flags_can_be_set_behind_the_body),
		cmocka_unit_test(message_cut_or_followed_by_bytes_is_malformed),
		cmocka_unit_test(body_length_beyond_the_message_is_malformed),
		cmocka_unit_test(message_that_does_not_fit_leaves_the_writer_bad),
		cmocka_unit_test(reply_header_echoes_the_flags_but_not_overwrite),
		cmocka_unit_test(credential_is_written_and_read_back),
		cmocka_unit_test(signed_prefix_depends_on_the_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
