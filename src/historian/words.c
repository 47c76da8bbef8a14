/* SPDX-License-Identifier: Apache-2.0 */
/* Few texts differ in a block of states, all do in one of messages; both are compressed
 * when that makes them smaller. */
#include "historian/words.h"

#include <stdlib.h>

#include "base/table.h"
#include "env/compress.h"
#include "historian/block.h"

enum { PLAIN = 0, PACKED = 1, LEVEL = 3, NUMBER_MAX = 10 };

struct words {
	table_t *numbers; /* by text */
	text_t texts;     /* as strings, one after another */
	uint64_t count;
};

static err_t number_of(words_t *words, slice_t text, uint64_t *ret_number)
{
	bool is_new;
	void *value;
	uint8_t head[NUMBER_MAX];
	err_t err = table_put(words->numbers, text, &value, &is_new);
	if (err)
		return err;
	uint64_t *number = value;
	if (is_new) {
		writer_t w = writer_of(head, sizeof(head));
		*number = words->count++;
		wr_varint(&w, text.len);
		text_add(&words->texts, writer_done(&w));
		text_add(&words->texts, text);
	}
	*ret_number = *number;
	return words->texts.bad ? ERR_LIMIT : ERR_OK;
}

err_t words_number(const rows_t *rows, uint64_t *ret_bits, words_t **ret_words)
{
	words_t *words = calloc(1, sizeof(*words));
	if (!words)
		return ERR_NO_MEMORY;
	words->texts = text_of(BLOCK_TEXT_MAX);
	words->numbers = table_new(sizeof(uint64_t), BLOCK_ROWS, 1);
	err_t err = words->numbers ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < rows->count; i++) {
		ret_bits[i] = rows->bits[i];
		if (rows->type[i] == VALUE_TEXT)
			err = number_of(words, sample_text(rows->text, rows->bits[i]),
			                &ret_bits[i]);
	}
	if (err)
		words_free(words);
	else
		*ret_words = words;
	return err;
}

void words_free(words_t *words)
{
	if (!words)
		return;
	table_free(words->numbers);
	text_free(&words->texts);
	free(words);
}

static void add_number(text_t *to, uint64_t number)
{
	uint8_t bytes[NUMBER_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_varint(&w, number);
	text_add(to, writer_done(&w));
}

static err_t pack(slice_t plain, text_t *to)
{
	size_t bound = env_compress_bound(plain.len);
	uint8_t *room = malloc(bound);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, bound);
	err_t err = env_compress(plain, LEVEL, &w);
	bool is_smaller = !err && w.len + NUMBER_MAX < plain.len;
	text_add(to, slice_of((uint8_t[]){ is_smaller ? PACKED : PLAIN }, 1));
	if (is_smaller)
		add_number(to, plain.len);
	text_add(to, is_smaller ? writer_done(&w) : plain);
	free(room);
	return err;
}

err_t words_encode(const words_t *words, text_t *to)
{
	text_t plain = text_of(BLOCK_TEXT_MAX + NUMBER_MAX);
	add_number(&plain, words->count);
	text_add(&plain, text_slice(&words->texts));
	err_t err = plain.bad ? ERR_NO_MEMORY : pack(text_slice(&plain), to);
	text_free(&plain);
	return err;
}

/* Places of the texts of `plain`, which becomes the heap. */
static err_t place(slice_t plain, rowset_t *rows)
{
	uint64_t places[BLOCK_ROWS];
	reader_t r = reader_of(plain);
	uint64_t count = rd_varint(&r);
	if (r.bad || count > BLOCK_ROWS)
		return ERR_CORRUPT;
	for (uint64_t i = 0; i < count; i++) {
		slice_t text = rd_string(&r);
		places[i] = sample_text_bits((uint32_t)(plain.len - r.in.len - text.len),
		                             (uint32_t)text.len);
	}
	if (r.bad || r.in.len)
		return ERR_CORRUPT;
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->type[i] != VALUE_TEXT)
			continue;
		if (rows->bits[i] >= count)
			return ERR_CORRUPT;
		rows->bits[i] = places[rows->bits[i]];
	}
	rows->text.len = 0;
	rows->text.max = BLOCK_TEXT_MAX + NUMBER_MAX;
	text_add(&rows->text, plain);
	return rows->text.bad ? ERR_NO_MEMORY : ERR_OK;
}

static err_t unpack(reader_t *r, rowset_t *rows)
{
	uint64_t len = rd_varint(r);
	if (r->bad || len > BLOCK_TEXT_MAX + NUMBER_MAX)
		return ERR_CORRUPT;
	uint8_t *room = malloc(len ? len : 1);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, len);
	err_t err = env_decompress(rd_take(r, r->in.len), &w);
	if (!err)
		err = w.len == len ? place(writer_done(&w), rows) : ERR_CORRUPT;
	free(room);
	return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
}

err_t words_decode(reader_t *r, rowset_t *rows)
{
	uint8_t form = rd_u8(r);
	if (r->bad || form > PACKED)
		return ERR_CORRUPT;
	return form == PACKED ? unpack(r, rows) : place(rd_take(r, r->in.len), rows);
}
