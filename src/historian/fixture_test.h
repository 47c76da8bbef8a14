/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_FIXTURE_TEST_H
#define HISTORIAN_FIXTURE_TEST_H
/* A history journal and a historian in a simulated machine, for the tests of this
 * folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "historian/historian.h"

#define OK(call) assert_int_equal((call), ERR_OK)

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit_loop, *history_loop;
	journal_t *journal, *main; /* NULL: is told nothing */
	bool has_main;
	historian_t *historian;
	historian_spec_t spec; /* what differs from the defaults */
	uint64_t reserve_bytes;
	err_detail_t detail;
} fixture_t;

static inline fixture_t fixture_make(uint64_t seed)
{
	fixture_t f = { .spec = { .dir = "data/history" } };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &f.twin));
	return f;
}

static inline void fixture_boot(fixture_t *f)
{
	OK(twin_host_open(f->twin, "node", &f->env));
	OK(env_loop_new(f->env, "commit", ENV_LOOP_FILES, &f->commit_loop));
	OK(env_loop_new(f->env, "history", ENV_LOOP_FILES, &f->history_loop));
}

MUST_CHECK static inline err_t fixture_open_main(fixture_t *f)
{
	journal_recovery_t recovery;
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "main",
		                .chained = true,
		                .segment_bytes = 64 << 10,
		                .commit_loop = f->commit_loop };
	if (!f->has_main)
		return ERR_OK;
	return journal_open(f->env, &spec, &f->main, &recovery, &f->detail);
}

MUST_CHECK static inline err_t fixture_open(fixture_t *f)
{
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "history",
		                .segment_bytes = 256 << 10,
		                .buffer_bytes = 256 << 10,
		                .reserve_bytes = f->reserve_bytes,
		                .commit_loop = f->commit_loop };
	journal_recovery_t recovery;
	err_t err = fixture_open_main(f);
	if (!err)
		err = journal_open(f->env, &spec, &f->journal, &recovery, &f->detail);
	f->spec.main_journal = f->main;
	f->spec.journal = f->journal;
	f->spec.history_loop = f->history_loop;
	if (!err)
		err = historian_open(f->env, &f->spec, &f->historian, &f->detail);
	if (!err)
		err = env_loop_start(f->commit_loop);
	return err ? err : env_loop_start(f->history_loop);
}

static inline void fixture_halt(fixture_t *f)
{
	env_loop_stop(f->history_loop);
	env_loop_stop(f->commit_loop);
	historian_close(f->historian);
	journal_close(f->journal);
	journal_close(f->main);
	env_loop_free(f->history_loop);
	env_loop_free(f->commit_loop);
	twin_host_close(f->env);
	f->historian = NULL;
	f->journal = f->main = NULL;
	f->env = NULL;
}

static inline void fixture_start(fixture_t *f)
{
	fixture_boot(f);
	OK(fixture_open(f));
}

static inline void fixture_restart(fixture_t *f)
{
	fixture_halt(f);
	fixture_start(f);
}

static inline void fixture_free(fixture_t *f)
{
	if (f->env)
		fixture_halt(f);
	twin_free(f->twin);
}

static inline int64_t metric_named(const fixture_t *f, const char *name)
{
	const metrics_t *m = historian_metrics(f->historian);
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(slice_str(m->rows[i].name), slice_str(name)))
			return metric_get(m, i);
	fail_msg("there is no metric %s", name);
	return 0;
}

/* Long enough that all that is durable is in the memory table. */
static inline void settle(fixture_t *f)
{
	while (journal_durable(f->journal) < journal_last(f->journal) &&
	       !journal_state(f->journal) && twin_step(f->twin))
		;
	(void)twin_run_for(f->twin, NS_PER_MS);
}

static inline sample_t sample_of(point_id_t point, int64_t ns, double number)
{
	return (sample_t){ .point = point,
		           .source = { ns },
		           .node = { ns },
		           .value = value_f64(number),
		           .quality = QUALITY_OK };
}

/* One batch; the sequence it got. */
MUST_CHECK static inline err_t put(fixture_t *f, const sample_t *samples, size_t count,
                                   uint64_t *ret_seq)
{
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	for (size_t i = 0; i < count; i++)
		assert_true(sample_rows_add(rows, &samples[i]));
	sample_batch_t batch = sample_rows_batch(rows);
	sample_sink_t sink = historian_sink(f->historian);
	err_t err = sink.append(sink.ctx, &batch, DURABLE_LOCAL, ret_seq);
	free(rows);
	return err;
}

/* Rows [from, to) of a point at the times of their numbers, in one batch each 100. */
static inline void put_run(fixture_t *f, point_id_t point, int64_t from, int64_t to)
{
	sample_t samples[100];
	for (int64_t at = from; at < to;) {
		uint64_t seq = 0;
		size_t n = 0;
		for (; n < 100 && at < to; at++)
			samples[n++] = sample_of(point, at, (double)at);
		OK(put(f, samples, n, &seq));
		settle(f);
	}
}

typedef struct {
	sample_t *rows;
	size_t count, cap, stop_at;
} taken_t;

static inline bool take_row(void *ctx, const sample_t *sample)
{
	taken_t *taken = ctx;
	if (taken->count == taken->cap) {
		taken->cap = taken->cap ? 2 * taken->cap : 256;
		taken->rows = realloc(taken->rows, taken->cap * sizeof(sample_t));
		assert_non_null(taken->rows);
	}
	taken->rows[taken->count++] = *sample;
	return taken->count != taken->stop_at;
}

MUST_CHECK static inline err_t ask_raw(fixture_t *f, const series_query_t *query, taken_t *taken)
{
	series_reader_t reader = historian_reader(f->historian);
	return reader.raw(reader.ctx, query, take_row, taken);
}

static inline size_t count_all(fixture_t *f, point_id_t point)
{
	taken_t taken = { 0 };
	OK(ask_raw(f, &(series_query_t){ .point = point, .from_ns = INT64_MIN, .to_ns = INT64_MAX },
	           &taken));
	free(taken.rows);
	return taken.count;
}
#endif
