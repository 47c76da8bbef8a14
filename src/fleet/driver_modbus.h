/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_DRIVER_MODBUS_H
#define FLEET_DRIVER_MODBUS_H
/* The Modbus driver as a machine without sockets or clock: the link tells it
 * the time and the bytes that came, it says what to send, which samples there are
 * and when it wants to be asked again. One request in flight; orders go before
 * polls; late answers are recognised by their transaction and dropped. Where RTU frames
 * travel through TCP they have none: there one timeout asks for a new connection, and a
 * frame with a bad CRC ends it, as nothing marks where the next one begins. On a serial
 * line a bad frame costs its answer, one of another unit or function is late, and a unit
 * that did not answer rests (envelope.h).
 *
 * Story: driver_start when the connection opens; then, as often as the link likes,
 * driver_next (bytes to send, if any), driver_input (bytes that came),
 * driver_tick (the deadline passed). driver_wait_ns says when to tick. */
#include "fleet/envelope.h"
#include "fleet/plan.h"
#include "fleet/wire.h"

/* What came of one order to the device: a write, or the read that checks it. */
typedef struct {
	bool read; /* a read-back; else a write */
	const point_t *point;
	double value;         /* to write */
	uint64_t token;       /* the asker's */
	int64_t not_after_ns; /* monotonic; not sent any more then; 0: no end */
} driver_order_t;

typedef struct {
	void *ctx;
	void (*sample)(void *ctx, const point_t *point, value_t value, quality_t quality);
	/* err: ERR_OK, ERR_TIMEOUT, ERR_PROTOCOL (exception, nonsense or a wrong echo),
	 * ERR_EXPIRED (not sent), ERR_INVALID (not sent: the wire cannot hold it),
	 * ERR_UNAVAILABLE (the connection is gone). It may call driver_order. */
	void (*order_done)(void *ctx, uint64_t token, err_t err, value_t read_back);
} driver_events_t;

enum { DRIVER_ORDERS = 8 };

typedef struct {
	uint64_t requests, replies, timeouts, exceptions, malformed, late;
	uint64_t skipped; /* polls left out because their time had passed */
	int64_t round_trip_ns;
} driver_stats_t;

typedef struct {
	const device_t *device;
	plan_t *plan;
	driver_events_t events;
	driver_stats_t stats;
	driver_order_t orders[DRIVER_ORDERS];
	size_t order_count;
	enum { DRIVER_IDLE, DRIVER_POLLING, DRIVER_ORDERING } state;
	size_t block; /* polled */
	uint16_t transaction;
	modbus_pdu_t request; /* in flight */
	uint8_t request_data[8];
	int64_t sent_ns, deadline_ns;
	int64_t rests_until_ns; /* nothing is asked before */
	unsigned timeouts_in_row;
	bool has_answered; /* on this connection */
} driver_t;

void driver_init(driver_t *driver, const device_t *device, plan_t *plan,
                 const driver_events_t *events);
/* A fresh connection: nothing is in flight, every block is due after `jitter` (0 to
 * 1) times an eighth of its period, so that devices do not all answer at once. */
void driver_start(driver_t *driver, int64_t now_ns, double jitter);
/* The connection is gone: pending orders end with ERR_UNAVAILABLE. */
void driver_stop(driver_t *driver);
/* The same device and points, in another catalogue; what is in flight stays. */
void driver_rebind(driver_t *driver, const catalogue_t *catalogue, const device_t *device);
/* Whether driver_next would send something now. */
bool driver_is_due(const driver_t *driver, int64_t now_ns);
bool driver_has_order(const driver_t *driver);
/* Whether an answer is awaited. */
bool driver_is_waiting(const driver_t *driver);
/* Writes the next request into `w` when one is due. */
MUST_CHECK err_t driver_next(driver_t *driver, int64_t now_ns, writer_t *w);
/* Consumes whole replies; ERR_PROTOCOL when the stream is not Modbus any more. */
MUST_CHECK err_t driver_input(driver_t *driver, int64_t now_ns, slice_t in, size_t *ret_used);
/* Ends an overdue request. ERR_TIMEOUT when the device has not answered
 * as often in a row as envelope_rules() allow: the connection should be made anew. */
MUST_CHECK err_t driver_tick(driver_t *driver, int64_t now_ns);
/* Time until driver_tick or driver_next has work; at least 0. */
int64_t driver_wait_ns(const driver_t *driver, int64_t now_ns);
/* A read goes before the writes that wait, so that what it reads back is not the
 * next order's value. ERR_BUSY when DRIVER_ORDERS wait already. */
MUST_CHECK err_t driver_order(driver_t *driver, const driver_order_t *order);
#endif
