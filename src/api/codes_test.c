/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of every scheme and the one record behind them, over the API. */
#include "api/room_test.h"

#define C        "/api/v1/codes/"
#define P        "/api/handles/99.100.1/"
#define CODE     "X12PBA10000001B9D0000001"
#define URL      "[{\"index\":1,\"type\":\"URL\",\"data\":\"https://example.com/pack\"}]"
#define TO(name) "[{\"index\":1,\"type\":\"HS_ALIAS\",\"data\":\"99.100.1/" name "\"}]"

static void put(room_t *room, const char *path, const char *body)
{
	assert_int_equal(ask(room, HTTP_PUT, path, body), 201);
}

/* The view of search follows the registry by a turn of its loop. */
static int look(room_t *room, const char *path)
{
	pass(room, NS_PER_S);
	return get(room, path);
}

static void a_code_says_its_fields_its_name_and_its_record(void **state)
{
	room_t *room = *state;
	assert_int_equal(get(room, C CODE), 200);
	assert_true(has(room, "\"scheme\":\"gbt34014\""));
	assert_true(has(room, "\"meaning\":{\"en\":\"2021-09-13\""));
	assert_true(has(room, "\"name\":\"99.100.1/" CODE "\"}"));
	put(room, P CODE, URL);
	assert_int_equal(get(room, C CODE), 200);
	assert_true(has(room, "\"record\":{\"name\":\"99.100.1/" CODE "\",\"state\":\"active\","
	                      "\"values\":[{\"index\":1,\"type\":\"URL\""));
	assert_int_equal(get(room, "/api/v1/decode?text=" CODE), 200);
	assert_true(has(room, "\"name\":\"99.100.1/" CODE "\""));
}

static void one_record_answers_under_every_name_it_has(void **state)
{
	room_t *room = *state;
	static const char *const codes[] = {
		C CODE,
		C "2.999.1",
		C "urn:oid:2.999.1",
		C "VAA0881PACK1",
		C "Ecode:1000112345",
		C "did:example:pack-1",
		C "%2801%2909521234543213",
		C "https%3A%2F%2Fexample.com%2F01%2F09521234543213",
	};
	put(room, P CODE, URL);
	put(room, P "2.999.1", TO(CODE));
	put(room, P "VAA0881PACK1", TO("2.999.1"));
	put(room, P "1000112345", TO(CODE));
	put(room, P "did:example:pack-1", TO(CODE));
	put(room, P "01/09521234543213", TO(CODE));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		assert_int_equal(look(room, codes[i]), 200);
		assert_true(has(room, "\"record\":{\"name\":\"99.100.1/" CODE "\""));
		assert_true(has(room,
		                "\"also\":[\"99.100.1/01/09521234543213\",\"99.100.1/1000112345\","
		                "\"99.100.1/2.999.1\",\"99.100.1/did:example:pack-1\"]"));
	}
}

static void what_is_wrong_has_no_name_and_no_record(void **state)
{
	room_t *room = *state;
	put(room, P "A", TO("B"));
	put(room, P "B", TO("A"));
	put(room, P "did:example:a", TO("A"));
	assert_int_equal(get(room, C "X12PBA10000001O9D0000001"), 200);
	assert_true(has(room, "\"good\":false"));
	assert_true(!has(room, "\"name\":\"99.100.1/") && !has(room, "\"record\""));
	assert_int_equal(get(room, C "X12PB?scheme=gbt34014"), 200);
	assert_true(has(room, "\"scheme\":\"gbt34014\"") && has(room, "\"good\":false"));
	assert_int_equal(get(room, C "hello"), 200);
	assert_true(has(room, "\"scheme\":\"\""));
	assert_int_equal(get(room, C "x?scheme=ean"), 400);
	assert_true(has(room, "there is no scheme ean"));
	assert_int_equal(get(room, C "did:example:a"), 200); /* aliases in a circle */
	assert_true(!has(room, "\"record\""));
}

static void a_did_of_other_letters_is_another(void **state)
{
	room_t *room = *state;
	put(room, P "did:example:abc", URL);
	assert_int_equal(get(room, C "did:example:abc"), 200);
	assert_true(has(room, "\"record\""));
	assert_int_equal(get(room, C "did:example:ABC"), 200);
	assert_true(!has(room, "\"record\""));
}

static void the_door_of_a_code_leads_to_its_identifier(void **state)
{
	room_t *room = *state;
	static const struct {
		const char *path, *to;
	} rows[] = {
		{ "/" CODE, "/99.100.1/" CODE },
		{ "/x12pba10000001b9d0000001", "/99.100.1/" CODE },
		{ "/2.999.1", "/99.100.1/2.999.1" },
		{ "/did:example:a", "/99.100.1/did%3Aexample%3Aa" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(get(room, rows[i].path), 302);
		assert_true(slice_eq(twin_http_header(&room->answer, "Location"),
		                     slice_str(rows[i].to)));
	}
	put(room, P CODE, URL);
	assert_int_equal(get(room, "/99.100.1/" CODE), 302);
	assert_int_equal(get(room, "/X12PBA10000001O9D0000001"), 400);
	assert_true(has(room, "X15-17 has a character that is no date"));
}

static void removing_and_retiring_tell_of_the_other_names(void **state)
{
	room_t *room = *state;
	put(room, P CODE, URL);
	put(room, P "2.999.1", TO(CODE));
	pass(room, NS_PER_S);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/identifiers/99.100.1/" CODE "/state",
	                     "{\"state\":\"retired\"}"),
	                 200);
	assert_true(has(room, "\"also\":[\"99.100.1/2.999.1\"]"));
	assert_int_equal(ask(room, HTTP_DELETE, P CODE, NULL), 200);
	assert_true(has(room, "\"also\":[\"99.100.1/2.999.1\"]"));
	assert_int_equal(ask(room, HTTP_DELETE, P "2.999.1", NULL), 200);
	assert_true(!has(room, "\"also\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)
		T(a_code_says_its_fields_its_name_and_its_record),
		T(one_record_answers_under_every_name_it_has),
		T(what_is_wrong_has_no_name_and_no_record),
		T(a_did_of_other_letters_is_another),
		T(the_door_of_a_code_leads_to_its_identifier),
		T(removing_and_retiring_tell_of_the_other_names),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
