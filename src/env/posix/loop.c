/* SPDX-License-Identifier: Apache-2.0 */
/* A loop is a libevent base without locks, turned by one thread. Other threads
 * reach it through an eventfd only. Its cached time is off, so that no timer fires
 * before its delay has passed on env_now.
 * The change list joins the several changes of interest of one HTTP request into
 * one system call (a fifth less time a request); it asks that no descriptor in
 * the loop is a duplicate of another, and none is. */
#include "env/posix/impl.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void loop_woken(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	posix_loop_t *loop = ctx;
	uint64_t count = 0;
	(void)!read(fd, &count, sizeof(count));
	if (atomic_load(&loop->stopping))
		(void)event_base_loopbreak(loop->events);
}

static struct event_base *base_make(void)
{
	struct event_config *config = event_config_new();
	if (!config)
		return NULL;
	int flags = EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME |
	            EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST;
	struct event_base *events = NULL;
	if (event_config_set_flag(config, flags) == 0)
		events = event_base_new_with_config(config);
	event_config_free(config);
	return events;
}

static err_t loop_set_up(posix_loop_t *loop)
{
	loop->events = base_make();
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!loop->events || loop->wake_fd < 0)
		return ERR_NO_MEMORY;
	if (event_assign(&loop->wake_event, loop->events, loop->wake_fd, EV_READ | EV_PERSIST,
	                 loop_woken, loop) != 0 ||
	    event_add(&loop->wake_event, NULL) != 0)
		return ERR_NO_MEMORY;
	return posix_timers_open(&loop->timers, loop->events);
}

err_t posix_loop_make(posix_env_t *env, const char *name, posix_loop_t **ret_loop)
{
	posix_loop_t *loop = calloc(1, sizeof(*loop));
	if (!loop)
		return ERR_NO_MEMORY;
	loop->base.ops = &env->ops;
	loop->env = env;
	(void)slice_to_cstr(slice_str(name), loop->name, sizeof(loop->name));
	loop->wake_fd = loop->timers.fd = -1;
	(void)pthread_mutex_init(&loop->lock, NULL);
	err_t err = loop_set_up(loop);
	if (err) {
		posix_loop_destroy(loop);
		return err;
	}
	*ret_loop = loop;
	return ERR_OK;
}

void posix_loop_destroy(posix_loop_t *loop)
{
	if (!loop)
		return;
	while (loop->left) {
		posix_left_t *left = loop->left;
		posix_left_remove(left);
		left->free(left);
	}
	if (event_initialized(&loop->wake_event))
		(void)event_del(&loop->wake_event);
	posix_close(&loop->wake_fd);
	posix_timers_close(&loop->timers);
	if (loop->events)
		event_base_free(loop->events);
	(void)pthread_mutex_destroy(&loop->lock);
	free(loop);
}

static void loop_set_mail(posix_loop_t *loop, bool closed)
{
	(void)pthread_mutex_lock(&loop->lock);
	posix_mailbox_set_closed(loop->mailboxes, closed);
	(void)pthread_mutex_unlock(&loop->lock);
}

void posix_loop_turn(posix_loop_t *loop)
{
	loop_set_mail(loop, false);
	atomic_store(&loop->running, true);
	(void)event_base_dispatch(loop->events);
	atomic_store(&loop->running, false);
	atomic_store(&loop->stopping, false);
	/* Senders that wait for room would wait for ever now. */
	loop_set_mail(loop, true);
}

void posix_loop_wake_stop(posix_loop_t *loop)
{
	atomic_store(&loop->stopping, true);
	uint64_t one = 1;
	(void)!write(loop->wake_fd, &one, sizeof(one));
}

bool posix_loop_running(const posix_loop_t *loop)
{
	return atomic_load(&loop->running);
}

void posix_loop_adopt(posix_loop_t *loop, posix_left_t *left, void (*free)(posix_left_t *left))
{
	left->free = free;
	left->next = loop->left;
	left->link = &loop->left;
	if (left->next)
		left->next->link = &left->next;
	loop->left = left;
}

void posix_left_remove(posix_left_t *left)
{
	if (!left->link)
		return;
	*left->link = left->next;
	if (left->next)
		left->next->link = left->link;
	left->link = NULL;
}

/* The public verbs of loops. */

static err_t loop_new(env_t *env, const char *name, env_loop_kind_t kind, env_loop_t **ret_loop)
{
	(void)kind;
	posix_loop_t *loop = NULL;
	err_t err = posix_loop_make((posix_env_t *)env, name, &loop);
	if (!err)
		*ret_loop = &loop->base;
	return err;
}

static void *loop_thread(void *ctx)
{
	posix_loop_t *loop = ctx;
	(void)pthread_setname_np(pthread_self(), loop->name);
	posix_loop_turn(loop);
	return NULL;
}

static err_t loop_start(env_loop_t *base)
{
	posix_loop_t *loop = (posix_loop_t *)base;
	assert(!loop->started);
	int rc = pthread_create(&loop->thread, NULL, loop_thread, loop);
	if (rc != 0)
		return posix_err(rc);
	loop->started = true;
	return ERR_OK;
}

static void loop_stop(env_loop_t *base)
{
	posix_loop_t *loop = (posix_loop_t *)base;
	if (!loop->started) {
		loop_set_mail(loop, true);
		return;
	}
	posix_loop_wake_stop(loop);
	(void)pthread_join(loop->thread, NULL);
	loop->started = false;
}

static void loop_free(env_loop_t *base)
{
	loop_stop(base);
	posix_loop_destroy((posix_loop_t *)base);
}

static env_t *loop_env(env_loop_t *loop)
{
	return &((posix_loop_t *)loop)->env->base;
}

void posix_loop_ops(env_ops_t *ops)
{
	ops->loop_new = loop_new;
	ops->loop_start = loop_start;
	ops->loop_stop = loop_stop;
	ops->loop_free = loop_free;
	ops->loop_env = loop_env;
}
