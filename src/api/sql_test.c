/* SPDX-License-Identifier: Apache-2.0 */
/* Questions in SQL over HTTP: forms of the body and of the answer. */
#include "api/room_test.h"

#define SQL_PATH "/api/v1/sql"

static void open_sql(room_t *room, api_spec_t *spec)
{
	sql_spec_t tables = { .reader = historian_reader(room->historian) };
	OK(sql_open(room->env, &tables, &room->sql));
	spec->sql = room->sql;
}

static int room_open_sql(void **state)
{
	int rc = room_open_with(state, open_sql);
	pass(*state, 5 * NS_PER_S);
	return rc;
}

static int ask_typed(room_t *room, const char *type, const char *accept, const char *body)
{
	http_header_t headers[] = { { "Accept", accept }, { NULL, NULL } };
	twin_http_ask_t question = { .method = HTTP_POST,
		                     .path = SQL_PATH,
		                     .token = room->token,
		                     .content_type = type,
		                     .headers = accept ? headers : NULL,
		                     .body = slice_str(body) };
	return ask_as(room, &question);
}

static void samples_are_asked_and_come_as_rows(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_POST, SQL_PATH,
	                     "{\"sql\":\"SELECT point, value, quality FROM samples WHERE point = "
	                     "'FRM1.V' ORDER BY t LIMIT 2\"}"),
	                 200);
	assert_true(body_is(room, "{\"columns\":[\"point\",\"value\",\"quality\"],\"rows\":"
	                          "[[\"FRM1.V\",3.6,\"good\"],[\"FRM1.V\",3.6,\"good\"]],"
	                          "\"truncated\":false}"));
	assert_int_equal(ask(room, HTTP_POST, SQL_PATH,
	                     "{\"sql\":\"SELECT max, count > 0 AS some FROM buckets(?, ?, "
	                     "'2023-11-14T22:14:20Z', '1m', 'max')\",\"args\":[\"FRM1.V\","
	                     "1700000000000000000]}"),
	                 200);
	assert_true(has(room, "\"rows\":[[3.6,1]]"));
}

static void rows_past_the_limit_are_left_out_and_that_is_said(void **state)
{
	room_t *room = *state;
	assert_int_equal(
		ask(room, HTTP_POST, SQL_PATH, "{\"sql\":\"SELECT 7 FROM samples\",\"limit\":2}"),
		200);
	assert_true(body_is(room, "{\"columns\":[\"7\"],\"rows\":[[7],[7]],\"truncated\":true}"));
	/* Also those that would make the answer too long. */
	assert_int_equal(ask(room, HTTP_POST, SQL_PATH,
	                     "{\"sql\":\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
	                     "FROM n) SELECT hex(zeroblob(100000)) FROM n\"}"),
	                 200);
	assert_true(slice_ends(room->answer.body, SLICE("\"truncated\":true}")));
	assert_true(room->answer.body.len > 6 << 20);
}

static void csv_comes_to_those_who_accept_it(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_typed(room, "application/sql", "text/csv",
	                           "SELECT 1 AS a, 2.5 AS \"b,c\", 'say \"x\"' AS d, NULL AS e"),
	                 200);
	assert_true(body_is(room, "a,\"b,c\",d,e\r\n1,2.5,\"say \"\"x\"\"\",\r\n"));
	assert_true(slice_starts(room->answer.content_type, SLICE("text/csv")));
	assert_int_equal(twin_http_header(&room->answer, "Jizhu-Truncated").len, 0);
	assert_int_equal(ask_typed(room, "application/json", "text/csv",
	                           "{\"sql\":\"SELECT 7 FROM samples\",\"limit\":1}"),
	                 200);
	assert_true(body_is(room, "7\r\n7\r\n"));
	assert_true(slice_eq(twin_http_header(&room->answer, "Jizhu-Truncated"), SLICE("true")));
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *body, *words;
		int status;
	} rows[] = {
		{ "{\"sql\":\"SELEC 1\"}", "syntax error", 422 },
		{ "{\"sql\":\"DROP TABLE samples\"}", "", 403 },
		{ "{\"sql\":\"PRAGMA user_version\"}", "only questions are answered", 403 },
		{ "{\"sql\":\"SELECT ?\"}", "1 places", 422 },
		{ "{\"sql\":\"SELECT 1\",\"limit\":0}", "limit", 422 },
		{ "{\"sql\":\"SELECT 1\",\"args\":7}", "args", 422 },
		{ "{\"sql\":\"SELECT ?\",\"args\":[[1]]}", "args", 422 },
		{ "{}", "sql", 422 },
		{ "not JSON", "not JSON", 400 },
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int status = ask(room, HTTP_POST, SQL_PATH, rows[i].body);
		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].body, status);
		assert_true(has(room, rows[i].words));
	}
}

static void questions_and_those_given_up_are_counted(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask(room, HTTP_POST, SQL_PATH, "{\"sql\":\"SELECT 1\"}"), 200);
	assert_int_equal(ask(room, HTTP_POST, SQL_PATH,
	                     "{\"sql\":\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
	                     "FROM n LIMIT 2000) SELECT count(DISTINCT hex(zeroblob(400000)) || i) "
	                     "FROM n\"}"),
	                 503);
	assert_true(has(room, "too much memory"));
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "jizhu_http_sql_questions_total 2\n"));
	assert_true(has(room, "jizhu_http_sql_ended_total 1\n"));
}

static void whoever_may_not_look_may_not_ask(void **state)
{
	room_t *room = *state;
	twin_http_ask_t question = { .method = HTTP_POST,
		                     .path = SQL_PATH,
		                     .content_type = "application/sql",
		                     .body = SLICE("SELECT 1") };
	assert_int_equal(ask_as(room, &question), 401);
	question.token = room->token;
	assert_int_equal(ask_as(room, &question), 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open_sql, room_close)
	static const struct CMUnitTest tests[] = {
		TEST(samples_are_asked_and_come_as_rows),
		TEST(rows_past_the_limit_are_left_out_and_that_is_said),
		TEST(csv_comes_to_those_who_accept_it),
		TEST(what_is_wrong_is_said),
		TEST(questions_and_those_given_up_are_counted),
		TEST(whoever_may_not_look_may_not_ask),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
