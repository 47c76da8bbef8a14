/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that fail: a full one refuses before anything is taken, a failed write or
 * sync ends the journal, and whichever call fails, what was durable stays. */
#include "journal/fixture_test.h"

static void a_full_disk_refuses_and_takes_more_when_there_is_room(void **state)
{
	(void)state;
	fixture_t f = fixture_make(30);
	f.spec.reserve_bytes = 100000;
	fixture_start(&f);
	append_each(&f, 1, 3);
	uint64_t seq = 0, free_bytes = 0;
	assert_int_equal(env_space_free(f.env, "data/journal", &free_bytes), ERR_OK);
	twin_disk_limit(f.env, 50000);
	twin_run(f.twin, 3 * NS_PER_S);
	assert_int_equal(append_tag(f.journal, 4, &seq), ERR_DISK_FULL);
	assert_int_equal(journal_last(f.journal), 3);
	assert_int_equal(journal_state(f.journal), ERR_OK);
	twin_disk_limit(f.env, free_bytes);
	twin_run(f.twin, 6 * NS_PER_S);
	append_each(&f, 4, 6);
	assert_records(&f, 1, 6);
	fixture_free(&f);
}

static void a_failed_write_or_sync_ends_the_journal(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth <= 2; nth++) {
		fixture_t f = fixture_make(31);
		f.spec.segment_bytes = 1 << 16;
		fixture_start(&f);
		append_each(&f, 1, 3);
		uint64_t seq = 0;
		twin_fail_at(f.env, nth, 1, TWIN_IO_ERROR);
		assert_int_equal(append_tag(f.journal, 4, &seq), ERR_OK);
		settle(&f);
		assert_int_equal(journal_state(f.journal), ERR_IO);
		assert_int_equal(journal_durable(f.journal), 3);
		assert_int_equal(append_tag(f.journal, 5, &seq), ERR_IO);
		assert_int_equal(journal_flush(f.journal), ERR_IO);
		fixture_halt(&f);
		twin_disk_reboot(f.twin, "node");
		fixture_start(&f);
		assert_int_equal(f.recovery.last_seq, 3);
		assert_records(&f, 1, 3);
		fixture_free(&f);
	}
}

typedef struct {
	env_mailbox_t *mailbox;
	uint64_t rings;
} follower_t;

static void on_ring(void *ctx)
{
	follower_t *follower = ctx;
	uint64_t seq = 0;
	while (env_mailbox_take(follower->mailbox, &seq))
		follower->rings++;
}

static void subscribers_hear_of_the_end(void **state)
{
	(void)state;
	fixture_t f = fixture_make(32);
	fixture_start(&f);
	follower_t follower = { 0 };
	env_mailbox_spec_t spec = { .name = "follower",
		                    .reader = env_control_loop(f.env),
		                    .item_size = sizeof(uint64_t),
		                    .capacity = 4,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_ring,
		                    .ctx = &follower };
	assert_int_equal(env_mailbox_new(&spec, &follower.mailbox), ERR_OK);
	assert_int_equal(journal_subscribe(f.journal, follower.mailbox), ERR_OK);
	uint64_t seq = 0;
	twin_fail_at(f.env, 1, 0, TWIN_IO_ERROR);
	assert_int_equal(append_tag(f.journal, 1, &seq), ERR_OK);
	twin_run(f.twin, NS_PER_S);
	assert_int_equal(follower.rings, 1);
	env_loop_stop(f.loop);
	journal_unsubscribe(f.journal, follower.mailbox);
	env_mailbox_free(follower.mailbox);
	fixture_free(&f);
}

/* Opens, appends over two segments, recycles, closes; the first error ends it.
 * *ret_durable is what was promised. */
static err_t work(fixture_t *f, uint64_t *ret_durable)
{
	uint64_t seq = 0;
	err_t err = fixture_open(f);
	for (uint64_t tag = 1; !err && tag <= 24; tag++) {
		err = append_tag(f->journal, tag, &seq);
		if (!err)
			settle(f);
		*ret_durable = journal_durable(f->journal);
		if (!err)
			err = journal_state(f->journal);
	}
	if (!err)
		err = journal_recycle(f->journal, 5);
	return err;
}

/* Disk operations of the work when nothing fails. */
static uint64_t count_calls(void)
{
	fixture_t f = fixture_make(33);
	uint64_t durable = 0;
	fixture_boot(&f);
	assert_int_equal(work(&f, &durable), ERR_OK);
	assert_int_equal(durable, 24);
	uint64_t calls = twin_disk_operations(f.env);
	fixture_free(&f);
	return calls;
}

/* The n-th call fails, for every n. */
static void whichever_call_fails_the_durable_records_stay(void **state)
{
	const twin_fault_t *fault = *state;
	uint64_t calls = count_calls(), failed = 0;
	for (uint64_t nth = 1; nth <= calls; nth++) {
		fixture_t f = fixture_make(33 + nth);
		uint64_t durable = 0;
		fixture_boot(&f);
		twin_fail_at(f.env, nth, 1, *fault);
		err_t err = work(&f, &durable);
		failed += err != ERR_OK;
		fixture_halt(&f);
		if (err)
			twin_disk_reboot(f.twin, "node");
		fixture_start(&f);
		assert_in_range(f.recovery.last_seq, durable, 24);
		if (f.recovery.last_seq)
			assert_records(&f, f.recovery.first_seq, f.recovery.last_seq);
		fixture_free(&f);
	}
	assert_in_range(failed, calls / 2, calls);
}

int main(void)
{
	twin_fault_t error = TWIN_IO_ERROR, full = TWIN_DISK_FULL, cut = TWIN_SHORT_WRITE;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_refuses_and_takes_more_when_there_is_room),
		cmocka_unit_test(a_failed_write_or_sync_ends_the_journal),
		cmocka_unit_test(subscribers_hear_of_the_end),
		{ "every_call_with_an_io_error", whichever_call_fails_the_durable_records_stay,
		  NULL, NULL, &error },
		{ "every_call_with_a_full_disk", whichever_call_fails_the_durable_records_stay,
		  NULL, NULL, &full },
		{ "every_call_with_a_short_write", whichever_call_fails_the_durable_records_stay,
		  NULL, NULL, &cut },
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
