/* SPDX-License-Identifier: Apache-2.0 */
/* What a journal says of damaged bytes: a torn tail is cut, damage to what was
 * acknowledged is refused, and the offline walk sees every altered byte. */
#include "journal/fixture_test.h"

#include <stdlib.h>

#include "base/crc.h"
#include "journal/segment.h"

static const char FIRST[] = "data/journal/main-0000000000000001.log";

/* Flips a bit in place; flipped twice it is as before. */
static void toggle(fixture_t *f, const char *path, uint64_t at, uint8_t mask)
{
	env_file_t *file = NULL;
	uint8_t byte = 0;
	size_t len = 0;
	assert_int_equal(env_file_open(f->env, path, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, at, &byte, 1, &len), ERR_OK);
	assert_int_equal(len, 1);
	byte ^= mask;
	assert_int_equal(env_file_write(file, at, slice_of(&byte, 1)), ERR_OK);
	assert_int_equal(env_file_sync(file), ERR_OK);
	env_file_close(file);
}

/* Where each record of a one-segment journal begins; the last entry is the end. */
static void places_of(fixture_t *f, uint64_t places[], size_t count)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f->journal, 1, &cursor), ERR_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		places[i] = record.at;
		places[i + 1] = record.at + record_bytes(f->spec.chained, record.payload.len);
	}
	journal_cursor_close(cursor);
}

static void damage_to_any_acknowledged_byte_is_refused(void **state)
{
	(void)state;
	for (int chained = 0; chained < 2; chained++) {
		uint64_t places[7];
		fixture_t f = fixture_make(20);
		f.spec.chained = chained;
		f.spec.segment_bytes = 4096;
		fixture_start(&f);
		append_each(&f, 1, 6);
		places_of(&f, places, 6);
		fixture_halt(&f);
		fixture_boot(&f);
		for (uint64_t at = 0; at < places[5]; at++) {
			toggle(&f, FIRST, at, 0x10);
			assert_int_equal(fixture_open(&f), ERR_CORRUPT);
			assert_true(strstr(f.detail.where, FIRST) != NULL);
			toggle(&f, FIRST, at, 0x10);
		}
		assert_int_equal(fixture_open(&f), ERR_OK);
		assert_records(&f, 1, 6);
		fixture_free(&f);
	}
}

static void zeroing_an_acknowledged_record_is_refused(void **state)
{
	(void)state;
	static const uint8_t zeros[512];
	uint64_t places[7];
	fixture_t f = fixture_make(21);
	f.spec.segment_bytes = 4096;
	fixture_start(&f);
	append_each(&f, 1, 6);
	places_of(&f, places, 6);
	fixture_halt(&f);
	fixture_boot(&f);
	env_file_t *file = NULL;
	assert_int_equal(env_file_open(f.env, FIRST, ENV_OPEN_WRITE, &file), ERR_OK);
	slice_t hole = slice_of(zeros, (size_t)(places[3] - places[2]));
	assert_int_equal(env_file_write(file, places[2], hole), ERR_OK);
	env_file_close(file);
	assert_int_equal(fixture_open(&f), ERR_CORRUPT);
	fixture_free(&f);
}

static void a_bad_last_record_is_cut_and_its_sequence_given_again(void **state)
{
	(void)state;
	uint64_t places[7];
	fixture_t f = fixture_make(22);
	f.spec.segment_bytes = 4096;
	fixture_start(&f);
	append_each(&f, 1, 6);
	places_of(&f, places, 6);
	for (uint64_t at = places[5]; at < places[6]; at++) {
		fixture_halt(&f);
		fixture_boot(&f);
		toggle(&f, FIRST, at, 0x01);
		assert_int_equal(fixture_open(&f), ERR_OK);
		assert_int_equal(f.recovery.last_seq, 5);
		assert_true(f.recovery.cut_bytes > 0);
		append_each(&f, 6, 6);
	}
	fixture_halt(&f);
	fixture_start(&f);
	assert_int_equal(f.recovery.cut_bytes, 0);
	assert_records(&f, 1, 6);
	fixture_free(&f);
}

/* One batch: none of its records proves another, so all from the bad one on go. */
static void a_torn_batch_is_cut_at_its_first_bad_record(void **state)
{
	(void)state;
	uint64_t places[11], seq = 0;
	fixture_t f = fixture_make(23);
	f.spec.segment_bytes = 4096;
	fixture_start(&f);
	for (uint64_t tag = 1; tag <= 10; tag++)
		assert_int_equal(append_tag(f.journal, tag, &seq), ERR_OK);
	settle(&f);
	places_of(&f, places, 10);
	fixture_halt(&f);
	fixture_boot(&f);
	toggle(&f, FIRST, places[4] + 9, 0xFF);
	assert_int_equal(fixture_open(&f), ERR_OK);
	assert_int_equal(f.recovery.last_seq, 4);
	append_each(&f, 5, 5);
	fixture_halt(&f);
	fixture_start(&f);
	assert_int_equal(f.recovery.last_seq, 5);
	assert_records(&f, 1, 5);
	fixture_free(&f);
}

static void damage_in_an_older_segment_is_found_by_the_reader(void **state)
{
	(void)state;
	fixture_t f = fixture_make(24);
	fixture_start(&f);
	append_each(&f, 1, 40);
	fixture_halt(&f);
	fixture_boot(&f);
	toggle(&f, FIRST, SEGMENT_HEAD_BYTES + 40, 0x80);
	assert_int_equal(fixture_open(&f), ERR_OK);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_CORRUPT);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_missing_segment_is_found_by_the_reader(void **state)
{
	(void)state;
	fixture_t f = fixture_make(25);
	fixture_start(&f);
	append_each(&f, 1, 60);
	uint64_t *segments = NULL, records = 0;
	size_t count = 0;
	assert_int_equal(log_segment_list(f.env, "data/journal", "main", &segments, &count),
	                 ERR_OK);
	assert_true(count > 3);
	segment_path_t path = log_segment_path("data/journal", "main", segments[1]);
	free(segments);
	fixture_halt(&f);
	fixture_boot(&f);
	assert_int_equal(env_path_remove(f.env, path.text), ERR_OK);
	assert_int_equal(journal_verify(f.env, "data/journal", "main", &records, &f.detail),
	                 ERR_CORRUPT);
	assert_int_equal(fixture_open(&f), ERR_OK);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	err_t err = ERR_OK;
	while (!err)
		err = journal_cursor_next(cursor, &record);
	assert_int_equal(err, ERR_CORRUPT);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_newer_format_is_named_as_such(void **state)
{
	(void)state;
	fixture_t f = fixture_make(26);
	fixture_start(&f);
	append_each(&f, 1, 1);
	fixture_halt(&f);
	fixture_boot(&f);
	uint8_t head[SEGMENT_HEAD_BYTES];
	size_t len = 0;
	env_file_t *file = NULL;
	assert_int_equal(env_file_open(f.env, FIRST, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, 0, head, sizeof(head), &len), ERR_OK);
	assert_int_equal(len, sizeof(head));
	head[8] = SEGMENT_VERSION + 1;
	writer_t w = { .buf = head, .cap = sizeof(head), .len = sizeof(head) - 4 };
	wr_u32_le(&w, crc32c(0, slice_of(head, sizeof(head) - 4)));
	assert_int_equal(env_file_write(file, 0, slice_of(head, sizeof(head))), ERR_OK);
	env_file_close(file);
	assert_int_equal(fixture_open(&f), ERR_NEWER_FORMAT);
	fixture_free(&f);
}

static void assert_verify_sees(fixture_t *f, uint64_t first_seq)
{
	segment_path_t path = log_segment_path("data/journal", "main", first_seq);
	uint64_t records = 0;
	for (uint64_t at = 0; at < f->spec.segment_bytes; at++) {
		toggle(f, path.text, at, (uint8_t)(1 << at % 8));
		err_t err = journal_verify(f->env, "data/journal", "main", &records, &f->detail);
		if (err != ERR_CORRUPT)
			fail_msg("byte %u of %s altered unseen", (unsigned)at, path.text);
		toggle(f, path.text, at, (uint8_t)(1 << at % 8));
	}
}

static void verify_sees_every_altered_byte(void **state)
{
	(void)state;
	fixture_t f = fixture_make(27);
	fixture_start(&f);
	append_each(&f, 1, 12);
	fixture_halt(&f);
	fixture_boot(&f);
	uint64_t *segments = NULL, records = 0;
	size_t count = 0;
	assert_int_equal(log_segment_list(f.env, "data/journal", "main", &segments, &count),
	                 ERR_OK);
	for (size_t i = 0; i < count; i++)
		assert_verify_sees(&f, segments[i]);
	free(segments);
	assert_int_equal(journal_verify(f.env, "data/journal", "main", &records, &f.detail),
	                 ERR_OK);
	assert_int_equal(records, 12);
	assert_int_equal(journal_verify(f.env, "data/journal", "none", &records, &f.detail),
	                 ERR_NOT_FOUND);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_to_any_acknowledged_byte_is_refused),
		cmocka_unit_test(zeroing_an_acknowledged_record_is_refused),
		cmocka_unit_test(a_bad_last_record_is_cut_and_its_sequence_given_again),
		cmocka_unit_test(a_torn_batch_is_cut_at_its_first_bad_record),
		cmocka_unit_test(damage_in_an_older_segment_is_found_by_the_reader),
		cmocka_unit_test(a_missing_segment_is_found_by_the_reader),
		cmocka_unit_test(a_newer_format_is_named_as_such),
		cmocka_unit_test(verify_sees_every_altered_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
