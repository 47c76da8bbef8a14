/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_FLOW_H
#define SENTRY_FLOW_H
/* TCP connections to watched ports: where each stands, and which of its requests
 * wait for a response.
 *
 * Story: every packet asks flow_find() once. Absent, flow_add() makes one; when
 * the table is full the caller ends and removes flow_oldest() first. Flows idle
 * for FLOW_IDLE_NS are found the same way, oldest first. All memory is taken at
 * the start. The side whose port is watched is the server.
 *
 * Requests are matched by transaction and unit. At most FLOW_PENDING_MAX wait; the
 * oldest gives way (Messaging on TCP/IP V1.0b, 4.4.1.1 recommends 1 to 16).
 *
 * Caveats: the order by use is kept to within a second, which spares the list a
 * move per packet. */
#include "codec/frame/frame_tcp.h"
#include "codec/modbus/modbus.h"
#include "model/time.h"
#include "sentry/keymap.h"
#include "sentry/reassemble.h"

#define FLOW_NONE UINT32_MAX

enum { FLOW_PENDING_MAX = 16 };
#define FLOW_IDLE_NS (300 * NS_PER_S)

typedef struct {
	int64_t utc_ns; /* of its packet; oldest first gives way */
	uint16_t transaction;
	uint16_t suspect; /* 1 + place among the suspects; 0: none */
	uint8_t unit;
	uint8_t len; /* of the PDU; 0: this place is free */
	uint8_t pdu[MODBUS_PDU_MAX];
} flow_request_t;

typedef struct {
	keymap_key_t key;
	addr_t client, server;
	int64_t first_ns, last_ns;
	int64_t listed_ns;                         /* when it last moved in the list */
	uint32_t older, newer;                     /* list by use */
	uint32_t client_asset, server_asset, talk; /* places in the inventory */
	bool closed;                               /* reset, or finished by both sides */
	uint8_t finished;                          /* bit by frame_side_t */
	uint8_t pending;                           /* requests that wait */
	stream_t stream[2];                        /* by frame_side_t: the side that wrote */
	flow_request_t requests[FLOW_PENDING_MAX];
} flow_t;

typedef struct {
	flow_t *flows;
	uint32_t *free;
	size_t free_count, max;
	uint32_t oldest, newest;
	keymap_t map;
} flow_table_t;

MUST_CHECK err_t flow_table_open(flow_table_t *table, size_t max, uint64_t seed);
void flow_table_close(flow_table_t *table);
keymap_key_t flow_key(addr_t client, addr_t server);
/* NULL when absent. Marks the flow as used at utc_ns. */
flow_t *flow_find(flow_table_t *table, const keymap_key_t *key, int64_t utc_ns);
/* NULL when the table is full. */
flow_t *flow_add(flow_table_t *table, addr_t client, addr_t server, int64_t utc_ns);
/* The one unused for longest, or NULL. */
flow_t *flow_oldest(flow_table_t *table);
/* The one used next after it, or NULL. */
flow_t *flow_newer(flow_table_t *table, const flow_t *flow);
void flow_remove(flow_table_t *table, flow_t *flow);
size_t flow_count(const flow_table_t *table);

/* Place for a request. *ret_lost is set when an older one must be given up: look
 * at it and overwrite it. */
flow_request_t *flow_request_place(flow_t *flow, bool *ret_lost);
/* The request that this response answers, or NULL. */
flow_request_t *flow_request_find(flow_t *flow, uint16_t transaction, uint8_t unit);
void flow_request_done(flow_t *flow, flow_request_t *request);
static inline slice_t flow_request_pdu(const flow_request_t *request)
{
	return slice_of(request->pdu, request->len);
}
#endif
