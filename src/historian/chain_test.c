/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of the segments are chained: what there is follows from the entries, after power
 * cuts, copies and salvage too, and what was done by hand does not. */
#include "historian/fixture_test.h"

#include "historian/chain.h"
#include "historian/edits.h"
#include "historian/manifest.h"

#define HISTORY "data/history"

static fixture_t started(void)
{
	fixture_t f = fixture_make(1);
	f.has_main = true;
	f.spec.window_ns = 1000;
	fixture_start(&f);
	return f;
}

/* The record is on stable storage. */
static void settle_main(fixture_t *f)
{
	settle(f);
	while (journal_durable(f->main) < journal_last(f->main) && twin_step(f->twin))
		;
}

static void seal_run(fixture_t *f, int64_t from, int64_t to)
{
	put_run(f, 1, from, to);
	settle(f);
	OK(historian_seal(f->historian));
	settle_main(f);
}

static err_t verify_folder(fixture_t *f, const char *dir, bool may_be_behind,
                           chain_verdict_t *ret_verdict)
{
	chain_verify_t what = { dir, "data/journal", may_be_behind };
	*ret_verdict = (chain_verdict_t){ 0 };
	return chain_verify(f->env, &what, ret_verdict, &f->detail);
}

static void assert_refused(fixture_t *f, const char *said)
{
	chain_verdict_t verdict;
	char text[512];
	assert_int_equal(verify_folder(f, HISTORY, false, &verdict), ERR_CORRUPT);
	err_render(&f->detail, LANG_EN, text, sizeof(text));
	if (!strstr(text, said))
		fail_msg("%s", text);
}

static size_t count_entries(fixture_t *f)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	size_t n = 0;
	OK(journal_cursor_open(f->main, 1, &cursor));
	while (!journal_cursor_next(cursor, &record))
		n += record.type == JOURNAL_HISTORY;
	journal_cursor_close(cursor);
	return n;
}

static void each_change_is_an_entry_and_what_there_is_follows_from_them(void **state)
{
	(void)state;
	fixture_t f = started();
	chain_verdict_t verdict;
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.entries, 0);
	for (int64_t i = 0; i < 3; i++)
		seal_run(&f, i * 1500, i * 1500 + 1500);
	OK(historian_merge(f.historian));
	settle_main(&f);
	OK(historian_retain(f.historian, 1000));
	settle_main(&f);
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.entries, count_entries(&f));
	assert_int_equal(verdict.entries, 3 + metric_named(&f, "merges_total") + 1);
	assert_true(metric_named(&f, "merges_total") > 0);
	assert_int_equal(metric_named(&f, "retired_segments_total"), 1);
	assert_int_equal(verdict.branches + verdict.beyond, 0);
	assert_int_equal(metric_named(&f, "untold_changes"), 0);
	fixture_restart(&f);
	assert_int_equal(count_entries(&f), verdict.entries);
	fixture_free(&f);
}

static void an_entry_that_the_journal_lost_is_told_again_and_once(void **state)
{
	(void)state;
	fixture_t f = started();
	chain_verdict_t verdict;
	seal_run(&f, 0, 100);
	put_run(&f, 1, 100, 200);
	settle(&f);
	OK(historian_seal(f.historian));
	twin_power_off(f.env);
	fixture_halt(&f);
	twin_disk_reboot(f.twin, "node");
	fixture_boot(&f);
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.entries, 2);
	assert_int_equal(verdict.waiting, 1);
	OK(fixture_open(&f));
	settle_main(&f);
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.waiting, 0);
	for (int i = 0; i < 3; i++) {
		fixture_restart(&f);
		settle_main(&f);
		assert_int_equal(count_entries(&f), 2);
	}
	assert_int_equal(count_all(&f, 1), 200);
	fixture_free(&f);
}

static void forge_manifest(fixture_t *f, void (*alter)(manifest_t *manifest))
{
	manifest_t manifest = { 0 };
	size_t damaged;
	OK(manifest_newest(f->env, HISTORY, &manifest, &damaged, &f->detail));
	alter(&manifest);
	OK(manifest_save(f->env, HISTORY, &manifest));
	manifest_free(&manifest);
}

static void take_one_away(manifest_t *manifest)
{
	manifest->count--;
}

static void put_another_root(manifest_t *manifest)
{
	manifest->segments[0].root.bytes[5] ^= 1;
}

static void forget_the_chain(manifest_t *manifest)
{
	chain_free(&manifest->chain);
}

static void invent_an_entry(manifest_t *manifest)
{
	manifest->chain.head.bytes[0] ^= 1;
}

/* A change that is chained as it should be, and brings a sample less than went. */
static void merge_with_loss(manifest_t *manifest)
{
	chain_t next;
	text_t text = text_of(4096);
	segment_info_t made = manifest->segments[0];
	chain_entry_t entry = { .kind = CHAIN_MERGE,
		                .generation = manifest->generation,
		                .before = manifest->chain.head,
		                .drops = manifest->count,
		                .adds = 1 };
	made.id = manifest->next_id++;
	made.rows = 199;
	chain_entry_put(&entry, &text);
	for (size_t i = 0; i < manifest->count; i++)
		chain_drop_put(&manifest->segments[i], &text);
	chain_add_put(&made, &text);
	OK(chain_next(&manifest->chain, UINT64_MAX, text_slice(&text), 0, &next));
	chain_free(&manifest->chain);
	manifest->chain = next;
	manifest->segments[0] = made;
	manifest->count = 1;
	text_free(&text);
}

static void what_was_done_to_the_manifest_by_hand_is_said(void **state)
{
	static const struct {
		void (*alter)(manifest_t *manifest);
		const char *said;
	} rows[] = {
		{ take_one_away, "segment 1 is not what" },
		{ put_another_root, "segment 0 is not what" },
		{ forget_the_chain, "2 changes behind" },
		{ invent_an_entry, "missing" },
		{ merge_with_loss, "lost samples" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fixture_t f = started();
		seal_run(&f, 0, 100);
		seal_run(&f, 100, 200);
		fixture_halt(&f);
		fixture_boot(&f);
		forge_manifest(&f, rows[i].alter);
		assert_refused(&f, rows[i].said);
		fixture_free(&f);
	}
}

static void a_history_that_was_put_back_is_behind_its_chain(void **state)
{
	(void)state;
	fixture_t f = started();
	char path[SEGMENT_PATH_MAX];
	chain_verdict_t verdict;
	seal_run(&f, 0, 100);
	seal_run(&f, 100, 200);
	fixture_halt(&f);
	fixture_boot(&f);
	OK(manifest_path_of(HISTORY, 2, path));
	OK(env_path_remove(f.env, path));
	assert_refused(&f, "1 changes behind");
	OK(verify_folder(&f, HISTORY, true, &verdict));
	assert_int_equal(verdict.beyond, 1);
	OK(fixture_open(&f));
	seal_run(&f, 200, 300);
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.branches, 1);
	assert_int_equal(count_all(&f, 1), 300);
	fixture_free(&f);
}

static void edits_are_chained_by_their_file(void **state)
{
	(void)state;
	fixture_t f = started();
	caller_t caller = { .role = ROLE_ENGINEER };
	historian_edit_t edit = { .point = 1, .from_ns = 0, .to_ns = 9, .reason = SLICE("no") };
	historian_made_t made;
	chain_verdict_t verdict;
	uint8_t bytes[512];
	char path[SEGMENT_PATH_MAX];
	size_t len = 0, damaged;
	manifest_t manifest = { 0 };
	seal_run(&f, 0, 100);
	OK(historian_edit(f.historian, &caller, &edit, 1, &made));
	settle(&f);
	OK(historian_seal(f.historian));
	settle_main(&f);
	OK(verify_folder(&f, HISTORY, false, &verdict));
	assert_int_equal(verdict.entries, 2);
	OK(manifest_newest(f.env, HISTORY, &manifest, &damaged, &f.detail));
	OK(edits_path_of(HISTORY, manifest.edits_id, path, sizeof(path)));
	manifest_free(&manifest);
	OK(env_file_load(f.env, path, bytes, sizeof(bytes), &len));
	bytes[len - 1] ^= 1;
	OK(env_file_save(f.env, path, slice_of(bytes, len)));
	assert_refused(&f, "edits");
	fixture_free(&f);
}

static void a_copy_and_what_was_salvaged_are_chained(void **state)
{
	(void)state;
	fixture_t f = started();
	chain_verdict_t verdict;
	historian_salvage_t tally;
	uint64_t sealed;
	historian_copy_t copy = { .from = HISTORY, .to = "data/copy", .up_to_seq = 1000 };
	seal_run(&f, 0, 1500);
	OK(env_dir_make(f.env, copy.to));
	OK(historian_copy(f.env, &copy, &sealed, &f.detail));
	seal_run(&f, 1500, 2000);
	OK(verify_folder(&f, copy.to, true, &verdict));
	assert_int_equal(verdict.beyond, 1);
	fixture_halt(&f);
	fixture_boot(&f);
	OK(historian_salvage(f.env, HISTORY, "data/saved", &tally, &f.detail));
	OK(verify_folder(&f, "data/saved", false, &verdict));
	assert_int_equal(verdict.entries, 3);
	assert_int_equal(verdict.waiting, 1);
	f.spec.dir = "data/saved";
	OK(fixture_open(&f));
	seal_run(&f, 2000, 2100);
	OK(verify_folder(&f, "data/saved", false, &verdict));
	assert_int_equal(verdict.entries, 4);
	assert_int_equal(verdict.waiting, 0);
	assert_int_equal(count_all(&f, 1), 2100);
	fixture_free(&f);
}

static void an_entry_cut_or_altered_is_refused_or_another(void **state)
{
	(void)state;
	text_t text = text_of(4096);
	segment_info_t info = { .id = 300, .level = 1, .rows = 77, .points = 2, .last_ns = 5 };
	chain_entry_t entry = {
		.kind = CHAIN_MERGE, .generation = 9, .edits_id = 4, .drops = 2, .adds = 1
	};
	chain_entry_put(&entry, &text);
	chain_drop_put(&info, &text);
	chain_drop_put(&info, &text);
	chain_add_put(&info, &text);
	slice_t whole = text_slice(&text);
	OK(chain_entry_read(whole, &entry));
	assert_true(chain_drop_next(&entry, &info) && chain_drop_next(&entry, &info));
	assert_false(chain_drop_next(&entry, &info));
	assert_true(chain_add_next(&entry, &info));
	assert_int_equal(info.rows, 77);
	assert_false(chain_add_next(&entry, &info));
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(chain_entry_read(slice_sub(whole, 0, len), &entry), ERR_MALFORMED);
	text.ptr[0]++;
	assert_int_equal(chain_entry_read(whole, &entry), ERR_NEWER_FORMAT);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_is_an_entry_and_what_there_is_follows_from_them),
		cmocka_unit_test(an_entry_that_the_journal_lost_is_told_again_and_once),
		cmocka_unit_test(what_was_done_to_the_manifest_by_hand_is_said),
		cmocka_unit_test(a_history_that_was_put_back_is_behind_its_chain),
		cmocka_unit_test(edits_are_chained_by_their_file),
		cmocka_unit_test(a_copy_and_what_was_salvaged_are_chained),
		cmocka_unit_test(an_entry_cut_or_altered_is_refused_or_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
