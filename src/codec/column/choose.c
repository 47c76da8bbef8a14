/* SPDX-License-Identifier: Apache-2.0 */
/* Which style makes a block smallest. What the digits of a sample say narrows the choice;
 * the block itself, written in each style that is left, makes it. This is slow, some tens
 * of microseconds, and therefore rare: series keep their style. */
#include "codec/column/real.h"

#include <math.h>

enum {
	SAMPLES = 64,
	LOST_FEW = 64,        /* one double in so many; where more are listed, too */
	LONG_BITS = 12,       /* a value; above it more is tried */
	SPLIT_FROM_BITS = 40, /* a value; below it no noise is so small */
	ULPS = 2,             /* by which a scale that was found may be off */
};

typedef struct {
	const block_t *block;
	style_t best;
	size_t best_len, best_lost;
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
	c->best_lost = lost;
}

/* How many doubles of a block are lost to a style. */
static size_t lost_by(const block_t *b, const style_t *style)
{
	uint64_t digits[COLUMN_ROWS];
	away_t away;
	return style_digits(b, style, digits, &away);
}

/* The fewest decimals with which all but a few of the sample are whole numbers. */
static style_t decimals(const choice_t *c, style_t style)
{
	style_t best = style;
	size_t fewest = SIZE_MAX;
	for (unsigned places = 0; places <= DECIMALS_MAX; places++) {
		style.first = (uint8_t)places;
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

static void consider_decimals(choice_t *c)
{
	style_t quotient = decimals(c, (style_t){ .form = FORM_DIV });
	style_t product = decimals(c, (style_t){ .form = FORM_MUL });
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

/* `style` says whether rounded to floats, and whether nearly or exactly. */
static void consider_multiples(choice_t *c, style_t style)
{
	int ulps = style.is_near ? 0 : ULPS;
	style_t best = style;
	size_t fewest = SIZE_MAX;
	style.form = FORM_LINEAR;
	style.scale = guess_scale(c->block);
	for (int ulp = 0; ulp < ulps; ulp++)
		style.scale = nextafter(style.scale, 0);
	for (int ulp = -ulps; ulp <= ulps; ulp++) {
		size_t lost = isnormal(style.scale) ? lost_by(c->block, &style) : SIZE_MAX;
		if (lost < fewest) {
			fewest = lost;
			best = style;
		}
		style.scale = nextafter(style.scale, INFINITY);
	}
	if (fewest < SIZE_MAX)
		consider(c, best);
}

static void consider_scaling(choice_t *c, const column_hint_t *hint, style_t style)
{
	style.form = FORM_LINEAR;
	style.scale = hint->scale;
	style.offset = hint->offset;
	if (isnormal(hint->scale) && isfinite(hint->offset))
		consider(c, style);
	style.scale = hint->found_scale;
	style.offset = 0;
	if (isnormal(hint->found_scale))
		consider(c, style);
}

/* Results of arithmetic that is not ours are a few units of the last place away. */
static void consider_near(choice_t *c, const column_hint_t *hint, style_t style)
{
	if (c->best_len * 8 <= c->block->n * LONG_BITS && c->best_lost <= c->block->n / LOST_FEW)
		return;
	style.is_near = true;
	consider_scaling(c, hint, style);
	consider_multiples(c, style);
	style.form = FORM_DIV;
	consider(c, decimals(c, style));
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
	style_t style = { .is_narrow = is_narrow_block(b) };
	consider(&c, (style_t){ .form = FORM_WHOLE });
	consider_decimals(&c);
	consider_scaling(&c, hint, (style_t){ .is_near = false });
	if (style.is_narrow) {
		consider(&c, (style_t){ .form = FORM_FLOAT });
		consider(&c, decimals(&c, (style_t){ .form = FORM_DIV, .is_narrow = true }));
		consider_scaling(&c, hint, style);
	}
	if (c.best_len * 8 > b->n * LONG_BITS)
		consider_multiples(&c, style);
	consider_near(&c, hint, style);
	if (c.best_len * 8 > b->n * SPLIT_FROM_BITS)
		consider(&c, (style_t){ .form = FORM_SPLIT });
	return c.best;
}
