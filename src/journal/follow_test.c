/* SPDX-License-Identifier: Apache-2.0 */
/* Following some types of a journal: all of them come, no others, and the segments that
 * have none are not read. Records 5 and 50 are users, all others events. */
#include "journal/fixture_test.h"

#include <stdlib.h>

#include "base/crc.h"
#include "journal/follow.h"
#include "journal/segment.h"

enum { RECORDS = 60, FIRST_USER = 5, LAST_USER = 50, TYPES_AT = 68 };

typedef struct {
	uint64_t seqs[RECORDS];
	size_t count;
	err_t err; /* what taking fails with */
} taken_t;

static err_t take(void *ctx, const journal_record_t *record)
{
	taken_t *taken = ctx;
	if (taken->err)
		return taken->err;
	assert_true(taken->count < RECORDS);
	assert_int_equal(record->type, JOURNAL_ACCESS);
	taken->seqs[taken->count++] = record->seq;
	return ERR_OK;
}

static err_t follow_users(fixture_t *f, journal_mark_t *mark, taken_t *taken)
{
	return journal_follow(&(journal_follower_t){ .journal = f->journal,
	                                             .types = JOURNAL_TYPE_BIT(JOURNAL_ACCESS),
	                                             .take = take,
	                                             .ctx = taken },
	                      mark);
}

static void append_mixed(fixture_t *f, uint64_t from, uint64_t to)
{
	for (uint64_t tag = from; tag <= to; tag++) {
		bool is_user = tag == FIRST_USER || tag == LAST_USER;
		uint64_t seq = 0;
		assert_int_equal(append_typed(f->journal, is_user ? JOURNAL_ACCESS : JOURNAL_EVENT,
		                              tag, &seq),
		                 ERR_OK);
		settle(f);
	}
}

static void restart(fixture_t *f)
{
	fixture_halt(f);
	fixture_start(f);
}

/* All users from the start, and the mark at the end. */
static void assert_users(fixture_t *f)
{
	taken_t taken = { 0 };
	journal_mark_t mark = { 0 };
	assert_int_equal(follow_users(f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.seqs[0], FIRST_USER);
	assert_int_equal(taken.seqs[1], LAST_USER);
	assert_int_equal(mark.seq, RECORDS);
	assert_true(mark.epoch == journal_epoch(f->journal));
}

static segment_path_t path_of(fixture_t *f, uint64_t seq)
{
	uint64_t *segments = NULL, first = 0;
	size_t count = 0;
	assert_int_equal(log_segment_list(f->env, f->spec.dir, f->spec.name, &segments, &count),
	                 ERR_OK);
	for (size_t i = 0; i < count && segments[i] <= seq; i++)
		first = segments[i];
	free(segments);
	return log_segment_path(f->spec.dir, f->spec.name, first);
}

static void write_at(fixture_t *f, const char *path, uint64_t at, slice_t bytes)
{
	env_file_t *file = NULL;
	assert_int_equal(env_file_open(f->env, path, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_write(file, at, bytes), ERR_OK);
	assert_int_equal(env_file_sync(file), ERR_OK);
	env_file_close(file);
}

/* What the head of the segment with `seq` tells of the one before it. */
static void set_types(fixture_t *f, uint64_t seq, uint64_t types)
{
	uint8_t head[SEGMENT_HEAD_BYTES];
	segment_path_t path = path_of(f, seq);
	env_file_t *file = NULL;
	size_t len = 0;
	assert_int_equal(env_file_open(f->env, path.text, ENV_OPEN_READ, &file), ERR_OK);
	assert_int_equal(env_file_read(file, 0, head, sizeof(head), &len), ERR_OK);
	env_file_close(file);
	assert_int_equal(len, sizeof(head));
	writer_t w = { .buf = head, .cap = sizeof(head), .len = TYPES_AT };
	wr_u64_le(&w, types);
	w.len = sizeof(head) - 4;
	wr_u32_le(&w, crc32c(0, slice_of(head, sizeof(head) - 4)));
	write_at(f, path.text, 0, slice_of(head, sizeof(head)));
}

static err_t read_all(fixture_t *f)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	err_t err = journal_cursor_open(f->journal, 1, &cursor);
	while (!err)
		err = journal_cursor_next(cursor, &record);
	journal_cursor_close(cursor);
	return err;
}

static void a_follower_gets_its_types_alone_and_then_what_is_new(void **state)
{
	(void)state;
	fixture_t f = fixture_make(31);
	taken_t taken = { 0 };
	journal_mark_t mark = { 0 };
	fixture_start(&f);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(mark.seq, 0);
	append_mixed(&f, 1, 20);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 1);
	assert_int_equal(mark.seq, 20);
	append_mixed(&f, 21, RECORDS);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 2);
	assert_users(&f);
	restart(&f);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 2);
	assert_users(&f);
	fixture_free(&f);
}

/* Seen by the damage in one of them that goes unseen. */
static void segments_without_the_types_are_not_read(void **state)
{
	(void)state;
	fixture_t f = fixture_make(32);
	fixture_start(&f);
	append_mixed(&f, 1, RECORDS);
	segment_path_t path = path_of(&f, 30);
	assert_string_not_equal(path.text, path_of(&f, FIRST_USER).text);
	assert_string_not_equal(path.text, path_of(&f, LAST_USER).text);
	write_at(&f, path.text, SEGMENT_HEAD_BYTES + RECORD_HEAD_BYTES, SLICE("damage"));
	assert_users(&f);
	assert_int_equal(read_all(&f), ERR_CORRUPT);
	restart(&f);
	assert_users(&f);
	assert_int_equal(read_all(&f), ERR_CORRUPT);
	fixture_free(&f);
}

static void archived_segments_are_passed_over_too(void **state)
{
	(void)state;
	fixture_t f = fixture_make(33);
	uint64_t records = 0;
	fixture_boot(&f);
	f.spec.archive_loop = f.loop;
	assert_int_equal(fixture_open(&f), ERR_OK);
	append_mixed(&f, 1, RECORDS);
	segment_path_t path = path_of(&f, 30);
	(void)twin_run_for(f.twin, 60 * NS_PER_S);
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &f.detail),
	                 ERR_OK);
	fixture_halt(&f);
	f.spec.archive_loop = NULL;
	fixture_start(&f);
	char packed[SEGMENT_PATH_MAX + 8];
	writer_t w = writer_of((uint8_t *)packed, sizeof(packed));
	wr_format(&w, "%s.zst", path.text);
	wr_u8(&w, 0);
	write_at(&f, packed, 150, SLICE("damage"));
	assert_users(&f);
	assert_int_equal(read_all(&f), ERR_CORRUPT);
	fixture_free(&f);
}

/* As heads were written before they told. */
static void a_segment_of_which_nothing_is_told_is_read(void **state)
{
	(void)state;
	fixture_t f = fixture_make(34);
	fixture_start(&f);
	append_mixed(&f, 1, RECORDS);
	for (uint64_t seq = 1; seq <= RECORDS; seq++)
		set_types(&f, seq, 0);
	restart(&f);
	assert_users(&f);
	assert_int_equal(read_all(&f), ERR_NOT_FOUND);
	write_at(&f, path_of(&f, 30).text, SEGMENT_HEAD_BYTES + RECORD_HEAD_BYTES, SLICE("damage"));
	taken_t taken = { 0 };
	journal_mark_t mark = { 0 };
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_CORRUPT);
	assert_true(mark.seq < 30);
	fixture_free(&f);
}

static void a_head_that_tells_other_types_is_damage(void **state)
{
	(void)state;
	fixture_t f = fixture_make(35);
	uint64_t records = 0;
	err_detail_t detail;
	fixture_start(&f);
	append_mixed(&f, 1, RECORDS);
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &detail), ERR_OK);
	set_types(&f, 30, JOURNAL_TYPE_BIT(JOURNAL_EVENT) | JOURNAL_TYPE_BIT(JOURNAL_ACCESS));
	assert_int_equal(journal_verify(f.env, f.spec.dir, f.spec.name, &records, &detail),
	                 ERR_CORRUPT);
	assert_true(records < 30);
	assert_int_equal(read_all(&f), ERR_CORRUPT);
	fixture_free(&f);
}

/* The segment that is written when the process stops tells of what both lives wrote. */
static void a_segment_written_by_two_processes_tells_of_both(void **state)
{
	(void)state;
	fixture_t f = fixture_make(36);
	fixture_start(&f);
	for (uint64_t tag = 1; tag <= RECORDS; tag++) {
		append_mixed(&f, tag, tag);
		restart(&f);
	}
	assert_users(&f);
	assert_int_equal(read_all(&f), ERR_NOT_FOUND);
	fixture_free(&f);
}

static void what_was_not_taken_comes_again(void **state)
{
	(void)state;
	fixture_t f = fixture_make(37);
	taken_t taken = { .err = ERR_NO_MEMORY };
	journal_mark_t mark = { 0 };
	fixture_start(&f);
	append_mixed(&f, 1, RECORDS);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_NO_MEMORY);
	assert_true(mark.seq < FIRST_USER);
	taken.err = ERR_OK;
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 2);
	fixture_free(&f);
}

/* NOT_FOUND says that something is missing, not that the end was reached. */
static void an_end_that_the_taker_tells_is_a_failure(void **state)
{
	(void)state;
	fixture_t f = fixture_make(38);
	taken_t taken = { .err = ERR_NOT_FOUND };
	journal_mark_t mark = { 0 };
	fixture_start(&f);
	append_mixed(&f, 1, RECORDS);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_NOT_FOUND);
	fixture_free(&f);
}

static void a_mark_of_another_journal_is_told_apart(void **state)
{
	(void)state;
	fixture_t f = fixture_make(39);
	taken_t taken = { 0 };
	journal_mark_t mark = { 0 };
	fixture_start(&f);
	append_mixed(&f, 1, 20);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	journal_mark_t other = mark, longer = mark, changed = mark;
	other.epoch++;
	longer.seq++;
	changed.hash[31] ^= 1;
	assert_int_equal(follow_users(&f, &other, &taken), ERR_CONFLICT);
	assert_int_equal(follow_users(&f, &longer, &taken), ERR_CONFLICT);
	assert_int_equal(follow_users(&f, &changed, &taken), ERR_CONFLICT);
	assert_int_equal(follow_users(&f, &mark, &taken), ERR_OK);
	assert_int_equal(taken.count, 1);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_follower_gets_its_types_alone_and_then_what_is_new),
		cmocka_unit_test(segments_without_the_types_are_not_read),
		cmocka_unit_test(archived_segments_are_passed_over_too),
		cmocka_unit_test(a_segment_of_which_nothing_is_told_is_read),
		cmocka_unit_test(a_head_that_tells_other_types_is_damage),
		cmocka_unit_test(a_segment_written_by_two_processes_tells_of_both),
		cmocka_unit_test(what_was_not_taken_comes_again),
		cmocka_unit_test(an_end_that_the_taker_tells_is_a_failure),
		cmocka_unit_test(a_mark_of_another_journal_is_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
