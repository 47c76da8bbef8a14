/* SPDX-License-Identifier: Apache-2.0 */
#include "model/census.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/num.h"
#include "model/received.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { ROWS = 300, TOLD_S = 1796000000 };

static census_saying_t saying(void)
{
	return (census_saying_t){ SLICE("99.100.1"), 2, TOLD_S * NS_PER_S + 7 };
}

static census_row_t row_of(size_t i, char word[16])
{
	(void)snprintf(word, 16, "kind-%zu", i);
	census_row_t row = { .kind = slice_str(word),
		             .industry = i % 2 ? SLICE("C3841") : (slice_t){ 0 },
		             .region = SLICE("952-A"),
		             .state = (census_state_t)(i % CENSUS_STATE_COUNT),
		             .since_s = (uint32_t)(TOLD_S - i),
		             .seen_s = i % 3 ? (uint32_t)(TOLD_S + i) : 0 };
	memset(row.key.bytes, (int)i, sizeof(row.key.bytes));
	return row;
}

static void assert_row(const census_row_t *a, const census_row_t *b)
{
	assert_memory_equal(a->key.bytes, b->key.bytes, CENSUS_KEY_BYTES);
	assert_true(slice_eq(a->kind, b->kind));
	assert_true(slice_eq(a->industry, b->industry));
	assert_true(slice_eq(a->region, b->region));
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->since_s, b->since_s);
	assert_int_equal(a->seen_s, b->seen_s);
}

/* The rows from `from` on, as many as the item took. */
static size_t put(const census_row_t *rows, size_t count, uint8_t room[CENSUS_ITEM_MAX],
                  slice_t *ret_body)
{
	writer_t w = writer_of(room, CENSUS_ITEM_MAX);
	census_saying_t said = saying();
	size_t taken = census_item_put(&said, rows, count, &w);
	assert_false(w.bad);
	*ret_body = writer_done(&w);
	return taken;
}

static void rows_of_more_words_than_an_item_holds_go_into_several(void **state)
{
	(void)state;
	static census_row_t rows[ROWS];
	static char words[ROWS][16];
	static uint8_t room[CENSUS_ITEM_MAX];
	size_t done = 0, items = 0;
	for (size_t i = 0; i < ROWS; i++)
		rows[i] = row_of(i, words[i]);
	for (; done < ROWS; items++) {
		census_item_t item;
		census_row_t row;
		slice_t body;
		size_t taken = put(&rows[done], ROWS - done, room, &body);
		assert_true(taken > 0);
		OK(census_item_read(body, &item));
		assert_true(slice_eq(item.saying.origin, SLICE("99.100.1")));
		assert_int_equal(item.saying.hops, 2);
		assert_true(item.saying.told_ns == TOLD_S * NS_PER_S + 7);
		for (size_t i = 0; i < taken; i++) {
			assert_true(census_item_next(&item, &row));
			assert_row(&row, &rows[done + i]);
		}
		assert_false(census_item_next(&item, &row));
		done += taken;
	}
	assert_int_equal(items, 2);
}

/* Three devices, written from the form in the header by a program in Python. */
static const char GOLDEN[] =
	"0839392e3130302e3201018080d089809fd6ec310403706c63054333383431053935322d4105"
	"726f626f74030101010101010101010101010101010101010203c80102020202020202020202"
	"02020202020202020400036480a4e6b00d0101010101010101010101010101010103010200c8"
	"0102";

static void the_form_on_disk_and_wire_stays_as_it_is(void **state)
{
	(void)state;
	uint8_t room[CENSUS_ITEM_MAX], golden[256];
	size_t len = 0;
	census_item_t item;
	census_row_t rows[4];
	size_t count = 0;
	OK(num_from_hex(slice_str(GOLDEN), golden, sizeof(golden), &len));
	OK(census_item_read(slice_of(golden, len), &item));
	census_saying_t said = item.saying;
	while (census_item_next(&item, &rows[count]))
		count++;
	assert_int_equal(count, 3);
	assert_true(slice_eq(rows[0].kind, SLICE("plc")) && slice_eq(rows[1].kind, SLICE("robot")));
	assert_true(slice_eq(rows[1].region, SLICE("952-A")) && rows[1].industry.len == 0);
	assert_int_equal(rows[2].state, CENSUS_RETIRED);
	assert_int_equal(rows[0].since_s, TOLD_S - 100);
	assert_int_equal(rows[1].seen_s, 0);
	writer_t w = writer_of(room, sizeof(room));
	assert_int_equal(census_item_put(&said, rows, count, &w), count);
	assert_true(slice_eq(writer_done(&w), slice_of(golden, len)));
}

static void an_item_cut_anywhere_or_followed_by_more_is_refused(void **state)
{
	(void)state;
	static uint8_t room[CENSUS_ITEM_MAX], copy[CENSUS_ITEM_MAX];
	char words[3][16];
	census_row_t rows[3] = { row_of(1, words[0]), row_of(2, words[1]), row_of(3, words[2]) };
	census_item_t item;
	slice_t body;
	assert_int_equal(put(rows, 3, room, &body), 3);
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(census_item_read(slice_sub(body, 0, len), &item), ERR_MALFORMED);
	memcpy(copy, body.ptr, body.len);
	copy[body.len] = 0;
	assert_int_equal(census_item_read(slice_of(copy, body.len + 1), &item), ERR_MALFORMED);
	copy[1 + 8] = 2; /* the version, behind the origin */
	assert_int_equal(census_item_read(slice_of(copy, body.len), &item), ERR_NEWER_FORMAT);
	copy[1 + 8] = 1;
	copy[1 + 8 + 1] = CENSUS_HOPS_MAX + 1;
	assert_int_equal(census_item_read(slice_of(copy, body.len), &item), ERR_MALFORMED);
}

static void an_item_that_is_passed_on_is_one_hop_further_and_does_not_go_in_circles(void **state)
{
	(void)state;
	static uint8_t rooms[2][CENSUS_ITEM_MAX];
	char word[16];
	census_row_t row = row_of(1, word), read;
	census_item_t item;
	slice_t body;
	assert_int_equal(put(&row, 1, rooms[0], &body), 1);
	for (unsigned hops = 3; hops <= CENSUS_HOPS_MAX; hops++) {
		writer_t w = writer_of(rooms[hops % 2 ? 1 : 0], CENSUS_ITEM_MAX);
		OK(census_item_pass(body, &w));
		body = writer_done(&w);
		OK(census_item_read(body, &item));
		assert_int_equal(item.saying.hops, hops);
		assert_true(census_item_next(&item, &read));
		assert_row(&read, &row);
	}
	writer_t w = writer_of(rooms[0], CENSUS_ITEM_MAX);
	assert_int_equal(census_item_pass(body, &w), ERR_LIMIT);
}

static void an_item_without_rows_says_that_its_reporter_lives(void **state)
{
	(void)state;
	static uint8_t room[CENSUS_ITEM_MAX];
	census_item_t item;
	census_row_t row;
	slice_t body;
	assert_int_equal(put(NULL, 0, room, &body), 0);
	OK(census_item_read(body, &item));
	assert_false(census_item_next(&item, &row));
}

static void names_that_differ_in_case_blanks_or_width_are_one(void **state)
{
	(void)state;
	static const struct {
		const char *name, *folded;
	} rows[] = {
		{ "Loom Works", "LOOMWORKS" },
		{ " loom\tworks\xC2\xA0", "LOOMWORKS" },
		{ "ＬＯＯＭ　ｗｏｒｋｓ", "LOOMWORKS" },
		{ "sn-００４２/ａ", "SN-0042/A" },
		{ "织机 厂", "织机厂" },
		{ "\xEF\xBB\xBFx\xE2\x80\x8By", "XY" },
		{ "ß～", "ß~" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t room[CENSUS_NAME_MAX];
		writer_t w = writer_of(room, sizeof(room));
		OK(census_name_fold(slice_str(rows[i].name), &w));
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].folded)));
	}
}

static void names_that_are_no_text_are_refused(void **state)
{
	(void)state;
	char big[CENSUS_NAME_MAX + 2];
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = 0;
	const struct {
		const char *name;
		err_t err;
	} rows[] = {
		{ "", ERR_INVALID },        { " \xE3\x80\x80\t", ERR_INVALID },
		{ "a\x01", ERR_MALFORMED }, { "a\xC2\x85", ERR_MALFORMED },
		{ "a\xFF", ERR_MALFORMED }, { "a\xE3\x80", ERR_MALFORMED },
		{ big, ERR_TOO_BIG },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t room[CENSUS_NAME_MAX];
		writer_t w = writer_of(room, sizeof(room));
		assert_int_equal(census_name_fold(slice_str(rows[i].name), &w), rows[i].err);
	}
}

static void states_have_names_both_ways(void **state)
{
	(void)state;
	for (unsigned s = 0; s < CENSUS_STATE_COUNT; s++)
		assert_int_equal(
			census_state_parse(slice_str(census_state_name((census_state_t)s))), s);
	assert_int_equal(census_state_parse(SLICE("on")), CENSUS_STATE_COUNT);
}

static void what_came_from_a_child_reads_back_and_says_when_it_cannot(void **state)
{
	(void)state;
	uint8_t room[64];
	writer_t w = writer_of(room, sizeof(room));
	received_t received = { SLICE("99.100.2"), { TOLD_S * NS_PER_S }, SLICE("bytes") }, read;
	received_put(&received, &w);
	OK(received_read(writer_done(&w), &read));
	assert_true(slice_eq(read.child, received.child) && slice_eq(read.batch, received.batch));
	assert_true(read.at.ns == received.at.ns);
	assert_int_equal(received_read(slice_of(room, 5), &read), ERR_MALFORMED);
	room[0] = 2;
	assert_int_equal(received_read(writer_done(&w), &read), ERR_NEWER_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_more_words_than_an_item_holds_go_into_several),
		cmocka_unit_test(the_form_on_disk_and_wire_stays_as_it_is),
		cmocka_unit_test(an_item_cut_anywhere_or_followed_by_more_is_refused),
		cmocka_unit_test(
			an_item_that_is_passed_on_is_one_hop_further_and_does_not_go_in_circles),
		cmocka_unit_test(an_item_without_rows_says_that_its_reporter_lives),
		cmocka_unit_test(names_that_differ_in_case_blanks_or_width_are_one),
		cmocka_unit_test(names_that_are_no_text_are_refused),
		cmocka_unit_test(states_have_names_both_ways),
		cmocka_unit_test(what_came_from_a_child_reads_back_and_says_when_it_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
