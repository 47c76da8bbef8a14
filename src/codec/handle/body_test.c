/* SPDX-License-Identifier: Apache-2.0 */
/* Each shape of body: cut at every length, and the habits of deployed peers that a
 * decoder has to live with. Round trips are in vectors_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

enum { ROOM = 1024 };

#define NAME \
	"\0\0\0\x06" \
	"99.1/a"
#define WORD(n) "\0\0\0" n
#define DIGEST  "12345678901234567890123456789012"

typedef codec_t (*decode_t)(slice_t in);

/* Adapters, so that one table can drive all decoders. */
#define DECODER(name, type, decode) \
	static codec_t name(slice_t in) \
	{ \
		type out; \
		return decode(in, &out); \
	}
DECODER(name_body, slice_t, handle_name_body_decode)
DECODER(names_body, handle_list_t, handle_names_body_decode)
DECODER(resolution, handle_resolution_t, handle_resolution_decode)
DECODER(record, handle_record_t, handle_record_decode)
DECODER(removal, handle_removal_t, handle_removal_decode)
DECODER(challenge, handle_challenge_t, handle_challenge_decode)
DECODER(answer, handle_answer_t, handle_answer_decode)
DECODER(verify, handle_verify_t, handle_verify_decode)
DECODER(verify_reply, bool, handle_verify_reply_decode)
DECODER(session, handle_session_t, handle_session_decode)
DECODER(session_reply, handle_session_reply_t, handle_session_reply_decode)
DECODER(reference, handle_reference_t, handle_reference_decode)
DECODER(signature, handle_signature_t, handle_signature_decode)
#undef DECODER

static void assert_cut(decode_t decode, slice_t whole)
{
	for (size_t len = 0; len <= whole.len; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		assert_non_null(exact);
		if (len)
			memcpy(exact, whole.ptr, len);
		codec_t want = len == whole.len ? CODEC_OK : CODEC_MALFORMED;
		assert_int_equal(decode(slice_of(exact, len)), want);
		free(exact);
	}
}

static void every_body_cut_at_every_length_is_malformed(void **state)
{
	(void)state;
	const struct {
		decode_t decode;
		slice_t whole;
	} rows[] = {
		{ name_body, SLICE(NAME) },
		{ names_body, SLICE(WORD("\x02") NAME NAME) },
		{ resolution, SLICE(NAME WORD("\x01") WORD("\x07") WORD("\x01") NAME) },
		{ record,
		  SLICE(NAME WORD("\x01") WORD("\x01") WORD("\0") "\0" WORD("\0") "\x0E" WORD(
			  "\x03") "URL" WORD("\x01") "x" WORD("\x01") NAME WORD("\x01")) },
		{ removal, SLICE(NAME WORD("\x02") WORD("\x04") WORD("\x05")) },
		{ challenge, SLICE("\x03" DIGEST WORD("\x04") "nonc") },
		{ answer, SLICE(WORD("\x09") "HS_PUBKEY" NAME WORD("\x07") WORD("\x02") "ab") },
		{ verify,
		  SLICE(NAME WORD("\x07") WORD("\x01") "n" WORD("\x01") "d" WORD("\x01") "s") },
		{ verify_reply, SLICE("\x01") },
		{ session, SLICE("\0\x04" WORD("\x09") NAME WORD("\x07") WORD("\x01") "k") },
		{ session, SLICE("\0\x03" WORD("\x09") NAME WORD("\x07") NAME WORD("\x01")) },
		{ session, SLICE("\0\x02" WORD("\x09") NAME WORD("\x07")) },
		{ session_reply, SLICE("\0\x04" WORD("\x01") "k") },
		{ reference, SLICE(NAME WORD("\x01")) },
		{ signature, SLICE(WORD("\x03") "SM3" WORD("\x02") "ab") },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_cut(rows[i].decode, rows[i].whole);
}

static void trailing_bytes_of_message_bodies_are_ignored(void **state)
{
	(void)state;
	slice_t handle;
	assert_int_equal(handle_name_body_decode(SLICE(NAME "junk"), &handle), CODEC_OK);
	assert_true(slice_eq(handle, SLICE("99.1/a")));
	assert_int_equal(record(SLICE(NAME WORD("\0") "junk")), CODEC_OK);
	assert_int_equal(removal(SLICE(NAME WORD("\0") "junk")), CODEC_OK);
	assert_int_equal(challenge(SLICE("\x03" DIGEST WORD("\0") "junk")), CODEC_OK);
}

static void session_setup_ends_with_two_zero_bytes_and_may_lack_them(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof room);
	const handle_session_t setup = { .mode = HANDLE_SESSION_DH,
		                         .timeout_s = 9,
		                         .identity = { SLICE("99.1/a"), 7 },
		                         .key = SLICE("k") };
	slice_t bare = SLICE("\0\x04" WORD("\x09") NAME WORD("\x07") WORD("\x01") "k");
	handle_session_encode(&setup, &w);
	assert_int_equal(w.len, bare.len + 2);
	assert_true(slice_starts(writer_done(&w), bare));
	assert_int_equal(session(bare), CODEC_OK);
	assert_int_equal(session(writer_done(&w)), CODEC_OK);
	w = writer_of(room, sizeof room);
	const handle_session_reply_t reply = { HANDLE_SESSION_DH, SLICE("k") };
	handle_session_reply_encode(&reply, &w);
	assert_true(slice_eq(writer_done(&w), SLICE("\0\x04" WORD("\x01") "k\0\0")));
}

static void session_mode_that_is_not_known_is_unsupported(void **state)
{
	(void)state;
	assert_int_equal(session(SLICE("\0\x05" WORD("\x09") NAME WORD("\x07"))),
	                 CODEC_UNSUPPORTED);
	assert_int_equal(session(SLICE("\0\0" WORD("\x09") NAME WORD("\x07"))), CODEC_UNSUPPORTED);
}

static void question_keeps_the_authentication_bytes_behind_it(void **state)
{
	(void)state;
	handle_resolution_t q;
	assert_int_equal(
		handle_resolution_decode(SLICE(NAME WORD("\0") WORD("\0") WORD("\x01") "p"), &q),
		CODEC_OK);
	assert_true(slice_eq(q.rest, SLICE(WORD("\x01") "p")));
}

static void question_wants_listed_indexes_or_types_or_everything(void **state)
{
	(void)state;
	handle_resolution_t q;
	slice_t filter = SLICE(NAME WORD("\x01") WORD("\x07") WORD("\x01") WORD("\x04") "URL.");
	assert_int_equal(handle_resolution_decode(filter, &q), CODEC_OK);
	assert_true(handle_resolution_wants(&q, 7, SLICE("EMAIL")));
	assert_true(handle_resolution_wants(&q, 1, SLICE("url")));
	assert_true(handle_resolution_wants(&q, 1, SLICE("URL.MIRROR")));
	assert_false(handle_resolution_wants(&q, 1, SLICE("EMAIL")));
	assert_int_equal(handle_resolution_decode(SLICE(NAME WORD("\0") WORD("\0")), &q), CODEC_OK);
	assert_true(handle_resolution_wants(&q, 1, SLICE("EMAIL")));
}

static void lists_made_of_arrays_read_back_in_order(void **state)
{
	(void)state;
	uint8_t room[ROOM], out[ROOM];
	writer_t scratch = writer_of(room, sizeof room), w = writer_of(out, sizeof out);
	const uint32_t indexes[] = { 1, 100 };
	const slice_t types[] = { SLICE("URL"), SLICE("EMAIL") };
	handle_resolution_t q = { .handle = SLICE("99.1/a") }, back;
	q.indexes = handle_list_of_indexes(indexes, 2, &scratch);
	q.types = handle_list_of_strings(types, 2, &scratch);
	handle_resolution_encode(&q, &w);
	assert_int_equal(handle_resolution_decode(writer_done(&w), &back), CODEC_OK);
	handle_iter_t iter = handle_list_iter(back.types);
	slice_t type;
	assert_true(handle_string_next(&iter, &type) && slice_eq(type, types[0]));
	assert_true(handle_string_next(&iter, &type) && slice_eq(type, types[1]));
	assert_false(handle_string_next(&iter, &type));
	writer_t full = writer_of(room, 3);
	assert_int_equal(handle_list_of_indexes(indexes, 2, &full).count, 0);
	assert_true(full.bad);
}

static void digest_kind_follows_the_version(void **state)
{
	(void)state;
	assert_int_equal(handle_digest_kind((handle_version_t){ 2, 11 }), HANDLE_DIGEST_SHA256);
	assert_int_equal(handle_digest_kind((handle_version_t){ 2, 6 }), HANDLE_DIGEST_SHA1);
	assert_int_equal(handle_digest_kind((handle_version_t){ 2, 0 }), HANDLE_DIGEST_MD5_OLD);
	assert_int_equal(handle_digest_kind((handle_version_t){ 5, 0 }), HANDLE_DIGEST_MD5_OLD);
}

static void digest_of_every_kind_is_cut_from_the_front(void **state)
{
	(void)state;
	for (unsigned kind = HANDLE_DIGEST_MD5_OLD; kind <= HANDLE_DIGEST_SHA256; kind++) {
		uint8_t room[ROOM];
		writer_t w = writer_of(room, sizeof room);
		handle_digest_t digest = { .kind = (handle_digest_kind_t)kind }, back;
		slice_t rest;
		digest.bytes = slice_sub(SLICE(DIGEST), 0, handle_digest_size(digest.kind));
		handle_digest_encode(&digest, &w);
		slice_t alone = writer_done(&w);
		for (size_t len = 0; len < alone.len; len++)
			assert_int_equal(handle_digest_cut(slice_of(room, len), &back, &rest),
			                 CODEC_MALFORMED);
		wr_bytes(&w, SLICE("rest"));
		assert_int_equal(handle_digest_cut(writer_done(&w), &back, &rest), CODEC_OK);
		assert_int_equal(back.kind, kind);
		assert_true(slice_eq(back.bytes, digest.bytes));
		assert_true(slice_eq(rest, SLICE("rest")));
	}
	handle_digest_t digest;
	slice_t rest;
	assert_int_equal(handle_digest_cut(SLICE("\x04" DIGEST), &digest, &rest),
	                 CODEC_UNSUPPORTED);
	assert_int_equal(handle_digest_cut(SLICE("\0\0\0\x11" DIGEST), &digest, &rest),
	                 CODEC_MALFORMED);
}

static void pbkdf2_answer_carries_its_settings_and_others_do_not(void **state)
{
	(void)state;
	handle_mac_t mac;
	slice_t stretched = SLICE("\x22" WORD("\x02") "sa"
	                                              "\0\0\x27\x10" WORD("\xA0") WORD("\x01") "m");
	for (size_t len = 0; len < stretched.len; len++)
		assert_int_equal(handle_mac_decode(slice_sub(stretched, 0, len), &mac),
		                 CODEC_MALFORMED);
	assert_int_equal(handle_mac_decode(stretched, &mac), CODEC_OK);
	assert_int_equal(mac.iterations, 10000);
	assert_int_equal(mac.key_bits, 160);
	assert_true(slice_eq(mac.salt, SLICE("sa")));
	assert_int_equal(handle_mac_decode(SLICE("\x02plain"), &mac), CODEC_OK);
	assert_true(slice_eq(mac.mac, SLICE("plain")));
	assert_int_equal(handle_mac_decode(SLICE("\x09plain"), &mac), CODEC_UNSUPPORTED);
}

static void verdict_other_than_one_or_zero_is_malformed(void **state)
{
	(void)state;
	bool valid = false;
	assert_int_equal(handle_verify_reply_decode(SLICE("\x01"), &valid), CODEC_OK);
	assert_true(valid);
	assert_int_equal(handle_verify_reply_decode(SLICE("\x02"), &valid), CODEC_MALFORMED);
	assert_true(valid);
	assert_int_equal(handle_verify_reply_decode(SLICE("\0"), &valid), CODEC_OK);
	assert_false(valid);
}

static void failure_may_be_empty_and_may_name_indexes(void **state)
{
	(void)state;
	handle_failure_t failure;
	assert_int_equal(handle_failure_decode((slice_t){ 0 }, &failure), CODEC_OK);
	assert_int_equal(failure.text.len, 0);
	assert_int_equal(handle_failure_decode(SLICE(WORD("\x02") "no"), &failure), CODEC_OK);
	assert_false(failure.has_indexes);
	assert_int_equal(
		handle_failure_decode(SLICE(WORD("\x02") "no" WORD("\x01") WORD("\x07")), &failure),
		CODEC_OK);
	assert_true(failure.has_indexes);
	assert_int_equal(failure.indexes.count, 1);
	assert_int_equal(handle_failure_decode(SLICE(WORD("\x02") "n"), &failure), CODEC_MALFORMED);
}

static void referral_is_a_handle_or_values(void **state)
{
	(void)state;
	handle_referral_t referral;
	assert_int_equal(handle_referral_decode(SLICE(NAME), &referral), CODEC_OK);
	assert_false(referral.has_values);
	assert_int_equal(handle_referral_decode(SLICE(WORD("\0") WORD("\0")), &referral), CODEC_OK);
	assert_true(referral.has_values);
	assert_int_equal(handle_referral_decode(SLICE(WORD("\0") WORD("\x01")), &referral),
	                 CODEC_MALFORMED);
}

static void output_is_untouched_when_a_body_is_refused(void **state)
{
	(void)state;
	handle_record_t record_out = { .handle = SLICE("kept"), .values = { .count = 9 } };
	assert_int_equal(handle_record_decode(SLICE(NAME WORD("\x01")), &record_out),
	                 CODEC_MALFORMED);
	assert_true(slice_eq(record_out.handle, SLICE("kept")));
	assert_int_equal(record_out.values.count, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_body_cut_at_every_length_is_malformed),
		cmocka_unit_test(trailing_bytes_of_message_bodies_are_ignored),
		cmocka_unit_test(session_setup_ends_with_two_zero_bytes_and_may_lack_them),
		cmocka_unit_test(session_mode_that_is_not_known_is_unsupported),
		cmocka_unit_test(question_keeps_the_authentication_bytes_behind_it),
		cmocka_unit_test(question_wants_listed_indexes_or_types_or_everything),
		cmocka_unit_test(lists_made_of_arrays_read_back_in_order),
		cmocka_unit_test(digest_kind_follows_the_version),
		cmocka_unit_test(digest_of_every_kind_is_cut_from_the_front),
		cmocka_unit_test(pbkdf2_answer_carries_its_settings_and_others_do_not),
		cmocka_unit_test(verdict_other_than_one_or_zero_is_malformed),
		cmocka_unit_test(failure_may_be_empty_and_may_name_indexes),
		cmocka_unit_test(referral_is_a_handle_or_values),
		cmocka_unit_test(output_is_untouched_when_a_body_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
