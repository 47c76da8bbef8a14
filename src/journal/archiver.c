/* SPDX-License-Identifier: Apache-2.0 */
/* Compressing sealed segments in the background, oldest first, one frame a turn, at
 * most a fifth of one core.
 *
 * Order of writes: NAME.pack is written and synced, gets the archive's name, the folder
 * is synced; only then the plain segment goes. Power may fail between any two: what is
 * left is NAME.pack, which the next run overwrites, or both forms, of which readers
 * take the plain one and this makes the archive again. */
#include <stdio.h>
#include <stdlib.h>

#include "journal/archive.h"
#include "journal/state.h"

static const int64_t IDLE_NS = 5 * NS_PER_S, BUSY_NS = 20 * NS_PER_MS;

enum { REST = 4, LOOKS = 64 };

struct archiver {
	journal_t *journal;
	env_timer_t *timer;
	uint64_t done; /* segments up to this one need nothing more */

	/* The segment in work; writer NULL: none. */
	uint64_t first_seq;
	segment_reader_t reader;
	chain_t chain;
	env_file_t *in, *out;
	archive_writer_t *writer;
};

static segment_path_t pack_path(const journal_t *j)
{
	segment_path_t path;
	int len = snprintf(path.text, sizeof(path.text), "%s/%s.pack", j->dir, j->name);
	(void)len; /* shorter than any segment's path, whose length journal_open checked */
	return path;
}

static void drop_work(archiver_t *a)
{
	log_segment_reader_done(&a->reader);
	env_file_close(a->in);
	env_file_close(a->out);
	archive_writer_free(a->writer);
	a->in = a->out = NULL;
	a->writer = NULL;
}

static err_t begin(archiver_t *a, uint64_t first_seq)
{
	journal_t *j = a->journal;
	segment_path_t path = log_segment_path(j->dir, j->name, first_seq), pack = pack_path(j);
	err_t err = log_segment_open(j->env, path.text, first_seq, &a->in, &a->chain);
	if (!err)
		err = env_file_open(j->env, pack.text, ENV_OPEN_CREATE, &a->out);
	if (!err)
		err = archive_writer_new(a->out, &a->chain, &a->writer);
	a->first_seq = first_seq;
	a->reader = (segment_reader_t){ .in = { .file = a->in }, .at = SEGMENT_HEAD_BYTES };
	if (err)
		drop_work(a);
	return err;
}

/* One frame; *ret_end when the segment has no more. */
static err_t add_frame(archiver_t *a, bool *ret_end)
{
	record_t record;
	err_t err = ERR_OK;
	while (!err && !archive_writer_is_full(a->writer)) {
		err = log_segment_peek(&a->reader, &a->chain, &record);
		if (!err)
			err = archive_writer_add(a->writer, &record);
		a->reader.at += err ? 0 : record.bytes;
		a->chain.next_seq += !err;
		a->chain.link = err ? a->chain.link : record.crc;
		a->chain.types |= err ? 0 : JOURNAL_TYPE_BIT(record.type);
		if (!err && a->chain.chained)
			memcpy(a->chain.hash, record.hash.ptr, SHA256_BYTES);
	}
	*ret_end = err == ERR_NOT_FOUND;
	return err == ERR_NOT_FOUND ? ERR_OK : err ? err : archive_writer_frame(a->writer);
}

/* The next segment begins where this one ends: nothing was left out. */
static err_t check_end(archiver_t *a)
{
	journal_t *j = a->journal;
	segment_name_t next = { j->dir, j->name, a->chain.next_seq };
	segment_file_t file = { 0 };
	chain_t head = { 0 };
	err_t err = log_segment_enter(j->env, &next, &file, &head);
	log_segment_leave(&file);
	if (!err && !chain_joins(&a->chain, &head))
		err = ERR_CORRUPT;
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static err_t give_name(archiver_t *a)
{
	journal_t *j = a->journal;
	segment_path_t plain = log_segment_path(j->dir, j->name, a->first_seq);
	segment_path_t pack = pack_path(j), packed = archive_path(j->dir, j->name, a->first_seq);
	err_t err = env_file_sync(a->out);
	if (!err)
		err = env_path_rename(j->env, pack.text, packed.text);
	if (!err)
		err = env_dir_sync(j->env, j->dir);
	if (err)
		return err;
	/* Recycled meanwhile: then its plain form went without this one. */
	if (segments_find(j, a->first_seq) != a->first_seq) {
		err = segment_remove(j, a->first_seq);
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	}
	err = env_path_remove(j->env, plain.text);
	return err ? err : env_dir_sync(j->env, j->dir);
}

static err_t finish(archiver_t *a)
{
	uint64_t bytes = 0;
	err_t err = check_end(a);
	if (!err)
		err = archive_writer_end(a->writer);
	if (!err)
		err = env_file_size(a->out, &bytes);
	if (!err)
		err = give_name(a);
	if (err)
		return err;
	metric_add(&a->journal->metrics, JOURNAL_METRIC_ARCHIVED, 1);
	metric_add(&a->journal->metrics, JOURNAL_METRIC_ARCHIVED_BYTES, (int64_t)bytes);
	return ERR_OK;
}

/* A damaged segment is left as it is, for whoever repairs it; what else fails is
 * tried again. */
static void fail(archiver_t *a, err_t err)
{
	journal_t *j = a->journal;
	metric_add(&j->metrics, JOURNAL_METRIC_ARCHIVE_FAILED, 1);
	if (err == ERR_CORRUPT || err == ERR_NEWER_FORMAT)
		a->done = a->first_seq;
	drop_work(a);
}

/* Finds the next plain segment that is sealed; true when one was begun or there may
 * be more to look at. */
static bool look(archiver_t *a)
{
	for (unsigned i = 0; i < LOOKS; i++) {
		uint64_t seq = segments_sealed_after(a->journal, a->done);
		if (seq == 0)
			return false;
		err_t err = begin(a, seq);
		if (!err)
			return true;
		if (err != ERR_NOT_FOUND) {
			fail(a, err);
			return false;
		}
		a->done = seq; /* archived already */
	}
	return true;
}

static bool turn(archiver_t *a)
{
	bool is_end = false;
	if (!a->writer)
		return look(a);
	err_t err = add_frame(a, &is_end);
	if (!err && is_end)
		err = finish(a);
	if (err) {
		fail(a, err);
		return false;
	}
	if (is_end) {
		a->done = a->first_seq;
		drop_work(a);
	}
	return true;
}

static void on_timer(void *ctx)
{
	archiver_t *a = ctx;
	int64_t start = env_now(a->journal->env);
	bool is_busy = turn(a);
	int64_t rest = REST * (env_now(a->journal->env) - start);
	env_timer_set(a->timer, !is_busy ? IDLE_NS : rest > BUSY_NS ? rest : BUSY_NS);
}

err_t archiver_new(journal_t *j, env_loop_t *loop, archiver_t **ret_archiver)
{
	archiver_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->journal = j;
	err_t err = env_timer_new(loop, on_timer, a, &a->timer);
	if (err) {
		free(a);
		return err;
	}
	env_timer_set(a->timer, BUSY_NS);
	*ret_archiver = a;
	return ERR_OK;
}

void archiver_free(archiver_t *archiver)
{
	if (!archiver)
		return;
	segment_path_t pack = pack_path(archiver->journal);
	bool is_open = archiver->out != NULL;
	drop_work(archiver);
	/* Left behind, it is overwritten. */
	if (is_open)
		(void)!env_path_remove(archiver->journal->env, pack.text);
	env_timer_free(archiver->timer);
	free(archiver);
}
