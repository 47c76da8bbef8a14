/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_FIGURE_ID_H
#define API_FIGURE_ID_H
/* The name of one revision of a figure, as a segment of a path: base64url of a version byte,
 * the place of its cell in the book (insight/book.h) and the revision as a varint. A figure has
 * one name and a name is of one figure, at this node. Pure. */
#include "insight/book.h"

enum {
	FIGURE_ID_BYTES = 1 + BOOK_PLACE_MAX + 10,
	FIGURE_ID_TEXT = (FIGURE_ID_BYTES + 2) / 3 * 4,
};

typedef struct {
	book_key_t key; /* borrows the room of the text it was read from */
	uint32_t revision;
} figure_id_t;

/* w->bad when it does not fit; FIGURE_ID_TEXT is enough. */
void figure_id_put(const figure_id_t *id, writer_t *w);
/* ERR_MALFORMED: no such name can be. */
MUST_CHECK err_t figure_id_read(slice_t text, uint8_t room[FIGURE_ID_BYTES], figure_id_t *ret_id);
#endif
