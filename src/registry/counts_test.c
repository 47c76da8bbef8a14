/* SPDX-License-Identifier: Apache-2.0 */
/* The counts by prefix are those of a listing, whatever happened to names and view. */
#include "registry/fixture_test.h"

#include "base/num.h"
#include "registry/bulk.h"
#include "registry/counts.h"

enum { NAMES = 40, STEPS = 400 };

static bool count_one(void *ctx, slice_t name)
{
	(void)name;
	(*(uint64_t *)ctx)++;
	return true;
}

static void assert_counted(fixture_t *f, slice_t prefix)
{
	uint64_t listed = 0;
	assert_int_equal(registry_list(f->reader, prefix, (slice_t){ 0 }, count_one, &listed),
	                 ERR_OK);
	assert_int_equal(registry_names(f->registry, prefix), listed);
}

static void every_state_of_a_name_counts_as_it_is_listed(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	fixture_start(&f);
	uint8_t buf[512];
	writer_t v = writer_of(buf, sizeof(buf));
	value_add(&v, 1, "URL", SLICE("u"));
	registry_change_t draft = change_of(REGISTRY_CREATE, SLICE("99.100.1/draft"), 1, &v);
	draft.state = RECORD_DRAFT;
	assert_int_equal(fixture_change(&f, &draft).err, ERR_OK);
	assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), 0);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "99.100.1/a", "u").err, ERR_OK);
	assert_int_equal(fixture_put(&f, REGISTRY_CREATE, "0.NA/99.100.1", "u").err, ERR_OK);
	assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), 1);
	assert_int_equal(registry_names(f.registry, SLICE("0.na")), 1);
	assert_int_equal(registry_names(f.registry, SLICE("99.100")), 0);
	static const record_state_t states[] = { RECORD_ACTIVE,  RECORD_RETIRED, RECORD_DRAFT,
		                                 RECORD_RETIRED, RECORD_DRAFT,   RECORD_ACTIVE };
	static const unsigned wanted[] = { 2, 2, 1, 2, 1, 2 };
	for (unsigned i = 0; i < 6; i++) {
		registry_change_t change = change_of(REGISTRY_STATE, SLICE("99.100.1/DRAFT"), 0,
		                                     &(writer_t){ 0 });
		change.state = states[i];
		assert_int_equal(fixture_change(&f, &change).err, ERR_OK);
		assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), wanted[i]);
		assert_counted(&f, SLICE("99.100.1"));
	}
	assert_int_equal(fixture_remove(&f, "99.100.1/a").err, ERR_OK);
	assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), 1);
	registry_change_t back = change_of(REGISTRY_RESTORE, SLICE("99.100.1/a"), 0,
	                                   &(writer_t){ 0 });
	assert_int_equal(fixture_change(&f, &back).err, ERR_OK);
	assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), 2);
	fixture_restart(&f);
	assert_int_equal(registry_names(f.registry, SLICE("99.100.1")), 2);
	assert_counted(&f, SLICE("0.NA"));
	fixture_free(&f);
}

/* One change to one of some names, whatever comes of it. */
static void step(fixture_t *f, uint64_t *random)
{
	uint8_t buf[512];
	char name[64];
	writer_t v = writer_of(buf, sizeof(buf));
	uint64_t pick = *random = *random * UINT64_C(6364136223846793005) + 1;
	static const registry_verb_t verbs[] = {
		REGISTRY_CREATE, REGISTRY_REPLACE, REGISTRY_MERGE,
		REGISTRY_REMOVE, REGISTRY_STATE,   REGISTRY_RESTORE
	};
	registry_verb_t verb = verbs[(pick >> 33) % 6];
	bool has_values = verb <= REGISTRY_MERGE;
	(void)snprintf(name, sizeof(name), "99.100.1/n-%u", (unsigned)((pick >> 40) % NAMES));
	value_add(&v, 1, "URL", slice_str(name));
	registry_change_t change = change_of(verb, slice_str(name), has_values, &v);
	if (!has_values)
		change.values = (slice_t){ 0 };
	if (verb == REGISTRY_CREATE || verb == REGISTRY_STATE)
		change.state = (record_state_t)((pick >> 50) % (verb == REGISTRY_STATE ? 3 : 2));
	(void)fixture_change(f, &change);
}

static void after_every_crash_the_counts_are_those_of_the_listing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		fixture_t f = fixture_make(seed);
		uint64_t random = seed;
		fixture_start(&f);
		for (unsigned i = 0; i < STEPS; i++) {
			step(&f, &random);
			if (i % 61 == seed)
				fixture_restart(&f); /* with a checkpoint */
			if (i % 97 != seed)
				continue;
			twin_power_off(f.env);
			fixture_halt(&f);
			twin_disk_reboot(f.twin, "node");
			fixture_start(&f);
			assert_counted(&f, SLICE("99.100.1"));
		}
		assert_counted(&f, SLICE("99.100.1"));
		fixture_free(&f);
	}
}

static void counts_are_read_as_they_were_written_and_damage_is_refused(void **state)
{
	(void)state;
	uint8_t room[256];
	counts_t counts = { NULL }, more = { NULL }, back = { NULL };
	assert_int_equal(counts_add(&counts, SLICE("99.1/a"), 1), ERR_OK);
	assert_int_equal(counts_add(&more, SLICE("99.1/B"), 1), ERR_OK);
	assert_int_equal(counts_add(&more, SLICE("ab.2/c"), 300), ERR_OK);
	assert_int_equal(counts_add(&more, SLICE("ab.3/c"), -1), ERR_OK);
	assert_int_equal(counts_fold(&counts, &more), ERR_OK);
	assert_null(more.table);
	writer_t w = writer_of(room, counts_room(&counts));
	counts_write(&counts, &w);
	assert_false(w.bad);
	assert_int_equal(counts_read(writer_done(&w), &back), ERR_OK);
	assert_int_equal(counts_of(&back, SLICE("99.1")), 2);
	assert_int_equal(counts_of(&back, SLICE("aB.2")), 300);
	assert_int_equal(counts_of(&back, SLICE("ab.3")), 0);
	counts_done(&back);
	unsigned refused = 0;
	for (size_t len = 1; len < w.len; len++) {
		err_t err = counts_read(slice_of(room, len), &back);
		refused += err == ERR_CORRUPT;
		counts_done(&back);
	}
	assert_true(refused >= w.len - 3);
	counts_done(&counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_a_name_counts_as_it_is_listed),
		cmocka_unit_test(after_every_crash_the_counts_are_those_of_the_listing),
		cmocka_unit_test(counts_are_read_as_they_were_written_and_damage_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
