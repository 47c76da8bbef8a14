/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of nodes under faults: at the end the parents have what the children made, all of it,
 * once, in order, and know of every gap.
 *
 * JIZHU_TREE_SEEDS sets how many worlds of 1x2x3 are run; of the greater ones there are
 * fewer in proportion. JIZHU_SEED runs that one alone. An argument runs the tests whose name
 * matches it, so that two processes can share the work. JIZHU_TREE_SOAK is how many worlds of
 * 1x31x100 are run. */
#include "uplink/tree_run_test.h"

#include "env/twin/seeds.h"

enum { SEEDS_DEFAULT = 24, DOUBLE_SEEDS = 24 };

/* The same in every run, so that a seed is one history: signatures are part of it. */
static err_t make_key(uint8_t fill, env_pkey_t **ret_key)
{
	uint8_t secret[32];
	memset(secret, fill, sizeof(secret));
	slice_t number = slice_of(secret, sizeof(secret));
	env_pkey_numbers_t numbers = { .kind = ENV_PKEY_ED25519,
		                       .is_private = true,
		                       .part = { number, number } }; /* x follows from d */
	return env_pkey_from_numbers(&numbers, ret_key);
}

static int make_keys(void **state)
{
	tree_keys_t *keys = calloc(1, sizeof(*keys));
	for (unsigned i = 0; keys && i < TREE_KEYS; i++) {
		writer_t w = writer_of(keys->room[i], sizeof(keys->room[i]));
		if (make_key((uint8_t)(i + 1), &keys->pair[i]) ||
		    env_pkey_to_der(keys->pair[i], &w))
			return -1;
		keys->der[i] = writer_done(&w);
	}
	*state = keys;
	return keys ? 0 : -1;
}

static int free_keys(void **state)
{
	tree_keys_t *keys = *state;
	for (unsigned i = 0; i < TREE_KEYS; i++)
		env_pkey_free(keys->pair[i]);
	free(keys);
	return 0;
}

static void show(const tree_spec_t *spec, const tree_tally_t *t)
{
	static const char *const texts[] = {
#define X(name, text, weight) text,
		TREE_FAULT_ROWS(X)
#undef X
	};
	print_message("# 1x%ux%u: %llu worlds, %llu nodes", spec->middles, spec->leaves,
	              (unsigned long long)t->worlds, (unsigned long long)t->nodes);
	for (unsigned i = 0; i < TREE_FAULT_COUNT; i++)
		print_message(", %s %llu", texts[i], (unsigned long long)t->faults[i]);
	print_message("; segments lost %llu, restarts %llu, sessions %llu, went back %llu, "
	              "duplicates %llu, refused %llu, stalls %llu, batches %llu, items %llu\n",
	              (unsigned long long)t->lost_segments, (unsigned long long)t->restarts,
	              (unsigned long long)t->sessions, (unsigned long long)t->back,
	              (unsigned long long)t->duplicates, (unsigned long long)t->refused,
	              (unsigned long long)t->stalls, (unsigned long long)t->batches,
	              (unsigned long long)t->items);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t number = otherwise;
	if (text && num_parse_u64(slice_str(text), UINT64_MAX, &number))
		fail_msg("%s is no number", name);
	return number;
}

static void hold(const tree_keys_t *keys, tree_spec_t spec, uint64_t seeds)
{
	tree_tally_t tally = { 0 };
	uint64_t only = number_of("JIZHU_SEED", 0);
	for (spec.seed = only ? only : 1; spec.seed <= (only ? only : seeds); spec.seed++) {
		char why[TREE_WHY_MAX];
		if (!tree_run(&spec, keys, &tally, why))
			fail_msg("1x%ux%u, JIZHU_SEED=%llu: %s", spec.middles, spec.leaves,
			         (unsigned long long)spec.seed, why);
	}
	if (tally.worlds)
		show(&spec, &tally);
}

static uint64_t seeds_of(uint64_t in_4000)
{
	uint64_t seeds = number_of("JIZHU_TREE_SEEDS", SEEDS_DEFAULT);
	return (seeds * in_4000 + 3999) / 4000;
}

static void a_small_tree_loses_nothing(void **state)
{
	hold(*state, (tree_spec_t){ .middles = 2, .leaves = 3 }, seeds_of(4000));
}

static void a_middle_tree_loses_nothing(void **state)
{
	hold(*state, (tree_spec_t){ .middles = 4, .leaves = 10 }, seeds_of(900));
}

static void a_great_tree_loses_nothing(void **state)
{
	hold(*state, (tree_spec_t){ .middles = 31, .leaves = 10 }, seeds_of(100));
}

static void a_nation_loses_nothing(void **state)
{
	hold(*state, (tree_spec_t){ .middles = 31, .leaves = 100 },
	     number_of("JIZHU_TREE_SOAK", 0));
}

/* Of worlds in which a promise is not kept, how many come out as lost. */
static void catch_doubles(const tree_keys_t *keys, tree_spec_t spec, uint64_t least)
{
	uint64_t caught = 0;
	tree_tally_t tally = { 0 };
	char why[TREE_WHY_MAX];
	for (spec.seed = 1; spec.seed <= DOUBLE_SEEDS; spec.seed++)
		caught += !tree_run(&spec, keys, &tally, why);
	print_message("# caught %llu of %u, trace %016llx\n", (unsigned long long)caught,
	              DOUBLE_SEEDS, (unsigned long long)tally.trace);
	assert_in_range(caught, least, DOUBLE_SEEDS);
}

static void what_a_disk_says_is_synced_and_is_not_is_found_missing(void **state)
{
	catch_doubles(*state, (tree_spec_t){ .middles = 2, .leaves = 3, .is_lying = true },
	              DOUBLE_SEEDS / 4);
}

static void what_is_receipted_before_the_sync_is_found_missing(void **state)
{
	catch_doubles(*state, (tree_spec_t){ .middles = 2, .leaves = 3, .is_hasty = true },
	              DOUBLE_SEEDS / 4);
}

static void a_seed_is_one_history(void **state)
{
	const tree_keys_t *keys = *state;
	tree_spec_t spec = { .seed = 7, .middles = 2, .leaves = 3 };
	tree_tally_t a = { 0 }, b = { 0 };
	char why[TREE_WHY_MAX];
	assert_true(tree_run(&spec, keys, &a, why));
	assert_true(tree_run(&spec, keys, &b, why));
	assert_memory_equal(&a, &b, sizeof(a));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_tree_loses_nothing),
		cmocka_unit_test(a_middle_tree_loses_nothing),
		cmocka_unit_test(a_great_tree_loses_nothing),
		cmocka_unit_test(a_nation_loses_nothing),
		cmocka_unit_test(what_a_disk_says_is_synced_and_is_not_is_found_missing),
		cmocka_unit_test(what_is_receipted_before_the_sync_is_found_missing),
		cmocka_unit_test(a_seed_is_one_history),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
