/* SPDX-License-Identifier: Apache-2.0 */
/* A bound value is answered with its point's sample beside it. */
#include "registry/handle/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

static bool one_point(void *ctx, slice_t point, live_value_t *ret_value)
{
	if (!slice_eq(point, SLICE("FRM1.V")))
		return false;
	*ret_value = *(const live_value_t *)ctx;
	return true;
}

static live_value_t sample_now(void)
{
	return (live_value_t){
		.sample = { .source = { 1700000000 * NS_PER_S + 250 * NS_PER_MS },
		            .value = value_f64(3.6),
		            .quality = QUALITY_OK },
		.period_ns = 1500 * NS_PER_MS,
		.unit = "V",
	};
}

static void add(writer_t *w, uint32_t index, const char *type, const char *data)
{
	handle_value_t value = { .index = index,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = slice_str(data) };
	handle_value_encode(&value, w);
}

static record_t record_of(const writer_t *w, uint32_t count)
{
	return (record_t){ .name = SLICE("99.100.1/x"), .count = count, .values = writer_done(w) };
}

static bool value_at(const record_t *record, uint32_t at, handle_value_t *ret_value)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	bool got = handle_value_next(&iter, ret_value);
	for (; got && at > 0; at--)
		got = handle_value_next(&iter, ret_value);
	return got;
}

static void a_bound_value_has_its_sample_beside_it(void **state)
{
	(void)state;
	uint8_t bytes[512], room_bytes[4096];
	live_value_t now = sample_now();
	live_value_source_t source = { &now, one_point };
	writer_t w = writer_of(bytes, sizeof(bytes)),
		 room = writer_of(room_bytes, sizeof(room_bytes));
	record_t shown;
	handle_value_t value;
	add(&w, 1, "URL", "http://127.0.0.1/");
	add(&w, 5, "jizhu.point", "FRM1.V");
	add(&w, 100, "DESC", "x");
	record_t record = record_of(&w, 3);
	assert_true(handle_live_expand(&source, &record, &room, &shown));
	assert_int_equal(shown.count, 4);
	assert_true(value_at(&shown, 1, &value));
	assert_int_equal(value.index, 5);
	assert_true(value_at(&shown, 3, &value));
	assert_int_equal(value.index, HANDLE_LIVE_INDEX + 5);
	assert_int_equal(value.ttl_s, 2);
	assert_int_equal(value.timestamp_s, 1700000000);
	assert_int_equal(value.perms, HANDLE_PERMS_DEFAULT);
	assert_true(slice_eq(value.type, SLICE("JIZHU.VALUE")));
	assert_true(slice_eq(value.data,
	                     SLICE("{\"point\":\"FRM1.V\",\"value\":3.6,\"unit\":\"V\","
	                           "\"quality\":\"good\",\"time\":\"2023-11-14T22:13:20.250Z\"}")));
}

static void a_bad_quality_is_told(void **state)
{
	(void)state;
	uint8_t bytes[512], room_bytes[4096];
	live_value_t now = sample_now();
	live_value_source_t source = { &now, one_point };
	writer_t w = writer_of(bytes, sizeof(bytes)),
		 room = writer_of(room_bytes, sizeof(room_bytes));
	record_t shown;
	handle_value_t value;
	now.sample.quality = QUALITY_NO_CONNECTION;
	add(&w, 5, "JIZHU.POINT", "FRM1.V");
	record_t record = record_of(&w, 1);
	assert_true(handle_live_expand(&source, &record, &room, &shown));
	assert_true(value_at(&shown, 1, &value));
	bool told = false;
	for (slice_t rest = value.data; rest.len; rest = slice_from(rest, 1))
		told = told || slice_starts(rest, SLICE("\"quality\":\"no_connection\""));
	assert_true(told);
}

static void a_stored_copy_of_a_live_value_is_not_shown(void **state)
{
	(void)state;
	uint8_t bytes[512], room_bytes[4096];
	live_value_t now = sample_now();
	live_value_source_t source = { &now, one_point };
	writer_t w = writer_of(bytes, sizeof(bytes)),
		 room = writer_of(room_bytes, sizeof(room_bytes));
	record_t shown;
	handle_value_t value;
	add(&w, 5, "JIZHU.POINT", "FRM1.V");
	add(&w, HANDLE_LIVE_INDEX + 5, "JIZHU.VALUE", "old");
	record_t record = record_of(&w, 2);
	assert_true(handle_live_expand(&source, &record, &room, &shown));
	assert_int_equal(shown.count, 2);
	assert_true(value_at(&shown, 1, &value));
	assert_false(slice_eq(value.data, SLICE("old")));
}

static void unbound_records_other_points_and_small_rooms_are_left_alone(void **state)
{
	(void)state;
	uint8_t bytes[512], room_bytes[64];
	live_value_t now = sample_now();
	live_value_source_t source = { &now, one_point };
	writer_t w = writer_of(bytes, sizeof(bytes)),
		 room = writer_of(room_bytes, sizeof(room_bytes));
	record_t shown;
	add(&w, 1, "URL", "u");
	record_t record = record_of(&w, 1);
	assert_false(handle_live_expand(&source, &record, &room, &shown));
	add(&w, 2, "JIZHU.POINT", "OTHER");
	record = record_of(&w, 2);
	assert_false(handle_live_expand(NULL, &record, &room, &shown));
	uint8_t more[512];
	writer_t wide = writer_of(more, sizeof(more));
	assert_true(handle_live_expand(&source, &record, &wide, &shown));
	assert_int_equal(shown.count, 2);
	add(&w, 3, "JIZHU.POINT", "FRM1.V");
	record = record_of(&w, 3);
	assert_false(handle_live_expand(&source, &record, &room, &shown));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_value_has_its_sample_beside_it),
		cmocka_unit_test(a_bad_quality_is_told),
		cmocka_unit_test(a_stored_copy_of_a_live_value_is_not_shown),
		cmocka_unit_test(unbound_records_other_points_and_small_rooms_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
