/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_STORE_ROW_H
#define REGISTRY_STORE_ROW_H
/* A record as the view keeps it: checked as a whole, and short. What nearly every
 * value has (its time to live, its permissions, the time of the change, a known
 * type) is a bit each, so that a record of five values takes some 70 bytes beside
 * its data. Private to this folder; store.md has every byte.
 *
 * Story: row_write appends one; row_open checks one and shows its name, by which
 * a look-up knows that it has found the right one; row_expand gives the record
 * back in the encoding of the Handle protocol. What would expand to more than
 * ROW_ROOM bytes is kept as it is and borrowed.
 *
 * Pure functions. */
#include "base/cursor.h"
#include "base/err.h"
#include "model/record.h"

enum {
	ROW_ALIGN = 8,
	ROW_ROOM = 2048, /* bytes a short record may expand to */
	ROW_BYTES_MAX = RECORD_BYTES_MAX + RECORD_NAME_MAX + 64,
};

typedef struct {
	slice_t name;  /* as registered */
	slice_t body;  /* what is behind the name */
	size_t size;   /* of the whole row, padding included */
	uint8_t flags; /* of the head */
} row_t;

/* Appends the row, padded to a multiple of ROW_ALIGN. */
void row_write(const record_t *record, writer_t *w);
/* `in` goes from the row to the end of its segment. ERR_CORRUPT. Borrows. */
MUST_CHECK err_t row_open(slice_t in, row_t *ret_row);
/* The record; its values are appended to `room` or, when they are long, borrowed of the
 * row. ERR_LIMIT without room for ROW_ROOM bytes. */
MUST_CHECK err_t row_expand(const row_t *row, writer_t *room, record_t *ret_record);
#endif
