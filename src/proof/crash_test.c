/* SPDX-License-Identifier: Apache-2.0 */
/* Power fails at a random disk operation while the log grows; after every start the
 * tree is that of the journal, and every head that was given out and is in the
 * journal is borne out. JIZHU_SEEDS says how many seeds (200). */
#include "env/twin/seeds.h"
#include "proof/fixture_test.h"

enum { LIVES = 4, GROWTH = 300 };

static void grow_until_crash(fixture_t *f, rng_t *rng)
{
	proof_signed_t head;
	for (unsigned i = 0; i < GROWTH && !twin_crashed(f->env); i++) {
		uint8_t bytes[64];
		size_t len = (size_t)rng_below(rng, sizeof(bytes));
		memset(bytes, (int)i, len);
		/* The power may be off by now. */
		(void)!append(f, JOURNAL_REGISTRY_PUT, slice_of(bytes, len));
		if (rng_below(rng, 20) == 0)
			(void)!proof_head(f->proof, proof_size(f->proof), &head);
		(void)twin_step(f->twin);
		if (rng_below(rng, 50) == 0)
			(void)twin_run_for(f->twin, 61 * NS_PER_S);
	}
}

static bool live(fixture_t *f, rng_t *rng)
{
	fixture_boot(f);
	twin_crash_at(f->env, 1 + rng_below(rng, 200));
	bool is_right = true;
	err_t err = fixture_open(f);
	if (!err) {
		is_right = fixture_root_is_right(f) && proof_broken(f->proof) == 0;
		grow_until_crash(f, rng);
	} else {
		is_right = twin_crashed(f->env);
	}
	if (!twin_crashed(f->env))
		twin_power_off(f->env);
	fixture_halt(f);
	twin_disk_reboot(f->twin, "node");
	return is_right;
}

static void after_any_crash_the_tree_is_that_of_the_journal(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(200);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		fixture_t f = fixture_make(seed);
		rng_t rng = rng_of(seed);
		for (unsigned i = 0; i < LIVES; i++)
			if (!live(&f, &rng))
				fail_msg("seed %u", (unsigned)seed);
		fixture_start(&f);
		assert_true(fixture_root_is_right(&f));
		assert_int_equal(proof_broken(f.proof), 0);
		fixture_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_crash_the_tree_is_that_of_the_journal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
