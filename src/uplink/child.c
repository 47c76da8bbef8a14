/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/child.h"

#include <stdlib.h>

#include "uplink/pace.h"
#include "uplink/speech.h"
#include "uplink/trouble.h"

_Static_assert(CHANNEL_INPUT > CHILD_WINDOW + UPLINK_FRAME_MAX, "a parent can put all aside");

enum {
	BEATS_LOST = 3,
	UNSENT_MAX = CHANNEL_OUTPUT / 4, /* more is not begun, so that a beat always fits */
};
#define GREETING_NS (30 * NS_PER_S)

static const metric_row_t metric_rows[] = {
#define X(name, text, help, kind) { text, help, METRIC_##kind },
	CHILD_METRIC_ROWS(X)
#undef X
};

/* A batch that waits for its receipt. */
typedef struct {
	uplink_held_t upto;
	size_t bytes;
} sent_t;

typedef struct {
	child_stream_t shown;
	uplink_held_t sent;
	/* What its last event said; UPLINK_REASON_COUNT: nothing since it last went well. */
	uint8_t told;
} stream_t;

struct child {
	child_spec_t spec;
	env_t *env;
	uint8_t parent[UPLINK_NODE_MAX];
	metrics_t metrics;
	env_timer_t *timer; /* of the state: pause, greeting, beat */
	env_timer_t *pace_timer;
	child_state_t state;
	size_t addr; /* the next to dial */
	int64_t pause_ns;
	channel_dial_t *dial;
	channel_t *channel;
	env_pkey_t *parent_key;
	bool is_busy, is_ending; /* a callback runs on the channel; it is to be closed behind it */
	bool is_settled;         /* the session is good enough to forget the pauses before */
	unsigned silent;         /* beats without a word */
	err_t why;
	uint8_t refusal, told;
	int64_t since_ns, heard_ns;
	addr_t at;
	uint32_t flags; /* that both know */
	pace_t pace;
	stream_t streams[UPLINK_STREAM_COUNT];
	unsigned turn; /* the stream that was sent last of those that are not urgent */
	sent_t sent[CHILD_SENT_MAX];
	size_t sent_count, sent_bytes;
	uint8_t *frame, *packed; /* SPEECH_FRAME_ROOM bytes each */
};

static slice_t parent_of(const child_t *c)
{
	return slice_of(c->parent, c->spec.parent.len);
}

static void count(child_t *c, size_t row)
{
	metric_add(&c->metrics, row, 1);
}

/* ---- trouble */

static void tell(child_t *c, const char *reason, uint8_t stream, uint64_t sequence)
{
	trouble_t trouble = { .message = MSG_UPLINK_STOPPED,
		              .node = parent_of(c),
		              .addr = c->at,
		              .reason = reason,
		              .stream = stream,
		              .sequence = sequence };
	if (c->spec.events && trouble_tell(c->env, c->spec.events, &trouble))
		count(c, CHILD_COUNT_EVENTS_LOST);
}

/* Once for each reason in a row. */
static void tell_session(child_t *c, uint8_t reason)
{
	if (c->told != reason)
		tell(c, uplink_reason_name(reason), UPLINK_SESSION, 0);
	c->told = reason;
}

/* What is on the way of the stream, up to `upto`; all of it with NULL. */
static void forget_sent(child_t *c, uint8_t stream, const uplink_held_t *upto)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->sent_count; i++) {
		const sent_t *row = &c->sent[i];
		if (row->upto.stream == stream && (!upto || held_order(&row->upto, upto) <= 0))
			c->sent_bytes -= row->bytes;
		else
			c->sent[kept++] = *row;
	}
	c->sent_count = kept;
}

/* `fault`: what reading its records failed with; ERR_OK: the parent refuses it. */
static void stop_stream(child_t *c, unsigned stream, uint8_t reason, err_t fault)
{
	stream_t *s = &c->streams[stream];
	const char *why = fault ? err_info(fault)->text[LANG_EN] : uplink_reason_name(reason);
	forget_sent(c, (uint8_t)stream, NULL);
	if (s->shown.stopped == UPLINK_REASON_COUNT)
		metric_add(&c->metrics, CHILD_COUNT_STOPPED, 1);
	s->shown.stopped = reason;
	s->shown.fault = fault;
	if (s->told != reason)
		tell(c, why, (uint8_t)stream, s->shown.receipted.sequence);
	s->told = reason;
}

/* ---- the line's life */

/* Each is twice as long as the one before, give or take a half. */
static int64_t take_pause(child_t *c)
{
	uint64_t chance = 0;
	env_random(c->env, &chance, sizeof(chance));
	int64_t delay = c->pause_ns / 2 + (int64_t)(chance % (uint64_t)c->pause_ns);
	c->pause_ns = c->pause_ns < CHILD_PAUSE_MAX_NS / 2 ? 2 * c->pause_ns : CHILD_PAUSE_MAX_NS;
	return delay;
}

/* Waits before the first address is dialled again; the others follow at once. */
static void rest(child_t *c, err_t why)
{
	c->why = why;
	if (c->state == CHILD_UP)
		c->since_ns = env_utc(c->env).ns;
	c->state = CHILD_WAITS;
	c->addr = (c->addr + 1) % c->spec.addr_count;
	int64_t delay = c->addr == 0 || c->is_settled ? take_pause(c) : 0;
	c->is_settled = false;
	env_timer_set(c->timer, delay);
}

/* What a session leaves behind. */
static void clear(child_t *c)
{
	c->channel = NULL;
	c->is_ending = false;
	c->sent_count = c->sent_bytes = 0;
	env_pkey_free(c->parent_key);
	c->parent_key = NULL;
	env_timer_clear(c->pace_timer);
	metric_set(&c->metrics, CHILD_COUNT_UP, 0);
}

static void end(child_t *c, err_t why)
{
	c->why = why;
	c->is_ending = true;
	if (c->is_busy)
		return;
	c->channel->close(c->channel->ctx);
	clear(c);
	rest(c, why);
}

/* After the callbacks of the channel: it is closed in none. */
static void settle(child_t *c)
{
	c->is_busy = false;
	if (c->is_ending)
		end(c, c->why);
}

static void say(child_t *c, const uplink_frame_t *frame)
{
	err_t err = c->is_ending ? ERR_OK : speech_say(c->channel, frame);
	if (err)
		end(c, err);
}

static void say_hello(child_t *c)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_HELLO };
	uplink_hello_t *hello = &frame.hello;
	hello->version = UPLINK_VERSION;
	hello->node = outbox_node(c->spec.outbox);
	hello->ns = env_utc(c->env).ns;
	hello->flags = UPLINK_FLAG_ZSTD;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		const outbox_stream_t *s = outbox_stream(c->spec.outbox, parent_of(c),
		                                         (uplink_stream_t)i);
		if (s && s->durable.epoch)
			hello->streams[hello->stream_count++] = (uplink_offer_t){
				(uint8_t)i, s->durable.epoch, s->durable.sequence
			};
	}
	say(c, &frame);
}

/* ---- what waits, and the pace */

static const outbox_stream_t *stream_of(const child_t *c, unsigned stream)
{
	return outbox_stream(c->spec.outbox, parent_of(c), (uplink_stream_t)stream);
}

/* Items of a stream that are durable here and not receipted; of the epoch alone. */
static uint64_t waiting(const child_t *c, unsigned stream)
{
	const outbox_stream_t *s = stream_of(c, stream);
	const uplink_held_t *receipted = &c->streams[stream].shown.receipted;
	if (!s || held_order(&s->durable, receipted) <= 0)
		return 0;
	bool is_same = s->durable.epoch == receipted->epoch;
	return s->durable.sequence - (is_same ? receipted->sequence : 0);
}

static bool has_more(const child_t *c, unsigned stream)
{
	const stream_t *s = &c->streams[stream];
	const outbox_stream_t *there = stream_of(c, stream);
	return s->shown.stopped == UPLINK_REASON_COUNT && there &&
	       held_order(&there->durable, &s->sent) > 0;
}

static unsigned choose_urgent(const child_t *c)
{
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (uplink_stream_is_urgent((uplink_stream_t)i) && has_more(c, i))
			return i;
	return UPLINK_STREAM_COUNT;
}

static unsigned choose_in_turn(const child_t *c)
{
	for (unsigned i = 1; i <= UPLINK_STREAM_COUNT; i++) {
		unsigned stream = (c->turn + i) % UPLINK_STREAM_COUNT;
		if (has_more(c, stream))
			return stream;
	}
	return UPLINK_STREAM_COUNT;
}

/* The stream whose turn it is; UPLINK_STREAM_COUNT: none has more. */
static unsigned choose(const child_t *c)
{
	unsigned stream = choose_urgent(c);
	return stream < UPLINK_STREAM_COUNT ? stream : choose_in_turn(c);
}

/* Whether a batch of the stream may go now; else the pace timer says when. */
static bool may_go(child_t *c, unsigned stream)
{
	bool is_urgent = uplink_stream_is_urgent((uplink_stream_t)stream);
	int64_t wait = pace_wait(&c->pace, env_now(c->env), is_urgent ? c->spec.overdraft : 0);
	if (wait)
		env_timer_set(c->pace_timer, wait);
	return wait == 0;
}

/* ---- batches */

static void remember_sent(child_t *c, const outbox_batch_t *batch, size_t bytes)
{
	c->sent[c->sent_count++] = (sent_t){ batch->upto, bytes };
	c->sent_bytes += bytes;
	pace_spend(&c->pace, bytes);
	c->streams[batch->upto.stream].sent = batch->upto;
	count(c, CHILD_COUNT_BATCHES);
	metric_add(&c->metrics, CHILD_COUNT_BYTES, (int64_t)bytes);
}

/* False: no more can go now. */
static bool send_one(child_t *c, unsigned stream)
{
	outbox_batch_t batch;
	err_t err = outbox_next(c->spec.outbox, parent_of(c), (uplink_stream_t)stream,
	                        &c->streams[stream].sent, &batch);
	if (err) {
		stop_stream(c, stream, UPLINK_REASON_MALFORMED, err);
		return true;
	}
	writer_t frame = writer_of(c->frame, SPEECH_FRAME_ROOM);
	speech_pack(batch.bytes, c->flags, c->packed, &frame);
	err = c->channel->write(c->channel->ctx, writer_done(&frame));
	if (err && err != ERR_LIMIT)
		end(c, err);
	if (err)
		return false;
	remember_sent(c, &batch, frame.len);
	if (!uplink_stream_is_urgent((uplink_stream_t)stream))
		c->turn = stream;
	return true;
}

static bool has_room(const child_t *c)
{
	return c->sent_count < CHILD_SENT_MAX && c->sent_bytes < CHILD_WINDOW &&
	       c->channel->unsent(c->channel->ctx) < UNSENT_MAX;
}

static void pump(child_t *c)
{
	bool is_on = c->state == CHILD_UP;
	while (is_on && !c->is_ending) {
		unsigned stream = has_room(c) ? choose(c) : UPLINK_STREAM_COUNT;
		is_on = stream < UPLINK_STREAM_COUNT && may_go(c, stream) && send_one(c, stream);
	}
}

static void on_more(void *ctx)
{
	pump(ctx);
}

/* ---- what the parent says */

static void resume_stream(child_t *c, unsigned stream, const uplink_held_t *held)
{
	stream_t *s = &c->streams[stream];
	err_t err = outbox_check(c->spec.outbox, parent_of(c), (uplink_stream_t)stream, held);
	if (held_order(held, &s->shown.receipted) < 0)
		count(c, CHILD_COUNT_BACK);
	s->shown.receipted = s->sent = *held;
	outbox_set_receipted(c->spec.outbox, parent_of(c), held);
	if (err) {
		bool is_fork = err == ERR_INVALID || err == ERR_CONFLICT;
		stop_stream(c, stream, is_fork ? UPLINK_REASON_FORK : UPLINK_REASON_MALFORMED,
		            is_fork ? ERR_OK : err);
	}
}

static speech_t hear_welcome(child_t *c, const uplink_welcome_t *welcome)
{
	if (c->state != CHILD_GREETS || !slice_eq(welcome->parent, parent_of(c))) {
		tell_session(c, UPLINK_REASON_PARENT);
		end(c, ERR_PROTOCOL);
		return SPEECH_OVER;
	}
	metric_set(&c->metrics, CHILD_COUNT_STOPPED, 0);
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		uplink_held_t held = { .stream = (uint8_t)i };
		for (size_t k = 0; k < welcome->stream_count; k++)
			if (welcome->streams[k].stream == i)
				held = welcome->streams[k];
		c->streams[i].shown.stopped = UPLINK_REASON_COUNT;
		c->streams[i].shown.fault = ERR_OK;
		resume_stream(c, i, &held);
	}
	c->flags = welcome->flags & UPLINK_FLAG_ZSTD;
	uint64_t rate = c->spec.bytes_per_second, told = welcome->bytes_per_second;
	c->pace = pace_of(told && (!rate || told < rate) ? told : rate, env_now(c->env));
	c->state = CHILD_UP;
	c->since_ns = env_utc(c->env).ns;
	c->refusal = UPLINK_REASON_COUNT;
	count(c, CHILD_COUNT_SESSIONS);
	metric_set(&c->metrics, CHILD_COUNT_UP, 1);
	env_timer_set(c->timer, CHILD_BEAT_NS);
	pump(c);
	return SPEECH_NEXT;
}

/* A receipt is for a batch that waits for it, and so for all of its stream before it. */
static const sent_t *find_sent(const child_t *c, const uplink_held_t *held)
{
	for (size_t i = 0; i < c->sent_count; i++) {
		const uplink_held_t *upto = &c->sent[i].upto;
		if (upto->stream == held->stream && held_order(upto, held) == 0)
			return &c->sent[i];
	}
	return NULL;
}

/* The session goes well: what ended those before is over. */
static void go_well(child_t *c)
{
	c->is_settled = true;
	c->told = UPLINK_REASON_COUNT;
	c->pause_ns = CHILD_PAUSE_MIN_NS;
}

static speech_t hear_receipt(child_t *c, const uplink_held_t *held)
{
	if (held->stream >= UPLINK_STREAM_COUNT)
		return SPEECH_NEXT;
	stream_t *s = &c->streams[held->stream];
	count(c, CHILD_COUNT_RECEIPTS);
	if (s->shown.stopped != UPLINK_REASON_COUNT || held_order(held, &s->shown.receipted) <= 0)
		return SPEECH_NEXT;
	const sent_t *row = find_sent(c, held);
	if (!row || memcmp(row->upto.hash, held->hash, sizeof(held->hash)) != 0) {
		stop_stream(c, held->stream, UPLINK_REASON_FORK, ERR_OK);
		return SPEECH_NEXT;
	}
	forget_sent(c, held->stream, held);
	s->shown.receipted = *held;
	outbox_set_receipted(c->spec.outbox, parent_of(c), held);
	s->told = UPLINK_REASON_COUNT;
	go_well(c);
	pump(c);
	return SPEECH_NEXT;
}

/* A gap is mended by beginning again: WELCOME says from where. So is a full store. */
static speech_t hear_refusal(child_t *c, const uplink_refusal_t *refusal)
{
	uint8_t stream = refusal->held.stream, reason = refusal->reason;
	count(c, CHILD_COUNT_REFUSALS);
	c->refusal = reason;
	bool is_again = reason == UPLINK_REASON_GAP || reason == UPLINK_REASON_FULL;
	if (stream < UPLINK_STREAM_COUNT && !uplink_reason_ends_session(reason) && !is_again) {
		stop_stream(c, stream, reason, ERR_OK);
		pump(c);
		return SPEECH_NEXT;
	}
	bool is_usual = reason == UPLINK_REASON_CLOSING || reason == UPLINK_REASON_BUSY ||
	                reason == UPLINK_REASON_TWICE || is_again;
	if (!is_usual)
		tell_session(c, reason);
	end(c, is_usual ? ERR_BUSY : ERR_DENIED);
	return SPEECH_OVER;
}

static err_t check_down(child_t *c, const uplink_down_t *down)
{
	if (!slice_eq(down->issuer, parent_of(c)))
		return ERR_DENIED;
	err_t err = c->parent_key ? ERR_OK
	                          : env_pkey_from_der(c->channel->peer_key, &c->parent_key);
	return err ? err : seal_check_down(c->parent_key, down);
}

static speech_t hear_down(child_t *c, const uplink_down_t *down)
{
	count(c, CHILD_COUNT_DOWN);
	if (check_down(c, down)) {
		tell_session(c, UPLINK_REASON_SIGNATURE);
		end(c, ERR_DENIED);
		return SPEECH_OVER;
	}
	if (!c->spec.desk.down || c->spec.desk.down(c->spec.desk.ctx, down))
		return SPEECH_NEXT;
	uplink_frame_t frame = { .kind = UPLINK_KIND_UP };
	frame.up = (uplink_up_t){ .id = down->id, .kind = UPLINK_UP_UPTAKE, .is_last = true };
	say(c, &frame);
	return SPEECH_NEXT;
}

static speech_t hear(void *ctx, const uplink_frame_t *frame)
{
	child_t *c = ctx;
	if (c->is_ending)
		return SPEECH_OVER;
	if (frame->kind == UPLINK_KIND_WELCOME)
		return hear_welcome(c, &frame->welcome);
	if (frame->kind == UPLINK_KIND_REFUSAL)
		return hear_refusal(c, &frame->refusal);
	if (c->state == CHILD_UP && frame->kind == UPLINK_KIND_RECEIPT)
		return hear_receipt(c, &frame->receipt.held);
	if (c->state == CHILD_UP && frame->kind == UPLINK_KIND_DOWN)
		return hear_down(c, &frame->down);
	if (c->state == CHILD_UP && frame->kind == UPLINK_KIND_BEAT)
		return SPEECH_NEXT;
	end(c, ERR_PROTOCOL);
	return SPEECH_OVER;
}

static size_t on_data(void *ctx, slice_t bytes)
{
	child_t *c = ctx;
	size_t used = 0;
	bool is_bad = false;
	speech_listener_t listener = { hear, c };
	c->is_busy = true;
	c->silent = 0;
	c->heard_ns = env_utc(c->env).ns;
	(void)speech_hear(&listener, bytes, &used, &is_bad);
	if (is_bad)
		end(c, ERR_PROTOCOL);
	settle(c);
	return c->channel ? used : bytes.len;
}

static void on_drained(void *ctx)
{
	child_t *c = ctx;
	c->is_busy = true;
	pump(c);
	settle(c);
}

static void on_closed(void *ctx, err_t why)
{
	child_t *c = ctx;
	clear(c);
	rest(c, why);
}

/* ---- dialling */

static void on_opened(void *ctx, channel_t *channel)
{
	static const channel_events_t EVENTS = { on_data, on_drained, on_closed };
	child_t *c = ctx;
	c->dial = NULL;
	c->channel = channel;
	c->at = channel->addr;
	channel->events = &EVENTS;
	channel->events_ctx = c;
	c->is_busy = true;
	c->silent = 0;
	c->state = CHILD_GREETS;
	env_timer_set(c->timer, GREETING_NS);
	if (slice_eq(channel->peer, parent_of(c))) {
		say_hello(c);
	} else {
		tell_session(c, UPLINK_REASON_PARENT);
		end(c, ERR_DENIED);
	}
	settle(c);
}

static void on_failed(void *ctx, err_t why)
{
	child_t *c = ctx;
	c->dial = NULL;
	if (why == ERR_DENIED)
		tell_session(c, UPLINK_REASON_PARENT);
	rest(c, why);
}

static void dial(child_t *c)
{
	static const channel_dial_events_t EVENTS = { on_opened, on_failed };
	const channel_dialer_t *dialer = &c->spec.dialer;
	count(c, CHILD_COUNT_DIALS);
	c->state = CHILD_DIALS;
	c->at = c->spec.addrs[c->addr];
	env_timer_set(c->timer, GREETING_NS);
	err_t err = dialer->dial(dialer->ctx, c->at, &EVENTS, c, &c->dial);
	if (err)
		rest(c, err);
}

static void give_up_dial(child_t *c)
{
	c->spec.dialer.cancel(c->spec.dialer.ctx, c->dial);
	c->dial = NULL;
	rest(c, ERR_TIMEOUT);
}

static void note_oldest(const child_t *c, unsigned stream, uplink_beat_t *beat)
{
	outbox_batch_t batch;
	if (outbox_next(c->spec.outbox, parent_of(c), (uplink_stream_t)stream,
	                &c->streams[stream].shown.receipted, &batch) == ERR_OK &&
	    (!beat->oldest_ns || batch.from_ns < beat->oldest_ns))
		beat->oldest_ns = batch.from_ns;
}

static void fill_backlog(const child_t *c, unsigned stream, uplink_beat_t *beat)
{
	const outbox_stream_t *s = stream_of(c, stream);
	/* What waits is about as long as all that went before. */
	uint64_t items = waiting(c, stream), each = s->items ? s->bytes / s->items : 0;
	beat->streams[beat->stream_count++] = (uplink_backlog_t){ (uint8_t)stream, items,
		                                                  items * each };
	note_oldest(c, stream, beat);
}

static void beat(child_t *c)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_BEAT, .beat.ns = env_utc(c->env).ns };
	if (++c->silent > BEATS_LOST) {
		end(c, ERR_TIMEOUT);
		return;
	}
	go_well(c);
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (waiting(c, i))
			fill_backlog(c, i, &frame.beat);
	env_timer_set(c->timer, CHILD_BEAT_NS);
	say(c, &frame);
}

static void on_timer(void *ctx)
{
	child_t *c = ctx;
	if (c->state == CHILD_WAITS)
		dial(c);
	else if (c->state == CHILD_DIALS)
		give_up_dial(c);
	else if (c->state == CHILD_GREETS)
		end(c, ERR_TIMEOUT);
	else
		beat(c);
}

/* ---- begin and end */

static err_t make(child_t *c)
{
	env_loop_t *loop = c->spec.loop;
	c->frame = malloc(SPEECH_FRAME_ROOM);
	c->packed = malloc(SPEECH_FRAME_ROOM);
	err_t err = c->frame && c->packed ? ERR_OK : ERR_NO_MEMORY;
	if (!err)
		err = env_timer_new(loop, on_timer, c, &c->timer);
	if (!err)
		err = env_timer_new(loop, on_more, c, &c->pace_timer);
	return err ? err : outbox_follow(c->spec.outbox, on_more, c);
}

err_t child_new(const child_spec_t *spec, child_t **ret_child)
{
	if (!spec->addr_count || spec->addr_count > CHILD_ADDRS_MAX || !spec->parent.len ||
	    spec->parent.len > UPLINK_NODE_MAX)
		return ERR_INVALID;
	child_t *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	c->spec = *spec;
	c->env = env_loop_env(spec->loop);
	memcpy(c->parent, spec->parent.ptr, spec->parent.len);
	metrics_init(&c->metrics, metric_rows, CHILD_COUNT_COUNT);
	c->pause_ns = CHILD_PAUSE_MIN_NS;
	c->refusal = c->told = UPLINK_REASON_COUNT;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		c->streams[i].shown.stopped = c->streams[i].told = UPLINK_REASON_COUNT;
	err_t err = make(c);
	if (err) {
		child_free(c);
		return err;
	}
	env_timer_set(c->timer, 0);
	*ret_child = c;
	return ERR_OK;
}

void child_free(child_t *c)
{
	if (!c)
		return;
	if (c->dial)
		c->spec.dialer.cancel(c->spec.dialer.ctx, c->dial);
	if (c->channel)
		c->channel->close(c->channel->ctx);
	outbox_unfollow(c->spec.outbox, c);
	env_timer_free(c->timer);
	env_timer_free(c->pace_timer);
	env_pkey_free(c->parent_key);
	free(c->frame);
	free(c->packed);
	free(c);
}

err_t child_send_up(child_t *c, const uplink_up_t *up)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_UP, .up = *up };
	writer_t w = writer_of(c->frame, SPEECH_FRAME_ROOM);
	if (c->state != CHILD_UP || c->is_ending)
		return ERR_UNAVAILABLE;
	uplink_frame_put(&frame, &w);
	return w.bad ? ERR_TOO_BIG : c->channel->write(c->channel->ctx, writer_done(&w));
}

child_status_t child_status(const child_t *c)
{
	child_status_t status = { .state = c->state,
		                  .why = c->why,
		                  .refusal = c->refusal,
		                  .since_ns = c->since_ns,
		                  .heard_ns = c->heard_ns,
		                  .addr = c->at };
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		status.streams[i] = c->streams[i].shown;
		status.streams[i].waiting = waiting(c, i);
	}
	return status;
}

slice_t child_parent(const child_t *c)
{
	return parent_of(c);
}

const metrics_t *child_metrics(const child_t *c)
{
	return &c->metrics;
}
