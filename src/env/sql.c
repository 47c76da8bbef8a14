/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to SQLite. The world decides where a database lives (a file, or memory
 * shared by the connections of one host); the rest is the same in both. */
#include "env/sql.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "env/file.h"
#include "env/ops.h"
#include "env/sql_impl.h"

enum { URI_MAX = 1024, BUSY_MS = 2000, PROGRESS_STEPS = 1000 };

err_t env_sql_err(int code)
{
	static const struct {
		int code;
		err_t err;
	} rows[] = {
		{ SQLITE_OK, ERR_OK },
		{ SQLITE_DONE, ERR_OK },
		{ SQLITE_ROW, ERR_OK },
		{ SQLITE_CORRUPT, ERR_CORRUPT },
		{ SQLITE_NOTADB, ERR_CORRUPT },
		{ SQLITE_FORMAT, ERR_CORRUPT },
		{ SQLITE_FULL, ERR_DISK_FULL },
		{ SQLITE_IOERR, ERR_IO },
		{ SQLITE_CANTOPEN, ERR_IO },
		{ SQLITE_PERM, ERR_DENIED },
		{ SQLITE_READONLY, ERR_DENIED },
		{ SQLITE_BUSY, ERR_BUSY },
		{ SQLITE_LOCKED, ERR_BUSY },
		{ SQLITE_INTERRUPT, ERR_LIMIT },
		{ SQLITE_TOOBIG, ERR_TOO_BIG },
		{ SQLITE_NOMEM, ERR_NO_MEMORY },
		/* A schema that is not ours: somebody else's file, or a damaged one. */
		{ SQLITE_SCHEMA, ERR_CORRUPT },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == (code & 0xFF))
			return rows[i].err;
	return ERR_INTERNAL;
}

err_t env_sql_statement_err(const env_sql_t *sql, int code)
{
	err_t err = env_sql_err(code);
	if (err && sql->trouble)
		return sql->trouble;
	return err == ERR_INTERNAL && sql->is_private ? ERR_INVALID : err;
}

/* Asked every PROGRESS_STEPS steps; true gives the statement up. */
static int is_spent(void *ctx)
{
	env_sql_t *sql = ctx;
	sql->spent += PROGRESS_STEPS;
	return (sql->budget > 0 && sql->spent > sql->budget) || env_sql_is_over(sql);
}

void env_sql_watch(env_sql_t *sql)
{
	sqlite3_progress_handler(sql->db, PROGRESS_STEPS, is_spent, sql);
}

/* The path as part of a URI: "?", "#" and "%" would mean something there. */
static err_t place(env_t *env, const char *path, char *uri, size_t size)
{
	char prefix[ENV_SQL_PREFIX_MAX];
	const char *suffix = env->ops->sql_place(env, prefix);
	writer_t w = writer_of(uri, size);
	wr_format(&w, "%s", prefix);
	for (const char *c = path; *c; c++)
		wr_format(&w, *c == '?' || *c == '#' || *c == '%' ? "%%%02X" : "%c", *c);
	wr_format(&w, "%s", suffix);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_sql_open(env_t *env, const char *path, env_sql_t **ret_sql)
{
	char uri[URI_MAX];
	err_t err = place(env, path, uri, sizeof(uri));
	if (err)
		return err;
	env_sql_t *sql = calloc(1, sizeof(*sql));
	if (!sql)
		return ERR_NO_MEMORY;
	sql->env = env;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
	            SQLITE_OPEN_NOMUTEX;
	err = env_sql_err(sqlite3_open_v2(uri, &sql->db, flags, NULL));
	if (!err) {
		sqlite3_busy_timeout(sql->db, BUSY_MS);
		env_sql_watch(sql);
		/* A view may be lost by a power cut and is then built again. */
		err = env_sql_run(sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
		                       "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
	}
	if (err) {
		env_sql_close(sql);
		return err;
	}
	*ret_sql = sql;
	return ERR_OK;
}

void env_sql_close(env_sql_t *sql)
{
	if (!sql)
		return;
	int code = sqlite3_close(sql->db);
	assert(code == SQLITE_OK); /* a statement was left */
	(void)code;
	free(sql);
}

err_t env_sql_destroy(env_t *env, const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char name[URI_MAX];
		writer_t w = writer_of(name, sizeof(name));
		wr_format(&w, "%s%s", path, suffixes[i]);
		wr_u8(&w, 0);
		err_t err = w.bad ? ERR_TOO_BIG : env_path_remove(env, name);
		if (err && err != ERR_NOT_FOUND)
			return err;
	}
	return ERR_OK;
}

err_t env_sql_run(env_sql_t *sql, const char *script)
{
	sql->spent = 0;
	return env_sql_err(sqlite3_exec(sql->db, script, NULL, NULL, NULL));
}

void env_sql_budget(env_sql_t *sql, uint64_t steps)
{
	sql->budget = steps;
}

err_t env_sql_prepare(env_sql_t *sql, const char *text, env_sql_statement_t **ret_statement)
{
	env_sql_statement_t *statement = calloc(1, sizeof(*statement));
	if (!statement)
		return ERR_NO_MEMORY;
	statement->sql = sql;
	err_t err = env_sql_err(sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
	                                           &statement->stmt, NULL));
	if (err) {
		env_sql_finalize(statement);
		return err;
	}
	*ret_statement = statement;
	return ERR_OK;
}

void env_sql_finalize(env_sql_statement_t *statement)
{
	if (!statement)
		return;
	(void)sqlite3_finalize(statement->stmt); /* says again what the last step said */
	free(statement);
}

/* Nothing but memory or a place that is not in the statement can fail here. */
static void must(int code)
{
	assert(code == SQLITE_OK);
	(void)code;
}

void env_sql_bind_text(env_sql_statement_t *statement, int place, slice_t text)
{
	assert(text.len < INT_MAX);
	must(sqlite3_bind_text(statement->stmt, place, text.len ? (const char *)text.ptr : "",
	                       (int)text.len, SQLITE_TRANSIENT));
}

void env_sql_bind_i64(env_sql_statement_t *statement, int place, int64_t number)
{
	must(sqlite3_bind_int64(statement->stmt, place, number));
}

err_t env_sql_step(env_sql_statement_t *statement, bool *ret_row)
{
	if (!statement->is_under_way)
		statement->sql->spent = 0;
	int code = sqlite3_step(statement->stmt);
	statement->is_under_way = code == SQLITE_ROW;
	*ret_row = code == SQLITE_ROW;
	return env_sql_statement_err(statement->sql, code);
}

void env_sql_reset(env_sql_statement_t *statement)
{
	statement->is_under_way = false;
	(void)sqlite3_reset(statement->stmt); /* says again what the last step said */
	must(sqlite3_clear_bindings(statement->stmt));
}

slice_t env_sql_text(env_sql_statement_t *statement, int column)
{
	const void *text = sqlite3_column_text(statement->stmt, column);
	int len = sqlite3_column_bytes(statement->stmt, column);
	return slice_of(text, text ? (size_t)len : 0);
}

int64_t env_sql_i64(env_sql_statement_t *statement, int column)
{
	return sqlite3_column_int64(statement->stmt, column);
}
