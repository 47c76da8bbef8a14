/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual tables: the planner's side writes the bounds it hands over as a short text,
 * two letters each (column, operator), which the cursor's side reads again. */
#include "env/sql_table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "env/sql_impl.h"

enum { DECLARATION_MAX = 2048, PLAN_MAX = 2 * ENV_SQL_BOUNDS_MAX + 1 };

typedef struct {
	env_sql_t *sql;
	const env_sql_table_t *table;
} told_t;

typedef struct {
	sqlite3_vtab base;
	told_t told;
} vtab_t;

typedef struct {
	sqlite3_vtab_cursor base;
	void *own;
	sqlite3_int64 row;
} cursor_t;

static const told_t *told_of(sqlite3_vtab_cursor *cursor)
{
	return &((vtab_t *)(void *)cursor->pVtab)->told;
}

static err_t declare(sqlite3 *db, const told_t *told)
{
	const env_sql_table_t *table = told->table;
	char text[DECLARATION_MAX];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "CREATE TABLE x(");
	for (size_t i = 0; i < table->column_count; i++)
		wr_format(&w, "%s\"%s\" %s%s", i ? ", " : "", table->columns[i].name,
		          table->columns[i].type,
		          table->columns[i].push == ENV_SQL_ARG ? " HIDDEN" : "");
	wr_format(&w, ")");
	wr_u8(&w, 0);
	told->sql->is_declaring = true;
	err_t err = w.bad ? ERR_TOO_BIG : env_sql_err(sqlite3_declare_vtab(db, text));
	told->sql->is_declaring = false;
	return err;
}

ENV_SQL_CONNECTOR(table_connect)
{
	(void)argc;
	(void)argv;
	(void)ret_trouble;
	const told_t *told = ctx;
	vtab_t *vtab = calloc(1, sizeof(*vtab));
	if (!vtab)
		return SQLITE_NOMEM;
	vtab->told = *told;
	if (declare(db, told) != ERR_OK) {
		free(vtab);
		return SQLITE_ERROR;
	}
	*ret_vtab = &vtab->base;
	return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *vtab)
{
	free(vtab);
	return SQLITE_OK;
}

/* The operator as ours; false: none that a table knows. */
static bool op_of(int code, env_sql_op_t *ret_op)
{
	static const struct {
		int code;
		env_sql_op_t op;
	} rows[] = {
		{ SQLITE_INDEX_CONSTRAINT_EQ, ENV_SQL_EQ },
		{ SQLITE_INDEX_CONSTRAINT_GT, ENV_SQL_GT },
		{ SQLITE_INDEX_CONSTRAINT_GE, ENV_SQL_GE },
		{ SQLITE_INDEX_CONSTRAINT_LT, ENV_SQL_LT },
		{ SQLITE_INDEX_CONSTRAINT_LE, ENV_SQL_LE },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == code) {
			*ret_op = rows[i].op;
			return true;
		}
	return false;
}

static bool is_taken(const env_sql_column_t *column, env_sql_op_t op)
{
	return column->push == ENV_SQL_RANGE || (column->push != ENV_SQL_PLAIN && op == ENV_SQL_EQ);
}

static bool is_sorted(const env_sql_table_t *table, const sqlite3_index_info *info, bool has_key)
{
	return table->order_column >= 0 && info->nOrderBy == 1 &&
	       info->aOrderBy[0].iColumn == table->order_column &&
	       (info->aOrderBy[0].desc != 0) == table->is_descending &&
	       (has_key || table->order_key < 0);
}

/* How much smaller the answer gets by a bound, for the planner's choice of order. */
static double narrowing(env_sql_push_t push, env_sql_op_t op)
{
	if (op != ENV_SQL_EQ)
		return 4;
	return push == ENV_SQL_ARG ? 100 : 1000;
}

static int table_plan(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	const env_sql_table_t *table = ((vtab_t *)(void *)vtab)->told.table;
	char plan[PLAN_MAX];
	int taken = 0;
	bool has_key = false;
	double rows = table->rows;
	for (int i = 0; i < info->nConstraint && taken < ENV_SQL_BOUNDS_MAX; i++) {
		int at = info->aConstraint[i].iColumn;
		env_sql_op_t op;
		if (at < 0 || !op_of(info->aConstraint[i].op, &op) ||
		    !is_taken(&table->columns[at], op))
			continue;
		bool is_arg = table->columns[at].push == ENV_SQL_ARG;
		/* An argument that is not known yet: another order of the join must do. */
		if (!info->aConstraint[i].usable && is_arg)
			return SQLITE_CONSTRAINT;
		if (!info->aConstraint[i].usable)
			continue;
		plan[2 * taken] = (char)('A' + at);
		plan[2 * taken + 1] = (char)('a' + op);
		info->aConstraintUsage[i].argvIndex = ++taken;
		info->aConstraintUsage[i].omit = is_arg;
		has_key = has_key || (at == table->order_key && op == ENV_SQL_EQ);
		rows /= narrowing(table->columns[at].push, op);
	}
	plan[2 * taken] = 0;
	info->idxStr = sqlite3_mprintf("%s", plan);
	info->needToFreeIdxStr = 1;
	info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
	info->estimatedCost = rows < 1 ? 10 : rows + 10;
	info->orderByConsumed = is_sorted(table, info, has_key);
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **ret_cursor)
{
	const env_sql_table_t *table = ((vtab_t *)(void *)vtab)->told.table;
	cursor_t *cursor = calloc(1, sizeof(*cursor));
	if (!cursor)
		return SQLITE_NOMEM;
	cursor->own = calloc(1, table->cursor_bytes);
	if (!cursor->own) {
		free(cursor);
		return SQLITE_NOMEM;
	}
	*ret_cursor = &cursor->base;
	return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *base)
{
	cursor_t *cursor = (cursor_t *)(void *)base;
	const env_sql_table_t *table = told_of(base)->table;
	if (table->done)
		table->done(cursor->own);
	free(cursor->own);
	free(cursor);
	return SQLITE_OK;
}

/* Keeps the error for whoever steps the question. */
static int give_up(const told_t *told, err_t err)
{
	if (err && !told->sql->trouble)
		told->sql->trouble = err;
	return err ? SQLITE_ERROR : SQLITE_OK;
}

static int table_filter(sqlite3_vtab_cursor *base, int number, const char *plan, int count,
                        sqlite3_value **values)
{
	(void)number;
	cursor_t *cursor = (cursor_t *)(void *)base;
	const told_t *told = told_of(base);
	env_sql_bound_t bounds[ENV_SQL_BOUNDS_MAX];
	assert(count <= ENV_SQL_BOUNDS_MAX);
	for (int i = 0; i < count; i++)
		bounds[i] = (env_sql_bound_t){ (size_t)(plan[2 * i] - 'A'),
			                       (env_sql_op_t)(plan[2 * i + 1] - 'a'),
			                       env_sql_value_of(values[i]) };
	cursor->row = 0;
	return give_up(told,
	               told->table->begin(told->table->ctx, cursor->own, bounds, (size_t)count));
}

static int table_next(sqlite3_vtab_cursor *base)
{
	cursor_t *cursor = (cursor_t *)(void *)base;
	cursor->row++;
	return give_up(told_of(base), told_of(base)->table->next(cursor->own));
}

static int table_eof(sqlite3_vtab_cursor *base)
{
	return told_of(base)->table->is_end(((cursor_t *)(void *)base)->own);
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *call, int column)
{
	const env_sql_table_t *table = told_of(base)->table;
	if (table->columns[column].push == ENV_SQL_ARG) {
		sqlite3_result_null(call);
		return SQLITE_OK;
	}
	value_t value = table->column(((cursor_t *)(void *)base)->own, (size_t)column);
	env_sql_result(call, &value);
	return SQLITE_OK;
}

static int table_row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	*ret_id = ((cursor_t *)(void *)base)->row;
	return SQLITE_OK;
}

/* No xCreate: the table is there without a statement that makes it. */
static const sqlite3_module module = {
	.iVersion = 2,
	.xConnect = table_connect,
	.xBestIndex = table_plan,
	.xDisconnect = table_disconnect,
	.xOpen = table_open,
	.xClose = table_close,
	.xFilter = table_filter,
	.xNext = table_next,
	.xEof = table_eof,
	.xColumn = table_column,
	.xRowid = table_row_id,
};

err_t env_sql_table(env_sql_t *sql, const env_sql_table_t *table)
{
	assert(table->column_count <= ENV_SQL_TABLE_COLUMNS_MAX);
	told_t *told = malloc(sizeof(*told));
	if (!told)
		return ERR_NO_MEMORY;
	*told = (told_t){ sql, table };
	/* The library frees it, also when this fails. */
	return env_sql_err(sqlite3_create_module_v2(sql->db, table->name, &module, told, free));
}
