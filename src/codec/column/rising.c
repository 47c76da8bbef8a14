/* SPDX-License-Identifier: Apache-2.0 */
/* Golomb's code with a power of two, by Rice: the best there is for the distances of what
 * lies by chance. The power is the one that makes these numbers shortest. */
#include "codec/column/rising.h"

enum { WIDTHS = 64, BYTE_BITS = 8 };

static uint64_t between(const uint64_t *numbers, size_t i)
{
	return i ? numbers[i] - numbers[i - 1] - 1 : numbers[0];
}

static bool is_shorter(const uint64_t *numbers, size_t count, unsigned width, uint64_t *best)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(bits, (between(numbers, i) >> width) + 1 + width, &bits))
			return false;
	bool is_shorter = bits < *best;
	*best = is_shorter ? bits : *best;
	return is_shorter;
}

typedef struct {
	writer_t *w;
	unsigned byte, used; /* bits of the byte */
} bits_t;

static void put_bit(bits_t *b, unsigned bit)
{
	b->byte |= bit << b->used;
	if (++b->used < BYTE_BITS)
		return;
	wr_u8(b->w, (uint8_t)b->byte);
	b->byte = b->used = 0;
}

void rising_put(const uint64_t *numbers, size_t count, writer_t *w)
{
	unsigned k = 0;
	uint64_t best = UINT64_MAX;
	for (unsigned width = 0; width < WIDTHS; width++)
		if (is_shorter(numbers, count, width, &best))
			k = width;
	wr_u8(w, (uint8_t)k);
	bits_t b = { .w = w };
	for (size_t i = 0; i < count && !w->bad; i++) {
		uint64_t x = between(numbers, i);
		for (uint64_t ones = x >> k; ones && !w->bad; ones--)
			put_bit(&b, 1);
		put_bit(&b, 0);
		for (unsigned bit = 0; bit < k; bit++)
			put_bit(&b, x >> bit & 1);
	}
	while (b.used)
		put_bit(&b, 0);
}

typedef struct {
	reader_t *r;
	unsigned byte, left;
} source_t;

static unsigned get_bit(source_t *s)
{
	if (!s->left) {
		s->byte = rd_u8(s->r);
		s->left = BYTE_BITS;
	}
	unsigned bit = s->byte & 1;
	s->byte >>= 1;
	s->left--;
	return bit;
}

static uint64_t get_between(source_t *s, unsigned k)
{
	uint64_t x = 0;
	/* The ones end with the bytes: there are none behind them. */
	while (get_bit(s) && !s->r->bad)
		x++;
	if (k && x >> (WIDTHS - k))
		s->r->bad = true;
	x <<= k;
	for (unsigned bit = 0; bit < k; bit++)
		x |= (uint64_t)get_bit(s) << bit;
	return x;
}

void rising_get(reader_t *r, size_t count, uint64_t *ret_numbers)
{
	unsigned k = rd_u8(r);
	uint64_t next = 0; /* the least that may follow */
	source_t s = { .r = r };
	if (k >= WIDTHS)
		r->bad = true;
	for (size_t i = 0; i < count && !r->bad; i++) {
		uint64_t x = get_between(&s, k);
		bool is_past = __builtin_add_overflow(next, x, &ret_numbers[i]);
		is_past |= __builtin_add_overflow(ret_numbers[i], 1, &next) && i + 1 < count;
		r->bad |= is_past;
	}
}
