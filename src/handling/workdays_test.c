/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/workdays.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/text.h"

static int64_t ns_of(const char *text)
{
	int64_t ns = 0;
	assert_int_equal(time_parse(slice_str(text), &ns), ERR_OK);
	return ns;
}

/* Times of a plant at +08:00; the due time is the midnight that ends the last day. */
static void terms_step_over_weekends_and_holidays_and_count_days_worked_instead(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		unsigned days;
		const char *due;
		bool is_certain;
	} rows[] = {
		{ "2026-11-25T10:00:00+08:00", 1, "2026-11-27T00:00:00+08:00", true },
		{ "2026-11-27T10:00:00+08:00", 1, "2026-12-01T00:00:00+08:00", true },
		{ "2026-11-28T10:00:00+08:00", 1, "2026-12-01T00:00:00+08:00", true },
		/* A day begins at local midnight: this is Saturday the 28th. */
		{ "2026-11-27T16:00:00Z", 1, "2026-12-01T00:00:00+08:00", true },
		{ "2026-11-27T15:59:59Z", 1, "2026-12-01T00:00:00+08:00", true },
		{ "2026-11-26T15:59:59Z", 1, "2026-11-28T00:00:00+08:00", true },
		{ "2026-11-26T16:00:00Z", 1, "2026-12-01T00:00:00+08:00", true },
		/* Spring Festival, with Saturdays worked before and after. */
		{ "2026-02-13T10:00:00+08:00", 1, "2026-02-15T00:00:00+08:00", true },
		{ "2026-02-13T10:00:00+08:00", 2, "2026-02-25T00:00:00+08:00", true },
		{ "2026-02-27T10:00:00+08:00", 1, "2026-03-01T00:00:00+08:00", true },
		{ "2026-02-27T10:00:00+08:00", 2, "2026-03-03T00:00:00+08:00", true },
		/* Mid-autumn, a Sunday worked, National Day, a Saturday worked. */
		{ "2026-09-18T10:00:00+08:00", 1, "2026-09-21T00:00:00+08:00", true },
		{ "2026-09-24T10:00:00+08:00", 1, "2026-09-29T00:00:00+08:00", true },
		{ "2026-09-30T10:00:00+08:00", 1, "2026-10-09T00:00:00+08:00", true },
		{ "2026-09-30T10:00:00+08:00", 3, "2026-10-11T00:00:00+08:00", true },
		{ "2026-09-30T10:00:00+08:00", 4, "2026-10-13T00:00:00+08:00", true },
		/* Beyond the pack New Year's Day is a Friday like others, and that is said. */
		{ "2026-12-31T10:00:00+08:00", 1, "2027-01-02T00:00:00+08:00", false },
		{ "2025-12-31T10:00:00+08:00", 1, "2026-01-05T00:00:00+08:00", false },
		{ "2026-11-27T10:00:00+08:00", 0, "2026-11-28T00:00:00+08:00", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool is_certain = !rows[i].is_certain;
		workdays_term_t term = { ns_of(rows[i].from), 8 * 3600 * NS_PER_S, rows[i].days };
		int64_t due_ns = workdays_due(&WORKDAYS_CN, &term, &is_certain);
		char text[TIME_TEXT_MAX];
		if (due_ns != ns_of(rows[i].due))
			fail_msg("%s and %u: %s", rows[i].from, rows[i].days,
			         time_format(due_ns, text));
		assert_true(is_certain == rows[i].is_certain);
	}
}

/* 365 days of 2026 less 104 of weekends less 19 of holidays on weekdays and 6 worked on
 * weekends: 248, as calendars of the year print. */
static void the_year_of_the_pack_has_its_working_days(void **state)
{
	(void)state;
	int32_t first = WORKDAYS_CN.known_from, works = 0;
	assert_int_equal(WORKDAYS_CN.known_to - first, 365);
	for (int32_t day = first; day < first + 365; day++)
		works += workdays_has(&WORKDAYS_CN, day);
	assert_int_equal(works, 248);
}

static void days_before_1970_are_days_too(void **state)
{
	(void)state;
	static const workdays_t plain = { NULL, 0, 0, 0 };
	bool is_certain;
	workdays_term_t term = { ns_of("1970-01-01T00:00:00Z"), -3600 * NS_PER_S, 1 };
	/* Still Wednesday there. */
	assert_true(workdays_due(&plain, &term, &is_certain) == ns_of("1970-01-02T01:00:00Z"));
	assert_false(is_certain);
}

static void every_row_of_the_deadlines_names_a_state(void **state)
{
	(void)state;
	size_t rows = 0;
	for (const deadline_t *d = DEADLINES_CN; d->state; d++, rows++) {
		unsigned named = 0;
		for (unsigned s = 0; s < HANDLING_STATE_COUNT; s++)
			if (slice_eq(slice_str(handling_state_text((handling_state_t)s, LANG_EN)),
			             slice_str(d->state)))
				named = s;
		assert_true(named != HANDLING_NONE);
		for (unsigned s = 1; s < SEVERITY_COUNT; s++)
			assert_true(d->days[s] <= d->days[s - 1]);
		assert_int_equal(
			deadline_days(DEADLINES_CN, (handling_state_t)named, SEVERITY_ALARM),
			d->days[SEVERITY_ALARM]);
	}
	assert_int_equal(rows, 5);
	assert_int_equal(deadline_days(DEADLINES_CN, HANDLING_CLOSED, SEVERITY_CRITICAL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			terms_step_over_weekends_and_holidays_and_count_days_worked_instead),
		cmocka_unit_test(the_year_of_the_pack_has_its_working_days),
		cmocka_unit_test(days_before_1970_are_days_too),
		cmocka_unit_test(every_row_of_the_deadlines_names_a_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
