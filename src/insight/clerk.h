/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_CLERK_H
#define INSIGHT_CLERK_H
/* Who evaluates when. Each period of each binding is evaluated once it is over and its grace
 * has passed, and again, in turn, for as long as late samples and edits may touch it. A figure
 * is handed on only when it differs from the one that was issued last.
 *
 * Story: clerk_open with a FILES loop, the bindings and the desk that issues; it works by a
 * timer of that loop. clerk_plan_new and clerk_rebind at a reload. clerk_close after the loop has
 * stopped.
 *
 * The clerk remembers nothing that the desk does not: what was issued last is asked of the
 * desk, so that a restart issues nothing twice and leaves nothing out that ended within
 * `late_ns`. What ended earlier is evaluated when clerk_recheck names it.
 *
 * A tick first looks for periods that are due, then goes on with its round over those that may
 * have changed; it ends after so many evaluations, or when so much time is spent, and the next
 * tick goes on where it ended. When more is due than a tick may do, the next one comes after four
 * times `spend_ns`; a clerk that falls behind tells so (behind) and leaves nothing out.
 *
 * What a person has attested for a period is not measured over, and neither is a figure that
 * knew samples which the store has left out since.
 *
 * A clock that is set back makes nothing due, but the round goes over what ends again, and
 * what was issued too early is issued again when it differs.
 *
 * Where nothing is known of a period - no sample, nobody who counted - nothing is issued, and a
 * parent sees that it was not reported.
 *
 * Failures: a figure that cannot be evaluated or issued is counted and tried again in the next
 * round; others go on.
 *
 * Threads: the loop's, or before it starts and after it ended; metrics any. */
#include "base/metrics.h"
#include "env/loop.h"
#include "insight/book.h"
#include "insight/evaluate.h"

typedef void figure_seen_fn(void *ctx, const figure_t *figure);

/* Takes figures. Both are called on the clerk's loop and may block. */
typedef struct {
	void *ctx;
	/* Shows the last figure issued by the key and for the entity of `like`; it lives during
	 * the call. ERR_NOT_FOUND: none. */
	err_t (*last)(void *ctx, const figure_t *like, figure_seen_fn *seen, void *seen_ctx);
	/* Gives it revision and time. */
	err_t (*issue)(void *ctx, figure_t *figure);
} figure_desk_t;

/* The book as a desk. */
figure_desk_t clerk_desk(book_t *book);

/* What a clerk is to do: one line for each binding and period. Made ahead of a reload, by any
 * thread, so that the change itself cannot fail. */
typedef struct clerk_plan clerk_plan_t;
MUST_CHECK err_t clerk_plan_new(const bindings_t *bindings, clerk_plan_t **ret_plan);
void clerk_plan_free(clerk_plan_t *plan);

typedef struct {
	env_loop_t *loop;   /* FILES */
	clerk_plan_t *plan; /* owned by the clerk, unless it does not open */
	series_reader_t reader;
	counts_t counts; /* its functions NULL: nobody counts */
	figure_desk_t desk;
	int64_t grace_ns; /* 0: a minute */
	int64_t late_ns;  /* 0: three days */
	int64_t tick_ns;  /* 0: 10 s */
	size_t work_max;  /* evaluations of a tick; 0: 1000 */
	int64_t spend_ns; /* 0: 100 ms */
} clerk_spec_t;

typedef struct clerk clerk_t;

MUST_CHECK err_t clerk_open(const clerk_spec_t *spec, clerk_t **ret_clerk);
void clerk_close(clerk_t *clerk);
/* Does that from now on, and owns it; bindings of before may be freed then. */
void clerk_rebind(clerk_t *clerk, clerk_plan_t *plan);
/* Periods that touch the range are looked at once more, however old. */
void clerk_recheck(clerk_t *clerk, int64_t from_ns, int64_t to_ns);
const metrics_t *clerk_metrics(const clerk_t *clerk);
#endif
