/* SPDX-License-Identifier: Apache-2.0 */
/* From durable to seen: who waits for a sequence is rung when readers see it, or when
 * following is held up. */
#include "historian/fixture_test.h"

#include "historian/state.h"

/* About 8000 rows; ten batches or so. */
enum { TABLE_BYTES = 208 << 10, BATCH_ROWS = 1000, BATCHES = 40, SEEDS = 40, WAIT_S = 60 };
/* Sheets of one point, and the most rows that a step may merge. */
enum { SHEET_BATCHES = 75, SHEETS = 4, STEP_ROWS = 70 << 10, SMALL_TABLE_BYTES = 16 << 10 };

typedef struct {
	fixture_t f;
	env_loop_t *loop;
	env_mailbox_t *mail;
	unsigned rings;
	unsigned waits; /* how often readers had not followed yet */
} asker_t;

static void on_ring(void *ctx)
{
	asker_t *a = ctx;
	uint64_t seq;
	while (env_mailbox_take(a->mail, &seq))
		a->rings++;
}

static void asker_open(asker_t *a, uint64_t seed, size_t table_bytes)
{
	*a = (asker_t){ .f = fixture_make(seed) };
	a->f.spec.table_bytes = table_bytes;
	fixture_start(&a->f);
	OK(env_loop_new(a->f.env, "asker", ENV_LOOP_EVENTS, &a->loop));
	env_mailbox_spec_t mail = {
		"seen", a->loop, sizeof(uint64_t), 2, ENV_FULL_DROP, on_ring, a
	};
	OK(env_mailbox_new(&mail, &a->mail));
	historian_ring(a->f.historian, a->mail);
	OK(env_loop_start(a->loop));
}

static void asker_close(asker_t *a)
{
	env_loop_stop(a->loop);
	historian_ring(a->f.historian, NULL);
	env_mailbox_free(a->mail);
	env_loop_free(a->loop);
	fixture_free(&a->f);
}

static uint64_t append(asker_t *a, int64_t batch)
{
	static sample_t samples[BATCH_ROWS];
	uint64_t seq = 0;
	for (int64_t i = 0; i < BATCH_ROWS; i++)
		samples[i] = sample_of(1, batch * BATCH_ROWS + i, 1);
	OK(put(&a->f, samples, BATCH_ROWS, &seq));
	return seq;
}

/* As a writer is answered: nothing but that it is durable. */
static void acknowledge(asker_t *a, uint64_t seq)
{
	sample_sink_t sink = historian_sink(a->f.historian);
	while (sink.durable(sink.ctx) < seq && twin_step(a->f.twin))
		;
	assert_true(sink.durable(sink.ctx) >= seq);
}

/* As who asks waits: once for each ring, not by looking again and again. */
static void await(asker_t *a, uint64_t seq)
{
	int64_t end_ns = env_now(a->f.env) + WAIT_S * NS_PER_S;
	while (historian_awaits(a->f.historian, seq)) {
		unsigned before = a->rings;
		a->waits++;
		while (a->rings == before && env_now(a->f.env) < end_ns && twin_step(a->f.twin))
			;
		assert_true(a->rings > before);
	}
}

static void what_is_acknowledged_is_in_every_answer_after_it(void **state)
{
	(void)state;
	unsigned waits = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		asker_t a;
		asker_open(&a, seed, TABLE_BYTES);
		sample_sink_t sink = historian_sink(a.f.historian);
		for (int64_t batch = 0; batch < BATCHES; batch++) {
			uint64_t seq = append(&a, batch);
			acknowledge(&a, seq);
			await(&a, seq);
			assert_true(sink.seen(sink.ctx) >= seq);
			assert_int_equal(count_all(&a.f, 1), (batch + 1) * BATCH_ROWS);
		}
		assert_in_range(metric_named(&a.f, "seals_total"), 2, BATCHES);
		waits += a.waits;
		asker_close(&a);
	}
	assert_true(waits > 0);
}

static void while_somebody_waits_a_turn_merges_a_part_of_a_point(void **state)
{
	(void)state;
	asker_t a;
	int64_t merged = 0, rows = (int64_t)SHEETS * SHEET_BATCHES * BATCH_ROWS;
	asker_open(&a, 7, 0);
	for (size_t sheet = 0; sheet < SHEETS; sheet++) {
		for (int64_t batch = 0; batch < SHEET_BATCHES; batch++)
			await(&a, append(&a, batch));
		OK(historian_seal(a.f.historian));
	}
	uint64_t seq = append(&a, 0);
	assert_true(historian_awaits(a.f.historian, seq));
	while (metric_named(&a.f, "merges_total") == 0) {
		historian_tidy(a.f.historian);
		int64_t more = metric_named(&a.f, "merged_rows_total") - merged;
		assert_in_range(more, 0, STEP_ROWS);
		merged += more;
	}
	assert_int_equal(merged, rows);
	await(&a, seq);
	assert_int_equal(count_all(&a.f, 1), rows + BATCH_ROWS);
	asker_close(&a);
}

static void a_turn_seals_once_however_much_is_durable(void **state)
{
	(void)state;
	asker_t a;
	uint64_t seq = 0;
	asker_open(&a, 7, SMALL_TABLE_BYTES);
	sample_sink_t sink = historian_sink(a.f.historian);
	for (int64_t batch = 0; batch < 10; batch++)
		seq = append(&a, batch);
	while (sink.seen(sink.ctx) < seq) {
		int64_t seals = metric_named(&a.f, "seals_total");
		assert_true(twin_step(a.f.twin));
		assert_in_range(metric_named(&a.f, "seals_total") - seals, 0, 1);
	}
	assert_in_range(metric_named(&a.f, "seals_total"), 3, 10);
	assert_int_equal(count_all(&a.f, 1), 10 * BATCH_ROWS);
	asker_close(&a);
}

static void what_is_awaited_goes_before_the_next_part_of_a_merge(void **state)
{
	(void)state;
	asker_t a;
	asker_open(&a, 7, 0);
	sample_sink_t sink = historian_sink(a.f.historian);
	for (int64_t batch = 0; batch < SHEETS; batch++) {
		await(&a, append(&a, batch));
		OK(historian_seal(a.f.historian));
	}
	uint64_t seq = append(&a, 0);
	acknowledge(&a, seq);
	assert_true(historian_awaits(a.f.historian, seq));
	/* As the timer, which may come before the mail. */
	historian_tidy(a.f.historian);
	assert_true(sink.seen(sink.ctx) >= seq);
	assert_false(historian_awaits(a.f.historian, seq));
	assert_int_equal(count_all(&a.f, 1), (SHEETS + 1) * BATCH_ROWS);
	asker_close(&a);
}

static bool is_listed(void *ctx, const historian_edit_t *edit)
{
	*(int64_t *)ctx = edit->at_ns;
	return true;
}

static void an_edit_that_is_acknowledged_is_awaited_alike(void **state)
{
	(void)state;
	static const caller_t engineer = { .role = ROLE_ENGINEER };
	unsigned waits = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		asker_t a;
		historian_made_t made = { 0 };
		int64_t listed_ns = 0;
		historian_edit_t edit = { .kind = HISTORIAN_DELETE,
			                  .point = 1,
			                  .from_ns = 10,
			                  .to_ns = 30,
			                  .reason = SLICE("sensor was out") };
		asker_open(&a, seed, TABLE_BYTES);
		await(&a, append(&a, 0));
		settle(&a.f);
		OK(historian_edit(a.f.historian, &engineer, &edit, 1, &made));
		acknowledge(&a, made.seq);
		await(&a, made.seq);
		OK(historian_edits(a.f.historian, &(series_query_t){ .point = 1, .to_ns = 100 },
		                   is_listed, &listed_ns));
		assert_true(listed_ns == made.at_ns);
		assert_int_equal(count_all(&a.f, 1), BATCH_ROWS - 20);
		waits += a.waits;
		asker_close(&a);
	}
	assert_true(waits > 0);
}

static void nobody_waits_for_a_seal_that_is_late(void **state)
{
	(void)state;
	asker_t a;
	uint64_t seq = 0;
	int64_t batch = 0;
	asker_open(&a, 7, TABLE_BYTES);
	sample_sink_t sink = historian_sink(a.f.historian);
	twin_fail_at(a.f.env, 0, 0, TWIN_DISK_FULL);
	while (metric_named(&a.f, "seal_failures_total") == 0 && batch < BATCHES) {
		/* The disk is full for the seal alone, not for the journal. */
		seq = append(&a, batch++);
		acknowledge(&a, seq);
		twin_fail_at(a.f.env, 1, 0, TWIN_DISK_FULL);
		await(&a, seq);
		twin_fail_at(a.f.env, 0, 0, TWIN_DISK_FULL);
	}
	assert_int_equal(metric_named(&a.f, "seal_failures_total"), 1);
	/* The table took all so far; what comes next finds no room. */
	seq = append(&a, batch++);
	acknowledge(&a, seq);
	await(&a, seq);
	assert_true(sink.seen(sink.ctx) < seq);
	assert_in_range(count_all(&a.f, 1), BATCH_ROWS, (batch - 1) * BATCH_ROWS);
	assert_false(historian_awaits(a.f.historian, seq));
	settle(&a.f);
	assert_int_equal(metric_named(&a.f, "unseen_records"), 1);
	/* There is room again. */
	(void)twin_run_for(a.f.twin, 30 * NS_PER_S);
	assert_int_equal(metric_named(&a.f, "unseen_records"), 0);
	assert_true(sink.seen(sink.ctx) >= seq);
	assert_int_equal(count_all(&a.f, 1), batch * BATCH_ROWS);
	seq = append(&a, batch++);
	acknowledge(&a, seq);
	await(&a, seq);
	assert_int_equal(count_all(&a.f, 1), batch * BATCH_ROWS);
	asker_close(&a);
}

static void nobody_is_rung_who_does_not_wait(void **state)
{
	(void)state;
	asker_t a;
	asker_open(&a, 7, TABLE_BYTES);
	for (int64_t batch = 0; batch < 10; batch++) {
		(void)append(&a, batch);
		settle(&a.f);
	}
	assert_int_equal(a.rings, 0);
	asker_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_acknowledged_is_in_every_answer_after_it),
		cmocka_unit_test(while_somebody_waits_a_turn_merges_a_part_of_a_point),
		cmocka_unit_test(a_turn_seals_once_however_much_is_durable),
		cmocka_unit_test(what_is_awaited_goes_before_the_next_part_of_a_merge),
		cmocka_unit_test(an_edit_that_is_acknowledged_is_awaited_alike),
		cmocka_unit_test(nobody_waits_for_a_seal_that_is_late),
		cmocka_unit_test(nobody_is_rung_who_does_not_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
