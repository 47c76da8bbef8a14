/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors: FIPS 180-4 examples, RFC 4231 case 2, RFC 1321, RFC 7914
 * section 11 (PBKDF2-HMAC-SHA256). */
#include "env/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
	char text[2 * 64 + 1] = "";
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(text, expected);
}

static void sha256_of_parts_is_that_of_the_whole(void **state)
{
	(void)state;
	slice_t parts[] = { SLICE("a"), { 0 }, SLICE("bc") };
	uint8_t hash[SHA256_BYTES];
	env_sha256(parts, 3, hash);
	assert_hex(hash, sizeof(hash),
	           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	env_sha256(NULL, 0, hash);
	assert_hex(hash, sizeof(hash),
	           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_hasher_gives_the_same_each_time(void **state)
{
	slice_t parts[] = { SLICE("a"), SLICE(""), SLICE("bc") };
	env_hasher_t *hasher = NULL;
	uint8_t hash[SHA256_BYTES], wanted[SHA256_BYTES];
	(void)state;
	assert_int_equal(env_hasher_new(&hasher), ERR_OK);
	for (size_t count = 0; count < 8; count++) {
		env_hasher_sha256(hasher, parts, count % 4, hash);
		env_sha256(parts, count % 4, wanted);
		assert_memory_equal(hash, wanted, SHA256_BYTES);
	}
	env_hasher_free(hasher);
	env_hasher_free(NULL);
}

static void hmac_matches_rfc_4231(void **state)
{
	(void)state;
	uint8_t mac[SHA256_BYTES];
	env_hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), mac);
	assert_hex(mac, sizeof(mac),
	           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	env_hmac_sha256((slice_t){ 0 }, (slice_t){ 0 }, mac);
	assert_hex(mac, sizeof(mac),
	           "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void old_digests_match_their_standards(void **state)
{
	(void)state;
	uint8_t hash[20];
	env_md5(SLICE("abc"), hash);
	assert_hex(hash, 16, "900150983cd24fb0d6963f7d28e17f72");
	env_sha1(SLICE("abc"), hash);
	assert_hex(hash, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void secrets_differ_by_length_and_byte(void **state)
{
	(void)state;
	assert_true(env_secret_eq(SLICE("token"), SLICE("token")));
	assert_true(env_secret_eq((slice_t){ 0 }, SLICE("")));
	assert_false(env_secret_eq(SLICE("token"), SLICE("tokem")));
	assert_false(env_secret_eq(SLICE("token"), SLICE("toke")));
}

static void password_hash_matches_rfc_7914(void **state)
{
	(void)state;
	uint8_t hash[SHA256_BYTES];
	assert_int_equal(env_password_hash(SLICE("passwd"), SLICE("salt"), 1, hash), ERR_OK);
	assert_hex(hash, sizeof(hash),
	           "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
	assert_int_equal(env_password_hash(SLICE("p"), SLICE("s"), 0, hash), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_parts_is_that_of_the_whole),
		cmocka_unit_test(a_hasher_gives_the_same_each_time),
		cmocka_unit_test(hmac_matches_rfc_4231),
		cmocka_unit_test(old_digests_match_their_standards),
		cmocka_unit_test(secrets_differ_by_length_and_byte),
		cmocka_unit_test(password_hash_matches_rfc_7914),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
