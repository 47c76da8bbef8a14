/* SPDX-License-Identifier: Apache-2.0 */
/* Section numbers are those of OPC 10000-13. */
#include "retrieval/aggregate.h"

#include <math.h>

#include "retrieval/doubt.h"

#define NS_PER_MS_F 1e6

static const status_t LOCATION = STATUS_CALCULATED | STATUS_INTERPOLATED;

static void set(result_t *ret, double value, status_t status)
{
	ret->value = value;
	ret->status = status;
}

/* 5.4.3.2.1; where both shares are met the good one counts (4.2.1.2), which is only where
 * they add up to all. */
static status_t status_of(const retrieval_options_t *o, double good, double bad)
{
	double all = good + bad;
	if (bad == 0)
		return STATUS_GOOD;
	if (good / all * 100 >= o->percent_good)
		return STATUS_GOOD;
	return bad / all * 100 >= o->percent_bad ? STATUS_BAD : STATUS_UNCERTAIN_SUB_NORMAL;
}

static status_t values_status(const facts_t *f, const retrieval_options_t *o)
{
	return status_of(o, (double)f->ok, (double)(f->count - f->ok)) | STATUS_CALCULATED;
}

static status_t time_status(const facts_t *f, const retrieval_options_t *o, bool is_stepped)
{
	int64_t all = f->class_ns[QUALITY_GOOD] + f->class_ns[QUALITY_UNCERTAIN] +
	              f->class_ns[QUALITY_BAD];
	int64_t bad = f->class_ns[QUALITY_BAD];
	if (o->uncertain_is_bad)
		bad += f->class_ns[QUALITY_UNCERTAIN] + (is_stepped ? 0 : f->doubtful_ns);
	return status_of(o, (double)(all - bad), (double)bad);
}

static status_t uncertain_if(bool is_uncertain)
{
	return is_uncertain ? STATUS_UNCERTAIN_SUB_NORMAL : STATUS_GOOD;
}

/* 5.4.3.4 */
static void make_interpolative(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->here.status != STATUS_BAD_NO_DATA)
		set(ret, f->here.value, f->here.status);
}

/* 5.4.3.5 */
static void make_average(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (f->ok)
		set(ret, f->sum / (double)f->ok, values_status(f, o));
}

static void make_sum(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (f->ok)
		set(ret, f->sum, values_status(f, o));
}

static status_t line_status(const facts_t *f)
{
	bool is_uncertain = f->is_skipped || f->uncertain ||
	                    status_class(f->line_end.status) == QUALITY_UNCERTAIN ||
	                    status_class(f->line_start.status) == QUALITY_UNCERTAIN;
	status_t partial = f->line_start.status == STATUS_BAD_NO_DATA ? STATUS_PARTIAL : 0;
	return uncertain_if(is_uncertain) | STATUS_CALCULATED | partial;
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* 5.4.3.6 */
static void make_time_average(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->has_line)
		set(ret, f->line_area / seconds(f->end_ns - f->line_start_ns), line_status(f));
}

/* 5.4.3.8 */
static void make_total(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->has_line)
		set(ret, f->line_area, line_status(f));
}

static int64_t ok_ns(const facts_t *f, const retrieval_options_t *o)
{
	return f->class_ns[QUALITY_GOOD] +
	       (o->uncertain_is_bad ? 0 : f->class_ns[QUALITY_UNCERTAIN]);
}

static status_t area_status(const facts_t *f, const retrieval_options_t *o)
{
	return time_status(f, o, o->is_stepped) | STATUS_CALCULATED;
}

/* 5.4.3.7 */
static void make_time_average2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (ok_ns(f, o))
		set(ret, f->area / seconds(ok_ns(f, o)), area_status(f, o));
}

/* 5.4.3.9 */
static void make_total2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (ok_ns(f, o))
		set(ret, f->area, area_status(f, o));
}

static double time_base(const retrieval_options_t *o)
{
	return o->time_base_ns ? seconds(o->time_base_ns) : 1;
}

static void make_integral(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (ok_ns(f, o))
		set(ret, f->area / time_base(o), area_status(f, o));
}

static void make_time_deviation(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	if (ok_ns(f, o))
		set(ret, sqrt(f->time_m2 / f->time_s), area_status(f, o));
}

/* Whether samples that were passed over take from the certainty of an extreme. */
static bool is_doubtful(const facts_t *f, const retrieval_options_t *o, bool is_high)
{
	const extreme_t *good = is_high ? &f->high[0] : &f->low[0];
	const extreme_t *other = is_high ? &f->high[1] : &f->low[1];
	if (f->bad || (o->uncertain_is_bad && f->uncertain))
		return true;
	return other->times && (is_high ? other->value > good->value : other->value < good->value);
}

/* 5.4.3.10 to 5.4.3.13 */
static void make_extreme(const facts_t *f, const retrieval_options_t *o, bool is_high,
                         bool is_actual, result_t *ret)
{
	const extreme_t *good = is_high ? &f->high[0] : &f->low[0];
	if (good->times == 0)
		return;
	bool is_uncertain = is_doubtful(f, o, is_high);
	bool is_raw = !is_uncertain && (is_actual || good->ns == f->start_ns);
	set(ret, good->value,
	    uncertain_if(is_uncertain) | (is_raw ? STATUS_RAW : STATUS_CALCULATED) |
	            (good->times > 1 ? STATUS_MULTI : 0));
	if (is_actual)
		ret->ns = good->ns;
}

static void make_minimum(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme(f, o, false, false, ret);
}

static void make_maximum(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme(f, o, true, false, ret);
}

static void make_minimum_time(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme(f, o, false, true, ret);
}

static void make_maximum_time(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme(f, o, true, true, ret);
}

/* 5.4.3.14 */
static void make_range(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	bool is_uncertain = is_doubtful(f, o, false) || is_doubtful(f, o, true);
	if (f->low[0].times)
		set(ret, f->high[0].value - f->low[0].value,
		    uncertain_if(is_uncertain) | STATUS_CALCULATED);
}

typedef struct {
	extreme_t extreme;
	status_t kind;   /* raw, calculated or interpolated */
	status_t actual; /* the same where the time is the value's own */
} found_t;

/* The bounds count too: the one at the start as any value, the one at the end only when
 * it is the extreme and the curve leads to it. */
static found_t find_extreme(const facts_t *f, const retrieval_options_t *o, bool is_high)
{
	found_t found = { .kind = STATUS_CALCULATED, .actual = STATUS_RAW };
	extreme_t inner = is_high ? f->inner_high : f->inner_low;
	extreme_t start = { f->start.value, f->start_ns, 1 };
	extreme_t end = { f->end.value, f->end_ns - 1, 1 };
	if (f->start.ok) {
		found.extreme = start;
		found.kind = found.actual = STATUS_RAW | (f->start.status & LOCATION);
	}
	if (inner.times) {
		facts_extreme(&found.extreme, &inner, is_high);
		if (found.extreme.ns != f->start_ns)
			found.kind = STATUS_CALCULATED, found.actual = STATUS_RAW;
	}
	bool is_beyond = is_high ? end.value > found.extreme.value
	                         : end.value < found.extreme.value;
	if (f->end.ok && !o->is_stepped && (is_beyond || !found.extreme.times)) {
		bool is_raw = (f->end.status & LOCATION) == STATUS_RAW;
		found.extreme = end;
		found.kind = is_raw ? STATUS_CALCULATED : STATUS_INTERPOLATED;
		found.actual = is_raw ? STATUS_RAW : STATUS_INTERPOLATED;
	}
	return found;
}

/* 5.4.3.15 to 5.4.3.18 */
static void make_extreme2(const facts_t *f, const retrieval_options_t *o, bool is_high,
                          bool is_actual, result_t *ret)
{
	found_t found = find_extreme(f, o, is_high);
	if (found.extreme.times == 0)
		return;
	set(ret, found.extreme.value,
	    time_status(f, o, o->is_stepped) | (is_actual ? found.actual : found.kind) |
	            (found.extreme.times > 1 ? STATUS_MULTI : 0));
	if (is_actual)
		ret->ns = found.extreme.ns;
}

static void make_minimum2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme2(f, o, false, false, ret);
}

static void make_maximum2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme2(f, o, true, false, ret);
}

static void make_minimum_time2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme2(f, o, false, true, ret);
}

static void make_maximum_time2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_extreme2(f, o, true, true, ret);
}

/* 5.4.3.19 */
static void make_range2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	found_t low = find_extreme(f, o, false), high = find_extreme(f, o, true);
	status_t status = time_status(f, o, o->is_stepped);
	if (low.extreme.times && status_class(status) != QUALITY_BAD)
		set(ret, high.extreme.value - low.extreme.value, status | STATUS_CALCULATED);
}

/* 5.4.3.20 */
static void make_annotations(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	set(ret, (double)f->annotations, STATUS_GOOD | STATUS_CALCULATED);
}

/* 5.4.3.21 */
static void make_count(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, (double)f->ok, values_status(f, o));
}

static void make_state(const facts_t *f, const retrieval_options_t *o, int64_t ns, result_t *ret)
{
	set(ret, (double)ns / NS_PER_MS_F, time_status(f, o, true) | STATUS_CALCULATED);
}

/* 5.4.3.22 */
static void make_zero(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_state(f, o, f->zero_ns, ret);
}

/* 5.4.3.23 */
static void make_nonzero(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_state(f, o, f->nonzero_ns, ret);
}

/* 5.4.3.24 */
static void make_transitions(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, (double)f->transitions, values_status(f, o));
}

static void make_end_of(const facts_t *f, const knot_t *knot, result_t *ret)
{
	if (f->count == 0)
		return;
	set(ret, knot->class == QUALITY_BAD ? (double)NAN : knot->number,
	    facts_status(knot) | STATUS_RAW);
	ret->ns = knot->ns;
}

/* 5.4.3.25 */
static void make_start(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_end_of(f, &f->first, ret);
}

/* 5.4.3.26 */
static void make_end(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_end_of(f, &f->last, ret);
}

/* 5.4.3.27 */
static void make_delta(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->ok)
		set(ret, f->last_ok.number - f->first_ok.number,
		    uncertain_if(f->starts_skipped || f->ends_skipped) | STATUS_CALCULATED);
}

/* 5.4.3.28 */
static void make_start_bound(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->start.status != STATUS_BAD_NO_DATA)
		set(ret, f->start.value, f->start.status);
}

/* 5.4.3.29 */
static void make_end_bound(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->end.status != STATUS_BAD_NO_DATA)
		set(ret, f->end.value, (f->end.status & ~LOCATION) | STATUS_CALCULATED);
}

/* 5.4.3.30 */
static void make_delta_bounds(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	if (f->start.status == STATUS_BAD_NO_DATA || f->end.status == STATUS_BAD_NO_DATA)
		return;
	bool is_uncertain = status_class(f->start.status) != QUALITY_GOOD ||
	                    status_class(f->end.status) != QUALITY_GOOD;
	set(ret, f->end.value - f->start.value, uncertain_if(is_uncertain) | STATUS_CALCULATED);
}

static int64_t bad_ns(const facts_t *f, const retrieval_options_t *o)
{
	return f->head_ns + f->class_ns[QUALITY_BAD] +
	       (o->uncertain_is_bad ? f->class_ns[QUALITY_UNCERTAIN] : 0);
}

static void make_part(const facts_t *f, int64_t ns, result_t *ret)
{
	int64_t all = f->head_ns + f->class_ns[QUALITY_GOOD] + f->class_ns[QUALITY_UNCERTAIN] +
	              f->class_ns[QUALITY_BAD];
	set(ret, (double)ns / (double)all * 100, STATUS_GOOD | STATUS_CALCULATED);
}

/* 5.4.3.31 to 5.4.3.34 */
static void make_good_duration(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	set(ret, (double)f->class_ns[QUALITY_GOOD] / NS_PER_MS_F, STATUS_GOOD | STATUS_CALCULATED);
}

static void make_bad_duration(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, (double)bad_ns(f, o) / NS_PER_MS_F, STATUS_GOOD | STATUS_CALCULATED);
}

static void make_percent_good(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_part(f, f->class_ns[QUALITY_GOOD], ret);
}

static void make_percent_bad(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	make_part(f, bad_ns(f, o), ret);
}

static void make_worst_of(const worst_t *worst, result_t *ret)
{
	if (worst->times)
		set(ret, (double)worst->status,
		    STATUS_GOOD | STATUS_CALCULATED | (worst->times > 1 ? STATUS_MULTI : 0));
}

/* 5.4.3.35 */
static void make_worst(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_worst_of(&f->worst, ret);
}

/* 5.4.3.36 */
static void make_worst2(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	worst_t worst = { 1, f->start_status, f->start_ns, (uint8_t)status_class(f->start_status) };
	facts_worst(&worst, &f->inner_worst);
	make_worst_of(&worst, ret);
}

static void make_variance_over(const facts_t *f, uint64_t n, bool is_root, result_t *ret)
{
	if (f->ok == 0)
		return;
	double variance = f->ok == 1 ? 0 : f->m2 / (double)n;
	set(ret, is_root ? sqrt(variance) : variance,
	    uncertain_if(f->count > f->ok) | STATUS_CALCULATED);
}

/* 5.4.3.37 to 5.4.3.40 */
static void make_deviation_sample(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_variance_over(f, f->ok - 1, true, ret);
}

static void make_variance_sample(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_variance_over(f, f->ok - 1, false, ret);
}

static void make_deviation(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_variance_over(f, f->ok, true, ret);
}

static void make_variance(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	(void)o;
	make_variance_over(f, f->ok, false, ret);
}

static void make_increase(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, f->increase, values_status(f, o));
}

/* Over the time there is data of. */
static void make_rate(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, f->increase / seconds(f->used_end_ns - f->used_start_ns) * time_base(o),
	    values_status(f, o));
}

static void make_resets(const facts_t *f, const retrieval_options_t *o, result_t *ret)
{
	set(ret, (double)f->resets, values_status(f, o));
}

#define EXTREME  (NEED_EXTREMES | NEED_CLASSES | NEED_TIMES)
#define EXTREME2 (NEED_EXTREMES | NEED_BOUNDS | NEED_TIMES | NEED_REGIONS)
#define AREA     (NEED_BOUNDS | NEED_AREA | NEED_REGIONS)

/* name, alias, node, needs, has the Partial bit, values beyond, a time of its own, functions */
static const aggregate_t rows[] = {
	{ "Interpolative", "interpolated", 2341, NEED_HERE, false, true, false, make_interpolative,
	  doubt_here },
	{ "Average", "mean", 2342, 0, false, false, false, make_average, doubt_value },
	{ "TimeAverage", NULL, 2343, NEED_LINE, true, true, false, make_time_average,
	  doubt_line_mean },
	{ "TimeAverage2", "time_mean", 11285, AREA, true, false, false, make_time_average2,
	  doubt_mean },
	{ "Total", NULL, 2344, NEED_LINE, true, true, false, make_total, doubt_area },
	{ "Total2", NULL, 11304, AREA, true, false, false, make_total2, doubt_area },
	{ "Minimum", "min", 2346, EXTREME, true, false, false, make_minimum, doubt_low },
	{ "Maximum", "max", 2347, EXTREME, true, false, false, make_maximum, doubt_high },
	{ "MinimumActualTime", NULL, 2348, EXTREME, true, false, true, make_minimum_time,
	  doubt_low },
	{ "MaximumActualTime", NULL, 2349, EXTREME, true, false, true, make_maximum_time,
	  doubt_high },
	{ "Range", NULL, 2350, EXTREME, true, false, false, make_range, doubt_range },
	{ "Minimum2", NULL, 11286, EXTREME2, true, false, false, make_minimum2, doubt_low2 },
	{ "Maximum2", NULL, 11287, EXTREME2, true, false, false, make_maximum2, doubt_high2 },
	{ "MinimumActualTime2", NULL, 11305, EXTREME2, true, false, true, make_minimum_time2,
	  doubt_low2 },
	{ "MaximumActualTime2", NULL, 11306, EXTREME2, true, false, true, make_maximum_time2,
	  doubt_high2 },
	{ "Range2", NULL, 11288, EXTREME2, true, false, false, make_range2, doubt_range2 },
	{ "AnnotationCount", "annotations", 2351, NEED_ANNOTATIONS, true, false, false,
	  make_annotations, doubt_time },
	{ "Count", NULL, 2352, 0, true, false, false, make_count, doubt_any },
	{ "DurationInStateZero", NULL, 11307, NEED_BOUNDS, true, false, false, make_zero,
	  doubt_any },
	{ "DurationInStateNonZero", NULL, 11308, NEED_BOUNDS, true, false, false, make_nonzero,
	  doubt_any },
	{ "NumberOfTransitions", "transitions", 2355, 0, true, false, false, make_transitions,
	  doubt_pairs },
	{ "Start", "first", 2357, 0, true, false, true, make_start, doubt_first },
	{ "End", "last", 2358, 0, true, false, true, make_end, doubt_value },
	{ "Delta", NULL, 2359, 0, true, false, false, make_delta, doubt_delta },
	{ "StartBound", NULL, 11505, NEED_BOUNDS, true, false, false, make_start_bound,
	  doubt_start },
	{ "EndBound", NULL, 11506, NEED_BOUNDS, true, false, false, make_end_bound, doubt_end },
	{ "DeltaBounds", NULL, 11507, NEED_BOUNDS, true, false, false, make_delta_bounds,
	  doubt_ends },
	{ "DurationGood", NULL, 2360, 0, true, false, false, make_good_duration, doubt_time },
	{ "DurationBad", NULL, 2361, 0, true, false, false, make_bad_duration, doubt_time },
	{ "PercentGood", NULL, 2362, 0, true, false, false, make_percent_good, doubt_time },
	{ "PercentBad", NULL, 2363, 0, true, false, false, make_percent_bad, doubt_time },
	{ "WorstQuality", "worst", 2364, NEED_WORST, true, false, false, make_worst, doubt_time },
	{ "WorstQuality2", NULL, 11292, NEED_WORST | NEED_BOUNDS, true, false, false, make_worst2,
	  doubt_time },
	{ "StandardDeviationSample", NULL, 11426, NEED_MOMENTS, true, false, false,
	  make_deviation_sample, doubt_any },
	{ "VarianceSample", NULL, 11428, NEED_MOMENTS, true, false, false, make_variance_sample,
	  doubt_any },
	{ "StandardDeviationPopulation", "deviation", 11427, NEED_MOMENTS, true, false, false,
	  make_deviation, doubt_any },
	{ "VariancePopulation", "variance", 11429, NEED_MOMENTS, true, false, false, make_variance,
	  doubt_any },
	{ "Sum", NULL, 0, 0, true, false, false, make_sum, doubt_any },
	{ "Integral", NULL, 0, AREA, true, false, false, make_integral, doubt_integral },
	{ "TimeDeviation", NULL, 0, AREA | NEED_SPREAD, true, false, false, make_time_deviation,
	  doubt_any },
	{ "Increase", NULL, 0, 0, true, false, false, make_increase, doubt_pairs },
	{ "Rate", NULL, 0, 0, true, false, false, make_rate, doubt_pairs },
	{ "Resets", NULL, 0, 0, true, false, false, make_resets, doubt_pairs },
};

size_t aggregate_count(void)
{
	return sizeof(rows) / sizeof(*rows);
}

const aggregate_t *aggregate_get(size_t i)
{
	return &rows[i];
}

const aggregate_t *aggregate_find(slice_t name)
{
	for (size_t i = 0; i < aggregate_count(); i++)
		if (slice_eq_nocase(name, slice_str(rows[i].name)) ||
		    (rows[i].alias && slice_eq_nocase(name, slice_str(rows[i].alias))))
			return &rows[i];
	return NULL;
}

unsigned aggregate_needs(const aggregate_t *aggregate, const retrieval_options_t *options)
{
	bool is_counter = aggregate->make == make_increase || aggregate->make == make_rate;
	return aggregate->needs | (is_counter && options->rollover > 0 ? NEED_FALLS : 0);
}

/* Values that samples have, and not what is reckoned of several. */
static bool is_value(const aggregate_t *a)
{
	return a->doubt == doubt_value || a->doubt == doubt_first || a->doubt == doubt_low ||
	       a->doubt == doubt_high;
}

/* Where all samples of a bucket were left out, the middle of where they are stands for them. */
static void set_doubt(const aggregate_t *aggregate, const facts_t *f, const retrieval_options_t *o,
                      result_t *ret)
{
	const hidden_t *h = &f->hidden;
	if (ret->status == STATUS_BAD_NO_DATA && is_value(aggregate) && h->doubt > 0 &&
	    !isinf(h->doubt))
		set(ret, (h->low + h->high) / 2, STATUS_GOOD | STATUS_INTERPOLATED);
	ret->doubt = isnan(ret->value) ? (double)INFINITY : aggregate->doubt(f, o, ret);
	/* It may not be the value that was measured. */
	if (ret->doubt > 0 && (ret->status & LOCATION) == STATUS_RAW)
		ret->status |= STATUS_CALCULATED;
}

result_t aggregate_make(const aggregate_t *aggregate, const facts_t *facts,
                        const retrieval_options_t *options)
{
	result_t result = { facts->start_ns, (double)NAN, STATUS_BAD_NO_DATA, 0 };
	if (facts->has_data || aggregate->is_beyond)
		aggregate->make(facts, options, &result);
	bool is_partial = facts->is_cut ||
	                  (facts->has_data &&
	                   (facts->ends_open || facts->used_start_ns > facts->start_ns));
	if (facts->hidden.doubt > 0 || facts->hidden.is_between)
		set_doubt(aggregate, facts, options, &result);
	if (aggregate->is_partial && is_partial && result.status != STATUS_BAD_NO_DATA)
		result.status |= STATUS_PARTIAL;
	return result;
}

err_t aggregate_check(const retrieval_options_t *options)
{
	return options->percent_good > 100 || options->percent_bad > 100 ||
	                       options->percent_good + options->percent_bad < 100
	               ? ERR_INVALID
	               : ERR_OK;
}
