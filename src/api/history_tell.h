/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HISTORY_TELL_H
#define API_HISTORY_TELL_H
/* Writes the answer to a question about history straight into the reply, as JSON with
 * rows as arrays or as CSV (RFC 4180), row by row and without memory of its own.
 *
 * Where the history holds samples of which others were left out, each value has its bound
 * behind its status: 0 when it is exact, how far it may be off, or "approximate".
 *
 * Story: history_tell_begin, then for each point history_tell_point, its rows,
 * history_tell_rows_end and history_tell_point_end, then history_tell_end. Query loop. */
#include "api/history_ask.h"

typedef struct {
	exchange_t *x;
	const history_ask_t *ask;
	bool is_csv;
	bool has_bounds;
	bool is_exact;                /* of the point: no bound but 0 so far */
	const history_point_t *point; /* whose rows come */
	int64_t rows;                 /* of the point so far */
	bool is_truncated;            /* there were more than the limit */
	bool has_cell;                /* CSV: the row has begun */
	bool has_states;              /* a point asked for has states: a column tells their names */
} history_tell_t;

void history_tell_begin(history_tell_t *tell);
void history_tell_point(history_tell_t *tell, const history_point_t *point);
/* False when no more fit. */
bool history_tell_row(history_tell_t *tell, const retrieval_row_t *row);
bool history_tell_state(history_tell_t *tell, const state_row_t *row);
bool history_tell_classes(history_tell_t *tell, const bucket_t *bucket,
                          const histogram_t *histogram);
void history_tell_table(history_tell_t *tell, const retrieval_table_t *table);
/* A newest sample, all points in one list. */
bool history_tell_last(history_tell_t *tell, const history_point_t *point, const sample_t *sample);
/* What else is said of the point stands behind its rows. */
void history_tell_rows_end(history_tell_t *tell);
void history_tell_point_end(history_tell_t *tell, const walk_stats_t *stats, int64_t took_ns);
void history_tell_end(history_tell_t *tell);
/* {"calls", "summaries", "opened", "samples", "ms"} */
void history_tell_stats(json_t *j, const walk_stats_t *stats, int64_t took_ns);
#endif
