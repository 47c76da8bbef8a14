/* SPDX-License-Identifier: Apache-2.0 */
#include "retrieval/facts.h"

#include "model/summary.h"

knot_t facts_knot(int64_t ns, const sample_t *sample)
{
	knot_t knot = { .ns = ns,
		        .type = (uint8_t)sample->value.type,
		        .quality = (uint8_t)sample->quality,
		        .class = QUALITY_BAD,
		        .bound = sample->bound };
	double number;
	if (sample->quality == QUALITY_OK && sample->value.type == VALUE_F64 &&
	    sample->value.as.f == sample->value.as.f) { /* as nearly all are */
		knot.number = sample->value.as.f;
		knot.class = QUALITY_GOOD;
		return knot;
	}
	if (sample->quality == QUALITY_OK && sample->value.type == VALUE_F32 &&
	    sample->value.as.f32 == sample->value.as.f32) { /* and nearly all others */
		knot.number = (double)sample->value.as.f32;
		knot.class = QUALITY_GOOD;
		return knot;
	}
	if (quality_info(sample->quality)->class == QUALITY_BAD ||
	    !value_number(&sample->value, &number) || number != number)
		return knot;
	knot.number = number;
	knot.class = (uint8_t)quality_info(sample->quality)->class;
	return knot;
}

status_t facts_status(const knot_t *knot)
{
	const quality_info_t *info = quality_info((quality_t)knot->quality);
	return knot->class == QUALITY_BAD && info->class != QUALITY_BAD ? STATUS_BAD_TYPE_MISMATCH
	                                                                : info->opcua;
}

void facts_extreme(extreme_t *have, const extreme_t *next, bool is_high)
{
	if (have->times == 0 || (is_high ? next->value > have->value : next->value < have->value))
		*have = *next;
	else if (next->value == have->value)
		have->times += next->times;
}

void facts_worst(worst_t *worst, const worst_t *next)
{
	if (next->times == 0)
		return;
	if (worst->times == 0 || next->class > worst->class)
		*worst = *next;
	else if (next->class == worst->class)
		worst->times += next->times;
}

void facts_moments(facts_t *facts, uint64_t n, double mean, double m2)
{
	double a = (double)facts->ok, b = (double)n, distance = mean - facts->mean;
	facts->mean += distance * (b / (a + b));
	facts->m2 += m2 + distance * distance * (a * b / (a + b));
}

void facts_spread(facts_t *facts, double from, double to, double seconds)
{
	double distance = (from + to) / 2 - facts->time_mean;
	double all = facts->time_s + seconds;
	facts->time_mean += distance * (seconds / all);
	facts->time_m2 += (to - from) * (to - from) / 12 * seconds +
	                  distance * distance * (facts->time_s * seconds / all);
	facts->time_s = all;
}
