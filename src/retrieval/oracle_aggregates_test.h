/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_ORACLE_AGGREGATES_TEST_H
#define RETRIEVAL_ORACLE_AGGREGATES_TEST_H
/* Each aggregate by its section of OPC 10000-13, on the bounds and regions of
 * oracle_test.h. */
#include "retrieval/fake_test.h"
#include "retrieval/oracle_test.h"

enum { O_RAW = 0x400, O_CALC = 0x401, O_INTER = 0x402, O_PART = 0x404, O_MULTI = 0x410 };

static void o_set(o_result_t *r, double v, uint32_t code)
{
	r->v = v;
	r->code = code;
}

static void o_interpolative(const oracle_t *o, o_result_t *r)
{
	o_bound_t b = o_interpolated(o, o->s, true, o->stepped);
	if (b.some)
		o_set(r, b.v, b.code | O_RAW | (uint32_t)b.place);
}

static void o_start_bound(const oracle_t *o, o_result_t *r)
{
	o_bound_t b = o_simple(o, o->s, true);
	if (b.some)
		o_set(r, b.v, b.code | O_RAW | (uint32_t)b.place);
}

static void o_end_bound(const oracle_t *o, o_result_t *r)
{
	o_bound_t b = o_simple(o, o->e, false);
	if (b.some)
		o_set(r, b.v, b.code | O_CALC);
}

static void o_delta_bounds(const oracle_t *o, o_result_t *r)
{
	o_bound_t a = o_simple(o, o->s, true), b = o_simple(o, o->e, false);
	if (a.some && b.some)
		o_set(r, b.v - a.v, (a.code >> 30 || b.code >> 30 ? O_SUB : 0) | O_CALC);
	r->scale = fabs(a.v) + fabs(b.v);
}

/* Sums over the ok samples in the bucket. */
static int o_sums(const oracle_t *o, double *ret_sum, double *ret_squares, double *ret_scale)
{
	int n = 0;
	*ret_sum = *ret_squares = *ret_scale = 0;
	for (int i = 0; i < o->n; i++)
		if (o_in(o, i) && o_ok(o, i)) {
			n++;
			*ret_sum += o->rows[i].v;
			*ret_scale += fabs(o->rows[i].v);
		}
	for (int i = 0; i < o->n; i++)
		if (o_in(o, i) && o_ok(o, i))
			*ret_squares += pow(o->rows[i].v - *ret_sum / n, 2);
	return n;
}

static void o_statistic(const oracle_t *o, const char *name, o_result_t *r)
{
	double sum, squares;
	int n = o_sums(o, &sum, &squares, &r->scale);
	uint32_t code = o_value_code(o) | O_CALC;
	uint32_t skipped = (o_skips(o, o->s, o->e - 1) ? O_SUB : 0) | O_CALC;
	if (strcmp(name, "Count") == 0)
		o_set(r, n, code);
	if (n == 0)
		return;
	if (strcmp(name, "Average") == 0)
		o_set(r, sum / n, code);
	if (strcmp(name, "Sum") == 0)
		o_set(r, sum, code);
	double sample = n == 1 ? 0 : squares / (n - 1), all = squares / n;
	if (strcmp(name, "VarianceSample") == 0)
		o_set(r, sample, skipped);
	if (strcmp(name, "VariancePopulation") == 0)
		o_set(r, all, skipped);
	if (strcmp(name, "StandardDeviationSample") == 0)
		o_set(r, sqrt(sample), skipped);
	if (strcmp(name, "StandardDeviationPopulation") == 0)
		o_set(r, sqrt(all), skipped);
	r->scale = r->scale * r->scale + r->scale;
}

static void o_areas(const oracle_t *o, const char *name, o_result_t *r)
{
	double s, area, ignored, square_scale;
	bool is_line = strcmp(name, "TimeAverage") == 0 || strcmp(name, "Total") == 0;
	if (is_line) {
		if (!o_line_area(o, &area, &s, &r->scale))
			return;
		bool starts = o_interpolated(o, o->s, true, false).some;
		uint32_t code = o_line_code(o) | O_CALC | (starts ? 0 : O_PART);
		o_set(r, name[1] == 'i' ? area / s : area, code);
		r->scale += r->scale / s;
		return;
	}
	area = o_area(o, NULL, &s, &r->scale);
	if (s == 0)
		return;
	double mean = area / s, variance = o_area(o, &mean, &ignored, &square_scale) / s;
	uint32_t code = o_time_code(o, o->stepped) | O_CALC;
	double v = strcmp(name, "TimeAverage2") == 0    ? area / s
	           : strcmp(name, "TimeDeviation") == 0 ? sqrt(variance)
	                                                : area;
	o_set(r, v, code);
	r->scale += r->scale / s;
}

/* The first good row in the bucket that none is beyond; `sign` 1 for the least. -1: none. */
static int o_extreme(const oracle_t *o, double sign)
{
	int best = -1;
	for (int i = 0; i < o->n; i++)
		if (o_in(o, i) && o->rows[i].c == 0 &&
		    (best < 0 || o->rows[i].v * sign < o->rows[best].v * sign))
			best = i;
	return best;
}

static int o_same(const oracle_t *o, double v)
{
	int n = 0;
	for (int i = 0; i < o->n; i++)
		n += o_in(o, i) && o->rows[i].c == 0 && o->rows[i].v == v;
	return n;
}

/* Whether a row that was passed over makes the extreme uncertain. */
static bool o_unsure(const oracle_t *o, double sign, double v)
{
	for (int i = 0; i < o->n; i++) {
		int c = o_in(o, i) ? o->rows[i].c : 0;
		if (c == 2 || (c == 1 && (o->treat || o->rows[i].v * sign < v * sign)))
			return true;
	}
	return false;
}

/* 5.4.3.10 to 13 */
static void o_extremes(const oracle_t *o, double sign, bool actual, o_result_t *r)
{
	int at = o_extreme(o, sign);
	if (at < 0)
		return;
	const o_row_t *row = &o->rows[at];
	bool unsure = o_unsure(o, sign, row->v);
	uint32_t kind = unsure || (!actual && row->t != o->s) ? O_CALC : O_RAW;
	o_set(r, row->v, (unsure ? O_SUB : 0) | kind | (o_same(o, row->v) > 1 ? O_MULTI : 0));
	if (actual)
		r->t = row->t;
}

/* 5.4.3.14 */
static void o_range(const oracle_t *o, o_result_t *r)
{
	int low = o_extreme(o, 1), high = o_extreme(o, -1);
	if (low < 0)
		return;
	bool unsure = o_unsure(o, 1, o->rows[low].v) || o_unsure(o, -1, o->rows[high].v);
	o_set(r, o->rows[high].v - o->rows[low].v, (unsure ? O_SUB : 0) | O_CALC);
}

typedef struct {
	double v;
	int64_t t;
	uint32_t kind, actual; /* where the value is from; the same with its own time */
} o_candidate_t;

/* What may be an extreme when the simple bounds count, in order of time. */
static int o_candidates(const oracle_t *o, o_candidate_t *list)
{
	o_bound_t start = o_simple(o, o->s, true);
	int n = 0;
	if (start.some && (start.code >> 30 == 0 || !o->treat)) {
		uint32_t kind = O_RAW | (uint32_t)start.place;
		list[n++] = (o_candidate_t){ start.v, o->s, kind, kind };
	}
	for (int i = 0; i < o->n; i++)
		if (o->rows[i].t > o->s && o->rows[i].t < o->e && o_ok(o, i))
			list[n++] = (o_candidate_t){ o->rows[i].v, o->rows[i].t, O_CALC, O_RAW };
	return n;
}

static bool o_end_candidate(const oracle_t *o, o_candidate_t *ret)
{
	o_bound_t end = o_simple(o, o->e, false);
	uint32_t kind = end.place ? O_INTER : O_CALC, actual = end.place ? O_INTER : O_RAW;
	*ret = (o_candidate_t){ end.v, o->e - 1, kind, actual };
	return end.some && (end.code >> 30 == 0 || !o->treat) && !o->stepped;
}

/* 5.4.3.15 to 18 */
static bool o_extreme2(const oracle_t *o, double sign, bool actual, o_result_t *r)
{
	o_candidate_t list[FAKE_ROWS_MAX + 2], best = { .v = INFINITY * sign }, end;
	int n = o_candidates(o, list), same = 0;
	for (int i = 0; i < n; i++)
		if (list[i].v * sign < best.v * sign)
			best = list[i];
	for (int i = 0; i < n; i++)
		same += list[i].v == best.v;
	if (o_end_candidate(o, &end) && end.v * sign < best.v * sign) {
		best = end;
		same = n = 1;
	}
	if (n == 0)
		return false;
	o_set(r, best.v,
	      o_time_code(o, o->stepped) | (actual ? best.actual : best.kind) |
	              (same > 1 ? O_MULTI : 0));
	if (actual)
		r->t = best.t;
	return true;
}

static void o_range2(const oracle_t *o, o_result_t *r)
{
	o_result_t low = { 0 }, high = { 0 };
	if (!o_extreme2(o, 1, false, &low) || !o_extreme2(o, -1, false, &high) || low.code >> 31)
		return;
	o_set(r, high.v - low.v, (low.code & 0xFFFF0000) | O_CALC);
}

static void o_times(const oracle_t *o, const char *name, o_result_t *r)
{
	double good = 0, bad = 0, zero = 0, other = 0;
	double head = (double)(o_used_start(o) - o->s);
	for (int i = 0; i < o->n; i++) {
		int64_t a, b;
		double ns = (double)o_region(o, i, &a, &b);
		good += o->rows[i].c == 0 ? ns : 0;
		bad += o->rows[i].c == 2 || (o->rows[i].c == 1 && o->treat) ? ns : 0;
		if (o_ok(o, i))
			*(o->rows[i].v == 0 ? &zero : &other) += ns;
	}
	double width = (double)(o_used_end(o) - o->s);
	if (strcmp(name, "DurationGood") == 0)
		o_set(r, good / 1e6, O_CALC);
	if (strcmp(name, "DurationBad") == 0)
		o_set(r, (bad + head) / 1e6, O_CALC);
	if (strcmp(name, "PercentGood") == 0)
		o_set(r, good / width * 100, O_CALC);
	if (strcmp(name, "PercentBad") == 0)
		o_set(r, (bad + head) / width * 100, O_CALC);
	if (strcmp(name, "DurationInStateZero") == 0)
		o_set(r, zero / 1e6, o_time_code(o, true) | O_CALC);
	if (strcmp(name, "DurationInStateNonZero") == 0)
		o_set(r, other / 1e6, o_time_code(o, true) | O_CALC);
}

/* Pairs of ok samples whose later one is in the bucket. */
static void o_pairs(const oracle_t *o, const char *name, o_result_t *r)
{
	double changes = 0, falls = 0, rise = 0;
	for (int i = 0; i < o->n; i++) {
		if (!o_in(o, i) || !o_ok(o, i))
			continue;
		int b = i - 1;
		while (b >= 0 && !o_ok(o, b))
			b--;
		changes += b < 0 || o->rows[b].v != o->rows[i].v;
		if (b < 0)
			continue;
		double d = o->rows[i].v - o->rows[b].v;
		falls += d < 0;
		rise += d >= 0 ? d
		               : o->rows[i].v + (o->rollover > 0 ? o->rollover - o->rows[b].v : 0);
		r->scale += fabs(d) + o->rollover;
	}
	double s = (double)(o_used_end(o) - o_used_start(o)) / 1e9;
	uint32_t code = o_value_code(o) | O_CALC;
	double v = strcmp(name, "NumberOfTransitions") == 0 ? changes
	           : strcmp(name, "Resets") == 0            ? falls
	           : strcmp(name, "Increase") == 0          ? rise
	                                                    : rise / s;
	o_set(r, v, code);
	r->scale += r->scale / s;
}

static void o_ends(const oracle_t *o, const char *name, o_result_t *r)
{
	int first = -1, last = -1, first_ok = -1, last_ok = -1;
	for (int i = 0; i < o->n; i++) {
		if (!o_in(o, i))
			continue;
		first = first < 0 ? i : first;
		last = i;
		if (o_ok(o, i)) {
			first_ok = first_ok < 0 ? i : first_ok;
			last_ok = i;
		}
	}
	if (strcmp(name, "Delta") == 0) {
		if (first_ok >= 0)
			o_set(r, o->rows[last_ok].v - o->rows[first_ok].v,
			      (first_ok != first || last_ok != last ? O_SUB : 0) | O_CALC);
		return;
	}
	int at = strcmp(name, "Start") == 0 ? first : last;
	if (at < 0)
		return;
	o_set(r, o->rows[at].c == 2 ? NAN : o->rows[at].v, o->rows[at].code | O_RAW);
	r->t = o->rows[at].t;
}

static void o_worst(const oracle_t *o, bool with_bound, o_result_t *r)
{
	oracle_t plain = *o;
	plain.treat = false;
	o_bound_t bound = o_simple(&plain, o->s, true);
	int worst = with_bound ? (int)(bound.code >> 30) : -1, same = with_bound;
	uint32_t code = bound.code;
	for (int i = 0; i < o->n; i++) {
		if (!o_in(o, i) || (with_bound && o->rows[i].t == o->s))
			continue;
		if (o->rows[i].c > worst) {
			worst = o->rows[i].c;
			code = o->rows[i].code;
			same = 0;
		}
		same += o->rows[i].c == worst;
	}
	if (worst >= 0)
		o_set(r, code, O_CALC | (same > 1 ? O_MULTI : 0));
}

/* 5.4.3.20 */
static void o_annotations(const oracle_t *o, const char *name, o_result_t *r)
{
	int n = 0;
	(void)name;
	for (int i = 0; i < o->note_count; i++)
		n += o->notes[i] >= o->s && o->notes[i] < o->e;
	o_set(r, n, O_CALC);
}

static bool o_is(const char *name, const char *words)
{
	const char *at = strstr(words, name);
	return at && (at == words || at[-1] == ' ') && (at[strlen(name)] | ' ') == ' ';
}

typedef void o_family_t(const oracle_t *o, const char *name, o_result_t *r);

static void o_extreme_family(const oracle_t *o, const char *name, o_result_t *r)
{
	bool is_high = name[1] == 'a', is_actual = name[7] == 'A';
	if (name[strlen(name) - 1] == '2')
		(void)o_extreme2(o, is_high ? -1 : 1, is_actual, r);
	else
		o_extremes(o, is_high ? -1 : 1, is_actual, r);
}

static void o_range_family(const oracle_t *o, const char *name, o_result_t *r)
{
	if (name[5] == '2')
		o_range2(o, r);
	else
		o_range(o, r);
}

static void o_bound_family(const oracle_t *o, const char *name, o_result_t *r)
{
	if (name[0] == 'I')
		o_interpolative(o, r);
	else if (name[0] == 'S')
		o_start_bound(o, r);
	else if (name[0] == 'E')
		o_end_bound(o, r);
	else
		o_delta_bounds(o, r);
}

static void o_worst_family(const oracle_t *o, const char *name, o_result_t *r)
{
	o_worst(o, name[12] != 0, r);
}

static const struct {
	const char *names;
	o_family_t *make;
} o_families[] = {
	{ "Average Sum Count VarianceSample VariancePopulation StandardDeviationSample "
	  "StandardDeviationPopulation",
	  o_statistic },
	{ "TimeAverage Total TimeAverage2 Total2 Integral TimeDeviation", o_areas },
	{ "Minimum MinimumActualTime Maximum MaximumActualTime Minimum2 MinimumActualTime2 "
	  "Maximum2 MaximumActualTime2",
	  o_extreme_family },
	{ "Range Range2", o_range_family },
	{ "Interpolative StartBound EndBound DeltaBounds", o_bound_family },
	{ "Start End Delta", o_ends },
	{ "NumberOfTransitions Resets Increase Rate", o_pairs },
	{ "WorstQuality WorstQuality2", o_worst_family },
	{ "AnnotationCount", o_annotations },
	{ "DurationGood DurationBad PercentGood PercentBad DurationInStateZero "
	  "DurationInStateNonZero",
	  o_times },
};

static void o_of(const oracle_t *o, const char *name, o_result_t *r)
{
	for (size_t i = 0; i < sizeof(o_families) / sizeof(*o_families); i++)
		if (o_is(name, o_families[i].names))
			o_families[i].make(o, name, r);
}

static o_result_t o_make(const oracle_t *o, const char *name)
{
	o_result_t r = { o->s, NAN, (uint32_t)O_NONE, 0 };
	bool is_beyond = o_is(name, "Interpolative TimeAverage Total");
	bool has_data = o->n && o->e > o->rows[0].t && o->s <= o->rows[o->n - 1].t;
	if (has_data || (is_beyond && o->n))
		o_of(o, name, &r);
	bool part = o->cut || (has_data && (o->rows[0].t > o->s || o->rows[o->n - 1].t < o->e));
	if (part && r.code != (uint32_t)O_NONE && !o_is(name, "Interpolative Average"))
		r.code |= O_PART;
	return r;
}
#endif
