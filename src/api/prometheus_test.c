/* SPDX-License-Identifier: Apache-2.0 */
/* The door of Prometheus as its clients use it, with the real engines behind it. */
#include "api/room_test.h"
#include "base/base64.h"

#define PROM   "/prometheus/api/v1"
#define V_NAME "{device=\"FRM1\",point=\"V\"}"

static int open_filled(void **state)
{
	(void)room_open(state);
	room_t *room = *state;
	room->registers[0] = 3700;
	room->registers[SET_RAW_AT] = 4100;
	pass(room, 60 * NS_PER_S);
	return 0;
}

/* A question about the room's last minute; what stands for a percent sign is encoded. */
static int get_query(room_t *room, const char *what)
{
	char path[1024];
	(void)snprintf(path, sizeof(path), PROM "/%s", what);
	return get(room, path);
}

static int post_form(room_t *room, const char *path, const char *form)
{
	const http_header_t headers[] = { { "Content-Type", "application/x-www-form-urlencoded" },
		                          { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .token = room->token,
	                                        .headers = headers,
	                                        .body = slice_str(form) });
}

/* A sample a minute for two days, of which the first is old. */
static void put_old(room_t *room)
{
	static char lines[256 << 10];
	writer_t w = writer_of(lines, sizeof(lines));
	for (int i = 0; i < 2880; i++)
		wr_format(&w, "{\"time\":%lld,\"series\":\"old\",\"value\":%s}\n",
		          1699740800000LL + 60000LL * i, i % 2 ? "5.25" : "5");
	const http_header_t headers[] = { { "Content-Type", "application/x-ndjson" },
		                          { NULL, NULL } };
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                                  .path = "/api/v1/samples",
	                                                  .token = room->token,
	                                                  .headers = headers,
	                                                  .body = writer_done(&w) }),
	                 204);
	pass(room, 3 * NS_PER_S);
	historian_thin(room->historian, true);
	OK(historian_merge(room->historian));
}

static void an_answer_of_what_was_thinned_warns(void **state)
{
	room_t *room = *state;
	put_old(room);
	assert_int_equal(get_query(room, "query?query=old&time=1699760800"), 200);
	assert_true(has(room, "\"warnings\":[\"samples were left out"));
	assert_int_equal(get_query(room, "query?query=old&time=1699913600"), 200);
	assert_false(slice_has(room->answer.body, "warnings"));
}

static void a_query_at_one_time_is_a_vector(void **state)
{
	room_t *room = *state;
	assert_int_equal(get_query(room, "query?query=point%7Bpoint%3D%22V%22%7D"
	                                 "&time=1700000050"),
	                 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
	                          "\"result\":[{\"metric\":{\"__name__\":\"point\",\"device\":"
	                          "\"FRM1\",\"ident\":\"99.100.1/FRM1.V\",\"point\":\"V\",\"unit\":"
	                          "\"V\"},\"value\":[1700000050,\"3.7\"]}]}}"));
	assert_int_equal(get_query(room, "query?query=1%2B1&time=1700000050.25"), 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
	                          "\"result\":[1700000050.250,\"2\"]}}"));
	assert_int_equal(get_query(room, "query?query=%22a%22&time=0"), 200);
	assert_true(has(room, "{\"resultType\":\"string\",\"result\":[0,\"a\"]}"));
	assert_int_equal(get_query(room, "query?query=none&time=2023-11-14T22%3A14%3A10Z"), 200);
	assert_true(has(room, "\"resultType\":\"vector\",\"result\":[]"));
	assert_int_equal(get_query(room, "query?query=sum(point)"), 200);
	assert_true(has(room, "\"7.8\"]"));
}

static void a_query_over_a_range_is_a_matrix(void **state)
{
	room_t *room = *state;
	assert_int_equal(get_query(room, "query_range?query=max_over_time(point%7Bpoint%3D%22V%22%"
	                                 "7D%5B20s%5D)&start=1700000030&end=1700000050&step=10s"),
	                 200);
	assert_true(has(room,
	                "\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"device\":"
	                "\"FRM1\",\"ident\":\"99.100.1/FRM1.V\",\"point\":\"V\",\"unit\":\"V\""
	                "},\"values\":[[1700000030,\"3.7\"],[1700000040,\"3.7\"],[1700000050,"
	                "\"3.7\"]]}]"));
	assert_int_equal(
		post_form(room, PROM "/query_range", "query=2&start=10&end=10.5&step=0.25"), 200);
	assert_true(has(room, "\"result\":[{\"metric\":{},\"values\":[[10,\"2\"],[10.250,\"2\"],"
	                      "[10.500,\"2\"]]}]"));
	assert_int_equal(post_form(room, PROM "/query", "query=point%5B3s%5D&time=1700000050"),
	                 200);
	assert_true(has(room, "\"resultType\":\"matrix\""));
}

static void a_failure_has_the_form_of_prometheus(void **state)
{
	static const struct {
		const char *what;
		int status;
		const char *says;
	} rows[] = {
		{ "query", 400, "bad_data\",\"error\":\"the parameter query is missing\"" },
		{ "query?query=x%2B", 400,
		  "bad_data\",\"error\":\"1:3: the end of the query cannot" },
		{ "query?query=x&time=soon", 400, "invalid parameter \\\"time\\\"" },
		{ "query?query=x&timeout=-1", 400, "invalid parameter \\\"timeout\\\"" },
		{ "query_range?query=x&start=1&end=2", 400, "the parameter step is missing" },
		{ "query_range?query=x&start=1&end=2&step=0", 400,
		  "invalid parameter \\\"step\\\"" },
		{ "query_range?query=x&start=2&end=1&step=1", 400, "it lies before start" },
		{ "query_range?query=x&start=0&end=11001&step=1", 400, "more than 11000 steps" },
		{ "query_range?query=x[5m]&start=0&end=1&step=1", 400, "must give a scalar" },
		{ "query?query=label_replace(point,%22unit%22,%22%22,%22%22,%22(%22)", 422,
		  "execution\",\"error\":\"the regular expression" },
		{ "query?query=point%2Bon(device)point", 422, "right has several series" },
		{ "series", 400, "no match[] parameter provided" },
		{ "series?match[]=sum(x)", 400, "is not a series selector alone" },
		{ "labels?match[]=%7B%7D", 400, "would take every series" },
		{ "label/a-b/values", 400, "invalid label name: a-b" },
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(get_query(room, rows[i].what), rows[i].status);
		assert_true(has(room, "{\"status\":\"error\",\"errorType\":\""));
		assert_true(has(room, rows[i].says));
	}
	assert_int_equal(get_query(room, "query?query=x%2B&lang=zh"), 400);
	assert_true(has(room, "不应出现"));
	assert_int_equal(post_form(room, PROM "/query", "query=%zz"), 400);
	assert_true(has(room, "the form is not encoded well"));
}

static void series_and_labels_are_found_by_selectors(void **state)
{
	room_t *room = *state;
	assert_int_equal(get_query(room, "series?match[]=point%7Bpoint%3D%22V%22%7D&match[]=point"),
	                 200);
	assert_true(body_is(room,
	                    "{\"status\":\"success\",\"data\":[{\"__name__\":\"point\","
	                    "\"device\":\"FRM1\",\"ident\":\"99.100.1/FRM1.V\",\"point\":\"V\","
	                    "\"unit\":\"V\"},{\"__name__\":\"point\",\"device\":\"FRM1\","
	                    "\"ident\":\"99.100.1/FRM1.V_SET\",\"point\":\"V_SET\",\"unit\":"
	                    "\"V\"}]}"));
	assert_int_equal(get_query(room, "labels"), 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":[\"__name__\",\"device\","
	                          "\"ident\",\"point\",\"unit\"]}"));
	assert_int_equal(get_query(room, "label/point/values"), 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":[\"V\",\"V_SET\"]}"));
	assert_int_equal(get_query(room, "label/point/values?match[]=%7Bpoint%3D~%22V_.%2B%22%7D"),
	                 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":[\"V_SET\"]}"));
	assert_int_equal(get_query(room, "label/none/values"), 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":[]}"));
	assert_int_equal(post_form(room, PROM "/labels", "match[]=point"), 200);
	assert_int_equal(post_form(room, PROM "/series", "match[]=none"), 200);
	assert_true(body_is(room, "{\"status\":\"success\",\"data\":[]}"));
}

static void what_a_node_has_not_is_empty_in_its_form(void **state)
{
	static const char *const rows[][2] = {
		{ "metadata", "\"data\":{}" },
		{ "rules", "\"data\":{\"groups\":[]}" },
		{ "alerts", "\"data\":{\"alerts\":[]}" },
		{ "query_exemplars?query=x", "\"data\":[]" },
		{ "status/buildinfo", "\"version\":\"2.42.0\"" },
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(get_query(room, rows[i][0]), 200);
		assert_true(has(room, rows[i][1]));
	}
	assert_int_equal(get_query(room, "targets"), 404);
}

static int ask_basic(room_t *room, const char *password)
{
	char plain[256], header[512];
	(void)snprintf(plain, sizeof(plain), "grafana:%s", password);
	writer_t w = writer_of(header, sizeof(header));
	wr_format(&w, "Basic ");
	base64_encode(slice_str(plain), BASE64_PLAIN, &w);
	wr_u8(&w, 0);
	const http_header_t headers[] = { { "Authorization", header }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_GET,
	                                        .path = PROM "/query?query=1",
	                                        .headers = headers });
}

static void it_takes_a_viewers_token_as_bearer_and_as_password(void **state)
{
	room_t *room = *state;
	char token[ACCESS_TOKEN_TEXT];
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_GET,
	                                                  .path = PROM "/query?query=1" }),
	                 401);
	assert_true(has(room, "{\"status\":\"error\",\"errorType\":\"unauthenticated\","));
	make_user(room, "wang", "viewer");
	make_token(room, "wang", "viewer", token);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_GET,
	                                                  .path = PROM "/query?query=1",
	                                                  .token = token }),
	                 200);
	assert_int_equal(ask_basic(room, token), 200);
	assert_int_equal(ask_basic(room, "wrong"), 401);
	assert_int_equal(ask_basic(room, ""), 401);
}

static void queries_are_counted_and_what_is_past_a_limit_too(void **state)
{
	room_t *room = *state;
	assert_int_equal(get_query(room, "query?query=point"), 200);
	assert_int_equal(get_query(room, "query?query=count_over_time(point%5B1m%5D)"), 200);
	assert_int_equal(get_query(room, "query?query=count_over_time((0*point)%5B100d:1ms%5D)"),
	                 422);
	assert_true(has(room, "execution"));
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "jizhu_http_prometheus_queries_total 3\n"));
	assert_true(has(room, "jizhu_http_prometheus_queries_refused_total 1\n"));
}

static void take_all_as_slow(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->slow_query_ns = -1;
}

static int open_slow(void **state)
{
	return room_open_with(state, take_all_as_slow);
}

static void a_query_that_took_long_is_noted(void **state)
{
	room_t *room = *state;
	assert_int_equal(get_query(room, "query?query=sum(point)&time=1700000002"), 200);
	assert_int_equal(get(room, "/api/v1/query/slow"), 200);
	assert_true(has(room, "\"mode\":\"promql\",\"points\":1,\"first_point\":\"sum(point)\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_query_at_one_time_is_a_vector, open_filled,
		                                room_close),
		cmocka_unit_test_setup_teardown(an_answer_of_what_was_thinned_warns, room_open,
		                                room_close),
		cmocka_unit_test_setup_teardown(a_query_over_a_range_is_a_matrix, open_filled,
		                                room_close),
		cmocka_unit_test_setup_teardown(a_failure_has_the_form_of_prometheus, open_filled,
		                                room_close),
		cmocka_unit_test_setup_teardown(series_and_labels_are_found_by_selectors,
		                                open_filled, room_close),
		cmocka_unit_test_setup_teardown(what_a_node_has_not_is_empty_in_its_form, room_open,
		                                room_close),
		cmocka_unit_test_setup_teardown(it_takes_a_viewers_token_as_bearer_and_as_password,
		                                room_open, room_close),
		cmocka_unit_test_setup_teardown(a_query_that_took_long_is_noted, open_slow,
		                                room_close),
		cmocka_unit_test_setup_teardown(queries_are_counted_and_what_is_past_a_limit_too,
		                                open_filled, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
