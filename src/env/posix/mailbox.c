/* SPDX-License-Identifier: Apache-2.0 */
/* A mailbox is a ring under a mutex and an eventfd in the reader's loop. The
 * eventfd is written once a burst: the first put after the reader looked. */
#include "env/posix/impl.h"
#include "base/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct posix_mailbox {
	env_mailbox_t base;
	posix_loop_t *loop;
	posix_mailbox_t *next, **link; /* guarded by loop->lock */
	env_full_t policy;
	void (*ready)(void *ctx);
	void *ctx;
	int fd;
	struct event event;
	void *mem;
	/* Guards all below: senders are other threads. */
	pthread_mutex_t lock;
	pthread_cond_t room;
	ring_t ring;
	uint64_t dropped;
	bool woken, closed;
};

static void mailbox_wake(posix_mailbox_t *box)
{
	if (box->woken)
		return;
	box->woken = true;
	uint64_t one = 1;
	(void)!write(box->fd, &one, sizeof(one));
}

/* Under the lock. False: there is no room and there will be none. */
static bool mailbox_wait_room(posix_mailbox_t *box)
{
	while (!box->closed && box->ring.count == box->ring.cap) {
		if (box->policy != ENV_FULL_BLOCK)
			return false;
		(void)pthread_cond_wait(&box->room, &box->lock);
	}
	return !box->closed;
}

static bool mailbox_put(env_mailbox_t *mailbox, const void *item)
{
	posix_mailbox_t *box = (posix_mailbox_t *)mailbox;
	(void)pthread_mutex_lock(&box->lock);
	bool put = mailbox_wait_room(box);
	bool dropped = !put && !box->closed && box->policy == ENV_FULL_DROP;
	if (put) {
		bool fits = ring_put(&box->ring, item);
		assert(fits);
		mailbox_wake(box);
	}
	box->dropped += dropped;
	(void)pthread_mutex_unlock(&box->lock);
	return put || dropped;
}

static bool mailbox_take(env_mailbox_t *mailbox, void *ret_item)
{
	posix_mailbox_t *box = (posix_mailbox_t *)mailbox;
	(void)pthread_mutex_lock(&box->lock);
	bool taken = ring_take(&box->ring, ret_item);
	if (taken && box->policy == ENV_FULL_BLOCK)
		(void)pthread_cond_signal(&box->room);
	(void)pthread_mutex_unlock(&box->lock);
	return taken;
}

static uint64_t mailbox_dropped(const env_mailbox_t *mailbox)
{
	const posix_mailbox_t *box = (const posix_mailbox_t *)mailbox;
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&box->lock;
	(void)pthread_mutex_lock(lock);
	uint64_t dropped = box->dropped;
	(void)pthread_mutex_unlock(lock);
	return dropped;
}

static void mailbox_arrived(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	posix_mailbox_t *box = ctx;
	uint64_t count = 0;
	(void)pthread_mutex_lock(&box->lock);
	(void)!read(fd, &count, sizeof(count));
	box->woken = false;
	(void)pthread_mutex_unlock(&box->lock);
	box->ready(box->ctx);
	/* A reader that stopped half-way is called again in the next turn. */
	(void)pthread_mutex_lock(&box->lock);
	if (box->ring.count > 0)
		mailbox_wake(box);
	(void)pthread_mutex_unlock(&box->lock);
}

void posix_mailbox_set_closed(posix_mailbox_t *list, bool closed)
{
	for (posix_mailbox_t *box = list; box; box = box->next) {
		(void)pthread_mutex_lock(&box->lock);
		box->closed = closed;
		(void)pthread_cond_broadcast(&box->room);
		(void)pthread_mutex_unlock(&box->lock);
	}
}

static void mailbox_link(posix_mailbox_t *box)
{
	posix_loop_t *loop = box->loop;
	(void)pthread_mutex_lock(&loop->lock);
	box->next = loop->mailboxes;
	box->link = &loop->mailboxes;
	if (box->next)
		box->next->link = &box->next;
	loop->mailboxes = box;
	(void)pthread_mutex_unlock(&loop->lock);
}

static void mailbox_unlink(posix_mailbox_t *box)
{
	posix_loop_t *loop = box->loop;
	(void)pthread_mutex_lock(&loop->lock);
	if (box->link) {
		*box->link = box->next;
		if (box->next)
			box->next->link = box->link;
	}
	(void)pthread_mutex_unlock(&loop->lock);
}

static void mailbox_free(env_mailbox_t *mailbox)
{
	posix_mailbox_t *box = (posix_mailbox_t *)mailbox;
	mailbox_unlink(box);
	if (event_initialized(&box->event))
		(void)event_del(&box->event);
	posix_close(&box->fd);
	(void)pthread_cond_destroy(&box->room);
	(void)pthread_mutex_destroy(&box->lock);
	free(box->mem);
	free(box);
}

static err_t mailbox_set_up(posix_mailbox_t *box, const env_mailbox_spec_t *spec)
{
	box->mem = calloc(spec->capacity, spec->item_size);
	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!box->mem || box->fd < 0)
		return ERR_NO_MEMORY;
	box->ring = ring_of(box->mem, spec->item_size, spec->capacity);
	if (event_assign(&box->event, box->loop->events, box->fd, EV_READ | EV_PERSIST,
	                 mailbox_arrived, box) != 0 ||
	    event_add(&box->event, NULL) != 0)
		return ERR_NO_MEMORY;
	mailbox_link(box);
	return ERR_OK;
}

static err_t mailbox_new(const env_mailbox_spec_t *spec, env_mailbox_t **ret_mailbox)
{
	assert(spec->capacity > 0 && spec->item_size > 0 && spec->ready);
	posix_mailbox_t *box = calloc(1, sizeof(*box));
	if (!box)
		return ERR_NO_MEMORY;
	box->base.ops = spec->reader->ops;
	box->loop = (posix_loop_t *)spec->reader;
	box->policy = spec->policy;
	box->ready = spec->ready;
	box->ctx = spec->ctx;
	(void)pthread_mutex_init(&box->lock, NULL);
	(void)pthread_cond_init(&box->room, NULL);
	err_t err = mailbox_set_up(box, spec);
	if (err) {
		mailbox_free(&box->base);
		return err;
	}
	*ret_mailbox = &box->base;
	return ERR_OK;
}

void posix_mailbox_ops(env_ops_t *ops)
{
	ops->mailbox_new = mailbox_new;
	ops->mailbox_free = mailbox_free;
	ops->mailbox_put = mailbox_put;
	ops->mailbox_take = mailbox_take;
	ops->mailbox_dropped = mailbox_dropped;
}
