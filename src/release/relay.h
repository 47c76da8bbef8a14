/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_RELAY_H
#define RELEASE_RELAY_H
/* What goes to a parent, stream by stream: what happened here, and what came from below.
 *
 *     stream       own                          passed on, from RECEIVED    time
 *     EVENTS       EVENT of main, judged        by class and severity
 *     HANDLING     HANDLING                     as it is
 *     DEVICES      CENSUS                       one hop further
 *     ASSETS                                    as it is
 *     HEALTH       one item a period            as it is                    a maker
 *     IDENTIFIERS  one item a period            as it is                    a maker
 *     COUNTERS     when it has changed                                      a maker
 *     INDICATORS   FIGURE, judged: those of children are rolled up, not passed on
 *
 * Story: node makes a judge for each parent (release.h) and calls relay_open once the outbox is
 * open; it opens one feeder (feeder.h) with a lane for each parent and stream of its contract.
 * The makers are the node's: board_put for COUNTERS, and whoever counts names and lines.
 *
 * What came from below was let go by its owner, under the contract of the child with this
 * node; it keeps its origin and its bytes (DEVICES: but for the hops). It goes on when the
 * contract with the parent has its stream and, of events, class and severity. So a contract
 * with a parent is also one about what children send.
 *
 * Not passed on, and counted: what cannot be read, or names no origin (unnamed); what a child
 * says in this node's own name (unnamed: only this node speaks for itself); devices that came
 * too far (dropped). What the parent itself said is not sent back to it, and not counted.
 *
 * Order and exactly once are those of a stream of one child, and of own records, since both
 * journals are read in order and how far they were read is one record with what was put. How
 * own items and those of children are mixed is not promised.
 *
 * Threads: the feeder's. */
#include "release/feeder.h"

typedef struct {
	slice_t parent; /* identifier; copied */
	/* Both are the owner's, who changes them on the loop when the catalogue does; which streams
	 * go is looked at once. */
	release_judge_t *judge;
	release_figures_t *figures;
} relay_parent_t;

typedef struct {
	env_loop_t *loop; /* FILES, the outbox's */
	outbox_t *outbox;
	journal_t *main, *tree;
	const relay_parent_t *parents;
	size_t parent_count;
	release_maker_t makers[UPLINK_STREAM_COUNT]; /* make NULL: there is none */
} relay_spec_t;

/* What release_feeder_open gives; the feeder is closed by its own function. Set-up time. */
MUST_CHECK err_t relay_open(const relay_spec_t *spec, release_feeder_t **ret_feeder,
                            err_detail_t *ret_detail);

/* What is taken of the streams, with a release_judge_t. */
release_verdict_t release_take_event(void *judge, const release_item_t *item, writer_t *body,
                                     int64_t *ret_ns);
release_verdict_t release_take_handling(void *judge, const release_item_t *item, writer_t *body,
                                        int64_t *ret_ns);
release_verdict_t release_take_devices(void *judge, const release_item_t *item, writer_t *body,
                                       int64_t *ret_ns);
/* As it is. */
release_verdict_t release_take_passed(void *judge, const release_item_t *item, writer_t *body,
                                      int64_t *ret_ns);
/* With a release_figures_t. */
release_verdict_t release_take_figure(void *figures, const release_item_t *item, writer_t *body,
                                      int64_t *ret_ns);
#endif
