/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "office/template.h"

/* A slice as a constant. */
#define TEXT(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static const template_item_t items[] = {
	{ .name = { TEXT("Model"), TEXT("型号") },
	  .type = TEXT("model"),
	  .index = 2000,
	  .kind = TEMPLATE_STRING,
	  .required = true,
	  .length_min = 2,
	  .length_max = 4,
	  .min = NAN,
	  .max = NAN },
	{ .name = { TEXT("Capacity"), TEXT("容量") },
	  .type = TEXT("capacity"),
	  .index = 2001,
	  .kind = TEMPLATE_NUMBER,
	  .min = 0,
	  .max = 500 },
	{ .type = TEXT("made_on"), .index = 2002, .kind = TEMPLATE_DATE, .min = NAN, .max = NAN },
	{ .type = TEXT("pack"), .index = 2003, .kind = TEMPLATE_REFERENCE, .min = NAN, .max = NAN },
	{ .type = TEXT("tested"), .index = 2004, .kind = TEMPLATE_BOOLEAN, .min = NAN, .max = NAN },
	{ .type = TEXT("old"),
	  .index = 2005,
	  .kind = TEMPLATE_STRING,
	  .required = true,
	  .disabled = true,
	  .min = NAN,
	  .max = NAN },
};

static template_t form(void)
{
	return (template_t){ .prefix = SLICE("99.100.1.7"),
		             .version = SLICE("1.0"),
		             .name = { SLICE("Cell"), SLICE("电芯") },
		             .industry = { SLICE("C"), SLICE("38"), SLICE("384"), SLICE("3841") },
		             .type = TEMPLATE_OTHER,
		             .items = items,
		             .item_count = sizeof(items) / sizeof(*items) };
}

/* The one rule that the item breaks beside the model that is always given; RULE_COUNT:
 * none. */
static template_rule_t broken(uint32_t index, const char *type, const char *value)
{
	template_t t = form();
	template_faults_t faults = { .count = 0 };
	registration_item_t given[] = { { 2000, SLICE("model"), SLICE("LFP") },
		                        { index, slice_str(type), slice_str(value) } };
	registration_form_t r = { .name = SLICE("99.100.1.7/x"), .items = given, .count = 2 };
	template_check(&t, &r, &faults);
	assert_true(faults.count <= 1);
	return faults.count ? faults.fault[0].rule : RULE_COUNT;
}

static template_rule_t model(const char *value)
{
	template_t t = form();
	template_faults_t faults = { .count = 0 };
	registration_item_t given = { 2000, SLICE("model"), slice_str(value) };
	registration_form_t r = { .name = SLICE("99.100.1.7/x"), .items = &given, .count = 1 };
	template_check(&t, &r, &faults);
	return faults.count ? faults.fault[0].rule : RULE_COUNT;
}

static void lengths_count_characters_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(model("型号一二"), RULE_COUNT);
	assert_int_equal(model("型号一二三"), RULE_LENGTH_MAX);
	assert_int_equal(model("型"), RULE_LENGTH_MIN);
	assert_int_equal(model("\xff\xfe"), RULE_TEXT);
}

static void numbers_are_held_against_their_bounds(void **state)
{
	(void)state;
	assert_int_equal(broken(2001, "capacity", "280"), RULE_COUNT);
	assert_int_equal(broken(2001, "capacity", "500"), RULE_COUNT);
	assert_int_equal(broken(2001, "capacity", "-0.5"), RULE_MIN);
	assert_int_equal(broken(2001, "capacity", "501"), RULE_MAX);
	assert_int_equal(broken(2001, "capacity", "280Ah"), RULE_NUMBER);
	assert_int_equal(broken(2001, "capacity", "nan"), RULE_NUMBER);
}

static void dates_references_and_booleans_have_their_forms(void **state)
{
	(void)state;
	assert_int_equal(broken(2002, "made_on", "2026-11-27"), RULE_COUNT);
	assert_int_equal(broken(2002, "made_on", "2026-11-27T08:00:00+08:00"), RULE_COUNT);
	assert_int_equal(broken(2002, "made_on", "2026-02-30"), RULE_DATE);
	assert_int_equal(broken(2002, "made_on", "27.11.2026"), RULE_DATE);
	assert_int_equal(broken(2003, "pack", "99.100.1.7/pack-1"), RULE_COUNT);
	assert_int_equal(broken(2003, "pack", "pack-1"), RULE_REFERENCE);
	assert_int_equal(broken(2004, "tested", "true"), RULE_COUNT);
	assert_int_equal(broken(2004, "tested", "yes"), RULE_BOOLEAN);
}

static void indexes_and_types_are_those_of_the_template(void **state)
{
	(void)state;
	assert_int_equal(broken(2001, "kapazitaet", "1"), RULE_TYPE);
	assert_int_equal(broken(2999, "x", "1"), RULE_UNKNOWN);
	assert_int_equal(broken(1001, "TEMPLATE", "1.0"), RULE_RESERVED);
	assert_int_equal(broken(2005, "old", "1"), RULE_DISABLED);
	assert_int_equal(broken(2000, "model", "LFP"), RULE_TWICE);
}

static void what_is_required_must_be_there_and_the_fault_says_so_in_both_languages(void **state)
{
	(void)state;
	template_t t = form();
	template_faults_t faults = { .count = 0 };
	registration_form_t r = { .name = SLICE("99.100.1.7/x") };
	char text[512];
	template_check(&t, &r, &faults);
	assert_int_equal(faults.count, 1);
	assert_int_equal(faults.fault[0].rule, RULE_REQUIRED);
	assert_int_equal(faults.fault[0].index, 2000);
	err_render(&faults.fault[0].detail, LANG_ZH, text, sizeof(text));
	assert_string_equal(text, "缺少必填项 型号。请填写该项");
	err_render(&faults.fault[0].detail, LANG_EN, text, sizeof(text));
	assert_string_equal(text, "item 型号 is missing. fill it in");
}

static void faults_past_the_room_are_counted(void **state)
{
	(void)state;
	template_t t = form();
	template_faults_t faults = { .count = 0 };
	registration_item_t given[40];
	for (uint32_t i = 0; i < 40; i++)
		given[i] = (registration_item_t){ 3000 + i, SLICE("x"), SLICE("y") };
	registration_form_t r = { .name = SLICE("99.100.1.7/x"), .items = given, .count = 40 };
	template_check(&t, &r, &faults);
	assert_int_equal(faults.count, 41);
}

static void templates_survive_their_disk_form(void **state)
{
	(void)state;
	static uint8_t buf[4096];
	template_t t = form(), *back = NULL;
	writer_t w = writer_of(buf, sizeof(buf));
	template_write(&t, &w);
	reader_t r = reader_of(writer_done(&w));
	assert_int_equal(template_read(&r, &back), ERR_OK);
	assert_true(slice_eq(back->version, t.version));
	assert_true(slice_eq(back->industry[3], t.industry[3]));
	assert_int_equal(back->item_count, t.item_count);
	assert_true(back->items[1].max == 500 && isnan(back->items[0].max));
	assert_true(back->items[5].disabled && back->items[5].required);
	template_free(back);
	for (size_t cut = 0; cut < w.len; cut++) {
		reader_t part = reader_of(slice_of(buf, cut));
		assert_int_equal(template_read(&part, &back), ERR_CORRUPT);
	}
}

MUST_CHECK static err_t good_with(void (*spoil)(template_t *t))
{
	err_detail_t detail;
	template_t t = form();
	template_item_t copy[sizeof(items) / sizeof(*items)];
	memcpy(copy, items, sizeof(items));
	t.rows = copy;
	t.items = copy;
	spoil(&t);
	return template_good(&t, &detail);
}

static void no_change(template_t *t)
{
	(void)t;
}
static void bad_industry(template_t *t)
{
	t->industry[0] = SLICE("B");
}
static void bad_index(template_t *t)
{
	t->rows[1].index = 1999;
}
static void same_index(template_t *t)
{
	t->rows[1].index = t->rows[0].index;
}
static void same_type(template_t *t)
{
	t->rows[1].type = t->rows[0].type;
}
static void bad_bounds(template_t *t)
{
	t->rows[1].min = 501;
}
static void bad_lengths(template_t *t)
{
	t->rows[0].length_min = 5;
}
static void no_items(template_t *t)
{
	t->item_count = 0;
}
static void bad_type(template_t *t)
{
	t->type = (template_type_t)3;
}

static void templates_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	assert_int_equal(good_with(no_change), ERR_OK);
	assert_int_equal(good_with(bad_industry), ERR_INVALID);
	assert_int_equal(good_with(bad_index), ERR_INVALID);
	assert_int_equal(good_with(same_index), ERR_INVALID);
	assert_int_equal(good_with(same_type), ERR_INVALID);
	assert_int_equal(good_with(bad_bounds), ERR_INVALID);
	assert_int_equal(good_with(bad_lengths), ERR_INVALID);
	assert_int_equal(good_with(no_items), ERR_INVALID);
	assert_int_equal(good_with(bad_type), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_count_characters_not_bytes),
		cmocka_unit_test(numbers_are_held_against_their_bounds),
		cmocka_unit_test(dates_references_and_booleans_have_their_forms),
		cmocka_unit_test(indexes_and_types_are_those_of_the_template),
		cmocka_unit_test(
			what_is_required_must_be_there_and_the_fault_says_so_in_both_languages),
		cmocka_unit_test(faults_past_the_room_are_counted),
		cmocka_unit_test(templates_survive_their_disk_form),
		cmocka_unit_test(templates_that_make_no_sense_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
