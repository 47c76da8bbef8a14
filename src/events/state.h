/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENTS_STATE_H
#define EVENTS_STATE_H
/* The inside of the view, shared by the files of this folder. */
#include "events/events.h"
#include "events/index.h"

enum { EVENT_LISTENERS_MAX = 8 };

typedef struct {
	void (*fn)(void *ctx, const event_t *event);
	void *ctx;
} event_listener_t;

/* Where a record is, for journal_cursor_jump. */
typedef struct {
	uint64_t seq, at;
} event_place_t;

struct events {
	journal_t *journal;
	journal_cursor_t *cursor; /* of the view loop */
	env_mailbox_t *mailbox;
	event_listener_t listeners[EVENT_LISTENERS_MAX];
	size_t listener_count;
	event_place_t reached; /* the record applied last; of the view loop */
	bool rebuilt;
	_Atomic uint64_t applied;
	_Atomic int state; /* err_t that ended the following, ERR_OK while it goes on */
	/* Guards the index and the place: the view loop adds, askers on other loops
	 * search. A mailbox would make them wait for the view loop's disk. */
	env_mutex_t *mutex;
	event_index_t *index;
	event_place_t place; /* the index has every event up to here; seq 0: none */
};

event_row_t event_row_of(const journal_record_t *record, const event_t *event);
#endif
