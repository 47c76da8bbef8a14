/* SPDX-License-Identifier: Apache-2.0 */
#include "release/feeder.h"

#include <stdlib.h>

#include "journal/follow.h"

enum {
	MARK_VERSION = 1,
	MARK_BYTES = 1 + 8 + 8 + 32,
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

typedef struct {
	uint8_t parent[UPLINK_NODE_MAX];
	release_lane_t spec; /* its parent is the copy */
	journal_cursor_t *cursor;
	journal_mark_t mark; /* behind what was judged */
	uplink_item_t items[ITEMS_MAX];
	uint32_t count; /* judged to go, not yet put */
	writer_t bodies;
	release_tally_t tally;
} lane_t;

struct release_feeder {
	release_feeder_spec_t spec;
	metrics_t metrics;
	lane_t *lanes;
	env_mailbox_t *bell;
	env_timer_t *retry;
};

_Static_assert((int)BODIES_MAX >= (int)RELEASE_BODY_MAX, "any body fits");
/* Beside bodies a batch has an envelope, times and lengths. */
_Static_assert((int)BODIES_MAX + ITEMS_MAX * 16 + 4096 <= (int)OUTBOX_BATCH_MAX, "as a batch");

/* ---- marks */

static slice_t mark_put(const journal_mark_t *mark, uint8_t room[MARK_BYTES])
{
	writer_t w = writer_of(room, MARK_BYTES);
	wr_u8(&w, MARK_VERSION);
	wr_u64_le(&w, mark->seq);
	wr_u64_le(&w, mark->epoch);
	wr_bytes(&w, slice_of(mark->hash, sizeof(mark->hash)));
	return writer_done(&w);
}

static err_t mark_read(slice_t bytes, journal_mark_t *ret_mark)
{
	reader_t r = reader_of(bytes);
	journal_mark_t mark;
	uint8_t version = rd_u8(&r);
	mark.seq = rd_u64_le(&r);
	mark.epoch = rd_u64_le(&r);
	slice_t hash = rd_take(&r, sizeof(mark.hash));
	if (r.bad || r.in.len || version != MARK_VERSION)
		return version > MARK_VERSION ? ERR_NEWER_FORMAT : ERR_CORRUPT;
	memcpy(mark.hash, hash.ptr, sizeof(mark.hash));
	*ret_mark = mark;
	return ERR_OK;
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
		             .stream = f->spec.stream,
		             .items = lane->items,
		             .count = lane->count,
		             .source = mark_put(&lane->mark, mark),
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
	lane->tally.withheld[class]++;
	metric_add(&f->metrics, METRIC_WITHHELD + class, 1);
}

/* False: its body does not fit into what is left of the batch; nothing has happened. */
static bool judge_record(release_feeder_t *f, lane_t *lane, const journal_record_t *record)
{
	int64_t ns = 0;
	writer_t body = writer_of(&lane->bodies.buf[lane->bodies.len],
	                          lane->bodies.cap - lane->bodies.len);
	release_verdict_t verdict = lane->spec.take(lane->spec.ctx, record, &body, &ns);
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

static err_t take_record(release_feeder_t *f, lane_t *lane, const journal_record_t *record)
{
	err_t err = ERR_OK;
	if (record->type == f->spec.type) {
		bool is_full = lane->count == ITEMS_MAX || !judge_record(f, lane, record);
		if (is_full)
			err = put_batch(f, lane);
		if (is_full && !err)
			(void)judge_record(f, lane, record);
	}
	if (!err)
		lane->mark = journal_cursor_mark(lane->cursor);
	return err;
}

/* No room, or no key that the parent has certified, yet. */
static bool is_passing(err_t err)
{
	return err == ERR_LIMIT || err == ERR_DISK_FULL || err == ERR_DENIED;
}

/* One turn: ERR_OK when more may be there, ERR_NOT_FOUND at the end of what is durable. */
static err_t walk(release_feeder_t *f, lane_t *lane)
{
	journal_record_t record;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < RELEASE_TURN_RECORDS; i++) {
		err = journal_cursor_next(lane->cursor, &record);
		if (!err)
			err = take_record(f, lane, &record);
	}
	return err;
}

/* The record that found no room was read, but it is not behind the mark: it comes again. */
static err_t step_back(release_feeder_t *f, lane_t *lane)
{
	journal_cursor_close(lane->cursor);
	lane->cursor = NULL;
	return journal_follow_open(f->spec.source, &lane->mark, JOURNAL_TYPE_BIT(f->spec.type),
	                           &lane->cursor);
}

static void turn(release_feeder_t *f, lane_t *lane)
{
	static const uint64_t AGAIN = 0;
	err_t err = walk(f, lane);
	if (err == ERR_NOT_FOUND)
		err = put_batch(f, lane);
	else if (!err)
		(void)env_mailbox_put(f->bell, &AGAIN);
	lane->tally.is_waiting = is_passing(err);
	lane->tally.fault = lane->tally.is_waiting ? step_back(f, lane) : err;
	if (lane->tally.is_waiting)
		env_timer_set(f->retry, RELEASE_RETRY_NS);
}

static void turn_all(void *ctx)
{
	release_feeder_t *f = ctx;
	int64_t waiting = 0, ended = 0;
	for (size_t i = 0; i < f->spec.lane_count; i++) {
		const release_tally_t *tally = &f->lanes[i].tally;
		if (!tally->fault)
			turn(f, &f->lanes[i]);
		waiting += tally->is_waiting;
		ended += tally->fault != ERR_OK;
	}
	metric_set(&f->metrics, METRIC_WAITING, waiting);
	metric_set(&f->metrics, METRIC_ENDED, ended);
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
	                                              f->spec.stream);
	err_t err = ERR_OK;
	if (stream)
		err = mark_read(slice_of(stream->source, stream->source_len), &lane->mark);
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
		err_t err = lane_open(f, &f->lanes[i], &specs[i]);
		if (!err)
			continue;
		(void)slice_to_cstr(specs[i].parent, name, sizeof(name));
		return err_raise(ret_detail, err, &TEXT, uplink_stream_name(f->spec.stream), name,
		                 err_info(err)->text[LANG_EN], NULL);
	}
	return ERR_OK;
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
	metrics_init(&f->metrics, METRICS, METRIC_COUNT);
	env_mailbox_spec_t bell = { .name = "release",
		                    .reader = spec->loop,
		                    .item_size = sizeof(uint64_t),
		                    .capacity = BELL_ROOM,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_bell,
		                    .ctx = f };
	err_t err = spec->lane_count <= OUTBOX_PARENTS_MAX ? ERR_OK : ERR_LIMIT;
	if (!err)
		err = open_lanes(f, spec->lanes, ret_detail);
	if (!err)
		err = env_timer_new(spec->loop, turn_all, f, &f->retry);
	if (!err)
		err = env_mailbox_new(&bell, &f->bell);
	if (!err)
		err = journal_subscribe(spec->source, f->bell);
	if (err) {
		release_feeder_close(f);
		return err;
	}
	(void)env_mailbox_put(f->bell, &BEGIN);
	*ret_feeder = f;
	return ERR_OK;
}

void release_feeder_close(release_feeder_t *f)
{
	if (!f)
		return;
	if (f->bell)
		journal_unsubscribe(f->spec.source, f->bell);
	env_mailbox_free(f->bell);
	env_timer_free(f->retry);
	for (size_t i = 0; f->lanes && i < f->spec.lane_count; i++) {
		journal_cursor_close(f->lanes[i].cursor);
		free(f->lanes[i].bodies.buf);
	}
	free(f->lanes);
	free(f);
}

release_tally_t release_feeder_tally(const release_feeder_t *f, size_t lane)
{
	return f->lanes[lane].tally;
}

const metrics_t *release_feeder_metrics(const release_feeder_t *f)
{
	return &f->metrics;
}

/* ---- what is taken */

release_verdict_t release_take_event(void *judge, const journal_record_t *record, writer_t *body,
                                     int64_t *ret_ns)
{
	event_t event;
	if (event_decode(record->payload, &event))
		return (release_verdict_t){ .class = UPLINK_CLASS_UNNAMED };
	event.seq = record->seq;
	*ret_ns = event.node.ns;
	return release_event(judge, &event, body);
}

release_verdict_t release_take_figure(void *figures, const journal_record_t *record, writer_t *body,
                                      int64_t *ret_ns)
{
	const release_figures_t *f = figures;
	release_lineage_t lineage = { 0 };
	figure_t figure;
	if (figure_decode(record->payload, &figure))
		return (release_verdict_t){ .class = UPLINK_CLASS_UNNAMED };
	f->lineage(f->ctx, &figure, &lineage);
	*ret_ns = figure.issued_ns;
	return release_figure(&f->judge, &figure, &lineage, body);
}
