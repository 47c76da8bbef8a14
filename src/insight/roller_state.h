/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_ROLLER_STATE_H
#define INSIGHT_ROLLER_STATE_H
/* What the files of the roller share: roller.c says when, roller_roll.c rolls up. */
#include "base/table.h"
#include "env/crypto.h"
#include "insight/roller.h"
#include "insight/rollup.h"
#include "journal/follow.h"

enum {
	ROLLER_KEY_MAX = 2 * (FIGURE_NAME_MAX + 2) + 3 * 10,
	ROLLER_PATH_MAX = 512,
};

#define ROLLER_METRIC_ROWS(X) \
	X(ISSUED, "rollup_issued_total", "Figures rolled up and issued", COUNTER) \
	X(UNCHANGED, "rollup_unchanged_total", "Figures rolled up that said the same as before", \
	  COUNTER) \
	X(REFUSED, "rollup_refused_total", \
	  "Figures of children that could not be added, and cells that could not be rolled up", \
	  COUNTER) \
	X(KEPT, "rollup_kept_total", \
	  "Cells that were left as they are, measured or attested here", COUNTER) \
	X(FAILED, "rollup_failures_total", "Turns that ended since a file or journal failed", \
	  COUNTER) \
	X(WAITING, "rollup_waiting", "Cells that wait to be rolled up or to be durable", GAUGE) \
	X(BEHIND, "rollup_behind", "Of them, those that are due", GAUGE)

#define X(id, name, help, kind) ROLLER_METRIC_##id,
enum { ROLLER_METRIC_ROWS(X) ROLLER_METRIC_COUNT };
#undef X

/* A cell that is to be rolled up, or was and is not durable yet. */
typedef struct roller_cell roller_cell_t;
struct roller_cell {
	roller_cell_t *next, *prev;
	journal_mark_t before; /* behind this, what came is in no durable figure yet */
	int64_t due_ns;        /* of env_now */
	uint64_t issued_seq;   /* up to where the journal has to be durable; 0: not rolled up */
	size_t missing;        /* the child that had none when it was looked for */
	figure_key_t key;      /* its names stand in `text` */
	size_t len;
	uint8_t text[ROLLER_KEY_MAX];
};

struct roller {
	roller_spec_t spec;
	env_t *env;
	char path[ROLLER_PATH_MAX];
	uint8_t node[FIGURE_NAME_MAX];
	metrics_t metrics;
	env_timer_t *timer;
	int64_t until_ns;              /* of this turn */
	journal_cursor_t *cursor;      /* NULL: to be opened behind the mark */
	journal_mark_t mark;           /* behind what was looked at */
	uint8_t defined[SHA256_BYTES]; /* of what can be rolled up */
	table_t *cells;                /* to roller_cell_t * */
	roller_cell_t *first, *last;
	table_t *told; /* what an event was written of */
	/* By entity; those of a cell are the first `expected_count` of the next two. */
	roller_child_t *children;
	size_t child_count, child_room;
	rollup_child_t *expected;
	bool *own;
	size_t expected_count;
	uint8_t *room; /* figures that are collected */
	size_t room_bytes;
	rollup_t rollup;
};

/* roller_roll.c */

/* Asks who the children are; they are borrowed until it is asked again. ERR_NO_MEMORY. */
MUST_CHECK err_t roller_ask_children(roller_t *roller);
bool roller_is_own_child(const roller_t *roller, slice_t entity);
/* Whether all that are expected have a figure of the cell, and none was rolled up: later ones
 * wait for others. */
bool roller_is_complete(roller_t *roller, roller_cell_t *cell);
/* Sets issued_seq when there is something that must become durable. What cannot be rolled up is
 * counted and told; what the book or the journal fails with is to be tried again. */
MUST_CHECK err_t roller_roll(roller_t *roller, roller_cell_t *cell);
#endif
