/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"

static text_t example(void)
{
	manifest_t m = { .node = "demo plant 一厂",
		         .made_ns = 1700000000123000000,
		         .main = { 0xfedcba9876543210, 1, 77 },
		         .history = { 7, 30, 29 },
		         .tree = { 9, 1, 5 } };
	manifest_file_t a = { .path = "journal/main-0000000000000001.log", .bytes = 4096 };
	manifest_file_t b = { .path = "keys/admin.token", .bytes = 44, .sha256 = { 1, 2, 3 } };
	text_t out = text_of(MANIFEST_BYTES_MAX);
	assert_int_equal(manifest_add(&m, &a), ERR_OK);
	assert_int_equal(manifest_add(&m, &b), ERR_OK);
	manifest_encode(&m, &out);
	assert_false(out.bad);
	manifest_done(&m);
	return out;
}

static void manifest_reads_back_as_it_was_written(void **state)
{
	(void)state;
	text_t text = example();
	manifest_t m;
	assert_int_equal(manifest_decode(text_slice(&text), &m), ERR_OK);
	assert_string_equal(m.node, "demo plant 一厂");
	assert_int_equal(m.made_ns, 1700000000123000000);
	assert_true(m.main.epoch == 0xfedcba9876543210);
	assert_int_equal(m.main.last_seq, 77);
	assert_int_equal(m.history.first_seq, 30);
	assert_int_equal(m.tree.last_seq, 5);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.files[1].path, "keys/admin.token");
	assert_int_equal(m.files[1].bytes, 44);
	assert_int_equal(m.files[1].sha256[2], 3);
	manifest_done(&m);
	text_free(&text);
}

static void manifest_with_any_byte_altered_or_missing_is_refused(void **state)
{
	(void)state;
	text_t text = example();
	manifest_t m;
	for (size_t at = 0; at < text.len; at++) {
		assert_int_not_equal(manifest_decode(slice_of(text.ptr, at), &m), ERR_OK);
		for (unsigned bit = 0; bit < 8; bit++) {
			text.ptr[at] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(manifest_decode(text_slice(&text), &m), ERR_OK);
			text.ptr[at] ^= (uint8_t)(1u << bit);
		}
	}
	text_add(&text, SLICE("\n"));
	assert_int_equal(manifest_decode(text_slice(&text), &m), ERR_CORRUPT);
	text_free(&text);
}

static void manifest_of_a_newer_version_is_told_apart_from_damage(void **state)
{
	(void)state;
	manifest_t m;
	assert_int_equal(manifest_decode(SLICE("jizhu-backup 3\nwhatever\n"), &m),
	                 ERR_NEWER_FORMAT);
	assert_int_equal(manifest_decode(SLICE("jizhu-backup 0\n"), &m), ERR_CORRUPT);
}

/* As version 1 wrote it, with the hash that it had. */
static void manifest_of_version_1_is_read_without_a_tree(void **state)
{
	(void)state;
	text_t out = text_of(MANIFEST_BYTES_MAX);
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	manifest_t m;
	text_add(&out, SLICE("jizhu-backup 1\nnode old\nmade 2026-11-25T03:30:00.123Z\n"
	                     "main 0000000000000001 1 7\nhistory 0000000000000002 3 4\n"));
	slice_t above = text_slice(&out);
	env_sha256(&above, 1, hash);
	num_to_hex(slice_of(hash, sizeof(hash)), hex);
	text_addf(&out, "end %s\n", hex);
	assert_int_equal(manifest_decode(text_slice(&out), &m), ERR_OK);
	assert_int_equal(m.history.last_seq, 4);
	assert_true(m.tree.epoch == 0 && m.tree.last_seq == 0);
	manifest_done(&m);
	text_free(&out);
}

static void manifest_that_leads_out_of_the_folder_is_refused(void **state)
{
	(void)state;
	static const char *const paths[] = { "views/names",       "journal",
		                             "journal/",          "../journal/a",
		                             "journal/../keys/a", "journal/.hidden",
		                             "/etc/passwd",       "" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		manifest_t m = { .made_ns = 0 }, back;
		manifest_file_t file = { .bytes = 1 };
		assert_true(slice_to_cstr(slice_str(paths[i]), file.path, sizeof(file.path)));
		text_t out = text_of(MANIFEST_BYTES_MAX);
		assert_int_equal(manifest_add(&m, &file), ERR_OK);
		manifest_encode(&m, &out);
		assert_int_equal(manifest_decode(text_slice(&out), &back), ERR_CORRUPT);
		manifest_done(&m);
		text_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifest_reads_back_as_it_was_written),
		cmocka_unit_test(manifest_with_any_byte_altered_or_missing_is_refused),
		cmocka_unit_test(manifest_of_a_newer_version_is_told_apart_from_damage),
		cmocka_unit_test(manifest_of_version_1_is_read_without_a_tree),
		cmocka_unit_test(manifest_that_leads_out_of_the_folder_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
