/* SPDX-License-Identifier: Apache-2.0 */
/* A parent and a child without a line between them: files go to and fro. */
#include "uplink/parcel.h"
#include "uplink/pair_test.h"

enum { FILE_MAX = 1 << 20 };

static pair_t *apart(void)
{
	pair_t *p = pair_make();
	side_start_parent(&p->up);
	side_boot(&p->down);
	side_open_outbox(&p->down);
	OK(env_loop_start(p->down.loop));
	return p;
}

static parcel_export_t export_of(pair_t *p, const char *answer)
{
	return (parcel_export_t){ .env = p->down.env,
		                  .outbox = p->down.outbox,
		                  .key = p->down.key,
		                  .parent = PAIR_PARENT,
		                  .parent_signer = &p->signers[PAIR_UP],
		                  .answer = answer,
		                  .path = "out" };
}

static parcel_import_t import_of(pair_t *p)
{
	return (parcel_import_t){ .env = p->up.env,
		                  .inbox = p->up.inbox,
		                  .node = PAIR_PARENT,
		                  .key = p->up.key,
		                  .child = PAIR_CHILD,
		                  .signer = &p->signers[PAIR_DOWN],
		                  .path = "in" };
}

/* Somebody takes a file from one machine to the other. */
static void carry(const side_t *from, const char *name, const side_t *to, const char *as)
{
	static uint8_t bytes[FILE_MAX];
	size_t len = 0;
	OK(env_file_load(from->env, name, bytes, sizeof(bytes), &len));
	OK(env_file_save(to->env, as, slice_of(bytes, len)));
}

static parcel_tally_t go(pair_t *p, const char *answer)
{
	parcel_tally_t sent, got;
	parcel_export_t out = export_of(p, answer);
	parcel_import_t in = import_of(p);
	OK(parcel_export(&out, &sent));
	carry(&p->down, "out", &p->up, "in");
	OK(parcel_import(&in, &got));
	pair_run(p, 1);
	OK(parcel_answer(&in, &got, "answer"));
	carry(&p->up, "answer", &p->down, "answer");
	assert_int_equal(got.batches, sent.batches);
	assert_int_equal(got.items, sent.items);
	return got;
}

static void what_is_carried_is_held_as_if_it_had_come_by_line(void **state)
{
	(void)state;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_HEALTH, 1, 100);
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	side_put(&p->down, UPLINK_EVENTS, 4, 3);
	pair_run(p, 1);
	parcel_tally_t tally = go(p, NULL);
	assert_int_equal(tally.taken, 3);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 6);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 100);
	side_put(&p->down, UPLINK_EVENTS, 7, 1);
	pair_run(p, 1);
	assert_int_equal(go(p, "answer").batches, 1); /* the rest alone */
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 7);
	parcel_export_t out = export_of(p, "answer");
	assert_int_equal(parcel_export(&out, &tally), ERR_NOT_FOUND);
	side_halt(&p->down);
	side_start_child(&p->down); /* and a line goes on where the parcels ended */
	side_put(&p->down, UPLINK_EVENTS, 8, 1);
	pair_run(p, 5);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 8);
	assert_int_equal(p->down.batches_out, 1);
	pair_free(p);
}

static void a_parcel_brought_twice_changes_nothing(void **state)
{
	(void)state;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	side_put(&p->down, UPLINK_EVENTS, 4, 3);
	pair_run(p, 1);
	assert_int_equal(go(p, NULL).taken, 2);
	uint64_t records = journal_last(p->up.journal);
	assert_int_equal(go(p, NULL).duplicates, 2);
	assert_int_equal(journal_last(p->up.journal), records);
	pair_free(p);
}

static void a_parcel_that_begins_too_late_is_a_gap_and_the_next_is_whole(void **state)
{
	(void)state;
	parcel_tally_t tally;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 1);
	(void)go(p, NULL);
	side_put(&p->down, UPLINK_EVENTS, 4, 3);
	pair_run(p, 1);
	side_halt(&p->up);
	p->up.dir = "empty"; /* the parent has lost its disk */
	side_start_parent(&p->up);
	tally = go(p, "answer");
	assert_int_equal(tally.refused, 1);
	assert_int_equal(tally.refusals[0].reason, UPLINK_REASON_GAP);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 0);
	assert_int_equal(go(p, "answer").taken, 2);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 6);
	pair_free(p);
}

static void a_parcel_altered_at_any_byte_is_refused_whole(void **state)
{
	(void)state;
	static uint8_t bytes[FILE_MAX];
	size_t len = 0;
	parcel_tally_t tally;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	side_put(&p->down, UPLINK_HEALTH, 1, 40);
	pair_run(p, 1);
	parcel_export_t out = export_of(p, NULL);
	parcel_import_t in = import_of(p);
	OK(parcel_export(&out, &tally));
	OK(env_file_load(p->down.env, "out", bytes, sizeof(bytes), &len));
	for (size_t at = 0; at < len; at += at % 64 ? 13 : 1) {
		bytes[at] ^= 0x10;
		OK(env_file_save(p->up.env, "in", slice_of(bytes, len)));
		assert_int_not_equal(parcel_import(&in, &tally), ERR_OK);
		bytes[at] ^= 0x10;
	}
	for (size_t cut = 0; cut < len; cut += 1 + cut / 8) {
		OK(env_file_save(p->up.env, "in", slice_of(bytes, cut)));
		assert_int_not_equal(parcel_import(&in, &tally), ERR_OK);
	}
	assert_int_equal(journal_last(p->up.journal), 0);
	OK(env_file_save(p->up.env, "in", slice_of(bytes, len)));
	OK(parcel_import(&in, &tally));
	assert_int_equal(tally.taken, 2);
	pair_free(p);
}

static void a_parcel_for_another_or_from_another_is_refused(void **state)
{
	(void)state;
	parcel_tally_t tally;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 1);
	parcel_export_t out = export_of(p, NULL);
	OK(parcel_export(&out, &tally));
	carry(&p->down, "out", &p->up, "in");
	parcel_import_t in = import_of(p);
	in.node = PAIR_STRANGER;
	assert_int_equal(parcel_import(&in, &tally), ERR_CONFLICT);
	in = import_of(p);
	in.child = PAIR_STRANGER;
	assert_int_equal(parcel_import(&in, &tally), ERR_CONFLICT);
	in = import_of(p);
	in.signer = &p->signers[PAIR_OTHER];
	assert_int_equal(parcel_import(&in, &tally), ERR_DENIED);
	out = export_of(p, "out"); /* its own is no answer */
	assert_int_equal(parcel_export(&out, &tally), ERR_CONFLICT);
	assert_int_equal(journal_last(p->up.journal), 0);
	pair_free(p);
}

/* A full disk leaves nothing that looks like a parcel. */
static void an_export_without_room_leaves_no_file(void **state)
{
	(void)state;
	parcel_tally_t tally;
	size_t len = 0;
	uint8_t byte;
	pair_t *p = apart();
	side_put(&p->down, UPLINK_EVENTS, 1, 300);
	pair_run(p, 1);
	parcel_export_t out = export_of(p, NULL);
	for (uint64_t nth = 1; nth <= 4; nth++) {
		twin_fail_at(p->down.env, nth, 1, TWIN_DISK_FULL);
		assert_int_equal(parcel_export(&out, &tally), ERR_DISK_FULL);
		assert_int_equal(env_file_load(p->down.env, "out", &byte, 1, &len), ERR_NOT_FOUND);
		assert_int_equal(env_file_load(p->down.env, "out.unfinished", &byte, 1, &len),
		                 ERR_NOT_FOUND);
	}
	twin_fail_at(p->down.env, 0, 0, TWIN_DISK_FULL);
	OK(parcel_export(&out, &tally));
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_carried_is_held_as_if_it_had_come_by_line),
		cmocka_unit_test(a_parcel_brought_twice_changes_nothing),
		cmocka_unit_test(a_parcel_that_begins_too_late_is_a_gap_and_the_next_is_whole),
		cmocka_unit_test(a_parcel_altered_at_any_byte_is_refused_whole),
		cmocka_unit_test(a_parcel_for_another_or_from_another_is_refused),
		cmocka_unit_test(an_export_without_room_leaves_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
