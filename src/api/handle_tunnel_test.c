/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the wire in the body of a POST, and the traps that the JSON of deployed
 * servers has laid for clients. */
#include "api/room_test.h"

#include "codec/handle/handle.h"

#define TYPE "application/x-hdl-message"
#define H    "/api/handles/99.100.1/"

typedef struct {
	uint8_t bytes[512];
	size_t len;
} asked_t;

static asked_t question(const char *name)
{
	asked_t m;
	writer_t w = writer_of(m.bytes, sizeof(m.bytes));
	handle_envelope_t envelope = { .version = { 2, 11 },
		                       .suggested = { 2, 11 },
		                       .request_id = 77 };
	handle_header_t header = { .operation = HANDLE_OP_RESOLVE, .flags = HANDLE_FLAGS_DEFAULT };
	handle_resolution_t body = { .handle = slice_str(name) };
	handle_mark_t mark = handle_message_begin(&envelope, &header, &w);
	handle_resolution_encode(&body, &w);
	handle_message_end(mark, (slice_t){ 0 }, &w);
	assert_false(w.bad);
	m.len = w.len;
	return m;
}

static int post(room_t *room, const char *path, slice_t body)
{
	http_header_t headers[] = { { "Content-Type", TYPE }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .headers = headers,
	                                        .body = body });
}

static void put(room_t *room, const char *name, const char *body)
{
	char path[128];
	snprintf(path, sizeof(path), H "%s", name);
	assert_true(ask(room, HTTP_PUT, path, body) <= 201);
}

static handle_message_t answer_of(const room_t *room)
{
	handle_envelope_t envelope;
	handle_message_t message;
	assert_true(slice_eq(room->answer.content_type, SLICE(TYPE)));
	assert_int_equal(handle_envelope_decode(room->answer.body, &envelope), CODEC_OK);
	assert_int_equal(envelope.request_id, 77);
	assert_int_equal(handle_message_decode(slice_from(room->answer.body, HANDLE_ENVELOPE_SIZE),
	                                       &message),
	                 CODEC_OK);
	return message;
}

static void a_question_in_a_post_is_answered_as_on_the_wire(void **state)
{
	room_t *room = *state;
	handle_record_t record;
	asked_t m = question("99.100.1/P");
	put(room, "P", "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p\"}]");
	assert_int_equal(post(room, "/", slice_of(m.bytes, m.len)), 200);
	handle_message_t message = answer_of(room);
	assert_int_equal(message.header.response, HANDLE_RC_OK);
	assert_int_equal(handle_record_decode(message.body, &record), CODEC_OK);
	assert_true(slice_eq(record.handle, SLICE("99.100.1/P")));
	assert_int_equal(post(room, "/99.100.1%2FP", slice_of(m.bytes, m.len)), 200);
	assert_int_equal(answer_of(room).header.response, HANDLE_RC_OK);
	m = question("99.100.1/NONE");
	assert_int_equal(post(room, "/", slice_of(m.bytes, m.len)), 200);
	assert_int_equal(answer_of(room).header.response, HANDLE_RC_HANDLE_NOT_FOUND);
}

static void what_is_no_message_is_refused(void **state)
{
	room_t *room = *state;
	asked_t m = question("99.100.1/P");
	assert_int_equal(post(room, "/", (slice_t){ 0 }), 400);
	assert_int_equal(post(room, "/", SLICE("short")), 400);
	assert_int_equal(post(room, "/", slice_of(m.bytes, m.len - 4)), 200);
	assert_int_not_equal(answer_of(room).header.response, HANDLE_RC_OK);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST, .path = "/" }), 404);
}

static void who_gets_a_message_is_sent_to_the_json(void **state)
{
	room_t *room = *state;
	http_header_t headers[] = { { "Accept", "text/html, " TYPE }, { NULL, NULL } };
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .path = "/99.100.1/P", .headers = headers }), 302);
	assert_true(slice_eq(twin_http_header(&room->answer, "Location"),
	                     SLICE("/api/handles/99.100.1/P")));
}

/* Traps. */

#define HEAD   "{\"protocolVersion\":\"2.11\",\"serialNumber\":1,"
#define SERVER HEAD "\"servers\":[{\"serverId\":1,\"address\":\"192.0.2.1\","

static void total_count_is_text_and_a_page_further_on_counts_the_same(void **state)
{
	room_t *room = *state;
	for (char name[] = "A"; name[0] <= 'E'; name[0]++)
		put(room, name, "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=2&pageSize=2"), 200);
	assert_true(has(room, "\"totalCount\":\"5\""));
	assert_true(has(room, "\"handles\":[\"99.100.1/E\"]"));
	put(room, "F", "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&page=2&pageSize=2"), 200);
	assert_true(has(room, "\"totalCount\":\"6\""));
	assert_true(has(room, "\"handles\":[\"99.100.1/E\",\"99.100.1/F\"]"));
}

static void many_names_are_walked_without_a_count(void **state)
{
	room_t *room = *state;
	for (char name[] = "A"; name[0] <= 'E'; name[0]++)
		put(room, name, "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&pageSize=3&after="), 200);
	assert_true(has(room, "\"handles\":[\"99.100.1/A\",\"99.100.1/B\",\"99.100.1/C\"],"
	                      "\"next\":\"99.100.1/C\"}"));
	assert_false(slice_has(room->answer.body, "totalCount"));
	assert_int_equal(get(room, "/api/handles?prefix=99.100.1&pageSize=3&after=99.100.1/C"),
	                 200);
	assert_true(has(room, "\"handles\":[\"99.100.1/D\",\"99.100.1/E\"]}"));
}

static void names_fold_only_letters_of_ascii(void **state)
{
	room_t *room = *state;
	put(room, "%C3%A9a", "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, H "%C3%A9A"), 200);
	assert_int_equal(get(room, H "%C3%89A"), 404);
}

static void the_leftmost_of_twelve_digits_is_the_right_to_list(void **state)
{
	room_t *room = *state;
	handle_record_t record;
	handle_value_t value;
	handle_admin_t admin;
	asked_t m = question("99.100.1/P");
	put(room, "P",
	    "{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":"
	    "{\"handle\":\"0.NA/99.100.1\",\"index\":200,\"permissions\":"
	    "\"100000000010\"}}}");
	assert_int_equal(post(room, "/", slice_of(m.bytes, m.len)), 200);
	assert_int_equal(handle_record_decode(answer_of(room).body, &record), CODEC_OK);
	handle_iter_t iter = handle_list_iter(record.values);
	assert_true(handle_value_next(&iter, &value));
	assert_int_equal(handle_admin_decode(value.data, &admin), CODEC_OK);
	assert_int_equal(admin.rights, HANDLE_ADMIN_LIST | HANDLE_ADMIN_DELETE_HANDLE);
}

static void keys_and_sites_come_back_as_they_were_sent(void **state)
{
	room_t *room = *state;
	static const char key[] = "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"n\":\"oLC-_w\","
				  "\"e\":\"AQAB\"}}";
	static const char dsa_key[] = "{\"format\":\"key\",\"value\":{\"kty\":\"DSA\","
				      "\"y\":\"BA\",\"g\":\"Aw\",\"p\":\"_w\",\"q\":\"AQ\"}}";
	static const char site[] =
		"{\"format\":\"site\",\"value\":{\"version\":1,\"protocolVersion\":\"2.11\","
		"\"serialNumber\":7,\"primarySite\":true,\"multiPrimary\":false,\"attributes\":[{"
		"\"name\":\"desc\",\"value\":\"works\"}],\"servers\":[{\"serverId\":1,\"address\":"
		"\"192.0.2.1\",\"publicKey\":{\"format\":\"key\",\"value\":{\"kty\":\"DSA\",\"y\":"
		"\"BA\","
		"\"g\":\"Aw\",\"p\":\"_w\",\"q\":\"AQ\"}},\"interfaces\":[{\"query\":true,"
		"\"admin\":"
		"false,\"protocol\":\"UDP\",\"port\":2641}]}]}}";
	char body[2048];
	snprintf(body, sizeof(body),
	         "[{\"index\":1,\"type\":\"HS_PUBKEY\",\"data\":%s},"
	         "{\"index\":3,\"type\":\"HS_PUBKEY\",\"data\":%s},"
	         "{\"index\":2,\"type\":\"HS_SITE\",\"data\":%s}]",
	         key, dsa_key, site);
	put(room, "P", body);
	assert_int_equal(get(room, H "P"), 200);
	assert_true(has(room, key));
	assert_true(has(room, dsa_key));
	assert_true(has(room, site));
}

static void what_belongs_to_a_private_key_is_never_published(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"{\"kty\":\"RSA\",\"n\":\"oLC\",\"e\":\"AQAB\",\"d\":\"AQ\"}",
		"{\"kty\":\"DSA\",\"x\":\"AQ\"}",
		"{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"n\":\"??\",\"e\":\"AQAB\"}",
		"{\"n\":\"oLC\"}",
		"[]",
		"7",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char body[256];
		snprintf(body, sizeof(body),
		         "[{\"index\":1,\"type\":\"HS_PUBKEY\",\"data\":{\"format\":\"key\","
		         "\"value\":"
		         "%s}}]",
		         bad[i]);
		assert_int_equal(ask(room, HTTP_PUT, H "P", body), 400);
	}
}

static void sites_that_are_none_are_refused(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"protocolVersion\":\"2\",\"serialNumber\":1}",
		"{\"protocolVersion\":\"2.999\",\"serialNumber\":1}",
		"{\"protocolVersion\":\"2.1\",\"serialNumber\":70000}",
		HEAD "\"primarySite\":7}",
		HEAD "\"attributes\":{}}",
		HEAD "\"attributes\":[{\"name\":1}]}",
		HEAD "\"servers\":7}",
		HEAD "\"servers\":[{\"serverId\":1,\"address\":\"nowhere\"}]}",
		SERVER "\"interfaces\":[{}]}]}",
		SERVER "\"interfaces\":[{\"port\":1,\"protocol\":\"SCTP\"}]}]}",
		SERVER "\"publicKey\":{\"format\":\"x\",\"value\":\"\"}}]}",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char body[512];
		snprintf(body, sizeof(body),
		         "[{\"index\":1,\"type\":\"HS_SITE\",\"data\":{\"format\":\"site\","
		         "\"value\":"
		         "%s}}]",
		         bad[i]);
		int status = ask(room, HTTP_PUT, H "P", body);
		if (status != 400)
			print_message("%s\n", bad[i]);
		assert_int_equal(status, 400);
	}
}

static void a_made_up_suffix_is_new_each_time(void **state)
{
	room_t *room = *state;
	static const char value[] = "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}";
	char first[256];
	assert_int_equal(ask(room, HTTP_PUT, H "M-?mintNewSuffix=true", value), 201);
	assert_true(has(room, "\"handle\":\"99.100.1/M-"));
	assert_true(slice_to_cstr(room->answer.body, first, sizeof(first)));
	/* 8-4-4-4-12 digits behind "99.100.1/M-", of version 4. */
	const char *uuid = strstr(first, "/M-") + 3;
	assert_true(uuid[8] == '-' && uuid[13] == '-' && uuid[14] == '4' && uuid[36] == '"');
	assert_int_equal(ask(room, HTTP_PUT, H "M-?mintNewSuffix=true", value), 201);
	assert_false(slice_eq(room->answer.body, slice_str(first)));
}

static void an_index_that_is_there_is_not_added_again(void **state)
{
	room_t *room = *state;
	static const char value[] = "{\"index\":7,\"type\":\"A\",\"data\":\"x\"}";
	put(room, "P", "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(ask(room, HTTP_PUT, H "P?index=7&overwrite=false", value), 200);
	assert_int_equal(ask(room, HTTP_PUT, H "P?index=7&overwrite=false", value), 409);
	assert_true(has(room, "\"responseCode\":201"));
}

static void a_callback_is_a_name_and_nothing_else(void **state)
{
	room_t *room = *state;
	put(room, "P", "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, H "P?callback=a.b(1);alert"), 200);
	assert_true(slice_starts(room->answer.body, SLICE("a_b_1__alert({\"responseCode\":1,")));
	assert_true(
		slice_eq(room->answer.content_type, SLICE("application/javascript;charset=utf-8")));
	assert_true(slice_eq(twin_http_header(&room->answer, "X-Content-Type-Options"),
	                     SLICE("nosniff")));
	assert_int_equal(get(room, H "NONE?callback=1a"), 404);
	assert_true(body_is(room, "_a({\"responseCode\":100,\"handle\":\"99.100.1/NONE\"});"));
}

static void a_pretty_answer_is_the_same_answer(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, H "N%22%5C%7B,:?pretty"), 404);
	assert_true(body_is(room, "{\n  \"responseCode\": 100,\n"
	                          "  \"handle\": \"99.100.1/N\\\"\\\\{,:\"\n}\n"));
	assert_int_equal(get(room, H "P?pretty=false"), 404);
	assert_true(body_is(room, "{\"responseCode\":100,\"handle\":\"99.100.1/P\"}"));
	put(room, "P", "{\"index\":1,\"type\":\"A\",\"data\":\"x\"}");
	assert_int_equal(get(room, H "P?type=B&pretty"), 200);
	assert_true(has(room, "\"values\": [],\n"));
}

static void any_site_may_ask_first(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_OPTIONS, .path = H "P" }),
	                 204);
	assert_true(slice_eq(twin_http_header(&room->answer, "Access-Control-Allow-Origin"),
	                     SLICE("*")));
	assert_true(
		slice_has(twin_http_header(&room->answer, "Access-Control-Allow-Methods"), "PUT"));
	assert_true(slice_has(twin_http_header(&room->answer, "Access-Control-Allow-Headers"),
	                      "Authorization"));
	assert_int_equal(get(room, H "NONE"), 404);
	assert_true(slice_eq(twin_http_header(&room->answer, "Access-Control-Allow-Origin"),
	                     SLICE("*")));
	assert_int_equal(get(room, "/api/v1/node"), 200);
	assert_int_equal(twin_http_header(&room->answer, "Access-Control-Allow-Origin").len, 0);
}

static void an_unknown_endpoint_is_told_in_the_words_of_the_interface(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, "/api/foo"), 404);
	assert_true(body_is(room, "{\"responseCode\":4,\"message\":"
	                          "\"Unknown HTTP API endpoint GET /api/foo\"}"));
	assert_int_equal(get(room, "/api/v1/foo"), 404);
	assert_true(has(room, "\"code\":\"NOT_FOUND\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_in_a_post_is_answered_as_on_the_wire),
		TEST(what_is_no_message_is_refused),
		TEST(who_gets_a_message_is_sent_to_the_json),
		TEST(total_count_is_text_and_a_page_further_on_counts_the_same),
		TEST(many_names_are_walked_without_a_count),
		TEST(names_fold_only_letters_of_ascii),
		TEST(the_leftmost_of_twelve_digits_is_the_right_to_list),
		TEST(keys_and_sites_come_back_as_they_were_sent),
		TEST(what_belongs_to_a_private_key_is_never_published),
		TEST(sites_that_are_none_are_refused),
		TEST(a_made_up_suffix_is_new_each_time),
		TEST(an_index_that_is_there_is_not_added_again),
		TEST(a_callback_is_a_name_and_nothing_else),
		TEST(a_pretty_answer_is_the_same_answer),
		TEST(any_site_may_ask_first),
		TEST(an_unknown_endpoint_is_told_in_the_words_of_the_interface),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
