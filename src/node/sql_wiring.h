/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_SQL_WIRING_H
#define NODE_SQL_WIRING_H
/* The rooms of the node as the tables that are asked in SQL. */
#include "events/events.h"
#include "historian/historian.h"
#include "model/label.h"
#include "query/sql/sql.h"
#include "registry/search/search.h"
#include "sentry/sentry.h"

/* All of it is used on the loop of whoever asks. */
typedef struct {
	historian_t *historian;
	series_index_t index;
	search_t *search;
	events_t *events;
	sentry_t *sentry;
} sql_wiring_t;

typedef struct {
	sql_wiring_t rooms;
	searcher_t *searcher;
	sql_t *sql; /* NULL: not opened */
} sql_wired_t;

/* Fills *ret_wired, which stays where it is. On failure what was opened is in it too, to be
 * closed. */
MUST_CHECK err_t sql_wiring_open(env_t *env, const sql_wiring_t *rooms, sql_wired_t *ret_wired);
void sql_wiring_close(sql_wired_t *wired);
#endif
