/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/scheme/scheme.h"

typedef struct {
	uint8_t bytes[SCHEME_ROOM];
	scheme_message_t m;
} read_t;

static codec_t read_as(scheme_id_t id, slice_t text, read_t *r)
{
	writer_t room = writer_of(r->bytes, sizeof r->bytes);
	return scheme_decode(id, text, &room, &r->m);
}

static codec_t read_text(const char *text, read_t *r)
{
	scheme_id_t id = scheme_recognise(slice_str(text));
	assert_int_not_equal(id, SCHEME_COUNT);
	return read_as(id, slice_str(text), r);
}

static const scheme_field_t *field_of(const read_t *r, const char *code)
{
	for (size_t i = 0; i < r->m.count; i++)
		if (strcmp(r->m.fields[i].code, code) == 0)
			return &r->m.fields[i];
	fail_msg("no field %s", code);
	return NULL;
}

static void assert_slice(slice_t got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("\"%.*s\" and not \"%s\"", (int)got.len, (const char *)got.ptr, want);
}

static void assert_field(const read_t *r, const char *code, const char *value, const char *meaning)
{
	const scheme_field_t *field = field_of(r, code);
	assert_slice(field->value, value);
	assert_slice(field->meaning[LANG_EN], meaning);
	assert_true(field->name[LANG_EN][0] && field->name[LANG_ZH][0]);
}

static void ids_name_their_rows(void **state)
{
	(void)state;
	for (scheme_id_t id = 0; id < SCHEME_COUNT; id++) {
		assert_int_equal(scheme_find(slice_str(scheme_at(id)->id)), id);
		assert_true(scheme_at(id)->name[LANG_EN][0] && scheme_at(id)->name[LANG_ZH][0]);
	}
	assert_int_equal(scheme_find(SLICE("gs1")), SCHEME_COUNT);
}

static const struct {
	scheme_id_t id;
	const char *text, *canonical, *suffix;
} good_texts[] = {
	{ SCHEME_GBT34014, "001PBA10000001B9D0000001", "001PBA10000001B9D0000001",
	  "001PBA10000001B9D0000001" },
	{ SCHEME_GBT34014, "001MBA1KCY1234567RM", "001MBA1KCY1234567RM", "001MBA1KCY1234567RM" },
	{ SCHEME_GBT34014, "X12MCPM27KLPCLX2M2382320", "X12MCPM27KLPCLX2M2382320",
	  "X12MCPM27KLPCLX2M2382320" },
	{ SCHEME_GBT34014, "x12pba10000001b9d0000001", "X12PBA10000001B9D0000001",
	  "X12PBA10000001B9D0000001" },
	{ SCHEME_VAA, "VAA0881181CELL7", "VAA0881181CELL7", "VAA0881181CELL7" },
	{ SCHEME_VAA, "25SVAA0881181CELL7", "VAA0881181CELL7", "VAA0881181CELL7" },
	{ SCHEME_OID, "2.999.1", "urn:oid:2.999.1", "2.999.1" },
	{ SCHEME_OID, "URN:OID:1.2.156.3001", "urn:oid:1.2.156.3001", "1.2.156.3001" },
	{ SCHEME_OID, "oid:2.999", "urn:oid:2.999", "2.999" },
	{ SCHEME_OID, "2.25.329800735698586629295641978511506172918",
	  "urn:oid:"
	  "2.25.329800735698586629295641978511506172918",
	  "2.25."
	  "329800735698586629295641978511506172918" },
	{ SCHEME_ECODE, "Ecode:1000112345", "Ecode:1000112345", "1000112345" },
	{ SCHEME_ECODE, "ECODE=300001aB9", "Ecode:300001aB9", "300001aB9" },
	{ SCHEME_DID, "did:example:123456/p?service=a#key-1",
	  "did:example:123456/p?service=a#key-1", "did:example:123456" },
	{ SCHEME_DID, "DID:web:example.com%3A3000:user", "did:web:example.com%3A3000:user",
	  "did:web:example.com%3A3000:user" },
	{ SCHEME_DID, "did:bid:a1b2:ef123456789012345678901",
	  "did:bid:a1b2:ef123456789012345678901", "did:bid:a1b2:ef123456789012345678901" },
	{ SCHEME_DID, "did:bid:a1b2", "did:bid:a1b2", "did:bid:a1b2" },
};

static void good_codes_have_a_canonical_spelling_and_a_suffix(void **state)
{
	read_t *r = *state;
	for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
		assert_int_equal(scheme_recognise(slice_str(good_texts[i].text)), good_texts[i].id);
		if (read_text(good_texts[i].text, r) != CODEC_OK)
			fail_msg("%s: %s", good_texts[i].text,
			         scheme_problem_text(r->m.problem)->what[LANG_EN]);
		assert_slice(r->m.canonical, good_texts[i].canonical);
		assert_slice(r->m.suffix, good_texts[i].suffix);
	}
}

static const struct {
	const char *text, *code;
	scheme_problem_t problem;
	size_t at;
} bad_texts[] = {
	{ "001PBA10000001O9D0000001", "X15-17", SCHEME_DATE_LETTER, 14 },
	{ "001PBA10000001B9Z0000001", "X15-17", SCHEME_DATE_LETTER, 14 },
	{ "001PBA10000001I9D0000001", "X15-17", SCHEME_DATE_LETTER, 14 },
	{ "001PBA10000001B900000001", "X15-17", SCHEME_DATE_LETTER, 14 },
	{ "001XBA10000001B9D0000001", "X4", SCHEME_LETTER, 3 },
	{ "001PHA10000001B9D0000001", "X5", SCHEME_LETTER, 4 },
	{ "001PBA10000001B2X0000001", "X15-17", SCHEME_DATE, 14 }, /* 30 February */
	{ "001PBA10000001B2W0000001", "X15-17", SCHEME_DATE, 14 }, /* 29 February 2021 */
	{ "001PBA10000001BD10000001", "X15-17", SCHEME_DATE, 14 }, /* month 13 */
	{ "001PBA10000001B4Y0000001", "X15-17", SCHEME_DATE, 14 }, /* 31 April */
	{ "001PBA10000001B9D0000000", "X18-24", SCHEME_SERIAL, 17 },
	{ "001PBA10000001B9D000O001", "X18-24", SCHEME_DIGITS, 17 },
	{ "001MBA1KCY1234567RX", "R2", SCHEME_LETTER, 18 },
	{ "VAA0-1", NULL, SCHEME_GOOD, 0 },
	{ "3.1.1", NULL, SCHEME_GOOD, 0 },
	{ "oid:3.1.1", "arcs", SCHEME_ARC_ROOT, 4 },
	{ "1.40.1", "arcs", SCHEME_ARC_ROOT, 2 },
	{ "1.2.", "arcs", SCHEME_ARC, 4 },
	{ "2.999.01", "arcs", SCHEME_ARC, 2 },
	{ "urn:oid:", "arcs", SCHEME_ARC, 8 },
	{ "urn:oid:2", "arcs", SCHEME_SHORT, 9 },
	{ "urn:oid:2.9x9", "arcs", SCHEME_ARC, 10 },
	{ "Ecode:9000112345", "V", SCHEME_VERSION, 6 },
	{ "Ecode:", "V", SCHEME_VERSION, 6 },
	{ "Ecode:100", "NSI", SCHEME_SHORT, 7 },
	{ "Ecode:10001123A5", "MD", SCHEME_CHARACTER, 11 },
	{ "Ecode:10001123456789012345678901", "MD", SCHEME_LONG, 11 },
	{ "did:", "method", SCHEME_SHORT, 4 },
	{ "did:Example:1", "method", SCHEME_METHOD, 4 },
	{ "did:example", "id", SCHEME_SHORT, 11 },
	{ "did:example:1:", "id", SCHEME_SHORT, 12 },
	{ "did:example:a%2", "id", SCHEME_ESCAPE, 12 },
	{ "did:example:a b", "id", SCHEME_CHARACTER, 12 },
	{ "did:example:a?b c", "query", SCHEME_CHARACTER, 13 },
	{ "did:bid:xf123456789012345678901", "key", SCHEME_LETTER, 8 },
	{ "did:bid:ex123456789012345678901", "encoding", SCHEME_LETTER, 9 },
	{ "did:bid:ef1234567", "suffix", SCHEME_SHORT, 8 },
	{ "did:bid:abc:ef123456789012345678901", "chain", SCHEME_SHORT, 8 },
};

static void what_is_wrong_is_told_with_its_field_and_place(void **state)
{
	read_t *r = *state;
	for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
		if (!bad_texts[i].code) {
			assert_int_equal(scheme_recognise(slice_str(bad_texts[i].text)),
			                 SCHEME_COUNT);
			continue;
		}
		assert_int_equal(read_text(bad_texts[i].text, r), CODEC_MALFORMED);
		if (r->m.problem != bad_texts[i].problem || r->m.problem_at != bad_texts[i].at ||
		    strcmp(r->m.problem_code, bad_texts[i].code) != 0)
			fail_msg("%s: %s of %s at %zu", bad_texts[i].text,
			         scheme_problem_text(r->m.problem)->what[LANG_EN],
			         r->m.problem_code, r->m.problem_at);
		assert_int_equal(r->m.canonical.len + r->m.suffix.len, 0);
	}
}

static void a_battery_code_says_its_fields_in_words(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text("001PBA10000001B9D0000001", r), CODEC_OK);
	assert_string_equal(r->m.form, "full");
	assert_int_equal(r->m.count, 7);
	assert_field(r, "X1-3", "001", "");
	assert_field(r, "X4", "P", "pack");
	assert_field(r, "X5", "B", "lithium iron phosphate");
	assert_field(r, "X6-7", "A1", "");
	assert_field(r, "X8-14", "0000001", "");
	assert_field(r, "X15-17", "B9D", "2021-09-13");
	assert_field(r, "X18-24", "0000001", "");
	assert_slice(field_of(r, "X4")->meaning[LANG_ZH], "电池包");
	assert_int_equal(read_text("001MBA1KCY1234567RM", r), CODEC_OK);
	assert_string_equal(r->m.form, "ladder");
	assert_field(r, "X15-17", "KCY", "2029-12-31");
	assert_field(r, "X18-24", "1234567", "");
	assert_field(r, "R2", "M", "module");
	assert_int_equal(read_text("X12MCPM27KLPCLX2M2382320", r), CODEC_OK);
	assert_field(r, "X15-17", "X2M", "2040-02-21");
}

static void every_letter_of_the_date_is_a_day_a_month_and_a_year(void **state)
{
	read_t *r = *state;
	static const char letters[] = "123456789ABCDEFGHJKLMNPRSTUVWXY";
	for (size_t i = 0; i < sizeof letters - 1; i++) {
		char text[] = "X12CBA10000001111"
			      "0000001",
		     want[16];
		text[14] = letters[i];
		text[16] = letters[i];
		assert_int_equal(read_text(text, r), CODEC_OK);
		writer_t w = writer_of(want, sizeof want);
		wr_format(&w, "%zu-01-%02zu", 2011 + i, 1 + i);
		wr_u8(&w, 0);
		assert_field(r, "X15-17", (char[]){ letters[i], '1', letters[i], 0 }, want);
	}
}

static void all_that_is_wrong_is_listed_and_not_the_first_alone(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_as(SCHEME_GBT34014, SLICE("0-1XHA10000001OOO0000000"), r),
	                 CODEC_MALFORMED);
	static const struct {
		const char *code;
		scheme_problem_t problem;
	} want[] = { { "X1-3", SCHEME_CHARACTER },     { "X4", SCHEME_LETTER },
		     { "X5", SCHEME_LETTER },          { "X6-7", SCHEME_GOOD },
		     { "X15-17", SCHEME_DATE_LETTER }, { "X18-24", SCHEME_SERIAL } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(field_of(r, want[i].code)->problem, want[i].problem);
}

static void a_cut_code_is_read_as_far_as_it_goes(void **state)
{
	read_t *r = *state;
	slice_t whole = SLICE("001PBA10000001B9D0000001");
	static const size_t ends[] = { 3, 4, 5, 7, 14, 17, 24 };
	for (size_t len = 0; len < whole.len; len++) {
		slice_t cut = slice_sub(whole, 0, len);
		size_t whole_fields = 0;
		while (ends[whole_fields] <= len)
			whole_fields++;
		assert_int_equal(read_as(SCHEME_GBT34014, cut, r), CODEC_MALFORMED);
		assert_int_equal(r->m.problem, SCHEME_SHORT);
		assert_int_equal(r->m.count, whole_fields + 1);
		assert_int_equal(scheme_recognise(cut), SCHEME_COUNT);
	}
	assert_int_equal(read_as(SCHEME_GBT34014, SLICE("001PBA10000001B9D00000012"), r),
	                 CODEC_MALFORMED);
	assert_int_equal(r->m.problem, SCHEME_LONG);
	assert_int_equal(r->m.problem_at, 24);
}

static void any_cut_of_any_scheme_is_read_without_harm(void **state)
{
	read_t *r = *state;
	for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
		slice_t whole = slice_str(good_texts[i].text);
		for (size_t len = 0; len < whole.len; len++) {
			slice_t cut = slice_sub(whole, 0, len);
			bool good = read_as(good_texts[i].id, cut, r) == CODEC_OK;
			assert_true(good == (r->m.problem == SCHEME_GOOD));
			assert_true(!good || r->m.suffix.len <= len);
		}
	}
}

static void what_is_too_long_or_of_another_scheme_is_told(void **state)
{
	read_t *r = *state;
	static char text[SCHEME_TEXT_MAX + 2] = "did:example:";
	memset(&text[12], 'a', SCHEME_TEXT_MAX - 11);
	assert_int_equal(read_text(text, r), CODEC_MALFORMED);
	assert_int_equal(r->m.problem, SCHEME_LONG);
	assert_int_equal(read_as(SCHEME_DID, SLICE("VAA0"), r), CODEC_MALFORMED);
	assert_int_equal(r->m.problem, SCHEME_NOT_IT);
	assert_string_equal(r->m.problem_code, "did");
	assert_int_equal(read_as(SCHEME_VAA, SLICE("did:a:b"), r), CODEC_MALFORMED);
	assert_int_equal(r->m.problem, SCHEME_NOT_IT);
}

static void what_is_of_gs1_or_of_nobody_is_not_claimed(void **state)
{
	(void)state;
	static const char *const others[] = {
		"",
		"hello",
		"(01)09521234543213",
		"09521234543213",
		"010952123454321310ABCDEF",
		"010952123454321321000001",
		"99.100.1/CELL-1",
		"1.2",
		"https://example.com/01/1",
		"VAAX",
		"Ecode",
		"88.118.8",
		"001PBA10000001B9D000000-",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(scheme_recognise(slice_str(others[i])), SCHEME_COUNT);
}

static void an_object_identifier_names_its_tree(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text("1.2.156.3001.7", r), CODEC_OK);
	assert_field(r, "tree", "1.2.156", "China, member body of ISO");
	assert_field(r, "arcs", "3001.7", "");
	assert_int_equal(read_text("1.2.1567.1", r), CODEC_OK);
	assert_field(r, "tree", "1.2", "ISO member bodies");
}

static void a_did_url_and_a_bid_are_taken_apart(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text("did:example:1/p/q?a=b#c", r), CODEC_OK);
	assert_field(r, "path", "/p/q", "");
	assert_field(r, "query", "?a=b", "");
	assert_field(r, "fragment", "#c", "");
	assert_int_equal(read_text("did:bid:a1b2:zs123456789012345678901", r), CODEC_OK);
	assert_field(r, "chain", "a1b2", "");
	assert_field(r, "key", "z", "SM2");
	assert_field(r, "encoding", "s", "Base64");
}

static battery_t battery(void)
{
	return (battery_t){ .vendor = SLICE("X12"),
		            .product = SLICE("C"),
		            .chemistry = SLICE("E"),
		            .spec = SLICE("A1"),
		            .trace = SLICE("0000001"),
		            .year = 2026,
		            .month = 11,
		            .day = 27,
		            .serial = 42 };
}

static void made_codes_decode_to_what_they_were_made_of(void **state)
{
	read_t *r = *state;
	char bytes[32];
	const char *code = NULL;
	battery_t b = battery();
	writer_t w = writer_of(bytes, sizeof bytes);
	assert_int_equal(battery_put(&b, &w, &code), SCHEME_GOOD);
	assert_slice(writer_done(&w), "X12CEA10000001GBU0000042");
	assert_int_equal(read_as(SCHEME_GBT34014, writer_done(&w), r), CODEC_OK);
	assert_field(r, "X15-17", "GBU", "2026-11-27");
	b.trace = (slice_t){ 0 };
	b.ladder = SLICE("C");
	w = writer_of(bytes, sizeof bytes);
	assert_int_equal(battery_put(&b, &w, &code), SCHEME_GOOD);
	assert_slice(writer_done(&w), "X12CEA1GBU0000042RC");
}

static void no_code_is_made_with_a_field_that_is_wrong(void **state)
{
	(void)state;
	enum { CASES = 16 };
	battery_t b[CASES];
	for (size_t i = 0; i < CASES; i++)
		b[i] = battery();
	b[0].vendor = SLICE("X1");
	b[1].vendor = SLICE("x12");
	b[2].product = SLICE("X");
	b[3].chemistry = SLICE("H");
	b[4].spec = SLICE("A-");
	b[5].trace = SLICE("000001");
	b[6].year = 2010;
	b[7].year = 2042;
	b[8].month = 13;
	b[9].day = 31;
	b[10].serial = 0;
	b[11].serial = 10000000;
	b[12].ladder = SLICE("C"); /* and a trace */
	b[13].day = 0;
	b[14].ladder = SLICE("X");
	b[14].trace = (slice_t){ 0 };
	b[15].month = 0;
	static const char *const want[CASES] = { "X1-3",   "X1-3",   "X4",     "X5",
		                                 "X6-7",   "X8-14",  "X15-17", "X15-17",
		                                 "X15-17", "X15-17", "X18-24", "X18-24",
		                                 "X8-14",  "X15-17", "R2",     "X15-17" };
	for (size_t i = 0; i < CASES; i++) {
		char bytes[32];
		const char *code = "";
		writer_t w = writer_of(bytes, sizeof bytes);
		assert_int_not_equal(battery_put(&b[i], &w, &code), SCHEME_GOOD);
		assert_string_equal(code, want[i]);
		assert_int_equal(w.len, 0);
	}
}

static int set_up(void **state)
{
	static read_t all;
	*state = &all;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_name_their_rows),
		cmocka_unit_test(good_codes_have_a_canonical_spelling_and_a_suffix),
		cmocka_unit_test(what_is_wrong_is_told_with_its_field_and_place),
		cmocka_unit_test(a_battery_code_says_its_fields_in_words),
		cmocka_unit_test(every_letter_of_the_date_is_a_day_a_month_and_a_year),
		cmocka_unit_test(all_that_is_wrong_is_listed_and_not_the_first_alone),
		cmocka_unit_test(a_cut_code_is_read_as_far_as_it_goes),
		cmocka_unit_test(any_cut_of_any_scheme_is_read_without_harm),
		cmocka_unit_test(what_is_too_long_or_of_another_scheme_is_told),
		cmocka_unit_test(what_is_of_gs1_or_of_nobody_is_not_claimed),
		cmocka_unit_test(an_object_identifier_names_its_tree),
		cmocka_unit_test(a_did_url_and_a_bid_are_taken_apart),
		cmocka_unit_test(made_codes_decode_to_what_they_were_made_of),
		cmocka_unit_test(no_code_is_made_with_a_field_that_is_wrong),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
