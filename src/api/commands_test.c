/* SPDX-License-Identifier: Apache-2.0 */
/* Orders from the request to the machine's register and back. */
#include "api/room_test.h"

static int order(room_t *room, const char *key, const char *body)
{
	http_header_t headers[] = { { key ? "Idempotency-Key" : NULL, key }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = "/api/v1/commands",
	                                        .token = room->token,
	                                        .headers = headers,
	                                        .body = slice_str(body) });
}

#define SET_3_8 "{\"point\":\"FRM1.V_SET\",\"value\":3.8}"

static void an_order_is_answered_when_it_was_read_back(void **state)
{
	room_t *room = *state;
	assert_int_equal(order(room, "k1", SET_3_8), 200);
	assert_true(has(room, "{\"id\":\"k1\",\"state\":\"verified\",\"point\":\"FRM1.V_SET\","
	                      "\"requested\":3.8,\"old\":3.65,\"read_back\":3.8"));
	assert_true(has(room, "\"repeated\":false}"));
	assert_int_equal(room->registers[SET_RAW_AT], 3800);
	assert_int_equal(get(room, "/api/v1/node"), 200);
	assert_true(has(room, "\"writes_verified\":1"));
}

static void the_same_key_is_not_carried_out_twice(void **state)
{
	room_t *room = *state;
	assert_int_equal(order(room, "k1", SET_3_8), 200);
	room->registers[SET_RAW_AT] = 3500;
	assert_int_equal(order(room, "k1", SET_3_8), 200);
	assert_true(has(room, "\"repeated\":true}"));
	assert_int_equal(room->registers[SET_RAW_AT], 3500);
}

static void orders_past_the_contract_are_refused_with_their_state(void **state)
{
	room_t *room = *state;
	assert_int_equal(order(room, "k1", "{\"point\":\"FRM1.V_SET\",\"value\":9}"), 422);
	assert_true(has(room, "\"state\":\"refused\""));
	assert_int_equal(order(room, "k2", "{\"point\":\"FRM1.V\",\"value\":3.5}") / 100, 4);
	assert_true(has(room, "\"state\":\"refused\""));
	assert_int_equal(room->registers[SET_RAW_AT], 3650);
}

static void a_machine_that_ignores_the_write_is_found_out(void **state)
{
	room_t *room = *state;
	room->is_stubborn = true;
	assert_in_range(order(room, "k1", SET_3_8), 409, 504);
	assert_true(has(room, "\"state\":\"failed\""));
}

static void orders_need_a_key_a_point_and_a_number(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"{\"point\":\"FRM1.V_SET\"}",
		"{\"value\":3.8}",
		"{\"point\":\"FRM1.V_SET\",\"value\":\"3.8\"}",
		"{\"point\":\"FRM1.V_SET\",\"value\":3.8,\"expires_s\":0}",
		"{\"point\":\"FRM1.V_SET\",\"value\":3.8,\"expires_s\":601}",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(order(room, "k", bad[i]), 422);
	assert_int_equal(order(room, NULL, SET_3_8), 422);
	assert_int_equal(order(room, "two words", SET_3_8), 422);
	assert_int_equal(order(room, "k", "{\"point\":\"NOBODY\",\"value\":1}"), 404);
}

static void past_orders_are_told_newest_first(void **state)
{
	room_t *room = *state;
	assert_int_equal(order(room, "k1", SET_3_8), 200);
	assert_int_equal(order(room, "k2", "{\"point\":\"FRM1.V_SET\",\"value\":9}"), 422);
	pass(room, NS_PER_S);
	assert_int_equal(get(room, "/api/v1/commands"), 200);
	assert_true(has(room, "{\"items\":[{\"id\":\"k2\",\"point\":\"FRM1.V_SET\",\"subject\":"
	                      "\"admin\",\"role\":\"admin\",\"requested\":9,"));
	assert_true(has(room, "\"state\":\"refused\""));
	assert_true(has(room, "\"requested_seq\":null"));
	assert_true(has(room, "{\"id\":\"k1\""));
	assert_true(has(room, ",\"state\":\"verified\""));
	assert_int_equal(get(room, "/api/v1/commands?limit=1"), 200);
	assert_false(slice_has(room->answer.body, "k1"));
}

static void an_order_outlives_its_client(void **state)
{
	room_t *room = *state;
	http_header_t headers[] = { { "Idempotency-Key", "k1" }, { NULL, NULL } };
	twin_http_ask_t impatient = { .method = HTTP_POST,
		                      .path = "/api/v1/commands",
		                      .token = room->token,
		                      .headers = headers,
		                      .body = SLICE(SET_3_8) };
	/* Longer than a request may be on its way, shorter than any order takes. */
	assert_int_equal(twin_http(room->env, &impatient, 400 * NS_PER_US, &room->answer),
	                 ERR_TIMEOUT);
	pass(room, 5 * NS_PER_S);
	assert_int_equal(room->registers[SET_RAW_AT], 3800);
	assert_int_equal(order(room, "k1", SET_3_8), 200);
	assert_true(has(room, "\"repeated\":true}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_answered_when_it_was_read_back),
		TEST(the_same_key_is_not_carried_out_twice),
		TEST(orders_past_the_contract_are_refused_with_their_state),
		TEST(a_machine_that_ignores_the_write_is_found_out),
		TEST(orders_need_a_key_a_point_and_a_number),
		TEST(past_orders_are_told_newest_first),
		TEST(an_order_outlives_its_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
