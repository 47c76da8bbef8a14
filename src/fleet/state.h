/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_STATE_H
#define FLEET_STATE_H
/* What the files of this folder share of a fleet: fleet.c opens and runs it,
 * reload.c gives it another catalogue, load.c measures its lines. */
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
	X(ORDERS_REFUSED, "orders_refused_total", "orders refused because too many wait", COUNTER) \
	X(LINE_LOAD, "line_load_percent", \
	  "share of the last ten seconds in which the busiest serial line was in use", GAUGE) \
	X(LINE_STRAYS, "line_strays_total", \
	  "runs of bytes on serial lines that nobody had asked for", COUNTER) \
	X(POLLS_SKIPPED, "polls_skipped_total", \
	  "polls on serial lines left out because their time had passed", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { FLEET_METRICS(X) METRIC_COUNT };
#undef X

/* A serial line, and what was counted of it when the window began (load.c). */
typedef struct {
	line_t *line;
	int64_t busy_ns;
	uint64_t skipped, strays;
	bool is_over;
} fleet_line_t;

struct fleet {
	env_t *env;
	fleet_spec_t spec;
	link_t **links;      /* by device index */
	fleet_line_t *lines; /* by port index */
	int64_t measured_ns; /* when the window of the lines began */
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

/* A catalogue and the lines of its ports. */
typedef struct {
	const catalogue_t *catalogue;
	const fleet_line_t *lines;
} fleet_plant_t;

/* Opens the link of the i-th device. */
MUST_CHECK err_t fleet_open_link(fleet_t *fleet, const fleet_plant_t *plant, size_t i,
                                 link_t **ret_link);
/* Into the main journal. */
void fleet_note(fleet_t *fleet, event_t *event);
/* MSG_DEVICE_UP or MSG_DEVICE_DOWN. */
void fleet_note_state(fleet_t *fleet, const link_t *link, message_t message);
/* Ends the window of the lines when it is over. */
void fleet_measure_lines(fleet_t *fleet);
#endif
