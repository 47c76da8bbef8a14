/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H
/* A device: one machine, polled over one protocol, at an address of the network or as
 * one of several units on a serial line. Part of the immutable catalogue. */
#include "base/net.h"
#include "model/port.h"
#include "model/sample.h"

typedef enum {
	PROTOCOL_MODBUS_TCP,
	PROTOCOL_MODBUS_RTU_TCP, /* RTU frames through TCP */
	PROTOCOL_MODBUS_RTU,     /* on a serial line */
	PROTOCOL_COUNT
} protocol_t;

typedef struct {
	device_id_t id;
	const char *name;
	const char *label[2]; /* by lang_t */
	const char *ident;
	protocol_t protocol;
	addr_t addr;            /* zero on a serial line */
	const port_t *port;     /* of its line; NULL: it has an address */
	uint8_t unit;           /* Modbus unit identifier */
	int64_t timeout_ns;     /* of one request */
	uint16_t registers_max; /* most registers one read asks for; at most 125 */
	uint16_t gap_max;       /* unused registers a block read may bridge */
} device_t;

/* Where it answers: the path of the port, or the address in `buf`. */
const char *device_place(const device_t *device, char buf[ADDR_TEXT_MAX]);

typedef enum { LINK_DOWN, LINK_CONNECTING, LINK_UP } link_state_t;

/* What the driver reports of a device. */
typedef struct {
	device_id_t device;
	link_state_t state;
	uint64_t requests, replies, timeouts, exceptions, malformed, reconnects, late;
	uint64_t skipped;      /* polls left out because their time had passed */
	int64_t last_reply_ns; /* UTC; 0 if none */
	int64_t round_trip_ns; /* of the last reply */
} device_status_t;
#endif
