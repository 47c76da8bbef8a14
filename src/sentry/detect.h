/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_DETECT_H
#define SENTRY_DETECT_H
/* From novelties to incidents. The sensor tells what lies outside the white-list
 * after learning; a case per client collects it and decides what it amounts to:
 *
 *   SWEEP      DETECT_SWEEP servers, or units of one server, that the client never
 *              asked before, or identification requests to as many, within 10 s
 *   WALK       DETECT_WALK requests that each reach addresses this client never
 *              read, or as many refused with "illegal data address", on one server,
 *              no more than 10 s apart
 *   WRITE      judged by write.h, passed on at once
 *   MALFORMED  DETECT_MALFORMED broken messages, no more than 10 s apart
 *   TALKER     an unknown client or server, or a function that stops or programs a
 *              machine, when the client did nothing of the above until 5 s after its
 *              last novelty, at most 15 s after the first
 *
 * An incident begins with the first packet of its evidence, not with the one that
 * completed it.
 *
 * Limits: DETECT_CASES clients at a time, the one silent for longest gives way;
 * DETECT_SERVERS distinct servers a case are told apart; four walks a case. */
#include "sentry/baseline.h"
#include "sentry/incident_log.h"

enum {
	DETECT_CASES = 64,
	DETECT_SERVERS = 256,
	DETECT_WALKS = 4,
	DETECT_SWEEP = 3,
	DETECT_WALK = 4,
	DETECT_MALFORMED = 3,
	DETECT_READS = 5, /* functions 1 to 4, and the rest as 0 */
};

/* One novelty: who asked whom for what, in which packet. */
typedef struct {
	int64_t utc_ns;
	ip_t client, server;
	uint8_t unit, function; /* function 0: no message yet, only a connection */
	uint16_t from, to;
	device_id_t device;
	slice_t packet;
} sighting_t;

/* The last times of something that happened to different things. */
typedef struct {
	int64_t ns[DETECT_SWEEP];
	size_t count;
} detect_ring_t;

typedef struct {
	ip_t server; /* family 0: free */
	int64_t first_ns, last_ns;
	uint64_t requests;
	uint32_t reaching, refused; /* those that count as evidence */
	bool raised;
	uint16_t from, to;
	struct {
		bool used;
		uint16_t from, to;
	} reach[DETECT_READS];
} detect_walk_t;

typedef struct {
	ip_t client; /* family 0: free */
	int64_t last_ns;
	/* Hold */
	bool holding, talked;
	int64_t hold_ns;
	incident_t talker;
	/* Sweep */
	int64_t contact_ns;
	bool swept; /* an incident is going on since contact_ns */
	uint32_t server_count;
	ip_t servers[DETECT_SERVERS];
	detect_ring_t server_ring, unit_ring;
	ip_t unit_server;
	uint8_t units[32];
	detect_walk_t walks[DETECT_WALKS];
	uint32_t malformed;
	int64_t malformed_first_ns, malformed_last_ns;
} detect_case_t;

typedef struct {
	detect_case_t *cases;
	const baseline_t *baseline;
	incident_log_t *log;
	metrics_t *metrics;
} detect_t;

/* baseline, log and metrics are the caller's to set. */
MUST_CHECK err_t detect_open(detect_t *d);
void detect_close(detect_t *d);
/* A client meets a server, or a unit of it, that no row joins it with. */
void detect_contact(detect_t *d, const sighting_t *s);
/* An identification request that no row knows. */
void detect_identify(detect_t *d, const sighting_t *s);
/* A read that no row covers; and "illegal data address" in answer to one. */
void detect_read(detect_t *d, const sighting_t *s);
void detect_refused(detect_t *d, const sighting_t *s);
/* A function that changes how a machine runs and that no row knows. */
void detect_function(detect_t *d, const sighting_t *s);
void detect_malformed(detect_t *d, const sighting_t *s);
/* A judged write. */
void detect_write(detect_t *d, const incident_t *hit);
/* Ends holds whose time is over. */
void detect_tick(detect_t *d, int64_t utc_ns);
#endif
