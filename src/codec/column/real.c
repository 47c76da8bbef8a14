/* SPDX-License-Identifier: Apache-2.0 */
/* A series keeps its style: when to believe the hint, and when to choose again. */
#include "codec/column/real.h"

enum {
	PATIENCE = 256,     /* blocks after which a good style is thought over */
	PATIENCE_POOR = 32, /* and one that hardly helps */
	POOR_BITS = 40,     /* a value */
	LOST_MORE = 4,      /* doubles listed beyond twice those at the choice */
	PER = 16,           /* values, by which the hint counts bits */
	HEAD_BYTES = 32,    /* that few values take too and that therefore do not count */
	MORE_ROWS = 4,      /* times as many as chose the style know better */
};

static style_t remembered(const column_hint_t *hint)
{
	bool is_own = hint->found_scale > 0 || hint->found_scale < 0;
	style_t style = style_of(hint->form);
	style.first = hint->first;
	style.second = hint->second;
	style.scale = is_own ? hint->found_scale : hint->scale;
	style.offset = is_own ? 0 : hint->offset;
	return style;
}

static void remember(column_hint_t *hint, const style_t *style)
{
	bool is_given = num_bits(style->scale) == num_bits(hint->scale) &&
	                num_bits(style->offset) == num_bits(hint->offset);
	hint->form = style_byte(style);
	hint->first = style->first;
	hint->second = style->second;
	if (style->form == FORM_LINEAR)
		hint->found_scale = is_given ? 0 : style->scale;
}

/* Bits of what was written since `at`, for so many values. */
static size_t bits_since(const writer_t *w, size_t at, size_t n)
{
	size_t bytes = w->len - at;
	return bytes > HEAD_BYTES ? (bytes - HEAD_BYTES) * 8 * PER / n : 0;
}

/* As before, if that is still about as good. A new hint has no rows. */
static bool put_as_before(const block_t *block, column_hint_t *hint, writer_t *w)
{
	writer_t try = *w;
	style_t style = remembered(hint);
	size_t lost;
	if (hint->patience == 0 || block->n > (size_t)MORE_ROWS * hint->rows ||
	    !style_put(block, &style, &try, &lost) || try.bad)
		return false;
	if (lost > (size_t)2 * hint->lost + LOST_MORE ||
	    bits_since(&try, w->len, block->n) > (size_t)hint->bits * 5 / 4 + PER)
		return false;
	hint->patience--;
	*w = try;
	return true;
}

void real_put(const block_t *block, column_hint_t *hint, writer_t *w)
{
	size_t lost, at = w->len;
	/* A value that does not change says nothing of the series' style. */
	if (block->kernel->steps(block->bits, block->n) == 1) {
		style_t still = { .form = FORM_WHOLE };
		(void)style_put(block, &still, w, &lost);
		return;
	}
	if (put_as_before(block, hint, w))
		return;
	style_t style = style_choose(block, hint);
	if (!style_put(block, &style, w, &lost))
		return;
	size_t bits = bits_since(w, at, block->n);
	bool is_poor = bits > POOR_BITS * PER;
	remember(hint, &style);
	hint->bits = (uint16_t)bits;
	hint->lost = (uint16_t)lost;
	hint->rows = (uint16_t)block->n;
	hint->patience = is_poor ? PATIENCE_POOR : PATIENCE;
}
