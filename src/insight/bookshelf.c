/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/bookshelf.h"
#include "base/grow.h"

#include <stdlib.h>

enum {
	ROOM_FIRST = 64,
	FORGET_SHARE = 8,
	ALLOCATION = 16, /* what the allocator adds to each */
	KEY_BYTES = NAMES * sizeof(void *) + 3 * sizeof(uint64_t),
	TABLE_ROW = 96, /* of an entry, in its table */
	NAMES_MAX = 1 << 26,
	SOURCES_MAX = 1 << 16,
};

static const uint64_t SEED = 0x626F6F6B;

static slice_t name_slice(const bookshelf_name_t *name)
{
	return slice_of(name->bytes, name->len);
}

/* Names */

static size_t name_bytes(size_t len)
{
	return sizeof(bookshelf_name_t) + 2 * len + TABLE_ROW + 2 * ALLOCATION;
}

static bookshelf_name_t *name_find(const bookshelf_t *shelf, slice_t text)
{
	bookshelf_name_t *const *found = table_get(shelf->names, text);
	return found ? *found : NULL;
}

static err_t name_take(bookshelf_t *shelf, slice_t text, bookshelf_name_t **ret_name)
{
	void *value = NULL;
	bool is_new = false;
	err_t err = table_put(shelf->names, text, &value, &is_new);
	bookshelf_name_t **at = value;
	if (err)
		return err;
	if (is_new) {
		*at = malloc(sizeof(**at) + text.len);
		if (!*at) {
			table_remove(shelf->names, text);
			return ERR_NO_MEMORY;
		}
		**at = (bookshelf_name_t){ .len = text.len };
		if (text.len)
			memcpy((*at)->bytes, text.ptr, text.len);
		shelf->bytes += name_bytes(text.len);
	}
	(*at)->uses++;
	*ret_name = *at;
	return ERR_OK;
}

static void name_release(bookshelf_t *shelf, bookshelf_name_t *name)
{
	if (!name || --name->uses)
		return;
	table_remove(shelf->names, name_slice(name));
	shelf->bytes -= name_bytes(name->len);
	free(name);
}

/* Cells */

typedef struct {
	uint8_t bytes[KEY_BYTES];
} cell_key_t;

static slice_t cell_key(bookshelf_name_t *const names[NAMES], const figure_key_t *key,
                        cell_key_t *room)
{
	uint64_t numbers[] = { key->version, (uint64_t)key->from_ns, (uint64_t)key->to_ns };
	memcpy(room->bytes, names, NAMES * sizeof(names[0]));
	memcpy(room->bytes + NAMES * sizeof(names[0]), numbers, sizeof(numbers));
	return slice_of(room->bytes, sizeof(room->bytes));
}

static void texts_of(const book_key_t *key, slice_t ret_texts[NAMES])
{
	ret_texts[NAME_DEFINITION] = key->key.definition;
	ret_texts[NAME_SCOPE] = key->key.scope;
	ret_texts[NAME_ENTITY] = key->entity;
	ret_texts[NAME_SOURCE] = key->source;
}

book_key_t bookshelf_key(const bookshelf_cell_t *cell)
{
	return (book_key_t){ { name_slice(cell->names[NAME_DEFINITION]), cell->version,
		               name_slice(cell->names[NAME_SCOPE]), cell->from_ns, cell->to_ns },
		             name_slice(cell->names[NAME_ENTITY]),
		             name_slice(cell->names[NAME_SOURCE]) };
}

static bool names_find(const bookshelf_t *shelf, const book_key_t *key,
                       bookshelf_name_t *ret_names[NAMES])
{
	slice_t texts[NAMES];
	texts_of(key, texts);
	for (size_t i = 0; i < NAMES; i++) {
		ret_names[i] = name_find(shelf, texts[i]);
		if (!ret_names[i])
			return false;
	}
	return true;
}

bookshelf_cell_t *bookshelf_find(const bookshelf_t *shelf, const book_key_t *key)
{
	bookshelf_name_t *names[NAMES];
	cell_key_t room;
	if (!names_find(shelf, key, names))
		return NULL;
	bookshelf_cell_t *const *found = table_get(shelf->cells, cell_key(names, &key->key, &room));
	return found ? *found : NULL;
}

static size_t cell_bytes(void)
{
	return sizeof(bookshelf_cell_t) + sizeof(bookshelf_cell_t *) + TABLE_ROW + KEY_BYTES +
	       2 * ALLOCATION;
}

static err_t order_room(bookshelf_t *shelf)
{
	bookshelf_cell_t **order = grow_for(shelf->order, shelf->count + 1, &shelf->cap,
	                                    sizeof(bookshelf_cell_t *));
	if (!order)
		return ERR_NO_MEMORY;
	shelf->order = order;
	return ERR_OK;
}

static void rows_free(bookshelf_t *shelf, bookshelf_cell_t *cell)
{
	while (cell->newest) {
		bookshelf_row_t *row = cell->newest;
		cell->newest = row->older;
		free(row);
		shelf->rows--;
		shelf->bytes -= sizeof(*row) + ALLOCATION;
	}
}

static void cell_free(bookshelf_t *shelf, bookshelf_cell_t *cell)
{
	rows_free(shelf, cell);
	for (size_t i = 0; i < NAMES; i++)
		name_release(shelf, cell->names[i]);
	free(cell);
}

static err_t cell_name(bookshelf_t *shelf, bookshelf_cell_t *cell, const book_key_t *key)
{
	slice_t texts[NAMES];
	cell_key_t room;
	void *value = NULL;
	err_t err = ERR_OK;
	texts_of(key, texts);
	for (size_t i = 0; i < NAMES && err == ERR_OK; i++)
		err = name_take(shelf, texts[i], &cell->names[i]);
	if (err == ERR_OK)
		err = table_put(shelf->cells, cell_key(cell->names, &key->key, &room), &value,
		                NULL);
	if (err == ERR_OK)
		*(bookshelf_cell_t **)value = cell;
	return err;
}

static err_t cell_add(bookshelf_t *shelf, const book_key_t *key, bookshelf_cell_t **ret_cell)
{
	bookshelf_cell_t *cell = calloc(1, sizeof(*cell));
	err_t err = cell ? order_room(shelf) : ERR_NO_MEMORY;
	err = err ? err : cell_name(shelf, cell, key);
	if (err) {
		if (cell)
			cell_free(shelf, cell);
		return err;
	}
	cell->version = key->key.version;
	cell->from_ns = key->key.from_ns;
	cell->to_ns = key->key.to_ns;
	shelf->order[shelf->count++] = cell;
	shelf->bytes += cell_bytes();
	*ret_cell = cell;
	return ERR_OK;
}

/* Order */

int bookshelf_key_cmp(const book_key_t *a, const book_key_t *b)
{
	figure_key_t x = a->key, y = b->key;
	x.from_ns = x.to_ns = y.from_ns = y.to_ns = 0;
	int order = figure_key_cmp(&x, &y);
	order = order ? order : slice_cmp(a->entity, b->entity);
	order = order ? order : slice_cmp(a->source, b->source);
	return order ? order : figure_key_cmp(&a->key, &b->key);
}

static int by_key(const void *a, const void *b)
{
	book_key_t x = bookshelf_key(*(bookshelf_cell_t *const *)a);
	book_key_t y = bookshelf_key(*(bookshelf_cell_t *const *)b);
	return bookshelf_key_cmp(&x, &y);
}

/* What came since is sorted by itself and laid between the others from behind. */
err_t bookshelf_order(bookshelf_t *shelf)
{
	size_t fresh = shelf->count - shelf->sorted, old = shelf->sorted;
	if (fresh == 0)
		return ERR_OK;
	bookshelf_cell_t **tail = malloc(fresh * sizeof(bookshelf_cell_t *));
	if (!tail)
		return ERR_NO_MEMORY;
	memcpy(tail, shelf->order + old, fresh * sizeof(bookshelf_cell_t *));
	qsort(tail, fresh, sizeof(bookshelf_cell_t *), by_key);
	for (size_t at = shelf->count; fresh > 0; at--) {
		bool is_old = old > 0 && by_key(&shelf->order[old - 1], &tail[fresh - 1]) > 0;
		shelf->order[at - 1] = is_old ? shelf->order[--old] : tail[--fresh];
	}
	free(tail);
	shelf->sorted = shelf->count;
	return ERR_OK;
}

/* Forgetting */

static err_t source_of(bookshelf_t *shelf, slice_t name, bookshelf_source_t **ret_source)
{
	void *value = NULL;
	err_t err = table_put(shelf->sources, name, &value, NULL);
	*ret_source = value;
	return err;
}

err_t bookshelf_set_horizon(bookshelf_t *shelf, slice_t source, int64_t horizon_ns)
{
	bookshelf_source_t *of = NULL;
	err_t err = source_of(shelf, source, &of);
	if (err)
		return err;
	of->horizon_ns = horizon_ns;
	of->has_horizon = true;
	return ERR_OK;
}

bool bookshelf_is_beyond(const bookshelf_t *shelf, const book_key_t *key)
{
	const bookshelf_source_t *of = table_get(shelf->sources, key->source);
	return of && of->has_horizon && key->key.to_ns <= of->horizon_ns;
}

/* Of those that have as many, the first by name, so that it does not depend on the table. */
static bookshelf_source_t *largest(const bookshelf_t *shelf, slice_t *ret_name)
{
	bookshelf_source_t *most = NULL;
	slice_t name = { 0 };
	void *value = NULL;
	for (size_t at = 0; table_next(shelf->sources, &at, &name, &value);) {
		bookshelf_source_t *of = value;
		if (most && (of->rows < most->rows ||
		             (of->rows == most->rows && slice_cmp(name, *ret_name) > 0)))
			continue;
		most = of;
		*ret_name = name;
	}
	return most;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool is_of(const bookshelf_cell_t *cell, slice_t source)
{
	return slice_eq(name_slice(cell->names[NAME_SOURCE]), source);
}

static size_t ends_of(const bookshelf_t *shelf, slice_t source, int64_t *ret_ends)
{
	size_t n = 0;
	for (size_t i = 0; i < shelf->count; i++)
		if (is_of(shelf->order[i], source))
			ret_ends[n++] = shelf->order[i]->to_ns;
	return n;
}

/* The end of the last period that is to go. */
static err_t find_cutoff(const bookshelf_t *shelf, slice_t source, int64_t *ret_cutoff_ns)
{
	int64_t *ends = malloc(shelf->count * sizeof(*ends));
	if (!ends)
		return ERR_NO_MEMORY;
	size_t n = ends_of(shelf, source, ends);
	qsort(ends, n, sizeof(*ends), by_time);
	*ret_cutoff_ns = ends[n / FORGET_SHARE];
	free(ends);
	return ERR_OK;
}

static void drop(bookshelf_t *shelf, bookshelf_cell_t *cell)
{
	cell_key_t room;
	book_key_t key = bookshelf_key(cell);
	table_remove(shelf->cells, cell_key(cell->names, &key.key, &room));
	shelf->bytes -= cell_bytes();
	cell_free(shelf, cell);
}

static err_t forget(bookshelf_t *shelf)
{
	slice_t source = { 0 };
	int64_t cutoff_ns = 0;
	bookshelf_source_t *of = largest(shelf, &source);
	if (!of || shelf->count == 0)
		return ERR_LIMIT;
	err_t err = find_cutoff(shelf, source, &cutoff_ns);
	if (err)
		return err;
	size_t kept = 0, sorted = 0, before = shelf->rows;
	for (size_t i = 0; i < shelf->count; i++) {
		bookshelf_cell_t *cell = shelf->order[i];
		if (is_of(cell, source) && cell->to_ns <= cutoff_ns) {
			drop(shelf, cell);
			continue;
		}
		sorted += i < shelf->sorted;
		shelf->order[kept++] = cell;
	}
	shelf->count = kept;
	shelf->sorted = sorted;
	of->rows -= before - shelf->rows;
	of->horizon_ns = cutoff_ns;
	of->has_horizon = true;
	shelf->forgotten += before - shelf->rows;
	return ERR_OK;
}

/* Rows */

static bool is_newer(const bookshelf_row_t *a, const bookshelf_row_t *b)
{
	return a->revision != b->revision ? a->revision > b->revision : a->issued_ns > b->issued_ns;
}

static bool has_revision(const bookshelf_cell_t *cell, uint32_t revision)
{
	for (const bookshelf_row_t *row = cell->newest; row; row = row->older)
		if (row->revision == revision)
			return true;
	return false;
}

/* The row of the same issue, if it is known; else where it belongs, and among what. */
static bookshelf_row_t *same_row(bookshelf_cell_t *cell, const bookshelf_row_t *row,
                                 bookshelf_row_t ***ret_at, bookshelf_outcome_t *ret_outcome)
{
	bookshelf_row_t **at = &cell->newest;
	*ret_outcome = SHELF_LATEST;
	for (; *at && !is_newer(row, *at); at = &(*at)->older) {
		bool same = (*at)->revision == row->revision && (*at)->said == row->said;
		if (same && (*at)->issued_ns == row->issued_ns)
			return *at;
		*ret_outcome = SHELF_LATE;
	}
	*ret_at = at;
	if (has_revision(cell, row->revision))
		*ret_outcome = SHELF_CONTRADICTED;
	return NULL;
}

static err_t row_add(bookshelf_t *shelf, const book_key_t *key, const bookshelf_row_t *row,
                     bookshelf_row_t **at)
{
	bookshelf_source_t *source = NULL;
	bookshelf_row_t *added = malloc(sizeof(*added));
	err_t err = added ? source_of(shelf, key->source, &source) : ERR_NO_MEMORY;
	if (err) {
		free(added);
		return err;
	}
	*added = *row;
	added->older = *at;
	*at = added;
	source->rows++;
	shelf->rows++;
	shelf->bytes += sizeof(*added) + ALLOCATION;
	return ERR_OK;
}

/* The record of an own figure is read back with its place. */
static bool known(bookshelf_cell_t *cell, const bookshelf_row_t *row)
{
	bookshelf_row_t **at = NULL;
	bookshelf_outcome_t outcome;
	bookshelf_row_t *same = same_row(cell, row, &at, &outcome);
	if (same && same->seq == row->seq)
		same->at = row->at;
	return same != NULL;
}

err_t bookshelf_put(bookshelf_t *shelf, const book_key_t *key, const bookshelf_row_t *row,
                    bookshelf_outcome_t *ret_outcome)
{
	bookshelf_cell_t *cell = bookshelf_find(shelf, key);
	bookshelf_row_t **at = NULL;
	err_t err = ERR_OK;
	*ret_outcome = SHELF_REPEATED;
	if (cell && known(cell, row))
		return ERR_OK;
	if (shelf->rows >= shelf->max) {
		err = forget(shelf);
		cell = err ? cell : bookshelf_find(shelf, key);
	}
	if (err == ERR_OK && bookshelf_is_beyond(shelf, key)) {
		*ret_outcome = SHELF_BEYOND;
		return ERR_OK;
	}
	if (err == ERR_OK && !cell)
		err = cell_add(shelf, key, &cell);
	if (err)
		return err;
	(void)same_row(cell, row, &at, ret_outcome);
	err = row_add(shelf, key, row, at);
	if (err == ERR_OK)
		cell->count++;
	return err;
}

err_t bookshelf_open(bookshelf_t *shelf, size_t max)
{
	*shelf = (bookshelf_t){ .max = max };
	shelf->names = table_new(sizeof(bookshelf_name_t *), NAMES_MAX, SEED);
	shelf->cells = table_new(sizeof(bookshelf_cell_t *), SIZE_MAX / 2, SEED);
	shelf->sources = table_new(sizeof(bookshelf_source_t), SOURCES_MAX, SEED);
	return shelf->names && shelf->cells && shelf->sources ? ERR_OK : ERR_NO_MEMORY;
}

void bookshelf_done(bookshelf_t *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		cell_free(shelf, shelf->order[i]);
	free(shelf->order);
	table_free(shelf->names);
	table_free(shelf->cells);
	table_free(shelf->sources);
	*shelf = (bookshelf_t){ 0 };
}
