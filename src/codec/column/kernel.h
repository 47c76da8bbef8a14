/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_KERNEL_H
#define CODEC_COLUMN_KERNEL_H
/* The loops over a block, as kernel.c has them for one kind of processor. Whatever is
 * decided is decided above them; they are given decisions and give the same results on
 * every kind, to the bit.
 *
 * A full block of small numbers is LAYERS layers of LANES lanes: number i lies in layer
 * i / LANES, lane i % LANES. A lane packs its numbers of `width` bits into `width` words of
 * 64 bits, lowest bit first; word w of lane l is the (w * LANES + l)-th of the packed bytes.
 * So a layer is one or two loads, shifts and masks for all its lanes at once.
 *
 * Caveats: arrays have COLUMN_ROWS elements even where fewer count: loops may work in whole
 * layers. */
#include "codec/column/column.h"

enum { COLUMN_HEAD_MAX = 3 }; /* kind and length, before the body */
enum { LANES = 16, LAYERS = COLUMN_ROWS / LANES, WORD_BITS = 64 };

/* A row on its way out, whole number or double: what is written through it may be read as
 * either. */
typedef uint64_t __attribute__((may_alias)) word_t;

/* How whole numbers follow from the small ones. */
typedef enum {
	SHAPE_FLAT,   /* base + small */
	SHAPE_RAMP,   /* base + small + place * slope */
	SHAPE_DELTA,  /* first, then forerunner + base + small */
	SHAPE_DELTA2, /* first, first + slope, then steps that grow by base + small */
	SHAPE_PACKED, /* how many of them are made from packed numbers */
	SHAPE_STEPS = SHAPE_PACKED,
	SHAPE_RAW,
	SHAPE_COUNT,
} shape_t;

/* Beside the shape in the first byte of whole numbers: there are outliers; the small
 * numbers are coded (coded.h). */
enum { WHOLE_PATCHED = 0x80, WHOLE_CODED = 0x40, WHOLE_FLAGS = 0xC0 };

enum { DICTIONARY = 8 }; /* words of FORM_SPLIT at most */

/* How doubles follow from whole numbers. */
typedef enum {
	FORM_WHOLE,  /* bits as they are */
	FORM_MUL,    /* number * factor[0] * factor[1] */
	FORM_DIV,    /* number / factor[0] */
	FORM_LINEAR, /* number * factor[0] + factor[1] */
	FORM_FLOAT,  /* the number-th float32 from zero, upwards or downwards */
	FORM_COUNT,
	FORM_SPLIT = FORM_COUNT, /* leading bits by dictionary, the others as they are */
} form_t;

/* Arithmetic forms take whole numbers of less than 2^51 to doubles by adding this, as
 * bits, and subtracting it, as a double; and doubles back by the reverse. That is exact and
 * needs no conversion instruction, which AVX2 does not have. */
#define MAGIC 6755399441055744.0 /* 2^52 + 2^51 */
enum {
	DIGIT_BITS = 51,
	NEAR_MAX = 64,    /* units of the last place */
	NARROW_ZEROS = 29 /* trailing bits of a double that is a float32 */
};

typedef struct {
	unsigned width; /* bits of a small number, 0..64 */
	size_t layers;  /* that count */
	uint64_t base, first, slope;
} frame_t;

/* A form with its numbers. */
typedef struct {
	form_t form;
	bool is_narrow;    /* the result is rounded to float32 */
	double factor[2];  /* whole to double */
	double inverse[2]; /* double to whole, nearly */
} recipe_t;

/* Lengths are 0 to WORD_BITS; the others fill the last register. */
enum { SPREAD_LENGTHS = 96 };

/* What the encoder wants to know of numbers around a centre. */
typedef struct {
	uint16_t count[SPREAD_LENGTHS]; /* by the bit length of their zig-zag distance */
} spread_t;

/* What lies between doubles and what their digits give. */
typedef struct {
	uint64_t ulps[COLUMN_ROWS]; /* signed; 0 where lost */
	uint8_t is_lost[COLUMN_ROWS];
} away_t;

struct column_kernel {
	isa_t isa;
	bool is_coding; /* encoders may code small numbers by how often they come */
	/* Decoding: packed small numbers to whole numbers or doubles. */
	void (*unpack[SHAPE_PACKED][FORM_COUNT])(const uint8_t *packed, const frame_t *frame,
	                                         const double factor[2], word_t *ret);
	/* Leading bits before the others: ret[i] |= word[code[i]], codes below DICTIONARY. */
	void (*join)(const uint64_t *word, const uint64_t *code, size_t n, word_t *ret);
	void (*narrow)(word_t *numbers, size_t n); /* doubles rounded to float32 */
	void (*rescale)(word_t *numbers, size_t n, uint64_t first, uint64_t unit);
	/* value[i] up to and with place last[i], which rise. */
	void (*fill)(const uint64_t *last, const uint64_t *value, size_t count, word_t *ret);
	column_fold_t (*fold)(const double *numbers, size_t n);
	/* Encoding. */
	void (*pack)(const uint64_t *small, unsigned width, uint8_t *ret_packed);
	/* ret[i] = x[i] - x[i - 1], 0 before `from`. */
	void (*differ)(const uint64_t *x, size_t from, size_t n, uint64_t *ret);
	void (*tilt)(const uint64_t *x, size_t n, uint64_t slope, uint64_t *ret);
	void (*extent)(const uint64_t *x, size_t n, int64_t *ret_min, int64_t *ret_max);
	void (*spread)(const uint64_t *x, size_t n, uint64_t centre, spread_t *ret);
	/* Of numbers whose zig-zag distance from the centre has at most so many bits. */
	void (*inside)(const uint64_t *x, size_t n, const uint64_t centre_bits[2],
	               int64_t ret_extent[2]);
	size_t (*steps)(const uint64_t *x, size_t n); /* 1 and how often the value changes */
	/* Whole numbers of doubles, a flag for each that does not come back, and how many. */
	size_t (*digits[FORM_COUNT][2])(const uint64_t *bits, size_t n, const recipe_t *recipe,
	                                uint64_t *ret_digits, uint8_t *ret_is_lost);
	/* How far, in units of the last place, the doubles of such digits are from what was
	 * wanted; lost are those beyond NEAR_MAX. DIV and LINEAR only. */
	size_t (*near[FORM_COUNT][2])(const uint64_t *bits, size_t n, const recipe_t *recipe,
	                              const uint64_t *digits, away_t *ret);
	/* Quotients of numbers below 2^51; the place of the first with a remainder, or n. */
	size_t (*divide)(const uint64_t *x, size_t n, uint64_t divisor, uint64_t *ret);
};

/* kernel.c, once for each kind of processor that this build knows; and those that code. */
extern const column_kernel_t column_plain[2], column_avx2[2], column_avx512[2];
#endif
