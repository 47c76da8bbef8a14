/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups find what is there and nothing else. */
#include "model/catalogue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const device_t DEVICES[] = {
	{ .id = 2, .name = "FRM1", .addr = { { { 127, 0, 0, 2 }, 4 }, 1502 }, .unit = 1 },
	{ .id = 5, .name = "FRM2", .addr = { { { 127, 0, 0, 2 }, 4 }, 1502 }, .unit = 2 },
	{ .id = 9, .name = "MIX1", .addr = { { { 127, 0, 0, 3 }, 4 }, 1502 }, .unit = 1 },
};
static const point_t POINTS[] = {
	{ .id = 1,
	  .device = 2,
	  .name = "FRM1.V",
	  .address = { POINT_HOLDING_REGISTER, 10, 2, 0, 0 } },
	{ .id = 4,
	  .device = 2,
	  .name = "FRM1.T",
	  .address = { POINT_INPUT_REGISTER, 10, 1, 0, 0 } },
	{ .id = 8,
	  .device = 5,
	  .name = "FRM2.V",
	  .address = { POINT_HOLDING_REGISTER, 10, 2, 0, 0 } },
};
static const catalogue_t CATALOGUE = {
	.devices = DEVICES, .device_count = 3, .points = POINTS, .point_count = 3
};

static void ids_are_found_and_gaps_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(catalogue_device(&CATALOGUE, DEVICES[i].id), &DEVICES[i]);
		assert_ptr_equal(catalogue_point(&CATALOGUE, POINTS[i].id), &POINTS[i]);
	}
	const device_id_t absent[] = { 0, 3, 10, UINT32_MAX };
	for (size_t i = 0; i < 4; i++) {
		assert_null(catalogue_device(&CATALOGUE, absent[i]));
		assert_null(catalogue_point(&CATALOGUE, absent[i]));
	}
}

static void an_empty_catalogue_holds_nothing(void **state)
{
	(void)state;
	const catalogue_t empty = { 0 };
	assert_null(catalogue_device(&empty, 1));
	assert_null(catalogue_point(&empty, 1));
	assert_null(catalogue_device_named(&empty, SLICE("FRM1")));
}

static void names_and_addresses_lead_to_their_rows(void **state)
{
	(void)state;
	ip_t ip = ip_v4(127, 0, 0, 2);
	assert_ptr_equal(catalogue_device_named(&CATALOGUE, SLICE("MIX1")), &DEVICES[2]);
	assert_null(catalogue_device_named(&CATALOGUE, SLICE("MIX")));
	assert_ptr_equal(catalogue_point_named(&CATALOGUE, SLICE("FRM2.V")), &POINTS[2]);
	assert_ptr_equal(catalogue_device_at(&CATALOGUE, ip, 1502, 2), &DEVICES[1]);
	assert_ptr_equal(catalogue_device_at(&CATALOGUE, ip, 0, 1), &DEVICES[0]);
	assert_null(catalogue_device_at(&CATALOGUE, ip, 502, 1));
	assert_null(catalogue_device_at(&CATALOGUE, ip, 0, 3));
}

static void a_point_covers_its_words_and_no_more(void **state)
{
	(void)state;
	const uint16_t addresses[] = { 9, 10, 11, 12 };
	const point_t *points[] = { NULL, &POINTS[0], &POINTS[0], NULL };
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(
			catalogue_point_at(&CATALOGUE, 2, POINT_HOLDING_REGISTER, addresses[i]),
			points[i]);
	assert_ptr_equal(catalogue_point_at(&CATALOGUE, 2, POINT_INPUT_REGISTER, 10), &POINTS[1]);
	assert_null(catalogue_point_at(&CATALOGUE, 9, POINT_HOLDING_REGISTER, 10));
}

static void whole_numbers_have_the_names_of_their_states(void **state)
{
	(void)state;
	static const point_state_t rows[] = { { 0, { "stop", "停止" } },
		                              { 3, { "run", "运行" } },
		                              { UINT32_MAX, { "odd", "异常" } } };
	static const point_states_t states = { rows, 3, true }, none = { NULL, 0, false };
	const value_t named[] = { value_enum(3), value_u64(3), value_f64(3), value_f32(3.0F) };
	const value_t nameless[] = { value_enum(1),           value_f64(2.5),
		                     value_i64(-1),           value_f64(NAN),
		                     value_f64(4294967296.0), value_text(SLICE("3")),
		                     (value_t){ 0 } };
	const value_t last = value_enum(UINT32_MAX), no = value_bool(false);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(point_state_name(&states, &named[i], LANG_ZH), "运行");
	for (size_t i = 0; i < 7; i++)
		assert_null(point_state_name(&states, &nameless[i], LANG_EN));
	assert_string_equal(point_state_name(&states, &last, LANG_EN), "odd");
	assert_string_equal(point_state_name(&states, &no, LANG_EN), "stop");
	assert_null(point_state_name(&none, &last, LANG_EN));
	assert_int_equal(point_stated(&states, value_i64(9)).type, VALUE_ENUM);
	assert_int_equal(point_stated(&states, value_i64(-9)).type, VALUE_I64);
	assert_int_equal(point_stated(&none, value_i64(9)).type, VALUE_I64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_found_and_gaps_are_not),
		cmocka_unit_test(an_empty_catalogue_holds_nothing),
		cmocka_unit_test(names_and_addresses_lead_to_their_rows),
		cmocka_unit_test(a_point_covers_its_words_and_no_more),
		cmocka_unit_test(whole_numbers_have_the_names_of_their_states),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
