/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_WATCH_H
#define NODE_WATCH_H
/* The sentry of a node and what it is fed with: a live capture where the configuration
 * names one and the system allows it, else the tap.
 *
 * Story: opened after the fleet, whose ledger tells which writes were ordered; packets and
 * a tick each second come on the watch's loop; closed before the fleet, after the loops
 * were stopped. */
#include "config/config.h"
#include "env/capture.h"
#include "fleet/fleet.h"
#include "sentry/sentry.h"

typedef struct watch watch_t;

/* All borrowed; the catalogue until sentry_reload has given another. */
typedef struct {
	env_t *env;
	const config_t *config;
	const catalogue_t *catalogue;
	journal_t *journal; /* main */
	const last_value_t *last_values;
	fleet_t *fleet;
	env_loop_t *loop; /* EVENTS */
} watch_spec_t;

/* What the journal does not take of a capture's start or end is told by /readyz. */
MUST_CHECK err_t watch_open(const watch_spec_t *spec, watch_t **ret_watch);
/* NULL is fine. */
void watch_close(watch_t *watch);
sentry_t *watch_sentry(watch_t *watch);
/* Feeds the tap, when that is what is watched. Any thread. */
void watch_tap(watch_t *watch, slice_t pcap_bytes);
/* What is watched: the configured source, "off", or "tap" with the reason in brackets.
 * The same until watch_close. */
const char *watch_source(const watch_t *watch);
#endif
