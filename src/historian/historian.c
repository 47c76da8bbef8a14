/* SPDX-License-Identifier: Apache-2.0 */
/* The journal is followed by a cursor on the historian's own loop: what it reads
 * is durable by definition, so a reader never sees a value that a crash could take
 * back. The loop is the only writer of the memory table and the shelf; the mutex
 * is for readers. A full table that cannot be sealed leaves the cursor where it
 * is, and the samples in the journal. */
#include "historian/historian.h"

#include <stdlib.h>

#include "historian/state.h"

static const metric_row_t metric_rows[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	HISTORIAN_METRICS(X)
#undef X
};

enum { TABLE_BYTES = 16 << 20, TICK_S = 10, SEAL_AGE_S = 3600, WINDOW_S = 86400 };

/* What cannot be read back must not be taken: the journal has no second chance to
 * refuse it. No half-open range reaches the last nanosecond. */
static bool is_storable(const sample_batch_t *batch)
{
	size_t n = batch->count;
	bool is_odd = n == 0 || n > SAMPLE_ROWS_MAX;
	if (is_odd)
		return false;
	for (size_t i = 0; i < n; i++)
		is_odd |= batch->point[i] - 1 >= MEMORY_POINTS_MAX;
	for (size_t i = 0; i < n; i++)
		is_odd |= batch->source_ns[i] == INT64_MAX;
	for (size_t i = 0; i < n; i++)
		is_odd |= (batch->type[i] >= VALUE_TYPE_COUNT) |
		          (batch->quality[i] >= QUALITY_COUNT);
	for (size_t i = 0; i < n; i++)
		is_odd |= !value_has_bits((value_type_t)batch->type[i], batch->bits[i]);
	return !is_odd;
}

static err_t sink_append(void *ctx, const sample_batch_t *batch, durability_t level,
                         uint64_t *ret_seq)
{
	historian_t *h = ctx;
	if (level == DURABLE_PARENT)
		return ERR_UNSUPPORTED;
	if (!is_storable(batch))
		return ERR_INVALID;
	env_lock(h->sink_mutex);
	writer_t w = writer_of(h->encoded, sizeof(h->encoded));
	sample_columns_encode(batch, &w);
	slice_t payload = writer_done(&w);
	err_t err = ERR_TOO_BIG;
	if (!w.bad)
		err = journal_append(h->spec.journal, JOURNAL_SAMPLE_COLUMNS, &payload, 1, ret_seq);
	env_unlock(h->sink_mutex);
	if (err)
		metric_add(&h->metrics, METRIC_REFUSED, 1);
	historian_count_unseen(h);
	return err;
}

static uint64_t sink_durable(void *ctx)
{
	historian_t *h = ctx;
	return journal_durable(h->spec.journal);
}

static uint64_t sink_seen(void *ctx)
{
	historian_t *h = ctx;
	return atomic_load(&h->table_seq);
}

sample_sink_t historian_sink(historian_t *historian)
{
	return (sample_sink_t){ historian, sink_append, sink_durable, sink_seen };
}

bool historian_is_thinned(historian_t *historian)
{
	bool is_thinned = false;
	env_lock(historian->mutex);
	for (size_t i = 0; i < historian->shelf.count; i++)
		is_thinned |= segment_info(historian->shelf.items[i]->segment)->level ==
		              SEGMENT_THINNED;
	env_unlock(historian->mutex);
	return is_thinned;
}

/* A disk that is full is not asked again with every batch. */
static err_t make_room(historian_t *h)
{
	if (memory_has_room(h->table))
		return ERR_OK;
	if (h->seal_err && env_now(h->env) < h->seal_after_ns)
		return h->seal_err;
	return historian_seal(h);
}

/* All rows or none. */
static err_t add_rows(historian_t *h)
{
	sample_batch_t batch = sample_rows_batch(&h->rows);
	if (memory_rows(h->table) == 0)
		h->table_since_ns = env_now(h->env);
	env_lock(h->mutex);
	err_t err = memory_reserve(h->table, &batch);
	if (!err)
		memory_add(h->table, &batch);
	env_unlock(h->mutex);
	if (!err)
		metric_add(&h->metrics, METRIC_SAMPLES, (int64_t)batch.count);
	historian_note_rows(h);
	metric_set(&h->metrics, METRIC_TABLE_ROWS, (int64_t)memory_rows(h->table));
	return err;
}

static err_t take_record(historian_t *h, const journal_record_t *record)
{
	err_t err = ERR_OK;
	h->rows.count = 0;
	if (record->type == JOURNAL_SAMPLE_COLUMNS)
		err = sample_columns_decode(record->payload, &h->rows);
	else if (record->type == JOURNAL_SAMPLES)
		err = sample_batch_decode(record->payload, &h->rows);
	if (!err && record->type == JOURNAL_SAMPLE_EDIT)
		err = historian_take_edit(h, record->payload);
	else if (!err)
		err = add_rows(h);
	if (!err)
		atomic_store(&h->table_seq, record->seq);
	if (!err)
		historian_tell_seen(h, false);
	return err;
}

static err_t open_cursor(historian_t *h)
{
	if (h->cursor)
		return ERR_OK;
	err_t err = journal_cursor_open(h->spec.journal, h->table_seq + 1, &h->cursor);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* ERR_NOT_FOUND at the durable end. */
static err_t take_next(historian_t *h)
{
	journal_record_t record;
	err_t err = open_cursor(h);
	if (!err)
		err = journal_cursor_next(h->cursor, &record);
	return err ? err : take_record(h, &record);
}

/* A seal is long enough for one turn: what is to be done beside has its own, however fast
 * others write. */
static bool is_long_turn(historian_t *h, uint64_t generation)
{
	uint64_t seq = h->table_seq;
	if (h->manifest.generation == generation || !h->durable_mail)
		return false;
	env_mailbox_put(h->durable_mail, &seq);
	return true;
}

/* Reads on until the durable end, until it has sealed, or until the table is full and cannot
 * be sealed. */
static err_t follow(historian_t *h)
{
	uint64_t generation = h->manifest.generation;
	for (;;) {
		err_t err = make_room(h);
		if (err || is_long_turn(h, generation))
			return err;
		err = take_next(h);
		if (err == ERR_NOT_FOUND)
			return ERR_OK;
		if (!err)
			continue;
		/* The cursor has passed a record that was not taken. */
		journal_cursor_close(h->cursor);
		h->cursor = NULL;
		metric_add(&h->metrics, METRIC_FOLLOW_FAILURES, 1);
		return err;
	}
}

err_t historian_follow(historian_t *h)
{
	err_t err = follow(h);
	historian_tell_seen(h, err != ERR_OK);
	historian_count_unseen(h);
	return err;
}

static void on_durable(void *ctx)
{
	historian_t *h = ctx;
	uint64_t seq;
	while (env_mailbox_take(h->durable_mail, &seq))
		;
	/* A failure shows in the metrics and is tried again by the timer. */
	(void)!historian_follow(h);
}

static void on_timer(void *ctx)
{
	historian_t *h = ctx;
	/* As above. */
	(void)!historian_follow(h);
	if (historian_is_due(h))
		(void)!historian_seal(h);
	(void)!historian_retain_classes(h);
	historian_tell(h);
	env_timer_set(h->timer, TICK_S * NS_PER_S);
}

static void on_merge_timer(void *ctx)
{
	historian_tidy(ctx);
}

static err_t open_mail(historian_t *h)
{
	env_mailbox_spec_t mail = {
		.name = "history durable",
		.reader = h->spec.history_loop,
		.item_size = sizeof(uint64_t),
		.capacity = 4,
		.policy = ENV_FULL_DROP,
		.ready = on_durable,
		.ctx = h,
	};
	err_t err = env_mailbox_new(&mail, &h->durable_mail);
	if (!err)
		err = journal_subscribe(h->spec.journal, h->durable_mail);
	if (!err)
		err = env_timer_new(h->spec.history_loop, on_timer, h, &h->timer);
	if (!err)
		err = env_timer_new(h->spec.history_loop, on_merge_timer, h, &h->merge_timer);
	if (!err)
		env_timer_set(h->timer, TICK_S * NS_PER_S);
	if (!err)
		env_timer_set(h->merge_timer, TICK_S * NS_PER_S);
	return err;
}

static err_t open_all(historian_t *h, err_detail_t *ret_detail)
{
	h->table = memory_new(h->spec.table_bytes);
	if (!h->table)
		return ERR_NO_MEMORY;
	err_t err = env_mutex_new(h->env, &h->mutex);
	if (!err)
		err = env_mutex_new(h->env, &h->sink_mutex);
	if (!err)
		err = historian_recover(h, ret_detail);
	if (!err)
		err = historian_follow(h);
	/* A full disk delays the seal; what is there can still be read. */
	return err && err != ERR_DISK_FULL ? err : open_mail(h);
}

err_t historian_open(env_t *env, const historian_spec_t *spec, historian_t **ret_historian,
                     err_detail_t *ret_detail)
{
	historian_t *h = calloc(1, sizeof(*h));
	*ret_detail = (err_detail_t){ 0 };
	if (!h)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, spec->dir, (char *)NULL);
	h->env = env;
	h->spec = *spec;
	if (!h->spec.table_bytes)
		h->spec.table_bytes = TABLE_BYTES;
	if (h->spec.window_ns <= 0)
		h->spec.window_ns = WINDOW_S * NS_PER_S;
	if (!h->spec.seal_age_ns)
		h->spec.seal_age_ns = SEAL_AGE_S * NS_PER_S;
	metrics_init(&h->metrics, metric_rows, METRIC_COUNT);
	err_t err = open_all(h, ret_detail);
	if (err) {
		historian_close(h);
		return ret_detail->err ? err
		                       : err_raise(ret_detail, err, NULL, spec->dir, (char *)NULL);
	}
	*ret_historian = h;
	return ERR_OK;
}

void historian_close(historian_t *historian)
{
	if (!historian)
		return;
	historian_cancel_merge(historian);
	env_timer_free(historian->timer);
	env_timer_free(historian->merge_timer);
	if (historian->durable_mail)
		journal_unsubscribe(historian->spec.journal, historian->durable_mail);
	env_mailbox_free(historian->durable_mail);
	journal_cursor_close(historian->cursor);
	shelf_clear(&historian->shelf);
	free(historian->dropped);
	chain_free(&historian->manifest.chain);
	edits_free(&historian->edits);
	memory_free(historian->table);
	env_mutex_free(historian->sink_mutex);
	env_mutex_free(historian->mutex);
	free(historian);
}

const metrics_t *historian_metrics(const historian_t *historian)
{
	return &historian->metrics;
}
