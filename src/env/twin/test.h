/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_TEST_H
#define ENV_TWIN_TEST_H
/* What the tests of this room share: a world with one host, and short forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

typedef struct {
	twin_t *twin;
	env_t *env;
} world_t;

static inline world_t world_of(const twin_spec_t *spec)
{
	world_t world;
	OK(twin_new(spec, &world.twin));
	OK(twin_host_open(world.twin, "a", &world.env));
	return world;
}

static inline world_t world_seeded(uint64_t seed)
{
	return world_of(&(twin_spec_t){ .seed = seed });
}

static inline void world_done(const world_t *world)
{
	twin_free(world->twin);
}
#endif
