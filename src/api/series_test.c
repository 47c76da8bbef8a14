/* SPDX-License-Identifier: Apache-2.0 */
/* Series of the doors, as somebody looks for them who wants to see one. */
#include "api/room_test.h"

#define SERIES "/api/v1/series"

static int write_lines(room_t *room, const char *lines)
{
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = "/write?precision=s",
	                                        .token = room->token,
	                                        .content_type = "text/plain",
	                                        .body = slice_str(lines) });
}

static int open_written(void **state)
{
	(void)room_open(state);
	assert_int_equal(write_lines(*state, "flow,line=1,host=Pump\\ A value=1 1700000000\n"
	                                     "flow,line=2,host=Pump\\ B value=2 1700000000\n"
	                                     "level,line=1 value=3 1700000000"),
	                 204);
	return 0;
}

static void series_are_found_by_words_of_their_names_and_labels(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, SERIES "?q=pump+FLOW+b"), 200);
	assert_true(has(room, "{\"items\":[{\"id\":"));
	assert_true(has(room, "\"name\":\"flow_value{host=\\\"Pump B\\\",line=\\\"2\\\"}\","
	                      "\"labels\":{\"__name__\":\"flow_value\",\"host\":\"Pump B\","
	                      "\"line\":\"2\"}}],\"truncated\":false}"));
	assert_int_equal(get(room, SERIES "?q=line%3D%221%22"), 200);
	assert_true(has(room, "flow_value{host=\\\"Pump A\\\"") && has(room, "level_value{"));
	assert_false(has(room, "Pump B"));
	assert_int_equal(get(room, SERIES "?q=valve"), 200);
	assert_true(body_is(room, "{\"items\":[],\"truncated\":false}"));
}

static void points_of_the_configuration_are_not_among_them(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, SERIES), 200);
	assert_true(has(room, "Pump A") && has(room, "Pump B") && has(room, "level_value"));
	assert_false(has(room, "FRM1"));
}

static void what_is_found_beyond_the_limit_is_left_out_and_said(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, SERIES "?q=line&limit=2"), 200);
	assert_true(has(room, "Pump B") && has(room, "\"truncated\":true}"));
	assert_false(has(room, "level_value"));
	assert_int_equal(get(room, SERIES "?q=line&limit=3"), 200);
	assert_true(has(room, "level_value") && has(room, "\"truncated\":false}"));
	assert_int_equal(get(room, SERIES "?limit=0"), 422);
	assert_int_equal(get(room, SERIES "?q=a+b+c+d+e+f+g+h+i"), 422);
	assert_true(has(room, "more than 8 words"));
}

static void what_is_found_is_a_name_that_edits_take(void **state)
{
	room_t *room = *state;
	static const char path[] = "/api/v1/points/level_value%7Bline%3D%221%22%7D/edits";
	assert_int_equal(ask(room, HTTP_POST, path,
	                     "{\"kind\":\"annotate\",\"from_ms\":1700000000000,"
	                     "\"to_ms\":1700000001000,\"text\":\"first filling\"}"),
	                 201);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, "first filling"));
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, open_written, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(series_are_found_by_words_of_their_names_and_labels),
		IN_ROOM(points_of_the_configuration_are_not_among_them),
		IN_ROOM(what_is_found_beyond_the_limit_is_left_out_and_said),
		IN_ROOM(what_is_found_is_a_name_that_edits_take),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
