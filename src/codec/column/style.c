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

static void put_head(writer_t *w, const style_t *style)
{
	wr_u8(w, (uint8_t)(style->form | (style->is_narrow ? STYLE_NARROW : 0)));
	if (style->form == FORM_MUL || style->form == FORM_DIV)
		wr_u8(w, style->first);
	if (style->form == FORM_MUL)
		wr_u8(w, style->second);
	if (style->form == FORM_LINEAR) {
		wr_u64_le(w, real_bits(style->scale));
		wr_u64_le(w, real_bits(style->offset));
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

bool style_put(const block_t *b, style_t *style, writer_t *w, size_t *ret_lost)
{
	uint64_t digits[COLUMN_ROWS];
	uint8_t is_lost[COLUMN_ROWS];
	*ret_lost = 0;
	if (style->form == FORM_WHOLE || style->form == FORM_SPLIT) {
		put_head(w, style);
		if (style->form == FORM_SPLIT)
			split_put(b, &style->first, w);
		else
			whole_put(b->kernel, b->bits, b->n, w);
		return true;
	}
	recipe_t recipe = recipe_of(style);
	size_t lost = b->kernel->digits[style->form][style->is_narrow](b->bits, b->n, &recipe,
	                                                               digits, is_lost);
	if (lost > b->n / LOST_SHARE)
		return false;
	put_head(w, style);
	if (lost)
		put_lost(b, is_lost, digits, w);
	else
		rows_at_put(w, NULL, 0);
	whole_put(b->kernel, digits, b->n, w);
	*ret_lost = lost;
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
	uint8_t first = rd_u8(r);
	style_t style = { .form = first & (uint8_t)~STYLE_NARROW,
		          .is_narrow = first & STYLE_NARROW };
	if (style.form == FORM_MUL || style.form == FORM_DIV)
		style.first = rd_u8(r);
	if (style.form == FORM_MUL)
		style.second = rd_u8(r);
	if (style.form == FORM_LINEAR) {
		style.scale = get_real(r);
		style.offset = get_real(r);
	}
	bool is_plain = style.form == FORM_WHOLE || style.form >= FORM_FLOAT;
	if (style.form > FORM_SPLIT || (is_plain && style.is_narrow) || style.first > POWER_MAX ||
	    style.second > POWER_MAX)
		r->bad = true;
	return style;
}

void real_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret)
{
	static const recipe_t as_they_are = { .form = FORM_WHOLE };
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
	recipe_t recipe = recipe_of(&style);
	size_t lost = rows_at_get(r, n, places);
	stream_get(r, lost, WORD_BITS, bits);
	whole_get(kernel, r, n, &(sink_t){ &recipe, ret });
	if (r->bad)
		return;
	if (style.is_narrow)
		kernel->narrow(ret, n);
	for (size_t i = 0; i < lost; i++)
		ret[places[i]] = bits[i];
}
