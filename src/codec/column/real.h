/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_REAL_H
#define CODEC_COLUMN_REAL_H
/* Doubles as bytes: a style says which whole numbers stand for them and how they come
 * back; those that would not come back are listed with their bits.
 *
 * Story: real_put writes the block in the style its hint remembers. When there is none,
 * when it has become a bad one or has served long, real_choose tries what it knows of and
 * the smallest is remembered. real_get needs no hint.
 *
 * Shapes: as in whole.h; doubles are their bits. */
#include "base/num.h"
#include "codec/column/whole.h"

/* A form and its parameters as they are written. */
typedef struct {
	form_t form;
	bool is_narrow; /* rounded to float32 */
	bool is_near;   /* FORM_DIV, FORM_LINEAR: units of the last place are added */
	/* FORM_MUL: powers of ten, up and down again; FORM_DIV: the power; FORM_SPLIT: how
	 * many leading bits, 0 for the encoder to find. */
	uint8_t first, second;
	double scale, offset; /* FORM_LINEAR */
} style_t;

enum {
	POWER_MAX = 22,      /* of ten that a double holds exactly */
	DECIMALS_MAX = 18,   /* that are looked for */
	SPLIT_MAX = 16,      /* leading bits */
	STYLE_NARROW = 0x80, /* beside the form in the first byte */
	STYLE_NEAR = 0x40,
	STYLE_FORM = 0x3F
};

typedef struct {
	const column_kernel_t *kernel;
	const uint64_t *bits;
	size_t n;
} block_t;

void real_put(const block_t *block, column_hint_t *hint, writer_t *w);
void real_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret);

/* Form and flags in one byte, and back (a form may be none). */
uint8_t style_byte(const style_t *style);
style_t style_of(uint8_t byte);
/* The numbers of a style; forms of arithmetic only. */
recipe_t recipe_of(const style_t *style);
/* The digits of a style that has them, and how many doubles are lost to it. */
size_t style_digits(const block_t *block, const style_t *style, uint64_t *ret_digits,
                    away_t *ret_away);
/* Writes the block in a style (with what it found, for FORM_SPLIT) and says how many
 * doubles are listed. False, and nothing is written, when the style does not suit. */
bool style_put(const block_t *block, style_t *style, writer_t *w, size_t *ret_lost);
/* The style in which the block is smallest. */
style_t style_choose(const block_t *block, const column_hint_t *hint);

/* Noise: leading bits by a dictionary of the frequent ones. *cut: how many, 0 to find. */
void split_put(const block_t *block, uint8_t *cut, writer_t *w);
void split_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret);
#endif
