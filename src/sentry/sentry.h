/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_SENTRY_H
#define SENTRY_SENTRY_H
/* Listens to the plant's traffic, knows every asset, explains an attack in the
 * terms of the process. Passive: it never sends a packet.
 *
 * Story: sentry_feed takes bytes of a pcap stream -> codec/frame decodes ->
 * flow.h finds the conversation -> reassemble.h puts TCP bytes in order -> the same
 * codec/modbus the driver uses -> inventory.h (assets, conversations), baseline.h
 * (learned and approved white-list), detect.h (what is new, what is out of limits,
 * what was never ordered) -> incident.h groups into incidents -> events into the
 * main journal. Times are the packets' own: replaying a file gives the same
 * incidents as live.
 *
 * Learning ends `learn_ns` after the first packet of industrial traffic; until
 * then new rows are learned, not reported. Policy rows are approved from the start.
 * At the next start learned and approved rows, assets and recent incidents come
 * back from the journal, and learning goes on where it stood.
 *
 * A write is fine when it was ordered through the command contract, or when an
 * approved row covers it and no point leaves its limits (those of its write
 * contract, else its own). While learning, writes within the limits are learned;
 * afterwards a learned row does not excuse a write. A write takes effect with the
 * machine's answer; unanswered for 2 s, or when its connection ends, it counts as
 * done. What makes the other incidents: detect.h. When they close: incident_log.h.
 *
 * Limits: flows_max connections (the one unused for longest gives way), assets_max
 * assets and four times as many conversations (more are not listed), 4,096 rows
 * (more are not learned), 64 streams with bytes out of order (more are gaps), the
 * newest 256 incidents. Each has a metric (counters.h). All memory is taken by
 * sentry_open, about 45 MB of address space at the defaults, most of it untouched.
 *
 * Threads: feed on one loop; the list calls copy under a mutex (it guards the
 * tables between the sentry loop and readers) and may be called from any.
 *
 * Caveats: the side whose port is watched is the server; of two such ports the
 * lower. IP fragments are counted, not read. One capture stream at a time. */
#include "base/metrics.h"
#include "journal/journal.h"
#include "model/asset.h"
#include "model/catalogue.h"
#include "model/last_value.h"
#include "sentry/incident.h"

typedef struct sentry sentry_t;

/* Was this write ordered through the command contract? Asked for every write seen
 * on the wire; node answers from the command ledger. NULL: nobody orders. */
typedef struct {
	void *ctx;
	bool (*ordered)(void *ctx, point_id_t point, double value, int64_t utc_ns);
} sentry_ledger_t;

enum { SENTRY_PORTS_MAX = 16 };

typedef struct {
	const catalogue_t *catalogue;    /* NULL: none (offline analysis) */
	journal_t *journal;              /* NULL: incidents are only listed */
	const last_value_t *last_values; /* old values; NULL: from the wire alone */
	sentry_ledger_t ledger;
	const baseline_row_t *policies; /* approved rows; copied */
	size_t policy_count;
	uint16_t ports[SENTRY_PORTS_MAX]; /* Modbus server ports, then zeros; none: 502 */
	int64_t learn_ns;                 /* 0: everything outside policy is reported at once */
	size_t flows_max;                 /* 0: 4,096 */
	size_t assets_max;                /* 0: 1,024 */
} sentry_spec_t;

MUST_CHECK err_t sentry_open(env_t *env, const sentry_spec_t *spec, sentry_t **ret_sentry);
void sentry_close(sentry_t *sentry);

/* Other policies, in two steps, so that nothing is reported for want of a row in
 * between and that a reload can still be given up: allow adds all rows or none
 * (ERR_LIMIT), withdraw forgets the policy rows that are not among these. */
MUST_CHECK err_t sentry_allow(sentry_t *sentry, const baseline_row_t *policies, size_t count);
void sentry_withdraw(sentry_t *sentry, const baseline_row_t *policies, size_t count);
/* Points and devices are looked up in `catalogue` from now on; the old one may go.
 * The feeding loop. */
void sentry_reload(sentry_t *sentry, const catalogue_t *catalogue);

/* Bytes of a pcap stream; returns how many were consumed (the rest comes again
 * with more behind). */
size_t sentry_feed(sentry_t *sentry, slice_t bytes);
/* Ends a stream: the next feed begins with a new file head. */
void sentry_feed_end(sentry_t *sentry);
/* Lets time pass without packets: ends holds, closes quiet incidents and idle
 * flows. Packets may be up to 2 s late, so what happens is what was due 2 s before
 * `utc_ns`. At the end of a file tick once, a minute past status.last_ns. */
void sentry_tick(sentry_t *sentry, int64_t utc_ns);

typedef enum { SENTRY_WAITING, SENTRY_LEARNING, SENTRY_WATCHING } sentry_mode_t;
typedef struct {
	sentry_mode_t mode;
	int64_t first_ns, learn_until_ns, last_ns; /* UTC of packets */
	uint64_t packets, bytes, messages, malformed, gaps;
	size_t assets, rows, incidents;
} sentry_status_t;
sentry_status_t sentry_status(sentry_t *sentry);

/* Lists. Copies up to `cap` items from the `from`-th on; returns how many. */
size_t sentry_assets(sentry_t *sentry, size_t from, asset_t *ret, size_t cap);
size_t sentry_conversations(sentry_t *sentry, size_t from, conversation_t *ret, size_t cap);
size_t sentry_baseline(sentry_t *sentry, size_t from, baseline_row_t *ret, size_t cap);
/* Newest first. */
size_t sentry_incidents(sentry_t *sentry, size_t from, incident_t *ret, size_t cap);

/* A person approves (or withdraws) a learned row or an asset; journalled. Needs
 * ROLE_ENGINEER: ERR_DENIED; ERR_NOT_FOUND when no row has exactly this key and
 * range; ERR_CONFLICT when a policy row would be withdrawn. An approved asset is no
 * stranger: it may meet machines unreported, but not walk or write. Any thread. */
MUST_CHECK err_t sentry_approve_row(sentry_t *sentry, const caller_t *caller,
                                    const baseline_row_t *row, bool approved);
MUST_CHECK err_t sentry_approve_asset(sentry_t *sentry, const caller_t *caller, ip_t ip,
                                      bool approved);
const metrics_t *sentry_metrics(const sentry_t *sentry);

/* Every Modbus message seen, for `jizhu pcap` and the agreement tests: requests,
 * then their responses with the request's address and quantity. What cannot be
 * decoded has its function (and exception) code alone. Set before feeding; fn runs
 * under the lock and must not call the sentry. */
typedef struct {
	int64_t utc_ns;
	uint64_t packet; /* number in the stream, from 1 */
	addr_t client, server;
	uint16_t transaction;
	uint8_t unit, function;
	bool is_response, is_exception, matched;
	uint8_t exception;
	uint16_t address, quantity;
	slice_t pdu; /* during the call */
} sentry_message_t;
void sentry_on_message(sentry_t *sentry, void (*fn)(void *ctx, const sentry_message_t *message),
                       void *ctx);
#endif
