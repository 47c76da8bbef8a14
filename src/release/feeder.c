/* SPDX-License-Identifier: Apache-2.0 */
#include "release/feeder.h"

#include <stdlib.h>

#include "env/crypto.h"
#include "journal/follow.h"
#include "model/received.h"

enum {
	MARK_VERSION = 2,
	SOURCE_BYTES = 8 + 8 + 32 + 4,
	MARK_BYTES = 1 + 8 + RELEASE_SOURCES * SOURCE_BYTES,
	ITEMS_MAX = 1024,
	BODIES_MAX = 512 << 10,
	BELL_ROOM = 2,
};

#define FEEDER_METRIC_ROWS(X) \
	X(RELEASED, "released_total", "Items that were put into the outbox", COUNTER) \
	X(WAITING, "lanes_waiting", "Parents for whom the outbox takes nothing now", GAUGE) \
	X(ENDED, "lanes_ended", "Parents that are fed no more, for a fault", GAUGE)

#define X(id, name, help, kind) METRIC_##id,
enum { FEEDER_METRIC_ROWS(X) METRIC_WITHHELD, METRIC_COUNT = METRIC_WITHHELD + UPLINK_CLASS_COUNT };
#undef X

/* The last rows are by class. */
static const metric_row_t METRICS[METRIC_COUNT] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	FEEDER_METRIC_ROWS(X)
#undef X
#define X(id, word, en, zh) { "withheld_" word "_total", "Withheld: " en, METRIC_COUNTER },
		UPLINK_CLASS_ROWS(X)
#undef X
};

/* How far a journal was judged. */
typedef struct {
	journal_cursor_t *cursor; /* NULL: the lane asks nothing of it */
	journal_mark_t mark;      /* behind what was judged whole */
	uint32_t items;           /* of the next wanted record that were judged, too */
} walk_t;

typedef struct {
	uint8_t parent[UPLINK_NODE_MAX];
	release_lane_t spec; /* its parent is the copy */
	walk_t walks[RELEASE_SOURCES];
	int64_t made_ns; /* end of the period that the maker was asked about last */
	uint8_t made[SHA256_BYTES];
	uplink_item_t items[ITEMS_MAX];
	uint32_t count; /* judged to go, not yet put */
	writer_t bodies;
	size_t budget; /* left of this turn at a journal */
	release_tally_t tally;
} lane_t;

struct release_feeder {
	release_feeder_spec_t spec;
	env_t *env;
	metrics_t metrics;
	lane_t *lanes;
	bool has_makers;
	env_mailbox_t *bell;
	env_timer_t *retry;
};

_Static_assert((int)BODIES_MAX >= (int)RELEASE_BODY_MAX, "any body fits");
/* Beside bodies a batch has an envelope, times and lengths. */
_Static_assert((int)BODIES_MAX + ITEMS_MAX * 16 + 4096 <= (int)OUTBOX_BATCH_MAX, "as a batch");
_Static_assert((int)MARK_BYTES <= (int)OUTBOX_SOURCE_MAX, "the mark fits");

/* ---- marks */

static slice_t mark_put(const lane_t *lane, uint8_t room[MARK_BYTES])
{
	writer_t w = writer_of(room, MARK_BYTES);
	wr_u8(&w, MARK_VERSION);
	wr_u64_le(&w, (uint64_t)lane->made_ns);
	for (size_t i = 0; i < RELEASE_SOURCES; i++) {
		const walk_t *walk = &lane->walks[i];
		wr_u64_le(&w, walk->mark.seq);
		wr_u64_le(&w, walk->mark.epoch);
		wr_bytes(&w, slice_of(walk->mark.hash, sizeof(walk->mark.hash)));
		wr_u32_le(&w, walk->items);
	}
	return writer_done(&w);
}

static void walk_read(reader_t *r, walk_t *walk)
{
	walk->mark.seq = rd_u64_le(r);
	walk->mark.epoch = rd_u64_le(r);
	slice_t hash = rd_take(r, sizeof(walk->mark.hash));
	walk->items = rd_u32_le(r);
	if (!r->bad)
		memcpy(walk->mark.hash, hash.ptr, sizeof(walk->mark.hash));
}

static err_t mark_read(slice_t bytes, lane_t *lane)
{
	reader_t r = reader_of(bytes);
	uint8_t version = rd_u8(&r);
	if (version != MARK_VERSION)
		return version > MARK_VERSION ? ERR_NEWER_FORMAT : ERR_CORRUPT;
	lane->made_ns = (int64_t)rd_u64_le(&r);
	for (size_t i = 0; i < RELEASE_SOURCES; i++)
		walk_read(&r, &lane->walks[i]);
	return r.bad || r.in.len ? ERR_CORRUPT : ERR_OK;
}

/* ---- a batch */

/* Classes of a newer version, which an older node has no counter for, are told no more. */
static size_t withheld_list(const lane_t *lane, uplink_withheld_t list[UPLINK_CLASS_COUNT])
{
	size_t count = 0;
	for (size_t i = 0; i < UPLINK_CLASS_COUNT; i++)
		if (lane->tally.withheld[i])
			list[count++] = (uplink_withheld_t){ (uint8_t)i, lane->tally.withheld[i] };
	return count;
}

/* Puts what goes, and how far the source was judged. Nothing has happened on failure. */
static err_t put_batch(release_feeder_t *f, lane_t *lane)
{
	uplink_withheld_t withheld[UPLINK_CLASS_COUNT];
	uint8_t mark[MARK_BYTES];
	uint64_t seq;
	if (lane->count == 0)
		return ERR_OK;
	outbox_put_t put = { .parent = lane->spec.parent,
		             .stream = lane->spec.stream,
		             .items = lane->items,
		             .count = lane->count,
		             .source = mark_put(lane, mark),
		             .withheld = withheld,
		             .withheld_count = withheld_list(lane, withheld) };
	err_t err = outbox_put(f->spec.outbox, &put, &seq);
	if (err)
		return err;
	lane->tally.released += lane->count;
	metric_add(&f->metrics, METRIC_RELEASED, lane->count);
	lane->count = 0;
	lane->bodies.len = 0;
	return ERR_OK;
}

/* ---- judging */

static void withhold(release_feeder_t *f, lane_t *lane, uplink_class_t class)
{
	if (class == UPLINK_CLASS_COUNT)
		return;
	lane->tally.withheld[class]++;
	metric_add(&f->metrics, METRIC_WITHHELD + class, 1);
}

/* False: its body does not fit into what is left of the batch; nothing has happened. */
static bool judge_item(release_feeder_t *f, lane_t *lane, const release_item_t *item)
{
	int64_t ns = 0;
	writer_t body = writer_of(&lane->bodies.buf[lane->bodies.len],
	                          lane->bodies.cap - lane->bodies.len);
	if (lane->count == ITEMS_MAX)
		return false;
	release_verdict_t verdict = lane->spec.take(lane->spec.ctx, item, &body, &ns);
	if (!verdict.goes) {
		withhold(f, lane, verdict.class);
		return true;
	}
	if (body.bad && lane->bodies.len)
		return false;
	if (body.bad) {
		withhold(f, lane, UPLINK_CLASS_DROPPED);
		return true;
	}
	lane->bodies.len += body.len;
	lane->items[lane->count++] = (uplink_item_t){ ns, writer_done(&body) };
	return true;
}

/* The next item of the record; a batch that is full goes before it. */
static err_t take_item(release_feeder_t *f, lane_t *lane, walk_t *walk, const release_item_t *item)
{
	if (!judge_item(f, lane, item)) {
		err_t err = put_batch(f, lane);
		if (err)
			return err;
		(void)judge_item(f, lane, item);
	}
	walk->items++;
	lane->budget -= lane->budget > 0;
	return ERR_OK;
}

/* The inbox took it, so that it can be read. */
static err_t take_batch(release_feeder_t *f, lane_t *lane, walk_t *walk,
                        const journal_record_t *record)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t found;
	err_t err = received_read(record->payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (err)
		return err == ERR_NEWER_FORMAT ? err : ERR_CORRUPT;
	if (batch.envelope.stream != lane->spec.stream)
		return ERR_OK;
	release_item_t item = { .parent = lane->spec.parent,
		                .seq = record->seq,
		                .child = received.child };
	uplink_items_t items = uplink_items_of(&batch);
	for (uint32_t i = 0; !err && uplink_item_next(&items, &found); i++) {
		item.ns = found.ns;
		item.body = found.body;
		if (i >= walk->items)
			err = take_item(f, lane, walk, &item);
	}
	return err;
}

/* A type of a newer version may share its bit. */
static bool is_wanted(uint64_t types, journal_type_t type)
{
	return type < JOURNAL_TYPE_COUNT && JOURNAL_TYPE_BIT(type) & types;
}

static err_t take_record(release_feeder_t *f, lane_t *lane, release_source_t source,
                         const journal_record_t *record)
{
	walk_t *walk = &lane->walks[source];
	err_t err = ERR_OK;
	if (is_wanted(lane->spec.types[source], record->type)) {
		release_item_t own = { .parent = lane->spec.parent,
			               .seq = record->seq,
			               .body = record->payload };
		err = record->type == JOURNAL_RECEIVED ? take_batch(f, lane, walk, record)
		                                       : take_item(f, lane, walk, &own);
		if (!err)
			walk->items = 0;
	}
	if (!err)
		walk->mark = journal_cursor_mark(walk->cursor);
	return err;
}

/* No room, or no key that the parent has certified, yet. */
static bool is_passing(err_t err)
{
	return err == ERR_LIMIT || err == ERR_DISK_FULL || err == ERR_DENIED;
}

/* ERR_OK when more may be there, ERR_NOT_FOUND at the end of what is durable. */
static err_t walk_on(release_feeder_t *f, lane_t *lane, release_source_t source)
{
	journal_record_t record;
	err_t err = lane->walks[source].cursor ? ERR_OK : ERR_NOT_FOUND;
	while (!err && lane->budget > 0) {
		err = journal_cursor_next(lane->walks[source].cursor, &record);
		lane->budget--;
		if (!err)
			err = take_record(f, lane, source, &record);
	}
	return err;
}

/* The record that found no room was read, but it is not behind the mark: it comes again. */
static err_t step_back(release_feeder_t *f, lane_t *lane)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < RELEASE_SOURCES && !err; i++) {
		walk_t *walk = &lane->walks[i];
		journal_cursor_close(walk->cursor);
		walk->cursor = NULL;
		if (lane->spec.types[i])
			err = journal_follow_open(f->spec.journals[i], &walk->mark,
			                          lane->spec.types[i], &walk->cursor);
	}
	return err;
}

/* ---- what is made */

/* A clock that was far ahead when a period was made does not end the making. */
static bool is_due(release_feeder_t *f, lane_t *lane, int64_t *ret_to_ns)
{
	int64_t period_ns = lane->spec.maker.period_ns, now_ns = env_utc(f->env).ns;
	if (!lane->spec.maker.make || now_ns < period_ns)
		return false;
	*ret_to_ns = now_ns - now_ns % period_ns;
	return *ret_to_ns > lane->made_ns || lane->made_ns > now_ns + period_ns;
}

static void take_made(lane_t *lane, int64_t to_ns, const writer_t *body)
{
	uint8_t made[SHA256_BYTES];
	slice_t bytes = writer_done(body);
	lane->made_ns = to_ns;
	env_sha256(&bytes, 1, made);
	if (lane->spec.maker.only_changes && memcmp(made, lane->made, sizeof(made)) == 0)
		return;
	memcpy(lane->made, made, sizeof(made));
	lane->bodies.len += bytes.len;
	lane->items[lane->count++] = (uplink_item_t){ to_ns, bytes };
}

/* In a batch of its own, so that there is room for it. */
static err_t make(release_feeder_t *f, lane_t *lane)
{
	const release_maker_t *maker = &lane->spec.maker;
	int64_t to_ns = 0;
	if (!is_due(f, lane, &to_ns))
		return ERR_OK;
	err_t err = put_batch(f, lane);
	if (err)
		return err;
	writer_t body = writer_of(lane->bodies.buf, lane->bodies.cap);
	bool is_told = maker->make(maker->ctx, to_ns - maker->period_ns, to_ns, &body);
	lane->made_ns = to_ns;
	if (is_told && body.bad)
		withhold(f, lane, UPLINK_CLASS_DROPPED);
	else if (is_told)
		take_made(lane, to_ns, &body);
	return put_batch(f, lane);
}

/* ---- turns */

/* ERR_OK when more may be there. */
static err_t turn(release_feeder_t *f, lane_t *lane)
{
	err_t err = make(f, lane);
	bool is_end = true;
	for (size_t i = 0; i < RELEASE_SOURCES && !err; i++) {
		lane->budget = RELEASE_TURN_ITEMS;
		err = walk_on(f, lane, (release_source_t)i);
		is_end = is_end && err == ERR_NOT_FOUND;
		if (err == ERR_NOT_FOUND)
			err = ERR_OK;
	}
	if (!err && is_end)
		err = put_batch(f, lane);
	return !err && is_end ? ERR_NOT_FOUND : err;
}

static void turn_lane(release_feeder_t *f, lane_t *lane)
{
	static const uint64_t AGAIN = 0;
	err_t err = turn(f, lane);
	if (!err)
		(void)env_mailbox_put(f->bell, &AGAIN);
	lane->tally.is_waiting = is_passing(err);
	if (lane->tally.is_waiting)
		lane->tally.fault = step_back(f, lane);
	else if (err && err != ERR_NOT_FOUND)
		lane->tally.fault = err;
}

static void turn_all(void *ctx)
{
	release_feeder_t *f = ctx;
	int64_t waiting = 0, ended = 0;
	for (size_t i = 0; i < f->spec.lane_count; i++) {
		const release_tally_t *tally = &f->lanes[i].tally;
		if (!tally->fault)
			turn_lane(f, &f->lanes[i]);
		waiting += tally->is_waiting;
		ended += tally->fault != ERR_OK;
	}
	metric_set(&f->metrics, METRIC_WAITING, waiting);
	metric_set(&f->metrics, METRIC_ENDED, ended);
	if (waiting || f->has_makers)
		env_timer_set(f->retry, RELEASE_RETRY_NS);
}

static void on_bell(void *ctx)
{
	release_feeder_t *f = ctx;
	uint64_t seq;
	while (env_mailbox_take(f->bell, &seq))
		;
	turn_all(f);
}

/* ---- begin and end */

static err_t lane_resume(release_feeder_t *f, lane_t *lane)
{
	const outbox_stream_t *stream = outbox_stream(f->spec.outbox, lane->spec.parent,
	                                              lane->spec.stream);
	err_t err = ERR_OK;
	if (stream)
		err = mark_read(slice_of(stream->source, stream->source_len), lane);
	for (size_t i = 0; stream && i < stream->withheld_count; i++)
		if (stream->withheld[i].class < UPLINK_CLASS_COUNT)
			lane->tally.withheld[stream->withheld[i].class] = stream->withheld[i].count;
	return err ? err : step_back(f, lane);
}

static err_t lane_open(release_feeder_t *f, lane_t *lane, const release_lane_t *spec)
{
	if (spec->parent.len == 0 || spec->parent.len > sizeof(lane->parent))
		return ERR_INVALID;
	memcpy(lane->parent, spec->parent.ptr, spec->parent.len);
	lane->spec = *spec;
	lane->spec.parent = slice_of(lane->parent, spec->parent.len);
	uint8_t *room = malloc(BODIES_MAX);
	if (!room)
		return ERR_NO_MEMORY;
	lane->bodies = writer_of(room, BODIES_MAX);
	return lane_resume(f, lane);
}

/* A second lane would read the mark of the first. */
static bool is_twice(const release_lane_t *specs, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (specs[k].stream == specs[i].stream &&
		    slice_eq(specs[k].parent, specs[i].parent))
			return true;
	return false;
}

static err_t open_lanes(release_feeder_t *f, const release_lane_t *specs, err_detail_t *ret_detail)
{
	static const err_text_t TEXT = {
		{ "what goes to %1 cannot be taken up where it was left: %2",
		  "无法从上次位置继续向 %1 上报：%2" },
		{ "put the journals back from one backup", "请从同一备份恢复各日志" },
	};
	char name[UPLINK_NODE_MAX + 1];
	f->lanes = calloc(f->spec.lane_count ? f->spec.lane_count : 1, sizeof(*f->lanes));
	if (!f->lanes)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < f->spec.lane_count; i++) {
		err_t err = is_twice(specs, i) ? ERR_EXISTS : lane_open(f, &f->lanes[i], &specs[i]);
		f->has_makers = f->has_makers || specs[i].maker.make;
		if (!err)
			continue;
		(void)slice_to_cstr(specs[i].parent, name, sizeof(name));
		return err_raise(ret_detail, err, &TEXT, uplink_stream_name(specs[i].stream), name,
		                 err_info(err)->text[LANG_EN], NULL);
	}
	return ERR_OK;
}

static err_t ring(release_feeder_t *f)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < RELEASE_SOURCES && !err; i++)
		if (f->spec.journals[i])
			err = journal_subscribe(f->spec.journals[i], f->bell);
	return err;
}

err_t release_feeder_open(const release_feeder_spec_t *spec, release_feeder_t **ret_feeder,
                          err_detail_t *ret_detail)
{
	static const uint64_t BEGIN = 0;
	release_feeder_t *f = calloc(1, sizeof(*f));
	if (!f)
		return ERR_NO_MEMORY;
	f->spec = *spec;
	f->spec.lanes = NULL;
	f->env = env_loop_env(spec->loop);
	metrics_init(&f->metrics, METRICS, METRIC_COUNT);
	env_mailbox_spec_t bell = { .name = "release",
		                    .reader = spec->loop,
		                    .item_size = sizeof(uint64_t),
		                    .capacity = BELL_ROOM,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_bell,
		                    .ctx = f };
	err_t err = spec->lane_count <= RELEASE_LANES_MAX ? ERR_OK : ERR_LIMIT;
	if (!err)
		err = open_lanes(f, spec->lanes, ret_detail);
	if (!err)
		err = env_timer_new(spec->loop, turn_all, f, &f->retry);
	if (!err)
		err = env_mailbox_new(&bell, &f->bell);
	if (!err)
		err = ring(f);
	if (err) {
		release_feeder_close(f);
		return err;
	}
	(void)env_mailbox_put(f->bell, &BEGIN);
	*ret_feeder = f;
	return ERR_OK;
}

static void lane_close(lane_t *lane)
{
	for (size_t i = 0; i < RELEASE_SOURCES; i++)
		journal_cursor_close(lane->walks[i].cursor);
	free(lane->bodies.buf);
}

void release_feeder_close(release_feeder_t *f)
{
	if (!f)
		return;
	for (size_t i = 0; f->bell && i < RELEASE_SOURCES; i++)
		if (f->spec.journals[i])
			journal_unsubscribe(f->spec.journals[i], f->bell);
	env_mailbox_free(f->bell);
	env_timer_free(f->retry);
	for (size_t i = 0; f->lanes && i < f->spec.lane_count; i++)
		lane_close(&f->lanes[i]);
	free(f->lanes);
	free(f);
}

const release_lane_t *release_feeder_lane(const release_feeder_t *f, size_t lane)
{
	return lane < f->spec.lane_count ? &f->lanes[lane].spec : NULL;
}

release_tally_t release_feeder_tally(const release_feeder_t *f, size_t lane)
{
	return f->lanes[lane].tally;
}

const metrics_t *release_feeder_metrics(const release_feeder_t *f)
{
	return &f->metrics;
}
