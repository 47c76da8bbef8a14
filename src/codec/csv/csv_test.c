/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/csv/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 256 };

/* The cells of a text, a bar between them and a slash between lines. */
static void show(const char *text, char buf[ROOM])
{
	uint8_t plain[ROOM];
	writer_t w = writer_of(buf, ROOM - 1), p = writer_of(plain, sizeof(plain));
	slice_t rest = slice_str(text);
	while (rest.len) {
		slice_t line = csv_cut_line(&rest);
		while (line.len) {
			wr_bytes(&w, csv_plain(csv_cut_cell(&line), &p));
			wr_u8(&w, '|');
		}
		wr_u8(&w, '/');
	}
	buf[w.len] = 0;
}

static void texts_come_apart_into_lines_and_cells(void **state)
{
	static const char *const rows[][2] = {
		{ "a,b\n1,2\n", "a|b|/1|2|/" },
		{ "a,b\r\n1,2", "a|b|/1|2|/" },
		{ " a , b ,,c", "a|b||c|/" },
		{ "a,\n\nb", "a|//b|/" },
		{ "\"a,b\",\"c\"\"d\",\"e\nf\"\n7", "a,b|c\"d|e\nf|/7|/" },
		{ "\"\",x", "|x|/" },
		{ "\"open,x\ny", "open,x\ny|/" },
		{ "\"", "|/" },
		{ "\"\"\"\"", "\"|/" },
	};
	char buf[ROOM];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		show(rows[i][0], buf);
		assert_string_equal(buf, rows[i][1]);
	}
}

static void what_is_put_comes_back_to_the_byte(void **state)
{
	(void)state;
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "plain", "plain" }, { "", "\"\"" },         { " edge ", "\" edge \"" },
		{ "a,b", "\"a,b\"" }, { "a\nb", "\"a\nb\"" }, { "say \"x\"", "\"say \"\"x\"\"\"" },
		{ "温度", "温度" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t buf[64], plain[64];
		writer_t w = writer_of(buf, sizeof(buf)), p = writer_of(plain, sizeof(plain));
		csv_put(slice_str(rows[i].text), &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].cell)));
		slice_t line = writer_done(&w), cell = csv_cut_cell(&line);
		assert_true(slice_eq(csv_plain(cell, &p), slice_str(rows[i].text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_apart_into_lines_and_cells),
		cmocka_unit_test(what_is_put_comes_back_to_the_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
