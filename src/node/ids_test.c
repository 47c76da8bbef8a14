/* SPDX-License-Identifier: Apache-2.0 */
/* Names and their numbers over starts, crashes and damage, beside a real journal. */
#include "node/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/seeds.h"
#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char VIEW[] = "data/views/names";

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	ids_t *ids;
} world_t;

/* Everything but the ids. */
MUST_CHECK static err_t start(world_t *w, const char *journal_dir)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_spec_t spec = {
		.dir = journal_dir,
		.name = "main",
		.chained = true,
		.segment_bytes = 1 << 14,
		.buffer_bytes = 1 << 14,
	};
	OK(twin_host_open(w->twin, "node", &w->env));
	OK(env_dir_make(w->env, "data/views"));
	OK(env_loop_new(w->env, "commit", ENV_LOOP_FILES, &w->loop));
	spec.commit_loop = w->loop;
	return journal_open(w->env, &spec, &w->journal, &recovery, &detail);
}

static void stop(world_t *w)
{
	journal_close(w->journal);
	env_loop_free(w->loop);
	twin_host_close(w->env);
	*w = (world_t){ .twin = w->twin };
}

static world_t world_make(uint64_t seed)
{
	world_t w = { 0 };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &w.twin));
	return w;
}

static void world_open(world_t *w)
{
	OK(start(w, "data/journal"));
	OK(ids_open(w->env, "data/views", w->journal, &w->ids));
}

static void world_close(world_t *w)
{
	ids_close(w->ids);
	stop(w);
}

static uint32_t id_of(world_t *w, ids_kind_t kind, const char *name)
{
	uint32_t id = 0;
	OK(ids_get(w->ids, kind, slice_str(name), &id));
	return id;
}

/* OVEN is 1 and PRESS is 2 of the devices, OVEN.TEMP is 1 of the points. */
static void give_three(world_t *w)
{
	assert_int_equal(id_of(w, IDS_DEVICE, "OVEN"), 1);
	assert_int_equal(id_of(w, IDS_DEVICE, "PRESS"), 2);
	assert_int_equal(id_of(w, IDS_POINT, "OVEN.TEMP"), 1);
}

/* Nothing is appended for a name that is known. */
static void assert_three(world_t *w)
{
	uint64_t last = journal_last(w->journal);
	assert_int_equal(id_of(w, IDS_POINT, "OVEN.TEMP"), 1);
	assert_int_equal(id_of(w, IDS_DEVICE, "PRESS"), 2);
	assert_int_equal(id_of(w, IDS_DEVICE, "OVEN"), 1);
	assert_int_equal(ids_max(w->ids, IDS_DEVICE), 2);
	assert_int_equal(ids_max(w->ids, IDS_POINT), 1);
	assert_int_equal(journal_last(w->journal), last);
}

static void a_name_keeps_its_number_over_starts(void **state)
{
	(void)state;
	world_t w = world_make(1);
	world_open(&w);
	give_three(&w);
	world_close(&w);
	world_open(&w);
	assert_three(&w);
	assert_int_equal(id_of(&w, IDS_DEVICE, "SAW"), 3);
	world_close(&w);
	twin_free(w.twin);
}

static void the_view_spares_the_walk_and_is_not_written_for_nothing(void **state)
{
	(void)state;
	world_t w = world_make(2);
	world_open(&w);
	give_three(&w);
	world_close(&w);
	world_open(&w);
	uint64_t operations = twin_disk_operations(w.env);
	assert_three(&w);
	ids_close(w.ids);
	assert_int_equal(twin_disk_operations(w.env), operations);
	stop(&w);
	twin_free(w.twin);
}

static void a_dropped_view_catches_up(void **state)
{
	(void)state;
	world_t w = world_make(3);
	world_open(&w);
	give_three(&w);
	OK(journal_flush(w.journal));
	ids_drop(w.ids);
	stop(&w);
	world_open(&w);
	assert_three(&w);
	world_close(&w);
	twin_free(w.twin);
}

static void a_view_with_any_byte_wrong_is_made_anew(void **state)
{
	(void)state;
	world_t w = world_make(4);
	world_open(&w);
	give_three(&w);
	world_close(&w);
	uint64_t at = 0;
	while (twin_disk_flip(w.twin, "node", VIEW, at++) == ERR_OK) {
		world_open(&w);
		assert_three(&w);
		/* A record behind the mark makes the view be written again, whole. */
		OK(journal_append(w.journal, JOURNAL_EVENT, &SLICE("x"), 1, &(uint64_t){ 0 }));
		world_close(&w);
	}
	assert_in_range(at, 64, 200);
	twin_free(w.twin);
}

static void a_view_cut_short_or_gone_is_made_anew(void **state)
{
	static const uint64_t sizes[] = { 0, 3, 40, 67, 68, 80 };
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		world_t w = world_make(5);
		world_open(&w);
		give_three(&w);
		world_close(&w);
		OK(twin_disk_cut(w.twin, "node", VIEW, sizes[i]));
		world_open(&w);
		assert_three(&w);
		OK(env_path_remove(w.env, VIEW));
		world_close(&w);
		world_open(&w);
		assert_three(&w);
		world_close(&w);
		twin_free(w.twin);
	}
}

static void the_view_of_another_journal_is_not_believed(void **state)
{
	(void)state;
	world_t w = world_make(6);
	world_open(&w);
	give_three(&w);
	world_close(&w);
	OK(start(&w, "data/other"));
	OK(ids_open(w.env, "data/views", w.journal, &w.ids));
	assert_int_equal(ids_max(w.ids, IDS_DEVICE), 0);
	assert_int_equal(id_of(&w, IDS_DEVICE, "PRESS"), 1);
	world_close(&w);
	twin_free(w.twin);
}

static void names_of_no_or_too_many_bytes_are_refused(void **state)
{
	(void)state;
	uint8_t long_name[256];
	uint32_t id = 7;
	memset(long_name, 'A', sizeof(long_name));
	world_t w = world_make(7);
	world_open(&w);
	assert_int_equal(ids_get(w.ids, IDS_POINT, SLICE(""), &id), ERR_INVALID);
	assert_int_equal(ids_get(w.ids, IDS_POINT, slice_of(long_name, 256), &id), ERR_INVALID);
	assert_int_equal(id, 7);
	OK(ids_get(w.ids, IDS_POINT, slice_of(long_name, 255), &id));
	assert_int_equal(id, 1);
	world_close(&w);
	world_open(&w);
	OK(ids_get(w.ids, IDS_POINT, slice_of(long_name, 255), &id));
	assert_int_equal(id, 1);
	world_close(&w);
	twin_free(w.twin);
}

enum { STARTS = 12 };

static uint32_t nth_id(world_t *w, uint32_t n)
{
	char name[16];
	snprintf(name, sizeof(name), "D-%u", n);
	return id_of(w, IDS_DEVICE, name);
}

/* The last first, so that a name that was forgotten does not get its number again. */
static bool all_known(world_t *w, const uint32_t given[STARTS])
{
	for (uint32_t n = STARTS; n-- > 0;)
		if (given[n] && nth_id(w, n) != given[n])
			return false;
	return true;
}

/* One start, which gives one name; it may end in a power cut. */
static const char *start_once(world_t *w, uint32_t n, rng_t *chance, uint32_t given[STARTS])
{
	if (ids_open(w->env, "data/views", w->journal, &w->ids))
		return "the names cannot be read";
	bool are_known = all_known(w, given);
	uint32_t id = nth_id(w, n);
	bool is_cut = rng_below(chance, 2) == 0;
	if (is_cut)
		twin_crash_at(w->env, 1 + rng_below(chance, 10));
	ids_close(w->ids);
	given[n] = is_cut ? 0 : id;
	return are_known ? NULL : "a number was given to another name";
}

static const char *run_of_cuts(uint64_t seed, bool lying)
{
	const char *fault = NULL;
	uint32_t given[STARTS] = { 0 };
	rng_t chance = rng_of(seed);
	world_t w = world_make(seed);
	for (uint32_t n = 0; n < STARTS && !fault; n++) {
		err_t err = start(&w, "data/journal");
		twin_disk_lie(w.env, lying);
		fault = err ? "the journal cannot be read" : start_once(&w, n, &chance, given);
		stop(&w);
		twin_disk_reboot(w.twin, "node");
	}
	twin_free(w.twin);
	return fault;
}

static void numbers_survive_power_cuts(void **state)
{
	(void)state;
	seeds_hold(run_of_cuts, 200);
}

static void a_lying_disk_is_noticed(void **state)
{
	(void)state;
	seeds_catch_lies(run_of_cuts, 50, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_its_number_over_starts),
		cmocka_unit_test(the_view_spares_the_walk_and_is_not_written_for_nothing),
		cmocka_unit_test(a_dropped_view_catches_up),
		cmocka_unit_test(a_view_with_any_byte_wrong_is_made_anew),
		cmocka_unit_test(a_view_cut_short_or_gone_is_made_anew),
		cmocka_unit_test(the_view_of_another_journal_is_not_believed),
		cmocka_unit_test(names_of_no_or_too_many_bytes_are_refused),
		cmocka_unit_test(numbers_survive_power_cuts),
		cmocka_unit_test(a_lying_disk_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
