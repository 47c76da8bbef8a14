/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BOOK_STATE_H
#define INSIGHT_BOOK_STATE_H
/* What the files of the book share: book.c writes and follows, book_view.c keeps the view,
 * book_read.c answers. */
#include "env/env.h"
#include "insight/bookshelf.h"
#include "journal/follow.h"

enum { BOOK_PATH_MAX = 512 };

struct book {
	env_t *env;
	book_spec_t spec;
	char path[BOOK_PATH_MAX];
	bool is_rebuilt;
	metrics_t metrics;
	/* Guards all below: figures are issued and asked for on several FILES loops, seldom, and
	 * both read the disk. */
	env_mutex_t *gate;
	bookshelf_t shelf;
	journal_mark_t mark;      /* rows behind it are not durable yet and not seen */
	journal_cursor_t *cursor; /* reads single records */
	uint8_t room[FIGURE_BYTES_MAX];
};

/* book.c, under the gate */
MUST_CHECK err_t book_catch_up(book_t *book);
/* Sets the gauges. */
void book_gauge(book_t *book);
/* Revision and time of `figure` are set. */
MUST_CHECK err_t book_append(book_t *book, const book_key_t *key, figure_t *figure,
                             uint64_t *ret_seq);

/* book_view.c: what there was is gone; ERR_NOT_FOUND, ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t book_view_load(book_t *book);
MUST_CHECK err_t book_view_save(book_t *book);

/* book_read.c: the figure of a row, borrowed from the cursor, and who issued it. */
MUST_CHECK err_t book_read(book_t *book, const bookshelf_row_t *row, slice_t *ret_node,
                           figure_t *ret_figure);
#endif
