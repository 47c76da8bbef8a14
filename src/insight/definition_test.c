/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/definition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

enum { RENDER_MAX = 1024, YAML_MAX = 8192 };

#define PACK "pack: {id: p, version: 3, source: Pack of tests}\nindicators:\n"
#define HEAD(id, version) \
	"  - id: " id "\n    version: " version "\n    name: {en: Name, zh: 名称}\n"
#define WIDE  "    scopes: [{id: s, name: Scope}]\n    periods: [day]\n"
/* Whatever is wrong then stands at the line of the last piece. */
#define RATIO HEAD("ratio", "1") "    unit: \"%\"\n" WIDE
#define GOOD_PARTS \
	"    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    value: \"a\"\n    unit: kWh\n"

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
		fail_msg("%.15g is not %.15g", a, b);
}

static const char FULL[] = PACK
	"  - id: oee\n"
	"    version: 2\n"
	"    name: {en: OEE, zh: 设备综合效率}\n"
	"    note: {en: All losses, zh: 全部损失}\n"
	"    unit: \"%\"\n"
	"    scopes:\n"
	"      - {id: unit, name: {en: Unit, zh: 单元}}\n"
	"      - {id: line, name: {en: Line, zh: 产线}}\n"
	"    periods: [shift, day]\n"
	"    inputs:\n"
	"      - {name: state, unit: \"1\"}\n"
	"      - {name: good, unit: piece}\n"
	"      - {name: spare, unit: kW, optional: yes}\n"
	"      - {name: devices, from: devices.connected}\n"
	"    parameters:\n"
	"      - {name: pru, unit: s/piece, number: 3}\n"
	"      - {name: grid, unit: kgCO2/kWh, factor: {substance: electricity, year: 2023,\n"
	"         scope: average}}\n"
	"    uses:\n"
	"      - {name: other, id: p.energy, version: 1}\n"
	"    parts:\n"
	"      - {name: pbt, sum: \"good(state) - duration(state, 3)\", unit: h}\n"
	"      - {name: planned, sum: \"pru * delta(good)\", unit: h}\n"
	"      - {name: co2, sum: \"grid * other.energy\", unit: kgCO2}\n"
	"      - {name: sizes, histogram: {of: good, bounds: [1, 2.5, 10]}}\n"
	"      - {name: kinds, distinct: devices, unit: device}\n"
	"      - {name: load, quantiles: spare}\n"
	"    value: \"planned / pbt\"\n"
	"    base: {value: 61, at: \"2020-12-31\", source: Some book}\n"
	"    target: {value: 85, by: \"2027\", source: Some plan}\n"
	"    source: A standard\n" HEAD(
		"energy", "1") "    unit: MJ\n"
			       "    scopes: [{id: unit, name: U}, {id: line, name: L}]\n"
			       "    periods: [shift, day, month]\n"
			       "    declared: yes\n"
			       "    parts: [{name: energy, unit: MJ}]\n"
			       "    value: \"energy\"\n";

static definitions_t *read_good(const char *yaml)
{
	const definition_pack_t pack = { slice_str(yaml), "t.yaml" };
	definitions_t *set = NULL;
	err_detail_t detail;
	char said[RENDER_MAX];
	if (definitions_read(&pack, 1, NULL, &set, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, said, sizeof(said)));
	return set;
}

static void a_definition_holds_what_its_pack_says(void **state)
{
	(void)state;
	definitions_t *set = read_good(FULL);
	assert_int_equal(definitions_count(set), 2);
	const definition_t *d = definitions_find(set, SLICE("p.oee"), 0);
	assert_ptr_equal(d, definitions_get(set, 1));
	assert_int_equal(d->version, 2);
	assert_int_equal(d->rank, 1);
	assert_true(slice_eq(d->name[LANG_ZH], slice_str("设备综合效率")));
	assert_true(slice_eq(d->note[LANG_EN], SLICE("All losses")));
	assert_true(definition_has_scope(d, SLICE("line")));
	assert_false(definition_has_scope(d, SLICE("site")));
	assert_true(definition_has_period(d, PERIOD_SHIFT));
	assert_false(definition_has_period(d, PERIOD_MONTH));
	assert_true(d->inputs[2].is_optional);
	assert_int_equal(d->inputs[0].source, SOURCE_NONE);
	assert_int_equal(d->inputs[3].source, SOURCE_DEVICES_CONNECTED);
	assert_true(slice_eq(d->inputs[3].unit_text, SLICE("device")));
	assert_true(d->parameters[0].has_number && d->parameters[0].number == 3);
	assert_true(d->parameters[1].factor.is_there);
	assert_int_equal(d->parameters[1].factor.year, 2023);
	assert_int_equal(d->parameters[1].factor.region.len, 0);
	assert_int_equal(d->part_count, 6);
	assert_int_equal(d->parts[3].kind, PART_HISTOGRAM);
	assert_int_equal(d->parts[3].bound_count, 3);
	assert_true(d->parts[3].bounds[1] == 2.5);
	assert_int_equal(d->parts[4].kind, PART_DISTINCT);
	assert_int_equal(d->parts[4].input, 3);
	assert_true(slice_eq(d->parts[5].unit_text, SLICE("kW")));
	assert_true(d->base.is_there && d->base.value == 61);
	assert_true(slice_eq(d->target.date, SLICE("2027")));
	assert_true(slice_eq(d->source, SLICE("A standard")));
	/* What has no source of its own has that of its pack. */
	assert_true(slice_eq(definitions_get(set, 0)->source, SLICE("Pack of tests")));
	assert_true(definitions_get(set, 0)->is_declared);
	assert_null(definitions_get(set, 0)->parts[0].formula);
	definitions_free(set);
}

static void a_formula_says_what_it_needs(void **state)
{
	(void)state;
	definitions_t *set = read_good(FULL);
	const definition_t *d = definitions_find(set, SLICE("p.oee"), 2);
	size_t count = 0;
	const expr_input_t *inputs = expr_inputs(d->parts[0].formula, &count);
	assert_int_equal(count, 2);
	definition_need_t need = definition_need(d, &inputs[1]);
	assert_int_equal(need.kind, NEED_SERIES);
	assert_int_equal(need.function, FUNCTION_DURATION);
	assert_int_equal(need.index, 0);
	assert_true(need.number == 3);
	inputs = expr_inputs(d->parts[2].formula, &count);
	assert_int_equal(count, 2);
	need = definition_need(d, &inputs[0]);
	assert_int_equal(need.kind, NEED_PARAMETER);
	assert_int_equal(need.index, 1);
	need = definition_need(d, &inputs[1]);
	assert_int_equal(need.kind, NEED_PART);
	assert_true(slice_eq(d->uses[need.index].name, SLICE("other.energy")));
	assert_true(slice_eq(d->uses[need.index].definition->id, SLICE("p.energy")));
	definitions_free(set);
}

static void a_part_is_in_its_own_unit_and_a_value_in_that_of_the_indicator(void **state)
{
	(void)state;
	definitions_t *set = read_good(FULL);
	const definition_t *d = definitions_find(set, SLICE("p.oee"), 2);
	/* 8 h covered, half an hour of it outside, both in seconds. */
	const expr_value_t times[] = { { true, 28800 }, { true, 1800 } };
	assert_near(expr_eval(d->parts[0].formula, times).number, 7.5);
	/* 0.5306 kgCO2/kWh of 3,600 MJ, which is 1,000 kWh. */
	const expr_value_t carbon[] = { { true, 0.5306 }, { true, 3600 } };
	assert_near(expr_eval(d->parts[2].formula, carbon).number, 530.6);
	const part_t parts[FIGURE_PARTS_MAX] = { { .is_there = true, .sum = 7.5 },
		                                 { .is_there = true, .sum = 6 } };
	slice_t lack = SLICE("?");
	expr_value_t value = definition_value(d, parts, &lack);
	assert_true(value.is_there);
	assert_near(value.number, 80);
	assert_int_equal(lack.len, 0);
	definitions_free(set);
}

static const char RATIO_PACK[] = PACK RATIO
	"    inputs: [{name: x, unit: piece}, {name: y, unit: piece}]\n"
	"    parts: [{name: good, sum: \"delta(x)\", unit: piece},\n"
	"            {name: all, sum: \"delta(y)\", unit: piece}]\n"
	"    value: \"good / all\"\n";

static void an_absent_part_is_named_and_no_zero(void **state)
{
	(void)state;
	definitions_t *set = read_good(RATIO_PACK);
	const definition_t *d = definitions_get(set, 0);
	slice_t lack = { 0 };
	part_t parts[2] = { { .is_there = true, .sum = 1 }, { .is_there = false } };
	assert_false(definition_value(d, parts, &lack).is_there);
	assert_true(slice_eq(lack, SLICE("all")));
	parts[1] = (part_t){ .is_there = true, .sum = 0 };
	assert_false(definition_value(d, parts, &lack).is_there);
	assert_int_equal(lack.len, 0);
	definitions_free(set);
}

/* Half of 10 pieces at one unit and all of 90 at another: 95 of 100, and not the 75 percent
 * that their rates give in the mean. */
static void rates_come_from_sums_and_have_no_mean(void **state)
{
	(void)state;
	definitions_t *set = read_good(RATIO_PACK);
	const definition_t *d = definitions_get(set, 0);
	const double of[2][2] = { { 5, 10 }, { 90, 90 } };
	part_t sums[2] = { { .is_there = true }, { .is_there = true } };
	slice_t lack = { 0 };
	for (size_t unit = 0; unit < 2; unit++)
		for (size_t part = 0; part < 2; part++)
			sums[part].sum += of[unit][part];
	assert_near(definition_value(d, sums, &lack).number, 95);
	definitions_free(set);
}

static void sketches_give_numbers_to_a_value(void **state)
{
	(void)state;
	static const char YAML[] = PACK RATIO
		"    inputs: [{name: x, unit: s}]\n"
		"    parts: [{name: kinds, distinct: x}, {name: delays, quantiles: x},\n"
		"            {name: classes, histogram: {of: x, bounds: [1]}}]\n"
		"    value: \"distinct(kinds) + quantile(delays, 0.5) / 1[s] + count(classes) * 10 "
		"+ "
		"count(delays) * 1000\"\n";
	uint8_t registers[HYPERLOGLOG_BYTES_MAX], centroids[DIGEST_BYTES_MAX];
	uint8_t counts[CLASSES_BYTES_MAX];
	writer_t r = writer_of(registers, sizeof(registers));
	writer_t c = writer_of(centroids, sizeof(centroids));
	writer_t n = writer_of(counts, sizeof(counts));
	hyperloglog_t kinds;
	classes_t classes;
	quantiles_t *delays = malloc(sizeof(*delays));
	const double bound = 1;
	slice_t lack = { 0 };
	assert_non_null(delays);
	hyperloglog_clear(&kinds);
	hyperloglog_put(&kinds, &r);
	quantiles_clear(delays);
	for (int i = 1; i <= 3; i++)
		quantiles_add(delays, i);
	quantiles_put(delays, &c);
	classes_clear(&classes, 1);
	assert_int_equal(classes_add(&classes, &bound, 0.5, 2), ERR_OK);
	assert_int_equal(classes_add(&classes, &bound, 1, 5), ERR_OK);
	classes_put(&classes, &n);
	definitions_t *set = read_good(YAML);
	part_t parts[3] = { { PART_DISTINCT, true, 0, writer_done(&r) },
		            { PART_QUANTILES, true, 0, writer_done(&c) },
		            { PART_HISTOGRAM, true, 0, writer_done(&n) } };
	/* None, the middle of 1 2 3, seven in all, three: as percents. */
	expr_value_t value = definition_value(definitions_get(set, 0), parts, &lack);
	assert_near(value.number, 100 * (0 + 2 + 70 + 3000));
	parts[1].bytes = SLICE("no digest");
	assert_false(definition_value(definitions_get(set, 0), parts, &lack).is_there);
	assert_true(slice_eq(lack, SLICE("delays")));
	definitions_free(set);
	free(delays);
}

static void a_set_holds_several_versions_and_finds_the_newest(void **state)
{
	(void)state;
	static const char INPUT[] = WIDE "    inputs: [{name: x, unit: kWh}]\n" GOOD_PARTS;
	char yaml[YAML_MAX];
	snprintf(yaml, sizeof(yaml), "%s%s%s%s%s%s%s", PACK, HEAD("e", "10"), INPUT, HEAD("e", "9"),
	         INPUT, HEAD("a", "1"), INPUT);
	definitions_t *set = read_good(yaml);
	assert_int_equal(definitions_count(set), 3);
	assert_true(slice_eq(definitions_get(set, 0)->id, SLICE("p.a")));
	assert_int_equal(definitions_find(set, SLICE("p.e"), 0)->version, 10);
	assert_int_equal(definitions_find(set, SLICE("p.e"), 9)->version, 9);
	assert_null(definitions_find(set, SLICE("p.e"), 8));
	assert_null(definitions_find(set, SLICE("e"), 0));
	definitions_free(set);
}

#define INPUT_X "    inputs: [{name: x, unit: kWh}]\n"
#define ENERGY  HEAD("e", "1") WIDE

/* What is wrong, where it is, and what to do. */
static const struct {
	const char *yaml, *said, *said_zh;
} BAD[] = {
	/* YAML and its shape */
	{ "", "t.yaml:1:1: 't.yaml' must be a mapping. Write 'key: value' lines below it", NULL },
	{ "pack: {id: p, version: 1, source: S}\nindicator: []\n",
	  "t.yaml:2:1: unknown key 'indicator'. Did you mean 'indicators'?",
	  "t.yaml:2:1: 未知的键“indicator”。是否想写“indicators”？" },
	{ PACK "  - {id: a b}\n",
	  "t.yaml:3:10: 'a b' is no name for 'id'. Use 1 to 64 of A-Z a-z 0-9 _ . -", NULL },
	{ PACK HEAD("e", "0"),
	  "t.yaml:4:14: 'version' is 0, outside 1 - 1000000. Choose a value in "
	  "this range",
	  NULL },
	{ PACK HEAD("e", "1") "    unit: kWh\n    scopes: []\n    periods: [day]\n" INPUT_X
	                      "    parts: []\n    value: a\n",
	  "t.yaml:3:5: the key 'scopes' is missing. Add 'scopes: ...' here", NULL },
	{ PACK HEAD("e", "1") "    unit: kWh\n    scopes: [{id: s, name: S}]\n    periods: [dya]\n",
	  "t.yaml:8:15: 'dya' is no value of 'periods'. Did you mean 'day'?",
	  "t.yaml:8:15: “dya”不是“periods”的可选值。是否想写“day”？" },
	{ PACK ENERGY "    unit: kWh\n    parts: []\n    value: a\n",
	  "t.yaml:3:5: the key 'parts' is missing. Add 'parts: ...' here", NULL },
	/* words of packs */
	{ PACK ENERGY "    unit: kHw\n    parts: [{name: a, unit: 1}]\n    value: a\n",
	  "t.yaml:8:11: 'kHw' is no unit. Write one such as kWh, t, m3/h, piece/h, %, or 1 for a "
	  "plain number",
	  "t.yaml:8:11: “kHw”不是单位。请写单位，例如 kWh、t、m3/h、piece/h、%，无量纲写 1" },
	{ PACK ENERGY "    inputs: [{name: 1x, unit: kWh}]\n" GOOD_PARTS,
	  "t.yaml:8:21: '1x' is no name for a formula. Begin with a letter, then letters, digits "
	  "and _",
	  NULL },
	{ PACK ENERGY
	  "    inputs: [{name: x, unit: kWh}]\n    parameters: [{name: x, unit: h}]\n" GOOD_PARTS,
	  "t.yaml:9:25: the name 'x' is used twice. Choose another; the first is at t.yaml:8:21",
	  NULL },
	{ PACK HEAD("e", "1") "    scopes: [{id: s, name: S}, {id: s, name: T}]\n    periods: "
	                      "[day]\n" INPUT_X GOOD_PARTS,
	  "t.yaml:6:37: the name 's' is used twice. Choose another; the first is at t.yaml:6:19",
	  NULL },
	{ PACK ENERGY "    inputs: [{name: x, from: devices.conected}]\n" GOOD_PARTS,
	  "t.yaml:8:30: 'devices.conected' is no value of 'from'. Did you mean "
	  "'devices.connected'?",
	  NULL },
	{ PACK ENERGY "    inputs: [{name: x, from: devices.known, unit: kWh}]\n" GOOD_PARTS,
	  "t.yaml:8:51: an input with 'from' has the unit of what it is from. Remove 'unit'",
	  NULL },
	{ PACK ENERGY "    inputs: [{name: x}]\n" GOOD_PARTS,
	  "t.yaml:8:14: the key 'unit' is missing. Add 'unit: ...' here", NULL },
	{ PACK ENERGY INPUT_X "    parameters:\n      - {name: f, unit: kg, number: 1, factor: "
	                      "{substance: s, year: 1, scope: s}}\n" GOOD_PARTS,
	  "t.yaml:10:37: the parameter 'f' has a number and a factor. Keep one of them", NULL },
	{ PACK ENERGY INPUT_X GOOD_PARTS "    target: {value: 1, by: \"2023-02-29\", source: s}\n",
	  "t.yaml:12:28: '2023-02-29' is no date. Write a year, a month or a day in quotes: "
	  "\"2027\", \"2027-12\", \"2027-12-31\"",
	  NULL },
	/* parts */
	{ PACK ENERGY INPUT_X "    unit: kWh\n    parts: [{name: a, unit: kWh}]\n    value: a\n",
	  "t.yaml:10:13: a part must have one of sum, histogram, distinct and quantiles. Write one "
	  "of them",
	  "t.yaml:10:13: 分量须有 sum、histogram、distinct、quantiles 之一。请只写其中一项" },
	{ PACK ENERGY INPUT_X "    unit: kWh\n    parts: [{name: a, quantiles: z}]\n    value: a\n",
	  "t.yaml:10:34: there is no input 'z'. Add it to 'inputs'", NULL },
	{ PACK ENERGY INPUT_X
	  "    unit: kWh\n    parts: [{name: a, quantiles: x, unit: h}]\n    value: "
	  "a\n",
	  "t.yaml:10:43: a part of this kind has the unit of its input. Remove 'unit'", NULL },
	{ PACK ENERGY INPUT_X "    unit: kWh\n    parts: [{name: a, histogram: {of: x, bounds: [2, "
	                      "2]}}]\n    value: a\n",
	  "t.yaml:10:50: the bounds must be numbers that rise. Write them from the least up, such "
	  "as [1, 10, 100]",
	  NULL },
	{ PACK ENERGY "    unit: kWh\n    declared: yes\n    parts: [{name: a, unit: kWh, sum: "
	              "\"1\"}]\n    value: a\n",
	  "t.yaml:10:39: a declared indicator has nothing that is computed. Remove 'sum', or "
	  "'declared'",
	  NULL },
	{ PACK ENERGY INPUT_X "    declared: yes\n" GOOD_PARTS,
	  "t.yaml:8:13: a declared indicator has nothing that is computed. Remove 'inputs', or "
	  "'declared'",
	  NULL },
	/* formulas */
	{ PACK ENERGY INPUT_X
	  "    unit: kWh\n    parts: [{name: a, sum: \"delta(y)\", unit: kWh}]\n  "
	  "  value: a\n",
	  "t.yaml:10:35: there is no series y. series here are: x", NULL },
	{ PACK ENERGY INPUT_X
	  "    unit: kWh\n    parts: [{name: a, sum: \"delta(x) + 1[h]\", unit: "
	  "kWh}]\n    value: a\n",
	  "t.yaml:10:40: h and kWh do not go together. bring both to one dimension; a number has "
	  "its unit behind it, as 80[degC]",
	  NULL },
	{ PACK ENERGY INPUT_X
	  "    unit: t\n    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    "
	  "value: \"a\"\n",
	  "t.yaml:11:13: the formula gives kWh where t is wanted. multiply or divide by what is "
	  "missing, or change the unit",
	  NULL },
	{ PACK ENERGY
	  "    inputs: [{name: x, unit: degC}]\n    unit: K\n    parts: [{name: a, sum: "
	  "\"sum(x)\", unit: K}]\n    value: \"a\"\n",
	  "t.yaml:10:33: sum is not defined for a series in degC", NULL },
	{ PACK ENERGY INPUT_X
	  "    unit: kWh\n    value: a\n    parts:\n      - name: a\n        sum: >-\n "
	  "          delta(x)\n        unit: kWh\n",
	  "t.yaml:13:14: a formula must stand on one line, without escapes. Write it in double "
	  "quotes on one line",
	  NULL },
	{ PACK ENERGY INPUT_X "    unit: kWh\n    parts: [{name: a, sum: \"delta(\\x78)\", unit: "
	                      "kWh}]\n    value: a\n",
	  "t.yaml:10:28: a formula must stand on one line, without escapes. Write it in double "
	  "quotes on one line",
	  NULL },
	{ PACK ENERGY "    inputs: [{name: x, unit: kWh}, {name: y, unit: kWh}]\n" GOOD_PARTS,
	  "t.yaml:8:43: no formula uses 'y'. Remove it, or use it", NULL },
	{ PACK ENERGY INPUT_X "    parameters: [{name: f, unit: kg}]\n" GOOD_PARTS,
	  "t.yaml:9:25: no formula uses 'f'. Remove it, or use it", NULL },
	/* a value knows parts alone: neither the mean of rates nor the samples below */
	{ PACK ENERGY INPUT_X
	  "    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    unit: kWh\n  "
	  "  value: \"mean(a)\"\n",
	  "t.yaml:11:13: there is no function mean. functions here are: if else min max abs round "
	  "distinct quantile count",
	  NULL },
	{ PACK ENERGY INPUT_X
	  "    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    unit: kWh\n  "
	  "  value: \"a + delta(x)\"\n",
	  "t.yaml:11:17: there is no function delta. functions here are: if else min max abs round "
	  "distinct quantile count",
	  NULL },
	{ PACK ENERGY INPUT_X
	  "    parts: [{name: a, distinct: x}]\n    unit: \"1\"\n    value: \"a\"\n",
	  "t.yaml:11:12: the part 'a' is no sum. Write distinct(a)",
	  "t.yaml:11:12: 分量“a”不是求和分量。请写 distinct(a)" },
	{ PACK ENERGY INPUT_X
	  "    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    unit: kWh\n  "
	  "  value: \"distinct(a)\"\n",
	  "t.yaml:11:12: distinct() does not go with the kind of the part 'a'. distinct() is of "
	  "distinct parts, quantile() of quantiles, count() of quantiles and histograms",
	  NULL },
	{ PACK ENERGY INPUT_X "    parts: [{name: a, quantiles: x}]\n    unit: kWh\n    value: "
	                      "\"quantile(a, 95)\"\n",
	  "t.yaml:11:12: quantile() of 'a' is asked at 95. Write a share from 0 to 1, such as 0.95",
	  NULL },
	/* others */
	{ PACK ENERGY INPUT_X GOOD_PARTS ENERGY INPUT_X GOOD_PARTS,
	  "t.yaml:12:9: 'p.e' version 1 is there twice. Give another version; the first is at "
	  "t.yaml:3:9",
	  "t.yaml:12:9: “p.e”版本 1 重复。请改用其他版本号；第一个在 t.yaml:3:9" },
	{ PACK ENERGY
	  "    uses: [{name: o, id: p.f, version: 2}]\n    unit: kWh\n    parts: [{name: a, "
	  "sum: \"o.a\", unit: kWh}]\n    value: a\n",
	  "t.yaml:8:26: there is no indicator 'p.f' version 2. Add it, or correct 'id' and "
	  "'version'",
	  NULL },
	{ PACK ENERGY
	  "    uses: [{name: o, id: p.e, version: 1}]\n    unit: kWh\n    parts: [{name: a, "
	  "sum: \"o.a\", unit: kWh}]\n    value: a\n",
	  "t.yaml:8:11: 'p.e' uses itself, or others more than 16 deep. Remove one of the uses",
	  NULL },
	{ PACK ENERGY INPUT_X GOOD_PARTS HEAD("f",
	                                      "1") "    scopes: [{id: t, name: T}]\n    periods: "
	                                           "[day]\n    uses: [{name: o, id: p.e, version: "
	                                           "1}]\n    unit: kWh\n    parts: [{name: a, sum: "
	                                           "\"o.a\", unit: kWh}]\n    value: a\n",
	  "t.yaml:17:26: 'p.e' does not offer 't', which this one does. Add it there, or remove it "
	  "here",
	  NULL },
	{ PACK ENERGY INPUT_X GOOD_PARTS HEAD(
		  "f", "1") "    scopes: [{id: s, name: S}]\n    periods: "
	                    "[day, month]\n    uses: [{name: o, id: p.e, version: 1}]\n    unit: "
	                    "kWh\n    parts: [{name: "
	                    "a, sum: \"o.a\", unit: kWh}]\n    value: a\n",
	  "t.yaml:17:26: 'p.e' does not offer 'month', which this one does. Add it there, or "
	  "remove "
	  "it here",
	  NULL },
	{ PACK ENERGY INPUT_X GOOD_PARTS HEAD("f", "1") WIDE
	  "    uses: [{name: o, id: p.e, version: 1}]\n    unit: kWh\n    inputs: [{name: x, unit: "
	  "kWh}]\n    parts: [{name: a, sum: \"delta(x)\", unit: kWh}]\n    value: a\n",
	  "t.yaml:17:19: no formula uses 'o'. Remove it, or use it", NULL },
};

static void each_fault_of_a_pack_has_its_place_and_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const definition_pack_t pack = { slice_str(BAD[i].yaml), "t.yaml" };
		char said[RENDER_MAX];
		err_detail_t detail;
		definitions_t *set = NULL;
		if (definitions_read(&pack, 1, NULL, &set, &detail) != ERR_CONFIG)
			fail_msg("row %zu was read", i);
		assert_int_equal(detail.err, ERR_CONFIG);
		assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)), BAD[i].said);
		if (BAD[i].said_zh)
			assert_string_equal(err_render(&detail, LANG_ZH, said, sizeof(said)),
			                    BAD[i].said_zh);
		assert_null(set);
	}
}

static void more_definitions_than_the_limit_are_refused_at_the_first_too_many(void **state)
{
	(void)state;
	enum { ROW_MAX = 192 };
	static const char ROW[] =
		"  - {id: i%d, version: 1, name: N, unit: \"1\", declared: yes, scopes: "
		"[{id: s, name: S}], periods: [day], parts: [{name: a, unit: "
		"\"1\"}], value: a}\n";
	size_t cap = sizeof(PACK) + (DEFINITIONS_MAX + 1) * ROW_MAX, len = 0;
	char *yaml = malloc(cap), said[RENDER_MAX];
	assert_non_null(yaml);
	len += (size_t)snprintf(yaml, cap, "%s", PACK);
	for (int i = 0; i < DEFINITIONS_MAX; i++)
		len += (size_t)snprintf(yaml + len, cap - len, ROW, i);
	const definition_pack_t packs[] = {
		{ slice_of(yaml, len), "t.yaml" },
		{ slice_str(PACK
		            "  - {id: z, version: 2, name: N, unit: \"1\", declared: yes, scopes: "
		            "[{id: s, name: S}], periods: [day], parts: [{name: a, unit: "
		            "\"1\"}], value: a}\n"),
		  "u.yaml" },
	};
	definitions_t *set = NULL;
	err_detail_t detail;
	assert_int_equal(definitions_read(packs, 1, NULL, &set, &detail), ERR_OK);
	assert_int_equal(definitions_count(set), DEFINITIONS_MAX);
	definitions_free(set);
	set = NULL;
	assert_int_equal(definitions_read(packs, 2, NULL, &set, &detail), ERR_CONFIG);
	assert_null(set);
	assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)),
	                    "u.yaml:3:5: more than 1024 in all packs. Remove some");
	free(yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_definition_holds_what_its_pack_says),
		cmocka_unit_test(a_formula_says_what_it_needs),
		cmocka_unit_test(a_part_is_in_its_own_unit_and_a_value_in_that_of_the_indicator),
		cmocka_unit_test(an_absent_part_is_named_and_no_zero),
		cmocka_unit_test(rates_come_from_sums_and_have_no_mean),
		cmocka_unit_test(sketches_give_numbers_to_a_value),
		cmocka_unit_test(a_set_holds_several_versions_and_finds_the_newest),
		cmocka_unit_test(each_fault_of_a_pack_has_its_place_and_its_words),
		cmocka_unit_test(more_definitions_than_the_limit_are_refused_at_the_first_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
