/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "env/zone.h"

static env_zone_t *open_zone(const char *name)
{
	env_zone_t *zone = NULL;
	assert_int_equal(env_zone_open(slice_str(name), &zone), ERR_OK);
	return zone;
}

static void clocks_go_forward_and_back(void **state)
{
	(void)state;
	env_zone_t *zone = open_zone("Europe/Berlin");
	/* 2026-03-29 01:00 and 2026-10-25 01:00 UTC. */
	int64_t spring = 1774746000, autumn = 1792890000, at = 0;
	assert_int_equal(env_zone_offset(zone, spring - 1), 3600);
	assert_int_equal(env_zone_offset(zone, spring), 7200);
	assert_int_equal(env_zone_offset(zone, autumn), 3600);
	assert_true(env_zone_next(zone, spring - 5000000, &at));
	assert_int_equal(at, spring);
	assert_true(env_zone_next(zone, spring, &at));
	assert_int_equal(at, autumn);
	env_zone_close(zone);
}

static void years_far_ahead_follow_the_rule_of_the_zone(void **state)
{
	(void)state;
	env_zone_t *zone = open_zone("Europe/Berlin");
	/* 2099-07-01 and 2099-12-01. */
	assert_int_equal(env_zone_offset(zone, 4086547200), 7200);
	assert_int_equal(env_zone_offset(zone, 4099766400), 3600);
	env_zone_close(zone);
}

static void zones_without_changes_have_no_next_one(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int32_t offset_s;
	} zones[] = { { "", 0 }, { "UTC", 0 }, { "Asia/Shanghai", 28800 }, { "+05:30", 19800 } };
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		env_zone_t *zone = open_zone(zones[i].name);
		int64_t at;
		assert_int_equal(env_zone_offset(zone, 1774746000), zones[i].offset_s);
		assert_false(env_zone_next(zone, 1774746000, &at));
		env_zone_close(zone);
	}
}

static void what_is_no_zone_is_not_found(void **state)
{
	(void)state;
	static const char *const names[] = { "Nowhere/City", "../etc/passwd", "/etc/localtime",
		                             ":UTC",         "Europe/",       "Europe\nBerlin" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		env_zone_t *zone = NULL;
		assert_int_equal(env_zone_open(slice_str(names[i]), &zone), ERR_NOT_FOUND);
		assert_null(zone);
	}
	env_zone_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_go_forward_and_back),
		cmocka_unit_test(years_far_ahead_follow_the_rule_of_the_zone),
		cmocka_unit_test(zones_without_changes_have_no_next_one),
		cmocka_unit_test(what_is_no_zone_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
