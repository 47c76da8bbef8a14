/* SPDX-License-Identifier: Apache-2.0 */
/* What the past of the registry costs on disk: records of five values are made and
 * each is changed a few times, by another person and with other data each time; then
 * the sealed segments are compressed. Prints two numbers: bytes of the main journal
 * (changes and the events beside them) and bytes of the Merkle log, for each change.
 * The last segment, which is still written, is left out of both sides.
 *
 * usage: past FOLDER CHANGES */
#include "records.h"

#include "base/num.h"
#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "proof/log.h"
#include "registry/entry/entry.h"
#include "registry/registry.h"

enum { EACH = 5, AHEAD = 512, PATH_BYTES = 512 };

typedef struct {
	env_t *env;
	const char *dir;
	char journal_dir[PATH_BYTES], views_dir[PATH_BYTES], keys_dir[PATH_BYTES];
	env_loop_t *commit, *view, *archive;
	journal_t *journal;
	registry_t *registry;
	proof_t *proof;
	env_mailbox_t *replies;
	env_timer_t *watch;
	uint64_t wanted, asked, done;
	rng_t rng;
} bench_t;

static void must(err_t err, const char *what)
{
	if (err) {
		fprintf(stderr, "past: %s: %s\n", what, err_info(err)->name);
		exit(1);
	}
}

/* Five values; what differs between records and between changes is random. */
static uint32_t put_values(bench_t *b, uint64_t record, writer_t *w)
{
	char text[96];
	int len = snprintf(text, sizeof(text), "http://127.0.0.1/cells/%016llx?rev=%u",
	                   (unsigned long long)(record * 0x9E3779B97F4A7C15u),
	                   (unsigned)rng_below(&b->rng, 1000000));
	value_add(w, 1, SLICE("URL"), slice_of(text, (size_t)len));
	len = snprintf(text, sizeof(text), "cell %llu of line %llu", (unsigned long long)record,
	               (unsigned long long)(record % 7));
	value_add(w, 2, SLICE("DESC"), slice_of(text, (size_t)len));
	len = snprintf(text, sizeof(text), "%.3f V", (double)rng_below(&b->rng, 4200) / 1000);
	value_add(w, 3, SLICE("OCV"), slice_of(text, (size_t)len));
	len = snprintf(text, sizeof(text), "%.1f mOhm", (double)rng_below(&b->rng, 900) / 10);
	value_add(w, 4, SLICE("DCR"), slice_of(text, (size_t)len));
	len = snprintf(text, sizeof(text), "TEST%010u", (unsigned)rng_below(&b->rng, 1000000000));
	value_add(w, 5, SLICE("SERIAL"), slice_of(text, (size_t)len));
	return 5;
}

static void ask(bench_t *b)
{
	uint8_t buf[1024];
	char name[64], who[32];
	writer_t w = writer_of(buf, sizeof(buf));
	uint64_t records = b->wanted / EACH, record = b->asked % records;
	(void)snprintf(name, sizeof(name), "99.100.1/CELL-%08llu", (unsigned long long)record);
	(void)snprintf(who, sizeof(who), "user:%u", (unsigned)rng_below(&b->rng, 20));
	registry_change_t change = {
		.verb = b->asked < records ? REGISTRY_CREATE : REGISTRY_REPLACE,
		.name = slice_str(name),
		.count = put_values(b, record, &w),
		.caller = { .subject = slice_str(who),
		            .role = ROLE_ENGINEER,
		            .request_id = rng_next(&b->rng) },
	};
	change.values = writer_done(&w);
	must(registry_change(b->registry, &change, b->replies, NULL), "change");
	b->asked++;
}

static void on_replies(void *ctx)
{
	bench_t *b = ctx;
	registry_result_t result;
	while (env_mailbox_take(b->replies, &result)) {
		must(result.err, "result");
		b->done++;
	}
	while (b->asked < b->wanted && b->asked - b->done < AHEAD)
		ask(b);
}

static int64_t metric_named(const metrics_t *m, const char *name)
{
	size_t i = 0;
	while (strcmp(m->rows[i].name, name) != 0)
		i++;
	return metric_get(m, i);
}

static void on_watch(void *ctx)
{
	bench_t *b = ctx;
	const metrics_t *m = journal_metrics(b->journal);
	bool is_packed = metric_named(m, "segments_archived_total") + 1 ==
	                 metric_named(m, "segments");
	if (b->done == b->wanted && proof_size(b->proof) == b->wanted && is_packed)
		env_stop(b->env);
	env_timer_set(b->watch, 20 * NS_PER_MS);
}

static void open_all(bench_t *b)
{
	err_detail_t detail;
	journal_recovery_t recovery;
	must(env_loop_new(b->env, "commit", ENV_LOOP_FILES, &b->commit), "loop");
	must(env_loop_new(b->env, "view", ENV_LOOP_FILES, &b->view), "loop");
	must(env_loop_new(b->env, "archive", ENV_LOOP_FILES, &b->archive), "loop");
	must(env_dir_make(b->env, b->views_dir), "folder");
	must(env_dir_make(b->env, b->keys_dir), "folder");
	journal_spec_t journal = { .dir = b->journal_dir,
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 4 << 20,
		                   .commit_loop = b->commit,
		                   .archive_loop = b->archive };
	must(journal_open(b->env, &journal, &b->journal, &recovery, &detail), "journal");
	registry_spec_t registry = { .views_dir = b->views_dir,
		                     .prefix = "99.100.1",
		                     .journal = b->journal,
		                     .registry_loop = b->view };
	must(registry_open(b->env, &registry, &b->registry, &detail), "registry");
	proof_spec_t proof = { .views_dir = b->views_dir,
		               .keys_dir = b->keys_dir,
		               .prefix = "99.100.1",
		               .journal = b->journal,
		               .loop = b->view };
	must(proof_open(b->env, &proof, &b->proof, &detail), "proof");
	env_mailbox_spec_t mail = { .name = "replies",
		                    .reader = env_control_loop(b->env),
		                    .item_size = sizeof(registry_result_t),
		                    .capacity = 2 * AHEAD,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_replies,
		                    .ctx = b };
	must(env_mailbox_new(&mail, &b->replies), "mailbox");
	must(env_timer_new(env_control_loop(b->env), on_watch, b, &b->watch), "timer");
}

static void run_all(bench_t *b)
{
	env_loop_t *loops[] = { b->commit, b->view, b->archive };
	for (size_t i = 0; i < 3; i++)
		must(env_loop_start(loops[i]), "start");
	on_replies(b);
	env_timer_set(b->watch, 0);
	must(env_run(b->env), "run");
	for (size_t i = 0; i < 3; i++)
		env_loop_stop(loops[i]);
}

/* Changes in the segments that are archived. */
static uint64_t sealed_changes(bench_t *b)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint64_t changes = 0, in_segment = 0;
	must(journal_cursor_open(b->journal, 1, &cursor), "cursor");
	for (uint64_t at = 0; journal_cursor_next(cursor, &record) == ERR_OK; at = record.at) {
		changes += record.at < at ? in_segment : 0; /* a new segment began */
		in_segment = record.at < at ? 0 : in_segment;
		in_segment += proof_takes(record.type);
	}
	journal_cursor_close(cursor);
	return changes;
}

typedef struct {
	bench_t *bench;
	const char *dir, *end;
	uint64_t bytes;
} sum_t;

static void add_size(void *ctx, const char *name)
{
	sum_t *sum = ctx;
	char path[PATH_BYTES];
	size_t len = strlen(name), end = strlen(sum->end);
	env_file_t *file = NULL;
	uint64_t size = 0;
	if (len < end || strcmp(&name[len - end], sum->end) != 0)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", sum->dir, name);
	must(env_file_open(sum->bench->env, path, ENV_OPEN_READ, &file), path);
	must(env_file_size(file, &size), path);
	env_file_close(file);
	sum->bytes += size;
}

static uint64_t bytes_in(bench_t *b, const char *dir, const char *end)
{
	sum_t sum = { b, dir, end, 0 };
	must(env_dir_list(b->env, dir, add_size, &sum), dir);
	return sum.bytes;
}

static void close_all(bench_t *b)
{
	proof_close(b->proof);
	registry_close(b->registry);
	env_timer_free(b->watch);
	env_mailbox_free(b->replies);
	journal_close(b->journal);
	env_loop_free(b->commit);
	env_loop_free(b->view);
	env_loop_free(b->archive);
}

int main(int argc, char **argv)
{
	bench_t b = { .rng = rng_of(1) };
	char proof_dir[PATH_BYTES];
	if (argc != 3 || num_parse_u64(slice_str(argv[2]), 100000000, &b.wanted)) {
		fprintf(stderr, "usage: past FOLDER CHANGES\n");
		return 64;
	}
	b.wanted = (b.wanted / EACH + 1) * EACH;
	(void)snprintf(b.journal_dir, sizeof(b.journal_dir), "%s/journal", argv[1]);
	(void)snprintf(b.views_dir, sizeof(b.views_dir), "%s/views", argv[1]);
	(void)snprintf(b.keys_dir, sizeof(b.keys_dir), "%s/keys", argv[1]);
	(void)snprintf(proof_dir, sizeof(proof_dir), "%s/views/proof", argv[1]);
	must(posix_env_open(&(posix_spec_t){ .program = "none" }, &b.env), "world");
	open_all(&b);
	run_all(&b);
	uint64_t changes = sealed_changes(&b);
	double history = (double)bytes_in(&b, b.journal_dir, ".zst") / (double)changes;
	close_all(&b);
	double merkle = (double)bytes_in(&b, proof_dir, "") / (double)b.wanted;
	printf("%.2f %.2f %llu\n", history, merkle, (unsigned long long)changes);
	posix_env_close(b.env);
	return changes == 0;
}
