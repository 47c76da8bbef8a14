/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap that tells each event its place, so that one is taken out in
 * logarithmic time: timers are moved at every request, and two simulated years of
 * them must pass in seconds. */
#include "env/twin/agenda.h"

#include <stdlib.h>

#include "env/twin/world.h"

enum { AGENDA_FIRST_CAP = 64 };

static bool before(const agenda_entry_t *a, const agenda_entry_t *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void place(agenda_t *agenda, size_t at, agenda_entry_t entry)
{
	agenda->entries[at] = entry;
	entry.event->place = at;
}

static void rise(agenda_t *agenda, size_t at, agenda_entry_t entry)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;
		if (!before(&entry, &agenda->entries[parent]))
			break;
		place(agenda, at, agenda->entries[parent]);
		at = parent;
	}
	place(agenda, at, entry);
}

static void sink(agenda_t *agenda, size_t at, agenda_entry_t entry)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= agenda->count)
			break;
		if (child + 1 < agenda->count &&
		    before(&agenda->entries[child + 1], &agenda->entries[child]))
			child++;
		if (!before(&agenda->entries[child], &entry))
			break;
		place(agenda, at, agenda->entries[child]);
		at = child;
	}
	place(agenda, at, entry);
}

void agenda_put(agenda_t *agenda, event_t *event)
{
	if (agenda->count == agenda->cap) {
		agenda->cap = agenda->cap ? agenda->cap * 2 : AGENDA_FIRST_CAP;
		agenda->entries = twin_realloc(agenda->entries, agenda->cap,
		                               sizeof(*agenda->entries));
	}
	event->home = agenda;
	agenda_entry_t entry = { event->when, event->order, event };
	rise(agenda, agenda->count++, entry);
}

event_t *agenda_first(const agenda_t *agenda)
{
	return agenda->count ? agenda->entries[0].event : NULL;
}

event_t *agenda_take(agenda_t *agenda)
{
	event_t *event = agenda_first(agenda);
	agenda_remove(event);
	return event;
}

void agenda_remove(event_t *event)
{
	if (!event || !event->home)
		return;
	agenda_t *agenda = event->home;
	size_t hole = event->place;
	event->home = NULL;
	agenda_entry_t last = agenda->entries[--agenda->count];
	if (last.event == event)
		return;
	if (hole > 0 && before(&last, &agenda->entries[(hole - 1) / 2]))
		rise(agenda, hole, last);
	else
		sink(agenda, hole, last);
}

void agenda_free(agenda_t *agenda)
{
	for (size_t i = 0; i < agenda->count; i++)
		agenda->entries[i].event->home = NULL;
	free(agenda->entries);
	*agenda = (agenda_t){ 0 };
}
