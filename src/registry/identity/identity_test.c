/* SPDX-License-Identifier: Apache-2.0 */
/* Identities and their proofs. */
#include "registry/identity/identity.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/crypto.h"
#include "env/pkey_dsa_test.h"
#include "env/twin/twin.h"

static registry_identity_t who(uint32_t index, const char *handle)
{
	return (registry_identity_t){ .handle = slice_str(handle), .index = index };
}

static void identities_are_written_and_read_back(void **state)
{
	(void)state;
	uint8_t buf[REGISTRY_SUBJECT_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	registry_identity_t identity, back;
	assert_int_equal(registry_identity_parse(SLICE("300:0.NA/99.100.1"), &identity), ERR_OK);
	assert_int_equal(identity.index, 300);
	registry_identity_subject(&identity, &w);
	assert_true(slice_eq(writer_done(&w), SLICE("handle:300:0.NA/99.100.1")));
	caller_t caller = { .subject = writer_done(&w) };
	assert_true(registry_identity_of(&caller, &back));
	assert_int_equal(back.index, 300);
	assert_true(slice_eq(back.handle, identity.handle));
	caller.subject = SLICE("user:li");
	assert_false(registry_identity_of(&caller, &back));
}

static void texts_that_are_no_identity_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",
		                           "300",
		                           "300:",
		                           ":0.NA/99.100.1",
		                           "0:99.100.1/x",
		                           "-1:99.100.1/x",
		                           "300:noslash",
		                           "4294967296:99.100.1/x" };
	registry_identity_t identity;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(registry_identity_parse(slice_str(bad[i]), &identity),
		                 ERR_INVALID);
}

/* Proofs. */

static const slice_t SECRET = { (const uint8_t *)"s3cr3t-Key", 10 };
static const uint8_t nonce_bytes[16] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	                                 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 };
static const uint8_t digest_bytes[20] = { 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
	                                  0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
	                                  0x22, 0x22, 0x22, 0x22, 0x22, 0x22 };

static registry_proof_t proof_of(registry_key_type_t type, slice_t answer)
{
	return (registry_proof_t){ .who = who(300, "99.100.1/li"),
		                   .type = type,
		                   .nonce = slice_of(nonce_bytes, sizeof(nonce_bytes)),
		                   .digest = slice_of(digest_bytes, sizeof(digest_bytes)),
		                   .answer = answer };
}

static err_t check_hex(const char *answer, slice_t secret, const registry_proof_rules_t *rules)
{
	uint8_t buf[256];
	size_t len = 0;
	assert_int_equal(num_from_hex(slice_str(answer), buf, sizeof(buf), &len), ERR_OK);
	registry_proof_t proof = proof_of(REGISTRY_KEY_SECRET, slice_of(buf, len));
	return registry_proof_check(&proof, secret, rules);
}

/* As a deployed client made them. */
static const char recorded_sha1[] = "0282d73e1ff14fae29461dea567ffccb7910f72ffa";
static const char recorded_pbkdf2[] =
	"2200000010999e97a65fd14ec86550520dcad1844600002710000000a000000014dee1252ec6a6b24c8c1af"
	"ea23429fab229f9fdd4";

static void recorded_proofs_of_a_secret_are_right(void **state)
{
	(void)state;
	registry_proof_rules_t rules = { .legacy = false };
	assert_int_equal(check_hex(recorded_sha1, SECRET, &rules), ERR_OK);
	assert_int_equal(check_hex(recorded_pbkdf2, SECRET, &rules), ERR_OK);
	assert_int_equal(check_hex(recorded_sha1, SLICE("s3cr3t-KeY"), &rules), ERR_DENIED);
	assert_int_equal(check_hex(recorded_pbkdf2, SLICE("s3cr3t-KeY"), &rules), ERR_DENIED);
	assert_int_equal(check_hex("02", SECRET, &rules), ERR_DENIED);
	assert_int_equal(check_hex("99aa", SECRET, &rules), ERR_UNSUPPORTED);
}

static void every_mac_is_known_and_md5_only_where_it_is_allowed(void **state)
{
	(void)state;
	uint8_t text[36], buf[64] = { 0 };
	registry_proof_rules_t rules = { .legacy = false }, legacy = { .legacy = true };
	memcpy(text, nonce_bytes, 16);
	memcpy(&text[16], digest_bytes, 20);
	slice_t parts[] = { SECRET, slice_of(text, sizeof(text)), SECRET };
	registry_proof_t proof = proof_of(REGISTRY_KEY_SECRET, slice_of(buf, 21));
	buf[0] = HANDLE_MAC_HMAC_SHA1;
	env_hmac_sha1(SECRET, parts[1], &buf[1]);
	assert_int_equal(registry_proof_check(&proof, SECRET, &rules), ERR_OK);
	buf[0] = HANDLE_MAC_HMAC_SHA256;
	proof.answer.len = 33;
	env_hmac_sha256(SECRET, parts[1], &buf[1]);
	assert_int_equal(registry_proof_check(&proof, SECRET, &rules), ERR_OK);
	buf[32] ^= 1;
	assert_int_equal(registry_proof_check(&proof, SECRET, &rules), ERR_DENIED);
	buf[0] = HANDLE_MAC_MD5;
	proof.answer.len = 17;
	env_md5_parts(parts, 3, &buf[1]);
	assert_int_equal(registry_proof_check(&proof, SECRET, &rules), ERR_UNSUPPORTED);
	assert_int_equal(registry_proof_check(&proof, SECRET, &legacy), ERR_OK);
}

/* The client chooses the rounds, the server pays for them. */
static void proofs_that_would_cost_too_much_are_refused(void **state)
{
	(void)state;
	uint8_t buf[512];
	registry_proof_rules_t rules = { .pbkdf2_most = 100 };
	static const struct {
		uint32_t rounds, bits;
		size_t salt;
		err_t err;
	} cases[] = { { 101, 160, 16, ERR_LIMIT },        { 100, 160, 16, ERR_DENIED },
		      { UINT32_MAX, 160, 16, ERR_LIMIT }, { 100, 1 << 30, 16, ERR_LIMIT },
		      { 100, 0, 16, ERR_MALFORMED },      { 0, 160, 16, ERR_MALFORMED },
		      { 100, 12, 16, ERR_MALFORMED },     { 100, 160, 300, ERR_LIMIT } };
	static const uint8_t salt[300];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		writer_t w = writer_of(buf, sizeof(buf));
		handle_mac_t mac = { .code = HANDLE_MAC_PBKDF2,
			             .salt = slice_of(salt, cases[i].salt),
			             .iterations = cases[i].rounds,
			             .key_bits = cases[i].bits,
			             .mac = slice_of(nonce_bytes, 16) };
		handle_mac_encode(&mac, &w);
		registry_proof_t proof = proof_of(REGISTRY_KEY_SECRET, writer_done(&w));
		assert_int_equal(registry_proof_check(&proof, SECRET, &rules), cases[i].err);
		/* What is refused is not on the source's account. */
		bool is_made = cases[i].err == ERR_DENIED;
		assert_int_equal(registry_proof_cost_us(&proof, &rules) > 10, is_made);
	}
}

/* A key in the wire's encoding, and a signature by it. */
static err_t sign_and_check(env_pkey_kind_t kind, env_hash_t hash, const char *algorithm,
                            const registry_proof_rules_t *rules)
{
	uint8_t key_bytes[REGISTRY_KEY_MAX], made[ENV_PKEY_SIGNATURE_MAX], buf[2048];
	writer_t key_w = writer_of(key_bytes, sizeof(key_bytes));
	writer_t w = writer_of(made, sizeof(made)), answer = writer_of(buf, sizeof(buf));
	env_pkey_t *key = NULL;
	registry_proof_t proof = proof_of(REGISTRY_KEY_PUBLIC, (slice_t){ 0 });
	slice_t parts[] = { proof.nonce, proof.digest };
	env_signed_t what = { .hash = hash, .parts = parts, .count = 2 };
	what.user_id = kind == ENV_PKEY_SM2 ? proof.who.handle : (slice_t){ 0 };
	assert_int_equal(env_pkey_generate(kind, &key), ERR_OK);
	assert_int_equal(registry_key_write(key, false, &key_w), ERR_OK);
	assert_int_equal(env_pkey_sign(key, &what, &w), ERR_OK);
	assert_true(registry_key_is(writer_done(&key_w), key));
	env_pkey_free(key);
	handle_signature_t signature = { slice_str(algorithm), writer_done(&w) };
	handle_signature_encode(&signature, &answer);
	proof.answer = writer_done(&answer);
	return registry_proof_check(&proof, writer_done(&key_w), rules);
}

static void signatures_are_checked_by_their_algorithm(void **state)
{
	(void)state;
	registry_proof_rules_t rules = { .legacy = false }, legacy = { .legacy = true };
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_SHA256, "SHA-256", &rules), ERR_OK);
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_SHA1, "SHA1", &rules), ERR_OK);
	assert_int_equal(sign_and_check(ENV_PKEY_SM2, ENV_HASH_SM3, "SM3", &rules), ERR_OK);
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_SHA1, "SHA-256", &rules),
	                 ERR_DENIED);
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_MD5, "MD5", &rules),
	                 ERR_UNSUPPORTED);
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_MD5, "MD5", &legacy), ERR_OK);
	assert_int_equal(sign_and_check(ENV_PKEY_RSA, ENV_HASH_SHA256, "ROT13", &legacy),
	                 ERR_UNSUPPORTED);
}

/* The wire's encoding of the public half: q p g y. */
static slice_t dsa_key(const char *pem, writer_t *w)
{
	env_pkey_t *key = NULL;
	handle_key_t decoded;
	assert_int_equal(env_pkey_from_pem(slice_str(pem), &key), ERR_OK);
	assert_int_equal(registry_key_write(key, false, w), ERR_OK);
	assert_int_equal(registry_key_write(key, true, w), ERR_UNSUPPORTED);
	assert_true(registry_key_is(writer_done(w), key));
	env_pkey_free(key);
	assert_int_equal(handle_key_decode(writer_done(w), &decoded), CODEC_OK);
	assert_int_equal(decoded.kind, HANDLE_KEY_DSA_PUBLIC);
	assert_true(decoded.part[0].len <= 33 && decoded.part[1].len >= 128);
	return writer_done(w);
}

static void dsa_signatures_are_proof_by_the_legacy_rules_alone(void **state)
{
	(void)state;
	registry_proof_rules_t rules = { .legacy = false }, legacy = { .legacy = true };
	uint8_t made[ENV_PKEY_SIGNATURE_MAX], key_bytes[REGISTRY_KEY_MAX], buf[2048];
	for (size_t i = 0; i < sizeof(DSA_SIGNED) / sizeof(*DSA_SIGNED); i++) {
		size_t len = 0;
		writer_t key_w = writer_of(key_bytes, sizeof(key_bytes));
		writer_t answer = writer_of(buf, sizeof(buf));
		slice_t key = dsa_key(DSA_SIGNED[i].pem, &key_w);
		assert_int_equal(
			num_from_hex(slice_str(DSA_SIGNED[i].signature), made, sizeof(made), &len),
			ERR_OK);
		handle_signature_t signature = { slice_str(DSA_SIGNED[i].algorithm),
			                         slice_of(made, len) };
		handle_signature_encode(&signature, &answer);
		registry_proof_t proof = proof_of(REGISTRY_KEY_PUBLIC, writer_done(&answer));
		assert_int_equal(registry_proof_check(&proof, key, &legacy), ERR_OK);
		assert_int_equal(registry_proof_check(&proof, key, &rules), ERR_UNSUPPORTED);
		buf[answer.len - 1] ^= 1;
		assert_int_equal(registry_proof_check(&proof, key, &legacy), ERR_DENIED);
		buf[answer.len - 1] ^= 1;
		proof.nonce.len--;
		assert_int_equal(registry_proof_check(&proof, key, &legacy), ERR_DENIED);
	}
}

static void a_dsa_key_with_numbers_in_another_order_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[2][REGISTRY_KEY_MAX];
	writer_t w = writer_of(bytes[0], sizeof(bytes[0])),
		 other = writer_of(bytes[1], sizeof(bytes[1]));
	handle_key_t key;
	env_pkey_t *read = NULL;
	assert_int_equal(handle_key_decode(dsa_key(DSA_1024_PEM, &w), &key), CODEC_OK);
	slice_t q = key.part[0];
	key.part[0] = key.part[1];
	key.part[1] = q;
	handle_key_encode(&key, &other);
	assert_int_equal(registry_key_read(writer_done(&other), &read), ERR_LIMIT);
}

static void damaged_proofs_and_keys_are_refused(void **state)
{
	(void)state;
	registry_proof_rules_t rules = { .legacy = true };
	registry_proof_t proof = proof_of(REGISTRY_KEY_PUBLIC, SLICE("x"));
	env_pkey_t *key = NULL;
	assert_int_equal(registry_proof_check(&proof, SLICE("y"), &rules), ERR_MALFORMED);
	proof.type = REGISTRY_KEY_SECRET;
	proof.answer = (slice_t){ 0 };
	assert_int_equal(registry_proof_check(&proof, SECRET, &rules), ERR_MALFORMED);
	assert_int_equal(registry_key_read(SLICE("x"), &key), ERR_MALFORMED);
	assert_int_equal(registry_key_read(SLICE("\0\0\0\1x"), &key), ERR_UNSUPPORTED);
}

static void a_private_rsa_key_goes_through_the_wires_encoding(void **state)
{
	(void)state;
	env_pkey_t *key = NULL, *back = NULL;
	uint8_t buf[REGISTRY_KEY_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &key), ERR_OK);
	assert_int_equal(registry_key_write(key, true, &w), ERR_OK);
	assert_int_equal(registry_key_read(writer_done(&w), &back), ERR_OK);
	assert_true(env_pkey_is_private(back) && env_pkey_same(key, back));
	env_pkey_free(back);
	w = writer_of(buf, sizeof(buf));
	assert_int_equal(registry_key_write(key, false, &w), ERR_OK);
	assert_int_equal(w.len, 289); /* as deployed peers write RSA-2048 */
	env_pkey_free(key);
}

static void a_secret_is_compared_whole(void **state)
{
	(void)state;
	assert_true(registry_secret_is(SECRET, SECRET));
	assert_false(registry_secret_is(SECRET, SLICE("s3cr3t-Ke")));
	assert_false(registry_secret_is(SECRET, (slice_t){ 0 }));
}

/* What somebody told us in clear becomes a proof their home can judge. */
static void a_secret_that_was_told_makes_a_proof_of_its_own_each_time(void **state)
{
	(void)state;
	static const twin_spec_t calm = { .seed = 5 };
	static const registry_proof_rules_t rules = { .legacy = false };
	twin_t *twin = NULL;
	env_t *env = NULL;
	uint8_t room[2][REGISTRY_PROOF_ROOM];
	registry_proof_t proof[2];
	registry_identity_t li = who(300, "99.100.1/li");
	assert_int_equal(twin_new(&calm, &twin), ERR_OK);
	assert_int_equal(twin_host_open(twin, "node", &env), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		writer_t w = writer_of(room[i], sizeof(room[i]));
		assert_int_equal(registry_proof_make(env, &li, SECRET, &w, &proof[i]), ERR_OK);
		assert_int_equal(registry_proof_check(&proof[i], SECRET, &rules), ERR_OK);
		assert_int_equal(registry_proof_check(&proof[i], SLICE("other"), &rules),
		                 ERR_DENIED);
	}
	assert_false(slice_eq(proof[0].nonce, proof[1].nonce));
	writer_t tight = writer_of(room[0], 64);
	assert_int_equal(registry_proof_make(env, &li, SECRET, &tight, &proof[0]), ERR_TOO_BIG);
	twin_free(twin);
}

static void a_word_of_another_server_proves_denies_or_says_nothing(void **state)
{
	(void)state;
	static const struct {
		err_t said, means;
	} rows[] = {
		{ ERR_OK, ERR_OK },
		{ ERR_DENIED, ERR_DENIED },
		{ ERR_NOT_FOUND, ERR_NOT_FOUND },
		{ ERR_TIMEOUT, ERR_UNAVAILABLE },
		{ ERR_PROTOCOL, ERR_UNAVAILABLE },
		{ ERR_BUSY, ERR_UNAVAILABLE },
	};
	static const registry_proof_rules_t rules = { .legacy = false };
	static registry_elsewhere_reply_t word;
	registry_proof_t proof = proof_of(REGISTRY_KEY_SECRET, SLICE("x"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		word = (registry_elsewhere_reply_t){ .err = rows[i].said };
		assert_int_equal(registry_proof_word(&proof, &word, &rules), rows[i].means);
	}
	/* A key is no word: the answer is checked with it here. */
	word = (registry_elsewhere_reply_t){ .err = ERR_OK };
	proof.type = REGISTRY_KEY_PUBLIC;
	assert_int_equal(registry_proof_word(&proof, &word, &rules), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_are_written_and_read_back),
		cmocka_unit_test(texts_that_are_no_identity_are_refused),
		cmocka_unit_test(recorded_proofs_of_a_secret_are_right),
		cmocka_unit_test(every_mac_is_known_and_md5_only_where_it_is_allowed),
		cmocka_unit_test(proofs_that_would_cost_too_much_are_refused),
		cmocka_unit_test(signatures_are_checked_by_their_algorithm),
		cmocka_unit_test(dsa_signatures_are_proof_by_the_legacy_rules_alone),
		cmocka_unit_test(a_dsa_key_with_numbers_in_another_order_is_refused),
		cmocka_unit_test(damaged_proofs_and_keys_are_refused),
		cmocka_unit_test(a_private_rsa_key_goes_through_the_wires_encoding),
		cmocka_unit_test(a_secret_is_compared_whole),
		cmocka_unit_test(a_secret_that_was_told_makes_a_proof_of_its_own_each_time),
		cmocka_unit_test(a_word_of_another_server_proves_denies_or_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
