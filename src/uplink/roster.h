/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_ROSTER_H
#define UPLINK_ROSTER_H
/* What a parent knows of each child beside what it holds of its streams: whether it is there,
 * what it said last, what was refused, and what is to go down to it. A row is the owner of an
 * inbox_child_t (inbox.h), whether the child is there or not. Only parent.c uses it. */
#include "uplink/inbox.h"
#include "uplink/parent.h"

/* What goes down until the child says that it has it. */
typedef struct {
	uint8_t *frame; /* whole; its id lies in it */
	size_t len;
	slice_t id;
} roster_down_t;

struct session;

typedef struct {
	struct session *session; /* greeted; NULL: not there */
	addr_t addr;
	int64_t since_ns, heard_ns, ahead_ns;
	uplink_beat_t backlog;
	uint64_t refused;
	uint8_t refusal;
	roster_down_t down[PARENT_DOWN_MAX];
	size_t down_count;
	/* What the last event said; the same again is only counted. */
	uint8_t told, told_stream;
	uint64_t told_sequence;
} roster_row_t;

/* NULL: it has none yet. */
roster_row_t *roster_row(const inbox_child_t *child);
/* The child with its row, made when it is asked for first. */
MUST_CHECK err_t roster_make(inbox_t *inbox, slice_t node, inbox_child_t **ret_child);
void roster_forget(inbox_child_t *child);

/* Copies it. *ret_down is valid until the next change of the row. ERR_EXISTS, ERR_LIMIT,
 * ERR_TOO_BIG. */
MUST_CHECK err_t roster_queue(roster_row_t *row, const uplink_down_t *down,
                              const roster_down_t **ret_down);
/* False: there is none of this id. */
bool roster_drop(roster_row_t *row, slice_t id);
#endif
