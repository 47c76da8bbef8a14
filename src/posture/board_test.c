/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/uplink/uplink.h"
#include "env/twin/twin.h"
#include "model/received.h"
#include "posture/board.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { BATCH_MAX = 64 * 1024 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	board_t *board;
	board_spec_t spec;
	posture_inputs_t inputs, sum;
	uint8_t body[BATCH_MAX], batch[BATCH_MAX], payload[BATCH_MAX + RECEIVED_HEAD_MAX];
} world_t;

static void world_open(world_t *w)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	OK(twin_host_open(w->twin, "node", &w->env));
	OK(env_loop_new(w->env, "files", ENV_LOOP_FILES, &w->loop));
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "tree",
		                .chained = true,
		                .segment_bytes = 1 << 20,
		                .buffer_bytes = 1 << 18,
		                .commit_loop = w->loop };
	OK(journal_open(w->env, &spec, &w->journal, &recovery, &detail));
	w->spec.journal = w->journal;
	w->spec.node = w->spec.node ? w->spec.node : "99.100.1";
	OK(board_open(w->env, &w->spec, &w->board));
}

static void world_halt(world_t *w)
{
	board_close(w->board);
	journal_close(w->journal);
	env_loop_free(w->loop);
	twin_host_close(w->env);
}

static world_t *world_make(const board_spec_t *spec)
{
	world_t *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->spec = *spec;
	OK(twin_new(&(twin_spec_t){ .seed = 1 }, &w->twin));
	world_open(w);
	return w;
}

static void world_free(world_t *w)
{
	world_halt(w);
	twin_free(w->twin);
	free(w);
}

static int64_t now_of(const world_t *w)
{
	return env_utc(w->env).ns;
}

static int64_t metric(const world_t *w, const char *name)
{
	const metrics_t *m = board_metrics(w->board);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

/* As the child signs it; who has checked the signature writes the record. */
static void receive(world_t *w, uplink_stream_t stream, const char *child, slice_t body)
{
	writer_t b = writer_of(w->batch, sizeof(w->batch));
	writer_t p = writer_of(w->payload, sizeof(w->payload));
	uplink_envelope_t envelope = {
		.stream = stream, .node = slice_str(child), .epoch = 1, .first = 1, .count = 1
	};
	uplink_item_t item = { .ns = now_of(w), .body = body };
	uplink_batch_put(&envelope, &item, &b);
	assert_non_null(memset(wr_reserve(&b, UPLINK_SIGNATURE_BYTES), 0, UPLINK_SIGNATURE_BYTES));
	received_t received = { slice_str(child), { now_of(w) }, writer_done(&b) };
	received_put(&received, &p);
	assert_false(b.bad || p.bad);
	slice_t part = writer_done(&p);
	uint64_t seq = 0;
	OK(journal_append(w->journal, JOURNAL_RECEIVED, &part, 1, &seq));
}

static void follow(world_t *w)
{
	OK(journal_flush(w->journal));
	OK(board_follow(w->board));
}

/* Inputs of a node that has `risky` assets at 0.9 among ten and as many attacks. */
static void make_inputs(world_t *w, int64_t as_of_ns, size_t risky)
{
	posture_begin(&w->inputs, as_of_ns);
	for (size_t i = 0; i < 10; i++)
		posture_add_asset(&w->inputs, i < risky ? 0.9 : 0);
	w->inputs.risk.known = w->inputs.risk.monitored = 10;
	for (size_t i = 0; i < risky; i++) {
		posture_event_t event = { .ns = as_of_ns,
			                  .severity = SEVERITY_ALARM,
			                  .technique = 836,
			                  .source = 7,
			                  .victim = i + 1 };
		posture_add_event(&w->inputs, &event);
	}
}

static void send_inputs(world_t *w, const char *child, const char *node)
{
	writer_t body = writer_of(w->body, sizeof(w->body));
	posture_put(&w->inputs, slice_str(node), &body);
	assert_false(body.bad);
	receive(w, UPLINK_COUNTERS, child, writer_done(&body));
}

static void send_risky(world_t *w, const char *child, const char *node, size_t risky)
{
	make_inputs(w, now_of(w), risky);
	send_inputs(w, child, node);
}

static board_answer_t asked(world_t *w)
{
	board_answer_t answer;
	follow(w);
	board_ask(w->board, &answer);
	return answer;
}

static void assert_rated(world_t *w, uint64_t rated, uint64_t events)
{
	board_answer_t answer = asked(w);
	assert_int_equal(answer.posture.rated, rated);
	assert_int_equal(answer.posture.events, events);
}

static void the_nation_has_the_index_of_all_plants_through_two_levels(void **state)
{
	(void)state;
	world_t *province = world_make(&(board_spec_t){ 0 });
	world_t *nation = world_make(&(board_spec_t){ .node = "99.100.0" });
	posture_clear(&province->sum);
	for (size_t i = 0; i < 6; i++) {
		char plant[16];
		(void)snprintf(plant, sizeof(plant), "99.100.%zu", 20 + i);
		send_risky(province, plant, plant, i);
		posture_merge(&province->sum, &province->inputs);
	}
	make_inputs(province, now_of(province), 3);
	board_tell(province->board, &province->inputs);
	posture_merge(&province->sum, &province->inputs);
	board_answer_t answer = asked(province);
	posture_t want = posture_of(&province->sum, now_of(province));
	assert_true(want.index > 10 && want.rated == 70 && want.events == 18);
	assert_true(num_bits(answer.posture.index) == num_bits(want.index));
	assert_true(answer.rows == 7 && answer.counted == 7 && answer.silent == 0);
	writer_t body = writer_of(nation->body, sizeof(nation->body));
	OK(board_put(province->board, &body));
	receive(nation, UPLINK_COUNTERS, "99.100.1", writer_done(&body));
	answer = asked(nation);
	assert_true(num_bits(answer.posture.index) == num_bits(want.index));
	assert_true(answer.posture.rated == 70 && answer.rows == 1);
	world_free(province);
	world_free(nation);
}

static void nothing_known_is_no_index_and_no_body(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	writer_t body = writer_of(w->body, sizeof(w->body)), small = writer_of(w->body, 5);
	posture_t posture;
	assert_false(asked(w).posture.is_there);
	assert_int_equal(board_put(w->board, &body), ERR_NOT_FOUND);
	assert_int_equal(board_ask_node(w->board, SLICE("99.1"), SLICE("99.1"), &posture),
	                 ERR_NOT_FOUND);
	make_inputs(w, now_of(w), 0);
	board_tell(w->board, &w->inputs);
	assert_true(asked(w).posture.is_there && asked(w).posture.index == 0);
	assert_int_equal(board_put(w->board, &small), ERR_TOO_BIG);
	board_t *none;
	assert_int_equal(
		board_open(w->env, &(board_spec_t){ .journal = w->journal, .node = "" }, &none),
		ERR_INVALID);
	world_free(w);
}

static void what_comes_again_or_late_changes_nothing(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	int64_t first_ns = now_of(w);
	send_risky(w, "99.100.2", "99.100.2", 4);
	follow(w);
	twin_run_for(w->twin, 60 * NS_PER_S);
	send_risky(w, "99.100.2", "99.100.2", 2);
	assert_rated(w, 10, 2);
	send_inputs(w, "99.100.2", "99.100.2");
	make_inputs(w, first_ns, 4);
	send_inputs(w, "99.100.2", "99.100.2");
	assert_rated(w, 10, 2);
	assert_int_equal(metric(w, "posture_taken_total"), 2);
	assert_int_equal(metric(w, "posture_again_total"), 2);
	assert_int_equal(metric(w, "posture_nodes"), 1);
	world_halt(w);
	world_open(w);
	assert_rated(w, 10, 2);
	world_free(w);
}

static void a_child_that_speaks_for_all_is_not_added_to_what_it_passes_on(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	send_risky(w, "99.100.2", "99.100.21", 1);
	send_risky(w, "99.100.2", "99.100.22", 2);
	assert_rated(w, 20, 3);
	make_inputs(w, now_of(w), 5);
	w->inputs.risk.nodes = 3;
	send_inputs(w, "99.100.2", "99.100.2");
	assert_rated(w, 10, 5);
	board_answer_t answer = asked(w);
	assert_true(answer.rows == 3 && answer.counted == 1);
	posture_t below;
	OK(board_ask_node(w->board, SLICE("99.100.2"), SLICE("99.100.22"), &below));
	assert_int_equal(below.events, 2);
	world_free(w);
}

static void a_node_that_comes_by_two_children_counts_once(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	send_risky(w, "99.100.2", "99.100.7", 1);
	assert_rated(w, 10, 1);
	twin_run_for(w->twin, NS_PER_S);
	send_risky(w, "99.100.3", "99.100.7", 2); /* newer */
	assert_rated(w, 10, 2);
	make_inputs(w, now_of(w) - 3600 * NS_PER_S, 3);
	send_inputs(w, "99.100.7", "99.100.7"); /* older, but its own word */
	assert_rated(w, 10, 3);
	assert_int_equal(asked(w).rows, 3);
	world_free(w);
}

static void a_silent_plant_stays_counted_and_is_told(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	send_risky(w, "99.100.2", "99.100.2", 9);
	board_answer_t before = asked(w);
	twin_run_for(w->twin, 3599 * NS_PER_S);
	send_risky(w, "99.100.3", "99.100.3", 0);
	assert_int_equal(asked(w).silent, 0);
	twin_run_for(w->twin, 2 * NS_PER_S);
	board_answer_t after = asked(w);
	assert_true(after.silent == 1 && after.counted == 2);
	assert_true(after.posture.depth == before.posture.depth && after.posture.index > 40);
	int64_t age_ns = after.posture.age_ns; /* the twin's disk takes time too */
	assert_true(age_ns >= 3601 * NS_PER_S && age_ns < 3602 * NS_PER_S);
	world_free(w);
}

static void hostile_inputs_are_counted_and_left(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	send_risky(w, "99.100.2", "99.100.2", 1);
	receive(w, UPLINK_COUNTERS, "99.100.3", SLICE("no inputs"));
	send_risky(w, "99.100.3", "99.100.1", 9); /* in this node's own name */
	make_inputs(w, now_of(w) + 601 * NS_PER_S, 9);
	send_inputs(w, "99.100.3", "99.100.3");
	receive(w, UPLINK_EVENTS, "99.100.3", SLICE("no event"));
	slice_t part = SLICE("no record");
	uint64_t seq;
	OK(journal_append(w->journal, JOURNAL_RECEIVED, &part, 1, &seq));
	assert_rated(w, 10, 1);
	assert_int_equal(metric(w, "posture_malformed_total"), 4);
	assert_int_equal(metric(w, "posture_ahead_total"), 1);
	make_inputs(w, now_of(w) + 599 * NS_PER_S, 2);
	send_inputs(w, "99.100.3", "99.100.3");
	assert_rated(w, 20, 3);
	world_free(w);
}

static void rows_and_bytes_beyond_a_limit_are_refused_and_the_known_go_on(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ .nodes_max = 2 });
	send_risky(w, "99.100.2", "99.100.2", 1);
	send_risky(w, "99.100.3", "99.100.3", 1);
	send_risky(w, "99.100.4", "99.100.4", 1);
	assert_rated(w, 20, 2);
	twin_run_for(w->twin, NS_PER_S);
	send_risky(w, "99.100.3", "99.100.3", 5);
	assert_rated(w, 20, 6);
	assert_int_equal(metric(w, "posture_refused_total"), 1);
	int64_t bytes = metric(w, "posture_bytes");
	world_free(w);
	w = world_make(&(board_spec_t){ .bytes_max = (size_t)bytes });
	for (int child = 2; child < 6; child++) {
		char node[16];
		(void)snprintf(node, sizeof(node), "99.100.%d", child);
		send_risky(w, node, node, 5);
	}
	assert_true(asked(w).rows < 4 && metric(w, "posture_refused_total") > 0);
	assert_true(metric(w, "posture_bytes") <= bytes);
	world_free(w);
}

static event_t attack(world_t *w, const char *client, const char *server)
{
	event_t event = event_make(MSG_INCIDENT_WRITE, (node_time_t){ now_of(w) });
	event.seq = 1;
	event_arg(&event, ARG_CLIENT, value_text(slice_str(client)));
	if (server)
		event_arg(&event, ARG_SERVER, value_text(slice_str(server)));
	event_arg(&event, ARG_COUNT, value_u64(3));
	return event;
}

static void send_event(world_t *w, const char *child, const char *node, const event_t *event)
{
	writer_t body = writer_of(w->body, sizeof(w->body));
	event_item_put(slice_str(node), event, &body);
	receive(w, UPLINK_EVENTS, child, writer_done(&body));
}

static void an_attacker_at_many_plants_is_one_campaign_of_the_board(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	uint8_t room[256];
	arena_t arena = arena_of(room, sizeof(room)), none = arena_of(room, 3);
	campaign_t rows[4];
	for (int plant = 2; plant < 7; plant++) {
		char node[16];
		(void)snprintf(node, sizeof(node), "99.100.%d", plant);
		event_t event = attack(w, "203.0.113.9", plant % 2 ? "plc" : NULL);
		send_event(w, node, node, &event);
		send_event(w, node, node, &event);
	}
	event_t own = attack(w, "203.0.113.9", "plc"), other = attack(w, "203.0.113.8", "plc");
	event_t quiet = event_make(MSG_NODE_STARTED, (node_time_t){ now_of(w) });
	event_t sourceless = event_make(MSG_INCIDENT_WRITE, (node_time_t){ now_of(w) });
	OK(board_see(w->board, &own));
	OK(board_see(w->board, &other));
	OK(board_see(w->board, &quiet));
	OK(board_see(w->board, &sourceless));
	follow(w);
	assert_int_equal(board_campaigns(w->board, &arena, rows, 4), 2);
	assert_true(slice_eq(rows[0].subject, SLICE("203.0.113.9")) && rows[0].nodes == 6);
	/* Of the five plants two told of the server "plc", as this node does, three of themselves.
	 */
	assert_true(rows[0].sightings == 4 && rows[0].count == 12 && campaign_has(&rows[0], 836));
	assert_true(rows[0].severity == SEVERITY_CRITICAL);
	assert_int_equal(board_tally(w->board).campaigns, 2);
	assert_int_equal(metric(w, "posture_sightings"), 5);
	assert_int_equal(board_campaigns(w->board, &none, rows, 4), 0);
	twin_run_for(w->twin, 30 * 24 * NS_PER_HOUR + 1200 * NS_PER_S);
	OK(board_prune(w->board));
	assert_int_equal(board_tally(w->board).campaigns, 0);
	world_free(w);
}

static void reports_beyond_the_limit_are_counted(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ .campaigns = { 2, 2, 2 } });
	for (int i = 0; i < 4; i++) {
		char client[16];
		(void)snprintf(client, sizeof(client), "203.0.113.%d", i);
		event_t event = attack(w, client, "plc");
		send_event(w, "99.100.2", "99.100.2", &event);
	}
	follow(w);
	assert_int_equal(metric(w, "posture_campaigns"), 2);
	assert_int_equal(metric(w, "posture_sightings_refused_total"), 2);
	event_t event = attack(w, "203.0.113.77", "plc");
	assert_int_equal(board_see(w->board, &event), ERR_LIMIT);
	world_free(w);
}

static void rows_are_listed_by_child_and_node_page_by_page(void **state)
{
	(void)state;
	world_t *w = world_make(&(board_spec_t){ 0 });
	static const char *const pairs[][2] = { { "99.100.3", "99.100.3" },
		                                { "99.100.2", "99.100.22" },
		                                { "99.100.2", "99.100.2" },
		                                { "99.100.2", "99.100.21" } };
	static const size_t order[] = { 2, 3, 1, 0 };
	for (size_t i = 0; i < 4; i++)
		send_risky(w, pairs[i][0], pairs[i][1], 1);
	follow(w);
	uint8_t room[1024];
	arena_t arena = arena_of(room, sizeof(room)), small = arena_of(room, 12);
	board_row_t rows[2], behind = { 0 };
	size_t count = 0;
	for (size_t got; (got = board_list(w->board, &behind, &arena, rows, 2)) > 0; count += got) {
		for (size_t i = 0; i < got; i++) {
			assert_true(slice_eq(rows[i].child, slice_str(pairs[order[count + i]][0])));
			assert_true(slice_eq(rows[i].node, slice_str(pairs[order[count + i]][1])));
			assert_true(rows[i].is_counted && !rows[i].is_silent && rows[i].nodes == 1);
		}
		behind = rows[got - 1];
	}
	assert_int_equal(count, 4);
	behind = (board_row_t){ 0 };
	assert_int_equal(board_list(w->board, &behind, &small, rows, 2), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nation_has_the_index_of_all_plants_through_two_levels),
		cmocka_unit_test(nothing_known_is_no_index_and_no_body),
		cmocka_unit_test(what_comes_again_or_late_changes_nothing),
		cmocka_unit_test(a_child_that_speaks_for_all_is_not_added_to_what_it_passes_on),
		cmocka_unit_test(a_node_that_comes_by_two_children_counts_once),
		cmocka_unit_test(a_silent_plant_stays_counted_and_is_told),
		cmocka_unit_test(hostile_inputs_are_counted_and_left),
		cmocka_unit_test(rows_and_bytes_beyond_a_limit_are_refused_and_the_known_go_on),
		cmocka_unit_test(an_attacker_at_many_plants_is_one_campaign_of_the_board),
		cmocka_unit_test(reports_beyond_the_limit_are_counted),
		cmocka_unit_test(rows_are_listed_by_child_and_node_page_by_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
