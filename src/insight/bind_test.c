/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings: what is made of a right configuration, and what is said of a wrong one. */
#include "insight/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char PACK[] =
	"pack: {id: m, version: 1, source: test}\n"
	"indicators:\n"
	"  - id: made_of\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: unit, name: {en: u, zh: u}}, {id: site, name: {en: s, zh: s}}]\n"
	"    source: test\n"
	"    periods: [shift, day]\n"
	"    unit: kWh/piece\n"
	"    uses: [{name: total, id: m.energy, version: 1}]\n"
	"    inputs: [{name: made, unit: piece}, {name: known, from: devices.known}]\n"
	"    parameters: [{name: pace, unit: min/piece}, {name: share, unit: '1', number: 0.5}]\n"
	"    parts:\n"
	"      - {name: energy, sum: total.energy * share, unit: kWh}\n"
	"      - {name: pieces, sum: delta(made), unit: piece}\n"
	"      - {name: time, sum: pace * delta(made), unit: h}\n"
	"      - {name: devices, sum: last(known), unit: device}\n"
	"    value: energy / pieces\n"
	"  - id: energy\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: unit, name: {en: u, zh: u}}, {id: site, name: {en: s, zh: s}}]\n"
	"    source: test\n"
	"    periods: [shift, day, month]\n"
	"    unit: kWh\n"
	"    inputs: [{name: power, unit: kW}, {name: seen, unit: '1', optional: yes}]\n"
	"    parts: [{name: energy, sum: integral(power), unit: kWh},\n"
	"      {name: seen, sum: live(seen) + points(seen), unit: '1'}]\n"
	"    value: energy\n"
	"  - id: carbon\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: unit, name: {en: u, zh: u}}, {id: site, name: {en: s, zh: s}}]\n"
	"    source: test\n"
	"    periods: [day]\n"
	"    unit: kgCO2\n"
	"    inputs: [{name: power, unit: kW}]\n"
	"    parameters: [{name: grid, unit: kgCO2/kWh,\n"
	"      factor: {substance: electricity, year: 2023, scope: average}}]\n"
	"    parts: [{name: mass, sum: integral(power) * grid, unit: kgCO2}]\n"
	"    value: mass\n"
	"  - id: said\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: unit, name: {en: u, zh: u}}, {id: site, name: {en: s, zh: s}}]\n"
	"    source: test\n"
	"    periods: [year]\n"
	"    unit: CNY\n"
	"    declared: yes\n"
	"    parts: [{name: amount, unit: CNY}]\n"
	"    value: amount\n";

static const char FACTORS[] = "electricity\tR-01\t2023\taverage\t0.55\tkgCO2/kWh\ttest\n"
			      "electricity\tR-02\t2022\taverage\t0.6\tkgCO2/kWh\ttest\n";

static const char HOUSE[] =
	"node: {name: n, prefix: 99.100.1, region: %s}\n"
	"calendars: [{name: plain}, {name: works, shifts: [{name: a, start: '06:00'}]}]\n"
	"devices:\n"
	"  - name: D\n"
	"    address: 127.0.0.1:502\n"
	"    period: 2s\n"
	"    points:\n"
	"      - {name: P, address: 0, type: u16, unit: W}\n"
	"      - {name: Q, address: 1, type: u16, unit: MW,\n"
	"         compress: {deviation: 1, max_gap: 10m}}\n"
	"      - {name: R, address: 4, type: u16, unit: kW, compress: {deviation: 1}}\n"
	"      - {name: N, address: 2, type: u16, unit: piece}\n"
	"      - {name: T, address: 3, type: u16}\n"
	"indicators:\n";

typedef struct {
	config_t *config;
	definitions_t *definitions;
	factors_t *factors;
	bindings_t *bindings;
} house_t;

/* What is wrong, as a person reads it; "": nothing. */
typedef struct {
	char text[1024];
} answer_t;

static answer_t house_open(house_t *house, const char *region, const char *indicators, lang_t lang)
{
	static const factor_pack_t factors = { { (const uint8_t *)FACTORS, sizeof(FACTORS) - 1 },
		                               "f.tsv" };
	static const definition_pack_t pack = { { (const uint8_t *)PACK, sizeof(PACK) - 1 },
		                                "p.yaml" };
	char yaml[4096];
	answer_t answer = { "" };
	err_detail_t detail = { 0 };
	*house = (house_t){ 0 };
	snprintf(yaml, sizeof(yaml), HOUSE, region);
	snprintf(&yaml[strlen(yaml)], sizeof(yaml) - strlen(yaml), "%s", indicators);
	err_t err = factors_read(&factors, 1, &house->factors, &detail);
	if (!err)
		err = definitions_read(&pack, 1, house->factors, &house->definitions, &detail);
	if (!err)
		err = config_parse(slice_str(yaml), "t.yaml", &house->config, &detail);
	bind_spec_t spec = { house->config, house->definitions, house->factors, NULL };
	if (!err)
		err = bindings_make(&spec, &house->bindings, &detail);
	if (err)
		(void)err_render(&detail, lang, answer.text, sizeof(answer.text));
	return answer;
}

static void house_close(house_t *house)
{
	bindings_free(house->bindings);
	config_free(house->config);
	definitions_free(house->definitions);
	factors_free(house->factors);
}

static void assert_eq(slice_t got, const char *wanted)
{
	if (!slice_eq(got, slice_str(wanted)))
		fail_msg("'%.*s' is not '%s'", (int)got.len, (const char *)got.ptr, wanted);
}

static const char THREE[] =
	"  - {definition: m.made_of, version: 1, scope: site, periods: [day, shift],\n"
	"     calendar: works, inputs: {made: D.N}, rollover: {D.N: 65536},\n"
	"     parameters: {pace: 90 s/piece}}\n"
	"  - {definition: m.energy, scope: site, periods: [day, shift, month],\n"
	"     calendar: works, inputs: {power: [D.P, D.Q, D.R], seen: [D.N, D.T]}}\n"
	"  - {definition: m.carbon, scope: unit, periods: [day], entity: 99.100.1/D,\n"
	"     inputs: {power: D.P}}\n";

static void a_binding_has_points_factors_and_parameters_in_the_definition_s_units(void **state)
{
	(void)state;
	house_t house;
	answer_t answer = house_open(&house, "R-01", THREE, LANG_EN);
	assert_string_equal(answer.text, "");
	assert_int_equal(bindings_count(house.bindings), 3);
	const binding_t *energy = bindings_get(house.bindings, 0);
	const binding_t *carbon = bindings_get(house.bindings, 1);
	const binding_t *made_of = bindings_get(house.bindings, 2);
	/* What is used stands before who uses it. */
	assert_eq(energy->definition->id, "m.energy");
	assert_eq(made_of->definition->id, "m.made_of");
	assert_ptr_equal(made_of->uses[0], energy);
	assert_eq(energy->entity, "99.100.1");
	assert_eq(carbon->entity, "99.100.1/D");
	assert_int_equal(energy->periods,
	                 1u << PERIOD_DAY | 1u << PERIOD_SHIFT | 1u << PERIOD_MONTH);
	assert_true(periods_have_shifts(energy->calendar));
	assert_false(periods_have_shifts(carbon->calendar));
	/* Who only asks whether they live takes points of any unit. */
	assert_int_equal(energy->inputs[1].point_count, 2);
	assert_true(energy->inputs[1].points[0].factor == 1);
	const bound_input_t *power = &energy->inputs[0];
	assert_int_equal(power->point_count, 3);
	assert_true(power->points[0].factor == 0.001 && power->points[1].factor == 1000);
	/* Three periods; as long as thinned samples may be apart; for ever. */
	assert_int_equal(power->points[0].hold_ns, 6 * NS_PER_S);
	assert_int_equal(power->points[1].hold_ns, 600 * NS_PER_S);
	assert_int_equal(power->points[2].hold_ns, 0);
	assert_true(made_of->inputs[0].points[0].rollover == 65536);
	assert_int_equal(made_of->inputs[1].point_count, 0);
	assert_true(made_of->parameters[0].is_there && made_of->parameters[0].number == 1.5);
	assert_true(made_of->parameters[1].is_there && made_of->parameters[1].number == 0.5);
	assert_true(carbon->parameters[0].is_there && carbon->parameters[0].number == 0.55);
	house_close(&house);
}

#define ENERGY "{definition: m.energy, scope: site, "
#define MADE   "{definition: m.made_of, scope: site, periods: [day], "

/* What stands behind "  - " in line 15, and what is said of it. */
static const struct {
	const char *indicator, *said;
} WRONGS[] = {
	{ "{definition: m.energi, scope: site, periods: [day]}",
	  "t.yaml:15:18: there is no definition 'm.energi' of version *. See 'jizhu indicator "
	  "list'" },
	{ "{definition: m.energy, version: 7, scope: site, periods: [day]}",
	  "t.yaml:15:18: there is no definition 'm.energy' of version 7. See 'jizhu indicator "
	  "list'" },
	{ "{definition: m.said, scope: site, periods: [year]}",
	  "t.yaml:15:18: 'm.said' is declared by a person, nothing measures it. Remove it here" },
	{ "{definition: m.energy, scope: plant, periods: [day]}",
	  "t.yaml:15:35: 'm.energy' has no scope 'plant'. Choose one of: unit, site" },
	{ ENERGY "periods: [year], inputs: {power: D.P}}",
	  "t.yaml:15:50: 'm.energy' has no period 'year'. Choose one of: shift, day, month" },
	{ ENERGY "periods: [dai], inputs: {power: D.P}}",
	  "t.yaml:15:50: 'm.energy' has no period 'dai'. Choose one of: shift, day, month" },
	{ ENERGY "periods: [shift], calendar: plain, inputs: {power: D.P}}",
	  "t.yaml:15:69: the calendar has no shifts. Add 'shifts' to it" },
	{ ENERGY "periods: [day]}",
	  "t.yaml:15:5: input 'power' has no point. Name a point of a unit like kW" },
	{ ENERGY "periods: [day], inputs: {force: D.P}}",
	  "t.yaml:15:73: 'm.energy' has no input 'force'. Choose one of: power, seen" },
	{ ENERGY "periods: [day], inputs: {power: D.PP}}",
	  "t.yaml:15:73: there is no point 'D.PP'. Write a device, a dot and one of its points; "
	  "near: D.P" },
	{ ENERGY "periods: [day], inputs: {power: [D.P, D.P]}}",
	  "t.yaml:15:79: 'D.P' is given twice. Keep one of them" },
	{ ENERGY "periods: [day], inputs: {power: D.N}}",
	  "t.yaml:15:73: 'D.N' is in 'piece', which is not of the kind of 'kW'. Correct the "
	  "unit, or choose another" },
	{ ENERGY "periods: [day], inputs: {power: D.T}}",
	  "t.yaml:15:73: 'D.T' is in '', which is not of the kind of 'kW'. Correct the unit, or "
	  "choose another" },
	{ ENERGY "periods: [day], inputs: {power: D.P}, rollover: {D.N: 9}}",
	  "t.yaml:15:95: no input has the point 'D.N'. Remove it, or correct its name" },
	{ ENERGY "periods: [day], inputs: {power: D.P}, rollover: {D.P: -9}}",
	  "t.yaml:15:95: '-9' is nowhere that 'D.P' can begin again. Write a number above 0, in "
	  "the unit of the point" },
	{ MADE "inputs: {made: D.N, known: D.N}, parameters: {pace: 1}}",
	  "t.yaml:15:85: 'known' is counted by the node itself. Remove it" },
	{ MADE "inputs: {made: D.N}}",
	  "t.yaml:15:5: parameter 'pace' is missing. Add it, in min/piece" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: fast}}",
	  "t.yaml:15:98: 'fast' is no number for 'pace'. Write a number, with a unit behind it "
	  "where it is not min/piece" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: 2 h}}",
	  "t.yaml:15:98: '2 h' is in 'h', which is not of the kind of 'min/piece'. Correct the "
	  "unit, or choose another" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: 2 h/pc3x}}",
	  "t.yaml:15:98: 'h/pc3x' of '2 h/pc3x' is no unit. Write it as in the definition, such "
	  "as min/piece" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: [1, 2]}}",
	  "t.yaml:15:102: 'pace' is given twice. Keep one of them" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: 1, speed: 2}}",
	  "t.yaml:15:108: 'm.made_of' has no parameter 'speed'. Choose one of: pace, share" },
	{ MADE "inputs: {made: D.N}, parameters: {pace: 1}}",
	  "t.yaml:15:5: 'm.made_of' is made of 'm.energy', which is not bound alike. Bind it to "
	  "the same entity, scope, calendar and periods" },
	{ "{definition: m.carbon, scope: site, periods: [day], inputs: {power: D.P},\n"
	  "     parameters: {grid: 1}}",
	  "t.yaml:16:25: 'grid' is a factor of the packs. Remove it; other factors are rows of "
	  "a pack" },
	{ ENERGY "periods: [day], inputs: {power: D.P}}\n"
	         "  - " ENERGY "periods: [month, day], inputs: {power: D.Q}}",
	  "t.yaml:16:5: 'm.energy' of this entity, scope and period is bound twice. Remove one "
	  "of them" },
	/* The day of the one is not that of the other. */
	{ MADE "inputs: {made: D.N}, parameters: {pace: 1}}\n"
	       "  - " ENERGY "periods: [day], calendar: works, inputs: {power: D.Q}}",
	  "t.yaml:15:5: 'm.made_of' is made of 'm.energy', which is not bound alike. Bind it to "
	  "the same entity, scope, calendar and periods" },
};

static void each_fault_names_its_place_and_its_fix(void **state)
{
	(void)state;
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof(WRONGS) / sizeof(*WRONGS); i++) {
		house_t house;
		char indicator[1024];
		snprintf(indicator, sizeof(indicator), "  - %s\n", WRONGS[i].indicator);
		answer_t answer = house_open(&house, "R-01", indicator, LANG_EN);
		if (strcmp(answer.text, WRONGS[i].said) != 0) {
			print_error("%s\n  said     %s\n  expected %s\n", WRONGS[i].indicator,
			            answer.text, WRONGS[i].said);
			wrong++;
		}
		assert_null(house.bindings);
		house_close(&house);
	}
	assert_int_equal(wrong, 0);
}

static void the_factor_of_another_region_or_year_never_stands_in(void **state)
{
	static const struct {
		const char *region, *said;
	} rows[] = {
		{ "R-02",
		  "t.yaml:15:5: the packs have no factor 'electricity' of region 'R-02' and "
		  "year 2023. Set 'node.region', or add the row to a pack" },
		{ "''", "t.yaml:15:5: the packs have no factor 'electricity' of region '' and year "
		        "2023. Set 'node.region', or add the row to a pack" },
	};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		house_t house;
		answer_t answer = house_open(
			&house, rows[i].region,
			"  - {definition: m.carbon, scope: site, periods: [day],\n"
			"     inputs: {power: D.P}}\n",
			LANG_EN);
		assert_string_equal(answer.text, rows[i].said);
		house_close(&house);
	}
}

static void a_fault_is_said_in_chinese_too(void **state)
{
	(void)state;
	house_t house;
	answer_t answer = house_open(&house, "R-01", "  - " ENERGY "periods: [day]}\n", LANG_ZH);
	assert_string_equal(answer.text,
	                    "t.yaml:15:5: 输入“power”没有测点。请给出单位与 kW 同量纲的测点");
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_binding_has_points_factors_and_parameters_in_the_definition_s_units),
		cmocka_unit_test(each_fault_names_its_place_and_its_fix),
		cmocka_unit_test(the_factor_of_another_region_or_year_never_stands_in),
		cmocka_unit_test(a_fault_is_said_in_chinese_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
