/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. Appenders fill one batch while the commit loop writes the other,
 * so that the slower the disk is, the more records share a sync. A segment is
 * synced before the next one gets its name: a later segment proves that the
 * earlier ones were whole. */
#include "journal/state.h"

#include <stdio.h>

enum { SPACE_CHECK_BYTES = 1 << 20 };

static const int64_t SPACE_CHECK_NS = NS_PER_S;

static void ring_subscribers(journal_t *j)
{
	uint64_t durable = journal_durable(j);
	for (size_t i = 0; i < j->subscriber_count; i++) {
		const subscriber_t *to = &j->subscribers[i];
		if (!to->is_wanted || atomic_load(to->is_wanted))
			env_mailbox_put(to->mailbox, &durable);
	}
}

/* The journal's end: whatever was not synced is in doubt until the next open. */
static void poison(journal_t *j, err_t err)
{
	atomic_store(&j->state, (int)err);
	metric_set(&j->metrics, JOURNAL_METRIC_POISONED, 1);
	ring_subscribers(j);
}

static void publish(journal_t *j)
{
	uint64_t before = journal_durable(j), now = j->chain.next_seq - 1;
	/* In one order with the wishes of subscribers, which look here behind them. */
	atomic_store(&j->durable, now);
	metric_add(&j->metrics, JOURNAL_METRIC_RECORDS, (int64_t)(now - before));
	metric_set(&j->metrics, JOURNAL_METRIC_DURABLE, (int64_t)now);
	ring_subscribers(j);
}

static segment_path_t spare_path(const journal_t *j)
{
	segment_path_t path;
	int len = snprintf(path.text, sizeof(path.text), "%s/%s.next", j->dir, j->name);
	(void)len; /* shorter than any segment's path, whose length journal_open checked */
	return path;
}

/* Room for the next segment: its zeros are on disk before it is needed. */
static err_t prepare_spare(journal_t *j)
{
	if (j->spare)
		return ERR_OK;
	segment_path_t path = spare_path(j);
	env_file_t *file = NULL;
	err_t err = env_file_open(j->env, path.text, ENV_OPEN_CREATE, &file);
	if (!err)
		err = env_file_allocate(file, j->segment_bytes);
	if (!err)
		err = env_file_sync(file);
	if (err) {
		env_file_close(file);
		return err;
	}
	j->spare = file;
	return ERR_OK;
}

/* Gives the spare its head and its name, both durable before any record. */
static err_t name_spare(journal_t *j, const chain_t *chain)
{
	uint8_t head[SEGMENT_HEAD_BYTES];
	log_segment_head_encode(chain, head);
	segment_path_t from = spare_path(j);
	segment_path_t to = log_segment_path(j->dir, j->name, chain->next_seq);
	err_t err = env_file_write(j->spare, 0, slice_of(head, sizeof(head)));
	if (!err)
		err = env_file_sync(j->spare);
	if (!err)
		err = env_path_rename(j->env, from.text, to.text);
	if (!err)
		err = env_dir_sync(j->env, j->dir);
	return err;
}

err_t commit_roll(journal_t *j)
{
	chain_t head = chain_roll(&j->chain);
	err_t err = prepare_spare(j);
	if (!err)
		err = name_spare(j, &head);
	if (!err)
		err = segments_push(j, &head);
	if (err)
		return err;
	j->chain = head;
	env_file_close(j->file);
	j->file = j->spare;
	j->spare = NULL;
	j->at = SEGMENT_HEAD_BYTES;
	return ERR_OK;
}

/* Writes as many records from the front of `bytes` as the segment still holds,
 * and syncs them. */
static err_t write_run(journal_t *j, uint8_t *bytes, size_t len, size_t *ret_written)
{
	uint64_t room = j->at < j->segment_bytes ? j->segment_bytes - j->at : 0;
	uint64_t durable = journal_durable(j);
	size_t run = 0;
	while (run < len &&
	       run + record_length(slice_of(&bytes[run], len - run), &j->chain) <= room)
		run += record_finish(&bytes[run], len - run, &j->chain, durable);
	*ret_written = run;
	if (run == 0)
		return ERR_OK;
	err_t err = env_file_write(j->file, j->at, slice_of(bytes, run));
	if (!err)
		err = env_file_sync(j->file);
	if (err)
		return err;
	j->at += run;
	metric_add(&j->metrics, JOURNAL_METRIC_BYTES, (int64_t)run);
	publish(j);
	return ERR_OK;
}

static err_t write_batch(journal_t *j, batch_t *batch)
{
	for (size_t done = 0, run = 0; done < batch->used; done += run) {
		err_t err = write_run(j, &batch->bytes[done], batch->used - done, &run);
		if (!err && done + run < batch->used)
			err = commit_roll(j);
		if (err)
			return err;
	}
	return ERR_OK;
}

/* Under the mutex. Without work the next appender rings. */
static bool has_work(journal_t *j)
{
	bool is_work = j->batches[j->open].used > 0 && !journal_state(j);
	if (!is_work)
		j->is_woken = false;
	return is_work;
}

/* The batch to write, or NULL; appenders go on with the other one. */
static batch_t *take_batch(journal_t *j)
{
	env_lock(j->mutex);
	batch_t *batch = &j->batches[j->open];
	bool is_work = has_work(j);
	if (is_work)
		j->open ^= 1;
	env_unlock(j->mutex);
	return is_work ? batch : NULL;
}

static bool commit_one(journal_t *j)
{
	batch_t *batch = take_batch(j);
	if (!batch)
		return false;
	int64_t start = env_now(j->env);
	size_t bytes = batch->used;
	err_t err = write_batch(j, batch);
	batch->used = 0;
	if (err) {
		poison(j, err);
		return false;
	}
	metric_add(&j->metrics, JOURNAL_METRIC_COMMITS, 1);
	metric_add(&j->metrics, JOURNAL_METRIC_COMMIT_NS, env_now(j->env) - start);
	j->bytes_to_space_check -= bytes < j->bytes_to_space_check ? bytes
	                                                           : j->bytes_to_space_check;
	return true;
}

void commit_flush(journal_t *j)
{
	while (commit_one(j))
		;
}

void commit_check_space(journal_t *j)
{
	uint64_t free_bytes = 0;
	uint64_t wanted = j->reserve_bytes + (j->spare ? 0 : j->segment_bytes);
	err_t err = env_space_free(j->env, j->dir, &free_bytes);
	bool is_full = !err && free_bytes < wanted;
	atomic_store(&j->is_full, is_full);
	j->bytes_to_space_check = SPACE_CHECK_BYTES;
	env_timer_set(j->space_timer, SPACE_CHECK_NS);
}

/* A spare that cannot be had now is tried again when it is needed; until then
 * the space check holds appenders off. */
static void look_ahead(journal_t *j)
{
	bool is_wanted = j->at > j->segment_bytes / 2 && !j->spare;
	if (is_wanted && !atomic_load(&j->is_full)) {
		err_t err = prepare_spare(j);
		if (err && err != ERR_DISK_FULL)
			poison(j, err);
	}
	if (j->bytes_to_space_check == 0)
		commit_check_space(j);
}

/* One batch a turn, so that journals which share the loop take turns. */
static void on_wake(void *ctx)
{
	journal_t *j = ctx;
	uint8_t token = 0;
	while (env_mailbox_take(j->wake, &token))
		;
	if (!commit_one(j))
		return;
	look_ahead(j);
	env_lock(j->mutex);
	bool is_more = has_work(j);
	env_unlock(j->mutex);
	if (is_more)
		env_mailbox_put(j->wake, &token);
}

static void on_space_timer(void *ctx)
{
	commit_check_space(ctx);
}

err_t commit_open(journal_t *j)
{
	err_t err = env_mailbox_new(&(env_mailbox_spec_t){ .name = "journal wake",
	                                                   .reader = j->loop,
	                                                   .item_size = 1,
	                                                   .capacity = 2,
	                                                   .policy = ENV_FULL_DROP,
	                                                   .ready = on_wake,
	                                                   .ctx = j },
	                            &j->wake);
	if (!err)
		err = env_timer_new(j->loop, on_space_timer, j, &j->space_timer);
	return err;
}

void commit_done(journal_t *j)
{
	if (j->spare) {
		segment_path_t path = spare_path(j);
		env_file_close(j->spare);
		/* Left behind, it is removed at the next open. */
		err_t err = env_path_remove(j->env, path.text);
		(void)err;
	}
	env_timer_free(j->space_timer);
	env_mailbox_free(j->wake);
	env_file_close(j->file);
}
