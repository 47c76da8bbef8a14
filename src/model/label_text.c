/* SPDX-License-Identifier: Apache-2.0 */
/* Label sets as people and programs write them. */
#include "model/label.h"

/* Writing. */

static void put_value(slice_t value, writer_t *w)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];
		if (c == '"' || c == '\\' || c == '\n')
			wr_u8(w, '\\');
		wr_u8(w, c == '\n' ? 'n' : c);
	}
}

void labels_text(const labels_t *labels, writer_t *w)
{
	const char *between = "{";
	wr_bytes(w, labels_get(labels, SLICE(LABEL_NAME)));
	for (size_t i = 0; i < labels->count; i++) {
		const label_t *label = &labels->items[i];
		if (slice_eq(label->name, SLICE(LABEL_NAME)))
			continue;
		wr_bytes(w, slice_str(between));
		wr_bytes(w, label->name);
		wr_bytes(w, SLICE("=\""));
		put_value(label->value, w);
		wr_u8(w, '"');
		between = ",";
	}
	if (between[0] == ',')
		wr_u8(w, '}');
}

/* Reading. */

static bool cut_byte(slice_t *s, uint8_t byte)
{
	bool found = s->len && s->ptr[0] == byte;
	*s = slice_from(*s, found);
	return found;
}

/* The bytes before the closing quote; false: there is none. */
static bool cut_quoted(slice_t *s, slice_t *ret_written)
{
	if (!cut_byte(s, '"'))
		return false;
	for (size_t i = 0; i < s->len; i++) {
		if (s->ptr[i] == '\\') {
			i++;
		} else if (s->ptr[i] == '"') {
			*ret_written = slice_sub(*s, 0, i);
			*s = slice_from(*s, i + 1);
			return true;
		}
	}
	return false;
}

static slice_t unescape(slice_t written, writer_t *plain)
{
	size_t from = plain->len;
	if (slice_find(written, '\\') == written.len)
		return written;
	for (size_t i = 0; i < written.len; i++) {
		bool is_escape = written.ptr[i] == '\\' && i + 1 < written.len;
		i += is_escape;
		wr_u8(plain, is_escape && written.ptr[i] == 'n' ? '\n' : written.ptr[i]);
	}
	return slice_from(writer_done(plain), from);
}

static err_t read_label(slice_t *s, writer_t *plain, label_t *ret_label)
{
	slice_t written;
	ret_label->name = slice_trim(slice_cut(s, '='));
	*s = slice_trim(*s);
	if (!cut_quoted(s, &written))
		return ERR_MALFORMED;
	ret_label->value = unescape(written, plain);
	*s = slice_trim(*s);
	return plain->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t labels_parse(slice_t text, label_t room[LABELS_MAX], writer_t *plain, labels_t *ret_labels)
{
	size_t count = 0, brace = slice_find(text, '{');
	slice_t name = slice_trim(slice_sub(text, 0, brace)), rest = slice_from(text, brace);
	if (name.len)
		room[count++] = (label_t){ SLICE(LABEL_NAME), name };
	bool is_open = cut_byte(&rest, '{');
	rest = slice_trim(rest);
	while (is_open && !cut_byte(&rest, '}')) {
		if (count == LABELS_MAX)
			return ERR_TOO_BIG;
		err_t err = read_label(&rest, plain, &room[count++]);
		if (err)
			return err;
		if (!cut_byte(&rest, ',') && !slice_starts(rest, SLICE("}")))
			return ERR_MALFORMED;
		rest = slice_trim(rest);
	}
	return slice_trim(rest).len ? ERR_MALFORMED : labels_make(room, count, ret_labels);
}
