/* SPDX-License-Identifier: Apache-2.0 */
/* The historian over its journal: following, sealing, retention, full disks. */
#include "historian/fixture_test.h"

#include "historian/segment.h"

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
	sample_t far = sample_of(MEMORY_POINTS_MAX + 1, 1, 1), end = sample_of(1, INT64_MAX, 1);
	sample_t odd = sample_of(1, 1, 1);
	odd.quality = QUALITY_COUNT;
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	sample_batch_t batch = sample_rows_batch(rows);
	sample_sink_t sink = historian_sink(f.historian);
	assert_int_equal(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq), ERR_INVALID);
	assert_true(sample_rows_add(rows, &good));
	rows->type[0] = VALUE_TEXT;
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
	f.spec.table_bytes = 1; /* as small as it gets */
	fixture_restart(&f);
	put_run(&f, 1, 0, 4 * SAMPLE_ROWS_MAX + 1);
	assert_in_range(metric_named(&f, "seals_total"), 3, 5);
	assert_int_equal(count_all(&f, 1), 4 * SAMPLE_ROWS_MAX + 1);
	put_run(&f, 1, 20000, 40000);
	assert_true(journal_first(f.journal) > 1);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 4 * SAMPLE_ROWS_MAX + 1 + 20000);
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

static void retention_drops_old_segments_but_the_last(void **state)
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
	OK(historian_retain(f.historian, 100000));
	assert_int_equal(metric_named(&f, "segments"), 1);
	assert_int_equal(metric_named(&f, "retired_segments_total"), 3);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 100);
	put_run(&f, 1, 400, 500);
	assert_int_equal(count_all(&f, 1), 200);
	fixture_free(&f);
}

static void a_segment_already_gone_does_not_stop_retention(void **state)
{
	(void)state;
	fixture_t f = started();
	for (int64_t i = 0; i < 3; i++) {
		put_run(&f, 1, i * 100, i * 100 + 100);
		OK(historian_seal(f.historian));
	}
	OK(env_path_remove(f.env, "data/history/0000000000000001-0000000000000001.seg"));
	OK(historian_retain(f.historian, 150));
	assert_int_equal(metric_named(&f, "segments"), 2);
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
	assert_int_equal(count_all(&f, 1), 100);
	fixture_free(&f);
}

static void a_disk_that_is_full_delays_the_seal_and_loses_nothing(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	f.spec.table_bytes = 1;
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
	f.spec.table_bytes = 1;
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
	fixture_t f = started();
	put_run(&f, 1, 0, 100);
	OK(historian_seal(f.historian));
	put_run(&f, 1, 100, 200);
	/* What a seal leaves whose folder could not be synced. */
	memory_t *table = memory_new(0);
	sample_t sample = sample_of(1, 100, 100);
	assert_non_null(table);
	OK(memory_reserve(table, 1, 1));
	memory_add(table, &sample);
	put_run(&f, 1, 200, 300);
	OK(historian_seal(f.historian));
	OK(segment_write(f.env, "data/history", table, 2, 2));
	memory_free(table);
	fixture_restart(&f);
	assert_int_equal(count_all(&f, 1), 300);
	assert_int_equal(metric_named(&f, "segments"), 2);
	fixture_free(&f);
}

static void folders_that_do_not_belong_together_are_refused(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, 0, 100);
	settle(&f);
	fixture_halt(&f);
	fixture_boot(&f);
	memory_t *table = memory_new(0);
	sample_t sample = sample_of(1, 1, 1);
	assert_non_null(table);
	OK(memory_reserve(table, 1, 1));
	memory_add(table, &sample);
	OK(segment_write(f.env, "data/history", table, 1, 500));
	assert_int_equal(fixture_open(&f), ERR_CORRUPT);
	char text[512];
	assert_non_null(strstr(err_render(&f.detail, LANG_EN, text, sizeof(text)), "up to 500"));
	fixture_halt(&f);
	fixture_boot(&f);
	OK(segment_write(f.env, "data/history", table, 400, 600));
	assert_int_equal(fixture_open(&f), ERR_CORRUPT);
	assert_non_null(strstr(err_render(&f.detail, LANG_EN, text, sizeof(text)), "overlaps"));
	memory_free(table);
	fixture_free(&f);
}

static void segments_lost_by_hand_are_noticed_at_open(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 1, 0, 60000);
	OK(historian_seal(f.historian));
	uint64_t last = journal_last(f.journal);
	char path[SEGMENT_PATH_MAX];
	assert_true(journal_first(f.journal) > 1);
	fixture_halt(&f);
	fixture_boot(&f);
	OK(segment_path_of("data/history", 1, last, path));
	OK(env_path_remove(f.env, path));
	assert_int_equal(fixture_open(&f), ERR_CORRUPT);
	char text[512];
	assert_non_null(strstr(err_render(&f.detail, LANG_EN, text, sizeof(text)), "begins at"));
	fixture_free(&f);
}

static void half_written_segments_are_cleared_at_open(void **state)
{
	(void)state;
	fixture_t f = started();
	OK(env_file_save(f.env, "data/history/x.seg.tmp", SLICE("half")));
	fixture_restart(&f);
	assert_int_equal(env_path_remove(f.env, "data/history/x.seg.tmp"), ERR_NOT_FOUND);
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

static void a_damaged_block_is_said_and_not_skipped(void **state)
{
	(void)state;
	fixture_t f = started();
	taken_t taken = { 0 };
	put_run(&f, 1, 0, 100);
	OK(historian_seal(f.historian));
	OK(twin_disk_flip(f.twin, "node", "data/history/0000000000000001-0000000000000001.seg",
	                  160));
	fixture_restart(&f);
	series_query_t query = { .point = 1, .from_ns = 0, .to_ns = 1000 };
	assert_int_equal(ask_raw(&f, &query, &taken), ERR_CORRUPT);
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
		cmocka_unit_test(retention_drops_old_segments_but_the_last),
		cmocka_unit_test(a_segment_already_gone_does_not_stop_retention),
		cmocka_unit_test(a_reader_keeps_its_segments_while_they_are_retired),
		cmocka_unit_test(a_disk_that_is_full_delays_the_seal_and_loses_nothing),
		cmocka_unit_test(a_historian_opens_on_a_full_disk),
		cmocka_unit_test(a_seal_repeated_after_a_failure_makes_no_row_twice),
		cmocka_unit_test(folders_that_do_not_belong_together_are_refused),
		cmocka_unit_test(segments_lost_by_hand_are_noticed_at_open),
		cmocka_unit_test(half_written_segments_are_cleared_at_open),
		cmocka_unit_test(a_question_past_its_deadline_ends),
		cmocka_unit_test(a_damaged_block_is_said_and_not_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
