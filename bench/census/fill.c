/* SPDX-License-Identifier: Apache-2.0 */
/* A register filled by the way that devices come: rows as texts, keys made, batches built,
 * journalled as received, synced, followed, on one thread.
 *
 *     fill FOLDER < ROWS
 *
 * A row is maker, serial, kind, industry, region, state, reporter, hops, since and told (s),
 * tab-separated; those of a reporter follow one another. Prints rows `what value`, then the
 * counts: "count", properties, words and number, tab-separated. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "census/census.h"
#include "census/key.h"
#include "codec/uplink/uplink.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "model/received.h"

enum {
	ROWS_AN_ITEM = 256,
	ITEMS_A_BATCH = 16,
	ROWS = ROWS_AN_ITEM * ITEMS_A_BATCH,
	CELLS = 1 << 16,
	TEXT = 64,
	LINE = 512,
};

typedef enum {
	MAKER,
	SERIAL,
	KIND,
	INDUSTRY,
	REGION,
	STATE,
	REPORTER,
	HOPS,
	SINCE,
	TOLD,
	COLUMNS
} column_t;

typedef struct {
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	census_t *census;
	/* Rows of one reporter, told at one time. */
	char reporter[TEXT];
	uint64_t hops, told_s, next, rows, count;
	char words[ROWS][3][TEXT];
	census_row_t row[ROWS];
	uint8_t bodies[ITEMS_A_BATCH][CENSUS_ITEM_MAX];
	uint8_t batch[UPLINK_BATCH_MAX], payload[UPLINK_BATCH_MAX + RECEIVED_HEAD_MAX];
	double followed_s; /* of the whole, spent in census_follow */
} fill_t;

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "%s\n", what);
	exit(1);
}

static double seconds(env_t *env)
{
	return (double)env_now(env) / (double)NS_PER_S;
}

static void census_begin(fill_t *f)
{
	census_spec_t spec = { .views_dir = "views", .journal = f->journal, .node = "99.100.1" };
	demand(census_open(f->env, &spec, &f->census) == ERR_OK, "census");
}

static void open_all(fill_t *f, const char *folder)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	posix_spec_t world = { 0 };
	demand(chdir(folder) == 0, folder);
	demand(posix_env_open(&world, &f->env) == ERR_OK, "world");
	demand(env_loop_new(f->env, "files", ENV_LOOP_FILES, &f->loop) == ERR_OK, "loop");
	journal_spec_t spec = {
		.dir = "journal", .name = "tree", .chained = true, .commit_loop = f->loop
	};
	demand(journal_open(f->env, &spec, &f->journal, &recovery, &detail) == ERR_OK, "journal");
	census_begin(f);
}

/* Durable, then in the register. */
static void settle(fill_t *f)
{
	demand(journal_flush(f->journal) == ERR_OK, "flush");
	double from = seconds(f->env);
	demand(census_follow(f->census) == ERR_OK, "follow");
	f->followed_s += seconds(f->env) - from;
}

static void append(fill_t *f, slice_t payload)
{
	uint64_t seq;
	err_t err = journal_append(f->journal, JOURNAL_RECEIVED, &payload, 1, &seq);
	if (err == ERR_LIMIT) {
		settle(f);
		err = journal_append(f->journal, JOURNAL_RECEIVED, &payload, 1, &seq);
	}
	demand(err == ERR_OK, "append");
}

/* The rows that are held, as items; says how many items. */
static uint32_t put_items(fill_t *f, uplink_item_t items[ITEMS_A_BATCH])
{
	uint32_t count = 0;
	census_saying_t said = { slice_str(f->reporter), (uint8_t)f->hops,
		                 (int64_t)f->told_s * NS_PER_S };
	for (size_t done = 0; done < f->count; count++) {
		size_t left = f->count - done;
		demand(count < ITEMS_A_BATCH, "items");
		writer_t w = writer_of(f->bodies[count], sizeof(f->bodies[count]));
		done += census_item_put(&said, &f->row[done],
		                        left < ROWS_AN_ITEM ? left : ROWS_AN_ITEM, &w);
		items[count] = (uplink_item_t){ said.told_ns, writer_done(&w) };
	}
	return count;
}

static void send_batch(fill_t *f)
{
	uplink_item_t items[ITEMS_A_BATCH];
	if (f->count == 0)
		return;
	writer_t b = writer_of(f->batch, sizeof(f->batch));
	writer_t p = writer_of(f->payload, sizeof(f->payload));
	uplink_envelope_t envelope = { .stream = UPLINK_DEVICES,
		                       .node = slice_str(f->reporter),
		                       .epoch = 1,
		                       .first = f->next };
	envelope.count = put_items(f, items);
	if (f->next > 1)
		memset(envelope.before, 1, sizeof(envelope.before));
	uplink_batch_put(&envelope, items, &b);
	uint8_t *signature = wr_reserve(&b, UPLINK_SIGNATURE_BYTES);
	demand(signature != NULL, "batch");
	memset(signature, 0, UPLINK_SIGNATURE_BYTES);
	received_t received = { slice_str(f->reporter), { env_utc(f->env).ns }, writer_done(&b) };
	received_put(&received, &p);
	demand(!p.bad, "payload");
	append(f, writer_done(&p));
	f->next += envelope.count;
	f->count = 0;
}

static uint64_t number_of(slice_t text)
{
	uint64_t number = 0;
	demand(num_parse_u64(text, UINT32_MAX, &number) == ERR_OK, "number");
	return number;
}

static slice_t kept(char room[TEXT], slice_t text)
{
	demand(slice_to_cstr(text, room, TEXT), "text");
	return slice_of(room, text.len);
}

/* Another reporter, or the same at another time. */
static void turn_to(fill_t *f, const slice_t cells[COLUMNS])
{
	uint64_t told_s = number_of(cells[TOLD]);
	bool is_other = !slice_eq(slice_str(f->reporter), cells[REPORTER]);
	if (!is_other && told_s == f->told_s && f->count < ROWS)
		return;
	send_batch(f);
	if (is_other)
		f->next = 1;
	(void)kept(f->reporter, cells[REPORTER]);
	f->hops = number_of(cells[HOPS]);
	f->told_s = told_s;
}

static void take_line(fill_t *f, slice_t line)
{
	static const char secret[] = "no secret, but long enough";
	slice_t cells[COLUMNS];
	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = slice_cut(&line, '\t');
	turn_to(f, cells);
	census_row_t *row = &f->row[f->count];
	char(*words)[TEXT] = f->words[f->count++];
	*row = (census_row_t){ .kind = kept(words[0], cells[KIND]),
		               .industry = kept(words[1], cells[INDUSTRY]),
		               .region = kept(words[2], cells[REGION]),
		               .state = census_state_parse(cells[STATE]),
		               .since_s = (uint32_t)number_of(cells[SINCE]),
		               .seen_s = (uint32_t)f->told_s };
	demand(row->state < CENSUS_STATE_COUNT, "state");
	demand(census_key(slice_str(secret), &cells[MAKER], row->kind, &row->key) == ERR_OK, "key");
	f->rows++;
}

static void read_rows(fill_t *f)
{
	char line[LINE];
	while (fgets(line, sizeof(line), stdin))
		take_line(f, slice_trim(slice_str(line)));
	send_batch(f);
	settle(f);
}

static void print_counts(fill_t *f)
{
	static const char *const names[] = {
#define X(name, word) word,
		CENSUS_BY_ROWS(X)
#undef X
	};
	census_cell_t *cells = calloc(CELLS, sizeof(*cells));
	demand(cells != NULL, "memory");
	for (unsigned pair = 0; pair < CENSUS_BY_COUNT * CENSUS_BY_COUNT; pair++) {
		census_count_t ask = { .by = { (census_by_t)(pair / CENSUS_BY_COUNT),
			                       (census_by_t)(pair % CENSUS_BY_COUNT) },
			               .cells = cells,
			               .cap = CELLS };
		census_total_t total;
		size_t count = 0;
		if (ask.by[0] >= ask.by[1])
			continue;
		demand(census_count(f->census, &ask, &count, &total) == ERR_OK, "count");
		for (size_t i = 0; i < count; i++)
			(void)printf("count\t%s\t%s\t%.*s\t%.*s\t%" PRIu64 "\n", names[ask.by[0]],
			             names[ask.by[1]], (int)cells[i].word[0].len,
			             cells[i].word[0].ptr, (int)cells[i].word[1].len,
			             cells[i].word[1].ptr, cells[i].count);
	}
}

static void row(const char *what, double value)
{
	(void)printf("%s %.3f\n", what, value);
}

static double mb(env_t *env)
{
	return (double)env_usage(env).anon_bytes / (1 << 20);
}

/* With the view, and again without it. */
static void start_again(fill_t *f)
{
	double from = seconds(f->env);
	census_close(f->census);
	row("save_s", seconds(f->env) - from);
	for (unsigned i = 0; i < 2; i++) {
		from = seconds(f->env);
		census_begin(f);
		row(i ? "start_without_view_s" : "start_s", seconds(f->env) - from);
		if (i == 0) {
			census_close(f->census);
			demand(env_path_remove(f->env, "views/census") == ERR_OK, "view");
		}
	}
}

int main(int argc, char **argv)
{
	demand(argc == 2, "fill FOLDER < ROWS");
	fill_t *f = calloc(1, sizeof(*f));
	demand(f != NULL, "memory");
	open_all(f, argv[1]);
	double from = seconds(f->env), before_mb = mb(f->env);
	int64_t cpu_ns = env_usage(f->env).cpu_ns;
	read_rows(f);
	row("fill_s", seconds(f->env) - from);
	row("fill_cpu_s", (double)(env_usage(f->env).cpu_ns - cpu_ns) / (double)NS_PER_S);
	row("follow_s", f->followed_s);
	row("rows", (double)f->rows);
	row("anon_mb", mb(f->env));
	row("register_mb", mb(f->env) - before_mb);
	start_again(f);
	from = seconds(f->env);
	print_counts(f);
	row("counts_s", seconds(f->env) - from);
	census_close(f->census);
	journal_close(f->journal);
	env_loop_free(f->loop);
	posix_env_close(f->env);
	free(f);
	return 0;
}
