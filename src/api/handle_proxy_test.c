/* SPDX-License-Identifier: Apache-2.0 */
/* The face of the registry for people and their links: redirects, pages, and what a
 * hostile record may not do with them. */
#include "api/room_test.h"

#define A "/api/handles/99.100.1/"

static void put(room_t *room, const char *path, const char *body)
{
	assert_int_equal(ask(room, HTTP_PUT, path, body), 201);
}

static int look(room_t *room, const char *path)
{
	return ask_as(room, &(twin_http_ask_t){ .path = path });
}

static int look_in(room_t *room, const char *path, const char *language)
{
	http_header_t headers[] = { { "Accept-Language", language }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .path = path, .headers = headers });
}

static bool header_is(const room_t *room, const char *name, const char *value)
{
	return slice_eq(twin_http_header(&room->answer, name), slice_str(value));
}

static void a_name_with_a_url_leads_there_for_as_long_as_it_may_be_kept(void **state)
{
	room_t *room = *state;
	put(room, A "P",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p/1\"},"
	    "{\"index\":2,\"type\":\"URL.MIRROR\",\"data\":\"https://m.example/1\","
	    "\"ttl\":\"2033-05-18T03:33:20Z\"}]");
	assert_int_equal(look(room, "/99.100.1/p"), 302);
	assert_true(header_is(room, "Location", "https://example.com/p/1"));
	assert_true(slice_starts(twin_http_header(&room->answer, "Expires"),
	                         SLICE("Wed, 15 Nov 2023 22:13:2")));
	assert_true(has(room, "<a href=\"https://example.com/p/1\">"));
	assert_int_equal(look(room, "/99.100.1/p?index=2"), 302);
	assert_true(header_is(room, "Location", "https://m.example/1"));
	assert_true(header_is(room, "Expires", "Wed, 18 May 2033 03:33:20 GMT"));
	assert_int_equal(look(room, "/99.100.1/p?type=URL.MIRROR"), 302);
	assert_true(header_is(room, "Location", "https://m.example/1"));
}

static bool leads(room_t *room, const char *path, const char *to)
{
	return look(room, path) == 302 && header_is(room, "Location", to);
}

#define LOC(data)       "{\"index\":1000,\"type\":\"10320/loc\",\"data\":\"" data "\"}"
#define PLACE(id, rest) "<location id='" id "' href='https://" id ".example/' " rest "/>"

static void a_name_with_several_places_leads_to_the_one_that_suits(void **state)
{
	room_t *room = *state;
	put(room, A "P",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://url.example/\"}," LOC(
		    "<locations>" PLACE("cn", "country='cn' weight='0'") PLACE(
			    "www", "weight='1'") "<location id='t' "
						 "href_template='https://t.example/"
						 "{hdl}?a=1&amp;b' weight='0' "
						 "http_sc='303'/><location id='d' "
						 "href='https://d.example/' http_role='conneg'/>"
						 "</locations>") "]");
	assert_true(leads(room, "/99.100.1/P", "https://www.example/"));
	assert_true(header_is(room, "Vary", "Accept"));
	assert_true(leads(room, "/99.100.1/P?locatt=id:cn", "https://cn.example/"));
	assert_true(leads(room, "/99.100.1/P?locatt=country:cn", "https://cn.example/"));
	assert_true(leads(room, "/99.100.1/P?country=CN&urlappend=x", "https://cn.example/x"));
	assert_true(leads(room, "/99.100.1/P?country=de", "https://www.example/"));
	assert_true(leads(room, "/99.100.1/P?type=URL", "https://url.example/"));
	assert_int_equal(look(room, "/99.100.1/P?locatt=id:t"), 303);
	assert_true(header_is(room, "Location", "https://t.example/99.100.1%2FP?a=1&b"));
	assert_int_equal(look(room, "/99.100.1/P?noredirect"), 200);
	static const http_header_t data[] = { { "Accept", "application/json, text/turtle;q=0.5" },
		                              { NULL, NULL } };
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/99.100.1/P", .headers = data }),
	                 302);
	assert_true(header_is(room, "Location", "https://d.example/"));
	static const http_header_t page[] = { { "Accept", "application/json, */*;q=0.1" },
		                              { NULL, NULL } };
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/99.100.1/P", .headers = page }),
	                 302);
	assert_true(header_is(room, "Location", "https://www.example/"));
}

static void each_place_has_its_share_of_those_who_ask(void **state)
{
	room_t *room = *state;
	unsigned first = 0;
	put(room, A "P",
	    "[" LOC("<locations>" PLACE("a", "weight='3'") PLACE("b", "weight='1'")
	                    PLACE("c", "weight='-1'") "</locations>") "]");
	for (int i = 0; i < 100; i++) {
		assert_int_equal(look(room, "/99.100.1/P"), 302);
		bool is_first = header_is(room, "Location", "https://a.example/");
		assert_true(is_first || header_is(room, "Location", "https://b.example/"));
		first += is_first;
	}
	assert_in_range(first, 60, 90);
}

static void places_that_cannot_be_read_or_followed_are_no_redirect(void **state)
{
	room_t *room = *state;
	put(room, A "P",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://url.example/\"}," LOC(
		    "<locations><location href='x'") "]");
	assert_true(leads(room, "/99.100.1/P", "https://url.example/"));
	put(room, A "S",
	    "[" LOC("<locations><location href='javascript:alert(1)'/></locations>") "]");
	assert_int_equal(look(room, "/99.100.1/S"), 200);
	assert_true(slice_eq(twin_http_header(&room->answer, "Location"), SLICE("")));
	put(room, A "N", "[" LOC("<locations><location id='1'/></locations>") "]");
	assert_int_equal(look(room, "/99.100.1/N"), 200);
	put(room, A "H",
	    "[{\"index\":1000,\"type\":\"10320/loc\",\"permissions\":\"1100\","
	    "\"data\":\"<locations><location href='https://s.example/'/>"
	    "</locations>\"}]");
	assert_int_equal(look(room, "/99.100.1/H"), 200);
	put(room, A "E",
	    "[" LOC("<locations><location href='https://e.example/&#13;&#10;X: y'/>"
	            "</locations>") "]");
	assert_int_equal(look(room, "/99.100.1/E"), 200);
}

static void what_is_appended_stays_behind_the_host(void **state)
{
	room_t *room = *state;
	put(room, A "P", "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p\"}]");
	put(room, A "H", "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com\"}]");
	assert_int_equal(look(room, "/99.100.1/P?urlappend=%2Fq%3Fa=1"), 302);
	assert_true(header_is(room, "Location", "https://example.com/p/q?a=1"));
	assert_int_equal(look(room, "/99.100.1/H?urlappend=%2Fq"), 302);
	assert_true(header_is(room, "Location", "https://example.com/q"));
	assert_int_equal(look(room, "/99.100.1/H?urlappend=.evil.example"), 200);
	assert_int_equal(look(room, "/99.100.1/H?urlappend=@evil.example"), 200);
	assert_int_equal(look(room, "/99.100.1/P?urlappend=%0D%0ASet-Cookie:a"), 302);
	assert_true(header_is(room, "Location", "https://example.com/p%0D%0ASet-Cookie:a"));
}

static void nothing_but_the_web_and_ftp_is_a_redirect(void **state)
{
	room_t *room = *state;
	static const char *const bad[] = { "javascript:alert(1)",       "data:text/html,x",
		                           "JAVASCRIPT://x%0Aalert(1)", "//evil.example/",
		                           "https:/\\\\evil.example",   "file:///etc/passwd",
		                           "https://a\\r\\nX: y" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char body[256];
		snprintf(body, sizeof(body), "[{\"index\":1,\"type\":\"URL\",\"data\":\"%s\"}]",
		         bad[i]);
		ask(room, HTTP_PUT, A "P", body);
		assert_int_equal(look(room, "/99.100.1/P"), 200);
		assert_false(slice_has(room->answer.body, "href=\"j"));
		assert_false(slice_has(room->answer.body, "href=\"J"));
		assert_false(slice_has(room->answer.body, "href=\"data"));
		assert_false(slice_has(room->answer.body, "evil.example\">"));
	}
	ask(room, HTTP_PUT, A "P",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"ftp://e.example/中\"}]");
	assert_int_equal(look(room, "/99.100.1/P"), 302);
	assert_true(header_is(room, "Location", "ftp://e.example/%E4%B8%AD"));
}

static void an_alias_leads_to_the_other_name_unless_it_goes_in_a_circle(void **state)
{
	room_t *room = *state;
	put(room, A "A", "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/B\"}]");
	assert_int_equal(look(room, "/99.100.1/A"), 301);
	assert_true(header_is(room, "Location", "/99.100.1/B"));
	put(room, A "B", "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/C\"}]");
	put(room, A "C", "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/a\"}]");
	assert_int_equal(look(room, "/99.100.1/A"), 508);
	assert_true(has(room, "leads back to itself"));
	assert_int_equal(look(room, "/99.100.1/A?ignore_aliases"), 200);
	assert_int_equal(look(room, "/99.100.1/A?noredirect"), 200);
	ask(room, HTTP_PUT, A "C", "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/C\"}]");
	assert_int_equal(look(room, "/99.100.1/C"), 508);
}

#define EVIL "</pre><script>alert(1)</script><img src=x onerror='a()'>&\\\"\\u202e"

static void a_hostile_record_is_text_and_nothing_else(void **state)
{
	room_t *room = *state;
	put(room, A "%3Cscript%3E%22",
	    "[{\"index\":1,\"type\":\"DESC\",\"data\":\"" EVIL "\"},"
	    "{\"index\":2,\"type\":\"" EVIL "\",\"data\":\"x\"},"
	    "{\"index\":3,\"type\":\"URL\",\"data\":\"https://x.example/\\\"onclick=a()\"},"
	    "{\"index\":4,\"type\":\"HS_ALIAS\",\"data\":\"javascript:a()\"},"
	    "{\"index\":5,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":"
	    "{\"handle\":\"\\\"><b>\",\"index\":2,\"permissions\":\"111111111111\"}}}]");
	assert_int_equal(look(room, "/99.100.1/%3Cscript%3E%22?noredirect"), 200);
	assert_false(slice_has(room->answer.body, "<script"));
	assert_false(slice_has(room->answer.body, "<img"));
	assert_false(slice_has(room->answer.body, "<b>\""));
	assert_false(slice_has(room->answer.body, "\"onclick"));
	assert_false(slice_has(room->answer.body, "href=\"javascript"));
	assert_false(slice_has(room->answer.body, "\xE2\x80\xAE"));
	assert_true(has(room, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	slice_t policy = twin_http_header(&room->answer, "Content-Security-Policy");
	assert_true(slice_starts(policy, SLICE("default-src 'none'; style-src 'sha256-")));
	assert_false(slice_has(policy, "unsafe"));
}

static void the_page_says_what_each_value_is_in_the_readers_language(void **state)
{
	room_t *room = *state;
	put(room, A "P",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/p/1\","
	    "\"ttl\":3600},"
	    "{\"index\":2,\"type\":\"COST\",\"data\":\"42\",\"permissions\":\"1100\"},"
	    "{\"index\":3,\"type\":\"N\",\"data\":\"x\",\"permissions\":\"1010\"}]");
	assert_int_equal(look(room, "/99.100.1/P?noredirect"), 200);
	assert_true(has(room, "<html lang=\"en\">"));
	assert_true(has(room, "where the thing is described on the web"));
	assert_true(has(room, "for 1 h"));
	assert_true(has(room, "the administrators of this record"));
	assert_true(has(room, "nobody: it is fixed"));
	assert_true(has(room, "href=\"/#/identifiers/99.100.1/P\""));
	assert_false(slice_has(room->answer.body, "COST"));
	assert_int_equal(look_in(room, "/99.100.1/P?noredirect", "zh-CN,zh;q=0.9"), 200);
	assert_true(has(room, "<html lang=\"zh-CN\">"));
	assert_true(has(room, "该对象的网页地址"));
	assert_true(has(room, "此记录的管理员"));
}

static void a_point_has_a_link_to_its_live_value(void **state)
{
	room_t *room = *state;
	put(room, A "FRM1.V", "[{\"index\":1,\"type\":\"DESC\",\"data\":\"x\"}]");
	assert_int_equal(look(room, "/99.100.1/frm1.v"), 200);
	assert_true(has(room, "href=\"/#/points/FRM1.V\""));
}

static void what_is_not_there_has_a_page_that_says_what_to_do(void **state)
{
	room_t *room = *state;
	assert_int_equal(look(room, "/99.100.1/NONE"), 404);
	assert_true(slice_eq(room->answer.content_type, SLICE("text/html;charset=utf-8")));
	assert_true(has(room, "Look for a slip in the spelling"));
	assert_int_equal(look_in(room, "/99.100.1/NONE", "zh"), 404);
	assert_true(has(room, "请检查拼写"));
	assert_int_equal(look(room, "/99.200.7/X"), 404);
	assert_true(has(room, "lives elsewhere"));
	assert_int_equal(look(room, "/99.100.1/%FF"), 400);
	assert_true(has(room, "This is not an identifier"));
}

static void pages_of_the_console_stay_what_they_are(void **state)
{
	room_t *room = *state;
	static const char *const paths[] = { "/", "/identifiers/99.100.1/P", "/points/FRM1.V",
		                             "/network", "/99.100.1" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		look(room, paths[i]);
		assert_false(slice_has(room->answer.body, "identifier registry"));
	}
}

static void a_head_has_no_body(void **state)
{
	room_t *room = *state;
	put(room, A "P", "[{\"index\":1,\"type\":\"DESC\",\"data\":\"x\"}]");
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .method = HTTP_HEAD, .path = "/99.100.1/P" }),
		200);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .method = HTTP_HEAD, .path = A "P" }),
	                 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_with_a_url_leads_there_for_as_long_as_it_may_be_kept),
		TEST(a_name_with_several_places_leads_to_the_one_that_suits),
		TEST(each_place_has_its_share_of_those_who_ask),
		TEST(places_that_cannot_be_read_or_followed_are_no_redirect),
		TEST(what_is_appended_stays_behind_the_host),
		TEST(nothing_but_the_web_and_ftp_is_a_redirect),
		TEST(an_alias_leads_to_the_other_name_unless_it_goes_in_a_circle),
		TEST(a_hostile_record_is_text_and_nothing_else),
		TEST(the_page_says_what_each_value_is_in_the_readers_language),
		TEST(a_point_has_a_link_to_its_live_value),
		TEST(what_is_not_there_has_a_page_that_says_what_to_do),
		TEST(pages_of_the_console_stay_what_they_are),
		TEST(a_head_has_no_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
