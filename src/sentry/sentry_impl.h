/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_SENTRY_IMPL_H
#define SENTRY_SENTRY_IMPL_H
/* What a sentry is made of, for the files of this folder: feed.c takes packets
 * apart, watch.c understands messages, write.c judges writes, replay.c remembers,
 * sentry.c opens, closes and lists. */
#include "codec/frame/pcap.h"
#include "sentry/detect.h"
#include "sentry/flow.h"
#include "sentry/image.h"
#include "sentry/inventory.h"
#include "sentry/sentry.h"

enum { SUSPECTS_MAX = 64 };

/* A write that will be an incident unless its machine refuses it. */
typedef struct {
	bool used;
	flow_t *flow;
	flow_request_t *request; /* which names this place */
	incident_t hit;
} suspect_t;

struct sentry {
	env_t *env;
	/* Guards everything below between the feeding loop and readers; held for a
	 * few hundred packets at a time. */
	env_mutex_t *mutex;
	const catalogue_t *catalogue;
	journal_t *journal;
	const last_value_t *last_values;
	sentry_ledger_t ledger;
	int64_t learn_ns;
	uint8_t port_bits[8192];
	metrics_t metrics;

	pcap_stream_t stream;
	bool is_started, is_broken;
	slice_t packet; /* the frame being looked at */
	int64_t now_ns; /* its time */
	int64_t house_ns, saved_ns;
	flow_t *flow; /* being consumed */
	frame_side_t side;

	flow_table_t flows;
	stream_pool_t streams;
	inventory_t inventory;
	baseline_t baseline;
	image_t image;
	incident_log_t log;
	detect_t detect;
	suspect_t suspects[SUSPECTS_MAX];
	size_t suspect_count;
	bool owes_rows;
	sentry_status_t status;

	void (*on_message)(void *ctx, const sentry_message_t *message);
	void *on_message_ctx;
};

/* feed.c */
void feed_house(sentry_t *s, int64_t utc_ns);

/* watch.c */
bool watch_is_port(const sentry_t *s, uint16_t port);
/* Is learning over? */
bool watch_is_on(const sentry_t *s);
/* Learning begins, or began, with a packet of this time. */
void watch_learn_from(sentry_t *s, int64_t first_ns);
/* A client reached out to a server. */
void watch_contact(sentry_t *s, const flow_t *flow);
/* stream_consume_fn over s->flow and s->side. */
size_t watch_consume(void *ctx, slice_t bytes, bool *synced);
/* Requests that will not be answered: a write among them counts as done. */
void watch_give_up(sentry_t *s, flow_t *flow);
/* The same for writes unanswered for long. */
void watch_tick(sentry_t *s, int64_t utc_ns);

/* write.c */
typedef struct {
	const flow_t *flow;
	uint8_t unit;
	const modbus_pdu_t *pdu;
} write_t;
/* True when the write is to be reported; *ret_hit tells it. */
bool write_judge(sentry_t *s, const write_t *write, incident_t *ret_hit);
/* The machine has taken the write. */
void write_accepted(sentry_t *s, const write_t *write, bool is_fine);
/* The device of the catalogue that answers there, or NULL. */
const device_t *write_device(const sentry_t *s, addr_t server, uint8_t unit);

/* replay.c */
MUST_CHECK err_t replay(sentry_t *s);
/* Appends the row, or notes that it is owed. */
void save_row(sentry_t *s, baseline_entry_t *entry);
void save_asset(sentry_t *s, uint32_t place);
/* Everything that differs from what the journal has; counts too when asked. */
void save_all(sentry_t *s, bool with_counts);
/* Events of the sentry's own, with the time of the packet. */
void say_asset(sentry_t *s, const asset_t *asset);
void say_learned(sentry_t *s, const baseline_row_t *row);
#endif
