/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at once for a head: its tags, and texts without their escapes. */
#include "codec/line/line.h"

/* Position of the first `byte` that has no backslash before it. */
static size_t find_bare(slice_t s, uint8_t byte)
{
	size_t i = 0;
	while (i < s.len && s.ptr[i] != byte)
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i < s.len ? i : s.len;
}

static slice_t cut_bare(slice_t *s, uint8_t byte)
{
	size_t at = find_bare(*s, byte);
	slice_t piece = slice_sub(*s, 0, at);
	*s = slice_from(*s, at + (at < s->len));
	return piece;
}

line_fault_t line_head_read(slice_t head, line_head_t *ret_head)
{
	ret_head->measurement = cut_bare(&head, ',');
	ret_head->tag_count = 0;
	if (ret_head->measurement.len == 0)
		return LINE_FAULT_NO_NAME;
	while (head.len) {
		slice_t value = cut_bare(&head, ',');
		slice_t key = cut_bare(&value, '=');
		if (key.len == 0 || value.len == 0 || find_bare(value, '=') < value.len)
			return LINE_FAULT_BAD_TAG;
		if (ret_head->tag_count == LINE_TAGS_MAX)
			return LINE_FAULT_TOO_MANY;
		ret_head->tags[ret_head->tag_count++] = (line_tag_t){ key, value };
	}
	return LINE_FAULT_NONE;
}

static void unescape(slice_t written, const char *escaped, writer_t *w)
{
	for (size_t i = 0; i < written.len; i++) {
		uint8_t next = i + 1 < written.len ? written.ptr[i + 1] : 0;
		if (written.ptr[i] == '\\' && next && strchr(escaped, next))
			i++;
		wr_u8(w, written.ptr[i]);
	}
}

void line_unescape(slice_t written, writer_t *w)
{
	unescape(written, ",= ", w);
}

void line_unescape_text(slice_t written, writer_t *w)
{
	unescape(written, "\"\\", w);
}

int64_t line_unit_ns(slice_t word)
{
	static const struct {
		const char *word;
		int64_t ns;
	} units[] = { { "ns", 1 },
		      { "n", 1 },
		      { "us", 1000 },
		      { "u", 1000 },
		      { "ms", 1000000 },
		      { "s", 1000000000 },
		      { "m", 60000000000 },
		      { "h", 3600000000000 },
		      { "", 1 } };
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (slice_eq(word, slice_str(units[i].word)))
			return units[i].ns;
	return 0;
}
