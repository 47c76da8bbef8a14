/* SPDX-License-Identifier: Apache-2.0 */
/* Text that somebody wrote, kept from doing anything but asking. */
#include "env/sql_ask.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "env/sql_impl.h"

static const struct {
	int limit, value;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, 1 << 20 },
	{ SQLITE_LIMIT_SQL_LENGTH, 64 << 10 },
	{ SQLITE_LIMIT_COLUMN, 100 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 50 },
	{ SQLITE_LIMIT_VDBE_OP, 50000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 64 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 64 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

/* A question reads, calls functions and may call itself; nothing else. */
ENV_SQL_AUTHORIZER(permit)
{
	const env_sql_t *sql = ctx;
	(void)first;
	(void)database;
	(void)trigger;
	if (sql->is_declaring)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return second && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY
		                                                                : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

bool env_sql_is_over(env_sql_t *sql)
{
	const env_sql_guard_t *guard = &sql->guard;
	if (guard->deadline_ns && env_now(sql->env) > guard->deadline_ns)
		sql->trouble = ERR_TIMEOUT;
	else if (guard->memory_bytes &&
	         sqlite3_memory_used() - sql->memory_before > (int64_t)guard->memory_bytes)
		sql->trouble = ERR_LIMIT;
	return sql->trouble != ERR_OK;
}

err_t env_sql_open_private(env_t *env, env_sql_t **ret_sql)
{
	env_sql_t *sql = calloc(1, sizeof(*sql));
	if (!sql)
		return ERR_NO_MEMORY;
	sql->env = env;
	sql->is_private = true;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
	            SQLITE_OPEN_NOMUTEX;
	err_t err = env_sql_err(sqlite3_open_v2(":memory:", &sql->db, flags, NULL));
	if (!err)
		/* What is sorted stays in memory, where the guard sees it. */
		err = env_sql_run(sql, "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON;"
		                       "PRAGMA trusted_schema = OFF");
	if (err) {
		env_sql_close(sql);
		return err;
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		(void)sqlite3_limit(sql->db, limits[i].limit, limits[i].value);
	/* A word in double quotes is a name and never quietly a text. */
	(void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_set_authorizer(sql->db, permit, sql);
	env_sql_watch(sql);
	*ret_sql = sql;
	return ERR_OK;
}

void env_sql_guard(env_sql_t *sql, const env_sql_guard_t *guard)
{
	sql->guard = *guard;
	sql->memory_before = sqlite3_memory_used();
	sql->trouble = ERR_OK;
}

/* What is left behind the first statement: blanks, comments and semicolons. */
static bool is_empty(sqlite3 *db, const char *rest, const char *end)
{
	while (rest < end) {
		sqlite3_stmt *more = NULL;
		const char *next = NULL;
		int code = sqlite3_prepare_v2(db, rest, (int)(end - rest), &more, &next);
		bool is_nothing = code == SQLITE_OK && !more;
		(void)sqlite3_finalize(more);
		if (!is_nothing || next == rest)
			return is_nothing;
		rest = next;
	}
	return true;
}

static err_t prepare(env_sql_t *sql, slice_t text, sqlite3_stmt **ret_stmt)
{
	const char *begin = (const char *)text.ptr, *rest = NULL;
	if (text.len == 0 || text.len > 64 << 10)
		return text.len ? ERR_TOO_BIG : ERR_INVALID;
	int code = sqlite3_prepare_v2(sql->db, begin, (int)text.len, ret_stmt, &rest);
	if (code == SQLITE_AUTH)
		return ERR_DENIED;
	if (code)
		return env_sql_statement_err(sql, code);
	if (!*ret_stmt)
		return ERR_INVALID;
	if (!sqlite3_stmt_readonly(*ret_stmt) || sqlite3_column_count(*ret_stmt) == 0)
		return ERR_DENIED;
	return is_empty(sql->db, rest, begin + text.len) ? ERR_OK : ERR_INVALID;
}

err_t env_sql_ask(env_sql_t *sql, slice_t text, env_sql_statement_t **ret_statement)
{
	env_sql_statement_t *statement = calloc(1, sizeof(*statement));
	if (!statement)
		return ERR_NO_MEMORY;
	statement->sql = sql;
	err_t err = prepare(sql, text, &statement->stmt);
	if (err) {
		env_sql_finalize(statement);
		return err;
	}
	*ret_statement = statement;
	return ERR_OK;
}

const char *env_sql_trouble(env_sql_t *sql)
{
	return sqlite3_errmsg(sql->db);
}

size_t env_sql_places(env_sql_statement_t *statement)
{
	return (size_t)sqlite3_bind_parameter_count(statement->stmt);
}

void env_sql_bind(env_sql_statement_t *statement, size_t place, const value_t *value)
{
	double number = 0;
	int code = SQLITE_OK, at = (int)place;
	if (value->type == VALUE_TEXT)
		code = sqlite3_bind_text64(statement->stmt, at,
		                           value->as.text.len ? (const char *)value->as.text.ptr
		                                              : "",
		                           value->as.text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (value->type == VALUE_I64)
		code = sqlite3_bind_int64(statement->stmt, at, value->as.i);
	else if (value_number(value, &number))
		code = sqlite3_bind_double(statement->stmt, at, number);
	else
		code = sqlite3_bind_null(statement->stmt, at);
	/* A text that is too long stays NULL; a place that is not there is a bug of ours. */
	assert(code == SQLITE_OK || code == SQLITE_TOOBIG || code == SQLITE_NOMEM);
}

size_t env_sql_columns(env_sql_statement_t *statement)
{
	return (size_t)sqlite3_column_count(statement->stmt);
}

slice_t env_sql_name(env_sql_statement_t *statement, size_t column)
{
	return slice_str(sqlite3_column_name(statement->stmt, (int)column));
}

value_t env_sql_value(env_sql_statement_t *statement, size_t column)
{
	return env_sql_value_of(sqlite3_column_value(statement->stmt, (int)column));
}

value_t env_sql_value_of(sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	if (type == SQLITE_INTEGER)
		return value_i64(sqlite3_value_int64(value));
	if (type == SQLITE_FLOAT)
		return value_f64(sqlite3_value_double(value));
	if (type != SQLITE_TEXT)
		return (value_t){ .type = VALUE_NONE };
	const void *text = sqlite3_value_text(value);
	return value_text(slice_of(text, text ? (size_t)sqlite3_value_bytes(value) : 0));
}

void env_sql_result(sqlite3_context *call, const value_t *value)
{
	double number = 0;
	if (value->type == VALUE_I64)
		sqlite3_result_int64(call, value->as.i);
	else if (value->type == VALUE_BOOL)
		sqlite3_result_int(call, value->as.b);
	else if (value->type == VALUE_U64 && value->as.u <= INT64_MAX)
		sqlite3_result_int64(call, (sqlite3_int64)value->as.u);
	else if (value->type == VALUE_ENUM)
		sqlite3_result_int64(call, value->as.ordinal);
	else if (value_number(value, &number))
		sqlite3_result_double(call, number);
	else if (value->type == VALUE_TEXT)
		sqlite3_result_text64(call,
		                      value->as.text.len ? (const char *)value->as.text.ptr : "",
		                      value->as.text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		sqlite3_result_null(call);
}

typedef struct {
	env_sql_t *sql;
	env_sql_function_t *fn;
} function_t;

static void call_function(sqlite3_context *call, int count, sqlite3_value **values)
{
	function_t *function = sqlite3_user_data(call);
	value_t args[ENV_SQL_ARGS_MAX], value = { .type = VALUE_NONE };
	char room[ENV_SQL_ROOM];
	for (int i = 0; i < count; i++)
		args[i] = env_sql_value_of(values[i]);
	err_t err = function->fn(args, room, &value);
	if (err) {
		function->sql->trouble = err;
		sqlite3_result_error(call, "a function cannot answer this", -1);
		return;
	}
	env_sql_result(call, &value);
}

err_t env_sql_function(env_sql_t *sql, const char *name, size_t args, env_sql_function_t *fn)
{
	assert(args <= ENV_SQL_ARGS_MAX);
	function_t *function = malloc(sizeof(*function));
	if (!function)
		return ERR_NO_MEMORY;
	*function = (function_t){ sql, fn };
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	/* The library frees it, also when this fails. */
	return env_sql_err(sqlite3_create_function_v2(sql->db, name, (int)args, flags, function,
	                                              call_function, NULL, NULL, free));
}
