/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate's files on the twin's disk. */
#include "api/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"

#define OK(call)  assert_int_equal((call), ERR_OK)
#define DAY_NS    (86400 * NS_PER_S)
#define START_NS  (INT64_C(1700000000) * NS_PER_S)
#define OWN_CRT   "keys/tls.crt"
#define OWN_KEY   "keys/tls.key"
#define GIVEN_CRT "etc/chain.pem"
#define GIVEN_KEY "etc/key.pem"

typedef struct {
	twin_t *twin;
	env_t *env;
	certificate_files_t files;
	err_detail_t detail;
} disk_t;

static int disk_open(void **state)
{
	disk_t *disk = calloc(1, sizeof(*disk));
	*state = disk;
	OK(twin_new(&(twin_spec_t){ .seed = 3, .start = { .ns = START_NS } }, &disk->twin));
	OK(twin_host_open(disk->twin, "plant-7", &disk->env));
	OK(env_dir_make(disk->env, "keys"));
	OK(env_dir_make(disk->env, "etc"));
	disk->files = (certificate_files_t){
		.certificate = "", .key = "", .keys_dir = "keys", .ip = ip_v4(192, 0, 2, 1)
	};
	return 0;
}

static int disk_close(void **state)
{
	disk_t *disk = *state;
	twin_host_close(disk->env);
	twin_free(disk->twin);
	free(disk);
	return 0;
}

/* What is shown now. */
static env_x509_t info_now(disk_t *disk)
{
	certificate_t *c = NULL;
	OK(certificate_load(disk->env, &disk->files, &c, &disk->detail));
	env_x509_t info = c->info;
	certificate_free(c);
	return info;
}

static bool same(const env_x509_t *a, const env_x509_t *b)
{
	return memcmp(a->fingerprint, b->fingerprint, SHA256_BYTES) == 0;
}

/* The public key of a certificate's file. */
static slice_t public_key(disk_t *disk, const char *path, uint8_t buf[256])
{
	uint8_t pem[8192], der[4096];
	size_t len = 0;
	writer_t d = writer_of(der, sizeof(der)), w = writer_of(buf, 256);
	OK(env_file_load(disk->env, path, pem, sizeof(pem), &len));
	OK(env_x509_der(slice_of(pem, len), &d));
	OK(env_x509_public_key(writer_done(&d), &w));
	return writer_done(&w);
}

static void copy(disk_t *disk, const char *from, const char *to)
{
	uint8_t bytes[8192];
	size_t len = 0;
	OK(env_file_load(disk->env, from, bytes, sizeof(bytes), &len));
	OK(env_file_save(disk->env, to, slice_of(bytes, len)));
}

static void later(disk_t *disk, int64_t days)
{
	twin_clock_set(disk->env, (utc_t){ .ns = START_NS + days * DAY_NS });
}

/* Loads what cannot be loaded; the detail must hold each word. */
static void refused(disk_t *disk, err_t err, const char *one, const char *other)
{
	certificate_t *c = NULL;
	char text[1024];
	assert_int_equal(certificate_load(disk->env, &disk->files, &c, &disk->detail), err);
	assert_null(c);
	err_render(&disk->detail, LANG_EN, text, sizeof(text));
	if (!strstr(text, one) || !strstr(text, other))
		fail_msg("%s", text);
}

/* Lets the operator's files be a pair of the node's. */
static void give(disk_t *disk)
{
	(void)info_now(disk);
	copy(disk, OWN_CRT, GIVEN_CRT);
	copy(disk, OWN_KEY, GIVEN_KEY);
	disk->files.certificate = GIVEN_CRT;
	disk->files.key = GIVEN_KEY;
}

static void own_pair_is_made_once_and_kept(void **state)
{
	disk_t *disk = *state;
	env_x509_t first = info_now(disk), second = info_now(disk);
	assert_true(same(&first, &second));
	assert_int_equal(first.not_before_ns, START_NS - DAY_NS);
	assert_int_equal(first.not_after_ns, START_NS + 824 * DAY_NS);
}

static void own_certificate_is_made_anew_with_the_same_key(void **state)
{
	disk_t *disk = *state;
	uint8_t before[256], after[256];
	env_x509_t first = info_now(disk);
	slice_t key = public_key(disk, OWN_CRT, before);
	later(disk, 793);
	env_x509_t kept = info_now(disk);
	assert_true(same(&first, &kept));
	later(disk, 795);
	env_x509_t renewed = info_now(disk);
	assert_false(same(&first, &renewed));
	assert_true(renewed.not_after_ns > first.not_after_ns);
	assert_true(slice_eq(key, public_key(disk, OWN_CRT, after)));
}

static void own_certificate_follows_the_address(void **state)
{
	disk_t *disk = *state;
	env_x509_t first = info_now(disk);
	disk->files.ip = ip_v4(0, 0, 0, 0);
	env_x509_t any = info_now(disk);
	assert_true(same(&first, &any));
	disk->files.ip = ip_v4(192, 0, 2, 2);
	env_x509_t moved = info_now(disk);
	assert_false(same(&first, &moved));
}

static void damaged_certificate_of_the_node_is_made_anew(void **state)
{
	disk_t *disk = *state;
	env_x509_t first = info_now(disk);
	OK(env_file_save(disk->env, OWN_CRT, SLICE("half a cer")));
	env_x509_t second = info_now(disk);
	assert_false(same(&first, &second));
	OK(env_path_remove(disk->env, OWN_KEY));
	env_x509_t third = info_now(disk);
	assert_false(same(&second, &third));
}

static void damaged_key_of_the_node_is_named_and_not_replaced(void **state)
{
	disk_t *disk = *state;
	uint8_t bytes[64];
	size_t len = 0;
	(void)info_now(disk);
	OK(env_file_save(disk->env, OWN_KEY, SLICE("half a key")));
	refused(disk, ERR_MALFORMED, OWN_KEY, "delete it");
	OK(env_file_load(disk->env, OWN_KEY, bytes, sizeof(bytes), &len));
	assert_true(slice_eq(slice_of(bytes, len), SLICE("half a key")));
}

static void full_disk_is_told_and_leaves_no_half_pair(void **state)
{
	disk_t *disk = *state;
	for (uint64_t nth = 1; nth <= 8; nth++) {
		certificate_t *c = NULL;
		twin_fail_at(disk->env, nth, 1, TWIN_DISK_FULL);
		err_t err = certificate_load(disk->env, &disk->files, &c, &disk->detail);
		twin_fail_at(disk->env, 0, 0, TWIN_DISK_FULL);
		assert_true(!err || err == ERR_DISK_FULL);
		certificate_free(c);
		(void)info_now(disk);
		OK(env_path_remove(disk->env, OWN_KEY));
		OK(env_path_remove(disk->env, OWN_CRT));
	}
}

static void given_files_are_read_and_never_written(void **state)
{
	disk_t *disk = *state;
	give(disk);
	env_x509_t own = info_now(disk);
	later(disk, 900);
	env_x509_t old = info_now(disk);
	assert_true(same(&own, &old));
	assert_int_equal(certificate_age(&old, START_NS + 900 * DAY_NS), CERTIFICATE_ENDED);
}

static void given_files_that_are_no_good_are_named(void **state)
{
	disk_t *disk = *state;
	give(disk);
	disk->files.key = "etc/none.pem";
	refused(disk, ERR_NOT_FOUND, "etc/none.pem", "user can read");
	disk->files.key = GIVEN_CRT;
	refused(disk, ERR_MALFORMED, GIVEN_CRT, "no private key");
	disk->files.key = GIVEN_KEY;
	disk->files.certificate = GIVEN_KEY;
	refused(disk, ERR_MALFORMED, GIVEN_KEY, "no certificate");
	/* The node's next pair is another. */
	disk->files.certificate = disk->files.key = "";
	OK(env_path_remove(disk->env, OWN_KEY));
	(void)info_now(disk);
	disk->files.certificate = GIVEN_CRT;
	disk->files.key = OWN_KEY;
	refused(disk, ERR_CONFLICT, OWN_KEY, GIVEN_CRT);
}

static void file_past_the_limit_is_too_big(void **state)
{
	disk_t *disk = *state;
	uint8_t *bytes = calloc(1, ENV_X509_PEM_MAX + 1);
	give(disk);
	OK(env_file_save(disk->env, GIVEN_CRT, slice_of(bytes, ENV_X509_PEM_MAX + 1)));
	refused(disk, ERR_TOO_BIG, GIVEN_CRT, "too big");
	free(bytes);
}

static void age_says_where_a_certificate_stands(void **state)
{
	(void)state;
	env_x509_t info = { .not_before_ns = 100 * DAY_NS, .not_after_ns = 200 * DAY_NS };
	assert_int_equal(certificate_age(&info, 100 * DAY_NS - 1), CERTIFICATE_EARLY);
	assert_int_equal(certificate_age(&info, 100 * DAY_NS), CERTIFICATE_VALID);
	assert_int_equal(certificate_age(&info, 170 * DAY_NS), CERTIFICATE_VALID);
	assert_int_equal(certificate_age(&info, 170 * DAY_NS + 1), CERTIFICATE_ENDING);
	assert_int_equal(certificate_age(&info, 200 * DAY_NS), CERTIFICATE_ENDED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, disk_open, disk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(own_pair_is_made_once_and_kept),
		TEST(own_certificate_is_made_anew_with_the_same_key),
		TEST(own_certificate_follows_the_address),
		TEST(damaged_certificate_of_the_node_is_made_anew),
		TEST(damaged_key_of_the_node_is_named_and_not_replaced),
		TEST(full_disk_is_told_and_leaves_no_half_pair),
		TEST(given_files_are_read_and_never_written),
		TEST(given_files_that_are_no_good_are_named),
		TEST(file_past_the_limit_is_too_big),
		TEST(age_says_where_a_certificate_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
