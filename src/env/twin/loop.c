/* SPDX-License-Identifier: Apache-2.0 */
/* Loops are names for "not before the other is done"; timers are one event
 * each; locks guard nothing, since there is one thread. */
#include "env/loop.h"

#include <assert.h>
#include <stdlib.h>

#include "env/twin/verbs.h"

typedef struct {
	env_timer_t base;
	thing_t thing;
	twin_t *twin;
	event_t event;
} twin_timer_t;

typedef struct {
	env_mutex_t base;
	thing_t thing;
	bool is_locked;
} twin_mutex_t;

static void mutex_drop(void *self)
{
	twin_mutex_t *mutex = self;
	thing_unlink(&mutex->thing);
	free(mutex);
}

err_t verb_mutex_new(env_t *env, env_mutex_t **ret_mutex)
{
	twin_mutex_t *mutex = twin_alloc(1, sizeof(*mutex));
	mutex->base.ops = &twin_ops;
	thing_link(&mutex->thing, host_of(env), mutex, mutex_drop);
	*ret_mutex = &mutex->base;
	return ERR_OK;
}

void verb_mutex_free(env_mutex_t *mutex)
{
	if (mutex)
		mutex_drop(mutex);
}

/* A second lock on one thread would hang the real world for ever. */
void verb_lock(env_mutex_t *mutex)
{
	twin_mutex_t *self = (twin_mutex_t *)(void *)mutex;
	assert(!self->is_locked);
	self->is_locked = true;
}

void verb_unlock(env_mutex_t *mutex)
{
	twin_mutex_t *self = (twin_mutex_t *)(void *)mutex;
	assert(self->is_locked);
	self->is_locked = false;
}

loop_t *loop_of(env_loop_t *loop)
{
	return (loop_t *)(void *)loop;
}

static void loop_drop(void *self)
{
	loop_t *loop = self;
	thing_unlink(&loop->thing);
	agenda_free(&loop->parked);
	free(loop);
}

loop_t *loop_open(host_t *host, env_loop_kind_t kind)
{
	loop_t *loop = twin_alloc(1, sizeof(*loop));
	loop->base.ops = &twin_ops;
	loop->host = host;
	loop->kind = kind;
	thing_link(&loop->thing, host, loop, loop_drop);
	return loop;
}

env_loop_t *verb_control_loop(env_t *env)
{
	return &host_of(env)->control->base;
}

err_t verb_loop_new(env_t *env, const char *name, env_loop_kind_t kind, env_loop_t **ret_loop)
{
	(void)name;
	*ret_loop = &loop_open(host_of(env), kind)->base;
	return ERR_OK;
}

err_t verb_loop_start(env_loop_t *base)
{
	loop_t *loop = loop_of(base);
	twin_t *twin = loop->host->twin;
	loop->is_started = true;
	for (event_t *event = agenda_take(&loop->parked); event; event = agenda_take(&loop->parked))
		world_queue(twin, event, event->when);
	return ERR_OK;
}

void verb_loop_stop(env_loop_t *base)
{
	if (base)
		loop_of(base)->is_stopped = true;
}

void verb_loop_free(env_loop_t *base)
{
	if (base && loop_of(base) != loop_of(base)->host->control)
		loop_drop(base);
}

env_t *verb_loop_env(env_loop_t *base)
{
	return &loop_of(base)->host->env;
}

static twin_timer_t *timer_of(env_timer_t *timer)
{
	return (twin_timer_t *)(void *)timer;
}

static void timer_drop(void *self)
{
	twin_timer_t *timer = self;
	agenda_remove(&timer->event);
	thing_unlink(&timer->thing);
	free(timer);
}

err_t verb_timer_new(env_loop_t *base, void (*fn)(void *ctx), void *ctx, env_timer_t **ret_timer)
{
	loop_t *loop = loop_of(base);
	twin_timer_t *timer = twin_alloc(1, sizeof(*timer));
	timer->base.ops = &twin_ops;
	timer->twin = loop->host->twin;
	timer->event = event_of(timer->twin, loop, fn, ctx);
	thing_link(&timer->thing, loop->host, timer, timer_drop);
	*ret_timer = &timer->base;
	return ERR_OK;
}

void verb_timer_set(env_timer_t *base, int64_t delay_ns)
{
	twin_timer_t *timer = timer_of(base);
	int64_t when;
	if (__builtin_add_overflow(world_now(timer->twin), delay_ns > 0 ? delay_ns : 0, &when))
		when = INT64_MAX;
	world_queue(timer->twin, &timer->event, when);
}

void verb_timer_clear(env_timer_t *base)
{
	agenda_remove(&timer_of(base)->event);
}

void verb_timer_free(env_timer_t *base)
{
	if (base)
		timer_drop(base);
}
