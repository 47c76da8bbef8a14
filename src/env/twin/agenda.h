/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_AGENDA_H
#define ENV_TWIN_AGENDA_H
/* What is still to happen, earliest first. Events live inside the objects that
 * wait for them (a timer, a mailbox, a connection), so that queueing allocates
 * nothing and an object takes its event back when it is freed.
 *
 * Story: fill loop, fn, ctx and tag of a zeroed event once; agenda_put() it as
 * often as it is to happen; agenda_take() hands out the earliest.
 *
 * Caveats: an event is in one agenda at a time. Ties on `when` are ordered by
 * `order`, which the world draws from its seed. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct agenda agenda_t;
typedef struct event event_t;
struct loop;

struct event {
	struct loop *loop; /* on which it happens; NULL: the world's own */
	void (*fn)(void *ctx);
	void *ctx;
	uint64_t tag; /* who it is, in the trace */
	int64_t when;
	uint64_t order;
	agenda_t *home; /* NULL when not queued */
	size_t place;   /* in home->entries */
};

typedef struct {
	int64_t when;
	uint64_t order;
	event_t *event;
} agenda_entry_t;

struct agenda {
	agenda_entry_t *entries;
	size_t count, cap;
};

/* Queues an event that is in no agenda, by its `when` and `order`. */
void agenda_put(agenda_t *agenda, event_t *event);
/* The earliest, or NULL. */
event_t *agenda_first(const agenda_t *agenda);
/* Takes the earliest out, or NULL. */
event_t *agenda_take(agenda_t *agenda);
/* Takes an event out of the agenda it is in; fine when in none. */
void agenda_remove(event_t *event);
/* Forgets all events. */
void agenda_free(agenda_t *agenda);
#endif
