/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_CHILD_H
#define UPLINK_CHILD_H
/* A node's session with one of its parents: it dials, says who it is, and sends what the
 * outbox holds for that parent behind what the parent holds. A node with several parents
 * has one of these for each; they share nothing but the outbox.
 *
 * Story: child_new dials the addresses in turn, at the first again after a pause that doubles
 * from CHILD_PAUSE_MIN_NS to CHILD_PAUSE_MAX_NS and is spread by chance, so that three
 * thousand do not come back at once. HELLO goes out, WELCOME says what the parent holds of
 * each stream; from there each stream is sent, urgent streams first, the others in turn.
 * Nothing is remembered here of what was acknowledged: the parent says so at every WELCOME,
 * so a parent that lost its disk or was put back from a copy gets again what it lacks.
 *
 * A stream stops, with an event, and the others go on, when the parent holds what this node
 * does not know (UPLINK_REASON_FORK: this node or that one was put back from a copy; see
 * outbox_renew), when a record is damaged, and when the parent refuses a batch for what it
 * is. A stopped stream is tried again at the next WELCOME; the event comes when the reason
 * changes.
 *
 * Pace: at most CHILD_WINDOW bytes and CHILD_SENT_MAX batches wait for receipts, one batch at
 * least. `bytes_per_second`, or what WELCOME says when that is less, fills a bucket of one
 * second: a batch goes when the bucket is not empty, an urgent one until it is `overdraft`
 * below. Batches are compressed (speech.h) when both can.
 *
 * A BEAT goes each CHILD_BEAT_NS with what waits; three of the parent's that do not come end
 * the session.
 *
 * Threads: the outbox's loop.
 *
 * Limits: memory does not grow with the backlog: one frame's scratch, the rows of what is
 * sent, and what the channel holds. UP frames beyond the channel's room are ERR_LIMIT. */
#include "base/metrics.h"
#include "uplink/channel.h"
#include "uplink/outbox.h"

typedef struct child child_t;

enum {
	CHILD_ADDRS_MAX = 8,
	CHILD_WINDOW = 256 << 10,
	CHILD_SENT_MAX = 64,
};
#define CHILD_PAUSE_MIN_NS (1 * NS_PER_S)
#define CHILD_PAUSE_MAX_NS (60 * NS_PER_S)
#define CHILD_BEAT_NS      (15 * NS_PER_S)

typedef struct {
	void *ctx;
	/* Signed by the parent. ERR_OK when it will not be forgotten: the parent is told, and it
	 * does not come again; else it comes again in another session. May be NULL. */
	err_t (*down)(void *ctx, const uplink_down_t *down);
} child_desk_t;

typedef struct {
	env_loop_t *loop; /* the outbox's */
	outbox_t *outbox;
	journal_t *events; /* where events go; the main journal. NULL: nowhere */
	slice_t parent;    /* identifier; copied */
	addr_t addrs[CHILD_ADDRS_MAX];
	size_t addr_count;
	channel_dialer_t dialer;
	child_desk_t desk;
	uint64_t bytes_per_second; /* 0: as fast as the line */
	uint64_t overdraft;        /* bytes that urgent streams may go below an empty bucket */
} child_spec_t;

#define CHILD_METRIC_ROWS(X) \
	X(UP, "up", "1 while a session with the parent stands", GAUGE) \
	X(DIALS, "dials_total", "Connections tried", COUNTER) \
	X(SESSIONS, "sessions_total", "Sessions that the parent welcomed", COUNTER) \
	X(BATCHES, "batches_total", "Batches sent", COUNTER) \
	X(BYTES, "bytes_total", "Bytes of batches sent", COUNTER) \
	X(RECEIPTS, "receipts_total", "Receipts taken", COUNTER) \
	X(REFUSALS, "refusals_total", "Refusals by the parent", COUNTER) \
	X(BACK, "went_back_total", "Times the parent held less than before", COUNTER) \
	X(STOPPED, "streams_stopped", "Streams that are stopped", GAUGE) \
	X(DOWN, "down_total", "Items that came down", COUNTER) \
	X(EVENTS_LOST, "events_lost_total", "Events that the journal had no room for", COUNTER)

#define X(name, text, help, kind) CHILD_COUNT_##name,
enum { CHILD_METRIC_ROWS(X) CHILD_COUNT_COUNT };
#undef X

typedef enum { CHILD_WAITS, CHILD_DIALS, CHILD_GREETS, CHILD_UP } child_state_t;

MUST_CHECK err_t child_new(const child_spec_t *spec, child_t **ret_child);
/* Ends the session. The dialer is asked no more. NULL is fine. */
void child_free(child_t *child);

/* Answers to what came down. ERR_UNAVAILABLE: no session; ERR_LIMIT: later. */
MUST_CHECK err_t child_send_up(child_t *child, const uplink_up_t *up);

typedef struct {
	uplink_held_t receipted;
	uint64_t waiting; /* items put and not receipted; of the last epoch alone */
	uint8_t stopped;  /* uplink_reason_t, UPLINK_REASON_COUNT when it is not */
	err_t fault;      /* stopped because its next record cannot be read: why */
} child_stream_t;

typedef struct {
	child_state_t state;
	err_t why;        /* the last session or dial ended so */
	uint8_t refusal;  /* of the last session, UPLINK_REASON_COUNT for none */
	int64_t since_ns; /* UTC, of the session, or of its end; 0: never there since the start */
	int64_t heard_ns; /* UTC of the last frame of the parent; 0: never */
	addr_t addr;
	child_stream_t streams[UPLINK_STREAM_COUNT];
} child_status_t;

child_status_t child_status(const child_t *child);
slice_t child_parent(const child_t *child);
const metrics_t *child_metrics(const child_t *child);
#endif
