/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PAIR_TEST_H
#define UPLINK_PAIR_TEST_H
/* A parent and a child on two simulated machines, each with its journals `tree` and `main`
 * (for events), joined by a plain line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"
#include "journal/follow.h"
#include "model/event.h"
#include "model/received.h"
#include "uplink/child.h"
#include "uplink/parent.h"
#include "uplink/plain_test.h"
#include "uplink/seal.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { PAIR_PORT = 4100, PAIR_KEYS = 3, PAIR_BODY = 64, PAIR_ITEMS = 512 };
enum { PAIR_UP, PAIR_DOWN, PAIR_OTHER }; /* whose key */

typedef struct pair pair_t;

typedef struct {
	char bodies[PAIR_ITEMS][PAIR_BODY];
	uplink_item_t items[PAIR_ITEMS];
} side_pile_t;

typedef struct {
	pair_t *pair;
	const char *host, *dir;
	const char *view;     /* of the inbox; NULL: none */
	slice_t name, claims; /* what it says on the line; its own name unless it lies */
	addr_t addr;
	const env_pkey_t *key;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal, *main, *spare; /* the last of a test, closed with the side */
	plain_end_t end;
	outbox_t *outbox;
	child_t *child;
	inbox_t *inbox;
	parent_t *parent;
	child_spec_t child_spec; /* what a test wants otherwise: rates, addresses, desk */
	unsigned batches_out;
	uint8_t old[4096]; /* the first batch that went out; sent again when `is_old` */
	size_t old_len;
	bool is_old;
	slice_t extra;    /* goes out once behind the next frame */
	side_pile_t pile; /* what is put next */
} side_t;

struct pair {
	twin_t *twin;
	slice_t (*key_of)(void *ctx, slice_t node, size_t i); /* what the parent knows of keys */
	side_t up, down;
	env_pkey_t *keys[PAIR_KEYS];
	uint8_t der[PAIR_KEYS][64];
	size_t der_len[PAIR_KEYS];
	seal_signer_t signers[PAIR_KEYS]; /* as certificates give them */
};

#define PAIR_PARENT   SLICE("99.1/province")
#define PAIR_CHILD    SLICE("99.2/plant")
#define PAIR_STRANGER SLICE("99.3/stranger")

static inline slice_t pair_key(void *ctx, slice_t name)
{
	const pair_t *p = ((side_t *)ctx)->pair;
	unsigned i = slice_eq(name, PAIR_PARENT)  ? PAIR_UP
	             : slice_eq(name, PAIR_CHILD) ? PAIR_DOWN
	                                          : PAIR_OTHER;
	return slice_of(p->der[i], p->der_len[i]);
}

static inline void pair_accepted(void *ctx, channel_t *channel)
{
	parent_accept(((side_t *)ctx)->parent, channel);
}

MUST_CHECK static inline err_t pair_outgoing(void *ctx, plain_t *plain, slice_t bytes)
{
	side_t *s = ctx;
	err_t err = plain_write(plain, bytes);
	if (s->extra.len)
		OK(plain_write(plain, s->extra));
	s->extra = (slice_t){ 0 };
	if (bytes.ptr[4] != UPLINK_KIND_BATCH)
		return err;
	s->batches_out++;
	if (!s->old_len && bytes.len <= sizeof(s->old)) {
		memcpy(s->old, bytes.ptr, bytes.len);
		s->old_len = bytes.len;
	}
	if (s->is_old) {
		s->is_old = false;
		OK(plain_write(plain, slice_of(s->old, s->old_len)));
	}
	return err;
}

static inline journal_t *side_journal(side_t *s, const char *dir, const char *name)
{
	journal_spec_t spec = { .dir = dir,
		                .name = name,
		                .chained = true,
		                .segment_bytes = 2 << 20,
		                .buffer_bytes = 1200 << 10,
		                .reserve_bytes = 16 << 10,
		                .commit_loop = s->loop };
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_t *journal = NULL;
	OK(journal_open(s->env, &spec, &journal, &recovery, &detail));
	return journal;
}

/* Loops, journals and the line's end. */
static inline void side_boot(side_t *s)
{
	OK(twin_host_open(s->pair->twin, s->host, &s->env));
	OK(env_loop_new(s->env, "tree", ENV_LOOP_FILES, &s->loop));
	s->journal = side_journal(s, s->dir, "tree");
	s->main = side_journal(s, "main", "main");
	s->end = (plain_end_t){ .loop = s->loop,
		                .addr = s->addr,
		                .name = s->claims.len ? s->claims : s->name,
		                .ctx = s,
		                .key = pair_key,
		                .accepted = pair_accepted,
		                .outgoing = pair_outgoing };
}

static inline void side_start_parent(side_t *s)
{
	err_detail_t detail;
	side_boot(s);
	inbox_spec_t inbox = { .loop = s->loop, .journal = s->journal, .view = s->view };
	OK(inbox_open(&inbox, &s->inbox, &detail));
	parent_spec_t parent = { .loop = s->loop,
		                 .inbox = s->inbox,
		                 .events = s->main,
		                 .node = s->name,
		                 .key_of = s->pair->key_of,
		                 .key_ctx = s->pair };
	OK(parent_new(&parent, &s->parent));
	OK(plain_listen(&s->end));
	OK(env_loop_start(s->loop));
}

static inline const env_pkey_t *side_key(void *ctx, slice_t parent)
{
	(void)parent;
	return ((side_t *)ctx)->key;
}

static inline void side_open_outbox(side_t *s)
{
	err_detail_t detail;
	outbox_spec_t outbox = { s->loop, s->journal, s->name, side_key, s };
	OK(outbox_open(&outbox, &s->outbox, &detail));
}

static inline void side_start_child(side_t *s)
{
	side_boot(s);
	side_open_outbox(s);
	child_spec_t spec = s->child_spec;
	spec.loop = s->loop;
	spec.outbox = s->outbox;
	spec.events = s->main;
	spec.parent = PAIR_PARENT;
	spec.dialer = plain_dialer(&s->end);
	if (!spec.addr_count) {
		spec.addrs[0] = s->pair->up.addr;
		spec.addr_count = 1;
	}
	OK(child_new(&spec, &s->child));
	OK(env_loop_start(s->loop));
}

static inline void side_halt(side_t *s)
{
	if (!s->env)
		return;
	child_free(s->child);
	parent_free(s->parent);
	inbox_close(s->inbox);
	outbox_close(s->outbox);
	plain_done(&s->end);
	env_loop_stop(s->loop);
	journal_close(s->journal);
	journal_close(s->main);
	journal_close(s->spare);
	s->spare = NULL;
	env_loop_free(s->loop);
	twin_host_close(s->env);
	s->child = NULL;
	s->parent = NULL;
	s->inbox = NULL;
	s->outbox = NULL;
	s->env = NULL;
}

static inline pair_t *pair_make(void)
{
	pair_t *p = calloc(1, sizeof(*p));
	assert_non_null(p);
	OK(twin_new(&(twin_spec_t){ .seed = 5 }, &p->twin));
	for (unsigned i = 0; i < PAIR_KEYS; i++) {
		writer_t w = writer_of(p->der[i], sizeof(p->der[i]));
		OK(env_pkey_generate(ENV_PKEY_ED25519, &p->keys[i]));
		OK(env_pkey_to_der(p->keys[i], &w));
		p->der_len[i] = w.len;
		OK(env_pkey_from_der(writer_done(&w), &p->signers[i].key));
	}
	p->up = (side_t){ .pair = p,
		          .host = "up",
		          .dir = "data",
		          .name = PAIR_PARENT,
		          .addr = { ip_v4(10, 0, 0, 1), PAIR_PORT },
		          .key = p->keys[PAIR_UP] };
	p->down = (side_t){ .pair = p,
		            .host = "down",
		            .dir = "data",
		            .name = PAIR_CHILD,
		            .addr = { ip_v4(10, 0, 0, 2), PAIR_PORT },
		            .key = p->keys[PAIR_DOWN] };
	return p;
}

static inline pair_t *pair_start(void)
{
	pair_t *p = pair_make();
	side_start_parent(&p->up);
	side_start_child(&p->down);
	return p;
}

static inline void pair_free(pair_t *p)
{
	side_halt(&p->down);
	side_halt(&p->up);
	twin_free(p->twin);
	for (unsigned i = 0; i < PAIR_KEYS; i++) {
		env_pkey_free(p->keys[i]);
		env_pkey_free(p->signers[i].key);
	}
	free(p);
}

static inline void pair_run(pair_t *p, int64_t seconds)
{
	(void)twin_run_for(p->twin, seconds * NS_PER_S);
}

/* `count` items for a parent, that say `number` and on. */
MUST_CHECK static inline err_t side_try_put(side_t *s, uplink_stream_t stream, unsigned number,
                                            unsigned count)
{
	side_pile_t *pile = &s->pile;
	char(*bodies)[PAIR_BODY] = pile->bodies;
	uplink_item_t *items = pile->items;
	uint64_t seq = 0;
	char mark[16];
	for (unsigned i = 0; i < count; i++) {
		int len = snprintf(bodies[i], PAIR_BODY, "%s %u says what it has to say",
		                   uplink_stream_name(stream), number + i);
		items[i] = (uplink_item_t){ number + i, slice_of(bodies[i], (size_t)len) };
	}
	int len = snprintf(mark, sizeof(mark), "%u", number + count);
	outbox_put_t put = { .parent = PAIR_PARENT,
		             .stream = stream,
		             .items = items,
		             .count = count,
		             .source = slice_of(mark, (size_t)len) };
	return outbox_put(s->outbox, &put, &seq);
}

static inline void side_put(side_t *s, uplink_stream_t stream, unsigned number, unsigned count)
{
	OK(side_try_put(s, stream, number, count));
}

/* Items of the child's stream that the parent holds durably. */
static inline uint64_t pair_held(const pair_t *p, uplink_stream_t stream)
{
	inbox_child_t *child = NULL;
	OK(inbox_child(p->up.inbox, PAIR_CHILD, &child));
	const inbox_stream_t *s = inbox_stream(child, stream);
	return s ? s->durable.sequence : 0;
}

static inline child_stream_t pair_stream(const pair_t *p, uplink_stream_t stream)
{
	return child_status(p->down.child).streams[stream];
}

typedef struct {
	message_t message;
	const char *reason;
	unsigned count;
} event_count_t;

MUST_CHECK static inline err_t count_event(void *ctx, const journal_record_t *record)
{
	event_count_t *wanted = ctx;
	event_t event;
	OK(event_decode(record->payload, &event));
	const value_t *reason = event_arg_get(&event, ARG_REASON);
	wanted->count += event.message == wanted->message && reason &&
	                 slice_eq(reason->as.text, slice_str(wanted->reason));
	return ERR_OK;
}

/* How many events of a side say that. */
static inline unsigned side_events(side_t *s, message_t message, const char *reason)
{
	event_count_t wanted = { message, reason, 0 };
	journal_follower_t follower = { s->main, JOURNAL_TYPE_BIT(JOURNAL_EVENT), count_event,
		                        &wanted };
	OK(journal_replay(&follower));
	return wanted.count;
}

/* The child in the parent's table. */
static inline parent_child_t pair_row(const pair_t *p)
{
	parent_child_t row;
	for (size_t i = 0; parent_child_at(p->up.parent, i, &row); i++)
		if (slice_eq(row.node, PAIR_CHILD))
			return row;
	fail_msg("the child is not in the table");
	return (parent_child_t){ 0 };
}

typedef struct {
	uplink_stream_t order[64];
	unsigned count;
} order_t;

MUST_CHECK static inline err_t note_order(void *ctx, const journal_record_t *record)
{
	order_t *order = ctx;
	received_t received;
	uplink_batch_t batch;
	OK(received_read(record->payload, &received));
	OK(uplink_batch_read(received.batch, &batch));
	assert_true(slice_eq(received.child, PAIR_CHILD));
	if (order->count < 64)
		order->order[order->count++] = batch.envelope.stream;
	return ERR_OK;
}

/* The streams of what the parent recorded, in order. */
static inline order_t pair_order(pair_t *p)
{
	order_t order = { .count = 0 };
	journal_follower_t follower = { p->up.journal, JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        note_order, &order };
	OK(journal_replay(&follower));
	return order;
}
#endif
