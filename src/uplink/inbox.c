/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/inbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/ring.h"
#include "base/table.h"
#include "model/received.h"
#include "uplink/seal.h"

enum { BELL_ROOM = 4, CHILDREN_MAX = 8192, PENDING_MAX = 16384, FIRST_CHILDREN = 8 };

typedef struct {
	inbox_stream_t shown;
	uplink_held_t recent[INBOX_RECENT]; /* of this epoch; by batch, in a ring */
	size_t recent_count;
} stream_t;

struct inbox_child {
	uint8_t node[UPLINK_NODE_MAX];
	size_t node_len;
	stream_t *streams[UPLINK_STREAM_COUNT];
	void *owner;
};

/* A record that is not yet durable. */
typedef struct {
	inbox_child_t *child;
	uplink_held_t upto;
	uint64_t seq;
} pending_t;

struct inbox {
	inbox_spec_t spec;
	table_t *by_node; /* inbox_child_t * */
	inbox_child_t **children;
	size_t child_count, child_cap;
	void *pending_memory;
	ring_t pending;
	env_mailbox_t *bell;
	inbox_follower_t followers[INBOX_FOLLOWERS_MAX];
	size_t follower_count;
	uint64_t replayed; /* sequence of the record that was read last at the start */
};

/* ---- children */

static err_t keep_child(inbox_t *in, inbox_child_t *child)
{
	if (in->child_count == in->child_cap) {
		size_t cap = in->child_cap ? 2 * in->child_cap : FIRST_CHILDREN;
		inbox_child_t **rows = realloc(in->children, cap * sizeof(inbox_child_t *));
		if (!rows)
			return ERR_NO_MEMORY;
		in->children = rows;
		in->child_cap = cap;
	}
	in->children[in->child_count++] = child;
	return ERR_OK;
}

static err_t add_child(inbox_t *in, slice_t node, inbox_child_t **ret_child)
{
	void *slot = NULL;
	inbox_child_t *child = calloc(1, sizeof(*child));
	err_t err = child ? table_put(in->by_node, node, &slot, NULL) : ERR_NO_MEMORY;
	if (!err)
		err = keep_child(in, child);
	if (err) {
		if (slot)
			(void)table_remove(in->by_node, node);
		free(child);
		return err;
	}
	memcpy(child->node, node.ptr, node.len);
	child->node_len = node.len;
	*(inbox_child_t **)slot = child;
	*ret_child = child;
	return ERR_OK;
}

err_t inbox_child(inbox_t *in, slice_t node, inbox_child_t **ret_child)
{
	if (!node.len || node.len > UPLINK_NODE_MAX)
		return ERR_INVALID;
	inbox_child_t **known = table_get(in->by_node, node);
	if (!known)
		return add_child(in, node, ret_child);
	*ret_child = *known;
	return ERR_OK;
}

slice_t inbox_child_node(const inbox_child_t *child)
{
	return slice_of(child->node, child->node_len);
}

const inbox_stream_t *inbox_stream(const inbox_child_t *child, uplink_stream_t stream)
{
	const stream_t *s = child->streams[stream];
	return s ? &s->shown : NULL;
}

void inbox_child_set_owner(inbox_child_t *child, void *owner)
{
	child->owner = owner;
}

void *inbox_child_owner(const inbox_child_t *child)
{
	return child->owner;
}

size_t inbox_child_count(const inbox_t *in)
{
	return in->child_count;
}

inbox_child_t *inbox_child_at(const inbox_t *in, size_t i)
{
	return i < in->child_count ? in->children[i] : NULL;
}

static err_t make_stream(inbox_child_t *child, uplink_stream_t stream, stream_t **ret_stream)
{
	if (!child->streams[stream]) {
		stream_t *s = calloc(1, sizeof(*s));
		if (!s)
			return ERR_NO_MEMORY;
		s->shown.taken.stream = s->shown.durable.stream = (uint8_t)stream;
		child->streams[stream] = s;
	}
	*ret_stream = child->streams[stream];
	return ERR_OK;
}

/* ---- the chain */

/* The stream goes on by this batch. */
static void advance(stream_t *s, const uplink_envelope_t *e, const uplink_held_t *upto)
{
	inbox_stream_t *shown = &s->shown;
	if (shown->taken.epoch != e->epoch)
		s->recent_count = 0;
	shown->taken = *upto;
	shown->items += e->count;
	shown->batches++;
	if (e->to_ns > shown->newest_ns || shown->batches == 1)
		shown->newest_ns = e->to_ns;
	memcpy(shown->withheld, e->withheld, sizeof(shown->withheld));
	shown->withheld_count = e->withheld_count;
	s->recent[s->recent_count++ % INBOX_RECENT] = *upto;
}

/* Whether a batch that ends there, within what is held, says what is held. One that is older
 * than what is known by hash is believed. */
static bool says_the_same(const stream_t *s, const uplink_held_t *upto)
{
	size_t known = s->recent_count < INBOX_RECENT ? s->recent_count : INBOX_RECENT;
	uint64_t oldest = UINT64_MAX;
	for (size_t i = 0; i < known; i++) {
		const uplink_held_t *row = &s->recent[i];
		if (row->sequence == upto->sequence)
			return memcmp(row->hash, upto->hash, sizeof(row->hash)) == 0;
		oldest = row->sequence < oldest ? row->sequence : oldest;
	}
	return upto->sequence < oldest;
}

static inbox_answer_t refuse(uplink_reason_t reason)
{
	return (inbox_answer_t){ .verdict = INBOX_REFUSED, .reason = reason };
}

/* How the batch stands to what is held of its stream; `s` NULL: nothing is. */
static inbox_answer_t judge_chain(const stream_t *s, const uplink_envelope_t *e,
                                  const uplink_held_t *upto)
{
	static const uplink_held_t NOTHING;
	const uplink_held_t *taken = s ? &s->shown.taken : &NOTHING;
	if (e->epoch < taken->epoch)
		return refuse(UPLINK_REASON_EPOCH);
	bool is_new = e->epoch > taken->epoch;
	uint64_t last = is_new ? 0 : taken->sequence;
	if (e->first > last + 1)
		return refuse(UPLINK_REASON_GAP);
	if (e->first == last + 1) {
		bool joins = last == 0 || memcmp(e->before, taken->hash, sizeof(e->before)) == 0;
		inbox_answer_t next = { .verdict = INBOX_TAKEN,
			                .is_new_epoch = is_new && taken->epoch };
		return joins ? next : refuse(UPLINK_REASON_FORK);
	}
	if (upto->sequence > last || !says_the_same(s, upto))
		return refuse(UPLINK_REASON_FORK);
	return (inbox_answer_t){ .verdict = INBOX_DUPLICATE };
}

static uplink_reason_t reason_of(err_t err)
{
	return err == ERR_NEWER_FORMAT  ? UPLINK_REASON_NEWER
	       : err == ERR_UNSUPPORTED ? UPLINK_REASON_STREAM
	                                : UPLINK_REASON_MALFORMED;
}

/* All but what needs the journal. */
static inbox_answer_t judge(const inbox_child_t *child, seal_signer_t *signer, slice_t bytes,
                            uplink_batch_t *ret_batch)
{
	err_t err = uplink_batch_read(bytes, ret_batch);
	if (err) {
		inbox_answer_t answer = refuse(reason_of(err));
		answer.upto.stream = UPLINK_SESSION;
		return answer;
	}
	const uplink_envelope_t *e = &ret_batch->envelope;
	uplink_held_t upto = seal_held(ret_batch);
	inbox_answer_t answer;
	if (!slice_eq(e->node, inbox_child_node(child)))
		answer = refuse(UPLINK_REASON_NODE);
	else if (seal_check_node(signer, e->node, upto.hash, ret_batch->signature))
		answer = refuse(UPLINK_REASON_SIGNATURE);
	else
		answer = judge_chain(child->streams[e->stream], e, &upto);
	answer.first = e->first;
	answer.count = e->count;
	answer.upto = upto;
	return answer;
}

static err_t record(inbox_t *in, inbox_child_t *child, slice_t batch, uint64_t *ret_seq)
{
	uint8_t head[RECEIVED_HEAD_MAX];
	writer_t w = writer_of(head, sizeof(head));
	received_t received = { .child = inbox_child_node(child),
		                .at.ns = env_utc(env_loop_env(in->spec.loop)).ns };
	received_put(&received, &w);
	assert(!w.bad);
	slice_t parts[] = { writer_done(&w), batch };
	return journal_append(in->spec.journal, JOURNAL_RECEIVED, parts, 2, ret_seq);
}

static err_t take(inbox_t *in, inbox_child_t *child, slice_t bytes, const uplink_batch_t *batch,
                  const inbox_answer_t *answer)
{
	stream_t *s = NULL;
	pending_t pending = { .child = child, .upto = answer->upto };
	if (in->pending.count == in->pending.cap)
		return ERR_LIMIT;
	err_t err = make_stream(child, batch->envelope.stream, &s);
	if (!err)
		err = record(in, child, bytes, &pending.seq);
	if (err)
		return err;
	advance(s, &batch->envelope, &answer->upto);
	bool is_kept = ring_put(&in->pending, &pending);
	assert(is_kept);
	return ERR_OK;
}

static void count_trouble(inbox_child_t *child, const inbox_answer_t *answer)
{
	uint8_t stream = answer->upto.stream;
	stream_t *s = stream < UPLINK_STREAM_COUNT ? child->streams[stream] : NULL;
	if (s && answer->verdict == INBOX_DUPLICATE)
		s->shown.duplicates++;
	if (s && answer->verdict == INBOX_REFUSED)
		s->shown.refused++;
}

err_t inbox_offer(inbox_t *in, inbox_child_t *child, seal_signer_t *signer, slice_t bytes,
                  inbox_answer_t *ret_answer)
{
	uplink_batch_t batch;
	err_t err = journal_state(in->spec.journal);
	if (err)
		return err;
	inbox_answer_t answer = judge(child, signer, bytes, &batch);
	if (answer.verdict == INBOX_TAKEN)
		err = take(in, child, bytes, &batch, &answer);
	else
		count_trouble(child, &answer);
	if (!err)
		*ret_answer = answer;
	return err;
}

/* ---- what becomes durable */

static void move_one(inbox_t *in, const pending_t *pending)
{
	inbox_stream_t *shown = &pending->child->streams[pending->upto.stream]->shown;
	shown->durable = pending->upto;
	for (size_t i = 0; i < in->follower_count; i++)
		in->followers[i].moved(in->followers[i].ctx, pending->child, shown);
}

void inbox_catch_up(inbox_t *in)
{
	uint64_t durable = journal_durable(in->spec.journal);
	const pending_t *head = ring_at(&in->pending, 0);
	while (head && head->seq <= durable) {
		pending_t pending;
		if (ring_take(&in->pending, &pending))
			move_one(in, &pending);
		head = ring_at(&in->pending, 0);
	}
	for (size_t i = 0; i < in->follower_count; i++)
		in->followers[i].more(in->followers[i].ctx);
}

static void on_bell(void *ctx)
{
	inbox_t *in = ctx;
	uint64_t seq;
	while (env_mailbox_take(in->bell, &seq))
		;
	inbox_catch_up(in);
}

err_t inbox_follow(inbox_t *in, const inbox_follower_t *follower)
{
	if (in->follower_count == INBOX_FOLLOWERS_MAX)
		return ERR_LIMIT;
	in->followers[in->follower_count++] = *follower;
	return ERR_OK;
}

void inbox_unfollow(inbox_t *in, void *ctx)
{
	for (size_t i = 0; i < in->follower_count; i++)
		if (in->followers[i].ctx == ctx)
			in->followers[i--] = in->followers[--in->follower_count];
}

/* ---- begin and end */

static err_t replay_record(void *ctx, const journal_record_t *row)
{
	inbox_t *in = ctx;
	received_t received;
	uplink_batch_t batch;
	inbox_child_t *child = NULL;
	stream_t *s = NULL;
	in->replayed = row->seq;
	err_t err = received_read(row->payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (!err)
		err = inbox_child(in, received.child, &child);
	if (!err)
		err = make_stream(child, batch.envelope.stream, &s);
	if (err)
		return err == ERR_MALFORMED ? ERR_CORRUPT : err;
	uplink_held_t upto = seal_held(&batch);
	advance(s, &batch.envelope, &upto);
	s->shown.durable = upto;
	return ERR_OK;
}

static err_t raise_damage(err_detail_t *ret_detail, err_t err, uint64_t seq)
{
	static const err_text_t TEXT = {
		{ "record %1 of the journal tree is nothing received that can be read",
		  "tree 日志的第 %1 条记录不是可读的接收记录" },
		{ "put the journal back from a backup", "从备份恢复该日志" },
	};
	char number[24];
	writer_t w = writer_of(number, sizeof(number));
	wr_format(&w, "%llu", (unsigned long long)seq);
	return err_raise(ret_detail, err, &TEXT, "tree", number, NULL);
}

static err_t make_room(inbox_t *in)
{
	size_t pending = in->spec.pending_max;
	in->by_node = table_new(sizeof(inbox_child_t *), in->spec.children_max, 0);
	in->pending_memory = malloc(pending * sizeof(pending_t));
	if (!in->by_node || !in->pending_memory)
		return ERR_NO_MEMORY;
	in->pending = ring_of(in->pending_memory, sizeof(pending_t), pending);
	env_mailbox_spec_t bell = { .name = "inbox",
		                    .reader = in->spec.loop,
		                    .item_size = sizeof(uint64_t),
		                    .capacity = BELL_ROOM,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_bell,
		                    .ctx = in };
	return env_mailbox_new(&bell, &in->bell);
}

static err_t replay(inbox_t *in, err_detail_t *ret_detail)
{
	journal_follower_t follower = { .journal = in->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = replay_record,
		                        .ctx = in };
	err_t err = journal_replay(&follower);
	return err ? raise_damage(ret_detail, err, in->replayed)
	           : journal_subscribe(in->spec.journal, in->bell);
}

err_t inbox_open(const inbox_spec_t *spec, inbox_t **ret_inbox, err_detail_t *ret_detail)
{
	inbox_t *in = calloc(1, sizeof(*in));
	if (!in)
		return ERR_NO_MEMORY;
	in->spec = *spec;
	if (!in->spec.children_max)
		in->spec.children_max = CHILDREN_MAX;
	if (!in->spec.pending_max)
		in->spec.pending_max = PENDING_MAX;
	err_t err = make_room(in);
	if (!err)
		err = replay(in, ret_detail);
	if (err)
		inbox_close(in);
	else
		*ret_inbox = in;
	return err;
}

static void free_child(inbox_child_t *child)
{
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		free(child->streams[i]);
	free(child);
}

void inbox_close(inbox_t *in)
{
	if (!in)
		return;
	if (in->bell)
		journal_unsubscribe(in->spec.journal, in->bell);
	env_mailbox_free(in->bell);
	for (size_t i = 0; i < in->child_count; i++)
		free_child(in->children[i]);
	free(in->children);
	table_free(in->by_node);
	free(in->pending_memory);
	free(in);
}
