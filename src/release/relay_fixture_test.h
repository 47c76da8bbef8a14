/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_RELAY_FIXTURE_TEST_H
#define RELEASE_RELAY_FIXTURE_TEST_H
/* A node between children and a parent in a simulated machine, and what happens to it. */
#include <stdlib.h>

#include "base/num.h"
#include "journal/event_log.h"
#include "model/census.h"
#include "model/handling.h"
#include "model/received.h"
#include "release/fixture_test.h"
#include "release/relay.h"

enum { LARGE = 1300, BODY_MAX = 512 };

typedef struct {
	twin_t *twin;
	const char *name, *parent;
	env_t *env;
	env_loop_t *commit, *work;
	journal_t *main, *tree;
	outbox_t *outbox;
	release_feeder_t *feeder;
	env_pkey_t *key;
	plant_t plant;
	config_contract_t contract;
	release_judge_t judge;
	release_figures_t figures;
	rng_t rng;
	uint64_t tags;
	uint64_t state;     /* what COUNTERS tell of */
	uint32_t keys_left; /* batches that can still be signed */
} node_t;

static const char *const CHILDREN[] = { "99.1000.1.7", "99.1000.1.8" };
static const uplink_stream_t PASSED[] = { UPLINK_EVENTS, UPLINK_HANDLING, UPLINK_DEVICES,
	                                  UPLINK_ASSETS, UPLINK_HEALTH };
enum { PASSED_COUNT = sizeof(PASSED) / sizeof(*PASSED) };

static inline void node_make(node_t *n, twin_t *twin, const char *name, const char *parent)
{
	*n = (node_t){ .twin = twin, .name = name, .parent = parent, .keys_left = UINT32_MAX };
	OK(env_pkey_generate(ENV_PKEY_ED25519, &n->key));
	plant_make(&n->plant);
	n->contract = full_contract();
	n->contract.severity = SEVERITY_WARNING;
	n->contract.stream_count = 0;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (i != UPLINK_IDENTIFIERS)
			n->contract.streams[n->contract.stream_count++] = i;
	n->judge = judge_of(&n->plant, &n->contract);
	n->judge.node = slice_str(name);
}

static inline void lineage_of(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage)
{
	(void)ctx;
	(void)figure;
	*ret_lineage = (release_lineage_t){ .is_known = true };
}

static inline void put_health(const node_t *n, int64_t from_ns, int64_t to_ns, writer_t *body)
{
	wr_string(body, slice_str(n->name));
	wr_zigzag(body, from_ns);
	wr_zigzag(body, to_ns);
}

static inline bool make_health(void *ctx, int64_t from_ns, int64_t to_ns, writer_t *body)
{
	put_health(ctx, from_ns, to_ns, body);
	return true;
}

static inline bool make_counters(void *ctx, int64_t from_ns, int64_t to_ns, writer_t *body)
{
	const node_t *n = ctx;
	(void)from_ns;
	(void)to_ns;
	wr_string(body, slice_str(n->name));
	wr_varint(body, n->state);
	return n->state > 0;
}

MUST_CHECK static inline err_t open_journal(node_t *n, const char *name, journal_t **ret_journal)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_spec_t spec = { .dir = "data/journal",
		                .name = name,
		                .chained = true,
		                .segment_bytes = 256 << 10,
		                .buffer_bytes = 256 << 10,
		                .commit_loop = n->commit };
	return journal_open(n->env, &spec, ret_journal, &recovery, &detail);
}

static const env_pkey_t *key_of(void *ctx, slice_t parent)
{
	node_t *n = ctx;
	(void)parent;
	if (n->keys_left == 0)
		return NULL;
	n->keys_left--;
	return n->key;
}

MUST_CHECK static inline err_t open_rooms(node_t *n)
{
	err_detail_t detail;
	outbox_spec_t outbox = { .loop = n->work,
		                 .journal = n->tree,
		                 .node = slice_str(n->name),
		                 .key_of = key_of,
		                 .key_ctx = n };
	err_t err = outbox_open(&outbox, &n->outbox, &detail);
	if (err)
		return err;
	n->figures = (release_figures_t){ n->judge, lineage_of, NULL };
	relay_parent_t parent = { slice_str(n->parent), &n->judge, &n->figures };
	relay_spec_t spec = { .loop = n->work,
		              .outbox = n->outbox,
		              .main = n->main,
		              .tree = n->tree,
		              .parents = &parent,
		              .parent_count = 1 };
	spec.makers[UPLINK_HEALTH] = (release_maker_t){ NS_PER_S, false, make_health, n };
	spec.makers[UPLINK_COUNTERS] = (release_maker_t){ NS_PER_S, true, make_counters, n };
	spec.makers[UPLINK_IDENTIFIERS] = (release_maker_t){ NS_PER_S, true, make_counters, n };
	return relay_open(&spec, &n->feeder, &detail);
}

/* Fails when a crash meets it. */
MUST_CHECK static inline err_t node_start(node_t *n)
{
	OK(twin_host_open(n->twin, n->name, &n->env));
	OK(env_loop_new(n->env, "commit", ENV_LOOP_FILES, &n->commit));
	OK(env_loop_new(n->env, "work", ENV_LOOP_FILES, &n->work));
	err_t err = open_journal(n, "main", &n->main);
	if (!err)
		err = open_journal(n, "tree", &n->tree);
	if (!err)
		err = open_rooms(n);
	if (!err)
		err = env_loop_start(n->commit);
	return err ? err : env_loop_start(n->work);
}

static inline void node_halt(node_t *n)
{
	env_loop_stop(n->work);
	env_loop_stop(n->commit);
	release_feeder_close(n->feeder);
	outbox_close(n->outbox);
	journal_close(n->tree);
	journal_close(n->main);
	env_loop_free(n->work);
	env_loop_free(n->commit);
	twin_host_close(n->env);
	n->feeder = NULL;
	n->outbox = NULL;
	n->tree = n->main = NULL;
}

/* ---- what happens */

static inline void put_event(const char *origin, uint64_t tag, rng_t *rng, writer_t *w)
{
	event_t event = event_make((message_t)rng_below(rng, MESSAGE_COUNT),
	                           (node_time_t){ (int64_t)tag });
	event.seq = tag;
	event_item_put(slice_str(origin), &event, w);
}

static inline void put_funnel(const char *origin, uint64_t tag, writer_t *w)
{
	funnel_t funnel = { .node = slice_str(origin),
		            .from_ns = NS_PER_DAY,
		            .to_ns = 2 * NS_PER_DAY,
		            .told_ns = 2 * NS_PER_DAY + (int64_t)tag };
	funnel_put(&funnel, w);
}

static inline void put_device(const char *origin, uint64_t tag, uint8_t hops, writer_t *w)
{
	census_saying_t saying = { slice_str(origin), hops, NS_PER_DAY + (int64_t)tag };
	census_row_t row = { .kind = SLICE("plc"), .state = CENSUS_ONLINE };
	memcpy(row.key.bytes, &tag, sizeof(tag));
	assert_int_equal(census_item_put(&saying, &row, 1, w), 1);
}

static inline void put_item(node_t *n, uplink_stream_t stream, const char *origin, writer_t *w)
{
	uint64_t tag = ++n->tags;
	uint8_t hops = rng_below(&n->rng, 6) ? 0 : CENSUS_HOPS_MAX;
	if (stream == UPLINK_EVENTS) {
		put_event(origin, tag, &n->rng, w);
	} else if (stream == UPLINK_HANDLING) {
		put_funnel(origin, tag, w);
	} else if (stream == UPLINK_DEVICES) {
		put_device(origin, tag, hops, w);
	} else {
		wr_string(w, slice_str(origin));
		wr_u64_le(w, tag);
	}
}

static inline void append_received(node_t *n, const char *child, slice_t batch)
{
	uint8_t head[RECEIVED_HEAD_MAX];
	uint64_t seq;
	writer_t h = writer_of(head, sizeof(head));
	received_put(&(received_t){ .child = slice_str(child), .at = { 5 } }, &h);
	slice_t parts[] = { writer_done(&h), batch };
	(void)!journal_append(n->tree, JOURNAL_RECEIVED, parts, 2, &seq);
}

/* A batch of a child: of itself, of one below it, of one that it may not speak for, and of the
 * parent, whose words came down another way. */
static inline void receive(node_t *n, uplink_stream_t stream, size_t count)
{
	enum { BODIES = LARGE * 64, BATCH = LARGE * 80 };
	static const uint8_t SIGNATURE[UPLINK_SIGNATURE_BYTES];
	const char *child = CHILDREN[rng_below(&n->rng, 2)];
	const char *const origins[] = { child, "99.1000.1.7.3", "99.1000.1.7.3", n->name,
		                        n->parent };
	uint8_t *bodies = malloc(BODIES), *batch = malloc(BATCH);
	uplink_item_t *items = calloc(LARGE, sizeof(*items));
	assert_true(bodies && batch && items);
	writer_t b = writer_of(bodies, BODIES), w = writer_of(batch, BATCH);
	for (size_t i = 0; i < count; i++) {
		size_t from = b.len;
		put_item(n, stream, origins[rng_below(&n->rng, 5)], &b);
		items[i] = (uplink_item_t){ (int64_t)n->tags,
			                    slice_of(bodies + from, b.len - from) };
	}
	uplink_envelope_t envelope = { .stream = stream,
		                       .node = slice_str(child),
		                       .epoch = 1,
		                       .first = 2,
		                       .count = (uint32_t)count,
		                       .before = { 1 } };
	uplink_batch_put(&envelope, items, &w);
	wr_bytes(&w, slice_of(SIGNATURE, sizeof(SIGNATURE)));
	assert_false(b.bad || w.bad);
	append_received(n, child, writer_done(&w));
	free(bodies);
	free(batch);
	free(items);
}

static inline void append_own(node_t *n, journal_type_t type, uplink_stream_t stream)
{
	uint8_t body[BODY_MAX];
	uint64_t seq;
	writer_t w = writer_of(body, sizeof(body));
	put_item(n, stream, rng_below(&n->rng, 4) ? n->name : n->parent, &w);
	slice_t payload = writer_done(&w);
	(void)!journal_append(n->tree, type, &payload, 1, &seq);
}

static inline void append_event(node_t *n)
{
	event_t event = event_make((message_t)rng_below(&n->rng, MESSAGE_COUNT),
	                           (node_time_t){ env_utc(n->env).ns });
	event.point = (point_id_t)rng_below(&n->rng, POINTS + 2);
	(void)!event_append(n->main, &event);
}

static inline void act(node_t *n)
{
	uint64_t what = rng_below(&n->rng, 40);
	if (what < 6)
		append_event(n);
	else if (what < 10)
		append_own(n, JOURNAL_CENSUS, UPLINK_DEVICES);
	else if (what < 14)
		append_own(n, JOURNAL_HANDLING, UPLINK_HANDLING);
	else if (what == 14)
		receive(n, UPLINK_ASSETS, LARGE);
	else if (what == 15)
		n->state++;
	else
		receive(n, PASSED[rng_below(&n->rng, PASSED_COUNT)], 1 + rng_below(&n->rng, 6));
}

static inline void run(node_t *n, unsigned steps, unsigned one_in)
{
	for (unsigned i = 0; i < steps && !twin_crashed(n->env); i++) {
		if (one_in && rng_below(&n->rng, one_in) == 0)
			act(n);
		(void)twin_step(n->twin);
	}
}
#endif
