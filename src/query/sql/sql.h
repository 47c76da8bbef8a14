/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_SQL_SQL_H
#define QUERY_SQL_SQL_H
/* The history and what is known beside it, asked in SQL (SQLite's own: joins, window
 * functions, common table expressions) over tables whose rows come from the rooms:
 *
 *   samples(point, t, value, quality, node_t, state, bound)  hidden: known_at
 *   last(point, t, value, quality, node_t, state, bound)     as a function: last(of)
 *   buckets(point, t, value, count, bad, min, max, mean, first, first_t, last, last_t, bound)
 *                                                  a function: buckets(of, t0, t1, step, agg)
 *   points(point, id, device, unit, ident, label)
 *   identifiers(name, state, changed_t)
 *   assets(ip, mac, vendor, product, revision, device, approved, client, server,
 *          packets, bytes, first_t, last_t)
 *   events(seq, t, node_t, class, severity, message, device, point, incident, arguments)
 *
 * Times are nanoseconds UTC since 1970; ns(text) makes one of RFC 3339, iso(t) the text.
 * A point is named as the configuration does ("FRM1.V_SET"), a series by its labels
 * (m{dev="d1"}). Values that are no number are NULL, booleans are 0 and 1; unsigned ones
 * past 63 bits are the nearest double. quality is "good" or the name of what is wrong.
 *
 * samples and events narrow by point, time and sequence before they read; buckets answers
 * from the summaries of the store, which no max() or avg() over samples can. So a question
 * that reads more than `samples_max` samples is refused with that hint. buckets(NULL, ...)
 * and last(NULL) are of all points; t0, t1 may be text as of ns(), step a duration ("1h").
 * agg is one of count, bad, min, max, mean, first, last: the column `value`.
 *
 * bound says of a value how far it may be off where the store has left samples out: 0 for one
 * that is exact, as buckets of whole summaries are; NULL when nobody knows.
 *
 * Story: sql_open once for a loop; sql_ask for each question: the names of the columns,
 * then rows until the caller has enough.
 *
 * Threads: a sql_t belongs to one FILES loop.
 *
 * Errors of sql_ask: ERR_INVALID (the statement, an argument), ERR_DENIED (it is no
 * question), ERR_LIMIT (samples, points, memory), ERR_TIMEOUT, and those of the store; the
 * detail says it for people.
 *
 * Limits: samples_max, SQL_POINTS_MAX points in a question that names none, memory, time,
 * and those of env/sql_ask.h. */
#include "env/env.h"
#include "model/asset.h"
#include "model/catalogue.h"
#include "model/event.h"
#include "model/label.h"
#include "model/record.h"
#include "model/series.h"

typedef struct sql sql_t;

enum { SQL_POINTS_MAX = 200000, SQL_SAMPLES_MAX = 1000000, SQL_MEMORY_MAX = 256 << 20 };

typedef struct {
	slice_t name;
	record_state_t state;
	int64_t changed_ns;
} sql_identifier_t;

typedef struct {
	uint64_t after_seq, before_seq; /* newer than, older than; 0: not bounded */
	size_t limit;                   /* at least so many rows are taken */
} sql_events_t;

/* What other rooms know; each may be NULL, its table is empty then. */
typedef struct {
	void *ctx;
	/* In order of the names, those behind `after` first. */
	err_t (*identifiers)(void *ctx, slice_t after, size_t limit,
	                     bool (*row)(void *row_ctx, const sql_identifier_t *row),
	                     void *row_ctx);
	/* From the one of that number on; how many were written. */
	size_t (*assets)(void *ctx, size_t from, asset_t *ret, size_t cap);
	/* Newest first. */
	err_t (*events)(void *ctx, const sql_events_t *query,
	                bool (*row)(void *row_ctx, const event_t *event), void *row_ctx);
	/* Whether the store has left samples out anywhere; NULL: it never does. */
	bool (*is_thinned)(void *ctx);
} sql_source_t;

/* All borrowed as long as the sql_t. */
typedef struct {
	series_reader_t reader;
	const series_index_t *index; /* NULL: no series but the points of the catalogue */
	sql_source_t source;
} sql_spec_t;

typedef struct {
	slice_t text;
	const value_t *args; /* of its places */
	size_t arg_count;
	const catalogue_t *catalogue;
	uint64_t samples_max; /* 0: SQL_SAMPLES_MAX */
	size_t memory_max;    /* 0: SQL_MEMORY_MAX */
	uint64_t steps_max;   /* of SQLite's virtual machine; 0: no bound */
	int64_t deadline_ns;  /* 0: none */
} sql_question_t;

typedef struct {
	void *ctx;
	bool (*head)(void *ctx, const slice_t *names, size_t count);
	/* False: no more. Text lives during the call. */
	bool (*row)(void *ctx, const value_t *values, size_t count);
} sql_answer_t;

MUST_CHECK err_t sql_open(env_t *env, const sql_spec_t *spec, sql_t **ret_sql);
void sql_close(sql_t *sql);
MUST_CHECK err_t sql_ask(sql_t *sql, const sql_question_t *question, const sql_answer_t *answer,
                         err_detail_t *ret_detail);
#endif
