/* SPDX-License-Identifier: Apache-2.0 */
/* A root, a registrar whom it certifies, and what the registrar signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base64.h"
#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "registry/identity/identity.h"
#include "registry/trust/claims.h"
#include "registry/trust/jws.h"
#include "registry/trust/trust.h"

#define ROOT      "300:0.0/0.0"
#define REGISTRAR "300:0.NA/99.100.1"
#define NAME      "99.100.1/lathe"
#define UNDER     "handlesUnderThisPrefix=0.NA/99.100.1"

enum { NOW_S = 1700000000, DAY_S = 86400, RECORDS = 3 };

typedef struct {
	slice_t name;
	writer_t w;
	uint8_t bytes[16 * 1024];
	record_t record;
} kept_t;

typedef struct {
	twin_t *twin;
	env_t *env;
	env_pkey_t *root, *registrar, *stranger;
	kept_t kept[RECORDS]; /* the name, the registrar's, the root's */
	trust_roots_t *roots;
	trust_report_t report;
	int64_t utc_ns;
} world_t;

static void add(kept_t *kept, uint32_t index, const char *type, slice_t data)
{
	handle_value_t value = { .index = index,
		                 .timestamp_s = NOW_S,
		                 .ttl_s = DAY_S,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = data };
	handle_value_encode(&value, &kept->w);
	kept->record.count++;
	kept->record.values = writer_done(&kept->w);
}

static slice_t sign(const env_pkey_t *key, const claims_spec_t *spec)
{
	static char text[8192];
	static uint8_t bytes[16 * 1024];
	json_t j = json_of(text, sizeof(text));
	writer_t w = writer_of(bytes, sizeof(bytes));
	assert_int_equal(claims_put(spec, &j), ERR_OK);
	assert_int_equal(jws_write(key, json_done(&j), &w), ERR_OK);
	return writer_done(&w);
}

static slice_t certificate(const env_pkey_t *issuer_key, const char *issuer, const char *subject,
                           const env_pkey_t *key, const char *perm)
{
	slice_t perms[] = { slice_str(perm) };
	claims_spec_t spec = { .iss = slice_str(issuer),
		               .sub = slice_str(subject),
		               .iat_s = NOW_S,
		               .exp_s = NOW_S + 100 * DAY_S,
		               .key = key,
		               .perms = perms,
		               .perm_count = 1 };
	return sign(issuer_key, &spec);
}

/* A signature of the name's values 1 and 2. */
static claims_spec_t signature_spec(const world_t *w, handle_value_t values[2])
{
	for (uint32_t i = 0; i < 2; i++)
		assert_true(
			handle_value_find(handle_values_of(&w->kept[0].record), i + 1, &values[i]));
	return (claims_spec_t){ .iss = SLICE(REGISTRAR),
		                .sub = SLICE(NAME),
		                .iat_s = NOW_S,
		                .exp_s = NOW_S + 10 * DAY_S,
		                .values = values,
		                .value_count = 2 };
}

static void add_signature(world_t *w, const env_pkey_t *key)
{
	handle_value_t values[2];
	claims_spec_t spec = signature_spec(w, values);
	add(&w->kept[0], 400, "HS_SIGNATURE", sign(key, &spec));
}

static void save_root(world_t *w)
{
	env_file_t *file;
	slice_t text = certificate(w->root, ROOT, ROOT, w->root, "everything");
	assert_int_equal(env_file_open(w->env, "root", ENV_OPEN_CREATE, &file), ERR_OK);
	assert_int_equal(env_file_write(file, 0, text), ERR_OK);
	env_file_close(file);
	const char *paths[] = { "root" };
	err_detail_t detail;
	assert_int_equal(trust_roots_load(w->env, paths, 1, &w->roots, &detail), ERR_OK);
}

static void open_world(world_t *w)
{
	twin_spec_t spec = { .seed = 3, .start = { .ns = NOW_S * NS_PER_S } };
	static const char *const names[] = { NAME, "0.NA/99.100.1", "0.0/0.0" };
	memset(w, 0, sizeof(*w));
	assert_int_equal(twin_new(&spec, &w->twin), ERR_OK);
	assert_int_equal(twin_host_open(w->twin, "node", &w->env), ERR_OK);
	assert_int_equal(env_pkey_generate(ENV_PKEY_SM2, &w->root), ERR_OK);
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &w->registrar), ERR_OK);
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &w->stranger), ERR_OK);
	for (size_t i = 0; i < RECORDS; i++) {
		w->kept[i].name = slice_str(names[i]);
		w->kept[i].w = writer_of(w->kept[i].bytes, sizeof(w->kept[i].bytes));
	}
	add(&w->kept[0], 1, "URL", SLICE("http://127.0.0.1/lathe"));
	add(&w->kept[0], 2, "DESC", SLICE("a lathe"));
	add(&w->kept[0], 3, "NOTE", SLICE("unsigned"));
	w->utc_ns = (NOW_S + DAY_S) * NS_PER_S;
	save_root(w);
}

static void certify(world_t *w, const char *perm)
{
	add(&w->kept[1], 400, "HS_CERT", certificate(w->root, ROOT, REGISTRAR, w->registrar, perm));
}

static void close_world(world_t *w)
{
	trust_roots_free(w->roots);
	env_pkey_free(w->root);
	env_pkey_free(w->registrar);
	env_pkey_free(w->stranger);
	twin_host_close(w->env);
	twin_free(w->twin);
}

static err_t find(void *ctx, slice_t handle, record_t *ret_record)
{
	const world_t *w = ctx;
	for (size_t i = 0; i < RECORDS; i++)
		if (slice_eq_nocase(w->kept[i].name, handle) && w->kept[i].record.count) {
			*ret_record = w->kept[i].record;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

static trust_verdict_t check(world_t *w)
{
	trust_question_t q = { .name = SLICE(NAME),
		               .record = &w->kept[0].record,
		               .source = { find, w },
		               .roots = w->roots,
		               .utc_ns = w->utc_ns };
	trust_check(&q, &w->report);
	assert_int_equal(w->report.signature_count, 1);
	assert_int_equal(w->report.value_count, 3);
	assert_int_equal(w->report.values[2].verdict, TRUST_NOT_COVERED);
	return w->report.values[0].verdict;
}

static void what_a_certified_registrar_signed_is_valid(void **state)
{
	(void)state;
	static world_t w;
	char text[4096];
	json_t j = json_of(text, sizeof(text));
	open_world(&w);
	certify(&w, UNDER);
	add_signature(&w, w.registrar);
	assert_int_equal(check(&w), TRUST_VALID);
	assert_int_equal(w.report.values[1].verdict, TRUST_VALID);
	assert_string_equal(w.report.signatures[0].issuer, REGISTRAR);
	assert_int_equal(trust_worst(&w.report), TRUST_NOT_COVERED);
	json_object(&j);
	trust_report_put(&w.report, &j);
	json_close(&j);
	assert_true(json_ok(&j));
	assert_true(slice_starts(json_done(&j), SLICE("{\"verdict\":\"not_covered\",\"signatures\":"
	                                              "[{\"index\":400,\"verdict\":\"valid\"")));
	close_world(&w);
}

static void a_changed_byte_of_a_value_is_found(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	certify(&w, UNDER);
	add_signature(&w, w.registrar);
	handle_value_t value;
	assert_true(handle_value_find(handle_values_of(&w.kept[0].record), 1, &value));
	size_t len = value.bytes.len;
	for (size_t i = 8; i < len; i++) {
		w.kept[0].bytes[i] ^= 1;
		if (handle_value_find(handle_values_of(&w.kept[0].record), 2, &value))
			assert_int_not_equal(check(&w), TRUST_VALID);
		w.kept[0].bytes[i] ^= 1;
	}
	w.kept[0].bytes[5] ^= 1; /* the time stamp is not covered: the server sets it */
	assert_int_equal(check(&w), TRUST_VALID);
	close_world(&w);
}

static void a_changed_byte_of_a_signature_or_certificate_is_found(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	certify(&w, UNDER);
	size_t from = w.kept[0].w.len;
	add_signature(&w, w.registrar);
	handle_value_t value;
	assert_true(handle_value_find(handle_values_of(&w.kept[0].record), 400, &value));
	size_t head = from + (size_t)(value.data.ptr - value.bytes.ptr);
	for (size_t i = 0; i < value.data.len; i += 1 + i / 64) {
		w.kept[0].bytes[head + i] ^= 1;
		assert_int_not_equal(check(&w), TRUST_VALID);
		w.kept[0].bytes[head + i] ^= 1;
	}
	w.kept[0].bytes[head + value.data.len - 1] ^= 3;
	assert_int_not_equal(check(&w), TRUST_VALID);
	w.kept[0].bytes[head + value.data.len - 1] ^= 3;
	assert_int_equal(check(&w), TRUST_VALID);
	w.kept[1].bytes[w.kept[1].w.len - 40] ^= 1;
	assert_int_not_equal(check(&w), TRUST_VALID);
	close_world(&w);
}

static void a_signature_has_its_time(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w);
	certify(&w, UNDER);
	add_signature(&w, w.registrar);
	w.utc_ns = (NOW_S + 11 * (int64_t)DAY_S) * NS_PER_S;
	assert_int_equal(check(&w), TRUST_EXPIRED);
	w.utc_ns = (NOW_S - (int64_t)DAY_S) * NS_PER_S;
	assert_int_equal(check(&w), TRUST_NOT_YET);
	close_world(&w);
}

static void the_wrong_key_is_told_with_a_certificate_and_without(void **state)
{
	(void)state;
	static world_t w;
	uint8_t bytes[REGISTRY_KEY_MAX];
	writer_t key = writer_of(bytes, sizeof(bytes));
	open_world(&w);
	add_signature(&w, w.stranger);
	assert_int_equal(check(&w), TRUST_UNKNOWN_ISSUER);
	assert_int_equal(registry_key_write(w.registrar, false, &key), ERR_OK);
	add(&w.kept[1], 300, "HS_PUBKEY", writer_done(&key));
	assert_int_equal(check(&w), TRUST_WRONG_KEY);
	certify(&w, UNDER);
	assert_int_equal(check(&w), TRUST_WRONG_KEY);
	close_world(&w);
}

static void without_a_root_a_good_signature_is_untrusted(void **state)
{
	(void)state;
	static world_t w;
	uint8_t bytes[REGISTRY_KEY_MAX];
	writer_t key = writer_of(bytes, sizeof(bytes));
	open_world(&w);
	add_signature(&w, w.registrar);
	assert_int_equal(registry_key_write(w.registrar, false, &key), ERR_OK);
	add(&w.kept[1], 300, "HS_PUBKEY", writer_done(&key));
	assert_int_equal(check(&w), TRUST_UNTRUSTED);
	trust_roots_free(w.roots);
	w.roots = NULL;
	certify(&w, UNDER);
	assert_int_equal(check(&w), TRUST_UNKNOWN_ISSUER);
	add(&w.kept[2], 400, "HS_CERT", certificate(w.root, ROOT, ROOT, w.root, "everything"));
	assert_int_equal(check(&w), TRUST_UNTRUSTED);
	close_world(&w);
}

static void a_certificate_permits_what_it_says_and_no_more(void **state)
{
	(void)state;
	static const struct {
		const char *perm;
		trust_verdict_t verdict;
	} cases[] = {
		{ "everything", TRUST_VALID },
		{ "thisHandle=99.100.1/LATHE", TRUST_VALID },
		{ "thisHandle=99.100.1/lath", TRUST_NOT_PERMITTED },
		{ "handlesUnderThisPrefix=99.100.1", TRUST_VALID },
		{ "handlesUnderThisPrefix=0.NA/99.100", TRUST_NOT_PERMITTED },
		{ "handlesUnderThisPrefix=0.NA/99.100.11", TRUST_NOT_PERMITTED },
		{ "derivedPrefixes=0.NA/99.100", TRUST_VALID },
		{ "derivedPrefixes=0.NA/99.100.1", TRUST_NOT_PERMITTED },
		{ "derivedPrefixes=0.NA/99.10", TRUST_NOT_PERMITTED },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static world_t w;
		open_world(&w);
		certify(&w, cases[i].perm);
		add_signature(&w, w.registrar);
		if (check(&w) != cases[i].verdict)
			print_message("%s\n", cases[i].perm);
		assert_int_equal(w.report.values[0].verdict, cases[i].verdict);
		close_world(&w);
	}
}

static void a_signature_about_another_name_or_of_another_kind_counts_for_nothing(void **state)
{
	(void)state;
	static world_t w;
	handle_value_t values[2];
	open_world(&w);
	certify(&w, UNDER);
	claims_spec_t spec = signature_spec(&w, values);
	spec.sub = SLICE("99.100.1/mill");
	add(&w.kept[0], 400, "HS_SIGNATURE", sign(w.registrar, &spec));
	assert_int_equal(check(&w), TRUST_OTHER_SUBJECT);
	close_world(&w);
	open_world(&w);
	/* {"alg":"DS256"} and {"iss":"1:a/b","sub":"99.100.1/lathe"} */
	add(&w.kept[0], 400, "HS_SIGNATURE",
	    SLICE("eyJhbGciOiJEUzI1NiJ9.eyJpc3MiOiIxOmEvYiIsInN1YiI6Ijk5LjEwMC4xL2xhdGhlIn0.AAAA"));
	(void)check(&w);
	assert_int_equal(w.report.signatures[0].verdict, TRUST_UNSUPPORTED);
	close_world(&w);
	open_world(&w);
	add(&w.kept[0], 400, "HS_SIGNATURE", SLICE("no.signature"));
	(void)check(&w);
	assert_int_equal(w.report.signatures[0].verdict, TRUST_MALFORMED);
	close_world(&w);
}

static void a_signature_in_json_is_read_as_a_compact_one(void **state)
{
	(void)state;
	static world_t w;
	handle_value_t values[2];
	char text[16 * 1024];
	open_world(&w);
	certify(&w, UNDER);
	claims_spec_t spec = signature_spec(&w, values);
	slice_t rest = sign(w.registrar, &spec);
	slice_t header = slice_cut(&rest, '.'), payload = slice_cut(&rest, '.');
	(void)snprintf(text, sizeof(text),
	               "{\"payload\":\"%.*s\",\"signatures\":[{\"protected\":\"%.*s\","
	               "\"signature\":\"%.*s\"}]}",
	               (int)payload.len, (const char *)payload.ptr, (int)header.len,
	               (const char *)header.ptr, (int)rest.len, (const char *)rest.ptr);
	add(&w.kept[0], 400, "HS_SIGNATURE", slice_str(text));
	assert_int_equal(check(&w), TRUST_VALID);
	close_world(&w);
}

static void a_root_must_have_issued_itself(void **state)
{
	(void)state;
	static world_t w;
	env_file_t *file;
	err_detail_t detail;
	trust_roots_t *roots = NULL;
	const char *paths[] = { "other" };
	open_world(&w);
	slice_t text = certificate(w.root, ROOT, REGISTRAR, w.registrar, UNDER);
	assert_int_equal(env_file_open(w.env, "other", ENV_OPEN_CREATE, &file), ERR_OK);
	assert_int_equal(env_file_write(file, 0, text), ERR_OK);
	env_file_close(file);
	assert_int_equal(trust_roots_load(w.env, paths, 1, &roots, &detail), ERR_INVALID);
	assert_null(roots);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_certified_registrar_signed_is_valid),
		cmocka_unit_test(a_changed_byte_of_a_value_is_found),
		cmocka_unit_test(a_changed_byte_of_a_signature_or_certificate_is_found),
		cmocka_unit_test(a_signature_has_its_time),
		cmocka_unit_test(the_wrong_key_is_told_with_a_certificate_and_without),
		cmocka_unit_test(without_a_root_a_good_signature_is_untrusted),
		cmocka_unit_test(a_certificate_permits_what_it_says_and_no_more),
		cmocka_unit_test(
			a_signature_about_another_name_or_of_another_kind_counts_for_nothing),
		cmocka_unit_test(a_signature_in_json_is_read_as_a_compact_one),
		cmocka_unit_test(a_root_must_have_issued_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
