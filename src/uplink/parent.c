/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/parent.h"

#include <assert.h>
#include <stdlib.h>

#include "uplink/roster.h"
#include "uplink/speech.h"
#include "uplink/trouble.h"

enum { SESSIONS_MAX = 4096 };
#define RETRY_NS (1 * NS_PER_S)

static const metric_row_t metric_rows[] = {
#define X(name, text, help, kind) { text, help, METRIC_##kind },
	PARENT_METRIC_ROWS(X)
#undef X
};

typedef struct session session_t;

struct session {
	parent_t *parent;
	channel_t *channel;
	inbox_child_t *child;
	seal_signer_t signer;
	session_t *prev, *next; /* of all */
	session_t *next_dirty, *next_stalled;
	bool is_greeted, is_dirty, is_stalled;
	bool is_busy, is_over; /* a callback runs on it; it is to be freed behind it */
	unsigned silent;       /* beats without a word */
	uint32_t receipts;     /* streams that have moved, a bit each */
	uplink_held_t welcomed[UPLINK_STREAM_COUNT];
	uint8_t *unread; /* what came while it was stalled, or behind that */
	size_t unread_len;
};

struct parent {
	parent_spec_t spec;
	env_t *env;
	uint8_t node[UPLINK_NODE_MAX];
	metrics_t metrics;
	session_t *sessions;
	size_t session_count;
	session_t *dirty;
	session_t *stalled, **stalled_last;
	size_t stalled_count;
	env_timer_t *beat, *retry;
	uint8_t *batch; /* UPLINK_BATCH_MAX bytes, what a compressed one holds */
};

static void count(parent_t *p, size_t row)
{
	metric_add(&p->metrics, row, 1);
}

static int64_t utc_ns(const parent_t *p)
{
	return env_utc(p->env).ns;
}

static roster_row_t *row_of(const session_t *s)
{
	return roster_row(s->child);
}

/* ---- the end of a session */

static void forget_dirty(session_t *s)
{
	session_t **at = &s->parent->dirty;
	while (s->is_dirty && *at != s)
		at = &(*at)->next_dirty;
	if (s->is_dirty)
		*at = s->next_dirty;
}

static void forget_stalled(session_t *s)
{
	parent_t *p = s->parent;
	session_t **at = &p->stalled;
	while (s->is_stalled && *at != s)
		at = &(*at)->next_stalled;
	if (!s->is_stalled)
		return;
	*at = s->next_stalled;
	if (!*at)
		p->stalled_last = at;
	s->is_stalled = false;
	p->stalled_count--;
}

static void free_session(session_t *s)
{
	parent_t *p = s->parent;
	forget_dirty(s);
	forget_stalled(s);
	*(s->prev ? &s->prev->next : &p->sessions) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	roster_row_t *row = row_of(s);
	if (row->session == s) {
		row->session = NULL;
		row->since_ns = utc_ns(p);
	}
	p->session_count--;
	metric_set(&p->metrics, PARENT_COUNT_SESSIONS, (int64_t)p->session_count);
	env_pkey_free(s->signer.key);
	free(s->unread);
	free(s);
}

static void end(session_t *s)
{
	if (s->channel)
		s->channel->close(s->channel->ctx);
	s->channel = NULL;
	s->is_over = true;
	if (!s->is_busy)
		free_session(s);
}

/* After a callback; false: it is gone. */
static bool settle(session_t *s)
{
	bool is_over = s->is_over;
	s->is_busy = false;
	if (is_over)
		free_session(s);
	return !is_over;
}

static void say(session_t *s, const uplink_frame_t *frame)
{
	if (!s->is_over && speech_say(s->channel, frame))
		end(s);
}

/* ---- refusals */

static bool is_worth_an_event(uint8_t reason)
{
	return reason != UPLINK_REASON_BUSY && reason != UPLINK_REASON_TWICE &&
	       reason != UPLINK_REASON_CLOSING && reason != UPLINK_REASON_FULL;
}

static uplink_held_t durable_of(const session_t *s, uint8_t stream)
{
	const inbox_stream_t *there = stream < UPLINK_STREAM_COUNT
	                                      ? inbox_stream(s->child, (uplink_stream_t)stream)
	                                      : NULL;
	return there ? there->durable : (uplink_held_t){ .stream = stream };
}

/* What is refused: a batch, or the session. */
typedef struct {
	uint8_t reason, stream; /* UPLINK_SESSION: not of a stream */
	uint64_t first;
} trial_t;

static void tell(session_t *s, const trial_t *trial)
{
	parent_t *p = s->parent;
	roster_row_t *row = row_of(s);
	uint64_t held = durable_of(s, trial->stream).sequence;
	trouble_t trouble = { .message = MSG_UPLINK_REFUSED,
		              .node = inbox_child_node(s->child),
		              .addr = s->channel->addr,
		              .reason = uplink_reason_name(trial->reason),
		              .stream = trial->stream,
		              .sequence = trial->first };
	bool is_same = row->told == trial->reason && row->told_stream == trial->stream &&
	               row->told_sequence == held;
	if (is_same || !is_worth_an_event(trial->reason))
		return;
	row->told = trial->reason;
	row->told_stream = trial->stream;
	row->told_sequence = held;
	if (p->spec.events && trouble_tell(p->env, p->spec.events, &trouble))
		count(p, PARENT_COUNT_EVENTS_LOST);
}

static void refuse(session_t *s, const trial_t *trial)
{
	roster_row_t *row = row_of(s);
	bool was_busy = s->is_busy, is_end = uplink_reason_ends_session(trial->reason);
	bool is_of_session = is_end || trial->stream == UPLINK_SESSION;
	uplink_frame_t frame = { .kind = UPLINK_KIND_REFUSAL };
	frame.refusal.reason = trial->reason;
	frame.refusal.sequence = is_of_session ? 0 : trial->first;
	frame.refusal.held = durable_of(s, is_of_session ? UPLINK_SESSION : trial->stream);
	s->is_busy = true;
	row->refused++;
	row->refusal = trial->reason;
	count(s->parent, PARENT_COUNT_REFUSED);
	tell(s, trial);
	say(s, &frame);
	if (is_end && !s->is_over)
		end(s);
	if (!was_busy)
		(void)settle(s);
}

static void refuse_session(session_t *s, uplink_reason_t reason)
{
	trial_t trial = { (uint8_t)reason, UPLINK_SESSION, 0 };
	refuse(s, &trial);
}

static void refuse_batch(session_t *s, uplink_reason_t reason, const inbox_answer_t *answer)
{
	trial_t trial = { (uint8_t)reason, answer->upto.stream, answer->first };
	refuse(s, &trial);
}

/* ---- receipts */

static void mark_dirty(session_t *s, uint8_t stream)
{
	s->receipts |= UINT32_C(1) << stream;
	if (s->is_dirty)
		return;
	s->is_dirty = true;
	s->next_dirty = s->parent->dirty;
	s->parent->dirty = s;
}

static void say_receipt(session_t *s, uint8_t stream)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_RECEIPT };
	frame.receipt.held = durable_of(s, stream);
	if (frame.receipt.held.sequence)
		say(s, &frame);
}

static void say_receipts(session_t *s)
{
	s->is_busy = true;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (s->receipts & UINT32_C(1) << i)
			say_receipt(s, (uint8_t)i);
	s->receipts = 0;
	(void)settle(s);
}

static void on_moved(void *ctx, inbox_child_t *child, const inbox_stream_t *stream)
{
	(void)ctx;
	const roster_row_t *row = roster_row(child);
	if (row && row->session)
		mark_dirty(row->session, stream->durable.stream);
}

static void flush_receipts(parent_t *p)
{
	while (p->dirty) {
		session_t *s = p->dirty;
		p->dirty = s->next_dirty;
		s->is_dirty = false;
		say_receipts(s);
	}
}

/* ---- what a child says */

static void say_welcome(session_t *s, uint32_t flags)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_WELCOME };
	uplink_welcome_t *welcome = &frame.welcome;
	welcome->parent = slice_of(s->parent->node, s->parent->spec.node.len);
	welcome->ns = utc_ns(s->parent);
	welcome->flags = flags & UPLINK_FLAG_ZSTD;
	welcome->bytes_per_second = s->parent->spec.bytes_per_second;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		s->welcomed[i] = durable_of(s, (uint8_t)i);
		if (s->welcomed[i].sequence)
			welcome->streams[welcome->stream_count++] = s->welcomed[i];
	}
	say(s, &frame);
}

static void say_down(session_t *s, const roster_down_t *down)
{
	if (s->is_over || s->channel->write(s->channel->ctx, slice_of(down->frame, down->len)))
		return; /* with the next session, then */
	count(s->parent, PARENT_COUNT_DOWN);
}

static void replace_older(session_t *s, roster_row_t *row)
{
	session_t *older = row->session;
	row->session = s;
	if (older)
		refuse_session(older, UPLINK_REASON_TWICE);
}

static speech_t hear_hello(session_t *s, const uplink_hello_t *hello)
{
	roster_row_t *row = row_of(s);
	bool is_own = slice_eq(hello->node, inbox_child_node(s->child));
	if (s->is_greeted || !is_own || hello->version != UPLINK_VERSION) {
		refuse_session(s, s->is_greeted ? UPLINK_REASON_ORDER
		                  : !is_own     ? UPLINK_REASON_NODE
		                                : UPLINK_REASON_NEWER);
		return SPEECH_OVER;
	}
	s->is_greeted = true;
	replace_older(s, row);
	row->addr = s->channel->addr;
	row->since_ns = utc_ns(s->parent);
	row->ahead_ns = hello->ns - row->since_ns;
	count(s->parent, PARENT_COUNT_ACCEPTED);
	say_welcome(s, hello->flags);
	for (size_t i = 0; i < row->down_count; i++)
		say_down(s, &row->down[i]);
	return SPEECH_NEXT;
}

static void stall(session_t *s)
{
	parent_t *p = s->parent;
	if (s->is_stalled)
		return;
	count(p, PARENT_COUNT_STALLED);
	s->is_stalled = true;
	s->next_stalled = NULL;
	*p->stalled_last = s;
	p->stalled_last = &s->next_stalled;
	p->stalled_count++;
	env_timer_set(p->retry, RETRY_NS);
}

/* WELCOME had said that this is held: an honest child does not send it. */
static bool is_replayed(const session_t *s, const uplink_held_t *upto)
{
	return held_order(upto, &s->welcomed[upto->stream]) <= 0;
}

static void answer_batch(session_t *s, const inbox_answer_t *answer)
{
	parent_t *p = s->parent;
	if (answer->verdict == INBOX_TAKEN) {
		count(p, PARENT_COUNT_BATCHES);
		metric_add(&p->metrics, PARENT_COUNT_ITEMS, answer->count);
	} else if (answer->verdict == INBOX_REFUSED) {
		refuse_batch(s, answer->reason, answer);
	} else if (is_replayed(s, &answer->upto)) {
		refuse_batch(s, UPLINK_REASON_ORDER, answer);
	} else {
		count(p, PARENT_COUNT_DUPLICATES);
		mark_dirty(s, answer->upto.stream);
	}
}

static speech_t hear_batch(session_t *s, const uplink_batch_frame_t *frame)
{
	slice_t bytes;
	inbox_answer_t answer = { .verdict = INBOX_REFUSED,
		                  .reason = UPLINK_REASON_MALFORMED,
		                  .upto.stream = UPLINK_SESSION };
	err_t err = speech_unpack(frame, s->parent->batch, &bytes);
	if (!err)
		err = inbox_offer(s->parent->spec.inbox, s->child, &s->signer, bytes, &answer);
	else
		err = err == ERR_NO_MEMORY ? ERR_LIMIT : ERR_OK; /* refused as malformed */
	if (err == ERR_LIMIT || err == ERR_DISK_FULL) {
		stall(s);
		return SPEECH_WAIT;
	}
	if (err)
		refuse_session(s, UPLINK_REASON_CLOSING);
	else
		answer_batch(s, &answer);
	return s->is_over ? SPEECH_OVER : SPEECH_NEXT;
}

static void hear_uptake(session_t *s, slice_t id)
{
	const parent_desk_t *desk = &s->parent->spec.desk;
	if (!roster_drop(row_of(s), id))
		return;
	count(s->parent, PARENT_COUNT_UPTAKES);
	if (desk->uptake)
		desk->uptake(desk->ctx, inbox_child_node(s->child), id);
}

static void hear_up(session_t *s, const uplink_up_t *up)
{
	const parent_desk_t *desk = &s->parent->spec.desk;
	if (up->kind == UPLINK_UP_UPTAKE)
		hear_uptake(s, up->id);
	else if (desk->up)
		desk->up(desk->ctx, inbox_child_node(s->child), up);
}

static speech_t hear(void *ctx, const uplink_frame_t *frame)
{
	session_t *s = ctx;
	if (s->is_over)
		return SPEECH_OVER;
	if (frame->kind == UPLINK_KIND_HELLO)
		return hear_hello(s, &frame->hello);
	if (s->is_greeted && frame->kind == UPLINK_KIND_BATCH)
		return hear_batch(s, &frame->batch);
	if (s->is_greeted && frame->kind == UPLINK_KIND_UP) {
		hear_up(s, &frame->up);
	} else if (s->is_greeted && frame->kind == UPLINK_KIND_BEAT) {
		row_of(s)->backlog = frame->beat;
		row_of(s)->ahead_ns = frame->beat.ns - utc_ns(s->parent);
	} else {
		refuse_session(s, UPLINK_REASON_ORDER);
	}
	return s->is_over ? SPEECH_OVER : SPEECH_NEXT;
}

/* ---- bytes */

/* How many are done with. */
static size_t read_frames(session_t *s, slice_t bytes)
{
	size_t used = 0;
	bool is_bad = false;
	speech_listener_t listener = { hear, s };
	(void)speech_hear(&listener, bytes, &used, &is_bad);
	if (is_bad && !s->is_over)
		refuse_session(s, UPLINK_REASON_MALFORMED);
	if (!s->is_over && is_bad)
		end(s);
	return used;
}

/* Puts aside what cannot be read now. False: more than there is room for, or no memory. */
static bool keep_unread(session_t *s, slice_t bytes)
{
	if (!s->unread)
		s->unread = malloc(CHANNEL_INPUT);
	if (!s->unread || bytes.len > CHANNEL_INPUT - s->unread_len)
		return false;
	memcpy(&s->unread[s->unread_len], bytes.ptr, bytes.len);
	s->unread_len += bytes.len;
	return true;
}

static void read_unread(session_t *s)
{
	size_t used = read_frames(s, slice_of(s->unread, s->unread_len));
	if (s->is_over)
		return;
	s->unread_len -= used;
	memmove(s->unread, &s->unread[used], s->unread_len);
	if (s->unread_len)
		return;
	free(s->unread);
	s->unread = NULL;
}

static size_t on_data(void *ctx, slice_t bytes)
{
	session_t *s = ctx;
	size_t used = bytes.len;
	s->is_busy = true;
	s->silent = 0;
	row_of(s)->heard_ns = utc_ns(s->parent);
	bool is_direct = s->unread_len == 0;
	if (is_direct)
		used = read_frames(s, bytes);
	/* Only what is stalled is taken from the channel unread: it would not offer it again. */
	bool is_kept = is_direct && !s->is_stalled;
	if (!is_kept && !s->is_over && !keep_unread(s, slice_from(bytes, is_direct ? used : 0)))
		end(s);
	if (!is_direct && !s->is_over && !s->is_stalled)
		read_unread(s);
	if (!settle(s) || !is_kept)
		return bytes.len;
	return used;
}

/* Each once: who must wait again goes behind the others. */
static void retry_stalled(parent_t *p)
{
	for (size_t rest = p->stalled_count; rest && p->stalled; rest--) {
		session_t *s = p->stalled;
		forget_stalled(s);
		s->is_busy = true;
		read_unread(s);
		(void)settle(s);
	}
}

static void on_more(void *ctx)
{
	parent_t *p = ctx;
	flush_receipts(p);
	if (p->stalled)
		retry_stalled(p);
	flush_receipts(p);
}

static void on_retry(void *ctx)
{
	parent_t *p = ctx;
	retry_stalled(p);
	if (p->stalled)
		env_timer_set(p->retry, RETRY_NS);
}

static void on_closed(void *ctx, err_t why)
{
	(void)why;
	session_t *s = ctx;
	s->channel = NULL;
	end(s);
}

static void on_beat(void *ctx)
{
	parent_t *p = ctx;
	uplink_frame_t frame = { .kind = UPLINK_KIND_BEAT, .beat.ns = utc_ns(p) };
	session_t *next = NULL;
	for (session_t *s = p->sessions; s; s = next) {
		next = s->next;
		if (++s->silent > PARENT_BEATS_LOST)
			end(s);
		else if (s->is_greeted)
			say(s, &frame);
	}
	env_timer_set(p->beat, PARENT_BEAT_NS);
}

/* ---- begin */

static err_t add_session(parent_t *p, channel_t *channel, session_t **ret_session)
{
	inbox_child_t *child = NULL;
	env_pkey_t *key = NULL;
	session_t *s = NULL;
	err_t err = roster_make(p->spec.inbox, channel->peer, &child);
	if (!err)
		err = env_pkey_from_der(channel->peer_key, &key);
	if (!err)
		s = calloc(1, sizeof(*s));
	if (!s) {
		env_pkey_free(key);
		return err ? err : ERR_NO_MEMORY;
	}
	*s = (session_t){ .parent = p, .channel = channel, .child = child };
	s->signer = (seal_signer_t){ key, p->spec.key_of, p->spec.key_ctx };
	s->next = p->sessions;
	if (s->next)
		s->next->prev = s;
	p->sessions = s;
	p->session_count++;
	metric_set(&p->metrics, PARENT_COUNT_SESSIONS, (int64_t)p->session_count);
	*ret_session = s;
	return ERR_OK;
}

static void turn_away(channel_t *channel)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_REFUSAL };
	frame.refusal.reason = UPLINK_REASON_BUSY;
	frame.refusal.held.stream = UPLINK_SESSION;
	(void)!speech_say(channel, &frame); /* it is closed either way */
	channel->close(channel->ctx);
}

void parent_accept(parent_t *p, channel_t *channel)
{
	static const channel_events_t EVENTS = { on_data, NULL, on_closed };
	session_t *s = NULL;
	if (p->session_count == p->spec.sessions_max || add_session(p, channel, &s)) {
		count(p, PARENT_COUNT_REFUSED);
		turn_away(channel);
		return;
	}
	channel->events = &EVENTS;
	channel->events_ctx = s;
}

void parent_end(parent_t *p, slice_t node, uplink_reason_t reason)
{
	session_t *next = NULL;
	for (session_t *s = p->sessions; s; s = next) {
		next = s->next;
		if (slice_eq(inbox_child_node(s->child), node))
			refuse_session(s, reason);
	}
}

/* ---- down */

err_t parent_send_down(parent_t *p, slice_t node, const uplink_down_t *down)
{
	inbox_child_t *child = NULL;
	const roster_down_t *queued = NULL;
	err_t err = roster_make(p->spec.inbox, node, &child);
	if (!err)
		err = roster_queue(roster_row(child), down, &queued);
	if (err)
		return err;
	session_t *s = roster_row(child)->session;
	if (s)
		say_down(s, queued);
	return ERR_OK;
}

void parent_cancel_down(parent_t *p, slice_t node, slice_t id)
{
	inbox_child_t *child = NULL;
	if (!roster_make(p->spec.inbox, node, &child))
		(void)roster_drop(roster_row(child), id);
}

/* ---- what consoles ask */

bool parent_child_at(const parent_t *p, size_t i, parent_child_t *ret_child)
{
	const inbox_child_t *child = inbox_child_at(p->spec.inbox, i);
	if (!child)
		return false;
	parent_child_t shown = { .node = inbox_child_node(child), .refusal = UPLINK_REASON_COUNT };
	for (unsigned k = 0; k < UPLINK_STREAM_COUNT; k++)
		shown.streams[k] = inbox_stream(child, (uplink_stream_t)k);
	const roster_row_t *row = roster_row(child);
	if (row) {
		shown.is_up = row->session != NULL;
		shown.is_stalled = row->session && row->session->is_stalled;
		shown.addr = row->addr;
		shown.since_ns = row->since_ns;
		shown.heard_ns = row->heard_ns;
		shown.ahead_ns = row->ahead_ns;
		shown.backlog = row->backlog;
		shown.refused = row->refused;
		shown.refusal = row->refusal;
		shown.down_waiting = row->down_count;
	}
	*ret_child = shown;
	return true;
}

const metrics_t *parent_metrics(const parent_t *p)
{
	return &p->metrics;
}

/* ---- begin and end */

err_t parent_new(const parent_spec_t *spec, parent_t **ret_parent)
{
	if (!spec->node.len || spec->node.len > UPLINK_NODE_MAX)
		return ERR_INVALID;
	parent_t *p = calloc(1, sizeof(*p));
	if (!p)
		return ERR_NO_MEMORY;
	p->spec = *spec;
	p->env = env_loop_env(spec->loop);
	p->stalled_last = &p->stalled;
	if (!p->spec.sessions_max)
		p->spec.sessions_max = SESSIONS_MAX;
	memcpy(p->node, spec->node.ptr, spec->node.len);
	metrics_init(&p->metrics, metric_rows, PARENT_COUNT_COUNT);
	p->batch = malloc(UPLINK_BATCH_MAX);
	inbox_follower_t follower = { on_moved, on_more, p };
	err_t err = p->batch ? env_timer_new(spec->loop, on_beat, p, &p->beat) : ERR_NO_MEMORY;
	if (!err)
		err = env_timer_new(spec->loop, on_retry, p, &p->retry);
	if (!err)
		err = inbox_follow(spec->inbox, &follower);
	if (err) {
		parent_free(p);
		return err;
	}
	env_timer_set(p->beat, PARENT_BEAT_NS);
	*ret_parent = p;
	return ERR_OK;
}

void parent_free(parent_t *p)
{
	if (!p)
		return;
	while (p->sessions)
		refuse_session(p->sessions, UPLINK_REASON_CLOSING);
	inbox_unfollow(p->spec.inbox, p);
	for (size_t i = 0; i < inbox_child_count(p->spec.inbox); i++) {
		inbox_child_t *child = inbox_child_at(p->spec.inbox, i);
		roster_forget(child);
	}
	env_timer_free(p->beat);
	env_timer_free(p->retry);
	free(p->batch);
	free(p);
}
