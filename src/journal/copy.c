/* SPDX-License-Identifier: Apache-2.0 */
/* Copying a journal that lives. The writer only ever appends to the last segment,
 * begins the next one, and removes the oldest; so the copy walks forward from the
 * oldest and asks the folder where to go on. What it was overtaken by it copies
 * again from the new oldest. What was archived is copied in its plain form.
 *
 * A record that is half written when it is read looks torn. It is judged as at an
 * open: if a good record behind proves that it had been synced, it must read well
 * the second time. */
#include <stdlib.h>

#include "journal/state.h"

enum { FLUSH_BYTES = 256 * 1024, COPY_TRIES = 8 };

static const err_text_t OVERTAKEN = {
	{ "records are recycled faster than they can be copied", "日志回收快于复制" },
	{ "Try again, to a faster disk.", "请换用更快的磁盘重试。" },
};

typedef struct {
	env_t *env;
	const journal_copy_t *spec;
	uint64_t first_seq; /* of the segment being copied */
	segment_path_t path;
	segment_file_t in;
	env_file_t *out;
	segment_reader_t reader;
	chain_t chain;
	uint8_t *pending; /* FLUSH_BYTES */
	size_t pending_len;
	uint64_t at; /* where the pending bytes go */
	journal_extent_t extent;
} copier_t;

/* From here on a failure is one of the copy's own file. */
static void blame_copy(copier_t *c)
{
	c->path = log_segment_path(c->spec->to, c->spec->name, c->first_seq);
}

static err_t flush(copier_t *c)
{
	if (c->pending_len == 0)
		return ERR_OK;
	err_t err = env_file_write(c->out, c->at, slice_of(c->pending, c->pending_len));
	if (err) {
		blame_copy(c);
		return err;
	}
	c->at += c->pending_len;
	if (c->spec->progress)
		c->spec->progress(c->spec->ctx, c->pending_len);
	c->pending_len = 0;
	return ERR_OK;
}

static err_t put(copier_t *c, slice_t bytes)
{
	while (bytes.len) {
		slice_t head = slice_sub(bytes, 0, FLUSH_BYTES - c->pending_len);
		memcpy(c->pending + c->pending_len, head.ptr, head.len);
		c->pending_len += head.len;
		bytes = slice_from(bytes, head.len);
		err_t err = c->pending_len == FLUSH_BYTES ? flush(c) : ERR_OK;
		if (err)
			return err;
	}
	return ERR_OK;
}

static err_t leave_segment(copier_t *c)
{
	err_t err = c->out ? flush(c) : ERR_OK;
	if (!err && c->out) {
		err = env_file_sync(c->out);
		if (err)
			blame_copy(c);
	}
	log_segment_leave(&c->in);
	env_file_close(c->out);
	c->out = NULL;
	return err;
}

static err_t open_copy(copier_t *c, slice_t head)
{
	segment_path_t path = log_segment_path(c->spec->to, c->spec->name, c->first_seq);
	err_t err = env_file_open(c->env, path.text, ENV_OPEN_NEW, &c->out);
	if (err)
		c->path = path;
	return err ? err : put(c, head);
}

static err_t enter_segment(copier_t *c, uint64_t first_seq, bool is_first)
{
	chain_t head;
	segment_name_t name = { c->spec->from, c->spec->name, first_seq };
	segment_file_t in = { 0 };
	uint8_t bytes[SEGMENT_HEAD_BYTES];
	err_t err = leave_segment(c);
	if (err)
		return err;
	c->path = log_segment_path(c->spec->from, c->spec->name, first_seq);
	err = log_segment_enter(c->env, &name, &in, &head);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_EXPIRED : err;
	c->in = in;
	c->reader.in = in;
	c->reader.at = SEGMENT_HEAD_BYTES;
	if (!is_first && !chain_joins(&c->chain, &head))
		return ERR_CORRUPT;
	c->chain = head;
	c->first_seq = first_seq;
	c->at = 0;
	log_segment_head_encode(&head, bytes);
	return open_copy(c, slice_of(bytes, sizeof(bytes)));
}

static void show(copier_t *c, const record_t *record)
{
	if (!c->spec->record)
		return;
	journal_record_t seen = { .seq = record->seq,
		                  .type = (journal_type_t)record->type,
		                  .payload = record->payload,
		                  .at = c->reader.at };
	if (c->chain.chained)
		memcpy(seen.hash, c->chain.hash, sizeof(seen.hash));
	c->spec->record(c->spec->ctx, &seen);
}

/* Copies every record that is good by now; *ret_moved tells whether there was one. */
static err_t pump(copier_t *c, bool *ret_moved)
{
	log_segment_refresh(&c->reader);
	for (*ret_moved = false;; *ret_moved = true) {
		record_t record;
		slice_t bytes;
		err_t err = log_segment_peek(&c->reader, &c->chain, &record);
		if (err == ERR_NOT_FOUND || err == ERR_CORRUPT)
			return ERR_OK;
		if (!err)
			err = log_segment_bytes(&c->reader, record.bytes, &bytes);
		if (err || !chain_accept(&c->chain, &record))
			return err;
		show(c, &record);
		err = put(c, slice_sub(bytes, 0, record.bytes));
		if (err)
			return err;
		c->reader.at += record.bytes;
	}
}

typedef enum { NEXT_END, NEXT_SEGMENT, NEXT_SAME, NEXT_GONE } next_t;

/* Where the log goes on behind what was copied, by the names there are. */
static err_t look_on(const copier_t *c, next_t *ret_next)
{
	uint64_t *seqs = NULL, later = 0;
	size_t count = 0;
	bool is_here = false;
	err_t err = log_segment_list(c->env, c->spec->from, c->spec->name, &seqs, &count);
	for (size_t i = count; !err && i > 0; i--) {
		is_here = is_here || seqs[i - 1] == c->first_seq;
		if (seqs[i - 1] > c->first_seq && seqs[i - 1] >= c->chain.next_seq)
			later = seqs[i - 1];
	}
	free(seqs);
	if (err)
		return err;
	bool is_end = later == 0 && is_here;
	bool is_next = later == c->chain.next_seq;
	*ret_next = is_end ? NEXT_END : is_next ? NEXT_SEGMENT : is_here ? NEXT_SAME : NEXT_GONE;
	return ERR_OK;
}

/* The end, unless records proven to be synced are missing: those the writer put
 * there since they were looked for, or they are damaged. */
static err_t end(copier_t *c, bool *ret_is_end)
{
	uint64_t used = 0;
	bool moved = false;
	log_segment_refresh(&c->reader);
	err_t err = log_segment_end(&c->reader, &c->chain, &used);
	*ret_is_end = err == ERR_OK;
	if (err != ERR_CORRUPT)
		return err;
	err = pump(c, &moved);
	return err ? err : moved ? ERR_OK : ERR_CORRUPT;
}

/* One look behind the records copied so far. */
static err_t go_on(copier_t *c, bool *ret_is_end)
{
	next_t next = NEXT_END;
	bool moved = false;
	err_t err = look_on(c, &next);
	if (err)
		return err;
	switch (next) {
	case NEXT_END:
		return end(c, ret_is_end);
	case NEXT_SEGMENT:
		err = enter_segment(c, c->chain.next_seq, false);
		return err ? err : pump(c, &moved);
	case NEXT_SAME:
		err = pump(c, &moved);
		return err ? err : moved ? ERR_OK : ERR_CORRUPT;
	case NEXT_GONE:
		break;
	}
	return ERR_EXPIRED;
}

/* ERR_EXPIRED: segments went before they were copied. */
static err_t copy_from_oldest(copier_t *c)
{
	uint64_t *seqs = NULL;
	size_t count = 0;
	bool is_end = false, moved = false;
	err_t err = log_segment_list(c->env, c->spec->from, c->spec->name, &seqs, &count);
	if (!err && count == 0)
		err = ERR_NOT_FOUND;
	uint64_t first_seq = err ? 0 : seqs[0];
	free(seqs);
	if (!err)
		err = enter_segment(c, first_seq, true);
	if (!err)
		err = pump(c, &moved);
	while (!err && !is_end)
		err = go_on(c, &is_end);
	if (!err)
		err = leave_segment(c);
	if (!err)
		c->extent = (journal_extent_t){ c->chain.epoch, first_seq, c->chain.next_seq - 1 };
	return err;
}

/* Takes back what was copied, now or earlier. */
static err_t start_over(copier_t *c)
{
	uint64_t *seqs = NULL;
	size_t count = 0;
	log_segment_leave(&c->in);
	env_file_close(c->out);
	c->out = NULL;
	c->pending_len = 0;
	err_t err = log_segment_list(c->env, c->spec->to, c->spec->name, &seqs, &count);
	for (size_t i = 0; !err && i < count; i++) {
		segment_name_t name = { c->spec->to, c->spec->name, seqs[i] };
		err = log_segment_remove(c->env, &name);
	}
	free(seqs);
	return err;
}

static err_t copy_all(copier_t *c)
{
	err_t err = ERR_EXPIRED;
	for (unsigned i = 0; err == ERR_EXPIRED && i < COPY_TRIES; i++) {
		err = start_over(c);
		if (!err)
			err = copy_from_oldest(c);
	}
	return err ? err : env_dir_sync(c->env, c->spec->to);
}

static bool fits(const char *dir, const char *name)
{
	return strlen(dir) + strlen(name) < SEGMENT_PATH_MAX - 32;
}

err_t journal_copy(env_t *env, const journal_copy_t *copy, journal_extent_t *ret_extent,
                   err_detail_t *ret_detail)
{
	if (!fits(copy->from, copy->name) || !fits(copy->to, copy->name))
		return journal_raise(ret_detail, ERR_INVALID, copy->from, 0, 0);
	copier_t c = { .env = env, .spec = copy, .pending = malloc(FLUSH_BYTES) };
	c.path = log_segment_path(copy->from, copy->name, 0);
	err_t err = c.pending ? copy_all(&c) : ERR_NO_MEMORY;
	if (err == ERR_EXPIRED)
		err = err_raise(ret_detail, ERR_BUSY, &OVERTAKEN, copy->from, (char *)NULL);
	else if (err)
		journal_raise(ret_detail, err, c.path.text, c.reader.at, c.chain.next_seq);
	log_segment_reader_done(&c.reader);
	log_segment_leave(&c.in);
	env_file_close(c.out);
	free(c.pending);
	if (!err)
		*ret_extent = c.extent;
	return err;
}
