/* SPDX-License-Identifier: Apache-2.0 */
/* A run of one sample is the only summary made by hand; every other is a join, so that
 * adding and joining cannot disagree. */
#include "model/summary.h"

#include <math.h>

bool summary_usable(uint8_t type, uint8_t quality, uint64_t bits, double *ret_number)
{
	double number;
	if (quality == QUALITY_OK && type == VALUE_F64) { /* as nearly all are */
		memcpy(&number, &bits, sizeof(number));
		if (isnan(number))
			return false;
		*ret_number = number;
		return true;
	}
	if (type == VALUE_TEXT || quality_info((quality_t)quality)->class == QUALITY_BAD)
		return false;
	value_t value = value_from_bits((value_type_t)type, bits);
	if (!value_number(&value, &number) || isnan(number))
		return false;
	*ret_number = number;
	return true;
}

static void set_usable(summary_t *s, const summary_end_t *sample, double number)
{
	s->usable = 1;
	s->min = s->max = s->sum = s->mean = number;
	s->min_ns = s->max_ns = sample->ns;
	s->min_times = s->max_times = 1;
	s->first_usable = s->last_usable = *sample;
}

static summary_t of_one(const summary_end_t *sample, bool late)
{
	double number;
	summary_t s = { .count = 1,
		        .late = late,
		        .first = *sample,
		        .last = *sample,
		        .worst = sample->quality };
	if (summary_usable(sample->type, sample->quality, sample->bits, &number))
		set_usable(&s, sample, number);
	else
		s.bad = 1;
	if (s.usable && quality_info((quality_t)sample->quality)->class == QUALITY_UNCERTAIN)
		s.uncertain = 1;
	return s;
}

/* Times may be anything that 64 bits hold. */
static int64_t span_of(int64_t from_ns, int64_t to_ns)
{
	int64_t span;
	return __builtin_sub_overflow(to_ns, from_ns, &span) ? INT64_MAX : span;
}

static void add_ns(int64_t *sum, int64_t ns)
{
	if (__builtin_add_overflow(*sum, ns, sum))
		*sum = INT64_MAX;
}

static void join_areas(summary_t *s, const summary_end_t *next, double from, int64_t span_ns)
{
	double to, seconds = (double)span_ns / (double)NS_PER_S;
	/* Infinity held for no time has no area. */
	if (span_ns == 0)
		return;
	s->area_stepped += from * seconds;
	if (summary_usable(next->type, next->quality, next->bits, &to))
		s->area_sloped += (from + to) / 2 * seconds;
}

/* The span between the runs. */
static void join_span(summary_t *s, const summary_end_t *next)
{
	double from;
	int64_t span = span_of(s->last.ns, next->ns);
	s->gap_ns = span > s->gap_ns ? span : s->gap_ns;
	if (!summary_usable(s->last.type, s->last.quality, s->last.bits, &from)) {
		add_ns(&s->bad_ns, span);
		return;
	}
	add_ns(&s->usable_ns, span);
	if (quality_info((quality_t)s->last.quality)->class == QUALITY_UNCERTAIN)
		add_ns(&s->uncertain_ns, span);
	add_ns(from == 0 ? &s->zero_ns : &s->nonzero_ns, span);
	join_areas(s, next, from, span);
}

/* The pair of usable samples across the join. */
static void join_pair(summary_t *s, const summary_t *next)
{
	double from = 0, to = 0;
	const summary_end_t *a = &s->last_usable, *b = &next->first_usable;
	if (!summary_usable(a->type, a->quality, a->bits, &from) ||
	    !summary_usable(b->type, b->quality, b->bits, &to))
		return;
	s->transitions += from != to;
	s->resets += to < from;
	s->increase += to < from ? to : to - from;
}

static void join_moments(summary_t *s, const summary_t *next)
{
	double a = (double)s->usable, b = (double)next->usable;
	double distance = next->mean - s->mean;
	s->mean += distance * (b / (a + b));
	s->m2 += next->m2 + distance * distance * (a * b / (a + b));
	s->sum += next->sum;
}

/* Of two runs with the same extreme; 0 stays 0. */
static uint64_t add_times(uint64_t a, uint64_t b)
{
	return a && b ? a + b : 0;
}

static void join_extremes(summary_t *s, const summary_t *next)
{
	if (next->min == s->min)
		s->min_times = add_times(s->min_times, next->min_times);
	if (next->max == s->max)
		s->max_times = add_times(s->max_times, next->max_times);
	if (next->min < s->min) {
		s->min = next->min;
		s->min_ns = next->min_ns;
		s->min_times = next->min_times;
	}
	if (next->max > s->max) {
		s->max = next->max;
		s->max_ns = next->max_ns;
		s->max_times = next->max_times;
	}
}

static void take_usable(summary_t *s, const summary_t *next)
{
	s->min = next->min;
	s->max = next->max;
	s->min_ns = next->min_ns;
	s->max_ns = next->max_ns;
	s->min_times = next->min_times;
	s->max_times = next->max_times;
	s->sum = next->sum;
	s->mean = next->mean;
	s->m2 = next->m2;
	s->first_usable = next->first_usable;
}

static void join_usable(summary_t *s, const summary_t *next)
{
	if (!next->usable)
		return;
	if (s->usable) {
		join_pair(s, next);
		join_moments(s, next);
		join_extremes(s, next);
	} else {
		take_usable(s, next);
	}
	s->last_usable = next->last_usable;
	s->usable += next->usable;
}

static void join_durations(summary_t *s, const summary_t *next)
{
	s->area_stepped += next->area_stepped;
	s->area_sloped += next->area_sloped;
	add_ns(&s->usable_ns, next->usable_ns);
	add_ns(&s->uncertain_ns, next->uncertain_ns);
	add_ns(&s->bad_ns, next->bad_ns);
	add_ns(&s->zero_ns, next->zero_ns);
	add_ns(&s->nonzero_ns, next->nonzero_ns);
	s->gap_ns = next->gap_ns > s->gap_ns ? next->gap_ns : s->gap_ns;
}

void summary_join(summary_t *s, const summary_t *next)
{
	if (!next->count)
		return;
	if (!s->count) {
		*s = *next;
		return;
	}
	join_span(s, &next->first);
	join_usable(s, next);
	join_durations(s, next);
	s->transitions += next->transitions;
	s->resets += next->resets;
	s->increase += next->increase;
	s->count += next->count;
	s->uncertain += next->uncertain;
	s->bad += next->bad;
	s->late += next->late;
	s->last = next->last;
	s->worst = next->worst > s->worst ? next->worst : s->worst;
	s->bound = next->bound > s->bound ? next->bound : s->bound;
}

void summary_add(summary_t *s, const summary_end_t *sample, bool late)
{
	summary_t one = of_one(sample, late);
	summary_join(s, &one);
}
