/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_SAVED_H
#define CMD_SAVED_H
/* Incidents read back from a demo's file of JSON lines. */
#include "cmd/judge.h"

enum { SAVED_POINT_BYTES = 64 };

typedef struct {
	incident_t incidents[JUDGE_MAX];
	char names[JUDGE_MAX][SAVED_POINT_BYTES];
	const char *points[JUDGE_MAX];
	size_t count;
} saved_t;

/* ERR_MALFORMED with the line in the detail, ERR_LIMIT past JUDGE_MAX lines. */
MUST_CHECK err_t saved_parse(slice_t jsonl, saved_t *ret_saved, err_detail_t *ret_detail);
#endif
