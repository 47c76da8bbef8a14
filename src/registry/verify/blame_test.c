/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever byte of a change is altered, the identifier is named. */
#include "registry/fixture_test.h"

#include "registry/verify/blame.h"

static const char SEGMENT[] = "data/journal/main-0000000000000001.log";

static void flip(fixture_t *f, uint64_t at)
{
	env_file_t *file = NULL;
	uint8_t byte = 0;
	size_t len = 0;
	assert_int_equal(env_file_open(f->env, SEGMENT, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, at, &byte, 1, &len), ERR_OK);
	byte ^= 0x11;
	assert_int_equal(env_file_write(file, at, slice_of(&byte, 1)), ERR_OK);
	env_file_close(file);
}

static void any_altered_byte_of_a_change_is_blamed_on_its_name(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	fixture_start(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/before", "u").err, ERR_OK);
	uint64_t seq = fixture_put(&f, REGISTRY_CREATE, "99.100.1/hurt", "some data").seq;
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/after", "u").err, ERR_OK);
	(void)twin_run_for(f.twin, NS_PER_S);
	assert_int_equal(journal_cursor_open(f.journal, seq, &cursor), ERR_OK);
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	uint64_t at = record.at;
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	uint64_t end = record.at;
	journal_cursor_close(cursor);
	for (; at < end; at++) {
		err_detail_t detail;
		uint64_t records = 0, damaged = 0;
		char name[64] = "";
		writer_t w = writer_of(name, sizeof(name) - 1);
		flip(&f, at);
		assert_int_equal(journal_verify(f.env, "data/journal", "main", &records, &detail),
		                 ERR_CORRUPT);
		assert_int_equal(num_parse_u64(slice_str(detail.arg[0]), UINT64_MAX, &damaged),
		                 ERR_OK);
		assert_int_equal(damaged, seq);
		assert_int_equal(registry_blame(f.env, "data/journal", damaged, &w), ERR_OK);
		assert_string_equal(name, "99.100.1/hurt");
		flip(&f, at);
	}
	fixture_free(&f);
}

static void what_nothing_tells_of_is_not_named(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	char name[64];
	writer_t w = writer_of(name, sizeof(name));
	fixture_start(&f);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/x", "u").err, ERR_OK);
	(void)twin_run_for(f.twin, NS_PER_S);
	assert_int_equal(registry_blame(f.env, "data/journal", journal_durable(f.journal), &w),
	                 ERR_NOT_FOUND);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_altered_byte_of_a_change_is_blamed_on_its_name),
		cmocka_unit_test(what_nothing_tells_of_is_not_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
