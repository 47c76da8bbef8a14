/* SPDX-License-Identifier: Apache-2.0 */
/* Walks that believe only what is signed, and a reply that was recorded from a deployed
 * server. The recording lies beside the project in $JIZHU_SHARED or ../shared; where it
 * is absent the case is skipped. */
#include "resolver/fixture_test.h"

#include "base/num.h"
#include "resolver/signature.h"

static const twin_spec_t CALM = { .seed = 31 };

typedef struct {
	env_pkey_t *root, *site;
} keys_t;

static int make_keys(void **state)
{
	keys_t *keys = calloc(1, sizeof(*keys));
	*state = keys;
	return keys && !env_pkey_generate(ENV_PKEY_RSA, &keys->root) &&
	                       !env_pkey_generate(ENV_PKEY_RSA, &keys->site)
	               ? 0
	               : -1;
}

static int free_keys(void **state)
{
	keys_t *keys = *state;
	env_pkey_free(keys->root);
	env_pkey_free(keys->site);
	free(keys);
	return 0;
}

/* Root and site with a key each, and one name. */
static server_t *world_signed(world_t *world, const keys_t *keys)
{
	world_make(world, &CALM);
	server_t *root = server_new(world, 4), *site = server_new(world, 4);
	root->signer = keys->root;
	site->signer = keys->site;
	site_of(rule_add(root, "0.NA/99.200", HANDLE_RC_OK), 1, "HS_SITE",
	        &(site_spec_t){ .at = site->addr, .key = keys->site });
	text_of(rule_add(site, "99.200/a", HANDLE_RC_OK), 1, "URL", "a");
	resolver_start(world, (resolver_spec_t){ .negative_ns = 60 * NS_PER_S });
	return site;
}

static resolver_reply_t ask_certified(world_t *world, const char *name)
{
	ask_start(world, name, NULL, RESOLVER_CERTIFIED);
	return ask_end(world);
}

static void expect_certified(world_t *world, const char *name, err_t err)
{
	resolver_reply_t reply = ask_certified(world, name);
	if (reply.err != err)
		fail_msg("%s: %s", name, err_info(reply.err)->name);
	resolver_answer_release(reply.answer);
}

static void a_chain_of_signed_replies_is_believed(void **state)
{
	world_t world;
	server_t *site = world_signed(&world, *state);
	expect_certified(&world, "99.200/a", ERR_OK);
	expect_certified(&world, "99.200/none", ERR_NOT_FOUND);
	assert_int_equal(site->header.flags,
	                 HANDLE_FLAGS_DEFAULT | HANDLE_FLAG_CERT | HANDLE_FLAG_RRDG);
	assert_int_equal(metric(&world, "bad_replies_total"), 0);
	world_free(&world);
}

static void what_the_site_did_not_sign_is_not_believed(void **state)
{
	world_t world;
	server_t *site = world_signed(&world, *state);
	site->signer = NULL;
	expect_certified(&world, "99.200/a", ERR_PROTOCOL);
	expect_certified(&world, "99.200/none", ERR_PROTOCOL);
	ask_text(&world, "99.200/a", "a");
	world_free(&world);
}

static void the_key_of_another_is_not_believed(void **state)
{
	const keys_t *keys = *state;
	world_t world;
	server_t *site = world_signed(&world, keys);
	site->signer = keys->root;
	expect_certified(&world, "99.200/a", ERR_PROTOCOL);
	world_free(&world);
}

static void an_altered_reply_is_not_believed(void **state)
{
	world_t world;
	server_t *site = world_signed(&world, *state);
	site->alters = true;
	expect_certified(&world, "99.200/a", ERR_PROTOCOL);
	world_free(&world);
}

static void a_signature_without_the_digest_of_the_request_is_not_believed(void **state)
{
	world_t world;
	server_t *site = world_signed(&world, *state);
	site->no_digest = true;
	expect_certified(&world, "99.200/a", ERR_PROTOCOL);
	expect_certified(&world, "99.200/none", ERR_PROTOCOL);
	world_free(&world);
}

static void an_algorithm_that_is_worn_out_is_not_believed(void **state)
{
	static const char *const names[] = { "SHA1", "MD5", "", "none" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		world_t world;
		server_t *site = world_signed(&world, *state);
		site->algorithm = names[i];
		expect_certified(&world, "99.200/a", ERR_PROTOCOL);
		world_free(&world);
	}
}

static void an_unsigned_record_of_the_prefix_breaks_the_chain(void **state)
{
	world_t world;
	(void)world_signed(&world, *state);
	world.server[0].signer = NULL;
	expect_certified(&world, "99.200/a", ERR_PROTOCOL);
	world_free(&world);
}

static void a_site_without_a_key_is_passed_over(void **state)
{
	const keys_t *keys = *state;
	world_t world;
	server_t *site = world_signed(&world, keys);
	rule_t *rule = rule_add(&world.server[0], "0.NA/99.300", HANDLE_RC_OK);
	site_of(rule, 1, "HS_SITE", &(site_spec_t){ .at = site->addr });
	text_of(rule_add(site, "99.300/a", HANDLE_RC_OK), 1, "URL", "b");
	expect_certified(&world, "99.300/a", ERR_UNAVAILABLE);
	ask_text(&world, "99.300/a", "b");
	world_free(&world);
}

static void what_was_not_signed_does_not_answer_from_the_cache(void **state)
{
	world_t world;
	server_t *site = world_signed(&world, *state);
	ask_text(&world, "99.200/a", "a");
	expect_certified(&world, "99.200/a", ERR_OK);
	assert_int_equal(site->by_udp, 2);
	resolver_reply_t reply = ask_certified(&world, "99.200/a");
	assert_int_equal(reply.source, RESOLVER_FROM_CACHE);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

/* The recording. */

enum { VECTOR_BYTES = 2048 };

static bool load(const char *folder, const char *name, bool is_hex, uint8_t *out, size_t *ret_len)
{
	char path[2048], text[3 * VECTOR_BYTES];
	(void)snprintf(path, sizeof(path), "%s/vectors/handle/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	size_t len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	if (is_hex)
		return num_from_hex(slice_of(text, len), out, VECTOR_BYTES, ret_len) == ERR_OK;
	assert_true(len <= VECTOR_BYTES);
	memcpy(out, text, len);
	*ret_len = len;
	return true;
}

static bool find(const char *name, bool is_hex, uint8_t *out, size_t *ret_len)
{
	const char *shared = getenv("JIZHU_SHARED"), *source = getenv("JIZHU_SOURCE");
	char beside[1024];
	(void)snprintf(beside, sizeof(beside), "%s/../shared", source ? source : ".");
	return load(shared ? shared : beside, name, is_hex, out, ret_len);
}

static err_t check(slice_t key, slice_t frame)
{
	handle_envelope_t envelope;
	handle_message_t m;
	slice_t message;
	if (handle_frame_next(frame, &envelope, &message) != CODEC_OK ||
	    handle_message_decode(message, &m) != CODEC_OK)
		return ERR_MALFORMED;
	return signature_check(key, &envelope, &m);
}

static void a_recorded_signature_is_right_and_each_byte_of_it_counts(void **state)
{
	(void)state;
	uint8_t key[VECTOR_BYTES], frame[VECTOR_BYTES];
	size_t key_len, len;
	if (!find("keys/pubkey.bin", false, key, &key_len) ||
	    !find("025-resolve-certified-tcp-rsp.hex", true, frame, &len)) {
		skip();
		return;
	}
	slice_t whole = slice_of(frame, len);
	OK(check(slice_of(key, key_len), whole));
	slice_t message = slice_from(whole, HANDLE_ENVELOPE_SIZE);
	handle_message_t m;
	assert_int_equal(handle_message_decode(message, &m), CODEC_OK);
	size_t signed_end = HANDLE_ENVELOPE_SIZE + m.covered.len;
	for (size_t at = 0; at < signed_end; at++) {
		/* Flags, sequence and length of the envelope are not signed. */
		if (at == 2 || (at >= 12 && at < HANDLE_ENVELOPE_SIZE))
			continue;
		frame[at] ^= 0x40;
		if (check(slice_of(key, key_len), whole) == ERR_OK)
			fail_msg("byte %zu may be anything", at);
		frame[at] ^= 0x40;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_of_signed_replies_is_believed),
		cmocka_unit_test(what_the_site_did_not_sign_is_not_believed),
		cmocka_unit_test(the_key_of_another_is_not_believed),
		cmocka_unit_test(an_altered_reply_is_not_believed),
		cmocka_unit_test(a_signature_without_the_digest_of_the_request_is_not_believed),
		cmocka_unit_test(an_algorithm_that_is_worn_out_is_not_believed),
		cmocka_unit_test(an_unsigned_record_of_the_prefix_breaks_the_chain),
		cmocka_unit_test(a_site_without_a_key_is_passed_over),
		cmocka_unit_test(what_was_not_signed_does_not_answer_from_the_cache),
		cmocka_unit_test(a_recorded_signature_is_right_and_each_byte_of_it_counts),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
