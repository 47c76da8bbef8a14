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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_apart_into_lines_and_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
