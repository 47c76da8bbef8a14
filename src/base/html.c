/* SPDX-License-Identifier: Apache-2.0 */
#include "base/html.h"

#include "base/ascii.h"
#include "base/utf8.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

/* Length of the character in front, 0 when it is none. */
static size_t character(slice_t text)
{
	for (size_t len = 1; len <= 4 && len <= text.len; len++)
		if (utf8_valid(slice_sub(text, 0, len)))
			return len;
	return 0;
}

/* U+200E and F, U+202A to E, U+2066 to 9: each turns the text behind it. */
static bool is_turning(slice_t c)
{
	if (c.len != 3 || c.ptr[0] != 0xE2)
		return false;
	uint8_t last = c.ptr[2];
	if (c.ptr[1] == 0x80)
		return last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE);
	return c.ptr[1] == 0x81 && last >= 0xA6 && last <= 0xA9;
}

static bool is_control(slice_t c)
{
	bool is_blank = c.ptr[0] == '\n' || c.ptr[0] == '\t';
	return (c.ptr[0] < 0x20 && !is_blank) || c.ptr[0] == 0x7F ||
	       (c.len == 2 && c.ptr[0] == 0xC2 && c.ptr[1] < 0xA0);
}

static const char *entity(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(writer_t *w, slice_t text)
{
	while (text.len) {
		size_t len = character(text);
		slice_t c = slice_sub(text, 0, len ? len : 1);
		const char *escaped = entity(c.ptr[0]);
		if (len == 0 || is_control(c) || is_turning(c))
			escaped = REPLACEMENT;
		wr_bytes(w, escaped ? slice_str(escaped) : c);
		text = slice_from(text, c.len);
	}
}

void html_url(writer_t *w, slice_t text)
{
	static const slice_t plain = { (const uint8_t *)"-._~/", 5 };
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (ascii_is_alnum(c) || slice_find(plain, c) < plain.len)
			wr_u8(w, c);
		else
			wr_format(w, "%%%02X", c);
	}
}
