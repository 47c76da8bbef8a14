/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SCAN_H
#define HISTORIAN_SCAN_H
/* Rows of one point out of sealed segments and the memory table, in order, in runs as
 * long as they come: of one block where nothing lies between its rows.
 *
 * Pages and blocks are opened when the time of their first row is reached, so that late
 * data costs what it overlaps, not all. What need not be opened is handed out as its
 * summary: a page or block that lies in the range whole, alone in its time, known whole
 * at the time asked for and touched by no edit.
 *
 * Threads: one; sources are immutable for the scan's life. */
#include "historian/edits.h"
#include "historian/shelf.h"
#include "model/series.h"

typedef struct {
	env_t *env;
	const series_query_t *query; /* point, range, known_at_ns, deadline_ns */
	shelf_item_t *const *segments;
	size_t segment_count;
	const rows_t *memory;     /* in order; inside the range */
	const edit_span_t *edits; /* those of the point that count */
	size_t edit_count;
} scan_spec_t;

typedef struct {
	void *ctx;
	series_verdict_t (*summary)(void *ctx, const summary_t *summary); /* may be NULL */
	bool (*rows)(void *ctx, const rows_t *rows);                      /* false: no more */
} scan_taker_t;

/* ERR_TIMEOUT past the deadline, ERR_CORRUPT on a damaged page or block that is needed,
 * ERR_NO_MEMORY. */
MUST_CHECK err_t scan_run(const scan_spec_t *spec, const scan_taker_t *taker);

/* The same a little at a time: scan_new, then scan_step until it is over, or the taker wanted
 * no more, or it failed. What spec and taker point to outlives the scan. */
typedef struct scan scan_t;

MUST_CHECK err_t scan_new(const scan_spec_t *spec, const scan_taker_t *taker, scan_t **ret_scan);
/* Goes on for about *work, and takes from that what was done: a row is two, one when its block
 * is read and one when it is handed out, and so is what handing out has to be compared with.
 * It may go past that by a block. */
MUST_CHECK err_t scan_step(scan_t *scan, uint64_t *work, bool *ret_over);
void scan_free(scan_t *scan);
#endif
