/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLING_STATE_H
#define HANDLING_STATE_H
/* What the files of this folder share: cases.c keeps the sets of steps, handling.c takes and
 * orders them, ask.c answers, funnel.c counts. */
#include "base/table.h"
#include "handling/handling.h"
#include "journal/follow.h"

#define HANDLING_METRICS(X) \
	X(CASES, "cases", "cases known", GAUGE) \
	X(STEPS, "steps", "steps known", GAUGE) \
	X(BYTES, "bytes", "bytes of steps in memory", GAUGE) \
	X(OVERDUE, "overdue", "open cases past their due time when last counted", GAUGE) \
	X(FUNNELS, "funnels", "funnels of nodes and periods known", GAUGE) \
	X(REFUSED, "refused_total", "steps and funnels refused at a limit", COUNTER) \
	X(FORGED, "forged_total", "steps that name a node which did not take them", COUNTER) \
	X(MALFORMED, "malformed_total", "items that could not be read", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { HANDLING_METRICS(X) METRIC_COUNT };
#undef X

typedef struct {
	handling_id_t id;
	slice_t child; /* own copy; empty: none */
	handling_outcome_t now;
	handling_taken_t **steps; /* sorted, own */
	size_t count;
} case_t;

/* What a node told of a period. */
typedef struct {
	int64_t told_ns;
	uint64_t counts[FUNNEL_COUNT];
} told_t;

struct handling {
	env_t *env;
	handling_spec_t spec;
	slice_t node;
	/* Guards all below: steps are taken and asked for on any thread, a few a second, and
	 * their order in the journal is that in the register. */
	env_mutex_t *mutex;
	table_t *numbers; /* of cases, by origin and event, to u32 */
	case_t **cases;
	uint32_t case_count;
	size_t case_room;
	size_t bytes;
	table_t *funnels; /* by period and node, to told_t */
	journal_mark_t mark;
	metrics_t metrics;
};

/* Under the lock, all of these. */

/* NULL: none. */
case_t *cases_find(const handling_t *handling, const handling_id_t *id);
/* Whether this very step is there. */
bool cases_has(const handling_t *handling, const handling_taken_t *taken);
/* Whether there is room for a step that is not there. */
bool cases_fits(const handling_t *handling, const handling_taken_t *taken);
/* Takes a step as it was sent; the case is made when it is not there. ERR_OK also when it
 * was known. ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK err_t cases_take(handling_t *handling, const handling_taken_t *taken, slice_t child);
void cases_free(handling_t *handling);
bool cases_is_open(const case_t *c);
bool cases_is_overdue(const handling_t *handling, const case_t *c);

/* ERR_LIMIT */
MUST_CHECK err_t funnel_take(handling_t *handling, const funnel_t *funnel);
#endif
