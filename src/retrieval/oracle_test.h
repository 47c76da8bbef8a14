/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_ORACLE_TEST_H
#define RETRIEVAL_ORACLE_TEST_H
/* The aggregates of OPC 10000-13 once more, from their definitions: every bucket looks at
 * all samples of the point, keeps nothing from one bucket to the next and knows of no
 * summaries. Slow on purpose; it shares no code with what it checks but the numbers of
 * the status codes. */
#include <math.h>
#include <string.h>

#include "retrieval/aggregate.h"

typedef struct {
	int64_t t;
	double v;
	int c; /* 0 good, 1 uncertain, 2 bad */
	uint32_t code;
} o_row_t;

typedef struct {
	const o_row_t *rows;
	int n;
	bool treat, stepped, sloped_beyond;
	double pct_bad, pct_good, rollover;
	const int64_t *notes;
	int note_count;
	int64_t s, e; /* the bucket */
	bool cut;
} oracle_t;

typedef struct {
	int64_t t;
	double v;
	uint32_t code;
	double scale; /* what rounding errors are measured by */
} o_result_t;

typedef struct {
	bool some;
	double v;
	uint32_t code; /* class and code */
	int place;     /* 0 raw, 2 interpolated */
} o_bound_t;

enum { O_SUB = 0x40A40000, O_BAD = (int)0x80000000, O_NONE = (int)0x809B0000 };

static bool o_ok(const oracle_t *o, int i)
{
	return o->rows[i].c == 0 || (o->rows[i].c == 1 && !o->treat);
}

static double o_line(const o_row_t *a, const o_row_t *b, int64_t t)
{
	return (double)(t - a->t) * (b->v - a->v) / (double)(b->t - a->t) + a->v;
}

/* The last sample before t, the first at or after it; -1: none. Ok ones only if so. */
static int o_before(const oracle_t *o, int64_t t, bool ok)
{
	for (int i = o->n - 1; i >= 0; i--)
		if (o->rows[i].t < t && (!ok || o_ok(o, i)))
			return i;
	return -1;
}

static int o_from(const oracle_t *o, int64_t t, bool ok)
{
	for (int i = 0; i < o->n; i++)
		if (o->rows[i].t >= t && (!ok || o_ok(o, i)))
			return i;
	return -1;
}

/* The sample at t: the last of several for a start, the first for an end. */
static int o_at(const oracle_t *o, int64_t t, bool is_start, bool ok)
{
	int found = -1;
	for (int i = 0; i < o->n; i++)
		if (o->rows[i].t == t && (!ok || o_ok(o, i)) && (found < 0 || is_start))
			found = i;
	return found;
}

static o_bound_t o_none(void)
{
	return (o_bound_t){ false, 0, (uint32_t)O_NONE, 0 };
}

static o_bound_t o_raw(const oracle_t *o, int i)
{
	return o_ok(o, i) ? (o_bound_t){ true, o->rows[i].v, o->rows[i].code, 0 } : o_none();
}

/* 3.1.9 */
static o_bound_t o_simple(const oracle_t *o, int64_t t, bool is_start)
{
	int at = o_at(o, t, is_start, false), b = o_before(o, t, false), a = o_from(o, t, false);
	if (at >= 0)
		return o_raw(o, at);
	if (b < 0 || a < 0 || !o_ok(o, b))
		return o_none();
	bool unsure = o->rows[b].c == 1 || (!o->stepped && o->rows[a].c != 0);
	double v = !o->stepped && o_ok(o, a) ? o_line(&o->rows[b], &o->rows[a], t) : o->rows[b].v;
	return (o_bound_t){ true, v, unsure ? O_SUB : 0, 2 };
}

static bool o_skips(const oracle_t *o, int64_t from, int64_t to)
{
	for (int i = 0; i < o->n; i++)
		if (o->rows[i].t >= from && o->rows[i].t <= to && !o_ok(o, i))
			return true;
	return false;
}

/* Whether samples that are not ok stand between two rows, by place. */
static bool o_between(const oracle_t *o, int b, int a)
{
	for (int i = b + 1; i < a; i++)
		if (!o_ok(o, i))
			return true;
	return false;
}

static o_bound_t o_guess(double v, bool unsure)
{
	return (o_bound_t){ true, v, unsure ? O_SUB : 0, 2 };
}

static o_bound_t o_beyond(const oracle_t *o, int b, int64_t t)
{
	int second = b - 1;
	while (second >= 0 && !o_ok(o, second))
		second--;
	if (o->sloped_beyond && second >= 0 && o->rows[second].t < o->rows[b].t)
		return o_guess(o_line(&o->rows[second], &o->rows[b], t), true);
	return o_guess(o->rows[b].v, true);
}

/* 3.1.8 */
static o_bound_t o_interpolated(const oracle_t *o, int64_t t, bool is_start, bool stepped)
{
	int at = o_at(o, t, is_start, true), b = o_before(o, t, true), a = o_from(o, t, true);
	if (at >= 0)
		return o_raw(o, at);
	if (b < 0)
		return o_none();
	if (stepped) {
		int behind = o_from(o, t + 1, false);
		bool ends = o_from(o, t, false) < 0;
		return o_guess(o->rows[b].v, o_between(o, b, behind < 0 ? o->n : behind) ||
		                                     o->rows[b].c == 1 || ends);
	}
	if (a < 0)
		return o_beyond(o, b, t);
	return o_guess(o_line(&o->rows[b], &o->rows[a], t),
	               o_between(o, b, a) || o->rows[b].c == 1 || o->rows[a].c == 1);
}

static int64_t o_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}
static int64_t o_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The part of the bucket that the point has data of. */
static int64_t o_used_start(const oracle_t *o)
{
	return o_max(o->s, o->rows[0].t);
}
static int64_t o_used_end(const oracle_t *o)
{
	return o_min(o->e, o_max(o->rows[o->n - 1].t, o_used_start(o) + 1));
}

/* The region that row i begins, cut to the bucket. */
static int64_t o_region(const oracle_t *o, int i, int64_t *ret_from, int64_t *ret_to)
{
	int64_t to = i + 1 < o->n ? o->rows[i + 1].t : o_used_end(o);
	*ret_from = o_max(o->rows[i].t, o->s);
	*ret_to = o_min(to, o_used_end(o));
	return o_max(0, *ret_to - *ret_from);
}

static uint32_t o_share(const oracle_t *o, double good, double bad)
{
	double all = good + bad;
	if (bad == 0)
		return 0;
	if (o->pct_good == 100 - o->pct_bad && good / all * 100 >= o->pct_good)
		return 0;
	if (bad / all * 100 >= o->pct_bad)
		return (uint32_t)O_BAD;
	return good / all * 100 >= o->pct_good ? 0 : O_SUB;
}

/* 5.4.3.2: the class of a region: 0 good, 1 uncertain, 2 bad. */
static int o_class(const oracle_t *o, int i, bool stepped)
{
	if (o->rows[i].c)
		return o->rows[i].c;
	return !stepped && i + 1 < o->n && o->rows[i + 1].c ? 1 : 0;
}

static uint32_t o_time_code(const oracle_t *o, bool stepped)
{
	double good = 0, bad = 0;
	for (int i = 0; i < o->n; i++) {
		int64_t a, b;
		double ns = (double)o_region(o, i, &a, &b);
		int c = o_class(o, i, stepped);
		*(c == 2 || (c == 1 && o->treat) ? &bad : &good) += ns;
	}
	return o_share(o, good, bad);
}

static bool o_in(const oracle_t *o, int i)
{
	return o->rows[i].t >= o->s && o->rows[i].t < o->e;
}

static uint32_t o_value_code(const oracle_t *o)
{
	double good = 0, bad = 0;
	for (int i = 0; i < o->n; i++)
		if (o_in(o, i))
			*(o_ok(o, i) ? &good : &bad) += 1;
	return o_share(o, good, bad);
}

/* Under the simple curve, of regions that begin with an ok sample; and how long. */
static double o_area(const oracle_t *o, const double *mean, double *ret_s, double *ret_scale)
{
	double sum = 0;
	*ret_s = *ret_scale = 0;
	for (int i = 0; i < o->n; i++) {
		int64_t a, b;
		double ns = (double)o_region(o, i, &a, &b);
		if (ns == 0 || !o_ok(o, i))
			continue;
		bool is_line = !o->stepped && i + 1 < o->n && o_ok(o, i + 1);
		double va = is_line ? o_line(&o->rows[i], &o->rows[i + 1], a) : o->rows[i].v;
		double vb = is_line ? o_line(&o->rows[i], &o->rows[i + 1], b) : o->rows[i].v;
		double height = (va + vb) / 2;
		if (mean) { /* of the squared distance from it */
			double da = va - *mean, db = vb - *mean;
			height = (da * da + da * db + db * db) / 3;
		}
		sum += height * ns / 1e9;
		*ret_scale += (fabs(va) + fabs(vb)) * ns / 1e9;
		*ret_s += ns / 1e9;
	}
	return sum;
}

/* 5.4.3.6: the line from bound to bound through the ok samples. */
static bool o_line_area(const oracle_t *o, double *ret_area, double *ret_s, double *ret_scale)
{
	o_bound_t start = o_interpolated(o, o->s, true, false);
	o_bound_t end = o_interpolated(o, o->e, false, false);
	o_row_t at = { o->s, start.v, 0, 0 };
	bool has = start.some;
	int64_t first = o->s;
	*ret_area = *ret_scale = 0;
	for (int i = 0; i <= o->n; i++) {
		o_row_t next = { o->e, end.v, 0, 0 };
		if (i < o->n) {
			next = o->rows[i];
			if (!o_in(o, i) || !o_ok(o, i))
				continue;
		}
		double s = (double)(next.t - at.t) / 1e9;
		if (has) {
			*ret_area += (at.v + next.v) / 2 * s;
			*ret_scale += (fabs(at.v) + fabs(next.v)) * s;
		} else if (i < o->n) {
			first = next.t;
			has = true;
		}
		at = next;
	}
	*ret_s = (double)(o->e - first) / 1e9;
	return has;
}

static uint32_t o_line_code(const oracle_t *o)
{
	o_bound_t start = o_interpolated(o, o->s, true, false);
	o_bound_t end = o_interpolated(o, o->e, false, false);
	bool unsure = start.code >> 30 == 1 || end.code >> 30 == 1 || o_skips(o, o->s, o->e - 1);
	for (int i = 0; i < o->n; i++)
		unsure |= o_in(o, i) && o->rows[i].c == 1;
	return unsure ? O_SUB : 0;
}
#endif
