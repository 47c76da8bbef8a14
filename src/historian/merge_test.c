/* SPDX-License-Identifier: Apache-2.0 */
/* Merges: what was sealed in pieces becomes one segment of each window, at the right
 * time, in small steps, and whatever fails on the way loses nothing. */
#include "historian/fixture_test.h"

#include "historian/segment.h"

enum { DAY = 10000 };

static fixture_t started(void)
{
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	fixture_start(&f);
	return f;
}

static void put_sealed(fixture_t *f, point_id_t point, int64_t from, int64_t to)
{
	put_run(f, point, from, to);
	OK(historian_seal(f->historian));
}

static void a_window_becomes_one_segment(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 3; i++)
		put_sealed(&f, 1, i * 1000, i * 1000 + 1000);
	OK(historian_merge(f.historian));
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(count_all(&f, 1), 3000);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 3000);
	fixture_free(&f);
}

static void rows_of_several_windows_are_parted(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, -2 * DAY - 5, -2 * DAY + 5);
	put_run(&f, 1, 5 * DAY - 5, 5 * DAY + 5);
	put_run(&f, 2, 900 * DAY, 900 * DAY + 3);
	put_run(&f, 3, INT64_MAX - 3, INT64_MAX);
	put_run(&f, 3, INT64_MIN, INT64_MIN + 3);
	OK(historian_merge(f.historian));
	assert_int_equal(metric_named(&f, "segments"), 7);
	assert_int_equal(count_all(&f, 1), 20);
	assert_int_equal(count_all(&f, 2), 3);
	assert_int_equal(count_all(&f, 3), 6);
	fixture_free(&f);
}

static void late_rows_find_their_place(void **state)
{
	(void)state;
	fixture_t f = started();
	put_sealed(&f, 1, 0, 3000);
	OK(historian_merge(f.historian));
	sample_t late = sample_of(1, 1500, 7);
	uint64_t seq = 0;
	late.node.ns = 9000;
	OK(put(&f, &late, 1, &seq));
	settle(&f);
	OK(historian_merge(f.historian));
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(count_all(&f, 1), 3001);
	taken_t taken = { 0 };
	OK(ask_raw(&f, &(series_query_t){ .point = 1, .from_ns = 1500, .to_ns = 1501 }, &taken));
	assert_int_equal(taken.count, 2);
	assert_false(taken.rows[0].is_late);
	assert_true(taken.rows[1].is_late);
	free(taken.rows);
	fixture_free(&f);
}

static void several_new_segments_are_merged_on_the_loop(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 4; i++)
		put_sealed(&f, 1, i * 1000, i * 1000 + 1000);
	(void)twin_run_for(f.twin, 11 * NS_PER_S);
	assert_int_equal(metric_named(&f, "merges_total"), 1);
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(count_all(&f, 1), 4000);
	fixture_free(&f);
}

static void count_file(void *ctx, const char *name)
{
	*(size_t *)ctx += slice_ends(slice_str(name), SLICE(".seg"));
}

static size_t count_files(fixture_t *f)
{
	size_t files = 0;
	OK(env_dir_list(f->env, "data/history", count_file, &files));
	return files;
}

static void when_nobody_writes_all_is_put_together(void **state)
{
	(void)state;
	fixture_t f = started();
	put_sealed(&f, 1, 0, 1000);
	put_sealed(&f, 1, 1000, 2000);
	(void)twin_run_for(f.twin, NS_PER_S);
	assert_int_equal(metric_named(&f, "segments"), 2);
	(void)twin_run_for(f.twin, 10 * NS_PER_S);
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(count_files(&f), 1);
	fixture_free(&f);
}

static void a_merge_that_fails_loses_nothing(void **state)
{
	(void)state;
	static const twin_fault_t faults[] = { TWIN_IO_ERROR, TWIN_DISK_FULL, TWIN_SHORT_WRITE };
	for (uint64_t nth = 1; nth < 40; nth++) {
		fixture_t f = started();
		for (int64_t i = 0; i < 3; i++)
			put_sealed(&f, 1 + (point_id_t)i, i * DAY - 500, i * DAY + 500);
		twin_fail_at(f.env, nth, 1, faults[nth % 3]);
		err_t err = historian_merge(f.historian);
		for (point_id_t p = 1; p <= 3; p++)
			assert_int_equal(count_all(&f, p), 1000);
		twin_fail_at(f.env, 0, 0, TWIN_IO_ERROR);
		/* What is on disk is as good as what is in memory. */
		if (nth % 2 == 0)
			fixture_restart(&f);
		OK(historian_merge(f.historian));
		assert_true(!err || metric_named(&f, "segments") == 4);
		for (point_id_t p = 1; p <= 3; p++)
			assert_int_equal(count_all(&f, p), 1000);
		fixture_restart(&f);
		for (point_id_t p = 1; p <= 3; p++)
			assert_int_equal(count_all(&f, p), 1000);
		fixture_free(&f);
	}
}

static void retention_takes_what_a_merge_was_reading(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 4; i++)
		put_sealed(&f, 1, i * DAY, i * DAY + 1000);
	/* The first step of a merge. */
	put_run(&f, 2, 0, 10);
	(void)twin_run_for(f.twin, 10 * NS_PER_S + NS_PER_US);
	OK(historian_retain(f.historian, 2 * DAY));
	OK(historian_merge(f.historian));
	assert_int_equal(count_all(&f, 1), 2000);
	fixture_free(&f);
}

static void a_damaged_block_does_not_keep_others_from_being_merged(void **state)
{
	(void)state;
	for (block_part_t part = BLOCK_SOURCE; part < BLOCK_PARTS; part++) {
		fixture_t f = started();
		segment_t *segment = NULL;
		page_t page;
		char path[SEGMENT_PATH_MAX];
		for (int64_t i = 0; i < 3; i++)
			put_sealed(&f, 1, i * 1000, i * 1000 + 1000);
		OK(segment_path_of("data/history", 1, path));
		OK(segment_open(f.env, path, &segment, &f.detail));
		OK(segment_page(segment, segment_point(segment, 0).root, &page));
		segment_close(segment);
		OK(twin_disk_flip(f.twin, "node", path, page.child[0].part[part].at));
		fixture_restart(&f);
		assert_int_equal(historian_merge(f.historian), ERR_CORRUPT);
		OK(historian_merge(f.historian));
		assert_int_equal(metric_named(&f, "segments"), 2);
		assert_int_equal(metric_named(&f, "damaged"), 1);
		taken_t taken = { 0 };
		series_query_t query = { .point = 1, .from_ns = 2000, .to_ns = 9000 };
		OK(ask_raw(&f, &query, &taken));
		assert_int_equal(taken.count, 1000);
		query.from_ns = 1500;
		assert_int_equal(ask_raw(&f, &query, &taken), ERR_CORRUPT);
		free(taken.rows);
		fixture_free(&f);
	}
}

static point_traits_t traits_of(void *ctx, point_id_t point)
{
	(void)ctx;
	return (point_traits_t){ .class = point == 2 };
}

static point_traits_t traits_of_a_changing_class(void *ctx, point_id_t point)
{
	const uint8_t *class_of_first = ctx;
	return (point_traits_t){ .class = point == 1 ? *class_of_first : 0 };
}

static void rows_of_a_point_whose_class_has_changed_are_kept(void **state)
{
	(void)state;
	uint8_t class = 0;
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	f.spec.traits = traits_of_a_changing_class;
	f.spec.traits_ctx = &class;
	fixture_start(&f);
	for (point_id_t p = 1; p <= 2; p++)
		put_run(&f, p, 0, 1000);
	OK(historian_merge(f.historian));
	class = 1;
	put_run(&f, 2, 1000, 3000);
	OK(historian_merge(f.historian));
	assert_int_equal(count_all(&f, 1), 1000);
	assert_int_equal(count_all(&f, 2), 3000);
	fixture_free(&f);
}

static void classes_of_points_are_kept_for_times_of_their_own(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	f.spec.traits = traits_of;
	fixture_start(&f);
	int64_t now = env_utc(f.env).ns / DAY * DAY;
	for (point_id_t p = 1; p <= 2; p++)
		put_run(&f, p, now - 3 * DAY, now - 3 * DAY + 100);
	OK(historian_merge(f.historian));
	assert_int_equal(metric_named(&f, "segments"), 2);
	historian_keep(f.historian, DAY);
	historian_keep_class(f.historian, 1, 3600 * NS_PER_S);
	(void)twin_run_for(f.twin, 11 * NS_PER_S);
	assert_int_equal(count_all(&f, 1), 0);
	assert_int_equal(count_all(&f, 2), 100);
	historian_keep_class(f.historian, 1, 0);
	(void)twin_run_for(f.twin, 11 * NS_PER_S);
	assert_int_equal(count_all(&f, 2), 0);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_becomes_one_segment),
		cmocka_unit_test(rows_of_several_windows_are_parted),
		cmocka_unit_test(late_rows_find_their_place),
		cmocka_unit_test(several_new_segments_are_merged_on_the_loop),
		cmocka_unit_test(when_nobody_writes_all_is_put_together),
		cmocka_unit_test(a_merge_that_fails_loses_nothing),
		cmocka_unit_test(a_damaged_block_does_not_keep_others_from_being_merged),
		cmocka_unit_test(rows_of_a_point_whose_class_has_changed_are_kept),
		cmocka_unit_test(classes_of_points_are_kept_for_times_of_their_own),
		cmocka_unit_test(retention_takes_what_a_merge_was_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
