/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that children have sent, out of the book into that of their parent. */
#include "traps_list_test.h"

#include <math.h>
#include <stdlib.h>

#include "insight/book_fixture_test.h"
#include "insight/collect.h"

enum { CHILDREN = 4, SCOPES = 3, ARENA = 1 << 16 };

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
	"    periods: [day]\n"
	"    declared: yes\n"
	"    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
	"    value: \"nc / total\"\n";

/* One fictitious data set: above scale and of the key fields, one of them, none. */
static const struct {
	const char *node;
	bool is_in[SCOPES];
	double nc, total;
} PLANTS[CHILDREN] = {
	{ "99.2", { true, true, true }, 340, 600 },
	{ "99.3", { true, true, false }, 213, 400 },
	{ "99.4", { true, false, true }, 197, 400 },
	{ "99.5", { true, false, false }, 276, 600 },
};
static const char *const SCOPE_IDS[SCOPES] = { "all", "above-scale", "key-fields" };

typedef struct {
	world_t w;
	definitions_t *definitions;
	rollup_child_t children[CHILDREN];
	rollup_t rollup;
	uint8_t memory[ARENA];
} room_t;

static room_t *room_open(void)
{
	const definition_pack_t pack = { slice_str(PACK), "t.yaml" };
	room_t *room = calloc(1, sizeof(*room));
	assert_non_null(room);
	assert_int_equal(definitions_read(&pack, 1, NULL, &room->definitions, NULL), ERR_OK);
	room->w = world_make(1);
	world_start(&room->w);
	return room;
}

static void room_close(room_t *room)
{
	world_free(&room->w);
	definitions_free(room->definitions);
	free(room);
}

static figure_t nc_of(const char *entity, const char *scope, double nc, double total)
{
	figure_t figure = figure_of(entity, 0, nc / total * 100);
	figure.key.definition = SLICE("t.nc");
	figure.key.scope = slice_str(scope);
	figure.parts[0].sum = nc;
	figure.parts[1] = (part_t){ PART_SUM, true, total, { 0 } };
	figure.part_count = 2;
	figure.revision = 1;
	figure.issued_ns = 1;
	return figure;
}

static void send(room_t *room, const char *child, figure_t figure)
{
	assert_int_equal(receive(&room->w, child, child, &figure, 1), ERR_OK);
	world_settle(&room->w);
}

static rollup_spec_t spec_of(room_t *room, const char *scope, size_t children)
{
	return (rollup_spec_t){ .definition = definitions_get(room->definitions, 0),
		                .scope = slice_str(scope),
		                .to_ns = NS_PER_DAY,
		                .entity = SLICE("99.1"),
		                .children = room->children,
		                .child_count = children };
}

static figure_t roll(room_t *room, rollup_spec_t spec)
{
	arena_t arena = arena_of(room->memory, sizeof(room->memory));
	collect_t how = { 0 };
	figure_t figure;
	assert_int_equal(collect_children(room->w.book, &spec, &arena, &how), ERR_OK);
	assert_int_equal(how.refused, 0);
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_OK);
	return figure;
}

void trap_5_a_percentage_of_all_is_not_the_mean_of_percentages(void **state)
{
	(void)state;
	room_t *room = room_open();
	room->children[0].entity = SLICE("99.2");
	room->children[1].entity = SLICE("99.3");
	send(room, "99.2", nc_of("99.2", "all", 1, 10));
	send(room, "99.3", nc_of("99.3", "all", 90, 100));
	figure_t figure = roll(room, spec_of(room, "all", 2));
	assert_true(figure.has_value && fabs(figure.value - 91.0 / 110 * 100) < 1e-9);
	room_close(room);
}

void trap_6_one_name_under_three_scopes_has_three_values_that_never_mix(void **state)
{
	static const double values[SCOPES] = { 51.3, 55.3, 53.7 };
	(void)state;
	room_t *room = room_open();
	for (size_t s = 0; s < SCOPES; s++) {
		size_t count = 0;
		for (size_t i = 0; i < CHILDREN; i++) {
			if (!PLANTS[i].is_in[s])
				continue;
			room->children[count++].entity = slice_str(PLANTS[i].node);
			send(room, PLANTS[i].node,
			     nc_of(PLANTS[i].node, SCOPE_IDS[s], PLANTS[i].nc, PLANTS[i].total));
		}
		figure_t figure = roll(room, spec_of(room, SCOPE_IDS[s], count));
		assert_int_equal(figure.reporting, count);
		assert_true(fabs(figure.value - values[s]) < 1e-9);
	}
	/* Who brings another scope is refused, and told both. */
	room->children[1].entity = SLICE("99.3");
	figure_t figures[] = { nc_of("99.2", "all", 340, 600),
		               nc_of("99.3", "above-scale", 213, 400) };
	rollup_spec_t spec = spec_of(room, "all", 2);
	spec.figures = figures;
	spec.figure_count = 2;
	figure_t figure;
	err_detail_t detail = { 0 };
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, &detail), ERR_CONFLICT);
	assert_string_equal(detail.where, "99.3");
	assert_string_equal(detail.arg[0], "all");
	assert_string_equal(detail.arg[1], "above-scale");
	room_close(room);
}

void trap_9_a_silent_province_does_not_report_and_is_not_zero(void **state)
{
	(void)state;
	room_t *room = room_open();
	room->children[0].entity = SLICE("99.2");
	room->children[1] = (rollup_child_t){ SLICE("99.3"), 10 };
	figure_t figure = roll(room, spec_of(room, "all", 2));
	assert_false(figure.has_value || figure.parts[0].is_there || figure.parts[1].is_there);
	assert_true(figure.expected == 11 && figure.reporting == 0);
	send(room, "99.2", nc_of("99.2", "all", 3, 4));
	figure = roll(room, spec_of(room, "all", 2));
	assert_true(figure.has_value && figure.value == 75);
	assert_true(figure.expected == 11 && figure.reporting == 1);
	/* A zero that was sent is one. */
	send(room, "99.3", nc_of("99.3", "all", 0, 4));
	figure = roll(room, spec_of(room, "all", 2));
	assert_true(figure.value == 37.5 && figure.reporting == 2);
	room_close(room);
}
