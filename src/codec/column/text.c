/* SPDX-License-Identifier: Apache-2.0 */
/* Texts by dictionary. */
#include "codec/column/rows.h"

#include "base/crc.h"

#include <assert.h>

enum { SLOTS = 2 * COLUMN_ROWS }; /* never more than half of them taken */

/* The different texts by their hash: an empty slot, or one more than their number. */
typedef struct {
	uint16_t slot[SLOTS];
	slice_t text[COLUMN_ROWS];
	size_t count;
} texts_t;

/* The number of a text, a new one if it is. */
static size_t number_of(texts_t *known, slice_t text, writer_t *dictionary)
{
	size_t at = crc32c(0, text) % SLOTS;
	for (; known->slot[at]; at = (at + 1) % SLOTS)
		if (slice_eq(known->text[known->slot[at] - 1], text))
			return (size_t)known->slot[at] - 1;
	wr_string(dictionary, text);
	known->text[known->count++] = text;
	known->slot[at] = (uint16_t)known->count;
	return known->count - 1;
}

void column_text_encode(const column_kernel_t *kernel, const slice_t *texts, size_t n, writer_t *w,
                        writer_t *dictionary)
{
	texts_t known = { .count = 0 };
	uint64_t numbers[COLUMN_ROWS];
	assert(n <= COLUMN_ROWS);
	for (size_t i = 0; i < n; i++)
		numbers[i] = number_of(&known, texts[i], dictionary);
	column_put(&(column_t){ kernel, COLUMN_TEXT, numbers, n, NULL }, w);
}

err_t column_text_decode(const column_kernel_t *kernel, reader_t *r, size_t n, slice_t dictionary,
                         slice_t *ret_texts)
{
	uint64_t numbers[COLUMN_ROWS];
	slice_t known[COLUMN_ROWS];
	size_t count = 0;
	err_t err = column_get(kernel, r, n, 1U << COLUMN_TEXT, numbers);
	reader_t texts = reader_of(dictionary);
	for (; !err && texts.in.len && count < n; count++)
		known[count] = rd_string(&texts);
	if (err || texts.bad || texts.in.len)
		return err ? err : ERR_CORRUPT;
	for (size_t i = 0; i < n; i++)
		if (numbers[i] >= count)
			return ERR_CORRUPT;
	for (size_t i = 0; i < n; i++)
		ret_texts[i] = known[numbers[i]];
	return ERR_OK;
}
