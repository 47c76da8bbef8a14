/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_MESSAGE_H
#define CODEC_GS1_MESSAGE_H
/* A message under construction, for the readers of this room. */
#include "codec/gs1/gs1.h"

typedef struct {
	slice_t text;   /* the whole input */
	writer_t *room; /* where escapes are undone */
	gs1_message_t *m;
} gs1_scan_t;

/* Where in the input the rest begins. */
static inline size_t gs1_scan_at(const gs1_scan_t *s, slice_t rest)
{
	return s->text.len - rest.len;
}
/* Notes what is wrong, unless something was already. */
void gs1_note(gs1_message_t *m, gs1_problem_t problem, slice_t ai, size_t at);
/* Marks an element and the message. */
void gs1_blame(gs1_message_t *m, gs1_element_t *element, gs1_problem_t problem);
/* Puts an element behind the others and checks its value. */
void gs1_add(gs1_message_t *m, const gs1_element_t *element);
/* The primary key to the front, its qualifiers behind it in order; the rest stays. */
void gs1_arrange(gs1_message_t *m);
/* What the elements are to one another: none twice, none excluded, none missing. */
void gs1_judge(gs1_message_t *m);
/* Whether `ai` is a qualifier of the key in any of its sequences. */
bool gs1_is_qualifier(const gs1_ai_t *key, slice_t ai);
/* Whether all are qualifiers of the key in the order of one of its sequences. */
bool gs1_is_sequence(const gs1_ai_t *key, const gs1_element_t *qualifiers, size_t count);

/* Whether it has a primary key, and all that is no level may be in the query. When the key
 * is among the bits, nothing else there may be one: which was meant could not be told. */
bool gs1_fits_compressed(const gs1_message_t *m, bool keeps_key);

/* Cuts the last segment off; what is left ends before its slash. */
slice_t gs1_segment_cut(slice_t *path);
/* Cuts "/01/09521234543213" off when the path ends in a primary key and its value. */
bool gs1_key_cut(slice_t *path, slice_t *ret_code, slice_t *ret_value);
/* Behind the scheme and a host that is not empty; a bare path begins at once. The length
 * of the text when it has no path. */
size_t gs1_path_begins(slice_t text);
/* The text without escapes: itself when there are none, else in the room. */
bool gs1_unescape(writer_t *room, slice_t text, slice_t *ret_plain);
/* All but letters, digits and "-._~" percent-encoded. */
void gs1_escaped_put(writer_t *w, slice_t text);

void gs1_uri_read(gs1_scan_t *s);
void gs1_brackets_read(gs1_scan_t *s);
void gs1_plain_read(gs1_scan_t *s);
#endif
