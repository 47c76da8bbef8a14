/* SPDX-License-Identifier: Apache-2.0 */
/* What can still be read behind damage, for who must say what was lost. Nothing here
 * is believed beyond a record's own checksum, which covers the epoch. */
#include <stdlib.h>

#include "journal/archive.h"
#include "journal/state.h"

enum { SALVAGE_AHEAD = 1 << 20 };

typedef struct {
	const journal_salvage_t *what;
	uint64_t near; /* of the last good record, at least the damaged one */
	bool is_done;
} salvage_t;

/* Worth a checksum: a sequence soon behind the damaged one, or before it. */
static bool is_likely(slice_t bytes, uint64_t seq)
{
	reader_t r = reader_of(slice_sub(bytes, 0, RECORD_HEAD_BYTES));
	rd_take(&r, 8);
	return rd_u64_le(&r) < seq + SALVAGE_AHEAD && !r.bad;
}

static void show(salvage_t *s, const record_t *record, uint64_t at)
{
	journal_record_t shown = { .seq = record->seq,
		                   .type = (journal_type_t)record->type,
		                   .payload = record->payload,
		                   .at = at };
	s->near = record->seq > s->near ? record->seq : s->near;
	s->is_done = record->seq > s->what->seq && !s->what->row(s->what->ctx, &shown);
}

static err_t step(salvage_t *s, segment_reader_t *r, const chain_t *chain)
{
	slice_t bytes;
	record_t record;
	err_t err = log_segment_bytes(r, RECORD_HEAD_BYTES, &bytes);
	if (err == ERR_CORRUPT && r->in.archive) {
		r->at = archive_next_frame(r->in.archive, r->at);
		return ERR_OK;
	}
	if (err)
		return err;
	err = is_likely(bytes, s->near) ? log_segment_peek(r, chain, &record) : ERR_CORRUPT;
	if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
		r->at += 8;
		return ERR_OK;
	}
	if (err)
		return err;
	show(s, &record, r->at);
	r->at += record.bytes;
	return ERR_OK;
}

static err_t walk(salvage_t *s, env_t *env, uint64_t first_seq)
{
	segment_name_t name = { s->what->dir, s->what->name, first_seq };
	segment_file_t file = { 0 };
	chain_t chain;
	uint64_t end = 0;
	err_t err = log_segment_enter(env, &name, &file, &chain);
	if (!err)
		err = log_segment_records_end(&file, SEGMENT_HEAD_BYTES, &end);
	segment_reader_t r = { .in = file, .at = SEGMENT_HEAD_BYTES };
	while (!err && !s->is_done && r.at < end)
		err = step(s, &r, &chain);
	log_segment_reader_done(&r);
	log_segment_leave(&file);
	return err;
}

err_t journal_salvage(env_t *env, const journal_salvage_t *what)
{
	uint64_t *segments = NULL;
	size_t count = 0, i = 0;
	salvage_t s = { .what = what, .near = what->seq };
	err_t err = log_segment_list(env, what->dir, what->name, &segments, &count);
	while (!err && i + 1 < count && segments[i + 1] <= what->seq)
		i++;
	for (; !err && !s.is_done && i < count; i++)
		err = walk(&s, env, segments[i]);
	free(segments);
	return err;
}
