/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal promises while nothing goes wrong: order, durability,
 * following, recycling, limits. */
#include "journal/fixture_test.h"

static void what_was_durable_is_there_after_reopening(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	fixture_start(&f);
	assert_int_equal(f.recovery.last_seq, 0);
	append_each(&f, 1, 40);
	uint64_t epoch = journal_epoch(f.journal);
	fixture_halt(&f);
	fixture_start(&f);
	assert_int_equal(f.recovery.first_seq, 1);
	assert_int_equal(f.recovery.last_seq, 40);
	assert_int_equal(f.recovery.cut_bytes, 0);
	assert_true(f.recovery.segments > 3);
	assert_true(journal_epoch(f.journal) == epoch);
	assert_records(&f, 1, 40);
	assert_records(&f, 23, 40);
	append_each(&f, 41, 45);
	assert_records(&f, 1, 45);
	fixture_free(&f);
}

static void nothing_is_durable_before_the_commit_loop_ran(void **state)
{
	(void)state;
	fixture_t f = fixture_make(2);
	fixture_start(&f);
	uint64_t seq = 0;
	assert_int_equal(append_tag(f.journal, 1, &seq), ERR_OK);
	assert_int_equal(seq, 1);
	assert_int_equal(journal_last(f.journal), 1);
	assert_int_equal(journal_durable(f.journal), 0);
	settle(&f);
	assert_int_equal(journal_durable(f.journal), 1);
	fixture_free(&f);
}

static void many_records_share_one_sync(void **state)
{
	(void)state;
	fixture_t f = fixture_make(3);
	f.spec.segment_bytes = 1 << 16;
	fixture_start(&f);
	uint64_t before = twin_disk_operations(f.env), seq = 0;
	for (uint64_t tag = 1; tag <= 20; tag++)
		assert_int_equal(append_tag(f.journal, tag, &seq), ERR_OK);
	settle(&f);
	assert_int_equal(twin_disk_operations(f.env) - before, 2);
	assert_records(&f, 1, 20);
	fixture_free(&f);
}

static void a_close_writes_what_was_taken(void **state)
{
	(void)state;
	fixture_t f = fixture_make(4);
	fixture_start(&f);
	uint64_t seq = 0;
	for (uint64_t tag = 1; tag <= 25; tag++)
		assert_int_equal(append_tag(f.journal, tag, &seq), ERR_OK);
	fixture_halt(&f);
	fixture_start(&f);
	assert_records(&f, 1, 25);
	fixture_free(&f);
}

static void a_flush_commits_before_the_loop_runs(void **state)
{
	(void)state;
	fixture_t f = fixture_make(5);
	fixture_boot(&f);
	assert_int_equal(journal_open(f.env, &f.spec, &f.journal, &f.recovery, &f.detail), ERR_OK);
	uint64_t seq = 0;
	assert_int_equal(append_tag(f.journal, 1, &seq), ERR_OK);
	assert_int_equal(journal_flush(f.journal), ERR_OK);
	assert_int_equal(journal_durable(f.journal), 1);
	assert_int_equal(env_loop_start(f.loop), ERR_OK);
	append_each(&f, 2, 3);
	fixture_free(&f);
}

static void a_cursor_follows_the_live_end(void **state)
{
	(void)state;
	fixture_t f = fixture_make(6);
	fixture_start(&f);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint8_t buf[512];
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	for (uint64_t tag = 1; tag <= 60; tag++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_NOT_FOUND);
		append_each(&f, tag, tag);
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_int_equal(record.seq, tag);
		assert_true(slice_eq(record.payload, payload_of(tag, buf)));
	}
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_cursor_that_is_behind_reads_new_bytes_in_an_old_window(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	f.spec.segment_bytes = 1 << 16;
	fixture_start(&f);
	append_each(&f, 1, 5);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	append_each(&f, 6, 30);
	for (uint64_t seq = 2; seq <= 30; seq++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_int_equal(record.seq, seq);
	}
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_cursor_may_not_open_past_the_end(void **state)
{
	(void)state;
	fixture_t f = fixture_make(8);
	fixture_start(&f);
	append_each(&f, 1, 3);
	journal_cursor_t *cursor = NULL;
	assert_int_equal(journal_cursor_open(f.journal, 5, &cursor), ERR_INVALID);
	assert_int_equal(journal_cursor_open(f.journal, 4, &cursor), ERR_OK);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_record_is_found_again_by_its_place(void **state)
{
	(void)state;
	enum { COUNT = 50 };
	fixture_t f = fixture_make(9);
	fixture_start(&f);
	append_each(&f, 1, COUNT);
	uint64_t places[COUNT + 1] = { 0 };
	uint8_t buf[512];
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		places[record.seq] = record.at;
	for (uint64_t seq = COUNT; seq >= 1; seq--) {
		assert_int_equal(journal_cursor_jump(cursor, seq, places[seq], &record), ERR_OK);
		assert_true(slice_eq(record.payload, payload_of(seq, buf)));
	}
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
	assert_int_equal(record.seq, 2);
	assert_int_equal(journal_cursor_jump(cursor, 3, places[2], &record), ERR_CORRUPT);
	assert_int_equal(journal_cursor_jump(cursor, 3, places[3] + 8, &record), ERR_CORRUPT);
	assert_int_equal(journal_cursor_jump(cursor, COUNT + 1, 96, &record), ERR_NOT_FOUND);
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_record_is_read_by_its_sequence(void **state)
{
	(void)state;
	fixture_t f = fixture_make(10);
	fixture_start(&f);
	append_each(&f, 1, 30);
	uint8_t buf[512], expected[512];
	journal_record_t record;
	for (uint64_t seq = 1; seq <= 30; seq++) {
		assert_int_equal(journal_read(f.journal, seq, buf, sizeof(buf), &record), ERR_OK);
		assert_true(slice_eq(record.payload, payload_of(seq, expected)));
		if (record.payload.len)
			assert_int_equal(
				journal_read(f.journal, seq, buf, record.payload.len - 1, &record),
				ERR_TOO_BIG);
	}
	assert_int_equal(journal_read(f.journal, 31, buf, sizeof(buf), &record), ERR_NOT_FOUND);
	fixture_free(&f);
}

static void recycled_segments_are_gone_and_stay_so(void **state)
{
	(void)state;
	fixture_t f = fixture_make(11);
	fixture_start(&f);
	append_each(&f, 1, 60);
	journal_cursor_t *cursor = NULL, *late = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &late), ERR_OK);
	assert_int_equal(journal_recycle(f.journal, 30), ERR_OK);
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_NOT_FOUND);
	assert_records(&f, 30, 60);
	err_t err = ERR_OK;
	while (!err)
		err = journal_cursor_next(late, &record);
	assert_int_equal(err, ERR_EXPIRED);
	journal_cursor_close(late);
	fixture_halt(&f);
	fixture_start(&f);
	assert_true(f.recovery.first_seq > 1 && f.recovery.first_seq <= 30);
	assert_records(&f, f.recovery.first_seq, 60);
	assert_int_equal(journal_recycle(f.journal, 1000), ERR_OK);
	append_each(&f, 61, 63);
	assert_records(&f, 61, 63);
	fixture_free(&f);
}

static void a_full_batch_says_limit_and_takes_more_after_a_commit(void **state)
{
	(void)state;
	fixture_t f = fixture_make(12);
	fixture_start(&f);
	uint64_t seq = 0, tag = 0;
	err_t err = ERR_OK;
	while (!err)
		err = append_tag(f.journal, ++tag, &seq);
	assert_int_equal(err, ERR_LIMIT);
	assert_int_equal(seq, tag - 1);
	settle(&f);
	append_each(&f, tag, tag + 5);
	assert_records(&f, 1, tag + 5);
	fixture_free(&f);
}

static void a_record_larger_than_a_segment_is_too_big(void **state)
{
	(void)state;
	static const uint8_t big[(1 << 20) + 1];
	fixture_t f = fixture_make(13);
	fixture_start(&f);
	uint64_t seq = 0;
	slice_t part = slice_of(big, 1000);
	assert_int_equal(journal_append(f.journal, JOURNAL_EVENT, &part, 1, &seq), ERR_TOO_BIG);
	slice_t huge[] = { slice_of(big, sizeof(big)), slice_of(big, SIZE_MAX) };
	assert_int_equal(journal_append(f.journal, JOURNAL_EVENT, huge, 1, &seq), ERR_TOO_BIG);
	assert_int_equal(journal_append(f.journal, JOURNAL_EVENT, huge, 2, &seq), ERR_TOO_BIG);
	assert_int_equal(seq, 0);
	fixture_free(&f);
}

static void the_largest_record_survives(void **state)
{
	(void)state;
	static uint8_t const big[1 << 20] = { 1, 2, 3 };
	fixture_t f = fixture_make(14);
	f.spec.segment_bytes = 0;
	f.spec.buffer_bytes = 0;
	fixture_start(&f);
	uint64_t seq = 0;
	slice_t part = slice_of(big, sizeof(big));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(journal_append(f.journal, JOURNAL_SAMPLES, &part, 1, &seq),
		                 ERR_OK);
		settle(&f);
	}
	fixture_halt(&f);
	fixture_start(&f);
	assert_int_equal(f.recovery.last_seq, 20);
	assert_int_equal(f.recovery.segments, 2);
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	assert_int_equal(journal_cursor_open(f.journal, 1, &cursor), ERR_OK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_true(slice_eq(record.payload, part));
	}
	journal_cursor_close(cursor);
	fixture_free(&f);
}

static void a_second_opener_is_told_that_it_is_busy(void **state)
{
	(void)state;
	fixture_t f = fixture_make(15);
	fixture_start(&f);
	journal_t *other = NULL;
	journal_recovery_t recovery;
	assert_int_equal(journal_open(f.env, &f.spec, &other, &recovery, NULL), ERR_BUSY);
	f.spec.name = "history";
	assert_int_equal(journal_open(f.env, &f.spec, &other, &recovery, NULL), ERR_OK);
	assert_int_equal(recovery.last_seq, 0);
	env_loop_stop(f.loop);
	journal_close(other);
	fixture_free(&f);
}

static void the_kind_of_a_journal_may_not_change(void **state)
{
	(void)state;
	fixture_t f = fixture_make(16);
	fixture_start(&f);
	append_each(&f, 1, 3);
	fixture_halt(&f);
	f.spec.chained = false;
	fixture_boot(&f);
	assert_int_equal(fixture_open(&f), ERR_CONFIG);
	f.spec.segment_bytes = 100;
	assert_int_equal(fixture_open(&f), ERR_INVALID);
	fixture_free(&f);
}

typedef struct {
	env_mailbox_t *mailbox;
	uint64_t seen, rings;
} follower_t;

static void on_durable(void *ctx)
{
	follower_t *follower = ctx;
	while (env_mailbox_take(follower->mailbox, &follower->seen))
		follower->rings++;
}

static env_mailbox_t *mailbox_for(const fixture_t *f, follower_t *follower)
{
	env_mailbox_spec_t spec = { .name = "follower",
		                    .reader = env_control_loop(f->env),
		                    .item_size = sizeof(uint64_t),
		                    .capacity = 4,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_durable,
		                    .ctx = follower };
	assert_int_equal(env_mailbox_new(&spec, &follower->mailbox), ERR_OK);
	return follower->mailbox;
}

static void subscribers_hear_of_every_sync(void **state)
{
	(void)state;
	fixture_t f = fixture_make(17);
	fixture_start(&f);
	follower_t follower = { 0 };
	env_mailbox_t *mailbox = mailbox_for(&f, &follower);
	for (int i = 0; i < 8; i++)
		assert_int_equal(journal_subscribe(f.journal, mailbox), ERR_OK);
	assert_int_equal(journal_subscribe(f.journal, mailbox), ERR_LIMIT);
	append_each(&f, 1, 7);
	twin_run(f.twin, NS_PER_S);
	assert_int_equal(follower.seen, 7);
	assert_true(follower.rings >= 7);
	env_loop_stop(f.loop);
	journal_unsubscribe(f.journal, mailbox);
	env_mailbox_free(mailbox);
	fixture_free(&f);
}

/* Both hear of what both want; who waits for an answer alone says what that is. */
static void waiting_subscriber_hears_of_a_sync_when_it_wants_to(void **state)
{
	(void)state;
	fixture_t f = fixture_make(18);
	fixture_start(&f);
	follower_t follower = { 0 }, waiter = { 0 };
	atomic_bool is_wanted = false;
	assert_int_equal(journal_subscribe(f.journal, mailbox_for(&f, &follower)), ERR_OK);
	assert_int_equal(journal_subscribe_when(f.journal, mailbox_for(&f, &waiter), &is_wanted),
	                 ERR_OK);
	append_each(&f, 1, 3);
	twin_run(f.twin, NS_PER_S);
	assert_int_equal(waiter.rings, 0);
	assert_int_equal(follower.seen, 3);
	atomic_store(&is_wanted, true);
	append_each(&f, 4, 4);
	twin_run(f.twin, 2 * NS_PER_S);
	assert_int_equal(waiter.seen, 4);
	assert_int_equal(follower.seen, 4);
	env_loop_stop(f.loop);
	journal_unsubscribe(f.journal, waiter.mailbox);
	journal_unsubscribe(f.journal, follower.mailbox);
	env_mailbox_free(waiter.mailbox);
	env_mailbox_free(follower.mailbox);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_durable_is_there_after_reopening),
		cmocka_unit_test(nothing_is_durable_before_the_commit_loop_ran),
		cmocka_unit_test(many_records_share_one_sync),
		cmocka_unit_test(a_close_writes_what_was_taken),
		cmocka_unit_test(a_flush_commits_before_the_loop_runs),
		cmocka_unit_test(a_cursor_follows_the_live_end),
		cmocka_unit_test(a_cursor_that_is_behind_reads_new_bytes_in_an_old_window),
		cmocka_unit_test(a_cursor_may_not_open_past_the_end),
		cmocka_unit_test(a_record_is_found_again_by_its_place),
		cmocka_unit_test(a_record_is_read_by_its_sequence),
		cmocka_unit_test(recycled_segments_are_gone_and_stay_so),
		cmocka_unit_test(a_full_batch_says_limit_and_takes_more_after_a_commit),
		cmocka_unit_test(a_record_larger_than_a_segment_is_too_big),
		cmocka_unit_test(the_largest_record_survives),
		cmocka_unit_test(a_second_opener_is_told_that_it_is_busy),
		cmocka_unit_test(the_kind_of_a_journal_may_not_change),
		cmocka_unit_test(subscribers_hear_of_every_sync),
		cmocka_unit_test(waiting_subscriber_hears_of_a_sync_when_it_wants_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
