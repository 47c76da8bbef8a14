/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is durable, while the commit loop writes behind it. */
#include <stdlib.h>

#include "journal/follow.h"
#include "journal/state.h"

struct journal_cursor {
	journal_t *journal;
	segment_file_t file;
	uint64_t first_seq; /* of the open segment */
	uint64_t fresh;     /* durable sequence when the window was read, at least */
	segment_reader_t reader;
	chain_t chain;
	uint64_t wanted; /* types */
};

static err_t enter(journal_cursor_t *c, uint64_t first_seq)
{
	journal_t *j = c->journal;
	segment_name_t name = { j->dir, j->name, first_seq };
	segment_file_t file = { 0 };
	chain_t chain;
	err_t err = log_segment_enter(j->env, &name, &file, &chain);
	if (!err && chain.epoch != j->epoch)
		err = ERR_CORRUPT;
	if (err) {
		log_segment_leave(&file);
		return err == ERR_NOT_FOUND ? ERR_EXPIRED : err;
	}
	log_segment_leave(&c->file);
	c->file = file;
	c->chain = chain;
	c->first_seq = first_seq;
	c->reader.in = file;
	c->reader.at = SEGMENT_HEAD_BYTES;
	log_segment_refresh(&c->reader);
	return ERR_OK;
}

/* A window may hold the place of a record from before it was written. */
static void refresh_for(journal_cursor_t *c, uint64_t seq)
{
	if (seq <= c->fresh)
		return;
	c->fresh = journal_durable(c->journal);
	log_segment_refresh(&c->reader);
}

/* The next record of the open segment, which is known to be durable. */
static err_t step(journal_cursor_t *c, record_t *ret_record)
{
	record_t record;
	refresh_for(c, c->chain.next_seq);
	err_t err = log_segment_peek(&c->reader, &c->chain, &record);
	if (err)
		return err;
	if (!chain_accept(&c->chain, &record))
		return ERR_CORRUPT;
	c->reader.at += record.bytes;
	*ret_record = record;
	return ERR_OK;
}

/* At the start of a segment: to the first one from here that may hold what is wanted. */
static err_t pass_over(journal_cursor_t *c)
{
	if (c->reader.at != SEGMENT_HEAD_BYTES)
		return ERR_OK;
	uint64_t first = segments_with(c->journal, c->first_seq, c->wanted);
	return first == c->first_seq ? ERR_OK : enter(c, first);
}

/* Ends of segments are zeros; then the next one must begin with what is wanted. */
static err_t step_over(journal_cursor_t *c, record_t *ret_record)
{
	err_t err = step(c, ret_record);
	if (err != ERR_NOT_FOUND)
		return err;
	uint64_t next = c->chain.next_seq, first = segments_find(c->journal, next);
	if (first == 0)
		return ERR_EXPIRED;
	if (first != next)
		return ERR_CORRUPT;
	chain_t before = c->chain;
	err = enter(c, first);
	if (err)
		return err;
	if (!chain_joins(&before, &c->chain))
		return ERR_CORRUPT;
	err = pass_over(c);
	if (err)
		return err;
	if (c->chain.next_seq > journal_durable(c->journal))
		return ERR_NOT_FOUND;
	err = step(c, ret_record);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static void fill(const journal_cursor_t *c, const record_t *record, journal_record_t *ret_record)
{
	*ret_record = (journal_record_t){
		.seq = record->seq,
		.type = (journal_type_t)record->type,
		.payload = record->payload,
		.at = c->reader.at - record->bytes,
	};
	if (c->chain.chained)
		memcpy(ret_record->hash, c->chain.hash, sizeof(ret_record->hash));
}

err_t journal_cursor_next(journal_cursor_t *c, journal_record_t *ret_record)
{
	if (c->first_seq == 0)
		return ERR_NOT_FOUND;
	record_t record;
	err_t err = pass_over(c);
	if (!err && c->chain.next_seq > journal_durable(c->journal))
		return ERR_NOT_FOUND;
	if (!err)
		err = step_over(c, &record);
	if (!err)
		fill(c, &record, ret_record);
	return err;
}

/* Reads up to, not past, `seq`. */
static err_t skip_to(journal_cursor_t *c, uint64_t seq)
{
	err_t err = ERR_OK;
	record_t record;
	while (!err && c->chain.next_seq < seq)
		err = step_over(c, &record);
	return err;
}

err_t journal_cursor_open(journal_t *journal, uint64_t seq, journal_cursor_t **ret_cursor)
{
	uint64_t first = seq ? segments_find(journal, seq) : 0;
	if (seq > journal_durable(journal) + 1)
		return ERR_INVALID;
	if (seq && !first)
		return ERR_NOT_FOUND;
	journal_cursor_t *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	c->journal = journal;
	c->wanted = UINT64_MAX;
	err_t err = first ? enter(c, first) : ERR_OK;
	if (!err && first)
		err = skip_to(c, seq);
	if (err) {
		journal_cursor_close(c);
		return err == ERR_EXPIRED ? ERR_NOT_FOUND : err;
	}
	*ret_cursor = c;
	return ERR_OK;
}

void journal_cursor_want(journal_cursor_t *cursor, uint64_t types)
{
	cursor->wanted = types;
}

journal_mark_t journal_cursor_mark(const journal_cursor_t *cursor)
{
	const chain_t *chain = &cursor->chain;
	if (cursor->first_seq == 0)
		return (journal_mark_t){ 0 };
	journal_mark_t mark = { .seq = chain->next_seq - 1, .epoch = chain->epoch };
	memcpy(mark.hash, chain->hash, sizeof(mark.hash));
	return mark;
}

void journal_cursor_close(journal_cursor_t *cursor)
{
	if (!cursor)
		return;
	log_segment_reader_done(&cursor->reader);
	log_segment_leave(&cursor->file);
	free(cursor);
}

/* The record stands where it is said to; its own checksum and sequence prove it,
 * so the chain before it need not be walked. */
static err_t jump(journal_cursor_t *c, uint64_t seq, uint64_t at, record_t *ret_record)
{
	record_t record;
	refresh_for(c, seq);
	log_segment_seek(&c->reader, at);
	err_t err = log_segment_peek(&c->reader, &c->chain, &record);
	if (err == ERR_NOT_FOUND || (!err && record.seq != seq))
		err = ERR_CORRUPT;
	if (err)
		return err;
	c->chain.next_seq = seq + 1;
	c->chain.types |= TYPES_UNSEEN;
	c->chain.link = record.crc;
	if (c->chain.chained)
		memcpy(c->chain.hash, record.hash.ptr, sizeof(c->chain.hash));
	c->reader.at += record.bytes;
	*ret_record = record;
	return ERR_OK;
}

err_t journal_cursor_jump(journal_cursor_t *c, uint64_t seq, uint64_t at,
                          journal_record_t *ret_record)
{
	uint64_t first = segments_find(c->journal, seq);
	if (first == 0 || seq > journal_durable(c->journal))
		return ERR_NOT_FOUND;
	err_t err = first == c->first_seq ? ERR_OK : enter(c, first);
	record_t record;
	if (!err)
		err = jump(c, seq, at, &record);
	if (!err)
		fill(c, &record, ret_record);
	return err == ERR_EXPIRED ? ERR_NOT_FOUND : err;
}

static err_t copy_payload(const journal_record_t *from, void *buf, size_t cap,
                          journal_record_t *ret_record)
{
	if (from->payload.len > cap)
		return ERR_TOO_BIG;
	if (from->payload.len)
		memcpy(buf, from->payload.ptr, from->payload.len);
	*ret_record = *from;
	ret_record->payload = slice_of(buf, from->payload.len);
	return ERR_OK;
}

err_t journal_read(journal_t *journal, uint64_t seq, void *buf, size_t cap,
                   journal_record_t *ret_record)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	err_t err = journal_cursor_open(journal, seq, &cursor);
	if (err)
		return err;
	err = journal_cursor_next(cursor, &record);
	if (!err)
		err = copy_payload(&record, buf, cap, ret_record);
	journal_cursor_close(cursor);
	return err;
}
