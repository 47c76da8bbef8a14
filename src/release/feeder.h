/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_FEEDER_H
#define RELEASE_FEEDER_H
/* Walks a journal and puts what may leave into the outbox: events of the main journal into the
 * stream EVENTS, issued figures of the journal `tree` into INDICATORS. A lane for each parent,
 * since each has a contract of its own.
 *
 * Story: node opens a feeder for each of the two when the outbox is open. Each lane begins
 * behind the mark that the last batch of its stream carries, counts on from what that batch
 * says was withheld, and follows what becomes durable. A batch and the mark up to which it
 * takes the source are one record, so that whenever the power goes, each record of the source
 * is released once: what was not put is judged again. What stays is counted by class, and the
 * counts go with the next batch; so counts of released and withheld are all there were.
 *
 * When the outbox takes no more (journal full, disk full, this node has not joined the parent)
 * the lane waits, with the batch, and tries again every RELEASE_RETRY_NS; it loses nothing, the
 * journal is its queue.
 *
 * Threads: one loop of kind FILES, the outbox's. Limits: OUTBOX_PARENTS_MAX lanes,
 * RELEASE_TURN_RECORDS records a lane before the loop gets its turn; half a MiB of memory a
 * lane, which the journal `tree` must take in one record.
 *
 * Caveats: a mark moves with a batch alone, so a lane that withholds everything judges all of
 * it again after each start. A contract that changes holds from then on: what was withheld
 * stays. */
#include "release/release.h"
#include "uplink/outbox.h"

enum { RELEASE_TURN_RECORDS = 2048 };
#define RELEASE_RETRY_NS NS_PER_S

/* Judges a record: appends the body of what goes, and says its time. What cannot be read (a
 * record of a newer version) stays, as UPLINK_CLASS_UNNAMED. */
typedef release_verdict_t (*release_take_t)(void *ctx, const journal_record_t *record,
                                            writer_t *body, int64_t *ret_ns);

/* With a release_judge_t, which its owner changes on the loop when the catalogue does. */
release_verdict_t release_take_event(void *judge, const journal_record_t *record, writer_t *body,
                                     int64_t *ret_ns);

/* With one of these. The lineage is looked up by who binds definitions to points. */
typedef struct {
	release_judge_t judge;
	void (*lineage)(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage);
	void *ctx;
} release_figures_t;
release_verdict_t release_take_figure(void *figures, const journal_record_t *record, writer_t *body,
                                      int64_t *ret_ns);

typedef struct {
	slice_t parent; /* identifier; copied */
	release_take_t take;
	void *ctx;
} release_lane_t;

typedef struct {
	env_loop_t *loop;
	outbox_t *outbox;
	journal_t *source;
	journal_type_t type; /* of its records */
	uplink_stream_t stream;
	const release_lane_t *lanes; /* copied */
	size_t lane_count;
} release_feeder_spec_t;

typedef struct release_feeder release_feeder_t;

/* ERR_CONFLICT: the mark of a stream is not of this journal (one was put back without the
 * other). ERR_NOT_FOUND: what follows the mark was recycled. ERR_CORRUPT: it is no mark. The
 * detail names the parent. Set-up time. */
MUST_CHECK err_t release_feeder_open(const release_feeder_spec_t *spec,
                                     release_feeder_t **ret_feeder, err_detail_t *ret_detail);
void release_feeder_close(release_feeder_t *feeder);

/* How a lane does. */
typedef struct {
	uint64_t released;                     /* items since the feeder was opened */
	uint64_t withheld[UPLINK_CLASS_COUNT]; /* since the stream began */
	bool is_waiting;                       /* the outbox does not take it now */
	err_t fault;                           /* why the lane ended */
} release_tally_t;
release_tally_t release_feeder_tally(const release_feeder_t *feeder, size_t lane);
/* Of all lanes; the stream belongs into the prefix. */
const metrics_t *release_feeder_metrics(const release_feeder_t *feeder);
#endif
