/* SPDX-License-Identifier: Apache-2.0 */
/* The packs that are built in say what they are meant to say, held against numbers worked out
 * by hand; and the owner's files add to them. */
#include "insight/packs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"
#include "model/industry.h"

enum { RENDER_MAX = 1024, CODE_MAX = 8 };

#define CONFIG "etc/jizhu.yaml"
#define FOLDER "etc/packs"

typedef struct {
	twin_t *twin;
	env_t *env;
	packs_t *packs; /* those built in */
} world_t;

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
		fail_msg("%.15g is not %.15g", a, b);
}

static packs_t *open_good(env_t *env, const char *config)
{
	const packs_spec_t spec = { .config = config };
	packs_t *packs = NULL;
	err_detail_t detail;
	char said[RENDER_MAX];
	if (packs_open(env, &spec, &packs, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, said, sizeof(said)));
	return packs;
}

static int world_open(void **state)
{
	world_t *world = calloc(1, sizeof(*world));
	twin_spec_t spec = { .seed = 3 };
	*state = world;
	if (!world || twin_new(&spec, &world->twin) ||
	    twin_host_open(world->twin, "node", &world->env))
		return -1;
	world->packs = open_good(world->env, NULL);
	return 0;
}

static int world_close(void **state)
{
	world_t *world = *state;
	packs_close(world->packs);
	twin_host_close(world->env);
	twin_free(world->twin);
	free(world);
	return 0;
}

/* What a test knows of an input, in the unit of the function's number. */
typedef struct {
	const char *name;
	definition_function_t function;
	double number, value;
} known_t;

typedef struct {
	const known_t *rows;
	size_t count;
	const factors_t *factors;
	const char *region;
} knowledge_t;

static double parameter_of(const knowledge_t *k, const definition_name_t *parameter)
{
	const factor_t *factor = NULL;
	double number = parameter->number;
	if (!parameter->factor.is_there)
		return number;
	factor_key_t key = { parameter->factor.substance, parameter->factor.region,
		             parameter->factor.scope, parameter->factor.year };
	if (!key.region.len)
		key.region = slice_str(k->region);
	assert_int_equal(factors_find(k->factors, &key, &factor), ERR_OK);
	assert_int_equal(factor_in(factor, &parameter->unit, &number), ERR_OK);
	return number;
}

static expr_value_t known_find(const knowledge_t *k, slice_t name, definition_need_t need)
{
	for (size_t i = 0; i < k->count; i++)
		if (slice_eq(slice_str(k->rows[i].name), name) &&
		    (need.kind == NEED_PARAMETER ||
		     (k->rows[i].function == need.function && k->rows[i].number == need.number)))
			return (expr_value_t){ true, k->rows[i].value };
	return (expr_value_t){ 0 };
}

static expr_value_t part_of(const knowledge_t *k, const definition_t *d, size_t part);

static expr_value_t need_find(const knowledge_t *k, const definition_t *d, definition_need_t need)
{
	if (need.kind == NEED_PART)
		return part_of(k, d->uses[need.index].definition, d->uses[need.index].part);
	if (need.kind == NEED_SERIES)
		return known_find(k, d->inputs[need.index].name, need);
	const definition_name_t *parameter = &d->parameters[need.index];
	if (parameter->factor.is_there)
		return (expr_value_t){ true, parameter_of(k, parameter) };
	return known_find(k, parameter->name, need);
}

static expr_value_t part_of(const knowledge_t *k, const definition_t *d, size_t part)
{
	size_t count = 0;
	expr_value_t numbers[EXPR_INPUTS_MAX];
	const expr_input_t *inputs = expr_inputs(d->parts[part].formula, &count);
	for (size_t i = 0; i < count; i++)
		numbers[i] = need_find(k, d, definition_need(d, &inputs[i]));
	return expr_eval(d->parts[part].formula, numbers);
}

static void parts_add(const knowledge_t *k, const definition_t *d, part_t parts[FIGURE_PARTS_MAX])
{
	for (size_t i = 0; i < d->part_count; i++) {
		expr_value_t number = part_of(k, d, i);
		parts[i].is_there = number.is_there;
		parts[i].sum += number.is_there ? number.number : 0;
	}
}

static expr_value_t value_of(const world_t *world, const knowledge_t *k, const char *id,
                             uint32_t version)
{
	slice_t lack = { 0 };
	part_t parts[FIGURE_PARTS_MAX] = { 0 };
	const definition_t *d = definitions_find(world->packs->definitions, slice_str(id), version);
	assert_non_null(d);
	parts_add(k, d, parts);
	return definition_value(d, parts, &lack);
}

#define HOUR 3600.0

/* A shift of eight hours: half an hour of it not planned, a quarter without an order, one hour
 * of delays, three quarters of set-up, the rest production. */
static const known_t SHIFT[] = {
	{ "state", FUNCTION_GOOD, 0, 8 * HOUR },
	{ "state", FUNCTION_DURATION, 0, 1 * HOUR },
	{ "state", FUNCTION_DURATION, 1, 5.5 * HOUR },
	{ "state", FUNCTION_DURATION, 2, 0.75 * HOUR },
	{ "state", FUNCTION_DURATION, 3, 0.5 * HOUR },
	{ "produced", FUNCTION_DELTA, 0, 1100 },
	{ "good", FUNCTION_DELTA, 0, 1045 },
	{ "scrap", FUNCTION_DELTA, 0, 33 },
	{ "rework", FUNCTION_DELTA, 0, 22 },
	{ "inspected", FUNCTION_DELTA, 0, 1100 },
	{ "first_good", FUNCTION_DELTA, 0, 990 },
	{ "order", FUNCTION_DURATION, 1, 6.875 * HOUR },
	{ "working", FUNCTION_INTEGRAL, 0, 36 * HOUR },
	{ "attending", FUNCTION_INTEGRAL, 0, 40 * HOUR },
	{ "maintenance", FUNCTION_DURATION, 1, 3 * HOUR },
	{ "maintenance", FUNCTION_DURATION, 2, 9 * HOUR },
	{ "planned_run_time", 0, 0, 16.2 },
	/* 9.9 10.0 10.1 10.0 mm within 9.7 to 10.3 */
	{ "size", FUNCTION_COUNT, 0, 4 },
	{ "size", FUNCTION_SUM, 0, 40 },
	{ "size", FUNCTION_SQUARES, 0, 98.01 + 100 + 102.01 + 100 },
	{ "lower", 0, 0, 9.7 },
	{ "upper", 0, 0, 10.3 },
};
static const knowledge_t ONE_SHIFT = { .rows = SHIFT, .count = sizeof(SHIFT) / sizeof(SHIFT[0]) };

static void formulas_of_iso_22400_give_what_a_hand_works_out(void **state)
{
	static const struct {
		const char *id;
		double value;
	} WANT[] = {
		{ "iso22400.availability", 73.33333333333333 }, /* 5.5 / 7.5 */
		{ "iso22400.effectiveness", 90 },               /* 1100 x 16.2 s = 4.95 h of 5.5 */
		{ "iso22400.quality_ratio", 95 },
		{ "iso22400.oee", 62.7 },  /* 1045 x 16.2 s = 4.7025 h of 7.5 */
		{ "iso22400.nee", 71.25 }, /* 6.25 / 7.5 x 0.9 x 0.95 */
		{ "iso22400.fpy", 90 },
		{ "iso22400.scrap_ratio", 3 },
		{ "iso22400.rework_ratio", 2 },
		{ "iso22400.technical_efficiency", 84.61538461538461 }, /* 5.5 / 6.5 */
		{ "iso22400.utilisation", 75.86206896551724 },          /* 5.5 / 7.25 */
		{ "iso22400.allocation", 96.66666666666667 },           /* 7.25 / 7.5 */
		{ "iso22400.setup_rate", 12 },                          /* 0.75 / 6.25 */
		{ "iso22400.throughput", 160 },                         /* 1100 / 6.875 h */
		{ "iso22400.worker_efficiency", 90 },
		{ "iso22400.cm", 1.224744871391589 }, /* 0.6 / (6 x sqrt(0.02 / 3)) */
		{ "iso22400.cp", 1.224744871391589 },
		{ "iso22400.corrective_maintenance_ratio", 25 },
	};
	const world_t *world = *state;
	size_t of_pack = 0;
	for (size_t i = 0; i < sizeof(WANT) / sizeof(WANT[0]); i++) {
		expr_value_t value = value_of(world, &ONE_SHIFT, WANT[i].id, 1);
		assert_true(value.is_there);
		if (fabs(value.number - WANT[i].value) > 1e-9)
			fail_msg("%s is %.12g, not %.12g", WANT[i].id, value.number, WANT[i].value);
	}
	for (size_t i = 0; i < definitions_count(world->packs->definitions); i++)
		of_pack += slice_starts(definitions_get(world->packs->definitions, i)->id,
		                        SLICE("iso22400."));
	assert_int_equal(of_pack, sizeof(WANT) / sizeof(WANT[0]));
}

static void oee_is_the_product_of_its_three(void **state)
{
	const world_t *world = *state;
	double product = value_of(world, &ONE_SHIFT, "iso22400.availability", 1).number *
	                 value_of(world, &ONE_SHIFT, "iso22400.effectiveness", 1).number *
	                 value_of(world, &ONE_SHIFT, "iso22400.quality_ratio", 1).number / 1e4;
	assert_near(value_of(world, &ONE_SHIFT, "iso22400.oee", 1).number, product);
}

/* One unit runs all of ten hours, the other one of forty: 22 percent of their time, and not
 * the 51.25 that their rates are in the mean. */
static void parents_add_parts_and_not_percentages(void **state)
{
	static const known_t UNITS[2][3] = {
		{ { "state", FUNCTION_GOOD, 0, 10 * HOUR },
		  { "state", FUNCTION_DURATION, 1, 10 * HOUR },
		  { "state", FUNCTION_DURATION, 3, 0 } },
		{ { "state", FUNCTION_GOOD, 0, 40 * HOUR },
		  { "state", FUNCTION_DURATION, 1, 1 * HOUR },
		  { "state", FUNCTION_DURATION, 3, 0 } },
	};
	const world_t *world = *state;
	const definition_t *d = definitions_find(world->packs->definitions,
	                                         SLICE("iso22400.availability"), 1);
	part_t parts[FIGURE_PARTS_MAX] = { 0 };
	slice_t lack = { 0 };
	for (size_t i = 0; i < 2; i++) {
		const knowledge_t k = { .rows = UNITS[i], .count = 3 };
		parts_add(&k, d, parts);
	}
	assert_near(definition_value(d, parts, &lack).number, 22);
}

/* The same sizes with a tolerance twice as wide at a second unit: eight of which half spread
 * by half as much of it. */
static void capability_adds_over_unlike_tolerances(void **state)
{
	const world_t *world = *state;
	known_t wide[sizeof(SHIFT) / sizeof(SHIFT[0])];
	memcpy(wide, SHIFT, sizeof(SHIFT));
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (slice_eq(slice_str(wide[i].name), SLICE("lower")))
			wide[i].value = 9.4;
		if (slice_eq(slice_str(wide[i].name), SLICE("upper")))
			wide[i].value = 10.6;
	}
	const knowledge_t second = { .rows = wide, .count = ONE_SHIFT.count };
	const definition_t *d = definitions_find(world->packs->definitions, SLICE("iso22400.cp"),
	                                         1);
	part_t parts[FIGURE_PARTS_MAX] = { 0 };
	slice_t lack = { 0 };
	parts_add(&ONE_SHIFT, d, parts);
	parts_add(&second, d, parts);
	/* In widths of the tolerance around 0.5: 1/6 0 1/6 0, and 1/12 0 1/12 0; 7 of 8 are free.
	 */
	double spread = sqrt((2.0 / 36 + 2.0 / 144) / 7);
	assert_near(definition_value(d, parts, &lack).number, 1 / (6 * spread));
	parts[0].sum = 1;
	assert_false(definition_value(d, parts, &lack).is_there);
}

static void another_factor_year_is_another_version(void **state)
{
	static const known_t METER[] = { { "meter", FUNCTION_DELTA, 0, 10000 } };
	const world_t *world = *state;
	const knowledge_t k = { METER, 1, world->packs->factors, "CN-NORTH" };
	assert_near(value_of(world, &k, "carbon.electricity", 1).number, 5.366);
	assert_near(value_of(world, &k, "carbon.electricity", 2).number, 5.306);
	assert_near(value_of(world, &k, "carbon.electricity_regional", 2).number, 6.361);
}

/* A node's region is that of an entity, and the factor that of the grid's region around it. */
static void every_entity_lies_in_a_region_of_the_grid(void **state)
{
	const world_t *world = *state;
	const places_t *places = world->packs->places;
	for (const place_t *e = NULL; (e = places_next(places, PLACE_ENTITY, SLICE("cn"), e));) {
		const factor_t *factor = NULL;
		const factor_key_t key = { SLICE("electricity"), e->code, SLICE("regional-average"),
			                   2023 };
		assert_int_equal(factors_find(world->packs->factors, &key, &factor), ERR_OK);
		assert_true(slice_starts(factor->key.region, SLICE("CN-")));
	}
}

static void fuel_is_heat_by_carbon_by_oxidation(void **state)
{
	static const known_t FUELS[] = {
		{ "coal", FUNCTION_POINTS, 0, 1 },     { "coal", FUNCTION_DELTA, 0, 1000 },
		{ "gas", FUNCTION_POINTS, 0, 0 },      { "diesel", FUNCTION_POINTS, 0, 1 },
		{ "diesel", FUNCTION_DELTA, 0, 2000 }, { "petrol", FUNCTION_POINTS, 0, 0 },
		{ "meter", FUNCTION_DELTA, 0, 10000 },
	};
	const world_t *world = *state;
	const knowledge_t k = { FUELS, sizeof(FUELS) / sizeof(FUELS[0]), world->packs->factors,
		                "CN" };
	double coal = 1 * 19.570 * 0.0261 * 0.93 * 44 / 12;
	double diesel = 2 * 42.652 * 0.0202 * 0.98 * 44 / 12;
	assert_near(value_of(world, &k, "carbon.fuels", 1).number, coal + diesel);
	assert_near(value_of(world, &k, "carbon.total", 2).number, coal + diesel + 5.306);
}

static void what_a_site_does_not_have_is_none_and_what_is_silent_is_absent(void **state)
{
	known_t rows[] = {
		{ "electricity", FUNCTION_POINTS, 0, 3 }, { "electricity", FUNCTION_DELTA, 0, 2e6 },
		{ "coal", FUNCTION_POINTS, 0, 1 },        { "coal", FUNCTION_DELTA, 0, 1e5 },
		{ "gas", FUNCTION_POINTS, 0, 0 },         { "heat", FUNCTION_POINTS, 0, 0 },
		{ "diesel", FUNCTION_POINTS, 0, 0 },      { "petrol", FUNCTION_POINTS, 0, 0 },
		{ "output", FUNCTION_DELTA, 0, 1000 },
	};
	const world_t *world = *state;
	knowledge_t k = { rows, sizeof(rows) / sizeof(rows[0]), world->packs->factors, "CN" };
	/* 2 GWh x 0.1229 and 100 t x 0.7143 */
	assert_near(value_of(world, &k, "energy.total", 1).number, 245.8 + 71.43);
	assert_near(value_of(world, &k, "energy.per_tonne", 1).number, 317.23);
	rows[3].name = "nothing";
	assert_false(value_of(world, &k, "energy.total", 1).is_there);
}

static void days_that_hide_each_other_still_deviate(void **state)
{
	static const known_t UNITS[2][2] = {
		{ { "daily", FUNCTION_SUM, 0, 1060 }, { "meter", FUNCTION_DELTA, 0, 1000 } },
		{ { "daily", FUNCTION_SUM, 0, 940 }, { "meter", FUNCTION_DELTA, 0, 1000 } },
	};
	const world_t *world = *state;
	const definition_t *d = definitions_find(world->packs->definitions,
	                                         SLICE("energy.day_month_deviation"), 1);
	part_t parts[FIGURE_PARTS_MAX] = { 0 };
	slice_t lack = { 0 };
	for (size_t i = 0; i < 2; i++) {
		const knowledge_t k = { .rows = UNITS[i], .count = 2 };
		parts_add(&k, d, parts);
	}
	assert_near(definition_value(d, parts, &lack).number, 6);
	assert_true(d->target.is_there && d->target.value == 5);
}

static void the_nc_rate_has_three_scopes_and_counts_live_controllers(void **state)
{
	static const known_t ROWS[] = { { "controllers", FUNCTION_LIVE, 0, 7 },
		                        { "processes", 0, 0, 12 } };
	const world_t *world = *state;
	const knowledge_t k = { .rows = ROWS, .count = 2 };
	const definition_t *d = definitions_find(world->packs->definitions,
	                                         SLICE("digital.nc_rate"), 1);
	assert_near(value_of(world, &k, "digital.nc_rate", 1).number, 700.0 / 12);
	assert_int_equal(d->scope_count, 3);
	assert_true(definition_has_scope(d, SLICE("key-areas")));
	assert_true(definition_has_scope(d, SLICE("above-scale")));
	assert_true(definition_has_scope(d, SLICE("all")));
}

/* Every factor that a shipped definition names is there, in its unit, for the region it names
 * or, where the entity's is meant, for each region of the grid. */
static void every_factor_of_a_shipped_definition_is_there(void **state)
{
	static const char *const REGIONS[] = { "CN-NORTH",     "CN-NORTHEAST",
		                               "CN-EAST",      "CN-CENTRAL",
		                               "CN-NORTHWEST", "CN-SOUTH",
		                               "CN-SOUTHWEST", "32" };
	const world_t *world = *state;
	size_t asked = 0;
	for (size_t i = 0; i < definitions_count(world->packs->definitions); i++) {
		const definition_t *d = definitions_get(world->packs->definitions, i);
		assert_true(d->source.len > 0);
		for (size_t k = 0; k < d->parameter_count; k++)
			for (size_t n = 0; n < sizeof(REGIONS) / sizeof(REGIONS[0]); n++) {
				const knowledge_t with = { .factors = world->packs->factors,
					                   .region = REGIONS[n] };
				asked += d->parameters[k].factor.is_there;
				(void)parameter_of(&with, &d->parameters[k]);
			}
	}
	assert_true(asked > 100);
}

static void thirty_seven_entities_report_and_six_of_them_are_no_regions(void **state)
{
	const places_t *places = ((world_t *)*state)->packs->places;
	size_t count = 0, own = 0;
	for (const place_t *e = NULL; (e = places_next(places, PLACE_ENTITY, SLICE("cn"), e));) {
		const place_t *region = places_find(places, PLACE_ENTITY, SLICE("cn"), e->other);
		count++;
		own += !slice_eq(e->code, e->other);
		assert_non_null(region);
		assert_true(slice_eq(region->code, region->other));
	}
	assert_int_equal(count, 37);
	assert_int_equal(own, 6);
}

/* So that whoever counts divisions there can count them here. */
static void each_division_of_industry_has_one_match_in_nace(void **state)
{
	const places_t *places = ((world_t *)*state)->packs->places;
	size_t divisions = 0;
	for (const industry_division_t *d = INDUSTRY_DIVISIONS; d->division; d++, divisions++) {
		char code[CODE_MAX];
		size_t matches = 0;
		snprintf(code, sizeof(code), "%02d", d->division);
		for (const place_t *m = NULL;
		     (m = places_next(places, PLACE_MATCH, SLICE("eu"), m));) {
			matches += slice_eq(m->other, slice_str(code));
			assert_non_null(places_find(places, PLACE_DIVISION, SLICE("eu"), m->code));
		}
		assert_int_equal(matches, 1);
	}
	assert_int_equal(divisions, 41);
}

static void the_same_name_is_published_three_times_for_three_scopes(void **state)
{
	const published_set_t *set = ((world_t *)*state)->packs->published;
	size_t values = 0;
	for (size_t i = 0; i < published_count(set); i++) {
		const published_t *p = published_get(set, i);
		values += slice_eq(p->id, SLICE("nc-rate"));
		assert_true(p->source.len && p->date.len && p->name[LANG_ZH].len);
	}
	assert_int_equal(values, 3);
}

static void put(const world_t *world, const char *path, const char *text)
{
	assert_int_equal(env_dir_make(world->env, FOLDER), ERR_OK);
	assert_int_equal(env_file_save(world->env, path, slice_str(text)), ERR_OK);
}

#define OWN(id, version) \
	"pack: {id: " id \
	", version: 1, source: Our rules}\nindicators:\n  - id: electricity\n    " \
	"version: " version "\n    name: E\n    unit: tCO2\n    scopes: [{id: unit, name: U}]\n" \
	"    periods: [day]\n    inputs: [{name: meter, unit: kWh}]\n    parameters: [{name: " \
	"grid, " \
	"unit: kgCO2/kWh, factor: {substance: electricity, region: CN, year: 2031, scope: " \
	"average}}]\n    parts: [{name: emission, sum: \"delta(meter) * grid\", unit: tCO2}]\n   " \
	" " \
	"value: \"emission\"\n"

static void files_of_the_owner_add_to_those_built_in(void **state)
{
	static const known_t METER[] = { { "meter", FUNCTION_DELTA, 0, 10000 } };
	world_t *world = *state;
	put(world, FOLDER "/own.yaml", OWN("carbon", "3"));
	put(world, FOLDER "/factors-own.tsv",
	    "electricity\tCN\t2031\taverage\t0.4\tkgCO2/kWh\tMade up\n");
	put(world, FOLDER "/levels.tsv", "set\tours\nlevel\tworks\t工厂\tWorks\n");
	put(world, FOLDER "/published-own.yaml",
	    "pack: {id: o, version: 1, source: S}\npublished:\n  - {id: x, name: X, value: 1, "
	    "unit: "
	    "t, scope: S, date: \"2030\", source: S}\n");
	put(world, FOLDER "/notes.txt", "no pack");
	packs_t *packs = open_good(world->env, CONFIG);
	world_t with = { .packs = packs };
	const knowledge_t k = { METER, 1, packs->factors, "CN" };
	assert_near(value_of(&with, &k, "carbon.electricity", 0).number, 4);
	assert_near(value_of(&with, &k, "carbon.electricity", 1).number, 5.366);
	assert_true(slice_eq(place_name(packs->places, PLACE_LEVEL, SLICE("works"), LANG_EN),
	                     SLICE("Works")));
	assert_int_equal(published_count(packs->published),
	                 published_count(world->packs->published) + 1);
	packs_close(packs);
}

static void what_the_owner_gives_twice_or_wrong_is_refused(void **state)
{
	static const struct {
		const char *path, *text, *said;
	} BAD[] = {
		{ FOLDER "/own.yaml", OWN("carbon", "1"),
		  "etc/packs/own.yaml:3:9: 'carbon.electricity' version 1 is there twice. Give "
		  "another "
		  "version; the first is at packs/cn/carbon.yaml:12:9" },
		{ FOLDER "/own.yaml", OWN("ours", "1"),
		  "etc/packs/own.yaml:10:56: there is no factor of 'electricity' for 2031, scope "
		  "'average'. Correct the three, or add a row to a file factors*.tsv" },
		{ FOLDER "/factors.tsv", "electricity\tCN\t2023\taverage\t1\tkgCO2/kWh\tS\n",
		  "etc/packs/factors.tsv:1:1: the factor of 'electricity' for this region, year "
		  "and "
		  "scope is there twice. Keep one of the rows; the other is at "
		  "packs/cn/factors.tsv:15:1" },
		{ FOLDER "/places.tsv", "set\tcn\nlevel\tprovince\t省\tProvince\n",
		  "etc/packs/places.tsv:2:7: 'province' is there twice in its set. Remove one of "
		  "the "
		  "rows" },
		{ "etc/pack.txt", "",
		  "etc/pack.txt: 'etc/pack.txt' is no name of a pack. Name it "
		  "*.yaml, published*.yaml, factors*.tsv or *.tsv" },
		{ "etc/none.yaml", NULL,
		  "etc/none.yaml: no such configuration file. Give the path of a jizhu.yaml" },
	};
	world_t *world = *state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		bool is_in_folder = slice_starts(slice_str(BAD[i].path), SLICE(FOLDER));
		const packs_spec_t spec = { CONFIG, &BAD[i].path, is_in_folder ? 0 : 1 };
		packs_t *packs = NULL;
		err_detail_t detail;
		char said[RENDER_MAX];
		if (BAD[i].text)
			put(world, BAD[i].path, BAD[i].text);
		err_t err = packs_open(world->env, &spec, &packs, &detail);
		assert_int_equal(err, BAD[i].text ? ERR_CONFIG : ERR_NOT_FOUND);
		assert_string_equal(err_render(&detail, LANG_EN, said, sizeof(said)), BAD[i].said);
		if (BAD[i].text)
			assert_int_equal(env_path_remove(world->env, BAD[i].path), ERR_OK);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
	const struct CMUnitTest tests[] = {
		TEST(formulas_of_iso_22400_give_what_a_hand_works_out),
		TEST(oee_is_the_product_of_its_three),
		TEST(parents_add_parts_and_not_percentages),
		TEST(capability_adds_over_unlike_tolerances),
		TEST(another_factor_year_is_another_version),
		TEST(every_entity_lies_in_a_region_of_the_grid),
		TEST(fuel_is_heat_by_carbon_by_oxidation),
		TEST(what_a_site_does_not_have_is_none_and_what_is_silent_is_absent),
		TEST(days_that_hide_each_other_still_deviate),
		TEST(the_nc_rate_has_three_scopes_and_counts_live_controllers),
		TEST(every_factor_of_a_shipped_definition_is_there),
		TEST(thirty_seven_entities_report_and_six_of_them_are_no_regions),
		TEST(each_division_of_industry_has_one_match_in_nace),
		TEST(the_same_name_is_published_three_times_for_three_scopes),
		TEST(files_of_the_owner_add_to_those_built_in),
		TEST(what_the_owner_gives_twice_or_wrong_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
