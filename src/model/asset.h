/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ASSET_H
#define MODEL_ASSET_H
/* An asset: something seen on the wire, kept apart from what is approved. The key
 * is the IP address (MACs are zero on the loopback and change behind routers). */
#include "base/net.h"
#include "model/action.h"
#include "model/sample.h"

enum { ASSET_TEXT_MAX = 64 };

typedef struct {
	ip_t ip;
	mac_t mac;
	bool is_client, is_server; /* of an industrial protocol */
	bool approved;
	device_id_t device;        /* of the catalogue, 0 if none */
	int64_t first_ns, last_ns; /* UTC */
	uint64_t packets, bytes;
	char vendor[ASSET_TEXT_MAX], product[ASSET_TEXT_MAX], revision[ASSET_TEXT_MAX];
} asset_t;

/* A conversation: client to server over one protocol port. */
typedef struct {
	ip_t client, server;
	uint16_t port;
	uint64_t requests, replies, exceptions, malformed, bytes;
	int64_t first_ns, last_ns;
} conversation_t;

/* One row of the white-list: this client may use this function on these
 * addresses of this unit of this server. */
typedef struct {
	ip_t client, server;
	uint8_t unit, function;
	uint16_t from, to; /* inclusive */
	bool approved;     /* by a person or by policy; learned otherwise */
	uint64_t count;
	int64_t first_ns, last_ns;
} baseline_row_t;
#endif
