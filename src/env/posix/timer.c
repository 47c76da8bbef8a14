/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of a loop: a heap by due time and one timer of the kernel, which is set
 * anew only when the earliest comes earlier than what it is set to. libevent's own
 * precise timers would set it at every turn of the loop, a system call for each batch
 * of requests, and its others are as coarse as the system's tick. */
#include "env/posix/impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct posix_timer {
	env_timer_t base;
	posix_timers_t *all;
	void (*fn)(void *ctx);
	void *ctx;
	int64_t due_ns;
	size_t at; /* in the heap; NOWHERE when it is not set */
};

static const size_t NOWHERE = SIZE_MAX;

struct timeval posix_timeval(int64_t delay_ns)
{
	struct timespec tick = { 0 };
	(void)clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	if (delay_ns < 0)
		delay_ns = 0;
	/* Up, and by the tick that libevent's clock may be behind: never early. */
	delay_ns += tick.tv_nsec + NS_PER_US - 1;
	return (struct timeval){ .tv_sec = delay_ns / NS_PER_S,
		                 .tv_usec = delay_ns % NS_PER_S / NS_PER_US };
}

/* The heap. */

static void put(posix_timers_t *all, size_t at, posix_timer_t *timer)
{
	all->heap[at] = timer;
	timer->at = at;
}

static void rise(posix_timers_t *all, size_t at, posix_timer_t *timer)
{
	for (; at > 0 && timer->due_ns < all->heap[(at - 1) / 2]->due_ns; at = (at - 1) / 2)
		put(all, at, all->heap[(at - 1) / 2]);
	put(all, at, timer);
}

static void sink(posix_timers_t *all, size_t at, posix_timer_t *timer)
{
	for (;;) {
		size_t least = 2 * at + 1;
		if (least + 1 < all->count &&
		    all->heap[least + 1]->due_ns < all->heap[least]->due_ns)
			least++;
		if (least >= all->count || timer->due_ns <= all->heap[least]->due_ns)
			break;
		put(all, at, all->heap[least]);
		at = least;
	}
	put(all, at, timer);
}

static void take_out(posix_timer_t *timer)
{
	posix_timers_t *all = timer->all;
	size_t at = timer->at;
	if (at == NOWHERE)
		return;
	timer->at = NOWHERE;
	posix_timer_t *last = all->heap[--all->count];
	if (last == timer)
		return;
	if (last->due_ns < timer->due_ns)
		rise(all, at, last);
	else
		sink(all, at, last);
}

/* The kernel's timer. */

static void arm(posix_timers_t *all)
{
	int64_t due_ns = all->count ? all->heap[0]->due_ns : INT64_MAX;
	if (due_ns >= all->armed_ns)
		return;
	struct itimerspec when = { .it_value = { .tv_sec = due_ns / NS_PER_S,
		                                 .tv_nsec = due_ns % NS_PER_S } };
	int rc = timerfd_settime(all->fd, TFD_TIMER_ABSTIME, &when, NULL);
	assert(rc == 0);
	all->armed_ns = due_ns;
}

static void timers_due(evutil_socket_t fd, short what, void *ctx)
{
	posix_timers_t *all = ctx;
	uint64_t times;
	(void)what;
	/* When it was set anew since, there is nothing to read and nothing due yet. */
	(void)!read(fd, &times, sizeof(times));
	int64_t now = posix_now();
	all->is_firing = true;
	while (all->count && all->heap[0]->due_ns <= now) {
		posix_timer_t *timer = all->heap[0];
		take_out(timer);
		timer->fn(timer->ctx);
	}
	all->is_firing = false;
	all->armed_ns = INT64_MAX;
	arm(all);
}

err_t posix_timers_open(posix_timers_t *all, struct event_base *events)
{
	all->armed_ns = INT64_MAX;
	all->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (all->fd < 0)
		return posix_err(errno);
	bool is_set = event_assign(&all->event, events, all->fd, EV_READ | EV_PERSIST, timers_due,
	                           all) == 0 &&
	              event_add(&all->event, NULL) == 0;
	return is_set ? ERR_OK : ERR_NO_MEMORY;
}

void posix_timers_close(posix_timers_t *all)
{
	if (event_initialized(&all->event))
		(void)event_del(&all->event);
	posix_close(&all->fd);
	free(all->heap);
}

/* The public verbs. */

/* Room for every timer that is made, so that none fails to be set. */
static err_t heap_reserve(posix_timers_t *all)
{
	if (all->made < all->cap)
		return ERR_OK;
	size_t cap = all->cap ? 2 * all->cap : 8;
	posix_timer_t **heap = reallocarray(all->heap, cap, sizeof(*heap));
	if (!heap)
		return ERR_NO_MEMORY;
	all->heap = heap;
	all->cap = cap;
	return ERR_OK;
}

static err_t timer_new(env_loop_t *loop, void (*fn)(void *ctx), void *ctx, env_timer_t **ret_timer)
{
	posix_timers_t *all = &((posix_loop_t *)loop)->timers;
	err_t err = heap_reserve(all);
	posix_timer_t *timer = err ? NULL : calloc(1, sizeof(*timer));
	if (!timer)
		return ERR_NO_MEMORY;
	all->made++;
	*timer = (posix_timer_t){ { loop->ops }, all, fn, ctx, 0, NOWHERE };
	*ret_timer = &timer->base;
	return ERR_OK;
}

static void timer_clear(env_timer_t *timer)
{
	take_out((posix_timer_t *)timer);
}

static void timer_set(env_timer_t *base, int64_t delay_ns)
{
	posix_timer_t *timer = (posix_timer_t *)base;
	posix_timers_t *all = timer->all;
	int64_t now = posix_now();
	take_out(timer);
	if (delay_ns < 0)
		delay_ns = 0;
	timer->due_ns = delay_ns < INT64_MAX - now ? now + delay_ns : INT64_MAX - 1;
	rise(all, all->count++, timer);
	if (!all->is_firing)
		arm(all);
}

static void timer_free(env_timer_t *base)
{
	posix_timer_t *timer = (posix_timer_t *)base;
	take_out(timer);
	timer->all->made--;
	free(timer);
}

void posix_timer_ops(env_ops_t *ops)
{
	ops->timer_new = timer_new;
	ops->timer_set = timer_set;
	ops->timer_clear = timer_clear;
	ops->timer_free = timer_free;
}
