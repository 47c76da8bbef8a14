/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk registration, from the call to the result, which comes when all names are durable
 * and resolve:
 *
 *     bulk DATA NAMES TIMES
 *
 * A registry on threads of its own in a fresh folder; prints a row `kps value` for each
 * time. */
#include "records.h"

#include "env/file.h"
#include "env/posix/posix.h"
#include "registry/bulk.h"

typedef struct {
	env_t *env;
	env_loop_t *commit, *view;
	journal_t *journal;
	registry_t *registry;
	env_mailbox_t *results;
	char path[512], views[512];
	uint8_t *memory;
	unsigned long names, times, done;
	int64_t began_ns;
} world_t;

static void ask(world_t *w)
{
	enum { RECORD_ROOM = 1024 };
	char key[32];
	writer_t out = writer_of(w->memory, w->names * RECORD_ROOM);
	for (unsigned long i = 0; i < w->names; i++) {
		char name[64];
		uint8_t values[RECORD_ROOM];
		writer_t v = writer_of(values, sizeof(values));
		(void)snprintf(name, sizeof(name), "99.100.1/B%lu-%08lu", w->done, i);
		values_write(i, &v);
		handle_record_t record = { slice_str(name), { 5, writer_done(&v) } };
		handle_record_encode(&record, &out);
	}
	(void)snprintf(key, sizeof(key), "bulk %lu", w->done);
	registry_bulk_t bulk = { .key = slice_str(key),
		                 .records = writer_done(&out),
		                 .count = (uint32_t)w->names,
		                 .caller = caller_node() };
	demand(!out.bad, "room");
	w->began_ns = now_ns();
	demand(registry_bulk(w->registry, &bulk, w->results, NULL) == ERR_OK, "bulk");
}

static void take(void *ctx)
{
	world_t *w = ctx;
	registry_bulk_result_t result;
	while (env_mailbox_take(w->results, &result)) {
		demand(!result.err && !result.repeated, err_info(result.err)->text[LANG_EN]);
		(void)printf("kps %.1f\n",
		             (double)w->names * 1e6 / (double)(now_ns() - w->began_ns));
		if (++w->done == w->times)
			env_stop(w->env);
		else
			ask(w);
	}
}

static void open_all(world_t *w, const char *program, const char *data)
{
	err_detail_t detail = { 0 };
	journal_recovery_t recovery;
	demand(posix_env_open(&(posix_spec_t){ .program = program }, &w->env) == ERR_OK, "world");
	demand(env_loop_new(w->env, "commit", ENV_LOOP_FILES, &w->commit) == ERR_OK, "loop");
	demand(env_loop_new(w->env, "view", ENV_LOOP_FILES, &w->view) == ERR_OK, "loop");
	(void)snprintf(w->path, sizeof(w->path), "%s/journal", data);
	(void)snprintf(w->views, sizeof(w->views), "%s/views", data);
	demand(env_dir_make(w->env, w->views) == ERR_OK, w->views);
	journal_spec_t journal = { .dir = w->path,
		                   .name = "main",
		                   .chained = true,
		                   .buffer_bytes = 1 << 20,
		                   .commit_loop = w->commit };
	demand(journal_open(w->env, &journal, &w->journal, &recovery, &detail) == ERR_OK,
	       "journal");
	registry_spec_t spec = { .views_dir = w->views,
		                 .prefix = "99.100.1",
		                 .journal = w->journal,
		                 .registry_loop = w->view };
	demand(registry_open(w->env, &spec, &w->registry, &detail) == ERR_OK, "registry");
	env_mailbox_spec_t mail = { .name = "results",
		                    .reader = env_control_loop(w->env),
		                    .item_size = sizeof(registry_bulk_result_t),
		                    .capacity = 4,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = take,
		                    .ctx = w };
	demand(env_mailbox_new(&mail, &w->results) == ERR_OK, "mailbox");
	demand(env_loop_start(w->commit) == ERR_OK && env_loop_start(w->view) == ERR_OK, "start");
}

int main(int argc, char **argv)
{
	world_t w = { 0 };
	demand(argc == 4, "bulk DATA NAMES TIMES");
	w.names = number_of(argv[2]);
	w.times = number_of(argv[3]);
	w.memory = malloc(w.names * 1024);
	demand(w.memory, "memory");
	open_all(&w, argv[0], argv[1]);
	ask(&w);
	demand(env_run(w.env) == ERR_OK, "run");
	env_loop_stop(w.view);
	env_loop_stop(w.commit);
	registry_close(w.registry);
	env_mailbox_free(w.results);
	journal_close(w.journal);
	env_loop_free(w.view);
	env_loop_free(w.commit);
	posix_env_close(w.env);
	free(w.memory);
	return 0;
}
