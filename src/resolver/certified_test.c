/* SPDX-License-Identifier: Apache-2.0 */
/* Walks that believe only what is signed. */
#include "resolver/signers_test.h"

#include "base/base64.h"
#include "env/pkey_dsa_test.h"

static const twin_spec_t CALM = { .seed = 31 };

/* Root and site with a key each, and one name. */
static server_t *world_signed_by(world_t *world, const keys_t *keys, resolver_spec_t spec)
{
	world_make(world, &CALM);
	server_t *root = server_new(world, 4), *site = server_new(world, 4);
	root->signer = keys->root;
	site->signer = keys->site;
	site_of(rule_add(root, "0.NA/99.200", HANDLE_RC_OK), 1, "HS_SITE",
	        &(site_spec_t){ .at = site->addr, .key = keys->site });
	url_at(site, "99.200/a", "a");
	resolver_start(world, spec);
	return site;
}

static server_t *world_signed(world_t *world, const keys_t *keys)
{
	return world_signed_by(world, keys, (resolver_spec_t){ .negative_ns = 60 * NS_PER_S });
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

/* Root and site sign by DSA; what a walk says of it. */
static void expect_of_dsa(const char *pem, env_hash_t hash, const char *algorithm, err_t want[2])
{
	for (size_t legacy = 0; legacy <= 1; legacy++) {
		world_t world;
		keys_t keys;
		OK(env_pkey_from_pem(slice_str(pem), &keys.root));
		keys.site = keys.root;
		server_t *site = world_signed_by(&world, &keys,
		                                 (resolver_spec_t){ .legacy = legacy != 0 });
		for (size_t i = 0; i < 2; i++) {
			world.server[i].hash = hash;
			world.server[i].algorithm = algorithm;
		}
		expect_certified(&world, "99.200/a", want[legacy]);
		site->alters = true;
		expect_certified(&world, "99.200/b", ERR_PROTOCOL);
		world_free(&world);
		env_pkey_free(keys.root);
	}
}

static void dsa_signs_by_the_legacy_rules_alone(void **state)
{
	(void)state;
	static const char *const pems[] = { DSA_1024_PEM, DSA_2048_PEM };
	for (size_t i = 0; i < 2; i++) {
		expect_of_dsa(pems[i], ENV_HASH_SHA1, "SHA1", (err_t[]){ ERR_PROTOCOL, ERR_OK });
		expect_of_dsa(pems[i], ENV_HASH_SHA256, "SHA-256",
		              (err_t[]){ ERR_PROTOCOL, ERR_OK });
		expect_of_dsa(pems[i], ENV_HASH_SHA1, "SHA-256",
		              (err_t[]){ ERR_PROTOCOL, ERR_PROTOCOL });
		expect_of_dsa(pems[i], ENV_HASH_MD5, "MD5",
		              (err_t[]){ ERR_PROTOCOL, ERR_PROTOCOL });
	}
}

static void a_site_without_a_key_is_passed_over(void **state)
{
	const keys_t *keys = *state;
	world_t world;
	server_t *site = world_signed(&world, keys);
	rule_t *rule = rule_add(&world.server[0], "0.NA/99.300", HANDLE_RC_OK);
	site_of(rule, 1, "HS_SITE", &(site_spec_t){ .at = site->addr });
	url_at(site, "99.300/a", "b");
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

static void a_key_in_a_roots_file_of_json_begins_the_chain(void **state)
{
	const keys_t *keys = *state;
	const char *paths[] = { "roots.json" };
	char text[8192];
	uint8_t room[ENV_PKEY_NUMBERS_MAX];
	writer_t scratch = writer_of(room, sizeof(room)), w = writer_of(text, sizeof(text));
	env_pkey_numbers_t numbers;
	env_file_t *file;
	world_t world;
	world_make(&world, &CALM);
	server_t *root = server_new(&world, 4);
	root->signer = keys->root;
	url_at(root, "0.NA/99.200", "a");
	OK(env_pkey_numbers(keys->root, false, &scratch, &numbers));
	wr_format(&w, "{\"handle\":\"0.NA/0.NA\",\"values\":[{\"index\":1,\"type\":\"HS_SITE\","
	              "\"data\":{\"format\":\"site\",\"value\":{\"protocolVersion\":\"2.11\","
	              "\"serialNumber\":1,\"primarySite\":true,\"servers\":[{\"serverId\":1,"
	              "\"address\":\"10.0.0.1\",\"interfaces\":[{\"query\":true,\"protocol\":"
	              "\"UDP\",\"port\":2641}],\"publicKey\":{\"format\":\"key\",\"value\":{"
	              "\"kty\":\"RSA\",\"n\":\"");
	base64_encode(numbers.part[0], BASE64_URL, &w);
	wr_format(&w, "\",\"e\":\"");
	base64_encode(numbers.part[1], BASE64_URL, &w);
	wr_format(&w, "\"}}}]}}}]}");
	OK(env_file_open(world.env, paths[0], ENV_OPEN_CREATE, &file));
	OK(env_file_write(file, 0, writer_done(&w)));
	env_file_close(file);
	resolver_start(&world, (resolver_spec_t){ .roots = paths, .root_count = 1 });
	expect_certified(&world, "0.NA/99.200", ERR_OK);
	root->signer = keys->site;
	expect_certified(&world, "0.NA/99.300", ERR_PROTOCOL);
	world_free(&world);
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
		cmocka_unit_test(dsa_signs_by_the_legacy_rules_alone),
		cmocka_unit_test(a_site_without_a_key_is_passed_over),
		cmocka_unit_test(a_key_in_a_roots_file_of_json_begins_the_chain),
		cmocka_unit_test(what_was_not_signed_does_not_answer_from_the_cache),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
