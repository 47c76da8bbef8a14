/* SPDX-License-Identifier: Apache-2.0 */
/* History, states and answers as of a time, over HTTP. */
#include "api/room_test.h"

#define H "/api/handles/99.100.1/CELL-1"
#define I "/api/v1/identifiers/99.100.1/CELL-1"

static int put_url(room_t *room, const char *url)
{
	char body[128];
	(void)snprintf(body, sizeof(body),
	               "[{\"index\":1,\"type\":\"URL\",\"data\":\"%s\"},"
	               "{\"index\":5,\"type\":\"COST\",\"data\":\"42\",\"permissions\":\"1100\"}]",
	               url);
	pass(room, 10 * NS_PER_S);
	return ask(room, HTTP_PUT, H, body);
}

/* Without a token. */
static int look(room_t *room, const char *path)
{
	return ask_as(room, &(twin_http_ask_t){ .path = path });
}

static int set_state(room_t *room, const char *state)
{
	char body[64];
	(void)snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state);
	return ask(room, HTTP_POST, I "/state", body);
}

static void the_history_of_a_name_is_read_in_pages(void **state)
{
	room_t *room = *state;
	char path[128], next[24] = "";
	assert_int_equal(put_url(room, "http://one"), 201);
	assert_int_equal(put_url(room, "http://two"), 200);
	assert_int_equal(ask(room, HTTP_DELETE, H, NULL), 200);
	assert_int_equal(get(room, I "/history?limit=2"), 200);
	assert_true(has(room, "{\"name\":\"99.100.1/CELL-1\",\"changes\":[{\"seq\":"));
	assert_true(has(room, "\"verb\":\"remove\",\"state\":\"deleted\",\"subject\":\"admin\","
	                      "\"role\":\"admin\""));
	assert_true(has(room, "http://two"));
	assert_false(slice_has(room->answer.body, "http://one"));
	slice_t body = room->answer.body;
	while (body.len && !slice_starts(body, SLICE("\"next\":")))
		body = slice_from(body, 1);
	assert_true(slice_to_cstr(slice_sub(body, 7, body.len - 8), next, sizeof(next)));
	(void)snprintf(path, sizeof(path), I "/history?before=%s", next);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, "http://one"));
	assert_true(has(room, "\"verb\":\"replace\",\"state\":\"active\""));
	assert_false(slice_has(room->answer.body, "next"));
	assert_int_equal(get(room, I "/history?before=1"), 404);
}

static void a_name_is_a_draft_from_its_first_moment_on(void **state)
{
	room_t *room = *state;
	static const char body[] = "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://one\"}]";
	assert_int_equal(ask(room, HTTP_PUT, H "?overwrite=false&state=draft", body), 201);
	assert_int_equal(look(room, H), 404);
	assert_int_equal(get(room, H), 200);
	assert_true(has(room, "\"state\":\"draft\""));
	assert_int_equal(get(room, I "/history"), 200);
	assert_false(slice_has(room->answer.body, "active"));
	assert_int_equal(set_state(room, "active"), 200);
	assert_int_equal(look(room, H), 200);
}

static void a_record_that_may_be_there_is_not_put_as_a_draft(void **state)
{
	room_t *room = *state;
	static const char body[] = "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://one\"}]";
	static const char *const paths[] = { H "?state=draft", H "?overwrite=false&state=deleted",
		                             H "?overwrite=false&state=retired", H "?state=lost" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_true(ask(room, HTTP_PUT, paths[i], body) >= 400);
		assert_int_equal(get(room, H), 404);
	}
	assert_int_equal(ask(room, HTTP_PUT, H "?state=active", body), 201);
}

static void a_record_is_answered_as_it_was_known_at_a_time(void **state)
{
	room_t *room = *state;
	assert_int_equal(put_url(room, "http://one"), 201);
	assert_int_equal(put_url(room, "http://two"), 200);
	pass(room, 10 * NS_PER_S);
	assert_int_equal(ask(room, HTTP_DELETE, H, NULL), 200);
	assert_int_equal(look(room, H "?at=2023-11-14T22:13:40Z"), 200);
	assert_true(has(room, "http://one"));
	assert_true(has(room, "\"change\":{\"seq\":"));
	assert_false(slice_has(room->answer.body, "COST"));
	assert_false(slice_has(room->answer.body, "subject"));
	assert_int_equal(get(room, H "?at=1700000025000"), 200);
	assert_true(has(room, "http://two"));
	assert_true(has(room, "COST"));
	assert_true(has(room, "\"subject\":\"admin\""));
	assert_int_equal(look(room, H "?at=1700000001000"), 404);
	assert_int_equal(look(room, H "?at=2099-01-01T00:00:00Z"), 404);
	assert_int_equal(look(room, H "?at=yesterday"), 400);
	assert_int_equal(look(room, H), 404);
}

static void a_deleted_name_says_so_and_is_restored_by_an_administrator(void **state)
{
	room_t *room = *state;
	assert_int_equal(put_url(room, "http://one"), 201);
	assert_int_equal(ask(room, HTTP_DELETE, H, NULL), 200);
	assert_int_equal(put_url(room, "http://two"), 409);
	assert_true(has(room, "this name was deleted and is not given again"));
	assert_int_equal(ask(room, HTTP_POST, I "/restoration", NULL), 200);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "http://one"));
	assert_int_equal(ask(room, HTTP_POST, I "/restoration", NULL), 409);
}

static void drafts_are_seen_by_those_who_may_change_them_alone(void **state)
{
	room_t *room = *state;
	assert_int_equal(put_url(room, "http://one"), 201);
	assert_int_equal(set_state(room, "draft"), 200);
	assert_int_equal(look(room, H), 404);
	assert_int_equal(get(room, H), 200);
	assert_true(has(room, "\"state\":\"draft\""));
	assert_int_equal(set_state(room, "retired"), 200);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "\"state\":\"retired\""));
	assert_int_equal(set_state(room, "active"), 200);
	assert_int_equal(look(room, H), 200);
	assert_false(slice_has(room->answer.body, "\"state\""));
	assert_int_equal(set_state(room, "deleted"), 400);
	assert_int_equal(set_state(room, "gone"), 400);
}

static void a_value_bound_to_a_point_lives(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_PUT, H,
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://one\"},"
	                     "{\"index\":5,\"type\":\"JIZHU.POINT\",\"data\":\"FRM1.V\"}]"),
	                 201);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "\"type\":\"JIZHU.POINT\""));
	assert_true(has(room, "\"index\":1073741829,\"type\":\"JIZHU.VALUE\""));
	assert_true(has(room, "\\\"value\\\":3.6"));
	pass(room, 20 * NS_PER_S);
	room->registers[0] = 3700;
	pass(room, 20 * NS_PER_S);
	assert_int_equal(look(room, H "?type=JIZHU.VALUE"), 200);
	assert_true(has(room, "\\\"value\\\":3.7"));
	assert_true(has(room, "\"ttl\":1,"));
	assert_false(slice_has(room->answer.body, "http://one"));
	assert_int_equal(look(room, H "?at=1700000015000"), 200);
	assert_true(has(room, "\\\"value\\\":3.6"));
	assert_true(has(room, "\"change\":"));
}

int main(void)
{
#define IN_ROOM(f) cmocka_unit_test_setup_teardown(f, room_open, room_close)
	const struct CMUnitTest tests[] = {
		IN_ROOM(the_history_of_a_name_is_read_in_pages),
		IN_ROOM(a_name_is_a_draft_from_its_first_moment_on),
		IN_ROOM(a_record_that_may_be_there_is_not_put_as_a_draft),
		IN_ROOM(a_record_is_answered_as_it_was_known_at_a_time),
		IN_ROOM(a_deleted_name_says_so_and_is_restored_by_an_administrator),
		IN_ROOM(a_value_bound_to_a_point_lives),
		IN_ROOM(drafts_are_seen_by_those_who_may_change_them_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
