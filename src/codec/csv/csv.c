/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv/csv.h"

/* The bytes before the first `end` outside of quotes. */
static size_t find_bare(slice_t s, uint8_t end)
{
	bool is_quoted = false;
	size_t i = 0;
	for (; i < s.len && (is_quoted || s.ptr[i] != end); i++)
		is_quoted ^= s.ptr[i] == '"';
	return i;
}

static slice_t cut_bare(slice_t *s, uint8_t end)
{
	slice_t head = slice_sub(*s, 0, find_bare(*s, end));
	*s = slice_from(*s, head.len + (head.len < s->len));
	return head;
}

slice_t csv_cut_line(slice_t *text)
{
	slice_t line = cut_bare(text, '\n');
	return slice_ends(line, SLICE("\r")) ? slice_sub(line, 0, line.len - 1) : line;
}

slice_t csv_cut_cell(slice_t *line)
{
	return cut_bare(line, ',');
}

slice_t csv_plain(slice_t cell, writer_t *w)
{
	cell = slice_trim(cell);
	if (!slice_starts(cell, SLICE("\"")))
		return cell;
	size_t from = w->len;
	cell = slice_from(cell, 1);
	if (slice_ends(cell, SLICE("\"")))
		cell = slice_sub(cell, 0, cell.len - 1);
	for (size_t i = 0; i < cell.len; i++) {
		bool is_pair = cell.ptr[i] == '"' && i + 1 < cell.len && cell.ptr[i + 1] == '"';
		i += is_pair;
		wr_u8(w, cell.ptr[i]);
	}
	return slice_from(writer_done(w), from);
}

void csv_put(slice_t text, writer_t *w)
{
	bool is_bare = text.len > 0;
	for (size_t i = 0; i < text.len; i++)
		is_bare &= text.ptr[i] > ' ' && text.ptr[i] != '"' && text.ptr[i] != ',';
	if (is_bare) {
		wr_bytes(w, text);
		return;
	}
	wr_u8(w, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			wr_u8(w, '"');
		wr_u8(w, text.ptr[i]);
	}
	wr_u8(w, '"');
}
