/* SPDX-License-Identifier: Apache-2.0 */
/* Series asked for by several threads at once, beside one that commits: each label set gets
 * one id, and questions see whole sets. */
#include "series/series.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/posix/posix.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { WRITERS = 3, SETS = 4000, PATH_BYTES = 256 };

typedef struct {
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	series_t *series;
	char dir[PATH_BYTES];
	point_id_t ids[WRITERS][SETS];
	_Atomic unsigned faults, done;
} world_t;

typedef struct {
	world_t *world;
	size_t number;
} writer_arg_t;

static err_t get(world_t *w, size_t i, point_id_t *ret_id)
{
	char dev[32], kind[32];
	labels_t labels;
	(void)snprintf(dev, sizeof(dev), "d%zu", i);
	(void)snprintf(kind, sizeof(kind), "k%zu", i % 7);
	label_t items[] = { { SLICE(LABEL_NAME), SLICE("m") },
		            { SLICE("dev"), slice_str(dev) },
		            { SLICE("kind"), slice_str(kind) } };
	err_t err = labels_make(items, 3, &labels);
	while (!err && (err = series_get(w->series, &labels, ret_id)) == ERR_BUSY)
		err = ERR_OK; /* the other loop makes room */
	return err;
}

static void *write_all(void *ctx)
{
	const writer_arg_t *arg = ctx;
	world_t *w = arg->world;
	for (size_t n = 0; n < SETS; n++) {
		size_t i = arg->number % 2 ? SETS - 1 - n : n;
		w->faults += get(w, i, &w->ids[arg->number][i]) != ERR_OK;
	}
	w->done++;
	return NULL;
}

typedef struct {
	size_t count, wrong;
	point_id_t last;
} seen_t;

static bool see(void *ctx, point_id_t point, const labels_t *labels)
{
	seen_t *seen = ctx;
	seen->wrong += labels->count != 3 || point <= seen->last ||
	               !slice_eq(labels_get(labels, SLICE("kind")), SLICE("k3"));
	seen->last = point;
	seen->count++;
	return true;
}

static void *ask_on(void *ctx)
{
	world_t *w = ctx;
	const label_matcher_t matchers[] = {
		{ LABEL_MATCH, SLICE("kind"), SLICE("k3") },
		{ LABEL_NOT_MATCH, SLICE("dev"), SLICE("x.*") },
	};
	series_index_t index = series_index(w->series);
	size_t most = 0;
	while (w->done < WRITERS) {
		seen_t seen = { 0 };
		w->faults += index.select(index.ctx, matchers, 2, see, &seen) != ERR_OK;
		w->faults += seen.wrong > 0 || seen.count < most;
		most = seen.count;
	}
	return NULL;
}

static void world_open(world_t *w)
{
	char views[PATH_BYTES];
	journal_recovery_t recovery;
	err_detail_t detail;
	OK(posix_env_open(&(posix_spec_t){ .program = "test" }, &w->env));
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/jizhu-series-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	OK(env_path_join(w->dir, "views", views, sizeof(views)));
	OK(env_dir_make(w->env, views));
	OK(env_loop_new(w->env, "files", ENV_LOOP_FILES, &w->loop));
	journal_spec_t journal = {
		.dir = w->dir, .name = "main", .chained = true, .commit_loop = w->loop
	};
	OK(journal_open(w->env, &journal, &w->journal, &recovery, &detail));
	series_spec_t spec = { .views_dir = views, .journal = w->journal, .loop = w->loop };
	OK(series_open(w->env, &spec, &w->series));
	OK(env_loop_start(w->loop));
}

static void remove_name(void *ctx, const char *name)
{
	world_t *w = ctx;
	char path[2 * PATH_BYTES];
	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	(void)!env_path_remove(w->env, path);
}

static void world_close(world_t *w)
{
	env_loop_stop(w->loop);
	series_close(w->series);
	journal_close(w->journal);
	env_loop_free(w->loop);
	remove_name(w, "views/series");
	OK(env_dir_list(w->env, w->dir, remove_name, w));
	(void)!env_path_remove(w->env, w->dir);
	posix_env_close(w->env);
}

static void threads_that_ask_for_the_same_labels_get_one_id(void **state)
{
	static world_t w;
	writer_arg_t args[WRITERS];
	pthread_t threads[WRITERS + 1];
	(void)state;
	world_open(&w);
	for (size_t i = 0; i < WRITERS; i++) {
		args[i] = (writer_arg_t){ &w, i };
		assert_int_equal(pthread_create(&threads[i], NULL, write_all, &args[i]), 0);
	}
	assert_int_equal(pthread_create(&threads[WRITERS], NULL, ask_on, &w), 0);
	for (size_t i = 0; i <= WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(w.faults, 0);
	for (size_t i = 1; i < WRITERS; i++)
		assert_memory_equal(w.ids[i], w.ids[0], sizeof(w.ids[0]));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_that_ask_for_the_same_labels_get_one_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
