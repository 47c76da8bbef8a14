/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H
/* Connects machines: bytes to samples, and orders to machines by one safe
 * contract.
 *
 * Story: fleet_open plans block reads per device (plan.h), opens a link per device
 * on the device loop (link.h), through a TCP connection of its own or a seat on a serial
 * line that it shares (stream.h, line.h); each link polls by its driver, a machine without
 * sockets or clock (driver_modbus.h: step(now, bytes in) to bytes out, samples and
 * the next deadline; envelope.h: Modbus TCP, or RTU frames). Samples go to the
 * last-value table and, once per turn, to the sample sink as one batch. One request in flight per
 * connection; reconnect with back-off from 0.5 s doubling to 30 s, jittered.
 *
 * When the sink says ERR_LIMIT or ERR_DISK_FULL the batch is kept and retried; past
 * its SAMPLE_ROWS_MAX rows new samples are dropped, counted and reported, as is a
 * batch that the sink refuses for good. A device that is down gives
 * one sample of bad quality per point at the change, not one per period.
 *
 * Orders (command.h): off by default per point. REQUESTED (validated: role, limits,
 * expiry, idempotency; journalled and durable before anything is sent) -> OPERATED
 * (written) -> VERIFIED (read back within tolerance) or REFUSED, EXPIRED, FAILED.
 * Every step is an event in the hash-chained main journal. */
#include "base/metrics.h"
#include "env/loop.h"
#include "fleet/command.h"
#include "journal/journal.h"
#include "model/catalogue.h"
#include "model/last_value.h"
#include "model/series.h"

typedef struct fleet fleet_t;

typedef struct {
	const catalogue_t *catalogue; /* must outlive the fleet or its reload */
	env_loop_t *device_loop;      /* EVENTS */
	journal_t *journal;           /* main */
	sample_sink_t sink;
	last_value_t *last_values; /* the fleet is its one writer */
} fleet_spec_t;

MUST_CHECK err_t fleet_open(env_t *env, const fleet_spec_t *spec, fleet_t **ret_fleet);
void fleet_close(fleet_t *fleet);

/* Gives the fleet another catalogue. A link whose machine and points are asked for
 * as before is not touched: what is in flight goes on. The others are closed (their
 * points get one sample of bad quality, orders sent to them end FAILED) and opened
 * anew or not at all; orders that wait are judged again by the new catalogue and
 * REFUSED when it no longer allows them. All or nothing: ERR_NO_MEMORY leaves the
 * old one. The old may be freed afterwards. Device loop. */
MUST_CHECK err_t fleet_reload(fleet_t *fleet, const catalogue_t *catalogue);

/* Any thread: copies the status of a device; one that is not there is down. */
device_status_t fleet_device_status(const fleet_t *fleet, device_id_t id);
const metrics_t *fleet_metrics(const fleet_t *fleet);

/* Any thread: the order is copied and judged on the device loop. Its result comes
 * into `reply` (item command_result_t) at the first final state, or at REQUESTED
 * when `order->no_wait`. ERR_BUSY when 64 orders are under way. */
MUST_CHECK err_t fleet_command(fleet_t *fleet, const command_order_t *order, env_mailbox_t *reply,
                               void *ctx);

/* Was this write ordered through the contract in the last minute? True from
 * before the first byte is sent. Any thread; the sentry asks for every write it
 * sees. */
bool fleet_ordered(fleet_t *fleet, point_id_t point, double value, int64_t utc_ns);
#endif
