/* SPDX-License-Identifier: Apache-2.0 */
/* What functions make of a window. Formulas and limits are those of Prometheus 2.42. */
#include <math.h>
#include <stdlib.h>

#include "query/promql/window.h"

/* A rise is carried on to the ends of the window when the next sample may have been just
 * outside: up to 1.1 mean distances away. Else half of one is added. A counter is not
 * carried below zero. */
static double extrapolate(const fold_t *f, const frame_t *frame, double rise, bool is_counter)
{
	if (f->count < 2)
		return absent();
	double to_start = (double)(f->first.ms - frame->from_ms) / 1000;
	double to_end = (double)(frame->to_ms - f->last.ms) / 1000;
	double sampled = (double)(f->last.ms - f->first.ms) / 1000;
	double mean = sampled / (double)(f->count - 1);
	if (is_counter && rise > 0 && f->first.value >= 0) {
		double to_zero = sampled * (f->first.value / rise);
		to_start = to_zero < to_start ? to_zero : to_start;
	}
	double reach = sampled;
	reach += to_start < mean * 1.1 ? to_start : mean / 2;
	reach += to_end < mean * 1.1 ? to_end : mean / 2;
	return rise * (reach / sampled);
}

static double risen(const fold_t *f)
{
	return f->last.value - f->first.value + f->lost;
}

double kernel_increase(const fold_t *f, const frame_t *frame)
{
	return extrapolate(f, frame, risen(f), true);
}

double kernel_rate(const fold_t *f, const frame_t *frame)
{
	double rise = kernel_increase(f, frame);
	return is_absent(rise) ? rise : rise / ((double)(frame->to_ms - frame->from_ms) / 1000);
}

double kernel_delta(const fold_t *f, const frame_t *frame)
{
	return extrapolate(f, frame, f->last.value - f->first.value, false);
}

double kernel_irate(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	if (!f->has_before || f->last.ms == f->before.ms)
		return absent();
	double from = f->last.value < f->before.value ? 0 : f->before.value;
	return (f->last.value - from) / ((double)(f->last.ms - f->before.ms) / 1000);
}

double kernel_idelta(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return f->has_before && f->last.ms != f->before.ms ? f->last.value - f->before.value
	                                                   : absent();
}

double kernel_changes(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return (double)f->changes;
}

double kernel_resets(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return (double)f->resets;
}

double kernel_count(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return (double)f->count;
}

double kernel_sum(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return isinf(f->sum) ? f->sum : f->sum + f->rest;
}

double kernel_avg(const fold_t *f, const frame_t *frame)
{
	return kernel_sum(f, frame) / (double)f->count;
}

double kernel_min(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return f->min;
}

double kernel_max(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return f->max;
}

double kernel_last(const fold_t *f, const frame_t *frame)
{
	(void)frame;
	return f->last.value;
}

double kernel_present(const fold_t *f, const frame_t *frame)
{
	(void)f;
	(void)frame;
	return 1;
}

typedef struct {
	double sum, rest;
} kahan_t;

static void kahan_add(kahan_t *k, double value)
{
	double sum = k->sum + value;
	k->rest += fabs(k->sum) >= fabs(value) ? (k->sum - sum) + value : (value - sum) + k->sum;
	k->sum = sum;
}

static bool is_level(const point_t *points, size_t count)
{
	size_t i = 1;
	while (i < count && points[i].value == points[0].value)
		i++;
	return i == count;
}

typedef struct {
	double slope, at_origin;
} line_t;

/* Least squares, with times in seconds from the origin. */
static line_t fit(const point_t *points, size_t count, int64_t origin_ms)
{
	kahan_t x = { 0, 0 }, y = { 0, 0 }, xy = { 0, 0 }, xx = { 0, 0 };
	double n = (double)count;
	if (is_level(points, count)) {
		bool is_bad = isinf(points[0].value);
		return (line_t){ is_bad ? (double)NAN : 0, is_bad ? (double)NAN : points[0].value };
	}
	for (size_t i = 0; i < count; i++) {
		double at = (double)(points[i].ms - origin_ms) / 1e3;
		kahan_add(&x, at);
		kahan_add(&y, points[i].value);
		kahan_add(&xy, at * points[i].value);
		kahan_add(&xx, at * at);
	}
	double sum_x = x.sum + x.rest, sum_y = y.sum + y.rest;
	double covariance = xy.sum + xy.rest - sum_x * sum_y / n;
	double variance = xx.sum + xx.rest - sum_x * sum_x / n;
	double slope = covariance / variance;
	return (line_t){ slope, sum_y / n - slope * sum_x / n };
}

double kernel_deriv(const point_t *points, size_t count, const frame_t *frame)
{
	(void)frame;
	return count < 2 ? absent() : fit(points, count, points[0].ms).slope;
}

double kernel_predict_linear(const point_t *points, size_t count, const frame_t *frame)
{
	if (count < 2)
		return absent();
	line_t line = fit(points, count, frame->at_ms);
	return line.slope * frame->param + line.at_origin;
}

double kernel_stdvar(const point_t *points, size_t count, const frame_t *frame)
{
	kahan_t mean = { 0, 0 }, squares = { 0, 0 };
	(void)frame;
	for (size_t i = 0; i < count; i++) {
		double off = points[i].value - (mean.sum + mean.rest);
		kahan_add(&mean, off / (double)(i + 1));
		kahan_add(&squares, off * (points[i].value - (mean.sum + mean.rest)));
	}
	return (squares.sum + squares.rest) / (double)count;
}

double kernel_stddev(const point_t *points, size_t count, const frame_t *frame)
{
	return sqrt(kernel_stdvar(points, count, frame));
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;
	bool is_x_nan = isnan(*x), is_y_nan = isnan(*y);
	if (is_x_nan || is_y_nan)
		return is_y_nan - is_x_nan;
	return (*x > *y) - (*x < *y);
}

double quantile_of(double q, double *values, size_t count)
{
	if (count == 0 || isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -(double)INFINITY : (double)INFINITY;
	qsort(values, count, sizeof(*values), by_value);
	double rank = q * (double)(count - 1);
	size_t below = (size_t)floor(rank);
	size_t above = below + 1 < count ? below + 1 : count - 1;
	double weight = rank - floor(rank);
	return values[below] * (1 - weight) + values[above] * weight;
}

double kernel_quantile(const point_t *points, size_t count, const frame_t *frame)
{
	for (size_t i = 0; i < count; i++)
		frame->scratch[i] = points[i].value;
	return quantile_of(frame->param, frame->scratch, count);
}
