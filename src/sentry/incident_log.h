/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_INCIDENT_LOG_H
#define SENTRY_INCIDENT_LOG_H
/* The list of incidents and their way into the journal. One incident per kind,
 * client and episode: a hit joins the open incident of its kind and client, or
 * opens one; quiet closes it (30 s; 10 min for a new talker, who would otherwise be
 * reported at every poll). Opening, fresh reasons and closing are events; an event
 * that the journal does not take at once is owed and tried again.
 *
 * Limit: the newest INCIDENTS_MAX are kept in memory; all are in the journal. */
#include "base/metrics.h"
#include "journal/journal.h"
#include "model/catalogue.h"
#include "model/event.h"
#include "sentry/incident.h"

enum { INCIDENTS_MAX = 256 };

typedef struct {
	incident_t incident;
	uint8_t owes; /* bits of events that the journal has not yet */
} incident_entry_t;

typedef struct {
	incident_entry_t *entries; /* of number n at (n - 1) % INCIDENTS_MAX */
	uint64_t last_id;
	journal_t *journal;           /* may be NULL */
	const catalogue_t *catalogue; /* may be NULL */
	metrics_t *metrics;
} incident_log_t;

MUST_CHECK err_t incident_log_open(incident_log_t *log);
void incident_log_close(incident_log_t *log);
/* `hit` tells kind, client, times, reasons, and all that an opened incident begins
 * with; its count (at least 1) is added. True when it opened an incident. */
bool incident_log_hit(incident_log_t *log, const incident_t *hit);
/* Was there anything more specific than TALKER of this client since then? */
bool incident_log_is_specific(const incident_log_t *log, ip_t client, int64_t since_ns);
/* Closes what is quiet, and pays owed events. */
void incident_log_tick(incident_log_t *log, int64_t utc_ns);
/* Takes an event of the journal: numbering and recent incidents come back. */
void incident_log_restore(incident_log_t *log, const event_t *event);
size_t incident_log_count(const incident_log_t *log);
/* Newest first. */
size_t incident_log_list(const incident_log_t *log, size_t from, incident_t *ret, size_t cap);
#endif
