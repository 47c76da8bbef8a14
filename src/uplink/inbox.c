/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/inbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/ring.h"
#include "base/table.h"
#include "env/file.h"
#include "journal/view_file.h"
#include "model/received.h"
#include "uplink/seal.h"

enum {
	BELL_ROOM = 4,
	CHILDREN_MAX = 8192,
	PENDING_MAX = 16384,
	FIRST_CHILDREN = 8,
	SAVE_EVERY = 65536,
	VIEW_PATH_MAX = 4096,
	/* Of the view: a child without its streams, a stream. */
	VIEW_CHILD_MAX = UPLINK_NODE_MAX + 12,
	VIEW_STREAM_MAX = 64 + UPLINK_CLASSES_MAX * 11 + INBOX_RECENT * (10 + UPLINK_HASH_BYTES),
};

static const view_file_t VIEW = { .magic = "JZINBOX", .version = 1 };

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
	bool is_open;
	uint64_t replayed, replayed_seq; /* records read at the start, and the last of them */
	char view[VIEW_PATH_MAX];        /* "": none is kept */
	journal_mark_t mark;             /* of the view */
	uint64_t unsaved;                /* records since */
};

/* ---- children */

static err_t keep_child(inbox_t *in, inbox_child_t *child)
{
	inbox_child_t **rows = grow_for(in->children, in->child_count + 1, &in->child_cap,
	                                sizeof(inbox_child_t *));
	if (!rows)
		return ERR_NO_MEMORY;
	in->children = rows;
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

uint64_t inbox_replayed(const inbox_t *in)
{
	return in->replayed;
}

size_t inbox_child_count(const inbox_t *in)
{
	return in->child_count;
}

inbox_child_t *inbox_child_at(const inbox_t *in, size_t i)
{
	return i < in->child_count ? in->children[i] : NULL;
}

static stream_t *new_stream(uplink_stream_t stream)
{
	stream_t *s = calloc(1, sizeof(*s));
	if (s)
		s->shown.taken.stream = s->shown.durable.stream = (uint8_t)stream;
	return s;
}

static err_t make_stream(inbox_child_t *child, uplink_stream_t stream, stream_t **ret_stream)
{
	if (!child->streams[stream])
		child->streams[stream] = new_stream(stream);
	*ret_stream = child->streams[stream];
	return child->streams[stream] ? ERR_OK : ERR_NO_MEMORY;
}

/* ---- the view */

static void free_child(inbox_child_t *child)
{
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		free(child->streams[i]);
	free(child);
}

static void write_stream(const stream_t *s, writer_t *w)
{
	const inbox_stream_t *shown = &s->shown;
	size_t known = s->recent_count < INBOX_RECENT ? s->recent_count : INBOX_RECENT;
	wr_u8(w, shown->taken.stream);
	wr_u64_le(w, shown->taken.epoch);
	wr_varint(w, shown->items);
	wr_varint(w, shown->batches);
	wr_zigzag(w, shown->newest_ns);
	wr_u8(w, (uint8_t)shown->withheld_count);
	for (size_t i = 0; i < shown->withheld_count; i++) {
		wr_u8(w, shown->withheld[i].class);
		wr_varint(w, shown->withheld[i].count);
	}
	wr_u8(w, (uint8_t)known);
	for (size_t i = s->recent_count - known; i < s->recent_count; i++) {
		const uplink_held_t *row = &s->recent[i % INBOX_RECENT];
		wr_varint(w, row->sequence);
		wr_bytes(w, slice_of(row->hash, sizeof(row->hash)));
	}
}

static uint8_t stream_count(const inbox_child_t *child)
{
	unsigned streams = 0;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		streams += child->streams[i] && child->streams[i]->recent_count;
	return (uint8_t)streams;
}

static void write_child(const inbox_child_t *child, writer_t *w)
{
	wr_string(w, inbox_child_node(child));
	wr_u8(w, stream_count(child));
	for (unsigned k = 0; k < UPLINK_STREAM_COUNT; k++)
		if (child->streams[k] && child->streams[k]->recent_count)
			write_stream(child->streams[k], w);
}

static void write_children(const inbox_t *in, writer_t *w)
{
	wr_varint(w, in->child_count);
	for (size_t i = 0; i < in->child_count; i++)
		write_child(in->children[i], w);
}

static size_t view_room(const inbox_t *in)
{
	size_t room = VIEW_FILE_HEAD + VIEW_FILE_CRC + 10;
	for (size_t i = 0; i < in->child_count; i++)
		room += VIEW_CHILD_MAX + stream_count(in->children[i]) * (size_t)VIEW_STREAM_MAX;
	return room;
}

/* Records of no type are taken: the mark moves to the durable end. */
static err_t move_mark(inbox_t *in)
{
	journal_follower_t follower = { .journal = in->spec.journal };
	return journal_follow(&follower, &in->mark);
}

/* The state must be that of the durable end. What fails costs a longer start, no more. */
static void save(inbox_t *in)
{
	size_t room = view_room(in);
	uint8_t *bytes = malloc(room);
	in->unsaved = 0;
	if (!bytes || move_mark(in)) {
		free(bytes);
		return;
	}
	writer_t w = writer_of(bytes, room);
	view_file_begin(&VIEW, &in->mark, &w);
	write_children(in, &w);
	view_file_end(&w);
	assert(!w.bad);
	(void)!env_file_save(env_loop_env(in->spec.loop), in->view, writer_done(&w));
	free(bytes);
}

static bool is_due(const inbox_t *in)
{
	return in->view[0] && in->unsaved >= in->spec.save_every;
}

static void read_recent(reader_t *r, stream_t *s)
{
	size_t known = rd_u8(r);
	r->bad = r->bad || known == 0 || known > INBOX_RECENT;
	for (size_t i = 0; !r->bad && i < known; i++) {
		uplink_held_t *row = &s->recent[s->recent_count++];
		row->stream = s->shown.taken.stream;
		row->epoch = s->shown.taken.epoch;
		row->sequence = rd_varint(r);
		slice_t hash = rd_take(r, UPLINK_HASH_BYTES);
		if (!r->bad)
			memcpy(row->hash, hash.ptr, hash.len);
	}
	if (!r->bad)
		s->shown.taken = s->shown.durable = s->recent[known - 1];
}

static void read_withheld(reader_t *r, inbox_stream_t *shown)
{
	shown->withheld_count = rd_u8(r);
	r->bad = r->bad || shown->withheld_count > UPLINK_CLASSES_MAX;
	for (size_t i = 0; !r->bad && i < shown->withheld_count; i++) {
		shown->withheld[i].class = rd_u8(r);
		shown->withheld[i].count = rd_varint(r);
	}
}

static err_t read_stream(reader_t *r, inbox_child_t *child)
{
	stream_t *s = NULL;
	uint8_t stream = rd_u8(r);
	if (r->bad || stream >= UPLINK_STREAM_COUNT || child->streams[stream])
		return ERR_CORRUPT;
	err_t err = make_stream(child, (uplink_stream_t)stream, &s);
	if (err)
		return err;
	s->shown.taken.epoch = rd_u64_le(r);
	s->shown.items = rd_varint(r);
	s->shown.batches = rd_varint(r);
	s->shown.newest_ns = rd_zigzag(r);
	read_withheld(r, &s->shown);
	read_recent(r, s);
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

static err_t read_child(inbox_t *in, reader_t *r)
{
	inbox_child_t *child = NULL;
	err_t err = inbox_child(in, rd_string(r), &child);
	uint8_t streams = rd_u8(r);
	for (uint8_t k = 0; !err && k < streams; k++)
		err = read_stream(r, child);
	return err;
}

static err_t read_children(inbox_t *in, reader_t *r)
{
	err_t err = ERR_OK;
	uint64_t count = rd_varint(r);
	for (uint64_t i = 0; !err && !r->bad && i < count; i++)
		err = read_child(in, r);
	return err ? err : r->bad || r->in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t read_view(inbox_t *in)
{
	env_map_t *map = NULL;
	reader_t r;
	err_t err = env_map_open(env_loop_env(in->spec.loop), in->view, &map);
	if (err)
		return err;
	err = view_file_open(&VIEW, env_map_bytes(map), &r, &in->mark);
	if (!err)
		err = read_children(in, &r);
	env_map_close(map);
	return err;
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
	if (in->pending.count == in->pending.cap || is_due(in))
		return ERR_LIMIT;
	err_t err = make_stream(child, batch->envelope.stream, &s);
	if (!err)
		err = record(in, child, bytes, &pending.seq);
	if (err)
		return err;
	advance(s, &batch->envelope, &answer->upto);
	bool is_kept = ring_put(&in->pending, &pending);
	assert(is_kept);
	in->unsaved++;
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
	if (is_due(in) && !in->pending.count)
		save(in);
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
	in->replayed++;
	in->replayed_seq = row->seq;
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

static void forget_all(inbox_t *in)
{
	while (in->child_count) {
		inbox_child_t *child = in->children[--in->child_count];
		(void)table_remove(in->by_node, inbox_child_node(child));
		free_child(child);
	}
	in->mark = (journal_mark_t){ 0 };
}

static err_t replay(inbox_t *in, err_detail_t *ret_detail)
{
	if (in->view[0] && read_view(in))
		forget_all(in);
	journal_follower_t follower = { .journal = in->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = replay_record,
		                        .ctx = in };
	err_t err = journal_follow(&follower, &in->mark);
	if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) { /* the view is not of this journal */
		forget_all(in);
		err = journal_follow(&follower, &in->mark);
	}
	if (err)
		return raise_damage(ret_detail, err, in->replayed_seq);
	in->unsaved = in->replayed;
	if (is_due(in))
		save(in);
	return journal_subscribe(in->spec.journal, in->bell);
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
	if (!in->spec.save_every)
		in->spec.save_every = SAVE_EVERY;
	bool is_named = slice_to_cstr(slice_str(spec->view), in->view, sizeof(in->view));
	err_t err = is_named ? make_room(in) : ERR_TOO_BIG;
	if (!err)
		err = replay(in, ret_detail);
	in->is_open = !err;
	if (err)
		inbox_close(in);
	else
		*ret_inbox = in;
	return err;
}

void inbox_close(inbox_t *in)
{
	if (!in)
		return;
	if (in->is_open && in->view[0] && in->unsaved && !in->pending.count)
		save(in);
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
