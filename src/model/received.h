/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_RECEIVED_H
#define MODEL_RECEIVED_H
/* The payload of a JOURNAL_RECEIVED record: what a child sent, as it signed it, and when it
 * came. Written by who takes batches in, read by every room that uses what came up.
 *
 * Disk form: version u8 = 1, child string, receive time zig-zag (ns UTC of this node), then
 * the batch to the end. */
#include "base/cursor.h"
#include "base/err.h"
#include "model/time.h"

enum { RECEIVED_HEAD_MAX = 1 + 10 + 128 + 10 };

typedef struct {
	slice_t child; /* identifier of the node at the other end of the line */
	node_time_t at;
	slice_t batch; /* codec/uplink reads it */
} received_t;

void received_put(const received_t *received, writer_t *w);
/* Borrows `payload`. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t received_read(slice_t payload, received_t *ret_received);
#endif
