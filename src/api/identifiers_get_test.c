/* SPDX-License-Identifier: Apache-2.0 */
/* Finding identifiers over the API. */
#include "api/room_test.h"

static void put(room_t *room, const char *path, const char *body)
{
	assert_int_equal(ask(room, HTTP_PUT, path, body), 201);
}

/* The view follows the registry by a turn of its loop. */
static int find(room_t *room, const char *path)
{
	twin_run_for(room->twin, NS_PER_S);
	return get(room, path);
}

static void names_are_found_by_words_values_and_prefix_page_by_page(void **state)
{
	room_t *room = *state;
	put(room, "/api/handles/99.100.1/A",
	    "{\"index\":1,\"type\":\"DESC.zh\",\"data\":\"一号泵\"}");
	put(room, "/api/handles/99.100.1/B",
	    "{\"index\":1,\"type\":\"DESC.zh\",\"data\":\"二号泵\"}");
	assert_int_equal(find(room, "/api/v1/identifiers?q=%E5%8F%B7%E6%B3%B5&limit=1"), 200);
	assert_true(has(room, "{\"items\":[{\"name\":\"99.100.1/A\",\"state\":\"active\","
	                      "\"changed_ms\":1700000"));
	assert_true(has(room, "\"found\":\"一号泵\"}],\"next_after\":\"99.100.1/A\",\"lag\":0}"));
	assert_int_equal(find(room, "/api/v1/identifiers?q=%E6%B3%B5&after=99.100.1/A"), 200);
	assert_true(has(room, "{\"items\":[{\"name\":\"99.100.1/B\""));
	assert_true(has(room, "\"next_after\":null"));
	assert_int_equal(
		find(room, "/api/v1/identifiers?type=desc.zh&value=%E4%BA%8C%E5%8F%B7%E6%B3%B5"),
		200);
	assert_true(has(room, "{\"items\":[{\"name\":\"99.100.1/B\""));
	assert_int_equal(find(room, "/api/v1/identifiers?prefix=99.100.2"), 200);
	assert_true(has(room, "{\"items\":[]"));
}

static void deleted_names_are_found_by_their_state_alone(void **state)
{
	room_t *room = *state;
	put(room, "/api/handles/99.100.1/A", "{\"index\":1,\"type\":\"N\",\"data\":\"x\"}");
	assert_int_equal(ask(room, HTTP_DELETE, "/api/handles/99.100.1/A", NULL), 200);
	assert_int_equal(find(room, "/api/v1/identifiers?prefix=99.100.1"), 200);
	assert_true(has(room, "{\"items\":[]"));
	assert_int_equal(find(room, "/api/v1/identifiers?state=deleted"), 200);
	assert_true(has(room, "{\"items\":[{\"name\":\"99.100.1/A\",\"state\":\"deleted\""));
}

static void what_cannot_be_asked_is_refused_with_the_fix(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"/api/v1/identifiers?state=gone",
		"/api/v1/identifiers?type=N",
		"/api/v1/identifiers?value=x",
		"/api/v1/identifiers?limit=0",
		"/api/v1/identifiers?limit=1001",
		"/api/v1/identifiers?q=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(get(room, bad[i]), 422);
		assert_true(has(room, "\"fix\":"));
	}
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/api/v1/identifiers" }), 401);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_found_by_words_values_and_prefix_page_by_page),
		TEST(deleted_names_are_found_by_their_state_alone),
		TEST(what_cannot_be_asked_is_refused_with_the_fix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
