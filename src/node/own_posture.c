/* SPDX-License-Identifier: Apache-2.0 */
#include "node/own_posture.h"

#include <stdlib.h>

static uint64_t first_to_read(journal_t *journal)
{
	uint64_t first = journal_first(journal), last = journal_durable(journal);
	uint64_t back = last > OWN_POSTURE_RECORDS ? last - OWN_POSTURE_RECORDS : 0;
	return back > first ? back : first;
}

err_t own_posture_open(env_t *env, const own_posture_spec_t *spec, own_posture_t *ret_posture)
{
	own_posture_t *p = ret_posture;
	*p = (own_posture_t){ .env = env,
		              .board = spec->board,
		              .sentry = spec->sentry,
		              .node = spec->node,
		              .events = calloc(OWN_POSTURE_EVENTS, sizeof(*p->events)),
		              .inputs = malloc(sizeof(*p->inputs)) };
	if (!p->events || !p->inputs)
		return ERR_NO_MEMORY;
	return journal_cursor_open(spec->events, first_to_read(spec->events), &p->cursor);
}

static err_t take(own_posture_t *p, const journal_record_t *record)
{
	event_t event;
	sighting_t sighting;
	if (record->type != JOURNAL_EVENT || event_decode(record->payload, &event) ||
	    !sighting_of_event(&event, p->node, &sighting))
		return ERR_OK;
	p->events[p->event_count++ % OWN_POSTURE_EVENTS] = posture_event_of(&sighting);
	err_t err = board_see(p->board, &event);
	/* The board counts what it has no room for. */
	return err == ERR_LIMIT ? ERR_OK : err;
}

static err_t take_new(own_posture_t *p)
{
	journal_record_t record;
	err_t err;
	while ((err = journal_cursor_next(p->cursor, &record)) == ERR_OK)
		if ((err = take(p, &record)))
			return err;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

err_t own_posture_tell(own_posture_t *p)
{
	err_t err = take_new(p);
	sentry_status_t status = sentry_status(p->sentry);
	uint64_t kept = p->event_count < OWN_POSTURE_EVENTS ? p->event_count : OWN_POSTURE_EVENTS;
	posture_begin(p->inputs, env_utc(p->env).ns);
	p->inputs->risk.known = p->inputs->risk.monitored = status.assets;
	p->inputs->risk.records = status.messages + status.malformed;
	p->inputs->risk.valid = status.messages;
	for (uint64_t i = 0; i < kept; i++)
		posture_add_event(p->inputs, &p->events[i]);
	board_tell(p->board, p->inputs);
	return err;
}

void own_posture_close(own_posture_t *p)
{
	journal_cursor_close(p->cursor);
	free(p->events);
	free(p->inputs);
}
