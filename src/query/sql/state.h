/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_SQL_STATE_H
#define QUERY_SQL_STATE_H
/* What the tables of the room share: the question under way, the list of its points, and
 * pages, of which every cursor is one: rows that were fetched together because the ports
 * push rows and SQL pulls them. */
#include "base/text.h"
#include "env/sql_table.h"
#include "query/sql/sql.h"

/* A point as a question names it; the texts are of the list or the catalogue. */
typedef struct {
	point_id_t id;
	slice_t name, device, unit, ident, label;
	point_states_t states;
} sql_point_t;

/* Every point there is, by name; made when a question names none. */
typedef struct {
	bool is_made;
	sql_point_t *items;
	size_t count, cap;
	writer_t *texts; /* so that none moves */
	size_t text_count;
} sql_points_t;

struct sql {
	env_t *env;
	env_sql_t *db;
	sql_spec_t spec;
	env_sql_table_t tables[8];
	const sql_question_t *question; /* under way */
	sql_points_t points;
	uint64_t samples_read;
	const err_text_t *text; /* why a table gave up; NULL: the error says it */
	char arg[ERR_ARG_MAX];
};

/* Gives the question up: `text` with `arg` as its %1. Returns err. */
MUST_CHECK err_t sql_give_up(sql_t *sql, err_t err, const err_text_t *text, slice_t arg);

/* points.c. The list; ERR_LIMIT past SQL_POINTS_MAX. */
MUST_CHECK err_t sql_points_make(sql_t *sql);
void sql_points_clear(sql_points_t *points);
/* *ret_found false: there is none of that name. `room` may hold the name then. */
MUST_CHECK err_t sql_point_find(sql_t *sql, slice_t name, sql_point_t *ret_point, bool *ret_found);

/* Walks the points a table was asked for: one, or all. */
typedef struct {
	sql_t *sql;
	bool is_all;
	sql_point_t one; /* when it is not all; id 0: none, or gone by */
	size_t at;       /* the next of the list */
	char *own;       /* the name of the one */
} sql_walk_t;
/* The one called so (of any other type: none); all when it is NULL. */
MUST_CHECK err_t sql_walk_begin(sql_t *sql, sql_walk_t *walk, const value_t *name);
const sql_point_t *sql_walk_next(sql_walk_t *walk);
void sql_walk_done(sql_walk_t *walk);

/* pages.c. */
enum { SQL_PAGE_ROWS = 1024, SQL_PAGE_COLUMNS = 16, SQL_PAGE_TEXT = 256 << 10 };

typedef struct sql_page {
	sql_t *sql;
	/* Adds rows from where it stood; none when there are no more. */
	err_t (*fill)(struct sql_page *page);
	value_t *cells;
	size_t columns, rows, at;
	bool is_last; /* nothing behind these rows */
	writer_t text;
} sql_page_t;

/* A table's cursor begins with its page. Begins again when it had begun. */
MUST_CHECK err_t sql_page_begin(sql_page_t *page, sql_t *sql, size_t columns,
                                err_t (*fill)(sql_page_t *page));
void sql_page_done(sql_page_t *page);
/* The cells of one more row, all NULL; NULL when the page is full. */
value_t *sql_page_add(sql_page_t *page);
/* Takes the row back: its text does not fit. */
void sql_page_drop(sql_page_t *page);
/* Keeps a text with the page; false when there is no room. */
bool sql_page_text(sql_page_t *page, slice_t text, value_t *ret_value);
/* For env_sql_table_t. */
bool sql_page_is_end(const void *cursor);
MUST_CHECK err_t sql_page_next(void *cursor);
value_t sql_page_column(const void *cursor, size_t column);

/* bounds.c. The value a column must be equal to, or NULL. */
const value_t *sql_bound_equal(const env_sql_bound_t *bounds, size_t count, size_t column);
/* The range [from, to) that the bounds of an integer column leave; `range` comes with the
 * widest.
 * ERR_INVALID: a bound is text. */
MUST_CHECK err_t sql_bound_range(sql_t *sql, const env_sql_bound_t *bounds, size_t count,
                                 size_t column, int64_t range[2]);
/* A time in nanoseconds, or as text. ERR_INVALID. */
MUST_CHECK err_t sql_time_of(const value_t *value, int64_t *ret_ns);
/* The columns point, t, value, quality, node_t, state, bound of a sample; false when the page is
 * full. The texts of `point` live as long as the page. */
enum { SQL_SAMPLE_COLUMNS = 7 };
bool sql_put_sample(sql_page_t *page, const sample_t *sample, const sql_point_t *point);

/* The tables: each fills its row of the table of tables. */
void sql_samples_table(env_sql_table_t *table);
void sql_last_table(env_sql_table_t *table);
void sql_buckets_table(env_sql_table_t *table);
void sql_points_table(env_sql_table_t *table);
void sql_identifiers_table(env_sql_table_t *table);
void sql_assets_table(env_sql_table_t *table);
void sql_events_table(env_sql_table_t *table);
#endif
