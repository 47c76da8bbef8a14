/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENTS_EVENTS_H
#define EVENTS_EVENTS_H
/* The view over the main journal's events: find by sequence, class, incident,
 * point; follow the newest. The journal keeps the events; this keeps one small
 * index row each (DATA/views/events.idx, rebuilt when missing or of another past,
 * completed from the journal when damaged or behind).
 *
 * Story: node opens it on the view loop (FILES), subscribes it to the journal;
 * each durable event is indexed and handed to the listeners in order. The API
 * asks events_find on a FILES loop.
 *
 * Limits: the index holds 1,000,000 rows (40 bytes each on disk); the oldest leave
 * first and are no longer found here, but are still in the journal.
 *
 * Caveats: events written by a newer version are not shown. */
#include "env/loop.h"
#include "journal/journal.h"
#include "model/event.h"

typedef struct events events_t;

typedef struct {
	const char *views_dir;
	journal_t *journal;
	env_loop_t *view_loop; /* FILES */
	size_t rows_max;       /* 0: 1,000,000 */
} events_spec_t;

/* Catches up with the journal before it returns. Set-up time. */
MUST_CHECK err_t events_open(env_t *env, const events_spec_t *spec, events_t **ret_events);
void events_close(events_t *events);

/* Called on the view loop for every durable event, in order. Set-up time; at most 8. */
MUST_CHECK err_t events_listen(events_t *events, void (*fn)(void *ctx, const event_t *event),
                               void *ctx);

typedef struct {
	uint64_t before_seq; /* only older than this; 0: from the newest */
	uint64_t after_seq;  /* only newer than this */
	uint32_t class_mask; /* bit per event_class_t; 0: all */
	severity_t severity; /* at least */
	point_id_t point;    /* 0: any */
	uint64_t incident;   /* 0: any */
	size_t limit;        /* 1 to 1000 */
} events_query_t;

/* Newest first, until the callback returns false. FILES loops; any of them. The
 * event's texts live during the callback. Every event that was durable at the call is
 * found: what the view has not applied yet, because its loop is busy, is read from the
 * journal, which costs a walk over that part. ERR_INVALID for a limit out of range,
 * ERR_CORRUPT when the journal is damaged. */
MUST_CHECK err_t events_find(events_t *events, const events_query_t *query,
                             bool (*row)(void *ctx, const event_t *event), void *ctx);
/* Sequence applied so far. Any thread. */
uint64_t events_applied(const events_t *events);
/* Events that can be found. Any thread. */
uint64_t events_count(events_t *events);
/* True when the whole index had to be rebuilt at open. */
bool events_rebuilt(const events_t *events);
#endif
