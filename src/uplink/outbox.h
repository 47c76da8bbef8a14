/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_OUTBOX_H
#define UPLINK_OUTBOX_H
/* What a node lets go to its parents: streams of signed batches, each a record RELEASE of
 * the journal `tree`, which is thereby the disclosure log too.
 *
 * Story: outbox_open replays the records, so that it knows of each (parent, stream) how far
 * it has come. Whoever releases (`release`, or a node that passes on what its children
 * sent) looks up to where of its source the stream has come (outbox_stream), and puts what
 * follows together with the new source mark: both are one record, so that after a crash
 * nothing is released twice and nothing left out. When the record is durable, the outbox's
 * followers are rung; a child's session (child.h) or a parcel (parcel.h) reads the batches
 * behind what its parent holds by outbox_next. What is not durable is never read: a parent
 * must not hold what a power cut may take back here.
 *
 * An epoch is a beginning of a stream: the time it began at, in nanoseconds, above all
 * epochs before. Sequences count from 1 in each, and each has a chain of its own. A stream
 * gets its second one by outbox_renew alone: for a node that was put back from a copy, whose
 * parent holds more of the old epoch than it has itself.
 *
 * Disk, payload of RELEASE: version u8 = 1, parent string, source string, batch
 * (codec/uplink) to the end.
 *
 * Threads: one loop of kind FILES, on which the sessions run too, since reading back
 * reads the journal.
 *
 * Errors: ERR_LIMIT and ERR_DISK_FULL of the journal leave all as it was: put again later.
 *
 * Limits: OUTBOX_PARENTS_MAX, OUTBOX_SOURCE_MAX bytes of a mark, a batch of
 * OUTBOX_BATCH_MAX bytes, OUTBOX_FOLLOWERS_MAX. Of each stream an index of TRAIL_MAX places
 * (trail.h), so that memory does not grow with the backlog. The journal is the backlog's
 * limit: days at a plant's rates.
 *
 * Caveats: records of a parent that was taken out of the configuration stay in the log. A
 * parent put back from a copy that lacks the end of an epoch which was renewed and recycled
 * since is not told of that end. */
#include "codec/uplink/frame.h"
#include "env/pkey.h"
#include "journal/journal.h"

typedef struct outbox outbox_t;

enum {
	OUTBOX_PARENTS_MAX = 8,
	OUTBOX_SOURCE_MAX = 128, /* bytes */
	OUTBOX_FOLLOWERS_MAX = 16,
	OUTBOX_BATCH_MAX = UPLINK_BATCH_MAX - 1024, /* so that its record fits the journal */
};

typedef struct {
	env_loop_t *loop; /* kind FILES */
	journal_t *journal;
	slice_t node; /* own identifier; copied */
	/* The key that this parent has certified, Ed25519, private; the owner keeps it. NULL: it
	 * has none, and nothing can be put for it (ERR_DENIED). */
	const env_pkey_t *(*key_of)(void *ctx, slice_t parent);
	void *key_ctx;
} outbox_spec_t;

/* ERR_CORRUPT with the sequence of a RELEASE record that cannot be read. Set-up time. */
MUST_CHECK err_t outbox_open(const outbox_spec_t *spec, outbox_t **ret_outbox,
                             err_detail_t *ret_detail);
void outbox_close(outbox_t *outbox);
slice_t outbox_node(const outbox_t *outbox);

typedef struct {
	slice_t parent;
	uplink_stream_t stream;
	const uplink_item_t *items;
	uint32_t count; /* 1 to UPLINK_ITEMS_MAX */
	slice_t source; /* up to where this takes it; the outbox does not know what it means */
	const uplink_withheld_t *withheld; /* counts since the epoch began, ascending */
	size_t withheld_count;
} outbox_put_t;

/* ERR_TOO_BIG: the batch is above OUTBOX_BATCH_MAX; put fewer items. ERR_DENIED: no key. */
MUST_CHECK err_t outbox_put(outbox_t *outbox, const outbox_put_t *put, uint64_t *ret_seq);
/* The next batch of the stream begins a new epoch, above `above`. */
MUST_CHECK err_t outbox_renew(outbox_t *outbox, slice_t parent, uplink_stream_t stream,
                              uint64_t above);

/* How far a stream has come. */
typedef struct {
	uplink_held_t last;    /* of what was put; epoch 0: nothing yet */
	uplink_held_t durable; /* of what may be read */
	uint64_t items, bytes; /* of all that is durable */
	uint8_t source[OUTBOX_SOURCE_MAX];
	size_t source_len;
	/* As the last batch that was put says. */
	uplink_withheld_t withheld[UPLINK_CLASSES_MAX];
	size_t withheld_count;
} outbox_stream_t;

/* NULL: nothing was put. Valid until the next put. */
const outbox_stream_t *outbox_stream(const outbox_t *outbox, slice_t parent,
                                     uplink_stream_t stream);

typedef struct {
	uplink_held_t upto; /* what the parent holds when it holds this batch too */
	uint32_t count;
	int64_t from_ns; /* of its items */
	slice_t bytes;   /* until the next call on the outbox */
} outbox_batch_t;

/* The first durable batch of the stream behind `held` (epoch 0: the first of all).
 * ERR_NOT_FOUND: none yet; ERR_CORRUPT: its record is damaged; ERR_EXPIRED: it was
 * recycled, and what is kept does not continue there. */
MUST_CHECK err_t outbox_next(outbox_t *outbox, slice_t parent, uplink_stream_t stream,
                             const uplink_held_t *held, outbox_batch_t *ret_batch);
/* Whether `held` is a place of the stream that this node knows: ERR_CONFLICT: it has
 * another hash there (a fork); ERR_INVALID: the parent holds more than there is;
 * ERR_CORRUPT. */
MUST_CHECK err_t outbox_check(outbox_t *outbox, slice_t parent, uplink_stream_t stream,
                              const uplink_held_t *held);

/* What the parent said it holds, as sessions and parcels hear it. */
void outbox_set_receipted(outbox_t *outbox, slice_t parent, const uplink_held_t *held);
/* The lowest sequence of the journal that is still needed here: of each stream the last batch
 * that is receipted, behind which the stream goes on, and all that is not. Who recycles the
 * journal asks before. */
uint64_t outbox_keep_from(const outbox_t *outbox);

/* Rung on the loop after more has become durable. Set-up time. */
MUST_CHECK err_t outbox_follow(outbox_t *outbox, void (*more)(void *ctx), void *ctx);
void outbox_unfollow(outbox_t *outbox, void *ctx);

/* What a RELEASE record says: for whoever shows the disclosure log. ERR_MALFORMED,
 * ERR_NEWER_FORMAT. */
typedef struct {
	slice_t parent, source, batch;
} outbox_release_t;
MUST_CHECK err_t outbox_release_read(slice_t payload, outbox_release_t *ret_release);
#endif
