/* SPDX-License-Identifier: Apache-2.0 */
/* The time in a type list is taken out, and all else of the question stays. */
#include "codec/handle/at.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

enum { ROOM = 1024 };

typedef struct {
	uint8_t asked_room[ROOM], room[ROOM];
	handle_resolution_t asked, plain;
	slice_t time;
} stage_t;

static codec_t split(stage_t *s, const slice_t *types, size_t count, size_t room)
{
	writer_t asked = writer_of(s->asked_room, ROOM), w = writer_of(s->room, room);
	s->asked.handle = SLICE("99.1/a");
	s->asked.types = handle_list_of_strings(types, count, &asked);
	return handle_at_split(&s->asked, &w, &s->plain, &s->time);
}

static void a_question_without_a_time_stays_as_it_is(void **state)
{
	(void)state;
	stage_t s = { .asked = { .indexes = { 0 } } };
	const slice_t types[] = { SLICE("URL"), SLICE("JIZHU.AT"), SLICE("JIZHU.POINT") };
	assert_int_equal(split(&s, types, 3, ROOM), CODEC_OK);
	assert_false(handle_at_is_asked(&s.asked));
	assert_int_equal(s.time.len, 0);
	assert_int_equal(s.plain.types.count, 3);
	assert_ptr_equal(s.plain.types.bytes.ptr, s.asked.types.bytes.ptr);
}

static void a_time_alone_asks_for_all_values(void **state)
{
	(void)state;
	stage_t s = { .asked = { .indexes = { 0 } } };
	const slice_t types[] = { SLICE("jizhu.at:2026-03-01T00:00:00Z") };
	assert_int_equal(split(&s, types, 1, ROOM), CODEC_OK);
	assert_true(handle_at_is_asked(&s.asked));
	assert_true(slice_eq(s.time, SLICE("2026-03-01T00:00:00Z")));
	assert_true(handle_resolution_wants(&s.plain, 1, SLICE("URL")));
	assert_true(handle_resolution_wants(&s.plain, HANDLE_AT_INDEX, SLICE(HANDLE_AT_TYPE)));
}

static void beside_a_time_the_others_filter_and_the_change_is_always_shown(void **state)
{
	(void)state;
	stage_t s = { .asked = { .indexes = { 0 } } };
	const slice_t types[] = { SLICE("URL"), SLICE("JIZHU.AT:1700000000000"), SLICE("DESC") };
	assert_int_equal(split(&s, types, 3, ROOM), CODEC_OK);
	assert_true(slice_eq(s.time, SLICE("1700000000000")));
	assert_true(handle_resolution_wants(&s.plain, 1, SLICE("URL")));
	assert_true(handle_resolution_wants(&s.plain, 2, SLICE("DESC")));
	assert_false(handle_resolution_wants(&s.plain, 3, SLICE("EMAIL")));
	assert_true(handle_resolution_wants(&s.plain, HANDLE_AT_INDEX, SLICE(HANDLE_AT_TYPE)));
	writer_t w = writer_of(s.room + ROOM / 2, ROOM / 2);
	const uint32_t indexes[] = { 7 };
	s.asked.indexes = handle_list_of_indexes(indexes, 1, &w);
	assert_int_equal(split(&s, &types[1], 1, ROOM / 2), CODEC_OK);
	assert_false(handle_resolution_wants(&s.plain, 1, SLICE("URL")));
	assert_true(handle_resolution_wants(&s.plain, 7, SLICE("URL")));
	assert_true(handle_resolution_wants(&s.plain, HANDLE_AT_INDEX, SLICE(HANDLE_AT_TYPE)));
}

static void two_times_and_a_list_without_room_are_malformed(void **state)
{
	(void)state;
	stage_t s = { .asked = { .indexes = { 0 } } };
	const slice_t types[] = { SLICE("JIZHU.AT:1"), SLICE("JIZHU.AT:2"), SLICE("URL") };
	s.time = SLICE("untouched");
	assert_int_equal(split(&s, types, 3, ROOM), CODEC_MALFORMED);
	assert_int_equal(split(&s, &types[1], 2, 10), CODEC_MALFORMED);
	assert_true(slice_eq(s.time, SLICE("untouched")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_without_a_time_stays_as_it_is),
		cmocka_unit_test(a_time_alone_asks_for_all_values),
		cmocka_unit_test(beside_a_time_the_others_filter_and_the_change_is_always_shown),
		cmocka_unit_test(two_times_and_a_list_without_room_are_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
