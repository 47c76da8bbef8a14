/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CENSUS_STATE_H
#define CENSUS_STATE_H
/* What the files of this folder share: census.c tells and takes, view.c keeps the file,
 * ask.c answers. */
#include "census/claims.h"
#include "journal/follow.h"

#define CENSUS_METRICS(X) \
	X(DEVICES, "devices", "devices in the register", GAUGE) \
	X(CLAIMS, "claims", "devices times those who report them", GAUGE) \
	X(REPORTERS, "reporters", "nodes that report devices", GAUGE) \
	X(ROWS, "rows_total", "rows taken from the journal", COUNTER) \
	X(CHANGES, "changes_total", "rows that said something new", COUNTER) \
	X(REFUSED, "refused_total", "rows refused at a limit of the register", COUNTER) \
	X(MALFORMED, "malformed_total", "items that could not be read", COUNTER) \
	X(FORGED, "forged_total", "items from below that name this node as their reporter", \
	  COUNTER) \
	X(TOLD, "told_total", "rows about own devices journalled", COUNTER) \
	X(SAVES, "saves_total", "times the view was written", COUNTER) \
	X(SAVE_FAILURES, "save_failures_total", "times it could not be written", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { CENSUS_METRICS(X) METRIC_COUNT };
#undef X

enum { CENSUS_PATH_BYTES = 512 };

struct census {
	env_t *env;
	census_spec_t spec;
	slice_t node;
	/* Guards the claims and what is told of the own devices: questions come from any
	 * thread, and a copy of millions of claims would be dearer than the wait. */
	env_mutex_t *mutex;
	claims_t claims;
	uint32_t self; /* number of the own identifier */
	/* Own devices, as numbers of claims. */
	uint32_t *own, own_count;
	size_t own_room;
	int64_t opened_ns;
	int64_t told_ns; /* of the newest own item: the next one is later */
	bool is_rebuilt;
	char path[CENSUS_PATH_BYTES];
	journal_mark_t mark;
	metrics_t metrics;
};

/* Takes a claim under the lock; a limit is counted and no failure. */
MUST_CHECK err_t census_take(census_t *census, const claim_t *said);
/* Begins with no claims. */
MUST_CHECK err_t census_forget(census_t *census);
/* The view, then the journal behind it. Set-up time. */
MUST_CHECK err_t census_fill(census_t *census);
/* As a claim counts at a time: a silent reporter's is unknown, unless retired. */
census_state_t census_judge(const census_t *census, uint32_t reporter, census_state_t state,
                            int64_t now_ns);
bool census_is_silent(const census_t *census, uint32_t reporter, int64_t now_ns);
#endif
