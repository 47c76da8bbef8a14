/* SPDX-License-Identifier: Apache-2.0 */
#include "api/unseen.h"

#include <stdlib.h>

#include "api/state.h"

enum { SEQ_ROOM = 24 };

struct unseen_desk {
	api_t *api;
	env_mailbox_t *seen; /* uint64_t, of the historian */
	env_timer_t *timer;  /* when the first has waited long enough */
	exchange_t *first, *last;
};

static void say_behind(exchange_t *x, uint64_t seen)
{
	char seq[SEQ_ROOM];
	writer_t w = writer_of(seq, sizeof(seq));
	wr_format(&w, "%llu", (unsigned long long)seen);
	wr_u8(&w, 0);
	reply_header(&x->reply, "Jizhu-Seen", seq);
	metric_add(&x->api->metrics, METRIC_QUERIES_BEHIND, 1);
}

/* False: it may be run, and its reply says whether something durable was not seen. */
static bool must_wait(exchange_t *x)
{
	historian_t *historian = x->api->spec.historian;
	sample_sink_t sink = historian_sink(historian);
	if (historian_awaits(historian, x->unseen.seq) && env_now(x->api->env) < x->unseen.end_ns)
		return true;
	uint64_t seen = sink.seen(sink.ctx);
	if (seen < x->unseen.seq)
		say_behind(x, seen);
	return false;
}

/* The first came before all others, and its time is over first. */
static void append(unseen_desk_t *desk, exchange_t *x)
{
	x->unseen.next = NULL;
	if (desk->last)
		desk->last->unseen.next = x;
	else
		desk->first = x;
	desk->last = x;
	if (desk->first == x)
		env_timer_set(desk->timer, x->unseen.end_ns - env_now(desk->api->env));
}

bool unseen_wait(unseen_desk_t *desk, exchange_t *x)
{
	sample_sink_t sink = historian_sink(desk->api->spec.historian);
	x->unseen.seq = sink.durable(sink.ctx);
	x->unseen.end_ns = env_now(desk->api->env) + UNSEEN_WAIT_S * NS_PER_S;
	if (!must_wait(x))
		return false;
	metric_add(&desk->api->metrics, METRIC_QUERIES_AWAITED, 1);
	append(desk, x);
	return true;
}

static void look_through(void *ctx)
{
	unseen_desk_t *desk = ctx;
	exchange_t *x = desk->first;
	desk->first = desk->last = NULL;
	while (x) {
		exchange_t *next = x->unseen.next;
		if (must_wait(x))
			append(desk, x);
		else
			exchange_run_query(x);
		x = next;
	}
}

static void on_seen(void *ctx)
{
	unseen_desk_t *desk = ctx;
	uint64_t seq;
	while (env_mailbox_take(desk->seen, &seq))
		;
	look_through(desk);
}

err_t unseen_desk_new(api_t *api, unseen_desk_t **ret_desk)
{
	unseen_desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	*ret_desk = desk;
	desk->api = api;
	env_mailbox_spec_t seen = { "api seen", api->spec.loops.query, sizeof(uint64_t),
		                    2,          ENV_FULL_DROP,         on_seen,
		                    desk };
	err_t err = env_mailbox_new(&seen, &desk->seen);
	if (!err)
		err = env_timer_new(api->spec.loops.query, look_through, desk, &desk->timer);
	if (!err)
		historian_ring(api->spec.historian, desk->seen);
	return err;
}

void unseen_desk_free(unseen_desk_t *desk)
{
	if (!desk)
		return;
	historian_ring(desk->api->spec.historian, NULL);
	env_mailbox_free(desk->seen);
	env_timer_free(desk->timer);
	free(desk);
}
