/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SQL_ASK_H
#define ENV_SQL_ASK_H
/* Questions of others in SQL: text that somebody wrote, asked of tables of ours
 * (env/sql_table.h) on a connection that has nothing else and can change nothing.
 * It may only read: one SELECT, without ATTACH, PRAGMA, schema or transactions.
 *
 * Story: env_sql_open_private; env_sql_table and env_sql_function for what can be asked;
 * for each question env_sql_guard, env_sql_ask, env_sql_bind for its places, then
 * env_sql_step and env_sql_value, env_sql_finalize.
 *
 * Threads: as env/sql.h says.
 *
 * Errors: ERR_INVALID for a statement that is wrong (env_sql_trouble says how),
 * ERR_DENIED for one that is not a question, ERR_TIMEOUT, ERR_LIMIT (memory or steps),
 * and what a table or function of ours gave up with.
 *
 * Limits: 64 KiB of text, values of 1 MiB, 100 columns, nesting of 100, 64 places.
 *
 * Caveats: the memory of a question is what the library holds more than when it
 * began, so that what other loops take meanwhile counts too; the bound is for those
 * that would eat everything. */
#include "env/sql.h"
#include "model/value.h"

typedef struct {
	int64_t deadline_ns; /* of env_now; 0: none */
	size_t memory_bytes; /* 0: no bound */
} env_sql_guard_t;

MUST_CHECK err_t env_sql_open_private(env_t *env, env_sql_t **ret_sql);
/* Of the questions from now on. */
void env_sql_guard(env_sql_t *sql, const env_sql_guard_t *guard);
MUST_CHECK err_t env_sql_ask(env_sql_t *sql, slice_t text, env_sql_statement_t **ret_statement);
/* What was wrong with the last one, in the words of the library. */
const char *env_sql_trouble(env_sql_t *sql);
/* How many places ("?") it has, counted from 1. */
size_t env_sql_places(env_sql_statement_t *statement);
/* Numbers and text; anything else is NULL. Text is copied. */
void env_sql_bind(env_sql_statement_t *statement, size_t place, const value_t *value);
size_t env_sql_columns(env_sql_statement_t *statement);
/* Lives as long as the statement. */
slice_t env_sql_name(env_sql_statement_t *statement, size_t column);
/* VALUE_NONE for NULL; the bytes of a blob are text in hexadecimal only when the
 * question says so (hex()), else VALUE_NONE. Text lives until the next step. */
value_t env_sql_value(env_sql_statement_t *statement, size_t column);

/* A pure function of up to ENV_SQL_ARGS_MAX values; what it writes into `room` may be its
 * text. An error gives the question up. */
enum { ENV_SQL_ARGS_MAX = 4, ENV_SQL_ROOM = 256 };
typedef err_t env_sql_function_t(const value_t *args, char room[ENV_SQL_ROOM], value_t *ret_value);
MUST_CHECK err_t env_sql_function(env_sql_t *sql, const char *name, size_t args,
                                  env_sql_function_t *fn);
#endif
