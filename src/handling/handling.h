/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLING_HANDLING_H
#define HANDLING_HANDLING_H
/* Cases of security events, from the alarm to its closing, at every node that has to do with
 * them: the node of the event, and those above that oversee it.
 *
 * Story: node opens the register on the journal `tree` and calls handling_follow when more
 * of it is durable. A person's step comes by handling_order, which holds it against the table
 * and the state of the case, sets when the next step is due, and appends a JOURNAL_HANDLING
 * record; the step is in the register at once and answered when its sequence is durable. What
 * children sent is in JOURNAL_RECEIVED records of the stream HANDLING; what the parent sent
 * (a DOWN handling) comes by handling_hear, which journals what is new. Who sends upward
 * passes on own records and what children sent; who sends downward sends the records of a case
 * to the child by which it came (handling_child).
 *
 * All nodes that hold the same steps see the same case: fold.h. What was not due in time
 * stays in the list of what is overdue until its step is taken; the list is to come to
 * nothing (动态清零).
 *
 * Funnels: every node tells its own counts of a period (handling_tell): alarms, clues and
 * suspicious events as it is given them; verified, notified and handled from its own cases.
 * A node is an enterprise that was notified, or it is not, so the sum over nodes is the number
 * of enterprises. handling_funnel adds the nodes that have told, and says how many they are.
 *
 * Threads: any, but for open and follow: one FILES loop, or set-up time.
 *
 * Limits, each with a metric: `cases_max` cases, `bytes_max` bytes of steps, the limits of
 * model/handling.h, HANDLING_FUNNELS funnels. What is beyond is refused and counted.
 *
 * Caveats: a batch proves which child sent a step, not who further down took it. A step that
 * names this node and that this node does not know is forged, counted and left. The view is
 * in memory alone: a start replays the records of the tree. */
#include "base/metrics.h"
#include "handling/workdays.h"
#include "handling/fold.h"
#include "journal/journal.h"
#include "model/caller.h"

enum {
	HANDLING_CASES_DEFAULT = 50000,
	HANDLING_BYTES_DEFAULT = 64 << 20,
	HANDLING_FUNNELS = 1 << 18,
};

typedef struct handling handling_t;

typedef struct {
	journal_t *journal;          /* tree */
	const char *node;            /* own identifier */
	bool is_overseen;            /* it has a parent, which will have its say in new cases */
	int64_t offset_ns;           /* that local time is ahead of UTC */
	const workdays_t *workdays;  /* NULL: WORKDAYS_CN */
	const deadline_t *deadlines; /* NULL: DEADLINES_CN */
	size_t cases_max, bytes_max; /* 0: the defaults */
} handling_spec_t;

/* Replays. What the journal's cursor fails with, ERR_INVALID of the node, ERR_NO_MEMORY. */
MUST_CHECK err_t handling_open(env_t *env, const handling_spec_t *spec, handling_t **ret_handling);
void handling_close(handling_t *handling);
MUST_CHECK err_t handling_follow(handling_t *handling);

/* A step that somebody takes here. */
typedef struct {
	handling_id_t id;
	handling_step_kind_t step;
	slice_t text;
	int64_t due_ns;       /* 0: by the deadlines */
	const slice_t *files; /* hashes */
	size_t file_count;
	const handling_case_t *what; /* of OPEN; its is_overseen is the node's */
} handling_order_t;

/* Journals it; durable at *ret_seq. ERR_DENIED: the role, the scope or the side;
 * ERR_NOT_FOUND: no such case; ERR_EXISTS: it is open already; ERR_CONFLICT: not in this
 * state; ERR_INVALID, ERR_TOO_BIG: what is said; ERR_LIMIT; what journal_append gives. */
MUST_CHECK err_t handling_order(handling_t *handling, const caller_t *caller,
                                const handling_order_t *order, uint64_t *ret_seq,
                                err_detail_t *ret_detail);
/* A body that came down. ERR_OK also when it was known, then *ret_seq is 0. ERR_MALFORMED,
 * ERR_NEWER_FORMAT; ERR_NOT_FOUND: of no case of this node or below; ERR_DENIED: forged. */
MUST_CHECK err_t handling_hear(handling_t *handling, slice_t body, uint64_t *ret_seq);

/* One case; all it borrows lives as long as the register. */
typedef struct {
	handling_id_t id;
	handling_outcome_t now;
	slice_t child; /* by which it came; empty: an own one */
	bool is_overdue;
	size_t count;
	handling_taken_t steps[HANDLING_STEPS_MAX]; /* in their order */
} handling_shown_t;

/* ERR_NOT_FOUND */
MUST_CHECK err_t handling_get(handling_t *handling, const handling_id_t *id,
                              handling_shown_t *ret_shown);
/* Empty: an own case, or none. */
slice_t handling_child(handling_t *handling, const handling_id_t *id);

typedef struct {
	handling_id_t id;
	handling_outcome_t now;
	slice_t child;
	bool is_overdue;
} handling_row_t;

typedef struct {
	uint32_t from;   /* 0: the start, else `next` of the page before */
	uint32_t states; /* bits; 0: all */
	bool only_overdue;
	handling_row_t *rows; /* room */
	size_t cap;
} handling_list_t;

typedef struct {
	size_t count;
	uint32_t next; /* 0: that was all */
} handling_page_t;

/* In the order in which the register learnt of them. */
void handling_list(handling_t *handling, const handling_list_t *ask, handling_page_t *ret_page);

typedef struct {
	uint32_t states[HANDLING_STATE_COUNT];
	uint32_t open;      /* neither dismissed nor closed */
	uint32_t overdue;   /* of them */
	uint32_t conflicts; /* cases in which a step was overruled or unlawful */
} handling_counts_t;

void handling_counts(handling_t *handling, handling_counts_t *ret_counts);

/* Tells the own funnel of a period; `seen` are its first three counts. Nothing is journalled
 * when nothing has changed since it was told, then *ret_seq is 0. ERR_INVALID: no period. */
typedef struct {
	int64_t from_ns, to_ns;
	uint64_t seen[FUNNEL_VERIFIED];
} handling_tell_t;
MUST_CHECK err_t handling_tell(handling_t *handling, const handling_tell_t *tell,
                               uint64_t *ret_seq);

typedef struct {
	uint64_t counts[FUNNEL_COUNT];
	uint32_t nodes; /* that told of this period */
} handling_funnel_t;

/* The sum over all nodes that told of exactly this period. ERR_TOO_BIG: a count overflows. */
MUST_CHECK err_t handling_funnel(handling_t *handling, int64_t from_ns, int64_t to_ns,
                                 handling_funnel_t *ret_funnel);

const metrics_t *handling_metrics(const handling_t *handling);
#endif
