/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_SEEDS_H
#define ENV_TWIN_SEEDS_H
/* What the crash tests of all rooms share: how many seeds, that every seed keeps
 * what was acknowledged, and that the same test notices a disk that says "synced"
 * too early (an acknowledgement before the sync).
 *
 * JIZHU_SEEDS in the environment replaces the number of seeds a test names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/num.h"

/* One seeded world from power on to its last check; `lying` makes its disk lie.
 * NULL, or what is wrong. */
typedef const char *(*seed_run_t)(uint64_t seed, bool lying);

static inline uint64_t seeds_wanted(uint64_t otherwise)
{
	const char *text = getenv("JIZHU_SEEDS");
	uint64_t seeds = otherwise;
	if (text && num_parse_u64(slice_str(text), 1000000, &seeds))
		fail_msg("JIZHU_SEEDS is no number");
	return seeds;
}

static inline void seeds_hold(seed_run_t run, uint64_t otherwise)
{
	uint64_t seeds = seeds_wanted(otherwise);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		const char *fault = run(seed, false);
		if (fault)
			fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
	}
}

/* At least `least` of `seeds` lying worlds must be caught. */
static inline void seeds_catch_lies(seed_run_t run, uint64_t seeds, uint64_t least)
{
	uint64_t caught = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++)
		caught += run(seed, true) != NULL;
	assert_in_range(caught, least, seeds);
}
#endif
