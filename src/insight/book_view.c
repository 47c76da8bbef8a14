/* SPDX-License-Identifier: Apache-2.0 */
/* The view may only know what the journal will still know after a crash: rows behind the
 * mark are left out. What the checksum covers is ours, but a view that does not make sense
 * even so is made again, like one that is damaged. */
#include "env/file.h"
#include "insight/book_state.h"
#include "journal/view_file.h"

#include <stdlib.h>

static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'B', 'O', 'K' }, 1 };

enum { NUMBER_MAX = 10, CELL_MAX = 8 * NUMBER_MAX, ROW_MAX = 5 * NUMBER_MAX + 8 };

/* Writing */

static size_t bound(const bookshelf_t *shelf)
{
	size_t bytes = VIEW_FILE_HEAD + VIEW_FILE_CRC + 3 * NUMBER_MAX;
	slice_t key = { 0 };
	void *value = NULL;
	for (size_t at = 0; table_next(shelf->names, &at, &key, &value);)
		bytes += key.len + NUMBER_MAX;
	return bytes + shelf->count * CELL_MAX + shelf->rows * ROW_MAX +
	       table_count(shelf->sources) * (2 * NUMBER_MAX + FIGURE_NAME_MAX + 1);
}

static void put_names(const bookshelf_t *shelf, writer_t *w)
{
	uint32_t number = 0;
	slice_t text = { 0 };
	void *value = NULL;
	wr_varint(w, table_count(shelf->names));
	for (size_t at = 0; table_next(shelf->names, &at, &text, &value);) {
		bookshelf_name_t *name = *(bookshelf_name_t **)value;
		name->number = number++;
		wr_string(w, text);
	}
}

static uint32_t durable_rows(const book_t *book, const bookshelf_cell_t *cell)
{
	uint32_t count = 0;
	for (const bookshelf_row_t *row = cell->newest; row; row = row->older)
		count += row->seq <= book->mark.seq;
	return count;
}

static void put_row(const bookshelf_row_t *row, writer_t *w)
{
	wr_varint(w, row->seq);
	wr_varint(w, row->at);
	wr_varint(w, row->item);
	wr_zigzag(w, row->issued_ns);
	wr_u64_le(w, row->said);
	wr_varint(w, row->revision);
}

static void put_cell(const book_t *book, const bookshelf_cell_t *cell, writer_t *w)
{
	for (size_t i = 0; i < NAMES; i++)
		wr_varint(w, cell->names[i]->number);
	wr_varint(w, cell->version);
	wr_zigzag(w, cell->from_ns);
	wr_varint(w, (uint64_t)cell->to_ns - (uint64_t)cell->from_ns);
	wr_varint(w, durable_rows(book, cell));
	for (const bookshelf_row_t *row = cell->newest; row; row = row->older)
		if (row->seq <= book->mark.seq)
			put_row(row, w);
}

static size_t count_horizons(const bookshelf_t *shelf)
{
	size_t count = 0;
	slice_t name = { 0 };
	void *value = NULL;
	for (size_t at = 0; table_next(shelf->sources, &at, &name, &value);)
		count += ((bookshelf_source_t *)value)->has_horizon;
	return count;
}

static void put_sources(const bookshelf_t *shelf, writer_t *w)
{
	slice_t name = { 0 };
	void *value = NULL;
	wr_varint(w, count_horizons(shelf));
	for (size_t at = 0; table_next(shelf->sources, &at, &name, &value);) {
		const bookshelf_source_t *source = value;
		if (!source->has_horizon)
			continue;
		wr_string(w, name);
		wr_zigzag(w, source->horizon_ns);
	}
}

static void put_all(const book_t *book, writer_t *w)
{
	const bookshelf_t *shelf = &book->shelf;
	view_file_begin(&FORM, &book->mark, w);
	put_names(shelf, w);
	wr_varint(w, shelf->count);
	for (size_t i = 0; i < shelf->count; i++)
		put_cell(book, shelf->order[i], w);
	put_sources(shelf, w);
	view_file_end(w);
}

err_t book_view_save(book_t *book)
{
	err_t err = bookshelf_order(&book->shelf);
	if (err)
		return err;
	size_t cap = bound(&book->shelf);
	uint8_t *room = malloc(cap);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, cap);
	put_all(book, &w);
	err = w.bad ? ERR_INTERNAL : env_file_save(book->env, book->path, writer_done(&w));
	free(room);
	return err;
}

/* Reading */

typedef struct {
	slice_t *texts;
	size_t count;
} names_t;

static err_t read_names(reader_t *r, names_t *ret_names)
{
	uint64_t count = rd_varint(r);
	if (r->bad || count > r->in.len)
		return ERR_CORRUPT;
	slice_t *texts = calloc((size_t)count + 1, sizeof(*texts));
	if (!texts)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		texts[i] = rd_string(r);
	*ret_names = (names_t){ texts, (size_t)count };
	return ERR_OK;
}

static slice_t read_name(reader_t *r, const names_t *names)
{
	uint64_t number = rd_varint(r);
	if (number < names->count)
		return names->texts[number];
	r->bad = true;
	return (slice_t){ 0 };
}

static void read_key(reader_t *r, const names_t *names, book_key_t *key)
{
	key->key.definition = read_name(r, names);
	key->key.scope = read_name(r, names);
	key->entity = read_name(r, names);
	key->source = read_name(r, names);
	key->key.version = (uint32_t)rd_varint(r);
	key->key.from_ns = rd_zigzag(r);
	uint64_t length = rd_varint(r);
	r->bad = r->bad || __builtin_add_overflow(key->key.from_ns, length, &key->key.to_ns);
}

static void read_row(reader_t *r, bookshelf_row_t *row)
{
	row->seq = rd_varint(r);
	row->at = rd_varint(r);
	row->item = (uint32_t)rd_varint(r);
	row->issued_ns = rd_zigzag(r);
	row->said = rd_u64_le(r);
	row->revision = (uint32_t)rd_varint(r);
}

static err_t read_cell(book_t *book, reader_t *r, const names_t *names)
{
	bookshelf_outcome_t outcome;
	book_key_t key = { 0 };
	read_key(r, names, &key);
	uint64_t rows = rd_varint(r);
	for (uint64_t i = 0; i < rows && !r->bad; i++) {
		bookshelf_row_t row = { 0 };
		read_row(r, &row);
		/* What no longer fits was written with another limit. */
		if (r->bad || book->shelf.rows >= book->shelf.max)
			return ERR_CORRUPT;
		err_t err = bookshelf_put(&book->shelf, &key, &row, &outcome);
		if (err)
			return err;
	}
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

static err_t read_source(book_t *book, reader_t *r)
{
	slice_t name = rd_string(r);
	int64_t horizon_ns = rd_zigzag(r);
	return r->bad ? ERR_CORRUPT : bookshelf_set_horizon(&book->shelf, name, horizon_ns);
}

static err_t read_sources(book_t *book, reader_t *r)
{
	uint64_t count = rd_varint(r);
	err_t err = ERR_OK;
	for (uint64_t i = 0; i < count && !r->bad && !err; i++)
		err = read_source(book, r);
	if (err)
		return err;
	return r->bad || r->in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t read_all(book_t *book, slice_t file)
{
	reader_t r = { 0 };
	names_t names = { 0 };
	err_t err = view_file_open(&FORM, file, &r, &book->mark);
	err = err ? err : read_names(&r, &names);
	uint64_t cells = err ? 0 : rd_varint(&r);
	for (uint64_t i = 0; i < cells && err == ERR_OK; i++)
		err = read_cell(book, &r, &names);
	err = err ? err : read_sources(book, &r);
	free(names.texts);
	if (err)
		return err;
	book->shelf.sorted = book->shelf.count; /* as they were written */
	return ERR_OK;
}

err_t book_view_load(book_t *book)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(book->env, book->path, &map);
	if (!err)
		err = read_all(book, env_map_bytes(map));
	env_map_close(map);
	return err;
}
