/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: which events, by the index and by the journal behind it; the events
 * themselves are read from the journal. */
#include <stdlib.h>

#include "events/state.h"
#include "journal/follow.h"

enum {
	HITS_MAX = 64,
	SCAN_MAX = 10000, /* rows looked at while the view loop may be waiting */
	LIMIT_MAX = 1000,
};

static bool matches(const events_query_t *q, const event_row_t *row)
{
	return (q->class_mask == 0 || q->class_mask >> row->class & 1) &&
	       row->severity >= q->severity && (q->point == 0 || q->point == row->point) &&
	       (q->incident == 0 || q->incident == row->incident);
}

/* Where the matching rows are, newest first. */
typedef struct {
	size_t count;
	uint64_t before; /* go on below this; 0 when all rows were seen */
	event_place_t hit[HITS_MAX];
} hits_t;

/* Under the mutex, in portions, so that a long search never keeps the view loop. */
static void gather(const event_index_t *index, const events_query_t *q, hits_t *hits)
{
	size_t i = hits->before ? index_below(index, hits->before) : index_count(index);
	size_t seen = 0;
	hits->count = 0;
	hits->before = 0;
	for (; i > 0 && hits->count < HITS_MAX && seen < SCAN_MAX; i--, seen++) {
		const event_row_t *row = index_row(index, i - 1);
		if (row->seq <= q->after_seq)
			return;
		if (matches(q, row))
			hits->hit[hits->count++] = (event_place_t){ row->seq, row->at };
	}
	hits->before = i > 0 ? index_row(index, i)->seq : 0;
}

typedef struct {
	bool (*fn)(void *ctx, const event_t *event);
	void *ctx;
	size_t left; /* 0: enough was said */
	journal_cursor_t *cursor;
	event_place_t place; /* where the index ended when it was asked */
	uint64_t before;     /* what is to be found is below this */
} answer_t;

static err_t hand_one(answer_t *a, event_place_t place)
{
	journal_record_t record;
	event_t event;
	err_t err = journal_cursor_jump(a->cursor, place.seq, place.at, &record);
	if (!err)
		err = event_decode(record.payload, &event);
	if (err)
		return err;
	event.seq = record.seq;
	a->left = a->fn(a->ctx, &event) ? a->left - 1 : 0;
	return ERR_OK;
}

/* The newest matching events that the view has not yet: the last `limit` of them in the
 * order of the journal, round and round. */
typedef struct {
	event_place_t hit[LIMIT_MAX];
	size_t count;
} tail_t;

/* The first record behind the place. */
static err_t enter(events_t *e, answer_t *a, event_place_t place, journal_record_t *ret_record)
{
	err_t err = ERR_NOT_FOUND;
	if (place.seq)
		err = journal_cursor_jump(a->cursor, place.seq, place.at, ret_record);
	if (err == ERR_NOT_FOUND) {
		journal_cursor_close(a->cursor);
		a->cursor = NULL;
		err = journal_follow_open(e->journal, &(journal_mark_t){ 0 },
		                          JOURNAL_TYPE_BIT(JOURNAL_EVENT), &a->cursor);
	}
	return err ? err : journal_cursor_next(a->cursor, ret_record);
}

static void note(const events_query_t *q, const journal_record_t *record, tail_t *tail)
{
	event_t event;
	if (record->type != JOURNAL_EVENT || event_decode(record->payload, &event))
		return;
	event.seq = record->seq;
	event_row_t row = event_row_of(record, &event);
	if (row.seq > q->after_seq && matches(q, &row))
		tail->hit[tail->count++ % q->limit] = (event_place_t){ record->seq, record->at };
}

/* Behind the place up to and without `before`. */
static err_t gather_tail(events_t *e, answer_t *a, const events_query_t *q, tail_t *tail)
{
	journal_record_t record;
	err_t err = enter(e, a, a->place, &record);
	while (!err && record.seq < a->before) {
		note(q, &record, tail);
		err = journal_cursor_next(a->cursor, &record);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t find_tail(events_t *e, const events_query_t *q, answer_t *a)
{
	tail_t *tail = calloc(1, sizeof(*tail));
	err_t err = tail ? gather_tail(e, a, q, tail) : ERR_NO_MEMORY;
	size_t kept = !tail ? 0 : tail->count < q->limit ? tail->count : q->limit;
	for (size_t i = 0; !err && a->left && i < kept; i++)
		err = hand_one(a, tail->hit[(tail->count - 1 - i) % q->limit]);
	free(tail);
	return err;
}

static err_t find_indexed(events_t *e, const events_query_t *q, answer_t *a)
{
	hits_t hits = { .before = a->before };
	err_t err = ERR_OK;
	do {
		env_lock(e->mutex);
		gather(e->index, q, &hits);
		env_unlock(e->mutex);
		for (size_t i = 0; !err && a->left && i < hits.count; i++)
			err = hand_one(a, hits.hit[i]);
	} while (!err && a->left && hits.before);
	return err;
}

/* First what is durable but not yet in the index, then the index. */
static err_t find_all(events_t *e, const events_query_t *q, answer_t *a)
{
	uint64_t behind = journal_durable(e->journal) + 1;
	err_t err = ERR_OK;
	a->before = q->before_seq && q->before_seq < behind ? q->before_seq : behind;
	env_lock(e->mutex);
	a->place = e->place;
	env_unlock(e->mutex);
	if (a->place.seq + 1 < a->before) {
		err = find_tail(e, q, a);
		a->before = a->place.seq + 1;
	}
	if (!err && a->left)
		err = find_indexed(e, q, a);
	/* What was recycled meanwhile is older than all that was handed out. */
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

err_t events_find(events_t *e, const events_query_t *query,
                  bool (*row)(void *ctx, const event_t *event), void *ctx)
{
	if (query->limit == 0 || query->limit > LIMIT_MAX)
		return ERR_INVALID;
	err_t err = (err_t)atomic_load(&e->state);
	answer_t answer = { .fn = row, .ctx = ctx, .left = query->limit };
	if (!err)
		err = journal_cursor_open(e->journal, 0, &answer.cursor);
	if (!err) {
		journal_cursor_want(answer.cursor, JOURNAL_TYPE_BIT(JOURNAL_EVENT));
		err = find_all(e, query, &answer);
	}
	journal_cursor_close(answer.cursor);
	return err;
}
