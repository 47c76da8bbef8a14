/* SPDX-License-Identifier: Apache-2.0 */
/* Streams on plain non-blocking sockets.
 *
 * Owners may close or reset a stream from inside any of its callbacks, so a
 * callback runs with `busy` set and the wish is carried out when it returns
 * (tcp_settle). Writes made inside a callback leave together when it returns. A
 * closed stream that still has bytes to send, or whose peer has not yet ended, is
 * left to the loop for up to two seconds: a socket closed with unread input would
 * reset and lose what was sent last. */
#include "env/posix/tcp_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TCP_INPUT_MAX = 256 * 1024,
	TCP_OUTPUT_MAX = 1024 * 1024,
	TCP_READ_FIRST = 4096, /* room for the first read of a readiness, */
	TCP_READ_MORE = 65536, /* and for those that follow a full one */
	TCP_READS = 8,
};
#define TCP_PART_NS (2 * NS_PER_S)

/* Ends of life. */

static void tcp_leave_listener(posix_tcp_t *tcp)
{
	posix_count_t *count = tcp->count;
	tcp->count = NULL;
	if (!count)
		return;
	count->live--;
	if (count->orphan && count->live == 0)
		free(count);
}

static void tcp_destroy(posix_tcp_t *tcp)
{
	posix_left_remove(&tcp->left);
	tcp_leave_listener(tcp);
	(void)event_del(&tcp->read);
	(void)event_del(&tcp->write);
	(void)event_del(&tcp->deadline);
	posix_close(&tcp->fd);
	bytes_free(&tcp->in);
	bytes_free(&tcp->out);
	free(tcp);
}

void posix_tcp_destroy_reset(posix_tcp_t *tcp)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	(void)setsockopt(tcp->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	tcp_destroy(tcp);
}

static void tcp_left_free(posix_left_t *left)
{
	tcp_destroy((posix_tcp_t *)((char *)left - offsetof(posix_tcp_t, left)));
}

/* Sends what it can; ERR_OK also when the socket is full for now. */
static err_t tcp_push(posix_tcp_t *tcp)
{
	while (tcp->out.len > 0) {
		slice_t view = bytes_view(&tcp->out);
		ssize_t put = send(tcp->fd, view.ptr, view.len, MSG_NOSIGNAL);
		if (put >= 0)
			bytes_consume(&tcp->out, (size_t)put);
		else if (errno == EAGAIN)
			return event_add(&tcp->write, NULL) == 0 ? ERR_OK : ERR_NO_MEMORY;
		else if (errno != EINTR)
			return posix_err(errno);
	}
	return ERR_OK;
}

/* All is sent: says so to the peer and waits for its end, or for the deadline. */
static void tcp_drain(posix_tcp_t *tcp)
{
	tcp->state = TCP_DRAINING;
	(void)shutdown(tcp->fd, SHUT_WR);
	(void)event_add(&tcp->read, NULL);
}

/* The owner is gone; what is unsent leaves in the background. */
static void tcp_part(posix_tcp_t *tcp)
{
	bool open = tcp->state == TCP_OPEN && !tcp->broken;
	tcp_leave_listener(tcp);
	(void)event_del(&tcp->read);
	(void)event_del(&tcp->write);
	bytes_free(&tcp->in);
	err_t err = open ? tcp_push(tcp) : ERR_CANCELLED;
	struct timeval deadline = posix_timeval(TCP_PART_NS);
	if (err || !posix_loop_running(tcp->loop) || event_add(&tcp->deadline, &deadline) != 0) {
		tcp_destroy(tcp);
		return;
	}
	posix_loop_adopt(tcp->loop, &tcp->left, tcp_left_free);
	tcp->state = TCP_PARTING;
	if (tcp->out.len == 0)
		tcp_drain(tcp);
}

static void tcp_end(posix_tcp_t *tcp, err_t why)
{
	tcp->busy = true;
	tcp_state_t state = tcp->state;
	tcp->state = TCP_ENDED;
	tcp->spec.events->closed(tcp->spec.ctx, &tcp->base, why);
	tcp->state = state;
	/* A peer that has ended its side may still be reading ours. */
	if (!why && tcp->out.len > 0)
		tcp_part(tcp);
	else
		tcp_destroy(tcp);
}

/* Carries out what the owner wished during a callback; false when the stream is
 * not the owner's any more. */
static bool tcp_settle(posix_tcp_t *tcp)
{
	tcp->busy = false;
	if (tcp->wish == TCP_WISH_NONE)
		return true;
	if (tcp->wish == TCP_WISH_RESET)
		posix_tcp_destroy_reset(tcp);
	else
		tcp_part(tcp);
	return false;
}

/* False when that ended the stream. */
static bool tcp_flush(posix_tcp_t *tcp)
{
	err_t err = tcp_push(tcp);
	if (err) {
		tcp_end(tcp, err);
		return false;
	}
	if (tcp->out.len > 0 || !tcp->waits)
		return true;
	tcp->waits = false;
	if (!tcp->spec.events->drained)
		return true;
	tcp->busy = true;
	tcp->spec.events->drained(tcp->spec.ctx, &tcp->base);
	if (!tcp_settle(tcp))
		return false;
	/* What `drained` wrote waits a turn, so that a fast peer cannot hold the loop. */
	if (tcp->out.len > 0 && event_add(&tcp->write, NULL) != 0) {
		tcp_end(tcp, ERR_NO_MEMORY);
		return false;
	}
	return true;
}

/* Input. */

/* False when that ended the stream. */
static bool tcp_deliver(posix_tcp_t *tcp)
{
	size_t used;
	do {
		tcp->busy = true;
		used = tcp->spec.events->data(tcp->spec.ctx, &tcp->base, bytes_view(&tcp->in));
		bytes_consume(&tcp->in, used);
		if (!tcp_settle(tcp))
			return false;
	} while (used > 0 && tcp->in.len > 0);
	if (!tcp_flush(tcp))
		return false;
	if (tcp->in.len < tcp->in.max)
		return true;
	tcp_end(tcp, ERR_TOO_BIG);
	return false;
}

/* False when the socket is empty for now, or the stream has ended. */
static bool tcp_receive(posix_tcp_t *tcp, size_t want)
{
	size_t room = 0;
	uint8_t *to = bytes_room(&tcp->in, want, &room);
	if (room == 0) {
		tcp_end(tcp, ERR_NO_MEMORY);
		return false;
	}
	ssize_t got = recv(tcp->fd, to, room, 0);
	if (got > 0) {
		bytes_added(&tcp->in, (size_t)got);
		return tcp_deliver(tcp) && (size_t)got == room;
	}
	if (got == 0)
		tcp_end(tcp, ERR_OK);
	else if (errno == EINTR)
		return true;
	else if (errno != EAGAIN)
		tcp_end(tcp, posix_err(errno));
	return false;
}

static void tcp_discard(posix_tcp_t *tcp)
{
	uint8_t trash[TCP_READ_FIRST];
	for (int i = 0; i < TCP_READS; i++) {
		ssize_t got = recv(tcp->fd, trash, sizeof(trash), 0);
		if (got > 0 || (got < 0 && errno == EINTR))
			continue;
		if (got == 0 || errno != EAGAIN)
			tcp_destroy(tcp);
		return;
	}
}

static void tcp_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_tcp_t *tcp = ctx;
	if (tcp->state == TCP_DRAINING) {
		tcp_discard(tcp);
		return;
	}
	size_t want = TCP_READ_FIRST;
	for (int i = 0; i < TCP_READS && tcp_receive(tcp, want); i++)
		want = TCP_READ_MORE;
}

/* Output. */

static void tcp_opened(posix_tcp_t *tcp)
{
	int errnum = 0;
	socklen_t len = sizeof(errnum);
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) != 0)
		errnum = errno;
	if (errnum) {
		tcp_end(tcp, posix_err(errnum));
		return;
	}
	tcp->state = TCP_OPEN;
	tcp->local = posix_socket_local(tcp->fd);
	tcp->busy = true;
	tcp->spec.events->opened(tcp->spec.ctx, &tcp->base);
	posix_tcp_begin(tcp);
}

static void tcp_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_tcp_t *tcp = ctx;
	if (tcp->state == TCP_PARTING) {
		if (tcp_push(tcp) != ERR_OK)
			tcp_destroy(tcp);
		else if (tcp->out.len == 0)
			tcp_drain(tcp);
	} else if (tcp->broken) {
		tcp_end(tcp, tcp->broken);
	} else if (tcp->state == TCP_DIALLING) {
		tcp_opened(tcp);
	} else {
		(void)tcp_flush(tcp);
	}
}

static void tcp_overdue(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_tcp_destroy_reset(ctx);
}

/* The failure is told from the loop: the owner is in the middle of something. */
static void tcp_break(posix_tcp_t *tcp, err_t why)
{
	tcp->broken = why;
	event_active(&tcp->write, EV_WRITE, 0);
}

static err_t tcp_write(env_tcp_t *base, slice_t bytes)
{
	posix_tcp_t *tcp = (posix_tcp_t *)base;
	if (tcp->state == TCP_ENDED || tcp->broken)
		return ERR_NETWORK;
	if (bytes.len > tcp->out.max - tcp->out.len) {
		tcp->waits = tcp->out.len > 0;
		return ERR_LIMIT;
	}
	if (!bytes_append(&tcp->out, bytes))
		return ERR_NO_MEMORY;
	if (!tcp->busy && tcp->state == TCP_OPEN) {
		err_t err = tcp_push(tcp);
		if (err)
			tcp_break(tcp, err);
	}
	tcp->waits |= tcp->out.len > 0;
	return ERR_OK;
}

/* Making. */

err_t posix_tcp_make(posix_loop_t *loop, int fd, posix_tcp_t **ret_tcp)
{
	posix_tcp_t *tcp = calloc(1, sizeof(*tcp));
	if (!tcp) {
		posix_close(&fd);
		return ERR_NO_MEMORY;
	}
	int on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tcp->base.ops = loop->base.ops;
	tcp->loop = loop;
	tcp->fd = fd;
	tcp->in.max = TCP_INPUT_MAX;
	tcp->out.max = TCP_OUTPUT_MAX;
	(void)event_assign(&tcp->read, loop->events, fd, EV_READ | EV_PERSIST, tcp_readable, tcp);
	(void)event_assign(&tcp->write, loop->events, fd, EV_WRITE, tcp_writable, tcp);
	(void)event_assign(&tcp->deadline, loop->events, -1, 0, tcp_overdue, tcp);
	*ret_tcp = tcp;
	return ERR_OK;
}

void posix_tcp_set_spec(posix_tcp_t *tcp, const env_tcp_spec_t *spec)
{
	tcp->spec = *spec;
	if (spec->input_max)
		tcp->in.max = spec->input_max;
	if (spec->output_max)
		tcp->out.max = spec->output_max;
}

void posix_tcp_begin(posix_tcp_t *tcp)
{
	if (!tcp_settle(tcp))
		return;
	if (event_add(&tcp->read, NULL) != 0)
		tcp_break(tcp, ERR_NO_MEMORY);
	else
		(void)tcp_flush(tcp);
}

/* A source address with any port leaves the choice of the port to connect(), so
 * that many streams from one address do not run out of ports. */
static err_t dial_socket(const addr_t *local, addr_t remote, int *ret_fd)
{
	int on = 1;
	addr_t any = { .ip.family = remote.ip.family };
	if (remote.ip.family != 4 && remote.ip.family != 6)
		return ERR_INVALID;
	int family = remote.ip.family == 4 ? AF_INET : AF_INET6;
	if (local && (local->port || local->ip.family != remote.ip.family))
		return local->ip.family == remote.ip.family
		               ? posix_socket_bound(*local, SOCK_STREAM, ret_fd)
		               : ERR_INVALID;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return posix_err(errno);
	struct sockaddr_storage sa;
	socklen_t len = posix_addr_to(local ? *local : any, &sa);
	if (local && (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0 ||
	              bind(fd, (const struct sockaddr *)&sa, len) != 0)) {
		err_t err = posix_err(errno);
		posix_close(&fd);
		return err;
	}
	*ret_fd = fd;
	return ERR_OK;
}

static err_t tcp_dial(env_loop_t *loop, const addr_t *local, addr_t remote,
                      const env_tcp_spec_t *spec, env_tcp_t **ret_tcp)
{
	int fd = -1;
	posix_tcp_t *tcp = NULL;
	err_t err = dial_socket(local, remote, &fd);
	if (!err)
		err = posix_tcp_make((posix_loop_t *)loop, fd, &tcp);
	if (err)
		return err;
	posix_tcp_set_spec(tcp, spec);
	tcp->state = TCP_DIALLING;
	tcp->peer = remote;
	struct sockaddr_storage sa;
	socklen_t len = posix_addr_to(remote, &sa);
	if (connect(fd, (const struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS)
		tcp_break(tcp, posix_err(errno));
	else if (event_add(&tcp->write, NULL) != 0)
		tcp_break(tcp, ERR_NO_MEMORY);
	*ret_tcp = &tcp->base;
	return ERR_OK;
}

static size_t tcp_unsent(const env_tcp_t *tcp)
{
	return ((const posix_tcp_t *)tcp)->out.len;
}

static addr_t tcp_local(const env_tcp_t *tcp)
{
	return ((const posix_tcp_t *)tcp)->local;
}

static addr_t tcp_peer(const env_tcp_t *tcp)
{
	return ((const posix_tcp_t *)tcp)->peer;
}

static void tcp_leave(posix_tcp_t *tcp, tcp_wish_t wish)
{
	if (tcp->state == TCP_ENDED)
		return;
	if (tcp->wish == TCP_WISH_NONE)
		tcp->wish = wish;
	if (!tcp->busy)
		(void)tcp_settle(tcp);
}

static void tcp_close(env_tcp_t *tcp)
{
	tcp_leave((posix_tcp_t *)tcp, TCP_WISH_CLOSE);
}

static void tcp_reset(env_tcp_t *tcp)
{
	tcp_leave((posix_tcp_t *)tcp, TCP_WISH_RESET);
}

void posix_tcp_ops(env_ops_t *ops)
{
	ops->tcp_dial = tcp_dial;
	ops->tcp_write = tcp_write;
	ops->tcp_unsent = tcp_unsent;
	ops->tcp_local = tcp_local;
	ops->tcp_peer = tcp_peer;
	ops->tcp_close = tcp_close;
	ops->tcp_reset = tcp_reset;
	posix_listener_ops(ops);
}
