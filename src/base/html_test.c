/* SPDX-License-Identifier: Apache-2.0 */
#include "base/html.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct {
	const char *in, *out;
} row_t;

static void check(void (*put)(writer_t *w, slice_t text), const row_t *row)
{
	char room[256];
	writer_t w = writer_of(room, sizeof(room));
	put(&w, slice_str(row->in));
	wr_u8(&w, 0);
	assert_false(w.bad);
	assert_string_equal(room, row->out);
}

static void text_cannot_leave_its_place(void **state)
{
	(void)state;
	static const row_t rows[] = {
		{ "", "" },
		{ "a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;" },
		{ "电芯 é 🙂", "电芯 é 🙂" },
		{ "two\nlines\t", "two\nlines\t" },
		{ "\x01\x7F\xC2\x85", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\xFF<\xC3", "\xEF\xBF\xBD&lt;\xEF\xBF\xBD" },
		{ "\xE2\x80\xAEx\xE2\x81\xA6", "\xEF\xBF\xBDx\xEF\xBF\xBD" },
		{ "\xE2\x80\x93", "\xE2\x80\x93" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(html_text, &rows[i]);
}

static void a_part_of_a_url_keeps_its_slashes_and_no_more(void **state)
{
	(void)state;
	static const row_t rows[] = {
		{ "99.100.1/PUMP-7", "99.100.1/PUMP-7" },
		{ "a b?c#d&\"<", "a%20b%3Fc%23d%26%22%3C" },
		{ "中", "%E4%B8%AD" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(html_url, &rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_cannot_leave_its_place),
		cmocka_unit_test(a_part_of_a_url_keeps_its_slashes_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
