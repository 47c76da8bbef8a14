/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H
/* What may leave this node. The contract with a parent (config: uplink.contracts) says which
 * streams, which indicators, which classes and severities of events, of which classes of
 * points, how often, and how small a count may be. This header is the judge: pure functions
 * from an event or a figure to the body of the item that goes, or to the class under which
 * it is counted as withheld. Nothing else makes bodies for the outbox of what happened here.
 *
 * Story: node makes a release_judge_t for each parent, from its contract, the catalogue as it
 * is and the key of pseudonyms (release_key_open), and hands it to the feeders (feeder.h),
 * which walk what the node recorded and put what goes into the outbox. People see what is
 * in force by listing.h and what has gone by log.h.
 *
 * The rules, in their order:
 *   - What stems from a point of class core stays, whatever a contract says: it bears the
 *     point, names it anywhere in a text, or is of a range of registers that it lies in.
 *   - What stems from a point that the catalogue does not know, or from nobody knows what,
 *     stays: its class is not known.
 *   - What the contract does not name stays: streams, classes of points, definitions, classes
 *     of events, lesser severities, shorter periods.
 *   - Counts of fewer than the contract's cell stay or are joined.
 *   - Of an event that goes: names stand for the ids of devices and points, which mean nothing
 *     elsewhere; inner addresses and persons are replaced by pseudonyms; measured values and
 *     limits go along only when the contract says so; paths, tokens and packets, which bear
 *     addresses and values as bytes, never do; a text that holds an address is left out.
 *
 * A pseudonym is the head of an HMAC-SHA256 by a key of this node alone, so one address is one
 * pseudonym for good, and nobody without the key can try addresses through. An address is
 * inner when it is private, local to link or machine, shared (RFC 6598), or a configured
 * device's; others are kept, since who attacks from outside must be known by one name at all
 * plants. What is no address in a place for one is taken for inner.
 *
 * Limits: RELEASE_BODY_MAX a body. An event costs a walk over the devices for each of its texts,
 * and one over the points when a text names a device or registers were named. Threads: pure, any; a
 * judge does not change while it is used. Caveats: that a pseudonym's owner cannot be guessed from
 * what surrounds it is not promised. The name of a device is not that of its points: a device with
 * a core point is told of by its own name. In texts the names and identifiers of points are looked
 * for, of those that are configured now; their labels are not. */
#include "config/config.h"
#include "model/catalogue.h"
#include "model/event.h"
#include "model/indicator.h"

enum {
	RELEASE_KEY_BYTES = 32,
	RELEASE_PSEUDONYM_MAX = 40,
	RELEASE_BODY_MAX = FIGURE_BYTES_MAX + 256,
};

typedef struct {
	uint8_t bytes[RELEASE_KEY_BYTES];
} release_key_t;

/* Of the file KEYS_DIR/pseudonym.key, made at need. ERR_CORRUPT, ERR_NEWER_FORMAT, or what
 * files give. Set-up time. */
MUST_CHECK err_t release_key_open(env_t *env, const char *keys_dir, release_key_t *ret_key,
                                  err_detail_t *ret_detail);

typedef struct {
	const config_contract_t *contract; /* NULL: nothing goes */
	const catalogue_t *catalogue;
	const release_key_t *key;
	slice_t node; /* own identifier */
} release_judge_t;

typedef struct {
	bool goes;
	uplink_class_t class; /* of what stays */
} release_verdict_t;

bool release_stream_goes(const config_contract_t *contract, uplink_stream_t stream);
/* Whether anything that stems from points of the class may go; never of core. */
bool release_class_goes(const config_contract_t *contract, data_class_t class);
/* Whether an event may go by its class and severity alone: one from below was judged by its owner
 * for what it stems from. */
release_verdict_t release_event_passes(const config_contract_t *contract, const event_t *event);
/* Appends the body (model/event.h) of an event that goes; w->bad when it does not fit. */
release_verdict_t release_event(const release_judge_t *judge, const event_t *event, writer_t *w);

/* What the inputs of a figure stem from: the points that its definition is bound to here. */
typedef struct {
	const point_id_t *points;
	size_t count;
	bool is_known; /* else the figure stays; a rolled or declared one has no points */
} release_lineage_t;

/* The same of a figure (model/indicator.h). Of a rolled one the cell is those that report. */
release_verdict_t release_figure(const release_judge_t *judge, const figure_t *figure,
                                 const release_lineage_t *lineage, writer_t *w);

/* Joins the cells below `least`, and as many of the next as it takes, until the joined one is
 * not below it either: rows move, those that are kept stand first in their order, and
 * *ret_joined is the sum of the others, 0 when there are none. All are withheld, with none kept
 * and nothing joined, when their sum is below it. Sums are kept otherwise; zeros say nothing
 * of anybody and are kept. Returns how many rows are kept. */
typedef struct {
	uint32_t label; /* what the caller makes of it */
	uint64_t count;
} release_cell_t;
size_t release_cells(release_cell_t *cells, size_t count, uint64_t least, uint64_t *ret_joined);

/* The pseudonym of an address ("127.0.0.1", with a port behind it or not) or another text. */
const char *release_pseudonym(const release_key_t *key, slice_t text,
                              char buf[RELEASE_PSEUDONYM_MAX]);
/* Whether it is to be replaced. */
bool release_is_inner(const catalogue_t *catalogue, ip_t ip);
#endif
