/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_INCIDENT_H
#define SENTRY_INCIDENT_H
/* An incident: what one source did of one kind, from first to last packet, with
 * the words and numbers that explain it. Repeated hits update it; a scan of
 * thousands of addresses is one incident, not thousands.
 *
 * Kinds and their ATT&CK for ICS techniques: SWEEP (one client asks several
 * servers who they are, or many unit ids or ports: T0846, T0888), WALK (one client
 * reads through addresses nobody reads: T0861), WRITE (a value was written that
 * the white-list does not know or no order covers: T0836, T0855), TALKER (a new
 * client or server that did none of these), MALFORMED. */
#include "base/net.h"
#include "model/sample.h"

#define INCIDENT_KIND_ROWS(X) \
	X(SWEEP, "sweep", "T0846 T0888") \
	X(WALK, "walk", "T0861") \
	X(WRITE, "write", "T0836 T0855") \
	X(TALKER, "talker", "T0848") \
	X(MALFORMED, "malformed", "T0814")

#define X(name, text, techniques) INCIDENT_##name,
typedef enum { INCIDENT_KIND_ROWS(X) INCIDENT_KIND_COUNT } incident_kind_t;
#undef X

/* Why: bits. */
#define INCIDENT_REASON_ROWS(X) \
	X(NEW_CLIENT, "new-client") \
	X(NEW_FUNCTION, "new-function") \
	X(NEW_ADDRESS, "new-address") \
	X(NEW_WRITER, "new-writer") \
	X(OUT_OF_LIMITS, "outside-limits") \
	X(NO_ORDER, "no-order") \
	X(MANY_SERVERS, "many-servers") \
	X(MANY_ADDRESSES, "many-addresses") \
	X(MANY_EXCEPTIONS, "many-exceptions") \
	X(BAD_FRAME, "bad-frame") \
	X(NEW_SERVER, "new-server")

#define X(name, text) REASON_##name,
typedef enum { INCIDENT_REASON_ROWS(X) REASON_COUNT } incident_reason_t;
#undef X

enum { INCIDENT_PACKET_MAX = 512 };

typedef struct {
	uint64_t id; /* number, from 1, kept over restarts */
	incident_kind_t kind;
	uint32_t reasons; /* 1 << incident_reason_t */
	bool open;
	ip_t client, server; /* server: of the first packet */
	uint8_t unit, function;
	uint16_t from, to;            /* addresses touched */
	device_id_t device;           /* 0: unknown */
	point_id_t point;             /* 0: unknown */
	value_t old_value, new_value; /* engineering units; VALUE_NONE if unknown */
	double limit_low, limit_high; /* NaN if none */
	ip_t usual_client;            /* who usually writes this point; family 0: nobody */
	uint64_t usual_count;
	int64_t first_ns, last_ns; /* UTC of packets */
	uint64_t count;            /* messages */
	uint32_t servers;          /* distinct */
	size_t packet_len;
	uint8_t packet[INCIDENT_PACKET_MAX]; /* of the first message that shows it */
} incident_t;

const char *incident_kind_name(incident_kind_t kind);
const char *incident_techniques(incident_kind_t kind);
const char *incident_reason_name(incident_reason_t reason);
#endif
