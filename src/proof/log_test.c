/* SPDX-License-Identifier: Apache-2.0 */
/* The log over a journal: proofs, heads, misfortunes of the view, and a journal that
 * was rewritten. */
#include "proof/fixture_test.h"

static void every_change_is_proven_against_the_signed_head(void **state)
{
	(void)state;
	fixture_t f = fixture_make(1);
	proof_signed_t head;
	proof_head_t checked;
	merkle_path_t path;
	fixture_start(&f);
	fixture_grow(&f, 600);
	assert_int_equal(proof_head(f.proof, 600, &head), ERR_OK);
	slice_t note = slice_of(head.note, head.note_len);
	assert_int_equal(proof_head_check(note, proof_key(f.proof), &checked), ERR_OK);
	assert_int_equal(checked.tree.size, 600);
	assert_true(slice_eq(checked.origin, SLICE("jizhu/99.100.1")));
	for (uint64_t i = 0; i < 600; i++) {
		uint64_t seq = 0, index = 0;
		merkle_hash_t leaf;
		assert_int_equal(proof_leaf(f.proof, i, &seq, &leaf), ERR_OK);
		assert_int_equal(proof_find(f.proof, seq, &index), ERR_OK);
		assert_int_equal(index, i);
		assert_int_equal(proof_find(f.proof, seq - 1, &index), ERR_NOT_FOUND);
		assert_int_equal(proof_include(f.proof, i, 600, &path), ERR_OK);
		assert_true(merkle_inclusion_holds(&leaf, i, 600, &path, &checked.tree.root));
	}
	assert_true(fixture_root_is_right(&f));
	assert_int_equal(proof_include(f.proof, 600, 600, &path), ERR_INVALID);
	assert_int_equal(proof_include(f.proof, 0, 601, &path), ERR_INVALID);
	assert_int_equal(proof_head(f.proof, 601, &head), ERR_INVALID);
	fixture_free(&f);
}

static void each_head_is_proven_to_hold_the_ones_before(void **state)
{
	(void)state;
	enum { HEADS = 12 };
	fixture_t f = fixture_make(2);
	proof_signed_t heads[HEADS];
	merkle_path_t path;
	fixture_start(&f);
	for (unsigned i = 0; i < HEADS; i++) {
		fixture_grow(&f, 1 + 37 * i);
		assert_int_equal(proof_head(f.proof, proof_size(f.proof), &heads[i]), ERR_OK);
	}
	for (unsigned to = 0; to < HEADS; to++)
		for (unsigned from = 0; from <= to; from++) {
			const merkle_size_t *old = &heads[from].head.tree,
					    *now = &heads[to].head.tree;
			assert_int_equal(proof_consist(f.proof, old->size, now->size, &path),
			                 ERR_OK);
			assert_true(merkle_consistency_holds(old, now, &path));
		}
	assert_int_equal(proof_consist(f.proof, 5, 4, &path), ERR_INVALID);
	fixture_free(&f);
}

static unsigned heads_in_journal(fixture_t *f)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	unsigned count = 0;
	assert_int_equal(journal_cursor_open(f->journal, 1, &cursor), ERR_OK);
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		count += record.type == JOURNAL_TREE_HEAD;
	journal_cursor_close(cursor);
	return count;
}

static void heads_are_signed_each_period_when_there_is_something_new(void **state)
{
	(void)state;
	fixture_t f = fixture_make(3);
	fixture_start(&f);
	fixture_grow(&f, 3);
	(void)twin_run_for(f.twin, 65 * NS_PER_S);
	assert_int_equal(heads_in_journal(&f), 1);
	(void)twin_run_for(f.twin, 600 * NS_PER_S);
	assert_int_equal(heads_in_journal(&f), 1);
	fixture_grow(&f, 1);
	(void)twin_run_for(f.twin, 65 * NS_PER_S);
	assert_int_equal(heads_in_journal(&f), 2);
	assert_int_equal(proof_broken(f.proof), 0);
	fixture_free(&f);
}

static int64_t chores_failed(const fixture_t *f)
{
	const metrics_t *m = proof_metrics(f->proof);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, "chores_failed_total") == 0)
			return metric_get(m, i);
	fail_msg("there is no such metric");
	return 0;
}

static void a_save_that_fails_is_counted_and_tried_again(void **state)
{
	(void)state;
	fixture_t f = fixture_make(10);
	fixture_start(&f);
	fixture_grow(&f, 3);
	twin_fail_at(f.env, 1, 1, TWIN_DISK_FULL);
	(void)twin_run_for(f.twin, 65 * NS_PER_S);
	assert_int_equal(chores_failed(&f), 1);
	(void)twin_run_for(f.twin, 600 * NS_PER_S);
	assert_int_equal(chores_failed(&f), 1);
	assert_int_equal(heads_in_journal(&f), 1);
	twin_power_off(f.env);
	fixture_halt(&f);
	twin_disk_reboot(f.twin, "node");
	fixture_start(&f);
	assert_int_equal(proof_size(f.proof), 3);
	assert_true(fixture_root_is_right(&f));
	fixture_free(&f);
}

static void a_head_that_cannot_be_journalled_is_counted_and_signed_later(void **state)
{
	(void)state;
	fixture_t f = fixture_make(11);
	fixture_start(&f);
	fixture_grow(&f, 3);
	twin_disk_limit(f.env, 1);
	(void)twin_run_for(f.twin, 185 * NS_PER_S);
	int64_t failed = chores_failed(&f);
	assert_true(failed >= 3);
	assert_int_equal(heads_in_journal(&f), 0);
	twin_disk_limit(f.env, UINT64_C(1) << 40);
	(void)twin_run_for(f.twin, 65 * NS_PER_S);
	assert_int_equal(heads_in_journal(&f), 1);
	assert_int_equal(chores_failed(&f), failed);
	fixture_free(&f);
}

static void asking_often_signs_at_most_once_a_second(void **state)
{
	(void)state;
	fixture_t f = fixture_make(8);
	proof_signed_t head;
	fixture_start(&f);
	for (unsigned i = 0; i < 20; i++) {
		fixture_grow(&f, 1);
		assert_int_equal(proof_head_recent(f.proof, &head), ERR_OK);
	}
	uint64_t size = head.head.tree.size;
	assert_true(size < 20);
	(void)twin_run_for(f.twin, 2 * NS_PER_S);
	assert_int_equal(proof_head_recent(f.proof, &head), ERR_OK);
	assert_int_equal(head.head.tree.size, 20);
	fixture_free(&f);
}

static void toggle(fixture_t *f, const char *name, uint64_t at)
{
	char path[128];
	env_file_t *file = NULL;
	uint8_t byte = 0;
	size_t len = 0;
	(void)snprintf(path, sizeof(path), FIXTURE_VIEW "%s", name);
	assert_int_equal(env_file_open(f->env, path, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_read(file, at, &byte, 1, &len), ERR_OK);
	byte ^= 0x20;
	assert_int_equal(env_file_write(file, at, slice_of(&byte, 1)), ERR_OK);
	env_file_close(file);
}

/* A change of any file but the leaves in the middle is seen at the start. */
static void a_spoilt_view_is_built_again_and_gives_the_same_proofs(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int64_t at; /* below 0: removed */
		bool rebuilt;
	} rows[] = {
		{ NULL, 0, false },
		{ "state", -1, true },
		{ "state", 20, true },
		{ "leaves", 10, true },
		{ "leaves", -1, true },
		{ "nodes-8", 70, true },
		{ "nodes-8", -1, true },
		{ "nodes-16", 3, true },
		{ "leaves", 64 + 40 * 599 + 9, true },
	};
	fixture_t f = fixture_make(4);
	fixture_start(&f);
	fixture_grow(&f, 600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[128];
		fixture_halt(&f);
		fixture_boot(&f);
		(void)snprintf(path, sizeof(path), FIXTURE_VIEW "%s", rows[i].name);
		if (rows[i].name && rows[i].at < 0)
			assert_int_equal(env_path_remove(f.env, path), ERR_OK);
		else if (rows[i].name)
			toggle(&f, rows[i].name, (uint64_t)rows[i].at);
		assert_int_equal(fixture_open(&f), ERR_OK);
		if (proof_rebuilt(f.proof) != rows[i].rebuilt)
			fail_msg("row %u", (unsigned)i);
		assert_int_equal(proof_size(f.proof), 600);
		assert_true(fixture_root_is_right(&f));
	}
	fixture_free(&f);
}

static void damage_met_while_running_is_refused_and_mended(void **state)
{
	(void)state;
	fixture_t f = fixture_make(5);
	merkle_path_t path;
	proof_signed_t head;
	fixture_start(&f);
	fixture_grow(&f, 600);
	assert_int_equal(proof_head(f.proof, 600, &head), ERR_OK);
	toggle(&f, "leaves", 64 + 40 * 100 + 20);
	assert_int_equal(proof_include(f.proof, 100, 600, &path), ERR_CORRUPT);
	(void)twin_run_for(f.twin, 65 * NS_PER_S);
	assert_int_equal(proof_include(f.proof, 100, 600, &path), ERR_OK);
	assert_true(fixture_root_is_right(&f));
	fixture_free(&f);
}

/* A head over another past, signed with the node's own key. */
static void a_head_that_the_journal_does_not_bear_out_is_told(void **state)
{
	(void)state;
	fixture_t f = fixture_make(6);
	proof_signed_t head;
	char note[PROOF_NOTE_MAX];
	writer_t w = writer_of(note, sizeof(note));
	fixture_start(&f);
	fixture_grow(&f, 20);
	assert_int_equal(proof_head(f.proof, 20, &head), ERR_OK);
	head.head.tree.root.bytes[0] ^= 1;
	assert_int_equal(proof_head_sign(&head.head, proof_key(f.proof), &w), ERR_OK);
	assert_int_equal(append(&f, JOURNAL_TREE_HEAD, writer_done(&w)), ERR_OK);
	fixture_grow(&f, 1);
	assert_true(proof_broken(f.proof) > 0);
	fixture_free(&f);
}

/* More changes than are kept between two heads, and a head of every hundred. */
static void a_folder_s_heads_are_held_against_its_changes_offline(void **state)
{
	(void)state;
	fixture_t f = fixture_make(9);
	proof_signed_t head;
	proof_verdict_t verdict;
	char note[PROOF_NOTE_MAX];
	writer_t w = writer_of(note, sizeof(note));
	fixture_start(&f);
	for (unsigned i = 0; i < 200; i++) {
		fixture_grow(&f, 100);
		assert_int_equal(proof_head(f.proof, proof_size(f.proof), &head), ERR_OK);
	}
	(void)twin_run_for(f.twin, NS_PER_S);
	assert_int_equal(proof_verify(f.env, "data/journal", proof_key(f.proof), &verdict), ERR_OK);
	assert_int_equal(verdict.changes, 20000);
	assert_int_equal(verdict.heads, 200);
	head.head.tree.root.bytes[3] ^= 8;
	assert_int_equal(proof_head_sign(&head.head, proof_key(f.proof), &w), ERR_OK);
	assert_int_equal(append(&f, JOURNAL_TREE_HEAD, writer_done(&w)), ERR_OK);
	(void)twin_run_for(f.twin, NS_PER_S);
	assert_int_equal(proof_verify(f.env, "data/journal", proof_key(f.proof), &verdict),
	                 ERR_CORRUPT);
	assert_true(verdict.broken_seq > 40000);
	fixture_free(&f);
}

static void the_key_is_made_once_and_kept(void **state)
{
	(void)state;
	fixture_t f = fixture_make(7);
	char first[PROOF_KEY_TEXT_MAX], second[PROOF_KEY_TEXT_MAX];
	writer_t a = writer_of(first, sizeof(first)), b = writer_of(second, sizeof(second));
	fixture_start(&f);
	proof_key_write(proof_origin(f.proof), proof_key(f.proof), &a);
	fixture_halt(&f);
	fixture_start(&f);
	proof_key_write(proof_origin(f.proof), proof_key(f.proof), &b);
	assert_true(slice_eq(writer_done(&a), writer_done(&b)));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_proven_against_the_signed_head),
		cmocka_unit_test(each_head_is_proven_to_hold_the_ones_before),
		cmocka_unit_test(heads_are_signed_each_period_when_there_is_something_new),
		cmocka_unit_test(a_save_that_fails_is_counted_and_tried_again),
		cmocka_unit_test(a_head_that_cannot_be_journalled_is_counted_and_signed_later),
		cmocka_unit_test(asking_often_signs_at_most_once_a_second),
		cmocka_unit_test(a_spoilt_view_is_built_again_and_gives_the_same_proofs),
		cmocka_unit_test(damage_met_while_running_is_refused_and_mended),
		cmocka_unit_test(a_head_that_the_journal_does_not_bear_out_is_told),
		cmocka_unit_test(a_folder_s_heads_are_held_against_its_changes_offline),
		cmocka_unit_test(the_key_is_made_once_and_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
