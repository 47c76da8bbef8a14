/* SPDX-License-Identifier: Apache-2.0 */
/* What the swinging door saves and costs, and whether answers keep to their bounds: a plant's
 * days in a historian of a simulated machine, as they came and thinned.
 *
 *     swing COLUMNS TIMES DEVICES STEPS     files as gen writes them, ten fields
 *
 * For a deviation of 0.1 % and 1 % of the range of each point prints rows of: bytes of a
 * value, how many are kept of a hundred, nanoseconds of processor to write a value again,
 * then for buckets of a minute, an hour and a day how many results of a hundred are exact,
 * bounded and approximate, and the greatest error in parts of its bound. */
#include "env/twin/twin.h"
#include "historian/historian.h"
#include "journal/journal.h"
#include "retrieval/retrieval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FIELDS = 10, POINTS_MAX = 4096, AGE_DAYS = 30, SPANS = 3, BUCKETS_MAX = 24 };

static const int64_t SPAN_NS[SPANS] = { 60 * NS_PER_S, 3600 * NS_PER_S, 86400 * NS_PER_S };
static const char *const SPAN_NAMES[SPANS] = { "minute", "hour", "day" };

typedef struct {
	size_t devices, steps;
	double *values; /* by device, field, step */
	int64_t *times; /* likewise; equal for all fields of a device */
	double range[POINTS_MAX];
	double part; /* of the range, that is the deviation */
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *loop;
	journal_t *journal;
	historian_t *historian;
} bench_t;

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "swing: %s\n", what);
	exit(1);
}

static void *load(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	void *bytes = malloc(size);
	demand(file && bytes && fread(bytes, 1, size, file) == size, path);
	fclose(file);
	return bytes;
}

static const double *values_of(const bench_t *b, size_t point)
{
	return &b->values[(point - 1) * b->steps];
}

static point_traits_t traits(void *ctx, point_id_t point)
{
	const bench_t *b = ctx;
	if (point > b->devices * FIELDS)
		return (point_traits_t){ 0 };
	return (point_traits_t){ .group = (uint32_t)(point - 1) / FIELDS + 1,
		                 .deviation = b->part * b->range[point] };
}

static void open_all(bench_t *b)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	demand(!twin_new(&(twin_spec_t){ .seed = 1 }, &b->twin), "twin");
	demand(!twin_host_open(b->twin, "node", &b->env), "host");
	demand(!env_loop_new(b->env, "commit", ENV_LOOP_FILES, &b->commit), "loop");
	demand(!env_loop_new(b->env, "history", ENV_LOOP_FILES, &b->loop), "loop");
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "history",
		                .segment_bytes = 16 << 20,
		                .buffer_bytes = 4 << 20,
		                .commit_loop = b->commit };
	demand(!journal_open(b->env, &spec, &b->journal, &recovery, &detail), "journal");
	historian_spec_t history = { .dir = "data/history",
		                     .journal = b->journal,
		                     .history_loop = b->loop,
		                     .traits = traits,
		                     .traits_ctx = b };
	demand(!historian_open(b->env, &history, &b->historian, &detail), "historian");
	demand(!env_loop_start(b->commit) && !env_loop_start(b->loop), "start");
}

static void put(bench_t *b, sample_rows_t *rows)
{
	uint64_t seq;
	sample_sink_t sink = historian_sink(b->historian);
	sample_batch_t batch = sample_rows_batch(rows);
	demand(!sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq), "append");
	while (journal_durable(b->journal) < seq && twin_step(b->twin))
		;
	(void)twin_run_for(b->twin, NS_PER_MS);
	rows->count = 0;
}

static void add(bench_t *b, sample_rows_t *rows, point_id_t point, int64_t ns, double number)
{
	sample_t sample = { .point = point,
		            .source = { ns },
		            .node = { ns },
		            .value = value_f64(number),
		            .quality = QUALITY_OK };
	if (sample_rows_add(rows, &sample))
		return;
	put(b, rows);
	demand(sample_rows_add(rows, &sample), "rows");
}

/* All of it, and a sample so much later that all is old. */
static void fill(bench_t *b)
{
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	demand(rows, "memory");
	for (size_t step = 0; step < b->steps; step++)
		for (size_t point = 1; point <= b->devices * FIELDS; point++)
			add(b, rows, (point_id_t)point, b->times[(point - 1) * b->steps + step],
			    values_of(b, point)[step]);
	add(b, rows, (point_id_t)(b->devices * FIELDS + 1),
	    b->times[b->steps - 1] + AGE_DAYS * SPAN_NS[2], 0);
	put(b, rows);
	free(rows);
	demand(!historian_merge(b->historian), "merge");
}

static int64_t metric(const bench_t *b, const char *name)
{
	const metrics_t *m = historian_metrics(b->historian);
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(slice_str(m->rows[i].name), slice_str(name)))
			return metric_get(m, i);
	demand(false, name);
	return 0;
}

static double processor_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Every aggregate of some buckets of every point, in one list. */
static size_t ask_all(bench_t *b, size_t span, result_t *results)
{
	size_t n = 0;
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	walk_stats_t stats = { 0 };
	series_reader_t reader = historian_reader(b->historian);
	for (size_t point = 1; point <= b->devices * FIELDS; point++)
		for (size_t i = 0; i < aggregate_count(); i++) {
			edges_t edges;
			column_t column = { .aggregate = aggregate_get(i) };
			table_spec_t spec = { &edges, &column, 1, FILL_NULL, 0 };
			retrieval_table_t table;
			retrieval_t question = {
				&reader, { .point = (point_id_t)point }, &options, &stats
			};
			int64_t from = b->times[0] + 7 * 3600 * NS_PER_S, step = SPAN_NS[span];
			int64_t buckets = span == 2 ? 1 : BUCKETS_MAX;
			demand(!edges_equal(from, from + buckets * step, step, &edges), "edges");
			if (column.aggregate->needs & NEED_ANNOTATIONS)
				continue;
			demand(!retrieval_table(&question, &spec, &table), "table");
			for (size_t row = 0; row < table.rows; row++)
				results[n++] = table.results[row];
			retrieval_table_free(&table);
		}
	return n;
}

static void compare(const result_t *told, const result_t *all, size_t n, const char *name)
{
	size_t exact = 0, about = 0;
	double worst = 0;
	for (size_t i = 0; i < n; i++) {
		double error = fabs(told[i].value - all[i].value);
		double slack = 1e-9 * (1 + fabs(all[i].value));
		exact += told[i].doubt == 0;
		about += isinf(told[i].doubt) != 0;
		if (isnan(error) || isinf(told[i].doubt))
			continue;
		if (error > slack)
			worst = fmax(worst, told[i].doubt > 0 ? error / told[i].doubt : 1e9);
	}
	printf("  %-6s exact %.1f bounded %.1f approximate %.1f, greatest error %.3f of its "
	       "bound\n",
	       name, 100 * (double)exact / (double)n, 100 * (double)(n - exact - about) / (double)n,
	       100 * (double)about / (double)n, worst);
}

static void run(bench_t *b, double part, result_t *all[SPANS], result_t *told)
{
	size_t values = b->devices * FIELDS * b->steps;
	b->part = part;
	double bytes = (double)metric(b, "segment_bytes"), began = processor_ns();
	historian_thin(b->historian, true);
	demand(!historian_merge(b->historian), "merge");
	double ns = processor_ns() - began, left_out = (double)metric(b, "thinned_rows_total");
	printf("deviation %g %%: %.3f bytes a value, of %.3f; kept %.2f %%; %.1f ns a value\n",
	       100 * part, (double)metric(b, "segment_bytes") / (double)values,
	       bytes / (double)values, 100 * (1 - left_out / (double)values), ns / (double)values);
	for (size_t span = 0; span < SPANS; span++)
		compare(told, all[span], ask_all(b, span, told), SPAN_NAMES[span]);
}

static void find_ranges(bench_t *b)
{
	for (size_t point = 1; point <= b->devices * FIELDS; point++) {
		double low = INFINITY, high = -INFINITY;
		for (size_t i = 0; i < b->steps; i++) {
			low = fmin(low, values_of(b, point)[i]);
			high = fmax(high, values_of(b, point)[i]);
		}
		b->range[point] = high - low;
	}
}

int main(int argc, char **argv)
{
	bench_t b = { 0 };
	static const double parts[] = { 0.001, 0.01 };
	result_t *all[SPANS], *told;
	demand(argc == 5, "swing COLUMNS TIMES DEVICES STEPS");
	b.devices = strtoul(argv[3], NULL, 10);
	b.steps = strtoul(argv[4], NULL, 10);
	demand(b.devices * FIELDS < POINTS_MAX && b.steps, "too many devices");
	b.values = load(argv[1], b.devices * FIELDS * b.steps * sizeof(double));
	b.times = load(argv[2], b.devices * FIELDS * b.steps * sizeof(int64_t));
	find_ranges(&b);
	size_t room = b.devices * FIELDS * aggregate_count() * BUCKETS_MAX;
	told = calloc(room, sizeof(*told));
	for (size_t i = 0; i < 2; i++) {
		open_all(&b);
		fill(&b);
		for (size_t span = 0; span < SPANS; span++) {
			all[span] = calloc(room, sizeof(result_t));
			demand(told && all[span], "memory");
			(void)ask_all(&b, span, all[span]);
		}
		run(&b, parts[i], all, told);
		for (size_t span = 0; span < SPANS; span++)
			free(all[span]);
		env_loop_stop(b.loop);
		env_loop_stop(b.commit);
		historian_close(b.historian);
		journal_close(b.journal);
		env_loop_free(b.loop);
		env_loop_free(b.commit);
		twin_host_close(b.env);
		twin_free(b.twin);
	}
	free(told);
	free(b.values);
	free(b.times);
	return 0;
}
