/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uplink/uplink.h"
#include "insight/book_state.h"
#include "model/received.h"

static err_t read_received(const journal_record_t *record, uint32_t wanted, slice_t *ret_node,
                           figure_t *ret_figure)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t item;
	if (received_read(record->payload, &received) || uplink_batch_read(received.batch, &batch))
		return ERR_CORRUPT;
	uplink_items_t items = uplink_items_of(&batch);
	for (uint32_t i = 0; uplink_item_next(&items, &item); i++)
		if (i == wanted)
			return figure_item_decode(item.body, ret_node, ret_figure) ? ERR_CORRUPT
			                                                           : ERR_OK;
	return ERR_CORRUPT;
}

err_t book_read(book_t *book, const bookshelf_row_t *row, slice_t *ret_node, figure_t *ret_figure)
{
	journal_record_t record;
	if (row->seq > book->mark.seq)
		return ERR_BUSY;
	err_t err = journal_cursor_jump(book->cursor, row->seq, row->at, &record);
	if (err)
		return err;
	if (record.type == JOURNAL_RECEIVED)
		return read_received(&record, row->item, ret_node, ret_figure);
	*ret_node = (slice_t){ 0 };
	if (record.type != JOURNAL_FIGURE || figure_decode(record.payload, ret_figure))
		return ERR_CORRUPT;
	return ERR_OK;
}

/* What is durable and was issued by then; NULL when nothing was. */
static const bookshelf_row_t *seen(const book_t *book, const bookshelf_row_t *row, int64_t by_ns)
{
	while (row && (row->seq > book->mark.seq || (by_ns && row->issued_ns > by_ns)))
		row = row->older;
	return row;
}

typedef struct {
	book_row_fn *row;
	void *ctx;
	bool is_ended;
} giver_t;

static err_t give(book_t *book, const bookshelf_cell_t *cell, const bookshelf_row_t *row,
                  giver_t *to)
{
	book_row_t told = {
		.key = bookshelf_key(cell), .seq = row->seq, .at = row->at, .revisions = cell->count
	};
	err_t err = book_read(book, row, &told.node, &told.figure);
	if (err)
		return err;
	to->is_ended = !to->row(to->ctx, &told);
	return ERR_OK;
}

/* Pages */

void book_place_put(const book_key_t *key, writer_t *w)
{
	wr_string(w, key->key.definition);
	wr_varint(w, key->key.version);
	wr_string(w, key->key.scope);
	wr_string(w, key->entity);
	wr_string(w, key->source);
	wr_zigzag(w, key->key.from_ns);
	wr_zigzag(w, key->key.to_ns);
}

static err_t read_place(slice_t place, book_key_t *ret_key)
{
	reader_t r = reader_of(place);
	book_key_t key;
	key.key.definition = rd_string(&r);
	uint64_t version = rd_varint(&r);
	key.key.version = (uint32_t)version;
	key.key.scope = rd_string(&r);
	key.entity = rd_string(&r);
	key.source = rd_string(&r);
	key.key.from_ns = rd_zigzag(&r);
	key.key.to_ns = rd_zigzag(&r);
	if (r.bad || r.in.len || version > UINT32_MAX)
		return ERR_INVALID;
	*ret_key = key;
	return ERR_OK;
}

/* The first cell behind the key; with `at`, the one at it too. */
static size_t behind(const bookshelf_t *shelf, const book_key_t *key, bool at)
{
	size_t low = 0, high = shelf->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		book_key_t there = bookshelf_key(shelf->order[middle]);
		int order = bookshelf_key_cmp(&there, key);
		if (order < 0 || (order == 0 && !at))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_any(slice_t wanted, slice_t found)
{
	return wanted.len == 0 || slice_eq(wanted, found);
}

static bool matches(const book_query_t *query, const book_key_t *key)
{
	bool in_time = (query->from_ns == 0 && query->to_ns == 0) ||
	               (key->key.to_ns > query->from_ns && key->key.from_ns < query->to_ns);
	return in_time && is_any(query->definition, key->key.definition) &&
	       (query->version == 0 || query->version == key->key.version) &&
	       is_any(query->scope, key->key.scope) && is_any(query->entity, key->entity) &&
	       (!query->has_source || slice_eq(query->source, key->source));
}

/* Where the page begins. */
static err_t first_of(const book_t *book, const book_query_t *query, size_t *ret_at)
{
	book_key_t first = { .key = { .definition = query->definition } };
	size_t at = behind(&book->shelf, &first, true), place = 0;
	if (query->after.len) {
		err_t err = read_place(query->after, &first);
		if (err)
			return err;
		place = behind(&book->shelf, &first, false);
	}
	*ret_at = at > place ? at : place;
	return ERR_OK;
}

static err_t list(book_t *book, const book_query_t *query, giver_t *to)
{
	size_t at = 0, given = 0;
	err_t err = bookshelf_order(&book->shelf);
	err = err ? err : first_of(book, query, &at);
	for (; err == ERR_OK && at < book->shelf.count && given < query->limit && !to->is_ended;
	     at++) {
		const bookshelf_cell_t *cell = book->shelf.order[at];
		book_key_t key = bookshelf_key(cell);
		if (query->definition.len && !slice_eq(key.key.definition, query->definition))
			break;
		const bookshelf_row_t *row = matches(query, &key) ? seen(book, cell->newest,
		                                                         query->published_by_ns)
		                                                  : NULL;
		if (!row)
			continue;
		err = give(book, cell, row, to);
		given++;
	}
	return err;
}

err_t book_list(book_t *book, const book_query_t *query, book_row_fn *row, void *ctx)
{
	giver_t to = { row, ctx, false };
	if (query->limit == 0 || query->limit > BOOK_PAGE_MAX)
		return ERR_INVALID;
	env_lock(book->gate);
	err_t err = list(book, query, &to);
	env_unlock(book->gate);
	return err;
}

static err_t get(book_t *book, const book_question_t *question, giver_t *to)
{
	const bookshelf_cell_t *cell = bookshelf_find(&book->shelf, &question->key);
	const bookshelf_row_t *row = cell ? seen(book, cell->newest, question->published_by_ns)
	                                  : NULL;
	return row ? give(book, cell, row, to) : ERR_NOT_FOUND;
}

err_t book_get(book_t *book, const book_question_t *question, book_row_fn *row, void *ctx)
{
	giver_t to = { row, ctx, false };
	env_lock(book->gate);
	err_t err = get(book, question, &to);
	env_unlock(book->gate);
	return err;
}

static bool has(const book_t *book, const book_key_t *key)
{
	const bookshelf_cell_t *cell = bookshelf_find(&book->shelf, key);
	return cell && seen(book, cell->newest, 0);
}

bool book_has(book_t *book, const book_key_t *key)
{
	env_lock(book->gate);
	bool is_there = has(book, key);
	env_unlock(book->gate);
	return is_there;
}

/* Of another period, and the rest the same. */
static bool is_akin(const book_key_t *a, const book_key_t *b)
{
	book_key_t x = *a;
	x.key.from_ns = b->key.from_ns;
	x.key.to_ns = b->key.to_ns;
	return bookshelf_key_cmp(&x, b) == 0;
}

static err_t before(book_t *book, const book_key_t *key, giver_t *to)
{
	err_t err = bookshelf_order(&book->shelf);
	if (err)
		return err;
	size_t at = behind(&book->shelf, key, true);
	for (size_t n = 0; at > 0 && n < BOOK_BEFORE_MAX; n++) {
		const bookshelf_cell_t *cell = book->shelf.order[--at];
		book_key_t found = bookshelf_key(cell);
		const bookshelf_row_t *row = seen(book, cell->newest, 0);
		if (!is_akin(&found, key))
			break;
		if (row && found.key.to_ns <= key->key.from_ns)
			return give(book, cell, row, to);
	}
	return ERR_NOT_FOUND;
}

err_t book_before(book_t *book, const book_key_t *key, book_row_fn *row, void *ctx)
{
	giver_t to = { row, ctx, false };
	env_lock(book->gate);
	err_t err = before(book, key, &to);
	env_unlock(book->gate);
	return err;
}

static err_t history(book_t *book, const book_key_t *key, giver_t *to)
{
	const bookshelf_cell_t *cell = bookshelf_find(&book->shelf, key);
	const bookshelf_row_t *row = cell ? seen(book, cell->newest, 0) : NULL;
	err_t err = row ? ERR_OK : ERR_NOT_FOUND;
	while (row && err == ERR_OK && !to->is_ended) {
		err = give(book, cell, row, to);
		row = seen(book, row->older, 0);
	}
	return err;
}

err_t book_history(book_t *book, const book_key_t *key, book_row_fn *row, void *ctx)
{
	giver_t to = { row, ctx, false };
	env_lock(book->gate);
	err_t err = history(book, key, &to);
	env_unlock(book->gate);
	return err;
}
