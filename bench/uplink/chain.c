/* SPDX-License-Identifier: Apache-2.0 */
/* An event's way up three levels, from a put at an enterprise over a province to a record that
 * is durable at the nation, while other streams carry much.
 *
 *     uplink_chain prepare NATION PROVINCE ENTERPRISE   folders
 *     uplink_chain nation DIR DOOR EVENTS        ends when it has as many
 *     uplink_chain province DIR DOOR ABOVE
 *     uplink_chain enterprise DIR ABOVE RATE     RATE items a second of OTHERS, and events
 *
 * Each has a journal of its own and speaks mutual TLS. An event bears the moment it was put at,
 * by the clock that all processes of a machine share. The province passes every batch on as
 * it came, item by item, through its outbox.
 *
 * The nation prints "latency_us N" for each event, then "others N" items of the other streams
 * that became durable between the first event and the last, "window_us", and of its journal
 * "commits" and "commit_us", the time of all. */
#include "base/num.h"
#include "model/received.h"
#include "station.h"

#include <stdio.h>
#include <stdlib.h>

enum { TURN_NS = 20000000, EVENT_LEAST_NS = 5000000, EVENT_MORE_NS = 30000000 };
enum { ITEM_BYTES = 128, TURN_ITEMS = 1024 };

#define NATION     "99.1"
#define PROVINCE   "99.1.2"
#define ENTERPRISE "99.1.2.3"

static const uplink_stream_t OTHERS[] = { UPLINK_HEALTH, UPLINK_INDICATORS, UPLINK_COUNTERS };
enum { OTHER_COUNT = sizeof(OTHERS) / sizeof(OTHERS[0]) };

typedef struct chain chain_t;

struct chain {
	station_t station;
	/* Of who takes in: behind what was read; a record that waits for room in the outbox. */
	journal_cursor_t *cursor;
	journal_record_t record;
	bool is_waiting;
	/* ERR_LIMIT: later. */
	err_t (*take)(chain_t *chain, const received_t *received);
	/* Of the nation. */
	uint64_t events, wanted, others;
	int64_t first;
	/* Of the enterprise. */
	env_timer_t *turn, *event;
	uint64_t rate, put;
	int64_t since;
	rng_t dice;
};

static err_t put_up(chain_t *c, const char *parent, uplink_stream_t stream,
                    const uplink_item_t *items, uint32_t count)
{
	uint64_t seq = 0;
	outbox_put_t put = {
		.parent = slice_str(parent), .stream = stream, .items = items, .count = count
	};
	return outbox_put(c->station.outbox, &put, &seq);
}

/* ---- what came */

static void on_moved(void *ctx, inbox_child_t *child, const inbox_stream_t *stream)
{
	(void)ctx;
	(void)child;
	(void)stream;
}

/* A record that finds no room above stays in hand until the outbox has moved. */
static void on_more(void *ctx)
{
	chain_t *c = ctx;
	err_t err = ERR_OK;
	while (c->is_waiting || !(err = journal_cursor_next(c->cursor, &c->record))) {
		received_t received;
		err_t taken = ERR_OK;
		if (c->record.type == JOURNAL_RECEIVED) {
			demand(!received_read(c->record.payload, &received), "record");
			taken = c->take(c, &received);
		}
		c->is_waiting = taken != ERR_OK;
		if (c->is_waiting)
			return;
	}
	demand(err == ERR_NOT_FOUND, "the journal cannot be read");
}

static void follow(chain_t *c)
{
	journal_t *journal = c->station.journal;
	inbox_follower_t follower = { on_moved, on_more, c };
	demand(!journal_cursor_open(journal, journal_last(journal) + 1, &c->cursor) &&
	               !inbox_follow(c->station.inbox, &follower),
	       "follower");
}

/* ---- the nation */

static void report(const chain_t *c)
{
	const metrics_t *m = journal_metrics(c->station.journal);
	station_say("others", c->others);
	station_say("window_us", (uint64_t)(env_now(c->station.env) - c->first) / NS_PER_US);
	for (size_t i = 0; i < m->count; i++) {
		uint64_t value = (uint64_t)metric_get(m, i);
		if (strcmp(m->rows[i].name, "commits_total") == 0)
			station_say("commits", value);
		if (strcmp(m->rows[i].name, "commit_nanoseconds_total") == 0)
			station_say("commit_us", value / NS_PER_US);
	}
	env_stop(c->station.env);
}

static void take_event(chain_t *c, slice_t body)
{
	int64_t now = env_now(c->station.env);
	reader_t r = reader_of(body);
	(void)rd_string(&r);
	uint64_t latency_ns = (uint64_t)now - rd_u64_le(&r);
	demand(!r.bad, "an event without its time");
	if (c->events == 0)
		c->first = now;
	if (c->events++ < c->wanted)
		station_say("latency_us", latency_ns / NS_PER_US);
	if (c->events == c->wanted)
		report(c);
}

static err_t look_at(chain_t *c, const received_t *received)
{
	uplink_batch_t batch;
	uplink_item_t item;
	demand(!uplink_batch_read(received->batch, &batch), "batch");
	uplink_items_t items = uplink_items_of(&batch);
	if (batch.envelope.stream != UPLINK_EVENTS)
		c->others += c->events ? batch.envelope.count : 0;
	else
		while (uplink_item_next(&items, &item))
			take_event(c, item.body);
	return ERR_OK;
}

static void run_nation(env_t *env, chain_t *c, char **words)
{
	station_spec_t spec = {
		.dir = words[0], .node = NATION, .door = { station_addr(words[1]) }, .door_count = 1
	};
	c->wanted = station_number(words[2]);
	c->take = look_at;
	station_open(env, &spec, &c->station);
	follow(c);
	station_say("listening", 1);
	station_run(&c->station);
}

/* ---- the province */

static err_t pass_on(chain_t *c, const received_t *received)
{
	uplink_item_t items[UPLINK_ITEMS_MAX];
	uplink_batch_t batch;
	uint32_t count = 0;
	demand(!uplink_batch_read(received->batch, &batch), "batch");
	uplink_items_t in = uplink_items_of(&batch);
	while (uplink_item_next(&in, &items[count]))
		count++;
	err_t err = put_up(c, NATION, batch.envelope.stream, items, count);
	demand(!err || err == ERR_LIMIT, "the province cannot pass on");
	return err;
}

static void run_province(env_t *env, chain_t *c, char **words)
{
	station_spec_t spec = { .dir = words[0],
		                .node = PROVINCE,
		                .door = { station_addr(words[1]) },
		                .door_count = 1,
		                .parent = NATION,
		                .addrs = { station_addr(words[2]) },
		                .addr_count = 1 };
	c->take = pass_on;
	station_open(env, &spec, &c->station);
	follow(c);
	demand(!outbox_follow(c->station.outbox, on_more, c), "follower");
	station_say("listening", 1);
	station_run(&c->station);
}

/* ---- the enterprise */

static void put_own(chain_t *c, uplink_stream_t stream, uint32_t count)
{
	char bodies[TURN_ITEMS][ITEM_BYTES];
	uplink_item_t items[TURN_ITEMS];
	int64_t now = env_utc(c->station.env).ns;
	for (uint32_t i = 0; i < count; i++) {
		writer_t w = writer_of(bodies[i], ITEM_BYTES);
		memset(bodies[i], '.', ITEM_BYTES);
		wr_string(&w, SLICE(ENTERPRISE));
		wr_format(&w, "%s %llu of %llu, and what a plant has to say",
		          uplink_stream_name(stream),
		          (unsigned long long)rng_below(&c->dice, 1000000),
		          (unsigned long long)c->put);
		demand(!w.bad, "an item is too long");
		items[i] = (uplink_item_t){ now, slice_of(bodies[i], ITEM_BYTES) };
	}
	demand(!put_up(c, PROVINCE, stream, items, count), "the outbox is full");
}

static void on_turn(void *ctx)
{
	chain_t *c = ctx;
	uint64_t passed = (uint64_t)(env_now(c->station.env) - c->since);
	uint64_t due = passed / NS_PER_US * c->rate / (NS_PER_S / NS_PER_US) / OTHER_COUNT - c->put;
	uint32_t count = (uint32_t)(due < TURN_ITEMS ? due : TURN_ITEMS);
	for (size_t i = 0; count && i < OTHER_COUNT; i++)
		put_own(c, OTHERS[i], count);
	c->put += count;
	env_timer_set(c->turn, TURN_NS);
}

static void on_event(void *ctx)
{
	chain_t *c = ctx;
	uint8_t body[ITEM_BYTES];
	writer_t w = writer_of(body, sizeof(body));
	wr_string(&w, SLICE(ENTERPRISE));
	wr_u64_le(&w, (uint64_t)env_now(c->station.env));
	wr_format(&w, " the pressure of a vessel is above its limit");
	uplink_item_t item = { env_utc(c->station.env).ns, writer_done(&w) };
	demand(!w.bad && !put_up(c, PROVINCE, UPLINK_EVENTS, &item, 1), "event");
	env_timer_set(c->event, EVENT_LEAST_NS + (int64_t)rng_below(&c->dice, EVENT_MORE_NS));
}

static void run_enterprise(env_t *env, chain_t *c, char **words)
{
	station_spec_t spec = { .dir = words[0],
		                .node = ENTERPRISE,
		                .parent = PROVINCE,
		                .addrs = { station_addr(words[1]) },
		                .addr_count = 1 };
	c->rate = station_number(words[2]);
	c->dice = rng_of(1);
	station_open(env, &spec, &c->station);
	c->since = env_now(env);
	demand(!env_timer_new(c->station.loop, on_turn, c, &c->turn) &&
	               !env_timer_new(c->station.loop, on_event, c, &c->event),
	       "timer");
	env_timer_set(c->turn, TURN_NS);
	/* The first events come when the streams beside them flow. */
	env_timer_set(c->event, 2 * NS_PER_S);
	station_run(&c->station);
}

static void join(env_t *env, const station_spec_t *parent, const station_spec_t *child)
{
	char keys[512];
	(void)snprintf(keys, sizeof(keys), "%s/keys", child->dir);
	station_certify(env, parent, &(station_member_t){ child->node, { keys, STATION_ABOVE } },
	                1);
}

static void prepare(env_t *env, char **words)
{
	station_spec_t nation = { .dir = words[0], .node = NATION };
	station_spec_t province = { .dir = words[1], .node = PROVINCE };
	join(env, &nation, &province);
	join(env, &province, &(station_spec_t){ .dir = words[2], .node = ENTERPRISE });
}

int main(int argc, char **argv)
{
	env_t *env = NULL;
	chain_t chain = { .events = 0 };
	const char *what = argc == 5 ? argv[1] : "";
	demand(!posix_env_open(&(posix_spec_t){ argv[0] }, &env), "world");
	if (strcmp(what, "prepare") == 0)
		prepare(env, argv + 2);
	else if (strcmp(what, "nation") == 0)
		run_nation(env, &chain, argv + 2);
	else if (strcmp(what, "province") == 0)
		run_province(env, &chain, argv + 2);
	else if (strcmp(what, "enterprise") == 0)
		run_enterprise(env, &chain, argv + 2);
	else
		demand(false, "prepare NATION PROVINCE ENTERPRISE | nation DIR DOOR EVENTS | "
		              "province DIR DOOR ABOVE | enterprise DIR ABOVE RATE");
	posix_env_close(env);
	return 0;
}
