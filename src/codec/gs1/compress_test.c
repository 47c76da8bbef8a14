/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/gs1/compress.h"
#include "codec/gs1/table.h"

#define STEM "https://example.com"
#define KEY  "/01/09521234543213"

enum { ROOM = 3 * GS1_TEXT_MAX };

static codec_t plain_of(slice_t text, char *ret_plain)
{
	writer_t w = writer_of(ret_plain, ROOM);
	codec_t code = gs1_decompress(text, &w);
	wr_u8(&w, 0);
	assert_true(code || !w.bad);
	return code;
}

static codec_t packed_of(const char *text, bool keeps_key, char *ret_packed)
{
	uint8_t bytes[GS1_TEXT_MAX + 16];
	writer_t room = writer_of(bytes, sizeof(bytes)), w = writer_of(ret_packed, ROOM);
	gs1_message_t m;
	assert_int_equal(gs1_decode(slice_str(text), &room, &m), CODEC_OK);
	codec_t code = gs1_compress(&m, m.stem, keeps_key, &w);
	wr_u8(&w, 0);
	return code;
}

/* Compressed by digital-link.js 1.4.3, but for the last two: its numbers lose digits beyond
 * the fifteenth, so these were worked out with exact ones. */
static const struct {
	const char *plain, *packed;
} pairs[] = {
	{ STEM KEY, STEM "/ARFRq5sE2g" },
	{ STEM KEY "/21/ABC-123", STEM "/DBFRq5sE2s4AIX2u24" },
	{ STEM "/a/b" KEY "/21/ABC-123", STEM "/a/b/DBFRq5sE2s4AIX2u24" },
	{ STEM KEY "/10/lot1/21/deadbeef?17=301231", STEM "/GhFRq5sE2sktFuqTFeUb1bfd4" },
	{ STEM KEY "/22/2A?3103=000195&linkType=gs1:pip",
	  STEM "/LRFRq5sE2gAYZEhFQ?linkType=gs1:pip" },
	{ STEM "/414/9521234567899/254/a%2Fb", STEM "/nYPCvxRUaubxbY" },
	{ STEM "/255/9521234567899123?3900=12", STEM "/wIqNXN4tsx7IY" },
	{ STEM KEY "?7003=2601011230&8008=26010112", STEM "/DhFRq5sE2k2EJA9ABBjOIAA" },
	{ "/00/095212345678912347", "/ABUkMfumxbWw" },
	{ "/8018/952123456789012345/8019/7", "/nNNp89SDnfeRc" },
};

static void what_others_compressed_is_read(void **state)
{
	(void)state;
	char plain[ROOM];
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(plain_of(slice_str(pairs[i].packed), plain), CODEC_OK);
		assert_string_equal(plain, pairs[i].plain);
	}
}

static void what_is_compressed_is_what_others_make_of_it(void **state)
{
	(void)state;
	char packed[ROOM];
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(packed_of(pairs[i].plain, false, packed), CODEC_OK);
		assert_string_equal(packed, pairs[i].packed);
	}
}

static void a_key_may_stay_readable_before_what_is_compressed(void **state)
{
	(void)state;
	char packed[ROOM], plain[ROOM];
	const char *want = STEM "/a" KEY "/10/lot1?17=301231";
	assert_int_equal(packed_of(want, true, packed), CODEC_OK);
	assert_string_equal(packed, STEM "/a" KEY "/EGSWi3UXSYrw");
	assert_int_equal(plain_of(slice_str(packed), plain), CODEC_OK);
	assert_string_equal(plain, want);
	assert_int_equal(packed_of(STEM KEY, true, packed), CODEC_MALFORMED);
}

static void pairs_that_are_not_gs1s_are_read_from_the_bits_and_from_the_query(void **state)
{
	(void)state;
	char plain[ROOM];
	slice_t text = SLICE("/LRFRq5sE2gAYZEhFXiJYp5E8qXoHz82Lrhp4A/?a=1;b#part");
	assert_int_equal(plain_of(text, plain), CODEC_OK);
	assert_string_equal(plain, KEY "/22/2A?3103=000195&linkType=gs1%3Apip&a=1;b");
	assert_int_equal(plain_of(SLICE("/ARFRq5sE2g?a=1"), plain), CODEC_OK);
	assert_string_equal(plain, KEY "?a=1");
}

static void goes_round(const char *uri)
{
	char packed[ROOM], plain[ROOM];
	assert_int_equal(packed_of(uri, false, packed), CODEC_OK);
	assert_int_equal(plain_of(slice_str(packed), plain), CODEC_OK);
	assert_string_equal(plain, uri);
}

static void each_encoding_gives_its_text_back(void **state)
{
	(void)state;
	static const char *const rows[] = {
		KEY "/21/0",
		KEY "/21/007",
		KEY "/21/00000000000000000000",
		KEY "/21/99999999999999999999",
		KEY "/21/abcdef0",
		KEY "/21/ABCDEF0",
		KEY "/21/aB-_9",
		KEY "/21/a%2Fb%25%2B",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		goes_round(rows[i]);
}

/* A number and a text, one of them perhaps empty or of fixed length. */
static void values_of_several_parts_come_back_whole(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"/253/9521234567899",
		"/253/9521234567899X-1",
		"/255/9521234567899",
		"/255/9521234567899000",
		"/8003/09521234543213",
		"/8003/09521234543213aB",
		KEY "/235/TP",
		KEY "?421=156100000&423=156276&7007=260101260131&7011=2601010930",
		KEY "?3910=1560012&3950=000100&8008=26010112&8111=0042",
		KEY "?4307=CN&4309=02790858483015297971&4331=000195-",
		KEY "?7030=156A1&7230=EM12&7258=1%2F3",
		"/8006/095212345432130102",
		"/417/9521234567899/7040/1ABC",
		KEY "?8001=12341234512310",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		goes_round(rows[i]);
}

static void ninety_digits_are_one_exact_number(void **state)
{
	(void)state;
	char uri[ROOM];
	writer_t w = writer_of(uri, sizeof(uri));
	wr_format(&w, "%s?99=%090d", STEM KEY, 7);
	wr_u8(&w, 0);
	goes_round(uri);
	memset(uri + strlen(STEM KEY "?99="), '9', 90);
	goes_round(uri);
}

/* What is left of a compressed text is refused, or says the first of the elements. */
static void a_text_cut_short_says_nothing_it_did_not_say(void **state)
{
	(void)state;
	char plain[ROOM];
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		slice_t packed = slice_str(pairs[i].packed);
		for (size_t len = 0; len < packed.len; len++) {
			if (plain_of(slice_sub(packed, 0, len), plain) != CODEC_OK)
				continue;
			size_t same = strlen(plain);
			assert_true(same < strlen(pairs[i].plain));
			assert_memory_equal(plain, pairs[i].plain, same);
		}
	}
}

static void what_is_no_compressed_uri_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"/",
		"ARFRq5sE2g",
		"https://",
		"https://example.com",
		"https://example.com/",
		"https:///ARFRq5sE2g",
		"/01/09521234543213",
		"/01/09521234543213/foo",
		"/01/09521234543213/ARFRq5sE2g", /* the key twice */
		"/devices",
		"/scan",
		"/EGSWi3UXSYrw",         /* no primary key */
		"/ARFRq5sE2h",           /* bits behind the end that are not zero */
		"/ARFRq5sE2gAAA",        /* a second element that is cut */
		"/Af________",           /* more than 14 digits */
		"/ARFRq5sE2=",           /* no letter of base64url */
		"/ARFRq5sE2\xC3\xA9",    /* nor this */
		"/zz",                   /* a run that is not in the table */
		"/BB",                   /* AI 04 */
		"/ARFRq5sE2kLf",         /* an encoding that is none */
		"/-AAAAAAAAAAAAAAAAAAA", /* a foreign pair without a name */
	};
	char plain[ROOM];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (plain_of(slice_str(rows[i]), plain) != CODEC_MALFORMED)
			fail_msg("row %zu gives %s", i, plain);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	char text[GS1_TEXT_MAX + 64] = "/ARFRq5sE2g?a=";
	uint8_t small[20];
	writer_t w = writer_of(small, sizeof(small));
	assert_int_equal(gs1_decompress(SLICE("/DBFRq5sE2s4AIX2u24"), &w), CODEC_MALFORMED);
	memset(&text[strlen(text)], 'x', GS1_TEXT_MAX);
	char plain[ROOM];
	assert_int_equal(plain_of(slice_str(text), plain), CODEC_MALFORMED);
	assert_int_equal(plain_of(slice_sub(slice_str(text), 0, GS1_TEXT_MAX), plain),
	                 CODEC_MALFORMED); /* the plain one would be too long */
	assert_int_equal(plain_of(slice_sub(slice_str(text), 0, GS1_TEXT_MAX - 32), plain),
	                 CODEC_OK);
}

static void a_bad_value_is_left_to_whoever_decodes_the_plain_uri(void **state)
{
	(void)state;
	char plain[ROOM];
	uint8_t bytes[64];
	writer_t room = writer_of(bytes, sizeof(bytes));
	gs1_message_t m;
	assert_int_equal(plain_of(SLICE("/ARFRq5sE2A"), plain), CODEC_OK);
	assert_int_equal(gs1_decode(slice_str(plain), &room, &m), CODEC_MALFORMED);
	assert_int_equal(m.problem, GS1_CHECK_DIGIT);
}

/* (00) may be an attribute of a GTIN; among the bits nobody could say which is the key. */
static void a_second_primary_key_wants_the_first_in_the_path(void **state)
{
	(void)state;
	char packed[ROOM], plain[ROOM];
	const char *uri = KEY "?00=095212345678912347";
	assert_int_equal(packed_of(uri, false, packed), CODEC_MALFORMED);
	assert_int_equal(packed_of(uri, true, packed), CODEC_OK);
	assert_string_equal(packed, KEY "/ABUkMfumxbWw");
	assert_int_equal(plain_of(slice_str(packed), plain), CODEC_OK);
	assert_string_equal(plain, uri);
	/* (00) and (01) in one string of bits. */
	assert_int_equal(plain_of(SLICE("/ABUkMfumxbWwERUaubBNo"), plain), CODEC_MALFORMED);
}

static void what_cannot_be_a_uri_is_not_compressed(void **state)
{
	(void)state;
	static const char *const rows[] = { "(21)5", "(01)09521234543213(8020)5",
		                            "/01/1/01/09521234543213" };
	uint8_t bytes[64];
	char packed[ROOM];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		writer_t room = writer_of(bytes, sizeof(bytes)), w = writer_of(packed, ROOM);
		gs1_message_t m;
		(void)!gs1_decode(slice_str(rows[i]), &room, &m);
		assert_int_equal(gs1_compress(&m, m.stem, false, &w), CODEC_MALFORMED);
	}
}

static void the_runs_are_of_known_ais_in_the_order_they_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < GS1_RUN_COUNT; i++) {
		const gs1_run_t *run = &GS1_RUNS[i];
		assert_ptr_equal(gs1_run_find(slice_str(run->code)), run);
		for (size_t k = 0; k < GS1_RUN_MAX && run->ais[k]; k++) {
			assert_non_null(gs1_ai_find(slice_str(run->ais[k])));
			assert_true(k == 0 || strcmp(run->ais[k - 1], run->ais[k]) < 0);
		}
	}
	assert_int_equal(GS1_RUN_COUNT, 52);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_compressed_is_read),
		cmocka_unit_test(what_is_compressed_is_what_others_make_of_it),
		cmocka_unit_test(a_key_may_stay_readable_before_what_is_compressed),
		cmocka_unit_test(pairs_that_are_not_gs1s_are_read_from_the_bits_and_from_the_query),
		cmocka_unit_test(each_encoding_gives_its_text_back),
		cmocka_unit_test(values_of_several_parts_come_back_whole),
		cmocka_unit_test(ninety_digits_are_one_exact_number),
		cmocka_unit_test(a_text_cut_short_says_nothing_it_did_not_say),
		cmocka_unit_test(what_is_no_compressed_uri_is_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(a_bad_value_is_left_to_whoever_decodes_the_plain_uri),
		cmocka_unit_test(a_second_primary_key_wants_the_first_in_the_path),
		cmocka_unit_test(what_cannot_be_a_uri_is_not_compressed),
		cmocka_unit_test(the_runs_are_of_known_ais_in_the_order_they_are_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
