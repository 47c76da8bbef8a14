/* SPDX-License-Identifier: Apache-2.0 */
/* The registry on real threads and a real store: a commit thread, a view thread, one
 * that asks questions all the while, and the main one that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "registry/registry.h"

enum { NAMES = 200, REPLIES = 4 * NAMES, PATH_CAP = 256 };

typedef struct {
	char root[64], views[PATH_CAP], journals[PATH_CAP];
	env_t *env;
	env_loop_t *commit, *view, *asker;
	journal_t *journal;
	registry_t *registry;
	registry_reader_t *reader;
	env_mailbox_t *replies;
	env_timer_t *ask_timer;
	size_t answered, failed, torn;
} world_t;

static slice_t name_of(size_t i, char buf[64])
{
	(void)snprintf(buf, 64, "99.100.1/n%zu", i);
	return slice_str(buf);
}

/* Every record has two values that say the same, so a torn read would show. */
static void look(void *ctx)
{
	world_t *w = ctx;
	char text[REGISTRY_BATCH][64];
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	for (size_t i = 0; i < REGISTRY_BATCH; i++)
		names[i] = name_of(i, text[i]);
	registry_find_batch(w->reader, names, REGISTRY_BATCH, records, errs);
	for (size_t i = 0; i < REGISTRY_BATCH; i++) {
		if (errs[i])
			continue;
		reader_t r = reader_of(records[i].values);
		slice_t one = handle_value_read(&r).data;
		slice_t two = handle_value_read(&r).data;
		w->torn += r.bad || !slice_eq(one, two);
	}
	registry_find_done(w->reader);
	env_timer_set(w->ask_timer, 50 * NS_PER_US);
}

static void take(void *ctx)
{
	world_t *w = ctx;
	registry_result_t result;
	while (env_mailbox_take(w->replies, &result)) {
		w->failed += result.err != ERR_OK;
		if (++w->answered == REPLIES)
			env_stop(w->env);
	}
}

static void open_all(world_t *w)
{
	err_detail_t detail = { 0 };
	journal_recovery_t recovery;
	assert_int_equal(posix_env_open(&(posix_spec_t){ .program = "test" }, &w->env), ERR_OK);
	assert_int_equal(env_loop_new(w->env, "commit", ENV_LOOP_FILES, &w->commit), ERR_OK);
	assert_int_equal(env_loop_new(w->env, "view", ENV_LOOP_FILES, &w->view), ERR_OK);
	assert_int_equal(env_loop_new(w->env, "asker", ENV_LOOP_EVENTS, &w->asker), ERR_OK);
	assert_int_equal(env_dir_make(w->env, w->views), ERR_OK);
	journal_spec_t journal = { .dir = w->journals,
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 1 << 20,
		                   .commit_loop = w->commit };
	assert_int_equal(journal_open(w->env, &journal, &w->journal, &recovery, &detail), ERR_OK);
	registry_spec_t spec = { .views_dir = w->views,
		                 .prefix = "99.100.1",
		                 .journal = w->journal,
		                 .registry_loop = w->view,
		                 .view_bytes_max = 16 << 20 };
	assert_int_equal(registry_open(w->env, &spec, &w->registry, &detail), ERR_OK);
	assert_int_equal(registry_reader_new(w->registry, &w->reader), ERR_OK);
}

static void close_all(world_t *w)
{
	env_loop_t *loops[] = { w->asker, w->view, w->commit };
	for (size_t i = 0; i < 3; i++)
		env_loop_stop(loops[i]);
	env_timer_free(w->ask_timer);
	registry_reader_free(w->reader);
	registry_close(w->registry);
	env_mailbox_free(w->replies);
	journal_close(w->journal);
	for (size_t i = 0; i < 3; i++)
		env_loop_free(loops[i]);
	posix_env_close(w->env);
	w->ask_timer = NULL;
	w->replies = NULL;
}

static void ask(world_t *w, size_t i)
{
	char name[64], text[64];
	uint8_t buf[512];
	writer_t v = writer_of(buf, sizeof(buf));
	handle_value_t value = { .perms = HANDLE_PERMS_DEFAULT, .type = SLICE("URL") };
	(void)snprintf(text, sizeof(text), "value %zu", i);
	value.data = slice_str(text);
	for (value.index = 1; value.index <= 2; value.index++)
		handle_value_encode(&value, &v);
	registry_change_t change = { .verb = REGISTRY_REPLACE,
		                     .name = name_of(i % NAMES, name),
		                     .count = 2,
		                     .values = writer_done(&v),
		                     .caller = caller_node() };
	assert_int_equal(registry_change(w->registry, &change, w->replies, NULL), ERR_OK);
}

static void change_all(world_t *w)
{
	env_mailbox_spec_t mail = { .name = "replies",
		                    .reader = env_control_loop(w->env),
		                    .item_size = sizeof(registry_result_t),
		                    .capacity = REPLIES,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = take,
		                    .ctx = w };
	assert_int_equal(env_mailbox_new(&mail, &w->replies), ERR_OK);
	assert_int_equal(env_timer_new(w->asker, look, w, &w->ask_timer), ERR_OK);
	env_timer_set(w->ask_timer, 0);
	assert_int_equal(env_loop_start(w->commit), ERR_OK);
	assert_int_equal(env_loop_start(w->view), ERR_OK);
	assert_int_equal(env_loop_start(w->asker), ERR_OK);
	for (size_t i = 0; i < REPLIES; i++)
		ask(w, i);
	assert_int_equal(env_run(w->env), ERR_OK);
}

static void assert_all(world_t *w, bool rebuilt)
{
	assert_int_equal(registry_rebuilt(w->registry), rebuilt);
	assert_int_equal(registry_count(w->registry), NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		char text[64];
		slice_t name = name_of(i, text);
		record_t record;
		err_t err;
		registry_find_batch(w->reader, &name, 1, &record, &err);
		assert_int_equal(err, ERR_OK);
		reader_t r = reader_of(record.values);
		(void)snprintf(text, sizeof(text), "value %zu", REPLIES - NAMES + i);
		assert_true(slice_eq(handle_value_read(&r).data, slice_str(text)));
		registry_find_done(w->reader);
	}
}

static void world_init(world_t *w)
{
	*w = (world_t){ .root = "/tmp/registry-XXXXXX" };
	assert_non_null(mkdtemp(w->root));
	(void)snprintf(w->views, sizeof(w->views), "%s/views", w->root);
	(void)snprintf(w->journals, sizeof(w->journals), "%s/journal", w->root);
}

static void remove_tree(const char *root)
{
	char command[PATH_CAP + 64];
	(void)snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

static void changes_and_questions_on_threads_agree_and_survive_the_view(void **state)
{
	(void)state;
	world_t w;
	char view[PATH_CAP + 16];
	world_init(&w);
	(void)snprintf(view, sizeof(view), "%s/registry", w.views);
	open_all(&w);
	change_all(&w);
	close_all(&w);
	assert_int_equal(w.failed, 0);
	assert_int_equal(w.torn, 0);
	open_all(&w);
	assert_all(&w, false);
	close_all(&w);
	remove_tree(view);
	open_all(&w);
	assert_all(&w, true);
	close_all(&w);
	remove_tree(w.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_and_questions_on_threads_agree_and_survive_the_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
