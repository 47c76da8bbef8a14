/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BOOKSHELF_H
#define INSIGHT_BOOKSHELF_H
/* The rows of the book in memory: cells by key, each with its revisions. No disk, no clock,
 * no locks: the book has those. Private to the book.
 *
 * Story: bookshelf_put for each figure as it is issued or read; bookshelf_find for one cell;
 * bookshelf_order for all of them in order. */
#include "base/table.h"
#include "insight/book.h"

typedef struct {
	uint32_t uses, number; /* number: while a view is written */
	size_t len;
	uint8_t bytes[];
} bookshelf_name_t;

typedef struct bookshelf_row bookshelf_row_t;
struct bookshelf_row {
	uint64_t seq, at; /* of the record, and its place; 0: not read back yet */
	int64_t issued_ns;
	uint64_t said; /* hash of what it says */
	uint32_t revision, item;
	bookshelf_row_t *older;
};

enum { NAME_DEFINITION, NAME_SCOPE, NAME_ENTITY, NAME_SOURCE, NAMES };

typedef struct {
	bookshelf_name_t *names[NAMES];
	uint32_t version, count;
	int64_t from_ns, to_ns;
	bookshelf_row_t *newest; /* by revision and time of issue */
} bookshelf_cell_t;

/* What a source has, and up to where it has forgotten. */
typedef struct {
	size_t rows;
	bool has_horizon;
	int64_t horizon_ns;
} bookshelf_source_t;

typedef struct {
	table_t *names, *cells,
		*sources; /* to bookshelf_name_t *, bookshelf_cell_t *, bookshelf_source_t */
	bookshelf_cell_t **order;
	size_t count, cap, sorted; /* of order: how many, room, how many are in order */
	size_t rows, max, bytes;
	uint64_t forgotten;
} bookshelf_t;

typedef enum {
	SHELF_LATEST,       /* it is the cell's latest now */
	SHELF_LATE,         /* a newer one is known */
	SHELF_CONTRADICTED, /* another of its revision is known, too */
	SHELF_REPEATED,     /* it was known */
	SHELF_BEYOND,       /* of a period that is forgotten */
} bookshelf_outcome_t;

MUST_CHECK err_t bookshelf_open(bookshelf_t *shelf, size_t max);
void bookshelf_done(bookshelf_t *shelf);
MUST_CHECK err_t bookshelf_put(bookshelf_t *shelf, const book_key_t *key,
                               const bookshelf_row_t *row, bookshelf_outcome_t *ret_outcome);
/* NULL: none. */
bookshelf_cell_t *bookshelf_find(const bookshelf_t *shelf, const book_key_t *key);
bool bookshelf_is_beyond(const bookshelf_t *shelf, const book_key_t *key);
/* Says of a source up to where it has forgotten. */
MUST_CHECK err_t bookshelf_set_horizon(bookshelf_t *shelf, slice_t source, int64_t horizon_ns);
/* Puts the cells in order; `order` holds until the next put. */
MUST_CHECK err_t bookshelf_order(bookshelf_t *shelf);
book_key_t bookshelf_key(const bookshelf_cell_t *cell);
int bookshelf_key_cmp(const book_key_t *a, const book_key_t *b);
#endif
