/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SQL_TABLE_H
#define ENV_SQL_TABLE_H
/* Tables whose rows come from a room instead of a database ("virtual tables"), told to
 * SQLite by what of a question they can answer themselves.
 *
 * Story: a room fills an env_sql_table_t and calls env_sql_table once for a connection.
 * A question that reads the table makes a cursor: `begin` with the bounds that hold for
 * its rows, then `is_end`, `column`, `next` until the end, `done`; `begin` again when
 * the table stands inside of a join. A hidden column is an argument when the table is
 * written as a function: buckets(a, b) bounds the first two hidden columns.
 *
 * SQLite looks at every bound again, so a table may hand out more rows than a bound
 * lets through, but never fewer.
 *
 * Errors of `begin` and `next` end the question with that error.
 *
 * Limits: 32 columns. */
#include "env/sql.h"
#include "model/value.h"

enum { ENV_SQL_TABLE_COLUMNS_MAX = 32, ENV_SQL_BOUNDS_MAX = 16 };

typedef enum { ENV_SQL_EQ, ENV_SQL_GT, ENV_SQL_GE, ENV_SQL_LT, ENV_SQL_LE } env_sql_op_t;

typedef enum {
	ENV_SQL_PLAIN, /* never bounded here */
	ENV_SQL_KEY,   /* bounded by = alone */
	ENV_SQL_RANGE, /* by =, <, <=, >, >= */
	ENV_SQL_ARG,   /* hidden, by = */
} env_sql_push_t;

typedef struct {
	const char *name, *type; /* type "INTEGER", "REAL", "TEXT", "" */
	env_sql_push_t push;
} env_sql_column_t;

typedef struct {
	size_t column;
	env_sql_op_t op;
	value_t value; /* VALUE_NONE: NULL. Text is borrowed from the call */
} env_sql_bound_t;

typedef struct {
	const char *name;
	const env_sql_column_t *columns;
	size_t column_count;
	/* Rows come sorted by this column when `order_key` is bounded by =; below 0: not. */
	int order_column, order_key; /* order_key below 0: always */
	bool is_descending;
	double rows;         /* a guess for the planner, without bounds */
	size_t cursor_bytes; /* of a cursor, zero at first */
	void *ctx;
	err_t (*begin)(void *ctx, void *cursor, const env_sql_bound_t *bounds, size_t count);
	bool (*is_end)(const void *cursor);
	err_t (*next)(void *cursor);
	/* Text lives until next. The value of a hidden column is not asked for. */
	value_t (*column)(const void *cursor, size_t column);
	void (*done)(void *cursor); /* NULL: nothing to do; also of one that never began */
} env_sql_table_t;

/* The table lives as long as the connection. ERR_NO_MEMORY. */
MUST_CHECK err_t env_sql_table(env_sql_t *sql, const env_sql_table_t *table);
#endif
