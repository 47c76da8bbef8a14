/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the segments, on their way from the manifest to the main journal. */
#include <stdlib.h>

#include "historian/state.h"
#include "journal/follow.h"

static chain_kind_t kind_of(const historian_change_t *change)
{
	if (change->is_seal)
		return CHAIN_SEAL;
	return change->add_count ? CHAIN_MERGE : CHAIN_RETIRE;
}

static err_t write_entry(const historian_t *h, const historian_change_t *change,
                         uint64_t generation, text_t *to)
{
	chain_entry_t entry = { .kind = kind_of(change),
		                .generation = generation,
		                .utc_ns = env_utc(h->env).ns,
		                .before = h->manifest.chain.head,
		                .edits_id = change->edits_id ? change->edits_id
		                                             : h->manifest.edits_id,
		                .drops = change->drop_count,
		                .adds = change->add_count };
	err_t err = ERR_OK;
	if (entry.edits_id)
		err = edits_hash(h->env, h->spec.dir, entry.edits_id, &entry.edits);
	chain_entry_put(&entry, to);
	for (size_t i = 0; i < change->drop_count; i++)
		chain_drop_put(segment_info(change->drop[i]->segment), to);
	for (size_t i = 0; i < change->add_count; i++)
		chain_add_put(&change->add[i], to);
	if (err)
		return err;
	return to->bad ? to->len >= CHAIN_ENTRY_MAX / 2 ? ERR_LIMIT : ERR_NO_MEMORY : ERR_OK;
}

err_t historian_chain(const historian_t *h, const historian_change_t *change, uint64_t generation,
                      chain_t *ret_chain)
{
	journal_t *journal = h->spec.main_journal;
	text_t entry = text_of(CHAIN_ENTRY_MAX);
	uint64_t durable = journal ? journal_durable(journal) : UINT64_MAX;
	uint64_t after = journal ? journal_last(journal) : 0;
	err_t err = ERR_OK;
	if (change->add_count || change->drop_count || change->edits_id)
		err = write_entry(h, change, generation, &entry);
	if (!err)
		err = chain_next(&h->manifest.chain, durable, text_slice(&entry), after, ret_chain);
	text_free(&entry);
	return err;
}

static void set_entry(historian_t *h, uint64_t segment, uint64_t seq)
{
	for (size_t i = 0; i < h->shelf.count; i++)
		if (segment_info(h->shelf.items[i]->segment)->id == segment)
			h->shelf.items[i]->entry_seq = seq;
}

/* The segments that came with the entry are proven by it. */
static void note_seq(historian_t *h, const chain_waiting_t *waiting)
{
	chain_entry_t entry;
	segment_info_t info;
	if (chain_entry_read(slice_of(waiting->bytes, waiting->len), &entry))
		return;
	env_lock(h->mutex);
	while (chain_add_next(&entry, &info))
		set_entry(h, info.id, waiting->seq);
	env_unlock(h->mutex);
}

void historian_tell(historian_t *h)
{
	chain_t *chain = &h->manifest.chain;
	int64_t untold = 0;
	err_t err = ERR_OK;
	for (size_t i = 0; h->spec.main_journal && i < chain->count; i++) {
		chain_waiting_t *waiting = &chain->waiting[i];
		slice_t payload = slice_of(waiting->bytes, waiting->len);
		if (waiting->seq)
			continue;
		/* In their order, or not at all. */
		if (!err)
			err = journal_append(h->spec.main_journal, JOURNAL_HISTORY, &payload, 1,
			                     &waiting->seq);
		if (err)
			untold++;
		else
			note_seq(h, waiting);
	}
	metric_set(&h->metrics, METRIC_UNTOLD, untold);
}

static void find(historian_t *h, const journal_record_t *record)
{
	chain_t *chain = &h->manifest.chain;
	for (size_t i = 0; i < chain->count; i++) {
		chain_waiting_t *waiting = &chain->waiting[i];
		if (!slice_eq(slice_of(waiting->bytes, waiting->len), record->payload))
			continue;
		waiting->seq = record->seq;
		note_seq(h, waiting);
	}
}

static err_t find_from(historian_t *h, uint64_t seq)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	err_t err = journal_cursor_open(h->spec.main_journal, seq, &cursor);
	/* A journal that was put back may end before. */
	if (err == ERR_INVALID)
		return ERR_OK;
	if (!err)
		journal_cursor_want(cursor, JOURNAL_TYPE_BIT(JOURNAL_HISTORY));
	while (!err) {
		err = journal_cursor_next(cursor, &record);
		if (!err && record.type == JOURNAL_HISTORY)
			find(h, &record);
	}
	journal_cursor_close(cursor);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

err_t historian_find_told(historian_t *h)
{
	const chain_t *chain = &h->manifest.chain;
	uint64_t after = UINT64_MAX;
	err_t err = ERR_OK;
	for (size_t i = 0; i < chain->count; i++)
		after = chain->waiting[i].after_seq < after ? chain->waiting[i].after_seq : after;
	if (h->spec.main_journal && chain->count)
		err = find_from(h, after + 1);
	if (!err)
		historian_tell(h);
	return err;
}
