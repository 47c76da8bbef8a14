/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "office/meter.h"

#define OFFSET_NS (8 * 3600 * NS_PER_S)
#define NOON_NS   (INT64_C(1700020800) * NS_PER_S) /* 2023-11-15 12:00 at UTC+8 */

typedef struct {
	meter_t *meter;
	prefix_meter_t ask;
	usage_t *row;
} stand_t;

static stand_t stand(meter_limits_t limits)
{
	stand_t s = { .meter = meter_new(OFFSET_NS, NOON_NS) };
	assert_non_null(s.meter);
	s.ask = meter_of(s.meter);
	assert_int_equal(meter_put(s.meter, SLICE("99.100.1.7"), &s.row), ERR_OK);
	usage_limit(s.row, &limits);
	return s;
}

static quota_t resolve(stand_t *s, unsigned n)
{
	char name[64];
	(void)snprintf(name, sizeof(name), "99.100.1.7/item-%u", n);
	return s->ask.resolve(s->ask.ctx, slice_str(name), true);
}

static quota_t take(stand_t *s, bool is_new)
{
	return s->ask.take(s->ask.ctx, SLICE("99.100.1.7/x"), is_new);
}

static void prefixes_are_found_in_any_case_and_others_are_free(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 1, 1, 1 });
	usage_t *again = NULL;
	assert_int_equal(meter_put(s.meter, SLICE("99.100.1.A"), &again), ERR_OK);
	assert_ptr_equal(meter_find(s.meter, SLICE("99.100.1.a")), again);
	assert_null(meter_find(s.meter, SLICE("99.100.1")));
	assert_null(meter_find(s.meter, SLICE("99.100.1.70")));
	for (int i = 0; i < 3; i++)
		assert_int_equal(s.ask.take(s.ask.ctx, SLICE("99.100.2/x"), true), QUOTA_OK);
	assert_int_equal(meter_put(s.meter, SLICE(""), &again), ERR_INVALID);
	meter_free(s.meter);
}

static void registrations_end_at_their_limit_and_go_on_when_one_goes(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ .names = 2 });
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(take(&s, true), QUOTA_NAMES);
	assert_int_equal(take(&s, false), QUOTA_OK);
	s.ask.removed(s.ask.ctx, SLICE("99.100.1.7/x"));
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(s.row->made, 3);
	assert_int_equal(s.row->names, 2);
	meter_free(s.meter);
}

static void a_registration_given_back_counts_nowhere(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ .names_day = 1 });
	assert_int_equal(take(&s, true), QUOTA_OK);
	s.ask.give_back(s.ask.ctx, SLICE("99.100.1.7/x"));
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(s.row->made, 1);
	meter_free(s.meter);
}

static void a_barred_prefix_takes_no_changes_and_resolves(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	atomic_store(&s.row->is_barred, true);
	assert_int_equal(take(&s, true), QUOTA_PREFIX);
	assert_int_equal(take(&s, false), QUOTA_PREFIX);
	assert_int_equal(resolve(&s, 1), QUOTA_OK);
	meter_free(s.meter);
}

static void the_budget_of_a_day_ends_and_begins_at_local_midnight(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ .requests_day = 2, .names_day = 1 });
	assert_int_equal(resolve(&s, 1), QUOTA_OK);
	assert_int_equal(resolve(&s, 1), QUOTA_OK);
	assert_int_equal(resolve(&s, 1), QUOTA_REQUESTS);
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(take(&s, true), QUOTA_NAMES);
	int64_t midnight = meter_midnight_ns(s.meter);
	assert_int_equal(midnight, NOON_NS + 12 * 3600 * NS_PER_S);
	assert_false(meter_roll(s.meter, midnight - 1));
	assert_int_equal(resolve(&s, 1), QUOTA_REQUESTS);
	assert_true(meter_roll(s.meter, midnight));
	assert_int_equal(resolve(&s, 1), QUOTA_OK);
	assert_int_equal(take(&s, true), QUOTA_OK);
	assert_int_equal(s.row->day_count, 1);
	assert_int_equal(s.row->days[0].resolved, 2);
	assert_int_equal(s.row->days[0].requests, 4);
	assert_int_equal(s.row->days[0].made, 1);
	meter_free(s.meter);
}

static void the_series_keeps_its_newest_days(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	int64_t first = meter_today(s.meter);
	for (int64_t day = 0; day < METER_DAYS + 5; day++) {
		resolve(&s, 1);
		assert_true(meter_roll(s.meter, NOON_NS + (day + 1) * NS_PER_DAY));
	}
	assert_int_equal(s.row->day_count, METER_DAYS);
	assert_int_equal(s.row->days[0].day, first + 5);
	assert_int_equal(s.row->days[METER_DAYS - 1].day, first + METER_DAYS + 4);
	meter_free(s.meter);
}

static void few_distinct_names_are_counted_exactly(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	assert_int_equal(usage_distinct(s.row), 0);
	for (unsigned i = 0; i < 20; i++) {
		resolve(&s, i % 10);
		assert_int_equal(usage_distinct(s.row), i < 10 ? i + 1 : 10);
	}
	assert_int_equal(s.ask.resolve(s.ask.ctx, SLICE("99.100.1.7/ITEM-3"), true), QUOTA_OK);
	assert_int_equal(usage_distinct(s.row), 10);
	assert_int_equal(usage_resolved(s.row), 21);
	meter_free(s.meter);
}

static void many_distinct_names_are_within_the_stated_error(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	unsigned next = 0;
	for (unsigned want = 1000; want <= 300000; want *= 3) {
		for (; next < want; next++)
			resolve(&s, next);
		/* Three times the standard error of 1.6 %. */
		double off = ((double)usage_distinct(s.row) - want) / want;
		assert_true(off < 0.049 && off > -0.049);
	}
	meter_free(s.meter);
}

static void not_found_is_a_request_and_no_resolution(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	assert_int_equal(s.ask.resolve(s.ask.ctx, SLICE("99.100.1.7/none"), false), QUOTA_OK);
	assert_int_equal(usage_today(s.meter, s.row).requests, 1);
	assert_int_equal(usage_today(s.meter, s.row).resolved, 0);
	assert_int_equal(usage_distinct(s.row), 0);
	meter_free(s.meter);
}

static size_t mark(stand_t *s, uint8_t *buf, size_t cap)
{
	writer_t w = writer_of(buf, cap);
	bool any = usage_mark(s->meter, s->row, &w);
	assert_false(w.bad);
	return any ? w.len : 0;
}

static void marks_carry_the_counts_over_a_restart(void **state)
{
	(void)state;
	static uint8_t buf[3 * METER_REGISTERS + 256];
	stand_t a = stand((meter_limits_t){ .requests_day = 600 });
	stand_t b = { .meter = meter_new(OFFSET_NS, NOON_NS) };
	for (unsigned i = 0; i < 500; i++)
		resolve(&a, i);
	reader_t first = reader_of(slice_of(buf, mark(&a, buf, sizeof(buf))));
	assert_int_equal(meter_unmark(b.meter, &first), ERR_OK);
	assert_int_equal(first.in.len, 0);
	assert_int_equal(mark(&a, buf, sizeof(buf)), 0);
	for (unsigned i = 500; i < 600; i++)
		resolve(&a, i);
	reader_t second = reader_of(slice_of(buf, mark(&a, buf, sizeof(buf))));
	assert_true(second.in.len < 400); /* what is new alone */
	assert_int_equal(meter_unmark(b.meter, &second), ERR_OK);
	b.row = meter_find(b.meter, SLICE("99.100.1.7"));
	assert_int_equal(usage_distinct(b.row), usage_distinct(a.row));
	assert_int_equal(usage_resolved(b.row), 600);
	assert_int_equal(usage_today(b.meter, b.row).requests, 600);
	meter_free(a.meter);
	meter_free(b.meter);
}

static void a_mark_that_was_not_kept_is_made_again(void **state)
{
	(void)state;
	static uint8_t buf[3 * METER_REGISTERS + 256];
	stand_t s = stand((meter_limits_t){ 0 });
	for (unsigned i = 0; i < 50; i++)
		resolve(&s, i);
	size_t len = mark(&s, buf, sizeof(buf));
	usage_mark_undo(s.row);
	assert_int_equal(mark(&s, buf, sizeof(buf)), len);
	meter_free(s.meter);
}

static void cut_marks_are_corrupt_at_every_length(void **state)
{
	(void)state;
	static uint8_t buf[3 * METER_REGISTERS + 256];
	stand_t s = stand((meter_limits_t){ 0 });
	for (unsigned i = 0; i < 8; i++)
		resolve(&s, i);
	size_t len = mark(&s, buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++) {
		reader_t r = reader_of(slice_of(buf, cut));
		assert_int_equal(meter_unmark(s.meter, &r), ERR_CORRUPT);
	}
	meter_free(s.meter);
}

static void registrations_told_again_fill_their_days(void **state)
{
	(void)state;
	stand_t s = stand((meter_limits_t){ 0 });
	meter_replay(s.meter, SLICE("99.100.1.7/a"), 1, NOON_NS - 2 * NS_PER_DAY);
	meter_replay(s.meter, SLICE("99.100.1.7/b"), 1, NOON_NS - 2 * NS_PER_DAY);
	meter_replay(s.meter, SLICE("99.100.1.7/a"), -1, NOON_NS - NS_PER_DAY);
	meter_replay(s.meter, SLICE("99.100.1.7/c"), 1, NOON_NS);
	meter_replay(s.meter, SLICE("99.100.1.7/c"), 0, NOON_NS);
	assert_int_equal(s.row->names, 2);
	assert_int_equal(s.row->made, 3);
	assert_int_equal(s.row->day_count, 1);
	assert_int_equal(s.row->days[0].made, 2);
	assert_int_equal(usage_today(s.meter, s.row).made, 1);
	meter_free(s.meter);
}

/* What a tally says today and what it says when it is read another day. */
static void a_tally_carries_names_and_days_over_a_restart(void **state)
{
	(void)state;
	uint8_t buf[METER_TALLY_BYTES];
	for (int64_t later = 0; later < 2; later++) {
		stand_t s = stand((meter_limits_t){ 0 });
		meter_replay(s.meter, SLICE("99.100.1.7/a"), 1, NOON_NS - 9 * NS_PER_DAY);
		meter_replay(s.meter, SLICE("99.100.1.7/b"), 1, NOON_NS - 2 * NS_PER_DAY);
		meter_replay(s.meter, SLICE("99.100.1.7/a"), -1, NOON_NS - NS_PER_DAY);
		meter_replay(s.meter, SLICE("99.100.1.7/c"), 1, NOON_NS);
		int64_t first = s.row->days[0].day;
		writer_t w = writer_of(buf, sizeof(buf));
		usage_tally(s.meter, s.row, &w);
		assert_false(w.bad);
		meter_free(s.meter);
		meter_t *fresh = meter_new(OFFSET_NS, NOON_NS + later * NS_PER_DAY);
		reader_t r = reader_of(writer_done(&w));
		assert_int_equal(meter_untally(fresh, &r), ERR_OK);
		assert_int_equal(r.in.len, 0);
		const usage_t *row = meter_at(fresh, 0);
		assert_int_equal(row->names, 2);
		assert_int_equal(row->made, 3);
		assert_int_equal(usage_today(fresh, row).made, 1 - later);
		assert_int_equal(row->day_count, 2 + later);
		assert_int_equal(row->days[0].day, first);
		assert_int_equal(row->days[1].day, first + 7);
		if (later)
			assert_int_equal(row->days[2].made, 1);
		meter_free(fresh);
	}
}

/* Days on which there were only answers, or names, or both; the newest are kept. */
static void a_tally_s_days_find_their_place_among_those_of_answers(void **state)
{
	(void)state;
	uint8_t buf[METER_TALLY_BYTES];
	stand_t s = stand((meter_limits_t){ 0 }), t = stand((meter_limits_t){ 0 });
	int64_t today = meter_today(s.meter);
	for (int64_t day = 2 * METER_DAYS; day > 0; day--) {
		if (day % 2 == 0)
			meter_replay(s.meter, SLICE("99.100.1.7/a"), 1, NOON_NS - day * NS_PER_DAY);
		if (day % 3 == 0 && t.row->day_count < METER_DAYS)
			t.row->days[t.row->day_count++] = (meter_day_t){ .day = today - day,
				                                         .resolved = 7,
				                                         .requests = 7 };
	}
	writer_t w = writer_of(buf, sizeof(buf));
	usage_tally(s.meter, s.row, &w);
	reader_t r = reader_of(writer_done(&w));
	assert_int_equal(meter_untally(t.meter, &r), ERR_OK);
	assert_int_equal(t.row->day_count, METER_DAYS);
	for (size_t i = t.row->day_count, day = 2; i-- > 0; day++) {
		while (day % 2 && day % 3)
			day++;
		assert_int_equal(t.row->days[i].day, today - (int64_t)day);
		assert_int_equal(t.row->days[i].made, day % 2 == 0);
		assert_int_equal(t.row->days[i].resolved, day % 3 == 0 ? 7 : 0);
	}
	meter_free(s.meter);
	meter_free(t.meter);
}

static void cut_tallies_are_corrupt_at_every_length(void **state)
{
	(void)state;
	uint8_t buf[METER_TALLY_BYTES];
	stand_t s = stand((meter_limits_t){ 0 });
	writer_t w = writer_of(buf, sizeof(buf));
	meter_replay(s.meter, SLICE("99.100.1.7/b"), 1, NOON_NS - 2 * NS_PER_DAY);
	usage_tally(s.meter, s.row, &w);
	for (size_t cut = 0; cut < w.len; cut++) {
		reader_t r = reader_of(slice_of(buf, cut));
		assert_int_equal(meter_untally(s.meter, &r), ERR_CORRUPT);
	}
	meter_free(s.meter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_found_in_any_case_and_others_are_free),
		cmocka_unit_test(registrations_end_at_their_limit_and_go_on_when_one_goes),
		cmocka_unit_test(a_registration_given_back_counts_nowhere),
		cmocka_unit_test(a_barred_prefix_takes_no_changes_and_resolves),
		cmocka_unit_test(the_budget_of_a_day_ends_and_begins_at_local_midnight),
		cmocka_unit_test(the_series_keeps_its_newest_days),
		cmocka_unit_test(few_distinct_names_are_counted_exactly),
		cmocka_unit_test(many_distinct_names_are_within_the_stated_error),
		cmocka_unit_test(not_found_is_a_request_and_no_resolution),
		cmocka_unit_test(marks_carry_the_counts_over_a_restart),
		cmocka_unit_test(a_mark_that_was_not_kept_is_made_again),
		cmocka_unit_test(cut_marks_are_corrupt_at_every_length),
		cmocka_unit_test(registrations_told_again_fill_their_days),
		cmocka_unit_test(a_tally_carries_names_and_days_over_a_restart),
		cmocka_unit_test(a_tally_s_days_find_their_place_among_those_of_answers),
		cmocka_unit_test(cut_tallies_are_corrupt_at_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
