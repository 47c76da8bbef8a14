/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_INBOX_H
#define UPLINK_INBOX_H
/* What a node has received from its children: the one judge of whether a batch continues its
 * stream, whichever way it came, and what says how far each stream is held.
 *
 * Story: inbox_open replays the records RECEIVED of the journal `tree`. A session (parent.h)
 * or a parcel (parcel.h) offers a batch with the identity that was proved. The inbox checks
 * that the batch is well formed, of that node, signed by its key and the next of its chain,
 * and makes one record of it; nothing else is ever recorded. When the record is durable the
 * followers are told, and only then may anybody be told that it is held.
 *
 * What is not taken leaves no trace here but a count: a duplicate, a gap, a fork, an epoch
 * that is over, a strange node, a wrong signature.
 *
 * A view of it all is kept in a file (`view`), so that a start reads only the records behind
 * it. It is written at the end and every `save_every` records, when nothing waits for a sync:
 * for that moment offers are ERR_LIMIT. One that is missing, damaged, newer or of another journal
 * is made again from the journal.
 *
 * Disk: model/received.h. The view: view_file.h around, number of children varint, each:
 * node string, number of streams u8, each: stream u8, epoch u64 le, items, batches varint,
 * newest time zig-zag, withheld count u8 with class u8 and count varint each, number of batches
 * known by hash u8 (1 to INBOX_RECENT), oldest first, each: last sequence varint, hash (32).
 *
 * Threads: one loop of kind FILES.
 *
 * Limits: `children_max` nodes that ever sent, `pending_max` batches that wait for the sync;
 * past either, and when the journal has no room, an offer is ERR_LIMIT or ERR_DISK_FULL and
 * nothing has happened: offer it again when more is durable.
 *
 * Caveats: of a stream the last INBOX_RECENT batches are known by hash. A batch of sequences
 * before those is told to be a duplicate whatever it says; what is held stays either way. */
#include "journal/follow.h"
#include "uplink/seal.h"

typedef struct inbox inbox_t;
typedef struct inbox_child inbox_child_t;

enum { INBOX_RECENT = 8, INBOX_FOLLOWERS_MAX = 4 };

typedef struct {
	env_loop_t *loop; /* kind FILES */
	journal_t *journal;
	size_t children_max; /* 0: 8,192 */
	size_t pending_max;  /* 0: 16,384 */
	const char *view;    /* path; NULL: none is kept. Copied */
	uint64_t save_every; /* 0: 65,536 */
} inbox_spec_t;

/* ERR_CORRUPT with the sequence of a record that cannot be read. Set-up time. */
MUST_CHECK err_t inbox_open(const inbox_spec_t *spec, inbox_t **ret_inbox,
                            err_detail_t *ret_detail);
/* When its loop runs no more. */
void inbox_close(inbox_t *inbox);
/* How many records the start had to read. */
uint64_t inbox_replayed(const inbox_t *inbox);

typedef struct {
	uplink_held_t taken;   /* a record of it is in the journal */
	uplink_held_t durable; /* of which it may be told */
	uint64_t items, batches;
	uint64_t duplicates, refused;
	int64_t newest_ns;                              /* the latest time an item bears */
	uplink_withheld_t withheld[UPLINK_CLASSES_MAX]; /* as the newest batch says */
	size_t withheld_count;
} inbox_stream_t;

/* Made when it is asked for first. ERR_LIMIT; ERR_INVALID: no node is called so. */
MUST_CHECK err_t inbox_child(inbox_t *inbox, slice_t node, inbox_child_t **ret_child);
slice_t inbox_child_node(const inbox_child_t *child);
/* NULL: nothing of it has come. */
const inbox_stream_t *inbox_stream(const inbox_child_t *child, uplink_stream_t stream);
/* For whoever serves the child. */
void inbox_child_set_owner(inbox_child_t *child, void *owner);
void *inbox_child_owner(const inbox_child_t *child);
size_t inbox_child_count(const inbox_t *inbox);
inbox_child_t *inbox_child_at(const inbox_t *inbox, size_t i);

typedef enum { INBOX_TAKEN, INBOX_DUPLICATE, INBOX_REFUSED } inbox_verdict_t;

typedef struct {
	inbox_verdict_t verdict;
	uplink_reason_t reason; /* of a refusal */
	uint64_t first;         /* of the batch; 0: it could not be read */
	uint32_t count;         /* items */
	uplink_held_t upto;     /* where it ends; its stream is UPLINK_SESSION when not readable */
	bool is_new_epoch;      /* taken, and the stream had one before */
} inbox_answer_t;

/* `signer` has the key of the child's certificate. ERR_LIMIT, ERR_DISK_FULL: as
 * above; ERR_IO: the journal takes no more. */
MUST_CHECK err_t inbox_offer(inbox_t *inbox, inbox_child_t *child, seal_signer_t *signer,
                             slice_t batch, inbox_answer_t *ret_answer);

/* Rung on the loop after more has become durable; `moved` is called before it for each stream
 * that has. Set-up time. */
typedef struct {
	/* Neither is NULL. */
	void (*moved)(void *ctx, inbox_child_t *child, const inbox_stream_t *stream);
	void (*more)(void *ctx);
	void *ctx;
} inbox_follower_t;
MUST_CHECK err_t inbox_follow(inbox_t *inbox, const inbox_follower_t *follower);
/* Does what the journal's bell does: for who flushed the journal himself. */
void inbox_catch_up(inbox_t *inbox);
void inbox_unfollow(inbox_t *inbox, void *ctx);
#endif
