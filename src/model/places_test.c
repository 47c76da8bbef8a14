/* SPDX-License-Identifier: Apache-2.0 */
#include "model/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char CN[] = "# two levels\nset\tcn\nlevel\tnation\t国家\tNation\n"
			 "level\tpark\t园区\tPark\nentity\t44\t广东\tGuangdong\t44\n"
			 "entity\t4403\t深圳\tShenzhen\t44\n";
static const char EU[] = "set\teu\nlevel\tgroup\t集团\tGroup\nlevel\tsite\t厂区\tSite\n"
			 "division\tC26\t电子\tElectronics\nmatch\tC26\t39\nmatch\tC26\t40\n";

static places_t *both(void)
{
	const place_pack_t packs[] = { { slice_str(CN), "cn.tsv" }, { slice_str(EU), "eu.tsv" } };
	places_t *places = NULL;
	err_detail_t detail;
	assert_int_equal(places_read(packs, 2, &places, &detail), ERR_OK);
	return places;
}

static void an_entity_is_no_region(void **state)
{
	(void)state;
	places_t *places = both();
	const place_t *city = places_find(places, PLACE_ENTITY, SLICE("cn"), SLICE("4403"));
	assert_non_null(city);
	assert_true(slice_eq(city->other, SLICE("44")));
	assert_true(slice_eq(city->name[LANG_ZH], slice_str("深圳")));
	assert_int_equal(city->rank, 1);
	assert_null(places_find(places, PLACE_ENTITY, SLICE("eu"), SLICE("4403")));
	places_free(places);
}

static void sets_keep_their_levels_apart_and_in_order(void **state)
{
	(void)state;
	places_t *places = both();
	const place_t *group = places_next(places, PLACE_LEVEL, SLICE("eu"), NULL);
	assert_true(slice_eq(group->code, SLICE("group")));
	assert_int_equal(group->rank, 0);
	const place_t *site = places_next(places, PLACE_LEVEL, SLICE("eu"), group);
	assert_true(slice_eq(site->code, SLICE("site")));
	assert_int_equal(site->rank, 1);
	assert_null(places_next(places, PLACE_LEVEL, SLICE("eu"), site));
	assert_true(
		slice_eq(place_name(places, PLACE_LEVEL, SLICE("park"), LANG_EN), SLICE("Park")));
	/* A word of nobody's set is shown as it is. */
	assert_true(
		slice_eq(place_name(places, PLACE_LEVEL, SLICE("ward"), LANG_EN), SLICE("ward")));
	places_free(places);
}

static void a_division_may_match_several(void **state)
{
	(void)state;
	places_t *places = both();
	const place_t *first = places_find(places, PLACE_MATCH, SLICE("eu"), SLICE("C26"));
	const place_t *second = places_next(places, PLACE_MATCH, SLICE("eu"), first);
	assert_true(slice_eq(first->other, SLICE("39")));
	assert_true(slice_eq(second->other, SLICE("40")));
	assert_null(places_next(places, PLACE_MATCH, SLICE("eu"), second));
	places_free(places);
}

static void each_fault_has_its_place_and_its_words(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said, *said_zh;
	} BAD[] = {
		{ "level\ta\tb\tc\n",
		  "t.tsv:1:1: a file of places must begin with its set. Write 'set', a tab and a "
		  "word "
		  "in the first row",
		  "t.tsv:1:1: 地点文件须以集合开头。请在首行写“set”、制表符和集合名" },
		{ "set\tx y\n", "t.tsv:1:5: 'x y' is no code. Use 1 to 32 of A-Z a-z 0-9 _ . -",
		  NULL },
		{ "set\tcn\nlevle\ta\n",
		  "t.tsv:2:1: 'levle' is no kind of row. Write level, entity, division or match",
		  NULL },
		{ "set\tcn\n\nlevel\ta\t甲\n",
		  "t.tsv:3:10: a row 'level' has not as many cells as it must. See how rows of "
		  "this "
		  "kind are written in the packs of this program",
		  NULL },
		{ "set\tcn\nentity\t1\t甲\tA\t\n",
		  "t.tsv:2:14: '' is no code. Use 1 to 32 of A-Z a-z 0-9 _ . -", NULL },
		{ "set\tcn\nlevel\ta\t\xff\tA\n",
		  "t.tsv:2:9: '\xff' is no name. Write 1 to 96 bytes of UTF-8", NULL },
		{ "set\tcn\nlevel\ta\t甲\tA\nlevel\ta\t乙\tB\n",
		  "t.tsv:3:7: 'a' is there twice in its set. Remove one of the rows", NULL },
	};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const place_pack_t pack = { slice_str(BAD[i].text), "t.tsv" };
		char text[512];
		err_detail_t detail;
		places_t *places = NULL;
		assert_int_equal(places_read(&pack, 1, &places, &detail), ERR_CONFIG);
		assert_string_equal(err_render(&detail, LANG_EN, text, sizeof(text)), BAD[i].said);
		if (BAD[i].said_zh)
			assert_string_equal(err_render(&detail, LANG_ZH, text, sizeof(text)),
			                    BAD[i].said_zh);
		assert_null(places);
	}
}

static void more_rows_than_the_limit_are_refused(void **state)
{
	(void)state;
	enum { ROW_MAX = 32 };
	size_t cap = (size_t)ROW_MAX * (PLACES_MAX + 2), len = 0;
	char *text = malloc(cap);
	assert_non_null(text);
	len += (size_t)snprintf(text, cap, "set\tcn\n");
	for (int i = 0; i <= PLACES_MAX; i++)
		len += (size_t)snprintf(text + len, cap - len, "match\ta%d\tb\n", i);
	const place_pack_t pack = { slice_of(text, len), "t.tsv" };
	err_detail_t detail;
	places_t *places = NULL;
	assert_int_equal(places_read(&pack, 1, &places, &detail), ERR_LIMIT);
	assert_string_equal(detail.where, "t.tsv");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entity_is_no_region),
		cmocka_unit_test(sets_keep_their_levels_apart_and_in_order),
		cmocka_unit_test(a_division_may_match_several),
		cmocka_unit_test(each_fault_has_its_place_and_its_words),
		cmocka_unit_test(more_rows_than_the_limit_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
