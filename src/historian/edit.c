/* SPDX-License-Identifier: Apache-2.0 */
/* An edit is a record of the journal, as a batch is; the follower takes it into the list
 * and, when it sets a value, into the memory table. */
#include "historian/state.h"

#include <stdlib.h>

enum { EDITS_MAX = 1 << 16 };

static bool is_settable(const historian_edit_t *edit)
{
	return edit->to_ns - 1 == edit->from_ns && edit->quality < QUALITY_COUNT &&
	       edit->value.type < VALUE_TYPE_COUNT &&
	       (edit->value.type != VALUE_TEXT || edit->value.as.text.len <= SAMPLE_TEXT_MAX);
}

static bool is_valid(const historian_edit_t *edit)
{
	return edit->point > 0 && edit->point <= MEMORY_POINTS_MAX && edit->from_ns < edit->to_ns &&
	       edit->kind < HISTORIAN_EDIT_KINDS &&
	       (edit->kind != HISTORIAN_SET || is_settable(edit)) &&
	       edit->author.len <= HISTORIAN_EDIT_TEXT_MAX && edit->reason.len > 0 &&
	       edit->reason.len <= HISTORIAN_EDIT_TEXT_MAX;
}

static bool note_newest(void *ctx, const rows_t *rows)
{
	int64_t *newest = ctx;
	for (size_t i = 0; i < rows->count; i++)
		*newest = rows->node_ns[i] > *newest ? rows->node_ns[i] : *newest;
	return true;
}

/* Takes the span of what is undone. */
static err_t find_undone(historian_t *h, historian_edit_t *edit)
{
	const edits_t *edits = &h->edits;
	env_lock(h->mutex);
	size_t from = edits_find(edits, edit->point), end = edits_end(edits, from), at = from;
	bool *undone = calloc(end - from + 1, sizeof(*undone));
	err_t err = undone ? ERR_OK : ERR_NO_MEMORY;
	if (!err)
		edits_undone(edits, from, end, 0, undone);
	while (at < end && edits->items[at]->edit.at_ns != edit->undone_ns)
		at++;
	if (!err && at == end)
		err = ERR_NOT_FOUND;
	if (!err && undone[at - from])
		err = ERR_CONFLICT;
	if (!err) {
		edit->from_ns = edits->items[at]->edit.from_ns;
		edit->to_ns = edits->items[at]->edit.to_ns;
	}
	env_unlock(h->mutex);
	free(undone);
	return err;
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

/* Edits that are made at once. */
typedef struct {
	historian_edit_t *edits; /* owned */
	size_t count;
	int64_t at_ns; /* of the first */
	size_t bytes;  /* room for the record */
} change_t;

static err_t check_edit(historian_t *h, change_t *change, historian_edit_t *edit, size_t *texts)
{
	err_t err = edit->kind == HISTORIAN_UNDO ? find_undone(h, edit) : ERR_OK;
	if (!err && !is_valid(edit))
		err = ERR_INVALID;
	if (!err)
		err = find_time(h, edit);
	if (err)
		return err;
	if (edit->kind == HISTORIAN_SET && edit->value.type == VALUE_TEXT)
		*texts += edit->value.as.text.len;
	if (*texts > SAMPLE_TEXT_MAX)
		return ERR_TOO_BIG;
	change->at_ns = edit->at_ns > change->at_ns ? edit->at_ns : change->at_ns;
	return ERR_OK;
}

static err_t check(historian_t *h, change_t *change, const caller_t *caller)
{
	size_t texts = 0;
	err_t err = ERR_OK;
	change->at_ns = INT64_MIN;
	for (size_t i = 0; !err && i < change->count; i++) {
		change->edits[i].author = caller->subject;
		err = check_edit(h, change, &change->edits[i], &texts);
	}
	change->bytes = change->count * EDIT_BYTES_MAX + texts;
	return err;
}

/* Whoever asks as of a millisecond sees all of them or none. */
static err_t set_times(change_t *change)
{
	int64_t span_ns = (int64_t)change->count - 1;
	if (change->at_ns > INT64_MAX - NS_PER_MS - span_ns)
		return ERR_INVALID;
	int64_t into_ns = ((change->at_ns % NS_PER_MS) + NS_PER_MS) % NS_PER_MS;
	if (into_ns + span_ns >= NS_PER_MS)
		change->at_ns += NS_PER_MS - into_ns;
	for (size_t i = 0; i < change->count; i++)
		change->edits[i].at_ns = change->at_ns + (int64_t)i;
	return ERR_OK;
}

/* Edits stand in the journal by the times they are made at, each later than the one before;
 * the mutex sees to that. */
static err_t append_later(historian_t *h, change_t *change, writer_t *w, uint64_t *ret_seq)
{
	int64_t before_ns = h->edits.newest_ns > h->edit_ns ? h->edits.newest_ns : h->edit_ns;
	if (h->edits.count + change->count > EDITS_MAX)
		return ERR_LIMIT;
	if (before_ns == INT64_MAX)
		return ERR_INVALID;
	if (change->at_ns <= before_ns)
		change->at_ns = before_ns + 1;
	err_t err = set_times(change);
	if (!err)
		err = edit_record_encode(change->edits, change->count, w);
	slice_t payload = writer_done(w);
	if (!err)
		err = journal_append(h->spec.journal, JOURNAL_SAMPLE_EDIT, &payload, 1, ret_seq);
	if (!err)
		h->edit_ns = change->edits[change->count - 1].at_ns;
	return err;
}

static err_t append(historian_t *h, change_t *change, historian_made_t *ret_made)
{
	historian_made_t made = { 0 };
	uint8_t *bytes = malloc(change->bytes);
	if (!bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(bytes, change->bytes);
	env_lock(h->mutex);
	err_t err = append_later(h, change, &w, &made.seq);
	env_unlock(h->mutex);
	free(bytes);
	made.at_ns = change->at_ns;
	if (!err)
		*ret_made = made;
	return err;
}

err_t historian_edit(historian_t *historian, const caller_t *caller, const historian_edit_t *edits,
                     size_t count, historian_made_t *ret_made)
{
	change_t change = { .count = count };
	if (caller->role < ROLE_ENGINEER)
		return ERR_DENIED;
	if (count == 0 || count > HISTORIAN_EDITS_AT_ONCE)
		return ERR_INVALID;
	change.edits = calloc(count, sizeof(*change.edits));
	if (!change.edits)
		return ERR_NO_MEMORY;
	memcpy(change.edits, edits, count * sizeof(*edits));
	err_t err = check(historian, &change, caller);
	if (!err)
		err = append(historian, &change, ret_made);
	free(change.edits);
	return err;
}

/* The values that the edits set, as rows. */
static err_t take_values(historian_t *h, const slice_t *edits, size_t count)
{
	h->rows.count = 0;
	for (size_t i = 0; i < count; i++) {
		historian_edit_t edit;
		err_t err = edit_decode(edits[i], &edit);
		if (err)
			return err;
		sample_t sample = { .point = edit.point,
			            .source = { edit.from_ns },
			            .node = { edit.at_ns },
			            .value = edit.value,
			            .quality = edit.quality };
		if (edit.kind == HISTORIAN_SET && !sample_rows_add(&h->rows, &sample))
			return ERR_MALFORMED;
	}
	return ERR_OK;
}

err_t historian_take_edit(historian_t *h, slice_t payload)
{
	slice_t edits[HISTORIAN_EDITS_AT_ONCE];
	size_t count = 0;
	err_t err = edit_record_decode(payload, edits, &count);
	if (!err)
		err = take_values(h, edits, count);
	if (err)
		return err;
	sample_batch_t batch = sample_rows_batch(&h->rows);
	env_lock(h->mutex);
	err = batch.count ? memory_reserve(h->table, &batch) : ERR_OK;
	if (!err)
		err = edits_add(&h->edits, edits, count);
	if (!err && batch.count)
		memory_add(h->table, &batch);
	env_unlock(h->mutex);
	metric_set(&h->metrics, METRIC_EDITS, (int64_t)h->edits.count);
	return err;
}

/* Copies of edits, whose texts are in `bytes`. */
typedef struct {
	historian_edit_t *edits;
	uint8_t *bytes;
	size_t count;
} copies_t;

static void copies_free(copies_t *copies)
{
	free(copies->edits);
	free(copies->bytes);
}

static bool is_asked(const historian_edit_t *edit, const series_query_t *query)
{
	return edit->to_ns > query->from_ns && edit->from_ns < query->to_ns &&
	       (!query->known_at_ns || edit->at_ns <= query->known_at_ns);
}

/* Of the edits from..end. The mutex is held. */
static err_t copy_asked(const edits_t *edits, const size_t range[2], const series_query_t *query,
                        copies_t *copies)
{
	size_t from = range[0], end = range[1], len = 0;
	for (size_t i = from; i < end; i++)
		len += is_asked(&edits->items[i]->edit, query) ? edits->items[i]->len : 0;
	bool *undone = calloc(end - from + 1, sizeof(*undone));
	copies->edits = calloc(end - from + 1, sizeof(*copies->edits));
	copies->bytes = malloc(len + 1);
	err_t err = undone && copies->edits && copies->bytes ? ERR_OK : ERR_NO_MEMORY;
	writer_t w = writer_of(copies->bytes, err ? 0 : len);
	if (!err)
		edits_undone(edits, from, end, query->known_at_ns, undone);
	for (size_t i = from; !err && i < end; i++) {
		slice_t bytes = slice_of(edits->items[i]->bytes, edits->items[i]->len);
		if (!is_asked(&edits->items[i]->edit, query))
			continue;
		size_t at = w.len;
		wr_bytes(&w, bytes);
		historian_edit_t *copy = &copies->edits[copies->count];
		err = edit_decode(slice_from(writer_done(&w), at), copy);
		copy->is_undone = undone[i - from];
		copies->count++;
	}
	free(undone);
	return err;
}

/* The edits of a point that touch the range; the caller frees. */
static err_t list(historian_t *h, const series_query_t *query, copies_t *ret_copies)
{
	copies_t copies = { 0 };
	env_lock(h->mutex);
	size_t from = edits_find(&h->edits, query->point);
	size_t range[2] = { from, edits_end(&h->edits, from) };
	err_t err = copy_asked(&h->edits, range, query, &copies);
	env_unlock(h->mutex);
	if (err)
		copies_free(&copies);
	else
		*ret_copies = copies;
	return err;
}

err_t historian_edits(historian_t *historian, const series_query_t *query,
                      bool (*row)(void *ctx, const historian_edit_t *edit), void *ctx)
{
	copies_t copies = { 0 };
	err_t err = list(historian, query, &copies);
	for (size_t i = 0; !err && i < copies.count; i++)
		if (!row(ctx, &copies.edits[i]))
			break;
	if (!err)
		copies_free(&copies);
	return err;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

err_t historian_annotations(void *ctx, const series_query_t *query, int64_t **ret_begins_ns,
                            size_t *ret_count)
{
	copies_t copies = { 0 };
	size_t n = 0;
	err_t err = list(ctx, query, &copies);
	if (err)
		return err;
	int64_t *begins_ns = calloc(copies.count + 1, sizeof(*begins_ns));
	for (size_t i = 0; begins_ns && i < copies.count; i++) {
		const historian_edit_t *edit = &copies.edits[i];
		if (edit->kind == HISTORIAN_ANNOTATE && !edit->is_undone &&
		    edit->from_ns >= query->from_ns)
			begins_ns[n++] = edit->from_ns;
	}
	copies_free(&copies);
	if (!begins_ns)
		return ERR_NO_MEMORY;
	qsort(begins_ns, n, sizeof(*begins_ns), by_time);
	*ret_begins_ns = begins_ns;
	*ret_count = n;
	return ERR_OK;
}
