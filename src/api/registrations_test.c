/* SPDX-License-Identifier: Apache-2.0 */
/* Registration in bulk, and its counterpart, over HTTP. */
#include "api/room_test.h"
#include "codec/handle/handle.h"

#define R "/api/v1/registrations"
#define A \
	"{\"name\":\"99.100.1/A\",\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":\"http://" \
	"a\"}]}\n"
#define B \
	"{\"name\":\"99.100.1/B\",\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":\"http://" \
	"b\"}]}\n"
#define A2 \
	"{\"name\":\"99.100.1/a\",\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":\"http://" \
	"x\"}]}\n"

static int send_as(room_t *room, const char *token, const char *query, const char *key,
                   slice_t body)
{
	char path[128];
	(void)snprintf(path, sizeof(path), R "%s", query);
	const http_header_t headers[] = {
		{ "Idempotency-Key", key },
		{ "Content-Type", body.len && !body.ptr[0] ? "application/vnd.jizhu.handles"
		                                           : "application/x-ndjson" },
		{ NULL, NULL }
	};
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .token = token,
	                                        .headers = headers,
	                                        .body = body });
}

static int post(room_t *room, const char *query, const char *key, const char *body)
{
	return send_as(room, room->token, query, key, slice_str(body));
}

static void many_names_are_registered_at_once_and_seen_when_answered(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A "\n" B), 200);
	assert_true(has(room, "\"seq\":"));
	assert_true(has(room, "\"created\":2,\"changed\":0,\"unchanged\":0,\"repeated\":false,"
	                      "\"dry_run\":false,\"refused\":0,\"faults\":[]"));
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 200);
	assert_true(has(room, "http://b"));
}

static void trying_again_with_the_key_changes_nothing(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A B), 200);
	assert_int_equal(post(room, "", "k1", A B), 200);
	assert_true(has(room, "\"created\":2,\"changed\":0,\"unchanged\":0,\"repeated\":true"));
	assert_int_equal(post(room, "", "k1", A), 409);
	assert_true(has(room, "\"code\":\"CONFLICT\""));
	assert_int_equal(post(room, "", "k2", A B), 200);
	assert_true(has(room, "\"created\":0,\"changed\":0,\"unchanged\":2,\"repeated\":false"));
}

static void one_faulty_line_refuses_all_and_is_named(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(post(room, "", "k2", B "nonsense\n{\"name\":\"x\"}\n" A2), 422);
	assert_true(has(room, "\"refused\":3,\"faults\":[{\"line\":2,\"name\":\"\",\"code\":"
	                      "\"MALFORMED\",\"reason\":\""));
	assert_true(has(room, "{\"line\":3,\"name\":\"x\",\"code\":\"INVALID\""));
	assert_true(has(room, "{\"line\":4,\"name\":\"99.100.1/a\",\"code\":\"EXISTS\""));
	assert_true(has(room, "\"fix\":\"change it by PUT"));
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 404);
}

static void partial_leaves_out_what_is_faulty(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(post(room, "?partial=true", "k2", B "nonsense\n" A2), 200);
	assert_true(has(room, "\"created\":1,\"changed\":0,\"unchanged\":0"));
	assert_true(has(room, "\"refused\":2"));
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 200);
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 200);
	assert_true(has(room, "http://a"));
}

static void a_name_twice_elsewhere_or_deleted_is_a_fault(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A B A2), 409);
	assert_true(has(room, "{\"line\":3,\"name\":\"99.100.1/a\",\"code\":\"EXISTS\",\"reason\":"
	                      "\"99.100.1/a stands in an earlier line too"));
	assert_int_equal(post(room, "", "k1",
	                      "{\"name\":\"99.7/A\",\"values\":[{\"index\":1,\"type\":\"URL\","
	                      "\"data\":\"u\"}]}"),
	                 422);
	assert_true(has(room, "\"code\":\"UNAVAILABLE\""));
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(ask(room, HTTP_DELETE, "/api/handles/99.100.1/A", NULL), 200);
	assert_int_equal(post(room, "", "k3", A), 409);
	assert_true(has(room, "was deleted"));
}

static void a_dry_run_changes_nothing(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "?dry_run=true", "", A B), 200);
	assert_true(has(room, "\"created\":2"));
	assert_true(has(room, "\"dry_run\":true"));
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 404);
}

static void replacing_overwrites_and_merging_adds(void **state)
{
	static const char merged[] =
		"{\"name\":\"99.100.1/A\",\"values\":[{\"index\":2,\"type\":\"DESC\","
		"\"data\":\"more\"}]}\n";
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(post(room, "?mode=replace", "k2", A2 B), 200);
	assert_true(has(room, "\"created\":1,\"changed\":1,\"unchanged\":0"));
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 200);
	assert_true(has(room, "http://x"));
	assert_int_equal(post(room, "?mode=merge", "k3", merged), 200);
	assert_true(has(room, "\"created\":0,\"changed\":1,\"unchanged\":0"));
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 200);
	assert_true(has(room, "http://x") && has(room, "more"));
	assert_int_equal(post(room, "?mode=merge", "k4", merged), 200);
	assert_true(has(room, "\"created\":0,\"changed\":0,\"unchanged\":1"));
	assert_int_equal(post(room, "?mode=replace", "k3", merged), 409);
	assert_int_equal(post(room, "?mode=remove", "k5", merged), 422);
	assert_true(has(room, "remove is no mode"));
}

static void a_dry_run_counts_what_would_be_overwritten(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(post(room, "?mode=replace&dry_run=true", "", A2 B), 200);
	assert_true(has(room, "\"created\":1,\"changed\":1,\"unchanged\":0"));
	assert_true(has(room, "\"dry_run\":true"));
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 200);
	assert_true(has(room, "http://a"));
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 404);
	assert_int_equal(post(room, "?dry_run=true", "", A2 B), 409);
	assert_true(has(room, "exists with other values"));
}

static void a_deleted_name_is_named_by_every_mode_and_left_out_by_partial(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(ask(room, HTTP_DELETE, "/api/handles/99.100.1/A", NULL), 200);
	assert_int_equal(post(room, "?mode=merge", "k2", A B), 409);
	assert_true(has(room, "99.100.1/A was deleted"));
	assert_int_equal(post(room, "?mode=replace", "k3", A B), 409);
	assert_true(has(room, "99.100.1/A was deleted"));
	assert_int_equal(post(room, "?mode=replace&partial=true", "k4", A B), 200);
	assert_true(has(room, "\"created\":1,\"changed\":0,\"unchanged\":0"));
	assert_true(has(room, "\"refused\":1"));
}

static void names_take_the_prefix_of_the_query(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "?prefix=99.100.1", "k1",
	                      "{\"name\":\"C\",\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":"
	                      "\"u\"}]}"),
	                 200);
	assert_int_equal(get(room, "/api/handles/99.100.1/C"), 200);
}

static void a_key_is_needed_and_a_body(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "", A), 422);
	assert_true(has(room, "Idempotency-Key"));
	assert_int_equal(post(room, "", "k", "\n\n"), 422);
	assert_int_equal(send_as(room, NULL, "", "k", slice_str(A)), 401);
}

static void a_viewer_may_not_and_a_scope_is_kept(void **state)
{
	room_t *room = *state;
	char token[ACCESS_TOKEN_TEXT];
	make_user(room, "wang", "viewer");
	make_token(room, "wang", "viewer", token);
	assert_int_equal(send_as(room, token, "", "k", slice_str(A)), 403);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/users",
	                     "{\"name\":\"li\",\"role\":\"engineer\",\"scope\":\"99.100.1/B\","
	                     "\"password\":\"" ROOM_PASSWORD "\"}"),
	                 201);
	make_token(room, "li", "engineer", token);
	assert_int_equal(send_as(room, token, "", "k", slice_str(B A)), 403);
	assert_true(has(room, "\"refused\":1,\"faults\":[{\"line\":2,"));
	assert_int_equal(send_as(room, token, "", "k", slice_str(B)), 200);
}

static void values_keep_their_times_for_an_administrator_who_says_so(void **state)
{
#define TIMED(name, time) \
	"{\"handle\":\"99.100.1/" name "\",\"values\":[{\"index\":1,\"type\":\"URL\"," \
	"\"data\":\"u\",\"timestamp\":\"" time "\"}]}\n"
	room_t *room = *state;
	char token[ACCESS_TOKEN_TEXT];
	make_user(room, "li", "engineer");
	make_token(room, "li", "engineer", token);
	assert_int_equal(send_as(room, token, "?times=given", "k", slice_str(A)), 403);
	assert_true(has(room, "only an administrator says when"));
	assert_int_equal(post(room, "", "k1", TIMED("N", "2001-09-09T01:46:40Z")), 200);
	assert_int_equal(get(room, "/api/handles/99.100.1/N"), 200);
	assert_true(has(room, "\"timestamp\":\"2023-11-14T"));
	assert_int_equal(post(room, "?times=given", "k2",
	                      TIMED("T", "2001-09-09T01:46:40Z")
	                              TIMED("F", "2099-01-01T00:00:00Z")),
	                 200);
	assert_int_equal(get(room, "/api/handles/99.100.1/T"), 200);
	assert_true(has(room, "\"timestamp\":\"2001-09-09T01:46:40Z\""));
	assert_int_equal(get(room, "/api/handles/99.100.1/F"), 200);
	assert_true(has(room, "\"timestamp\":\"2023-11-14T"));
	assert_int_equal(post(room, "?times=given", "k3", A TIMED("X", "yesterday")), 422);
	assert_true(has(room, "{\"line\":2,\"name\":\"99.100.1/X\",\"code\":\"INVALID\""));
#undef TIMED
}

static slice_t binary_body(uint8_t *bytes, size_t cap)
{
	static const char *const names[] = { "99.100.1/A", "99.100.1/B" };
	writer_t w = writer_of(bytes, cap);
	wr_u32(&w, 2);
	for (size_t i = 0; i < 2; i++) {
		uint8_t room[256];
		writer_t scratch = writer_of(room, sizeof(room));
		handle_value_t value = { .index = 1,
			                 .ttl_s = 86400,
			                 .perms = HANDLE_PERMS_DEFAULT,
			                 .type = SLICE("URL"),
			                 .data = SLICE("http://x") };
		handle_record_t record = { slice_str(names[i]),
			                   handle_list_of_values(&value, 1, &scratch) };
		handle_record_encode(&record, &w);
	}
	assert_false(w.bad);
	return writer_done(&w);
}

static void records_come_in_binary_too(void **state)
{
	room_t *room = *state;
	uint8_t bytes[512];
	slice_t body = binary_body(bytes, sizeof(bytes));
	assert_int_equal(send_as(room, room->token, "", "k", body), 200);
	assert_true(has(room, "\"created\":2"));
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 200);
	assert_true(has(room, "http://x"));
}

static void every_cut_of_a_body_is_refused_and_leaves_nothing(void **state)
{
	room_t *room = *state;
	uint8_t bytes[512];
	slice_t body = binary_body(bytes, sizeof(bytes));
	for (size_t len = 1; len < body.len; len++) {
		int status = send_as(room, room->token, "", "k", slice_sub(body, 0, len));
		assert_true(status == 400 || status == 422);
	}
	slice_t line = slice_str(A);
	for (size_t len = 1; len < line.len - 1; len++)
		assert_int_equal(send_as(room, room->token, "", "k", slice_sub(line, 0, len)), 422);
	assert_int_equal(get(room, "/api/handles/99.100.1/A"), 404);
}

static void records_are_listed_in_the_form_that_registers_them(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", B A), 200);
	assert_int_equal(get(room, R "?prefix=99.100.1&limit=1"), 200);
	assert_true(
		has(room, "{\"name\":\"99.100.1/A\",\"values\":[{\"index\":1,\"type\":\"URL\","));
	assert_true(has(room, "]}\n{\"next_after\":\"99.100.1/A\"}\n"));
	assert_int_equal(get(room, R "?prefix=99.100.1&after=99.100.1/A"), 200);
	assert_true(slice_starts(room->answer.body, SLICE("{\"name\":\"99.100.1/B\"")));
	assert_true(has(room, "\n{\"next_after\":null}\n"));
	char body[4096];
	assert_int_equal(get(room, R "?prefix=99.100.1"), 200);
	assert_true(slice_to_cstr(room->answer.body, body, sizeof(body)));
	assert_int_equal(post(room, "", "k9", body), 200);
	assert_true(has(room, "\"created\":0,\"changed\":0,\"unchanged\":2"));
	assert_int_equal(get(room, R), 422);
	assert_int_equal(get(room, R "?prefix=99.7"), 200);
}

static void records_are_listed_as_of_a_time_and_with_their_history(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(post(room, "", "k1", A), 200);
	pass(room, 20 * NS_PER_S);
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1/A?index=1",
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://new\"}]"),
	                 200);
	assert_int_equal(get(room, R "?prefix=99.100.1&at=2023-11-14T22:13:45Z"), 200);
	assert_true(has(room, "http://a"));
	assert_false(slice_has(room->answer.body, "http://new"));
	assert_int_equal(get(room, R "?prefix=99.100.1&at=2023-11-14T22:13:21Z"), 200);
	assert_false(slice_has(room->answer.body, "http://a"));
	assert_int_equal(get(room, R "?prefix=99.100.1&history=true"), 200);
	assert_true(has(room, "\"changes\":[{\"seq\":"));
	assert_true(has(room, "\"verb\":\"create\""));
	assert_int_equal(get(room, R "?prefix=99.100.1&at=yesterday"), 422);
}

static void histories_keep_what_was_a_draft_from_viewers(void **state)
{
	room_t *room = *state;
	char token[ACCESS_TOKEN_TEXT];
	make_user(room, "wang", "viewer");
	make_token(room, "wang", "viewer", token);
	twin_http_ask_t by_viewer = { .path = R "?prefix=99.100.1&history=true", .token = token };
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1/A?overwrite=false&state=draft",
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://secret\"}]"),
	                 201);
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1/A?index=1",
	                     "[{\"index\":1,\"type\":\"URL\",\"data\":\"http://a\"}]"),
	                 200);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/identifiers/99.100.1/A/state",
	                     "{\"state\":\"active\"}"),
	                 200);
	assert_int_equal(get(room, by_viewer.path), 200);
	assert_true(has(room, "http://secret"));
	assert_int_equal(ask_as(room, &by_viewer), 200);
	assert_true(has(room, "\"verb\":\"state\""));
	assert_false(slice_has(room->answer.body, "http://secret"));
}

#define WITH_ALSO(name, also) \
	"{\"name\":\"99.100.1/" name "\",\"also\":[" also \
	"],\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":\"http://p\"}]}\n"

static void other_names_are_made_with_their_record(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "?prefix=99.100.1", "k1",
	                      WITH_ALSO("PACK", "\"99.100.1/2.999.1\",\"CODE-1\"")),
	                 200);
	assert_true(has(room, "\"created\":3"));
	assert_int_equal(get(room, "/api/handles/99.100.1/CODE-1"), 200);
	assert_true(has(room, "\"type\":\"HS_ALIAS\",\"data\":{\"format\":\"string\",\"value\":"
	                      "\"99.100.1/PACK\"}"));
	assert_int_equal(get(room, "/api/handles/99.100.1/2.999.1"), 200);
	assert_int_equal(post(room, "", "k2", WITH_ALSO("PACK", "\"99.100.1/NEW\"")), 200);
	assert_true(has(room, "\"created\":1,") && has(room, "\"unchanged\":1,"));
}

static void other_names_are_for_new_records(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A B), 200);
	static const char *const modes[] = { "?mode=replace", "?mode=merge" };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(post(room, modes[i], "k2", WITH_ALSO("A", "\"99.100.1/B\"")), 422);
		assert_true(has(room, "other names are for new records, and 99.100.1/A"));
	}
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 200);
	assert_true(has(room, "http://b"));
}

static void a_record_and_its_other_names_are_refused_together(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, "", "k1", A), 200);
	assert_int_equal(post(room, "", "k2", WITH_ALSO("P", "\"99.100.1/Q\",\"99.100.1/A\"")),
	                 409);
	assert_true(has(room, "\"refused\":1,\"faults\":[{\"line\":1,\"name\":\"99.100.1/A\","
	                      "\"code\":\"EXISTS\""));
	assert_int_equal(post(room, "?partial=true", "k3",
	                      B WITH_ALSO("P", "\"99.100.1/Q\",\"99.100.1/A\"")),
	                 200);
	assert_true(has(room, "\"created\":1"));
	assert_int_equal(get(room, "/api/handles/99.100.1/P"), 404);
	assert_int_equal(get(room, "/api/handles/99.100.1/Q"), 404);
	assert_int_equal(get(room, "/api/handles/99.100.1/B"), 200);
}

static void another_name_that_is_none_or_stands_twice_is_refused(void **state)
{
	room_t *room = *state;
	static const struct {
		const char *also, *want;
	} rows[] = {
		{ "\"x\"", "another name of 99.100.1/P is none" },
		{ "7", "another name of 99.100.1/P is none" },
		{ "\"99.100.1/p\"", "99.100.1/p stands in an earlier line too" },
		{ "\"99.100.1/Q\",\"99.100.1/q\"", "99.100.1/q stands in an earlier line too" },
		{ "\"99.1/1\",\"99.1/2\",\"99.1/3\",\"99.1/4\",\"99.1/5\",\"99.1/6\",\"99.1/7\","
		  "\"99.1/8\",\"99.1/9\",\"99.1/10\",\"99.1/11\",\"99.1/12\",\"99.1/13\","
		  "\"99.1/14\",\"99.1/15\",\"99.1/16\",\"99.1/17\"",
		  "another name of 99.100.1/P is none" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char body[2048];
		(void)snprintf(body, sizeof body,
		               "{\"name\":\"99.100.1/P\",\"also\":[%s],\"values\":[{\"index\":1,"
		               "\"type\":\"URL\",\"data\":\"http://p\"}]}\n",
		               rows[i].also);
		int status = post(room, "", "k1", body);
		assert_true(status == 422 || status == 409);
		assert_true(has(room, rows[i].want));
		assert_true(has(room, "\"refused\":1,"));
		assert_int_equal(get(room, "/api/handles/99.100.1/P"), 404);
	}
	assert_int_equal(post(room, "", "k1", WITH_ALSO("P", "")), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)
		T(many_names_are_registered_at_once_and_seen_when_answered),
		T(trying_again_with_the_key_changes_nothing),
		T(one_faulty_line_refuses_all_and_is_named),
		T(partial_leaves_out_what_is_faulty),
		T(a_name_twice_elsewhere_or_deleted_is_a_fault),
		T(other_names_are_made_with_their_record),
		T(other_names_are_for_new_records),
		T(a_record_and_its_other_names_are_refused_together),
		T(another_name_that_is_none_or_stands_twice_is_refused),
		T(a_dry_run_changes_nothing),
		T(replacing_overwrites_and_merging_adds),
		T(a_dry_run_counts_what_would_be_overwritten),
		T(a_deleted_name_is_named_by_every_mode_and_left_out_by_partial),
		T(names_take_the_prefix_of_the_query),
		T(a_key_is_needed_and_a_body),
		T(a_viewer_may_not_and_a_scope_is_kept),
		T(values_keep_their_times_for_an_administrator_who_says_so),
		T(records_come_in_binary_too),
		T(every_cut_of_a_body_is_refused_and_leaves_nothing),
		T(records_are_listed_in_the_form_that_registers_them),
		T(records_are_listed_as_of_a_time_and_with_their_history),
		T(histories_keep_what_was_a_draft_from_viewers),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
