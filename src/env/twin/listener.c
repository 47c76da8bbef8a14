/* SPDX-License-Identifier: Apache-2.0 */
/* From dial to accept: the SYN travels, finds a listener or none, waits in its
 * backlog for the listener's loop, and the answer travels back. */
#include <stdlib.h>

#include "env/twin/net.h"
#include "env/twin/verbs.h"

enum { SYN_ATTEMPTS = 5 };

static listener_t *listener_of(env_listener_t *listener)
{
	return (listener_t *)(void *)listener;
}

void listener_forget(conn_t *conn)
{
	listener_t *listener = conn->listener;
	if (!listener)
		return;
	conn_t **at = &listener->waiting;
	while (*at != conn)
		at = &(*at)->next_waiting;
	*at = conn->next_waiting;
	if (listener->last == &conn->next_waiting)
		listener->last = at;
	conn->listener = NULL;
}

static void refuse(conn_t *conn)
{
	if (tap_is_open(conn->network))
		frame_tcp_refused(&conn->frames, world_utc(conn->network->twin));
	conn->is_silent = true;
	conn_break(conn, FRAME_CLIENT, ERR_NETWORK);
}

/* Nobody answers: tries again at growing intervals. */
static void retry(conn_t *conn)
{
	twin_t *twin = conn->network->twin;
	if (tap_is_open(conn->network)) {
		frame_tcp_t copy = conn->frames; /* each attempt has the same numbers */
		frame_tcp_attempt(&copy, world_utc(twin));
	}
	if (++conn->attempts < SYN_ATTEMPTS) {
		world_queue(twin, &conn->syn, world_now(twin) + (NS_PER_S << conn->attempts));
	} else {
		conn->is_silent = true;
		conn_break(conn, FRAME_CLIENT, ERR_TIMEOUT);
	}
}

void listener_syn(void *ctx)
{
	conn_t *conn = ctx;
	network_t *network = conn->network;
	addr_t to = conn->addr[FRAME_SERVER];
	listener_t *listener = network_listener(network, to);
	if (network_is_cut(network, conn->addr[FRAME_CLIENT].ip, to.ip) ||
	    (listener && listener->loop->host->is_dead)) {
		retry(conn);
	} else if (!listener) {
		refuse(conn);
	} else {
		conn->listener = listener;
		conn->next_waiting = NULL;
		*listener->last = conn;
		listener->last = &conn->next_waiting;
		if (!listener->accept.home)
			world_queue(network->twin, &listener->accept, world_now(network->twin));
	}
}

/* The handshake is over; the client will know a little later. */
static void establish(conn_t *conn)
{
	conn->is_accepted = true;
	conn->open_due = network_arrival(conn->network);
	conn->wire[FRAME_SERVER].last_due = conn->open_due;
	if (tap_is_open(conn->network))
		frame_tcp_open(&conn->frames, world_utc(conn->network->twin));
	else
		for (int side = FRAME_CLIENT; side <= FRAME_SERVER; side++)
			conn->frames.next[side]++;
	end_schedule(conn->end[FRAME_CLIENT]);
}

/* Takes one connection; `accept` may close the listener, so it comes last. */
static void accept_turn(void *ctx)
{
	listener_t *listener = ctx;
	conn_t *conn = listener->waiting;
	if (!conn)
		return;
	listener_forget(conn);
	if (listener->waiting)
		world_queue(listener->network->twin, &listener->accept,
		            world_now(listener->network->twin));
	establish(conn);
	end_t *end = end_new(conn, FRAME_SERVER, listener->loop);
	end->is_open = end->is_busy = true;
	bool has_room = !listener->spec.connections_max ||
	                listener->live < listener->spec.connections_max;
	end->listener = listener;
	listener->live++;
	env_tcp_spec_t spec = { 0 };
	bool is_taken = has_room && listener->spec.accept(listener->spec.ctx, &end->base,
	                                                  conn->addr[FRAME_CLIENT], &spec);
	end->spec = spec;
	if (!is_taken && !end->is_dead)
		end_leave(end, false);
	end_settle(end);
}

static void listener_drop(void *self)
{
	listener_t *listener = self;
	while (listener->waiting) {
		conn_t *conn = listener->waiting;
		listener_forget(conn);
		refuse(conn);
	}
	for (thing_t *thing = listener->loop->host->things; thing; thing = thing->next) {
		end_t *end = thing->drop == end_drop ? thing->self : NULL;
		if (end && end->listener == listener)
			end->listener = NULL;
	}
	listener_t **at = &listener->network->listeners;
	while (*at != listener)
		at = &(*at)->next;
	*at = listener->next;
	agenda_remove(&listener->accept);
	thing_unlink(&listener->thing);
	free(listener);
}

err_t verb_tcp_listen(env_loop_t *base, addr_t addr, const env_listen_spec_t *spec,
                      env_listener_t **ret_listener)
{
	loop_t *loop = loop_of(base);
	network_t *network = loop->host->twin->network;
	if (!addr.ip.family)
		return ERR_INVALID;
	if (!addr.port)
		addr.port = network_port(network);
	for (const listener_t *l = network->listeners; l; l = l->next) {
		if (addr_serves(l->addr, addr) || addr_serves(addr, l->addr))
			return ERR_BUSY;
	}
	listener_t *listener = twin_alloc(1, sizeof(*listener));
	listener->base.ops = &twin_ops;
	listener->network = network;
	listener->loop = loop;
	listener->addr = addr;
	listener->spec = *spec;
	listener->last = &listener->waiting;
	listener->accept = event_of(network->twin, loop, accept_turn, listener);
	listener->next = network->listeners;
	network->listeners = listener;
	thing_link(&listener->thing, loop->host, listener, listener_drop);
	*ret_listener = &listener->base;
	return ERR_OK;
}

addr_t verb_listener_addr(const env_listener_t *listener)
{
	return ((const listener_t *)(const void *)listener)->addr;
}

void verb_listener_close(env_listener_t *listener)
{
	if (listener)
		listener_drop(listener_of(listener));
}
