/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lineage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), ERR_OK)

static lineage_question_t question_of(void)
{
	return (lineage_question_t){ .mark = { 1, 2, 3 },
		                     .asker = SLICE("99.1"),
		                     .key = { SLICE("iso22400.oee"), 2, SLICE("work-unit"), -5, 5 },
		                     .entity = SLICE("99.100"),
		                     .revision = 3,
		                     .depth = 2 };
}

static void a_question_reads_back(void **state)
{
	(void)state;
	uint8_t room[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(room, sizeof(room));
	lineage_question_t q = question_of(), back;
	OK(lineage_question_put(&q, &w));
	OK(lineage_question_read(writer_done(&w), &back));
	assert_memory_equal(back.mark, q.mark, sizeof(q.mark));
	assert_true(slice_eq(back.asker, q.asker) && slice_eq(back.entity, q.entity));
	assert_int_equal(figure_key_cmp(&back.key, &q.key), 0);
	assert_true(back.revision == 3 && back.depth == 2);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(lineage_question_read(slice_of(room, len), &back), ERR_MALFORMED);
	room[0] = 2;
	assert_int_equal(lineage_question_read(writer_done(&w), &back), ERR_NEWER_FORMAT);
}

static void a_question_that_nobody_may_ask_is_not_written(void **state)
{
	(void)state;
	uint8_t room[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(room, sizeof(room));
	lineage_question_t good = question_of(), bad[4];
	for (size_t i = 0; i < 4; i++)
		bad[i] = good;
	bad[0].depth = 0;
	bad[1].depth = LINEAGE_DEPTH_MAX + 1;
	bad[2].revision = 0;
	bad[3].entity = (slice_t){ 0 };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(lineage_question_put(&bad[i], &w), ERR_INVALID);
	OK(lineage_question_put(&good, &w));
	w.cap = w.len;
	assert_int_equal(lineage_question_put(&good, &w), ERR_TOO_BIG);
}

static lineage_sheet_t sheet_of(writer_t *rows)
{
	static const uint8_t key[44] = { 4 };
	lineage_row_t good = { .entity = SLICE("99.100.1"),
		               .revision = 1,
		               .latest = 2,
		               .item = SLICE("item"),
		               .keys = { { key, sizeof(key) } },
		               .key_count = 1 };
	lineage_row_t gone = { .entity = SLICE("99.100.2"), .revision = 1, .reason = LINEAGE_GONE };
	lineage_row_put(&good, rows);
	lineage_row_put(&gone, rows);
	return (lineage_sheet_t){ .question = SLICE("question"),
		                  .node = SLICE("99.100"),
		                  .at_ns = 77,
		                  .latest = 4,
		                  .figure = SLICE("figure"),
		                  .again_reason = LINEAGE_UNBOUND,
		                  .first = 3,
		                  .is_last = true,
		                  .rows = writer_done(rows) };
}

static void a_sheet_reads_back_with_its_rows(void **state)
{
	(void)state;
	uint8_t room[1024], list[256];
	writer_t w = writer_of(room, sizeof(room)), rows = writer_of(list, sizeof(list));
	lineage_sheet_t sheet = sheet_of(&rows), back;
	lineage_row_t row;
	OK(lineage_sheet_put(&sheet, &w));
	size_t covered = w.len;
	for (size_t i = 0; i < LINEAGE_SIGNATURE_BYTES; i++)
		wr_u8(&w, 9);
	OK(lineage_sheet_read(writer_done(&w), &back));
	assert_true(back.covered.len == covered && back.signature.ptr[0] == 9);
	assert_true(back.at_ns == 77 && back.latest == 4 && back.first == 3 && back.is_last);
	assert_true(slice_eq(back.figure, sheet.figure) && slice_eq(back.node, sheet.node));
	reader_t in = reader_of(back.rows);
	assert_true(lineage_row_next(&in, &row) && row.latest == 2 && row.key_count == 1);
	assert_true(lineage_row_next(&in, &row) && row.reason == LINEAGE_GONE);
	assert_false(lineage_row_next(&in, &row));
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(lineage_sheet_read(slice_of(room, len), &back), ERR_MALFORMED);
	room[0] = 2;
	assert_int_equal(lineage_sheet_read(writer_done(&w), &back), ERR_NEWER_FORMAT);
}

static void a_sheet_that_contradicts_itself_is_none(void **state)
{
	(void)state;
	uint8_t room[1024], list[256], twice[256];
	writer_t w = writer_of(room, sizeof(room)), rows = writer_of(list, sizeof(list));
	writer_t again = writer_of(twice, sizeof(twice));
	lineage_sheet_t good = sheet_of(&rows), bad[4];
	for (size_t i = 0; i < 4; i++)
		bad[i] = good;
	bad[0].reason = LINEAGE_CONTRACT;
	bad[1].again_reason = LINEAGE_NONE;
	bad[2].node = (slice_t){ 0 };
	wr_bytes(&again, good.rows);
	wr_bytes(&again, good.rows);
	bad[3].rows = writer_done(&again); /* not ascending */
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(lineage_sheet_put(&bad[i], &w), ERR_INVALID);
}

static void a_part_is_of_a_known_kind(void **state)
{
	(void)state;
	lineage_part_kind_t kind;
	slice_t body;
	OK(lineage_part_read(SLICE("\2batch"), &kind, &body));
	assert_true(kind == LINEAGE_PART_BATCH && slice_eq(body, SLICE("batch")));
	assert_int_equal(lineage_part_read(SLICE("\1"), &kind, &body), ERR_MALFORMED);
	assert_int_equal(lineage_part_read(SLICE("\3x"), &kind, &body), ERR_UNSUPPORTED);
}

static void reasons_have_words(void **state)
{
	(void)state;
	assert_string_equal(lineage_reason_name(LINEAGE_CONTRACT), "contract");
	assert_string_equal(lineage_reason_name(200), "other");
	for (unsigned i = 0; i <= LINEAGE_REASON_COUNT; i++)
		assert_string_not_equal(lineage_reason_text((uint8_t)i, LANG_EN),
		                        lineage_reason_text((uint8_t)i, LANG_ZH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_reads_back),
		cmocka_unit_test(a_question_that_nobody_may_ask_is_not_written),
		cmocka_unit_test(a_sheet_reads_back_with_its_rows),
		cmocka_unit_test(a_sheet_that_contradicts_itself_is_none),
		cmocka_unit_test(a_part_is_of_a_known_kind),
		cmocka_unit_test(reasons_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
