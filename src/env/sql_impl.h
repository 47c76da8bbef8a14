/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SQL_IMPL_H
#define ENV_SQL_IMPL_H
/* What the parts of the adapter to SQLite share. */
#include <sqlite3.h>

#include "env/sql.h"
#include "env/sql_ask.h"

struct env_sql {
	sqlite3 *db;
	env_t *env;
	uint64_t budget, spent; /* in steps */
	/* Of questions of others. */
	env_sql_guard_t guard;
	int64_t memory_before; /* of the library, when the question began */
	bool is_private;       /* its statements are written by others, wrong ones too */
	bool is_declaring;     /* a table of ours says its columns, as a statement */
	err_t trouble;         /* why a table of ours or the guard gave up; OK: neither did */
};

struct env_sql_statement {
	env_sql_t *sql;
	sqlite3_stmt *stmt;
	bool is_under_way;
};

/* The shapes of two calls that the library makes, which are wider than those of ours. */
#define ENV_SQL_AUTHORIZER(name) \
	static int name(void *ctx, int action, const char *first, const char *second, \
	                const char *database, const char *trigger)
#define ENV_SQL_CONNECTOR(name) \
	static int name(sqlite3 *db, void *ctx, int argc, const char *const *argv, \
	                sqlite3_vtab **ret_vtab, char **ret_trouble)

/* The class of a code of the library. */
err_t env_sql_err(int code);
/* The same for a statement of this connection, unless a table or the guard knows better. */
err_t env_sql_statement_err(const env_sql_t *sql, int code);
/* A value of a call of ours; text is borrowed from the call. */
value_t env_sql_value_of(sqlite3_value *value);
/* The value as the result of the call; text is copied. */
void env_sql_result(sqlite3_context *call, const value_t *value);
/* Lets the library ask now and then whether a statement may go on. */
void env_sql_watch(env_sql_t *sql);
/* True when the question under way must end. */
bool env_sql_is_over(env_sql_t *sql);
#endif
