/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"
#include "codec/gs1/message.h"
#include "codec/gs1/table.h"

void gs1_escaped_put(writer_t *w, slice_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool plain = ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain) {
			wr_u8(w, c);
		} else {
			static const char hex[] = "0123456789ABCDEF";
			wr_u8(w, '%');
			wr_u8(w, (uint8_t)hex[c >> 4]);
			wr_u8(w, (uint8_t)hex[c & 15]);
		}
	}
}

void gs1_path_put(const gs1_message_t *message, size_t levels, writer_t *w)
{
	for (size_t i = 0; i < levels && i < message->levels; i++) {
		wr_u8(w, '/');
		wr_bytes(w, message->elements[i].code);
		wr_u8(w, '/');
		gs1_escaped_put(w, message->elements[i].value);
	}
}

/* The attribute that comes next in the order of AIs; NULL at the end. */
static const gs1_element_t *next_attribute(const gs1_message_t *m, slice_t after)
{
	const gs1_element_t *next = NULL;
	for (size_t i = m->levels; i < m->count; i++) {
		const gs1_element_t *e = &m->elements[i];
		bool may = e->ai && e->ai->flags & GS1_QUERY && slice_cmp(e->code, after) > 0;
		if (may && (!next || slice_cmp(e->code, next->code) < 0))
			next = e;
	}
	return next;
}

void gs1_uri_put(const gs1_message_t *message, slice_t stem, writer_t *w)
{
	const gs1_element_t *e = next_attribute(message, (slice_t){ 0 });
	wr_bytes(w, stem);
	gs1_path_put(message, message->levels, w);
	for (uint8_t before = '?'; e; before = '&', e = next_attribute(message, e->code)) {
		wr_u8(w, before);
		wr_bytes(w, e->code);
		wr_u8(w, '=');
		gs1_escaped_put(w, e->value);
	}
}

void gs1_brackets_put(const gs1_message_t *message, writer_t *w)
{
	for (size_t i = 0; i < message->count; i++) {
		const gs1_element_t *e = &message->elements[i];
		wr_u8(w, '(');
		wr_bytes(w, e->code);
		wr_u8(w, ')');
		for (size_t k = 0; k < e->value.len; k++) {
			if (e->value.ptr[k] == '(')
				wr_u8(w, '\\');
			wr_u8(w, e->value.ptr[k]);
		}
	}
}

void gs1_plain_put(const gs1_message_t *message, writer_t *w)
{
	for (size_t i = 0; i < message->count; i++) {
		const gs1_element_t *e = &message->elements[i];
		wr_bytes(w, e->code);
		wr_bytes(w, e->value);
		if (i + 1 < message->count && e->ai && !(e->ai->flags & GS1_FIXED))
			wr_u8(w, GS1_FNC1);
	}
}
