/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/gs1/gs1.h"

typedef struct {
	uint8_t bytes[GS1_TEXT_MAX + 16];
	gs1_message_t m;
} read_t;

static codec_t read_text(slice_t text, read_t *r)
{
	writer_t room = writer_of(r->bytes, sizeof r->bytes);
	return gs1_decode(text, &room, &r->m);
}

static slice_t text_of(char *buf, size_t cap, const gs1_message_t *m)
{
	writer_t w = writer_of(buf, cap);
	gs1_brackets_put(m, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

static void the_rows_are_in_order_and_found_by_each_of_their_codes(void **state)
{
	(void)state;
	size_t count = 0;
	for (const gs1_ai_t *row; (row = gs1_ai_at(count)) != NULL; count++) {
		assert_ptr_equal(gs1_ai_find(slice_str(row->first)), row);
		assert_ptr_equal(gs1_ai_find(slice_str(row->last)), row);
		assert_true(row->title[LANG_EN][0] && row->title[LANG_ZH][0]);
		assert_true(!count || strcmp(gs1_ai_at(count - 1)->last, row->first) < 0);
	}
	assert_int_equal(count, 201);
	assert_true(GS1_RELEASE[0]);
	static const char *const strangers[] = { "", "0", "04", "3106", "31", "019", "9", "8" };
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		assert_null(gs1_ai_find(slice_str(strangers[i])));
}

static const struct {
	const char *text, *want;
	gs1_form_t form;
	size_t levels;
} good_texts[] = {
	{ "https://example.com/01/09521234543213/21/123", "(01)09521234543213(21)123", GS1_URI, 2 },
	{ "HTTPS://example.com/some/01/stem/01/09521234543213/", "(01)09521234543213", GS1_URI, 1 },
	{ "/01/09521234543213/22/2A/10/ABC/21/1?17=301231&linkType=gs1:pip#part",
	  "(01)09521234543213(22)2A(10)ABC(21)1(17)301231", GS1_URI, 4 },
	{ "/01/09521234543213?3103=000195;11=260100", "(01)09521234543213(3103)000195(11)260100",
	  GS1_URI, 1 },
	{ "/01/09521234543213/21/a%2Fb%25%2b", "(01)09521234543213(21)a/b%+", GS1_URI, 2 },
	{ "/01/09521234543213/10/01/21/00", "(01)09521234543213(10)01(21)00", GS1_URI, 3 },
	{ "(01)09521234543213(21)123", "(01)09521234543213(21)123", GS1_BRACKETS, 2 },
	{ "(17)301231(21)9(10)L(01)09521234543213", "(01)09521234543213(10)L(21)9(17)301231",
	  GS1_BRACKETS, 3 },
	{ "(10)a\\(01)(21)b", "(10)a\\(01)(21)b", GS1_BRACKETS, 0 },
	{ "(10)a(b)", "(10)a\\(b)", GS1_BRACKETS, 0 },
	{ "010952123454321310ABC\x1D"
	  "21123",
	  "(01)09521234543213(10)ABC(21)123", GS1_PLAIN, 3 },
	{ "]C1010952123454321310ABC^17301231", "(01)09521234543213(10)ABC(17)301231", GS1_PLAIN,
	  2 },
	{ "]d2\x1D"
	  "00095212345000000018",
	  "(00)095212345000000018", GS1_PLAIN, 1 },
	{ "9521234543213", "(01)09521234543213", GS1_GTIN, 1 },
	{ "09521234543213", "(01)09521234543213", GS1_GTIN, 1 },
	{ "(8013)1987654Ad4X4bL5ttr2310c2K", "(8013)1987654Ad4X4bL5ttr2310c2K", GS1_BRACKETS, 1 },
	{ "/8006/095212345432130102/21/7", "(8006)095212345432130102(21)7", GS1_URI, 2 },
	{ "/415/9521234567899/8020/ABC", "(415)9521234567899(8020)ABC", GS1_URI, 2 },
	{ "/414/9521234567899/7040/1ABC", "(414)9521234567899(7040)1ABC", GS1_URI, 2 },
	{ "/8003/09521234567899/", "(8003)09521234567899", GS1_URI, 1 },
	{ "/253/9521234567899X", "(253)9521234567899X", GS1_URI, 1 },
	{ "/01/09521234543213/235/TPX", "(01)09521234543213(235)TPX", GS1_URI, 2 },
};

static void all_forms_of_a_text_say_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
		read_t r;
		char buf[512];
		codec_t code = read_text(slice_str(good_texts[i].text), &r);
		if (code != CODEC_OK)
			print_message("%s: problem %d at %zu\n", good_texts[i].text,
			              (int)r.m.problem, r.m.problem_at);
		assert_int_equal(code, CODEC_OK);
		slice_t got = text_of(buf, sizeof buf, &r.m);
		if (!slice_eq(got, slice_str(good_texts[i].want)))
			print_message("%s: %.*s\n", good_texts[i].text, (int)got.len, buf);
		assert_true(slice_eq(got, slice_str(good_texts[i].want)));
		assert_int_equal(r.m.form, good_texts[i].form);
		assert_int_equal(r.m.levels, good_texts[i].levels);
	}
}

static const struct {
	const char *text, *ai;
	gs1_problem_t problem;
	size_t at;
} bad_texts[] = {
	{ "", "", GS1_NOT_GS1, 0 },
	{ "hello", "", GS1_NOT_GS1, 0 },
	{ "(", "", GS1_NOT_GS1, 0 },
	{ "https://example.com/", "", GS1_NO_KEY, 19 },
	{ "https:///01/09521234543213", "", GS1_NO_KEY, 26 },
	{ "/01/09521234543213/foo", "", GS1_NO_KEY, 0 },
	{ "/gtin/09521234543213", "", GS1_NO_KEY, 0 },
	{ "/01/9521234543213", "01", GS1_SHORT, 4 },
	{ "/01/095212345432130", "01", GS1_LONG, 4 },
	{ "/01/09521234543214", "01", GS1_CHECK_DIGIT, 4 },
	{ "/01/0952123454321X", "01", GS1_DIGITS, 4 },
	{ "/01/09521234543213/21/1/10/A", "10", GS1_ORDER, 27 },
	{ "/01/09521234543213/17/301231", "17", GS1_NOT_QUALIFIER, 22 },
	{ "/01/09521234543213/04/1", "04", GS1_UNKNOWN_AI, 22 },
	{ "/01/09521234543213/21/1/235/A", "235", GS1_ORDER, 28 },
	{ "/01/09521234543213/21/1/21/2", "21", GS1_ORDER, 27 },
	{ "/01/09521234543213/21/a%2", "21", GS1_ESCAPE, 22 },
	{ "/01/09521234543213/21/a%00", "21", GS1_CHARACTER, 22 },
	{ "/01/09521234543213/21/a%20b", "21", GS1_CHARACTER, 22 },
	{ "/01/09521234543213/21/123456789012345678901", "21", GS1_LONG, 22 },
	{ "/01/09521234543213/21/", "", GS1_NO_KEY, 0 },
	{ "/01/09521234543213?21=1", "21", GS1_NOT_ATTRIBUTE, 22 },
	{ "/01/09521234543213?17=301331", "17", GS1_DATE, 22 },
	{ "/01/09521234543213?x=1&17=300230", "17", GS1_DATE, 26 },
	{ "/01/09521234543213?0404=1", "0404", GS1_UNKNOWN_AI, 24 },
	{ "/01/09521234543213?17=301231&17=301231", "17", GS1_TWICE, 32 },
	{ "/01/09521234543213?37=5", "37", GS1_EXCLUDED, 22 },
	{ "/01/09521234543213?3103=000100&3102=000100", "3102", GS1_EXCLUDED, 36 },
	{ "/415/9521234567899", "415", GS1_INCOMPLETE, 5 },
	{ "(01)09521234543213(22)A(235)B(21)C", "235", GS1_EXCLUDED, 28 },
	{ "(05)1", "05", GS1_UNKNOWN_AI, 4 },
	{ "^05", "05", GS1_UNKNOWN_AI, 1 },
	{ "0109521234543213^2", "2", GS1_UNKNOWN_AI, 17 },
	{ "]C10109521234^", "01", GS1_SHORT, 5 },
	{ "(10)", "10", GS1_SHORT, 4 },
};

static void what_is_wrong_is_told_with_its_ai_and_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
		read_t r;
		codec_t code = read_text(slice_str(bad_texts[i].text), &r);
		if (r.m.problem != bad_texts[i].problem || r.m.problem_at != bad_texts[i].at)
			print_message("%s: problem %d at %zu\n", bad_texts[i].text,
			              (int)r.m.problem, r.m.problem_at);
		assert_int_equal(code, CODEC_MALFORMED);
		assert_int_equal(r.m.problem, bad_texts[i].problem);
		assert_int_equal(r.m.problem_at, bad_texts[i].at);
		assert_true(slice_eq(r.m.problem_ai, slice_str(bad_texts[i].ai)));
	}
}

static const struct {
	const char *ai, *value;
	gs1_problem_t problem;
} values[] = {
	{ "00", "095212345000000018", GS1_GOOD },
	{ "00", "095212345000000019", GS1_CHECK_DIGIT },
	{ "11", "000229", GS1_GOOD }, /* 2000 was a leap year */
	{ "11", "010229", GS1_DATE },
	{ "11", "260200", GS1_GOOD }, /* the month */
	{ "11", "261300", GS1_DATE },
	{ "11", "260431", GS1_DATE },
	{ "7006", "260200", GS1_DATE }, /* here the day is needed */
	{ "7003", "2602281259", GS1_GOOD },
	{ "7003", "2602282400", GS1_TIME },
	{ "7003", "2602281260", GS1_TIME },
	{ "7007", "260228260301", GS1_GOOD },
	{ "7007", "26022826", GS1_SHORT },
	{ "7011", "260228", GS1_GOOD },
	{ "7250", "20000229", GS1_GOOD },
	{ "7250", "19000229", GS1_DATE },
	{ "7250", "00000101", GS1_DATE },
	{ "8008", "2602282359", GS1_GOOD }, /* seconds may be absent */
	{ "8008", "26022823595", GS1_SHORT },
	{ "253", "9521234567899", GS1_GOOD },
	{ "253", "95212345678991234567890123456789", GS1_LONG },
	{ "401", "952X", GS1_COMPANY },
	{ "401", "9521X", GS1_GOOD },
	{ "8003", "19521234567899", GS1_OUT_OF_LIST },
	{ "8006", "095212345432130302", GS1_PIECE },
	{ "8006", "095212345432130002", GS1_PIECE },
	{ "8010", "9521AB#-/", GS1_GOOD },
	{ "8010", "9521ab", GS1_CHARACTER },
	{ "8011", "0", GS1_GOOD },
	{ "8011", "01", GS1_OUT_OF_LIST },
	{ "8013", "1987654Ad4X4bL5ttr2310c2K", GS1_GOOD },
	{ "8013", "1987654Ad4X4bL5ttr2310c3K", GS1_CHECK_PAIR },
	{ "8013", "19", GS1_SHORT },
	{ "8014", "1987654Ad4X4bL5ttr2310c2K", GS1_GOOD },
	{ "422", "156", GS1_GOOD },
	{ "422", "157", GS1_COUNTRY },
	{ "423", "156276", GS1_GOOD },
	{ "423", "15627", GS1_SHORT },
	{ "4307", "CN", GS1_GOOD },
	{ "4307", "ZZ", GS1_COUNTRY },
	{ "7030", "999X", GS1_GOOD },
	{ "3910", "156100", GS1_GOOD },
	{ "3910", "157100", GS1_CURRENCY },
	{ "4321", "2", GS1_OUT_OF_LIST },
	{ "4309", "18000000003600000000", GS1_GOOD },
	{ "4309", "18000000013600000000", GS1_OUT_OF_LIST },
	{ "4330", "000100-", GS1_GOOD },
	{ "4330", "000100+", GS1_OUT_OF_LIST },
	{ "4300", "%E6%9D%BC", GS1_GOOD },
	{ "4300", "%E", GS1_ESCAPE },
	{ "7040", "1ABC", GS1_GOOD },
	{ "7040", "1AB%", GS1_OUT_OF_LIST },
	{ "7241", "11", GS1_OUT_OF_LIST },
	{ "7252", "9", GS1_GOOD },
	{ "7252", "3", GS1_OUT_OF_LIST },
	{ "7258", "1/2", GS1_GOOD },
	{ "7258", "3/2", GS1_PIECE },
	{ "7258", "0/2", GS1_PIECE },
	{ "7258", "1-2", GS1_PIECE },
	{ "8001", "00010000100110", GS1_GOOD },
	{ "8001", "00010000100120", GS1_OUT_OF_LIST },
	{ "8001", "00000000100110", GS1_OUT_OF_LIST },
	{ "8007", "GB82WEST12345698765432", GS1_GOOD },
	{ "8007", "GB83WEST12345698765432", GS1_ACCOUNT },
	{ "8007", "GB8", GS1_SHORT },
	{ "8007", "gb82WEST", GS1_CHARACTER },
	{ "8030", "abc-_=", GS1_GOOD },
	{ "8030", "abc+", GS1_CHARACTER },
	{ "10", "a~b", GS1_CHARACTER },
	{ "10", "!\"%&'()*+,-./:;<=>?", GS1_GOOD },
};

static void values_are_held_to_the_checks_of_their_ai(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		const gs1_ai_t *ai = gs1_ai_find(slice_str(values[i].ai));
		assert_non_null(ai);
		gs1_problem_t got = gs1_value_check(ai, slice_str(values[i].value));
		if (got != values[i].problem)
			print_message("(%s)%s: %d\n", values[i].ai, values[i].value, (int)got);
		assert_int_equal(got, values[i].problem);
	}
}

static void each_form_written_reads_back_the_same(void **state)
{
	(void)state;
	read_t r, again;
	char one[512], two[512], out[512];
	slice_t text = SLICE("/01/09521234543213/10/A%2FB/21/%281%29?17=301231&11=260100&x=y");
	assert_int_equal(read_text(text, &r), CODEC_OK);
	writer_t w = writer_of(out, sizeof out);
	gs1_uri_put(&r.m, SLICE("https://id.example.com"), &w);
	assert_true(slice_eq(writer_done(&w),
	                     SLICE("https://id.example.com/01/09521234543213/10/A%2FB/21/"
	                           "%281%29?11=260100&17=301231")));
	slice_t want = text_of(one, sizeof one, &r.m);
	assert_int_equal(read_text(want, &again), CODEC_OK);
	assert_true(slice_eq(text_of(two, sizeof two, &again.m), want));
	w = writer_of(out, sizeof out);
	gs1_plain_put(&r.m, &w);
	assert_true(slice_eq(writer_done(&w), SLICE("010952123454321310A/B\x1D"
	                                            "21(1)\x1D"
	                                            "1730123111260100")));
	assert_int_equal(read_text(writer_done(&w), &again), CODEC_OK);
	assert_true(slice_eq(text_of(two, sizeof two, &again.m), want));
}

static void every_beginning_of_a_text_is_read_without_harm(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"https://example.com/a/01/09521234543213/22/2A/10/ABC/21/a%2Fb?17=301231&x=%",
		"(01)09521234543213(10)A\\(B(21)1(17)301231",
		"]C1010952123454321310ABC\x1D"
		"2112345\x1D"
		"17301231",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t len = 0; len <= strlen(texts[i]); len++) {
			read_t r;
			codec_t code = read_text(slice_of(texts[i], len), &r);
			assert_int_equal(code == CODEC_OK, r.m.problem == GS1_GOOD);
			assert_true(r.m.problem_at <= len);
		}
}

static void a_text_or_a_list_past_the_limit_is_refused(void **state)
{
	(void)state;
	static char text[GS1_TEXT_MAX + 2] = "/01/09521234543213?x=";
	memset(&text[strlen(text)], 'x', GS1_TEXT_MAX + 1 - strlen(text));
	read_t r;
	assert_int_equal(read_text(slice_of(text, GS1_TEXT_MAX), &r), CODEC_OK);
	assert_int_equal(read_text(slice_of(text, GS1_TEXT_MAX + 1), &r), CODEC_MALFORMED);
	assert_int_equal(r.m.problem, GS1_INPUT_LONG);
	writer_t w = writer_of(text, sizeof text);
	wr_bytes(&w, SLICE("(01)09521234543213"));
	for (unsigned i = 0; i < GS1_ELEMENTS_MAX; i++)
		wr_format(&w, "(10)%u", i);
	assert_int_equal(read_text(writer_done(&w), &r), CODEC_MALFORMED);
	assert_int_equal(r.m.problem, GS1_TOO_MANY);
	assert_int_equal(r.m.count, GS1_ELEMENTS_MAX);
}

static void the_company_begins_where_its_key_says(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "/01/09521234543213", "9521234543213" },
		{ "/00/095212345000000018", "95212345000000018" },
		{ "/414/9521234567899", "9521234567899" },
		{ "/8003/09521234567899X", "9521234567899X" },
		{ "/8006/095212345432130102", "95212345432130102" },
		{ "/8010/9521AB", "9521AB" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_t r;
		assert_int_equal(read_text(slice_str(rows[i].text), &r), CODEC_OK);
		assert_true(slice_eq(gs1_company(&r.m.elements[0]), slice_str(rows[i].want)));
	}
}

static void every_problem_has_a_text_in_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < GS1_PROBLEM_COUNT; i++) {
		const err_text_t *text = gs1_problem_text((gs1_problem_t)i);
		assert_true(text->what[LANG_EN] && text->what[LANG_ZH]);
		assert_int_equal(text->fix[LANG_EN] == NULL, text->fix[LANG_ZH] == NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_in_order_and_found_by_each_of_their_codes),
		cmocka_unit_test(all_forms_of_a_text_say_the_same),
		cmocka_unit_test(what_is_wrong_is_told_with_its_ai_and_place),
		cmocka_unit_test(values_are_held_to_the_checks_of_their_ai),
		cmocka_unit_test(each_form_written_reads_back_the_same),
		cmocka_unit_test(every_beginning_of_a_text_is_read_without_harm),
		cmocka_unit_test(a_text_or_a_list_past_the_limit_is_refused),
		cmocka_unit_test(the_company_begins_where_its_key_says),
		cmocka_unit_test(every_problem_has_a_text_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
