/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing a shape for whole numbers and writing it.
 *
 * Each shape is priced from a sample: its numbers lie around a centre, most within some
 * distance; the width that makes packed numbers and outliers together smallest is the
 * price. Only the cheapest is then planned with all its numbers, so that a block costs a
 * few passes and not a few for each shape. A wrong guess costs bits, never exactness. */
#include "codec/column/coded.h"
#include "codec/column/stream.h"

enum {
	SAMPLES = 128,
	APART = 5,      /* by how much the place of a sample in its part of the block moves on */
	CENTRE_OF = 31, /* samples of which the centre is the median */
	PLACE_BITS = 10,
	OUTLIER_BITS = PLACE_BITS + 1, /* beside those by which it is too long */
	LIST_BITS = 24,                /* count and width of outliers */
	STEP_HEAD_BITS = 40,
	STEPS_WORTH = 64, /* bits more than another shape: steps are read much faster */
	LIMITS = 4,       /* that coded numbers are tried with */
	WORTH = 32,       /* one part of so many must be saved by coding */
};

/* Bits of the head of each packed shape, about. */
static const size_t head_bits[SHAPE_PACKED] = {
	[SHAPE_FLAT] = 40, [SHAPE_RAMP] = 64, [SHAPE_DELTA] = 64, [SHAPE_DELTA2] = 88
};
/* Numbers at the beginning that a shape says otherwise. */
static const size_t said_before[SHAPE_PACKED] = { [SHAPE_DELTA] = 1, [SHAPE_DELTA2] = 2 };

/* The numbers of each shape, without their base. */
typedef struct {
	const column_kernel_t *kernel;
	size_t n;
	uint64_t slope;
	uint64_t tilted[COLUMN_ROWS], delta[COLUMN_ROWS], delta2[COLUMN_ROWS];
	const uint64_t *rest[SHAPE_PACKED];
} survey_t;

/* One shape: its numbers, where the middle of them is, and all of them. */
typedef struct {
	shape_t shape;
	const uint64_t *rest; /* from the first that counts */
	size_t n;
	uint64_t centre;
	int64_t min, max;
	size_t bits; /* what it would cost */
} look_t;

typedef struct {
	frame_t frame;
	unsigned limit; /* bits from the centre, beyond which numbers are outside */
	size_t outliers;
	unsigned excess_width;
	uint64_t small[COLUMN_ROWS], place[COLUMN_ROWS], excess[COLUMN_ROWS];
} plan_t;

static void survey(survey_t *s, const column_kernel_t *kernel, const uint64_t *x, size_t n)
{
	s->kernel = kernel;
	s->n = n;
	int64_t span = (int64_t)(x[n - 1] - x[0]), gaps = n > 1 ? (int64_t)n - 1 : 1;
	int64_t half = span < 0 ? -gaps / 2 : gaps / 2;
	s->slope = (uint64_t)(span / gaps + (span % gaps + half) / gaps);
	kernel->tilt(x, n, s->slope, s->tilted);
	kernel->differ(x, 1, n, s->delta);
	kernel->differ(s->delta, 2, n, s->delta2);
	s->rest[SHAPE_FLAT] = x;
	s->rest[SHAPE_RAMP] = s->tilted;
	s->rest[SHAPE_DELTA] = s->delta;
	s->rest[SHAPE_DELTA2] = s->delta2;
}

/* Numbers from all over the block, not at even distances: what repeats shall not hide. */
static size_t sample(const look_t *look, uint64_t ret[SAMPLES])
{
	size_t count = look->n < SAMPLES ? look->n : SAMPLES, each = look->n / (count ? count : 1);
	size_t step = each ? APART % each : 0, beside = 0;
	for (size_t i = 0; i < count; i++) {
		ret[i] = look->rest[i * each + beside];
		beside += step;
		beside -= beside < each ? 0 : each;
	}
	return count;
}

static uint64_t median(const uint64_t *x, size_t count)
{
	int64_t sorted[CENTRE_OF];
	size_t n = count < CENTRE_OF ? count : CENTRE_OF, each = n ? count / n : 0;
	for (size_t i = 0; i < n; i++) {
		int64_t v = (int64_t)x[i * each];
		size_t at = i;
		for (; at > 0 && sorted[at - 1] > v; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = v;
	}
	return n ? (uint64_t)sorted[n / 2] : 0;
}

/* The cheapest limit for numbers of which `spread` counts `of`; *ret_bits for all n. */
static unsigned cheapest_limit(const spread_t *spread, size_t of, size_t n, size_t *ret_bits)
{
	unsigned longest = WORD_BITS, best = 0;
	while (longest > 0 && spread->count[longest] == 0)
		longest--;
	size_t outside = 0, best_bits = SIZE_MAX;
	for (unsigned limit = longest;; limit--) {
		size_t apart = outside * (OUTLIER_BITS + longest - limit) * n / of;
		size_t bits = n * limit + apart + (outside ? LIST_BITS : 0);
		if (bits < best_bits) {
			best_bits = bits;
			best = limit;
		}
		outside += spread->count[limit];
		if (limit == 0)
			break;
	}
	*ret_bits = best_bits;
	return best;
}

static look_t look_at(const survey_t *s, shape_t shape)
{
	size_t from = said_before[shape] < s->n ? said_before[shape] : s->n;
	look_t look = { .shape = shape, .rest = &s->rest[shape][from], .n = s->n - from };
	uint64_t some[SAMPLES];
	size_t count = sample(&look, some);
	if (count == 0) {
		look.bits = head_bits[shape];
		return look;
	}
	spread_t spread;
	look.centre = median(some, count);
	s->kernel->spread(some, count, look.centre, &spread);
	(void)cheapest_limit(&spread, count, s->n, &look.bits);
	s->kernel->extent(look.rest, look.n, &look.min, &look.max);
	size_t all_bits = s->n * width_of((uint64_t)look.max - (uint64_t)look.min);
	look.bits = head_bits[shape] + (all_bits < look.bits ? all_bits : look.bits);
	return look;
}

/* Small numbers and outliers for a base and a width. */
static void cut(plan_t *p, const look_t *look, size_t n)
{
	size_t from = n - look->n;
	uint64_t base = p->frame.base, beyond = 0;
	unsigned width = p->frame.width;
	size_t count = 0;
	for (size_t i = 0; i < from; i++)
		p->small[i] = 0;
	for (size_t i = from; i < n; i++) {
		uint64_t x = look->rest[i - from] - base;
		p->small[i] = x;
		p->place[count] = i;
		count += width < WORD_BITS && x >> width != 0;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t x = p->small[p->place[i]], top = UINT64_C(1) << width;
		bool is_below = (int64_t)x < 0;
		p->excess[i] = (is_below ? ~x : x - top) << 1 | is_below;
		beyond |= p->excess[i];
	}
	p->outliers = count;
	p->excess_width = width_of(beyond);
}

static size_t plan_bits(const plan_t *p, size_t n)
{
	size_t apart = p->outliers * (PLACE_BITS + p->excess_width);
	return n * p->frame.width + apart + (p->outliers ? LIST_BITS : 0);
}

/* Numbers within so many bits of the centre are small, the others lie outside. */
static void cut_at(plan_t *p, const survey_t *s, const look_t *look, unsigned limit)
{
	int64_t extent[2];
	s->kernel->inside(look->rest, look->n, (const uint64_t[2]){ look->centre, limit }, extent);
	p->frame.base = (uint64_t)extent[0];
	p->frame.width = width_of((uint64_t)extent[1] - (uint64_t)extent[0]);
	cut(p, look, s->n);
}

static void plan(plan_t *p, const survey_t *s, const look_t *look)
{
	unsigned width = look->n ? width_of((uint64_t)look->max - (uint64_t)look->min) : 0;
	frame_t whole = { .width = width, .base = look->n ? (uint64_t)look->min : 0 };
	spread_t spread;
	size_t bits = SIZE_MAX;
	s->kernel->spread(look->rest, look->n, look->centre, &spread);
	p->limit = look->n ? cheapest_limit(&spread, look->n, s->n, &bits) : 0;
	if (bits < s->n * width) {
		cut_at(p, s, look, p->limit);
		if (plan_bits(p, s->n) < s->n * width)
			return;
	}
	p->frame = whole;
	cut(p, look, s->n);
}

/* What is outside takes the place of what is in the middle, which costs the least. */
static size_t coded_bits(plan_t *p, const survey_t *s, const look_t *look, coded_t *ret_coded)
{
	for (size_t i = 0; i < p->outliers; i++)
		p->small[p->place[i]] = look->centre - p->frame.base;
	coded_plan(p->small, s->n, p->frame.width, ret_coded);
	return ret_coded->bits + plan_bits(p, s->n) - s->n * p->frame.width;
}

/* Coded, rare numbers cost little more than being rare: limits may be wider. False when not
 * enough is saved, and then the plan is as it was. */
static bool plan_coded(plan_t *p, const survey_t *s, const look_t *look, coded_t *ret_coded)
{
	size_t plain = plan_bits(p, s->n), least = plain;
	unsigned best = 0;
	if (p->frame.width == 0)
		return false;
	for (unsigned limit = p->limit; limit < p->limit + LIMITS && limit < WORD_BITS; limit++) {
		cut_at(p, s, look, limit);
		size_t bits = p->frame.width ? coded_bits(p, s, look, ret_coded) : SIZE_MAX;
		best = bits < least ? limit : best;
		least = bits < least ? bits : least;
		if (p->outliers == 0)
			break;
	}
	bool is_worth = (plain - least) * WORTH >= plain + head_bits[look->shape];
	if (!is_worth) {
		plan(p, s, look);
		return false;
	}
	cut_at(p, s, look, best);
	(void)coded_bits(p, s, look, ret_coded);
	return true;
}

/* The numbers of `coded`, or packed ones when that is NULL. */
static void put_plan(writer_t *w, const survey_t *s, const look_t *look, const plan_t *p,
                     const coded_t *coded)
{
	const uint64_t *x = s->rest[SHAPE_FLAT];
	shape_t shape = look->shape;
	wr_u8(w, (uint8_t)(shape | (p->outliers ? WHOLE_PATCHED : 0) | (coded ? WHOLE_CODED : 0)));
	wr_u8(w, (uint8_t)p->frame.width);
	wr_zigzag(w, (int64_t)p->frame.base);
	if (shape == SHAPE_DELTA || shape == SHAPE_DELTA2)
		wr_zigzag(w, (int64_t)x[0]);
	if (shape == SHAPE_RAMP)
		wr_zigzag(w, (int64_t)s->slope);
	if (shape == SHAPE_DELTA2)
		wr_zigzag(w, (int64_t)s->delta[1]);
	if (coded)
		coded_put(s->kernel, p->small, s->n, coded, w);
	else
		small_put(s->kernel, p->small, s->n, p->frame.width, w);
	if (!p->outliers)
		return;
	rows_at_put(w, p->place, p->outliers);
	wr_u8(w, (uint8_t)p->excess_width);
	stream_put(w, p->excess, p->outliers, p->excess_width);
}

static void put_steps(writer_t *w, const survey_t *s, const look_t *flat)
{
	const uint64_t *x = s->rest[SHAPE_FLAT];
	uint64_t place[COLUMN_ROWS], value[COLUMN_ROWS];
	unsigned width = width_of((uint64_t)flat->max - (uint64_t)flat->min);
	size_t count = 0;
	for (size_t i = 0; i < s->n; i++) {
		place[count] = i;
		value[count] = x[i] - (uint64_t)flat->min;
		count += i + 1 == s->n || x[i] != x[i + 1];
	}
	wr_u8(w, SHAPE_STEPS);
	wr_u8(w, (uint8_t)width);
	wr_zigzag(w, flat->min);
	rows_at_put(w, place, count);
	stream_put(w, value, count, width);
}

/* Nothing to choose: most qualities and many values. */
static void put_constant(writer_t *w, uint64_t x)
{
	wr_u8(w, SHAPE_FLAT);
	wr_u8(w, 0);
	wr_zigzag(w, (int64_t)x);
}

void whole_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, writer_t *w)
{
	survey_t s;
	size_t steps = kernel->steps(x, n);
	if (steps == 1) {
		put_constant(w, x[0]);
		return;
	}
	survey(&s, kernel, x, n);
	look_t flat = look_at(&s, SHAPE_FLAT), best = flat;
	unsigned width = width_of((uint64_t)flat.max - (uint64_t)flat.min);
	size_t step_bits = STEP_HEAD_BITS + steps * (PLACE_BITS + width);
	for (shape_t shape = SHAPE_RAMP; shape < SHAPE_PACKED; shape++) {
		look_t look = look_at(&s, shape);
		best = look.bits < best.bits ? look : best;
	}
	if (step_bits < best.bits + STEPS_WORTH) {
		put_steps(w, &s, &flat);
		return;
	}
	plan_t p;
	coded_t coded;
	plan(&p, &s, &best);
	if (plan_bits(&p, n) < n * WORD_BITS) {
		bool is_coded = kernel->is_coding && plan_coded(&p, &s, &best, &coded);
		put_plan(w, &s, &best, &p, is_coded ? &coded : NULL);
		return;
	}
	wr_u8(w, SHAPE_RAW);
	stream_put(w, x, n, WORD_BITS);
}
