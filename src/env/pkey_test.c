/* SPDX-License-Identifier: Apache-2.0 */
/* Keys sign, are kept, travel as numbers and text, and refuse what is not theirs. */
#include "env/dh.h"
#include "env/pkey.h"
#include "env/pkey_dsa_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/crypto.h"
#include "env/file.h"
#include "env/twin/twin.h"

static const env_pkey_kind_t makeable[] = { ENV_PKEY_RSA, ENV_PKEY_P256, ENV_PKEY_ED25519,
	                                    ENV_PKEY_SM2 };
enum { MAKEABLE = sizeof(makeable) / sizeof(*makeable) };

static env_hash_t hash_of(env_pkey_kind_t kind)
{
	if (kind == ENV_PKEY_ED25519)
		return ENV_HASH_NONE;
	return kind == ENV_PKEY_SM2 ? ENV_HASH_SM3 : ENV_HASH_SHA256;
}

static size_t hex(const char *text, uint8_t *buf, size_t cap)
{
	size_t len = 0;
	assert_int_equal(num_from_hex(slice_str(text), buf, cap, &len), ERR_OK);
	return len;
}

static void each_kind_signs_and_refuses_what_it_did_not_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < MAKEABLE; i++) {
		env_pkey_t *key = NULL, *other = NULL;
		uint8_t buf[ENV_PKEY_SIGNATURE_MAX];
		writer_t w = writer_of(buf, sizeof(buf));
		slice_t parts[] = { SLICE("a nonce"), SLICE("a digest") };
		slice_t joined = SLICE("a noncea digest"), false_one = SLICE("a noncea digesu");
		env_signed_t what = { .hash = hash_of(makeable[i]), .parts = parts, .count = 2 };
		assert_int_equal(env_pkey_generate(makeable[i], &key), ERR_OK);
		assert_int_equal(env_pkey_generate(makeable[i], &other), ERR_OK);
		assert_int_equal(env_pkey_sign(key, &what, &w), ERR_OK);
		slice_t signature = writer_done(&w);
		what.parts = &joined;
		what.count = 1;
		assert_int_equal(env_pkey_verify(key, &what, signature), ERR_OK);
		assert_int_equal(env_pkey_verify(other, &what, signature), ERR_DENIED);
		assert_int_equal(env_pkey_verify(key, &what, (slice_t){ 0 }), ERR_DENIED);
		what.parts = &false_one;
		assert_int_equal(env_pkey_verify(key, &what, signature), ERR_DENIED);
		what.hash = ENV_HASH_COUNT;
		assert_int_equal(env_pkey_verify(key, &what, signature), ERR_UNSUPPORTED);
		assert_true(env_pkey_same(key, key));
		assert_false(env_pkey_same(key, other));
		env_pkey_free(key);
		env_pkey_free(other);
	}
}

static void an_sm2_signature_is_bound_to_the_user_id(void **state)
{
	(void)state;
	env_pkey_t *key = NULL;
	uint8_t buf[ENV_PKEY_SIGNATURE_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	slice_t text = SLICE("a nonce");
	env_signed_t what = {
		.hash = ENV_HASH_SM3, .user_id = SLICE("99.100.1/li"), .parts = &text, .count = 1
	};
	assert_int_equal(env_pkey_generate(ENV_PKEY_SM2, &key), ERR_OK);
	assert_int_equal(env_pkey_sign(key, &what, &w), ERR_OK);
	assert_int_equal(env_pkey_verify(key, &what, writer_done(&w)), ERR_OK);
	what.user_id = SLICE("99.100.1/wang");
	assert_int_equal(env_pkey_verify(key, &what, writer_done(&w)), ERR_DENIED);
	what.user_id = (slice_t){ 0 };
	assert_int_equal(env_pkey_verify(key, &what, writer_done(&w)), ERR_DENIED);
	env_pkey_free(key);
}

static void assert_signs_for(const env_pkey_t *signer, const env_pkey_t *checker)
{
	uint8_t buf[ENV_PKEY_SIGNATURE_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	slice_t text = SLICE("a message");
	env_signed_t what = { .hash = hash_of(env_pkey_kind(signer)), .parts = &text, .count = 1 };
	assert_int_equal(env_pkey_sign(signer, &what, &w), ERR_OK);
	assert_int_equal(env_pkey_verify(checker, &what, writer_done(&w)), ERR_OK);
}

static void keys_travel_as_numbers_pem_and_der(void **state)
{
	(void)state;
	for (size_t i = 0; i < MAKEABLE; i++) {
		env_pkey_t *key = NULL, *copy = NULL;
		env_pkey_numbers_t numbers;
		uint8_t buf[ENV_PKEY_PEM_MAX];
		assert_int_equal(env_pkey_generate(makeable[i], &key), ERR_OK);
		for (int is_private = 0; is_private < 2; is_private++) {
			writer_t w = writer_of(buf, ENV_PKEY_NUMBERS_MAX);
			assert_int_equal(env_pkey_numbers(key, is_private, &w, &numbers), ERR_OK);
			assert_int_equal(env_pkey_from_numbers(&numbers, &copy), ERR_OK);
			assert_int_equal(env_pkey_is_private(copy), is_private);
			assert_signs_for(is_private ? copy : key, is_private ? key : copy);
			env_pkey_free(copy);
			w = writer_of(buf, sizeof(buf));
			assert_int_equal(env_pkey_to_pem(key, is_private, &w), ERR_OK);
			assert_int_equal(env_pkey_from_pem(writer_done(&w), &copy), ERR_OK);
			assert_int_equal(env_pkey_is_private(copy), is_private);
			assert_signs_for(is_private ? copy : key, is_private ? key : copy);
			env_pkey_free(copy);
		}
		writer_t w = writer_of(buf, sizeof(buf));
		assert_int_equal(env_pkey_to_der(key, &w), ERR_OK);
		slice_t der = writer_done(&w);
		assert_int_equal(env_pkey_from_der(der, &copy), ERR_OK);
		assert_true(env_pkey_same(key, copy));
		writer_t scratch = writer_of(buf, sizeof(buf));
		assert_int_equal(env_pkey_numbers(copy, true, &scratch, &numbers), ERR_DENIED);
		assert_int_equal(env_pkey_to_pem(copy, true, &scratch), ERR_DENIED);
		env_pkey_free(copy);
		env_pkey_free(key);
	}
}

static void damaged_keys_are_refused(void **state)
{
	(void)state;
	env_pkey_t *key = NULL, *copy = NULL;
	env_pkey_numbers_t numbers;
	uint8_t buf[ENV_PKEY_NUMBERS_MAX], off[32] = { 1 };
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_pkey_from_pem(SLICE("no key"), &copy), ERR_MALFORMED);
	assert_int_equal(env_pkey_from_der(SLICE("no key"), &copy), ERR_MALFORMED);
	assert_int_equal(env_pkey_from_der((slice_t){ 0 }, &copy), ERR_MALFORMED);
	assert_int_equal(env_pkey_generate(ENV_PKEY_DSA, &copy), ERR_UNSUPPORTED);
	assert_int_equal(env_pkey_generate(ENV_PKEY_P256, &key), ERR_OK);
	assert_int_equal(env_pkey_numbers(key, false, &w, &numbers), ERR_OK);
	numbers.part[0] = slice_of(off, sizeof(off)); /* a point beside the curve */
	assert_int_equal(env_pkey_from_numbers(&numbers, &copy), ERR_MALFORMED);
	numbers.part[0] = (slice_t){ 0 };
	assert_int_equal(env_pkey_from_numbers(&numbers, &copy), ERR_MALFORMED);
	numbers = (env_pkey_numbers_t){ .kind = ENV_PKEY_ED25519, .part = { SLICE("short") } };
	assert_int_equal(env_pkey_from_numbers(&numbers, &copy), ERR_MALFORMED);
	env_pkey_free(key);
}

/* The size of a key from outside is the cost of checking with it. */
static void keys_that_would_cost_too_much_are_refused(void **state)
{
	(void)state;
	static uint8_t large[1025], small[32], exponent[16];
	env_pkey_t *key = NULL;
	memset(large, 0xFF, sizeof(large));
	memset(small, 0xFF, sizeof(small));
	memset(exponent, 0xFF, sizeof(exponent));
	const slice_t e = SLICE("\x01\x00\x01");
	env_pkey_numbers_t n = { .kind = ENV_PKEY_RSA,
		                 .part = { slice_of(large, sizeof(large)), e } };
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[0] = slice_of(small, sizeof(small));
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[0] = slice_of(large, 256);
	n.part[1] = slice_of(exponent, sizeof(exponent));
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[1] = e;
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_OK);
	env_pkey_free(key);
}

static void dsa_keys_that_would_cost_too_much_are_refused(void **state)
{
	(void)state;
	static uint8_t large[512], order[33];
	env_pkey_t *key = NULL;
	memset(large, 0xFF, sizeof(large));
	memset(order, 0xFF, sizeof(order));
	slice_t three = SLICE("\x03");
	env_pkey_numbers_t n = { .kind = ENV_PKEY_DSA,
		                 .part = { slice_of(large, 385), slice_of(order, 32), three,
		                           three } };
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[0].len = 63;
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[0].len = 384;
	n.part[1].len = 33;
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_LIMIT);
	n.part[1].len = 32;
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_OK);
	env_pkey_free(key);
	n.is_private = true;
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_UNSUPPORTED);
}

static err_t check_dsa(const env_pkey_t *key, env_hash_t hash, slice_t message, slice_t signature)
{
	return env_pkey_verify(key, &(env_signed_t){ .hash = hash, .parts = &message, .count = 1 },
	                       signature);
}

/* The public half alone, as numbers, as whoever checks has it. */
static env_pkey_t *public_dsa(const char *pem)
{
	env_pkey_t *pair = NULL, *key = NULL;
	env_pkey_numbers_t numbers;
	uint8_t buf[ENV_PKEY_NUMBERS_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_pkey_from_pem(slice_str(pem), &pair), ERR_OK);
	assert_int_equal(env_pkey_kind(pair), ENV_PKEY_DSA);
	assert_int_equal(env_pkey_numbers(pair, false, &w, &numbers), ERR_OK);
	assert_int_equal(env_pkey_from_numbers(&numbers, &key), ERR_OK);
	assert_true(env_pkey_same(pair, key) && !env_pkey_is_private(key));
	env_pkey_free(pair);
	return key;
}

static void what_the_openssl_command_signs_by_dsa_is_right_and_each_byte_of_it_counts(void **state)
{
	(void)state;
	uint8_t message[36], signature[ENV_PKEY_SIGNATURE_MAX];
	memset(message, 0x11, 16);
	memset(&message[16], 0x22, 20);
	slice_t m = slice_of(message, sizeof(message));
	for (size_t i = 0; i < sizeof(DSA_SIGNED) / sizeof(*DSA_SIGNED); i++) {
		bool is_sha1 = strcmp(DSA_SIGNED[i].algorithm, "SHA1") == 0;
		env_hash_t hash = is_sha1 ? ENV_HASH_SHA1 : ENV_HASH_SHA256;
		env_hash_t other = is_sha1 ? ENV_HASH_SHA256 : ENV_HASH_SHA1;
		env_pkey_t *key = public_dsa(DSA_SIGNED[i].pem);
		slice_t s = slice_of(signature,
		                     hex(DSA_SIGNED[i].signature, signature, sizeof(signature)));
		assert_int_equal(check_dsa(key, hash, m, s), ERR_OK);
		assert_int_equal(check_dsa(key, other, m, s), ERR_DENIED);
		for (size_t at = 0; at < s.len; at++) {
			signature[at] ^= 1;
			assert_int_equal(check_dsa(key, hash, m, s), ERR_DENIED);
			signature[at] ^= 1;
			assert_int_equal(check_dsa(key, hash, m, slice_sub(s, 0, at)), ERR_DENIED);
		}
		message[35] ^= 1;
		assert_int_equal(check_dsa(key, hash, m, s), ERR_DENIED);
		message[35] ^= 1;
		env_pkey_free(key);
	}
}

/* RFC 8032, 7.1, test 2. */
static void ed25519_signs_as_its_standard_shows(void **state)
{
	(void)state;
	static const char secret[] =
		"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
	static const char public[] =
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
	static const char expected[] =
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
	uint8_t x[32], d[32], want[64], got[64];
	env_pkey_t *key = NULL;
	(void)hex(public, x, sizeof(x));
	(void)hex(secret, d, sizeof(d));
	(void)hex(expected, want, sizeof(want));
	env_pkey_numbers_t n = { .kind = ENV_PKEY_ED25519,
		                 .is_private = true,
		                 .part = { slice_of(x, 32), slice_of(d, 32) } };
	slice_t text = SLICE("\x72");
	env_signed_t what = { .parts = &text, .count = 1 };
	writer_t w = writer_of(got, sizeof(got));
	assert_int_equal(env_pkey_from_numbers(&n, &key), ERR_OK);
	assert_int_equal(env_pkey_sign(key, &what, &w), ERR_OK);
	assert_memory_equal(got, want, sizeof(want));
	env_pkey_free(key);
}

static void a_key_is_made_once_and_kept(void **state)
{
	(void)state;
	twin_t *twin = NULL;
	env_t *env = NULL;
	env_pkey_t *made = NULL, *loaded = NULL, *none = NULL;
	twin_spec_t spec = { .seed = 1, .start = { .ns = NS_PER_S } };
	assert_int_equal(twin_new(&spec, &twin), ERR_OK);
	assert_int_equal(twin_host_open(twin, "node", &env), ERR_OK);
	assert_int_equal(env_dir_make(env, "data/keys"), ERR_OK);
	assert_int_equal(env_pkey_keep(env, "data/keys/x.key", ENV_PKEY_ED25519, &made), ERR_OK);
	assert_int_equal(env_pkey_keep(env, "data/keys/x.key", ENV_PKEY_ED25519, &loaded), ERR_OK);
	assert_true(env_pkey_same(made, loaded));
	assert_int_equal(env_pkey_keep(env, "data/keys/x.key", ENV_PKEY_RSA, &none), ERR_CONFLICT);
	assert_int_equal(env_file_save(env, "data/keys/x.key", SLICE("junk")), ERR_OK);
	assert_int_equal(env_pkey_keep(env, "data/keys/x.key", ENV_PKEY_RSA, &none), ERR_MALFORMED);
	env_pkey_free(made);
	env_pkey_free(loaded);
	twin_host_close(env);
	twin_free(twin);
}

/* A safe prime of 768 bits: RFC 2409, 6.1. */
static const char oakley_1[] = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
			       "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
			       "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF";

static void two_sides_agree_on_a_number(void **state)
{
	(void)state;
	uint8_t p[96], a_public[96], b_public[96], a_shared[96], b_shared[96];
	env_dh_t *a = NULL, *b = NULL;
	slice_t prime = slice_of(p, hex(oakley_1, p, sizeof(p))), g = SLICE("\x02");
	writer_t pa = writer_of(a_public, sizeof(a_public));
	writer_t pb = writer_of(b_public, sizeof(b_public));
	writer_t sa = writer_of(a_shared, sizeof(a_shared));
	writer_t sb = writer_of(b_shared, sizeof(b_shared));
	assert_int_equal(env_dh_new(prime, g, &a), ERR_OK);
	assert_int_equal(env_dh_new(prime, g, &b), ERR_OK);
	assert_int_equal(env_dh_bits(a), 768);
	assert_int_equal(env_dh_public(a, &pa), ERR_OK);
	assert_int_equal(env_dh_public(b, &pb), ERR_OK);
	assert_int_equal(env_dh_shared(a, writer_done(&pb), &sa), ERR_OK);
	assert_int_equal(env_dh_shared(b, writer_done(&pa), &sb), ERR_OK);
	assert_true(slice_eq(writer_done(&sa), writer_done(&sb)));
	assert_true(sa.len > 64);
	env_dh_free(a);
	env_dh_free(b);
}

static void groups_and_numbers_that_tell_the_secret_are_refused(void **state)
{
	(void)state;
	uint8_t p[96], buf[96];
	env_dh_t *dh = NULL;
	slice_t prime = slice_of(p, hex(oakley_1, p, sizeof(p))), g = SLICE("\x02");
	static uint8_t huge[ENV_DH_BYTES_MAX + 1];
	writer_t w = writer_of(buf, sizeof(buf));
	memset(huge, 0xFF, sizeof(huge));
	assert_int_equal(env_dh_new(SLICE("\x17"), g, &dh), ERR_LIMIT);
	assert_int_equal(env_dh_new(slice_of(huge, sizeof(huge)), g, &dh), ERR_LIMIT);
	assert_int_equal(env_dh_new(prime, SLICE("\x01"), &dh), ERR_MALFORMED);
	assert_int_equal(env_dh_new(prime, prime, &dh), ERR_MALFORMED);
	assert_int_equal(env_dh_new(prime, g, &dh), ERR_OK);
	assert_int_equal(env_dh_shared(dh, (slice_t){ 0 }, &w), ERR_MALFORMED);
	assert_int_equal(env_dh_shared(dh, SLICE("\x01"), &w), ERR_MALFORMED);
	assert_int_equal(env_dh_shared(dh, prime, &w), ERR_MALFORMED);
	p[95] = 0xFE; /* p - 1, of order two */
	assert_int_equal(env_dh_shared(dh, prime, &w), ERR_MALFORMED);
	env_dh_free(dh);
	p[95] = 0xFE;
	assert_int_equal(env_dh_new(prime, g, &dh), ERR_MALFORMED); /* even */
}

/* NIST SP 800-38A, F.2.1, first block; the padding is a second one. */
static void aes_encrypts_as_its_standard_shows(void **state)
{
	(void)state;
	uint8_t key[16], iv[16], plain[16], want[16], sealed[64], opened[64];
	(void)hex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key));
	(void)hex("000102030405060708090a0b0c0d0e0f", iv, sizeof(iv));
	(void)hex("6bc1bee22e409f96e93d7e117393172a", plain, sizeof(plain));
	(void)hex("7649abac8119b246cee98e9b12e9197d", want, sizeof(want));
	writer_t w = writer_of(sealed, sizeof(sealed)), back = writer_of(opened, sizeof(opened));
	assert_int_equal(env_aes_encrypt(key, iv, slice_of(plain, 16), &w), ERR_OK);
	assert_int_equal(w.len, 32);
	assert_memory_equal(sealed, want, 16);
	assert_int_equal(env_aes_decrypt(key, iv, writer_done(&w), &back), ERR_OK);
	assert_true(slice_eq(writer_done(&back), slice_of(plain, 16)));
	assert_int_equal(env_aes_decrypt(key, iv, slice_of(sealed, 31), &back), ERR_MALFORMED);
	assert_int_equal(env_aes_decrypt(key, iv, slice_of(sealed, 16), &back), ERR_MALFORMED);
	assert_int_equal(env_aes_decrypt(key, iv, (slice_t){ 0 }, &back), ERR_MALFORMED);
	assert_int_equal(back.len, 16);
}

/* RFC 2202, 3, case 2; RFC 6070, cases 2 and 6. */
static void macs_of_the_old_hash_are_as_their_standards_show(void **state)
{
	(void)state;
	uint8_t mac[20], want[25], key[25];
	(void)hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", want, sizeof(want));
	env_hmac_sha1(SLICE("Jefe"), SLICE("what do ya want for nothing?"), mac);
	assert_memory_equal(mac, want, 20);
	(void)hex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957", want, sizeof(want));
	assert_int_equal(env_pbkdf2_sha1(SLICE("password"), SLICE("salt"), 2, key, 20), ERR_OK);
	assert_memory_equal(key, want, 20);
	(void)hex("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038", want, sizeof(want));
	assert_int_equal(env_pbkdf2_sha1(SLICE("passwordPASSWORDpassword"),
	                                 SLICE("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096, key,
	                                 25),
	                 ERR_OK);
	assert_memory_equal(key, want, 25);
	assert_int_equal(env_pbkdf2_sha1(SLICE("x"), SLICE("salt"), 0, key, 20), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_signs_and_refuses_what_it_did_not_sign),
		cmocka_unit_test(an_sm2_signature_is_bound_to_the_user_id),
		cmocka_unit_test(keys_travel_as_numbers_pem_and_der),
		cmocka_unit_test(damaged_keys_are_refused),
		cmocka_unit_test(keys_that_would_cost_too_much_are_refused),
		cmocka_unit_test(dsa_keys_that_would_cost_too_much_are_refused),
		cmocka_unit_test(
			what_the_openssl_command_signs_by_dsa_is_right_and_each_byte_of_it_counts),
		cmocka_unit_test(ed25519_signs_as_its_standard_shows),
		cmocka_unit_test(a_key_is_made_once_and_kept),
		cmocka_unit_test(two_sides_agree_on_a_number),
		cmocka_unit_test(groups_and_numbers_that_tell_the_secret_are_refused),
		cmocka_unit_test(aes_encrypts_as_its_standard_shows),
		cmocka_unit_test(macs_of_the_old_hash_are_as_their_standards_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
