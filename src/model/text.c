/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the holes of a message's sentence. Templates are our own constants, so
 * an unclosed brace or bracket simply ends with the text. */
#include "model/text.h"

#include <math.h>

static const value_t *hole_value(const event_t *event, slice_t name)
{
	for (size_t i = 0; i < event->count; i++)
		if (slice_eq(name, slice_str(event_arg_name(event->args[i].key))))
			return &event->args[i].value;
	return NULL;
}

/* Unknown numbers are NaN in the rooms that have them; empty text says nothing. */
static bool is_filled(const value_t *value)
{
	if (!value || value->type == VALUE_NONE)
		return false;
	if (value->type == VALUE_TEXT)
		return value->as.text.len > 0;
	return value->type != VALUE_F64 || !isnan(value->as.f);
}

static void put_value(const value_t *value, writer_t *w)
{
	char buf[32];
	if (!is_filled(value))
		wr_u8(w, '?');
	else if (value->type == VALUE_TEXT)
		wr_bytes(w, value->as.text);
	else
		wr_bytes(w, slice_str(value_format(value, buf, sizeof(buf))));
}

/* Text up to the next hole goes to `*ret_plain`, the hole's name to `*ret_hole`;
 * false when there is no further hole. */
static bool next_hole(slice_t *rest, slice_t *ret_plain, slice_t *ret_hole)
{
	bool found = slice_find(*rest, '{') < rest->len;
	*ret_plain = slice_cut(rest, '{');
	*ret_hole = found ? slice_cut(rest, '}') : (slice_t){ 0 };
	return found;
}

static bool clause_is_filled(const event_t *event, slice_t clause)
{
	slice_t plain, hole;
	while (next_hole(&clause, &plain, &hole))
		if (!is_filled(hole_value(event, hole)))
			return false;
	return true;
}

static void put_clause(const event_t *event, slice_t clause, writer_t *w)
{
	slice_t plain, hole;
	bool more = true;
	while (more) {
		more = next_hole(&clause, &plain, &hole);
		wr_bytes(w, plain);
		if (more)
			put_value(hole_value(event, hole), w);
	}
}

void event_text(const event_t *event, lang_t lang, writer_t *w)
{
	slice_t rest = slice_str(MESSAGE_TEXTS[event->message].text[lang]);
	while (rest.len) {
		put_clause(event, slice_cut(&rest, '['), w);
		slice_t clause = slice_cut(&rest, ']');
		if (clause_is_filled(event, clause))
			put_clause(event, clause, w);
	}
}
