/* SPDX-License-Identifier: Apache-2.0 */
/* A bound value is answered with its point's sample beside it. */
#include "registry/handle/live.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

typedef struct {
	live_value_t now;
	live_value_source_t source;
	writer_t values, room;
	uint32_t count;
	record_t shown;
	uint8_t value_bytes[512], room_bytes[4096];
} stage_t;

static bool one_point(void *ctx, slice_t point, live_value_t *ret_value)
{
	if (!slice_eq(point, SLICE("FRM1.V")))
		return false;
	*ret_value = *(const live_value_t *)ctx;
	return true;
}

static void stage_make(stage_t *s)
{
	*s = (stage_t){ .now = { .sample = { .source = { 1700000000 * NS_PER_S + 250 * NS_PER_MS },
		                             .value = value_f64(3.6),
		                             .quality = QUALITY_OK },
		                 .period_ns = 1500 * NS_PER_MS,
		                 .unit = "V" } };
	s->source = (live_value_source_t){ .ctx = &s->now, .get = one_point };
	s->values = writer_of(s->value_bytes, sizeof(s->value_bytes));
	s->room = writer_of(s->room_bytes, sizeof(s->room_bytes));
}

static void add(stage_t *s, uint32_t index, const char *type, const char *data)
{
	handle_value_t value = { .index = index,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = slice_str(data) };
	handle_value_encode(&value, &s->values);
	s->count++;
}

/* The record of what was added, as `source` lets it be seen. */
static bool expand(stage_t *s, const live_value_source_t *source)
{
	record_t record = { .name = SLICE("99.100.1/x"),
		            .count = s->count,
		            .values = writer_done(&s->values) };
	return handle_live_expand(source, &record, &s->room, &s->shown);
}

static handle_value_t shown_at(const stage_t *s, uint32_t at)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(&s->shown));
	handle_value_t value = { .index = 0 };
	for (uint32_t i = 0; i <= at; i++)
		assert_true(handle_value_next(&iter, &value));
	return value;
}

static void a_bound_value_has_its_sample_beside_it(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	add(&s, 1, "URL", "http://127.0.0.1/");
	add(&s, 5, "jizhu.point", "FRM1.V");
	add(&s, 100, "DESC", "x");
	assert_true(expand(&s, &s.source));
	assert_int_equal(s.shown.count, 4);
	assert_int_equal(shown_at(&s, 1).index, 5);
	handle_value_t live = shown_at(&s, 3);
	assert_int_equal(live.index, HANDLE_LIVE_INDEX + 5);
	assert_int_equal(live.ttl_s, 2);
	assert_int_equal(live.timestamp_s, 1700000000);
	assert_int_equal(live.perms, HANDLE_PERMS_DEFAULT);
	assert_true(slice_eq(live.type, SLICE("JIZHU.VALUE")));
	assert_true(slice_eq(live.data,
	                     SLICE("{\"point\":\"FRM1.V\",\"value\":3.6,\"unit\":\"V\","
	                           "\"quality\":\"good\",\"time\":\"2023-11-14T22:13:20.250Z\"}")));
}

static void a_bad_quality_is_told(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	s.now.sample.quality = QUALITY_NO_CONNECTION;
	add(&s, 5, "JIZHU.POINT", "FRM1.V");
	assert_true(expand(&s, &s.source));
	bool told = false;
	for (slice_t rest = shown_at(&s, 1).data; rest.len; rest = slice_from(rest, 1))
		told = told || slice_starts(rest, SLICE("\"quality\":\"no_connection\""));
	assert_true(told);
}

static void a_stored_copy_of_a_live_value_is_not_shown(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	add(&s, 5, "JIZHU.POINT", "FRM1.V");
	add(&s, HANDLE_LIVE_INDEX + 5, "JIZHU.VALUE", "old");
	assert_true(expand(&s, &s.source));
	assert_int_equal(s.shown.count, 2);
	assert_false(slice_eq(shown_at(&s, 1).data, SLICE("old")));
}

static void records_without_a_bound_value_are_left_alone(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	add(&s, 1, "URL", "u");
	assert_false(expand(&s, &s.source));
	add(&s, 2, "JIZHU.POINT", "FRM1.V");
	assert_false(expand(&s, NULL));
	assert_int_equal(s.room.len, 0);
}

static void a_point_that_is_not_known_shows_no_value(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	add(&s, 1, "URL", "u");
	add(&s, 2, "JIZHU.POINT", "OTHER");
	assert_true(expand(&s, &s.source));
	assert_int_equal(s.shown.count, 2);
}

static void a_room_that_is_too_small_shows_the_record_as_it_is(void **state)
{
	(void)state;
	stage_t s;
	stage_make(&s);
	add(&s, 3, "JIZHU.POINT", "FRM1.V");
	assert_true(expand(&s, &s.source));
	size_t whole = s.room.len;
	for (size_t cap = 0; cap < whole; cap++) {
		s.room = writer_of(s.room_bytes, cap);
		assert_false(expand(&s, &s.source));
	}
	s.room = writer_of(s.room_bytes, whole);
	assert_true(expand(&s, &s.source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_value_has_its_sample_beside_it),
		cmocka_unit_test(a_bad_quality_is_told),
		cmocka_unit_test(a_stored_copy_of_a_live_value_is_not_shown),
		cmocka_unit_test(records_without_a_bound_value_are_left_alone),
		cmocka_unit_test(a_point_that_is_not_known_shows_no_value),
		cmocka_unit_test(a_room_that_is_too_small_shows_the_record_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
