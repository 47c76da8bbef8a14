/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_DESK_H
#define LINEAGE_DESK_H
/* Questions under way at this node: its own people's, and those its parents send down. It answers
 * each from what it has (answer.h), asks the children whose figures went into it as far as the
 * question goes down, and passes on what they answer.
 *
 * Story: node opens it on the loop of the tree. Own people: desk_ask, parts come, then `done`;
 * check.h says what to make of them. A parent's question (parent_desk down): desk_hear; answers
 * go up by `say_up`. A child's answer (parent_desk_t up): desk_up.
 *
 * Bounded: a question that goes down N levels is waited for N times `level_ns`, so that each
 * node has heard of those below before its own parent stops waiting. Who has not answered by
 * then is left out, and so is told as silent. A child is only asked about a figure that this
 * node lets go to who asks, and then under its own contract with this node.
 *
 * When the line takes no more (ERR_LIMIT) parts wait, DESK_HOLD_BYTES a question; own parts are
 * made as the line takes them. What children send beyond that is left out and counted.
 *
 * A question is memory alone: after a restart who asked has no answer and asks again.
 *
 * Threads: the loop's. Limits: DESK_QUESTIONS_MAX at once: a parent is told LINEAGE_BUSY, own
 * people ERR_BUSY. */
#include "base/metrics.h"
#include "codec/uplink/frame.h"
#include "env/loop.h"
#include "lineage/answer.h"

enum { DESK_QUESTIONS_MAX = 16, DESK_ID_BYTES = 2 * LINEAGE_MARK_BYTES };
#define DESK_HOLD_BYTES ((size_t)64 << 20)
#define DESK_LEVEL_NS   (5 * NS_PER_S)

/* The lines to others. */
typedef struct {
	void *ctx;
	/* Sends a question to a child. An error: it cannot be asked. */
	err_t (*ask)(void *ctx, slice_t child, slice_t id, slice_t question);
	/* It is not waited for any more. */
	void (*forget)(void *ctx, slice_t child, slice_t id);
	/* To a parent. ERR_LIMIT: later; other errors: the line is gone. */
	err_t (*say_up)(void *ctx, slice_t parent, const uplink_up_t *up);
	/* False: no such parent. */
	bool (*audience)(void *ctx, slice_t parent, lineage_audience_t *ret_audience);
} desk_lines_t;

typedef struct {
	env_loop_t *loop;
	const lineage_source_t *source; /* outlives the desk */
	desk_lines_t lines;
	int64_t level_ns; /* 0: DESK_LEVEL_NS */
} desk_spec_t;

#define DESK_METRIC_ROWS(X) \
	X(OPEN, "questions", "Questions under way", GAUGE) \
	X(ASKED, "asked_total", "Questions of this node's people", COUNTER) \
	X(HEARD, "heard_total", "Questions of parents", COUNTER) \
	X(REFUSED, "refused_total", "Questions that were not taken", COUNTER) \
	X(PARTS, "parts_total", "Parts of answers given", COUNTER) \
	X(DROPPED, "dropped_total", "Parts of children that found no room", COUNTER) \
	X(LATE, "late_total", "Questions that ended before all children had answered", COUNTER)

#define X(name, text, help, kind) DESK_COUNT_##name,
enum { DESK_METRIC_ROWS(X) DESK_COUNT_COUNT };
#undef X

typedef struct desk desk_t;

MUST_CHECK err_t desk_open(env_t *env, const desk_spec_t *spec, desk_t **ret_desk);
/* Questions of own people end without `done`. NULL is fine. */
void desk_close(desk_t *desk);
const metrics_t *desk_metrics(const desk_t *desk);

/* Who asked. Called on the loop. */
typedef struct {
	void *ctx;
	void (*part)(void *ctx, slice_t part); /* lives during the call */
	void (*done)(void *ctx);               /* the last call */
} desk_sink_t;

/* ERR_BUSY; ERR_EXISTS: one of this mark is under way; ERR_INVALID. */
MUST_CHECK err_t desk_ask(desk_t *desk, const lineage_question_t *question,
                          const desk_sink_t *sink);
/* Who asked is gone. */
void desk_forget(desk_t *desk, void *sink_ctx);
/* A question of a parent; always taken care of when it can be read. ERR_MALFORMED,
 * ERR_NEWER_FORMAT; ERR_NOT_FOUND: no such parent. */
MUST_CHECK err_t desk_hear(desk_t *desk, slice_t parent, const uplink_down_t *down);
/* A part of an answer of a child; what nobody asked for is passed over. */
void desk_up(desk_t *desk, slice_t child, const uplink_up_t *up);
#endif
