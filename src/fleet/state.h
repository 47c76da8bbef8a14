/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_STATE_H
#define FLEET_STATE_H
/* What the files of this folder share of a fleet: fleet.c opens and runs it,
 * reload.c gives it another catalogue. */
#include "fleet/fleet.h"
#include "fleet/ledger.h"
#include "fleet/link.h"
#include "fleet/orders.h"
#include "model/event.h"

#define FLEET_METRICS(X) \
	X(SAMPLES, "samples_total", "samples taken from devices", COUNTER) \
	X(BATCHES, "batches_total", "batches handed to the historian", COUNTER) \
	X(SAMPLES_DROPPED, "samples_dropped_total", "samples lost because the historian was full", \
	  COUNTER) \
	X(DEVICES_UP, "devices_up", "devices with an open connection", GAUGE) \
	X(ORDERS, "orders_total", "orders received", COUNTER) \
	X(ORDERS_REFUSED, "orders_refused_total", "orders refused because too many wait", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { FLEET_METRICS(X) METRIC_COUNT };
#undef X

struct fleet {
	env_t *env;
	fleet_spec_t spec;
	link_t **links; /* by device index */
	env_timer_t *flush;
	env_mailbox_t *orders_mail, *durable_mail;
	orders_t *orders;
	ledger_t ledger;
	/* Guards the statuses between the device loop and whoever asks. */
	env_mutex_t *mutex;
	device_status_t *statuses; /* by device id, as in the catalogue */
	size_t status_count;
	metrics_t metrics;
	bool dropping;
	uint8_t *outside; /* per point index: last seen outside its limits */
	sample_rows_t rows;
};

/* Opens the link of the i-th device of a catalogue. */
MUST_CHECK err_t fleet_open_link(fleet_t *fleet, const catalogue_t *catalogue, size_t i,
                                 link_t **ret_link);
/* MSG_DEVICE_UP or MSG_DEVICE_DOWN. */
void fleet_note_state(fleet_t *fleet, const device_t *device, message_t message);
#endif
