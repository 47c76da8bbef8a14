/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TRAPS_TRAPS_LIST_TEST_H
#define TEST_TRAPS_TRAPS_LIST_TEST_H
/* Ten faults by which products of this kind tell wrong numbers. Each case goes the way that
 * a figure of a user goes, through the rooms' public functions. They stand in files by the
 * rooms they need, since each room has a world of its own for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TRAP_ROWS(X) \
	X(trap_1_the_crc_of_hj212_is_not_that_of_modbus) \
	X(trap_2_a_flag_of_hj212_keeps_a_value_out_of_the_mean) \
	X(trap_2_abnormal_and_invalid_of_gb32960_are_not_in_the_mean) \
	X(trap_3_a_meter_that_is_replaced_or_rolls_over_has_used_what_it_has_used) \
	X(trap_4_a_reading_at_midnight_is_of_the_day_and_month_of_its_calendar) \
	X(trap_4_a_day_has_the_hours_that_its_wall_clock_had) \
	X(trap_5_a_percentage_of_all_is_not_the_mean_of_percentages) \
	X(trap_6_one_name_under_three_scopes_has_three_values_that_never_mix) \
	X(trap_7_a_device_that_enterprise_park_and_platform_tell_of_is_one) \
	X(trap_8_what_is_sent_again_by_line_or_parcel_or_anew_counts_once) \
	X(trap_9_a_silent_province_does_not_report_and_is_not_zero) \
	X(trap_10_an_incident_leads_to_the_asset_the_tag_and_the_packet)

#define X(name) void name(void **state);
TRAP_ROWS(X)
#undef X
#endif
