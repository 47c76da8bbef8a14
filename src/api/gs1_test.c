/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver's door, from a request to what the client gets. */
#include "api/room_test.h"

#define GTIN           "09521234543213"
#define P              "/api/handles/99.100.1/01/" GTIN
#define D              "/01/" GTIN
#define LINK(n, json)  "{\"index\":" n ",\"type\":\"GS1.LINK\",\"data\":\"{" json "}\"}"
#define M(key, value)  "\\\"" key "\\\":\\\"" value "\\\""
#define TAGS(key, tag) "\\\"" key "\\\":[\\\"" tag "\\\"]"
#define PIP(n, href, more) \
	LINK(n, M("linkType", "gs1:pip") "," M("href", href) "," M("title", "Product") more)

static void put(room_t *room, const char *path, const char *body)
{
	int status = ask(room, HTTP_PUT, path, body);
	if (status != 201 && status != 200)
		print_message("%d %.*s\n", status, (int)room->answer.body.len,
		              room->answer.body.ptr);
	assert_true(status == 201 || status == 200);
}

static int look(room_t *room, const char *path, const char *accept, const char *language)
{
	http_header_t headers[] = { { accept ? "Accept" : "X-None", accept ? accept : "x" },
		                    { language ? "Accept-Language" : "X-None-2",
		                      language ? language : "x" },
		                    { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .path = path, .headers = headers });
}

static slice_t header(const room_t *room, const char *name)
{
	return twin_http_header(&room->answer, name);
}

static bool header_is(const room_t *room, const char *name, const char *value)
{
	return slice_eq(header(room, name), slice_str(value));
}

static void put_product(room_t *room)
{
	put(room, P,
	    "[{\"index\":1,\"type\":\"DESC\",\"data\":\"Cell\"}," PIP("10", "https://example.com/en", "," M("type", "text/html") "," TAGS("hreflang", "en") ",\\\"default\\\":true") "," PIP(
		    "11", "https://example.com/zh",
		    "," M("type", "text/html") "," TAGS(
			    "hreflang",
			    "zh") ",\\\"default\\\":true") "," LINK("12",
	                                                            M("linkType", "gs1:dpp") "," M("href", "https://example.com/dpp?a=1#top") "," M(
									    "title",
									    "Passport")) "," LINK("13",
	                                                                                          M("linkType", "gs1:review") "," M("href", "https://example.com/r1") "," M(
													  "title",
													  "Review")) "," LINK("14",
	                                                                                                                      M("linkType", "gs1:review") "," M("href", "https://example.com/r2") "," M(
																      "title",
																      "Review")) "]");
}

static void a_digital_link_leads_to_its_default_link(void **state)
{
	room_t *room = *state;
	put_product(room);
	assert_int_equal(look(room, D, NULL, NULL), 307);
	assert_true(header_is(room, "Location", "https://example.com/en"));
	assert_true(header_is(room, "Link",
	                      "<https://id.example.com" D "?linkType=linkset>; rel=\"linkset\"; "
	                      "type=\"application/linkset+json\"; title=\"Linkset\""));
	assert_true(header_is(room, "Access-Control-Allow-Origin", "*"));
	assert_true(header_is(room, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"));
	assert_true(header_is(room, "Vary", "Accept, Accept-Language"));
	assert_int_equal(look(room, D, NULL, "zh-CN,zh;q=0.9"), 307);
	assert_true(header_is(room, "Location", "https://example.com/zh"));
	assert_int_equal(look(room, D "/", NULL, "fr"), 307);
	assert_true(header_is(room, "Location", "https://example.com/en"));
	assert_int_equal(look(room, D "?linkType=gs1:defaultLink", NULL, "zh"), 307);
	assert_true(slice_starts(header(room, "Location"), SLICE("https://example.com/en?")));
}

static void a_link_type_is_redirected_to_with_the_whole_query(void **state)
{
	room_t *room = *state;
	put_product(room);
	assert_int_equal(look(room, D "?linkType=gs1:dpp&17=301231&x=%22", NULL, NULL), 307);
	assert_true(header_is(room, "Location",
	                      "https://example.com/dpp?a=1&linkType=gs1:dpp&17=301231&x=%22#top"));
	assert_int_equal(
		look(room, D "?linkType=https%3A%2F%2Fref.gs1.org%2Fvoc%2Fdpp", NULL, NULL), 307);
	assert_int_equal(look(room, D "?linkType=gs1:epil", NULL, NULL), 404);
	assert_true(has(room, "gs1:epil"));
	assert_true(header_is(room, "Access-Control-Allow-Origin", "*"));
	assert_int_equal(look(room, D "?linkType=gs1:review", NULL, NULL), 300);
	assert_true(has(room, "https://example.com/r1"));
	assert_true(has(room, "https://example.com/r2"));
	assert_false(has(room, "https://example.com/en"));
}

static void the_linkset_holds_every_level_up_to_the_key(void **state)
{
	room_t *room = *state;
	put_product(room);
	put(room, P "/21/S1",
	    "[" LINK("1", M("linkType", "gs1:traceability") "," M(
				  "href", "https://t.example/1") "," M("title", "Trace")) "]");
	assert_int_equal(look(room, D "/10/L1/21/S1?linkType=linkset", NULL, NULL), 200);
	assert_true(header_is(room, "Content-Type", "application/linkset+json"));
	assert_true(slice_has(header(room, "Link"), "http://www.w3.org/ns/json-ld#context"));
	assert_true(has(room, "\"anchor\":\"https://id.example.com" D "\""));
	assert_true(has(room, "\"anchor\":\"https://id.example.com" D "/21/S1\""));
	assert_true(has(room, "\"description\":\"Cell\""));
	assert_true(has(room, "\"https://ref.gs1.org/voc/defaultLink\":[{\"href\":"
	                      "\"https://example.com/en\",\"title\":\"Product\"}]"));
	assert_true(has(room, "\"https://ref.gs1.org/voc/defaultLinkMulti\":[{"));
	assert_true(has(room, "\"https://ref.gs1.org/voc/traceability\":[{"));
	static const char *const kinds[] = { "application/linkset+json", "application/json",
		                             "application/ld+json" };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(look(room, D, kinds[i], NULL), 200);
		assert_true(header_is(room, "Content-Type", kinds[i]));
		assert_int_equal(has(room, "@context"), i == 2);
	}
	assert_int_equal(look(room, D "?linkType=all", NULL, NULL), 200);
	assert_int_equal(look(room, D "?linkType=gs1:dpp", "application/json", NULL), 307);
}

static void an_unknown_qualifier_is_answered_by_what_is_known_above(void **state)
{
	room_t *room = *state;
	put_product(room);
	put(room, P "/21/S1",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/s1\"}]");
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ D "/21/NEVER", "https://example.com/en" },
		{ D "/21/S1", "https://example.com/s1" },
		{ D "/22/V/10/L/21/S1", "https://example.com/s1" },
		{ D "/21/s1", "https://example.com/en" }, /* another serial */
		{ D "/10/S1", "https://example.com/en" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(look(room, rows[i].path, NULL, NULL), 307);
		assert_true(header_is(room, "Location", rows[i].want));
	}
	assert_int_equal(look(room, "/01/09521234543220", NULL, NULL), 404);
	assert_int_equal(look(room, D "/21/S1?linkType=gs1:dpp", NULL, NULL), 307);
}

static void what_is_not_a_digital_link_is_status_400_and_nothing_else(void **state)
{
	room_t *room = *state;
	put_product(room);
	static const char *const rows[] = {
		"/01/09521234543214",
		"/01/9521234543213",
		D "/foo",
		D "/21/1/10/2",
		D "/17/301231",
		D "?17=991399",
		D "?4711=1",
		D "/01/" GTIN "/21/5",
		"/01",
		"/01/",
		"/8013/a/b/c",
		D "/21/%ZZ",
		"/stem" D,
	};
	for (size_t i = 0; i + 1 < sizeof(rows) / sizeof(*rows); i++) {
		int status = look(room, rows[i], "text/html", NULL);
		if (status != 400)
			print_message("%s: %d\n", rows[i], status);
		assert_int_equal(status, 400);
	}
	assert_int_equal(look(room, D "/foo", NULL, "zh"), 400);
	assert_true(has(room, "路径中没有主标识代码"));
}

static void pages_of_other_sites_may_ask(void **state)
{
	room_t *room = *state;
	twin_http_ask_t options = { .method = HTTP_OPTIONS, .path = D };
	assert_int_equal(ask_as(room, &options), 204);
	assert_true(header_is(room, "Allow", "GET, HEAD"));
	assert_true(header_is(room, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"));
	put_product(room);
	twin_http_ask_t head = { .method = HTTP_HEAD, .path = D };
	assert_int_equal(ask_as(room, &head), 307);
	assert_int_equal(room->answer.body.len, 0);
	twin_http_ask_t post = { .method = HTTP_POST, .path = D };
	assert_int_equal(ask_as(room, &post), 405);
}

static void a_record_without_link_is_a_page_for_a_browser(void **state)
{
	room_t *room = *state;
	put(room, P, "[{\"index\":1,\"type\":\"DESC\",\"data\":\"Cell of grade A\"}]");
	assert_int_equal(look(room, D, "text/html,*/*;q=0.8", NULL), 200);
	assert_true(has(room, "Cell of grade A"));
	assert_int_equal(look(room, D, "application/xml", NULL), 404);
	assert_int_equal(look(room, D "?linkType=linkset", NULL, NULL), 404);
}

static void an_alias_lends_the_links_of_its_target(void **state)
{
	room_t *room = *state;
	put(room, "/api/handles/99.100.1/PUMP",
	    "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/pump\"}]");
	put(room, P, "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/PUMP\"}]");
	assert_int_equal(look(room, D, NULL, NULL), 307);
	assert_true(header_is(room, "Location", "https://example.com/pump"));
	put(room, "/api/handles/99.100.1/PUMP",
	    "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/01/" GTIN "\"}]");
	assert_int_equal(look(room, D, NULL, NULL), 404);
}

static void a_link_is_checked_when_it_is_written(void **state)
{
	room_t *room = *state;
	assert_int_equal(
		ask(room, HTTP_PUT, P,
	            "[" LINK("1", M("linkType", "pip") "," M("href", "https://a.example") "," M(
					  "title", "T")) "]"),
		400);
	assert_true(has(room, "'pip' is no link type"));
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1/01/09521234543214",
	                     "[" PIP("1", "https://a.example", "") "]"),
	                 400);
	assert_true(has(room, "the check digit of (01) is wrong"));
	assert_int_equal(
		ask(room, HTTP_PUT, P "/21/a%252fb", "[" PIP("1", "https://a.example", "") "]"),
		400);
	assert_true(has(room, "99.100.1/01/" GTIN "/21/a%2Fb"));
	http_header_t headers[] = { { "Idempotency-Key", "k" }, { NULL, NULL } };
	twin_http_ask_t bulk = { .method = HTTP_POST,
		                 .path = "/api/v1/registrations",
		                 .token = room->token,
		                 .headers = headers,
		                 .body = SLICE(
					 "{\"name\":\"99.100.1/01/09521234543214\","
					 "\"values\":[" PIP("1", "https://a.example", "") "]}\n") };
	assert_int_equal(ask_as(room, &bulk), 422);
	assert_true(has(room, "not well formed"));
	put(room, "/api/handles/99.100.1/PUMP", "[" PIP("1", "https://a.example", "") "]");
}

static void the_resolver_says_what_it_is(void **state)
{
	room_t *room = *state;
	assert_int_equal(look(room, "/.well-known/gs1resolver", NULL, NULL), 200);
	assert_true(has(room, "\"resolverRoot\":\"https://id.example.com\""));
	assert_true(has(room, "\"supportedPrimaryKeys\":[\"00\",\"01\",\"253\","));
	assert_true(has(room, "{\"namespace\":\"https://ref.gs1.org/voc/\",\"prefix\":\"gs1:\"}"));
	assert_true(has(room, "\"linkTypeDefaultCanBeLinkset\":false"));
	assert_true(header_is(room, "Access-Control-Allow-Origin", "*"));
}

static void hostile_values_stay_inside_their_header(void **state)
{
	room_t *room = *state;
	put(room, P, "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://e.example/中\"}]");
	assert_int_equal(look(room, D "?a=%0D%0ASet-Cookie:x", NULL, NULL), 307);
	assert_true(
		header_is(room, "Location", "https://e.example/%E4%B8%AD?a=%0D%0ASet-Cookie:x"));
	put(room, P, "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://a\\r\\nX: y\"}]");
	assert_int_equal(look(room, D, NULL, NULL), 404);
	char path[3000] = D "?x=";
	memset(&path[strlen(path)], 'x', 2500);
	put(room, P, "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://e.example/\"}]");
	assert_int_equal(look(room, path, NULL, NULL), 414);
}

static const gs1_company_t companies[] = {
	{ "952123", NULL, "https://other.example/id" },
};

static void keep_companies(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->gs1.companies = companies;
	spec->gs1.company_count = 1;
	spec->gs1.root = "";
}

static int room_open_companies(void **state)
{
	return room_open_with(state, keep_companies);
}

static void a_company_of_another_resolver_is_handed_over(void **state)
{
	room_t *room = *state;
	assert_int_equal(look(room, D "/21/5?linkType=gs1:pip", NULL, NULL), 307);
	assert_true(
		header_is(room, "Location", "https://other.example/id" D "/21/5?linkType=gs1:pip"));
	assert_true(header_is(room, "Link",
	                      "<https://other.example/id" D "/21/5>; "
	                      "rel=\"https://ref.gs1.org/voc/handledBy\"; title=\"Resolver\""));
	assert_int_equal(look(room, "/01/09521234543214", NULL, NULL), 400);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_digital_link_leads_to_its_default_link),
		CASE(a_link_type_is_redirected_to_with_the_whole_query),
		CASE(the_linkset_holds_every_level_up_to_the_key),
		CASE(an_unknown_qualifier_is_answered_by_what_is_known_above),
		CASE(what_is_not_a_digital_link_is_status_400_and_nothing_else),
		CASE(pages_of_other_sites_may_ask),
		CASE(a_record_without_link_is_a_page_for_a_browser),
		CASE(an_alias_lends_the_links_of_its_target),
		CASE(a_link_is_checked_when_it_is_written),
		CASE(the_resolver_says_what_it_is),
		CASE(hostile_values_stay_inside_their_header),
		cmocka_unit_test_setup_teardown(a_company_of_another_resolver_is_handed_over,
		                                room_open_companies, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
