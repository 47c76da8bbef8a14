/* SPDX-License-Identifier: Apache-2.0 */
/* A parent, or a child that has much to say to it, each to be killed at any moment.
 *
 *     uplink_carry prepare UP DOWN       the folders of a parent and of its member
 *     uplink_carry parent UP ADDR ADDR   prints "session 4" or "session 6" for each, and
 *                                        "held N": items that it holds durably
 *     uplink_carry child DOWN SEED ITEMS QUEUE RATE ADDR ADDR
 *                                        prints "receipted N" of all its lives
 *
 * A child puts ITEMS in equal parts into each of STREAMS: the first QUEUE at once, the others
 * at RATE a second while it lives. Which it has put its outbox knows: the source mark of a stream
 * is the number of its last item. An item's body is the node, then in one line the stream, the
 * number, and the first 8 bytes of SHA-256 of "SEED stream number", so that whoever reads it
 * can tell it from one that was made up. */
#include "station.h"

#include "base/num.h"
#include "env/crypto.h"

#include <stdio.h>
#include <stdlib.h>

enum { TURN_NS = 10000000, ITEMS_MOST = 200, BODY = 96, MARK = 8, HEX = 2 * MARK + 1 };
/* Records: so that kills find the view of the inbox before, within and behind its writing. */
enum { SAVE_EVERY = 20 };

#define UP   "99.1"
#define DOWN "99.1.7"

static const uplink_stream_t STREAMS[] = { UPLINK_EVENTS, UPLINK_HEALTH, UPLINK_INDICATORS,
	                                   UPLINK_COUNTERS };
enum { STREAM_COUNT = sizeof(STREAMS) / sizeof(STREAMS[0]) };

typedef struct {
	station_t station;
	env_timer_t *turn;
	uint64_t told;                      /* the number that was said last */
	uint64_t held[UPLINK_STREAM_COUNT]; /* of a parent: durable items of the child's streams */
	/* Of a child; numbers are of one stream. */
	const char *seed;
	uint64_t last, queue, rate;
	uint64_t begun[STREAM_COUNT]; /* put by the lives before */
	int64_t since;
	rng_t dice;
} carry_t;

static void say(carry_t *c, const char *word, uint64_t number)
{
	if (number != c->told)
		station_say(word, number);
	c->told = number;
}

/* ---- the parent */

static void on_moved(void *ctx, inbox_child_t *child, const inbox_stream_t *stream)
{
	carry_t *c = ctx;
	(void)child;
	c->held[stream->durable.stream] = stream->durable.sequence;
}

static void on_more(void *ctx)
{
	carry_t *c = ctx;
	uint64_t items = 0;
	for (size_t i = 0; i < UPLINK_STREAM_COUNT; i++)
		items += c->held[i];
	say(c, "held", items);
}

/* What the lives before have taken in. */
static void look_back(carry_t *c)
{
	inbox_child_t *child = NULL;
	demand(!inbox_child(c->station.inbox, SLICE(DOWN), &child), "child");
	for (size_t i = 0; i < STREAM_COUNT; i++) {
		const inbox_stream_t *stream = inbox_stream(child, STREAMS[i]);
		if (stream)
			on_moved(c, child, stream);
	}
	on_more(c);
}

static void on_accepted(void *ctx, const channel_t *channel)
{
	(void)ctx;
	ip_t ip = ip_owner(channel->addr.ip);
	station_say("session", ip.family);
}

static void run_parent(env_t *env, carry_t *c, char **words)
{
	station_spec_t spec = { .dir = words[0],
		                .node = UP,
		                .door = { station_addr(words[1]), station_addr(words[2]) },
		                .door_count = 2,
		                .save_every = SAVE_EVERY };
	station_open(env, &spec, &c->station);
	c->station.accepted = on_accepted;
	c->told = UINT64_MAX;
	look_back(c);
	inbox_follower_t follower = { on_moved, on_more, c };
	demand(!inbox_follow(c->station.inbox, &follower), "follower");
	station_run(&c->station);
}

/* ---- the child */

static size_t write_body(const carry_t *c, uplink_stream_t stream, uint64_t number,
                         uint8_t body[BODY])
{
	uint8_t hash[SHA256_BYTES], text[BODY];
	char hex[HEX];
	writer_t mark = writer_of(text, sizeof(text)), w = writer_of(body, BODY);
	const char *name = uplink_stream_name(stream);
	wr_format(&mark, "%s %s %llu", c->seed, name, (unsigned long long)number);
	slice_t marked = writer_done(&mark);
	env_sha256(&marked, 1, hash);
	num_to_hex(slice_of(hash, MARK), hex);
	wr_string(&w, SLICE(DOWN));
	wr_format(&w, "%s %llu %.*s", name, (unsigned long long)number, 2 * MARK, hex);
	demand(!mark.bad && !w.bad, "a body is too long");
	return w.len;
}

static uint64_t put_so_far(const carry_t *c, size_t nth)
{
	const outbox_stream_t *s = outbox_stream(c->station.outbox, SLICE(UP), STREAMS[nth]);
	uint64_t number = 0;
	if (s)
		demand(!num_parse_u64(slice_of(s->source, s->source_len), UINT32_MAX, &number),
		       "a source mark is no number");
	return number;
}

/* What the journal has no room for is put at a later turn. */
static void put(carry_t *c, uplink_stream_t stream, uint64_t before, uint32_t count)
{
	uint8_t bodies[ITEMS_MOST][BODY];
	uplink_item_t items[ITEMS_MOST];
	char mark[24];
	uint64_t seq = 0;
	int64_t now = env_utc(c->station.env).ns;
	for (uint32_t i = 0; i < count; i++) {
		size_t len = write_body(c, stream, before + 1 + i, bodies[i]);
		items[i] = (uplink_item_t){ now, slice_of(bodies[i], len) };
	}
	(void)snprintf(mark, sizeof(mark), "%llu", (unsigned long long)(before + count));
	outbox_put_t what = { .parent = SLICE(UP),
		              .stream = stream,
		              .items = items,
		              .count = count,
		              .source = slice_str(mark) };
	err_t err = outbox_put(c->station.outbox, &what, &seq);
	demand(!err || err == ERR_LIMIT, err_info(err)->name);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Batches of chance sizes, of those whose time has come. */
static void put_due(carry_t *c, size_t nth)
{
	uint64_t done = put_so_far(c, nth), from = c->begun[nth];
	uint64_t passed = (uint64_t)(env_now(c->station.env) - c->since) / TURN_NS;
	uint64_t due = (from > c->queue ? from : c->queue) +
	               passed * c->rate / (NS_PER_S / TURN_NS);
	uint64_t wanted = 1 + rng_below(&c->dice, ITEMS_MOST);
	due = least(due, c->last);
	if (due == c->last)
		wanted = least(wanted, due - done);
	if (wanted && due - done >= wanted)
		put(c, STREAMS[nth], done, (uint32_t)wanted);
}

static void on_turn(void *ctx)
{
	carry_t *c = ctx;
	uint64_t receipted = 0;
	child_status_t status = child_status(c->station.child);
	for (size_t i = 0; i < STREAM_COUNT; i++) {
		put_due(c, i);
		receipted += status.streams[STREAMS[i]].receipted.sequence;
	}
	/* A parent that has just come back has not said yet what it holds. */
	if (receipted > c->told)
		say(c, "receipted", receipted);
	env_timer_set(c->turn, TURN_NS);
}

static void run_child(env_t *env, carry_t *c, char **words)
{
	station_spec_t spec = { .dir = words[0],
		                .node = DOWN,
		                .parent = UP,
		                .addrs = { station_addr(words[5]), station_addr(words[6]) },
		                .addr_count = 2 };
	c->seed = words[1];
	c->last = station_number(words[2]) / STREAM_COUNT;
	c->queue = station_number(words[3]) / STREAM_COUNT;
	c->rate = station_number(words[4]) / STREAM_COUNT;
	station_open(env, &spec, &c->station);
	c->since = env_now(env);
	for (size_t i = 0; i < STREAM_COUNT; i++)
		c->begun[i] = put_so_far(c, i);
	c->dice = rng_of(num_hash(slice_str(c->seed), c->begun[0]));
	demand(!env_timer_new(c->station.loop, on_turn, c, &c->turn), "timer");
	env_timer_set(c->turn, TURN_NS);
	station_run(&c->station);
}

static void prepare(env_t *env, char **words)
{
	char keys[512];
	(void)snprintf(keys, sizeof(keys), "%s/keys", words[1]);
	station_certify(env, &(station_spec_t){ .dir = words[0], .node = UP },
	                &(station_member_t){ DOWN, { keys, STATION_ABOVE } }, 1);
}

int main(int argc, char **argv)
{
	env_t *env = NULL;
	carry_t carry = { .told = 0 };
	const char *what = argc > 1 ? argv[1] : "";
	demand(!posix_env_open(&(posix_spec_t){ argv[0] }, &env), "world");
	if (strcmp(what, "prepare") == 0 && argc == 4)
		prepare(env, argv + 2);
	else if (strcmp(what, "parent") == 0 && argc == 5)
		run_parent(env, &carry, argv + 2);
	else if (strcmp(what, "child") == 0 && argc == 9)
		run_child(env, &carry, argv + 2);
	else
		demand(false, "prepare UP DOWN | parent UP ADDR ADDR | "
		              "child DOWN SEED ITEMS QUEUE RATE ADDR ADDR");
	posix_env_close(env);
	return 0;
}
