/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of figures, a page at a time: all periods, or the last of each series alone. */
#include <stdlib.h>

#include "api/figure_json.h"
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "base/num.h"

enum { PAGE = 100, LOOKS_MAX = 5000 /* cells read for one page */ };

/* Of which there is a figure to be told. */
typedef struct {
	book_key_t key;
	const char *period;
	uint8_t names[4 * FIGURE_NAME_MAX];
} cell_t;

typedef struct {
	exchange_t *x;
	const api_tree_t *tree;
	book_query_t query;
	slice_t period; /* its word; empty: any */
	size_t limit, rows, looks;
	bool is_full, is_over;  /* the page; all there is */
	tree_cursor_t from, at; /* where it goes on; the last cell that is done with */
	cell_t *cells;          /* of the last periods; NULL: all are told as they come */
	size_t cell_count;
} list_t;

static bool tell(void *ctx, const book_row_t *row)
{
	list_t *list = ctx;
	json_t *j = reply_json(&list->x->reply, figure_room(row));
	json_object(j);
	figure_put(list->tree, row, j);
	json_close(j);
	list->rows++;
	return true;
}

static void set_place(tree_cursor_t *cursor, const book_key_t *key)
{
	writer_t w = writer_of(cursor->bytes, sizeof(cursor->bytes));
	book_place_put(key, &w);
	cursor->len = w.len;
}

static const char *period_of(const list_t *list, const book_row_t *row)
{
	const char *word = figure_period(figure_definition(list->tree, &row->figure),
	                                 &row->key.key);
	return word ? word : "";
}

static bool is_wanted(const list_t *list, const char *period)
{
	return list->period.len == 0 || slice_eq(slice_str(period), list->period);
}

static bool on_row(void *ctx, const book_row_t *row)
{
	list_t *list = ctx;
	list->looks++;
	if (is_wanted(list, period_of(list, row)))
		tell(list, row);
	set_place(&list->at, &row->key);
	list->is_full = list->rows == list->limit;
	return !list->is_full;
}

/* The last period of each series. */

static bool is_same_series(const book_key_t *a, const book_key_t *b)
{
	return a->key.version == b->key.version && slice_eq(a->key.definition, b->key.definition) &&
	       slice_eq(a->key.scope, b->key.scope) && slice_eq(a->entity, b->entity) &&
	       slice_eq(a->source, b->source);
}

/* Of this series and length of period; NULL: none yet. */
static cell_t *find_cell(const list_t *list, const book_key_t *key, const char *period)
{
	size_t i = list->cell_count;
	while (i > 0 && is_same_series(&list->cells[i - 1].key, key))
		if (list->cells[--i].period == period)
			return &list->cells[i];
	return NULL;
}

static slice_t keep(writer_t *w, slice_t text)
{
	size_t at = w->len;
	wr_bytes(w, text);
	return slice_of(w->buf + at, text.len);
}

static void add_cell(list_t *list, const book_key_t *key, const char *period)
{
	cell_t *cell = &list->cells[list->cell_count++];
	writer_t w = writer_of(cell->names, sizeof(cell->names));
	cell->period = period;
	cell->key = *key;
	cell->key.key.definition = keep(&w, key->key.definition);
	cell->key.key.scope = keep(&w, key->key.scope);
	cell->key.entity = keep(&w, key->entity);
	cell->key.source = keep(&w, key->source);
}

/* A series is begun while the page has room, and then taken whole: a page may be longer by
 * its kinds of periods. */
static bool on_row_of_series(void *ctx, const book_row_t *row)
{
	list_t *list = ctx;
	const char *period = period_of(list, row);
	bool is_new = list->cell_count == 0 ||
	              !is_same_series(&list->cells[list->cell_count - 1].key, &row->key);
	list->looks++;
	if (!is_wanted(list, period)) {
		if (is_new)
			set_place(&list->at, &row->key);
		return true;
	}
	list->is_full = is_new && list->cell_count >= list->limit;
	if (list->is_full)
		return false;
	cell_t *cell = find_cell(list, &row->key, period);
	if (cell)
		cell->key.key = (figure_key_t){ cell->key.key.definition, row->key.key.version,
			                        cell->key.key.scope, row->key.key.from_ns,
			                        row->key.key.to_ns };
	else
		add_cell(list, &row->key, period);
	set_place(&list->at, &row->key);
	return true;
}

static err_t tell_cells(list_t *list)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < list->cell_count && !err; i++) {
		book_question_t question = { list->cells[i].key, list->query.published_by_ns };
		err = book_get(list->tree->book, &question, tell, list);
	}
	return err;
}

/* Reads page by page of the book until this one is full, or enough was looked at. */
static err_t walk(list_t *list)
{
	err_t err = ERR_OK;
	size_t looks = 0;
	list->query.after = tree_cursor_slice(&list->from);
	do {
		looks = list->looks;
		err = book_list(list->tree->book, &list->query,
		                list->cells ? on_row_of_series : on_row, list);
		list->from = list->at;
		list->query.after = tree_cursor_slice(&list->from);
		list->is_over = !list->is_full && list->looks - looks < list->query.limit;
	} while (!err && !list->is_full && !list->is_over && list->looks < LOOKS_MAX);
	return err;
}

static verdict_t answer(list_t *list)
{
	exchange_t *x = list->x;
	reply_items(&x->reply, TREE_ROOM);
	list->at = list->from;
	err_t err = walk(list);
	if (err == ERR_INVALID)
		return tree_refuse_cursor(x);
	if (!err && list->cells)
		err = tell_cells(list);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, TREE_ROOM));
	tree_put_next(x, list->is_over ? (slice_t){ 0 } : tree_cursor_slice(&list->at));
	json_close(reply_json(&x->reply, TREE_ROOM));
	return EXCHANGE_ANSWERED;
}

static bool read_filter(list_t *list)
{
	exchange_t *x = list->x;
	slice_t version = tree_ask_word(x, "version"), source;
	uint64_t number = 0;
	book_query_t *query = &list->query;
	if (version.len && num_parse_u64(version, UINT32_MAX, &number)) {
		tree_refuse_word(x, version);
		return false;
	}
	*query = (book_query_t){ .definition = tree_ask_word(x, "definition"),
		                 .version = (uint32_t)number,
		                 .scope = tree_ask_word(x, "scope"),
		                 .entity = tree_ask_word(x, "entity"),
		                 .has_source = request_query(&x->request, "source", 0, &source),
		                 .to_ns = INT64_MAX,
		                 .limit = TREE_PAGE_MAX };
	query->source = query->has_source ? source : (slice_t){ 0 };
	list->period = tree_ask_word(x, "period");
	return tree_ask_time(x, "from", &query->from_ns) && tree_ask_time(x, "to", &query->to_ns) &&
	       tree_ask_time(x, "as_of", &query->published_by_ns) &&
	       tree_ask_count(x, "limit", PAGE, &list->limit) && tree_ask_cursor(x, &list->from);
}

verdict_t figures_get(exchange_t *x)
{
	list_t list = { .x = x, .tree = tree_ask(x) };
	if (!list.tree || !read_filter(&list))
		return EXCHANGE_ANSWERED;
	if (slice_eq(tree_ask_word(x, "latest"), SLICE("1"))) {
		list.cells = calloc(list.limit + PERIOD_COUNT + 1, sizeof(*list.cells));
		if (!list.cells)
			return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	}
	verdict_t verdict = answer(&list);
	free(list.cells);
	return verdict;
}
