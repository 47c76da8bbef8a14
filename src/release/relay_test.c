/* SPDX-License-Identifier: Apache-2.0 */
/* A node between children and a parent, in a machine whose power fails at each of its first
 * disk operations in turn and then at random ones. JIZHU_SEEDS says how many seeds (50). */
#include "base/arena.h"
#include "env/twin/seeds.h"
#include "release/relay_fixture_test.h"

enum { LIVES = 3, LIST_MAX = 16384, BYTES_MAX = 8 << 20 };

/* ---- what must have gone */

typedef struct {
	arena_t arena;
	slice_t at[RELEASE_SOURCES][LIST_MAX]; /* by the journal they are of */
	size_t count[RELEASE_SOURCES];
	size_t withheld;
	uint8_t bytes[BYTES_MAX];
} wanted_t;

static void want(wanted_t *wanted, release_source_t source, slice_t body)
{
	assert_true(wanted->count[source] < LIST_MAX);
	slice_t copy = arena_copy(&wanted->arena, body);
	assert_non_null(copy.ptr);
	wanted->at[source][wanted->count[source]++] = copy;
}

static void want_item(const node_t *n, uplink_stream_t stream, slice_t body, wanted_t *wanted)
{
	uint8_t passed[BODY_MAX];
	writer_t w = writer_of(passed, sizeof(passed));
	reader_t r = reader_of(body);
	slice_t origin = rd_string(&r), node;
	event_t event;
	bool goes = !slice_eq(origin, slice_str(n->name));
	if (slice_eq(origin, slice_str(n->parent)))
		return;
	if (stream == UPLINK_EVENTS) {
		OK(event_item_read(body, &node, &event));
		goes = goes && event.severity >= SEVERITY_WARNING;
	}
	if (stream == UPLINK_DEVICES) {
		goes = goes && census_item_pass(body, &w) == ERR_OK;
		body = writer_done(&w);
	}
	if (goes)
		want(wanted, RELEASE_TREE, body);
	else
		wanted->withheld++;
}

static void want_batch(const node_t *n, uplink_stream_t stream, slice_t payload, wanted_t *wanted)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t item;
	OK(received_read(payload, &received));
	OK(uplink_batch_read(received.batch, &batch));
	uplink_items_t items = uplink_items_of(&batch);
	while (batch.envelope.stream == stream && uplink_item_next(&items, &item))
		want_item(n, stream, item.body, wanted);
}

static void want_own(const node_t *n, const journal_record_t *record, wanted_t *wanted)
{
	reader_t r = reader_of(record->payload);
	if (!slice_eq(rd_string(&r), slice_str(n->parent)))
		want(wanted, RELEASE_TREE, record->payload);
}

static void want_event(const node_t *n, const journal_record_t *record, wanted_t *wanted)
{
	uint8_t body[BODY_MAX];
	writer_t w = writer_of(body, sizeof(body));
	event_t event;
	OK(event_decode(record->payload, &event));
	event.seq = record->seq;
	if (release_event(&n->judge, &event, &w).goes)
		want(wanted, RELEASE_MAIN, writer_done(&w));
	else
		wanted->withheld++;
}

static void want_record(const node_t *n, uplink_stream_t stream, const journal_record_t *record,
                        wanted_t *wanted)
{
	bool is_own = (record->type == JOURNAL_CENSUS && stream == UPLINK_DEVICES) ||
	              (record->type == JOURNAL_HANDLING && stream == UPLINK_HANDLING);
	if (record->type == JOURNAL_RECEIVED)
		want_batch(n, stream, record->payload, wanted);
	else if (is_own)
		want_own(n, record, wanted);
	else if (record->type == JOURNAL_EVENT && stream == UPLINK_EVENTS)
		want_event(n, record, wanted);
}

static wanted_t *wanted_of(const node_t *n, uplink_stream_t stream)
{
	journal_t *const journals[] = { n->main, n->tree };
	wanted_t *wanted = calloc(1, sizeof(*wanted));
	assert_non_null(wanted);
	wanted->arena = arena_of(wanted->bytes, sizeof(wanted->bytes));
	for (size_t i = 0; i < 2; i++) {
		journal_cursor_t *cursor;
		journal_record_t record;
		OK(journal_cursor_open(journals[i], 1, &cursor));
		while (journal_cursor_next(cursor, &record) == ERR_OK)
			want_record(n, stream, &record, wanted);
		journal_cursor_close(cursor);
	}
	return wanted;
}

/* What went of a stream: each batch, and each item of it. */
typedef struct {
	void (*batch)(void *ctx, slice_t bytes);
	bool (*item)(void *ctx, const uplink_item_t *item);
	void *ctx;
} gone_t;

static bool each_gone(const node_t *n, uplink_stream_t stream, const gone_t *gone)
{
	uplink_held_t held = { .stream = (uint8_t)stream };
	outbox_batch_t out;
	uplink_batch_t batch;
	uplink_item_t item;
	bool is_good = true;
	while (outbox_next(n->outbox, slice_str(n->parent), stream, &held, &out) == ERR_OK) {
		held = out.upto;
		OK(uplink_batch_read(out.bytes, &batch));
		uplink_items_t items = uplink_items_of(&batch);
		if (gone->batch)
			gone->batch(gone->ctx, out.bytes);
		while (gone->item && is_good && uplink_item_next(&items, &item))
			is_good = gone->item(gone->ctx, &item);
	}
	return is_good;
}

typedef struct {
	const node_t *n;
	wanted_t *wanted;
	size_t at[RELEASE_SOURCES];
	int64_t made_ns; /* end of the period that was made last */
	size_t made;
} checking_t;

/* One that was made: later than the one before. */
static bool is_made(checking_t *c, const uplink_item_t *item)
{
	uint8_t body[BODY_MAX];
	writer_t w = writer_of(body, sizeof(body));
	put_health(c->n, item->ns - NS_PER_S, item->ns, &w);
	bool is_good = slice_eq(item->body, writer_done(&w)) && item->ns > c->made_ns;
	c->made_ns = item->ns;
	c->made++;
	return is_good;
}

static bool check_item(void *ctx, const uplink_item_t *item)
{
	checking_t *c = ctx;
	for (size_t i = 0; i < RELEASE_SOURCES; i++)
		if (c->at[i] < c->wanted->count[i] &&
		    slice_eq(c->wanted->at[i][c->at[i]], item->body)) {
			c->at[i]++;
			return true;
		}
	return is_made(c, item);
}

static size_t lane_of(const node_t *n, uplink_stream_t stream)
{
	for (size_t i = 0;; i++) {
		const release_lane_t *lane = release_feeder_lane(n->feeder, i);
		assert_non_null(lane);
		if (lane->stream == stream)
			return i;
	}
}

/* Each once, in the order of its journal, and what is counted is all there was. */
static const char *check_stream(const node_t *n, uplink_stream_t stream)
{
	checking_t c = { .n = n, .wanted = wanted_of(n, stream) };
	release_tally_t tally = release_feeder_tally(n->feeder, lane_of(n, stream));
	uint64_t withheld = 0;
	for (size_t i = 0; i < UPLINK_CLASS_COUNT; i++)
		withheld += tally.withheld[i];
	const char *fault = NULL;
	if (!each_gone(n, stream, &(gone_t){ .item = check_item, .ctx = &c }))
		fault = "an item is out of order, twice or made up";
	else if (c.at[0] != c.wanted->count[0] || c.at[1] != c.wanted->count[1])
		fault = "an item is missing";
	else if (withheld != c.wanted->withheld)
		fault = "what was withheld is not all counted";
	else if (tally.fault || (c.made > 0) != (stream == UPLINK_HEALTH))
		fault = "the lane ended, or nothing was made";
	free(c.wanted);
	return fault;
}

/* ---- power */

static const char *run_seed(uint64_t seed, bool lying)
{
	node_t n;
	twin_t *twin;
	const char *fault = NULL;
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &twin));
	node_make(&n, twin, "99.1000.1", "99.1000");
	n.rng = rng_of(seed);
	for (unsigned i = 0; i < LIVES; i++) {
		err_t err = node_start(&n);
		twin_disk_lie(n.env, lying);
		twin_crash_at(n.env, i ? 1 + rng_below(&n.rng, 60) : seed);
		run(&n, err ? 0 : 400, 4);
		if (!twin_crashed(n.env))
			twin_power_off(n.env);
		node_halt(&n);
		twin_disk_reboot(twin, n.name);
	}
	if (node_start(&n))
		fault = "it does not start";
	else
		run(&n, 200, 4);
	for (unsigned i = 0; i < 3 && !fault; i++)
		twin_run_for(twin, NS_PER_S);
	for (size_t i = 0; i < PASSED_COUNT && !fault; i++)
		fault = check_stream(&n, PASSED[i]);
	node_halt(&n);
	env_pkey_free(n.key);
	twin_free(twin);
	return fault;
}

static void each_item_is_passed_on_once_whenever_the_power_goes(void **state)
{
	(void)state;
	seeds_hold(run_seed, 50);
}

static void a_disk_that_lies_about_syncs_is_caught(void **state)
{
	(void)state;
	seeds_catch_lies(run_seed, 16, 4);
}

static void a_batch_that_was_cut_goes_on_behind_the_cut(void **state)
{
	node_t n;
	twin_t *twin;
	(void)state;
	OK(twin_new(&(twin_spec_t){ .seed = 3 }, &twin));
	node_make(&n, twin, "99.1000.1", "99.1000");
	n.contract.streams[0] = UPLINK_ASSETS;
	n.contract.stream_count = 1;
	n.rng = rng_of(3);
	n.keys_left = 1;
	OK(node_start(&n));
	for (unsigned i = 0; i < 4; i++)
		receive(&n, UPLINK_ASSETS, LARGE);
	twin_run_for(twin, 2 * NS_PER_S);
	assert_int_equal(release_feeder_tally(n.feeder, 0).released, 1024);
	assert_true(release_feeder_tally(n.feeder, 0).is_waiting);
	for (unsigned i = 0; i < 2; i++) {
		node_halt(&n);
		n.keys_left = i ? UINT32_MAX : 1;
		OK(node_start(&n));
		twin_run_for(twin, 2 * NS_PER_S);
	}
	assert_null(check_stream(&n, UPLINK_ASSETS));
	node_halt(&n);
	env_pkey_free(n.key);
	twin_free(twin);
}

/* ---- three levels */

static void climb(void *ctx, slice_t bytes)
{
	append_received(ctx, "99.1000.1", bytes);
}

typedef struct {
	slice_t origins[LIST_MAX];
	uint8_t hops[LIST_MAX];
	size_t count;
	arena_t arena;
	uint8_t bytes[1 << 20];
} seen_t;

static bool see(void *ctx, const uplink_item_t *item)
{
	seen_t *seen = ctx;
	reader_t r = reader_of(item->body);
	assert_true(seen->count < LIST_MAX);
	seen->origins[seen->count] = arena_copy(&seen->arena, rd_string(&r));
	(void)rd_u8(&r);
	seen->hops[seen->count++] = rd_u8(&r);
	return true;
}

static seen_t *seen_at(const node_t *n, uplink_stream_t stream)
{
	seen_t *seen = calloc(1, sizeof(*seen));
	assert_non_null(seen);
	seen->arena = arena_of(seen->bytes, sizeof(seen->bytes));
	(void)each_gone(n, stream, &(gone_t){ .item = see, .ctx = seen });
	return seen;
}

/* All but what is one hop too far now, which is withheld. */
static void assert_climbed(const node_t *below, const node_t *above, uplink_stream_t stream)
{
	seen_t *low = seen_at(below, stream), *high = seen_at(above, stream);
	size_t at = 0;
	for (size_t i = 0; i < low->count; i++) {
		bool is_far = stream == UPLINK_DEVICES && low->hops[i] == CENSUS_HOPS_MAX;
		if (is_far)
			continue;
		assert_true(at < high->count && slice_eq(low->origins[i], high->origins[at]));
		if (stream == UPLINK_DEVICES)
			assert_int_equal(high->hops[at], low->hops[i] + 1);
		at++;
	}
	assert_int_equal(at, high->count);
	assert_true(at > 10);
	free(low);
	free(high);
}

static void what_climbs_two_levels_keeps_origin_order_and_number(void **state)
{
	static const uplink_stream_t STREAMS[] = { UPLINK_EVENTS, UPLINK_HANDLING, UPLINK_DEVICES,
		                                   UPLINK_ASSETS };
	twin_t *twin;
	node_t low, high;
	(void)state;
	OK(twin_new(&(twin_spec_t){ .seed = 4 }, &twin));
	node_make(&low, twin, "99.1000.1", "99.1000");
	node_make(&high, twin, "99.1000", "99.1");
	low.rng = rng_of(4);
	OK(node_start(&low));
	OK(node_start(&high));
	run(&low, 1500, 4);
	twin_run_for(twin, 2 * NS_PER_S);
	for (size_t i = 0; i < 4; i++)
		each_gone(&low, STREAMS[i], &(gone_t){ .batch = climb, .ctx = &high });
	twin_run_for(twin, 2 * NS_PER_S);
	for (size_t i = 0; i < 4; i++) {
		assert_null(check_stream(&high, STREAMS[i]));
		assert_climbed(&low, &high, STREAMS[i]);
	}
	node_halt(&low);
	node_halt(&high);
	env_pkey_free(low.key);
	env_pkey_free(high.key);
	twin_free(twin);
}

/* ---- what is made */

static bool count_item(void *ctx, const uplink_item_t *item)
{
	(void)item;
	++*(size_t *)ctx;
	return true;
}

static size_t gone_of(const node_t *n, uplink_stream_t stream)
{
	size_t count = 0;
	(void)each_gone(n, stream, &(gone_t){ .item = count_item, .ctx = &count });
	return count;
}

static void a_state_goes_when_it_has_changed_and_a_count_each_period(void **state)
{
	node_t n;
	twin_t *twin;
	(void)state;
	OK(twin_new(&(twin_spec_t){ .seed = 5 }, &twin));
	node_make(&n, twin, "99.1000.1", "99.1000");
	OK(node_start(&n));
	twin_run_for(twin, 5 * NS_PER_S);
	assert_int_equal(gone_of(&n, UPLINK_COUNTERS), 0);
	n.state = 1;
	twin_run_for(twin, 5 * NS_PER_S);
	assert_int_equal(gone_of(&n, UPLINK_COUNTERS), 1);
	n.state = 2;
	twin_run_for(twin, 5 * NS_PER_S);
	assert_int_equal(gone_of(&n, UPLINK_COUNTERS), 2);
	assert_in_range(gone_of(&n, UPLINK_HEALTH), 14, 16);
	/* Not in the contract. */
	assert_int_equal(gone_of(&n, UPLINK_IDENTIFIERS), 0);
	node_halt(&n);
	env_pkey_free(n.key);
	twin_free(twin);
}

/* ---- verdicts */

typedef struct {
	release_take_t take;
	const char *origin, *child;
	uint8_t hops;
	size_t cut;  /* bytes that are missing */
	int verdict; /* a class; -1: it goes */
} verdict_case_t;

static void what_a_child_may_not_say_stays(void **state)
{
	static const verdict_case_t CASES[] = {
		{ release_take_devices, "99.1000.1.7", "99.1000.1.7", 0, 0, -1 },
		{ release_take_devices, "99.1000.1", "", 0, 0, -1 },
		{ release_take_devices, "99.1000.1", "99.1000.1.7", 0, 0, UPLINK_CLASS_UNNAMED },
		{ release_take_devices, "99.1000", "99.1000.1.7", 0, 0, UPLINK_CLASS_COUNT },
		{ release_take_passed, "", "99.1000.1.7", 0, 0, UPLINK_CLASS_UNNAMED },
		{ release_take_passed, "a\nb", "99.1000.1.7", 0, 0, UPLINK_CLASS_UNNAMED },
		{ release_take_devices, "99.1000.1.7", "99.1000.1.7", 0, 1, UPLINK_CLASS_UNNAMED },
		{ release_take_devices, "99.1000.1.7", "99.1000.1.7", CENSUS_HOPS_MAX, 0,
		  UPLINK_CLASS_DROPPED },
		{ release_take_handling, "99.1000.1.7", "99.1000.1.7", 0, 0, UPLINK_CLASS_UNNAMED },
		{ release_take_event, "99.1000.1.7", "99.1000.1.7", 0, 0, UPLINK_CLASS_UNNAMED },
		{ release_take_passed, "99.1000.1.7", "99.1000.1.7", 0, 0, -1 },
		{ release_take_passed, "99.1000.1.7", "99.1000.1.7", 0, 1, UPLINK_CLASS_UNNAMED },
	};
	node_t n;
	(void)state;
	node_make(&n, NULL, "99.1000.1", "99.1000");
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		const verdict_case_t *c = &CASES[i];
		uint8_t in[BODY_MAX], out[BODY_MAX];
		writer_t w = writer_of(in, sizeof(in)), body = writer_of(out, sizeof(out));
		int64_t ns = 0;
		if (c->take == release_take_passed)
			wr_string(&w, slice_str(c->origin));
		else
			put_device(c->origin, 9, c->hops, &w);
		release_item_t item = { .parent = slice_str(n.parent),
			                .child = slice_str(c->child),
			                .ns = 77,
			                .body = slice_of(in, w.len - c->cut) };
		release_verdict_t verdict = c->take(&n.judge, &item, &body, &ns);
		assert_int_equal(verdict.goes ? -1 : (int)verdict.class, c->verdict);
		assert_true(verdict.goes == (body.len > 0));
		if (verdict.goes)
			assert_int_equal(ns, c->child[0] ? 77 : NS_PER_DAY + 9);
	}
	env_pkey_free(n.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_item_is_passed_on_once_whenever_the_power_goes),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
		cmocka_unit_test(a_batch_that_was_cut_goes_on_behind_the_cut),
		cmocka_unit_test(what_climbs_two_levels_keeps_origin_order_and_number),
		cmocka_unit_test(a_state_goes_when_it_has_changed_and_a_count_each_period),
		cmocka_unit_test(what_a_child_may_not_say_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
