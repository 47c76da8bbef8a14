/* SPDX-License-Identifier: Apache-2.0 */
/* One timer serves all three states: when to dial again, when to give a dial up,
 * when the driver has work. */
#include "fleet/link.h"

#include <stdlib.h>

#include "base/num.h"

enum { FIRST_DELAY_MS = 500, LAST_DELAY_MS = 30000 };

struct link {
	link_spec_t spec;
	driver_t driver;
	env_tcp_t *tcp;
	env_timer_t *timer;
	link_state_t state;
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

/* Down once, not once per attempt: the points go bad when an open link breaks or
 * when the first attempt fails. */
static void go_down(link_t *link, quality_t quality)
{
	bool news = link->state == LINK_UP || link->reconnects == 0;
	env_tcp_close(link->tcp);
	link->tcp = NULL;
	driver_stop(&link->driver);
	if (news)
		mark_all(link, quality);
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

/* Sends what is due and sleeps until there is more to do. */
static void turn(link_t *link)
{
	uint8_t buf[MODBUS_ADU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	err_t err = driver_tick(&link->driver, now(link));
	if (!err)
		err = driver_next(&link->driver, now(link), &w);
	if (!err && w.len)
		err = env_tcp_write(link->tcp, writer_done(&w));
	if (err)
		go_down(link, err == ERR_TIMEOUT ? QUALITY_TIMEOUT : QUALITY_NO_CONNECTION);
	else
		env_timer_set(link->timer, driver_wait_ns(&link->driver, now(link)));
}

static void on_opened(void *ctx, env_tcp_t *tcp)
{
	link_t *link = ctx;
	(void)tcp;
	set_state(link, LINK_UP);
	driver_start(&link->driver, now(link), rng_unit(&link->rng));
	turn(link);
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	link_t *link = ctx;
	size_t used = 0;
	(void)tcp;
	err_t err = driver_input(&link->driver, now(link), bytes, &used);
	if (link->driver.stats.replies != link->replies_seen) {
		link->replies_seen = link->driver.stats.replies;
		link->backoff_ms = FIRST_DELAY_MS;
		link->last_reply_utc_ns = env_utc(env_loop_env(link->spec.loop)).ns;
	}
	if (err) {
		go_down(link, QUALITY_BAD_DATA);
		return bytes.len;
	}
	turn(link);
	return used;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	link_t *link = ctx;
	(void)tcp;
	link->tcp = NULL;
	go_down(link, why == ERR_TIMEOUT ? QUALITY_TIMEOUT : QUALITY_NO_CONNECTION);
}

static void dial(link_t *link)
{
	static const env_tcp_events_t events = { .opened = on_opened,
		                                 .data = on_data,
		                                 .closed = on_closed };
	env_tcp_spec_t spec = { .events = &events, .ctx = link, .input_max = 4096 };
	set_state(link, LINK_CONNECTING);
	if (env_tcp_dial(link->spec.loop, NULL, link->spec.device->addr, &spec, &link->tcp))
		go_down(link, QUALITY_NO_CONNECTION);
	else
		/* A device that neither answers nor refuses the connection. */
		env_timer_set(link->timer, 4 * link->spec.device->timeout_ns);
}

static void on_timer(void *ctx)
{
	link_t *link = ctx;
	switch (link->state) {
	case LINK_DOWN:
		dial(link);
		break;
	case LINK_CONNECTING:
		go_down(link, QUALITY_TIMEOUT);
		break;
	case LINK_UP:
		turn(link);
		break;
	}
}

static void driver_sample(void *ctx, const point_t *point, value_t value, quality_t quality)
{
	link_t *link = ctx;
	link->spec.events.sample(link->spec.events.ctx, link, point, value, quality);
}

static void driver_order_done(void *ctx, uint64_t token, err_t err, value_t read_back)
{
	link_t *link = ctx;
	link->spec.events.order_done(link->spec.events.ctx, token, err, read_back);
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
	env_tcp_close(link->tcp);
	env_timer_free(link->timer);
	plan_free(link->spec.plan);
	free(link);
}

static bool same_device(const device_t *a, const device_t *b)
{
	return a->id == b->id && a->protocol == b->protocol && addr_eq(a->addr, b->addr) &&
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
	env_tcp_close(link->tcp);
	link->tcp = NULL;
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
