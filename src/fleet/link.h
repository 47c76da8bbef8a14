/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_LINK_H
#define FLEET_LINK_H
/* One device's connection: opens its stream, keeps the driver fed, backs off when the
 * device is away, and says so once per change.
 *
 * Story: link_new; the stream (a TCP connection, or a seat on a line) calls back with
 * bytes, its loop with time; the link calls the fleet through link_events_t. Back-off
 * 0.5 s doubling to 30 s (4 s while a port is not there), each with up to a quarter of
 * jitter.
 *
 * Threads: device loop. */
#include "fleet/driver_modbus.h"
#include "fleet/line.h"

typedef struct link link_t;

typedef struct {
	void *ctx;
	void (*sample)(void *ctx, link_t *link, const point_t *point, value_t value,
	               quality_t quality);
	void (*state)(void *ctx, link_t *link, link_state_t state);
	void (*order_done)(void *ctx, uint64_t token, err_t err, value_t read_back);
} link_events_t;

typedef struct {
	env_loop_t *loop;
	const device_t *device;
	line_t *line; /* that it is on, which outlives it; NULL: it has an address */
	plan_t *plan; /* taken over */
	size_t index; /* of the device in the catalogue */
	link_events_t events;
	uint64_t seed; /* of the jitter */
} link_spec_t;

/* Takes the plan over even when it fails. */
MUST_CHECK err_t link_new(const link_spec_t *spec, link_t **ret_link);
void link_free(link_t *link);
/* Whether the link may go on with another catalogue as if nothing had happened: same
 * machine, same way of asking it, same points at the same places. */
bool link_fits(const link_t *link, const catalogue_t *catalogue, const device_t *device);
/* Goes on with a catalogue that it fits. */
void link_rebind(link_t *link, const catalogue_t *catalogue, size_t index);
/* Closes for good, before link_free: orders end with ERR_UNAVAILABLE, every point
 * gets one sample without connection. */
void link_retire(link_t *link);
size_t link_index(const link_t *link);
const device_t *link_device(const link_t *link);
link_state_t link_state(const link_t *link);
/* Why it is not up; ERR_OK when it is, or was never tried. */
MUST_CHECK err_t link_why(const link_t *link);
device_status_t link_status(const link_t *link);
/* ERR_UNAVAILABLE when down, ERR_BUSY when too many wait. */
MUST_CHECK err_t link_order(link_t *link, const driver_order_t *order);
#endif
