/* SPDX-License-Identifier: Apache-2.0 */
#include "retrieval/doubt.h"

#include <math.h>

static const double UNKNOWN = (double)INFINITY;

/* Whether there is a band to reckon with; else *ret_doubt says all. */
static bool has_band(const facts_t *f, double *ret_doubt)
{
	*ret_doubt = f->hidden.doubt;
	return f->hidden.doubt > 0 && !isinf(f->hidden.doubt);
}

static double below(const facts_t *f, double value)
{
	return fmax(0, value - f->hidden.low);
}

static double above(const facts_t *f, double value)
{
	return fmax(0, f->hidden.high - value);
}

double doubt_any(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return f->hidden.doubt > 0 ? UNKNOWN : 0;
}

double doubt_pairs(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	return f->hidden.is_between ? UNKNOWN : doubt_any(f, o, result);
}

double doubt_time(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return isinf(f->hidden.doubt) ? UNKNOWN : 0;
}

double doubt_value(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	double doubt;
	(void)o;
	return has_band(f, &doubt) ? fmax(below(f, result->value), above(f, result->value)) : doubt;
}

double doubt_low(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	double doubt;
	(void)o;
	return has_band(f, &doubt) ? below(f, result->value) : doubt;
}

double doubt_high(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	double doubt;
	(void)o;
	return has_band(f, &doubt) ? above(f, result->value) : doubt;
}

/* What is told at the edges may be off in both directions. */
static double edges_of(const facts_t *f)
{
	return fmax(f->start.doubt, f->end.doubt);
}

double doubt_low2(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	return fmax(doubt_low(f, o, result), edges_of(f));
}

double doubt_high2(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	return fmax(doubt_high(f, o, result), edges_of(f));
}

double doubt_range(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	double doubt;
	(void)o;
	(void)result;
	return has_band(f, &doubt) ? below(f, f->low[0].value) + above(f, f->high[0].value) : doubt;
}

/* At least one end of the band lies beyond the extremes by less than it is wide. */
double doubt_range2(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	double doubt;
	(void)o;
	(void)result;
	return has_band(f, &doubt) ? f->hidden.high - f->hidden.low + 2 * edges_of(f) : doubt;
}

double doubt_first(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	bool is_at_start = f->count && f->first.ns == f->start_ns;
	return is_at_start ? doubt_time(f, o, result) : doubt_value(f, o, result);
}

double doubt_delta(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	result_t first = *result, last = *result;
	first.value = f->first_ok.number;
	last.value = f->last_ok.number;
	return doubt_value(f, o, &first) + doubt_value(f, o, &last);
}

double doubt_here(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return f->here.doubt;
}

double doubt_start(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return f->start.doubt;
}

double doubt_end(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return f->end.doubt;
}

double doubt_ends(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	return doubt_start(f, o, result) + doubt_end(f, o, result);
}

static double of_area(const facts_t *f, double divisor)
{
	double doubt;
	return has_band(f, &doubt) ? f->hidden.area / divisor : doubt;
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

double doubt_line_mean(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return of_area(f, seconds(f->end_ns - f->line_start_ns));
}

double doubt_area(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)o;
	(void)result;
	return of_area(f, 1);
}

double doubt_mean(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	int64_t uncertain_ns = o->uncertain_is_bad ? 0 : f->class_ns[QUALITY_UNCERTAIN];
	(void)result;
	return of_area(f, seconds(f->class_ns[QUALITY_GOOD] + uncertain_ns));
}

double doubt_integral(const facts_t *f, const retrieval_options_t *o, const result_t *result)
{
	(void)result;
	return of_area(f, o->time_base_ns ? seconds(o->time_base_ns) : 1);
}
