/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TREE_TEST_H
#define UPLINK_TREE_TEST_H
/* A tree of nodes in one simulated world: a root, `middles` below it, `leaves` below each.
 *
 * A leaf has a source in each of two streams: items numbered from 0 whose value follows from
 * leaf, stream and number, some of which its contract withholds. It makes them over time and
 * releases what its outbox's mark says is not yet released. A middle passes on events as they
 * came, and of counters a sum for each pass; its source is its own journal, its marks are
 * sequences of RECEIVED records. The root keeps.
 *
 * A leaf lets go what is receipted: a receipt is a promise.
 *
 * What a leaf has made is known here and survives its crashes, as a plant does.
 *
 * Item of a leaf: origin string, number varint, value varint. Sum of a middle: origin string,
 * count varint, sum varint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "journal/follow.h"
#include "model/received.h"
#include "uplink/child.h"
#include "uplink/parent.h"
#include "uplink/plain_test.h"
#include "uplink/seal.h"

enum {
	TREE_NODES_MAX = 1 + 31 + 31 * 100,
	TREE_KEYS = 4,
	TREE_PASS_ITEMS = 400,
	TREE_PORT = 4100,
	TREE_TEXT_MAX = 48,
	TREE_OLD_MAX = 2048, /* bytes of the batch that is kept to be sent again */
	TREE_HASTY_MAX = 8,
	TREE_WHY_MAX = 128,
	TREE_LEAF_SEGMENT = 1 << 10, /* so that there is something to let go */
};

typedef enum { TREE_EVENTS, TREE_COUNTERS, TREE_SOURCES } tree_source_t;

static const uplink_stream_t TREE_STREAM[TREE_SOURCES] = { UPLINK_EVENTS, UPLINK_COUNTERS };

/* The faults that a world may meet, with how often each is drawn. */
#define TREE_FAULT_ROWS(X) \
	X(POWER, "power cuts", 4) \
	X(CRASH, "crashes at a disk operation", 4) \
	X(UNPLUG, "lines cut", 4) \
	X(CLOCK, "clock steps", 2) \
	X(FULL, "full disks", 2) \
	X(IO, "failing writes", 1) \
	X(TWICE, "batches sent twice", 3) \
	X(OLD, "old batches sent again", 2)

#define X(name, text, weight) TREE_##name,
typedef enum { TREE_FAULT_ROWS(X) TREE_FAULT_COUNT } tree_fault_t;
#undef X

/* What happened, over worlds. */
typedef struct {
	uint64_t faults[TREE_FAULT_COUNT];
	uint64_t worlds, nodes, restarts, sessions, back, duplicates, refused, stalls,
		lost_segments;
	uint64_t items, batches;
	uint64_t trace; /* of all that happened */
} tree_tally_t;

enum { TREE_TALLY_ROWS = sizeof(tree_tally_t) / sizeof(uint64_t) };

/* Items on their way into a batch. */
typedef struct {
	uint8_t room[TREE_PASS_ITEMS * 80];
	writer_t w;
	uplink_item_t items[TREE_PASS_ITEMS];
	uint32_t count;
} tree_pile_t;

typedef struct tree tree_t;

typedef struct {
	tree_t *tree;
	unsigned index, parent; /* the root is its own */
	char name[TREE_TEXT_MAX], host[TREE_TEXT_MAX];
	plain_end_t end;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	outbox_t *outbox;
	child_t *child;
	inbox_t *inbox;
	parent_t *sessions;
	env_timer_t *work;
	bool is_on, is_woken;
	int64_t boot_at; /* when it is off; INT64_MAX: not planned */
	int64_t cut_until, full_until;
	/* Of a leaf. */
	uint64_t made[TREE_SOURCES], wanted[TREE_SOURCES];
	/* Faults of its line. */
	bool is_twice, is_old;
	uint8_t old[TREE_OLD_MAX];
	size_t old_len;
	/* Receipts of the hasty double that are on their way back. */
	env_timer_t *haste;
	plain_t *hasty_line;
	uplink_held_t hasty[TREE_HASTY_MAX];
	size_t hasty_count;
} tree_node_t;

typedef struct {
	uint64_t seed;
	unsigned middles, leaves;
	bool is_lying; /* the middles' disks say "synced" too early, and their power fails */
	bool is_hasty; /* a leaf's batch is receipted before its parent has seen it */
} tree_spec_t;

/* Few for all, since nobody forges here. */
typedef struct {
	env_pkey_t *pair[TREE_KEYS];
	slice_t der[TREE_KEYS];
	uint8_t room[TREE_KEYS][64];
} tree_keys_t;

struct tree {
	tree_spec_t spec;
	twin_t *twin;
	rng_t rng;
	const tree_keys_t *keys;
	unsigned count;
	tree_node_t *nodes;
	int64_t now;
	const char *fault; /* what is wrong */
	char fault_text[TREE_WHY_MAX];
	tree_tally_t tally;
	tree_pile_t pile;
};

#define TREE_FAULTS_NS   (30 * NS_PER_S)
#define TREE_PATIENCE_NS (900 * NS_PER_S)

/* ---- sources */

static inline uint64_t tree_value(unsigned leaf, unsigned source, uint64_t number)
{
	return (leaf * 7919u + source * 104729u + number * 31u) % 1000 + 1;
}

/* The last is not, so that what was withheld before it is told. */
static inline bool tree_is_withheld(const tree_node_t *n, unsigned source, uint64_t number)
{
	return number + 1 != n->wanted[source] && (number * 5 + n->index + source) % 11 == 3;
}

static inline bool tree_is_leaf(const tree_node_t *n)
{
	return n->index > n->tree->spec.middles;
}

static inline void tree_blame(tree_t *t, const tree_node_t *n, const char *what)
{
	if (t->fault)
		return;
	(void)snprintf(t->fault_text, sizeof(t->fault_text), "%s: %s", n->name, what);
	t->fault = t->fault_text;
}

/* ---- what a node releases */

static inline void tree_pile(tree_pile_t *pile, slice_t origin, uint64_t a, uint64_t b)
{
	size_t at = pile->w.len;
	wr_string(&pile->w, origin);
	wr_varint(&pile->w, a);
	wr_varint(&pile->w, b);
	slice_t body = slice_from(writer_done(&pile->w), at);
	pile->items[pile->count++] = (uplink_item_t){ .ns = (int64_t)a, .body = body };
}

static inline uint64_t tree_mark(const tree_node_t *n, unsigned source)
{
	const tree_node_t *up = &n->tree->nodes[n->parent];
	const outbox_stream_t *s = outbox_stream(n->outbox, slice_str(up->name),
	                                         TREE_STREAM[source]);
	reader_t r = reader_of(s ? slice_of(s->source, s->source_len) : (slice_t){ 0 });
	return s ? rd_varint(&r) : 0;
}

/* False: not now. */
static inline bool tree_release(tree_node_t *n, unsigned source, const tree_pile_t *pile,
                                uint64_t mark, uint64_t withheld)
{
	uint8_t text[10];
	uint64_t seq = 0;
	writer_t w = writer_of(text, sizeof(text));
	uplink_withheld_t classes[] = { { UPLINK_CLASS_CORE, withheld } };
	wr_varint(&w, mark);
	outbox_put_t put = { .parent = slice_str(n->tree->nodes[n->parent].name),
		             .stream = TREE_STREAM[source],
		             .items = pile->items,
		             .count = pile->count,
		             .source = writer_done(&w),
		             .withheld = classes,
		             .withheld_count = withheld ? 1 : 0 };
	err_t err = outbox_put(n->outbox, &put, &seq);
	if (err && err != ERR_LIMIT && err != ERR_DISK_FULL && err != ERR_IO)
		tree_blame(n->tree, n, "an outbox refused what it should take");
	return !err;
}

static inline bool tree_release_made(tree_node_t *n, unsigned source)
{
	tree_pile_t *pile = &n->tree->pile;
	uint64_t withheld = 0, mark = tree_mark(n, source), at = 0;
	pile->w = writer_of(pile->room, sizeof(pile->room));
	pile->count = 0;
	for (; at < n->made[source] && pile->count < TREE_PASS_ITEMS; at++)
		if (tree_is_withheld(n, source, at))
			withheld++;
		else if (at >= mark)
			tree_pile(pile, slice_str(n->name), at, tree_value(n->index, source, at));
	return pile->count == 0 || tree_release(n, source, pile, at, withheld);
}

static inline void tree_work_leaf(tree_node_t *n)
{
	tree_t *t = n->tree;
	bool is_done = true;
	for (unsigned s = 0; s < TREE_SOURCES; s++) {
		uint64_t left = n->wanted[s] - n->made[s];
		uint64_t most = t->spec.is_hasty && left > 6 ? 6 : left;
		n->made[s] += left ? 1 + rng_below(&t->rng, most) : 0;
		bool is_released = tree_release_made(n, s);
		is_done = is_done && is_released && n->made[s] == n->wanted[s];
	}
	if (!is_done)
		env_timer_set(n->work,
		              (int64_t)rng_below(&t->rng, t->spec.is_hasty ? 2 * (uint64_t)NS_PER_S
		                                                           : TREE_FAULTS_NS / 2));
}

/* ---- what a middle passes on */

typedef struct {
	tree_pile_t *pile;
	uint64_t mark, count, sum;
} tree_pass_t;

static inline void tree_pass_batch(tree_pass_t *pass, const uplink_batch_t *batch, unsigned source)
{
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	while (uplink_item_next(&items, &item)) {
		reader_t r = reader_of(item.body);
		slice_t origin = rd_string(&r);
		uint64_t number = rd_varint(&r);
		uint64_t value = rd_varint(&r);
		if (source == TREE_EVENTS)
			tree_pile(pass->pile, origin, number, value);
		pass->count++;
		pass->sum += value;
	}
}

/* What has been received of the source behind the mark, as far as the pile has room. */
static inline void tree_collect(tree_node_t *n, unsigned source, tree_pass_t *pass)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	received_t received;
	uplink_batch_t batch;
	err_t err = journal_cursor_open(n->journal, pass->mark + 1, &cursor);
	if (!err)
		journal_cursor_want(cursor, JOURNAL_TYPE_BIT(JOURNAL_RECEIVED));
	while (!err) {
		err = journal_cursor_next(cursor, &record);
		if (err || record.type != JOURNAL_RECEIVED)
			continue;
		if (received_read(record.payload, &received) ||
		    uplink_batch_read(received.batch, &batch)) {
			tree_blame(n->tree, n, "a received record cannot be read");
		} else if (batch.envelope.stream == TREE_STREAM[source]) {
			if (pass->pile->count + batch.envelope.count > TREE_PASS_ITEMS)
				break;
			tree_pass_batch(pass, &batch, source);
			pass->mark = record.seq;
		}
	}
	journal_cursor_close(cursor);
}

static inline bool tree_pass_on(tree_node_t *n, unsigned source)
{
	tree_pile_t *pile = &n->tree->pile;
	tree_pass_t pass = { .pile = pile, .mark = tree_mark(n, source) };
	pile->w = writer_of(pile->room, sizeof(pile->room));
	pile->count = 0;
	tree_collect(n, source, &pass);
	if (!pass.count)
		return true;
	if (source == TREE_COUNTERS)
		tree_pile(pile, slice_str(n->name), pass.count, pass.sum);
	return tree_release(n, source, pile, pass.mark, 0);
}

static inline void tree_work_middle(tree_node_t *n)
{
	bool is_done = true;
	n->is_woken = false;
	for (unsigned s = 0; n->outbox && s < TREE_SOURCES; s++)
		is_done = tree_pass_on(n, s) && is_done;
	if (!is_done) {
		n->is_woken = true;
		env_timer_set(n->work, NS_PER_S);
	}
}

static inline void tree_work(void *ctx)
{
	tree_node_t *n = ctx;
	if (tree_is_leaf(n))
		tree_work_leaf(n);
	else
		tree_work_middle(n);
}

static inline void tree_moved(void *ctx, inbox_child_t *child, const inbox_stream_t *stream)
{
	(void)child;
	(void)stream;
	tree_node_t *n = ctx;
	if (n->is_woken || !n->outbox)
		return;
	n->is_woken = true;
	env_timer_set(n->work, 3 * NS_PER_S);
}

static inline void tree_more(void *ctx)
{
	(void)ctx;
}

/* ---- lines */

static inline slice_t tree_key(void *ctx, slice_t name)
{
	tree_node_t *n = ctx;
	uint64_t index = 0;
	slice_t number = slice_sub(name, 3, slice_find(name, '/') - 3); /* "99.INDEX/..." */
	bool is_known = !num_parse_u64(number, n->tree->count - 1, &index);
	return is_known ? n->tree->keys->der[index % TREE_KEYS] : (slice_t){ 0 };
}

static inline void tree_accepted(void *ctx, channel_t *channel)
{
	tree_node_t *n = ctx;
	parent_accept(n->sessions, channel);
}

/* The double: receipts that no sync stands behind. */
static inline void tree_hasten(tree_node_t *n, plain_t *line, slice_t bytes)
{
	uplink_frame_t frame;
	uplink_batch_t batch;
	size_t used = 0;
	if (uplink_frame_read(bytes, &frame, &used) != CODEC_OK ||
	    uplink_batch_read(frame.batch.bytes, &batch) || n->hasty_count == TREE_HASTY_MAX)
		return;
	n->hasty_line = line;
	n->hasty[n->hasty_count++] = seal_held(&batch);
	env_timer_set(n->haste, 0);
}

static inline bool tree_has_line(const tree_node_t *n, const plain_t *line)
{
	const plain_t *at = n->end.plains;
	while (at && at != line)
		at = at->next;
	return at != NULL;
}

static inline void tree_let_go(tree_node_t *n)
{
	err_t err = journal_recycle(n->journal, outbox_keep_from(n->outbox));
	if (err && err != ERR_IO && err != ERR_DISK_FULL)
		tree_blame(n->tree, n, "a journal could not be recycled");
}

static inline void tree_haste(void *ctx)
{
	tree_node_t *n = ctx;
	for (size_t i = 0; i < n->hasty_count && tree_has_line(n, n->hasty_line); i++) {
		uint8_t room[128];
		writer_t w = writer_of(room, sizeof(room));
		uplink_frame_t frame = { .kind = UPLINK_KIND_RECEIPT };
		const channel_t *channel = &n->hasty_line->channel;
		frame.receipt.held = n->hasty[i];
		uplink_frame_put(&frame, &w);
		(void)channel->events->data(channel->events_ctx, writer_done(&w));
	}
	n->hasty_count = 0;
	tree_let_go(n);
}

/* A batch of the child's may go out twice, or an old one instead of nothing. */
MUST_CHECK static inline err_t tree_outgoing(void *ctx, plain_t *plain, slice_t bytes)
{
	tree_node_t *n = ctx;
	bool is_batch = bytes.len > UPLINK_HEAD_BYTES && bytes.ptr[4] == UPLINK_KIND_BATCH;
	err_t err = plain_write(plain, bytes);
	if (!is_batch || err)
		return err;
	if (n->tree->spec.is_hasty && tree_is_leaf(n))
		tree_hasten(n, plain, bytes);
	if (n->is_twice) {
		n->is_twice = false;
		n->tree->tally.faults[TREE_TWICE]++;
		err = plain_write(plain, bytes);
	} else if (n->is_old && n->old_len) {
		n->is_old = false;
		n->tree->tally.faults[TREE_OLD]++;
		err = plain_write(plain, slice_of(n->old, n->old_len));
	}
	if (!n->old_len && bytes.len <= TREE_OLD_MAX) {
		memcpy(n->old, bytes.ptr, bytes.len);
		n->old_len = bytes.len;
	}
	return err;
}

/* ---- a machine's life */

static inline addr_t tree_addr(unsigned index)
{
	addr_t addr = { .ip = ip_v4(10, (uint8_t)(index >> 8), (uint8_t)index, 1),
		        .port = TREE_PORT };
	return addr;
}

static inline const env_pkey_t *tree_own_key(void *ctx, slice_t parent)
{
	(void)parent;
	const tree_node_t *n = ctx;
	return n->tree->keys->pair[n->index % TREE_KEYS];
}

/* The rooms of a node. Errors are those of a disk that fails while it starts. */
MUST_CHECK static inline err_t tree_open(tree_node_t *n)
{
	tree_t *t = n->tree;
	slice_t name = slice_str(n->name), up = slice_str(t->nodes[n->parent].name);
	journal_spec_t journal = { .dir = "data",
		                   .name = "tree",
		                   .chained = true,
		                   .segment_bytes = tree_is_leaf(n) ? TREE_LEAF_SEGMENT : 16 << 10,
		                   .buffer_bytes = 8 << 10,
		                   .reserve_bytes = 64 << 10,
		                   .commit_loop = n->loop };
	journal_recovery_t recovery;
	err_detail_t detail;
	err_t err = journal_open(n->env, &journal, &n->journal, &recovery, &detail);
	outbox_spec_t outbox = { n->loop, n->journal, name, tree_own_key, n };
	inbox_spec_t inbox = { n->loop, n->journal, .pending_max = 64, .view = "inbox",
		               .save_every = 16 };
	if (!err && n->index)
		err = outbox_open(&outbox, &n->outbox, &detail);
	if (!err && !tree_is_leaf(n))
		err = inbox_open(&inbox, &n->inbox, &detail);
	child_spec_t child = { .loop = n->loop,
		               .outbox = n->outbox,
		               .parent = up,
		               .addrs = { tree_addr(n->parent) },
		               .addr_count = 1,
		               .dialer = plain_dialer(&n->end) };
	parent_spec_t sessions = { .loop = n->loop, .inbox = n->inbox, .node = name };
	inbox_follower_t follower = { tree_moved, tree_more, n };
	if (!err && n->inbox)
		err = parent_new(&sessions, &n->sessions);
	if (!err && n->inbox)
		err = inbox_follow(n->inbox, &follower);
	if (!err && n->inbox)
		err = plain_listen(&n->end);
	return !err && n->index ? child_new(&child, &n->child) : err;
}

static inline void tree_count(tree_node_t *n)
{
	tree_tally_t *tally = &n->tree->tally;
	if (n->child) {
		const metrics_t *m = child_metrics(n->child);
		tally->sessions += (uint64_t)metric_get(m, CHILD_COUNT_SESSIONS);
		tally->back += (uint64_t)metric_get(m, CHILD_COUNT_BACK);
	}
	if (n->sessions) {
		const metrics_t *m = parent_metrics(n->sessions);
		tally->duplicates += (uint64_t)metric_get(m, PARENT_COUNT_DUPLICATES);
		tally->refused += (uint64_t)metric_get(m, PARENT_COUNT_REFUSED);
		tally->stalls += (uint64_t)metric_get(m, PARENT_COUNT_STALLED);
		tally->batches += (uint64_t)metric_get(m, PARENT_COUNT_BATCHES);
		tally->items += (uint64_t)metric_get(m, PARENT_COUNT_ITEMS);
	}
}

/* `is_power`: the disk loses what was not synced. */
static inline void tree_off(tree_node_t *n, bool is_power, int64_t boot_at)
{
	tree_count(n);
	child_free(n->child);
	parent_free(n->sessions);
	inbox_close(n->inbox);
	outbox_close(n->outbox);
	plain_done(&n->end);
	env_timer_free(n->work);
	env_timer_free(n->haste);
	env_loop_stop(n->loop);
	journal_close(n->journal);
	env_loop_free(n->loop);
	twin_host_close(n->env);
	if (is_power)
		twin_disk_reboot(n->tree->twin, n->host);
	n->child = NULL;
	n->sessions = NULL;
	n->inbox = NULL;
	n->outbox = NULL;
	n->journal = NULL;
	n->is_on = n->is_woken = false;
	n->boot_at = boot_at;
}

static inline void tree_boot(tree_node_t *n)
{
	tree_t *t = n->tree;
	env_t *env = NULL;
	assert_int_equal(twin_host_open(t->twin, n->host, &env), ERR_OK);
	n->env = env;
	assert_int_equal(env_loop_new(env, "tree", ENV_LOOP_FILES, &n->loop), ERR_OK);
	assert_int_equal(env_timer_new(n->loop, tree_work, n, &n->work), ERR_OK);
	assert_int_equal(env_timer_new(n->loop, tree_haste, n, &n->haste), ERR_OK);
	n->hasty_count = 0;
	n->end = (plain_end_t){ .loop = n->loop,
		                .addr = tree_addr(n->index),
		                .name = slice_str(n->name),
		                .ctx = n,
		                .key = tree_key,
		                .accepted = tree_accepted,
		                .outgoing = tree_outgoing };
	twin_disk_lie(env, t->spec.is_lying && n->index && !tree_is_leaf(n));
	n->is_on = true;
	n->boot_at = INT64_MAX;
	err_t err = tree_open(n);
	if (err == ERR_CORRUPT || err == ERR_CONFIG || err == ERR_NEWER_FORMAT) {
		tree_blame(t, n, "its disk is damaged");
		tree_off(n, false, INT64_MAX);
		return;
	}
	if (err) {
		tree_off(n, true, t->now + NS_PER_S);
		return;
	}
	env_timer_set(n->work, (int64_t)rng_below(&t->rng, (uint64_t)NS_PER_S));
	n->is_woken = true;
	assert_int_equal(env_loop_start(n->loop), ERR_OK);
}

/* Whose machine has died, or whose journal takes no more, begins again, from what its disk
 * holds: after a write that failed, what the system still shows of the file may not be there. */
static inline void tree_tend(tree_t *t)
{
	for (unsigned i = 0; i < t->count; i++) {
		tree_node_t *n = &t->nodes[i];
		if (n->is_on && (twin_crashed(n->env) || journal_state(n->journal))) {
			t->tally.restarts++;
			tree_off(n, true,
			         t->now + (int64_t)rng_below(&t->rng, 8 * (uint64_t)NS_PER_S));
		}
		if (!n->is_on && n->boot_at <= t->now)
			tree_boot(n);
	}
}

/* ---- faults */

static inline void tree_cut(tree_node_t *n, bool is_cut)
{
	twin_net_unplug(n->tree->twin, n->end.addr.ip, is_cut);
}

static inline void tree_mend(tree_node_t *n, bool is_all)
{
	if (n->cut_until && (is_all || n->cut_until <= n->tree->now)) {
		tree_cut(n, false);
		n->cut_until = 0;
	}
	if (n->full_until && n->is_on && (is_all || n->full_until <= n->tree->now)) {
		twin_disk_limit(n->env, UINT64_C(1) << 40);
		n->full_until = 0;
	}
	if (is_all && n->is_on) {
		twin_crash_at(n->env, 0);
		twin_fail_at(n->env, 0, 0, TWIN_IO_ERROR);
	}
}

static inline tree_fault_t tree_draw(tree_t *t)
{
	static const unsigned weights[] = {
#define X(name, text, weight) weight,
		TREE_FAULT_ROWS(X)
#undef X
	};
	unsigned all = 0, i = 0;
	for (; i < TREE_FAULT_COUNT; i++)
		all += weights[i];
	unsigned at = (unsigned)rng_below(&t->rng, all);
	for (i = 0; at >= weights[i]; i++)
		at -= weights[i];
	return (tree_fault_t)i;
}

static inline void tree_strike(tree_t *t, tree_node_t *n, tree_fault_t fault)
{
	uint64_t chance = rng_next(&t->rng);
	int64_t until = t->now + (int64_t)(chance % (uint64_t)(20 * NS_PER_S));
	utc_t utc = { .ns = INT64_C(1767225600) * NS_PER_S +
		            ((int64_t)(chance % 20000) - 10000) * NS_PER_S };
	if (!n->is_on)
		return;
	if (fault == TREE_TWICE)
		n->is_twice = true;
	else if (fault == TREE_OLD)
		n->is_old = true;
	else
		t->tally.faults[fault]++;
	if (fault == TREE_POWER)
		twin_power_off(n->env);
	if (fault == TREE_CRASH)
		twin_crash_at(n->env, 1 + chance % 12);
	if (fault == TREE_UNPLUG)
		tree_cut(n, true);
	if (fault == TREE_UNPLUG)
		n->cut_until = until;
	if (fault == TREE_CLOCK)
		twin_clock_set(n->env, utc);
	if (fault == TREE_FULL)
		twin_disk_limit(n->env, 0);
	if (fault == TREE_FULL)
		n->full_until = until;
	if (fault == TREE_IO)
		twin_fail_at(n->env, 1 + chance % 8, 1,
		             chance & 64 ? TWIN_IO_ERROR : TWIN_SHORT_WRITE);
}
#endif
