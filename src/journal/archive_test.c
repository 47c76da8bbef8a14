/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed segments compressed: every reader sees the same bytes, every altered byte is
 * seen, and power may fail anywhere. JIZHU_SEEDS says how many crash seeds (200). */
#include "env/twin/seeds.h"
#include "journal/fixture_test.h"

#include <stdlib.h>

#include "base/crc.h"
#include "journal/archive_frame.h"

enum { RECORDS = 60 };

static fixture_t archive_fixture(uint64_t seed)
{
	return fixture_make(seed);
}

static void boot(fixture_t *f)
{
	fixture_boot(f);
	f->spec.archive_loop = f->loop;
}

static void start(fixture_t *f)
{
	boot(f);
	assert_int_equal(fixture_open(f), ERR_OK);
}

typedef struct {
	size_t plain, packed;
} forms_t;

static void count_form(void *ctx, const char *name)
{
	forms_t *forms = ctx;
	slice_t text = slice_str(name);
	bool is_packed = slice_ends(text, SLICE(".zst"));
	bool is_plain = slice_ends(text, SLICE(".log"));
	forms->packed += is_packed;
	forms->plain += is_plain;
}

static forms_t forms_of(fixture_t *f)
{
	forms_t forms = { 0 };
	assert_int_equal(env_dir_list(f->env, f->spec.dir, count_form, &forms), ERR_OK);
	return forms;
}

/* Grows, seals, and lets all but the last segment be archived. */
static void grow_and_archive(fixture_t *f)
{
	append_each(f, 1, RECORDS);
	(void)twin_run_for(f->twin, 60 * NS_PER_S);
	forms_t forms = forms_of(f);
	assert_int_equal(forms.plain, 1);
	assert_true(forms.packed > 3);
}

static void every_reader_sees_the_same_records_at_the_same_places(void **state)
{
	(void)state;
	for (int chained = 0; chained < 2; chained++) {
		fixture_t f = archive_fixture(1);
		uint64_t places[RECORDS + 1], records = 0;
		uint8_t buf[512], wanted[512];
		journal_cursor_t *cursor = NULL;
		journal_record_t record;
		f.spec.chained = chained;
		fixture_start(&f);
		append_each(&f, 1, RECORDS);
		assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
		for (uint64_t seq = 1; seq <= RECORDS; seq++) {
			assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
			places[seq] = record.at;
		}
		journal_cursor_close(cursor);
		fixture_halt(&f);
		start(&f);
		(void)twin_run_for(f.twin, 60 * NS_PER_S);
		assert_int_equal(forms_of(&f).plain, 1);
		assert_records(&f, 1, RECORDS);
		assert_int_equal(journal_cursor_open(f.journal, 0, &cursor), ERR_OK);
		for (uint64_t seq = RECORDS; seq > 0; seq--) {
			assert_int_equal(journal_cursor_jump(cursor, seq, places[seq], &record),
			                 ERR_OK);
			assert_true(slice_eq(record.payload, payload_of(seq, wanted)));
			assert_int_equal(record.at, places[seq]);
			assert_int_equal(journal_read(f.journal, seq, buf, sizeof(buf), &record),
			                 ERR_OK);
			assert_true(slice_eq(record.payload, payload_of(seq, wanted)));
		}
		assert_int_equal(journal_cursor_jump(cursor, 3, places[3] + 8, &record),
		                 ERR_CORRUPT);
		journal_cursor_close(cursor);
		assert_int_equal(
			journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
			ERR_OK);
		assert_int_equal(records, RECORDS);
		fixture_free(&f);
	}
}

static void a_journal_with_archives_opens_and_goes_on(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(9);
	start(&f);
	grow_and_archive(&f);
	fixture_halt(&f);
	start(&f);
	append_each(&f, RECORDS + 1, RECORDS + 5);
	assert_records(&f, 1, RECORDS + 5);
	fixture_free(&f);
}

/* A reader that was in the plain segment goes on. */
static void a_cursor_inside_a_segment_that_is_archived_goes_on(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(2);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint8_t buf[512];
	start(&f);
	append_each(&f, 1, 40);
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	for (uint64_t seq = 1; seq <= 40; seq++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_int_equal(record.seq, seq);
		assert_true(slice_eq(record.payload, payload_of(seq, buf)));
		if (seq == 2 || seq == 20)
			(void)twin_run_for(f.twin, 60 * NS_PER_S);
	}
	assert_int_equal(forms_of(&f).plain, 1);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void recycling_takes_archives_too(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(3);
	start(&f);
	grow_and_archive(&f);
	assert_int_equal(journal_recycle(f.journal, RECORDS), ERR_OK);
	assert_int_equal(forms_of(&f).packed, 0);
	assert_records(&f, journal_first(f.journal), RECORDS);
	fixture_halt(&f);
	start(&f);
	assert_records(&f, journal_first(f.journal), RECORDS);
	fixture_free(&f);
}

static void a_copy_of_a_journal_with_archives_is_plain_and_whole(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(10);
	journal_extent_t extent;
	uint64_t records = 0;
	start(&f);
	grow_and_archive(&f);
	assert_int_equal(env_dir_make(f.env, "data/copy"), ERR_OK);
	journal_copy_t copy = { .from = f.spec.dir, .to = "data/copy", .name = f.spec.name };
	assert_int_equal(journal_copy(f.env, &copy, &extent, &f.detail), ERR_OK);
	assert_int_equal(extent.last_seq, RECORDS);
	assert_int_equal(journal_verify(f.env, "data/copy", f.spec.name, &records, &f.detail),
	                 ERR_OK);
	assert_int_equal(records, RECORDS);
	f.spec.dir = "data/copy";
	assert_int_equal(forms_of(&f).packed, 0);
	f.spec.dir = "data/journal";
	fixture_free(&f);
}

static void flip(fixture_t *f, const char *path, uint64_t at, uint8_t mask)
{
	env_file_t *file = NULL;
	uint8_t byte = 0;
	size_t len = 0;
	assert_int_equal(env_file_open(f->env, path, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, at, &byte, 1, &len), ERR_OK);
	byte ^= mask;
	assert_int_equal(env_file_write(file, at, slice_of(&byte, 1)), ERR_OK);
	env_file_close(file);
}

static uint64_t size_of(fixture_t *f, const char *path)
{
	env_file_t *file = NULL;
	uint64_t size = 0;
	assert_int_equal(env_file_open(f->env, path, ENV_OPEN_READ, &file), ERR_OK);
	assert_int_equal(env_file_size(file, &size), ERR_OK);
	env_file_close(file);
	return size;
}

static void any_altered_or_missing_byte_of_an_archive_is_seen(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(4);
	uint64_t records = 0;
	start(&f);
	grow_and_archive(&f);
	segment_path_t path = archive_path(f.spec.dir, f.spec.name, 1);
	uint64_t size = size_of(&f, path.text);
	for (uint64_t at = 0; at < size; at++)
		for (uint8_t mask = 1; mask; mask = (uint8_t)(mask << 3)) {
			flip(&f, path.text, at, mask);
			err_t err = journal_verify(f.env, f.spec.dir, f.spec.name, &records,
			                           &f.detail);
			assert_true(err == ERR_CORRUPT || err == ERR_NEWER_FORMAT);
			assert_true(strstr(f.detail.where, ".zst:") != NULL);
			flip(&f, path.text, at, mask);
		}
	env_file_t *file = NULL;
	assert_int_equal(env_file_open(f.env, path.text, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_truncate(file, size - 1), ERR_OK);
	env_file_close(file);
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
	                 ERR_CORRUPT);
	fixture_free(&f);
}

static void a_damaged_segment_is_left_as_it_is(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(5);
	fixture_start(&f);
	append_each(&f, 1, RECORDS);
	segment_path_t path = log_segment_path(f.spec.dir, f.spec.name, 1);
	flip(&f, path.text, SEGMENT_HEAD_BYTES + 70, 4);
	fixture_halt(&f);
	start(&f);
	(void)twin_run_for(f.twin, 60 * NS_PER_S);
	assert_int_equal(forms_of(&f).plain, 2);
	assert_true(forms_of(&f).packed > 2);
	flip(&f, path.text, SEGMENT_HEAD_BYTES + 70, 4);
	assert_records(&f, 1, RECORDS);
	fixture_free(&f);
}

static void an_archive_of_a_newer_version_is_refused_by_name(void **state)
{
	(void)state;
	enum { VERSION_AT = 16 };
	fixture_t f = archive_fixture(6);
	uint8_t head[ARCHIVE_HEAD_BYTES];
	uint64_t records = 0;
	size_t len = 0;
	env_file_t *file = NULL;
	start(&f);
	grow_and_archive(&f);
	segment_path_t path = archive_path(f.spec.dir, f.spec.name, 1);
	assert_int_equal(env_file_open(f.env, path.text, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, 0, head, sizeof(head), &len), ERR_OK);
	assert_int_equal(head[VERSION_AT], ARCHIVE_VERSION);
	head[VERSION_AT]++;
	writer_t w = writer_of(head, sizeof(head));
	w.len = sizeof(head) - 4;
	wr_u32_le(&w, crc32c(0, slice_of(head, sizeof(head) - 4)));
	assert_int_equal(env_file_write(file, 0, slice_of(head, sizeof(head))), ERR_OK);
	env_file_close(file);
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
	                 ERR_NEWER_FORMAT);
	fixture_halt(&f);
	boot(&f);
	assert_int_equal(fixture_open(&f), ERR_NEWER_FORMAT);
	fixture_free(&f);
}

/* Large records: a frame holds at least one, whatever its size. */
static void frames_are_cut_between_records_of_any_size(void **state)
{
	(void)state;
	fixture_t f = archive_fixture(7);
	static uint8_t big[300 << 10];
	uint64_t seq = 0, records = 0;
	rng_t rng = rng_of(7);
	f.spec.segment_bytes = 2 << 20;
	f.spec.buffer_bytes = 1 << 20;
	start(&f);
	for (unsigned i = 0; i < 40; i++) {
		size_t len = i % 5 == 0 ? sizeof(big) : (size_t)rng_below(&rng, 50000);
		for (size_t b = 0; b < len; b += 97)
			big[b] = (uint8_t)rng_next(&rng);
		slice_t part = slice_of(big, len);
		assert_int_equal(journal_append(f.journal, JOURNAL_EVENT, &part, 1, &seq), ERR_OK);
		settle(&f);
	}
	(void)twin_run_for(f.twin, 60 * NS_PER_S);
	assert_int_equal(forms_of(&f).plain, 1);
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
	                 ERR_OK);
	assert_int_equal(records, 40);
	fixture_free(&f);
}

static bool live(fixture_t *f, rng_t *rng, uint64_t *last)
{
	boot(f);
	twin_crash_at(f->env, 1 + rng_below(rng, 150));
	err_t err = fixture_open(f);
	if (!err && f->recovery.last_seq < *last)
		return false;
	for (uint64_t tag = err ? 0 : f->recovery.last_seq + 1; !err && !twin_crashed(f->env);
	     tag++) {
		uint64_t seq = 0;
		err = append_tag(f->journal, tag, &seq);
		settle(f);
		if (!err && !twin_crashed(f->env) && journal_durable(f->journal) >= seq)
			*last = seq;
		if (rng_below(rng, 4) == 0)
			(void)twin_run_for(f->twin, (int64_t)rng_below(rng, 2) * NS_PER_S);
	}
	fixture_halt(f);
	twin_disk_reboot(f->twin, "node");
	return true;
}

static void power_may_fail_at_any_step_of_archiving(void **state)
{
	(void)state;
	uint64_t seeds = seeds_wanted(200), archived = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		fixture_t f = archive_fixture(seed);
		rng_t rng = rng_of(seed);
		uint64_t last = 0, records = 0;
		for (unsigned i = 0; i < 4; i++)
			if (!live(&f, &rng, &last))
				fail_msg("seed %u", (unsigned)seed);
		start(&f);
		if (f.recovery.last_seq < last)
			fail_msg("seed %u: lost", (unsigned)seed);
		assert_records(&f, 1, f.recovery.last_seq);
		archived += forms_of(&f).packed;
		fixture_halt(&f);
		boot(&f);
		assert_int_equal(
			journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
			ERR_OK);
		assert_int_equal(fixture_open(&f), ERR_OK);
		(void)twin_run_for(f.twin, 0); /* takes notice of the crash */
		(void)twin_run_for(f.twin, 100 * NS_PER_S);
		assert_int_equal(forms_of(&f).plain, 1);
		fixture_free(&f);
	}
	assert_true(archived > seeds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_sees_the_same_records_at_the_same_places),
		cmocka_unit_test(a_journal_with_archives_opens_and_goes_on),
		cmocka_unit_test(a_cursor_inside_a_segment_that_is_archived_goes_on),
		cmocka_unit_test(a_copy_of_a_journal_with_archives_is_plain_and_whole),
		cmocka_unit_test(recycling_takes_archives_too),
		cmocka_unit_test(any_altered_or_missing_byte_of_an_archive_is_seen),
		cmocka_unit_test(a_damaged_segment_is_left_as_it_is),
		cmocka_unit_test(an_archive_of_a_newer_version_is_refused_by_name),
		cmocka_unit_test(frames_are_cut_between_records_of_any_size),
		cmocka_unit_test(power_may_fail_at_any_step_of_archiving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
