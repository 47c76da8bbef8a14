/* SPDX-License-Identifier: Apache-2.0 */
/* Batch b holds the samples of times b * BATCH_ROWS and on, so that a sample's time
 * says of which batch it is. */
#include "powercut/powercut.h"

#include <stdlib.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "historian/chain.h"
#include "historian/historian.h"

enum {
	BATCHES_MAX = 4000,
	BATCH_ROWS = 40,
	POINTS = 3,
	SEGMENT_BYTES = 256 << 10,
	BUFFER_BYTES = 256 << 10,
	TABLE_BYTES = 1, /* as small as it goes: many segments */
	WINDOW_NS = 200, /* of rows that are one apart: some are merged, and soon old */
	OPERATIONS_MAX = 120,
	SEAL_CHANCE = 60,
};

#define HOST        "node"
#define JOURNAL_DIR "data/journal"
#define HISTORY_DIR "data/history"

/* Of a batch. */
typedef struct {
	uint64_t seq; /* in the journal; 0: not taken */
	bool is_durable;
	bool was_in_line; /* looked at by note_durable before */
} batch_t;

typedef struct {
	const powercut_spec_t *spec;
	powercut_tally_t *tally;
	twin_t *twin;
	env_t *env;
	env_loop_t *commit_loop, *history_loop, *feed_loop;
	env_timer_t *timer;
	journal_t *journal, *main;
	historian_t *historian;
	rng_t rng;
	size_t count;
	batch_t batches[BATCHES_MAX];
	uint8_t found[BATCHES_MAX * BATCH_ROWS]; /* by time */
	sample_rows_t rows;
} machine_t;

/* On and off. */

static err_t open_loops(machine_t *m)
{
	err_t err = twin_host_open(m->twin, HOST, &m->env);
	if (!err)
		err = env_loop_new(m->env, "commit", ENV_LOOP_FILES, &m->commit_loop);
	if (!err)
		err = env_loop_new(m->env, "history", ENV_LOOP_FILES, &m->history_loop);
	return err;
}

static err_t open_journal(machine_t *m, const char *name, bool is_chained, journal_t **ret_journal)
{
	err_detail_t detail;
	journal_recovery_t recovery;
	journal_spec_t spec = {
		.dir = JOURNAL_DIR,
		.name = name,
		.chained = is_chained,
		.segment_bytes = SEGMENT_BYTES,
		.buffer_bytes = BUFFER_BYTES,
		.commit_loop = m->commit_loop,
	};
	return journal_open(m->env, &spec, ret_journal, &recovery, &detail);
}

static err_t open_rooms(machine_t *m)
{
	err_detail_t detail;
	err_t err = open_journal(m, "main", true, &m->main);
	if (!err)
		err = open_journal(m, "history", false, &m->journal);
	historian_spec_t history = {
		.dir = HISTORY_DIR,
		.journal = m->journal,
		.main_journal = m->main,
		.history_loop = m->history_loop,
		.table_bytes = TABLE_BYTES,
		.window_ns = WINDOW_NS,
		.pack_after_ns = WINDOW_NS,
	};
	if (!err)
		err = historian_open(m->env, &history, &m->historian, &detail);
	if (!err)
		err = env_loop_start(m->commit_loop);
	return err ? err : env_loop_start(m->history_loop);
}

static void halt(machine_t *m)
{
	env_loop_stop(m->history_loop);
	env_loop_stop(m->commit_loop);
	historian_close(m->historian);
	journal_close(m->journal);
	journal_close(m->main);
	env_loop_free(m->history_loop);
	env_loop_free(m->commit_loop);
	if (m->env)
		twin_host_close(m->env);
	m->historian = NULL;
	m->journal = m->main = NULL;
	m->history_loop = m->commit_loop = NULL;
	m->env = NULL;
}

/* Work. */

/* A type a point, so that what is found is found as what it was. */
static value_t value_at(point_id_t point, int64_t at)
{
	if (point == 1)
		return value_f64((double)at);
	return point == 2 ? value_f32((float)at) : value_enum((uint32_t)at);
}

static sample_t sample_at(size_t batch, size_t i)
{
	int64_t at = (int64_t)(batch * BATCH_ROWS + i);
	point_id_t point = (point_id_t)(1 + i % POINTS);
	return (sample_t){
		.point = point,
		.source = { at },
		.node = { at },
		.value = value_at(point, at),
		.quality = QUALITY_OK,
	};
}

static void hand_in(machine_t *m)
{
	if (m->count == BATCHES_MAX)
		return;
	batch_t *batch = &m->batches[m->count];
	m->rows.count = 0;
	for (size_t i = 0; i < BATCH_ROWS; i++) {
		sample_t sample = sample_at(m->count, i);
		(void)!sample_rows_add(&m->rows, &sample); /* there is room */
	}
	sample_batch_t rows = sample_rows_batch(&m->rows);
	sample_sink_t sink = historian_sink(m->historian);
	/* A batch that is refused must not be found. */
	if (sink.append(sink.ctx, &rows, DURABLE_LOCAL, &batch->seq))
		batch->seq = 0;
	m->count++;
}

static void on_timer(void *ctx)
{
	machine_t *m = ctx;
	for (uint64_t n = 1 + rng_below(&m->rng, 5); n > 0; n--)
		hand_in(m);
	env_timer_set(m->timer, (int64_t)rng_below(&m->rng, 2 * NS_PER_MS));
}

/* The newest are looked at until one that was durable long ago. */
static void note_durable(machine_t *m)
{
	sample_sink_t sink = historian_sink(m->historian);
	uint64_t durable = sink.durable(sink.ctx);
	for (size_t b = m->count; b-- > 0;) {
		batch_t *batch = &m->batches[b];
		if (batch->is_durable && !batch->was_in_line)
			return;
		batch->was_in_line = true;
		if (batch->seq && batch->seq <= durable)
			batch->is_durable = true;
	}
}

static err_t work(machine_t *m)
{
	err_t err = env_loop_new(m->env, "feeder", ENV_LOOP_EVENTS, &m->feed_loop);
	if (!err)
		err = env_timer_new(m->feed_loop, on_timer, m, &m->timer);
	if (!err) {
		env_timer_set(m->timer, 0);
		err = env_loop_start(m->feed_loop);
	}
	while (!err && !twin_crashed(m->env) && m->count < BATCHES_MAX && twin_step(m->twin)) {
		note_durable(m);
		/* A seal that fails leaves the samples in the journal. */
		if (rng_below(&m->rng, SEAL_CHANCE) == 0)
			(void)!historian_seal(m->historian);
	}
	env_loop_stop(m->feed_loop);
	env_timer_free(m->timer);
	env_loop_free(m->feed_loop);
	m->timer = NULL;
	m->feed_loop = NULL;
	return err;
}

/* Check. */

static bool count_row(void *ctx, const sample_t *sample)
{
	machine_t *m = ctx;
	int64_t at = sample->source.ns;
	value_t value = value_at(sample->point, at);
	if (at < 0 || at >= BATCHES_MAX * BATCH_ROWS || !value_eq(&sample->value, &value) ||
	    sample->point != (point_id_t)(1 + at % BATCH_ROWS % POINTS)) {
		m->tally->invented++;
		return true;
	}
	if (m->found[at] == 1)
		m->tally->doubled++;
	m->found[at] = (uint8_t)(m->found[at] ? 2 : 1);
	return true;
}

static size_t found_of(const machine_t *m, size_t b)
{
	size_t found = 0;
	for (size_t i = 0; i < BATCH_ROWS; i++)
		found += m->found[b * BATCH_ROWS + i] != 0;
	return found;
}

static void check_batch(machine_t *m, size_t b)
{
	batch_t *batch = &m->batches[b];
	size_t found = found_of(m, b);
	if (batch->is_durable)
		m->tally->lost += BATCH_ROWS - found;
	m->tally->torn += found != 0 && found != BATCH_ROWS;
	if (!batch->seq)
		m->tally->invented += found;
	/* What this cut took is counted; what it left must stay. */
	m->tally->acknowledged += found && !batch->is_durable ? BATCH_ROWS : 0;
	batch->is_durable = found != 0;
	batch->seq = found ? batch->seq : 0;
}

static void check(machine_t *m)
{
	series_reader_t reader = historian_reader(m->historian);
	memset(m->found, 0, sizeof(m->found));
	for (point_id_t p = 1; p <= POINTS; p++) {
		series_query_t query = { .point = p, .from_ns = INT64_MIN, .to_ns = INT64_MAX };
		if (reader.raw(reader.ctx, &query, count_row, m))
			m->tally->unreadable++;
	}
	for (size_t b = 0; b < m->count; b++)
		check_batch(m, b);
	for (size_t at = m->count * BATCH_ROWS; at < sizeof(m->found); at++)
		m->tally->invented += m->found[at];
}

/* The main journal bears out what the manifest says, or the manifest holds what it lacks. */
static void check_chain(machine_t *m)
{
	chain_verify_t what = { HISTORY_DIR, JOURNAL_DIR, false };
	chain_verdict_t verdict;
	err_detail_t detail;
	if (chain_verify(m->env, &what, &verdict, &detail) == ERR_CORRUPT)
		m->tally->unchained++;
}

static void count_acknowledged(machine_t *m, size_t from)
{
	for (size_t b = from; b < m->count; b++)
		m->tally->acknowledged += m->batches[b].is_durable ? BATCH_ROWS : 0;
}

/* ERR_IO is the power that went while the machine came up. */
static err_t live(machine_t *m)
{
	size_t before = m->count;
	err_t err = open_loops(m);
	if (err)
		return err;
	twin_disk_lie(m->env, m->spec->is_lying);
	twin_crash_at(m->env, 1 + rng_below(&m->rng, OPERATIONS_MAX));
	err_t opened = open_rooms(m);
	if (!opened) {
		check(m);
		check_chain(m);
		err = work(m);
	} else if (opened != ERR_IO) {
		m->tally->unreadable++;
	}
	count_acknowledged(m, before);
	halt(m);
	twin_disk_reboot(m->twin, HOST);
	m->tally->cuts++;
	return err;
}

static err_t last_look(machine_t *m)
{
	err_t err = open_loops(m);
	if (err)
		return err;
	if (open_rooms(m)) {
		m->tally->unreadable++;
	} else {
		check(m);
		check_chain(m);
	}
	halt(m);
	return ERR_OK;
}

err_t powercut_run(const powercut_spec_t *spec, powercut_tally_t *tally)
{
	machine_t *m = calloc(1, sizeof(*m));
	if (!m)
		return ERR_NO_MEMORY;
	m->spec = spec;
	m->tally = tally;
	m->rng = rng_of(spec->seed);
	err_t err = twin_new(&(twin_spec_t){ .seed = spec->seed }, &m->twin);
	for (unsigned i = 0; !err && i < spec->cuts; i++)
		err = live(m);
	if (!err)
		err = last_look(m);
	if (m->env)
		halt(m);
	twin_free(m->twin);
	free(m);
	return err;
}

bool powercut_is_clean(const powercut_tally_t *t)
{
	return !t->lost && !t->doubled && !t->invented && !t->torn && !t->unreadable &&
	       !t->unchained;
}
