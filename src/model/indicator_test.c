/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "model/indicator.h"

typedef struct {
	uint8_t room[FIGURE_BYTES_MAX], again[FIGURE_BYTES_MAX];
} rooms_t;

static figure_t a_figure(void)
{
	static const uint8_t sources[] = { 1, 'a', 3, 2, 'a', 'b', 0, 1, 'b', 0x80, 1 };
	return (figure_t){
		.key = { SLICE("iso22400.oee"), 2, SLICE("work-unit"), -5000, 1700000000000 },
		.entity = SLICE("99.1000.1/works"),
		.origin = FIGURE_ROLLED,
		.parts = { { PART_SUM, true, 12.5, { 0 } },
		           { PART_SUM, false, 0, { 0 } },
		           { PART_HISTOGRAM, true, 0, SLICE("\001\002\005\006") },
		           { PART_QUANTILES, false, 0, { 0 } } },
		.part_count = 4,
		.lack = SLICE("planned"),
		.expected = 3,
		.reporting = 2,
		.declared = 1,
		.coverage = 0.75,
		.revision = 4,
		.issued_ns = 1700000000123456789,
		.sources = slice_of(sources, sizeof(sources)),
	};
}

static slice_t bytes_of(rooms_t *rooms, const figure_t *figure)
{
	writer_t w = writer_of(rooms->room, sizeof(rooms->room));
	assert_int_equal(figure_encode(figure, &w), ERR_OK);
	return writer_done(&w);
}

static void a_figure_is_read_back_to_the_same_bytes(void **state)
{
	rooms_t *rooms = *state;
	figure_t figure = a_figure(), back;
	slice_t bytes = bytes_of(rooms, &figure);
	assert_int_equal(figure_decode(bytes, &back), ERR_OK);
	assert_true(figure_says_same(&figure, &back));
	assert_int_equal(back.revision, 4);
	assert_int_equal(back.issued_ns, figure.issued_ns);
	assert_false(back.parts[1].is_there);
	writer_t w = writer_of(rooms->again, sizeof(rooms->again));
	assert_int_equal(figure_encode(&back, &w), ERR_OK);
	assert_true(slice_eq(writer_done(&w), bytes));
	/* A day's figure of one machine is small. */
	assert_true(bytes.len < 120);
}

static void figures_cut_or_continued_or_of_a_newer_form_are_refused(void **state)
{
	rooms_t *rooms = *state;
	figure_t figure = a_figure(), back;
	slice_t bytes = bytes_of(rooms, &figure);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(figure_decode(slice_sub(bytes, 0, len), &back), ERR_MALFORMED);
	rooms->room[bytes.len] = 0;
	assert_int_equal(figure_decode(slice_of(rooms->room, bytes.len + 1), &back), ERR_MALFORMED);
	rooms->room[0] = 2;
	assert_int_equal(figure_decode(bytes, &back), ERR_NEWER_FORMAT);
	rooms->room[0] = 0;
	assert_int_equal(figure_decode(bytes, &back), ERR_MALFORMED);
}

typedef struct {
	void (*spoil)(figure_t *figure);
} spoiler_t;

static const uint8_t zeros[FIGURE_PART_BYTES_MAX + 1];

#define SPOIL_ROWS(X) \
	X(no_definition, f->key.definition.len = 0) \
	X(no_scope, f->key.scope.len = 0) \
	X(no_version, f->key.version = 0) \
	X(no_period, f->key.to_ns = f->key.from_ns) \
	X(no_entity, f->entity.len = 0) \
	X(not_text, f->entity = SLICE("\xFF\xFE")) \
	X(no_revision, f->revision = 0) \
	X(more_reporting_than_expected, f->reporting = 4) \
	X(more_declared_than_reporting, f->declared = 3) \
	X(more_than_all, f->coverage = 1.5) \
	X(no_coverage, f->coverage = (double)__builtin_nanf("")) \
	X(no_origin, f->origin = FIGURE_ORIGIN_COUNT) \
	X(no_kind, f->parts[0].kind = PART_KIND_COUNT) \
	X(not_finite, f->parts[0].sum = __builtin_inf()) \
	X(value_not_finite, (f->has_value = true, f->value = __builtin_inf())) \
	X(large_part, f->parts[2].bytes = slice_of(zeros, sizeof(zeros))) \
	X(nobody_attested, (f->origin = FIGURE_DECLARED, f->sources.len = 0)) \
	X(measured_and_attested, f->attested_by = SLICE("a person")) \
	X(measured_of_sources, f->origin = FIGURE_MEASURED) \
	X(sources_out_of_order, f->sources = SLICE("\001b\001\001a\001")) \
	X(source_twice, f->sources = SLICE("\001b\001\001b\001")) \
	X(source_cut, f->sources.len--)

#define X(name, act) \
	static void name(figure_t *f) \
	{ \
		act; \
	}
SPOIL_ROWS(X)
#undef X

static void what_makes_no_sense_is_not_written(void **state)
{
	rooms_t *rooms = *state;
#define X(name, act) { name },
	static const spoiler_t spoilers[] = { SPOIL_ROWS(X) };
#undef X
	for (size_t i = 0; i < sizeof(spoilers) / sizeof(spoilers[0]); i++) {
		figure_t figure = a_figure();
		writer_t w = writer_of(rooms->room, sizeof(rooms->room));
		spoilers[i].spoil(&figure);
		assert_int_equal(figure_encode(&figure, &w), ERR_INVALID);
		assert_int_equal(w.len, 0);
	}
	figure_t figure = a_figure();
	writer_t w = writer_of(rooms->room, 40);
	assert_int_equal(figure_encode(&figure, &w), ERR_TOO_BIG);
}

/* Whatever byte of a figure is another, it is refused or has one form still. */
static void no_figure_has_two_forms(void **state)
{
	rooms_t *rooms = *state;
	figure_t figure = a_figure(), back;
	slice_t bytes = bytes_of(rooms, &figure);
	size_t refused = 0, taken = 0;
	for (size_t at = 1; at < bytes.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			rooms->room[at] ^= (uint8_t)(1U << bit);
			err_t err = figure_decode(bytes, &back);
			writer_t w = writer_of(rooms->again, sizeof(rooms->again));
			refused += err != ERR_OK;
			taken += err == ERR_OK;
			if (err == ERR_OK) {
				assert_int_equal(figure_encode(&back, &w), ERR_OK);
				assert_true(slice_eq(writer_done(&w), bytes));
			}
			rooms->room[at] ^= (uint8_t)(1U << bit);
		}
	assert_true(refused > 200 && taken > 200);
}

static void keys_are_ordered_by_what_must_be_the_same(void **state)
{
	(void)state;
	const figure_key_t keys[] = {
		{ SLICE("a"), 1, SLICE("s"), 0, 10 },  { SLICE("a"), 1, SLICE("s"), 0, 20 },
		{ SLICE("a"), 1, SLICE("s"), 10, 20 }, { SLICE("a"), 1, SLICE("t"), 0, 10 },
		{ SLICE("a"), 2, SLICE("s"), 0, 10 },  { SLICE("b"), 1, SLICE("s"), 0, 10 },
	};
	for (int a = 0; a < 6; a++)
		for (int b = 0; b < 6; b++)
			assert_int_equal(figure_key_cmp(&keys[a], &keys[b]), (a > b) - (a < b));
}

static void a_figure_says_the_same_until_something_but_its_issue_differs(void **state)
{
	(void)state;
	figure_t a = a_figure(), b = a_figure();
	b.revision = 5;
	b.issued_ns++;
	b.parts[1].sum = 3; /* of a part that is not there */
	assert_true(figure_says_same(&a, &b));
	b.parts[0].sum = 13;
	assert_false(figure_says_same(&a, &b));
	b = a_figure();
	b.parts[1].is_there = true;
	assert_false(figure_says_same(&a, &b));
	b = a_figure();
	b.reporting = 1;
	assert_false(figure_says_same(&a, &b));
	b = a_figure();
	b.sources.len = 3;
	assert_false(figure_says_same(&a, &b));
	b = a_figure();
	b.lack = SLICE("other");
	assert_false(figure_says_same(&a, &b));
}

static void an_item_says_which_node_issued_it(void **state)
{
	rooms_t *rooms = *state;
	figure_t figure = a_figure(), back;
	slice_t node = { 0 };
	writer_t w = writer_of(rooms->room, sizeof(rooms->room));
	wr_string(&w, SLICE("99.1000.1"));
	assert_int_equal(figure_encode(&figure, &w), ERR_OK);
	assert_int_equal(figure_item_decode(writer_done(&w), &node, &back), ERR_OK);
	assert_true(slice_eq(node, SLICE("99.1000.1")) && figure_says_same(&figure, &back));
	rooms->room[0] = 0; /* nobody */
	assert_int_equal(figure_item_decode(writer_done(&w), &node, &back), ERR_MALFORMED);
}

static void a_figure_becomes_json(void **state)
{
	rooms_t *rooms = *state;
	const slice_t names[] = { SLICE("apt"), SLICE("pbt"), SLICE("sizes"), SLICE("delays") };
	static const char *const want =
		"{\"definition\":\"iso22400.oee\",\"version\":2,\"scope\":\"work-unit\","
		"\"from\":\"1969-12-31T23:59:59.999Z\",\"to\":\"1970-01-01T00:28:20.000Z\","
		"\"entity\":\"99.1000.1/works\",\"value\":null,\"lack\":\"planned\","
		"\"origin\":\"rolled\",\"expected\":3,\"reporting\":2,\"declared\":1,"
		"\"coverage\":0.75,\"revision\":4,\"issued\":\"2023-11-14T22:13:20.123Z\","
		"\"sources\":[{\"entity\":\"a\",\"revision\":3},{\"entity\":\"ab\",\"revision\":0},"
		"{\"entity\":\"b\",\"revision\":128}],"
		"\"parts\":[{\"name\":\"apt\",\"kind\":\"sum\",\"sum\":12.5},"
		"{\"name\":\"pbt\",\"kind\":\"sum\",\"sum\":null},"
		"{\"name\":\"sizes\",\"kind\":\"histogram\",\"sketch\":\"AQIFBg==\"},"
		"{\"name\":\"delays\",\"kind\":\"quantiles\",\"sketch\":null}]}";
	figure_t figure = a_figure();
	json_t j = json_of(rooms->room, sizeof(rooms->room));
	figure_json(&figure, names, &j);
	assert_true(json_ok(&j));
	wr_u8(&j.w, 0);
	assert_string_equal((const char *)rooms->room, want);
}

int main(void)
{
	static rooms_t rooms;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(a_figure_is_read_back_to_the_same_bytes, &rooms),
		cmocka_unit_test_prestate(figures_cut_or_continued_or_of_a_newer_form_are_refused,
		                          &rooms),
		cmocka_unit_test_prestate(what_makes_no_sense_is_not_written, &rooms),
		cmocka_unit_test_prestate(no_figure_has_two_forms, &rooms),
		cmocka_unit_test(keys_are_ordered_by_what_must_be_the_same),
		cmocka_unit_test(a_figure_says_the_same_until_something_but_its_issue_differs),
		cmocka_unit_test_prestate(an_item_says_which_node_issued_it, &rooms),
		cmocka_unit_test_prestate(a_figure_becomes_json, &rooms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
