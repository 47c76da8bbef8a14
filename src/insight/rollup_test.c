/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "insight/rollup.h"

enum { SAID_MAX = 1024 };

static const char PACK[] =
	"pack: {id: t, version: 1, source: made up}\n"
	"indicators:\n"
	"  - id: nc\n"
	"    version: 1\n"
	"    name: {en: Key processes under numerical control, zh: 关键工序数控化率}\n"
	"    unit: \"%\"\n"
	"    scopes:\n"
	"      - {id: all, name: {en: All, zh: 全国工业企业}}\n"
	"      - {id: above-scale, name: {en: Above scale, zh: 规上工业企业}}\n"
	"      - {id: key-fields, name: {en: Key fields, zh: 制造业重点领域}}\n"
	"    periods: [year]\n"
	"    declared: yes\n"
	"    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
	"    value: \"nc / total\"\n"
	"  - id: mixed\n"
	"    version: 1\n"
	"    name: {en: Of every kind, zh: 各类组成量}\n"
	"    unit: kW\n"
	"    scopes: [{id: all, name: {en: All, zh: 全部}}]\n"
	"    periods: [day]\n"
	"    inputs: [{name: load, unit: kW}, {name: devices, from: devices.connected}]\n"
	"    parts:\n"
	"      - {name: sizes, histogram: {of: load, bounds: [10, 20, 30]}}\n"
	"      - {name: kinds, distinct: devices, unit: device}\n"
	"      - {name: loads, quantiles: load}\n"
	"    value: \"quantile(loads, 0.9)\"\n";

typedef struct {
	definitions_t *set;
	const definition_t *nc, *mixed;
	rollup_t rollup, again;
	quantiles_t quantiles;
	uint8_t bytes[8][3][FIGURE_PART_BYTES_MAX];
} room_t;

static bool set_up(room_t *room)
{
	const definition_pack_t pack = { slice_str(PACK), "t.yaml" };
	err_detail_t detail;
	char said[SAID_MAX];
	if (definitions_read(&pack, 1, NULL, &room->set, &detail)) {
		(void)fprintf(stderr, "%s\n", err_render(&detail, LANG_EN, said, sizeof(said)));
		return false;
	}
	room->nc = definitions_find(room->set, SLICE("t.nc"), 1);
	room->mixed = definitions_find(room->set, SLICE("t.mixed"), 1);
	return room->nc && room->mixed;
}

static figure_t nc_of(const char *entity, double nc, double total)
{
	return (figure_t){ .key = { SLICE("t.nc"), 1, SLICE("all"), 0, 1000 },
		           .entity = slice_str(entity),
		           .parts = { { PART_SUM, true, nc, { 0 } },
		                      { PART_SUM, true, total, { 0 } } },
		           .part_count = 2,
		           .has_value = true,
		           .value = nc / total * 100,
		           .expected = 1,
		           .reporting = 1,
		           .coverage = 1,
		           .revision = 1 };
}

static rollup_spec_t spec_of(const room_t *room, const rollup_child_t *children, size_t count)
{
	return (rollup_spec_t){ .definition = room->nc,
		                .scope = SLICE("all"),
		                .to_ns = 1000,
		                .entity = SLICE("99.1"),
		                .children = children,
		                .child_count = count };
}

static figure_t rolled(room_t *room, rollup_spec_t *spec, const figure_t *figures, size_t count)
{
	figure_t figure;
	err_detail_t detail = { 0 };
	char said[SAID_MAX];
	spec->figures = figures;
	spec->figure_count = count;
	if (rollup_make(spec, &room->rollup, &figure, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, said, sizeof(said)));
	assert_int_equal(figure.origin, FIGURE_ROLLED);
	return figure;
}

static void trap_5_a_ratio_is_made_of_sums_and_not_the_mean_of_ratios(void **state)
{
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 }, { SLICE("99.1/b"), 0 } };
	const figure_t figures[] = { nc_of("99.1/a", 1, 10), nc_of("99.1/b", 90, 100) };
	rollup_spec_t spec = spec_of(room, children, 2);
	figure_t figure = rolled(room, &spec, figures, 2);
	assert_true(fabs(figure.value - 91.0 / 110 * 100) < 1e-12);
	assert_true(fabs(figure.value - (figures[0].value + figures[1].value) / 2) > 30);
	assert_true(figure.parts[0].sum == 91 && figure.parts[1].sum == 110);
	assert_int_equal(figure.reporting, 2);
}

/* One fictitious data set: key processes of enterprises, by whether the enterprise is above
 * scale and whether it is of the key fields. */
typedef struct {
	const char *entity;
	bool is_above_scale, is_key_field;
	double nc, total;
} enterprise_t;

static const enterprise_t ENTERPRISES[] = {
	{ "99.1/a", true, true, 300, 500 },  { "99.1/b", true, true, 40, 100 },
	{ "99.1/c", true, false, 113, 250 }, { "99.1/d", true, false, 100, 150 },
	{ "99.1/e", false, true, 150, 300 }, { "99.1/f", false, true, 47, 100 },
	{ "99.1/g", false, false, 26, 200 }, { "99.1/h", false, false, 250, 400 },
};
enum { ENTERPRISE_COUNT = sizeof(ENTERPRISES) / sizeof(ENTERPRISES[0]) };
enum { SCOPE_ALL, SCOPE_ABOVE, SCOPE_KEY, SCOPES };
static const char *const SCOPE_NAMES[] = { "all", "above-scale", "key-fields" };

typedef struct {
	rollup_child_t children[ENTERPRISE_COUNT];
	figure_t figures[ENTERPRISE_COUNT];
	size_t count;
} sample_t;

static sample_t sample_of(int scope)
{
	sample_t sample = { .count = 0 };
	for (size_t i = 0; i < ENTERPRISE_COUNT; i++) {
		const enterprise_t *e = &ENTERPRISES[i];
		if ((scope == SCOPE_ABOVE && !e->is_above_scale) ||
		    (scope == SCOPE_KEY && !e->is_key_field))
			continue;
		sample.children[sample.count].entity = slice_str(e->entity);
		sample.figures[sample.count] = nc_of(e->entity, e->nc, e->total);
		sample.figures[sample.count++].key.scope = slice_str(SCOPE_NAMES[scope]);
	}
	return sample;
}

static void trap_6_one_name_has_three_values_under_three_scopes_which_do_not_add(void **state)
{
	static const double values[] = { 51.3, 55.3, 53.7 };
	room_t *room = *state;
	char said[SAID_MAX];
	figure_t figure;
	for (int scope = 0; scope < SCOPES; scope++) {
		sample_t sample = sample_of(scope), other = sample_of((scope + 1) % SCOPES);
		rollup_spec_t spec = spec_of(room, sample.children, sample.count);
		spec.scope = slice_str(SCOPE_NAMES[scope]);
		figure = rolled(room, &spec, sample.figures, sample.count);
		assert_true(fabs(figure.value - values[scope]) < 1e-9);
		assert_true(slice_eq(figure.key.scope, spec.scope));
		err_detail_t detail = { 0 };
		sample.figures[1].key.scope = other.figures[0].key.scope;
		assert_int_equal(rollup_make(&spec, &room->rollup, &figure, &detail), ERR_CONFLICT);
		assert_string_equal(detail.arg[0], SCOPE_NAMES[scope]);
		assert_string_equal(detail.arg[1], SCOPE_NAMES[(scope + 1) % SCOPES]);
		err_render(&detail, LANG_ZH, said, sizeof(said));
		assert_non_null(strstr(said, "口径"));
	}
}

static void trap_9_a_silent_child_is_not_reporting_and_never_zero(void **state)
{
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 },
		                            { SLICE("99.1/b"), 10 },
		                            { SLICE("99.1/c"), 0 } };
	const figure_t one = nc_of("99.1/a", 3, 4);
	rollup_spec_t spec = spec_of(room, children, 3);
	figure_t figure = rolled(room, &spec, &one, 1);
	assert_true(figure.value == 75);
	assert_int_equal(figure.expected, 12);
	assert_int_equal(figure.reporting, 1);
	figure = rolled(room, &spec, NULL, 0);
	assert_false(figure.has_value);
	assert_false(figure.parts[0].is_there || figure.parts[1].is_there);
	assert_true(slice_eq(figure.lack, SLICE("nc")));
	assert_int_equal(figure.expected, 12);
	assert_int_equal(figure.reporting, 0);
	/* One that has said that it knows nothing, but for one part, is as silent. */
	figure_t lame[] = { one, nc_of("99.1/c", 1, 9) };
	lame[1].parts[0].is_there = lame[1].has_value = false;
	figure = rolled(room, &spec, lame, 2);
	assert_true(figure.value == 75);
	assert_int_equal(figure.reporting, 1);
	/* None of none is no value, and adds even so. */
	lame[1] = nc_of("99.1/c", 0, 0);
	lame[1].has_value = false;
	figure = rolled(room, &spec, lame, 2);
	assert_true(figure.value == 75);
	assert_int_equal(figure.reporting, 2);
}

typedef struct {
	void (*spoil)(figure_t *figure);
	const char *where, *said;
} refusal_t;

static void other_definition(figure_t *f)
{
	f->key.definition = SLICE("t.other");
}
static void other_version(figure_t *f)
{
	f->key.version = 2;
}
static void other_scope(figure_t *f)
{
	f->key.scope = SLICE("key-fields");
}
static void other_period(figure_t *f)
{
	f->key.to_ns = 2000000000;
}
static void other_parts(figure_t *f)
{
	f->part_count = 1;
}
static void other_kind(figure_t *f)
{
	f->parts[1].kind = PART_DISTINCT;
}
static void other_child(figure_t *f)
{
	f->entity = SLICE("99.1/z");
}
static void same_child(figure_t *f)
{
	f->entity = SLICE("99.1/a");
}

static void what_is_not_the_same_is_refused_with_the_child_and_the_reason(void **state)
{
	static const refusal_t refusals[] = {
		{ other_definition, "99.1/b",
		  "of the definition t.nc are added, and this one is of t.other" },
		{ other_version, "99.1/b", "of version 1 of the definition" },
		{ other_scope, "99.1/b",
		  "scope all are added, and this one is of the scope key-fields" },
		{ other_period, "99.1/b", "1970-01-01T00:00:00.000Z/1970-01-01T00:00:02.000Z" },
		{ other_parts, "99.1/b", "has 2 parts, and this figure has 1" },
		{ other_kind, "99.1/b", "part total is a distinct" },
		{ other_child, "99.1/z", "not among the children" },
		{ same_child, "99.1/a", "two figures of this child" },
	};
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 }, { SLICE("99.1/b"), 0 } };
	char said[SAID_MAX];
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		figure_t figures[] = { nc_of("99.1/a", 1, 2), nc_of("99.1/b", 1, 2) };
		figure_t figure = { .revision = 77 };
		err_detail_t detail = { 0 };
		rollup_spec_t spec = spec_of(room, children, 2);
		spec.figures = figures;
		spec.figure_count = 2;
		refusals[i].spoil(&figures[1]);
		assert_int_equal(rollup_make(&spec, &room->rollup, &figure, &detail), ERR_CONFLICT);
		assert_int_equal(figure.revision, 77);
		assert_string_equal(detail.where, refusals[i].where);
		err_render(&detail, LANG_EN, said, sizeof(said));
		if (!strstr(said, refusals[i].said))
			fail_msg("%s", said);
		assert_non_null(detail.text->what[LANG_ZH]);
		assert_non_null(detail.text->fix[LANG_ZH]);
	}
}

/* A figure of every kind of part, of the numbers and devices [from, to). */
static figure_t mixed_of(room_t *room, size_t n, const char *entity, int from, int to)
{
	static const double bounds[] = { 10, 20, 30 };
	classes_t classes;
	hyperloglog_t set;
	writer_t w[3];
	classes_clear(&classes, 3);
	hyperloglog_clear(&set);
	quantiles_clear(&room->quantiles);
	for (int i = from; i < to; i++) {
		uint64_t number = (uint64_t)i;
		assert_int_equal(classes_add(&classes, bounds, i, 1), ERR_OK);
		hyperloglog_add(&set, num_hash(slice_of(&number, sizeof(number)), 7));
		quantiles_add(&room->quantiles, i);
	}
	for (size_t i = 0; i < 3; i++)
		w[i] = writer_of(room->bytes[n][i], FIGURE_PART_BYTES_MAX);
	classes_put(&classes, &w[0]);
	hyperloglog_put(&set, &w[1]);
	quantiles_put(&room->quantiles, &w[2]);
	figure_t figure = nc_of(entity, 0, 1);
	figure.key.definition = SLICE("t.mixed");
	figure.part_count = 3;
	for (size_t i = 0; i < 3; i++)
		figure.parts[i] = (part_t){ room->mixed->parts[i].kind, true, 0,
			                    writer_done(&w[i]) };
	return figure;
}

static void parts_of_every_kind_add_to_those_of_all(void **state)
{
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 },
		                            { SLICE("99.1/b"), 0 },
		                            { SLICE("99.1/c"), 0 } };
	/* The sets overlap: a device that two have seen is one. */
	figure_t figures[] = { mixed_of(room, 0, "99.1/c", 0, 15),
		               mixed_of(room, 1, "99.1/a", 15, 40),
		               mixed_of(room, 2, "99.1/b", 40, 101) };
	figure_t seen_again = mixed_of(room, 3, "99.1/a", 0, 40);
	figure_t all = mixed_of(room, 4, "99.1", 0, 101);
	rollup_spec_t spec = spec_of(room, children, 3);
	spec.definition = room->mixed;
	figure_t figure = rolled(room, &spec, figures, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(slice_eq(figure.parts[i].bytes, all.parts[i].bytes));
	assert_true(figure.has_value && figure.value == 90);
	figures[1].parts[1] = seen_again.parts[1];
	figure = rolled(room, &spec, figures, 3);
	assert_true(slice_eq(figure.parts[1].bytes, all.parts[1].bytes));
}

static void sketches_that_cannot_be_read_or_have_other_bounds_are_refused(void **state)
{
	room_t *room = *state;
	const rollup_child_t child = { SLICE("99.1/a"), 0 };
	const slice_t bad[] = { SLICE("\001\003\001\002\003"), SLICE("\001\007"), SLICE("") };
	for (size_t i = 0; i < 3; i++) {
		figure_t figure = mixed_of(room, 0, "99.1/a", 0, 9), sum;
		err_detail_t detail = { 0 };
		rollup_spec_t spec = spec_of(room, &child, 1);
		spec.definition = room->mixed;
		spec.figures = &figure;
		spec.figure_count = 1;
		assert_int_equal(rollup_judge(&spec, &figure, &detail), ERR_OK);
		figure.parts[i].bytes = bad[i];
		assert_int_equal(rollup_make(&spec, &room->rollup, &sum, &detail), ERR_CONFLICT);
		assert_string_equal(detail.arg[1], part_kind_name(figure.parts[i].kind));
	}
}

static void what_is_declared_and_how_much_was_covered_is_kept_upward(void **state)
{
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 }, { SLICE("99.1/b"), 0 } };
	figure_t figures[] = { nc_of("99.1/a", 1, 2), nc_of("99.1/b", 1, 2) };
	rollup_spec_t spec = spec_of(room, children, 2);
	figures[0].origin = FIGURE_DECLARED;
	figures[0].declared = 1;
	figures[1].expected = 7;
	figures[1].reporting = 3;
	figures[1].declared = 2;
	figures[1].coverage = 0.5;
	figure_t figure = rolled(room, &spec, figures, 2);
	assert_int_equal(figure.expected, 8);
	assert_int_equal(figure.reporting, 4);
	assert_int_equal(figure.declared, 3);
	assert_true(figure.coverage == 0.625);
}

static void a_rolled_figure_names_what_went_in_and_is_made_again_to_the_byte(void **state)
{
	room_t *room = *state;
	const rollup_child_t children[] = { { SLICE("99.1/a"), 0 },
		                            { SLICE("99.1/b"), 0 },
		                            { SLICE("99.1/c"), 0 } };
	static const uint32_t revisions[] = { 4, 0, 2 };
	figure_t figures[] = { nc_of("99.1/c", 0.1, 1e9), nc_of("99.1/a", 0.7, 1e-9) }, other;
	uint8_t bytes[2][1024];
	figure_source_t source;
	size_t n = 0;
	rollup_spec_t spec = spec_of(room, children, 3);
	figures[0].revision = 2;
	figures[1].revision = 4;
	figure_t figure = rolled(room, &spec, figures, 2);
	for (reader_t r = reader_of(figure.sources); figure_source_next(&r, &source); n++) {
		assert_true(slice_eq(source.entity, children[n].entity));
		assert_int_equal(source.revision, revisions[n]);
	}
	assert_int_equal(n, 3);
	/* In whatever order they are handed over. */
	const figure_t turned[] = { figures[1], figures[0] };
	spec.figures = turned;
	assert_int_equal(rollup_make(&spec, &room->again, &other, NULL), ERR_OK);
	figure.revision = other.revision = 1;
	writer_t w[] = { writer_of(bytes[0], 1024), writer_of(bytes[1], 1024) };
	assert_int_equal(figure_encode(&figure, &w[0]), ERR_OK);
	assert_int_equal(figure_encode(&other, &w[1]), ERR_OK);
	assert_true(slice_eq(writer_done(&w[0]), writer_done(&w[1])));
}

enum { PROVINCES = 3, WORKS = 5 };

typedef struct {
	char names[PROVINCES][WORKS][16], tops[PROVINCES][16];
	double nc, total;
	uint32_t reporting;
} tree_t;

/* Some works of a province report; with `adds`, they are counted in the tree. */
static figure_t province_of(room_t *room, tree_t *tree, rng_t *rng, int p, bool adds)
{
	rollup_child_t works[WORKS] = { { { 0 }, 0 } };
	figure_t figures[WORKS];
	size_t count = 0;
	for (int e = 0; e < WORKS; e++) {
		(void)snprintf(tree->names[p][e], sizeof(tree->names[p][e]), "99.%d/%d", p, e);
		works[e].entity = slice_str(tree->names[p][e]);
		if (rng_below(rng, 3) == 0)
			continue;
		uint64_t total = rng_below(rng, 1000), nc = rng_below(rng, total + 1);
		figures[count++] = nc_of(tree->names[p][e], (double)nc, (double)total);
		tree->nc += adds ? (double)nc : 0;
		tree->total += adds ? (double)total : 0;
		tree->reporting += adds;
	}
	rollup_spec_t spec = spec_of(room, works, WORKS);
	spec.entity = slice_str(tree->tops[p]);
	figure_t figure = rolled(room, &spec, figures, count);
	figure.revision = 1;
	figure.sources = (slice_t){ 0 };
	return figure;
}

static void sums_over_two_levels_are_those_of_the_leaves(void **state)
{
	room_t *room = *state;
	rng_t rng = rng_of(3);
	for (int trial = 0; trial < 50; trial++) {
		tree_t tree = { .nc = 0 };
		rollup_child_t provinces[PROVINCES];
		figure_t figures[PROVINCES];
		for (int p = 0; p < PROVINCES; p++) {
			(void)snprintf(tree.tops[p], sizeof(tree.tops[p]), "99.%d", p);
			provinces[p] = (rollup_child_t){ slice_str(tree.tops[p]), WORKS };
			figures[p] = province_of(room, &tree, &rng, p, p < PROVINCES - 1);
		}
		rollup_spec_t spec = spec_of(room, provinces, PROVINCES);
		figure_t nation = rolled(room, &spec, figures, PROVINCES - 1); /* one is silent */
		assert_int_equal(nation.expected, PROVINCES * WORKS);
		assert_int_equal(nation.reporting, tree.reporting);
		assert_true(nation.parts[0].sum == tree.nc && nation.parts[1].sum == tree.total);
	}
}

static void more_than_can_be_named_or_added_is_refused(void **state)
{
	room_t *room = *state;
	static rollup_child_t many[FIGURE_SOURCES_MAX + 1];
	figure_t figure;
	rollup_spec_t spec = spec_of(room, many, FIGURE_SOURCES_MAX + 1);
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_LIMIT);
	const rollup_child_t unsorted[] = { { SLICE("99.1/b"), 0 }, { SLICE("99.1/a"), 0 } };
	spec = spec_of(room, unsorted, 2);
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_INVALID);
	const rollup_child_t children[] = { { SLICE("99.1/a"), UINT32_MAX },
		                            { SLICE("99.1/b"), 1 } };
	spec = spec_of(room, children, 2);
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_LIMIT);
	const figure_t huge[] = { nc_of("99.1/a", 1e308, 1), nc_of("99.1/b", 1e308, 1) };
	spec.figures = huge;
	spec.figure_count = 2;
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_LIMIT);
}

int main(void)
{
	static room_t room;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(trap_5_a_ratio_is_made_of_sums_and_not_the_mean_of_ratios,
		                          &room),
		cmocka_unit_test_prestate(
			trap_6_one_name_has_three_values_under_three_scopes_which_do_not_add,
			&room),
		cmocka_unit_test_prestate(trap_9_a_silent_child_is_not_reporting_and_never_zero,
		                          &room),
		cmocka_unit_test_prestate(
			what_is_not_the_same_is_refused_with_the_child_and_the_reason, &room),
		cmocka_unit_test_prestate(parts_of_every_kind_add_to_those_of_all, &room),
		cmocka_unit_test_prestate(
			sketches_that_cannot_be_read_or_have_other_bounds_are_refused, &room),
		cmocka_unit_test_prestate(what_is_declared_and_how_much_was_covered_is_kept_upward,
		                          &room),
		cmocka_unit_test_prestate(
			a_rolled_figure_names_what_went_in_and_is_made_again_to_the_byte, &room),
		cmocka_unit_test_prestate(sums_over_two_levels_are_those_of_the_leaves, &room),
		cmocka_unit_test_prestate(more_than_can_be_named_or_added_is_refused, &room),
	};
	if (!set_up(&room))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	definitions_free(room.set);
	return failed;
}
