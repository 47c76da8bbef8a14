/* SPDX-License-Identifier: Apache-2.0 */
/* Replies recorded from a deployed server, read as the answers to the recorded
 * questions. The recordings lie beside the project in $JIZHU_SHARED or ../shared; where
 * they are absent the cases are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "resolver/reply.h"
#include "resolver/service.h"
#include "resolver/signature.h"

enum { BYTES = 2048, PATH_CAP = 2048 };

typedef struct {
	uint8_t bytes[BYTES];
	size_t len;
} file_t;

static bool load(const char *name, bool is_hex, file_t *ret_file)
{
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	char path[PATH_CAP], text[3 * BYTES];
	(void)snprintf(path, sizeof(path), "%s%s/vectors/handle/%s",
	               shared ? shared : (source ? source : "."), shared ? "" : "/../shared", name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	size_t len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	if (is_hex)
		return num_from_hex(slice_of(text, len), ret_file->bytes, BYTES, &ret_file->len) ==
		       ERR_OK;
	assert_true(len <= BYTES);
	memcpy(ret_file->bytes, text, len);
	ret_file->len = len;
	return true;
}

static slice_t bytes_of(const file_t *file)
{
	return slice_of(file->bytes, file->len);
}

static expect_t expect_of(slice_t frame)
{
	handle_envelope_t envelope;
	handle_message_t m;
	handle_resolution_t question = { 0 };
	slice_t message;
	assert_int_equal(handle_frame_next(frame, &envelope, &message), CODEC_OK);
	assert_int_equal(handle_message_decode(message, &m), CODEC_OK);
	if (m.header.operation == HANDLE_OP_RESOLVE)
		assert_int_equal(handle_resolution_decode(m.body, &question), CODEC_OK);
	return (expect_t){ .operation = m.header.operation,
		           .name = question.handle,
		           .covered = m.covered,
		           .needs_digest = m.header.flags & HANDLE_FLAG_RRDG };
}

typedef struct {
	const char *question, *reply;
	uint32_t response, values;
} pair_t;

static const pair_t pairs[] = {
	{ "001-resolve-all-udp-req.hex", "002-resolve-all-udp-rsp.hex", HANDLE_RC_OK, 5 },
	{ "003-resolve-all-tcp-req.hex", "004-resolve-all-tcp-rsp.hex", HANDLE_RC_OK, 5 },
	{ "006-resolve-type-url-tcp-req.hex", "007-resolve-type-url-tcp-rsp.hex", HANDLE_RC_OK, 1 },
	{ "008-resolve-type-urldot-tcp-req.hex", "009-resolve-type-urldot-tcp-rsp.hex",
	  HANDLE_RC_OK, 2 },
	{ "012-resolve-notfound-udp-req.hex", "013-resolve-notfound-udp-rsp.hex",
	  HANDLE_RC_HANDLE_NOT_FOUND, 0 },
	{ "014-resolve-values-notfound-udp-req.hex", "015-resolve-values-notfound-udp-rsp.hex",
	  HANDLE_RC_VALUES_NOT_FOUND, 0 },
	{ "016-resolve-wrong-prefix-udp-req.hex", "017-resolve-wrong-prefix-udp-rsp.hex",
	  HANDLE_RC_NOT_RESPONSIBLE, 0 },
	{ "020-resolve-case-udp-req.hex", "021-resolve-case-udp-rsp.hex", HANDLE_RC_OK, 1 },
	{ "024-resolve-certified-tcp-req.hex", "025-resolve-certified-tcp-rsp.hex", HANDLE_RC_OK,
	  1 },
};

/* False when the recording is not there. */
static bool check_pair(const pair_t *pair)
{
	file_t question, answer;
	handle_envelope_t envelope;
	slice_t message;
	reply_t reply;
	if (!load(pair->question, true, &question) || !load(pair->reply, true, &answer))
		return false;
	expect_t expect = expect_of(bytes_of(&question));
	assert_int_equal(handle_frame_next(bytes_of(&answer), &envelope, &message), CODEC_OK);
	if (reply_read(&expect, &envelope, message, &reply))
		fail_msg("%s is no reply", pair->reply);
	assert_int_equal(reply.response, pair->response);
	if (reply.values.count != pair->values)
		fail_msg("%s has %u values", pair->reply, reply.values.count);
	/* The same bytes answer nobody else's question. */
	expect.name = SLICE("99.200/other");
	err_t err = reply_read(&expect, &envelope, message, &reply);
	assert_int_equal(err, pair->response == HANDLE_RC_OK ? ERR_PROTOCOL : ERR_OK);
	return true;
}

static void recorded_replies_answer_their_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (!check_pair(&pairs[i])) {
			skip();
			return;
		}
}

static void a_recorded_site_names_its_server_and_key(void **state)
{
	(void)state;
	file_t question, answer, key;
	handle_envelope_t envelope;
	slice_t message;
	reply_t reply;
	candidate_t site;
	if (!load("059-get-siteinfo-tcp-req.hex", true, &question) ||
	    !load("060-get-siteinfo-tcp-rsp.hex", true, &answer) ||
	    !load("keys/pubkey.bin", false, &key)) {
		skip();
		return;
	}
	expect_t expect = expect_of(bytes_of(&question));
	assert_int_equal(handle_frame_next(bytes_of(&answer), &envelope, &message), CODEC_OK);
	assert_int_equal(reply_read(&expect, &envelope, message, &reply), ERR_OK);
	assert_false(service_site(reply.site, SLICE("99.200/a"), false, &site));
	assert_true(service_site(reply.site, SLICE("99.200/a"), true, &site));
	assert_int_equal(site.udp.port, HANDLE_PORT);
	assert_int_equal(site.tcp.port, HANDLE_PORT);
	assert_true(slice_eq(slice_of(site.key, site.key_len), bytes_of(&key)));
}

static err_t check(slice_t key, slice_t frame)
{
	handle_envelope_t envelope;
	handle_message_t m;
	slice_t message;
	if (handle_frame_next(frame, &envelope, &message) != CODEC_OK ||
	    handle_message_decode(message, &m) != CODEC_OK)
		return ERR_MALFORMED;
	return signature_check(key, false, &envelope, &m);
}

static void a_recorded_signature_is_right_and_each_byte_of_it_counts(void **state)
{
	(void)state;
	file_t key, frame;
	handle_message_t m;
	if (!load("keys/pubkey.bin", false, &key) ||
	    !load("025-resolve-certified-tcp-rsp.hex", true, &frame)) {
		skip();
		return;
	}
	assert_int_equal(check(bytes_of(&key), bytes_of(&frame)), ERR_OK);
	assert_int_equal(
		handle_message_decode(slice_from(bytes_of(&frame), HANDLE_ENVELOPE_SIZE), &m),
		CODEC_OK);
	size_t signed_end = HANDLE_ENVELOPE_SIZE + m.covered.len;
	for (size_t at = 0; at < signed_end; at++) {
		/* Flags, sequence and length of the envelope are not signed. */
		if (at == 2 || (at >= 12 && at < HANDLE_ENVELOPE_SIZE))
			continue;
		frame.bytes[at] ^= 0x40;
		if (check(bytes_of(&key), bytes_of(&frame)) == ERR_OK)
			fail_msg("byte %zu may be anything", at);
		frame.bytes[at] ^= 0x40;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_replies_answer_their_questions),
		cmocka_unit_test(a_recorded_site_names_its_server_and_key),
		cmocka_unit_test(a_recorded_signature_is_right_and_each_byte_of_it_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
