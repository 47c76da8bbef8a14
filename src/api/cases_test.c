/* SPDX-License-Identifier: Apache-2.0 */
/* Cases through the door: those of this node and of a child, steps, and the sheet of paper. */
#include "api/tree_room_test.h"
#include "base/text.h"

#define CASES "/api/v1/cases"
#define OWN   CASES "/99.100.1:7"

static const handling_case_t WHAT = { { (const uint8_t *)"198.51.100.6", 12 },
	                              { (const uint8_t *)"T0836", 5 },
	                              { (const uint8_t *)"99.100.1/FRM1", 13 },
	                              SEVERITY_ALARM,
	                              false };

static uint64_t order(room_t *room, uint64_t event, handling_step_kind_t step)
{
	uint64_t seq = 0;
	caller_t caller = { .subject = SLICE("user:li"), .role = ROLE_ADMIN };
	handling_order_t what = { .id = { SLICE("99.100.1"), event },
		                  .step = step,
		                  .text = SLICE("see <the> trend"),
		                  .what = step == HANDLING_STEP_OPEN ? &WHAT : NULL };
	OK(handling_order(room->tree.handling, &caller, &what, &seq, NULL));
	return seq;
}

/* A case of a plant below, which this node oversees. */
static void open_below(room_t *room, uint64_t event)
{
	uint8_t bytes[HANDLING_ITEM_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	handling_step_t step = { .node = slice_str(TREE_NAMES[0]),
		                 .id = { slice_str(TREE_NAMES[0]), event },
		                 .step = HANDLING_STEP_OPEN,
		                 .number = 1,
		                 .when_ns = START_NS,
		                 .who = SLICE("user:wang"),
		                 .what = WHAT };
	step.what.is_overseen = true;
	handling_step_put(&step, &w);
	tree_send(room, 0, UPLINK_HANDLING, writer_done(&w));
	tree_settle(room);
}

static int take(room_t *room, const char *path, const char *body)
{
	char full[128];
	(void)snprintf(full, sizeof(full), "%s/steps", path);
	return ask(room, HTTP_POST, full, body);
}

static void a_case_is_told_with_its_steps_and_what_may_follow(void **state)
{
	room_t *room = *state;
	order(room, 7, HANDLING_STEP_OPEN);
	assert_int_equal(get(room, OWN), 200);
	assert_true(has(room, "{\"id\":\"99.100.1:7\",\"origin\":\"99.100.1\",\"event\":7,"
	                      "\"child\":\"\",\"technique\":\"T0836\",\"severity\":\"alarm\","
	                      "\"subject\":\"198.51.100.6\",\"entity\":\"99.100.1/FRM1\","
	                      "\"state\":\"new\""));
	assert_true(has(room, "\"next\":[{\"step\":\"verify\",\"role\":\"operator\"},"
	                      "{\"step\":\"dismiss\",\"role\":\"engineer\"},"
	                      "{\"step\":\"note\",\"role\":\"operator\"}]"));
	assert_true(has(room, "\"steps\":[{\"step\":\"open\",\"who\":\"user:li\","
	                      "\"node\":\"99.100.1\",\"time\":"));
	assert_true(has(room, "\"verdict\":\"applied\""));
	assert_int_equal(get(room, CASES "/99.100.1%3A7?lang=zh"), 200);
	assert_true(has(room, "已执行"));
}

static void steps_are_of_the_side_that_may_take_them(void **state)
{
	room_t *room = *state;
	open_below(room, 9);
	assert_int_equal(get(room, CASES "/99.100.2:9"), 200);
	assert_true(has(room, "\"child\":\"99.100.2\""));
	assert_int_equal(take(room, CASES "/99.100.2:9", "{\"step\":\"verify\"}"), 201);
	assert_true(has(room, "\"next\":[{\"step\":\"dismiss\",\"role\":\"engineer\"},"
	                      "{\"step\":\"notify\",\"role\":\"engineer\"},"
	                      "{\"step\":\"note\",\"role\":\"operator\"}]"));
	assert_int_equal(take(room, CASES "/99.100.2:9", "{\"step\":\"notify\"}"), 201);
	assert_int_equal(take(room, CASES "/99.100.2:9", "{\"step\":\"rectify\"}"), 403);
}

static void a_step_is_durable_when_it_is_answered_and_leaves_a_trace(void **state)
{
	room_t *room = *state;
	order(room, 7, HANDLING_STEP_OPEN);
	assert_int_equal(take(room, OWN,
	                      "{\"step\":\"verify\",\"text\":\"it is true\","
	                      "\"due\":\"2023-12-01T00:00:00Z\"}"),
	                 201);
	assert_true(journal_durable(room->tree.journal) == journal_last(room->tree.journal));
	assert_true(journal_durable(room->journal) == journal_last(room->journal));
	assert_true(has(room, "\"state\":\"verified\""));
	assert_true(has(room, "\"due\":\"2023-12-01T00:00:00.000Z\",\"overdue\":false"));
	assert_true(has(room, "\"text\":\"it is true\""));
	assert_int_equal(get(room, "/api/v1/events?class=record"), 200);
	assert_true(has(room, "took the step \\\"verify\\\" on the case 99.100.1:7"));
}

static void steps_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *path, *body;
		int status;
	} rows[] = {
		{ OWN, "{}", 422 },
		{ OWN, "{\"step\":\"open\"}", 422 },
		{ OWN, "{\"step\":\"verify\",\"text\":7}", 422 },
		{ OWN, "{\"step\":\"verify\",\"due\":\"soon\"}", 422 },
		{ OWN, "{\"step\":\"close\"}", 409 },
		{ OWN, "[", 400 },
		{ CASES "/99.100.1:8", "{\"step\":\"verify\"}", 404 },
		{ CASES "/99.100.1:07", "{\"step\":\"verify\"}", 404 },
		{ CASES "/:7", "{\"step\":\"verify\"}", 404 },
		{ CASES "/99.100.1", "{\"step\":\"verify\"}", 404 },
	};
	room_t *room = *state;
	order(room, 7, HANDLING_STEP_OPEN);
	tree_settle(room);
	uint64_t last = journal_last(room->tree.journal);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int status = take(room, rows[i].path, rows[i].body);
		if (status != rows[i].status)
			fail_msg("%s %s gives %d", rows[i].path, rows[i].body, status);
	}
	assert_int_equal(journal_last(room->tree.journal), last);
}

static void an_operator_takes_the_steps_of_operators_alone(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT];
	order(room, 7, HANDLING_STEP_OPEN);
	make_user(room, "li", "operator");
	make_token(room, "li", "operator", secret);
	twin_http_ask_t step = { .method = HTTP_POST,
		                 .path = OWN "/steps",
		                 .token = secret,
		                 .body = SLICE("{\"step\":\"dismiss\"}") };
	assert_int_equal(ask_as(room, &step), 403);
	step.body = SLICE("{\"step\":\"verify\"}");
	assert_int_equal(ask_as(room, &step), 201);
}

static void what_is_overdue_stands_first_and_pages_hold_each_case_once(void **state)
{
	room_t *room = *state;
	char path[256], next[128] = "";
	size_t count = 0, pages = 0;
	for (uint64_t event = 1; event <= 5; event++)
		order(room, event, HANDLING_STEP_OPEN);
	tree_settle(room);
	assert_int_equal(take(room, CASES "/99.100.1:4",
	                      "{\"step\":\"verify\",\"due\":\"2023-11-14T22:13:50Z\"}"),
	                 201);
	pass(room, 60 * NS_PER_S);
	assert_int_equal(get(room, CASES "?limit=1"), 200);
	assert_true(has(room, "{\"items\":[{\"id\":\"99.100.1:4\""));
	assert_int_equal(get(room, CASES "?overdue=1"), 200);
	assert_true(has(room, "99.100.1:4") && has(room, "\"next\":null,\"funnel\""));
	assert_false(slice_has(room->answer.body, "99.100.1:1"));
	assert_int_equal(get(room, CASES "?state=verified"), 200);
	assert_false(slice_has(room->answer.body, "99.100.1:1"));
	do {
		(void)snprintf(path, sizeof(path), CASES "?limit=2&cursor=%s", next);
		assert_int_equal(get(room, path), 200);
		for (slice_t body = room->answer.body; body.len; body = slice_from(body, 1))
			count += slice_starts(body, SLICE("{\"id\":\"99.100.1:"));
		next[0] = 0;
		if (!slice_has(room->answer.body, "\"next\":null,\"funnel\""))
			answer_text(room, "next", next, sizeof(next));
	} while (next[0] && ++pages < 10);
	assert_int_equal(count, 5);
	assert_int_equal(get(room, CASES "?state=lost"), 422);
	assert_int_equal(get(room, CASES "?cursor=AA"), 422);
}

static void the_funnel_is_that_of_the_month_or_of_a_period(void **state)
{
	room_t *room = *state;
	uint64_t seq = 0;
	handling_tell_t tell = { .seen = { 900, 80, 7 } };
	OK(time_parse(SLICE("2023-10-31T16:00:00Z"), &tell.from_ns));
	OK(time_parse(SLICE("2023-11-30T16:00:00Z"), &tell.to_ns));
	OK(handling_tell(room->tree.handling, &tell, &seq));
	tree_settle(room);
	assert_int_equal(get(room, CASES), 200);
	assert_true(has(room, "\"funnel\":{\"raw\":900,\"clues\":80,\"suspicious\":7,"
	                      "\"verified\":0,\"notified\":0,\"handled\":0,\"nodes\":1,"
	                      "\"from\":\"2023-10-31T16:00:00.000Z\""));
	assert_int_equal(get(room, CASES "?funnel_from=2023-09-30T16:00:00Z"
	                                 "&funnel_to=2023-10-31T16:00:00Z"),
	                 200);
	assert_true(has(room, "\"raw\":0,") && has(room, "\"nodes\":0,"));
}

static void a_case_prints_as_a_form_in_either_language(void **state)
{
	room_t *room = *state;
	order(room, 7, HANDLING_STEP_OPEN);
	assert_int_equal(get(room, OWN "/form?kind=notice&lang=zh"), 200);
	assert_true(slice_eq(room->answer.content_type, SLICE("text/html; charset=utf-8")));
	assert_true(has(room, "网络安全事件通报单") && has(room, "99.100.1/FRM1"));
	assert_int_equal(get(room, OWN "/form?kind=order&lang=en"), 200);
	assert_true(has(room, "Order to rectify"));
	assert_int_equal(get(room, OWN "/form?kind=feedback"), 200);
	assert_int_equal(get(room, OWN "/form"), 422);
	assert_int_equal(get(room, CASES "/99.100.1:8/form?kind=notice"), 404);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_case_is_told_with_its_steps_and_what_may_follow),
		TEST(steps_are_of_the_side_that_may_take_them),
		TEST(a_step_is_durable_when_it_is_answered_and_leaves_a_trace),
		TEST(steps_that_make_no_sense_are_refused),
		TEST(an_operator_takes_the_steps_of_operators_alone),
		TEST(what_is_overdue_stands_first_and_pages_hold_each_case_once),
		TEST(the_funnel_is_that_of_the_month_or_of_a_period),
		TEST(a_case_prints_as_a_form_in_either_language),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
