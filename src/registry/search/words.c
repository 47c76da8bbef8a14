/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/search/words.h"

#include "base/utf8.h"
#include "registry/search/search.h"

/* First and last code points of scripts that are written without blanks. */
static const struct {
	uint32_t from, to;
} spread_scripts[] = {
	{ 0x2E80, 0x2FDF }, /* radicals */
	{ 0x3040, 0x30FF }, /* kana */
	{ 0x3400, 0x9FFF }, /* ideographs */
	{ 0xAC00, 0xD7AF }, /* hangul */
	{ 0xF900, 0xFAFF }, /* compatibility ideographs */
	{ 0x20000, 0x3FFFF },
};

static uint32_t code_point(slice_t c)
{
	static const uint8_t lead_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t code = c.ptr[0] & lead_bits[c.len];
	for (size_t i = 1; i < c.len; i++)
		code = code << 6 | (c.ptr[i] & 0x3F);
	return code;
}

static bool is_spread(slice_t c)
{
	uint32_t code = code_point(c);
	for (size_t i = 0; i < sizeof(spread_scripts) / sizeof(*spread_scripts); i++)
		if (code >= spread_scripts[i].from && code <= spread_scripts[i].to)
			return true;
	return false;
}

void search_spread(slice_t text, writer_t *w)
{
	while (text.len) {
		size_t len = utf8_next(text);
		slice_t c = slice_sub(text, 0, len);
		bool apart = len > 1 && is_spread(c);
		if (len == 0 || apart)
			wr_u8(w, ' ');
		wr_bytes(w, c);
		if (apart)
			wr_u8(w, ' ');
		text = slice_from(text, len ? len : 1);
	}
}

/* In quotes, so that nothing in it is an operator; quotes inside are blanks anyway. */
static void phrase(slice_t word, writer_t *w)
{
	uint8_t buf[3 * SEARCH_TEXT_MAX];
	writer_t spread = writer_of(buf, sizeof(buf));
	search_spread(word, &spread);
	slice_t text = writer_done(&spread);
	w->bad = w->bad || spread.bad;
	wr_u8(w, '"');
	for (size_t i = 0; i < text.len; i++)
		wr_u8(w, text.ptr[i] == '"' || text.ptr[i] == 0 ? ' ' : text.ptr[i]);
	wr_u8(w, '"');
}

err_t search_expression(slice_t words, writer_t *w)
{
	size_t count = 0;
	if (words.len > SEARCH_TEXT_MAX)
		return ERR_INVALID;
	slice_t rest = words;
	while (rest.len) {
		slice_t word = slice_cut(&rest, ' ');
		if (word.len == 0)
			continue;
		if (count++ > 0)
			wr_bytes(w, SLICE(" AND "));
		phrase(word, w);
	}
	wr_bytes(w, SLICE(" *"));
	if (count == 0 || count > SEARCH_WORDS_MAX)
		return ERR_INVALID;
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}
