/* SPDX-License-Identifier: Apache-2.0 */
/* An edit is a record of the journal, as a batch is; the follower takes it into the list
 * and, when it sets a value, into the memory table. */
#include "historian/state.h"

#include <stdlib.h>

enum { EDITS_MAX = 1 << 16 };

static bool is_valid(const historian_edit_t *edit)
{
	return edit->point > 0 && edit->point <= MEMORY_POINTS_MAX && edit->from_ns < edit->to_ns &&
	       (edit->kind == HISTORIAN_DELETE || edit->kind == HISTORIAN_ANNOTATE ||
	        (edit->kind == HISTORIAN_SET && edit->to_ns - 1 == edit->from_ns &&
	         edit->quality < QUALITY_COUNT && edit->value.type < VALUE_TYPE_COUNT)) &&
	       edit->author.len <= HISTORIAN_EDIT_TEXT_MAX && edit->reason.len > 0 &&
	       edit->reason.len <= HISTORIAN_EDIT_TEXT_MAX &&
	       (edit->value.type != VALUE_TEXT || edit->value.as.text.len <= SAMPLE_TEXT_MAX);
}

static bool note_newest(void *ctx, const rows_t *rows)
{
	int64_t *newest = ctx;
	for (size_t i = 0; i < rows->count; i++)
		*newest = rows->node_ns[i] > *newest ? rows->node_ns[i] : *newest;
	return true;
}

/* Now, and after whatever the edit is about. */
static err_t find_time(historian_t *h, historian_edit_t *edit)
{
	int64_t newest = env_utc(h->env).ns - 1;
	series_query_t query = { .point = edit->point,
		                 .from_ns = edit->from_ns,
		                 .to_ns = edit->to_ns };
	err_t err = historian_ask(h, &query,
	                          &(scan_taker_t){ .ctx = &newest, .rows = note_newest });
	if (!err && newest == INT64_MAX)
		err = ERR_INVALID;
	edit->at_ns = newest + !err;
	return err;
}

static err_t append(historian_t *h, const historian_edit_t *edit, uint64_t *ret_seq)
{
	uint8_t *bytes = malloc(EDIT_BYTES_MAX);
	if (!bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(bytes, EDIT_BYTES_MAX);
	edit_encode(edit, &w);
	slice_t payload = writer_done(&w);
	err_t err = ERR_TOO_BIG;
	if (!w.bad)
		err = journal_append(h->spec.journal, JOURNAL_SAMPLE_EDIT, &payload, 1, ret_seq);
	free(bytes);
	return err;
}

err_t historian_edit(historian_t *historian, const caller_t *caller, const historian_edit_t *edit,
                     uint64_t *ret_seq)
{
	historian_edit_t made = *edit;
	made.author = caller->subject;
	if (caller->role < ROLE_ENGINEER)
		return ERR_DENIED;
	if (!is_valid(&made))
		return ERR_INVALID;
	env_lock(historian->mutex);
	bool is_full = historian->edits.count >= EDITS_MAX;
	env_unlock(historian->mutex);
	err_t err = is_full ? ERR_LIMIT : find_time(historian, &made);
	return err ? err : append(historian, &made, ret_seq);
}

err_t historian_take_edit(historian_t *h, slice_t payload)
{
	historian_edit_t edit;
	err_t err = edit_decode(payload, &edit);
	if (err)
		return err;
	h->rows.count = 0;
	sample_t sample = { .point = edit.point,
		            .source = { edit.from_ns },
		            .node = { edit.at_ns },
		            .value = edit.value,
		            .quality = edit.quality };
	bool is_set = edit.kind == HISTORIAN_SET;
	if (is_set && !sample_rows_add(&h->rows, &sample))
		return ERR_MALFORMED;
	sample_batch_t batch = sample_rows_batch(&h->rows);
	env_lock(h->mutex);
	err = is_set ? memory_reserve(h->table, &batch) : ERR_OK;
	if (!err)
		err = edits_add(&h->edits, payload);
	if (!err && is_set)
		memory_add(h->table, &batch);
	env_unlock(h->mutex);
	metric_set(&h->metrics, METRIC_EDITS, (int64_t)h->edits.count);
	return err;
}

/* References to the edits of a point that touch the range; they live as long as the
 * historian. */
static err_t list(historian_t *h, const series_query_t *query, const historian_edit_t ***ret_edits,
                  size_t *ret_count)
{
	size_t n = 0;
	env_lock(h->mutex);
	const historian_edit_t **edits = calloc(h->edits.count + 1, sizeof(historian_edit_t *));
	for (size_t i = edits_find(&h->edits, query->point); edits && i < h->edits.count; i++) {
		const historian_edit_t *edit = &h->edits.items[i]->edit;
		if (edit->point != query->point)
			break;
		if (edit->to_ns > query->from_ns && edit->from_ns < query->to_ns &&
		    (!query->known_at_ns || edit->at_ns <= query->known_at_ns))
			edits[n++] = edit;
	}
	env_unlock(h->mutex);
	*ret_edits = edits;
	*ret_count = n;
	return edits ? ERR_OK : ERR_NO_MEMORY;
}

err_t historian_edits(historian_t *historian, const series_query_t *query,
                      bool (*row)(void *ctx, const historian_edit_t *edit), void *ctx)
{
	const historian_edit_t **edits;
	size_t count;
	err_t err = list(historian, query, &edits, &count);
	for (size_t i = 0; !err && i < count; i++)
		if (!row(ctx, edits[i]))
			break;
	free(edits);
	return err;
}
