/* SPDX-License-Identifier: Apache-2.0 */
/* A ring by number. Owed events are paid in the order open, update, close, so the
 * journal never has an end without a beginning. */
#include "sentry/incident_log.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "sentry/counters.h"
#include "sentry/record.h"

enum { OWES_OPEN = 1, OWES_UPDATE = 2, OWES_CLOSE = 4 };

static const int64_t QUIET_NS[INCIDENT_KIND_COUNT] = {
	[INCIDENT_SWEEP] = 30 * NS_PER_S,     [INCIDENT_WALK] = 30 * NS_PER_S,
	[INCIDENT_WRITE] = 30 * NS_PER_S,     [INCIDENT_TALKER] = 600 * NS_PER_S,
	[INCIDENT_MALFORMED] = 30 * NS_PER_S,
};

err_t incident_log_open(incident_log_t *log)
{
	log->entries = calloc(INCIDENTS_MAX, sizeof(*log->entries));
	return log->entries ? ERR_OK : ERR_NO_MEMORY;
}

void incident_log_close(incident_log_t *log)
{
	free(log->entries);
	log->entries = NULL;
}

size_t incident_log_count(const incident_log_t *log)
{
	return log->last_id < INCIDENTS_MAX ? (size_t)log->last_id : INCIDENTS_MAX;
}

/* The i-th newest; it may be empty after a restart from a recycled journal. */
static incident_entry_t *newest(const incident_log_t *log, size_t i)
{
	return &log->entries[(log->last_id - 1 - i) % INCIDENTS_MAX];
}

static bool append(incident_log_t *log, const incident_t *incident, message_t message)
{
	record_texts_t texts;
	event_t event = record_incident(incident, message, log->catalogue, &texts);
	bool taken = event_append(log->journal, &event) == ERR_OK;
	if (!taken)
		metric_add(log->metrics, COUNT_JOURNAL_LATE, 1);
	return taken;
}

static void pay(incident_log_t *log, incident_entry_t *entry)
{
	const incident_t *incident = &entry->incident;
	if (!log->journal)
		entry->owes = 0;
	if (entry->owes & OWES_OPEN &&
	    append(log, incident, record_incident_message(incident->kind)))
		entry->owes &= (uint8_t) ~(OWES_OPEN | OWES_UPDATE);
	if (!(entry->owes & OWES_OPEN) && entry->owes & OWES_UPDATE &&
	    append(log, incident, MSG_INCIDENT_UPDATED))
		entry->owes &= (uint8_t)~OWES_UPDATE;
	if (entry->owes == OWES_CLOSE && append(log, incident, MSG_INCIDENT_CLOSED))
		entry->owes = 0;
}

static void shut(incident_log_t *log, incident_entry_t *entry)
{
	entry->incident.open = false;
	entry->owes |= OWES_CLOSE;
	metric_add(log->metrics, COUNT_INCIDENTS_OPEN, -1);
	pay(log, entry);
}

static bool is_quiet(const incident_t *incident, int64_t utc_ns)
{
	return utc_ns - incident->last_ns >= QUIET_NS[incident->kind];
}

static incident_entry_t *find_open(incident_log_t *log, const incident_t *hit)
{
	for (size_t i = 0; i < incident_log_count(log); i++) {
		incident_entry_t *entry = newest(log, i);
		if (entry->incident.open && entry->incident.kind == hit->kind &&
		    ip_eq(entry->incident.client, hit->client))
			return entry;
	}
	return NULL;
}

static void join(incident_t *incident, const incident_t *hit)
{
	incident->count += hit->count;
	incident->reasons |= hit->reasons;
	if (hit->last_ns > incident->last_ns)
		incident->last_ns = hit->last_ns;
	if (hit->servers > incident->servers)
		incident->servers = hit->servers;
	if (!ip_eq(hit->server, incident->server) || hit->function == 0)
		return;
	if (incident->function == 0) {
		incident->function = hit->function;
		incident->unit = hit->unit;
	}
	incident->from = hit->from < incident->from ? hit->from : incident->from;
	incident->to = hit->to > incident->to ? hit->to : incident->to;
}

static void begin(incident_log_t *log, const incident_t *hit)
{
	incident_entry_t *entry = &log->entries[log->last_id % INCIDENTS_MAX];
	if (entry->incident.open)
		shut(log, entry);
	entry->incident = *hit;
	entry->incident.id = ++log->last_id;
	entry->incident.open = true;
	entry->owes = OWES_OPEN;
	metric_add(log->metrics, COUNT_INCIDENTS, 1);
	metric_add(log->metrics, COUNT_INCIDENTS_OPEN, 1);
	pay(log, entry);
}

bool incident_log_hit(incident_log_t *log, const incident_t *hit)
{
	incident_entry_t *entry = find_open(log, hit);
	if (entry && is_quiet(&entry->incident, hit->first_ns)) {
		shut(log, entry);
		entry = NULL;
	}
	if (!entry) {
		begin(log, hit);
		return true;
	}
	uint32_t before = entry->incident.reasons;
	join(&entry->incident, hit);
	if (entry->incident.reasons != before) {
		entry->owes |= OWES_UPDATE;
		pay(log, entry);
	}
	return false;
}

bool incident_log_is_specific(const incident_log_t *log, ip_t client, int64_t since_ns)
{
	for (size_t i = 0; i < incident_log_count(log); i++) {
		const incident_t *incident = &newest(log, i)->incident;
		if (incident->id && incident->kind != INCIDENT_TALKER &&
		    incident->last_ns >= since_ns && ip_eq(incident->client, client))
			return true;
	}
	return false;
}

void incident_log_tick(incident_log_t *log, int64_t utc_ns)
{
	for (size_t i = incident_log_count(log); i-- > 0;) {
		incident_entry_t *entry = newest(log, i);
		if (entry->incident.open && is_quiet(&entry->incident, utc_ns))
			shut(log, entry);
		else if (entry->owes)
			pay(log, entry);
	}
}

void incident_log_restore(incident_log_t *log, const event_t *event)
{
	if (event->incident == 0)
		return;
	incident_entry_t *entry = &log->entries[(event->incident - 1) % INCIDENTS_MAX];
	incident_t opened;
	if (record_incident_of(event, log->catalogue, &opened)) {
		if (event->incident > log->last_id)
			log->last_id = event->incident;
		metric_add(log->metrics, COUNT_INCIDENTS_OPEN, entry->incident.open ? 0 : 1);
		*entry = (incident_entry_t){ .incident = opened };
	} else if (entry->incident.id == event->incident) {
		record_incident_update(event, &entry->incident);
		if (event->message == MSG_INCIDENT_CLOSED && entry->incident.open) {
			entry->incident.open = false;
			metric_add(log->metrics, COUNT_INCIDENTS_OPEN, -1);
		}
	}
}

size_t incident_log_list(const incident_log_t *log, size_t from, incident_t *ret, size_t cap)
{
	size_t count = incident_log_count(log), n = 0;
	for (size_t i = 0; i < count && n < cap; i++) {
		const incident_t *incident = &newest(log, i)->incident;
		if (incident->id == 0)
			continue;
		if (from > 0)
			from--;
		else
			ret[n++] = *incident;
	}
	return n;
}
