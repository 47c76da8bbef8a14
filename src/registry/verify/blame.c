/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/verify/blame.h"

#include "model/event.h"
#include "registry/entry/entry.h"

/* The event of a change is appended right behind it, but other rooms append too. */
enum { EVENTS_BESIDE = 64 };

typedef struct {
	uint64_t seq;
	bool is_entry_next; /* another change came before any event of one */
	writer_t *name;
	bool found;
} blame_t;

static bool tells_of_a_record(const event_t *event)
{
	return message_info(event->message)->class == EVENT_RECORD &&
	       event_arg_get(event, ARG_IDENT) != NULL;
}

static void take_event(blame_t *b, const journal_record_t *record)
{
	event_t event;
	if (b->is_entry_next || record->seq > b->seq + EVENTS_BESIDE ||
	    event_decode(record->payload, &event) || !tells_of_a_record(&event))
		return;
	wr_bytes(b->name, event_arg_get(&event, ARG_IDENT)->as.text);
	b->found = true;
}

static void take_entry(blame_t *b, const journal_record_t *record)
{
	registry_entry_t entry;
	b->is_entry_next = true;
	if (registry_entry_read(record->payload, &entry) || entry.before.seq != b->seq)
		return;
	wr_bytes(b->name, entry.record.name);
	b->found = true;
}

static bool take(void *ctx, const journal_record_t *record)
{
	blame_t *b = ctx;
	if (record->type == JOURNAL_EVENT)
		take_event(b, record);
	else if (record->type == JOURNAL_REGISTRY_PUT || record->type == JOURNAL_REGISTRY_REMOVE)
		take_entry(b, record);
	return !b->found;
}

err_t registry_blame(env_t *env, const char *dir, uint64_t seq, writer_t *ret_name)
{
	blame_t b = { .seq = seq, .name = ret_name };
	err_t err = journal_salvage(env, &(journal_salvage_t){ dir, "main", seq, take, &b });
	return err ? err : b.found ? ERR_OK : ERR_NOT_FOUND;
}
