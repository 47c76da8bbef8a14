/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the journal on the view loop and keeps an index row for each event. */
#include <stdio.h>
#include <stdlib.h>

#include "events/state.h"
#include "journal/follow.h"

enum {
	TURN_RECORDS = 512, /* applied before other work of the loop gets its turn */
	PATH_MAX_BYTES = 512,
};

static const size_t ROWS_MAX_DEFAULT = 1000000;

event_row_t event_row_of(const journal_record_t *record, const event_t *event)
{
	reader_t mark = reader_of(slice_of(record->hash, sizeof(record->hash)));
	return (event_row_t){
		.seq = event->seq,
		.incident = event->incident,
		.at = (uint32_t)record->at,
		.point = event->point,
		.mark = rd_u32_le(&mark),
		.class = (uint8_t)message_info(event->message)->class,
		.severity = (uint8_t)event->severity,
	};
}

static err_t add_row(events_t *e, const event_row_t *row)
{
	env_lock(e->mutex);
	err_t err = index_add(e->index, row);
	env_unlock(e->mutex);
	return err;
}

/* Events of a newer version than ours keep their place in the journal but cannot
 * be shown, so they get no row. */
static err_t apply(events_t *e, const journal_record_t *record)
{
	event_t event;
	if (record->type == JOURNAL_EVENT && event_decode(record->payload, &event) == ERR_OK) {
		event.seq = record->seq;
		event_row_t row = event_row_of(record, &event);
		err_t err = add_row(e, &row);
		if (err)
			return err;
		for (size_t i = 0; i < e->listener_count; i++)
			e->listeners[i].fn(e->listeners[i].ctx, &event);
	}
	e->reached = (event_place_t){ record->seq, record->at };
	return ERR_OK;
}

/* What was applied is saved, and from now on found in the index. */
static void publish(events_t *e)
{
	env_lock(e->mutex);
	index_save(e->index);
	e->place = e->reached;
	env_unlock(e->mutex);
	atomic_store_explicit(&e->applied, e->reached.seq, memory_order_release);
}

/* Applies at most `count` records; ERR_NOT_FOUND at the end of the journal. */
static err_t follow(events_t *e, size_t count)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < count; i++) {
		journal_record_t record;
		err = journal_cursor_next(e->cursor, &record);
		if (!err)
			err = apply(e, &record);
	}
	publish(e);
	return err;
}

static void on_durable(void *ctx)
{
	events_t *e = ctx;
	uint64_t seq = 0;
	while (env_mailbox_take(e->mailbox, &seq))
		;
	if (atomic_load(&e->state))
		return;
	err_t err = follow(e, TURN_RECORDS);
	if (!err)
		env_mailbox_put(e->mailbox, &seq);
	else if (err != ERR_NOT_FOUND)
		atomic_store(&e->state, (int)err);
}

/* Whether the journal has, where the row says, the record it was made from; a
 * chained journal's hash then vouches for all rows before it. */
static bool row_fits(events_t *e, const event_row_t *row)
{
	journal_record_t record;
	event_t event;
	return journal_cursor_jump(e->cursor, row->seq, row->at, &record) == ERR_OK &&
	       record.type == JOURNAL_EVENT && event_decode(record.payload, &event) == ERR_OK &&
	       event_row_of(&record, &event).mark == row->mark;
}

/* Goes on behind the newest row of the index. */
static bool resume(events_t *e)
{
	size_t count = index_count(e->index);
	if (count == 0 || journal_cursor_open(e->journal, 0, &e->cursor))
		return false;
	journal_cursor_want(e->cursor, JOURNAL_TYPE_BIT(JOURNAL_EVENT));
	const event_row_t *row = index_row(e->index, count - 1);
	if (row_fits(e, row)) {
		e->reached = (event_place_t){ row->seq, row->at };
		return true;
	}
	journal_cursor_close(e->cursor);
	e->cursor = NULL;
	return false;
}

static err_t start_over(events_t *e)
{
	index_clear(e->index);
	e->rebuilt = true;
	return journal_follow_open(e->journal, &(journal_mark_t){ 0 },
	                           JOURNAL_TYPE_BIT(JOURNAL_EVENT), &e->cursor);
}

static err_t open_index(env_t *env, const events_spec_t *spec, events_t *e)
{
	char path[PATH_MAX_BYTES];
	int len = snprintf(path, sizeof(path), "%s/events.idx", spec->views_dir);
	if (len < 0 || (size_t)len >= sizeof(path))
		return ERR_INVALID;
	err_t err = env_dir_make(env, spec->views_dir);
	if (!err)
		err = index_open(env, path, journal_epoch(e->journal),
		                 spec->rows_max ? spec->rows_max : ROWS_MAX_DEFAULT, &e->index);
	if (err || resume(e))
		return err;
	return start_over(e);
}

static err_t catch_up(events_t *e)
{
	err_t err = ERR_OK;
	while (!err)
		err = follow(e, TURN_RECORDS);
	/* An empty journal gives nothing to rebuild. */
	e->rebuilt = e->rebuilt && index_count(e->index) > 0;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t subscribe(events_t *e, env_loop_t *loop)
{
	err_t err = env_mailbox_new(&(env_mailbox_spec_t){ .name = "events durable",
	                                                   .reader = loop,
	                                                   .item_size = sizeof(uint64_t),
	                                                   .capacity = 4,
	                                                   .policy = ENV_FULL_DROP,
	                                                   .ready = on_durable,
	                                                   .ctx = e },
	                            &e->mailbox);
	return err ? err : journal_subscribe(e->journal, e->mailbox);
}

err_t events_open(env_t *env, const events_spec_t *spec, events_t **ret_events)
{
	events_t *e = calloc(1, sizeof(*e));
	if (!e)
		return ERR_NO_MEMORY;
	e->journal = spec->journal;
	err_t err = env_mutex_new(env, &e->mutex);
	if (!err)
		err = open_index(env, spec, e);
	if (!err)
		err = catch_up(e);
	if (!err)
		err = subscribe(e, spec->view_loop);
	if (err) {
		events_close(e);
		return err;
	}
	*ret_events = e;
	return ERR_OK;
}

void events_close(events_t *e)
{
	if (!e)
		return;
	if (e->mailbox)
		journal_unsubscribe(e->journal, e->mailbox);
	env_mailbox_free(e->mailbox);
	journal_cursor_close(e->cursor);
	index_close(e->index);
	env_mutex_free(e->mutex);
	free(e);
}

err_t events_listen(events_t *e, void (*fn)(void *ctx, const event_t *event), void *ctx)
{
	if (e->listener_count == EVENT_LISTENERS_MAX)
		return ERR_LIMIT;
	e->listeners[e->listener_count++] = (event_listener_t){ fn, ctx };
	return ERR_OK;
}

uint64_t events_applied(const events_t *e)
{
	return atomic_load_explicit(&e->applied, memory_order_acquire);
}

bool events_rebuilt(const events_t *e)
{
	return e->rebuilt;
}

uint64_t events_count(events_t *e)
{
	env_lock(e->mutex);
	uint64_t count = index_count(e->index);
	env_unlock(e->mutex);
	return count;
}
