/* SPDX-License-Identifier: Apache-2.0 */
/* A node that feeds two parents in a machine whose power fails at a random disk operation.
 * JIZHU_SEEDS says how many seeds (25). */
#include "release/relay.h"

#include "base/num.h"
#include "env/file.h"
#include "env/twin/seeds.h"
#include "journal/event_log.h"
#include "release/fixture_test.h"
#include "release/log.h"

#include <stdlib.h>

enum { LANES = 2, LIVES = 4, EVENTS_MAX = 4096, BACKLOG = 3200, RESERVE = 8 << 20, TIB = 40 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *work;
	journal_t *source, *tree;
	outbox_t *outbox;
	release_feeder_t *feeder;
	env_pkey_t *key;
	plant_t plant;
	config_contract_t contracts[LANES];
	release_judge_t judges[LANES];
	rng_t rng;
	uint64_t tree_reserve, disk_limit;
	bool is_strange; /* to the first parent */
} node_t;

static const char *const PARENTS[LANES] = { "99.1000", "99.2000" };

/* The second parent is told of what is general and grave alone. */
static void node_make(node_t *n, uint64_t seed)
{
	*n = (node_t){ .rng = rng_of(seed), .disk_limit = UINT64_C(1) << TIB };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &n->twin));
	OK(env_pkey_generate(ENV_PKEY_ED25519, &n->key));
	plant_make(&n->plant);
	for (size_t i = 0; i < LANES; i++) {
		n->contracts[i] = full_contract();
		n->judges[i] = judge_of(&n->plant, &n->contracts[i]);
	}
	n->contracts[1].point_count = 1;
	n->contracts[1].severity = SEVERITY_WARNING;
}

static err_t open_journal(node_t *n, const char *name, uint64_t reserve, journal_t **ret_journal)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_spec_t spec = { .dir = "data/journal",
		                .name = name,
		                .chained = true,
		                .segment_bytes = 256 << 10,
		                .buffer_bytes = 256 << 10,
		                .reserve_bytes = reserve,
		                .commit_loop = n->commit };
	return journal_open(n->env, &spec, ret_journal, &recovery, &detail);
}

static release_lane_t lane_of(node_t *n, size_t i)
{
	return (release_lane_t){ .parent = slice_str(PARENTS[i]),
		                 .stream = UPLINK_EVENTS,
		                 .types = { JOURNAL_TYPE_BIT(JOURNAL_EVENT) },
		                 .take = release_take_event,
		                 .ctx = &n->judges[i] };
}

static err_t open_feeder(node_t *n)
{
	err_detail_t detail;
	release_lane_t lanes[LANES] = { lane_of(n, 0), lane_of(n, 1) };
	release_feeder_spec_t spec = { .loop = n->work,
		                       .outbox = n->outbox,
		                       .journals = { n->source },
		                       .lanes = lanes,
		                       .lane_count = LANES };
	return release_feeder_open(&spec, &n->feeder, &detail);
}

static const env_pkey_t *key_of(void *ctx, slice_t parent)
{
	const node_t *n = ctx;
	return n->is_strange && slice_eq(parent, slice_str(PARENTS[0])) ? NULL : n->key;
}

/* Fails when a crash meets it. */
static err_t node_start(node_t *n)
{
	err_detail_t detail;
	OK(twin_host_open(n->twin, "node", &n->env));
	twin_disk_limit(n->env, n->disk_limit);
	OK(env_loop_new(n->env, "commit", ENV_LOOP_FILES, &n->commit));
	OK(env_loop_new(n->env, "work", ENV_LOOP_FILES, &n->work));
	err_t err = open_journal(n, "main", 0, &n->source);
	if (!err)
		err = open_journal(n, "tree", n->tree_reserve, &n->tree);
	outbox_spec_t spec = { .loop = n->work,
		               .journal = n->tree,
		               .node = SLICE("99.1000.1"),
		               .key_of = key_of,
		               .key_ctx = n };
	if (!err)
		err = outbox_open(&spec, &n->outbox, &detail);
	if (!err)
		err = open_feeder(n);
	if (!err)
		err = env_loop_start(n->commit);
	return err ? err : env_loop_start(n->work);
}

static void node_halt(node_t *n)
{
	env_loop_stop(n->work);
	env_loop_stop(n->commit);
	release_feeder_close(n->feeder);
	outbox_close(n->outbox);
	journal_close(n->tree);
	journal_close(n->source);
	env_loop_free(n->work);
	env_loop_free(n->commit);
	twin_host_close(n->env);
	n->feeder = NULL;
	n->outbox = NULL;
	n->tree = n->source = NULL;
}

static void node_free(node_t *n)
{
	node_halt(n);
	env_pkey_free(n->key);
	twin_free(n->twin);
}

static void append_event(node_t *n)
{
	event_t event = event_make((message_t)rng_below(&n->rng, MESSAGE_COUNT),
	                           (node_time_t){ env_utc(n->env).ns });
	event.device = 1 + (device_id_t)rng_below(&n->rng, DEVICES);
	event.point = (point_id_t)rng_below(&n->rng, POINTS + 2);
	event_arg(&event, ARG_CLIENT, value_text(SLICE("10.0.0.5")));
	(void)!event_append(n->source, &event);
}

/* Appends now and then; returns when the power is gone or `steps` are over. */
static void run(node_t *n, unsigned steps, unsigned one_in)
{
	for (unsigned i = 0; i < steps && !twin_crashed(n->env); i++) {
		if (one_in && rng_below(&n->rng, one_in) == 0)
			append_event(n);
		(void)twin_step(n->twin);
	}
}

/* ---- what must have gone */

/* Sequences of the events that the parent is to be told of, in order; how many there are. */
static size_t expected_of(node_t *n, size_t lane, uint64_t *seqs, size_t *ret_all)
{
	journal_cursor_t *cursor;
	journal_record_t record;
	uint8_t body[4096];
	size_t count = 0, all = 0;
	OK(journal_cursor_open(n->source, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		int64_t ns;
		writer_t w = writer_of(body, sizeof(body));
		release_item_t item = { .seq = record.seq, .body = record.payload };
		all++;
		if (release_take_event(&n->judges[lane], &item, &w, &ns).goes)
			seqs[count++] = record.seq;
	}
	journal_cursor_close(cursor);
	*ret_all = all;
	return count;
}

static size_t released_of(node_t *n, size_t lane, uint64_t *seqs)
{
	uplink_held_t held = { .stream = UPLINK_EVENTS };
	outbox_batch_t out;
	uplink_batch_t batch;
	uplink_item_t item;
	event_t event;
	slice_t node;
	size_t count = 0;
	while (outbox_next(n->outbox, slice_str(PARENTS[lane]), UPLINK_EVENTS, &held, &out) ==
	       ERR_OK) {
		held = out.upto;
		OK(uplink_batch_read(out.bytes, &batch));
		uplink_items_t items = uplink_items_of(&batch);
		while (uplink_item_next(&items, &item)) {
			assert_true(count < EVENTS_MAX);
			OK(event_item_read(item.body, &node, &event));
			seqs[count++] = event.seq;
		}
	}
	return count;
}

/* Each once, in order; and what is counted is all there was. */
static void assert_fed(node_t *n, size_t lane, uint64_t seed)
{
	uint64_t *wanted = calloc(EVENTS_MAX, sizeof(*wanted));
	uint64_t *gone = calloc(EVENTS_MAX, sizeof(*gone)), sum = 0;
	size_t all, count = expected_of(n, lane, wanted, &all);
	if (released_of(n, lane, gone) != count || memcmp(wanted, gone, count * sizeof(*gone)) != 0)
		fail_msg("seed %llu", (unsigned long long)seed);
	release_tally_t tally = release_feeder_tally(n->feeder, lane);
	assert_int_equal(tally.fault, ERR_OK);
	for (size_t i = 0; i < UPLINK_CLASS_COUNT; i++)
		sum += tally.withheld[i];
	assert_int_equal(sum + count, all);
	assert_true(count > 0 && sum > 0);
	free(wanted);
	free(gone);
}

static void live(node_t *n)
{
	twin_crash_at(n->env, 1 + rng_below(&n->rng, 80));
	run(n, 1500, 4);
	if (!twin_crashed(n->env))
		twin_power_off(n->env);
	node_halt(n);
	twin_disk_reboot(n->twin, "node");
}

static void each_event_is_released_once_whenever_the_power_goes(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(25);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		node_t n;
		node_make(&n, seed);
		for (unsigned i = 0; i < LIVES; i++) {
			OK(node_start(&n));
			live(&n);
		}
		OK(node_start(&n));
		run(&n, 400, 4);
		run(&n, 2000, 0);
		for (size_t i = 0; i < LANES; i++)
			assert_fed(&n, i, seed);
		node_free(&n);
	}
}

/* ---- a full disk */

/* A limit at which the journal `tree` refuses. */
static uint64_t tight_limit(node_t *n)
{
	uint64_t space;
	OK(env_space_free(n->env, "data", &space));
	return n->disk_limit - space + RESERVE / 2;
}

static void a_lane_waits_while_the_disk_is_full_and_goes_on_when_there_is_room(void **state)
{
	node_t n;
	(void)state;
	node_make(&n, 7);
	n.tree_reserve = RESERVE;
	OK(node_start(&n));
	run(&n, 400, 4);
	twin_disk_limit(n.env, tight_limit(&n));
	twin_run_for(n.twin, 2 * NS_PER_S);
	run(&n, 400, 4);
	twin_run_for(n.twin, 3 * NS_PER_S);
	assert_true(release_feeder_tally(n.feeder, 0).is_waiting);
	twin_disk_limit(n.env, UINT64_C(1) << TIB);
	twin_run_for(n.twin, 3 * NS_PER_S);
	assert_false(release_feeder_tally(n.feeder, 0).is_waiting);
	for (size_t i = 0; i < LANES; i++)
		assert_fed(&n, i, 7);
	node_free(&n);
}

static long metric_in(const node_t *n, const char *name)
{
	char text[4096], row[64];
	writer_t w = writer_of(text, sizeof(text) - 1);
	metrics_print(release_feeder_metrics(n->feeder), "", &w);
	assert_false(w.bad);
	text[w.len] = '\0';
	int len = snprintf(row, sizeof(row), "\n%s ", name);
	const char *at = strstr(text, row);
	assert_non_null(at);
	return strtol(at + len, NULL, 10);
}

static void a_lane_waits_until_the_node_has_joined_its_parent(void **state)
{
	node_t n;
	(void)state;
	node_make(&n, 15);
	n.is_strange = true;
	OK(node_start(&n));
	run(&n, 400, 4);
	twin_run_for(n.twin, 2 * NS_PER_S);
	assert_true(release_feeder_tally(n.feeder, 0).is_waiting);
	assert_fed(&n, 1, 15);
	assert_int_equal(metric_in(&n, "lanes_waiting"), 1);
	assert_int_equal(metric_in(&n, "released_total"),
	                 release_feeder_tally(n.feeder, 1).released);
	n.is_strange = false;
	twin_run_for(n.twin, 2 * NS_PER_S);
	assert_int_equal(metric_in(&n, "lanes_waiting"), 0);
	assert_true(metric_in(&n, "withheld_core_total") > 0);
	assert_fed(&n, 0, 15);
	node_free(&n);
}

static void the_record_that_found_no_room_comes_again(void **state)
{
	node_t n;
	(void)state;
	node_make(&n, 11);
	n.tree_reserve = RESERVE;
	/* A backlog of more than a batch: nothing goes at first. */
	n.contracts[0].stream_count = n.contracts[1].stream_count = 0;
	OK(node_start(&n));
	while (journal_last(n.source) < BACKLOG)
		run(&n, 100, 1);
	run(&n, 1000, 0);
	n.disk_limit = tight_limit(&n);
	node_halt(&n);
	n.contracts[0].stream_count = n.contracts[1].stream_count = 2;
	OK(node_start(&n));
	run(&n, 1000, 0);
	assert_true(release_feeder_tally(n.feeder, 0).is_waiting);
	assert_int_equal(release_feeder_tally(n.feeder, 0).released, 0);
	twin_disk_limit(n.env, UINT64_C(1) << TIB);
	twin_run_for(n.twin, 5 * NS_PER_S);
	assert_true(release_feeder_tally(n.feeder, 0).released > 1024);
	for (size_t i = 0; i < LANES; i++)
		assert_fed(&n, i, 11);
	node_free(&n);
}

/* ---- journals that do not fit */

static void a_stream_whose_mark_is_of_another_journal_is_not_fed(void **state)
{
	node_t n;
	err_detail_t detail;
	(void)state;
	node_make(&n, 9);
	OK(node_start(&n));
	run(&n, 600, 4);
	run(&n, 1000, 0);
	node_halt(&n);
	OK(twin_host_open(n.twin, "node", &n.env));
	OK(env_path_remove(n.env, "data/journal/main-0000000000000001.log"));
	twin_host_close(n.env);
	assert_int_equal(node_start(&n), ERR_CONFLICT);
	release_lane_t lanes[] = { lane_of(&n, 0), lane_of(&n, 0) };
	release_feeder_spec_t spec = { n.work, n.outbox, { n.source }, lanes, 1 };
	assert_int_equal(release_feeder_open(&spec, &n.feeder, &detail), ERR_CONFLICT);
	assert_string_equal(detail.arg[0], PARENTS[0]);
	node_free(&n);
}

static void a_stream_has_one_lane(void **state)
{
	node_t n;
	err_detail_t detail;
	release_feeder_t *feeder = NULL;
	(void)state;
	node_make(&n, 10);
	OK(node_start(&n));
	release_lane_t lanes[] = { lane_of(&n, 0), lane_of(&n, 0) };
	release_feeder_spec_t spec = { n.work, n.outbox, { n.source }, lanes, 2 };
	assert_int_equal(release_feeder_open(&spec, &feeder, &detail), ERR_EXISTS);
	assert_null(feeder);
	node_free(&n);
}

/* ---- the disclosure log */

/* Rows of the parent in the log, each in words and in JSON that say what went. */
static size_t rows_for(node_t *n, const char *parent)
{
	journal_cursor_t *cursor;
	journal_record_t record;
	release_log_t log;
	release_row_t row;
	char text[1024], doc[4096];
	size_t rows = 0;
	OK(journal_cursor_open(n->tree, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		OK(release_log_open(record.payload, &log));
		while (release_log_next(&log, &row)) {
			writer_t w = writer_of(text, sizeof(text));
			json_t j = json_of(doc, sizeof(doc));
			rows += slice_eq(row.parent, slice_str(parent));
			release_row_text(&row, LANG_EN, &w);
			release_row_json(&row, &j);
			assert_false(w.bad);
			assert_true(json_ok(&j) &&
			            slice_starts(writer_done(&w), SLICE("99.1000.1/")));
			assert_non_null(memmem(doc, j.w.len, "\"client\":\"inner-", 16));
			assert_non_null(memmem(doc, j.w.len, "\"event\":{\"seq\":", 15));
			assert_true(row.sequence > 0 && row.stream == UPLINK_EVENTS);
		}
	}
	journal_cursor_close(cursor);
	return rows;
}

static void the_log_tells_each_item_that_went_and_to_whom(void **state)
{
	node_t n;
	uint64_t seqs[EVENTS_MAX];
	(void)state;
	node_make(&n, 13);
	OK(node_start(&n));
	run(&n, 400, 4);
	run(&n, 1000, 0);
	for (size_t i = 0; i < LANES; i++)
		assert_int_equal(rows_for(&n, PARENTS[i]), released_of(&n, i, seqs));
	assert_true(rows_for(&n, PARENTS[0]) > rows_for(&n, PARENTS[1]));
	node_free(&n);
}

/* ---- what is taken */

static void lineage_of(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage)
{
	static const point_id_t GENERAL[] = { 1 }, CORE[] = { 1, 3 };
	(void)ctx;
	bool is_plain = slice_eq(figure->key.definition, SLICE("iso22400.plain"));
	*ret_lineage = (release_lineage_t){ is_plain ? GENERAL : CORE, is_plain ? 1 : 2, true };
}

static void figures_are_judged_by_what_they_are_bound_to(void **state)
{
	uint8_t record_bytes[512], body[512];
	config_contract_t contract = full_contract();
	plant_t plant;
	figure_t figure = { .key = { SLICE("iso22400.plain"), 1, SLICE("s"), 0, NS_PER_S },
		            .entity = SLICE("99.1000.1"),
		            .lack = SLICE("no samples"),
		            .expected = 1,
		            .revision = 1,
		            .issued_ns = 77 };
	int64_t ns = 0;
	(void)state;
	plant_make(&plant);
	release_figures_t figures = { judge_of(&plant, &contract), lineage_of, NULL };
	for (unsigned i = 0; i < 3; i++) {
		writer_t w = writer_of(record_bytes, sizeof(record_bytes));
		writer_t out = writer_of(body, sizeof(body));
		if (i == 1)
			figure.key.definition = SLICE("iso22400.core");
		OK(figure_encode(&figure, &w));
		release_item_t item = { .seq = 5 };
		item.body = slice_sub(writer_done(&w), 0, w.len - (i == 2));
		release_verdict_t verdict = release_take_figure(&figures, &item, &out, &ns);
		assert_true(verdict.goes == (i == 0) && (out.len > 0) == (i == 0));
		assert_int_equal(ns, 77);
		if (i > 0)
			assert_int_equal(verdict.class,
			                 i == 1 ? UPLINK_CLASS_CORE : UPLINK_CLASS_UNNAMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_is_released_once_whenever_the_power_goes),
		cmocka_unit_test(
			a_lane_waits_while_the_disk_is_full_and_goes_on_when_there_is_room),
		cmocka_unit_test(a_lane_waits_until_the_node_has_joined_its_parent),
		cmocka_unit_test(the_record_that_found_no_room_comes_again),
		cmocka_unit_test(figures_are_judged_by_what_they_are_bound_to),
		cmocka_unit_test(the_log_tells_each_item_that_went_and_to_whom),
		cmocka_unit_test(a_stream_whose_mark_is_of_another_journal_is_not_fed),
		cmocka_unit_test(a_stream_has_one_lane),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
