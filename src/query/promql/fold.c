/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/fold.h"

#include <math.h>

#include "query/promql/gap.h"

int64_t point_ms(int64_t ns)
{
	int64_t ms = ns / NS_PER_MS;
	return ns % NS_PER_MS < 0 ? ms - 1 : ms;
}

point_t point_of(const summary_end_t *sample)
{
	point_t point = { point_ms(sample->ns), 0 };
	if (sample->quality == QUALITY_OK && sample->type == VALUE_F64) { /* as nearly all are */
		memcpy(&point.value, &sample->bits, sizeof(point.value));
		return point;
	}
	value_t value = value_from_bits((value_type_t)sample->type, sample->bits);
	if (quality_info((quality_t)sample->quality)->class == QUALITY_BAD ||
	    !value_number(&value, &point.value))
		point.value = absent();
	return point;
}

static void add(fold_t *f, double value)
{
	double sum = f->sum + value;
	f->rest += fabs(f->sum) >= fabs(value) ? (f->sum - sum) + value : (value - sum) + f->sum;
	f->sum = sum;
}

static double least(double a, double b)
{
	return b < a || isnan(a) ? b : a;
}

static double greatest(double a, double b)
{
	return b > a || isnan(a) ? b : a;
}

static void step_over(fold_t *f, double to)
{
	double from = f->last.value;
	f->changes += to != from && !(isnan(to) && isnan(from));
	if (to < from) {
		f->resets++;
		f->lost += from;
	}
}

/* The join with a run of one, without making it. */
void fold_point(fold_t *f, point_t point)
{
	if (f->count++ == 0) {
		f->first = f->last = point;
		f->sum = f->min = f->max = point.value;
		return;
	}
	step_over(f, point.value);
	f->before = f->last;
	f->has_before = true;
	f->last = point;
	add(f, point.value);
	f->min = least(f->min, point.value);
	f->max = greatest(f->max, point.value);
}

void fold_join(fold_t *f, const fold_t *next)
{
	if (next->count == 0)
		return;
	if (f->count == 0) {
		*f = *next;
		return;
	}
	step_over(f, next->first.value);
	f->changes += next->changes;
	f->resets += next->resets;
	f->lost += next->lost;
	f->before = next->count == 1 ? f->last : next->before;
	f->has_before = next->count == 1 || next->has_before;
	f->last = next->last;
	f->count += next->count;
	add(f, next->sum);
	f->rest += next->rest;
	f->min = least(f->min, next->min);
	f->max = greatest(f->max, next->max);
}

/* A sum that was added up plainly is off by a few thousand roundings of its largest part
 * at most, which is below 1e-12 of it as long as nothing cancels: where all values have
 * one sign. A rise is exact while the counter did not fall. */
bool fold_accepts(const summary_t *s, fold_need_t need)
{
	if (s->usable != s->count)
		return false;
	switch (need) {
	case FOLD_ENDS:
		return true;
	case FOLD_SUM:
		return (s->min >= 0 || s->max <= 0) && isfinite(s->sum);
	case FOLD_RISE:
		return s->resets == 0;
	case FOLD_NEWEST:
		break;
	}
	return false;
}

fold_t fold_of(const summary_t *s)
{
	return (fold_t){ .count = s->count,
		         .first = point_of(&s->first),
		         .last = point_of(&s->last),
		         .sum = s->sum,
		         .min = s->min,
		         .max = s->max,
		         .changes = s->transitions,
		         .resets = s->resets };
}
