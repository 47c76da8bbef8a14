/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/handle/value.h"
#include "gs1/gs1_link.h"

#define GOOD "\"linkType\":\"gs1:pip\",\"href\":\"https://example.com/p\",\"title\":\"P\""

static void put(writer_t *w, const char *type, const char *data, uint8_t perms)
{
	handle_value_t value = {
		.index = 1, .perms = perms, .type = slice_str(type), .data = slice_str(data)
	};
	handle_value_encode(&value, w);
}

static void a_good_link_is_good(void **state)
{
	(void)state;
	static const struct {
		const char *data;
	} rows[] = {
		{ "{" GOOD "}" },
		{ "{" GOOD ",\"type\":\"text/html\",\"hreflang\":[\"en\",\"zh-Hans-CN\"],"
		  "\"context\":[\"CN\"],\"default\":true}" },
		{ "{\"linkType\":\"https://example.org/voc/x\",\"href\":\"http://a\","
		  "\"title\":\"产品\"}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(gs1_link_check(slice_str(rows[i].data), NULL), ERR_OK);
}

static void what_is_wrong_with_a_link_is_said(void **state)
{
	(void)state;
	static const struct {
		const char *data, *want;
	} rows[] = {
		{ "", "the data of GS1.LINK is not a JSON object" },
		{ "[]", "the data of GS1.LINK is not a JSON object" },
		{ "{}", "GS1.LINK needs 'linkType' as a text" },
		{ "{\"linkType\":\"gs1:pip\",\"href\":\"https://a\"}",
		  "GS1.LINK needs 'title' as a text" },
		{ "{\"linkType\":\"gs1:pip\",\"title\":\"P\"}", "GS1.LINK needs 'href' as a text" },
		{ "{\"linkType\":\"pip\",\"href\":\"https://a\",\"title\":\"P\"}",
		  "'pip' is no link type" },
		{ "{\"linkType\":\"https://ref.gs1.org/voc/pip\",\"href\":\"https://a\","
		  "\"title\":\"P\"}",
		  "'https://ref.gs1.org/voc/pip' is no link type" },
		{ "{\"linkType\":\"gs1:pip\",\"href\":\"javascript:a\",\"title\":\"P\"}",
		  "'javascript:a' is no address of the web" },
		{ "{\"linkType\":\"gs1:pip\",\"href\":\"https://a b\",\"title\":\"P\"}",
		  "'https://a b' is no address of the web" },
		{ "{" GOOD ",\"type\":\"html\"}", "'html' is no media type" },
		{ "{" GOOD ",\"hreflang\":\"en\"}",
		  "'hreflang' must be a list of at most 8 good words" },
		{ "{" GOOD ",\"hreflang\":[\"e\"]}",
		  "'hreflang' must be a list of at most 8 good words" },
		{ "{" GOOD ",\"context\":[\"a b\"]}",
		  "'context' must be a list of at most 8 good words" },
		{ "{" GOOD ",\"default\":1}", "'default' is true or false" },
		{ "{" GOOD ",\"rel\":\"x\"}", "GS1.LINK has no member 'rel'" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		err_detail_t detail;
		char said[512];
		assert_int_equal(gs1_link_check(slice_str(rows[i].data), &detail), ERR_INVALID);
		err_render(&detail, LANG_EN, said, sizeof said);
		if (!slice_starts(slice_str(said), slice_str(rows[i].want)))
			print_message("%s: %s\n", rows[i].data, said);
		assert_true(slice_starts(slice_str(said), slice_str(rows[i].want)));
	}
}

static void links_of_a_record_are_what_anybody_may_read_and_is_good(void **state)
{
	(void)state;
	uint8_t bytes[2048];
	writer_t w = writer_of(bytes, sizeof bytes);
	put(&w, "URL", "https://example.com/u", HANDLE_PERMS_DEFAULT);
	put(&w, "GS1.LINK", "{" GOOD "}", HANDLE_PERM_ADMIN_READ);
	put(&w, "GS1.LINK", "{broken", HANDLE_PERMS_DEFAULT);
	put(&w, "gs1.link", "{" GOOD "}", HANDLE_PERMS_DEFAULT);
	put(&w, "GS1.LINK", "{" GOOD ",\"default\":true}", HANDLE_PERMS_DEFAULT);
	record_t record = { .name = SLICE("99.1/X"), .count = 5, .values = writer_done(&w) };
	gs1_links_t links;
	gs1_links_read(&record, LANG_EN, &links);
	assert_int_equal(links.count, 2);
	assert_ptr_equal(gs1_links_default(&links), &links.links[1]);
	gs1_links_done(&links);
}

static void a_url_alone_is_the_default_link_with_the_description_as_title(void **state)
{
	(void)state;
	uint8_t bytes[1024];
	writer_t w = writer_of(bytes, sizeof bytes);
	put(&w, "URL", "https://example.com/u", HANDLE_PERMS_DEFAULT);
	put(&w, "DESC", "Pump", HANDLE_PERMS_DEFAULT);
	put(&w, "DESC.zh", "泵", HANDLE_PERMS_DEFAULT);
	record_t record = { .name = SLICE("99.1/X"), .count = 1, .values = writer_done(&w) };
	gs1_links_t links;
	gs1_links_read(&record, LANG_EN, &links);
	assert_true(slice_eq(gs1_links_default(&links)->title, SLICE("99.1/X")));
	gs1_links_done(&links);
	record.count = 3;
	gs1_links_read(&record, LANG_ZH, &links);
	assert_true(slice_eq(gs1_links_default(&links)->title, SLICE("泵")));
	assert_true(slice_eq(gs1_links_default(&links)->type, SLICE("gs1:pip")));
	gs1_links_done(&links);
	w = writer_of(bytes, sizeof bytes);
	put(&w, "URL", "javascript:a()", HANDLE_PERMS_DEFAULT);
	record = (record_t){ .name = SLICE("99.1/X"), .count = 1, .values = writer_done(&w) };
	gs1_links_read(&record, LANG_EN, &links);
	assert_null(gs1_links_default(&links));
}

static void a_link_type_has_one_short_form_and_one_uri(void **state)
{
	(void)state;
	static const struct {
		const char *text, *brief, *uri;
	} rows[] = {
		{ "gs1:pip", "gs1:pip", "https://ref.gs1.org/voc/pip" },
		{ "pip", "gs1:pip", "https://ref.gs1.org/voc/pip" },
		{ "https://gs1.org/voc/pip", "gs1:pip", "https://ref.gs1.org/voc/pip" },
		{ "https://ref.gs1.org/voc/pip", "gs1:pip", "https://ref.gs1.org/voc/pip" },
		{ "https://example.org/x", "https://example.org/x", "https://example.org/x" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t one[64], two[64];
		writer_t a = writer_of(one, sizeof one), b = writer_of(two, sizeof two);
		slice_t brief = gs1_link_type_short(slice_str(rows[i].text), &a);
		gs1_link_type_uri(brief, &b);
		assert_true(slice_eq(brief, slice_str(rows[i].brief)));
		assert_true(slice_eq(writer_done(&b), slice_str(rows[i].uri)));
	}
	size_t count = 0;
	for (const gs1_link_type_t *t = GS1_LINK_TYPES; t->name; t++)
		count += t->title[LANG_EN][0] && t->title[LANG_ZH][0];
	assert_true(count >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_link_is_good),
		cmocka_unit_test(what_is_wrong_with_a_link_is_said),
		cmocka_unit_test(links_of_a_record_are_what_anybody_may_read_and_is_good),
		cmocka_unit_test(a_url_alone_is_the_default_link_with_the_description_as_title),
		cmocka_unit_test(a_link_type_has_one_short_form_and_one_uri),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
