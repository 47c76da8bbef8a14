/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gs1/gs1_choose.h"

/* href says which one was chosen. */
static const struct {
	const char *type, *href, *language, *media, *context;
	bool is_default;
} rows_of_links[] = {
	{ "gs1:pip", "en", "en", "text/html", "", true },
	{ "gs1:pip", "zh", "zh", "text/html", "", true },
	{ "gs1:pip", "json", "en", "application/json", "", false },
	{ "gs1:pip", "cn", "en", "text/html", "CN", false },
	{ "gs1:review", "r1", "", "", "", false },
	{ "gs1:review", "r2", "", "", "", false },
	{ "gs1:dpp", "d-fr", "fr", "", "", false },
	{ "gs1:dpp", "d-en-GB", "en-GB", "", "", false },
	{ "gs1:dpp", "d-any", "", "", "", false },
};

static gs1_tags_t tags_of(const char *tag)
{
	return (gs1_tags_t){ .list = { slice_str(tag) }, .count = tag[0] != 0 };
}

static void make_links(gs1_links_t *links)
{
	links->count = sizeof rows_of_links / sizeof *rows_of_links;
	for (size_t i = 0; i < links->count; i++)
		links->links[i] = (gs1_link_t){
			.type = slice_str(rows_of_links[i].type),
			.href = slice_str(rows_of_links[i].href),
			.media = slice_str(rows_of_links[i].media),
			.languages = tags_of(rows_of_links[i].language),
			.contexts = tags_of(rows_of_links[i].context),
			.is_default = rows_of_links[i].is_default,
		};
}

static void the_request_narrows_the_links_step_by_step(void **state)
{
	(void)state;
	static const struct {
		const char *type, *languages, *media, *context, *want; /* want "": several */
	} rows[] = {
		{ "", "", "", "", "en" },
		{ "", "zh", "", "", "zh" },
		{ "", "fr", "", "", "en" },
		{ "", "zh;q=0.1, en;q=0.9", "", "", "en" },
		{ "", "zh-CN", "", "", "zh" },
		{ "gs1:pip", "", "", "", "" },
		{ "gs1:pip", "en", "text/html", "", "en" },
		{ "gs1:pip", "en", "application/json", "", "json" },
		{ "gs1:pip", "zh", "application/json", "", "zh" },
		{ "gs1:pip", "en", "application/*", "", "json" },
		{ "gs1:pip", "EN", "text/html, */*;q=0.1", "cn", "cn" },
		{ "gs1:pip", "en", "text/html", "US", "en" },
		{ "gs1:pip", "zh-Hans-CN, en", "", "", "en" },
		{ "gs1:pip", "zh-Hans-CN", "", "", "zh" },
		{ "gs1:dpp", "fr", "", "", "d-fr" },
		{ "gs1:dpp", "de", "", "", "d-any" },
		{ "gs1:dpp", "en-GB", "", "", "d-en-GB" },
		{ "gs1:dpp", "en", "", "", "d-any" },
		{ "gs1:review", "en", "text/html", "", "" },
	};
	gs1_links_t links;
	make_links(&links);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		gs1_question_t question = { .type = slice_str(rows[i].type),
			                    .context = slice_str(rows[i].context) };
		gs1_choice_t choice;
		gs1_wishes_read(slice_str(rows[i].languages), &question.languages);
		gs1_wishes_read(slice_str(rows[i].media), &question.media);
		gs1_choose(&links, &question, &choice);
		slice_t got = choice.count == 1 ? choice.links[0]->href : (slice_t){ 0 };
		if (!slice_eq(got, slice_str(rows[i].want)))
			print_message("row %zu: %.*s of %zu\n", i, (int)got.len, got.ptr,
			              choice.count);
		assert_true(slice_eq(got, slice_str(rows[i].want)));
		assert_true(choice.count > 0);
	}
}

static void a_type_that_is_not_there_gives_nothing(void **state)
{
	(void)state;
	gs1_question_t question = { .type = SLICE("gs1:epil") };
	gs1_links_t links;
	gs1_choice_t choice;
	make_links(&links);
	gs1_choose(&links, &question, &choice);
	assert_int_equal(choice.count, 0);
}

static void wishes_stand_in_the_order_of_their_weight(void **state)
{
	(void)state;
	gs1_wishes_t w;
	gs1_wishes_read(SLICE("a;q=0.5, b, c;q=0, d;x=1;q=0.75,,e;q=2, f;q=x"), &w);
	static const char *const want[] = { "b", "e", "f", "d", "a" };
	assert_int_equal(w.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(slice_eq(w.list[i], slice_str(want[i])));
	gs1_wishes_read(SLICE("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"), &w);
	assert_int_equal(w.count, GS1_WISHES_MAX);
	gs1_wishes_read((slice_t){ 0 }, &w);
	assert_int_equal(w.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_narrows_the_links_step_by_step),
		cmocka_unit_test(a_type_that_is_not_there_gives_nothing),
		cmocka_unit_test(wishes_stand_in_the_order_of_their_weight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
