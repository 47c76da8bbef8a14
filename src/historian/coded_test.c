/* SPDX-License-Identifier: Apache-2.0 */
/* What is old is written once more, coded: smaller, the same to who asks, and as safe as
 * what is not. */
#include "historian/fixture_test.h"

#include "historian/segment.h"

enum { DAY = 4000, DAYS = 4, ROWS = DAYS * DAY, FILE_MAX_BYTES = 1 << 18 };

static double walk_at(int64_t at)
{
	uint64_t x = (uint64_t)at * 0x9E3779B97F4A7C15;
	x ^= x >> 29;
	x *= 0xBF58476D1CE4E5B9;
	/* One step up or down in seven. */
	int64_t step = (int64_t)(x >> 33) % 7;
	return (double)(at % 300) + (step == 1 ? 1 : step == 2 ? -1 : 0);
}

static void put_walk(fixture_t *f, point_id_t point, int64_t from, int64_t to)
{
	sample_t samples[100];
	for (int64_t at = from; at < to;) {
		uint64_t seq = 0;
		size_t n = 0;
		for (; n < 100 && at < to; at++)
			samples[n++] = sample_of(point, at, walk_at(at));
		OK(put(f, samples, n, &seq));
		settle(f);
	}
}

static bool check_row(void *ctx, const sample_t *sample)
{
	int64_t *next = ctx;
	assert_int_equal(sample->source.ns, *next);
	assert_true(sample->value.as.f == walk_at(*next));
	++*next;
	return true;
}

/* All the days of a point as they were put, or an error. */
static err_t read_walk(fixture_t *f, point_id_t point)
{
	int64_t next = 0;
	series_reader_t reader = historian_reader(f->historian);
	series_query_t query = { .point = point, .from_ns = 0, .to_ns = ROWS };
	err_t err = reader.raw(reader.ctx, &query, check_row, &next);
	if (!err)
		assert_int_equal(next, ROWS);
	return err;
}

static fixture_t filled(int64_t pack_after_ns)
{
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	f.spec.pack_after_ns = pack_after_ns;
	fixture_start(&f);
	for (point_id_t p = 1; p <= 2; p++)
		put_walk(&f, p, 0, ROWS);
	return f;
}

typedef struct {
	fixture_t *f;
	size_t coded, others;
	char path[SEGMENT_PATH_MAX]; /* of one that is coded */
} files_t;

static void look_at_file(void *ctx, const char *name)
{
	files_t *files = ctx;
	segment_t *segment = NULL;
	char path[SEGMENT_PATH_MAX];
	if (!slice_ends(slice_str(name), SLICE(".seg")))
		return;
	OK(env_path_join("data/history", name, path, sizeof(path)));
	OK(segment_open(files->f->env, path, &segment, &files->f->detail));
	if (segment_info(segment)->is_coded)
		memcpy(files->path, path, sizeof(path));
	files->coded += segment_info(segment)->is_coded;
	files->others += !segment_info(segment)->is_coded;
	segment_close(segment);
}

static files_t look_at_files(fixture_t *f)
{
	files_t files = { .f = f };
	OK(env_dir_list(f->env, "data/history", look_at_file, &files));
	return files;
}

static void what_is_old_is_smaller_and_the_same(void **state)
{
	(void)state;
	fixture_t f = filled(0);
	OK(historian_merge(f.historian));
	int64_t packed = metric_named(&f, "segment_bytes");
	assert_int_equal(look_at_files(&f).coded, 0);
	fixture_free(&f);
	/* The newest row is at the end of the last day, two days behind the end of the second. */
	f = filled(DAY + DAY / 2);
	OK(historian_merge(f.historian));
	files_t files = look_at_files(&f);
	assert_int_equal(files.coded, 2);
	assert_int_equal(files.others, 2);
	assert_in_range(metric_named(&f, "segment_bytes"), packed / 2, packed * 92 / 100);
	for (point_id_t p = 1; p <= 2; p++)
		OK(read_walk(&f, p));
	fixture_restart(&f);
	for (point_id_t p = 1; p <= 2; p++)
		OK(read_walk(&f, p));
	fixture_free(&f);
}

static void it_is_written_once_more_and_not_again(void **state)
{
	(void)state;
	fixture_t f = filled(DAY / 2);
	OK(historian_merge(f.historian));
	int64_t merges = metric_named(&f, "merges_total");
	for (int i = 0; i < 3; i++) {
		OK(historian_merge(f.historian));
		(void)twin_run_for(f.twin, 70 * NS_PER_S);
		fixture_restart(&f);
		OK(historian_merge(f.historian));
		assert_int_equal(metric_named(&f, "merges_total"), 0);
	}
	assert_true(merges > 0);
	assert_int_equal(look_at_files(&f).coded, DAYS - 1);
	fixture_free(&f);
}

static void a_window_grows_old_while_the_node_works(void **state)
{
	(void)state;
	fixture_t f = filled(2 * DAY);
	OK(historian_merge(f.historian));
	assert_int_equal(look_at_files(&f).coded, 1);
	put_walk(&f, 3, ROWS, ROWS + 2 * DAY);
	OK(historian_seal(f.historian));
	(void)twin_run_for(f.twin, 20 * NS_PER_S);
	assert_int_equal(look_at_files(&f).coded, 3);
	OK(read_walk(&f, 1));
	fixture_free(&f);
}

static void what_comes_late_to_what_is_old_is_coded_with_it(void **state)
{
	(void)state;
	fixture_t f = filled(DAY);
	OK(historian_merge(f.historian));
	sample_t late = sample_of(1, 1500, 7);
	uint64_t seq = 0;
	late.node.ns = 9000;
	OK(put(&f, &late, 1, &seq));
	settle(&f);
	OK(historian_merge(f.historian));
	assert_int_equal(metric_named(&f, "segments"), DAYS);
	assert_int_equal(look_at_files(&f).coded, 2);
	assert_int_equal(count_all(&f, 1), ROWS + 1);
	fixture_free(&f);
}

static point_traits_t traits_of(void *ctx, point_id_t point)
{
	const uint8_t *class_of_first = ctx;
	return (point_traits_t){ .class = point == 1 ? *class_of_first : 0 };
}

static void a_point_whose_class_has_changed_is_written_too(void **state)
{
	(void)state;
	uint8_t class = 0;
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	f.spec.traits = traits_of;
	f.spec.traits_ctx = &class;
	fixture_start(&f);
	for (point_id_t p = 1; p <= 2; p++)
		put_walk(&f, p, 0, ROWS);
	OK(historian_merge(f.historian));
	class = 1;
	f.spec.pack_after_ns = DAY;
	fixture_restart(&f);
	OK(historian_merge(f.historian));
	assert_int_equal(look_at_files(&f).coded, 2);
	for (point_id_t p = 1; p <= 2; p++)
		OK(read_walk(&f, p));
	fixture_free(&f);
}

static void writing_it_again_that_fails_loses_nothing(void **state)
{
	(void)state;
	static const twin_fault_t faults[] = { TWIN_IO_ERROR, TWIN_DISK_FULL, TWIN_SHORT_WRITE };
	fixture_t f = filled(0);
	OK(historian_merge(f.historian));
	f.spec.pack_after_ns = DAY / 2;
	for (uint64_t nth = 1; nth < 16; nth++) {
		fixture_restart(&f);
		twin_fail_at(f.env, nth, 1, faults[nth % 3]);
		err_t err = historian_merge(f.historian);
		twin_fail_at(f.env, 0, 0, TWIN_IO_ERROR);
		OK(read_walk(&f, 1));
		if (!err)
			break;
	}
	OK(historian_merge(f.historian));
	assert_int_equal(look_at_files(&f).coded, DAYS - 1);
	OK(read_walk(&f, 2));
	fixture_free(&f);
}

static void a_byte_that_changes_is_found_and_the_rest_is_saved(void **state)
{
	(void)state;
	size_t answered = 0;
	rng_t rng = rng_of(3);
	for (int trial = 0; trial < 12; trial++) {
		fixture_t f = filled(DAY / 2);
		historian_salvage_t tally = { 0 };
		uint64_t blocks = 0;
		OK(historian_merge(f.historian));
		files_t files = look_at_files(&f);
		uint8_t bytes[FILE_MAX_BYTES];
		size_t len = 0;
		OK(env_file_load(f.env, files.path, bytes, sizeof(bytes), &len));
		fixture_halt(&f);
		fixture_boot(&f);
		OK(twin_disk_flip(f.twin, "node", files.path, rng_below(&rng, len)));
		assert_int_equal(historian_verify(f.env, "data/history", &blocks, &f.detail),
		                 ERR_CORRUPT);
		OK(fixture_open(&f));
		for (point_id_t p = 1; p <= 2; p++) {
			err_t err = read_walk(&f, p);
			assert_true(!err || err == ERR_CORRUPT);
			answered += !err;
		}
		OK(historian_salvage(f.env, "data/history", "data/saved", &tally, &f.detail));
		OK(historian_verify(f.env, "data/saved", &blocks, &f.detail));
		assert_int_equal(tally.kept_rows + tally.lost_rows, 2 * ROWS);
		assert_in_range(tally.kept_rows, 1, 2 * ROWS - 1);
		fixture_free(&f);
	}
	assert_in_range(answered, 1, 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_old_is_smaller_and_the_same),
		cmocka_unit_test(it_is_written_once_more_and_not_again),
		cmocka_unit_test(a_window_grows_old_while_the_node_works),
		cmocka_unit_test(what_comes_late_to_what_is_old_is_coded_with_it),
		cmocka_unit_test(a_point_whose_class_has_changed_is_written_too),
		cmocka_unit_test(writing_it_again_that_fails_loses_nothing),
		cmocka_unit_test(a_byte_that_changes_is_found_and_the_rest_is_saved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
