/* SPDX-License-Identifier: Apache-2.0 */
/* Which style makes a block smallest. What the digits of a sample say narrows the choice;
 * the block itself, written in each style that is left, makes it. This is slow, some tens
 * of microseconds, and therefore rare: series keep their style. */
#include "codec/column/real.h"

#include <math.h>

enum {
	SAMPLES = 64,
	SPLIT_FROM_BITS = 40, /* a value; below it no noise is so small */
	ULPS = 2,             /* by which a scale that was found may be off */
	NARROW_ZEROS = 29,    /* trailing bits of a double that is a float */
};

typedef struct {
	const block_t *block;
	style_t best;
	size_t best_len;
	block_t sample;
	uint64_t sample_bits[SAMPLES];
	uint8_t scratch[COLUMN_BYTES_MAX - COLUMN_HEAD_MAX];
} choice_t;

static void consider(choice_t *c, style_t style)
{
	writer_t w = writer_of(c->scratch, sizeof(c->scratch));
	size_t lost;
	if (!style_put(c->block, &style, &w, &lost) || w.bad || w.len >= c->best_len)
		return;
	c->best = style;
	c->best_len = w.len;
}

/* How many doubles of a block a style gives no digit. */
static size_t lost_by(const block_t *b, const style_t *style)
{
	uint64_t digits[COLUMN_ROWS];
	uint8_t is_lost[COLUMN_ROWS];
	recipe_t recipe = recipe_of(style);
	return b->kernel->digits[style->form][style->is_narrow](b->bits, b->n, &recipe, digits,
	                                                        is_lost);
}

/* The fewest decimals with which all but a few of the sample are whole numbers. */
static style_t decimals(const choice_t *c, form_t form, bool is_narrow)
{
	style_t best = { .form = form, .is_narrow = is_narrow };
	size_t fewest = SIZE_MAX;
	for (unsigned places = 0; places <= DECIMALS_MAX; places++) {
		style_t style = { .form = form, .is_narrow = is_narrow, .first = (uint8_t)places };
		size_t lost = lost_by(&c->sample, &style);
		if (lost < fewest) {
			fewest = lost;
			best = style;
		}
		if (lost <= c->sample.n / SAMPLES)
			break;
	}
	return best;
}

/* The same decimals by multiplication, up to a higher power and down again, which loses
 * fewer doubles with some powers than with others. */
static void consider_products(choice_t *c, uint8_t places)
{
	style_t best = { .form = FORM_MUL };
	size_t fewest = SIZE_MAX;
	for (unsigned up = places; up <= DECIMALS_MAX && fewest > 0; up++) {
		style_t style = { .form = FORM_MUL,
			          .first = (uint8_t)up,
			          .second = (uint8_t)(up - places) };
		size_t lost = lost_by(c->block, &style);
		if (lost < fewest) {
			fewest = lost;
			best = style;
		}
	}
	consider(c, best);
}

static void consider_decimals(choice_t *c, bool is_narrow)
{
	style_t quotient = decimals(c, FORM_DIV, is_narrow);
	if (is_narrow) {
		consider(c, quotient);
		return;
	}
	style_t product = decimals(c, FORM_MUL, false);
	consider_products(c, product.first);
	if (quotient.first != product.first)
		consider_products(c, quotient.first);
	consider(c, quotient);
}

static double real_at(const block_t *b, size_t i)
{
	double x;
	memcpy(&x, &b->bits[i], sizeof(x));
	return x;
}

/* Whole multiples of something: the smallest difference is a multiple too, probably by
 * one, and the largest double tells it more sharply. */
static double guess_scale(const block_t *b)
{
	double least = INFINITY, most = 0;
	for (size_t i = 1; i < b->n; i++) {
		double x = real_at(b, i), step = fabs(x - real_at(b, i - 1));
		least = step > 0 && step < least ? step : least;
		most = fabs(x) > most ? fabs(x) : most;
	}
	double times = rint(most / least);
	return isfinite(most) && times >= 1 ? most / times : 0;
}

static void consider_multiples(choice_t *c, bool is_narrow)
{
	double scale = guess_scale(c->block);
	style_t best = { .form = FORM_LINEAR, .is_narrow = is_narrow };
	size_t fewest = SIZE_MAX;
	for (int ulp = 0; ulp < ULPS; ulp++)
		scale = nextafter(scale, 0);
	for (int ulp = -ULPS; ulp <= ULPS; ulp++, scale = nextafter(scale, INFINITY)) {
		style_t style = best;
		style.scale = scale;
		size_t lost = isnormal(scale) ? lost_by(c->block, &style) : SIZE_MAX;
		if (lost < fewest) {
			fewest = lost;
			best = style;
		}
	}
	if (fewest < SIZE_MAX)
		consider(c, best);
}

static void consider_scaling(choice_t *c, const column_hint_t *hint, bool is_narrow)
{
	style_t style = { .form = FORM_LINEAR,
		          .is_narrow = is_narrow,
		          .scale = hint->scale,
		          .offset = hint->offset };
	if (isnormal(hint->scale) && isfinite(hint->offset))
		consider(c, style);
	style.scale = hint->found_scale;
	style.offset = 0;
	if (isnormal(hint->found_scale))
		consider(c, style);
}

static bool is_narrow_block(const block_t *b)
{
	uint64_t all = 0;
	for (size_t i = 0; i < b->n; i++)
		all |= b->bits[i];
	return all << (WORD_BITS - NARROW_ZEROS) == 0;
}

style_t style_choose(const block_t *b, const column_hint_t *hint)
{
	choice_t c = { .block = b, .best_len = SIZE_MAX };
	size_t some = b->n < SAMPLES ? b->n : SAMPLES;
	for (size_t i = 0; i < some; i++)
		c.sample_bits[i] = b->bits[i * b->n / some];
	c.sample = (block_t){ b->kernel, c.sample_bits, some };
	bool is_narrow = is_narrow_block(b);
	consider(&c, (style_t){ .form = FORM_WHOLE });
	consider_decimals(&c, false);
	consider_scaling(&c, hint, false);
	if (is_narrow) {
		consider(&c, (style_t){ .form = FORM_FLOAT });
		consider_decimals(&c, true);
		consider_scaling(&c, hint, true);
	}
	if (c.best_len * 8 > b->n * SPLIT_FROM_BITS / 2)
		consider_multiples(&c, is_narrow);
	if (c.best_len * 8 > b->n * SPLIT_FROM_BITS)
		consider(&c, (style_t){ .form = FORM_SPLIT });
	return c.best;
}
