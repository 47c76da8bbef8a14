/* SPDX-License-Identifier: Apache-2.0 */
#include "api/toll.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "model/time.h"

static const ip_t one = { .bytes = { 192, 0, 2, 1 }, .family = 4 };
static const ip_t two = { .bytes = { 192, 0, 2, 2 }, .family = 4 };

static void a_source_with_ten_failures_waits_until_its_minute_is_over(void **state)
{
	(void)state;
	toll_t toll = { 0 };
	for (int i = 0; i < TOLL_FAILURES; i++) {
		assert_true(toll_pass(&toll, one, 1, NS_PER_S));
		toll_fail(&toll, one, NS_PER_S);
	}
	assert_false(toll_pass(&toll, one, 1, 2 * NS_PER_S));
	assert_true(toll_pass(&toll, two, 1, 2 * NS_PER_S));
	assert_false(toll_pass(&toll, one, 1, 60 * NS_PER_S));
	assert_true(toll_pass(&toll, one, 1, 61 * NS_PER_S));
}

static void a_source_that_has_used_its_time_waits_for_the_next_second(void **state)
{
	(void)state;
	toll_t toll = { 0 };
	assert_true(toll_pass(&toll, one, TOLL_CPU_US, 0));
	assert_false(toll_pass(&toll, one, 1, NS_PER_S - 1));
	assert_true(toll_pass(&toll, two, 1, NS_PER_S - 1));
	assert_true(toll_pass(&toll, one, 1, NS_PER_S));
}

static void addresses_of_one_network_are_one_source(void **state)
{
	(void)state;
	toll_t toll = { 0 };
	ip_t near = { .bytes = { 0x20, 0x01, 0x0D, 0xB8 }, .family = 6 }, far = near;
	near.bytes[15] = 1;
	far.bytes[7] = 1;
	for (int i = 0; i < TOLL_FAILURES; i++)
		toll_fail(&toll, near, 0);
	near.bytes[15] = 2;
	assert_false(toll_pass(&toll, near, 1, 0));
	assert_true(toll_pass(&toll, far, 1, 0));
}

static void many_sources_displace_the_oldest_and_no_other(void **state)
{
	(void)state;
	toll_t toll = { 0 };
	for (int i = 0; i < TOLL_FAILURES; i++) {
		toll_fail(&toll, one, 1);
		toll_fail(&toll, two, 2);
	}
	for (unsigned i = 0; i < TOLL_SOURCES - 1; i++) {
		ip_t other = { .bytes = { 198, 51, (uint8_t)(i >> 8), (uint8_t)i }, .family = 4 };
		assert_true(toll_pass(&toll, other, 1, 3));
	}
	assert_false(toll_pass(&toll, two, 1, 4));
	assert_true(toll_pass(&toll, one, 1, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_with_ten_failures_waits_until_its_minute_is_over),
		cmocka_unit_test(a_source_that_has_used_its_time_waits_for_the_next_second),
		cmocka_unit_test(addresses_of_one_network_are_one_source),
		cmocka_unit_test(many_sources_displace_the_oldest_and_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
