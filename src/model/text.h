/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H
/* An event as one sentence in the reader's language. The sentences stand in
 * packs/text/messages.tsv and are built in. {name} is a hole for the argument of
 * that name (EVENT_ARG_ROWS); [a clause in brackets] is left out when one of its
 * holes has no argument, and outside brackets such a hole shows "?". Brackets do
 * not nest. */
#include "model/event.h"

/* By lang_t. Made by tools/gen_text.py; indexed by message_t. */
typedef struct {
	const char *text[LANG_COUNT];
} message_text_t;

extern const message_text_t MESSAGE_TEXTS[MESSAGE_COUNT];

/* Adds the sentence to `w`, which turns bad when it is full. */
void event_text(const event_t *event, lang_t lang, writer_t *w);
#endif
