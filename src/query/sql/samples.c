/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of samples: all of a range, and the newest of each point. */
#include "query/sql/state.h"

enum {
	SAMPLE_POINT,
	SAMPLE_T,
	SAMPLE_VALUE,
	SAMPLE_QUALITY,
	SAMPLE_NODE_T,
	SAMPLE_STATE,
	SAMPLE_BOUND,
	SAMPLE_KNOWN_AT,
};

static const err_text_t text_scan = {
	{ "the question reads more than %1 samples", "该查询读取的样本超过 %1 个" },
	{ "narrow t and point, or ask buckets(point, t0, t1, step, agg), which reads summaries",
	  "请缩小 t 与 point 的范围，或使用读取摘要的 buckets(point, t0, t1, step, agg)" },
};

static const env_sql_column_t sample_columns[] = {
	[SAMPLE_POINT] = { "point", "TEXT", ENV_SQL_KEY },
	[SAMPLE_T] = { "t", "INTEGER", ENV_SQL_RANGE },
	[SAMPLE_VALUE] = { "value", "", ENV_SQL_PLAIN },
	[SAMPLE_QUALITY] = { "quality", "TEXT", ENV_SQL_PLAIN },
	[SAMPLE_NODE_T] = { "node_t", "INTEGER", ENV_SQL_PLAIN },
	[SAMPLE_STATE] = { "state", "TEXT", ENV_SQL_PLAIN },
	[SAMPLE_BOUND] = { "bound", "REAL", ENV_SQL_PLAIN },
	[SAMPLE_KNOWN_AT] = { "known_at", "INTEGER", ENV_SQL_ARG },
};

typedef struct {
	sql_page_t page;
	sql_walk_t walk;
	const sql_point_t *point; /* being read; NULL: the next one */
	int64_t range[2], known_at_ns;
	/* Where to go on: samples of resume_ns that were handed out before come again. */
	int64_t resume_ns;
	size_t handed, seen, came;
	bool is_full;
} samples_t;

static bool add_sample(void *ctx, const sample_t *sample)
{
	samples_t *s = ctx;
	s->came++;
	if (sample->source.ns != s->resume_ns) {
		s->resume_ns = sample->source.ns;
		s->handed = s->seen = 0;
	}
	if (s->seen < s->handed) {
		s->seen++;
		return true;
	}
	if (!sql_put_sample(&s->page, sample, s->point)) {
		s->is_full = true;
		return false;
	}
	s->handed++;
	s->seen++;
	return true;
}

static err_t count_read(samples_t *s)
{
	sql_t *sql = s->page.sql;
	uint64_t max = sql->question->samples_max ? sql->question->samples_max : SQL_SAMPLES_MAX;
	char text[24];
	writer_t w = writer_of(text, sizeof(text));
	sql->samples_read += s->page.rows;
	if (sql->samples_read <= max)
		return ERR_OK;
	wr_format(&w, "%llu", (unsigned long long)max);
	return sql_give_up(sql, ERR_LIMIT, &text_scan, writer_done(&w));
}

/* More of the present point; done with it when fewer came than were asked for. */
static err_t read_point(samples_t *s)
{
	const series_reader_t *reader = &s->page.sql->spec.reader;
	series_query_t query = {
		.point = s->point->id,
		.from_ns = s->resume_ns,
		.to_ns = s->range[1],
		.known_at_ns = s->known_at_ns,
		.limit = SQL_PAGE_ROWS - s->page.rows + s->handed,
		.deadline_ns = s->page.sql->question->deadline_ns,
	};
	s->seen = s->came = 0;
	s->is_full = false;
	err_t err = reader->raw(reader->ctx, &query, add_sample, s);
	if (!err && !s->is_full && s->came < query.limit)
		s->point = NULL;
	return err;
}

static err_t fill_samples(sql_page_t *page)
{
	samples_t *s = (samples_t *)(void *)page;
	while (page->rows < SQL_PAGE_ROWS && !page->is_last) {
		if (!s->point) {
			s->point = s->range[0] < s->range[1] ? sql_walk_next(&s->walk) : NULL;
			s->resume_ns = s->range[0];
			s->handed = 0;
		}
		if (!s->point) {
			page->is_last = true;
			break;
		}
		err_t err = read_point(s);
		if (err)
			return err;
		if (s->is_full)
			break;
	}
	return count_read(s);
}

static err_t begin_samples(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	samples_t *s = cursor;
	const value_t *known_at = sql_bound_equal(bounds, count, SAMPLE_KNOWN_AT);
	s->range[0] = INT64_MIN;
	s->range[1] = INT64_MAX;
	s->known_at_ns = 0;
	s->point = NULL;
	err_t err = sql_bound_range(ctx, bounds, count, SAMPLE_T, s->range);
	if (!err && known_at)
		err = sql_time_of(known_at, &s->known_at_ns);
	if (!err)
		err = sql_walk_begin(ctx, &s->walk, sql_bound_equal(bounds, count, SAMPLE_POINT));
	return err ? err : sql_page_begin(&s->page, ctx, SQL_SAMPLE_COLUMNS, fill_samples);
}

static void done_samples(void *cursor)
{
	samples_t *s = cursor;
	sql_walk_done(&s->walk);
	sql_page_done(&s->page);
}

void sql_samples_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "samples",
		.columns = sample_columns,
		.column_count = sizeof(sample_columns) / sizeof(*sample_columns),
		.order_column = SAMPLE_T,
		.order_key = SAMPLE_POINT,
		.rows = 1e9,
		.cursor_bytes = sizeof(samples_t),
		.begin = begin_samples,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_samples,
	};
}

/* The newest. */

enum { LAST_OF = SQL_SAMPLE_COLUMNS, LAST_BATCH = 256 };

static const env_sql_column_t last_columns[] = {
	[SAMPLE_POINT] = { "point", "TEXT", ENV_SQL_KEY },
	[SAMPLE_T] = { "t", "INTEGER", ENV_SQL_PLAIN },
	[SAMPLE_VALUE] = { "value", "", ENV_SQL_PLAIN },
	[SAMPLE_QUALITY] = { "quality", "TEXT", ENV_SQL_PLAIN },
	[SAMPLE_NODE_T] = { "node_t", "INTEGER", ENV_SQL_PLAIN },
	[SAMPLE_STATE] = { "state", "TEXT", ENV_SQL_PLAIN },
	[SAMPLE_BOUND] = { "bound", "REAL", ENV_SQL_PLAIN },
	[LAST_OF] = { "of", "TEXT", ENV_SQL_ARG },
};

typedef struct {
	sql_page_t page;
	sql_walk_t walk;
	const sql_point_t *points[LAST_BATCH];
	point_id_t ids[LAST_BATCH];
	size_t count, at;
} last_t;

/* Answers come in the order of the ids, but not of every one. */
static bool add_last(void *ctx, const sample_t *sample)
{
	last_t *l = ctx;
	while (l->at < l->count && l->ids[l->at] != sample->point)
		l->at++;
	return l->at < l->count && sql_put_sample(&l->page, sample, l->points[l->at]);
}

static err_t fill_last(sql_page_t *page)
{
	last_t *l = (last_t *)(void *)page;
	const series_reader_t *reader = &page->sql->spec.reader;
	l->count = l->at = 0;
	while (l->count < LAST_BATCH) {
		const sql_point_t *point = sql_walk_next(&l->walk);
		page->is_last = !point;
		if (!point)
			break;
		l->points[l->count] = point;
		l->ids[l->count++] = point->id;
	}
	return l->count ? reader->last(reader->ctx, l->ids, l->count, add_last, l) : ERR_OK;
}

static err_t begin_last(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count)
{
	last_t *l = cursor;
	const value_t *of = sql_bound_equal(bounds, count, LAST_OF);
	const value_t *name = sql_bound_equal(bounds, count, SAMPLE_POINT);
	if (!name && of && of->type != VALUE_NONE)
		name = of;
	err_t err = sql_walk_begin(ctx, &l->walk, name);
	return err ? err : sql_page_begin(&l->page, ctx, SQL_SAMPLE_COLUMNS, fill_last);
}

static void done_last(void *cursor)
{
	last_t *l = cursor;
	sql_walk_done(&l->walk);
	sql_page_done(&l->page);
}

void sql_last_table(env_sql_table_t *table)
{
	*table = (env_sql_table_t){
		.name = "last",
		.columns = last_columns,
		.column_count = sizeof(last_columns) / sizeof(*last_columns),
		.order_column = -1,
		.rows = 1e4,
		.cursor_bytes = sizeof(last_t),
		.begin = begin_last,
		.is_end = sql_page_is_end,
		.next = sql_page_next,
		.column = sql_page_column,
		.done = done_last,
	};
}
