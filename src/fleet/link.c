/* SPDX-License-Identifier: Apache-2.0 */
/* One timer serves all states: when to open again, when to give an opening up, when the
 * driver has work. */
#include "fleet/link.h"

#include <stdlib.h>

#include "base/num.h"
#include "fleet/stream_tcp.h"

enum { FIRST_DELAY_MS = 500, LAST_DELAY_MS = 30000, PORT_DELAY_MS = 4000 };

struct link {
	link_spec_t spec;
	driver_t driver;
	stream_t *stream;
	env_timer_t *timer;
	link_state_t state;
	bool is_open;     /* the stream, so that the driver is at work */
	bool awaits_turn; /* on the stream */
	err_t why;
	rng_t rng;
	int64_t backoff_ms, last_reply_utc_ns;
	uint64_t reconnects, replies_seen;
};

static int64_t now(const link_t *link)
{
	return env_now(env_loop_env(link->spec.loop));
}

static void set_state(link_t *link, link_state_t state)
{
	if (link->state == state)
		return;
	link->state = state;
	link->spec.events.state(link->spec.events.ctx, link, state);
}

static void mark_all(link_t *link, quality_t quality)
{
	for (size_t i = 0; i < link->spec.plan->point_count; i++)
		link->spec.events.sample(link->spec.events.ctx, link, link->spec.plan->points[i],
		                         (value_t){ 0 }, quality);
}

static quality_t quality_of(err_t why)
{
	if (why == ERR_TIMEOUT)
		return QUALITY_TIMEOUT;
	return why == ERR_PROTOCOL ? QUALITY_BAD_DATA : QUALITY_NO_CONNECTION;
}

/* Down once, not once per attempt: the points go bad when an open link breaks or
 * when the first attempt fails. */
static void go_down(link_t *link, err_t why)
{
	bool news = link->state == LINK_UP || link->reconnects == 0;
	stream_close(link->stream);
	link->is_open = link->awaits_turn = false;
	link->why = why ? why : ERR_NETWORK;
	driver_stop(&link->driver);
	if (news)
		mark_all(link, quality_of(why));
	link->reconnects++;
	set_state(link, LINK_DOWN);
	int64_t wait_ms = link->backoff_ms +
	                  (int64_t)(rng_unit(&link->rng) * (double)link->backoff_ms / 4);
	if (link->backoff_ms < LAST_DELAY_MS / 2)
		link->backoff_ms *= 2;
	else
		link->backoff_ms = LAST_DELAY_MS;
	env_timer_set(link->timer, wait_ms * NS_PER_MS);
}

static void go_up(link_t *link)
{
	link->why = ERR_OK;
	set_state(link, LINK_UP);
}

/* With the turn to send, if anything is due: sends it, or passes. */
static err_t send_next(link_t *link, int64_t now_ns)
{
	uint8_t buf[MODBUS_ADU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	err_t err = driver_next(&link->driver, now_ns, &w);
	if (!err && w.len)
		err = stream_write(link->stream, writer_done(&w));
	if (!driver_is_waiting(&link->driver))
		stream_yield(link->stream);
	return err;
}

/* Sleeps until there is more to do; a turn that was asked for comes by itself. */
static void rest(link_t *link, err_t err)
{
	if (err)
		go_down(link, err);
	else if (link->awaits_turn)
		env_timer_clear(link->timer);
	else
		env_timer_set(link->timer, driver_wait_ns(&link->driver, now(link)));
}

/* The turn is given back before it is asked for again, so that others get theirs. */
static void turn(link_t *link)
{
	int64_t now_ns = now(link);
	err_t err = driver_tick(&link->driver, now_ns);
	if (!driver_is_waiting(&link->driver))
		stream_yield(link->stream);
	link->awaits_turn = !err && driver_is_due(&link->driver, now_ns) &&
	                    !stream_take(link->stream, driver_has_order(&link->driver));
	if (!err && !link->awaits_turn)
		err = send_next(link, now_ns);
	rest(link, err);
}

static void on_ready(void *ctx)
{
	link_t *link = ctx;
	link->awaits_turn = false;
	rest(link, send_next(link, now(link)));
}

static void on_opened(void *ctx)
{
	link_t *link = ctx;
	link->is_open = true;
	if (!envelope_rules(link->spec.device->protocol)->is_up_when_answered)
		go_up(link);
	driver_start(&link->driver, now(link), rng_unit(&link->rng));
	turn(link);
}

static size_t on_data(void *ctx, slice_t bytes)
{
	link_t *link = ctx;
	size_t used = 0;
	err_t err = driver_input(&link->driver, now(link), bytes, &used);
	if (link->driver.stats.replies != link->replies_seen) {
		link->replies_seen = link->driver.stats.replies;
		link->backoff_ms = FIRST_DELAY_MS;
		link->last_reply_utc_ns = env_utc(env_loop_env(link->spec.loop)).ns;
		go_up(link);
	}
	if (err) {
		go_down(link, err);
		return bytes.len;
	}
	turn(link);
	return used;
}

static void on_closed(void *ctx, err_t why)
{
	go_down(ctx, why);
}

/* Gives up on a device that neither answers nor refuses the connection. To look for a port
 * that is not there costs nobody anything, so that is done more often. */
static void open_stream(link_t *link)
{
	set_state(link, LINK_CONNECTING);
	env_timer_set(link->timer, 4 * link->spec.device->timeout_ns);
	err_t err = stream_open(link->stream);
	if (err && link->spec.line && link->backoff_ms > PORT_DELAY_MS)
		link->backoff_ms = PORT_DELAY_MS;
	if (err)
		go_down(link, err);
}

static void on_timer(void *ctx)
{
	link_t *link = ctx;
	if (link->is_open)
		turn(link);
	else if (link->state == LINK_CONNECTING)
		go_down(link, ERR_TIMEOUT);
	else
		open_stream(link);
}

/* That a device which is down is still silent is no news. */
static void driver_sample(void *ctx, const point_t *point, value_t value, quality_t quality)
{
	link_t *link = ctx;
	if (quality == QUALITY_TIMEOUT && link->state != LINK_UP)
		return;
	link->spec.events.sample(link->spec.events.ctx, link, point, value, quality);
}

static void driver_order_done(void *ctx, uint64_t token, err_t err, value_t read_back)
{
	link_t *link = ctx;
	link->spec.events.order_done(link->spec.events.ctx, token, err, read_back);
}

static err_t make_stream(link_t *link)
{
	static const stream_events_t events = {
		.opened = on_opened, .ready = on_ready, .data = on_data, .closed = on_closed
	};
	const link_spec_t *spec = &link->spec;
	if (spec->line)
		return line_join(spec->line, &events, link, &link->stream);
	return stream_tcp_new(spec->loop, spec->device->addr, &events, link, &link->stream);
}

err_t link_new(const link_spec_t *spec, link_t **ret_link)
{
	link_t *link = calloc(1, sizeof(*link));
	if (!link) {
		plan_free(spec->plan);
		return ERR_NO_MEMORY;
	}
	link->spec = *spec;
	link->rng = rng_of(spec->seed);
	link->backoff_ms = FIRST_DELAY_MS;
	driver_events_t events = { .ctx = link,
		                   .sample = driver_sample,
		                   .order_done = driver_order_done };
	driver_init(&link->driver, spec->device, spec->plan, &events);
	err_t err = env_timer_new(spec->loop, on_timer, link, &link->timer);
	if (!err)
		err = make_stream(link);
	if (err) {
		link_free(link);
		return err;
	}
	env_timer_set(link->timer, 0);
	*ret_link = link;
	return ERR_OK;
}

void link_free(link_t *link)
{
	if (!link)
		return;
	stream_free(link->stream);
	env_timer_free(link->timer);
	plan_free(link->spec.plan);
	free(link);
}

static bool same_end(const device_t *a, const device_t *b)
{
	return a->port && b->port ? port_eq(a->port, b->port)
	                          : !a->port && !b->port && addr_eq(a->addr, b->addr);
}

static bool same_device(const device_t *a, const device_t *b)
{
	return a->id == b->id && a->protocol == b->protocol && same_end(a, b) &&
	       a->unit == b->unit && a->timeout_ns == b->timeout_ns &&
	       a->registers_max == b->registers_max && a->gap_max == b->gap_max;
}

static bool same_place(const point_t *a, const point_t *b)
{
	const point_address_t *x = &a->address, *y = &b->address;
	return a->device == b->device && a->period_ns == b->period_ns && x->table == y->table &&
	       x->address == y->address && x->words == y->words && x->wire == y->wire &&
	       x->order == y->order;
}

bool link_fits(const link_t *link, const catalogue_t *catalogue, const device_t *device)
{
	const plan_t *plan = link->spec.plan;
	size_t count = 0;
	if (!same_device(link->spec.device, device))
		return false;
	for (size_t i = 0; i < catalogue->point_count; i++)
		count += catalogue->points[i].device == device->id;
	for (size_t i = 0; i < plan->point_count; i++) {
		const point_t *point = catalogue_point(catalogue, plan->points[i]->id);
		if (!point || !same_place(plan->points[i], point))
			return false;
	}
	return count == plan->point_count;
}

void link_rebind(link_t *link, const catalogue_t *catalogue, size_t index)
{
	plan_t *plan = link->spec.plan;
	for (size_t i = 0; i < plan->point_count; i++)
		plan->points[i] = catalogue_point(catalogue, plan->points[i]->id);
	link->spec.index = index;
	link->spec.device = &catalogue->devices[index];
	driver_rebind(&link->driver, catalogue, link->spec.device);
}

void link_retire(link_t *link)
{
	stream_close(link->stream);
	link->is_open = false;
	env_timer_clear(link->timer);
	driver_stop(&link->driver);
	mark_all(link, QUALITY_NO_CONNECTION);
	link->state = LINK_DOWN;
}

size_t link_index(const link_t *link)
{
	return link->spec.index;
}

const device_t *link_device(const link_t *link)
{
	return link->spec.device;
}

link_state_t link_state(const link_t *link)
{
	return link->state;
}

err_t link_why(const link_t *link)
{
	return link->why;
}

device_status_t link_status(const link_t *link)
{
	const driver_stats_t *stats = &link->driver.stats;
	return (device_status_t){
		.device = link->spec.device->id,
		.state = link->state,
		.requests = stats->requests,
		.replies = stats->replies,
		.timeouts = stats->timeouts,
		.exceptions = stats->exceptions,
		.malformed = stats->malformed,
		.late = stats->late,
		.skipped = stats->skipped,
		.reconnects = link->reconnects,
		.last_reply_ns = link->last_reply_utc_ns,
		.round_trip_ns = stats->round_trip_ns,
	};
}

err_t link_order(link_t *link, const driver_order_t *order)
{
	if (link->state != LINK_UP)
		return ERR_UNAVAILABLE;
	err_t err = driver_order(&link->driver, order);
	if (!err)
		env_timer_set(link->timer, 0);
	return err;
}
