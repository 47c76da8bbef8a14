/* SPDX-License-Identifier: Apache-2.0 */
/* The journal on real threads and real files: several loops append at once, and
 * the independent script reads what they wrote, then sees an altered byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/posix/posix.h"
#include "journal/journal.h"

enum { WRITERS = 4, RECORDS_EACH = 2000, RECORDS = WRITERS * RECORDS_EACH };

typedef struct world world_t;

typedef struct {
	world_t *world;
	uint32_t number;
	env_loop_t *loop;
	env_timer_t *timer;
	uint32_t appended;
} writer_loop_t;

struct world {
	env_t *env;
	char dir[64];
	env_loop_t *loop;
	journal_t *journal;
	bool archives;
	env_timer_t *watch;
	env_mailbox_t *mailbox;
	writer_loop_t writers[WRITERS];
};

/* A few records a turn; a full batch is tried again at the next. */
static void on_turn(void *ctx)
{
	writer_loop_t *w = ctx;
	for (int i = 0; i < 10 && w->appended < RECORDS_EACH; i++) {
		uint32_t record[2] = { w->number, w->appended };
		slice_t part = slice_of(record, sizeof(record));
		uint64_t seq = 0;
		err_t err = journal_append(w->world->journal, JOURNAL_EVENT, &part, 1, &seq);
		if (err == ERR_LIMIT)
			break;
		assert_int_equal(err, ERR_OK);
		w->appended++;
	}
	if (w->appended < RECORDS_EACH)
		env_timer_set(w->timer, 0);
}

static void on_durable(void *ctx)
{
	world_t *w = ctx;
	uint64_t seq = 0;
	while (env_mailbox_take(w->mailbox, &seq))
		;
	if (journal_durable(w->journal) == RECORDS || journal_state(w->journal))
		env_stop(w->env);
}

static void open_journal(world_t *w, journal_recovery_t *ret_recovery)
{
	journal_spec_t spec = { .dir = w->dir,
		                .name = "main",
		                .chained = true,
		                .segment_bytes = 65536,
		                .buffer_bytes = 16384 };
	assert_int_equal(env_loop_new(w->env, "commit", ENV_LOOP_FILES, &w->loop), ERR_OK);
	spec.commit_loop = w->loop;
	spec.archive_loop = w->archives ? w->loop : NULL;
	assert_int_equal(journal_open(w->env, &spec, &w->journal, ret_recovery, NULL), ERR_OK);
}

static void write_all(world_t *w)
{
	env_mailbox_spec_t spec = { .name = "durable",
		                    .reader = env_control_loop(w->env),
		                    .item_size = sizeof(uint64_t),
		                    .capacity = 4,
		                    .policy = ENV_FULL_DROP,
		                    .ready = on_durable,
		                    .ctx = w };
	assert_int_equal(env_mailbox_new(&spec, &w->mailbox), ERR_OK);
	assert_int_equal(journal_subscribe(w->journal, w->mailbox), ERR_OK);
	assert_int_equal(env_loop_start(w->loop), ERR_OK);
	for (uint32_t i = 0; i < WRITERS; i++) {
		writer_loop_t *writer = &w->writers[i];
		*writer = (writer_loop_t){ .world = w, .number = i };
		assert_int_equal(env_loop_new(w->env, "writer", ENV_LOOP_EVENTS, &writer->loop),
		                 ERR_OK);
		assert_int_equal(env_timer_new(writer->loop, on_turn, writer, &writer->timer),
		                 ERR_OK);
		env_timer_set(writer->timer, 0);
		assert_int_equal(env_loop_start(writer->loop), ERR_OK);
	}
	assert_int_equal(env_run(w->env), ERR_OK);
}

static void halt(world_t *w)
{
	for (uint32_t i = 0; i < WRITERS; i++) {
		env_loop_stop(w->writers[i].loop);
		env_timer_free(w->writers[i].timer);
		env_loop_free(w->writers[i].loop);
		w->writers[i] = (writer_loop_t){ 0 };
	}
	env_loop_stop(w->loop);
	if (w->mailbox)
		journal_unsubscribe(w->journal, w->mailbox);
	env_mailbox_free(w->mailbox);
	w->mailbox = NULL;
	journal_close(w->journal);
	env_loop_free(w->loop);
}

/* Every writer's records, in that writer's order. */
static void assert_all_there(world_t *w)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint32_t next[WRITERS] = { 0 }, pair[2];
	assert_int_equal(journal_cursor_open(w->journal, 1, &cursor), ERR_OK);
	for (int i = 0; i < RECORDS; i++) {
		assert_int_equal(journal_cursor_next(cursor, &record), ERR_OK);
		assert_int_equal(record.payload.len, sizeof(pair));
		memcpy(pair, record.payload.ptr, sizeof(pair));
		assert_in_range(pair[0], 0, WRITERS - 1);
		assert_int_equal(pair[1], next[pair[0]]++);
	}
	assert_int_equal(journal_cursor_next(cursor, &record), ERR_NOT_FOUND);
	journal_cursor_close(cursor);
}

static int64_t metric_named(const world_t *w, const char *name)
{
	const metrics_t *m = journal_metrics(w->journal);
	size_t i = 0;
	while (strcmp(m->rows[i].name, name) != 0)
		i++;
	return metric_get(m, i);
}

static void on_watch(void *ctx)
{
	world_t *w = ctx;
	if (metric_named(w, "segments_archived_total") + 1 == metric_named(w, "segments"))
		env_stop(w->env);
	env_timer_set(w->watch, 5 * NS_PER_MS);
}

/* Opens it once more and waits until all but the last segment are compressed. */
static void archive_all(world_t *w)
{
	journal_recovery_t recovery;
	w->archives = true;
	open_journal(w, &recovery);
	assert_int_equal(env_timer_new(env_control_loop(w->env), on_watch, w, &w->watch), ERR_OK);
	env_timer_set(w->watch, 0);
	assert_int_equal(env_loop_start(w->loop), ERR_OK);
	assert_int_equal(env_run(w->env), ERR_OK);
	assert_all_there(w);
	env_timer_free(w->watch);
	halt(w);
}

static int run_script(const world_t *w)
{
	char command[512];
	const char *source = getenv("JIZHU_SOURCE");
	snprintf(command, sizeof(command),
	         "python3 '%s/test/golden/journal_verify.py' '%s' main 2>/dev/null >/dev/null",
	         source ? source : ".", w->dir);
	return system(command);
}

/* Alters one byte of a file; a second time puts it back. */
static void alter(const world_t *w, const char *name, long at)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	int byte = fgetc(file);
	assert_true(byte != EOF);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_true(fputc(byte ^ 0x20, file) != EOF);
	assert_int_equal(fclose(file), 0);
}

static void assert_script_sees_damage(const world_t *w, const char *first)
{
	static const long places[] = { 0, 20, 70, 95, 96, 112, 130, 150, 1000, 5000, 20000, 65535 };
	size_t count = sizeof(places) / sizeof(places[0]) - (w->archives ? 3 : 0);
	assert_int_equal(run_script(w), 0);
	for (size_t i = 0; i < count; i++) {
		alter(w, first, places[i]);
		assert_int_not_equal(run_script(w), 0);
		alter(w, first, places[i]);
	}
	assert_int_equal(run_script(w), 0);
}

static void remove_folder(const world_t *w)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -r '%s'", w->dir);
	assert_int_equal(system(command), 0);
}

static void writers_on_threads_lose_nothing_and_a_script_can_tell(void **state)
{
	(void)state;
	world_t w = { .dir = "/tmp/journal_test_XXXXXX" };
	journal_recovery_t recovery;
	err_detail_t detail;
	uint64_t records = 0;
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(posix_env_open(&(posix_spec_t){ .program = "none" }, &w.env), ERR_OK);
	open_journal(&w, &recovery);
	write_all(&w);
	assert_all_there(&w);
	halt(&w);
	open_journal(&w, &recovery);
	assert_int_equal(recovery.last_seq, RECORDS);
	assert_int_equal(recovery.cut_bytes, 0);
	assert_all_there(&w);
	halt(&w);
	assert_int_equal(journal_verify(w.env, w.dir, "main", &records, &detail), ERR_OK);
	assert_int_equal(records, RECORDS);
	assert_script_sees_damage(&w, "main-0000000000000001.log");
	archive_all(&w);
	assert_int_equal(journal_verify(w.env, w.dir, "main", &records, &detail), ERR_OK);
	assert_int_equal(records, RECORDS);
	posix_env_close(w.env);
	if (system("zstd --version >/dev/null 2>&1") == 0)
		assert_script_sees_damage(&w, "main-0000000000000001.log.zst");
	else
		print_message("# the script has no program zstd to read archives with\n");
	remove_folder(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writers_on_threads_lose_nothing_and_a_script_can_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
