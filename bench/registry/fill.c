/* SPDX-License-Identifier: Apache-2.0 */
/* A data folder with many identifiers, as a node would have written it:
 *
 *     fill DATA COUNT
 *
 * Records 99.100.1/P0 ... of five values each (URL, URL.MIRROR, EMAIL, DESC.zh,
 * HS_ADMIN; some 120 bytes of data) go into the main journal, then the view is
 * built from it. Prints rows `what value`. */
#include "records.h"

#include "env/file.h"
#include "env/posix/posix.h"
#include "registry/entry/entry.h"
#include "registry/registry.h"

static const char prefix[] = "99.100.1";

typedef struct {
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	char path[512];
} world_t;

static void append(world_t *world, unsigned long i)
{
	char name[128];
	uint8_t values[1024], entry_bytes[2048];
	writer_t v = writer_of(values, sizeof(values)),
		 w = writer_of(entry_bytes, sizeof(entry_bytes));
	values_write(i, &v);
	(void)snprintf(name, sizeof(name), "%s/P%08lu", prefix, i);
	registry_entry_t entry = {
		.verb = REGISTRY_CREATE,
		.role = ROLE_ENGINEER,
		.subject = SLICE("bench"),
		.utc_ns = INT64_C(1767225600) * NS_PER_S,
		.record = { .name = slice_str(name), .count = 5, .values = writer_done(&v) },
	};
	registry_entry_write(&entry, &w);
	slice_t payload = writer_done(&w);
	uint64_t seq;
	err_t err = journal_append(world->journal, JOURNAL_REGISTRY_PUT, &payload, 1, &seq);
	if (err == ERR_LIMIT) {
		demand(journal_flush(world->journal) == ERR_OK, "flush");
		err = journal_append(world->journal, JOURNAL_REGISTRY_PUT, &payload, 1, &seq);
	}
	demand(!err && !v.bad && !w.bad, "append");
}

static void journal_make(world_t *world, const char *data)
{
	journal_recovery_t recovery;
	err_detail_t detail = { 0 };
	(void)snprintf(world->path, sizeof(world->path), "%s/journal", data);
	journal_spec_t spec = {
		.dir = world->path, .name = "main", .chained = true, .commit_loop = world->loop
	};
	demand(env_dir_make(world->env, data) == ERR_OK, data);
	demand(journal_open(world->env, &spec, &world->journal, &recovery, &detail) == ERR_OK,
	       "journal");
}

static void view_make(world_t *world, const char *data)
{
	registry_t *registry;
	err_detail_t detail = { 0 };
	(void)snprintf(world->path, sizeof(world->path), "%s/views", data);
	demand(env_dir_make(world->env, world->path) == ERR_OK, world->path);
	registry_spec_t spec = { .views_dir = world->path,
		                 .prefix = prefix,
		                 .journal = world->journal,
		                 .registry_loop = world->loop };
	demand(registry_open(world->env, &spec, &registry, &detail) == ERR_OK, "registry");
	(void)printf("records %llu\n", (unsigned long long)registry_count(registry));
	registry_close(registry);
}

int main(int argc, char **argv)
{
	world_t world = { 0 };
	demand(argc == 3, "fill DATA COUNT");
	unsigned long count = number_of(argv[2]);
	demand(posix_env_open(&(posix_spec_t){ .program = argv[0] }, &world.env) == ERR_OK,
	       "world");
	demand(env_loop_new(world.env, "files", ENV_LOOP_FILES, &world.loop) == ERR_OK, "loop");
	journal_make(&world, argv[1]);
	int64_t began = now_ns();
	for (unsigned long i = 0; i < count; i++)
		append(&world, i);
	demand(journal_flush(world.journal) == ERR_OK, "flush");
	int64_t written = now_ns();
	view_make(&world, argv[1]);
	(void)printf("journal_s %.2f\nview_s %.2f\n", (double)(written - began) / 1e9,
	             (double)(now_ns() - written) / 1e9);
	journal_close(world.journal);
	env_loop_free(world.loop);
	posix_env_close(world.env);
	return 0;
}
