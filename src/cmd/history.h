/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_HISTORY_H
#define CMD_HISTORY_H
/* The samples of a running node as they are stored, for commands that copy or compare
 * them, page by page and so in bounded memory.
 *
 * Threads: the main one; blocks. */
#include "base/text.h"
#include "cmd/door.h"
#include "model/sample.h"

/* Where the doors of history stand. */
#define HISTORY_DOOR "/api/v1"

typedef struct {
	const door_t *door;
	const slice_t *points; /* names, or numbers of points without one */
	size_t point_count;    /* at most 10,000 */
	int64_t from_ns, to_ns;
	int64_t known_at_ns; /* 0: as known now */
	/* Rows of a point in order of time; texts are valid during the call. What it returns
	 * ends the reading when it is an error. */
	err_t (*row)(void *ctx, size_t point, const sample_t *sample);
	void *ctx;
} history_ask_points_t;

/* The node's refusal (ERR_NOT_FOUND: no such point); what `row` said, without a detail;
 * ERR_TOO_BIG: more rows at one time than an answer takes. */
MUST_CHECK err_t history_read(const history_ask_points_t *ask, err_detail_t *ret_detail);
#endif
