/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_FEEDER_H
#define RELEASE_FEEDER_H
/* Walks journals and puts what may leave into the outbox: a lane for each stream of each
 * parent, since each parent has a contract of its own. What is taken of which records, relay.h
 * says.
 *
 * Story: relay_open opens one feeder when the outbox is open. Each lane begins behind the marks
 * that the last batch of its stream carries, counts on from what that batch says was withheld,
 * and follows what becomes durable. A record of a journal is one item, or, of JOURNAL_RECEIVED,
 * the items of its batch when that is of the lane's stream. A batch that is put and the marks up
 * to which it takes the journals are one record, so that whenever the power goes, each item is
 * released once: what was not put is judged again. What stays is counted by class, and the
 * counts go with the next batch; so counts of released and withheld are all there were.
 *
 * What no journal has (counts, which are a state) a lane's maker makes: one item a period, of
 * the period that ended last. Its end is part of the mark, so that each period has one at the
 * most; periods that passed while the node was down have none.
 *
 * When the outbox takes no more (journal full, disk full, this node has not joined the parent)
 * the lane waits, with the batch, and tries again every RELEASE_RETRY_NS; it loses nothing, the
 * journal is its queue.
 *
 * Disk, the source mark of a RELEASE record: version u8 = 2, end of the period made last i64 le,
 * then for the main journal and `tree` each: sequence u64 le, epoch u64 le and hash (32) of the
 * record behind which it goes on, and how many items of the next one were judged u32 le.
 *
 * Threads: one loop of kind FILES, the outbox's. Limits: RELEASE_LANES_MAX lanes,
 * RELEASE_TURN_ITEMS records and items of each journal before the loop gets its turn; half a
 * MiB of memory a lane, which the journal `tree` must take in one record.
 *
 * Caveats: a mark moves with a batch alone, so a lane that withholds everything judges all of
 * it again after each start. A contract that changes holds from then on: what was withheld
 * stays. */
#include "release/release.h"
#include "uplink/outbox.h"

enum {
	RELEASE_TURN_ITEMS = 2048,
	RELEASE_LANES_MAX = OUTBOX_PARENTS_MAX * UPLINK_STREAM_COUNT,
};
#define RELEASE_RETRY_NS NS_PER_S

/* The journals that are walked. */
typedef enum { RELEASE_MAIN, RELEASE_TREE, RELEASE_SOURCES } release_source_t;

/* What is judged. */
typedef struct {
	slice_t parent; /* whom it would go to */
	uint64_t seq;   /* of its record */
	slice_t child;  /* by which it came; empty: it is this node's own */
	int64_t ns;     /* as the child told; 0 of own ones */
	slice_t body;
} release_item_t;

/* Judges an item: appends the body of what goes, and says its time. What cannot be read (of a
 * newer version) stays, as UPLINK_CLASS_UNNAMED. Of class UPLINK_CLASS_COUNT: it is not for
 * this parent, and not counted. */
typedef release_verdict_t (*release_take_t)(void *ctx, const release_item_t *item, writer_t *body,
                                            int64_t *ret_ns);

typedef struct {
	int64_t period_ns; /* periods begin at its multiples, UTC */
	bool only_changes; /* a body that equals the one made before is not put */
	/* Appends the body of a period; false: there is nothing to tell of it. */
	bool (*make)(void *ctx, int64_t from_ns, int64_t to_ns, writer_t *body);
	void *ctx;
} release_maker_t;

/* For figures. The lineage is looked up by who binds definitions to points. */
typedef struct {
	release_judge_t judge;
	void (*lineage)(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage);
	void *ctx;
} release_figures_t;

typedef struct {
	slice_t parent; /* identifier; copied */
	uplink_stream_t stream;
	uint64_t types[RELEASE_SOURCES]; /* JOURNAL_TYPE_BIT of records; 0: not of this journal */
	release_take_t take;
	void *ctx;
	release_maker_t maker; /* make NULL: there is none */
} release_lane_t;

typedef struct {
	env_loop_t *loop;
	outbox_t *outbox;
	journal_t *journals[RELEASE_SOURCES];
	const release_lane_t *lanes; /* copied; one a stream of a parent */
	size_t lane_count;
} release_feeder_spec_t;

typedef struct release_feeder release_feeder_t;

/* ERR_EXISTS: two lanes of one stream of a parent. ERR_CONFLICT: the mark of a stream is not of
 * these journals (one was put back without the other). ERR_NOT_FOUND: what follows the mark was
 * recycled. ERR_CORRUPT: it is no mark. The detail names the parent. Set-up time. */
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
/* NULL behind the last. */
const release_lane_t *release_feeder_lane(const release_feeder_t *feeder, size_t lane);
release_tally_t release_feeder_tally(const release_feeder_t *feeder, size_t lane);
/* Of all lanes. */
const metrics_t *release_feeder_metrics(const release_feeder_t *feeder);
#endif
