/* SPDX-License-Identifier: Apache-2.0 */
/* The Handle REST interface, held against what deployed servers answer. */
#include "api/room_test.h"

#define H "/api/handles/99.100.1/PRODUCT-1"
#define RECORD \
	"{\"values\":[{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\"," \
	"\"value\":{\"handle\":\"0.NA/" \
	"99.100.1\",\"index\":200,\"permissions\":\"011111110011\"}}}," \
	"{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p/1\"}," \
	"{\"index\":2,\"type\":\"EMAIL\",\"data\":{\"format\":\"string\"," \
	"\"value\":\"ops@example.com\"}}," \
	"{\"index\":3,\"type\":\"DESC.zh\",\"data\":\"测试产品\"," \
	"\"references\":[{\"handle\":\"0.NA/99.100.1\",\"index\":300}]}," \
	"{\"index\":4,\"type\":\"URL.MIRROR\",\"data\":\"https://mirror.example.com/p/1\"," \
	"\"ttl\":\"2033-05-18T03:33:20Z\"}," \
	"{\"index\":5,\"type\":\"COST\",\"data\":\"42\",\"permissions\":\"1100\"}]}"

static int put(room_t *room, const char *path, const char *body)
{
	return ask(room, HTTP_PUT, path, body);
}

/* Without a token. */
static int look(room_t *room, const char *path)
{
	return ask_as(room, &(twin_http_ask_t){ .path = path });
}

static void a_record_is_created_and_then_replaced(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H "?overwrite=true", RECORD), 201);
	assert_true(body_is(room, "{\"responseCode\":1,\"handle\":\"99.100.1/PRODUCT-1\"}"));
	assert_int_equal(put(room, H, RECORD), 200);
	assert_int_equal(put(room, H "?overwrite=false", RECORD), 409);
	assert_true(has(room, "{\"responseCode\":101,\"handle\":\"99.100.1/PRODUCT-1\""));
}

static void a_record_is_shown_in_the_form_of_deployed_servers(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(look(room, "/api/handles/99.100.1/product-1"), 200);
	assert_true(has(room, "{\"responseCode\":1,\"handle\":\"99.100.1/product-1\",\"values\":[{"
	                      "\"index\":1,\"type\":\"URL\",\"data\":{\"format\":\"string\","
	                      "\"value\":\"https://example.com/p/1\"},\"ttl\":86400,\"timestamp\":"
	                      "\"2023-11-14T22:13:2"));
	assert_true(has(room, "\"value\":\"测试产品\"},\"ttl\":86400,\"timestamp\":"));
	assert_true(has(room, "\"references\":[{\"handle\":\"0.NA/99.100.1\",\"index\":300}]"));
	assert_true(has(room, "\"ttl\":\"2033-05-18T03:33:20Z\""));
	assert_true(has(room,
	                "\"data\":{\"format\":\"admin\",\"value\":{\"handle\":"
	                "\"0.NA/99.100.1\",\"index\":200,\"permissions\":\"011111110011\"}}"));
	assert_false(slice_has(room->answer.body, "COST"));
	assert_true(slice_eq(twin_http_header(&room->answer, "Access-Control-Allow-Origin"),
	                     SLICE("*")));
}

static void values_for_administrators_are_shown_to_them_alone(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(look(room, H "?type=COST"), 200);
	assert_true(body_is(room, "{\"responseCode\":200,\"values\":[],\"handle\":"
	                          "\"99.100.1/PRODUCT-1\"}"));
	assert_int_equal(get(room, H "?type=COST"), 200);
	assert_true(has(room, "\"value\":\"42\"},\"permissions\":\"1100\",\"ttl\":86400"));
}

static void types_and_indexes_choose_values(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(look(room, H "?type=EMAIL&index=3"), 200);
	assert_true(has(room, "\"values\":[{\"index\":2,"));
	assert_true(has(room, "},{\"index\":3,"));
	assert_false(slice_has(room->answer.body, "\"index\":1,"));
	assert_int_equal(look(room, H "?type=URL."), 200);
	assert_true(has(room, "\"index\":1,"));
	assert_true(has(room, "\"index\":4,"));
	assert_int_equal(look(room, H "?type=NOPE"), 200);
	assert_true(has(room, "\"responseCode\":200"));
}

static void what_is_not_there_or_not_ours_has_its_code(void **state)
{
	room_t *room = *state;
	assert_int_equal(look(room, "/api/handles/99.100.1/NONE"), 404);
	assert_true(body_is(room, "{\"responseCode\":100,\"handle\":\"99.100.1/NONE\"}"));
	assert_int_equal(look(room, "/api/handles/99.200.2/X"), 400);
	assert_true(body_is(room, "{\"responseCode\":301,\"handle\":\"99.200.2/X\"}"));
	assert_int_equal(ask(room, HTTP_DELETE, "/api/handles/99.100.1/NONE", NULL), 404);
	assert_true(has(room, "\"responseCode\":100"));
}

static void changes_need_a_caller(void **state)
{
	room_t *room = *state;
	twin_http_ask_t bare = { .method = HTTP_PUT, .path = H, .body = SLICE(RECORD) };
	assert_int_equal(ask_as(room, &bare), 403);
	assert_true(body_is(room, "{\"responseCode\":402,\"handle\":\"99.100.1/PRODUCT-1\"}"));
	assert_int_equal(look(room, H), 404);
}

static void single_values_are_added_and_removed(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(put(room, H "?index=7", "{\"index\":7,\"type\":\"N\",\"data\":\"seven\"}"),
	                 200);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "seven"));
	assert_true(has(room, "ops@example.com"));
	assert_int_equal(put(room, H "?index=6", "[{\"index\":5,\"type\":\"N\",\"data\":\"x\"}]"),
	                 400);
	assert_true(has(room, "Mismatched indexes"));
	assert_int_equal(
		put(room, H "?index=various", "[{\"index\":8,\"type\":\"N\",\"data\":\"eight\"}]"),
		200);
	assert_int_equal(ask(room, HTTP_DELETE, H "?index=7&index=2", NULL), 200);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "eight"));
	assert_false(slice_has(room->answer.body, "seven"));
	assert_false(slice_has(room->answer.body, "ops@example.com"));
	assert_int_equal(ask(room, HTTP_DELETE, H, NULL), 200);
	assert_int_equal(look(room, H), 404);
}

static void bytes_and_groups_travel_in_their_formats(void **state)
{
	room_t *room = *state;
	static const char body[] =
		"[{\"index\":1,\"type\":\"B\",\"data\":{\"format\":\"base64\",\"value\":\"/wCA\"}},"
		"{\"index\":2,\"type\":\"X\",\"data\":{\"format\":\"hex\",\"value\":\"FE01\"}},"
		"{\"index\":3,\"type\":\"HS_VLIST\",\"data\":{\"format\":\"vlist\",\"value\":"
		"[{\"handle\":\"99.100.1/A\",\"index\":300}]}},"
		"{\"index\":4,\"type\":\"HS_SITE\",\"data\":\"no site\"}]";
	assert_int_equal(put(room, H, body), 201);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "\"data\":{\"format\":\"base64\",\"value\":\"/wCA\"}"));
	assert_true(has(room, "\"data\":{\"format\":\"base64\",\"value\":\"/gE=\"}"));
	assert_true(has(room,
	                "\"data\":{\"format\":\"vlist\",\"value\":[{\"handle\":\"99.100.1/A\","
	                "\"index\":300}]}"));
	assert_true(has(room, "\"data\":{\"format\":\"string\",\"value\":\"no site\"}"));
}

static void values_that_are_none_are_refused(void **state)
{
	room_t *room = *state;
	static const char twice[] = "[{\"index\":1,\"type\":\"A\",\"data\":\"x\"},"
				    "{\"index\":1,\"type\":\"A\",\"data\":\"y\"}]";
	static const char *const bad[] = {
		"",
		"[]",
		"7",
		"{\"values\":7}",
		"[{\"type\":\"A\",\"data\":\"x\"}]",
		"[{\"index\":0,\"type\":\"A\",\"data\":\"x\"}]",
		"[{\"index\":1,\"type\":\"\",\"data\":\"x\"}]",
		"[{\"index\":1,\"type\":\"A\"}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":7}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":\"x\",\"permissions\":\"110\"}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":\"x\",\"permissions\":\"11112\"}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":\"x\",\"ttl\":-1}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":\"x\",\"ttl\":\"soon\"}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":{\"format\":\"hex\",\"value\":\"F\"}}]",
		"[{\"index\":1,\"type\":\"A\",\"data\":{\"format\":\"base64\",\"value\":\"?\"}}]",
		twice,
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(put(room, H, bad[i]), 400);
	assert_int_equal(put(room, H,
	                     "[{\"index\":1,\"type\":\"A\",\"data\":{\"format\":\"other\","
	                     "\"value\":{}}}]"),
	                 501);
}

static void the_first_permission_of_four_counts(void **state)
{
	room_t *room = *state;
	assert_int_equal(put(room, H,
	                     "[{\"index\":1,\"type\":\"A\",\"data\":\"x\","
	                     "\"permissions\":\"0110\"}]"),
	                 201);
	assert_int_equal(look(room, H), 200);
	assert_true(has(room, "\"permissions\":\"0110\""));
}

static void names_are_listed_by_page_with_the_total_as_text(void **state)
{
	room_t *room = *state;
	static const char value[] = "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}";
	assert_int_equal(put(room, "/api/handles/99.100.1/C", value), 201);
	assert_int_equal(put(room, "/api/handles/99.100.1/A", value), 201);
	assert_int_equal(put(room, "/api/handles/99.100.1/B/%E4%B8%AD", value), 201);
	assert_int_equal(get(room, "/api/handles?prefix=0.NA/99.100.1"), 200);
	assert_true(body_is(room, "{\"responseCode\":1,\"prefix\":\"0.NA/99.100.1\",\"totalCount\":"
	                          "\"3\",\"handles\":[\"99.100.1/A\",\"99.100.1/B/中\","
	                          "\"99.100.1/C\"]}"));
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=0&pageSize=0"), 200);
	assert_true(body_is(room,
	                    "{\"responseCode\":1,\"prefix\":\"99.100.1\",\"totalCount\":\"3\","
	                    "\"page\":0,\"pageSize\":0,\"handles\":[]}"));
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=1&pageSize=2"), 200);
	assert_true(has(room, "\"handles\":[\"99.100.1/C\"]"));
	assert_int_equal(get(room, "/api/handles"), 400);
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=-1"), 400);
}

static void pages_taken_one_after_another_hold_each_name_once(void **state)
{
	room_t *room = *state;
	char path[96], name[64];
	for (int i = 0; i < 23; i++) {
		(void)snprintf(path, sizeof(path), "/api/handles/99.100.1/N%02d", i);
		assert_int_equal(ask(room, HTTP_PUT, path,
		                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"}]"),
		                 201);
	}
	for (int round = 0; round < 2; round++)
		for (int page = 0; page < 6; page++) {
			(void)snprintf(path, sizeof(path),
			               "/api/handles?prefix=99.100.1&page=%d&pageSize=4", page);
			assert_int_equal(get(room, path), 200);
			assert_true(has(room, "\"totalCount\":\"23\""));
			for (int i = 0; i < 23; i++) {
				(void)snprintf(name, sizeof(name), "\"99.100.1/N%02d\"", i);
				assert_int_equal(slice_has(room->answer.body, name), i / 4 == page);
			}
		}
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=1&pageSize=10"), 200);
	assert_true(has(room, "\"handles\":[\"99.100.1/N10\","));
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=6&pageSize=4"), 200);
	assert_true(has(room, "\"handles\":[]"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

static void a_template_answers_over_json_and_a_bad_one_is_refused_with_its_line(void **state)
{
	room_t *room = *state;
	static const char good[] =
		"[{\"index\":9,\"type\":\"HS_NAMESPACE\",\"data\":\"<namespace><template "
		"delimiter='@'>"
		"<foreach><if value='type' test='equals' expression='URL'>"
		"<value data='${data}#${extension}'/></if></foreach></template></namespace>\"}]";
	static const char bad[] = "[{\"index\":9,\"type\":\"HS_NAMESPACE\",\"data\":\"<namespace>"
				  "<template delimiter='@'>\\n<value/></template></namespace>\"}]";
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(put(room, "/api/handles/0.NA/99.100.1", bad), 400);
	assert_true(has(room, "the template of value 9 is wrong in line 2: a <value> outside "
	                      "<foreach> needs type and data"));
	assert_int_equal(look(room, H "@page2"), 404);
	assert_int_equal(put(room, "/api/handles/0.NA/99.100.1", good), 201);
	assert_int_equal(look(room, H "@page2"), 200);
	assert_true(has(room, "\"value\":\"https://example.com/p/1#page2\""));
	assert_int_equal(look(room, "/99.100.1/PRODUCT-1@page2"), 302);
	assert_true(slice_eq(twin_http_header(&room->answer, "Location"),
	                     SLICE("https://example.com/p/1#page2")));
	pass(room, NS_PER_S);
	assert_int_equal(look(room, H "@page2?at=2200-01-01T00:00:00Z"), 200);
	assert_true(has(room, "\"value\":\"https://example.com/p/1#page2\""));
	assert_int_equal(look(room, "/api/handles/99.100.1/NONE@page2"), 404);
}

static void a_template_that_takes_too_much_is_refused_with_a_reason(void **state)
{
	room_t *room = *state;
	static const char hostile[] =
		"[{\"index\":9,\"type\":\"HS_NAMESPACE\",\"data\":\"<namespace><template "
		"delimiter='@'>"
		"<if test='matches' expression='(a|aa)*[bc]'><value type='A' data='b'/></if>"
		"</template></namespace>\"}]";
	assert_int_equal(put(room, H, RECORD), 201);
	assert_int_equal(put(room, "/api/handles/0.NA/99.100.1", hostile), 201);
	assert_int_equal(look(room, H "@aab"), 200);
	assert_int_equal(look(room, H "@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	                 500);
	assert_true(has(room, "\"responseCode\":2,"));
	assert_true(has(room, "the template of this name takes too much"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_is_created_and_then_replaced),
		TEST(a_template_answers_over_json_and_a_bad_one_is_refused_with_its_line),
		TEST(a_template_that_takes_too_much_is_refused_with_a_reason),
		TEST(a_record_is_shown_in_the_form_of_deployed_servers),
		TEST(values_for_administrators_are_shown_to_them_alone),
		TEST(types_and_indexes_choose_values),
		TEST(what_is_not_there_or_not_ours_has_its_code),
		TEST(changes_need_a_caller),
		TEST(single_values_are_added_and_removed),
		TEST(bytes_and_groups_travel_in_their_formats),
		TEST(values_that_are_none_are_refused),
		TEST(the_first_permission_of_four_counts),
		TEST(names_are_listed_by_page_with_the_total_as_text),
		TEST(pages_taken_one_after_another_hold_each_name_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
