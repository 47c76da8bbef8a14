/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_CODED_H
#define CODEC_COLUMN_CODED_H
/* Small numbers in about as many bits as they are worth: their leading bits by how often
 * each symbol that they make comes, by asymmetric numeral systems (J. Duda, arXiv 1311.2540,
 * over ranges of slots), and the rest as it is. Each block has its own table, some ten
 * bytes, so that it needs no other to be read.
 *
 * Story: coded_plan finds how many bits should lead and says what all would cost; coded_put
 * writes what was planned. coded_get gives the numbers back.
 *
 * Caveats: reading is a chain of look-ups, two nanoseconds a number, where packed numbers
 * take a small part of one. No kernel is asked for it: all give the same. */
#include "codec/column/whole.h"

enum {
	CODED_LEAD_MAX = 5, /* bits */
	CODED_SYMBOLS = 1 << CODED_LEAD_MAX,
};

/* How the numbers of a block are coded. */
typedef struct {
	unsigned width, lead; /* bits of a number, and how many of them lead */
	size_t symbols;       /* one above the greatest that comes */
	uint64_t level[CODED_SYMBOLS];
	/* How many slots are a symbol's, and how many those of lesser ones. */
	uint32_t often[CODED_SYMBOLS], below[CODED_SYMBOLS];
	size_t bits; /* that all take, about */
} coded_t;

/* Of n numbers of at most `width` bits, 1..64. */
void coded_plan(const uint64_t *x, size_t n, unsigned width, coded_t *ret_coded);
/* The numbers of the plan. */
void coded_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, const coded_t *coded,
               writer_t *w);
/* Sets r->bad on what no encoder wrote. */
void coded_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned width, word_t *ret);
#endif
