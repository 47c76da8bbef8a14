/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/book_fixture_test.h"
#include "insight/declared.h"

#include <stdio.h>
#include <string.h>

static const char PACK[] =
	"pack: {id: t, version: 1, source: made up}\n"
	"indicators:\n"
	"  - id: nc\n"
	"    version: 1\n"
	"    name: {en: Key processes under numerical control, zh: 关键工序数控化率}\n"
	"    unit: \"%\"\n"
	"    scopes: [{id: all, name: {en: All, zh: 全部}}, {id: key, name: {en: Key, zh: 重点}}]\n"
	"    periods: [year]\n"
	"    declared: yes\n"
	"    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
	"    value: \"nc / total\"\n"
	"  - id: load\n"
	"    version: 1\n"
	"    name: {en: Load, zh: 负荷}\n"
	"    unit: kW\n"
	"    scopes: [{id: all, name: {en: All, zh: 全部}}]\n"
	"    periods: [day]\n"
	"    inputs: [{name: load, unit: kW}]\n"
	"    parts: [{name: loads, quantiles: load}]\n"
	"    value: \"quantile(loads, 0.9)\"\n";

#define HEADER "definition,version,scope,entity,from,to,\"nc (piece)\",\"total (piece)\"\r\n"
#define YEAR   "2026-01-01T00:00:00+08:00,2027-01-01T00:00:00+08:00"

typedef struct {
	definitions_t *set;
	const definition_t *nc, *load;
	declared_t taken[8];
	char entities[8][32];
	size_t count;
} room_t;

static bool take(void *ctx, const declared_t *declared)
{
	room_t *room = ctx;
	assert_true(room->count < 8);
	room->taken[room->count] = *declared;
	(void)slice_to_cstr(declared->entity, room->entities[room->count++], 32);
	return true;
}

static err_t read(room_t *room, const char *csv, err_detail_t *ret_detail)
{
	declared_reader_t reader = { room->nc, SLICE("an"), take, room };
	room->count = 0;
	return declared_read(slice_str(csv), &reader, ret_detail);
}

static declared_t form_of(const room_t *room, double nc, double total)
{
	return (declared_t){ .definition = room->nc,
		             .scope = SLICE("all"),
		             .entity = SLICE("99.1/works"),
		             .to_ns = NS_PER_DAY,
		             .sums = { { true, nc }, { true, total } },
		             .attested_by = SLICE("an") };
}

static void a_form_becomes_a_figure_that_says_who_attested_it(void **state)
{
	const room_t *room = *state;
	declared_t form = form_of(room, 3, 4);
	err_detail_t detail;
	figure_t figure;
	uint64_t seq = 0;
	assert_int_equal(declared_make(&form, &figure, &detail), ERR_OK);
	assert_true(figure.value == 75 && figure.origin == FIGURE_DECLARED);
	assert_true(slice_eq(figure.attested_by, SLICE("an")));
	assert_true(figure.declared == 1 && figure.reporting == 1 && figure.expected == 1);
	/* The book takes it, with the time of the attestation. */
	world_t w = world_make(1);
	world_start(&w);
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.issued_ns, env_utc(w.f.env).ns);
	/* Another person's word for the same is another figure. */
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(seq, 0);
	figure.attested_by = SLICE("bai");
	assert_int_equal(book_issue(w.book, &figure, &seq), ERR_OK);
	assert_int_equal(figure.revision, 2);
	world_free(&w);
}

static void a_form_that_says_too_little_is_refused(void **state)
{
	const room_t *room = *state;
	declared_t forms[7];
	err_detail_t detail;
	figure_t figure = { .revision = 77 };
	for (size_t i = 0; i < 7; i++)
		forms[i] = form_of(room, 3, 4);
	forms[0].scope = SLICE("other");
	forms[1].entity.len = 0;
	forms[2].to_ns = 0;
	forms[3].attested_by.len = 0;
	forms[4].sums[1].is_there = false;
	forms[5].sums[0].number = (double)__builtin_inff();
	forms[6].definition = room->load; /* of a sketch */
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(declared_make(&forms[i], &figure, &detail), ERR_INVALID);
		assert_non_null(detail.text->fix[LANG_ZH]);
	}
	assert_int_equal(figure.revision, 77);
}

static void a_template_that_is_filled_in_is_read_again(void **state)
{
	room_t *room = *state;
	uint8_t bytes[2048];
	err_detail_t detail;
	declared_t rows[2] = { form_of(room, 3, 4.5), form_of(room, 0, 0) };
	writer_t w = writer_of(bytes, sizeof(bytes) - 1);
	rows[1].entity = SLICE("99.1/of, \"two\"");
	declared_template(room->nc, &w);
	declared_template_row(&rows[0], &w);
	declared_template_row(&rows[1], &w);
	rows[1].sums[0].is_there = rows[1].sums[1].is_there = false; /* nothing to declare */
	declared_template_row(&rows[1], &w);
	assert_false(w.bad);
	bytes[w.len] = 0;
	assert_int_equal(read(room, (const char *)bytes, &detail), ERR_OK);
	assert_int_equal(room->count, 2);
	assert_true(room->taken[0].sums[1].number == 4.5 && room->taken[1].sums[0].is_there);
	assert_true(room->taken[0].from_ns == 0 && room->taken[0].to_ns == NS_PER_DAY);
	assert_string_equal(room->entities[1], "99.1/of, \"two\"");
}

static void a_file_of_a_spreadsheet_is_read(void **state)
{
	room_t *room = *state;
	err_detail_t detail;
	assert_int_equal(read(room,
	                      "\xEF\xBB\xBF" HEADER "t.nc,1,all,99.1/a," YEAR ",3,4\n"
	                      "\n"
	                      "\"t.nc\",\"1\",key,99.1/b," YEAR ", 1.5e2 ,200",
	                      &detail),
	                 ERR_OK);
	assert_int_equal(room->count, 2);
	assert_true(room->taken[1].sums[0].number == 150);
	/* The year of China begins eight hours before that of Greenwich. */
	assert_true(room->taken[1].from_ns % NS_PER_DAY == 16 * NS_PER_HOUR);
	assert_string_equal(room->entities[1], "99.1/b");
}

static void a_wrong_row_is_told_by_its_place_and_nothing_is_taken(void **state)
{
	static const struct {
		const char *csv, *where;
		err_t err;
	} rows[] = {
		{ "", "1:1", ERR_CONFLICT },
		{ "definition,version,scope,entity,from,to,nc (piece)\n", "1:8", ERR_CONFLICT },
		{ "definition,version,scope,entity,from,to,total (piece),nc (piece)\n", "1:7",
		  ERR_CONFLICT },
		{ "t.other,1,all,99.1/a," YEAR ",3,4\n", "3:1", ERR_CONFLICT },
		{ "t.nc,2,all,99.1/a," YEAR ",3,4\n", "3:2", ERR_CONFLICT },
		{ "t.nc,1,none,99.1/a," YEAR ",3,4\n", "3:3", ERR_INVALID },
		{ "t.nc,1,all,," YEAR ",3,4\n", "3:4", ERR_INVALID },
		{ "t.nc,1,all,99.1/a,soon,2027-01-01T00:00:00Z,3,4\n", "3:5", ERR_INVALID },
		{ "t.nc,1,all,99.1/a,2027-01-01T00:00:00Z,2026-01-01T00:00:00Z,3,4\n", "3:6",
		  ERR_INVALID },
		{ "t.nc,1,all,99.1/a," YEAR ",\"1,000\",4\n", "3:7", ERR_INVALID },
		{ "t.nc,1,all,99.1/a," YEAR ",3\n", "3:8", ERR_INVALID },
		{ "t.nc,1,all,99.1/a," YEAR ",3,4,5\n", "3:9", ERR_INVALID },
	};
	room_t *room = *state;
	char csv[1024];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_header = rows[i].where[0] == '1';
		err_detail_t detail = { 0 };
		(void)snprintf(csv, sizeof(csv), "%s%s",
		               is_header ? "" : HEADER "t.nc,1,all,99.1/z," YEAR ",1,1\r\n",
		               rows[i].csv);
		assert_int_equal(read(room, csv, &detail), rows[i].err);
		assert_string_equal(detail.where, rows[i].where);
		assert_int_equal(room->count, 0);
	}
}

static bool set_up(room_t *room)
{
	const definition_pack_t pack = { slice_str(PACK), "t.yaml" };
	err_detail_t detail;
	if (definitions_read(&pack, 1, NULL, &room->set, &detail))
		return false;
	room->nc = definitions_find(room->set, SLICE("t.nc"), 1);
	room->load = definitions_find(room->set, SLICE("t.load"), 1);
	return room->nc && room->load;
}

int main(void)
{
	static room_t room;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(a_form_becomes_a_figure_that_says_who_attested_it, &room),
		cmocka_unit_test_prestate(a_form_that_says_too_little_is_refused, &room),
		cmocka_unit_test_prestate(a_template_that_is_filled_in_is_read_again, &room),
		cmocka_unit_test_prestate(a_file_of_a_spreadsheet_is_read, &room),
		cmocka_unit_test_prestate(a_wrong_row_is_told_by_its_place_and_nothing_is_taken,
		                          &room),
	};
	if (!set_up(&room))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	definitions_free(room.set);
	return failed;
}
