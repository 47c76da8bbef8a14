/* SPDX-License-Identifier: Apache-2.0 */
/* The world turns: one agenda for all hosts, one clock that jumps from event to
 * event, one generator that settles every choice. */
#include "env/twin/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "env/twin/verbs.h"

enum { TRACE_TURN = 29 };
#define TRACE_MULTIPLIER UINT64_C(0x9E3779B97F4A7C15)
/* 2026-01-01T00:00:00Z */
#define START_DEFAULT_NS (INT64_C(1767225600) * NS_PER_S)

static const twin_spec_t spec_defaults = {
	.start = { .ns = START_DEFAULT_NS, .error_ns = NS_PER_MS, .state = CLOCK_STATE_SYNCED },
	.latency_ns = 200 * NS_PER_US,
	.disk_sync_ns = 100 * NS_PER_US,
};

static void *or_abort(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void *twin_alloc(size_t count, size_t size)
{
	return or_abort(calloc(count ? count : 1, size));
}

void *twin_realloc(void *old, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		abort();
	return or_abort(realloc(old, bytes));
}

char *twin_copy(slice_t text)
{
	char *copy = twin_alloc(text.len + 1, 1);
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

err_t twin_new(const twin_spec_t *spec, twin_t **ret_twin)
{
	twin_t *twin = twin_alloc(1, sizeof(*twin));
	twin->spec = *spec;
	if (!spec->start.ns)
		twin->spec.start = spec_defaults.start;
	if (!spec->latency_ns)
		twin->spec.latency_ns = spec_defaults.latency_ns;
	if (!spec->disk_sync_ns)
		twin->spec.disk_sync_ns = spec_defaults.disk_sync_ns;
	twin->chance = rng_of(spec->seed);
	twin->network = network_new(twin);
	*ret_twin = twin;
	return ERR_OK;
}

void twin_free(twin_t *twin)
{
	if (!twin)
		return;
	for (host_t *host = twin->hosts, *next; host; host = next) {
		next = host->next;
		twin_host_close(&host->env);
	}
	cables_free(twin);
	network_free(twin->network);
	http_answer_free(twin->answer);
	disks_free(twin);
	agenda_free(&twin->agenda);
	free(twin);
}

host_t *host_of(env_t *env)
{
	return (host_t *)(void *)env;
}

const host_t *host_of_const(const env_t *env)
{
	return (const host_t *)(const void *)env;
}

static void signal_stop(void *ctx)
{
	env_stop(ctx);
}

static void signal_fire(void *ctx)
{
	host_t *host = ctx;
	for (size_t i = 0; i < ENV_SIGNAL_COUNT; i++) {
		if (!host->signals[i].is_raised)
			continue;
		host->signals[i].is_raised = false;
		if (host->signals[i].fn)
			host->signals[i].fn(host->signals[i].ctx);
	}
}

err_t twin_host_open(twin_t *twin, const char *name, env_t **ret_env)
{
	for (const host_t *other = twin->hosts; other; other = other->next) {
		if (strcmp(other->name, name) == 0)
			return ERR_EXISTS;
	}
	host_t *host = twin_alloc(1, sizeof(*host));
	host->env.ops = &twin_ops;
	host->twin = twin;
	host->name = twin_copy(slice_str(name));
	host->disk = disk_of(twin, name);
	host->chance = rng_of(num_hash(slice_str(name), rng_next(&twin->chance)));
	host->clock_state = twin->spec.start.state;
	host->clock_error_ns = twin->spec.start.error_ns;
	host->control = loop_open(host, ENV_LOOP_EVENTS);
	host->control->is_started = true;
	for (size_t i = 0; i < ENV_SIGNAL_COUNT; i++)
		host->signals[i].event = event_of(twin, host->control, signal_fire, host);
	host->signals[ENV_SIGNAL_STOP].fn = signal_stop;
	host->signals[ENV_SIGNAL_STOP].ctx = &host->env;
	host->next = twin->hosts;
	twin->hosts = host;
	*ret_env = &host->env;
	return ERR_OK;
}

void twin_host_close(env_t *env)
{
	if (!env)
		return;
	host_t *host = host_of(env);
	twin_t *twin = host->twin;
	assert(!twin->current);
	for (size_t i = 0; i < ENV_SIGNAL_COUNT; i++)
		agenda_remove(&host->signals[i].event);
	while (host->things)
		host->things->drop(host->things->self);
	host_t **at = &twin->hosts;
	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	free(host->name);
	free(host);
}

void host_crash(host_t *host)
{
	host->is_dead = true;
	host->twin->is_stopping = true;
}

void twin_power_off(env_t *env)
{
	host_of(env)->is_dead = true;
}

bool twin_crashed(const env_t *env)
{
	return host_of_const(env)->is_dead;
}

void thing_link(thing_t *thing, host_t *host, void *self, void (*drop)(void *self))
{
	*thing = (thing_t){ .host = host, .self = self, .drop = drop, .next = host->things };
	if (host->things)
		host->things->prev = thing;
	host->things = thing;
}

void thing_unlink(thing_t *thing)
{
	if (thing->next)
		thing->next->prev = thing->prev;
	if (thing->prev)
		thing->prev->next = thing->next;
	else
		thing->host->things = thing->next;
}

event_t event_of(twin_t *twin, loop_t *loop, void (*fn)(void *ctx), void *ctx)
{
	return (event_t){ .loop = loop, .fn = fn, .ctx = ctx, .tag = ++twin->serial };
}

void world_queue(twin_t *twin, event_t *event, int64_t when)
{
	agenda_remove(event);
	event->when = when;
	event->order = rng_next(&twin->chance);
	bool parked = event->loop && !event->loop->is_started;
	agenda_put(parked ? &event->loop->parked : &twin->agenda, event);
}

int64_t world_now(const twin_t *twin)
{
	return twin->now + twin->spent;
}

int64_t world_utc(const twin_t *twin)
{
	return twin->spec.start.ns + world_now(twin);
}

void world_spend(twin_t *twin, int64_t ns)
{
	if (twin->current)
		twin->spent += ns;
	else
		twin->now += ns;
}

int64_t world_jitter(twin_t *twin, int64_t mean_ns)
{
	return mean_ns / 2 + (int64_t)rng_below(&twin->chance, (uint64_t)mean_ns + 1);
}

void world_trace(twin_t *twin, uint64_t what)
{
	uint64_t mixed = (twin->trace ^ what) * TRACE_MULTIPLIER;
	twin->trace = mixed ^ mixed >> TRACE_TURN;
}

uint64_t twin_trace(const twin_t *twin)
{
	return twin->trace;
}

/* The callback may free the event and its loop's objects, so nothing of the
 * event is touched after it. */
static void happen(twin_t *twin, event_t *event)
{
	loop_t *loop = event->loop;
	world_trace(twin, (uint64_t)twin->now ^ event->tag << 48);
	twin->stats.events++;
	twin->current = loop;
	event->fn(event->ctx);
	if (loop && twin->spent)
		loop->busy_until = twin->now + twin->spent;
	twin->current = NULL;
	twin->spent = 0;
}

bool twin_step(twin_t *twin)
{
	assert(!twin->current);
	event_t *event = agenda_take(&twin->agenda);
	if (!event)
		return false;
	if (event->when > twin->now)
		twin->now = event->when;
	loop_t *loop = event->loop;
	if (loop && (loop->is_stopped || loop->host->is_dead))
		return true;
	if (loop && loop->busy_until > twin->now)
		world_queue(twin, event, loop->busy_until);
	else
		happen(twin, event);
	return true;
}

bool world_turn(twin_t *twin, int64_t until_ns)
{
	const event_t *first = agenda_first(&twin->agenda);
	return first && first->when <= until_ns && twin_step(twin);
}

int64_t twin_run(twin_t *twin, int64_t until_ns)
{
	bool has_more = true;
	while (has_more && !twin->is_stopping)
		has_more = world_turn(twin, until_ns);
	if (!twin->is_stopping && until_ns != INT64_MAX && until_ns > twin->now)
		twin->now = until_ns;
	twin->is_stopping = false;
	return twin->now;
}

int64_t twin_run_for(twin_t *twin, int64_t ns)
{
	return twin_run(twin, twin->now + ns);
}

err_t verb_run(env_t *env)
{
	host_t *host = host_of(env);
	twin_t *twin = host->twin;
	while (!host->is_stopping && !host->is_dead) {
		if (!twin_step(twin))
			return ERR_UNAVAILABLE;
	}
	host->is_stopping = false;
	twin->is_stopping = false;
	return host->is_dead ? ERR_IO : ERR_OK;
}

void verb_stop(env_t *env)
{
	host_of(env)->is_stopping = true;
	host_of(env)->twin->is_stopping = true;
}

int64_t verb_now(env_t *env)
{
	return world_now(host_of(env)->twin);
}

utc_t verb_utc(env_t *env)
{
	const host_t *host = host_of(env);
	return (utc_t){ .ns = world_utc(host->twin) + host->utc_shift_ns,
		        .error_ns = host->clock_error_ns,
		        .state = host->clock_state };
}

void twin_clock_set(env_t *env, utc_t utc)
{
	host_t *host = host_of(env);
	host->utc_shift_ns = utc.ns - world_utc(host->twin);
	host->clock_error_ns = utc.error_ns;
	host->clock_state = utc.state;
}

void verb_random(env_t *env, void *buf, size_t len)
{
	uint8_t *out = buf;
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word = rng_next(&host_of(env)->chance);
		size_t part = len - i < sizeof(word) ? len - i : sizeof(word);
		memcpy(out + i, &word, part);
	}
}

void verb_signal_on(env_t *env, env_signal_t signal, void (*fn)(void *ctx), void *ctx)
{
	host_t *host = host_of(env);
	host->signals[signal].fn = fn;
	host->signals[signal].ctx = ctx;
}

void twin_signal(env_t *env, env_signal_t signal)
{
	host_t *host = host_of(env);
	host->signals[signal].is_raised = true;
	world_queue(host->twin, &host->signals[signal].event, world_now(host->twin));
}

void verb_notify(env_t *env, env_state_t state)
{
	host_of(env)->state = state;
}

env_state_t twin_notified(const env_t *env)
{
	return host_of_const(env)->state;
}

env_usage_t verb_usage(env_t *env)
{
	(void)env;
	return (env_usage_t){ .cores = 1 };
}

void verb_host_name(env_t *env, char *buf, size_t size)
{
	slice_to_cstr(slice_str(host_of_const(env)->name), buf, size);
}

twin_stats_t twin_stats(const twin_t *twin)
{
	return twin->stats;
}

const char *verb_sql_place(env_t *env, char prefix[ENV_SQL_PREFIX_MAX])
{
	(void)snprintf(prefix, ENV_SQL_PREFIX_MAX, "file:/%p/", (void *)env);
	return "?vfs=memdb";
}
