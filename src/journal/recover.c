/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the end of the log after whatever stopped the process. Only the last
 * segment is walked: it got its name when all before it were synced, so damage
 * there is found by whoever reads them.
 *
 * A bad record may be a write that power loss tore, or damage to what was once
 * acknowledged; tail.c tells them apart. */
#include <stdlib.h>

#include "journal/state.h"

typedef struct {
	journal_t *j;
	segment_path_t path;
	env_file_t *file;
	segment_reader_t reader;
	chain_t chain;
} tail_t;

/* Moves past every good record. */
static err_t walk(tail_t *t)
{
	for (;;) {
		record_t record;
		err_t err = log_segment_peek(&t->reader, &t->chain, &record);
		if (err == ERR_NOT_FOUND || err == ERR_CORRUPT)
			return ERR_OK;
		if (err)
			return err;
		if (!chain_accept(&t->chain, &record))
			return ERR_OK;
		t->reader.at += record.bytes;
	}
}

/* Zeros from the end of the log to `end`, so that what was cut never follows a
 * later record by chance. */
static err_t wipe(env_file_t *file, uint64_t at, uint64_t end)
{
	static const uint8_t ZEROS[4096] = { 0 };
	err_t err = ERR_OK;
	while (!err && at < end) {
		uint64_t len = end - at < sizeof(ZEROS) ? end - at : sizeof(ZEROS);
		err = env_file_write(file, at, slice_of(ZEROS, (size_t)len));
		at += len;
	}
	return err;
}

static err_t cut(tail_t *t, uint64_t *ret_cut)
{
	uint64_t end = 0;
	err_t err = log_segment_end(&t->reader, &t->chain, &end);
	if (!err)
		err = wipe(t->file, t->reader.at, end);
	/* What was read may not be on disk yet: the process before may have been
	 * stopped between its write and its sync. */
	if (!err)
		err = env_file_sync(t->file);
	if (!err)
		*ret_cut = end - t->reader.at;
	return err;
}

/* Opens the segment and finds where the log ends in it. */
static err_t tail_open(tail_t *t, uint64_t first_seq)
{
	env_file_t *head = NULL;
	t->path = log_segment_path(t->j->dir, t->j->name, first_seq);
	err_t err = log_segment_open(t->j->env, t->path.text, first_seq, &head, &t->chain);
	env_file_close(head);
	if (!err)
		err = env_file_open(t->j->env, t->path.text, ENV_OPEN_WRITE, &t->file);
	t->reader = (segment_reader_t){ .in = { .file = t->file },
		                        .at = err ? 0 : SEGMENT_HEAD_BYTES };
	return err ? err : walk(t);
}

static void adopt(journal_t *j, tail_t *t)
{
	j->file = t->file;
	j->at = t->reader.at;
	j->chain = t->chain;
	t->file = NULL;
}

/* The types of what lies before the segment. */
static void note_types(journal_t *j, size_t i, const chain_t *head)
{
	if (i > 0)
		j->segments[i - 1].types = head->types_before;
}

static err_t recover_last(journal_t *j, bool chained, journal_recovery_t *recovery,
                          err_detail_t *ret_detail)
{
	tail_t t = { .j = j };
	uint64_t first_seq = j->segments[j->segment_count - 1].first_seq;
	err_t err = tail_open(&t, first_seq);
	if (!err && t.chain.chained != chained)
		err = ERR_CONFIG;
	if (!err)
		err = cut(&t, &recovery->cut_bytes);
	if (err)
		err = journal_raise(ret_detail, err, t.path.text, t.reader.at, t.chain.next_seq);
	else
		adopt(j, &t);
	note_types(j, j->segment_count - 1, &t.chain);
	log_segment_reader_done(&t.reader);
	env_file_close(t.file);
	return err;
}

/* Heads of the segments before the last: right kind, right epoch. */
static err_t check_heads(journal_t *j, err_detail_t *ret_detail)
{
	for (size_t i = 0; i + 1 < j->segment_count; i++) {
		segment_name_t name = { j->dir, j->name, j->segments[i].first_seq };
		segment_path_t path = log_segment_path(j->dir, j->name, name.first_seq);
		segment_file_t file = { 0 };
		chain_t chain = { 0 };
		err_t err = log_segment_enter(j->env, &name, &file, &chain);
		log_segment_leave(&file);
		if (!err && chain.epoch != j->chain.epoch)
			err = ERR_CORRUPT;
		if (err)
			return journal_raise(ret_detail, err, path.text, 0, name.first_seq);
		note_types(j, i, &chain);
	}
	return ERR_OK;
}

static err_t begin(journal_t *j, bool chained)
{
	j->chain = (chain_t){ .chained = chained, .next_seq = 1 };
	env_random(j->env, &j->chain.epoch, sizeof(j->chain.epoch));
	err_t err = commit_roll(j);
	return err ? err : env_dir_sync_up(j->env, j->dir);
}

static err_t list_segments(journal_t *j)
{
	uint64_t *seqs = NULL;
	size_t count = 0;
	err_t err = log_segment_list(j->env, j->dir, j->name, &seqs, &count);
	j->segments = err || count == 0 ? NULL : calloc(count, sizeof(*j->segments));
	if (!err && count && !j->segments)
		err = ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		j->segments[i].first_seq = seqs[i];
	j->segment_count = j->segment_cap = err ? 0 : count;
	free(seqs);
	return err;
}

err_t journal_recover(journal_t *j, bool chained, journal_recovery_t *ret_recovery,
                      err_detail_t *ret_detail)
{
	journal_recovery_t recovery = { 0 };
	err_t err = list_segments(j);
	if (err)
		return journal_raise(ret_detail, err, j->dir, 0, 0);
	if (j->segment_count == 0) {
		err = begin(j, chained);
		if (err)
			return journal_raise(ret_detail, err, j->dir, 0, 0);
	} else {
		err = recover_last(j, chained, &recovery, ret_detail);
		if (!err)
			err = check_heads(j, ret_detail);
		if (err)
			return err;
	}
	recovery.last_seq = j->chain.next_seq - 1;
	recovery.first_seq = recovery.last_seq >= j->segments[0].first_seq
	                             ? j->segments[0].first_seq
	                             : 0;
	recovery.segments = j->segment_count;
	*ret_recovery = recovery;
	return ERR_OK;
}
