/* SPDX-License-Identifier: Apache-2.0 */
/* This node among others through the door: itself, its parents, its children, and what was
 * refused. */
#include "api/tree_room_test.h"
#include "journal/event_log.h"

#define TREE "/api/v1/tree"

static void invite(room_t *room, const char *node)
{
	char body[96];
	(void)snprintf(body, sizeof(body), "{\"node\":\"%s\"}", node);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/members", body), 201);
}

/* Devices that a child tells of, in this region. */
static void tell_devices(room_t *room, size_t child, const char *region)
{
	uint8_t bytes[512];
	writer_t w = writer_of(bytes, sizeof(bytes));
	census_row_t row = { .key = { { (uint8_t)child, 1 } },
		             .kind = SLICE("robot"),
		             .region = slice_str(region),
		             .state = CENSUS_ONLINE };
	census_saying_t saying = { slice_str(TREE_NAMES[child]), 0, env_utc(room->env).ns };
	assert_int_equal(census_item_put(&saying, &row, 1, &w), 1);
	tree_send(room, child, UPLINK_DEVICES, writer_done(&w));
}

static void a_node_tells_who_it_is_and_whom_it_dials(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, TREE), 200);
	assert_true(has(room, "\"node\":{\"ident\":\"99.100.1\",\"name\":\"province\","
	                      "\"label\":{\"en\":\"Province\",\"zh\":\"省级节点\"},"
	                      "\"level\":\"province\",\"region\":\"32\",\"entity\":\"32\""));
	assert_true(has(room, "\"listens\":true"));
	assert_true(
		has(room,
	            "\"parents\":[{\"name\":\"nation\",\"ident\":\"99.100.0\","
	            "\"address\":\"127.0.0.9:4100\",\"state\":\"down\","
	            "\"since\":null,\"last_beat\":null,\"reason\":\"this node has not joined that "
	            "parent yet. ask there for a code and run: jizhu enrol\","
	            "\"streams\":[]}]"));
	assert_true(has(room, "\"children\":[]"));
	assert_true(has(room, "\"next\":null}"));
	assert_int_equal(get(room, TREE "?lang=zh"), 200);
	assert_true(has(room, "本节点尚未加入该上级"));
}

static void what_waits_for_a_parent_and_what_was_withheld_is_told_by_stream(void **state)
{
	room_t *room = *state;
	uint64_t seq = 0;
	uplink_item_t items[] = { { START_NS, SLICE("a") }, { START_NS + 1, SLICE("b") } };
	uplink_withheld_t withheld = { UPLINK_CLASS_CORE, 7 };
	outbox_put_t put = { .parent = SLICE("99.100.0"),
		             .stream = UPLINK_EVENTS,
		             .items = items,
		             .count = 2,
		             .source = SLICE("m"),
		             .withheld = &withheld,
		             .withheld_count = 1 };
	OK(outbox_put(room->tree.outbox, &put, &seq));
	tree_settle(room);
	assert_int_equal(get(room, TREE), 200);
	assert_true(has(room, "{\"stream\":\"events\",\"last\":2,\"held\":0,\"unsent_items\":2,"
	                      "\"oldest_unsent\":\"2023-11-14T22:13:20.000Z\","
	                      "\"withheld\":{\"core\":7}}"));
}

static void a_child_is_what_it_was_heard_as(void **state)
{
	room_t *room = *state;
	for (size_t i = 0; i < TREE_CHILDREN; i++)
		invite(room, TREE_NAMES[i]);
	tell_devices(room, 0, "32");
	tell_devices(room, 1, "33");
	tree_settle(room);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/members/99.100.3/revoke", "{}"), 204);
	assert_int_equal(get(room, TREE), 200);
	assert_true(has(room, "{\"ident\":\"99.100.2\",\"name\":\"99.100.2\",\"entity\":\"32\","
	                      "\"state\":\"down\",\"since\":null"));
	assert_true(has(room, "\"streams\":[{\"stream\":\"devices\",\"held\":1,"
	                      "\"last_received\":\"2023-11-14T"));
	assert_true(has(room, "{\"ident\":\"99.100.3\",\"name\":\"99.100.3\",\"entity\":\"33\","
	                      "\"state\":\"revoked\""));
	assert_true(has(room, "{\"ident\":\"99.100.4\",\"name\":\"99.100.4\",\"entity\":\"\","
	                      "\"state\":\"never\""));
	assert_true(has(room, "\"certificate\":null"));
}

static void entities_are_silent_as_their_children_are_and_none_without_any(void **state)
{
	room_t *room = *state;
	invite(room, TREE_NAMES[0]);
	tell_devices(room, 0, "32");
	tree_settle(room);
	assert_int_equal(get(room, TREE), 200);
	assert_true(has(room, "{\"code\":\"32\",\"name\":{\"en\":\"Jiangsu\",\"zh\":\"江苏\"},"
	                      "\"region\":\"32\",\"state\":\"silent\",\"children\":1}"));
	assert_true(has(room, "{\"code\":\"2102\",\"name\":{\"en\":\"Dalian\",\"zh\":\"大连\"},"
	                      "\"region\":\"21\",\"state\":\"none\",\"children\":0}"));
}

static void children_come_a_page_at_a_time(void **state)
{
	room_t *room = *state;
	char cursor[128], path[256];
	for (size_t i = 0; i < TREE_CHILDREN; i++)
		invite(room, TREE_NAMES[i]);
	assert_int_equal(get(room, TREE "?limit=2"), 200);
	assert_true(has(room, "99.100.2\"") && has(room, "99.100.3\""));
	assert_false(slice_has(room->answer.body, "99.100.4\""));
	answer_text(room, "next", cursor, sizeof(cursor));
	(void)snprintf(path, sizeof(path), TREE "?limit=2&cursor=%s", cursor);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, "99.100.4\"") && has(room, "\"next\":null"));
	assert_false(slice_has(room->answer.body, "99.100.2\""));
	assert_int_equal(get(room, TREE "?cursor=!"), 422);
	assert_int_equal(get(room, TREE "?limit=0"), 422);
}

static void what_was_refused_is_listed_newest_first(void **state)
{
	room_t *room = *state;
	event_t event = event_make(MSG_UPLINK_REFUSED, (node_time_t){ START_NS });
	event_t other = event_make(MSG_INCIDENT_CLOSED, (node_time_t){ START_NS });
	event_arg(&event, ARG_NAME, value_text(SLICE("99.100.2")));
	event_arg(&event, ARG_REASON, value_text(SLICE("gap")));
	event_arg(&event, ARG_STATE, value_text(SLICE("events")));
	event_arg(&event, ARG_SEQUENCE, value_u64(41));
	assert_int_equal(get(room, TREE "/refusals"), 200);
	assert_true(body_is(room, "{\"items\":[]}"));
	OK(event_append(room->journal, &event));
	OK(event_append(room->journal, &other));
	event.args[3].value = value_u64(42);
	OK(event_append(room->journal, &event));
	pass(room, NS_PER_S);
	assert_int_equal(get(room, TREE "/refusals"), 200);
	assert_true(has(room, "{\"items\":[{\"time\":\"2023-11-14T22:13:20.000Z\","
	                      "\"child\":\"99.100.2\",\"stream\":\"events\",\"sequence\":42,"
	                      "\"reason\":\"gap\",\"detail\":\"What the child 99.100.2 sent"));
	assert_true(has(room, "\"sequence\":41"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_tells_who_it_is_and_whom_it_dials),
		TEST(what_waits_for_a_parent_and_what_was_withheld_is_told_by_stream),
		TEST(a_child_is_what_it_was_heard_as),
		TEST(entities_are_silent_as_their_children_are_and_none_without_any),
		TEST(children_come_a_page_at_a_time),
		TEST(what_was_refused_is_listed_newest_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
