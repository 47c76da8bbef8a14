/* SPDX-License-Identifier: Apache-2.0 */
/* The historian over its journal: following, sealing, retention, full disks. */
#include "historian/fixture_test.h"

#include "historian/manifest.h"
#include "historian/memory.h"

/* About 8000 rows. */
enum { TABLE_BYTES = 208 << 10 };

static fixture_t started(void)
{
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	return f;
}

static void samples_are_seen_when_durable_and_not_before(void **state)
{
	(void)state;
	fixture_t f = started();
	sample_t sample = sample_of(3, 100, 1.5);
	sample_sink_t sink = historian_sink(f.historian);
	uint64_t seq = 0;
	OK(put(&f, &sample, 1, &seq));
	assert_true(sink.durable(sink.ctx) < seq);
	assert_int_equal(count_all(&f, 3), 0);
	settle(&f);
	assert_true(sink.durable(sink.ctx) >= seq);
	assert_int_equal(count_all(&f, 3), 1);
	fixture_free(&f);
}

static void what_could_not_be_read_back_is_refused(void **state)
{
	(void)state;
	fixture_t f = started();
	uint64_t seq = 0;
	sample_t good = sample_of(1, 1, 1), zero = sample_of(0, 1, 1);
	sample_t far = sample_of((point_id_t)MEMORY_POINTS_MAX + 1, 1, 1),
		 end = sample_of(1, INT64_MAX, 1);
	sample_t odd = sample_of(1, 1, 1);
	odd.quality = QUALITY_COUNT;
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	sample_batch_t batch = sample_rows_batch(rows);
	sample_sink_t sink = historian_sink(f.historian);
	assert_int_equal(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq), ERR_INVALID);
	assert_true(sample_rows_add(rows, &good));
	rows->type[0] = VALUE_TYPE_COUNT;
	batch = sample_rows_batch(rows);
	assert_int_equal(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq), ERR_INVALID);
	rows->type[0] = VALUE_F64;
	batch.count = SAMPLE_ROWS_MAX + 1;
	assert_int_equal(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq), ERR_INVALID);
	batch.count = 1;
	assert_int_equal(sink.append(sink.ctx, &batch, DURABLE_PARENT, &seq), ERR_UNSUPPORTED);
	const sample_t *bad[] = { &zero, &far, &end, &odd };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(put(&f, bad[i], 1, &seq), ERR_INVALID);
	assert_int_equal(seq, 0);
	free(rows);
	fixture_free(&f);
}

static void the_journal_is_followed_again_after_a_restart(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, 0, 1000);
	OK(historian_seal(f.historian));
	put_run(&f, 1, 1000, 1500);
	fixture_restart(&f);
	assert_int_equal(metric_named(&f, "table_rows"), 500);
	assert_int_equal(count_all(&f, 1), 1500);
	put_run(&f, 1, 1500, 1600);
	assert_int_equal(count_all(&f, 1), 1600);
	fixture_free(&f);
}

static void records_of_the_form_before_are_still_taken(void **state)
{
	(void)state;
	fixture_t f = started();
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	uint8_t bytes[2 * SAMPLE_ROW_BYTES_MAX + 3];
	uint64_t seq = 0;
	assert_non_null(rows);
	for (int64_t at = 0; at < 2; at++) {
		sample_t sample = sample_of(1, at, 1.5);
		assert_true(sample_rows_add(rows, &sample));
	}
	sample_batch_t batch = sample_rows_batch(rows);
	writer_t w = writer_of(bytes, sizeof(bytes));
	sample_batch_encode(&batch, &w);
	slice_t payload = writer_done(&w);
	OK(journal_append(f.journal, JOURNAL_SAMPLES, &payload, 1, &seq));
	settle(&f);
	assert_int_equal(count_all(&f, 1), 2);
	free(rows);
	fixture_free(&f);
}

static void a_full_table_is_sealed_and_the_journal_recycled(void **state)
{
	(void)state;
	fixture_t f = started();
	f.spec.table_bytes = TABLE_BYTES;
	fixture_restart(&f);
	put_run(&f, 1, 0, 4 * SAMPLE_ROWS_MAX + 1);
	assert_in_range(metric_named(&f, "seals_total"), 2, 5);
	assert_int_equal(count_all(&f, 1), 4 * SAMPLE_ROWS_MAX + 1);
	put_run(&f, 1, 20000, 60000);
	assert_true(journal_first(f.journal) > 1);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 4 * SAMPLE_ROWS_MAX + 1 + 40000);
	fixture_free(&f);
}

static void an_old_table_is_sealed(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	f.spec.seal_age_ns = 60 * NS_PER_S;
	fixture_start(&f);
	put_run(&f, 1, 0, 10);
	(void)twin_run_for(f.twin, 50 * NS_PER_S);
	assert_int_equal(metric_named(&f, "segments"), 0);
	(void)twin_run_for(f.twin, 25 * NS_PER_S);
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(metric_named(&f, "table_rows"), 0);
	assert_int_equal(count_all(&f, 1), 10);
	fixture_free(&f);
}

static void retention_drops_old_segments(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 4; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	OK(historian_retain(f.historian, 200));
	assert_int_equal(metric_named(&f, "segments"), 2);
	assert_int_equal(count_all(&f, 1), 200);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 200);
	OK(historian_retain(f.historian, 100000));
	assert_int_equal(metric_named(&f, "segments"), 0);
	assert_int_equal(count_all(&f, 1), 0);
	put_run(&f, 1, 400, 500);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 100);
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

static void files_stay_for_the_manifest_before_and_then_go(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 3; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	OK(historian_retain(f.historian, 200));
	assert_int_equal(count_files(&f), 3);
	put_run(&f, 1, 300, 400);
	OK(historian_seal(f.historian));
	assert_int_equal(count_files(&f), 2);
	OK(historian_retain(f.historian, 300));
	fixture_restart(&f);
	assert_int_equal(count_files(&f), 2);
	put_run(&f, 1, 400, 500);
	OK(historian_seal(f.historian));
	assert_int_equal(count_files(&f), 2);
	assert_int_equal(count_all(&f, 1), 200);
	fixture_free(&f);
}

typedef struct {
	fixture_t *f;
	size_t rows;
} slow_reader_t;

static bool retire_while_reading(void *ctx, const sample_t *sample)
{
	slow_reader_t *reader = ctx;
	if (reader->rows++ == 0)
		OK(historian_retain(reader->f->historian, 100000));
	return sample->point == 1;
}

static void a_reader_keeps_its_segments_while_they_are_retired(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 3; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	slow_reader_t slow = { .f = &f };
	series_reader_t reader = historian_reader(f.historian);
	series_query_t query = { .point = 1, .from_ns = 0, .to_ns = 1000 };
	OK(reader.raw(reader.ctx, &query, retire_while_reading, &slow));
	assert_int_equal(slow.rows, 300);
	assert_int_equal(count_all(&f, 1), 0);
	fixture_free(&f);
}

static void a_disk_that_is_full_delays_the_seal_and_loses_nothing(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	f.spec.table_bytes = TABLE_BYTES;
	fixture_start(&f);
	put_run(&f, 1, 0, SAMPLE_ROWS_MAX - 100);
	twin_fail_at(f.env, 1, 0, TWIN_DISK_FULL);
	assert_int_equal(historian_seal(f.historian), ERR_DISK_FULL);
	assert_int_equal(metric_named(&f, "seal_failures_total"), 1);
	assert_int_equal(count_all(&f, 1), SAMPLE_ROWS_MAX - 100);
	twin_fail_at(f.env, 0, 0, TWIN_DISK_FULL);
	put_run(&f, 1, SAMPLE_ROWS_MAX - 100, 3 * SAMPLE_ROWS_MAX);
	(void)twin_run_for(f.twin, 30 * NS_PER_S);
	assert_in_range(metric_named(&f, "seals_total"), 1, 5);
	assert_int_equal(count_all(&f, 1), 3 * SAMPLE_ROWS_MAX);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 3 * SAMPLE_ROWS_MAX);
	fixture_free(&f);
}

static void a_historian_opens_on_a_full_disk(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, 0, 3 * SAMPLE_ROWS_MAX);
	settle(&f);
	fixture_halt(&f);
	f.spec.table_bytes = TABLE_BYTES;
	fixture_boot(&f);
	twin_disk_limit(f.env, 1000);
	OK(fixture_open(&f));
	assert_in_range(count_all(&f, 1), SAMPLE_ROWS_MAX, 2 * SAMPLE_ROWS_MAX);
	twin_disk_limit(f.env, (uint64_t)1 << 40);
	(void)twin_run_for(f.twin, 30 * NS_PER_S);
	assert_int_equal(count_all(&f, 1), 3 * SAMPLE_ROWS_MAX);
	fixture_free(&f);
}

static void a_seal_repeated_after_a_failure_makes_no_row_twice(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth < 16; nth++) {
		fixture_t f = started();
		put_run(&f, 1, 0, 100);
		OK(historian_seal(f.historian));
		put_run(&f, 1, 100, 200);
		twin_fail_at(f.env, nth, 1, TWIN_DISK_FULL);
		err_t err = historian_seal(f.historian);
		assert_true(err == ERR_OK || err == ERR_DISK_FULL);
		assert_int_equal(count_all(&f, 1), 200);
		twin_fail_at(f.env, 0, 0, TWIN_DISK_FULL);
		put_run(&f, 1, 200, 300);
		OK(historian_seal(f.historian));
		assert_int_equal(count_all(&f, 1), 300);
		fixture_restart(&f);
		assert_int_equal(count_all(&f, 1), 300);
		fixture_free(&f);
	}
}

/* What is said of a folder that cannot be opened. */
static void assert_refused(fixture_t *f, err_t err, const char *said)
{
	char text[512];
	assert_int_equal(fixture_open(f), err);
	err_render(&f->detail, LANG_EN, text, sizeof(text));
	if (!strstr(text, said))
		fail_msg("%s", text);
	fixture_halt(f);
	fixture_boot(f);
}

static void folders_that_do_not_belong_together_are_refused(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, 0, 100);
	settle(&f);
	manifest_t manifest = {
		.generation = 1, .epoch = journal_epoch(f.journal), .sealed_seq = 500, .next_id = 1
	};
	fixture_halt(&f);
	fixture_boot(&f);
	OK(manifest_save(f.env, "data/history", &manifest));
	assert_refused(&f, ERR_CORRUPT, "up to 500");
	manifest.epoch++;
	OK(manifest_save(f.env, "data/history", &manifest));
	assert_refused(&f, ERR_CORRUPT, "another journal");
	fixture_free(&f);
}

static void a_manifest_lost_by_hand_is_noticed_and_takes_nothing_along(void **state)
{
	(void)state;
	fixture_t f = started();
	char path[SEGMENT_PATH_MAX];
	put_run(&f, 1, 0, 60000);
	OK(historian_seal(f.historian));
	put_run(&f, 1, 60000, 90000);
	OK(historian_seal(f.historian));
	put_run(&f, 1, 90000, 90001);
	OK(historian_seal(f.historian));
	assert_true(journal_first(f.journal) > 1);
	fixture_halt(&f);
	fixture_boot(&f);
	size_t files = count_files(&f);
	for (uint64_t generation = 1; generation < 10; generation++) {
		OK(manifest_path_of("data/history", generation, path));
		(void)!env_path_remove(f.env, path);
	}
	assert_refused(&f, ERR_CORRUPT, "begins at");
	assert_int_equal(count_files(&f), files);
	fixture_free(&f);
}

static void a_damaged_manifest_costs_a_replay(void **state)
{
	(void)state;
	fixture_t f = started();
	char path[SEGMENT_PATH_MAX];
	for (int64_t i = 0; i < 3; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	OK(manifest_path_of("data/history", 3, path));
	OK(twin_disk_flip(f.twin, "node", path, 40));
	fixture_restart(&f);
	assert_int_equal(metric_named(&f, "damaged"), 1);
	assert_int_equal(metric_named(&f, "table_rows"), 100);
	assert_int_equal(count_all(&f, 1), 300);
	OK(historian_seal(f.historian));
	fixture_restart(&f);
	assert_int_equal(metric_named(&f, "damaged"), 0);
	assert_int_equal(count_all(&f, 1), 300);
	fixture_free(&f);
}

static void a_missing_segment_is_an_error_to_who_needs_its_time(void **state)
{
	(void)state;
	fixture_t f = started();
	char path[SEGMENT_PATH_MAX];
	taken_t taken = { 0 };
	for (int64_t i = 0; i < 2; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	fixture_halt(&f);
	fixture_boot(&f);
	OK(segment_path_of("data/history", 0, path));
	OK(env_path_remove(f.env, path));
	OK(fixture_open(&f));
	assert_int_equal(metric_named(&f, "damaged"), 1);
	series_query_t query = { .point = 1, .from_ns = 0, .to_ns = 1000 };
	assert_int_equal(ask_raw(&f, &query, &taken), ERR_CORRUPT);
	query.from_ns = 100;
	OK(ask_raw(&f, &query, &taken));
	assert_int_equal(taken.count, 100);
	free(taken.rows);
	fixture_free(&f);
}

static void segments_of_the_version_before_are_refused_by_name(void **state)
{
	(void)state;
	fixture_t f = started();
	fixture_halt(&f);
	fixture_boot(&f);
	uint8_t old[16] = "JIZHUSEG\1";
	OK(env_file_save(f.env, "data/history/0000000000000001-0000000000000009.seg",
	                 slice_of(old, sizeof(old))));
	assert_refused(&f, ERR_UNSUPPORTED, "version 1");
	fixture_free(&f);
}

static void texts_come_back(void **state)
{
	(void)state;
	fixture_t f = started();
	uint64_t seq = 0;
	char bytes[32];
	sample_t sample = sample_of(1, 5, 0);
	sample.value = value_text(SLICE("running"));
	OK(put(&f, &sample, 1, &seq));
	settle(&f);
	for (int i = 0; i < 3; i++) {
		writer_t w = writer_of(bytes, sizeof(bytes));
		series_reader_t reader = historian_reader(f.historian);
		sample_t got;
		OK(reader.nearest(reader.ctx,
		                  &(series_nearest_t){ .point = 1, .at_ns = 9, .text = &w }, &got));
		assert_true(value_eq(&got.value, &sample.value));
		if (i)
			fixture_restart(&f);
		else
			OK(historian_seal(f.historian));
	}
	fixture_free(&f);
}

static void half_written_segments_are_cleared_at_open(void **state)
{
	(void)state;
	fixture_t f = started();
	OK(env_file_save(f.env, "data/history/x.seg.tmp", SLICE("half")));
	fixture_restart(&f);
	assert_int_equal(env_path_remove(f.env, "data/history/x.seg.tmp"), ERR_NOT_FOUND);
	OK(env_file_save(f.env, "data/history/00000000000000ff.seg", SLICE("orphan")));
	fixture_restart(&f);
	assert_int_equal(count_files(&f), 0);
	fixture_free(&f);
}

static void a_question_past_its_deadline_ends(void **state)
{
	(void)state;
	fixture_t f = started();
	taken_t taken = { 0 };
	put_run(&f, 1, 0, 100);
	series_query_t query = { .point = 1, .from_ns = 0, .to_ns = 1000, .deadline_ns = 1 };
	assert_int_equal(ask_raw(&f, &query, &taken), ERR_TIMEOUT);
	query.deadline_ns = 0;
	query.to_ns = 0;
	assert_int_equal(ask_raw(&f, &query, &taken), ERR_INVALID);
	query.to_ns = 1000;
	taken.stop_at = 7;
	OK(ask_raw(&f, &query, &taken));
	assert_int_equal(taken.count, 7);
	free(taken.rows);
	fixture_free(&f);
}

/* A byte of the first block of a point. */
static void flip_value(fixture_t *f, const char *path, point_id_t point)
{
	segment_t *segment = NULL;
	page_t page;
	OK(segment_open(f->env, path, &segment, &f->detail));
	OK(segment_page(segment, segment_point(segment, segment_find(segment, point)).root, &page));
	segment_close(segment);
	OK(twin_disk_flip(f->twin, "node", path, page.child[0].part[BLOCK_VALUE].at));
}

static void a_damaged_block_is_said_and_not_skipped(void **state)
{
	(void)state;
	fixture_t f = started();
	taken_t taken = { 0 };
	put_run(&f, 1, 0, 100);
	OK(historian_seal(f.historian));
	put_run(&f, 2, 0, 100);
	OK(historian_seal(f.historian));
	flip_value(&f, "data/history/0000000000000000.seg", 1);
	fixture_restart(&f);
	series_query_t query = { .point = 1, .from_ns = 0, .to_ns = 1000 };
	assert_int_equal(ask_raw(&f, &query, &taken), ERR_CORRUPT);
	assert_int_equal(count_all(&f, 2), 100);
	free(taken.rows);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_seen_when_durable_and_not_before),
		cmocka_unit_test(what_could_not_be_read_back_is_refused),
		cmocka_unit_test(the_journal_is_followed_again_after_a_restart),
		cmocka_unit_test(records_of_the_form_before_are_still_taken),
		cmocka_unit_test(a_full_table_is_sealed_and_the_journal_recycled),
		cmocka_unit_test(an_old_table_is_sealed),
		cmocka_unit_test(retention_drops_old_segments),
		cmocka_unit_test(files_stay_for_the_manifest_before_and_then_go),
		cmocka_unit_test(a_reader_keeps_its_segments_while_they_are_retired),
		cmocka_unit_test(a_disk_that_is_full_delays_the_seal_and_loses_nothing),
		cmocka_unit_test(a_historian_opens_on_a_full_disk),
		cmocka_unit_test(a_seal_repeated_after_a_failure_makes_no_row_twice),
		cmocka_unit_test(folders_that_do_not_belong_together_are_refused),
		cmocka_unit_test(a_manifest_lost_by_hand_is_noticed_and_takes_nothing_along),
		cmocka_unit_test(a_damaged_manifest_costs_a_replay),
		cmocka_unit_test(a_missing_segment_is_an_error_to_who_needs_its_time),
		cmocka_unit_test(segments_of_the_version_before_are_refused_by_name),
		cmocka_unit_test(texts_come_back),
		cmocka_unit_test(half_written_segments_are_cleared_at_open),
		cmocka_unit_test(a_question_past_its_deadline_ends),
		cmocka_unit_test(a_damaged_block_is_said_and_not_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
