/* SPDX-License-Identifier: Apache-2.0 */
/* Segments: what was put in is in the file; a byte that changed is noticed by who needs
 * it, named, and does not hide its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "base/crc.h"
#include "historian/builder.h"
#include "historian/historian.h"
#include "historian/hours.h"
#include "historian/manifest.h"
#include "historian/root.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { POINTS = 5, FILE_MAX = 1 << 21, ID = 7 };

static const char path[] = "history/0000000000000007.seg";

typedef struct {
	twin_t *twin;
	env_t *env;
	uint8_t *bytes; /* the whole file */
	size_t len;
	segment_info_t info;
} fixture_t;

/* Point 2 has none, point 4 more than a page of blocks. */
static size_t rows_of(point_id_t point)
{
	return point == 2 ? 0 : point == 4 ? (PAGE_FAN + 2) * BLOCK_ROWS + 10 : 7;
}

static void add_row(rowset_t *set, point_id_t point, size_t i)
{
	int64_t source_ns = (int64_t)(i * 10), node_ns = (int64_t)(i * 10 + i % 3);
	uint64_t bits = i * point;
	uint8_t type = VALUE_U64, mark = mark_make(i % 5 ? QUALITY_OK : QUALITY_STALE, false);
	rows_t row = { 1, &source_ns, &node_ns, &bits, &type, &mark, { 0 }, 0 };
	OK(rowset_add(set, &row));
}

static err_t put_point(builder_t *builder, point_id_t point)
{
	rowset_t set = { 0 };
	err_t err = builder_begin(builder, point, NULL);
	for (size_t i = 0; i < rows_of(point); i++)
		add_row(&set, point, i);
	rows_t rows = rowset_rows(&set);
	if (!err)
		err = builder_add(builder, &rows);
	if (!err)
		err = builder_end(builder);
	rowset_free(&set);
	return err;
}

/* Points in another order than that of their numbers, as groups have it. */
static err_t build(fixture_t *f, uint64_t id)
{
	static const point_id_t order[] = { 5, 1, 4, 3 };
	builder_spec_t spec = { .dir = "history", .info = { .id = id }, .has_summaries = true };
	builder_t *builder = NULL;
	err_t err = builder_new(f->env, &spec, &builder);
	for (size_t i = 0; !err && i < sizeof(order) / sizeof(order[0]); i++)
		err = put_point(builder, order[i]);
	if (!err)
		err = builder_finish(builder, &f->info);
	builder_free(builder);
	return err;
}

static fixture_t fixture_make(void)
{
	fixture_t f = { .bytes = malloc(FILE_MAX) };
	assert_non_null(f.bytes);
	OK(twin_new(&(twin_spec_t){ .seed = 1 }, &f.twin));
	OK(twin_host_open(f.twin, "node", &f.env));
	OK(env_dir_make(f.env, "history"));
	OK(build(&f, ID));
	OK(env_file_load(f.env, path, f.bytes, FILE_MAX, &f.len));
	assert_int_equal(f.info.bytes, f.len);
	manifest_t manifest = { .generation = 1, .segments = &f.info, .count = 1 };
	OK(manifest_save(f.env, "history", &manifest));
	return f;
}

static void fixture_free(fixture_t *f)
{
	free(f->bytes);
	twin_free(f->twin);
}

/* ERR_OK when every block of the file can be read. */
static err_t read_all(const fixture_t *f, err_detail_t *ret_detail)
{
	uint64_t blocks = 0;
	return historian_verify(f->env, "history", &blocks, ret_detail);
}

static size_t check_block(const segment_t *segment, const page_child_t *child, point_id_t point,
                          size_t from)
{
	rowset_t want = { 0 }, got = { 0 };
	OK(segment_read(segment, child, &got));
	for (size_t i = 0; i < got.count; i++)
		add_row(&want, point, from + i);
	rows_t a = rowset_rows(&want), b = rowset_rows(&got);
	for (size_t i = 0; i < got.count; i++)
		assert_int_equal(rows_compare(&a, i, &b, i), 0);
	size_t count = got.count;
	rowset_free(&want);
	rowset_free(&got);
	return count;
}

/* Returns how many rows are below the page; recursion is two deep. */
static size_t check_page(const segment_t *segment, extent_t at, point_id_t point, size_t from)
{
	page_t page;
	size_t rows = 0;
	OK(segment_page(segment, at, &page));
	for (size_t i = 0; i < page.count; i++) {
		const page_child_t *child = &page.child[i];
		assert_true(child->has_summary);
		assert_int_equal(hours_joined(child).count, child->rows);
		size_t n = page.level ? check_page(segment, child->part[0], point, from + rows)
		                      : check_block(segment, child, point, from + rows);
		assert_int_equal(n, child->rows);
		rows += n;
	}
	return rows;
}

static void rows_come_back_by_point_and_time(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	OK(segment_open(f.env, path, &segment, &detail));
	assert_int_equal(segment_info(segment)->id, ID);
	assert_int_equal(segment_info(segment)->first_ns, 0);
	assert_int_equal(segment_info(segment)->last_ns, (int64_t)(rows_of(4) - 1) * 10);
	assert_int_equal(segment_points(segment), 4);
	assert_int_equal(segment_find(segment, 2), 4);
	assert_int_equal(segment_find(segment, POINTS + 1), 4);
	for (point_id_t p = 1; p <= POINTS; p++) {
		if (p == 2)
			continue;
		segment_point_t point = segment_point(segment, segment_find(segment, p));
		assert_int_equal(point.rows, rows_of(p));
		assert_int_equal(check_page(segment, point.root, p, 0), rows_of(p));
	}
	segment_close(segment);
	fixture_free(&f);
}

static void points_read_together_share_their_times(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	page_t one, five;
	OK(segment_open(f.env, path, &segment, &detail));
	OK(segment_page(segment, segment_point(segment, segment_find(segment, 1)).root, &one));
	OK(segment_page(segment, segment_point(segment, segment_find(segment, 5)).root, &five));
	for (block_part_t part = BLOCK_SOURCE; part < BLOCK_VALUE; part++)
		assert_int_equal(one.child[0].part[part].at, five.child[0].part[part].at);
	assert_int_not_equal(one.child[0].part[BLOCK_VALUE].at, five.child[0].part[BLOCK_VALUE].at);
	segment_close(segment);
	fixture_free(&f);
}

static void one_flipped_bit_anywhere_is_noticed(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	err_detail_t detail;
	OK(read_all(&f, &detail));
	/* Blocks are many and alike: there every 97th byte, elsewhere every byte. */
	for (size_t at = 0; at<f.len; at += at> 600 && at + 600 < f.len ? 97 : 1) {
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
	for (size_t len = 0; len<f.len; len += len> 200 && len + 200 < f.len ? 997 : 1) {
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
	f.bytes[8] = SEGMENT_VERSION + 1;
	uint32_t check = crc32c(0, slice_of(f.bytes, SEGMENT_HEAD_CRC_AT));
	writer_t w = writer_of(&f.bytes[SEGMENT_HEAD_CRC_AT], sizeof(check));
	wr_u32_le(&w, check);
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(segment_open(f.env, path, &segment, &detail), ERR_NEWER_FORMAT);
	assert_null(segment);
	const char *said = err_render(&detail, LANG_EN, text, sizeof(text));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "version 4"));
	fixture_free(&f);
}

static void a_segment_of_the_version_before_is_refused_by_name(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	err_detail_t detail;
	char text[512];
	f.bytes[8] = SEGMENT_VERSION - 1;
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(read_all(&f, &detail), ERR_CORRUPT);
	memset(&f.bytes[SEGMENT_HEAD_CRC_AT], 0, SEGMENT_HEAD - SEGMENT_HEAD_CRC_AT);
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(read_all(&f, &detail), ERR_UNSUPPORTED);
	assert_non_null(strstr(err_render(&detail, LANG_EN, text, sizeof(text)), "version 2"));
	fixture_free(&f);
}

static void the_place_of_damage_is_named(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	page_t page;
	err_detail_t detail;
	char text[512];
	OK(segment_open(f.env, path, &segment, &detail));
	OK(segment_page(segment, segment_point(segment, segment_find(segment, 1)).root, &page));
	segment_close(segment);
	f.bytes[page.child[0].part[BLOCK_VALUE].at] ^= 1;
	OK(env_file_save(f.env, path, slice_of(f.bytes, f.len)));
	assert_int_equal(read_all(&f, &detail), ERR_CORRUPT);
	const char *said = err_render(&detail, LANG_EN, text, sizeof(text));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "block 0 (point 1)"));
	fixture_free(&f);
}

static void each_block_is_proven_by_the_root_in_the_foot(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	merkle_hash_t root, led;
	root_proof_t proof;
	uint64_t blocks = 0;
	OK(segment_open(f.env, path, &segment, &detail));
	OK(root_of(segment, &root));
	assert_true(merkle_hash_eq(&root, &segment_info(segment)->root));
	assert_true(merkle_hash_eq(&root, &f.info.root));
	for (point_id_t point = 1; point <= POINTS; point++) {
		uint64_t index = 0;
		for (; !root_prove(segment, point, index, &proof); index++) {
			assert_true(root_proof_leads(&proof, segment_points(segment), &led));
			assert_true(merkle_hash_eq(&led, &root));
			assert_int_equal(proof.block.point, point);
			assert_false(root_proof_leads(&proof, segment_points(segment) * 4, &led));
			proof.block_index++;
			assert_false(root_proof_leads(&proof, segment_points(segment), &led));
		}
		assert_int_equal(root_prove(segment, point, index, &proof), ERR_NOT_FOUND);
		assert_int_equal(index, (rows_of(point) + BLOCK_ROWS - 1) / BLOCK_ROWS);
		blocks += index;
	}
	assert_int_equal(blocks, 3 + PAGE_FAN + 3);
	segment_close(segment);
	fixture_free(&f);
}

static void a_leaf_has_one_form(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	segment_t *segment = NULL;
	err_detail_t detail;
	root_proof_t proof;
	root_block_t block;
	uint8_t bytes[ROOT_BLOCK_MAX];
	OK(segment_open(f.env, path, &segment, &detail));
	OK(root_prove(segment, 4, 3, &proof));
	writer_t w = writer_of(bytes, sizeof(bytes)), again;
	root_block_write(&proof.block, &w);
	OK(root_block_read(writer_done(&w), &block));
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(root_block_read(slice_of(bytes, len), &block), ERR_MALFORMED);
	for (size_t i = 0; i < w.len * 8; i++) {
		uint8_t other[ROOT_BLOCK_MAX], out[ROOT_BLOCK_MAX];
		memcpy(other, bytes, w.len);
		other[i / 8] ^= (uint8_t)(1 << i % 8);
		if (root_block_read(slice_of(other, w.len), &block))
			continue;
		again = writer_of(out, sizeof(out));
		root_block_write(&block, &again);
		assert_int_equal(again.len, w.len);
		assert_memory_equal(out, other, w.len);
	}
	segment_close(segment);
	fixture_free(&f);
}

static void a_file_that_cannot_be_written_leaves_nothing_behind(void **state)
{
	(void)state;
	fixture_t f = fixture_make();
	for (uint64_t nth = 1; nth <= 2; nth++) {
		segment_t *segment = NULL;
		err_detail_t detail;
		twin_fail_at(f.env, nth, 1, TWIN_DISK_FULL);
		assert_int_equal(build(&f, 8), ERR_DISK_FULL);
		assert_int_equal(
			segment_open(f.env, "history/0000000000000008.seg", &segment, &detail),
			ERR_NOT_FOUND);
		assert_int_equal(env_path_remove(f.env, "history/0000000000000008.seg.tmp"),
		                 ERR_NOT_FOUND);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back_by_point_and_time),
		cmocka_unit_test(points_read_together_share_their_times),
		cmocka_unit_test(one_flipped_bit_anywhere_is_noticed),
		cmocka_unit_test(a_file_cut_anywhere_is_noticed),
		cmocka_unit_test(a_newer_version_is_refused_by_name),
		cmocka_unit_test(a_segment_of_the_version_before_is_refused_by_name),
		cmocka_unit_test(the_place_of_damage_is_named),
		cmocka_unit_test(each_block_is_proven_by_the_root_in_the_foot),
		cmocka_unit_test(a_leaf_has_one_form),
		cmocka_unit_test(a_file_that_cannot_be_written_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
