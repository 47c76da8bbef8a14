/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char TEXT[] = "# a comment\tof two cells\n"
			   "\n"
			   "省\tcn\t\n"
			   "one cell\r\n"
			   "1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\n"
			   "no\tend";

static void rows_pass_comments_and_keep_empty_cells(void **state)
{
	(void)state;
	rows_t rows = rows_of(slice_str(TEXT), "t.tsv");
	assert_true(rows_next(&rows));
	assert_int_equal(rows.line, 3);
	assert_int_equal(rows.count, 3);
	assert_true(slice_eq(rows.cells[0], slice_str("省")));
	assert_true(slice_eq(rows.cells[1], SLICE("cn")));
	assert_int_equal(rows.cells[2].len, 0);
	assert_true(rows_next(&rows));
	assert_int_equal(rows.count, 1);
	assert_true(slice_eq(rows.cells[0], SLICE("one cell")));
	assert_true(rows_next(&rows));
	assert_int_equal(rows.count, 11);
	assert_true(slice_eq(rows.cells[ROWS_CELLS_MAX - 1], SLICE("10")));
	assert_true(rows_next(&rows));
	assert_int_equal(rows.line, 6);
	assert_true(slice_eq(rows.cells[1], SLICE("end")));
	assert_false(rows_next(&rows));
	rows = rows_of(SLICE("\n#\n"), "t.tsv");
	assert_false(rows_next(&rows));
}

static void a_place_counts_characters_and_not_bytes(void **state)
{
	(void)state;
	char where[ERR_WHERE_MAX];
	rows_t rows = rows_of(slice_str(TEXT), "t.tsv");
	assert_true(rows_next(&rows));
	assert_string_equal(rows_where(&rows, 0, where), "t.tsv:3:1");
	assert_string_equal(rows_where(&rows, 1, where), "t.tsv:3:3");
	assert_string_equal(rows_where(&rows, 2, where), "t.tsv:3:6");
	/* A cell that is not there is looked for where the row ends. */
	assert_string_equal(rows_where(&rows, 7, where), "t.tsv:3:6");
	assert_true(rows_next(&rows));
	assert_string_equal(rows_where(&rows, 1, where), "t.tsv:4:9");
}

static void a_fault_has_its_place_and_its_words(void **state)
{
	(void)state;
	static const err_text_t TEXT_BAD = { { "'%1' is odd", "“%1”不对" },
		                             { "Mend it", "请改正" } };
	char text[256];
	err_detail_t detail;
	rows_t rows = rows_of(SLICE("a\tb"), "t.tsv");
	assert_true(rows_next(&rows));
	assert_int_equal(rows_fail(&rows, 1, &TEXT_BAD, "b", &detail), ERR_CONFIG);
	assert_string_equal(err_render(&detail, LANG_EN, text, sizeof(text)),
	                    "t.tsv:1:3: 'b' is odd. Mend it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_pass_comments_and_keep_empty_cells),
		cmocka_unit_test(a_place_counts_characters_and_not_bytes),
		cmocka_unit_test(a_fault_has_its_place_and_its_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
