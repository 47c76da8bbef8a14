/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in batches of ENV_UDP_BATCH both ways: one system call receives up
 * to 32 requests, one sends their replies. A readiness gives several turns, but
 * not without bound, so that other sockets of the loop get theirs. */
#include "env/posix/udp_out.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

enum { UDP_TURNS = 8, UDP_SOCKET_BYTES = 4 << 20 };

typedef struct {
	struct mmsghdr head[ENV_UDP_BATCH];
	struct iovec part[ENV_UDP_BATCH];
	struct sockaddr_storage peer[ENV_UDP_BATCH];
	uint8_t bytes[ENV_UDP_BATCH][ENV_UDP_MAX];
} udp_batch_t;

typedef struct {
	env_udp_t base;
	env_udp_spec_t spec;
	int fd;
	struct event event;
	addr_t addr;
	uint64_t dropped;
	bool in_turn, closed;
	env_datagram_t datagrams[ENV_UDP_BATCH];
	udp_batch_t in;
	posix_udp_out_t out;
} posix_udp_t;

static void batch_init(udp_batch_t *batch)
{
	for (size_t i = 0; i < ENV_UDP_BATCH; i++) {
		batch->part[i] = (struct iovec){ batch->bytes[i], ENV_UDP_MAX };
		batch->head[i].msg_hdr = (struct msghdr){ .msg_name = &batch->peer[i],
			                                  .msg_namelen = sizeof(batch->peer[i]),
			                                  .msg_iov = &batch->part[i],
			                                  .msg_iovlen = 1 };
	}
}

static void udp_destroy(posix_udp_t *udp)
{
	if (event_initialized(&udp->event))
		(void)event_del(&udp->event);
	posix_close(&udp->fd);
	free(udp);
}

static size_t udp_gather(posix_udp_t *udp, size_t received)
{
	size_t count = 0;
	for (size_t i = 0; i < received; i++) {
		struct mmsghdr *head = &udp->in.head[i];
		if (head->msg_hdr.msg_flags & MSG_TRUNC)
			udp->dropped++;
		else
			udp->datagrams[count++] = (env_datagram_t){
				posix_addr_from(&udp->in.peer[i]),
				slice_of(udp->in.bytes[i], head->msg_len)
			};
		head->msg_hdr.msg_namelen = sizeof(udp->in.peer[i]);
	}
	return count;
}

/* False when the socket is empty for now. */
static bool udp_turn(posix_udp_t *udp)
{
	int rc = recvmmsg(udp->fd, udp->in.head, ENV_UDP_BATCH, MSG_DONTWAIT, NULL);
	if (rc <= 0)
		return rc < 0 && errno == ECONNREFUSED; /* an old reply met a closed port */
	size_t count = udp_gather(udp, (size_t)rc);
	udp->in_turn = true;
	if (count)
		udp->spec.turn(udp->spec.ctx, &udp->base, udp->datagrams, count);
	udp->in_turn = false;
	posix_udp_out_flush(&udp->out, udp->fd);
	return rc == ENV_UDP_BATCH;
}

static void udp_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_udp_t *udp = ctx;
	for (int i = 0; i < UDP_TURNS && !udp->closed; i++)
		if (!udp_turn(udp))
			break;
	if (udp->closed)
		udp_destroy(udp);
}

static err_t udp_set_up(posix_udp_t *udp, posix_loop_t *loop, addr_t addr)
{
	err_t err = posix_socket_bound(addr, SOCK_DGRAM, &udp->fd);
	if (err)
		return err;
	int size = UDP_SOCKET_BYTES;
	/* A wish: the system gives as much as its limit allows. */
	(void)setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	udp->addr = posix_socket_local(udp->fd);
	if (event_assign(&udp->event, loop->events, udp->fd, EV_READ | EV_PERSIST, udp_readable,
	                 udp) != 0 ||
	    event_add(&udp->event, NULL) != 0)
		return ERR_NO_MEMORY;
	return ERR_OK;
}

static err_t udp_open(env_loop_t *loop, addr_t addr, const env_udp_spec_t *spec,
                      env_udp_t **ret_udp)
{
	posix_udp_t *udp = calloc(1, sizeof(*udp));
	if (!udp)
		return ERR_NO_MEMORY;
	udp->base.ops = loop->ops;
	udp->spec = *spec;
	udp->fd = -1;
	batch_init(&udp->in);
	err_t err = udp_set_up(udp, (posix_loop_t *)loop, addr);
	if (err) {
		udp_destroy(udp);
		return err;
	}
	*ret_udp = &udp->base;
	return ERR_OK;
}

static addr_t udp_addr(const env_udp_t *udp)
{
	return ((const posix_udp_t *)udp)->addr;
}

static err_t udp_send(env_udp_t *base, addr_t peer, slice_t bytes)
{
	posix_udp_t *udp = (posix_udp_t *)base;
	if (bytes.len > ENV_UDP_MAX)
		return ERR_TOO_BIG;
	if (peer.ip.family != udp->addr.ip.family)
		return ERR_INVALID;
	posix_udp_out_add(&udp->out, peer, bytes);
	if (!udp->in_turn || udp->out.count == ENV_UDP_BATCH)
		posix_udp_out_flush(&udp->out, udp->fd);
	return ERR_OK;
}

static uint64_t udp_dropped(const env_udp_t *udp)
{
	const posix_udp_t *at = (const posix_udp_t *)udp;
	return at->dropped + at->out.dropped;
}

static void udp_close(env_udp_t *base)
{
	posix_udp_t *udp = (posix_udp_t *)base;
	udp->closed = true;
	if (!udp->in_turn)
		udp_destroy(udp);
}

void posix_udp_ops(env_ops_t *ops)
{
	ops->udp_open = udp_open;
	ops->udp_addr = udp_addr;
	ops->udp_send = udp_send;
	ops->udp_dropped = udp_dropped;
	ops->udp_close = udp_close;
}
