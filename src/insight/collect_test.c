/* SPDX-License-Identifier: Apache-2.0 */
/* From what children send to what their parent issues. */
#include "insight/book_fixture_test.h"
#include "insight/collect.h"

#include <math.h>

static const char PACK[] = "pack: {id: t, version: 1, source: made up}\n"
			   "indicators:\n"
			   "  - id: nc\n"
			   "    version: 1\n"
			   "    name: {en: Share, zh: 占比}\n"
			   "    unit: \"%\"\n"
			   "    scopes: [{id: all, name: {en: All, zh: 全部}}]\n"
			   "    periods: [day]\n"
			   "    declared: yes\n"
			   "    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
			   "    value: \"nc / total\"\n";

typedef struct {
	definitions_t *set;
	const definition_t *nc;
	rollup_t rollup;
	uint8_t bytes[1 << 16];
} room_t;

static const rollup_child_t CHILDREN[] = {
	{ { (const uint8_t *)"99.2", 4 }, 0 },
	{ { (const uint8_t *)"99.3", 4 }, 0 },
	{ { (const uint8_t *)"99.4", 4 }, 0 },
};

static figure_t nc_of(const char *entity, uint32_t revision, double nc, double total)
{
	figure_t figure = figure_of(entity, 0, nc / total * 100);
	figure.key.definition = SLICE("t.nc");
	figure.parts[0].sum = nc;
	figure.parts[1] = (part_t){ PART_SUM, true, total, { 0 } };
	figure.part_count = 2;
	figure.revision = revision;
	figure.issued_ns = revision;
	return figure;
}

static void send(world_t *w, const char *child, figure_t figure)
{
	assert_int_equal(receive(w, child, child, &figure, 1), ERR_OK);
	world_settle(w);
}

static figure_t roll(world_t *w, room_t *room, collect_t *how)
{
	arena_t arena = arena_of(room->bytes, sizeof(room->bytes));
	figure_t figure;
	rollup_spec_t spec = { .definition = room->nc,
		               .scope = SLICE("all"),
		               .to_ns = NS_PER_DAY,
		               .entity = SLICE("99.1"),
		               .children = CHILDREN,
		               .child_count = 3 };
	assert_int_equal(collect_children(w->book, &spec, &arena, how), ERR_OK);
	assert_int_equal(rollup_make(&spec, &room->rollup, &figure, NULL), ERR_OK);
	return figure;
}

static void what_children_send_is_rolled_up_and_issued_again_when_it_changes(void **state)
{
	room_t *room = *state;
	world_t w = world_make(1);
	collect_t how = { 0 };
	uint64_t seq = 0;
	world_start(&w);
	send(&w, "99.2", nc_of("99.2", 1, 1, 4));
	send(&w, "99.2", nc_of("99.2/a", 1, 1, 2)); /* in the sum already */
	send(&w, "99.3", nc_of("99.3", 1, 5, 6));
	send(&w, "99.3", nc_of("99.2", 1, 9, 9)); /* of another's name */
	figure_t figure = roll(&w, room, &how);
	assert_true(figure.value == 60 && figure.reporting == 2 && figure.expected == 3);
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	world_settle(&w);
	figure = roll(&w, room, &how);
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(seq, 0);
	/* A correction arrives, and then the silent one. */
	send(&w, "99.2", nc_of("99.2", 2, 2, 4));
	figure = roll(&w, room, &how);
	assert_true(figure.value == 70);
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.revision, 2);
	send(&w, "99.4", nc_of("99.4", 1, 0, 4));
	figure = roll(&w, room, &how);
	assert_true(figure.value == 50 && figure.reporting == 3);
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.revision, 3);
	assert_int_equal(how.refused, 0);
	/* As their figures were published when none was corrected. */
	how.published_by_ns = 1;
	assert_true(fabs(roll(&w, room, &how).value - 6.0 / 14 * 100) < 1e-12);
	world_free(&w);
}

static void a_figure_that_cannot_be_added_is_left_out_and_told(void **state)
{
	room_t *room = *state;
	world_t w = world_make(2);
	collect_t how = { 0 };
	figure_t lame = nc_of("99.3", 1, 5, 6);
	world_start(&w);
	lame.part_count = 1;
	send(&w, "99.2", nc_of("99.2", 1, 1, 4));
	send(&w, "99.3", lame);
	figure_t figure = roll(&w, room, &how);
	assert_true(figure.value == 25 && figure.reporting == 1 && figure.expected == 3);
	assert_int_equal(how.refused, 1);
	assert_string_equal(how.reason.where, "99.3");
	arena_t small = arena_of(room->bytes, sizeof(figure_t) * 3 + 8);
	rollup_spec_t spec = { .definition = room->nc,
		               .scope = SLICE("all"),
		               .to_ns = NS_PER_DAY,
		               .children = CHILDREN,
		               .child_count = 3 };
	assert_int_equal(collect_children(w.book, &spec, &small, &how), ERR_LIMIT);
	world_free(&w);
}

int main(void)
{
	static room_t room;
	const definition_pack_t pack = { slice_str(PACK), "t.yaml" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(
			what_children_send_is_rolled_up_and_issued_again_when_it_changes, &room),
		cmocka_unit_test_prestate(a_figure_that_cannot_be_added_is_left_out_and_told,
		                          &room),
	};
	if (definitions_read(&pack, 1, NULL, &room.set, NULL))
		return 1;
	room.nc = definitions_get(room.set, 0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	definitions_free(room.set);
	return failed;
}
