/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SQL_H
#define ENV_SQL_H
/* A SQL database for views: tables that can be asked in many ways and built again
 * from the journal at any time. The body is SQLite, behind this one adapter. In the
 * real world it is a file that is never synced; in the twin it is memory, which a
 * crash takes whole, as it may take any view.
 *
 * Story: env_sql_open, env_sql_run for the schema, env_sql_prepare once for each
 * statement; then bind, step until there is no row, reset, again. Whoever writes
 * wraps its batch in BEGIN and COMMIT by env_sql_run.
 *
 * Threads: a connection belongs to one loop of kind FILES (or set-up and tear-down);
 * readers on other loops open their own and see whole transactions only.
 *
 * Errors: ERR_CORRUPT (no database, or a damaged one: destroy it and build it again),
 * ERR_DISK_FULL, ERR_IO, ERR_BUSY (another writer), ERR_LIMIT (the statement was
 * interrupted by its budget), ERR_NO_MEMORY, ERR_INTERNAL for a statement that is
 * wrong, which is a bug of ours. */
#include "env/env.h"

typedef struct env_sql env_sql_t;
typedef struct env_sql_statement env_sql_statement_t;

MUST_CHECK err_t env_sql_open(env_t *env, const char *path, env_sql_t **ret_sql);
void env_sql_close(env_sql_t *sql);
/* Removes the file and what lies beside it; fine when absent. */
MUST_CHECK err_t env_sql_destroy(env_t *env, const char *path);

/* One or more statements without rows. */
MUST_CHECK err_t env_sql_run(env_sql_t *sql, const char *script);
/* Every later statement of this connection is given up with ERR_LIMIT after about so
 * many steps of the virtual machine, counted anew by each first step; 0: no limit. */
void env_sql_budget(env_sql_t *sql, uint64_t steps);

MUST_CHECK err_t env_sql_prepare(env_sql_t *sql, const char *text,
                                 env_sql_statement_t **ret_statement);
void env_sql_finalize(env_sql_statement_t *statement);
/* Places count from 1. The bytes are copied. */
void env_sql_bind_text(env_sql_statement_t *statement, int place, slice_t text);
void env_sql_bind_i64(env_sql_statement_t *statement, int place, int64_t number);
/* *ret_row: a row is there to be read; false at the end. An error ends it too. */
MUST_CHECK err_t env_sql_step(env_sql_statement_t *statement, bool *ret_row);
/* Ends it and forgets what was bound. */
void env_sql_reset(env_sql_statement_t *statement);
/* Of the row under way; columns count from 0. Text lives until the next step. */
slice_t env_sql_text(env_sql_statement_t *statement, int column);
int64_t env_sql_i64(env_sql_statement_t *statement, int column);
#endif
