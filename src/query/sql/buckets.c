/* SPDX-License-Identifier: Apache-2.0 */
/* buckets(of, t0, t1, step, agg): what the store knows of a span without its samples. */
#include <math.h>

#include "base/num.h"
#include "query/sql/missing.h"
#include "query/sql/state.h"

enum {
	BUCKET_POINT,
	BUCKET_T,
	BUCKET_VALUE,
	BUCKET_COUNT,
	BUCKET_BAD,
	BUCKET_MIN,
	BUCKET_MAX,
	BUCKET_MEAN,
	BUCKET_FIRST,
	BUCKET_FIRST_T,
	BUCKET_LAST,
	BUCKET_LAST_T,
	BUCKET_BOUND,
	BUCKET_COLUMNS,
	BUCKET_OF = BUCKET_COLUMNS,
	BUCKET_T0,
	BUCKET_T1,
	BUCKET_STEP,
	BUCKET_AGG,
};

enum { SPAN_BUCKETS_MAX = 100000 };

static const err_text_t text_arguments = {
	{ "buckets() wants %1", "buckets() 需要 %1" },
	{ "write buckets(point, t0, t1, step, agg): times as ns() makes them or in RFC 3339, "
	  "step such as '1h', agg one of count bad min max mean first last",
	  "请写作 buckets(point, t0, t1, step, agg)：时间用 ns() 或 RFC 3339，step 如 '1h'，agg 为 "
	  "count bad min max mean first last 之一" },
};

static const env_sql_column_t columns[] = {
	[BUCKET_POINT] = { "point", "TEXT", ENV_SQL_KEY },
	[BUCKET_T] = { "t", "INTEGER", ENV_SQL_PLAIN },
	[BUCKET_VALUE] = { "value", "", ENV_SQL_PLAIN },
	[BUCKET_COUNT] = { "count", "INTEGER", ENV_SQL_PLAIN },
	[BUCKET_BAD] = { "bad", "INTEGER", ENV_SQL_PLAIN },
	[BUCKET_MIN] = { "min", "REAL", ENV_SQL_PLAIN },
	[BUCKET_MAX] = { "max", "REAL", ENV_SQL_PLAIN },
	[BUCKET_MEAN] = { "mean", "REAL", ENV_SQL_PLAIN },
	[BUCKET_FIRST] = { "first", "REAL", ENV_SQL_PLAIN },
	[BUCKET_FIRST_T] = { "first_t", "INTEGER", ENV_SQL_PLAIN },
	[BUCKET_LAST] = { "last", "REAL", ENV_SQL_PLAIN },
	[BUCKET_LAST_T] = { "last_t", "INTEGER", ENV_SQL_PLAIN },
	[BUCKET_BOUND] = { "bound", "REAL", ENV_SQL_PLAIN },
	[BUCKET_OF] = { "of", "TEXT", ENV_SQL_ARG },
	[BUCKET_T0] = { "t0", "", ENV_SQL_ARG },
	[BUCKET_T1] = { "t1", "", ENV_SQL_ARG },
	[BUCKET_STEP] = { "step", "", ENV_SQL_ARG },
	[BUCKET_AGG] = { "agg", "TEXT", ENV_SQL_ARG },
};

/* What a bucket has of its values, as far as it has been read. */
typedef struct {
	uint64_t count, bad; /* bad: also what is no number */
	double min, max, sum, first, last;
	int64_t first_ns, last_ns;
} fold_t;

typedef struct {
	sql_page_t page;
	sql_walk_t walk;
	const sql_point_t *point;
	int64_t t0, t1, step_ns;
	int64_t start_ns, end_ns; /* of the bucket that is open; a page begins with one */
	fold_t fold;
	missing_t missing; /* of the bucket */
	/* What was read last of the point, or stands before t0. */
	missing_end_t before;
	bool has_looked, has_before;
	err_t err;  /* of a look while the reader reads */
	size_t agg; /* a column */
} buckets_t;

static void open_bucket(buckets_t *b, int64_t start_ns)
{
	b->start_ns = start_ns;
	b->fold = (fold_t){ 0 };
	b->missing = (missing_t){ 0 };
	if (__builtin_add_overflow(start_ns, b->step_ns, &b->end_ns))
		b->end_ns = INT64_MAX;
}

/* How far the chosen column may be off. What is missing was good. */
static double bound_of(const buckets_t *b)
{
	const fold_t *f = &b->fold;
	const missing_t *m = &b->missing;
	if (m->doubt == 0)
		return 0;
	if (b->agg == BUCKET_BAD)
		return isinf(m->doubt) ? m->doubt : 0;
	if (b->agg == BUCKET_COUNT || !f->count)
		return (double)INFINITY;
	if (b->agg == BUCKET_MIN)
		return missing_below(m, f->min);
	if (b->agg == BUCKET_MAX)
		return missing_above(m, f->max);
	if (b->agg == BUCKET_LAST)
		return missing_beside(m, f->last);
	if (b->agg == BUCKET_MEAN)
		return missing_beside(m, f->sum / (double)f->count);
	return f->first_ns == b->start_ns && !isinf(m->doubt) ? 0 : missing_beside(m, f->first);
}

/* The page has room for the buckets that are read. */
static void close_bucket(buckets_t *b)
{
	const fold_t *f = &b->fold;
	value_t *cells = sql_page_add(&b->page);
	if (!cells)
		return;
	cells[BUCKET_POINT] = value_text(b->point->name);
	cells[BUCKET_T] = value_i64(b->start_ns);
	cells[BUCKET_COUNT] = value_u64(f->count);
	cells[BUCKET_BAD] = value_u64(f->bad);
	if (f->count) {
		cells[BUCKET_MIN] = value_f64(f->min);
		cells[BUCKET_MAX] = value_f64(f->max);
		cells[BUCKET_MEAN] = value_f64(f->sum / (double)f->count);
		cells[BUCKET_FIRST] = value_f64(f->first);
		cells[BUCKET_FIRST_T] = value_i64(f->first_ns);
		cells[BUCKET_LAST] = value_f64(f->last);
		cells[BUCKET_LAST_T] = value_i64(f->last_ns);
	}
	cells[BUCKET_VALUE] = cells[b->agg];
	double bound = bound_of(b);
	if (isfinite(bound))
		cells[BUCKET_BOUND] = value_f64(bound);
	open_bucket(b, b->end_ns);
}

/* The sample nearest to a time, where some may be missing beside it. */
static bool look(buckets_t *b, int64_t at_ns, bool is_after, missing_end_t *ret_end)
{
	const sql_spec_t *spec = &b->page.sql->spec;
	sample_t sample;
	series_nearest_t ask = { .point = b->point->id,
		                 .at_ns = at_ns,
		                 .is_after = is_after,
		                 .deadline_ns = b->page.sql->question->deadline_ns };
	if (!spec->source.is_thinned || !spec->source.is_thinned(spec->source.ctx))
		return false;
	err_t err = spec->reader.nearest(spec->reader.ctx, &ask, &sample);
	if (err && err != ERR_NOT_FOUND)
		b->err = err;
	if (!err)
		*ret_end = missing_end(&sample);
	return !err;
}

static void look_before(buckets_t *b)
{
	if (!b->has_looked)
		b->has_before = look(b, b->t0, false, &b->before);
	b->has_looked = true;
}

/* The part of the line to `next` that lies in the open bucket, up to a time. */
static void miss(buckets_t *b, const missing_end_t *next, int64_t until_ns)
{
	if (!b->has_before || (b->before.bound == 0 && next->bound == 0))
		return;
	int64_t from_ns = b->before.ns > b->start_ns ? b->before.ns : b->start_ns;
	missing_add(&b->missing, (missing_end_t[]){ b->before, *next }, from_ns, until_ns);
}

/* Follows the line to `next`, which is in the range. */
static void reach(buckets_t *b, const missing_end_t *next)
{
	if (next->ns > b->t0)
		look_before(b);
	b->has_looked = true;
	for (; next->ns >= b->end_ns; close_bucket(b))
		miss(b, next, b->end_ns);
	miss(b, next, next->ns);
}

static void leave(buckets_t *b, const missing_end_t *last)
{
	b->before = *last;
	b->has_before = true;
}

/* The rest of the range, in which nothing was read. */
static void reach_end(buckets_t *b, int64_t end_ns)
{
	missing_end_t next;
	look_before(b);
	bool has_next = b->has_before && look(b, end_ns, true, &next);
	for (; b->start_ns < end_ns; close_bucket(b))
		if (has_next)
			miss(b, &next, b->end_ns < end_ns ? b->end_ns : end_ns);
}

static void add(fold_t *f, double number, int64_t ns)
{
	if (f->count++ == 0) {
		f->min = f->max = f->first = number;
		f->first_ns = ns;
	}
	f->min = number < f->min ? number : f->min;
	f->max = number > f->max ? number : f->max;
	f->sum += number;
	f->last = number;
	f->last_ns = ns;
}

/* `next` is behind what the fold has. */
static void join(fold_t *f, const fold_t *next)
{
	f->bad += next->bad;
	if (!next->count)
		return;
	if (!f->count) {
		f->min = next->min;
		f->max = next->max;
		f->first = next->first;
		f->first_ns = next->first_ns;
	}
	f->min = next->min < f->min ? next->min : f->min;
	f->max = next->max > f->max ? next->max : f->max;
	f->last = next->last;
	f->last_ns = next->last_ns;
	f->sum += next->sum;
	f->count += next->count;
}

static bool take_sample(void *ctx, const sample_t *sample)
{
	buckets_t *b = ctx;
	double number;
	missing_end_t end = missing_end(sample);
	reach(b, &end);
	leave(b, &end);
	if ((sample->quality != QUALITY_OK &&
	     quality_info(sample->quality)->class == QUALITY_BAD) ||
	    !value_number(&sample->value, &number) || isnan(number))
		b->fold.bad++;
	else
		add(&b->fold, number, end.ns);
	return !b->err;
}

/* Nothing is left out beside these. */
static size_t take_run(void *ctx, const series_run_t *run)
{
	buckets_t *b = ctx;
	for (size_t i = 0; i < run->count; i++) {
		missing_end_t end = { .ns = run->source_ns[i] };
		reach(b, &end);
		add(&b->fold, run->numbers[i], end.ns);
		leave(b, &end);
	}
	return run->count;
}

/* Whether one bucket holds all of it. */
static bool is_in_one(const buckets_t *b, const summary_t *s)
{
	uint64_t first = (uint64_t)s->first.ns - (uint64_t)b->t0;
	uint64_t last = (uint64_t)s->last.ns - (uint64_t)b->t0;
	return first / (uint64_t)b->step_ns == last / (uint64_t)b->step_ns;
}

/* Its ends are there, so that nothing is missing beside it. */
static series_verdict_t take_summary(void *ctx, const summary_t *s)
{
	buckets_t *b = ctx;
	const summary_end_t *first = &s->first_usable, *last = &s->last_usable;
	fold_t fold = { .count = s->usable,
		        .bad = s->bad,
		        .min = s->min,
		        .max = s->max,
		        .sum = s->sum,
		        .first_ns = first->ns,
		        .last_ns = last->ns };
	if (s->last.ns >= b->end_ns && !is_in_one(b, s))
		return SERIES_OPEN;
	reach(b, &(missing_end_t){ .ns = s->first.ns });
	(void)summary_usable(first->type, first->quality, first->bits, &fold.first);
	(void)summary_usable(last->type, last->quality, last->bits, &fold.last);
	join(&b->fold, &fold);
	leave(b, &(missing_end_t){ .ns = s->last.ns });
	return b->err ? SERIES_STOP : SERIES_TAKEN;
}

/* As many buckets of the present point as the page has room for. */
static err_t read_buckets(buckets_t *b)
{
	const series_reader_t *reader = &b->page.sql->spec.reader;
	int64_t room = (int64_t)(SQL_PAGE_ROWS - b->page.rows), end;
	if (__builtin_mul_overflow(room, b->step_ns, &end) ||
	    __builtin_add_overflow(b->start_ns, end, &end) || end > b->t1)
		end = b->t1;
	series_query_t query = {
		.point = b->point->id,
		.from_ns = b->start_ns,
		.to_ns = end,
		.step_ns = b->step_ns,
		.deadline_ns = b->page.sql->question->deadline_ns,
	};
	series_taker_t taker = {
		.ctx = b, .summary = take_summary, .row = take_sample, .run = take_run
	};
	err_t err = reader->take(reader->ctx, &query, &taker);
	if (!err && !b->err)
		reach_end(b, end);
	if (end >= b->t1)
		b->point = NULL;
	return err ? err : b->err;
}

static err_t fill(sql_page_t *page)
{
	buckets_t *b = (buckets_t *)(void *)page;
	while (page->rows < SQL_PAGE_ROWS) {
		if (!b->point) {
			b->point = b->t0 < b->t1 ? sql_walk_next(&b->walk) : NULL;
			b->has_looked = b->has_before = false;
			open_bucket(b, b->t0);
		}
		page->is_last = !b->point;
		if (page->is_last)
			break;
		err_t err = read_buckets(b);
		if (err)
			return err;
	}
	return ERR_OK;
}

/* A duration in nanoseconds or as text. */
static err_t step_of(const value_t *value, int64_t *ret_ns)
{
	err_t err = value->type == VALUE_TEXT ? num_parse_duration(value->as.text, ret_ns)
	                                      : sql_time_of(value, ret_ns);
	return err || *ret_ns <= 0 ? ERR_INVALID : ERR_OK;
}

static err_t agg_of(const value_t *value, size_t *ret_column)
{
	*ret_column = BUCKET_MEAN;
	if (!value || value->type == VALUE_NONE)
		return ERR_OK;
	for (size_t i = BUCKET_COUNT; i < BUCKET_BOUND; i++)
		if (value->type == VALUE_TEXT && i != BUCKET_FIRST_T && i != BUCKET_LAST_T &&
		    slice_eq_nocase(value->as.text, slice_str(columns[i].name))) {
			*ret_column = i;
			return ERR_OK;
		}
	return ERR_INVALID;
}

static err_t refuse(sql_t *sql, const char *what)
{
	return sql_give_up(sql, ERR_INVALID, &text_arguments, slice_str(what));
}

static err_t read_arguments(sql_t *sql, buckets_t *b, const env_sql_bound_t *bounds, size_t count)
{
	const value_t *t0 = sql_bound_equal(bounds, count, BUCKET_T0);
	const value_t *t1 = sql_bound_equal(bounds, count, BUCKET_T1);
	const value_t *step = sql_bound_equal(bounds, count, BUCKET_STEP);
	int64_t span;
	if (!t0 || sql_time_of(t0, &b->t0))
		return refuse(sql, "a time t0");
	if (!t1 || sql_time_of(t1, &b->t1))
		return refuse(sql, "a time t1");
	if (!step || step_of(step, &b->step_ns))
		return refuse(sql, "a step above 0");
	if (agg_of(sql_bound_equal(bounds, count, BUCKET_AGG), &b->agg))
		return refuse(sql, "an aggregate it knows");
	if (__builtin_sub_overflow(b->t1, b->t0, &span) || span / b->step_ns >= SPAN_BUCKETS_MAX)
		return refuse(sql, "at most 100000 buckets of a point");
	return ERR_OK;
}

static err_t begin(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	buckets_t *b = cursor;
	const value_t *of = sql_bound_equal(bounds, count, BUCKET_OF);
	const value_t *name = sql_bound_equal(bounds, count, BUCKET_POINT);
	if (!name && of && of->type != VALUE_NONE)
		name = of;
	b->point = NULL;
	b->err = ERR_OK;
	err_t err = read_arguments(ctx, b, bounds, count);
	if (!err)
		err = sql_walk_begin(ctx, &b->walk, name);
	return err ? err : sql_page_begin(&b->page, ctx, BUCKET_COLUMNS, fill);
}

static void done(void *cursor)
{
	buckets_t *b = cursor;
	sql_walk_done(&b->walk);
	sql_page_done(&b->page);
}

void sql_buckets_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "buckets",
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(*columns),
		.order_column = BUCKET_T,
		.order_key = BUCKET_OF,
		.rows = 1e12,
		.cursor_bytes = sizeof(buckets_t),
		.begin = begin,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done,
	};
}
