/* SPDX-License-Identifier: Apache-2.0 */
/* The small tables beside the definitions: factors, and figures that others have published. */
#include "insight/factors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "insight/published.h"

enum { RENDER_MAX = 1024 };

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
		fail_msg("%.15g is not %.15g", a, b);
}

static const char ROWS[] = "# substance region year scope value unit source\n"
			   "grid\tCN\t2023\taverage\t0.5306\tkgCO2/kWh\tA notice\n"
			   "grid\tCN\t2022\taverage\t0.5366\tkgCO2/kWh\tA notice\n"
			   "grid\tCN-EAST\t2023\taverage\t0.55\tkgCO2/kWh\tA notice\n"
			   "grid\tCN\t2023\tfossil\t0.8273\tkgCO2/kWh\tA notice\n";

static factors_t *rows_read(void)
{
	const factor_pack_t pack = { slice_str(ROWS), "f.tsv" };
	factors_t *factors = NULL;
	err_detail_t detail;
	assert_int_equal(factors_read(&pack, 1, &factors, &detail), ERR_OK);
	return factors;
}

static void a_factor_is_found_by_all_of_its_key_and_nothing_stands_in(void **state)
{
	(void)state;
	static const struct {
		const char *region, *scope;
		int year;
		double value; /* 0: there is none */
	} ASKED[] = {
		{ "CN", "average", 2023, 0.5306 }, { "CN", "average", 2022, 0.5366 },
		{ "CN", "fossil", 2023, 0.8273 },  { "CN-EAST", "average", 2023, 0.55 },
		{ "CN", "average", 2024, 0 },      { "CN-EAST", "average", 2022, 0 },
		{ "CN-WEST", "average", 2023, 0 }, { "CN", "market", 2023, 0 },
	};
	factors_t *factors = rows_read();
	assert_int_equal(factors_count(factors), 4);
	for (size_t i = 0; i < sizeof(ASKED) / sizeof(ASKED[0]); i++) {
		const factor_t *factor = NULL;
		const factor_key_t key = { SLICE("grid"), slice_str(ASKED[i].region),
			                   slice_str(ASKED[i].scope), ASKED[i].year };
		err_t err = factors_find(factors, &key, &factor);
		assert_int_equal(err, ASKED[i].value > 0 ? ERR_OK : ERR_NOT_FOUND);
		assert_true(err || factor->value == ASKED[i].value);
	}
	factors_free(factors);
}

static void a_region_has_the_factor_of_the_one_that_it_lies_in(void **state)
{
	(void)state;
	static const char TEXT[] = "grid\tCN-EAST\t2023\tregional\t0.55\tkgCO2/kWh\tA notice\n"
				   "grid\t33\t2023\tprovincial\t0.5\tkgCO2/kWh\tA notice\n"
				   "lies-in\t32\tCN-EAST\nlies-in\t3205\t32\nlies-in\t33\tCN-EAST\n"
				   "lies-in\ta\tb\nlies-in\tb\ta\n";
	static const struct {
		const char *region, *scope;
		double value; /* 0: there is none */
	} ASKED[] = {
		{ "32", "regional", 0.55 }, { "3205", "regional", 0.55 },
		{ "33", "regional", 0.55 }, { "33", "provincial", 0.5 },
		{ "32", "provincial", 0 },  { "44", "regional", 0 },
		{ "a", "regional", 0 },
	};
	const factor_pack_t pack = { slice_str(TEXT), "f.tsv" };
	factors_t *factors = NULL;
	err_detail_t detail;
	assert_int_equal(factors_read(&pack, 1, &factors, &detail), ERR_OK);
	for (size_t i = 0; i < sizeof(ASKED) / sizeof(ASKED[0]); i++) {
		const factor_t *factor = NULL;
		const factor_key_t key = { SLICE("grid"), slice_str(ASKED[i].region),
			                   slice_str(ASKED[i].scope), 2023 };
		err_t err = factors_find(factors, &key, &factor);
		assert_int_equal(err, ASKED[i].value > 0 ? ERR_OK : ERR_NOT_FOUND);
		assert_true(err || factor->value == ASKED[i].value);
	}
	factors_free(factors);
}

static void a_factor_is_had_in_any_unit_of_its_dimension(void **state)
{
	(void)state;
	factors_t *factors = rows_read();
	const factor_key_t key = { SLICE("grid"), SLICE("CN"), SLICE("average"), 2023 };
	const factor_t *factor = NULL;
	unit_t per_mwh, per_t;
	double value = -1;
	assert_int_equal(factors_find(factors, &key, &factor), ERR_OK);
	assert_int_equal(unit_parse(SLICE("tCO2/MWh"), &per_mwh), ERR_OK);
	assert_int_equal(unit_parse(SLICE("kgCO2/t"), &per_t), ERR_OK);
	assert_int_equal(factor_in(factor, &per_mwh, &value), ERR_OK);
	assert_near(value, 0.5306);
	assert_int_equal(factor_in(factor, &per_t, &value), ERR_CONFLICT);
	assert_near(value, 0.5306);
	factors_free(factors);
}

static void each_fault_of_a_factor_has_its_place_and_its_words(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} BAD[] = {
		{ "grid\tCN\t2023\n",
		  "f.tsv:1:13: a row of factors has seven cells. Write substance, "
		  "region, year, scope, value, unit, source with tabs between" },
		{ "lies-in\t32\tCN-EAST\nlies-in\t32\tCN-WEST\n",
		  "f.tsv:2:9: the region '32' lies in two others. Keep one of the rows" },
		{ "my grid\tCN\t2023\ta\t1\tkg/t\ts\n", "f.tsv:1:1: 'my grid' is no word for this "
		                                        "cell. Use 1 to 64 of A-Z a-z 0-9 _ . -" },
		{ "#\n\ngrid\t\t2023\ta\t1\tkg/t\ts\n",
		  "f.tsv:3:6: '' is no word for this cell. Use 1 to 64 of A-Z a-z 0-9 _ . -" },
		{ "grid\tCN\t23\ta\t1\tkg/t\ts\n",
		  "f.tsv:1:9: '23' is no year. Write four digits, such as 2023" },
		{ "grid\tCN\t2023\ta\t0\tkg/t\ts\n",
		  "f.tsv:1:16: '0' is no factor. Write a number more than 0" },
		{ "grid\tCN\t2023\ta\t1,5\tkg/t\ts\n",
		  "f.tsv:1:16: '1,5' is no factor. Write a number more than 0" },
		{ "grid\tCN\t2023\ta\t1\tkgg/t\ts\n",
		  "f.tsv:1:18: 'kgg/t' is no unit. Write one such as kgCO2/kWh or kgce/kg" },
		{ "grid\tCN\t2023\ta\t1\tkg/t\t\n",
		  "f.tsv:1:23: a factor must say where it was read. "
		  "Name the publication in the last cell" },
		{ "grid\tCN\t2023\ta\t1\tkg/t\ts\ngrid\tCN\t2023\ta\t2\tkg/t\ts\n",
		  "f.tsv:2:1: the factor of 'grid' for this region, year and scope is there twice. "
		  "Keep one of the rows; the other is at f.tsv:1:1" },
	};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const factor_pack_t pack = { slice_str(BAD[i].text), "f.tsv" };
		char said[RENDER_MAX];
		err_detail_t detail;
		factors_t *factors = NULL;
		assert_int_equal(factors_read(&pack, 1, &factors, &detail), ERR_CONFIG);
		assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)), BAD[i].said);
		assert_null(factors);
	}
}

#define PACK "pack: {id: p, version: 1, source: S}\npublished:\n"
#define FIGURE(date) \
	"  - {id: n, name: {en: Nodes, zh: 节点}, value: 156, unit: \"1\", scope: {en: Nation, " \
	"zh: " \
	"全国}, date: " date ", source: A paper}\n"

static void a_published_figure_keeps_what_was_said_with_it(void **state)
{
	(void)state;
	static const char YAML[] = PACK FIGURE("\"2021-09\"")
		FIGURE("\"2021-10\"") "  - {id: n, name: Nodes, kind: target, bound: more-than, "
				      "value: 200, unit: \"1\", scope: "
				      "Nation, date: \"2021-09\", source: A plan}\n";
	const published_pack_t pack = { slice_str(YAML), "t.yaml" };
	published_set_t *set = NULL;
	err_detail_t detail;
	assert_int_equal(published_read(&pack, 1, &set, &detail), ERR_OK);
	assert_int_equal(published_count(set), 3);
	const published_t *first = published_get(set, 0), *last = published_get(set, 2);
	assert_true(first->value == 156);
	assert_int_equal(first->kind, PUBLISHED_FIGURE);
	assert_string_equal(published_sign(first->bound), "");
	assert_true(slice_eq(first->scope[LANG_ZH], slice_str("全国")));
	assert_true(slice_eq(first->date, SLICE("2021-09")));
	assert_true(slice_eq(first->source, SLICE("A paper")));
	assert_int_equal(last->kind, PUBLISHED_TARGET);
	assert_string_equal(published_sign(last->bound), "> ");
	published_free(set);
}

static void each_fault_of_published_figures_has_its_place_and_its_words(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *said;
	} BAD[] = {
		{ PACK FIGURE("\"2021-13\""),
		  "t.yaml:3:98: '2021-13' is no date. Write a year, a month or a day in quotes: "
		  "\"2027\", \"2027-12\", \"2027-12-31\"" },
		{ PACK FIGURE("\"2021\"") FIGURE("\"2021\""),
		  "t.yaml:4:10: the name 'n' is used twice. Choose another; the first is at "
		  "t.yaml:3:10" },
		{ PACK "  - {id: n, name: N, value: 1, unit: nodez, scope: S, date: \"2021\", "
		       "source: S}\n",
		  "t.yaml:3:38: 'nodez' is no unit. Write one such as kWh, t, m3/h, piece/h, %, or "
		  "1 "
		  "for a plain number" },
		{ PACK "  - {id: n, name: N, value: 1, unit: t, scope: S, date: \"2021\"}\n",
		  "t.yaml:3:5: the key 'source' is missing. Add 'source: ...' here" },
	};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const published_pack_t pack = { slice_str(BAD[i].yaml), "t.yaml" };
		char said[RENDER_MAX];
		err_detail_t detail;
		published_set_t *set = NULL;
		assert_int_equal(published_read(&pack, 1, &set, &detail), ERR_CONFIG);
		assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)), BAD[i].said);
		assert_null(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_factor_is_found_by_all_of_its_key_and_nothing_stands_in),
		cmocka_unit_test(a_region_has_the_factor_of_the_one_that_it_lies_in),
		cmocka_unit_test(a_factor_is_had_in_any_unit_of_its_dimension),
		cmocka_unit_test(each_fault_of_a_factor_has_its_place_and_its_words),
		cmocka_unit_test(a_published_figure_keeps_what_was_said_with_it),
		cmocka_unit_test(each_fault_of_published_figures_has_its_place_and_its_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
