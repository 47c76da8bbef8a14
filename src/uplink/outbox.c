/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/outbox.h"

#include <stdlib.h>

#include "uplink/trail.h"
#include "uplink/seal.h"

enum { RELEASE_VERSION = 1, BELL_ROOM = 4 };

/* Where a record stands. */
typedef struct {
	uint64_t seq, at; /* seq 0: nowhere */
} spot_t;

typedef struct {
	outbox_stream_t shown;
	trail_t places;
	uplink_held_t receipted;
	uint64_t renew_above; /* the next batch begins an epoch above this; 0: it goes on */
	spot_t read;          /* of the batch that was read last, which ends at read_upto */
	uplink_held_t read_upto;
} stream_t;

typedef struct {
	uint8_t name[UPLINK_NODE_MAX];
	size_t name_len;
	stream_t streams[UPLINK_STREAM_COUNT];
} parent_row_t;

typedef struct {
	void (*more)(void *ctx);
	void *ctx;
} follower_t;

struct outbox {
	outbox_spec_t spec;
	uint8_t node[UPLINK_NODE_MAX];
	parent_row_t *parents[OUTBOX_PARENTS_MAX];
	size_t parent_count;
	follower_t followers[OUTBOX_FOLLOWERS_MAX];
	size_t follower_count;
	env_mailbox_t *bell;
	journal_cursor_t *log;    /* indexes what has become durable */
	journal_cursor_t *reader; /* jumps; what it read is valid until it jumps again */
	uint8_t *batch;           /* OUTBOX_BATCH_MAX bytes, where the next one is written */
	err_t fault;              /* why the log can be followed no more */
};

/* ---- parents and streams */

static parent_row_t *find_parent(const outbox_t *o, slice_t name)
{
	for (size_t i = 0; i < o->parent_count; i++)
		if (slice_eq(slice_of(o->parents[i]->name, o->parents[i]->name_len), name))
			return o->parents[i];
	return NULL;
}

static stream_t *find_stream(const outbox_t *o, slice_t parent, uplink_stream_t stream)
{
	parent_row_t *row = find_parent(o, parent);
	return row ? &row->streams[stream] : NULL;
}

static err_t add_parent(outbox_t *o, slice_t name, parent_row_t **ret_row)
{
	if (!name.len || name.len > UPLINK_NODE_MAX)
		return ERR_INVALID;
	if (o->parent_count == OUTBOX_PARENTS_MAX)
		return ERR_LIMIT;
	parent_row_t *row = calloc(1, sizeof(*row));
	if (!row)
		return ERR_NO_MEMORY;
	memcpy(row->name, name.ptr, name.len);
	row->name_len = name.len;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		row->streams[i].shown.last.stream = (uint8_t)i;
	o->parents[o->parent_count++] = row;
	*ret_row = row;
	return ERR_OK;
}

static err_t make_stream(outbox_t *o, slice_t parent, uplink_stream_t stream, stream_t **ret_stream)
{
	parent_row_t *row = find_parent(o, parent);
	err_t err = row ? ERR_OK : add_parent(o, parent, &row);
	if (!err)
		*ret_stream = &row->streams[stream];
	return err;
}

slice_t outbox_node(const outbox_t *o)
{
	return slice_of(o->node, o->spec.node.len);
}

const outbox_stream_t *outbox_stream(const outbox_t *o, slice_t parent, uplink_stream_t stream)
{
	const stream_t *s = find_stream(o, parent, stream);
	return s && s->shown.last.epoch ? &s->shown : NULL;
}

/* ---- what records say */

err_t outbox_release_read(slice_t payload, outbox_release_t *ret_release)
{
	reader_t r = reader_of(payload);
	uint8_t version = rd_u8(&r);
	if (version > RELEASE_VERSION)
		return ERR_NEWER_FORMAT;
	outbox_release_t release;
	release.parent = rd_string(&r);
	release.source = rd_string(&r);
	release.batch = r.in;
	if (r.bad || version != RELEASE_VERSION || !release.parent.len ||
	    release.parent.len > UPLINK_NODE_MAX || release.source.len > OUTBOX_SOURCE_MAX)
		return ERR_MALFORMED;
	*ret_release = release;
	return ERR_OK;
}

static void move_source(outbox_stream_t *shown, slice_t source)
{
	if (source.len)
		memcpy(shown->source, source.ptr, source.len);
	shown->source_len = source.len;
}

static void keep_withheld(outbox_stream_t *shown, const uplink_envelope_t *e)
{
	memcpy(shown->withheld, e->withheld, sizeof(shown->withheld));
	shown->withheld_count = e->withheld_count;
}

/* A record has become durable: it may be read from now on. */
static err_t index_record(outbox_t *o, const journal_record_t *record)
{
	outbox_release_t release;
	uplink_batch_t batch;
	stream_t *s = NULL;
	err_t err = outbox_release_read(record->payload, &release);
	if (!err)
		err = uplink_batch_read(release.batch, &batch);
	if (!err)
		err = make_stream(o, release.parent, batch.envelope.stream, &s);
	if (err)
		return err;
	const uplink_envelope_t *e = &batch.envelope;
	place_t place = { e->epoch, e->first, record->seq, record->at };
	outbox_stream_t *shown = &s->shown;
	shown->durable = (uplink_held_t){ .stream = (uint8_t)e->stream,
		                          .epoch = e->epoch,
		                          .sequence = e->first + e->count - 1 };
	shown->items += e->count;
	shown->bytes += release.batch.len;
	if (held_order(&shown->last, &shown->durable) < 0) {
		/* Found at the start, not put since. */
		shown->last = seal_held(&batch);
		move_source(shown, release.source);
		keep_withheld(shown, e);
	}
	return trail_add(&s->places, &place);
}

static err_t index_next(outbox_t *o, uint64_t *ret_seq)
{
	journal_record_t record;
	err_t err = journal_cursor_next(o->log, &record);
	if (err)
		return err;
	*ret_seq = record.seq;
	return record.type == JOURNAL_RELEASE ? index_record(o, &record) : ERR_OK;
}

static err_t index_more(outbox_t *o, uint64_t *ret_seq)
{
	err_t err = ERR_OK;
	while (!err)
		err = index_next(o, ret_seq);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void tell_followers(outbox_t *o)
{
	for (size_t i = 0; i < o->follower_count; i++)
		o->followers[i].more(o->followers[i].ctx);
}

static void on_bell(void *ctx)
{
	outbox_t *o = ctx;
	uint64_t seq;
	while (env_mailbox_take(o->bell, &seq))
		;
	if (!o->fault)
		o->fault = index_more(o, &seq);
	tell_followers(o);
}

err_t outbox_follow(outbox_t *o, void (*more)(void *ctx), void *ctx)
{
	if (o->follower_count == OUTBOX_FOLLOWERS_MAX)
		return ERR_LIMIT;
	o->followers[o->follower_count++] = (follower_t){ more, ctx };
	return ERR_OK;
}

void outbox_unfollow(outbox_t *o, void *ctx)
{
	for (size_t i = 0; i < o->follower_count; i++)
		if (o->followers[i].ctx == ctx)
			o->followers[i--] = o->followers[--o->follower_count];
}

void outbox_set_receipted(outbox_t *o, slice_t parent, const uplink_held_t *held)
{
	stream_t *s = find_stream(o, parent, (uplink_stream_t)held->stream);
	if (s)
		s->receipted = *held;
}

uint64_t outbox_keep_from(const outbox_t *o)
{
	uint64_t from = UINT64_MAX;
	for (size_t i = 0; i < o->parent_count; i++)
		for (unsigned k = 0; k < UPLINK_STREAM_COUNT; k++) {
			const stream_t *s = &o->parents[i]->streams[k];
			const uplink_held_t *at = &s->receipted;
			const place_t *place = trail_find(&s->places, at->epoch, at->sequence);
			if (!place && s->places.count)
				place = &s->places.rows[0];
			from = place && place->seq < from ? place->seq : from;
		}
	return from < UINT64_MAX ? from : journal_durable(o->spec.journal) + 1;
}

/* ---- begin and end */

static err_t raise_damage(err_detail_t *ret_detail, err_t err, uint64_t seq)
{
	static const err_text_t TEXT = {
		{ "record %1 of the journal tree is no release that can be read",
		  "tree 日志的第 %1 条记录不是可读的外发记录" },
		{ "put the journal back from a backup", "从备份恢复该日志" },
	};
	char number[24];
	writer_t w = writer_of(number, sizeof(number));
	wr_format(&w, "%llu", (unsigned long long)seq);
	return err_raise(ret_detail, err == ERR_MALFORMED ? ERR_CORRUPT : err, &TEXT, "tree",
	                 number, NULL);
}

static err_t open_journal(outbox_t *o, err_detail_t *ret_detail)
{
	journal_t *journal = o->spec.journal;
	uint64_t seq = 0;
	err_t err = journal_cursor_open(journal, journal_first(journal), &o->log);
	if (err)
		return err;
	journal_cursor_want(o->log, JOURNAL_TYPE_BIT(JOURNAL_RELEASE));
	err = index_more(o, &seq);
	if (err)
		return raise_damage(ret_detail, err, seq);
	err = journal_cursor_open(journal, 0, &o->reader);
	return err ? err : journal_subscribe(journal, o->bell);
}

err_t outbox_open(const outbox_spec_t *spec, outbox_t **ret_outbox, err_detail_t *ret_detail)
{
	outbox_t *o = calloc(1, sizeof(*o));
	if (!o)
		return ERR_NO_MEMORY;
	o->spec = *spec;
	err_t err = spec->node.len && spec->node.len <= UPLINK_NODE_MAX ? ERR_OK : ERR_INVALID;
	if (!err)
		memcpy(o->node, spec->node.ptr, spec->node.len);
	o->batch = malloc(OUTBOX_BATCH_MAX);
	if (!err && !o->batch)
		err = ERR_NO_MEMORY;
	env_mailbox_spec_t bell = { .name = "outbox",
		                    .reader = spec->loop,
		                    .item_size = sizeof(uint64_t),
		                    .capacity = BELL_ROOM,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_bell,
		                    .ctx = o };
	if (!err)
		err = env_mailbox_new(&bell, &o->bell);
	if (!err)
		err = open_journal(o, ret_detail);
	if (err)
		outbox_close(o);
	else
		*ret_outbox = o;
	return err;
}

static void free_parent(parent_row_t *row)
{
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		trail_free(&row->streams[i].places);
	free(row);
}

void outbox_close(outbox_t *o)
{
	if (!o)
		return;
	if (o->bell)
		journal_unsubscribe(o->spec.journal, o->bell);
	env_mailbox_free(o->bell);
	journal_cursor_close(o->log);
	journal_cursor_close(o->reader);
	for (size_t i = 0; i < o->parent_count; i++)
		free_parent(o->parents[i]);
	free(o->batch);
	free(o);
}

/* ---- put */

static uint64_t new_epoch(outbox_t *o, const stream_t *s)
{
	int64_t ns = env_utc(env_loop_env(o->spec.loop)).ns;
	uint64_t epoch = ns > 0 ? (uint64_t)ns : 1;
	if (epoch <= s->shown.last.epoch)
		epoch = s->shown.last.epoch + 1;
	return epoch > s->renew_above ? epoch : s->renew_above + 1;
}

static uplink_envelope_t envelope_of(outbox_t *o, const stream_t *s, const outbox_put_t *put)
{
	const uplink_held_t *last = &s->shown.last;
	uplink_envelope_t e = { .stream = put->stream,
		                .node = outbox_node(o),
		                .count = put->count,
		                .withheld_count = put->withheld_count };
	for (size_t i = 0; i < put->withheld_count; i++)
		e.withheld[i] = put->withheld[i];
	bool is_new = last->epoch == 0 || s->renew_above;
	e.epoch = is_new ? new_epoch(o, s) : last->epoch;
	e.first = is_new ? 1 : last->sequence + 1;
	if (!is_new)
		memcpy(e.before, last->hash, sizeof(e.before));
	return e;
}

/* *ret_held is where the batch ends. */
static err_t write_batch(const env_pkey_t *key, const uplink_envelope_t *e,
                         const uplink_item_t *items, writer_t *w, uplink_held_t *ret_held)
{
	uplink_batch_put(e, items, w);
	if (w->bad)
		return ERR_TOO_BIG;
	uplink_held_t held = { .stream = (uint8_t)e->stream,
		               .epoch = e->epoch,
		               .sequence = e->first + e->count - 1 };
	seal_hash(UPLINK_TAG_BATCH, writer_done(w), held.hash);
	*ret_held = held;
	return seal_sign(key, held.hash, w);
}

err_t outbox_put(outbox_t *o, const outbox_put_t *put, uint64_t *ret_seq)
{
	stream_t *s = NULL;
	uint8_t head[1 + 2 * 10 + UPLINK_NODE_MAX + OUTBOX_SOURCE_MAX];
	writer_t w = writer_of(head, sizeof(head)), b = writer_of(o->batch, OUTBOX_BATCH_MAX);
	uplink_held_t held;
	if (!put->count || put->count > UPLINK_ITEMS_MAX || put->source.len > OUTBOX_SOURCE_MAX ||
	    put->withheld_count > UPLINK_CLASSES_MAX)
		return ERR_INVALID;
	err_t err = make_stream(o, put->parent, put->stream, &s);
	if (err)
		return err;
	wr_u8(&w, RELEASE_VERSION);
	wr_string(&w, put->parent);
	wr_string(&w, put->source);
	uplink_envelope_t e = envelope_of(o, s, put);
	const env_pkey_t *key = o->spec.key_of(o->spec.key_ctx, put->parent);
	err = key ? write_batch(key, &e, put->items, &b, &held) : ERR_DENIED;
	slice_t parts[] = { writer_done(&w), writer_done(&b) };
	if (!err)
		err = journal_append(o->spec.journal, JOURNAL_RELEASE, parts, 2, ret_seq);
	if (err)
		return err;
	s->shown.last = held;
	s->renew_above = 0;
	move_source(&s->shown, put->source);
	keep_withheld(&s->shown, &e);
	return ERR_OK;
}

err_t outbox_renew(outbox_t *o, slice_t parent, uplink_stream_t stream, uint64_t above)
{
	stream_t *s = NULL;
	err_t err = make_stream(o, parent, stream, &s);
	if (err)
		return err;
	s->renew_above = above > s->shown.last.epoch ? above : s->shown.last.epoch;
	return s->renew_above ? ERR_OK : ERR_INVALID;
}

/* ---- read */

typedef struct {
	slice_t parent;
	uplink_stream_t stream;
	uplink_held_t from; /* the first batch that ends here or behind it is wanted */
} want_t;

/* Whether the record is of the stream and ends late enough. */
static bool is_wanted(const want_t *want, const journal_record_t *record, uplink_batch_t *ret_batch,
                      err_t *ret_err)
{
	outbox_release_t release;
	if (record->type != JOURNAL_RELEASE)
		return false;
	*ret_err = outbox_release_read(record->payload, &release);
	if (*ret_err || !slice_eq(release.parent, want->parent))
		return false;
	reader_t peek = reader_of(slice_from(release.batch, 1));
	if (rd_u8(&peek) != want->stream)
		return false;
	*ret_err = uplink_batch_read(release.batch, ret_batch);
	const uplink_envelope_t *e = &ret_batch->envelope;
	uplink_held_t end = { .epoch = e->epoch, .sequence = e->first + e->count - 1 };
	return !*ret_err && held_order(&end, &want->from) >= 0;
}

/* The nearest known place that is not behind what is wanted. */
static spot_t begin_at(const stream_t *s, const uplink_held_t *from)
{
	const place_t *place = trail_find(&s->places, from->epoch, from->sequence);
	if (!place)
		place = &s->places.rows[0];
	spot_t spot = { place->seq, place->at };
	bool is_nearer = s->read.seq > spot.seq && held_order(&s->read_upto, from) < 0;
	return is_nearer ? s->read : spot;
}

static err_t seek(outbox_t *o, stream_t *s, const want_t *want, uplink_batch_t *ret_batch)
{
	journal_record_t record;
	err_t bad = ERR_OK;
	spot_t spot = begin_at(s, &want->from);
	err_t err = journal_cursor_jump(o->reader, spot.seq, spot.at, &record);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_EXPIRED : err;
	while (!is_wanted(want, &record, ret_batch, &bad) && !bad && !err)
		err = journal_cursor_next(o->reader, &record);
	if (bad || err)
		return bad == ERR_MALFORMED ? ERR_CORRUPT : bad ? bad : err;
	s->read = (spot_t){ record.seq, record.at };
	const uplink_envelope_t *e = &ret_batch->envelope;
	s->read_upto = (uplink_held_t){ .epoch = e->epoch, .sequence = e->first + e->count - 1 };
	return ERR_OK;
}

err_t outbox_next(outbox_t *o, slice_t parent, uplink_stream_t stream, const uplink_held_t *held,
                  outbox_batch_t *ret_batch)
{
	stream_t *s = find_stream(o, parent, stream);
	uplink_batch_t batch;
	if (!s || held_order(&s->shown.durable, held) <= 0)
		return o->fault ? o->fault : ERR_NOT_FOUND;
	want_t want = { parent, stream, *held };
	want.from.sequence++;
	err_t err = seek(o, s, &want, &batch);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT
		                            : err; /* the index knows that there is one */
	bool is_same = batch.envelope.epoch == held->epoch;
	if (batch.envelope.first != (is_same ? held->sequence : 0) + 1)
		return ERR_EXPIRED;
	*ret_batch = (outbox_batch_t){
		.upto = seal_held(&batch),
		.count = batch.envelope.count,
		.from_ns = batch.envelope.from_ns,
		.bytes = slice_of(batch.hashed.ptr, batch.hashed.len + batch.signature.len),
	};
	return ERR_OK;
}

err_t outbox_check(outbox_t *o, slice_t parent, uplink_stream_t stream, const uplink_held_t *held)
{
	stream_t *s = find_stream(o, parent, stream);
	uplink_batch_t batch;
	if (held->epoch == 0 || held->sequence == 0)
		return ERR_OK;
	if (!s || held_order(&s->shown.durable, held) < 0)
		return ERR_INVALID;
	want_t want = { parent, stream, *held };
	err_t err = seek(o, s, &want, &batch);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	const uplink_envelope_t *e = &batch.envelope;
	if (e->epoch != held->epoch || e->first > held->sequence)
		return ERR_OK; /* of an epoch, or an end of one, that a copy put back does not have
		                */
	uplink_held_t ours = seal_held(&batch);
	bool is_same = ours.sequence == held->sequence &&
	               memcmp(ours.hash, held->hash, sizeof(ours.hash)) == 0;
	return is_same ? ERR_OK : ERR_CONFLICT;
}
