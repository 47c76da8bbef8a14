/* SPDX-License-Identifier: Apache-2.0 */
/* One parent and many children over mutual TLS: what taking in costs, and what a connected
 * child does.
 *
 *     bench prepare DIR CHILDREN            an authority, and as many members of it
 *     bench parent DIR PORT CHILDREN ITEMS  takes in until it has ITEMS durably (0: until
 *                                           the children are there and have sent one batch)
 *     bench load DIR PORT CHILDREN BATCHES  each child sends so many batches of BATCH items
 *
 * The parent prints rows `name number`: items, wall_s, cpu_s of its process from the first
 * batch on, journal_mb, anon_mb, hello_s of all handshakes. Children sign beforehand, wait until
 * all of them are welcome, and keep CHILD_WINDOW bytes on their way each. */
#include "station.h"
#include "uplink/speech.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BATCH = 100,
	ITEM_BYTES = 128,
	PATH = 512,
	NAME = 32,
	LOOK_NS = 50000000,
	CONNECTIONS = 4096
};

static const char *node_of(unsigned i, char name[NAME])
{
	(void)snprintf(name, NAME, "99.2.%u", i);
	return name;
}

/* ---- the parent */

typedef struct {
	env_t *env;
	station_t station;
	env_timer_t *look;
	uint64_t children, items; /* wanted */
	uint64_t accepted;
	int64_t began, began_cpu, opened;
} bench_t;

static void report(const bench_t *b, uint64_t items)
{
	const metrics_t *m = journal_metrics(b->station.journal);
	env_usage_t usage = env_usage(b->env);
	int64_t bytes = 0;
	for (size_t i = 0; i < m->count; i++)
		bytes += strcmp(m->rows[i].name, "bytes_total") == 0 ? metric_get(m, i) : 0;
	(void)printf("items %llu\nwall_s %.3f\ncpu_s %.3f\nhello_s %.3f\njournal_mb %.1f\n"
	             "anon_mb %.1f\n",
	             (unsigned long long)items, (double)(env_now(b->env) - b->began) * 1e-9,
	             (double)(usage.cpu_ns - b->began_cpu) * 1e-9,
	             (double)(b->began - b->opened) * 1e-9, (double)bytes * 1e-6,
	             (double)usage.anon_bytes / (1 << 20));
}

static uint64_t durable_items(const bench_t *b)
{
	uint64_t items = 0;
	for (size_t i = 0; i < inbox_child_count(b->station.inbox); i++) {
		const inbox_stream_t *s = inbox_stream(inbox_child_at(b->station.inbox, i),
		                                       UPLINK_HEALTH);
		items += s ? s->durable.sequence : 0;
	}
	return items;
}

/* The children send nothing before all of them are welcome. */
static void on_accepted(void *ctx, const channel_t *channel)
{
	bench_t *b = ctx;
	(void)channel;
	if (++b->accepted < b->children)
		return;
	b->began = env_now(b->env);
	b->began_cpu = env_usage(b->env).cpu_ns;
}

static void on_look(void *ctx)
{
	bench_t *b = ctx;
	uint64_t items = durable_items(b), wanted = b->items ? b->items : b->children * BATCH;
	if (items >= wanted) {
		report(b, items);
		(void)fflush(stdout);
		env_stop(b->env);
		return;
	}
	env_timer_set(b->look, LOOK_NS);
}

static void run_parent(bench_t *b, const char *dir, uint16_t port)
{
	station_spec_t spec = { .dir = dir,
		                .node = "99.1",
		                .door = { { ip_v4(127, 0, 0, 1), port } },
		                .door_count = 1,
		                .connections_max = CONNECTIONS };
	station_open(b->env, &spec, &b->station);
	demand(!env_timer_new(b->station.loop, on_look, b, &b->look), "timer");
	b->station.accepted = on_accepted;
	b->station.accepted_ctx = b;
	b->opened = env_now(b->env);
	env_timer_set(b->look, LOOK_NS);
	station_say("listening", 1);
	station_run(&b->station);
}

/* ---- the members */

static void prepare(bench_t *b, const char *dir)
{
	char keys[PATH], (*names)[NAME] = calloc(b->children, sizeof(*names));
	station_member_t *members = calloc(b->children, sizeof(*members));
	demand(names && members, "memory");
	(void)snprintf(keys, sizeof(keys), "%s/load", dir);
	for (unsigned i = 0; i < b->children; i++) {
		const char *node = node_of(i, names[i]);
		members[i] = (station_member_t){ node, { keys, node } };
	}
	station_certify(b->env, &(station_spec_t){ .dir = dir, .node = "99.1" }, members,
	                b->children);
	free(members);
	free(names);
}

typedef struct load load_t;

typedef struct {
	slice_t frame; /* of a batch */
	uint64_t last;
} ready_t;

typedef struct {
	load_t *load;
	char node[NAME];
	tls_dialer_t *dialer;
	channel_dial_t *dial;
	channel_t *channel;
	ready_t *ready;
	size_t sent, done; /* of `ready` */
	size_t on_way;     /* bytes */
} member_t;

struct load {
	env_t *env;
	env_loop_t *loop;
	env_timer_t *beat;
	addr_t parent;
	member_t *members;
	uint64_t children, batches, dialled, welcome;
	uint8_t *scratch, *frame;
};

static void push(member_t *m)
{
	while (m->sent < m->load->batches && m->on_way < CHILD_WINDOW) {
		slice_t frame = m->ready[m->sent].frame;
		if (m->channel->write(m->channel->ctx, frame))
			return;
		m->on_way += frame.len;
		m->sent++;
	}
}

static void dial_next(load_t *load);

static void on_welcome(load_t *load)
{
	load->welcome++;
	dial_next(load);
	for (uint64_t i = 0; load->welcome == load->children && i < load->children; i++)
		push(&load->members[i]);
}

static speech_t hear(void *ctx, const uplink_frame_t *frame)
{
	member_t *m = ctx;
	demand(frame->kind != UPLINK_KIND_REFUSAL, "refused");
	if (frame->kind == UPLINK_KIND_WELCOME)
		on_welcome(m->load);
	if (frame->kind != UPLINK_KIND_RECEIPT)
		return SPEECH_NEXT;
	while (m->done < m->sent && m->ready[m->done].last <= frame->receipt.held.sequence)
		m->on_way -= m->ready[m->done++].frame.len;
	push(m);
	return SPEECH_NEXT;
}

static size_t on_data(void *ctx, slice_t bytes)
{
	size_t used = 0;
	bool is_bad = false;
	speech_listener_t listener = { hear, ctx };
	(void)speech_hear(&listener, bytes, &used, &is_bad);
	demand(!is_bad, "the parent says what is no frame");
	return used;
}

/* The parent has what it wanted. */
static void on_closed(void *ctx, err_t why)
{
	(void)ctx;
	(void)why;
	exit(0);
}

static void on_dialled(void *ctx, channel_t *channel)
{
	static const channel_events_t EVENTS = { on_data, NULL, on_closed };
	member_t *m = ctx;
	uplink_frame_t hello = { .kind = UPLINK_KIND_HELLO };
	hello.hello.version = UPLINK_VERSION;
	hello.hello.node = slice_str(m->node);
	hello.hello.flags = UPLINK_FLAG_ZSTD;
	m->channel = channel;
	channel->events = &EVENTS;
	channel->events_ctx = m;
	demand(!speech_say(channel, &hello), "hello");
}

static void on_failed(void *ctx, err_t why)
{
	(void)ctx;
	demand(false, err_info(why)->name);
}

/* One after the other, so that no queue of the machine overflows. */
static void dial_next(load_t *load)
{
	static const channel_dial_events_t EVENTS = { on_dialled, on_failed };
	if (load->dialled == load->children)
		return;
	member_t *m = &load->members[load->dialled++];
	channel_dialer_t seam = tls_dialer_seam(m->dialer);
	demand(!seam.dial(seam.ctx, load->parent, &EVENTS, m, &m->dial), "dial");
}

static void on_beat(void *ctx)
{
	load_t *load = ctx;
	uplink_frame_t beat = { .kind = UPLINK_KIND_BEAT };
	for (uint64_t i = 0; i < load->children; i++)
		if (load->members[i].channel)
			demand(!speech_say(load->members[i].channel, &beat), "beat");
	env_timer_set(load->beat, CHILD_BEAT_NS);
}

/* A batch of items that say what a plant's health might; signed. */
static void make_batch(member_t *m, const env_pkey_t *key, size_t nth,
                       uint8_t before[UPLINK_HASH_BYTES])
{
	char bodies[BATCH][ITEM_BYTES + 1];
	uint8_t bytes[BATCH * (ITEM_BYTES + 16) + 512];
	uplink_item_t items[BATCH];
	uint64_t first = 1 + nth * BATCH;
	for (size_t i = 0; i < BATCH; i++) {
		writer_t body = writer_of(bodies[i], sizeof(bodies[i]));
		uint64_t n = first + i;
		memset(bodies[i], '.', sizeof(bodies[i]));
		wr_format(&body,
		          "%s cpu %u %% memory %u of 65536 MB disk %u polls %u late %u up 11",
		          m->node, (unsigned)(n * 37 % 1000), (unsigned)(n * 7919 % 65536),
		          (unsigned)(n * 104729 % 9999991), (unsigned)n * 1201,
		          (unsigned)(n * 31 % 17));
		demand(!body.bad, "an item is too long");
		items[i] = (uplink_item_t){ (int64_t)(first + i) * NS_PER_S,
			                    slice_of(bodies[i], ITEM_BYTES) };
	}
	uplink_envelope_t envelope = { .stream = UPLINK_HEALTH,
		                       .node = slice_str(m->node),
		                       .epoch = 1,
		                       .first = first,
		                       .count = BATCH };
	memcpy(envelope.before, before, UPLINK_HASH_BYTES);
	writer_t w = writer_of(bytes, sizeof(bytes));
	uplink_batch_put(&envelope, items, &w);
	seal_hash(UPLINK_TAG_BATCH, writer_done(&w), before);
	demand(!seal_sign(key, before, &w), "signature");
	writer_t f = writer_of(m->load->frame, SPEECH_FRAME_ROOM);
	speech_pack(writer_done(&w), UPLINK_FLAG_ZSTD, m->load->scratch, &f);
	uint8_t *copy = malloc(f.len);
	demand(copy != NULL, "memory");
	memcpy(copy, f.buf, f.len);
	m->ready[nth] = (ready_t){ slice_of(copy, f.len), first + BATCH - 1 };
}

static void make_member(load_t *load, unsigned i, const char *keys)
{
	member_t *m = &load->members[i];
	membership_place_t place = { keys, node_of(i, m->node) };
	membership_t membership;
	err_detail_t detail;
	uint8_t before[UPLINK_HASH_BYTES] = { 0 };
	m->load = load;
	m->ready = calloc(load->batches, sizeof(*m->ready));
	demand(m->ready && !membership_load(load->env, &place, &membership, &detail), "member");
	demand(!tls_dialer_new(load->loop, &membership, &m->dialer), "dialer");
	for (size_t k = 0; k < load->batches; k++)
		make_batch(m, membership.key, k, before);
	membership_done(&membership);
}

static void run_load(load_t *load, const char *dir)
{
	char keys[PATH];
	(void)snprintf(keys, sizeof(keys), "%s/load", dir);
	load->loop = env_control_loop(load->env);
	load->members = calloc(load->children, sizeof(*load->members));
	load->scratch = malloc(SPEECH_FRAME_ROOM);
	load->frame = malloc(SPEECH_FRAME_ROOM);
	demand(load->members && load->scratch && load->frame, "memory");
	for (unsigned i = 0; i < load->children; i++)
		make_member(load, i, keys);
	demand(!env_timer_new(load->loop, on_beat, load, &load->beat), "timer");
	env_timer_set(load->beat, CHILD_BEAT_NS);
	dial_next(load);
	demand(!env_run(load->env), "run");
}

int main(int argc, char **argv)
{
	env_t *env = NULL;
	demand(argc >= 4, "prepare DIR CHILDREN | parent DIR PORT CHILDREN ITEMS | "
	                  "load DIR PORT CHILDREN BATCHES");
	demand(!posix_env_open(&(posix_spec_t){ argv[0] }, &env), "world");
	bench_t bench = { .env = env, .children = station_number(argv[argc == 4 ? 3 : 4]) };
	if (strcmp(argv[1], "prepare") == 0) {
		prepare(&bench, argv[2]);
		posix_env_close(env);
		return 0;
	}
	demand(argc == 6, "five words");
	uint16_t port = (uint16_t)station_number(argv[3]);
	bench.items = station_number(argv[5]);
	load_t load = { .env = env,
		        .parent = { ip_v4(127, 0, 0, 1), port },
		        .children = bench.children,
		        .batches = bench.items };
	if (strcmp(argv[1], "parent") == 0)
		run_parent(&bench, argv[2], port);
	else
		run_load(&load, argv[2]);
	return 0;
}
