/* SPDX-License-Identifier: Apache-2.0 */
#include "release/relay.h"

#include "model/census.h"
#include "model/handling.h"

#define FROM(type) JOURNAL_TYPE_BIT(JOURNAL_##type)

/* What a stream is made of. */
typedef struct {
	uint64_t types[RELEASE_SOURCES];
	release_take_t take;
} stream_t;

static const stream_t STREAMS[UPLINK_STREAM_COUNT] = {
	[UPLINK_EVENTS] = { { FROM(EVENT), FROM(RECEIVED) }, release_take_event },
	[UPLINK_HANDLING] = { { 0, FROM(HANDLING) | FROM(RECEIVED) }, release_take_handling },
	[UPLINK_HEALTH] = { { 0, FROM(RECEIVED) }, release_take_passed },
	[UPLINK_INDICATORS] = { { 0, FROM(FIGURE) }, release_take_figure },
	[UPLINK_COUNTERS] = { { 0, 0 }, NULL },
	[UPLINK_IDENTIFIERS] = { { 0, FROM(RECEIVED) }, release_take_passed },
	[UPLINK_ASSETS] = { { 0, FROM(RECEIVED) }, release_take_passed },
	[UPLINK_DEVICES] = { { 0, FROM(CENSUS) | FROM(RECEIVED) }, release_take_devices },
};

/* ---- what is taken */

static const release_verdict_t GOES = { .goes = true };

static release_verdict_t stays(uplink_class_t class)
{
	return (release_verdict_t){ .class = class };
}

/* Whether what an origin said may go on to this parent by this node. */
static release_verdict_t judge_origin(const release_judge_t *judge, const release_item_t *item)
{
	reader_t r = reader_of(item->body);
	slice_t origin = rd_string(&r);
	if (r.bad || origin.len == 0 || origin.len > UPLINK_NODE_MAX || !uplink_text_ok(origin))
		return stays(UPLINK_CLASS_UNNAMED);
	if (slice_eq(origin, item->parent))
		return stays(UPLINK_CLASS_COUNT);
	return item->child.len && slice_eq(origin, judge->node) ? stays(UPLINK_CLASS_UNNAMED)
	                                                        : GOES;
}

/* The same bytes. */
static release_verdict_t pass(const release_item_t *item, writer_t *body, int64_t *ret_ns)
{
	wr_bytes(body, item->body);
	*ret_ns = item->ns;
	return GOES;
}

static release_verdict_t take_own_event(const release_judge_t *judge, const release_item_t *item,
                                        writer_t *body, int64_t *ret_ns)
{
	event_t event;
	if (event_decode(item->body, &event))
		return stays(UPLINK_CLASS_UNNAMED);
	event.seq = item->seq;
	*ret_ns = event.node.ns;
	return release_event(judge, &event, body);
}

release_verdict_t release_take_event(void *judge, const release_item_t *item, writer_t *body,
                                     int64_t *ret_ns)
{
	const release_judge_t *by = judge;
	event_t event;
	slice_t origin;
	if (item->child.len == 0)
		return take_own_event(by, item, body, ret_ns);
	release_verdict_t verdict = judge_origin(by, item);
	if (verdict.goes && event_item_read(item->body, &origin, &event))
		return stays(UPLINK_CLASS_UNNAMED);
	if (verdict.goes)
		verdict = release_event_passes(by->contract, &event);
	return verdict.goes ? pass(item, body, ret_ns) : verdict;
}

release_verdict_t release_take_handling(void *judge, const release_item_t *item, writer_t *body,
                                        int64_t *ret_ns)
{
	handling_item_t step;
	release_verdict_t verdict = judge_origin(judge, item);
	if (verdict.goes && handling_item_read(item->body, &step))
		return stays(UPLINK_CLASS_UNNAMED);
	if (!verdict.goes)
		return verdict;
	(void)pass(item, body, ret_ns);
	if (item->child.len == 0)
		*ret_ns = step.is_funnel ? step.funnel.told_ns : step.step.when_ns;
	return verdict;
}

release_verdict_t release_take_devices(void *judge, const release_item_t *item, writer_t *body,
                                       int64_t *ret_ns)
{
	census_item_t rows;
	release_verdict_t verdict = judge_origin(judge, item);
	if (verdict.goes && census_item_read(item->body, &rows))
		return stays(UPLINK_CLASS_UNNAMED);
	if (!verdict.goes)
		return verdict;
	*ret_ns = item->child.len ? item->ns : rows.saying.told_ns;
	if (item->child.len == 0)
		wr_bytes(body, item->body);
	else if (census_item_pass(item->body, body))
		return stays(UPLINK_CLASS_DROPPED);
	return verdict;
}

release_verdict_t release_take_passed(void *judge, const release_item_t *item, writer_t *body,
                                      int64_t *ret_ns)
{
	release_verdict_t verdict = judge_origin(judge, item);
	return verdict.goes ? pass(item, body, ret_ns) : verdict;
}

release_verdict_t release_take_figure(void *figures, const release_item_t *item, writer_t *body,
                                      int64_t *ret_ns)
{
	const release_figures_t *f = figures;
	release_lineage_t lineage = { 0 };
	figure_t figure;
	if (figure_decode(item->body, &figure))
		return stays(UPLINK_CLASS_UNNAMED);
	f->lineage(f->ctx, &figure, &lineage);
	*ret_ns = figure.issued_ns;
	return release_figure(&f->judge, &figure, &lineage, body);
}

/* ---- lanes */

static bool is_fed(const relay_spec_t *spec, const relay_parent_t *to, uplink_stream_t stream)
{
	return release_stream_goes(to->judge->contract, stream) &&
	       (STREAMS[stream].take || spec->makers[stream].make);
}

static size_t list_lanes(const relay_spec_t *spec, const relay_parent_t *to, release_lane_t *lanes)
{
	size_t count = 0;
	for (uplink_stream_t stream = 0; stream < UPLINK_STREAM_COUNT; stream++) {
		const stream_t *of = &STREAMS[stream];
		if (!is_fed(spec, to, stream))
			continue;
		lanes[count++] = (release_lane_t){
			.parent = to->parent,
			.stream = stream,
			.types = { of->types[RELEASE_MAIN], of->types[RELEASE_TREE] },
			.take = of->take,
			.ctx = stream == UPLINK_INDICATORS ? (void *)to->figures : to->judge,
			.maker = spec->makers[stream],
		};
	}
	return count;
}

err_t relay_open(const relay_spec_t *spec, release_feeder_t **ret_feeder, err_detail_t *ret_detail)
{
	release_lane_t lanes[RELEASE_LANES_MAX];
	release_feeder_spec_t feeder = { .loop = spec->loop,
		                         .outbox = spec->outbox,
		                         .journals = { spec->main, spec->tree },
		                         .lanes = lanes };
	if (spec->parent_count > OUTBOX_PARENTS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < spec->parent_count; i++)
		feeder.lane_count += list_lanes(spec, &spec->parents[i], &lanes[feeder.lane_count]);
	return release_feeder_open(&feeder, ret_feeder, ret_detail);
}
