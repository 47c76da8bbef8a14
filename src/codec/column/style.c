/* SPDX-License-Identifier: Apache-2.0 */
/* A block in one style: digits, the doubles that have none, and the bytes of both. */
#include "codec/column/real.h"
#include "codec/column/stream.h"

enum { LOST_SHARE = 8 }; /* one double in so many may be listed */

static const double powers[POWER_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
	                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
static const double fractions[POWER_MAX + 1] = { 1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,
	                                         1e-6,  1e-7,  1e-8,  1e-9,  1e-10, 1e-11,
	                                         1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17,
	                                         1e-18, 1e-19, 1e-20, 1e-21, 1e-22 };

recipe_t recipe_of(const style_t *style)
{
	recipe_t r = { .form = style->form, .is_narrow = style->is_narrow };
	if (style->form == FORM_MUL) {
		r.factor[0] = powers[style->second];
		r.factor[1] = fractions[style->first];
		r.inverse[0] = powers[style->first];
		r.inverse[1] = fractions[style->second];
	}
	if (style->form == FORM_DIV)
		r.factor[0] = r.inverse[0] = powers[style->first];
	if (style->form == FORM_LINEAR) {
		r.factor[0] = style->scale;
		r.factor[1] = style->offset;
		r.inverse[0] = 1 / style->scale;
		r.inverse[1] = style->offset;
	}
	return r;
}

uint8_t style_byte(const style_t *style)
{
	return (uint8_t)(style->form | (style->is_narrow ? STYLE_NARROW : 0) |
	                 (style->is_near ? STYLE_NEAR : 0));
}

style_t style_of(uint8_t byte)
{
	return (style_t){ .form = byte & STYLE_FORM,
		          .is_narrow = byte & STYLE_NARROW,
		          .is_near = byte & STYLE_NEAR };
}

static void put_head(writer_t *w, const style_t *style)
{
	wr_u8(w, style_byte(style));
	if (style->form == FORM_MUL || style->form == FORM_DIV)
		wr_u8(w, style->first);
	if (style->form == FORM_MUL)
		wr_u8(w, style->second);
	if (style->form == FORM_LINEAR) {
		wr_u64_le(w, num_bits(style->scale));
		wr_u64_le(w, num_bits(style->offset));
	}
}

/* A double without a digit takes its forerunner's, so that none is out of line. */
static size_t list_lost(const uint8_t *is_lost, size_t n, uint64_t *digits, uint64_t *ret_places)
{
	size_t count = 0, good = 0;
	while (good < n && is_lost[good])
		good++;
	uint64_t last = good < n ? digits[good] : 0;
	for (size_t i = 0; i < n; i++) {
		ret_places[count] = i;
		count += is_lost[i];
		last = is_lost[i] ? last : digits[i];
		digits[i] = last;
	}
	return count;
}

static void put_lost(const block_t *b, const uint8_t *is_lost, uint64_t *digits, writer_t *w)
{
	uint64_t places[COLUMN_ROWS] = { 0 }, bits[COLUMN_ROWS];
	size_t count = list_lost(is_lost, b->n, digits, places);
	for (size_t i = 0; i < count; i++)
		bits[i] = b->bits[places[i]];
	rows_at_put(w, places, count);
	stream_put(w, bits, count, WORD_BITS);
}

size_t style_digits(const block_t *b, const style_t *style, uint64_t *ret_digits, away_t *ret_away)
{
	recipe_t recipe = recipe_of(style);
	size_t lost = b->kernel->digits[style->form][style->is_narrow](
		b->bits, b->n, &recipe, ret_digits, ret_away->is_lost);
	if (!style->is_near)
		return lost;
	return b->kernel->near[style->form][style->is_narrow](b->bits, b->n, &recipe, ret_digits,
	                                                      ret_away);
}

static bool put_digits(const block_t *b, const style_t *style, writer_t *w, size_t *ret_lost)
{
	uint64_t digits[COLUMN_ROWS];
	away_t away;
	*ret_lost = style_digits(b, style, digits, &away);
	if (*ret_lost > b->n / LOST_SHARE)
		return false;
	put_head(w, style);
	if (*ret_lost)
		put_lost(b, away.is_lost, digits, w);
	else
		rows_at_put(w, NULL, 0);
	whole_put(b->kernel, digits, b->n, w);
	if (style->is_near)
		whole_put(b->kernel, away.ulps, b->n, w);
	return true;
}

bool style_put(const block_t *b, style_t *style, writer_t *w, size_t *ret_lost)
{
	*ret_lost = 0;
	if (style->form != FORM_WHOLE && style->form != FORM_SPLIT)
		return put_digits(b, style, w, ret_lost);
	put_head(w, style);
	if (style->form == FORM_SPLIT)
		split_put(b, &style->first, w);
	else
		whole_put(b->kernel, b->bits, b->n, w);
	return true;
}

static double get_real(reader_t *r)
{
	uint64_t bits = rd_u64_le(r);
	double x;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static style_t get_head(reader_t *r)
{
	style_t style = style_of(rd_u8(r));
	if (style.form == FORM_MUL || style.form == FORM_DIV)
		style.first = rd_u8(r);
	if (style.form == FORM_MUL)
		style.second = rd_u8(r);
	if (style.form == FORM_LINEAR) {
		style.scale = get_real(r);
		style.offset = get_real(r);
	}
	bool may_near = style.form == FORM_DIV || style.form == FORM_LINEAR;
	bool may_narrow = style.form == FORM_MUL || may_near;
	if (style.form > FORM_SPLIT || style.first > POWER_MAX || style.second > POWER_MAX ||
	    (style.is_narrow && !may_narrow) || (style.is_near && !may_near))
		r->bad = true;
	return style;
}

static const recipe_t as_they_are = { .form = FORM_WHOLE };

/* Digits to doubles, and what they are away from those that are wanted. */
static void get_digits(const column_kernel_t *kernel, reader_t *r, size_t n, const style_t *style,
                       word_t *ret)
{
	uint64_t ulps[COLUMN_ROWS];
	recipe_t recipe = recipe_of(style);
	whole_get(kernel, r, n, &(sink_t){ &recipe, ret });
	if (!r->bad && style->is_narrow)
		kernel->narrow(ret, n);
	if (r->bad || !style->is_near)
		return;
	whole_get(kernel, r, n, &(sink_t){ &as_they_are, ulps });
	for (size_t i = 0; !r->bad && i < n; i++)
		ret[i] += ulps[i] << (style->is_narrow ? NARROW_ZEROS : 0);
}

void real_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret)
{
	uint64_t places[COLUMN_ROWS], bits[COLUMN_ROWS];
	style_t style = get_head(r);
	if (r->bad)
		return;
	if (style.form == FORM_SPLIT) {
		split_get(kernel, r, n, ret);
		return;
	}
	if (style.form == FORM_WHOLE) {
		whole_get(kernel, r, n, &(sink_t){ &as_they_are, ret });
		return;
	}
	size_t lost = rows_at_get(r, n, places);
	stream_get(r, lost, WORD_BITS, bits);
	get_digits(kernel, r, n, &style, ret);
	for (size_t i = 0; !r->bad && i < lost; i++)
		ret[places[i]] = bits[i];
}
