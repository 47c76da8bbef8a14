/* SPDX-License-Identifier: Apache-2.0 */
/* JIZHU_SEEDS sets how many machines live. */
#include "powercut/powercut.h"

#include "env/twin/seeds.h"

enum { CUTS = 4, SEEDS_DEFAULT = 150, LYING_SEEDS = 30 };

static powercut_tally_t tally_of(uint64_t seed, bool is_lying)
{
	powercut_tally_t tally = { 0 };
	powercut_spec_t spec = { .seed = seed, .cuts = CUTS, .is_lying = is_lying };
	assert_int_equal(powercut_run(&spec, &tally), ERR_OK);
	return tally;
}

/* NULL, or what is wrong. */
static const char *run_seed(uint64_t seed, bool is_lying)
{
	powercut_tally_t tally = tally_of(seed, is_lying);
	return powercut_is_clean(&tally) ? NULL : "samples are lost, doubled, torn or invented";
}

static void durable_samples_are_found_once_and_none_invented(void **state)
{
	(void)state;
	seeds_hold(run_seed, SEEDS_DEFAULT);
}

static void a_disk_that_lies_about_syncs_is_caught(void **state)
{
	(void)state;
	seeds_catch_lies(run_seed, LYING_SEEDS, LYING_SEEDS / 4);
}

static void a_seed_is_one_life_and_counts_what_happened(void **state)
{
	(void)state;
	powercut_tally_t a = tally_of(7, false), b = tally_of(7, false);
	assert_int_equal(a.cuts, CUTS);
	assert_true(a.acknowledged > 0);
	assert_memory_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durable_samples_are_found_once_and_none_invented),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
		cmocka_unit_test(a_seed_is_one_life_and_counts_what_happened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
