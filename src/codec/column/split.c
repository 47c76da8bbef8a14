/* SPDX-License-Identifier: Apache-2.0 */
/* Noise: the leading bits of its doubles (sign, exponent, a little more) take few values.
 * They become codes of a dictionary; the bits below them nothing shortens. Leading bits
 * that the dictionary lacks are listed. */
#include "codec/column/real.h"
#include "codec/column/stream.h"

enum {
	SAMPLES = 128,
	LISTED_BITS = 10, /* of a place, beside the leading bits */
};

/* Leading parts and how often the sample had them, the most frequent first. */
typedef struct {
	unsigned cut;
	size_t words;
	uint16_t word[DICTIONARY];
	size_t count[DICTIONARY];
} dictionary_t;

static size_t sample_leading(const block_t *b, uint16_t ret_sorted[SAMPLES])
{
	size_t count = b->n < SAMPLES ? b->n : SAMPLES;
	for (size_t i = 0; i < count; i++) {
		uint16_t lead = (uint16_t)(b->bits[i * b->n / count] >> (WORD_BITS - SPLIT_MAX));
		size_t at = i;
		for (; at > 0 && ret_sorted[at - 1] > lead; at--)
			ret_sorted[at] = ret_sorted[at - 1];
		ret_sorted[at] = lead;
	}
	return count;
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

/* Bits that `of` doubles would take. */
static size_t price(const dictionary_t *d, size_t of)
{
	size_t known = 0;
	for (size_t i = 0; i < d->words; i++)
		known += d->count[i];
	return of * (WORD_BITS - d->cut + code_width(d)) + (of - known) * (LISTED_BITS + d->cut);
}

static dictionary_t find(const block_t *b, unsigned cut)
{
	uint16_t sorted[SAMPLES] = { 0 };
	size_t count = sample_leading(b, sorted);
	dictionary_t best = dictionary_of(sorted, count, cut ? cut : 1);
	for (unsigned c = 2; cut == 0 && c <= SPLIT_MAX; c++) {
		dictionary_t d = dictionary_of(sorted, count, c);
		best = price(&d, count) < price(&best, count) ? d : best;
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
