/* SPDX-License-Identifier: Apache-2.0 */
/* Segments: what was in the table is in the file; a byte that changed is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "historian/historian.h"
#include "historian/segment.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { POINTS = 5, FILE_MAX = 1 << 20 };

static const char path[] = "history/0000000000000001-0000000000000009.seg";

typedef struct {
	twin_t *twin;
	env_t *env;
	memory_t *table;
	uint8_t *bytes; /* the whole file */
	size_t len;
} fixture_t;

/* Point 2 has none, point 4 more than a block. */
static size_t rows_of(point_id_t point)
{
	return point == 2 ? 0 : point == 4 ? 2 * BLOCK_ROWS + 10 : 7;
}

static sample_t sample_at(point_id_t point, size_t i)
{
	return (sample_t){ .point = point,
		           .source = { (int64_t)(i * 10 + point) },
		           .node = { (int64_t)(i * 10 + point + i % 3) },
		           .value = value_u64(i * point),
		           .quality = i % 5 ? QUALITY_OK : QUALITY_STALE };
}

static fixture_t fixture_make(void)
{
	fixture_t f = { .table = memory_new(0), .bytes = malloc(FILE_MAX) };
	assert_non_null(f.table);
	assert_non_null(f.bytes);
	OK(twin_new(&(twin_spec_t){ .seed = 1 }, &f.twin));
	OK(twin_host_open(f.twin, "node", &f.env));
	OK(env_dir_make(f.env, "history"));
	for (point_id_t p = POINTS; p >= 1; p--) {
		OK(memory_reserve(f.table, p, rows_of(p)));
		for (size_t i = rows_of(p); i-- > 0;) {
			sample_t sample = sample_at(p, i);
			memory_add(f.table, &sample);
		}
	}
	OK(segment_write(f.env, "history", f.table, 1, 9));
	OK(env_file_load(f.env, path, f.bytes, FILE_MAX, &f.len));
	return f;
}

static void fixture_free(fixture_t *f)
{
	memory_free(f->table);
	free(f->bytes);
	twin_free(f->twin);
}

/* ERR_OK when every block of the file can be read. */
static err_t read_all(const fixture_t *f, err_detail_t *ret_detail)
{
	uint64_t blocks = 0;
	return historian_verify(f->env, "history", &blocks, ret_detail);
}

static void rows_come_back_sorted_by_point_and_time(void **state)
{
	(void)state;
	static block_row_t rows[BLOCK_ROWS];
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	OK(segment_open(f.env, path, &segment, &detail));
	assert_int_equal(segment_first_seq(segment), 1);
	assert_int_equal(segment_last_seq(segment), 9);
	assert_int_equal(segment_first_ns(segment), 1);
	assert_int_equal(segment_last_ns(segment), (int64_t)(rows_of(4) - 1) * 10 + 4);
	assert_int_equal(segment_entries(segment), 3 + 3);
	assert_int_equal(segment_find(segment, 2), segment_entries(segment));
	assert_int_equal(segment_find(segment, POINTS + 1), segment_entries(segment));
	for (point_id_t p = 1; p <= POINTS; p++) {
		size_t at = segment_find(segment, p), count = 0;
		for (size_t i = 0; i < rows_of(p); at++, i += count) {
			segment_entry_t entry = segment_entry(segment, at);
			assert_int_equal(entry.point, p);
			OK(segment_read(segment, &entry, rows, &count));
			for (size_t k = 0; k < count; k++) {
				sample_t sample = sample_at(p, i + k);
				assert_int_equal(rows[k].source_ns, sample.source.ns);
				assert_int_equal(rows[k].node_ns, sample.node.ns);
				assert_int_equal(rows[k].bits, value_bits(&sample.value));
				assert_int_equal(rows[k].quality, sample.quality);
			}
		}
	}
	segment_close(segment);
	fixture_free(&f);
}

static void one_flipped_bit_anywhere_is_noticed(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	err_detail_t detail;
	OK(read_all(&f, &detail));
	/* Blocks are long and alike: there every 31st byte, elsewhere every byte. */
	for (size_t at = 0; at<f.len; at += at> 64 && at + 600 < f.len ? 31 : 1) {
		uint8_t byte = f.bytes[at];
		f.bytes[at] ^= (uint8_t)(1 << at % 8);
		OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
		if (read_all(&f, &detail) == ERR_OK)
			fail_msg("byte %zu of %zu", at, f.len);
		f.bytes[at] = byte;
	}
	fixture_free(&f);
}

static void a_file_cut_anywhere_is_noticed(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	err_detail_t detail;
	for (size_t len = 0; len<f.len; len += len> 200 && len + 200 < f.len ? 97 : 1) {
		OK(env_file_save(f.env, path, slice_of(f.bytes, len)));
		assert_int_equal(read_all(&f, &detail), ERR_CORRUPT);
	}
	fixture_free(&f);
}

static void a_newer_version_is_refused_by_name(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	char text[512];
	f.bytes[8] = 2;
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(segment_open(f.env, path, &segment, &detail), ERR_NEWER_FORMAT);
	assert_null(segment);
	const char *said = err_render(&detail, LANG_EN, text, sizeof(text));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "version 2"));
	fixture_free(&f);
}

static void the_place_of_damage_is_named(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	err_detail_t detail;
	char text[512];
	f.bytes[20] ^= 1;
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(read_all(&f, &detail), ERR_CORRUPT);
	const char *said = err_render(&detail, LANG_EN, text, sizeof(text));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "block 0 (point 1)"));
	fixture_free(&f);
}

static void a_file_that_cannot_be_written_leaves_nothing_behind(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	for (uint64_t nth = 1; nth <= 6; nth++) {
		segment_t *segment = NULL;
		err_detail_t detail;
		twin_fail_at(f.env, nth, 1, TWIN_DISK_FULL);
		assert_int_equal(segment_write(f.env, "history", f.table, 10, 20), ERR_DISK_FULL);
		assert_int_equal(segment_open(f.env,
		                              "history/000000000000000a-0000000000000014.seg",
		                              &segment, &detail),
		                 ERR_NOT_FOUND);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back_sorted_by_point_and_time),
		cmocka_unit_test(one_flipped_bit_anywhere_is_noticed),
		cmocka_unit_test(a_file_cut_anywhere_is_noticed),
		cmocka_unit_test(a_newer_version_is_refused_by_name),
		cmocka_unit_test(the_place_of_damage_is_named),
		cmocka_unit_test(a_file_that_cannot_be_written_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
