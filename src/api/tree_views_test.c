/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms of the tree know, through the door: definitions, published figures, the
 * register of devices, how safe all are, and what may leave and has left. */
#include "api/tree_room_test.h"

#define API "/api/v1"

static size_t count_of(const room_t *room, const char *text)
{
	size_t count = 0;
	for (slice_t body = room->answer.body; body.len; body = slice_from(body, 1))
		count += slice_starts(body, slice_str(text));
	return count;
}

static void definitions_are_told_as_the_packs_have_them(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, API "/definitions"), 200);
	assert_true(has(room, "\"id\":\"iso22400.oee\"") && has(room, "\"id\":\"energy.total\""));
	assert_int_equal(get(room, API "/definitions?pack=iso22400"), 200);
	assert_true(has(room, "\"id\":\"iso22400.oee\""));
	assert_false(slice_has(room->answer.body, "\"id\":\"energy."));
	assert_int_equal(get(room, API "/definitions?pack=iso224"), 200);
	assert_true(body_is(room, "{\"items\":[]}"));
	assert_int_equal(get(room, API "/definitions/energy.value_added"), 200);
	assert_true(has(room, "{\"id\":\"energy.value_added\",\"version\":1,\"name\":{\"en\":"
	                      "\"Industrial value added\",\"zh\":\"工业增加值\"},\"note\":"));
	assert_true(has(room, "\"unit\":\"10kCNY\",\"scopes\":[{\"id\":\"unit\",\"name\":{\"en\":"
	                      "\"Energy-using unit\",\"zh\":\"用能单位\"}}],"
	                      "\"periods\":[\"month\",\"quarter\",\"year\"],\"inputs\":[],"
	                      "\"parts\":[{\"name\":\"value_added\",\"kind\":\"sum\","
	                      "\"unit\":\"10kCNY\",\"formula\":\"\"}],\"value\":\"value_added\""));
	assert_true(has(room, "\"declared\":true}"));
	assert_int_equal(get(room, API "/definitions/energy.value_added?version=1"), 200);
	assert_int_equal(get(room, API "/definitions/energy.value_added?version=9"), 404);
	assert_int_equal(get(room, API "/definitions/energy.value_added?version=x"), 422);
	assert_int_equal(get(room, API "/definitions/nothing"), 404);
	assert_true(has(room, "\"fix\""));
}

static void published_figures_are_told_with_scope_date_and_source(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, API "/published"), 200);
	assert_true(has(room, "{\"id\":\"top-nodes\",\"name\":{\"en\":\"National top-level "
	                      "identifier nodes in operation\",\"zh\":"));
	assert_true(has(room, "\"kind\":\"figure\",\"bound\":\"exactly\",\"value\":5,"
	                      "\"unit\":\"1\",\"scope\":{\"en\":\"Nation\",\"zh\":\"全国\"},"
	                      "\"date\":\"2021-09\",\"source\":"));
}

/* Devices: 0 of the first child alone, 1 of the first and the second. */
static void tell_devices(room_t *room)
{
	static const struct {
		size_t child;
		uint8_t device;
		const char *kind;
	} rows[] = { { 0, 1, "robot" }, { 0, 2, "plc" }, { 1, 2, "plc" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t bytes[512];
		writer_t w = writer_of(bytes, sizeof(bytes));
		census_row_t row = { .key = { { rows[i].device } },
			             .kind = slice_str(rows[i].kind),
			             .industry = SLICE("C38"),
			             .region = SLICE("32"),
			             .state = CENSUS_ONLINE,
			             .since_s = 1600000000 };
		census_saying_t saying = { slice_str(TREE_NAMES[rows[i].child]), 0,
			                   env_utc(room->env).ns };
		assert_int_equal(census_item_put(&saying, &row, 1, &w), 1);
		tree_send(room, rows[i].child, UPLINK_DEVICES, writer_done(&w));
	}
	tree_settle(room);
}

static void a_device_that_two_tell_of_is_counted_once(void **state)
{
	room_t *room = *state;
	tell_devices(room);
	assert_int_equal(get(room, API "/census?by=kind"), 200);
	assert_true(body_is(room, "{\"total\":2,\"reporters\":2,\"silent\":0,\"once\":{\"told\":3,"
	                          "\"devices\":2},\"rows\":[{\"key\":[\"plc\"],\"count\":1},"
	                          "{\"key\":[\"robot\"],\"count\":1}]}"));
	assert_int_equal(get(room, API "/census?by=region,kind&kind=plc"), 200);
	assert_true(has(room, "\"rows\":[{\"key\":[\"32\",\"plc\"],\"count\":1}]"));
	assert_int_equal(get(room, API "/census"), 200);
	assert_true(has(room, "\"total\":2,"));
	assert_int_equal(get(room, API "/census?by=colour"), 422);
	assert_int_equal(get(room, API "/census?by=kind,region,state"), 422);
	assert_int_equal(get(room, API "/census?by=nothing"), 422);
}

static void devices_come_a_page_at_a_time_with_all_who_tell_of_them(void **state)
{
	room_t *room = *state;
	char next[128], path[256];
	tell_devices(room);
	assert_int_equal(get(room, API "/census/devices?kind=plc"), 200);
	assert_true(has(room, "{\"items\":[{\"key\":\"02000000000000000000000000000000\","
	                      "\"kind\":\"plc\",\"industry\":\"C38\",\"region\":\"32\","
	                      "\"state\":\"online\",\"since\":\"2020-09-13T12:26:40.000Z\","
	                      "\"seen\":null,\"reporters\":[\"99.100.2\",\"99.100.3\"]}]"));
	assert_int_equal(get(room, API "/census/devices?limit=1"), 200);
	assert_int_equal(count_of(room, "\"key\""), 1);
	answer_text(room, "next", next, sizeof(next));
	(void)snprintf(path, sizeof(path), API "/census/devices?limit=1&cursor=%s", next);
	assert_int_equal(get(room, path), 200);
	assert_int_equal(count_of(room, "\"key\""), 1);
	assert_true(has(room, "\"kind\":\"plc\""));
	assert_int_equal(get(room, API "/census/devices?cursor=AA"), 422);
	assert_int_equal(get(room, API "/census/devices?limit=1001"), 422);
}

static void an_index_of_nobody_is_none_and_one_of_children_says_why(void **state)
{
	room_t *room = *state;
	posture_inputs_t *inputs = calloc(1, sizeof(*inputs));
	uint8_t *bytes = malloc(TREE_BATCH / 2);
	assert_non_null(inputs);
	assert_non_null(bytes);
	assert_int_equal(get(room, API "/posture"), 200);
	assert_true(has(room, "{\"index\":null,\"coverage\":null,") &&
	            has(room, "\"children\":[],\"campaigns\":[]}"));
	for (size_t child = 0; child < 2; child++) {
		writer_t w = writer_of(bytes, TREE_BATCH / 2);
		posture_begin(inputs, env_utc(room->env).ns);
		for (size_t i = 0; i < 4; i++)
			posture_add_asset(inputs, child == 1 && i < 2 ? 0.9 : 0);
		posture_event_t event = { .ns = env_utc(room->env).ns,
			                  .severity = SEVERITY_CRITICAL,
			                  .technique = 836,
			                  .source = 7,
			                  .victim = 8 };
		for (size_t i = 0; i < 3 * child; i++)
			posture_add_event(inputs, &event);
		inputs->risk.known = 8;
		inputs->risk.monitored = 4;
		posture_put(inputs, slice_str(TREE_NAMES[child]), &w);
		assert_false(w.bad);
		tree_send(room, child, UPLINK_COUNTERS, writer_done(&w));
	}
	tree_settle(room);
	assert_int_equal(get(room, API "/posture"), 200);
	assert_true(has(room, "\"coverage\":0.5,") && has(room, "\"nodes_counted\":2,"));
	assert_true(has(room, "\"because\":[{\"reason\":\"assets\",\"arguments\":{\"count\":2,"
	                      "\"band\":\"severe\"},\"effect\":"));
	assert_true(has(room, "\"text\":\"2 assets of severe risk ("));
	assert_true(has(room, "{\"reason\":\"events\",\"arguments\":{\"count\":3,"
	                      "\"technique\":\"T0836\"}"));
	assert_true(has(room, "\"children\":[{\"ident\":\"99.100.2\",\"nodes\":1,\"index\":0,"));
	assert_int_equal(get(room, API "/posture?lang=zh"), 200);
	assert_true(has(room, "极高"));
	free(inputs);
	free(bytes);
}

static void campaigns_are_told_with_how_many_saw_them(void **state)
{
	room_t *room = *state;
	event_t event = event_make(MSG_INCIDENT_WRITE, (node_time_t){ START_NS });
	event_arg(&event, ARG_CLIENT, value_text(SLICE("198.51.100.6")));
	event_arg(&event, ARG_SERVER, value_text(SLICE("192.0.2.9:502")));
	event.device = 1;
	OK(board_see(room->tree.board, &event));
	assert_int_equal(get(room, API "/posture"), 200);
	assert_true(has(room, "\"campaigns\":[{\"subject\":\"198.51.100.6\",\"technique\":\"T"));
	assert_true(has(room, "\"sightings\":1,\"entities\":1,"));
}

static void the_catalogue_says_of_each_point_what_may_leave(void **state)
{
	room_t *room = *state;
	char next[64], path[128];
	assert_int_equal(get(room, API "/catalogue"), 200);
	assert_true(has(room, "{\"items\":[{\"point\":\"FRM1.V\",\"label\":{\"en\":\"Voltage\","
	                      "\"zh\":\"电压\"},\"class\":\"general\",\"owner\":\"Workshop 1\","
	                      "\"unit\":\"V\",\"retention\":0,\"releases\":[{\"parent\":\"nation\","
	                      "\"what\":[\"events\",\"figures\"],\"every\":3600}]}"));
	assert_true(has(room, "\"class\":\"core\",\"owner\":\"Process\",\"unit\":\"1\","
	                      "\"retention\":0,\"releases\":[]}"));
	assert_true(has(room, "\"class\":\"important\"") && has(room, "\"next\":null}"));
	assert_int_equal(get(room, API "/catalogue?limit=2"), 200);
	assert_int_equal(count_of(room, "\"point\""), 2);
	answer_text(room, "next", next, sizeof(next));
	(void)snprintf(path, sizeof(path), API "/catalogue?limit=2&cursor=%s", next);
	assert_int_equal(get(room, path), 200);
	assert_int_equal(count_of(room, "\"point\""), 1);
	assert_true(has(room, "FRM1.P\"") && has(room, "\"next\":null}"));
}

/* Three batches of two events each. */
static void release_events(room_t *room)
{
	for (uint64_t i = 0; i < 3; i++) {
		uint8_t bytes[2][512];
		uplink_item_t items[2];
		uplink_withheld_t withheld = { UPLINK_CLASS_MINOR, i + 1 };
		uint64_t seq = 0;
		for (size_t k = 0; k < 2; k++) {
			event_t event = event_make(
				MSG_NODE_STARTED,
				(node_time_t){ START_NS + (int64_t)(2 * i + k) * NS_PER_S });
			writer_t w = writer_of(bytes[k], sizeof(bytes[k]));
			event.seq = 2 * i + k + 1;
			event_arg(&event, ARG_VERSION, value_text(SLICE("0.0.0")));
			event_item_put(SLICE("99.100.1"), &event, &w);
			assert_false(w.bad);
			items[k] = (uplink_item_t){ event.node.ns, writer_done(&w) };
		}
		outbox_put_t put = { .parent = SLICE("99.100.0"),
			             .stream = UPLINK_EVENTS,
			             .items = items,
			             .count = 2,
			             .source = SLICE("m"),
			             .withheld = &withheld,
			             .withheld_count = 1 };
		OK(outbox_put(room->tree.outbox, &put, &seq));
	}
	tree_settle(room);
}

static void the_log_says_what_went_and_what_was_kept_back(void **state)
{
	room_t *room = *state;
	char next[128] = "", path[256];
	size_t count = 0, pages = 0;
	release_events(room);
	assert_int_equal(get(room, API "/releases"), 200);
	assert_true(
		has(room, "{\"items\":[{\"parent\":\"nation\",\"stream\":\"events\",\"epoch\":"));
	assert_true(has(room, "\"sequence\":1,\"time\":\"2023-11-14T22:13:20.000Z\","
	                      "\"what\":\"99.100.1/1 "));
	assert_int_equal(count_of(room, "\"sequence\""), 6);
	assert_true(has(room, "\"withheld\":[{\"parent\":\"nation\",\"stream\":\"events\","
	                      "\"class\":\"minor\",\"text\":\"below the contract's severity\","
	                      "\"count\":3}]"));
	do {
		(void)snprintf(path, sizeof(path), API "/releases?limit=1&cursor=%s", next);
		assert_int_equal(get(room, path), 200);
		count += count_of(room, "\"sequence\"");
		next[0] = 0;
		if (!slice_has(room->answer.body, "\"next\":null"))
			answer_text(room, "next", next, sizeof(next));
	} while (next[0] && ++pages < 20);
	assert_int_equal(count, 6);
	assert_int_equal(get(room, API "/releases?from=2023-11-14T22:13:22Z"
	                               "&to=2023-11-14T22:13:24Z&parent=nation&stream=events"),
	                 200);
	assert_int_equal(count_of(room, "\"sequence\""), 2);
	assert_int_equal(get(room, API "/releases?parent=99.100.0"), 200);
	assert_int_equal(count_of(room, "\"sequence\""), 6);
	assert_int_equal(get(room, API "/releases?parent=99.100.8"), 200);
	assert_int_equal(count_of(room, "\"sequence\""), 0);
	assert_int_equal(get(room, API "/releases?stream=gossip"), 422);
	assert_int_equal(get(room, API "/releases?cursor=____________________"), 422);
}

static void an_operator_may_not_look_into_the_catalogue_and_the_log(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT];
	make_user(room, "li", "operator");
	make_token(room, "li", "operator", secret);
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .path = API "/catalogue", .token = secret }), 403);
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .path = API "/releases", .token = secret }), 403);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = API "/tree", .token = secret }),
	                 200);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(definitions_are_told_as_the_packs_have_them),
		TEST(published_figures_are_told_with_scope_date_and_source),
		TEST(a_device_that_two_tell_of_is_counted_once),
		TEST(devices_come_a_page_at_a_time_with_all_who_tell_of_them),
		TEST(an_index_of_nobody_is_none_and_one_of_children_says_why),
		TEST(campaigns_are_told_with_how_many_saw_them),
		TEST(the_catalogue_says_of_each_point_what_may_leave),
		TEST(the_log_says_what_went_and_what_was_kept_back),
		TEST(an_operator_may_not_look_into_the_catalogue_and_the_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
