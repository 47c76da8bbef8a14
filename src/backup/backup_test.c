/* SPDX-License-Identifier: Apache-2.0 */
/* A node's data in a simulated machine: both journals, a historian that seals and
 * retains, keys. The backup tells of every piece it has copied; that is where the
 * node gets its turn. */
#include "backup/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backup/files.h"
#include "base/num.h"
#include "env/twin/twin.h"
#include "historian/historian.h"
#include "journal/event_log.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SEEDS = 60, ROWS = 40 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *main, *history, *tree;
	bool is_before_tree; /* its data is from before there was a tree journal */
	historian_t *historian;
	char *dir; /* of the historian, which borrows it */
	err_detail_t detail;
	manifest_t manifest;        /* of the newest backup */
	backup_restored_t restored; /* by the newest restore */
	/* The turns a backup gives. */
	rng_t rng;
	bool is_busy;
	int64_t next_ns; /* time and value of the next sample of point 1 */
	uint64_t sealed, retained;
} plant_t;

static void open_data(plant_t *p, const char *data)
{
	char journal[BACKUP_PATH_MAX];
	journal_recovery_t recovery;
	p->dir = calloc(1, BACKUP_PATH_MAX);
	assert_non_null(p->dir);
	OK(files_join(data, "journal", journal, &p->detail));
	OK(files_join(data, "history", p->dir, &p->detail));
	OK(env_loop_new(p->env, "files", ENV_LOOP_FILES, &p->loop));
	journal_spec_t spec = { .dir = journal,
		                .name = "main",
		                .chained = true,
		                .segment_bytes = 2048,
		                .buffer_bytes = 64 << 10,
		                .commit_loop = p->loop };
	OK(journal_open(p->env, &spec, &p->main, &recovery, &p->detail));
	assert_int_equal(recovery.cut_bytes, 0);
	spec.name = "history";
	spec.chained = false;
	spec.segment_bytes = 4096;
	OK(journal_open(p->env, &spec, &p->history, &recovery, &p->detail));
	assert_int_equal(recovery.cut_bytes, 0);
	spec.name = "tree";
	spec.chained = true;
	if (!p->is_before_tree)
		OK(journal_open(p->env, &spec, &p->tree, &recovery, &p->detail));
	historian_spec_t keep = { .dir = p->dir, .journal = p->history, .history_loop = p->loop };
	OK(historian_open(p->env, &keep, &p->historian, &p->detail));
	OK(env_loop_start(p->loop));
}

static void close_data(plant_t *p)
{
	env_loop_stop(p->loop);
	historian_close(p->historian);
	journal_close(p->tree);
	journal_close(p->history);
	journal_close(p->main);
	p->tree = NULL;
	env_loop_free(p->loop);
	free(p->dir);
	p->loop = NULL;
}

static void settle(plant_t *p)
{
	while ((journal_durable(p->history) < journal_last(p->history) ||
	        journal_durable(p->main) < journal_last(p->main) ||
	        (p->tree && journal_durable(p->tree) < journal_last(p->tree))) &&
	       twin_step(p->twin))
		;
	(void)twin_run_for(p->twin, NS_PER_MS);
}

static void say(plant_t *p, message_t message)
{
	event_t event = event_make(message, (node_time_t){ p->next_ns });
	event_arg(&event, ARG_NAME, value_text(SLICE("plant-1")));
	OK(event_append(p->main, &event));
	/* What the tree is told of it. */
	slice_t body = slice_of(&event.seq, sizeof(event.seq));
	uint64_t seq = 0;
	if (p->tree)
		OK(journal_append(p->tree, JOURNAL_RELEASE, &body, 1, &seq));
}

static void measure(plant_t *p)
{
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	for (int i = 0; i < ROWS; i++, p->next_ns++)
		assert_true(
			sample_rows_add(rows, &(sample_t){ .point = 1,
		                                           .source = { p->next_ns },
		                                           .node = { p->next_ns },
		                                           .value = value_f64((double)p->next_ns),
		                                           .quality = QUALITY_OK }));
	sample_batch_t batch = sample_rows_batch(rows);
	sample_sink_t sink = historian_sink(p->historian);
	uint64_t seq = 0;
	OK(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq));
	free(rows);
}

static plant_t plant_make_of(uint64_t seed, bool is_before_tree)
{
	plant_t p = { .rng = rng_of(seed), .is_before_tree = is_before_tree };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &p.twin));
	OK(twin_host_open(p.twin, "node", &p.env));
	OK(env_dir_make(p.env, "data/keys"));
	OK(env_file_save(p.env, "data/keys/admin.token", SLICE("secret\n")));
	open_data(&p, "data");
	say(&p, MSG_NODE_STARTED);
	for (int i = 0; i < 30; i++) {
		measure(&p);
		say(&p, MSG_LOGIN);
		settle(&p);
		if (i % 10 == 7)
			OK(historian_seal(p.historian));
	}
	return p;
}

static plant_t plant_make(uint64_t seed)
{
	return plant_make_of(seed, false);
}

static void plant_free(plant_t *p)
{
	if (p->loop)
		close_data(p);
	manifest_done(&p->manifest);
	manifest_done(&p->restored.manifest);
	twin_host_close(p->env);
	twin_free(p->twin);
}

/* A node at work: samples, events, now and then a seal or a retention. */
static void take_turn(void *ctx, const char *what, uint64_t bytes)
{
	plant_t *p = ctx;
	assert_non_null(what);
	(void)bytes;
	if (!p->is_busy)
		return;
	for (uint64_t n = rng_below(&p->rng, 3); n > 0; n--) {
		measure(p);
		say(p, MSG_LOGIN);
	}
	settle(p);
	if (rng_below(&p->rng, 4) == 0) {
		OK(historian_seal(p->historian));
		p->sealed++;
	}
	if (rng_below(&p->rng, 8) == 0) {
		OK(historian_retain(p->historian, p->next_ns / 3));
		p->retained++;
	}
}

static backup_spec_t spec_of(plant_t *p)
{
	return (backup_spec_t){ .data = "data", .copy = "copy", .step = take_turn, .ctx = p };
}

static void back_up(plant_t *p, const backup_spec_t *spec)
{
	manifest_done(&p->manifest);
	OK(backup_make(p->env, spec, &p->manifest, &p->detail));
}

MUST_CHECK static err_t try_restore(plant_t *p, const backup_spec_t *spec)
{
	manifest_done(&p->restored.manifest);
	return backup_restore(p->env, spec, &p->restored, &p->detail);
}

typedef struct {
	int64_t first, next;
} run_t;

static bool follow_run(void *ctx, const sample_t *sample)
{
	run_t *run = ctx;
	if (run->next == 0)
		run->first = run->next = sample->source.ns;
	assert_int_equal(sample->source.ns, run->next);
	run->next++;
	return true;
}

/* The samples of point 1 that a historian answers, without a gap. */
static run_t all_samples(plant_t *p)
{
	run_t run = { 0 };
	series_reader_t reader = historian_reader(p->historian);
	series_query_t query = { .point = 1, .from_ns = 1, .to_ns = INT64_MAX };
	OK(reader.raw(reader.ctx, &query, follow_run, &run));
	return run;
}

static void backup_of_a_node_at_rest_is_restored_and_answers_equally(void **state)
{
	(void)state;
	plant_t p = plant_make(1);
	backup_spec_t spec = spec_of(&p);
	run_t before = all_samples(&p);
	close_data(&p);
	back_up(&p, &spec);
	assert_string_equal(p.manifest.node, "plant-1");
	assert_int_equal(p.manifest.main.last_seq, 31);
	assert_int_equal(p.manifest.history.last_seq, 30);
	assert_int_equal(p.manifest.tree.last_seq, 31);
	spec.data = "elsewhere";
	OK(try_restore(&p, &spec));
	assert_string_equal(p.restored.aside, "");
	open_data(&p, "elsewhere");
	run_t after = all_samples(&p);
	assert_int_equal(after.first, before.first);
	assert_int_equal(after.next, before.next);
	char token[16];
	size_t len = 0;
	OK(env_file_load(p.env, "elsewhere/keys/admin.token", token, sizeof(token), &len));
	assert_int_equal(len, 7);
	plant_free(&p);
}

/* The last release of a copy, which the main journal of the copy must have the event of. */
static uint64_t last_released(plant_t *p)
{
	uint64_t event = 0;
	journal_record_t record;
	OK(journal_read(p->tree, journal_last(p->tree), &event, sizeof(event), &record));
	return event;
}

static void backup_taken_while_samples_arrive_has_all_that_was_durable(void **state)
{
	(void)state;
	uint64_t sealed = 0, retained = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		plant_t p = plant_make(seed);
		backup_spec_t spec = spec_of(&p);
		uint64_t events = journal_durable(p.main);
		int64_t next = p.next_ns;
		p.is_busy = true;
		back_up(&p, &spec);
		p.is_busy = false;
		assert_true(p.manifest.main.last_seq >= events);
		close_data(&p);
		spec.data = "elsewhere";
		OK(try_restore(&p, &spec));
		open_data(&p, "elsewhere");
		assert_int_equal(journal_last(p.main), p.manifest.main.last_seq);
		assert_int_equal(journal_last(p.history), p.manifest.history.last_seq);
		assert_int_equal(journal_last(p.tree), p.manifest.tree.last_seq);
		assert_true(last_released(&p) <= journal_last(p.main));
		run_t run = all_samples(&p);
		assert_true(run.next >= next);
		assert_true(run.first <= p.next_ns / 3);
		sealed += p.sealed;
		retained += p.retained;
		plant_free(&p);
	}
	assert_true(sealed > SEEDS && retained > SEEDS / 4);
}

static void data_from_before_there_was_a_tree_is_backed_up_and_restored(void **state)
{
	(void)state;
	plant_t p = plant_make_of(3, true);
	backup_spec_t spec = spec_of(&p);
	back_up(&p, &spec);
	close_data(&p);
	assert_true(p.manifest.tree.epoch == 0);
	spec.data = "elsewhere";
	OK(try_restore(&p, &spec));
	p.is_before_tree = false;
	open_data(&p, "elsewhere");
	assert_int_equal(journal_last(p.main), 31);
	assert_int_equal(journal_last(p.tree), 0);
	plant_free(&p);
}

static void one_altered_byte_of_any_file_is_refused_by_name_before_anything_is_touched(void **state)
{
	(void)state;
	plant_t p = plant_make(3);
	backup_spec_t spec = spec_of(&p);
	back_up(&p, &spec);
	assert_true(p.manifest.count >= 6);
	spec.data = "elsewhere";
	for (size_t i = 0; i < p.manifest.count; i++) {
		char path[BACKUP_PATH_MAX];
		uint8_t byte, wrong;
		size_t len = 0;
		uint64_t at = rng_below(&p.rng, p.manifest.files[i].bytes);
		env_file_t *file = NULL;
		OK(files_join("copy", p.manifest.files[i].path, path, &p.detail));
		OK(env_file_open(p.env, path, ENV_OPEN_WRITE, &file));
		OK(env_file_read(file, at, &byte, 1, &len));
		wrong = byte ^ 0x04;
		OK(env_file_write(file, at, slice_of(&wrong, 1)));
		assert_int_equal(try_restore(&p, &spec), ERR_CORRUPT);
		assert_string_equal(p.detail.where, path);
		assert_int_equal(env_file_open(p.env, "elsewhere/journal", ENV_OPEN_READ, &file),
		                 ERR_NOT_FOUND);
		OK(env_file_write(file, at, slice_of(&byte, 1)));
		env_file_close(file);
	}
	manifest_done(&p.manifest);
	OK(backup_check(p.env, &spec, &p.manifest, &p.detail));
	plant_free(&p);
}

static void backup_that_was_not_finished_is_refused(void **state)
{
	(void)state;
	plant_t p = plant_make(4);
	backup_spec_t spec = spec_of(&p);
	twin_fail_at(p.env, 20, 0, TWIN_DISK_FULL);
	assert_int_equal(backup_make(p.env, &spec, &p.manifest, &p.detail), ERR_DISK_FULL);
	twin_fail_at(p.env, 0, 0, TWIN_DISK_FULL);
	spec.data = "elsewhere";
	assert_int_equal(try_restore(&p, &spec), ERR_NOT_FOUND);
	spec.data = "data";
	assert_int_equal(backup_make(p.env, &spec, &p.manifest, &p.detail), ERR_EXISTS);
	plant_free(&p);
}

static void restore_over_data_needs_force_and_keeps_the_old(void **state)
{
	(void)state;
	plant_t p = plant_make(5);
	backup_spec_t spec = spec_of(&p);
	back_up(&p, &spec);
	measure(&p);
	settle(&p);
	close_data(&p);
	assert_int_equal(try_restore(&p, &spec), ERR_EXISTS);
	spec.force = true;
	OK(try_restore(&p, &spec));
	assert_true(slice_starts(slice_str(p.restored.aside), SLICE("data/before-2026")));
	open_data(&p, "data");
	assert_int_equal(journal_last(p.history), p.manifest.history.last_seq);
	close_data(&p);
	open_data(&p, p.restored.aside);
	assert_int_equal(journal_last(p.history), p.manifest.history.last_seq + 1);
	plant_free(&p);
}

static void restore_into_a_folder_in_use_is_refused(void **state)
{
	(void)state;
	plant_t p = plant_make(6);
	backup_spec_t spec = spec_of(&p);
	env_file_t *lock = NULL;
	back_up(&p, &spec);
	OK(env_file_open(p.env, "data/lock", ENV_OPEN_CREATE, &lock));
	OK(env_file_lock(lock));
	spec.force = true;
	assert_int_equal(try_restore(&p, &spec), ERR_BUSY);
	env_file_close(lock);
	plant_free(&p);
}

/* The folders of the stage still fit, the files in them do not. */
static void restore_below_a_path_too_long_says_which_and_leaves_nothing_half(void **state)
{
	(void)state;
	static const char folders[] = "/restoring/history";
	plant_t p = plant_make(8);
	backup_spec_t spec = spec_of(&p);
	char data[BACKUP_PATH_MAX - sizeof(folders) + 1] = "";
	memset(data, 'd', sizeof(data) - 1);
	spec.data = data;
	back_up(&p, &(backup_spec_t){ .data = "data", .copy = "copy" });
	assert_int_equal(try_restore(&p, &spec), ERR_TOO_BIG);
	assert_true(slice_starts(slice_str(p.detail.where), SLICE("dddd")));
	OK(backup_check_data(p.env, data, &p.detail));
	plant_free(&p);
}

/* Whichever disk operation fails, the old data is where it was and opens. */
static void restore_that_fails_leaves_the_old_data_in_place(void **state)
{
	(void)state;
	unsigned failures = 0;
	for (uint64_t nth = 1; nth < 200; nth += 3) {
		plant_t p = plant_make(7);
		backup_spec_t spec = spec_of(&p);
		back_up(&p, &spec);
		measure(&p);
		settle(&p);
		uint64_t last = journal_last(p.history);
		close_data(&p);
		spec.force = true;
		twin_fail_at(p.env, nth, 1, TWIN_IO_ERROR);
		err_t err = try_restore(&p, &spec);
		twin_fail_at(p.env, 0, 0, TWIN_IO_ERROR);
		if (err) {
			failures++;
			OK(backup_check_data(p.env, "data", &p.detail));
		}
		open_data(&p, "data");
		assert_int_equal(journal_last(p.history), err ? last : last - 1);
		plant_free(&p);
	}
	assert_true(failures > 5);
}

/* After a power cut at any moment the folder is the old one, the new one, or says
 * that a restore was not finished and can be restored again. */
static void power_cut_in_a_restore_is_told_and_mended(void **state)
{
	(void)state;
	unsigned told = 0;
	for (uint64_t nth = 1; nth < 160; nth += 3) {
		plant_t p = plant_make(nth);
		backup_spec_t spec = spec_of(&p);
		back_up(&p, &spec);
		close_data(&p);
		spec.force = true;
		twin_crash_at(p.env, nth);
		/* It ends with an error, or had nothing left to do when the power went. */
		(void)!try_restore(&p, &spec);
		twin_host_close(p.env);
		twin_disk_reboot(p.twin, "node");
		OK(twin_host_open(p.twin, "node", &p.env));
		if (backup_check_data(p.env, "data", &p.detail) != ERR_OK) {
			told++;
			OK(try_restore(&p, &spec));
			OK(backup_check_data(p.env, "data", &p.detail));
		}
		open_data(&p, "data");
		assert_int_equal(journal_last(p.history), 30);
		plant_free(&p);
	}
	assert_true(told > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backup_of_a_node_at_rest_is_restored_and_answers_equally),
		cmocka_unit_test(data_from_before_there_was_a_tree_is_backed_up_and_restored),
		cmocka_unit_test(backup_taken_while_samples_arrive_has_all_that_was_durable),
		cmocka_unit_test(
			one_altered_byte_of_any_file_is_refused_by_name_before_anything_is_touched),
		cmocka_unit_test(backup_that_was_not_finished_is_refused),
		cmocka_unit_test(restore_over_data_needs_force_and_keeps_the_old),
		cmocka_unit_test(restore_into_a_folder_in_use_is_refused),
		cmocka_unit_test(restore_below_a_path_too_long_says_which_and_leaves_nothing_half),
		cmocka_unit_test(restore_that_fails_leaves_the_old_data_in_place),
		cmocka_unit_test(power_cut_in_a_restore_is_told_and_mended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
