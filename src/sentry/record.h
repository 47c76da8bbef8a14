/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_RECORD_H
#define SENTRY_RECORD_H
/* What the sentry keeps in the main journal, and back: white-list rows, assets,
 * incidents. Incidents are events, so that a reader of events sees them too.
 *
 * Disk forms, version u8 = 1 first. Row: flags u8 (1 approved, 2 policy), client,
 * server, unit u8, function u8, from u16, to u16 little-endian, count varint, first
 * and last zig-zag. Asset: flags u8 (1 client, 2 server, 4 approved), address, MAC 6
 * bytes, first and last zig-zag, packets and bytes varints, vendor, product,
 * revision strings. An address is its family u8 and 4 or 16 bytes. */
#include "model/asset.h"
#include "model/catalogue.h"
#include "model/event.h"
#include "sentry/baseline.h"
#include "sentry/incident.h"

enum { RECORD_BYTES_MAX = 512, RECORD_REASONS_MAX = 192 };

void record_row_encode(const baseline_row_t *row, row_origin_t origin, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT; below too. */
MUST_CHECK err_t record_row_decode(slice_t in, baseline_row_t *ret_row, row_origin_t *ret_origin);
void record_asset_encode(const asset_t *asset, writer_t *w);
MUST_CHECK err_t record_asset_decode(slice_t in, asset_t *ret_asset);

/* The texts an event borrows. */
typedef struct {
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX], usual[IP_TEXT_MAX];
	char reasons[RECORD_REASONS_MAX];
	char place[64];
	char packet[2 * INCIDENT_PACKET_MAX + 1];
} record_texts_t;

/* One of INCIDENT_<KIND>, INCIDENT_UPDATED, INCIDENT_CLOSED. `catalogue` may be
 * NULL. */
event_t record_incident(const incident_t *incident, message_t message, const catalogue_t *catalogue,
                        record_texts_t *texts);
/* The message that opens an incident of this kind. */
message_t record_incident_message(incident_kind_t kind);
/* Makes an incident of an opening event; false for other messages. Limits come
 * from the catalogue where the event has none. */
bool record_incident_of(const event_t *event, const catalogue_t *catalogue, incident_t *ret);
/* Takes what an UPDATED or CLOSED event says. */
void record_incident_update(const event_t *event, incident_t *incident);
/* The limits a written value is held against: those of the write contract, else
 * the point's; NaN where there are none. */
void record_limits(const point_t *point, double *ret_low, double *ret_high);
#endif
