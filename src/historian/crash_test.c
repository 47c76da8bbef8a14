/* SPDX-License-Identifier: Apache-2.0 */
/* Power loss at a random disk operation, several times on the same disk. Each sample
 * has a number of its own as its time, so that the one that is missing, doubled or
 * invented can be told. What was durable must be found exactly once; what was handed
 * in may be found; nothing else.
 *
 * The same check runs over a disk that acknowledges syncs it does not do, where it
 * must fail. JIZHU_SEEDS sets how many histories are run. */
#include "env/twin/seeds.h"
#include "historian/fixture_test.h"

enum { LIVES = 4, BATCHES_MAX = 4000, BATCH_ROWS = 40, SEEDS_DEFAULT = 150, LYING_SEEDS = 30 };

typedef struct {
	fixture_t f;
	rng_t rng;
	env_loop_t *loop;
	env_timer_t *timer;
	/* By batch: its sequence in the journal, 0 when it was not taken. Batch b holds
	 * the samples of times b * BATCH_ROWS and on. */
	uint64_t seqs[BATCHES_MAX];
	bool durable[BATCHES_MAX], tail[BATCHES_MAX];
	size_t count;
	const char *fault;
} run_t;

static void hand_in(run_t *run)
{
	sample_t samples[BATCH_ROWS];
	if (run->count == BATCHES_MAX)
		return;
	size_t b = run->count++;
	for (int i = 0; i < BATCH_ROWS; i++)
		samples[i] = sample_of((point_id_t)(1 + i % 3), (int64_t)b * BATCH_ROWS + i, 1);
	if (put(&run->f, samples, BATCH_ROWS, &run->seqs[b]))
		run->seqs[b] = 0;
}

static void on_timer(void *ctx)
{
	run_t *run = ctx;
	for (uint64_t n = 1 + rng_below(&run->rng, 5); n > 0; n--)
		hand_in(run);
	env_timer_set(run->timer, (int64_t)rng_below(&run->rng, 2 * NS_PER_MS));
}

static void note_durable(run_t *run)
{
	sample_sink_t sink = historian_sink(run->f.historian);
	uint64_t durable = sink.durable(sink.ctx);
	for (size_t b = run->count; b-- > 0 && !(run->durable[b] && !run->tail[b]);) {
		run->tail[b] = true;
		if (run->seqs[b] && run->seqs[b] <= durable)
			run->durable[b] = true;
	}
}

typedef struct {
	uint8_t *found; /* by time */
	size_t rows;
	bool strange;
} census_t;

static bool count_row(void *ctx, const sample_t *sample)
{
	census_t *census = ctx;
	int64_t at = sample->source.ns;
	if (at < 0 || at >= BATCHES_MAX * BATCH_ROWS ||
	    sample->point != (point_id_t)(1 + at % BATCH_ROWS % 3))
		census->strange = true;
	else if (census->found[at]++)
		census->strange = true;
	census->rows++;
	return true;
}

static void check_batch(run_t *run, const census_t *census, size_t b)
{
	size_t found = 0;
	for (size_t i = 0; i < BATCH_ROWS; i++)
		found += census->found[b * BATCH_ROWS + i];
	if (found != 0 && found != BATCH_ROWS)
		run->fault = "a batch is there in part";
	if (run->durable[b] && found == 0)
		run->fault = "a durable sample is missing";
	if (found && !run->seqs[b])
		run->fault = "a sample that was refused is there";
	/* What a crash took is over; what it left must stay. */
	run->durable[b] = found != 0;
	run->seqs[b] = found ? run->seqs[b] : 0;
}

static void check(run_t *run)
{
	census_t census = { .found = calloc(BATCHES_MAX, BATCH_ROWS) };
	assert_non_null(census.found);
	series_reader_t reader = historian_reader(run->f.historian);
	for (point_id_t p = 1; p <= 3; p++) {
		series_query_t query = { .point = p, .from_ns = INT64_MIN, .to_ns = INT64_MAX };
		if (reader.raw(reader.ctx, &query, count_row, &census))
			run->fault = "a segment cannot be read";
	}
	if (census.strange)
		run->fault = "a sample is there twice or was never handed in";
	for (size_t b = 0; b < run->count; b++)
		check_batch(run, &census, b);
	if (census.rows > run->count * BATCH_ROWS)
		run->fault = "there are more samples than were handed in";
	free(census.found);
}

static void work(run_t *run)
{
	fixture_t *f = &run->f;
	OK(env_loop_new(f->env, "feeder", ENV_LOOP_EVENTS, &run->loop));
	OK(env_timer_new(run->loop, on_timer, run, &run->timer));
	env_timer_set(run->timer, 0);
	OK(env_loop_start(run->loop));
	while (!twin_crashed(f->env) && run->count < BATCHES_MAX && twin_step(f->twin)) {
		note_durable(run);
		if (rng_below(&run->rng, 60) == 0)
			(void)!historian_seal(f->historian);
	}
	env_loop_stop(run->loop);
	env_timer_free(run->timer);
	env_loop_free(run->loop);
}

static void live(run_t *run, bool lying)
{
	fixture_t *f = &run->f;
	fixture_boot(f);
	twin_disk_lie(f->env, lying);
	twin_crash_at(f->env, 1 + rng_below(&run->rng, 120));
	err_t err = fixture_open(f);
	if (!err) {
		check(run);
		work(run);
	} else if (err != ERR_IO) {
		run->fault = "recovery gave up";
	}
	fixture_halt(f);
	twin_disk_reboot(f->twin, "node");
}

/* NULL, or what is wrong. */
static const char *run_seed(uint64_t seed, bool lying)
{
	run_t *run = calloc(1, sizeof(*run));
	assert_non_null(run);
	run->f = fixture_make(seed);
	run->f.spec.table_bytes = 1;
	run->rng = rng_of(seed);
	for (int i = 0; i < LIVES && !run->fault; i++)
		live(run, lying);
	fixture_boot(&run->f);
	if (!run->fault && fixture_open(&run->f))
		run->fault = "recovery gave up";
	if (!run->fault)
		check(run);
	const char *fault = run->fault;
	fixture_free(&run->f);
	free(run);
	return fault;
}

static void durable_samples_are_found_once_and_none_invented(void **state)
{
	(void)state;
	seeds_hold(run_seed, SEEDS_DEFAULT);
}

static void a_disk_that_lies_about_syncs_is_caught(void **state)
{
	(void)state;
	seeds_catch_lies(run_seed, LYING_SEEDS, LYING_SEEDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durable_samples_are_found_once_and_none_invented),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
