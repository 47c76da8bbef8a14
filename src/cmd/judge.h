/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_JUDGE_H
#define CMD_JUDGE_H
/* Compares what the sentry reported with what the attacker really did: the same
 * number of incidents; for each act one incident of its kind from its client
 * within a second; for a write also the point, the old and the new value. */
#include "model/catalogue.h"
#include "sentry/incident.h"
#include "sim/sim.h"

enum { JUDGE_WHY_MAX = 256, JUDGE_MAX = 64 };

typedef struct {
	bool agrees;
	size_t acts, incidents, matched;
	char why[JUDGE_WHY_MAX]; /* the first disagreement, "" if none */
} judgement_t;

/* `point_name` of incident i is looked up by the caller into names[i] ("" if
 * unknown), so that a saved list can be judged without a catalogue. */
typedef struct {
	const incident_t *incidents;
	const char *const *points;
	size_t count;
} judge_list_t;

judgement_t judge(const sim_truth_t *truth, size_t truth_count, const judge_list_t *list);
#endif
