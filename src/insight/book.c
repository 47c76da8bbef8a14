/* SPDX-License-Identifier: Apache-2.0 */
/* A figure that was just issued stands in the shelf at once, so that the next one gets the
 * next revision, but behind the mark, where no reader sees it before it is durable. */
#include "codec/uplink/uplink.h"
#include "env/crypto.h"
#include "env/file.h"
#include "insight/book_state.h"
#include "model/received.h"

#include <stdlib.h>

static const metric_row_t METRICS[] = {
#define X(name, text, help, kind) { text, help, METRIC_##kind },
	BOOK_METRIC_ROWS(X)
#undef X
};

static void count(book_t *book, size_t metric)
{
	metric_add(&book->metrics, metric, 1);
}

void book_gauge(book_t *book)
{
	metric_set(&book->metrics, BOOK_METRIC_FIGURES, (int64_t)book->shelf.rows);
	metric_set(&book->metrics, BOOK_METRIC_BYTES, (int64_t)book->shelf.bytes);
	metric_set(&book->metrics, BOOK_METRIC_FORGOTTEN, (int64_t)book->shelf.forgotten);
}

/* Of all that it says: the same for every issue of it. */
static err_t hash_of(book_t *book, const figure_t *figure, uint64_t *ret_said)
{
	uint8_t hash[SHA256_BYTES];
	figure_t plain = *figure;
	writer_t w = writer_of(book->room, sizeof(book->room));
	plain.revision = 1;
	plain.issued_ns = 0;
	err_t err = figure_encode(&plain, &w);
	if (err)
		return err;
	slice_t bytes = writer_done(&w);
	env_sha256(&bytes, 1, hash);
	*ret_said = load_u64_le(hash);
	return ERR_OK;
}

/* Following */

typedef struct {
	const journal_record_t *record;
	slice_t source;
	uint32_t item;
} place_t;

static err_t take_figure(book_t *book, const place_t *place, const figure_t *figure,
                         bookshelf_outcome_t *ret_outcome)
{
	book_key_t key = { figure->key, figure->entity, place->source };
	bookshelf_row_t row = { .seq = place->record->seq,
		                .at = place->record->at,
		                .issued_ns = figure->issued_ns,
		                .revision = figure->revision,
		                .item = place->item };
	err_t err = hash_of(book, figure, &row.said);
	return err ? err : bookshelf_put(&book->shelf, &key, &row, ret_outcome);
}

static err_t take_item(book_t *book, const place_t *place, slice_t body)
{
	static const uint8_t metrics[] = { [SHELF_LATEST] = BOOK_METRIC_TAKEN,
		                           [SHELF_LATE] = BOOK_METRIC_LATE,
		                           [SHELF_CONTRADICTED] = BOOK_METRIC_CONTRADICTED,
		                           [SHELF_REPEATED] = BOOK_METRIC_REPEATED,
		                           [SHELF_BEYOND] = BOOK_METRIC_BEYOND };
	bookshelf_outcome_t outcome;
	figure_t figure;
	slice_t node;
	if (figure_item_decode(body, &node, &figure)) {
		count(book, BOOK_METRIC_UNREADABLE);
		return ERR_OK;
	}
	err_t err = take_figure(book, place, &figure, &outcome);
	if (err == ERR_OK)
		count(book, metrics[outcome]);
	return err;
}

static err_t take_items(book_t *book, place_t *place, const uplink_batch_t *batch)
{
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	err_t err = ERR_OK;
	for (; err == ERR_OK && uplink_item_next(&items, &item); place->item++)
		err = take_item(book, place, item.body);
	return err;
}

/* What a child sent is the world's: it does not stop the book. */
static err_t take_received(book_t *book, const journal_record_t *record)
{
	received_t received;
	uplink_batch_t batch;
	if (received_read(record->payload, &received) ||
	    uplink_batch_read(received.batch, &batch)) {
		count(book, BOOK_METRIC_UNREADABLE);
		return ERR_OK;
	}
	if (batch.envelope.stream != UPLINK_INDICATORS)
		return ERR_OK;
	place_t place = { record, received.child, 0 };
	return take_items(book, &place, &batch);
}

static err_t take(void *ctx, const journal_record_t *record)
{
	book_t *book = ctx;
	bookshelf_outcome_t outcome;
	figure_t figure;
	if (record->type == JOURNAL_RECEIVED)
		return take_received(book, record);
	err_t err = figure_decode(record->payload, &figure);
	if (err)
		return err == ERR_MALFORMED ? ERR_CORRUPT : err;
	return take_figure(book, &(place_t){ record, { 0 }, 0 }, &figure, &outcome);
}

err_t book_catch_up(book_t *book)
{
	journal_follower_t follower = { .journal = book->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_FIGURE) |
		                                 JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = take,
		                        .ctx = book };
	err_t err = journal_follow(&follower, &book->mark);
	book_gauge(book);
	return err;
}

err_t book_follow(book_t *book)
{
	env_lock(book->gate);
	err_t err = book_catch_up(book);
	env_unlock(book->gate);
	return err;
}

err_t book_save(book_t *book)
{
	env_lock(book->gate);
	err_t err = book_catch_up(book);
	err = err ? err : book_view_save(book);
	if (err == ERR_OK)
		count(book, BOOK_METRIC_SAVES);
	env_unlock(book->gate);
	return err;
}

static uint64_t oldest_of(const bookshelf_cell_t *cell, uint64_t oldest)
{
	for (const bookshelf_row_t *row = cell->newest; row; row = row->older)
		oldest = row->seq < oldest ? row->seq : oldest;
	return oldest;
}

uint64_t book_keep_from(book_t *book)
{
	env_lock(book->gate);
	uint64_t oldest = book->mark.seq + 1;
	for (size_t i = 0; i < book->shelf.count; i++)
		oldest = oldest_of(book->shelf.order[i], oldest);
	env_unlock(book->gate);
	return oldest;
}

/* Issuing */

err_t book_append(book_t *book, const book_key_t *key, figure_t *figure, uint64_t *ret_seq)
{
	bookshelf_outcome_t outcome;
	bookshelf_row_t row = { .issued_ns = figure->issued_ns, .revision = figure->revision };
	writer_t w = writer_of(book->room, sizeof(book->room));
	err_t err = hash_of(book, figure, &row.said);
	err = err ? err : figure_encode(figure, &w);
	if (err)
		return err;
	slice_t payload = writer_done(&w);
	err = journal_append(book->spec.journal, JOURNAL_FIGURE, &payload, 1, &row.seq);
	if (err)
		return err;
	*ret_seq = row.seq;
	count(book, BOOK_METRIC_ISSUED);
	err = bookshelf_put(&book->shelf, key, &row, &outcome);
	book_gauge(book);
	return err;
}

/* The next revision, never issued before the last. */
static void number(book_t *book, const bookshelf_cell_t *cell, figure_t *figure)
{
	const bookshelf_row_t *last = cell ? cell->newest : NULL;
	figure->revision = last ? last->revision + 1 : 1;
	figure->issued_ns = env_utc(book->env).ns;
	if (last && last->issued_ns > figure->issued_ns)
		figure->issued_ns = last->issued_ns;
}

static err_t issue(book_t *book, figure_t *figure, uint64_t *ret_seq)
{
	book_key_t key = { figure->key, figure->entity, { 0 } };
	if (bookshelf_is_beyond(&book->shelf, &key))
		return ERR_EXPIRED;
	const bookshelf_cell_t *cell = bookshelf_find(&book->shelf, &key);
	uint64_t said = 0;
	number(book, cell, figure);
	err_t err = hash_of(book, figure, &said);
	if (err == ERR_OK && cell && cell->newest && cell->newest->said == said) {
		figure->revision = cell->newest->revision;
		figure->issued_ns = cell->newest->issued_ns;
		*ret_seq = 0;
		count(book, BOOK_METRIC_UNCHANGED);
		return ERR_OK;
	}
	return err ? err : book_append(book, &key, figure, ret_seq);
}

err_t book_issue(book_t *book, figure_t *figure, uint64_t *ret_seq)
{
	env_lock(book->gate);
	err_t err = issue(book, figure, ret_seq);
	env_unlock(book->gate);
	return err;
}

static const char WITHDRAWN[] = "withdrawn";

bool book_is_withdrawn(const figure_t *figure)
{
	return !figure->has_value && slice_eq(figure->lack, slice_str(WITHDRAWN));
}

/* What nothing was said before: the same cell without anything in it. */
static void empty(figure_t *figure)
{
	for (size_t i = 0; i < figure->part_count; i++)
		figure->parts[i].is_there = false;
	figure->has_value = false;
	figure->lack = slice_str(WITHDRAWN);
	figure->reporting = figure->declared = 0;
	figure->coverage = 0;
	figure->sources = (slice_t){ 0 };
}

static err_t undo(book_t *book, const book_key_t *key, slice_t by, uint64_t *ret_seq)
{
	const bookshelf_cell_t *cell = key->source.len ? NULL : bookshelf_find(&book->shelf, key);
	const bookshelf_row_t *last = cell ? cell->newest : NULL;
	figure_t figure;
	slice_t node;
	if (!last)
		return ERR_NOT_FOUND;
	err_t err = book_read(book, last->older ? last->older : last, &node, &figure);
	if (err)
		return err;
	if (!last->older)
		empty(&figure);
	if (figure.origin == FIGURE_DECLARED)
		figure.attested_by = by;
	number(book, cell, &figure);
	return book_append(book, key, &figure, ret_seq);
}

err_t book_undo(book_t *book, const book_key_t *key, slice_t by, uint64_t *ret_seq)
{
	env_lock(book->gate);
	err_t err = book_catch_up(book);
	err = err ? err : undo(book, key, by, ret_seq);
	env_unlock(book->gate);
	return err;
}

/* Opening */

static err_t start_over(book_t *book)
{
	bookshelf_done(&book->shelf);
	book->mark = (journal_mark_t){ 0 };
	size_t max = book->spec.figures_max ? book->spec.figures_max : BOOK_FIGURES_DEFAULT;
	return bookshelf_open(&book->shelf, max);
}

/* Whatever is wrong with the view, the journal has it all. */
static err_t fill(book_t *book)
{
	err_t err = start_over(book);
	if (err)
		return err;
	err = book_view_load(book);
	if (!err)
		err = book_catch_up(book);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	book->is_rebuilt = err != ERR_NOT_FOUND;
	err = start_over(book);
	return err ? err : book_catch_up(book);
}

err_t book_open(env_t *env, const book_spec_t *spec, book_t **ret_book)
{
	book_t *book = calloc(1, sizeof(*book));
	if (!book)
		return ERR_NO_MEMORY;
	book->env = env;
	book->spec = *spec;
	metrics_init(&book->metrics, METRICS, BOOK_METRIC_COUNT);
	err_t err = env_path_join(spec->views_dir, "book", book->path, sizeof(book->path));
	err = err ? err : env_dir_make(env, spec->views_dir);
	err = err ? err : env_mutex_new(env, &book->gate);
	err = err ? err : journal_cursor_open(spec->journal, 0, &book->cursor);
	err = err ? err : fill(book);
	if (err) {
		book_close(book);
		return err;
	}
	*ret_book = book;
	return ERR_OK;
}

void book_close(book_t *book)
{
	if (!book)
		return;
	bookshelf_done(&book->shelf);
	journal_cursor_close(book->cursor);
	env_mutex_free(book->gate);
	free(book);
}

bool book_rebuilt(const book_t *book)
{
	return book->is_rebuilt;
}

const metrics_t *book_metrics(const book_t *book)
{
	return &book->metrics;
}
