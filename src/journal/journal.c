/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, appending, following, recycling. The work of the commit loop is in
 * commit.c, of finding the end in recover.c, of reading in cursor.c. */
#include "journal/journal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "journal/state.h"

static const uint64_t SEGMENT_BYTES_DEFAULT = 16 << 20, SEGMENT_BYTES_MIN = 512;
static const size_t BUFFER_BYTES_DEFAULT = 4 << 20;

static const metric_row_t METRICS[] = {
#define X(name, text, help, kind) { text, help, METRIC_##kind },
	JOURNAL_METRIC_ROWS(X)
#undef X
};

static const err_text_t DAMAGED = {
	{ "record %1 is damaged", "记录 %1 已损坏" },
	{ "Put a copy of the journal folder aside and restore it from a backup.",
	  "请先备份日志目录，再从备份恢复。" },
};
static const err_text_t UNREADABLE = {
	{ "the journal cannot be read or written", "日志无法读写" },
	{ "Look at the disk and at the rights of the folder.", "请检查磁盘与目录权限。" },
};
static const err_text_t OTHER_KIND = {
	{ "the journal was made with other settings", "日志由不同的设置创建" },
	{ NULL, NULL },
};

static const err_text_t *text_of_err(err_t err)
{
	if (err == ERR_CORRUPT)
		return &DAMAGED;
	if (err == ERR_CONFIG)
		return &OTHER_KIND;
	return err == ERR_NEWER_FORMAT || err == ERR_BUSY ? NULL : &UNREADABLE;
}

err_t journal_raise(err_detail_t *ret_detail, err_t err, const char *path, uint64_t at,
                    uint64_t seq)
{
	char where[SEGMENT_PATH_MAX + 24], record[24];
	snprintf(where, sizeof(where), "%s:%" PRIu64, path, at);
	snprintf(record, sizeof(record), "%" PRIu64, seq);
	return err_raise(ret_detail, err, text_of_err(err), where, record, NULL);
}

static char *copy_str(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = malloc(len);
	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static err_t take_memory(journal_t *j, const journal_spec_t *spec)
{
	j->segment_bytes = spec->segment_bytes ? spec->segment_bytes : SEGMENT_BYTES_DEFAULT;
	j->buffer_bytes = spec->buffer_bytes ? spec->buffer_bytes : BUFFER_BYTES_DEFAULT;
	j->reserve_bytes = spec->reserve_bytes;
	j->loop = spec->commit_loop;
	j->dir = copy_str(spec->dir);
	j->name = copy_str(spec->name);
	for (size_t i = 0; i < 2; i++)
		j->batches[i].bytes = malloc(j->buffer_bytes);
	bool is_whole = j->dir && j->name && j->batches[0].bytes && j->batches[1].bytes;
	return is_whole ? env_mutex_new(j->env, &j->mutex) : ERR_NO_MEMORY;
}

/* Keeps other processes out. */
static err_t take_folder(journal_t *j)
{
	char path[SEGMENT_PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s.lock", j->dir, j->name);
	err_t err = env_dir_make(j->env, j->dir);
	if (!err)
		err = env_file_open(j->env, path, ENV_OPEN_CREATE, &j->lock);
	if (!err)
		err = env_file_lock(j->lock);
	return err;
}

static err_t open_all(journal_t *j, const journal_spec_t *spec, journal_recovery_t *ret_recovery,
                      err_detail_t *ret_detail)
{
	err_t err = take_memory(j, spec);
	if (!err)
		err = commit_open(j);
	if (!err)
		err = take_folder(j);
	if (err)
		return journal_raise(ret_detail, err, spec->dir, 0, 0);
	err = journal_recover(j, spec->chained, ret_recovery, ret_detail);
	if (err)
		return err;
	j->chained = j->chain.chained;
	j->epoch = j->chain.epoch;
	atomic_store(&j->durable, j->chain.next_seq - 1);
	atomic_store(&j->last, j->chain.next_seq - 1);
	metric_set(&j->metrics, JOURNAL_METRIC_DURABLE, (int64_t)journal_durable(j));
	metric_set(&j->metrics, JOURNAL_METRIC_SEGMENTS, (int64_t)j->segment_count);
	commit_check_space(j);
	if (!spec->archive_loop)
		return ERR_OK;
	err = archiver_new(j, spec->archive_loop, &j->archiver);
	return err ? journal_raise(ret_detail, err, spec->dir, 0, 0) : ERR_OK;
}

static bool spec_is_right(const journal_spec_t *spec)
{
	bool is_big_enough = !spec->segment_bytes || spec->segment_bytes >= SEGMENT_BYTES_MIN;
	return is_big_enough && strlen(spec->dir) + strlen(spec->name) < SEGMENT_PATH_MAX - 32;
}

static void journal_free(journal_t *j)
{
	archiver_free(j->archiver);
	commit_done(j);
	env_file_close(j->lock);
	env_mutex_free(j->mutex);
	free(j->batches[0].bytes);
	free(j->batches[1].bytes);
	free(j->segments);
	free(j->dir);
	free(j->name);
	free(j);
}

err_t journal_open(env_t *env, const journal_spec_t *spec, journal_t **ret_journal,
                   journal_recovery_t *ret_recovery, err_detail_t *ret_detail)
{
	if (!spec_is_right(spec))
		return journal_raise(ret_detail, ERR_INVALID, spec->dir, 0, 0);
	journal_t *j = calloc(1, sizeof(*j));
	if (!j)
		return ERR_NO_MEMORY;
	j->env = env;
	metrics_init(&j->metrics, METRICS, JOURNAL_METRIC_COUNT);
	err_t err = open_all(j, spec, ret_recovery, ret_detail);
	if (err) {
		journal_free(j);
		return err;
	}
	*ret_journal = j;
	return ERR_OK;
}

void journal_close(journal_t *j)
{
	if (!j)
		return;
	j->subscriber_count = 0;
	commit_flush(j);
	journal_free(j);
}

err_t journal_flush(journal_t *j)
{
	commit_flush(j);
	return journal_state(j) ? ERR_IO : ERR_OK;
}

static bool sum_parts(const slice_t *parts, size_t count, size_t *ret_len)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(len, parts[i].len, &len))
			return false;
	*ret_len = len;
	return len <= RECORD_PAYLOAD_MAX;
}

/* ERR_OK when the journal takes a record of so many bytes on disk. */
static err_t admit(journal_t *j, size_t bytes)
{
	if (journal_state(j))
		return ERR_IO;
	if (bytes > j->buffer_bytes || bytes > j->segment_bytes - SEGMENT_HEAD_BYTES)
		return ERR_TOO_BIG;
	if (!atomic_load_explicit(&j->is_full, memory_order_relaxed))
		return ERR_OK;
	metric_add(&j->metrics, JOURNAL_METRIC_DISK_REFUSED, 1);
	return ERR_DISK_FULL;
}

/* Under the mutex. */
static err_t lay(journal_t *j, record_t *record, const slice_t *parts, size_t count)
{
	batch_t *batch = &j->batches[j->open];
	if (record->bytes > j->buffer_bytes - batch->used)
		return ERR_LIMIT;
	record->seq = atomic_load_explicit(&j->last, memory_order_relaxed) + 1;
	writer_t w = writer_of(batch->bytes, j->buffer_bytes);
	w.len = batch->used;
	record_begin(&w, j->chained, record, parts, count);
	batch->used = w.len;
	atomic_store_explicit(&j->last, record->seq, memory_order_release);
	return ERR_OK;
}

err_t journal_append(journal_t *j, journal_type_t type, const slice_t *parts, size_t count,
                     uint64_t *ret_seq)
{
	assert(type > JOURNAL_NONE && type < JOURNAL_TYPE_COUNT);
	size_t len = 0;
	if (!sum_parts(parts, count, &len))
		return ERR_TOO_BIG;
	record_t record = { .type = (uint8_t)type,
		            .bytes = record_bytes(j->chained, len),
		            .payload = { NULL, len } };
	err_t err = admit(j, record.bytes);
	if (err)
		return err;
	env_lock(j->mutex);
	err = lay(j, &record, parts, count);
	bool is_first = !j->is_woken;
	j->is_woken = true;
	env_unlock(j->mutex);
	if (is_first)
		env_mailbox_put(j->wake, &(uint8_t){ 0 });
	if (err)
		metric_add(&j->metrics, JOURNAL_METRIC_REFUSED, 1);
	else
		*ret_seq = record.seq;
	return err;
}

uint64_t journal_durable(const journal_t *j)
{
	return atomic_load(&j->durable);
}

uint64_t journal_last(const journal_t *j)
{
	return atomic_load_explicit(&j->last, memory_order_acquire);
}

err_t journal_state(const journal_t *j)
{
	return (err_t)atomic_load(&j->state);
}

const metrics_t *journal_metrics(const journal_t *j)
{
	return &j->metrics;
}

uint64_t journal_epoch(const journal_t *j)
{
	return j->epoch;
}

static err_t subscribe(journal_t *j, size_t at, const subscriber_t *subscriber)
{
	if (j->subscriber_count == JOURNAL_SUBSCRIBERS_MAX)
		return ERR_LIMIT;
	for (size_t i = j->subscriber_count++; i > at; i--)
		j->subscribers[i] = j->subscribers[i - 1];
	j->subscribers[at] = *subscriber;
	return ERR_OK;
}

err_t journal_subscribe(journal_t *j, env_mailbox_t *mailbox)
{
	return subscribe(j, j->subscriber_count, &(subscriber_t){ mailbox, NULL });
}

err_t journal_subscribe_when(journal_t *j, env_mailbox_t *mailbox, const atomic_bool *is_wanted)
{
	return subscribe(j, 0, &(subscriber_t){ mailbox, is_wanted });
}

void journal_unsubscribe(journal_t *j, env_mailbox_t *mailbox)
{
	size_t kept = 0;
	for (size_t i = 0; i < j->subscriber_count; i++)
		if (j->subscribers[i].mailbox != mailbox)
			j->subscribers[kept++] = j->subscribers[i];
	j->subscriber_count = kept;
}

/* Under the mutex. */
static err_t push(journal_t *j, const chain_t *head)
{
	segment_row_t *segments = grow_for(j->segments, j->segment_count + 1, &j->segment_cap,
	                                   sizeof(*segments));
	if (!segments)
		return ERR_NO_MEMORY;
	j->segments = segments;
	if (j->segment_count)
		j->segments[j->segment_count - 1].types = head->types_before;
	j->segments[j->segment_count++] = (segment_row_t){ .first_seq = head->next_seq };
	metric_set(&j->metrics, JOURNAL_METRIC_SEGMENTS, (int64_t)j->segment_count);
	return ERR_OK;
}

err_t segments_push(journal_t *j, const chain_t *head)
{
	env_lock(j->mutex);
	err_t err = push(j, head);
	env_unlock(j->mutex);
	return err;
}

uint64_t journal_first(journal_t *j)
{
	env_lock(j->mutex);
	uint64_t first = j->segments[0].first_seq;
	env_unlock(j->mutex);
	return first;
}

uint64_t segments_find(journal_t *j, uint64_t seq)
{
	uint64_t first = 0;
	env_lock(j->mutex);
	for (size_t i = j->segment_count; i > 0 && !first; i--)
		if (j->segments[i - 1].first_seq <= seq)
			first = j->segments[i - 1].first_seq;
	env_unlock(j->mutex);
	return first;
}

uint64_t segments_sealed_after(journal_t *j, uint64_t seq)
{
	uint64_t first = 0;
	env_lock(j->mutex);
	for (size_t i = 0; i + 1 < j->segment_count && !first; i++)
		if (j->segments[i].first_seq > seq)
			first = j->segments[i].first_seq;
	env_unlock(j->mutex);
	return first;
}

static bool may_hold(const segment_row_t *segment, uint64_t types)
{
	return segment->types == 0 || segment->types & types;
}

uint64_t segments_with(journal_t *j, uint64_t first_seq, uint64_t types)
{
	size_t i = 0;
	env_lock(j->mutex);
	while (i < j->segment_count && j->segments[i].first_seq < first_seq)
		i++;
	bool is_kept = i < j->segment_count && j->segments[i].first_seq == first_seq;
	while (is_kept && i + 1 < j->segment_count && !may_hold(&j->segments[i], types))
		i++;
	uint64_t first = is_kept ? j->segments[i].first_seq : first_seq;
	env_unlock(j->mutex);
	return first;
}

/* Takes the oldest segment off the list if it holds only records below `seq`;
 * 0 when it must stay. */
static uint64_t segments_pop(journal_t *j, uint64_t seq)
{
	uint64_t first = 0;
	env_lock(j->mutex);
	if (j->segment_count > 1 && j->segments[1].first_seq <= seq) {
		first = j->segments[0].first_seq;
		j->segment_count--;
		memmove(j->segments, &j->segments[1], j->segment_count * sizeof(*j->segments));
	}
	metric_set(&j->metrics, JOURNAL_METRIC_SEGMENTS, (int64_t)j->segment_count);
	env_unlock(j->mutex);
	return first;
}

err_t segment_remove(journal_t *j, uint64_t first_seq)
{
	segment_name_t name = { j->dir, j->name, first_seq };
	err_t err = log_segment_remove(j->env, &name);
	return err ? err : env_dir_sync(j->env, j->dir);
}

/* Each removal is made durable before the next, so that power loss never leaves
 * a hole in the row of segments. */
err_t journal_recycle(journal_t *j, uint64_t seq)
{
	err_t err = ERR_OK;
	uint64_t first = 0;
	while (!err && (first = segments_pop(j, seq)) != 0) {
		err = segment_remove(j, first);
	}
	return err;
}
