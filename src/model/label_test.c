/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TEXT_BYTES = 256 };

static err_t reread(const char *text, char buf[TEXT_BYTES])
{
	uint8_t plain[TEXT_BYTES];
	label_t room[LABELS_MAX];
	labels_t labels;
	writer_t scratch = writer_of(plain, sizeof(plain)), w = writer_of(buf, TEXT_BYTES - 1);
	err_t err = labels_parse(slice_str(text), room, &scratch, &labels);
	if (!err)
		labels_text(&labels, &w);
	buf[w.len] = 0;
	return err;
}

static void texts_of_label_sets_have_one_canonical_form(void **state)
{
	static const char *const rows[][2] = {
		{ "up", "up" },
		{ " up { b = \"2\" , a=\"1\", } ", "up{a=\"1\",b=\"2\"}" },
		{ "{__name__=\"m f\",a=\"\"}", "m f" },
		{ "{a=\"x\"}", "{a=\"x\"}" },
		{ "m{a=\"q\\\"b\\\\n\\nz\"}", "m{a=\"q\\\"b\\\\n\\nz\"}" },
		{ "m{}", "m" },
	};
	char buf[TEXT_BYTES], again[TEXT_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(reread(rows[i][0], buf), ERR_OK);
		assert_string_equal(buf, rows[i][1]);
		assert_int_equal(reread(buf, again), ERR_OK);
		assert_string_equal(again, buf);
	}
}

static void what_is_no_label_set_is_refused(void **state)
{
	static const struct {
		const char *text;
		err_t err;
	} rows[] = {
		{ "", ERR_INVALID },
		{ "{}", ERR_INVALID },
		{ "m{", ERR_MALFORMED },
		{ "m{a}", ERR_MALFORMED },
		{ "m{a=1}", ERR_MALFORMED },
		{ "m{a=\"1}", ERR_MALFORMED },
		{ "m{a=\"1\"", ERR_MALFORMED },
		{ "m{a=\"1\" b=\"2\"}", ERR_MALFORMED },
		{ "m{a=\"1\"}x", ERR_MALFORMED },
		{ "m{a=\"1\",a=\"2\"}", ERR_INVALID },
		{ "m{__name__=\"n\"}", ERR_INVALID },
		{ "m{a=\"\xff\"}", ERR_INVALID },
	};
	char buf[TEXT_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(reread(rows[i].text, buf), rows[i].err);
}

static void labels_are_sorted_filled_and_within_their_limits(void **state)
{
	static const uint8_t big[LABEL_VALUE_MAX + 1] = { 0 };
	labels_t labels;
	label_t items[] = { { SLICE("b"), SLICE("2") },
		            { SLICE("c"), { 0 } },
		            { SLICE("a"), slice_of(big, LABEL_VALUE_MAX) } };
	(void)state;
	assert_int_equal(labels_make(items, 3, &labels), ERR_OK);
	assert_int_equal(labels.count, 2);
	assert_true(slice_eq(labels.items[0].name, SLICE("a")));
	items[0].value = slice_of(big, sizeof(big));
	assert_int_equal(labels_make(items, 2, &labels), ERR_TOO_BIG);
	assert_int_equal(labels_make(items, LABELS_MAX + 1, &labels), ERR_TOO_BIG);
	items[1].name = (slice_t){ 0 };
	assert_int_equal(labels_make(&items[1], 1, &labels), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_label_sets_have_one_canonical_form),
		cmocka_unit_test(what_is_no_label_set_is_refused),
		cmocka_unit_test(labels_are_sorted_filled_and_within_their_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
