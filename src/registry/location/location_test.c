/* SPDX-License-Identifier: Apache-2.0 */
/* Places and who is led to which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/num.h"
#include "registry/location/location.h"

enum { WISHES_MAX = 4 };

static locations_t *read_one(const char *xml)
{
	locations_fault_t fault;
	locations_t *all = locations_new();
	assert_non_null(all);
	assert_int_equal(locations_add(all, slice_str(xml), &fault), ERR_OK);
	return all;
}

static slice_t chosen(const locations_t *all, const location_client_t *client)
{
	size_t at = 0;
	return locations_choose(all, client, &at) ? location_attribute(all, at, "id")
	                                          : SLICE("none");
}

#define PLACE(id, rest) "<location id='" id "' href='https://" id ".example/' " rest "/>"
#define THREE(attributes) \
	"<locations " attributes ">" PLACE("cn", "country='cn' weight='0'") \
		PLACE("one", "weight='1'") PLACE("two", "weight='1'") "</locations>"

static const struct {
	const char *xml, *wish, *country, *address;
	double chance; /* of 1 */
	const char *id;
} clients[] = {
	/* The order that stands when none is given. */
	{ THREE(""), NULL, "cn", NULL, 0.9, "cn" },
	{ THREE(""), NULL, "CN", NULL, 0.9, "cn" },
	{ THREE(""), NULL, "de", NULL, 0.2, "one" },
	{ THREE(""), NULL, "de", NULL, 0.7, "two" },
	{ THREE(""), NULL, NULL, NULL, 0.2, "one" },
	{ THREE(""), "id:two", "cn", NULL, 0, "two" },
	{ THREE(""), "id:CN", "cn", NULL, 0, "cn" },
	{ THREE(""), "country:cn", NULL, NULL, 0, "cn" },
	{ THREE(""), "country", NULL, NULL, 0, "cn" },
	{ THREE(""), "weight:1", NULL, NULL, 0.9, "two" },
	{ THREE(""), "nothing:1", NULL, NULL, 0.2, "one" },
	{ THREE(""), ":", NULL, NULL, 0.2, "one" },
	/* An order of the record's own; a way that nobody knows is passed over. */
	{ THREE("chooseby='country,locatt'"), "id:two", "cn", NULL, 0, "cn" },
	{ THREE("chooseby='weighted,country'"), NULL, "cn", NULL, 0, "one" },
	{ THREE("chooseby=' Moon , COUNTRY '"), NULL, "cn", NULL, 0, "cn" },
	{ THREE("choose_by='weighted' chooseby='country'"), NULL, "cn", NULL, 0, "one" },
	{ THREE("chooseby=','"), NULL, "cn", NULL, 0.7, "two" },
	/* By address: v4, v6, a network, a single one, none that is good. */
	{ "<locations>" PLACE("far", "")
	          PLACE("near", "addresses='10.0.0.0/8, ::1'") "</locations>",
	  NULL, NULL, "10.255.0.1", 0, "near" },
	{ "<locations>" PLACE("far", "")
	          PLACE("near", "addresses='10.0.0.0/8, ::1'") "</locations>",
	  NULL, NULL, "::1", 0, "near" },
	{ "<locations>" PLACE("far", "")
	          PLACE("near", "addresses='10.0.0.0/8, ::1'") "</locations>",
	  NULL, NULL, "11.0.0.1", 0, "far" },
	{ "<locations>" PLACE("far", "") PLACE("near", "addresses='10.16.0.0/12'") "</locations>",
	  NULL, NULL, "10.31.255.255", 0, "near" },
	{ "<locations>" PLACE("far", "") PLACE("near", "addresses='10.16.0.0/12'") "</locations>",
	  NULL, NULL, "10.32.0.0", 0, "far" },
	{ "<locations>" PLACE("far", "") PLACE("all", "addresses='0.0.0.0/0'") "</locations>", NULL,
	  NULL, "192.0.2.1", 0, "all" },
	{ "<locations>" PLACE("far", "")
	          PLACE("bad", "addresses='x,10.0.0.0/33,/8,'") "</locations>",
	  NULL, NULL, "10.0.0.1", 0, "far" },
	/* By score. */
	{ "<locations>" PLACE("a", "score='1'") PLACE("b", "score='2.5'")
	          PLACE("c", "") "</locations>",
	  NULL, NULL, NULL, 0, "b" },
	{ "<locations>" PLACE("a", "score='-1'") PLACE("b", "score='-2'") "</locations>", NULL,
	  NULL, NULL, 0.99, "a" },
	/* By weight: none is 1, below 0 is 0, what is no number is none. */
	{ "<locations>" PLACE("a", "weight='3'") PLACE("b", "") "</locations>", NULL, NULL, NULL,
	  0.74, "a" },
	{ "<locations>" PLACE("a", "weight='3'") PLACE("b", "") "</locations>", NULL, NULL, NULL,
	  0.76, "b" },
	{ "<locations>" PLACE("a", "weight='-5'") PLACE("b", "weight='0.1'") "</locations>", NULL,
	  NULL, NULL, 0, "b" },
	{ "<locations>" PLACE("a", "weight='0.1'") PLACE("b", "weight='0'") "</locations>", NULL,
	  NULL, NULL, 0.9999999999, "a" },
	{ "<locations>" PLACE("a", "weight='heavy'") PLACE("b", "weight='1'") "</locations>", NULL,
	  NULL, NULL, 0.49, "a" },
	{ "<locations>" PLACE("a", "weight='1e308'") PLACE("b", "weight='1e308'") "</locations>",
	  NULL, NULL, NULL, 0.51, "b" },
	{ "<locations>" PLACE("a", "weight='0'") PLACE("b", "weight='-1'") "</locations>", NULL,
	  NULL, NULL, 0.4, "a" },
	{ "<locations>" PLACE("a", "weight='0'") PLACE("b", "weight='-1'") "</locations>", NULL,
	  NULL, NULL, 0.6, "b" },
	/* One is one, whatever it says. */
	{ "<locations>" PLACE("a", "weight='0' country='de'") "</locations>", "id:b", "cn", NULL, 0,
	  "a" },
	{ "<locations/>", NULL, NULL, NULL, 0, "none" },
	{ "<locations><other><location id='x' href='y'/></other></locations>", NULL, NULL, NULL, 0,
	  "none" },
};

static void each_client_is_led_to_the_place_that_suits_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		slice_t wish = slice_str(clients[i].wish);
		location_client_t client = { .wishes = &wish,
			                     .wish_count = clients[i].wish != NULL,
			                     .country = slice_str(clients[i].country),
			                     .chance = (uint64_t)(clients[i].chance * 0x1p64) };
		if (clients[i].address)
			assert_int_equal(ip_parse(slice_str(clients[i].address), &client.address),
			                 ERR_OK);
		locations_t *all = read_one(clients[i].xml);
		slice_t id = chosen(all, &client);
		if (!slice_eq(id, slice_str(clients[i].id)))
			fail_msg("row %zu: %.*s and not %s", i, (int)id.len, (const char *)id.ptr,
			         clients[i].id);
		locations_free(all);
	}
}

static void several_wishes_narrow_one_after_the_other(void **state)
{
	const slice_t wishes[] = { SLICE("weight:1"), SLICE("nothing"), SLICE("id:two") };
	locations_t *all = read_one(THREE(""));
	location_client_t client = { .wishes = wishes, .wish_count = 3 };
	(void)state;
	assert_true(slice_eq(chosen(all, &client), SLICE("two")));
	locations_free(all);
}

static void weights_are_the_shares_of_many_clients(void **state)
{
	locations_t *all = read_one("<locations>" PLACE("a", "weight='1'") PLACE("b", "weight='2'")
	                                    PLACE("c", "weight='0'")
	                                            PLACE("d", "weight='7'") "</locations>");
	unsigned counts[4] = { 0 };
	rng_t rng = rng_of(7);
	(void)state;
	for (int i = 0; i < 10000; i++) {
		size_t at = 9;
		assert_true(locations_choose(all, &(location_client_t){ .chance = rng_next(&rng) },
		                             &at));
		counts[at]++;
	}
	assert_in_range(counts[0], 900, 1100);
	assert_in_range(counts[1], 1850, 2150);
	assert_int_equal(counts[2], 0);
	assert_in_range(counts[3], 6850, 7150);
	locations_free(all);
}

static void who_asks_for_data_is_led_to_where_that_is_negotiated(void **state)
{
	locations_t *all = read_one("<locations>" PLACE("page", "") PLACE(
		"data", "http_role='conneg' weight='9'") "</locations>");
	(void)state;
	assert_true(locations_vary(all));
	assert_true(
		slice_eq(chosen(all, &(location_client_t){ .wants_data = true }), SLICE("data")));
	assert_true(
		slice_eq(chosen(all, &(location_client_t){ .chance = UINT64_MAX }), SLICE("page")));
	locations_free(all);
	all = read_one("<locations>" PLACE("data", "http_role='conneg'") "</locations>");
	assert_true(slice_eq(chosen(all, &(location_client_t){ .chance = 1 }), SLICE("data")));
	locations_free(all);
	all = read_one("<locations>" PLACE("page", "") "</locations>");
	assert_false(locations_vary(all));
	locations_free(all);
}

static bool leads_to_url(locations_t *all, uint64_t chance, const char *url)
{
	size_t at = 0;
	return locations_choose(all, &(location_client_t){ .chance = chance }, &at) &&
	       slice_eq(location_attribute(all, at, "href"), slice_str(url));
}

static void a_url_of_the_record_is_a_place_that_weighs_what_is_said_of_it(void **state)
{
	static const struct {
		const char *xml, *low, *high; /* of the least and the most chance */
	} rows[] = {
		{ "<locations><location href='l'/></locations>", "l", "l" },
		{ "<locations><location href='l' weight='0'/></locations>", "l", "sub" },
		{ "<locations urlWeight='1'><location href='l'/></locations>", "l", "url" },
		{ "<locations urlSubtypeWeight='1'><location href='l'/></locations>", "l", "sub" },
		{ "<locations urlWeight='1' no_legacy='true'><location href='l'/></locations>", "l",
		  "l" },
		{ "<locations/>", "url", "sub" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		locations_t *all = read_one(rows[i].xml);
		assert_int_equal(locations_add_url(all, SLICE("url"), SLICE("url")), ERR_OK);
		assert_int_equal(locations_add_url(all, SLICE("URL.M"), SLICE("sub")), ERR_OK);
		assert_true(leads_to_url(all, 0, rows[i].low));
		assert_true(leads_to_url(all, UINT64_MAX, rows[i].high));
		locations_free(all);
	}
}

static void a_template_is_filled_with_the_name(void **state)
{
	static const struct {
		const char *place, *url;
	} rows[] = {
		{ "href='https://h/{hdl}'", "https://h/{hdl}" },
		{ "href_template='https://h/?n={hdl}&amp;x'",
		  "https://h/?n=99.100.1%2Fa%20%C3%B6&x" },
		{ "href_template='https://h/{hdl:path}{hdl'", "https://h/99.100.1/a%20%C3%B6{hdl" },
		{ "id='none'", "" },
	};
	char xml[256], url[128];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		writer_t w = writer_of(url, sizeof(url));
		snprintf(xml, sizeof(xml), "<locations><location %s/></locations>", rows[i].place);
		locations_t *all = read_one(xml);
		location_put_url(all, 0, SLICE("99.100.1/a \xC3\xB6"), &w);
		assert_true(!w.bad && slice_eq(writer_done(&w), slice_str(rows[i].url)));
		locations_free(all);
	}
}

static void a_place_says_how_it_is_led_to(void **state)
{
	static const struct {
		const char *said;
		int status;
	} rows[] = { { "301", 301 }, { "303", 303 }, { "308", 308 }, { "200", 302 }, { "", 302 } };
	char xml[128];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(xml, sizeof(xml), "<locations><location http_sc='%s'/></locations>",
		         rows[i].said);
		locations_t *all = read_one(xml);
		assert_int_equal(location_status(all, 0), rows[i].status);
		locations_free(all);
	}
}

static void a_value_that_is_not_good_leaves_nothing_behind(void **state)
{
	static const struct {
		const char *xml;
		err_t err;
		const char *reason;
	} rows[] = {
		{ "", ERR_MALFORMED, NULL },
		{ "<locations><location href='x'/>", ERR_MALFORMED, NULL },
		{ "<locations>\n<location href=x/></locations>", ERR_MALFORMED, NULL },
		{ "<places><location href='x'/></places>", ERR_INVALID,
		  "the root is not <locations>" },
		{ "<!DOCTYPE l [<!ENTITY a 'b'>]><locations chooseby='&a;'/>", ERR_UNSUPPORTED,
		  "a document type is not read" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		locations_fault_t fault = { 0, NULL };
		locations_t *all = read_one("<locations>" PLACE("a", "") "</locations>");
		assert_int_equal(locations_add(all, slice_str(rows[i].xml), &fault), rows[i].err);
		assert_non_null(fault.reason);
		if (rows[i].reason)
			assert_string_equal(fault.reason, rows[i].reason);
		assert_int_equal(locations_count(all), 1);
		assert_true(slice_eq(chosen(all, &(location_client_t){ .chance = 1 }), SLICE("a")));
		locations_free(all);
	}
}

static void more_than_there_is_room_for_is_refused_as_a_whole(void **state)
{
	enum { ROOM = 60 * 1024 };
	static char xml[ROOM];
	static const struct {
		const char *piece;
		size_t times;
		err_t err;
	} rows[] = {
		{ "<location/>", LOCATIONS_MAX, ERR_OK },
		{ "<location/>", LOCATIONS_MAX + 1, ERR_LIMIT },
		{ "<location a='' b='' c='' d='' e='' f='' g='' h='' i=''/>", 57, ERR_LIMIT },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		locations_fault_t fault;
		writer_t w = writer_of(xml, sizeof(xml));
		locations_t *all = locations_new();
		wr_bytes(&w, SLICE("<locations>"));
		for (size_t n = 0; n < rows[i].times; n++)
			wr_bytes(&w, slice_str(rows[i].piece));
		wr_bytes(&w, SLICE("</locations>"));
		assert_int_equal(locations_add(all, writer_done(&w), &fault), rows[i].err);
		assert_int_equal(locations_count(all), rows[i].err ? 0 : rows[i].times);
		locations_free(all);
	}
}

static void text_of_several_values_has_one_limit(void **state)
{
	enum { LONG = 40 * 1024 };
	static char xml[LONG + 64];
	locations_fault_t fault;
	locations_t *all = locations_new();
	writer_t w = writer_of(xml, sizeof(xml));
	(void)state;
	wr_bytes(&w, SLICE("<locations><location href='"));
	for (int i = 0; i < LONG; i++)
		wr_u8(&w, 'x');
	slice_t url = slice_from(writer_done(&w), 27);
	assert_int_equal(locations_add_url(all, SLICE("URL"), url), ERR_OK);
	assert_int_equal(locations_add_url(all, SLICE("URL"), url), ERR_LIMIT);
	wr_bytes(&w, SLICE("'/></locations>"));
	assert_int_equal(locations_add(all, writer_done(&w), &fault), ERR_LIMIT);
	assert_int_equal(locations_add_url(all, SLICE("URL"), SLICE("y")), ERR_OK);
	assert_int_equal(locations_count(all), 2);
	assert_true(slice_eq(location_attribute(all, 1, "href"), SLICE("y")));
	locations_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_client_is_led_to_the_place_that_suits_it),
		cmocka_unit_test(several_wishes_narrow_one_after_the_other),
		cmocka_unit_test(weights_are_the_shares_of_many_clients),
		cmocka_unit_test(who_asks_for_data_is_led_to_where_that_is_negotiated),
		cmocka_unit_test(a_url_of_the_record_is_a_place_that_weighs_what_is_said_of_it),
		cmocka_unit_test(a_template_is_filled_with_the_name),
		cmocka_unit_test(a_place_says_how_it_is_led_to),
		cmocka_unit_test(a_value_that_is_not_good_leaves_nothing_behind),
		cmocka_unit_test(more_than_there_is_room_for_is_refused_as_a_whole),
		cmocka_unit_test(text_of_several_values_has_one_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
