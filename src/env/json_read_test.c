/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "env/json_read.h"

#include "base/cursor.h"

static void reads_members_of_every_kind(void **state)
{
	(void)state;
	json_tree_t *root = NULL;
	slice_t text;
	double number;
	int64_t integer;
	bool flag;
	assert_int_equal(json_read(SLICE("{\"a\":\"x\",\"b\":1.5,\"c\":7,\"d\":true,"
	                                 "\"e\":[1,2],\"f\":null}"),
	                           &root, NULL),
	                 ERR_OK);
	assert_true(json_text(json_member(root, "a"), &text) && slice_eq(text, SLICE("x")));
	assert_true(json_number(json_member(root, "b"), &number) && number > 1.4 && number < 1.6);
	assert_true(json_whole(json_member(root, "c"), 0, 7, &integer) && integer == 7);
	assert_false(json_whole(json_member(root, "c"), 8, INT64_MAX, &integer));
	assert_false(json_whole(json_member(root, "b"), 0, 7, &integer));
	assert_true(json_flag(json_member(root, "d"), &flag) && flag);
	assert_int_equal(json_count(json_member(root, "e")), 2);
	assert_int_equal(json_kind(json_member(root, "f")), JSON_NULL_VALUE);
	json_free(root);
}

static void missing_members_and_wrong_kinds_are_calm(void **state)
{
	(void)state;
	json_tree_t *root = NULL;
	slice_t text = { 0 };
	double number;
	assert_int_equal(json_read(SLICE("[\"x\"]"), &root, NULL), ERR_OK);
	assert_null(json_member(root, "a"));
	assert_null(json_item(root, 1));
	assert_false(json_text(json_member(root, "a"), &text));
	assert_false(json_number(json_item(root, 0), &number));
	assert_int_equal(json_kind(NULL), JSON_MISSING);
	json_free(root);
}

/* Stops behind the second member. */
static bool take_member(void *ctx, slice_t key, const json_tree_t *value)
{
	writer_t *w = ctx;
	int64_t number = 0;
	assert_true(json_whole(value, 1, 9, &number));
	wr_bytes(w, key);
	wr_u8(w, (uint8_t)('0' + number));
	return number < 2;
}

static void members_come_in_the_order_of_the_text_until_it_is_enough(void **state)
{
	(void)state;
	char text[16];
	writer_t w = writer_of(text, sizeof(text));
	json_tree_t *root = NULL;
	assert_int_equal(json_read(SLICE("{\"b\":1,\"a\":2,\"c\":3}"), &root, NULL), ERR_OK);
	json_members(root, take_member, &w);
	assert_true(slice_eq(writer_done(&w), SLICE("b1a2")));
	json_members(json_member(root, "b"), take_member, &w);
	json_members(NULL, take_member, &w);
	assert_int_equal(w.len, 4);
	json_free(root);
}

static void refuses_what_is_not_json_and_names_the_line(void **state)
{
	(void)state;
	static const char *const wrong[] = { "",      "{",   "{\"a\":1,\"a\":2}",
		                             "[1] 2", "nul", "\"\xff\"" };
	json_tree_t *root = NULL;
	unsigned line;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(json_read(slice_str(wrong[i]), &root, &line), ERR_MALFORMED);
	assert_int_equal(json_read(SLICE("{\n\"a\": ?}"), &root, &line), ERR_MALFORMED);
	assert_int_equal(line, 2);
	assert_null(root);
}

static void refuses_nesting_over_64(void **state)
{
	(void)state;
	char deep[132];
	json_tree_t *root = NULL;
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	assert_int_equal(json_read(slice_of(deep, 130), &root, NULL), ERR_MALFORMED);
	assert_int_equal(json_read(slice_of(deep + 1, 128), &root, NULL), ERR_OK);
	json_free(root);
	assert_int_equal(json_read(SLICE("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
	                                 "[[[[[[[[[[[\""),
	                           &root, NULL),
	                 ERR_OK);
	json_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_members_of_every_kind),
		cmocka_unit_test(missing_members_and_wrong_kinds_are_calm),
		cmocka_unit_test(members_come_in_the_order_of_the_text_until_it_is_enough),
		cmocka_unit_test(refuses_what_is_not_json_and_names_the_line),
		cmocka_unit_test(refuses_nesting_over_64),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
