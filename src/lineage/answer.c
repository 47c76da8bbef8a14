/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage/answer.h"

#include <stdlib.h>

#include "lineage/answer_state.h"
#include "lineage/sheet.h"
#include "model/received.h"
#include "uplink/outbox.h"

_Static_assert(2 * FIGURE_BYTES_MAX - FIGURE_SOURCES_BYTES_MAX + LINEAGE_ROWS_BYTES_MAX +
                               LINEAGE_ROW_MAX + LINEAGE_INPUTS_BYTES_MAX + LINEAGE_QUESTION_MAX +
                               1024 <
                       LINEAGE_SHEET_MAX,
               "a sheet has room for all that may stand in one");
_Static_assert((int)OUTBOX_BATCH_MAX < (int)LINEAGE_PART_MAX, "a batch goes into a part");

/* What is not answered, and consent */

err_t answer_reason_of(lineage_answer_t *a, err_t err, uint8_t *ret_reason)
{
	const lineage_source_t *source = a->source;
	err_detail_t detail = { .err = ERR_CORRUPT };
	bool is_ours = err == ERR_NO_MEMORY || err == ERR_LIMIT || err == ERR_INVALID;
	if (is_ours)
		return err;
	*ret_reason = err == ERR_CORRUPT   ? LINEAGE_DAMAGED
	              : err == ERR_TIMEOUT ? LINEAGE_BUSY
	                                   : LINEAGE_GONE;
	if (err == ERR_CORRUPT && source->locate && !a->sheet.place.len) {
		source->locate(source->locate_ctx, &detail);
		a->sheet.place = slice_str(
			err_render(&detail, LANG_EN, a->place, sizeof(a->place)));
	}
	return ERR_OK;
}

bool answer_lets_go(lineage_answer_t *a, const figure_t *figure, const release_lineage_t *lineage)
{
	const release_judge_t *judge = a->audience.judge;
	writer_t scratch = writer_of(a->part_room, sizeof(a->part_room));
	if (!judge)
		return true;
	return judge->contract && judge->contract->open != CONTRACT_OPENS_NOTHING &&
	       release_figure(judge, figure, lineage, &scratch).goes;
}

static const release_lineage_t NO_POINTS = { .is_known = true };

/* The figure that is asked about */

typedef struct {
	uint32_t revision; /* that is looked for */
	uint32_t latest;
	writer_t *w;    /* takes the figure */
	slice_t issuer; /* not empty: the figure is an item, this node's own bears this */
	place_of_record_t place;
	bool is_found;
} wanted_t;

/* The newest come first. */
static bool take_revision(void *ctx, const book_row_t *row)
{
	wanted_t *wanted = ctx;
	uint32_t revision = row->figure.revision;
	wanted->latest = revision > wanted->latest ? revision : wanted->latest;
	if (revision != wanted->revision)
		return revision > wanted->revision;
	if (wanted->issuer.len)
		wr_string(wanted->w, row->node.len ? row->node : wanted->issuer);
	wanted->is_found = figure_encode(&row->figure, wanted->w) == ERR_OK;
	wanted->place = (place_of_record_t){ row->seq, row->at };
	return false;
}

/* ERR_NOT_FOUND: no such revision. */
static err_t find_revision(lineage_answer_t *a, const book_key_t *key, wanted_t *wanted)
{
	err_t err = book_history(a->source->book, key, take_revision, wanted);
	return err ? err : wanted->is_found ? ERR_OK : ERR_NOT_FOUND;
}

/* A figure of this node stems from its points; one of a child's from what is not known here. */
static bool may_go(lineage_answer_t *a, slice_t issuer, const figure_t *figure)
{
	release_lineage_t lineage = NO_POINTS;
	if (slice_eq(issuer, a->source->node) && figure->origin == FIGURE_MEASURED)
		a->source->lineage(a->source->lineage_ctx, figure, &lineage);
	return answer_lets_go(a, figure, &lineage);
}

static err_t judge_figure(lineage_answer_t *a)
{
	err_t err = figure_decode(a->sheet.figure, &a->figure);
	if (err)
		return err;
	if (may_go(a, a->source->node, &a->figure)) {
		a->has_figure = true;
		a->sources = reader_of(a->figure.sources);
	} else {
		a->sheet.figure = (slice_t){ 0 };
		a->sheet.reason = LINEAGE_CONTRACT;
	}
	return ERR_OK;
}

static err_t find_figure(lineage_answer_t *a)
{
	const lineage_question_t *q = &a->question;
	book_key_t key = { .key = q->key, .entity = q->entity };
	writer_t w = writer_of(a->figure_room, sizeof(a->figure_room));
	wanted_t wanted = { .revision = q->revision, .w = &w };
	err_t err = find_revision(a, &key, &wanted);
	a->sheet.latest = wanted.latest;
	if (err == ERR_NOT_FOUND) {
		a->sheet.reason = LINEAGE_UNKNOWN;
		return ERR_OK;
	}
	if (err)
		return answer_reason_of(a, err, &a->sheet.reason);
	a->sheet.figure = writer_done(&w);
	return judge_figure(a);
}

/* What it was made of */

static void name_keys(const lineage_answer_t *a, lineage_row_t *row)
{
	const lineage_source_t *source = a->source;
	while (source->key_of && row->key_count < LINEAGE_KEYS_MAX) {
		slice_t key = source->key_of(source->key_ctx, row->entity, row->key_count);
		if (!key.len)
			break;
		row->keys[row->key_count++] = key;
	}
}

/* Whether the child's figure may go on, and its batch to be thought of. */
static void judge_row(lineage_answer_t *a, const wanted_t *wanted, lineage_row_t *row)
{
	figure_t figure;
	slice_t node;
	if (figure_item_decode(row->item, &node, &figure) || !may_go(a, node, &figure)) {
		row->reason = LINEAGE_CONTRACT;
		row->item = (slice_t){ 0 };
	} else if (!slice_eq(node, a->source->node)) {
		a->batches[a->batch_count++] = wanted->place;
	}
}

/* What went in is a child's, or of a place of this node. */
static err_t find_source(lineage_answer_t *a, slice_t entity, wanted_t *wanted)
{
	book_key_t key = { a->question.key, entity, entity };
	err_t err = find_revision(a, &key, wanted);
	if (err != ERR_NOT_FOUND)
		return err;
	key.source = (slice_t){ 0 };
	return find_revision(a, &key, wanted);
}

static err_t make_row(lineage_answer_t *a, const figure_source_t *source, writer_t *rows)
{
	writer_t item = writer_of(a->item_room, sizeof(a->item_room));
	wanted_t wanted = { .revision = source->revision, .w = &item, .issuer = a->source->node };
	lineage_row_t row = { .entity = source->entity, .revision = source->revision };
	err_t err = find_source(a, source->entity, &wanted);
	row.latest = wanted.latest;
	if (err) {
		err = answer_reason_of(a, err, &row.reason);
	} else {
		row.item = writer_done(&item);
		judge_row(a, &wanted, &row);
	}
	name_keys(a, &row);
	lineage_row_put(&row, rows);
	return err;
}

/* As many rows as a sheet has room for. */
static err_t make_rows(lineage_answer_t *a)
{
	writer_t rows = writer_of(a->rows_room, sizeof(a->rows_room));
	figure_source_t source;
	uint32_t count = 0;
	err_t err = ERR_OK;
	a->batch_count = a->batch_next = 0;
	while (!err && rows.len < LINEAGE_ROWS_BYTES_MAX &&
	       figure_source_next(&a->sources, &source)) {
		if (source.revision == 0)
			continue;
		err = make_row(a, &source, &rows);
		count++;
	}
	a->sheet.rows = writer_done(&rows);
	a->sheet.is_last = a->sources.in.len == 0;
	a->is_done = a->sheet.is_last;
	a->next_row += count;
	return err;
}

/* A node that its parent has certified no key for has nothing to say to it. */
static err_t put_signed(const lineage_audience_t *audience, const lineage_sheet_t *sheet,
                        writer_t *w)
{
	const env_pkey_t *key = NULL;
	if (audience->judge) {
		key = audience->key_of(audience->key_ctx, audience->parent);
		if (!key)
			return ERR_DENIED;
	}
	return sheet_put_part(sheet, key, w);
}

static err_t make_sheet(lineage_answer_t *a, slice_t *ret_part)
{
	bool is_first = a->next_row == 0 && !a->has_figure;
	writer_t w = writer_of(a->part_room, sizeof(a->part_room));
	err_t err = is_first ? find_figure(a) : ERR_OK;
	a->sheet.first = a->next_row;
	if (!err && is_first && a->has_figure && a->figure.origin == FIGURE_MEASURED)
		err = answer_measured(a);
	if (!err)
		err = make_rows(a);
	if (!err)
		err = put_signed(&a->audience, &a->sheet, &w);
	if (!err)
		*ret_part = writer_done(&w);
	return err;
}

/* Batches */

/* All that is in it may go: what was sent for one parent's eyes is not shown to another. */
static bool is_batch_free(lineage_answer_t *a, const uplink_batch_t *batch)
{
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	bool is_free = true;
	while (is_free && uplink_item_next(&items, &item)) {
		slice_t node;
		figure_t figure;
		is_free = figure_item_decode(item.body, &node, &figure) == ERR_OK &&
		          answer_lets_go(a, &figure, &NO_POINTS);
	}
	return is_free;
}

/* False: it does not go. What cannot be read of the journal is missing from the answer, and
 * its row says nothing of it: the child's own sheet may prove it still. */
static bool make_batch(lineage_answer_t *a, const place_of_record_t *place, slice_t *ret_part)
{
	journal_record_t record;
	received_t received;
	uplink_batch_t batch;
	writer_t w = writer_of(a->part_room, sizeof(a->part_room));
	if (journal_cursor_jump(a->cursor, place->seq, place->at, &record) ||
	    received_read(record.payload, &received) || uplink_batch_read(received.batch, &batch) ||
	    !is_batch_free(a, &batch))
		return false;
	wr_u8(&w, LINEAGE_PART_BATCH);
	wr_bytes(&w, received.batch);
	*ret_part = writer_done(&w);
	return !w.bad;
}

err_t lineage_answer_next(lineage_answer_t *a, slice_t *ret_part)
{
	while (a->batch_next < a->batch_count)
		if (make_batch(a, &a->batches[a->batch_next++], ret_part))
			return ERR_OK;
	return a->is_done ? ERR_NOT_FOUND : make_sheet(a, ret_part);
}

err_t lineage_answer_open(const lineage_source_t *source, const lineage_audience_t *audience,
                          slice_t question, lineage_answer_t **ret_answer)
{
	lineage_question_t asked;
	if (lineage_question_read(question, &asked))
		return ERR_INVALID;
	lineage_answer_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	memcpy(a->asked_room, question.ptr, question.len);
	a->source = source;
	a->audience = *audience;
	a->sheet = (lineage_sheet_t){ .question = slice_of(a->asked_room, question.len),
		                      .node = source->node,
		                      .at_ns = env_utc(source->env).ns,
		                      .again_reason = LINEAGE_UNBOUND };
	a->batches = calloc(FIGURE_SOURCES_MAX, sizeof(*a->batches));
	err_t err = a->batches ? lineage_question_read(a->sheet.question, &a->question)
	                       : ERR_NO_MEMORY;
	if (!err)
		err = journal_cursor_open(source->journal, 0, &a->cursor);
	if (err) {
		lineage_answer_close(a);
		return err;
	}
	*ret_answer = a;
	return ERR_OK;
}

void lineage_answer_close(lineage_answer_t *a)
{
	if (!a)
		return;
	journal_cursor_close(a->cursor);
	free(a->batches);
	free(a);
}

err_t lineage_refuse(const lineage_source_t *source, const lineage_audience_t *audience,
                     slice_t question, lineage_reason_t reason, writer_t *w)
{
	lineage_sheet_t sheet = { .question = question,
		                  .node = source->node,
		                  .at_ns = env_utc(source->env).ns,
		                  .reason = (uint8_t)reason,
		                  .again_reason = LINEAGE_UNBOUND,
		                  .is_last = true };
	return put_signed(audience, &sheet, w);
}

/* One level further */

bool lineage_question_below(const lineage_question_t *question, const figure_source_t *child,
                            lineage_question_t *ret_question)
{
	lineage_question_t below = *question;
	if (child->revision == 0 || question->depth < 2)
		return false;
	below.entity = child->entity;
	below.revision = child->revision;
	below.depth--;
	*ret_question = below;
	return true;
}
