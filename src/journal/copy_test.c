/* SPDX-License-Identifier: Apache-2.0 */
/* A copy taken while the journal is appended to and recycled: what the copy tells of
 * its progress is where the writer gets its turn. */
#include "journal/fixture_test.h"

#include <stdio.h>

enum { SEEDS = 200, CHASE_RECORDS = 60, CHASE_KEEPS = 25 };

typedef struct {
	fixture_t *f;
	rng_t rng;
	uint64_t turns, recycled, records;
	uint64_t append_max; /* 0: nobody writes */
	bool is_chasing;     /* always leaves but a few segments of new records */
} writer_turn_t;

static void take_turn(void *ctx, uint64_t bytes)
{
	writer_turn_t *w = ctx;
	assert_true(bytes > 0);
	w->turns++;
	if (!w->append_max)
		return;
	uint64_t more = w->is_chasing ? w->append_max : rng_below(&w->rng, w->append_max);
	for (uint64_t i = 0; i < more; i++) {
		uint64_t seq = 0;
		assert_int_equal(append_tag(w->f->journal, journal_last(w->f->journal) + 1, &seq),
		                 ERR_OK);
		if (rng_below(&w->rng, 3) == 0)
			settle(w->f);
	}
	settle(w->f);
	uint64_t durable = journal_durable(w->f->journal);
	if (w->is_chasing)
		w->recycled = durable - CHASE_KEEPS;
	else if (rng_below(&w->rng, 4) == 0)
		w->recycled += rng_below(&w->rng, durable - w->recycled + 1);
	assert_int_equal(journal_recycle(w->f->journal, w->recycled + 1), ERR_OK);
}

static void see(void *ctx, const journal_record_t *record)
{
	writer_turn_t *w = ctx;
	uint8_t buf[512];
	w->records++;
	assert_true(slice_eq(record->payload, payload_of(record->seq, buf)));
}

MUST_CHECK static err_t copy_with(writer_turn_t *w, journal_extent_t *ret_extent)
{
	journal_copy_t copy = { .from = "data/journal",
		                .to = "copy",
		                .name = "main",
		                .record = see,
		                .progress = take_turn,
		                .ctx = w };
	assert_int_equal(env_dir_make(w->f->env, "copy"), ERR_OK);
	return journal_copy(w->f->env, &copy, ret_extent, &w->f->detail);
}

/* Opens the copy as a journal of its own and reads every record. */
static void assert_copy(fixture_t *f, const journal_extent_t *extent)
{
	fixture_t copy = { .env = f->env, .twin = f->twin, .spec = f->spec };
	uint64_t records = 0;
	copy.spec.dir = "copy";
	assert_int_equal(journal_verify(f->env, "copy", "main", &records, &f->detail), ERR_OK);
	assert_int_equal(records, extent->last_seq + 1 - extent->first_seq);
	assert_int_equal(env_loop_new(f->env, "copy", ENV_LOOP_FILES, &copy.spec.commit_loop),
	                 ERR_OK);
	assert_int_equal(
		journal_open(f->env, &copy.spec, &copy.journal, &copy.recovery, &f->detail),
		ERR_OK);
	assert_int_equal(copy.recovery.cut_bytes, 0);
	assert_int_equal(journal_last(copy.journal), extent->last_seq);
	assert_int_equal(journal_first(copy.journal), extent->first_seq);
	assert_int_equal(journal_epoch(copy.journal), extent->epoch);
	assert_int_equal(extent->epoch, journal_epoch(f->journal));
	assert_records(&copy, extent->first_seq, extent->last_seq);
	journal_close(copy.journal);
	env_loop_free(copy.spec.commit_loop);
}

static void copy_of_a_quiet_journal_holds_every_record(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	fixture_start(&f);
	append_each(&f, 1, 40);
	writer_turn_t w = { .f = &f };
	journal_extent_t extent;
	assert_int_equal(copy_with(&w, &extent), ERR_OK);
	assert_int_equal(extent.first_seq, 1);
	assert_int_equal(extent.last_seq, 40);
	assert_int_equal(w.records, 40);
	assert_true(w.turns > 3);
	assert_copy(&f, &extent);
	fixture_free(&f);
}

static void copy_of_an_empty_journal_is_one(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	fixture_start(&f);
	writer_turn_t w = { .f = &f };
	journal_extent_t extent;
	assert_int_equal(copy_with(&w, &extent), ERR_OK);
	assert_int_equal(extent.last_seq, 0);
	assert_copy(&f, &extent);
	fixture_free(&f);
}

static void copy_of_a_journal_in_use_holds_what_was_durable_and_misses_nothing(void **state)
{
	(void)state;
	uint64_t recycled = 0, grown = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		fixture_t f = fixture_make(seed);
		fixture_start(&f);
		writer_turn_t w = { .f = &f, .rng = rng_of(seed), .append_max = 6 };
		append_each(&f, 1, 1 + rng_below(&w.rng, 60));
		uint64_t durable = journal_durable(f.journal);
		journal_extent_t extent;
		assert_int_equal(copy_with(&w, &extent), ERR_OK);
		assert_true(extent.last_seq >= durable);
		assert_true(extent.first_seq <= w.recycled + 1);
		assert_copy(&f, &extent);
		recycled += extent.first_seq > 1;
		grown += extent.last_seq > durable;
		fixture_free(&f);
	}
	assert_true(recycled > SEEDS / 10 && grown > SEEDS / 10);
}

static void copy_that_is_always_overtaken_gives_up(void **state)
{
	(void)state;
	fixture_t f = fixture_make(4);
	fixture_start(&f);
	append_each(&f, 1, 60);
	writer_turn_t w = {
		.f = &f, .rng = rng_of(4), .append_max = CHASE_RECORDS, .is_chasing = true
	};
	journal_extent_t extent;
	assert_int_equal(copy_with(&w, &extent), ERR_BUSY);
	fixture_free(&f);
}

static void copy_is_cut_behind_a_torn_record(void **state)
{
	(void)state;
	fixture_t f = fixture_make(5);
	f.spec.segment_bytes = 64 << 10;
	fixture_start(&f);
	append_each(&f, 1, 20);
	writer_turn_t w = { .f = &f };
	journal_extent_t extent;
	journal_record_t record;
	uint8_t buf[512];
	assert_int_equal(journal_read(f.journal, 20, buf, sizeof(buf), &record), ERR_OK);
	assert_int_equal(twin_disk_flip(f.twin, "node", "data/journal/main-0000000000000001.log",
	                                record.at + 30),
	                 ERR_OK);
	assert_int_equal(copy_with(&w, &extent), ERR_OK);
	assert_int_equal(extent.last_seq, 19);
	assert_copy(&f, &extent);
	fixture_free(&f);
}

/* The path of the segment that holds the record. */
static void find_segment(fixture_t *f, uint64_t seq, char ret_path[64])
{
	env_file_t *file = NULL;
	for (; seq > 0 && !file; seq--) {
		snprintf(ret_path, 64, "data/journal/main-%016llx.log", (unsigned long long)seq);
		err_t err = env_file_open(f->env, ret_path, ENV_OPEN_READ, &file);
		assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	}
	assert_non_null(file);
	env_file_close(file);
}

static void assert_damage_is_named(fixture_t *f, uint64_t seq, const char *to)
{
	char path[64], place[96];
	uint8_t buf[512];
	journal_record_t record;
	journal_extent_t extent;
	journal_copy_t copy = { .from = "data/journal", .to = to, .name = "main" };
	assert_int_equal(journal_read(f->journal, seq, buf, sizeof(buf), &record), ERR_OK);
	find_segment(f, seq, path);
	assert_int_equal(twin_disk_flip(f->twin, "node", path, record.at + 20), ERR_OK);
	assert_int_equal(env_dir_make(f->env, to), ERR_OK);
	assert_int_equal(journal_copy(f->env, &copy, &extent, &f->detail), ERR_CORRUPT);
	snprintf(place, sizeof(place), "%s:%llu", path, (unsigned long long)record.at);
	assert_string_equal(f->detail.where, place);
}

static void copy_refuses_damage_to_what_was_synced_with_its_place(void **state)
{
	(void)state;
	fixture_t f = fixture_make(6);
	fixture_start(&f);
	append_each(&f, 1, 40);
	assert_damage_is_named(&f, journal_last(f.journal) - 1, "of-the-last-segment");
	assert_damage_is_named(&f, 5, "of-an-older-one");
	fixture_free(&f);
}

static void copy_onto_a_full_disk_says_which_file(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	fixture_start(&f);
	append_each(&f, 1, 40);
	twin_fail_at(f.env, 4, 0, TWIN_DISK_FULL);
	journal_copy_t copy = { .from = "data/journal", .to = "copy", .name = "main" };
	journal_extent_t extent;
	assert_int_equal(env_dir_make(f.env, "copy"), ERR_OK);
	assert_int_equal(journal_copy(f.env, &copy, &extent, &f.detail), ERR_DISK_FULL);
	assert_true(slice_starts(slice_str(f.detail.where), SLICE("copy/main-")));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_of_a_quiet_journal_holds_every_record),
		cmocka_unit_test(copy_of_an_empty_journal_is_one),
		cmocka_unit_test(
			copy_of_a_journal_in_use_holds_what_was_durable_and_misses_nothing),
		cmocka_unit_test(copy_that_is_always_overtaken_gives_up),
		cmocka_unit_test(copy_is_cut_behind_a_torn_record),
		cmocka_unit_test(copy_refuses_damage_to_what_was_synced_with_its_place),
		cmocka_unit_test(copy_onto_a_full_disk_says_which_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
