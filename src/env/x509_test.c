/* SPDX-License-Identifier: Apache-2.0 */
#include "env/x509.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "model/time.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const int64_t FROM_NS = 1767225600 * NS_PER_S, TO_NS = 2082758400 * NS_PER_S;

enum { ROOM = 4096 };

typedef struct {
	uint8_t key[ROOM], certificate[ROOM], der[ROOM];
	writer_t key_w, certificate_w, der_w;
} made_t;

static env_x509_spec_t spec_of(const char *host)
{
	return (env_x509_spec_t){ .host = host,
		                  .ip = ip_v4(192, 0, 2, 7),
		                  .not_before_ns = FROM_NS,
		                  .not_after_ns = TO_NS,
		                  .serial = { 1, 2, 3 } };
}

static void make(made_t *made, const char *host)
{
	env_x509_spec_t spec = spec_of(host);
	made->key_w = writer_of(made->key, ROOM);
	made->certificate_w = writer_of(made->certificate, ROOM);
	made->der_w = writer_of(made->der, ROOM);
	OK(env_x509_make_key(&made->key_w));
	OK(env_x509_make(&spec, writer_done(&made->key_w), &made->certificate_w));
	OK(env_x509_der(writer_done(&made->certificate_w), &made->der_w));
}

static slice_t key_of(const made_t *made)
{
	return writer_done(&made->key_w);
}

static slice_t certificate_of(const made_t *made)
{
	return writer_done(&made->certificate_w);
}

static slice_t der_of(const made_t *made)
{
	return writer_done(&made->der_w);
}

static void made_certificate_says_what_was_asked(void **state)
{
	(void)state;
	made_t made;
	env_x509_t found;
	uint8_t hash[SHA256_BYTES];
	make(&made, "plant-1.example");
	OK(env_x509_read(der_of(&made), &found));
	assert_int_equal(found.not_before_ns, FROM_NS);
	assert_int_equal(found.not_after_ns, TO_NS);
	env_sha256(&(slice_t){ made.der, made.der_w.len }, 1, hash);
	assert_memory_equal(found.fingerprint, hash, sizeof(hash));
	OK(env_x509_check_pair(certificate_of(&made), key_of(&made)));
}

static void made_certificate_has_the_common_name_of_its_host(void **state)
{
	(void)state;
	made_t made;
	char name[64], small[4];
	writer_t w = writer_of(name, sizeof(name)), s = writer_of(small, sizeof(small));
	make(&made, "plant-1.example");
	OK(env_x509_common_name(der_of(&made), &w));
	assert_true(slice_eq(writer_done(&w), SLICE("plant-1.example")));
	assert_int_equal(env_x509_common_name(der_of(&made), &s), ERR_TOO_BIG);
	assert_int_equal(env_x509_common_name(SLICE("0"), &w), ERR_MALFORMED);
}

static void made_certificate_covers_its_addresses_and_no_other(void **state)
{
	(void)state;
	made_t made;
	ip_t v6;
	make(&made, "plant-1");
	OK(ip_parse(SLICE("::1"), &v6));
	assert_true(env_x509_covers(der_of(&made), ip_v4(192, 0, 2, 7)));
	assert_true(env_x509_covers(der_of(&made), ip_v4(127, 0, 0, 1)));
	assert_true(env_x509_covers(der_of(&made), v6));
	assert_false(env_x509_covers(der_of(&made), ip_v4(192, 0, 2, 8)));
	assert_false(env_x509_covers(der_of(&made), ip_v4(0, 0, 0, 0)));
	assert_false(env_x509_covers(SLICE("0"), ip_v4(127, 0, 0, 1)));
}

static void key_of_another_certificate_is_a_conflict(void **state)
{
	(void)state;
	made_t one, other;
	make(&one, "one");
	make(&other, "other");
	assert_int_equal(env_x509_check_pair(certificate_of(&one), key_of(&other)), ERR_CONFLICT);
}

static void public_key_stays_when_the_certificate_is_made_anew(void **state)
{
	(void)state;
	made_t made, other;
	uint8_t pem[ROOM], der[ROOM], before[ROOM], after[ROOM], stranger[ROOM];
	writer_t w = writer_of(pem, ROOM), d = writer_of(der, ROOM);
	writer_t b = writer_of(before, ROOM), a = writer_of(after, ROOM);
	writer_t s = writer_of(stranger, ROOM);
	make(&made, "one");
	make(&other, "one");
	env_x509_spec_t spec = spec_of("two");
	OK(env_x509_make(&spec, key_of(&made), &w));
	OK(env_x509_der(writer_done(&w), &d));
	OK(env_x509_public_key(der_of(&made), &b));
	OK(env_x509_public_key(writer_done(&d), &a));
	OK(env_x509_public_key(der_of(&other), &s));
	assert_true(slice_eq(writer_done(&b), writer_done(&a)));
	assert_false(slice_eq(writer_done(&b), writer_done(&s)));
	assert_int_equal(b.len, 91); /* RFC 5480: a P-256 key, uncompressed */
}

static void cut_and_changed_bytes_are_malformed(void **state)
{
	(void)state;
	made_t made;
	env_x509_t found;
	uint8_t longer[ROOM];
	make(&made, "one");
	slice_t der = der_of(&made);
	for (size_t len = 0; len < der.len; len++)
		assert_int_equal(env_x509_read(slice_sub(der, 0, len), &found), ERR_MALFORMED);
	memcpy(longer, der.ptr, der.len);
	longer[der.len] = 0;
	assert_int_equal(env_x509_read(slice_of(longer, der.len + 1), &found), ERR_MALFORMED);
}

static void text_that_is_no_pem_is_malformed(void **state)
{
	(void)state;
	static const char locked[] =
		"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
		"-----END EC PRIVATE KEY-----\n";
	made_t made;
	uint8_t buf[ROOM];
	writer_t w = writer_of(buf, ROOM);
	make(&made, "one");
	assert_int_equal(env_x509_der((slice_t){ 0 }, &w), ERR_MALFORMED);
	assert_int_equal(env_x509_der(key_of(&made), &w), ERR_MALFORMED);
	assert_int_equal(env_x509_check_pair(SLICE("x"), key_of(&made)), ERR_MALFORMED);
	assert_int_equal(env_x509_check_pair(certificate_of(&made), SLICE("x")), ERR_MALFORMED);
	assert_int_equal(env_x509_check_pair(certificate_of(&made), slice_str(locked)),
	                 ERR_MALFORMED);
}

static void too_little_room_is_too_big(void **state)
{
	(void)state;
	made_t made;
	uint8_t buf[16];
	make(&made, "one");
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_x509_make_key(&w), ERR_TOO_BIG);
	w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_x509_der(certificate_of(&made), &w), ERR_TOO_BIG);
	w = writer_of(buf, sizeof(buf));
	assert_int_equal(env_x509_public_key(der_of(&made), &w), ERR_TOO_BIG);
}

static void host_that_is_no_name_is_invalid(void **state)
{
	(void)state;
	static const char long_one[] = "a234567890a234567890a234567890a23456789"
				       "0a234567890a234567890a234567890";
	static const char *const hosts[] = { "", "two words", "a,IP:192.0.2.9", "under_score",
		                             long_one };
	made_t made;
	uint8_t buf[ROOM];
	make(&made, "one");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		writer_t w = writer_of(buf, ROOM);
		env_x509_spec_t spec = spec_of(hosts[i]);
		assert_int_equal(env_x509_make(&spec, key_of(&made), &w), ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_certificate_says_what_was_asked),
		cmocka_unit_test(made_certificate_covers_its_addresses_and_no_other),
		cmocka_unit_test(key_of_another_certificate_is_a_conflict),
		cmocka_unit_test(made_certificate_has_the_common_name_of_its_host),
		cmocka_unit_test(public_key_stays_when_the_certificate_is_made_anew),
		cmocka_unit_test(cut_and_changed_bytes_are_malformed),
		cmocka_unit_test(text_that_is_no_pem_is_malformed),
		cmocka_unit_test(too_little_room_is_too_big),
		cmocka_unit_test(host_that_is_no_name_is_invalid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
