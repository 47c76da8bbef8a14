/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/utf8.h"

static const err_text_t BAD_PORT = {
	.what = { "port %1 of %2 is not allowed", "%2 的端口 %1 不允许" },
	.fix = { "use one from %3", "请使用 %3" },
};

static const err_text_t ENGLISH_ONLY = { .what = { "100% of %9 %" } };

static void every_class_has_texts_and_codes(void **state)
{
	(void)state;
	for (int e = 0; e < ERR_COUNT; e++) {
		const err_info_t *info = err_info((err_t)e);
		assert_true(info->name[0] && info->text[LANG_EN][0] && info->text[LANG_ZH][0]);
		assert_true(utf8_valid(slice_str(info->text[LANG_ZH])));
		assert_in_range((unsigned)info->http_status, 200, 599);
		assert_true((e == ERR_OK) == (info->exit_code == 0));
	}
	assert_string_equal(err_info(ERR_DISK_FULL)->name, "DISK_FULL");
	assert_ptr_equal(err_info((err_t)1000), err_info(ERR_INTERNAL));
}

static void render_fills_in_both_languages(void **state)
{
	(void)state;
	err_detail_t d;
	char buf[256];
	err_t err = err_raise(&d, ERR_INVALID, &BAD_PORT, "node.yaml:3:7", "70000", "line-1",
	                      "1 to 65535", NULL);
	assert_int_equal(err, ERR_INVALID);
	assert_string_equal(err_render(&d, LANG_EN, buf, sizeof(buf)),
	                    "node.yaml:3:7: port 70000 of line-1 is not allowed. "
	                    "use one from 1 to 65535");
	assert_string_equal(err_render(&d, LANG_ZH, buf, sizeof(buf)),
	                    "node.yaml:3:7: line-1 的端口 70000 不允许。请使用 1 to 65535");
}

static void render_without_text_says_the_class(void **state)
{
	(void)state;
	err_detail_t d;
	char buf[64];
	assert_int_equal(err_raise(&d, ERR_TIMEOUT, NULL, NULL, NULL), ERR_TIMEOUT);
	assert_string_equal(err_render(&d, LANG_EN, buf, sizeof(buf)), "timed out");
	assert_string_equal(err_render(&d, LANG_ZH, buf, sizeof(buf)), "超时");
}

static void render_falls_back_to_english_and_keeps_other_percents(void **state)
{
	(void)state;
	err_detail_t d;
	char buf[64];
	(void)err_raise(&d, ERR_INVALID, &ENGLISH_ONLY, "", NULL);
	assert_string_equal(err_render(&d, LANG_ZH, buf, sizeof(buf)), "100% of %9 %");
}

static void raise_to_nobody_passes_the_class(void **state)
{
	(void)state;
	assert_int_equal(err_raise(NULL, ERR_BUSY, &BAD_PORT, "x", "y", NULL), ERR_BUSY);
}

static void long_args_end_in_dots_between_characters(void **state)
{
	(void)state;
	char longer[300];
	err_detail_t d;
	for (size_t i = 0; i + 3 < sizeof(longer); i += 3)
		memcpy(&longer[i], "测", 4);
	(void)err_raise(&d, ERR_INVALID, &BAD_PORT, longer, longer, NULL);
	assert_true(utf8_valid(slice_str(d.where)) && utf8_valid(slice_str(d.arg[0])));
	assert_string_equal(&d.where[strlen(d.where) - 3], "...");
	assert_true(strlen(d.arg[0]) < ERR_ARG_MAX && strlen(d.arg[0]) > ERR_ARG_MAX - 5);
	assert_string_equal(d.arg[1], "");
}

static void render_cuts_at_every_size_without_breaking_characters(void **state)
{
	(void)state;
	err_detail_t d;
	char whole[256], buf[256];
	(void)err_raise(&d, ERR_INVALID, &BAD_PORT, "泵", "一", "二", "三", NULL);
	err_render(&d, LANG_ZH, whole, sizeof(whole));
	for (size_t cap = 1; cap <= strlen(whole) + 1; cap++) {
		memset(buf, 0x7F, sizeof(buf));
		err_render(&d, LANG_ZH, buf, cap);
		assert_true(strlen(buf) < cap);
		assert_true(utf8_valid(slice_str(buf)));
		assert_true(slice_starts(slice_str(whole), slice_str(buf)));
	}
	assert_string_equal(buf, whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_has_texts_and_codes),
		cmocka_unit_test(render_fills_in_both_languages),
		cmocka_unit_test(render_without_text_says_the_class),
		cmocka_unit_test(render_falls_back_to_english_and_keeps_other_percents),
		cmocka_unit_test(raise_to_nobody_passes_the_class),
		cmocka_unit_test(long_args_end_in_dots_between_characters),
		cmocka_unit_test(render_cuts_at_every_size_without_breaking_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
