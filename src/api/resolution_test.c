/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a name, as the console gets it. */
#include "api/room_test.h"

#define R "/api/v1/resolution"
#define H "/api/handles/99.100.1/CELL-1"

enum { DOOR_PORT = 2641 };

/* The resolver knows of the node's own door, and of a server that is not there. */
static void open_resolver(room_t *room, api_spec_t *spec)
{
	err_detail_t detail;
	addr_t addr = { ip_v4(127, 0, 0, 1), DOOR_PORT };
	resolver_pin_t pins[] = {
		{ .prefix = SLICE("99.100.1"), .addr = addr },
		{ .prefix = SLICE("99.7"), .addr = { ip_v4(127, 0, 7, 7), DOOR_PORT } },
	};
	OK(handle_door_open(&(handle_door_spec_t){ .registry = room->registry,
	                                           .loop = room->loops[LOOP_DEVICE],
	                                           .addrs = &addr,
	                                           .addr_count = 1 },
	                    &room->door));
	OK(resolver_open(room->env,
	                 &(resolver_spec_t){ .loop = room->loops[LOOP_DEVICE],
	                                     .pins = pins,
	                                     .pin_count = 2,
	                                     .deadline_ns = 5 * NS_PER_S },
	                 &room->resolver, &detail));
	spec->resolver = room->resolver;
}

static int room_open_resolver(void **state)
{
	int rc = room_open_with(state, open_resolver);
	assert_int_equal(ask(*state, HTTP_PUT, H,
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://one\"}]"),
	                 201);
	return rc;
}

static void a_name_of_the_node_is_resolved_by_its_own_door(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R "?name=99.100.1/cell-1"), 200);
	assert_true(has(room, "{\"handle\":\"99.100.1/cell-1\",\"responseCode\":1,"
	                      "\"source\":\"server\",\"age_s\":0,"));
	assert_true(has(room, "\"server\":\"127.0.0.1:2641\""));
	assert_true(has(room, "\"value\":\"http://one\""));
	assert_true(has(room, "\"step\":\"pinned\""));
	assert_true(has(room, "\"transport\":\"udp\",\"tries\":1"));
	assert_false(slice_has(room->answer.body, "\"error\""));
}

static void the_second_time_it_comes_from_the_cache_unless_asked_anew(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R "?name=99.100.1/CELL-1"), 200);
	twin_run_for(room->twin, 7 * NS_PER_S);
	assert_int_equal(get(room, R "?name=99.100.1/CELL-1"), 200);
	assert_true(has(room, "\"source\":\"cache\",\"age_s\":7"));
	assert_true(has(room, "\"step\":\"pinned\""));
	assert_int_equal(get(room, R "?name=99.100.1/CELL-1&fresh=true"), 200);
	assert_true(has(room, "\"source\":\"server\""));
}

static void a_name_that_is_not_there_is_told_with_the_walk(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R "?name=99.100.1/NONE"), 200);
	assert_true(has(room, "\"responseCode\":100,\"error\":\"NOT_FOUND\""));
	assert_true(has(room, "\"values\":[],\"steps\":[{"));
}

static void a_server_that_is_silent_is_told_too(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R "?name=99.7/X"), 200);
	assert_true(has(room, "\"responseCode\":0,\"error\":"));
	assert_true(has(room, "\"server\":\"127.0.7.7:2641\""));
}

static void what_is_no_name_and_who_is_nobody_are_refused(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R), 422);
	assert_int_equal(get(room, R "?name=no-slash"), 422);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = R "?name=99.100.1/CELL-1" }),
	                 401);
}

static void a_node_without_a_resolver_says_so(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, R "?name=99.100.1/CELL-1"), 404);
	assert_true(has(room, "this node has no resolver"));
}

int main(void)
{
#define RESOLVING(f) cmocka_unit_test_setup_teardown(f, room_open_resolver, room_close)
	const struct CMUnitTest tests[] = {
		RESOLVING(a_name_of_the_node_is_resolved_by_its_own_door),
		RESOLVING(the_second_time_it_comes_from_the_cache_unless_asked_anew),
		RESOLVING(a_name_that_is_not_there_is_told_with_the_walk),
		RESOLVING(a_server_that_is_silent_is_told_too),
		RESOLVING(what_is_no_name_and_who_is_nobody_are_refused),
		cmocka_unit_test_setup_teardown(a_node_without_a_resolver_says_so, room_open,
		                                room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
