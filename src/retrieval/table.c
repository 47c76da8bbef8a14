/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of aggregates. Percentiles look at the samples themselves. */
#include <math.h>
#include <stdlib.h>

#include "retrieval/retrieval.h"
#include "sketch/quantiles.h"

enum { COLUMNS_MAX = 32 };

typedef struct {
	const retrieval_t *question;
	const table_spec_t *spec;
	quantiles_t *quantiles; /* NULL: no percentile is asked for */
	retrieval_table_t table;
	size_t row;
} making_t;

static double part(int64_t ns, int64_t of_ns)
{
	return of_ns > 0 ? (double)ns / (double)of_ns : 0;
}

static bucket_t bucket_of(const facts_t *f, const retrieval_options_t *o)
{
	int64_t width = f->end_ns - f->start_ns, end_ns = f->end_ns;
	int64_t good = f->class_ns[QUALITY_GOOD], uncertain = f->class_ns[QUALITY_UNCERTAIN];
	if (o->now_ns && o->now_ns < end_ns && o->now_ns > f->start_ns)
		end_ns = o->now_ns;
	bucket_t bucket = {
		.start_ns = f->start_ns,
		.end_ns = f->end_ns,
		.count = f->count,
		.coverage = part(good + uncertain, width),
		.percent_good = 100 * part(good, width),
		.late = f->count ? (double)f->late / (double)f->count : 0,
		.gap_ns = f->gap_ns,
		.stale_ns = -1,
		.doubt = f->hidden.doubt,
	};
	if (f->has_newest && __builtin_sub_overflow(end_ns, f->newest_ok.ns, &bucket.stale_ns))
		bucket.stale_ns = INT64_MAX;
	return bucket;
}

static result_t percentile_of(making_t *making, const facts_t *f, double percentile)
{
	result_t result = { f->start_ns, (double)NAN, STATUS_BAD_NO_DATA,
		            f->hidden.doubt > 0 ? (double)INFINITY : 0 };
	if (f->ok == 0)
		return result;
	result.value = quantiles_at(making->quantiles, percentile / 100);
	result.status = STATUS_CALCULATED |
	                (f->count > f->ok ? STATUS_UNCERTAIN_SUB_NORMAL : STATUS_GOOD);
	return result;
}

static bool make_row(void *ctx, const facts_t *facts)
{
	making_t *making = ctx;
	const table_spec_t *spec = making->spec;
	const retrieval_options_t *options = making->question->options;
	result_t *results = &making->table.results[making->row * spec->column_count];
	making->table.buckets[making->row++] = bucket_of(facts, options);
	for (size_t i = 0; i < spec->column_count; i++) {
		const column_t *column = &spec->columns[i];
		results[i] = column->aggregate ? aggregate_make(column->aggregate, facts, options)
		                               : percentile_of(making, facts, column->percentile);
	}
	if (making->quantiles)
		quantiles_clear(making->quantiles);
	return true;
}

static void watch_sample(void *ctx, const knot_t *knot)
{
	if (knot->ok)
		quantiles_add(ctx, knot->number);
}

static unsigned needs_of(const table_spec_t *spec, const retrieval_options_t *options)
{
	unsigned needs = 0;
	for (size_t i = 0; i < spec->column_count; i++)
		needs |= spec->columns[i].aggregate
		                 ? aggregate_needs(spec->columns[i].aggregate, options)
		                 : NEED_SAMPLES;
	return needs;
}

static err_t check(const retrieval_t *question, const table_spec_t *spec)
{
	if (spec->column_count == 0 || spec->column_count > COLUMNS_MAX ||
	    spec->edges->count * spec->column_count > RETRIEVAL_CELLS_MAX)
		return ERR_INVALID;
	return aggregate_check(question->options);
}

static err_t allocate(making_t *making)
{
	const table_spec_t *spec = making->spec;
	retrieval_table_t *table = &making->table;
	table->rows = spec->edges->count;
	table->columns = spec->column_count;
	table->buckets = calloc(table->rows, sizeof(*table->buckets));
	table->results = calloc(table->rows * table->columns, sizeof(*table->results));
	bool has_all = table->buckets && table->results;
	if (needs_of(spec, making->question->options) & NEED_SAMPLES) {
		making->quantiles = malloc(sizeof(*making->quantiles));
		has_all = has_all && making->quantiles;
		if (making->quantiles)
			quantiles_clear(making->quantiles);
	}
	return has_all ? ERR_OK : ERR_NO_MEMORY;
}

static err_t walk(making_t *making)
{
	const retrieval_t *question = making->question;
	walk_watch_t watch = { making->quantiles, watch_sample, NULL };
	walk_spec_t spec = {
		.reader = question->reader,
		.query = question->query,
		.edges = making->spec->edges,
		.options = question->options,
		.needs = needs_of(making->spec, question->options),
		.watch = making->quantiles ? &watch : NULL,
		.bucket = make_row,
		.ctx = making,
		.stats = question->stats,
	};
	return walk_run(&spec);
}

/* A column of the table, cell by cell. */
typedef struct {
	const table_spec_t *spec;
	retrieval_table_t *table;
	size_t column;
} fill_in_t;

static result_t *cell(const fill_in_t *in, size_t row)
{
	return &in->table->results[row * in->table->columns + in->column];
}

/* What came out as no number, of doubles at their end, is a value. */
static bool is_empty(const fill_in_t *in, size_t row)
{
	return isnan(cell(in, row)->value) && status_class(cell(in, row)->status) == QUALITY_BAD;
}

static void put(const fill_in_t *in, size_t row, double value)
{
	cell(in, row)->value = value;
	cell(in, row)->status = STATUS_UNCERTAIN_SUB_NORMAL | STATUS_INTERPOLATED;
}

/* The value of a row without one, from the rows before and behind that have one; false
 * when there is none to make it of. */
static bool filling(const fill_in_t *in, size_t row, const size_t around[2], double *ret_value)
{
	size_t rows = in->table->rows, before = around[0], behind = around[1];
	*ret_value = in->spec->constant;
	if (in->spec->fill == FILL_CONSTANT)
		return true;
	if (before == rows || (in->spec->fill == FILL_LINEAR && behind == rows))
		return false;
	double a = *ret_value = cell(in, before)->value;
	if (in->spec->fill == FILL_PREVIOUS)
		return true;
	const bucket_t *buckets = in->table->buckets;
	double at = (double)(buckets[row].start_ns - buckets[before].start_ns);
	double of = (double)(buckets[behind].start_ns - buckets[before].start_ns);
	*ret_value = a + (cell(in, behind)->value - a) * (at / of);
	return true;
}

static void fill_column(const fill_in_t *in)
{
	size_t rows = in->table->rows, around[2] = { rows, 0 };
	for (size_t row = 0; row < rows; row++) {
		double value;
		if (!is_empty(in, row)) {
			around[0] = row;
			continue;
		}
		if (around[1] <= row)
			around[1] = row + 1;
		while (around[1] < rows && is_empty(in, around[1]))
			around[1]++;
		/* What was filled is no support of the next, but equal to it. */
		if (filling(in, row, around, &value))
			put(in, row, value);
	}
}

static void fill(making_t *making)
{
	fill_in_t in = { making->spec, &making->table, 0 };
	if (making->spec->fill == FILL_NULL)
		return;
	for (; in.column < in.table->columns; in.column++)
		fill_column(&in);
}

err_t retrieval_table(const retrieval_t *question, const table_spec_t *spec,
                      retrieval_table_t *ret_table)
{
	making_t making = { .question = question, .spec = spec };
	err_t err = check(question, spec);
	if (!err)
		err = allocate(&making);
	if (!err)
		err = walk(&making);
	free(making.quantiles);
	if (err) {
		retrieval_table_free(&making.table);
		return err;
	}
	fill(&making);
	*ret_table = making.table;
	return ERR_OK;
}

void retrieval_table_free(retrieval_table_t *table)
{
	free(table->buckets);
	free(table->results);
	*table = (retrieval_table_t){ 0 };
}
