/* SPDX-License-Identifier: Apache-2.0 */
#include "model/census.h"

#include <assert.h>

#include "base/ascii.h"
#include "base/utf8.h"

enum { VERSION = 1, WORDS_A_ROW = 3 };

#define X(name, word) word,
static const char *const STATES[] = { CENSUS_STATE_ROWS(X) };
#undef X

const char *census_state_name(census_state_t state)
{
	return STATES[state];
}

census_state_t census_state_parse(slice_t name)
{
	unsigned state = 0;
	while (state < CENSUS_STATE_COUNT && !slice_eq(name, slice_str(STATES[state])))
		state++;
	return (census_state_t)state;
}

static bool is_word(slice_t word)
{
	return word.len <= CENSUS_WORD_MAX && ascii_is_word(word, SLICE("-._"));
}

/* Words of an item. */

typedef struct {
	slice_t words[CENSUS_WORDS_MAX + 1];
	size_t count; /* with the empty one */
} glossary_t;

/* CENSUS_WORDS_MAX + 1: it is not there. */
static size_t number_of(const glossary_t *g, slice_t word)
{
	for (size_t i = 0; i < g->count; i++)
		if (slice_eq(g->words[i], word))
			return i;
	return CENSUS_WORDS_MAX + 1;
}

static bool learn(glossary_t *g, const census_row_t *row)
{
	const slice_t words[WORDS_A_ROW] = { row->kind, row->industry, row->region };
	for (size_t i = 0; i < WORDS_A_ROW; i++) {
		assert(is_word(words[i]));
		if (number_of(g, words[i]) <= CENSUS_WORDS_MAX)
			continue;
		if (g->count > CENSUS_WORDS_MAX)
			return false;
		g->words[g->count++] = words[i];
	}
	return true;
}

static void put_row(const glossary_t *g, const census_row_t *row, int64_t told_s, writer_t *w)
{
	wr_bytes(w, slice_of(row->key.bytes, CENSUS_KEY_BYTES));
	wr_u8(w, (uint8_t)row->state);
	wr_varint(w, number_of(g, row->kind));
	wr_varint(w, number_of(g, row->industry));
	wr_varint(w, number_of(g, row->region));
	wr_zigzag(w, told_s - row->since_s);
	wr_zigzag(w, told_s - row->seen_s);
}

static void put_head(const census_saying_t *saying, writer_t *w)
{
	assert(saying->origin.len > 0 && saying->origin.len <= CENSUS_ORIGIN_MAX);
	assert(saying->told_ns >= 0 && saying->hops <= CENSUS_HOPS_MAX);
	wr_string(w, saying->origin);
	wr_u8(w, VERSION);
	wr_u8(w, saying->hops);
	wr_zigzag(w, saying->told_ns);
}

size_t census_item_put(const census_saying_t *saying, const census_row_t *rows, size_t count,
                       writer_t *w)
{
	glossary_t g = { .count = 1 };
	size_t taken = 0;
	while (taken < count && taken < CENSUS_ROWS_MAX && learn(&g, &rows[taken]))
		taken++;
	put_head(saying, w);
	wr_varint(w, g.count - 1);
	for (size_t i = 1; i < g.count; i++)
		wr_string(w, g.words[i]);
	wr_varint(w, taken);
	for (size_t i = 0; i < taken; i++)
		put_row(&g, &rows[i], saying->told_ns / NS_PER_S, w);
	return taken;
}

/* Reading. */

static slice_t take_word(census_item_t *item)
{
	uint64_t number = rd_varint(&item->rest);
	if (number >= item->word_count)
		item->rest.bad = true;
	return item->rest.bad ? (slice_t){ 0 } : item->words[number];
}

static uint32_t take_time(census_item_t *item)
{
	int64_t time_s = 0;
	int64_t ago_s = rd_zigzag(&item->rest);
	if (__builtin_sub_overflow(item->saying.told_ns / NS_PER_S, ago_s, &time_s) || time_s < 0 ||
	    time_s > UINT32_MAX)
		item->rest.bad = true;
	return item->rest.bad ? 0 : (uint32_t)time_s;
}

static void take_row(census_item_t *item, census_row_t *row)
{
	slice_t key = rd_take(&item->rest, CENSUS_KEY_BYTES);
	if (item->rest.bad)
		return;
	memcpy(row->key.bytes, key.ptr, key.len);
	uint8_t state = rd_u8(&item->rest);
	row->state = (census_state_t)state;
	row->kind = take_word(item);
	row->industry = take_word(item);
	row->region = take_word(item);
	row->since_s = take_time(item);
	row->seen_s = take_time(item);
	if (state >= CENSUS_STATE_COUNT || row->kind.len == 0)
		item->rest.bad = true;
}

static void take_words(census_item_t *item)
{
	reader_t *r = &item->rest;
	uint64_t count = rd_varint(r);
	item->words[0] = (slice_t){ 0 };
	item->word_count = 1;
	if (count > CENSUS_WORDS_MAX)
		r->bad = true;
	for (uint64_t i = 0; i < count && !r->bad; i++) {
		slice_t word = rd_string(r);
		if (word.len == 0 || !is_word(word))
			r->bad = true;
		item->words[item->word_count++] = word;
	}
}

static err_t take_head(reader_t *r, census_saying_t *ret_saying)
{
	census_saying_t saying;
	saying.origin = rd_string(r);
	uint8_t version = rd_u8(r);
	if (!r->bad && version > VERSION)
		return ERR_NEWER_FORMAT;
	saying.hops = rd_u8(r);
	saying.told_ns = rd_zigzag(r);
	if (r->bad || version != VERSION || saying.origin.len == 0 ||
	    saying.origin.len > CENSUS_ORIGIN_MAX || !utf8_valid(saying.origin) ||
	    saying.hops > CENSUS_HOPS_MAX || saying.told_ns < 0)
		return ERR_MALFORMED;
	*ret_saying = saying;
	return ERR_OK;
}

static bool is_whole(census_item_t item)
{
	census_row_t row;
	while (item.rows > 0 && !item.rest.bad) {
		take_row(&item, &row);
		item.rows--;
	}
	return !item.rest.bad && item.rest.in.len == 0;
}

err_t census_item_read(slice_t body, census_item_t *ret_item)
{
	census_item_t item;
	item.rest = reader_of(body);
	err_t err = take_head(&item.rest, &item.saying);
	if (err)
		return err;
	take_words(&item);
	uint64_t rows = rd_varint(&item.rest);
	if (item.rest.bad || rows > CENSUS_ROWS_MAX)
		return ERR_MALFORMED;
	item.rows = (size_t)rows;
	if (!is_whole(item))
		return ERR_MALFORMED;
	*ret_item = item;
	return ERR_OK;
}

bool census_item_next(census_item_t *item, census_row_t *ret_row)
{
	if (item->rows == 0)
		return false;
	item->rows--;
	take_row(item, ret_row);
	return true;
}

err_t census_item_pass(slice_t body, writer_t *w)
{
	census_item_t item;
	err_t err = census_item_read(body, &item);
	if (err)
		return err;
	if (item.saying.hops >= CENSUS_HOPS_MAX)
		return ERR_LIMIT;
	reader_t behind = reader_of(body);
	census_saying_t saying;
	err = take_head(&behind, &saying);
	if (err)
		return err;
	saying.hops++;
	put_head(&saying, w);
	wr_bytes(w, behind.in);
	return ERR_OK;
}

/* Names. */

/* The first character as a number; 0: it is none. */
static uint32_t code_point(slice_t text, size_t *ret_len)
{
	static const uint8_t masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	size_t len = utf8_next(text);
	uint32_t code = len ? text.ptr[0] & masks[len] : 0;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | (text.ptr[i] & 0x3F);
	*ret_len = len;
	return code;
}

/* Blanks of every width: what Unicode calls spaces, and marks without a width. */
static bool is_blank(uint32_t code)
{
	static const uint32_t ranges[][2] = { { 0x09, 0x0D },     { 0x20, 0x20 },
		                              { 0xA0, 0xA0 },     { 0x2000, 0x200D },
		                              { 0x202F, 0x202F }, { 0x205F, 0x2060 },
		                              { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF } };
	bool is_one = false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		is_one |= code >= ranges[i][0] && code <= ranges[i][1];
	return is_one;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/* U+FF01 to U+FF5E are the printable ASCII characters in full width. */
static uint32_t narrow(uint32_t code)
{
	if (code >= 0xFF01 && code <= 0xFF5E)
		code -= 0xFF01 - '!';
	return code >= 'a' && code <= 'z' ? code - 'a' + 'A' : code;
}

err_t census_name_fold(slice_t name, writer_t *w)
{
	size_t from = w->len;
	while (name.len) {
		size_t len = 0;
		uint32_t code = code_point(name, &len), narrowed = narrow(code);
		if (len == 0 || (is_control(code) && !is_blank(code)))
			return ERR_MALFORMED;
		if (narrowed < 0x80 && !is_blank(code))
			wr_u8(w, (uint8_t)narrowed);
		else if (!is_blank(code))
			wr_bytes(w, slice_sub(name, 0, len));
		name = slice_from(name, len);
	}
	if (w->bad || w->len - from > CENSUS_NAME_MAX)
		return ERR_TOO_BIG;
	return w->len == from ? ERR_INVALID : ERR_OK;
}
