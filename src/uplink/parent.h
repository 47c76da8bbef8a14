/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PARENT_H
#define UPLINK_PARENT_H
/* A node's sessions with its children: who is there, what they send into the inbox, what goes
 * down to them.
 *
 * Story: whoever accepts channels hands each to parent_accept; the channel's peer is the
 * proved identity. HELLO must name the same; WELCOME answers what is durably held of each
 * stream. Each batch is offered to the inbox, and a receipt goes when its record is durable:
 * a child never hears that something is held which a power cut could take back. When the
 * journal has no room, or the disk none, the bytes of a session are left unread and nothing is
 * dropped: the child's window fills and it waits, its session alive by beats.
 *
 * Refusals are sent, counted, kept in the child's row and, when they tell of somebody who
 * means harm or of a child gone wrong, made an event: another's identity, a signature that is
 * not the node's, a fork, a gap, and batches which WELCOME had said are held: an honest child
 * does not send those again (UPLINK_REASON_ORDER). The same trouble of the same child at the
 * same place is one event.
 *
 * A second session of a child ends the first (UPLINK_REASON_TWICE): lines that died without a
 * word must not keep a child away.
 *
 * Down: parent_send_down queues for a child what its room has made and signed; it goes now or
 * with the next session, and again with each session until the child says that it has it, or
 * parent_cancel_down. The queue is in memory: who queues knows by its own records what to
 * queue again after a start.
 *
 * Threads: the inbox's loop.
 *
 * Limits: `sessions_max`; PARENT_DOWN_MAX items a child, ERR_LIMIT then; what a session may
 * leave unread CHANNEL_INPUT bytes, more ends it; PARENT_BEATS_LOST beats that do not come end
 * it too. */
#include "base/metrics.h"
#include "uplink/channel.h"
#include "uplink/inbox.h"

typedef struct parent parent_t;

enum { PARENT_DOWN_MAX = 32, PARENT_BEATS_LOST = 3 };
#define PARENT_BEAT_NS (15 * NS_PER_S)

typedef struct {
	void *ctx;
	/* An answer to a question. May be NULL. */
	void (*up)(void *ctx, slice_t child, const uplink_up_t *up);
	/* The child has what came down. May be NULL. */
	void (*uptake)(void *ctx, slice_t child, slice_t id);
} parent_desk_t;

typedef struct {
	env_loop_t *loop; /* the inbox's */
	inbox_t *inbox;
	journal_t *events; /* as of a child */
	slice_t node;      /* own identifier; copied */
	/* A child's keys beside that of its session (seal_signer_t): authority_key_of. */
	slice_t (*key_of)(void *ctx, slice_t child, size_t i);
	void *key_ctx;
	parent_desk_t desk;
	size_t sessions_max;       /* 0: 4,096 */
	uint64_t bytes_per_second; /* that each child is told; 0: as it likes */
} parent_spec_t;

#define PARENT_METRIC_ROWS(X) \
	X(SESSIONS, "sessions", "Children that are connected", GAUGE) \
	X(ACCEPTED, "accepted_total", "Sessions begun", COUNTER) \
	X(BATCHES, "batches_total", "Batches taken", COUNTER) \
	X(ITEMS, "items_total", "Items taken", COUNTER) \
	X(DUPLICATES, "duplicates_total", "Batches that were held already", COUNTER) \
	X(REFUSED, "refused_total", "Batches and sessions refused", COUNTER) \
	X(STALLED, "stalls_total", "Times a session waited for the journal", COUNTER) \
	X(DOWN, "down_total", "Items sent down", COUNTER) \
	X(UPTAKES, "uptakes_total", "Items that children said they have", COUNTER) \
	X(EVENTS_LOST, "events_lost_total", "Events that the journal had no room for", COUNTER)

#define X(name, text, help, kind) PARENT_COUNT_##name,
enum { PARENT_METRIC_ROWS(X) PARENT_COUNT_COUNT };
#undef X

MUST_CHECK err_t parent_new(const parent_spec_t *spec, parent_t **ret_parent);
/* Ends all sessions (UPLINK_REASON_CLOSING). NULL is fine. */
void parent_free(parent_t *parent);

/* The channel is the parent's from here on, and closed by it in any case. */
void parent_accept(parent_t *parent, channel_t *channel);
/* Ends the session of a node, if there is one, for this reason: REVOKED, EXPIRED. */
void parent_end(parent_t *parent, slice_t node, uplink_reason_t reason);

/* Copies it. ERR_LIMIT: as many wait; ERR_EXISTS: one of this id does. */
MUST_CHECK err_t parent_send_down(parent_t *parent, slice_t node, const uplink_down_t *down);
void parent_cancel_down(parent_t *parent, slice_t node, slice_t id);

typedef struct {
	slice_t node;
	bool is_up, is_stalled;
	addr_t addr;
	int64_t since_ns; /* UTC, of the session, or of its end; 0: never there since the start */
	int64_t heard_ns; /* UTC of the last frame */
	int64_t ahead_ns; /* how far its clock is before ours, by its last beat */
	uplink_beat_t backlog; /* the last beat */
	uint64_t refused;
	uint8_t refusal; /* the last, UPLINK_REASON_COUNT for none */
	size_t down_waiting;
	const inbox_stream_t *streams[UPLINK_STREAM_COUNT];
} parent_child_t;

/* In no order; false at the end. Valid until the next turn of the loop. */
bool parent_child_at(const parent_t *parent, size_t i, parent_child_t *ret_child);
const metrics_t *parent_metrics(const parent_t *parent);
#endif
