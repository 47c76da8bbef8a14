/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_HISTORY_SEND_H
#define CMD_HISTORY_SEND_H
/* Samples of the past on their way to a running node, batch by batch.
 *
 * Story: history_send_new; history_send_add for each sample; history_send_flush at the end.
 * A full batch is sorted by point and time; what the node has already - a sample of the
 * point at the same time - is left out; the rest is sent and acknowledged from stable
 * storage. So nothing is kept of how far one came: whoever was interrupted sends all again,
 * and nothing comes twice. Of several samples of a point at one time the first counts.
 *
 * A point's first samples are sent alone, so that what the node refuses has a name. A node
 * that is busy is asked again, at most for BUSY_S seconds.
 *
 * Limits: BATCH_ROWS samples and 4 MiB of names a batch, POINTS_MAX points. */
#include "batch/samples.h"
#include "cmd/door.h"

enum { BATCH_ROWS = 65536, POINTS_MAX = 1 << 20, BUSY_S = 60 };

typedef struct {
	uint64_t written; /* acknowledged; of a dry run, what would be */
	uint64_t present; /* were there, or stand twice in the file */
	uint64_t refused; /* samples of points that the node refuses */
} history_counts_t;

typedef struct {
	const door_t *door;
	const char *file; /* for errors */
	bool is_dry;
	/* Of a point that the node refuses, once, with the line of a sample. */
	err_t (*refused)(void *ctx, err_t err, const err_detail_t *detail);
	void *ctx;
} history_send_spec_t;

typedef struct history_send history_send_t;

MUST_CHECK err_t history_send_new(const history_send_spec_t *spec, history_send_t **ret_send);
void history_send_free(history_send_t *send);
/* `name` is the point's at the node. */
MUST_CHECK err_t history_send_add(history_send_t *send, slice_t name, const samples_row_t *row,
                                  err_detail_t *ret_detail);
MUST_CHECK err_t history_send_flush(history_send_t *send, err_detail_t *ret_detail);
const history_counts_t *history_send_counts(const history_send_t *send);
#endif
