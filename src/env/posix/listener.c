/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: accept in bursts, hold the limit, and rest for a moment when the
 * process is out of descriptors (the readiness would otherwise spin). */
#include "env/posix/tcp_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCEPTS = 64 };
#define ACCEPT_REST_NS (100 * NS_PER_MS)

typedef struct {
	env_listener_t base;
	posix_loop_t *loop;
	env_listen_spec_t spec;
	posix_count_t *count;
	int fd;
	bool busy, closed; /* closed from inside `accept` */
	struct event read, rest;
	addr_t addr;
	uint64_t refused;
} posix_listener_t;

static void listener_destroy(posix_listener_t *listener)
{
	if (event_initialized(&listener->read))
		(void)event_del(&listener->read);
	if (event_initialized(&listener->rest))
		(void)event_del(&listener->rest);
	posix_close(&listener->fd);
	if (listener->count && listener->count->live > 0)
		listener->count->orphan = true;
	else
		free(listener->count);
	free(listener);
}

static void listener_take(posix_listener_t *listener, int fd, addr_t peer)
{
	posix_tcp_t *tcp = NULL;
	if (listener->count->live >= listener->spec.connections_max) {
		listener->refused++;
		posix_close(&fd);
		return;
	}
	if (posix_tcp_make(listener->loop, fd, &tcp) != ERR_OK)
		return;
	tcp->state = TCP_OPEN;
	tcp->peer = peer;
	tcp->local = posix_socket_local(fd);
	tcp->count = listener->count;
	listener->count->live++;
	env_tcp_spec_t spec = { 0 };
	tcp->busy = listener->busy = true;
	bool wanted = listener->spec.accept(listener->spec.ctx, &tcp->base, peer, &spec);
	listener->busy = false;
	if (!wanted) {
		listener->refused++;
		posix_tcp_destroy_reset(tcp);
		return;
	}
	posix_tcp_set_spec(tcp, &spec);
	posix_tcp_begin(tcp);
}

/* Deaf for a while; without memory for the timer it goes on trying instead. */
static void listener_rest(posix_listener_t *listener)
{
	struct timeval rest = posix_timeval(ACCEPT_REST_NS);
	if (event_add(&listener->rest, &rest) == 0)
		(void)event_del(&listener->read);
}

/* False when nobody waits. */
static bool listener_accept(posix_listener_t *listener)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	int fd = accept4(listener->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		listener_take(listener, fd, posix_addr_from(&sa));
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		listener_rest(listener);
		return false;
	}
	return errno != EAGAIN;
}

static void listener_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_listener_t *listener = ctx;
	for (int i = 0; i < ACCEPTS && !listener->closed; i++)
		if (!listener_accept(listener))
			break;
	if (listener->closed)
		listener_destroy(listener);
}

static void listener_rested(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_listener_t *listener = ctx;
	if (event_add(&listener->read, NULL) != 0)
		listener_rest(listener);
}

static err_t listener_set_up(posix_listener_t *listener, addr_t addr)
{
	listener->count = calloc(1, sizeof(*listener->count));
	if (!listener->count)
		return ERR_NO_MEMORY;
	err_t err = posix_socket_listening(addr, &listener->fd);
	if (err)
		return err;
	listener->addr = posix_socket_local(listener->fd);
	struct event_base *events = listener->loop->events;
	(void)event_assign(&listener->read, events, listener->fd, EV_READ | EV_PERSIST,
	                   listener_readable, listener);
	(void)event_assign(&listener->rest, events, -1, 0, listener_rested, listener);
	return event_add(&listener->read, NULL) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

static err_t tcp_listen(env_loop_t *loop, addr_t addr, const env_listen_spec_t *spec,
                        env_listener_t **ret_listener)
{
	posix_listener_t *listener = calloc(1, sizeof(*listener));
	if (!listener)
		return ERR_NO_MEMORY;
	listener->base.ops = loop->ops;
	listener->loop = (posix_loop_t *)loop;
	listener->spec = *spec;
	listener->fd = -1;
	err_t err = listener_set_up(listener, addr);
	if (err) {
		listener_destroy(listener);
		return err;
	}
	*ret_listener = &listener->base;
	return ERR_OK;
}

static addr_t listener_addr(const env_listener_t *listener)
{
	return ((const posix_listener_t *)listener)->addr;
}

static void listener_close(env_listener_t *base)
{
	posix_listener_t *listener = (posix_listener_t *)base;
	listener->closed = true;
	if (!listener->busy)
		listener_destroy(listener);
}

void posix_listener_ops(env_ops_t *ops)
{
	ops->tcp_listen = tcp_listen;
	ops->listener_addr = listener_addr;
	ops->listener_close = listener_close;
}
