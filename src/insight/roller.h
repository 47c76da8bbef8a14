/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_ROLLER_H
#define INSIGHT_ROLLER_H
/* Who rolls up when. For each definition, scope and period of which the book has figures of
 * children, the figure of this node is made of them (collect.h, rollup.h) and issued when it
 * says something new.
 *
 * Story: node opens it on a FILES loop, on the same journal as the book, and has it saved with
 * the views; it works by a timer of that loop. It follows the figures that came (RECEIVED) and
 * those that were issued here (FIGURE); each makes its cell (definition, version, scope,
 * period) one to be rolled up:
 *     at once   when every child that is expected has one and none was rolled up yet,
 *     after     `grace_ns` from the end of the period; of what comes later, from its coming, so
 *               that many late figures and corrections make one new figure.
 *
 * Who is expected: the children that the port names whose membership reaches into the period,
 * and those that have sent a figure of it even so. One that is silent stands for as many as its
 * figure of the nearest period before counted on, one at least.
 *
 * The rule of own figures: a figure of this node as a whole (entity: the node) is either rolled
 * up, or measured, or attested by a person, and what is measured or attested here is never
 * rolled over: its cell is left as it is (kept) until that is withdrawn. A node that rolls up
 * and has something of its own to add measures or attests it for an entity of its own (a
 * site: "99.1000.1/site") and names that among the children, as `is_own`; it is added like any
 * child, and nothing else that is measured here is.
 *
 * Definitions that do not roll up (`rolls_up: no`: devices, which two children may both tell of)
 * are left alone and counted likewise: a parent measures them of its own register.
 *
 * A figure that cannot be added is left out, its child is silent, and an event FIGURE_REFUSED
 * tells of the first of each definition and child since the start, ROLLER_TOLD_MAX at the most.
 *
 * Restarts: DATA/views/roller ("JIZHUROL", view_file.h; behind the mark a SHA-256 of the
 * definitions' ids, versions and scopes) says up to where of the journal all that came is in
 * durable figures. What follows is looked at again, and since a figure that says the same is
 * not issued, nothing is issued twice and nothing left out. Without the file, and with other
 * definitions, all of the journal is, so that what no pack defined is rolled up when one does.
 *
 * Limits: ROLLER_CELLS_MAX cells that wait; then no more of the journal is read until there is
 * room. ROLLER_RECORDS records and `spend_ns` of figures a turn. FIGURE_SOURCES_MAX children,
 * ROLLER_ROOM_MAX bytes of their figures: a cell of more is refused.
 *
 * Threads: the loop's, or before it starts and after it ended; metrics any. Caveats: times of
 * membership decide who is silent, so that who was invited later is not missing before. A
 * figure of an earlier period that comes later changes for how many a silent child stands only
 * when the cell is rolled up again. */
#include "base/metrics.h"
#include "env/loop.h"
#include "insight/book.h"
#include "insight/definition.h"

enum {
	ROLLER_CELLS_MAX = 1 << 16,
	ROLLER_RECORDS = 1024,
	ROLLER_ROOM_MAX = 128 << 20,
	ROLLER_TOLD_MAX = 1024,
};

/* A child that is expected. */
typedef struct {
	slice_t entity;   /* its identifier; of an own one, the entity it is measured for */
	int64_t since_ns; /* of its membership, UTC; 0: always */
	int64_t until_ns; /* 0: it lasts */
	bool is_own;      /* its figures are issued by this node */
} roller_child_t;

typedef struct {
	env_loop_t *loop; /* FILES */
	const char *views_dir;
	journal_t *journal; /* tree */
	journal_t *events;  /* main */
	book_t *book;
	const definitions_t *definitions;
	slice_t node; /* own identifier; copied */
	/* The i-th child, in any order; false behind the last. Borrowed for the turn. */
	bool (*child_at)(void *ctx, size_t i, roller_child_t *ret_child);
	void *ctx;
	int64_t grace_ns; /* 0: two minutes */
	int64_t spend_ns; /* of a turn; 0: 100 ms */
} roller_spec_t;

typedef struct roller roller_t;

/* What files and the journal's cursor give; a mark that is not this journal's is one that is
 * missing. Set-up time. */
MUST_CHECK err_t roller_open(const roller_spec_t *spec, roller_t **ret_roller);
void roller_close(roller_t *roller);
/* Writes the mark. */
MUST_CHECK err_t roller_save(roller_t *roller);
/* Other definitions from now on; the old ones may be freed then. */
void roller_redefine(roller_t *roller, const definitions_t *definitions);
/* The oldest record of the journal that is needed here. */
uint64_t roller_keep_from(const roller_t *roller);
const metrics_t *roller_metrics(const roller_t *roller);
#endif
