/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/time.h"

static const incident_kind_t kind_of[] = {
	[SIM_SWEEP] = INCIDENT_SWEEP,
	[SIM_WALK] = INCIDENT_WALK,
	[SIM_WRITE] = INCIDENT_WRITE,
};

/* Float32 registers carry about seven digits. */
static bool same_value(const value_t *value, double want)
{
	double got;
	return value_number(value, &got) && fabs(got - want) <= 1e-4 * fmax(1.0, fabs(want));
}

/* NULL when the incident tells the act rightly, else what differs. */
static const char *difference(const sim_truth_t *act, const incident_t *incident, const char *point)
{
	if (incident->kind != kind_of[act->kind])
		return "kind";
	if (!ip_eq(incident->client, act->client))
		return "client";
	if (llabs(incident->first_ns - act->utc_ns) > NS_PER_S)
		return "time";
	if (act->kind != SIM_WRITE)
		return NULL;
	if (!slice_eq(slice_str(point), slice_str(act->point)))
		return "point";
	if (!same_value(&incident->old_value, act->old_value))
		return "old value";
	if (!same_value(&incident->new_value, act->new_value))
		return "new value";
	return NULL;
}

static void judge_act(const sim_truth_t *act, const judge_list_t *list, judgement_t *j)
{
	const char *why = "no incident of its kind";
	for (size_t i = 0; i < list->count; i++) {
		const char *differs = difference(act, &list->incidents[i], list->points[i]);
		if (!differs) {
			j->matched++;
			return;
		}
		if (list->incidents[i].kind == kind_of[act->kind])
			why = differs;
	}
	if (!j->why[0])
		snprintf(j->why, sizeof(j->why), "%s differs for the %s", why,
		         incident_kind_name(kind_of[act->kind]));
}

judgement_t judge(const sim_truth_t *truth, size_t truth_count, const judge_list_t *list)
{
	judgement_t j = { .acts = truth_count, .incidents = list->count };
	for (size_t i = 0; i < truth_count; i++)
		judge_act(&truth[i], list, &j);
	if (!j.why[0] && list->count != truth_count)
		snprintf(j.why, sizeof(j.why), "%zu incidents reported for %zu acts", list->count,
		         truth_count);
	j.agrees = !j.why[0];
	return j;
}
