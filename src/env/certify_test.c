/* SPDX-License-Identifier: Apache-2.0 */
#include "env/certify_fixture_test.h"

#include "env/x509.h"

#define DAY_NS (24 * INT64_C(3600) * NS_PER_S)

/* A root, a node it certified, and another root that nobody believes. */
typedef struct {
	party_t root, node, other;
} world_t;

static int set_up(void **state)
{
	world_t *world = test_calloc(1, sizeof(*world));
	env_certify_spec_t root = { .purpose = ENV_CERTIFY_ROOT, .name = SLICE("99.1000") };
	party_make(&world->root, NULL, root);
	party_make(&world->other, NULL, root);
	party_make(&world->node, &world->root,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_CLIENT,
	                                 .name = SLICE("99.1000.7"),
	                                 .not_after_ns = FROM_NS + DAY_NS,
	                                 .serial = { 0xFF, 1 } });
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	world_t *world = *state;
	party_done(&world->root);
	party_done(&world->node);
	party_done(&world->other);
	test_free(world);
	return 0;
}

static env_trust_t check(const party_t *root, slice_t der, env_certify_purpose_t purpose,
                         int64_t now_ns)
{
	slice_t believed = party_der(root);
	return env_certify_check(&(env_certify_check_t){ .chain = &der,
	                                                 .chain_count = der.len > 0,
	                                                 .roots = &believed,
	                                                 .root_count = 1,
	                                                 .purpose = purpose,
	                                                 .now_ns = now_ns });
}

static void issued_certificate_is_good_for_its_purpose_time_and_root_alone(void **state)
{
	world_t *world = *state;
	slice_t node = party_der(&world->node);
	const struct {
		const party_t *root;
		slice_t der;
		env_certify_purpose_t purpose;
		int64_t now_ns;
		env_trust_t want;
	} rows[] = {
		{ &world->root, node, ENV_CERTIFY_CLIENT, FROM_NS, ENV_TRUST_GOOD },
		{ &world->root, node, ENV_CERTIFY_CLIENT, FROM_NS + DAY_NS - NS_PER_S,
		  ENV_TRUST_GOOD },
		{ &world->root, node, ENV_CERTIFY_CLIENT, FROM_NS + DAY_NS + NS_PER_S,
		  ENV_TRUST_EXPIRED },
		{ &world->root, node, ENV_CERTIFY_CLIENT, FROM_NS - NS_PER_S, ENV_TRUST_EARLY },
		{ &world->root, node, ENV_CERTIFY_SERVER, FROM_NS, ENV_TRUST_PURPOSE },
		{ &world->other, node, ENV_CERTIFY_CLIENT, FROM_NS, ENV_TRUST_UNKNOWN },
		{ &world->root, party_der(&world->other), ENV_CERTIFY_CLIENT, FROM_NS,
		  ENV_TRUST_UNKNOWN },
		{ &world->root, party_der(&world->root), ENV_CERTIFY_CLIENT, FROM_NS,
		  ENV_TRUST_PURPOSE },
		{ &world->root, slice_sub(node, 0, node.len - 1), ENV_CERTIFY_CLIENT, FROM_NS,
		  ENV_TRUST_BROKEN },
		{ &world->root, (slice_t){ 0 }, ENV_CERTIFY_CLIENT, FROM_NS, ENV_TRUST_MISSING },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(env_trust_word(check(rows[i].root, rows[i].der, rows[i].purpose,
		                                         rows[i].now_ns)),
		                    env_trust_word(rows[i].want));
}

static void changed_byte_of_a_certificate_is_noticed(void **state)
{
	world_t *world = *state;
	uint8_t bytes[ENV_CERTIFY_DER_MAX];
	slice_t node = party_der(&world->node);
	for (size_t i = 0; i < node.len; i++) {
		memcpy(bytes, node.ptr, node.len);
		bytes[i] ^= 1;
		assert_int_not_equal(
			check(&world->root, slice_of(bytes, node.len), ENV_CERTIFY_CLIENT, FROM_NS),
			ENV_TRUST_GOOD);
	}
}

/* Who was certified cannot certify others. */
static void certificate_issued_by_a_node_is_refused(void **state)
{
	world_t *world = *state;
	party_t forged = { 0 };
	party_make(
		&forged, &world->node,
		(env_certify_spec_t){ .purpose = ENV_CERTIFY_CLIENT, .name = SLICE("99.1000.8") });
	slice_t chain[] = { party_der(&forged), party_der(&world->node) };
	slice_t root = party_der(&world->root);
	assert_int_equal(env_certify_check(&(env_certify_check_t){ .chain = chain,
	                                                           .chain_count = 2,
	                                                           .roots = &root,
	                                                           .root_count = 1,
	                                                           .now_ns = FROM_NS }),
	                 ENV_TRUST_PURPOSE);
	party_done(&forged);
}

static void certificate_that_names_no_node_is_for_another_purpose(void **state)
{
	(void)state;
	uint8_t key[4096], pem[4096], der[4096];
	char node[ENV_CERTIFY_NAME_MAX + 1];
	writer_t key_w = writer_of(key, sizeof(key)), pem_w = writer_of(pem, sizeof(pem));
	writer_t der_w = writer_of(der, sizeof(der));
	env_x509_spec_t spec = { .host = "99.1000.7",
		                 .ip = ip_v4(192, 0, 2, 1),
		                 .not_before_ns = FROM_NS,
		                 .not_after_ns = TO_NS };
	OK(env_x509_make_key(&key_w));
	OK(env_x509_make(&spec, writer_done(&key_w), &pem_w));
	OK(env_x509_der(writer_done(&pem_w), &der_w));
	slice_t web = writer_done(&der_w);
	assert_int_equal(env_certify_node(web, node), ERR_NOT_FOUND);
	assert_int_equal(env_certify_check(&(env_certify_check_t){ .chain = &web,
	                                                           .chain_count = 1,
	                                                           .roots = &web,
	                                                           .root_count = 1,
	                                                           .purpose = ENV_CERTIFY_SERVER,
	                                                           .now_ns = FROM_NS }),
	                 ENV_TRUST_PURPOSE);
}

static void certificate_names_its_node(void **state)
{
	world_t *world = *state;
	char node[ENV_CERTIFY_NAME_MAX + 1];
	OK(env_certify_node(party_der(&world->node), node));
	assert_string_equal(node, "99.1000.7");
	assert_int_equal(env_certify_node(SLICE("no"), node), ERR_MALFORMED);
	env_certify_party_t party;
	uint8_t key[ENV_CERTIFY_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	OK(env_certify_read(party_der(&world->node), &party));
	OK(env_pkey_to_der(world->node.key, &w));
	assert_string_equal(party.name, "99.1000.7");
	assert_true(slice_eq(slice_of(party.key, party.key_len), writer_done(&w)));
	assert_int_equal(env_certify_read(SLICE("no"), &party), ERR_MALFORMED);
}

static void request_carries_name_and_key_and_proves_the_key(void **state)
{
	world_t *world = *state;
	uint8_t bytes[ENV_CERTIFY_DER_MAX], key[ENV_CERTIFY_KEY_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes)), key_w = writer_of(key, sizeof(key));
	env_certify_party_t request;
	OK(env_certify_request(world->node.key, SLICE("99.1000.7"), &w));
	OK(env_certify_request_read(writer_done(&w), &request));
	OK(env_pkey_to_der(world->node.key, &key_w));
	assert_string_equal(request.name, "99.1000.7");
	assert_true(slice_eq(slice_of(request.key, request.key_len), writer_done(&key_w)));
	bytes[w.len - 1] ^= 1;
	assert_int_equal(env_certify_request_read(writer_done(&w), &request), ERR_DENIED);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(env_certify_request_read(slice_of(bytes, len), &request),
		                 ERR_MALFORMED);
}

static void names_that_cannot_stand_in_a_certificate_are_refused(void **state)
{
	static const char *const names[] = { "", "99.1000 7", "99.1000/7", "a,b", "机" };
	world_t *world = *state;
	uint8_t bytes[ENV_CERTIFY_DER_MAX];
	char longer[ENV_CERTIFY_NAME_MAX + 2];
	memset(longer, '9', sizeof(longer));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		writer_t w = writer_of(bytes, sizeof(bytes));
		assert_int_equal(env_certify_request(world->node.key, slice_str(names[i]), &w),
		                 ERR_INVALID);
	}
	writer_t w = writer_of(bytes, sizeof(bytes));
	assert_int_equal(
		env_certify_request(world->node.key, slice_of(longer, sizeof(longer) - 1), &w),
		ERR_INVALID);
	OK(env_certify_request(world->node.key, slice_of(longer, ENV_CERTIFY_NAME_MAX), &w));
}

static void signer_with_another_key_than_its_certificate_is_refused(void **state)
{
	world_t *world = *state;
	uint8_t key[ENV_CERTIFY_KEY_MAX], bytes[ENV_CERTIFY_DER_MAX];
	writer_t key_w = writer_of(key, sizeof(key)), w = writer_of(bytes, sizeof(bytes));
	OK(env_pkey_to_der(world->node.key, &key_w));
	env_certify_signer_t signer = { .certificate = party_der(&world->root),
		                        .key = world->other.key };
	env_certify_spec_t spec = { .name = SLICE("99.1000.9"),
		                    .key = writer_done(&key_w),
		                    .not_before_ns = FROM_NS,
		                    .not_after_ns = TO_NS };
	assert_int_equal(env_certify_issue(&signer, &spec, &w), ERR_CONFLICT);
	assert_int_equal(w.len, 0);
}

static void every_trust_says_what_to_do_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENV_TRUST_COUNT; i++) {
		const err_text_t *text = env_trust_text((env_trust_t)i);
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			assert_non_null(text->what[lang]);
			assert_true(i == ENV_TRUST_GOOD || text->fix[lang]);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(issued_certificate_is_good_for_its_purpose_time_and_root_alone),
		TEST(changed_byte_of_a_certificate_is_noticed),
		TEST(certificate_issued_by_a_node_is_refused),
		TEST(certificate_that_names_no_node_is_for_another_purpose),
		TEST(certificate_names_its_node),
		TEST(request_carries_name_and_key_and_proves_the_key),
		TEST(names_that_cannot_stand_in_a_certificate_are_refused),
		TEST(signer_with_another_key_than_its_certificate_is_refused),
		TEST(every_trust_says_what_to_do_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
