/* SPDX-License-Identifier: Apache-2.0 */
/* Element strings, in brackets and as scanners give them. */
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

enum { AI_MIN = 2, SYMBOLOGY_BYTES = 3 };

/* The digits between brackets at the front, when they may be an AI. */
static slice_t bracketed(slice_t rest)
{
	slice_t inside = slice_sub(rest, 1, GS1_AI_MAX + 1);
	size_t end = slice_find(inside, ')');
	slice_t ai = slice_sub(inside, 0, end);
	bool is_ai = rest.len && rest.ptr[0] == '(' && end < inside.len && ai.len >= AI_MIN &&
	             ascii_is_digits(ai);
	return is_ai ? ai : (slice_t){ 0 };
}

/* Up to the next AI in brackets; a backslash takes a bracket's meaning away. */
static slice_t bracket_value(gs1_scan_t *s, slice_t rest, size_t *ret_used)
{
	size_t from = s->room->len, i = 0;
	for (; i < rest.len && !bracketed(slice_from(rest, i)).len; i++) {
		i += rest.ptr[i] == '\\' && i + 1 < rest.len && rest.ptr[i + 1] == '(';
		wr_u8(s->room, rest.ptr[i]);
	}
	*ret_used = i;
	return slice_from(writer_done(s->room), from);
}

void gs1_brackets_read(gs1_scan_t *s)
{
	slice_t rest = s->text;
	while (rest.len) {
		gs1_element_t element = { .code = bracketed(rest) };
		size_t used = 0;
		if (element.code.len == 0) {
			gs1_note(s->m, GS1_NOT_GS1, element.code, gs1_scan_at(s, rest));
			return;
		}
		rest = slice_from(rest, element.code.len + 2);
		element.at = gs1_scan_at(s, rest);
		element.ai = gs1_ai_find(element.code);
		element.value = bracket_value(s, rest, &used);
		gs1_add(s->m, &element);
		rest = slice_from(rest, used);
	}
}

static bool is_fnc1(uint8_t c)
{
	return c == GS1_FNC1 || c == '^';
}

/* No AI is the beginning of another, so the first that fits is meant. */
static slice_t front_ai(slice_t rest)
{
	for (size_t len = AI_MIN; len <= GS1_AI_MAX && len <= rest.len; len++)
		if (gs1_ai_find(slice_sub(rest, 0, len)))
			return slice_sub(rest, 0, len);
	return (slice_t){ 0 };
}

static size_t fixed_length(const gs1_ai_t *ai)
{
	size_t len = 0;
	for (size_t i = 0; i < ai->part_count; i++)
		len += ai->parts[i].max;
	return len;
}

static slice_t plain_value(const gs1_ai_t *ai, slice_t rest)
{
	size_t end = 0, max = ai->flags & GS1_FIXED ? fixed_length(ai) : rest.len;
	while (end < rest.len && end < max && !is_fnc1(rest.ptr[end]))
		end++;
	return slice_sub(rest, 0, end);
}

/* "]C1", "]d2", "]Q3", "]e0", "]J1", or nothing. */
static slice_t skip_symbology(slice_t text)
{
	return text.len && text.ptr[0] == ']' ? slice_from(text, SYMBOLOGY_BYTES) : text;
}

void gs1_plain_read(gs1_scan_t *s)
{
	slice_t rest = skip_symbology(s->text);
	while (rest.len) {
		if (is_fnc1(rest.ptr[0])) {
			rest = slice_from(rest, 1);
			continue;
		}
		gs1_element_t element = { .code = front_ai(rest) };
		if (element.code.len == 0) {
			gs1_note(s->m, GS1_UNKNOWN_AI, slice_sub(rest, 0, GS1_AI_MAX),
			         gs1_scan_at(s, rest));
			return;
		}
		rest = slice_from(rest, element.code.len);
		element.at = gs1_scan_at(s, rest);
		element.ai = gs1_ai_find(element.code);
		element.value = plain_value(element.ai, rest);
		rest = slice_from(rest, element.value.len);
		gs1_add(s->m, &element);
	}
}
