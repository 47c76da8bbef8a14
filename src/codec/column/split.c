/* SPDX-License-Identifier: Apache-2.0 */
/* Noise: the leading bits of its doubles (sign, exponent, a little more) take few values.
 * They become codes of a dictionary; the bits below them nothing shortens. Leading bits
 * that the dictionary lacks are listed. */
#include "codec/column/real.h"
#include "codec/column/stream.h"

enum {
	BYTES = 256,      /* that differ */
	LISTED_BITS = 10, /* of a place, beside the leading bits */
};

/* Leading parts and how often the block has them, the most frequent first. */
typedef struct {
	unsigned cut;
	size_t words;
	uint16_t word[DICTIONARY];
	size_t count[DICTIONARY];
} dictionary_t;

/* By one byte, those that are alike in the order in which they came. */
static void sort_by(const uint16_t *from, size_t n, unsigned shift, uint16_t *ret)
{
	size_t start[BYTES + 1] = { 0 };
	for (size_t i = 0; i < n; i++)
		start[(from[i] >> shift) % BYTES + 1]++;
	for (size_t i = 0; i < BYTES; i++)
		start[i + 1] += start[i];
	for (size_t i = 0; i < n; i++)
		ret[start[(from[i] >> shift) % BYTES]++] = from[i];
}

static void sort_leading(const block_t *b, uint16_t ret_sorted[COLUMN_ROWS])
{
	uint16_t lead[COLUMN_ROWS] = { 0 }, half[COLUMN_ROWS] = { 0 };
	for (size_t i = 0; i < b->n; i++)
		lead[i] = (uint16_t)(b->bits[i] >> (WORD_BITS - SPLIT_MAX));
	sort_by(lead, b->n, 0, half);
	sort_by(half, b->n, 8, ret_sorted);
}

static void learn(dictionary_t *d, uint16_t word, size_t count)
{
	size_t at = d->words < DICTIONARY ? d->words++ : DICTIONARY;
	for (; at > 0 && d->count[at - 1] < count; at--) {
		if (at == DICTIONARY)
			continue;
		d->word[at] = d->word[at - 1];
		d->count[at] = d->count[at - 1];
	}
	if (at < DICTIONARY) {
		d->word[at] = word;
		d->count[at] = count;
	}
}

static dictionary_t dictionary_of(const uint16_t *sorted, size_t count, unsigned cut)
{
	dictionary_t d = { .cut = cut };
	for (size_t i = 0, end; i < count; i = end) {
		uint16_t word = (uint16_t)(sorted[i] >> (SPLIT_MAX - cut));
		for (end = i + 1; end < count && sorted[end] >> (SPLIT_MAX - cut) == word; end++)
			;
		learn(&d, word, end - i);
	}
	return d;
}

static unsigned code_width(const dictionary_t *d)
{
	return width_of(d->words - 1);
}

/* Bits that a block takes. */
static size_t price(const dictionary_t *d, size_t n)
{
	size_t known = 0;
	for (size_t i = 0; i < d->words; i++)
		known += d->count[i];
	return d->words * SPLIT_MAX + n * (WORD_BITS - d->cut + code_width(d)) +
	       (n - known) * (LISTED_BITS + d->cut);
}

/* With as many of its words as make the block smallest: codes of one bit less are worth it
 * when what then is listed is rare. */
static dictionary_t trimmed(const dictionary_t *d, size_t n)
{
	dictionary_t best = *d, less = *d;
	while (less.words > 1) {
		less.words = (size_t)1 << (code_width(&less) - 1);
		best = price(&less, n) < price(&best, n) ? less : best;
	}
	return best;
}

static dictionary_t find(const block_t *b, unsigned cut)
{
	uint16_t sorted[COLUMN_ROWS] = { 0 };
	dictionary_t best = { 0 };
	sort_leading(b, sorted);
	for (unsigned c = cut ? cut : 1; c <= (cut ? cut : SPLIT_MAX); c++) {
		dictionary_t all = dictionary_of(sorted, b->n, c), d = trimmed(&all, b->n);
		best = !best.words || price(&d, b->n) < price(&best, b->n) ? d : best;
	}
	return best;
}

static uint64_t code_of(const dictionary_t *d, uint64_t lead)
{
	uint64_t code = 0;
	while (code < d->words && d->word[code] != lead)
		code++;
	return code;
}

void split_put(const block_t *b, uint8_t *cut, writer_t *w)
{
	uint64_t low[COLUMN_ROWS], code[COLUMN_ROWS], place[COLUMN_ROWS], lead[COLUMN_ROWS];
	dictionary_t d = find(b, *cut);
	unsigned low_width = WORD_BITS - d.cut;
	size_t listed = 0;
	for (size_t i = 0; i < b->n; i++) {
		low[i] = b->bits[i] & ((UINT64_C(1) << low_width) - 1);
		code[i] = code_of(&d, b->bits[i] >> low_width);
		place[listed] = i;
		lead[listed] = b->bits[i] >> low_width;
		listed += code[i] == d.words;
		code[i] = code[i] == d.words ? 0 : code[i];
	}
	wr_u8(w, (uint8_t)d.cut);
	wr_u8(w, (uint8_t)d.words);
	for (size_t i = 0; i < d.words; i++)
		wr_u16_le(w, d.word[i]);
	small_put(b->kernel, low, b->n, low_width, w);
	small_put(b->kernel, code, b->n, code_width(&d), w);
	rows_at_put(w, place, listed);
	stream_put(w, lead, listed, d.cut);
	*cut = (uint8_t)d.cut;
}

void split_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret)
{
	uint64_t code[COLUMN_ROWS], place[COLUMN_ROWS], lead[COLUMN_ROWS], word[DICTIONARY] = { 0 };
	dictionary_t d = { .cut = rd_u8(r) };
	d.words = rd_u8(r);
	if (d.cut == 0 || d.cut > SPLIT_MAX || d.words == 0 || d.words > DICTIONARY)
		r->bad = true;
	if (r->bad)
		return;
	unsigned low_width = WORD_BITS - d.cut;
	for (size_t i = 0; i < d.words; i++)
		word[i] = (uint64_t)rd_u16_le(r) << low_width;
	small_get(kernel, r, n, low_width, ret);
	small_get(kernel, r, n, code_width(&d), code);
	size_t listed = rows_at_get(r, n, place);
	stream_get(r, listed, d.cut, lead);
	if (!r->bad)
		kernel->join(word, code, n, ret);
	for (size_t i = 0; !r->bad && i < listed; i++) {
		uint64_t low = ret[place[i]] & ((UINT64_C(1) << low_width) - 1);
		ret[place[i]] = lead[i] << low_width | low;
	}
}
