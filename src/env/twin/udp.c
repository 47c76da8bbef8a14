/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams fly one by one: each with its own delay, so that they overtake one
 * another, and each may be lost. A socket holds a bounded queue and hands it out
 * in batches. */
#include "env/udp.h"

#include <stdlib.h>

#include "env/twin/net.h"
#include "env/twin/verbs.h"

enum { SOCKET_QUEUE_MAX = 1024, SOCKET_TURN_MEAN_NS = 5000 };

struct datagram {
	datagram_t *next, *prev;
	network_t *network;
	event_t arrival;
	addr_t from, to;
	size_t len;
	uint8_t bytes[];
};

struct socket {
	env_udp_t base;
	thing_t thing;
	network_t *network;
	addr_t addr;
	env_udp_spec_t spec;
	event_t turn;
	datagram_t *first, **last;
	size_t queued;
	uint64_t dropped;
	bool is_busy, is_dead;
	socket_t *next;
};

static socket_t *socket_of(env_udp_t *udp)
{
	return (socket_t *)(void *)udp;
}

static socket_t *socket_at(const network_t *network, addr_t to)
{
	socket_t *found = NULL;
	for (socket_t *s = network->sockets; s; s = s->next) {
		if (addr_eq(s->addr, to))
			return s;
		if (addr_serves(s->addr, to))
			found = s;
	}
	return found;
}

static void flight_end(datagram_t *datagram)
{
	if (datagram->next)
		datagram->next->prev = datagram->prev;
	if (datagram->prev)
		datagram->prev->next = datagram->next;
	else
		datagram->network->flying = datagram->next;
	datagram->next = datagram->prev = NULL;
}

static void arrive(void *ctx)
{
	datagram_t *datagram = ctx;
	network_t *network = datagram->network;
	twin_t *twin = network->twin;
	flight_end(datagram);
	socket_t *to = socket_at(network, datagram->to);
	bool is_cut = network_is_cut(network, datagram->from.ip, datagram->to.ip);
	if (!to || is_cut || to->queued == SOCKET_QUEUE_MAX) {
		if (to && !is_cut)
			to->dropped++;
		free(datagram);
		return;
	}
	*to->last = datagram;
	to->last = &datagram->next;
	to->queued++;
	if (!to->turn.home)
		world_queue(twin, &to->turn,
		            world_now(twin) + world_jitter(twin, SOCKET_TURN_MEAN_NS));
}

static datagram_t *socket_take(socket_t *socket)
{
	datagram_t *datagram = socket->first;
	socket->first = datagram->next;
	if (!socket->first)
		socket->last = &socket->first;
	socket->queued--;
	return datagram;
}

static void socket_drop(void *self)
{
	socket_t *socket = self;
	while (socket->first)
		free(socket_take(socket));
	socket_t **at = &socket->network->sockets;
	while (*at != socket)
		at = &(*at)->next;
	*at = socket->next;
	agenda_remove(&socket->turn);
	thing_unlink(&socket->thing);
	free(socket);
}

static void socket_turn(void *ctx)
{
	socket_t *socket = ctx;
	env_datagram_t batch[ENV_UDP_BATCH];
	datagram_t *taken[ENV_UDP_BATCH];
	size_t count = 0;
	for (; count < ENV_UDP_BATCH && socket->first; count++) {
		taken[count] = socket_take(socket);
		batch[count].peer = taken[count]->from;
		batch[count].bytes = slice_of(taken[count]->bytes, taken[count]->len);
	}
	socket->is_busy = true;
	if (count)
		socket->spec.turn(socket->spec.ctx, &socket->base, batch, count);
	socket->is_busy = false;
	for (size_t i = 0; i < count; i++)
		free(taken[i]);
	if (socket->is_dead)
		socket_drop(socket);
	else if (socket->first)
		world_queue(socket->network->twin, &socket->turn, world_now(socket->network->twin));
}

err_t verb_udp_open(env_loop_t *base, addr_t addr, const env_udp_spec_t *spec, env_udp_t **ret_udp)
{
	loop_t *loop = loop_of(base);
	network_t *network = loop->host->twin->network;
	if (!addr.ip.family)
		return ERR_INVALID;
	if (!addr.port)
		addr.port = network_port(network);
	for (const socket_t *s = network->sockets; s; s = s->next) {
		if (addr_serves(s->addr, addr) || addr_serves(addr, s->addr))
			return ERR_BUSY;
	}
	socket_t *socket = twin_alloc(1, sizeof(*socket));
	socket->base.ops = &twin_ops;
	socket->network = network;
	socket->addr = addr;
	socket->spec = *spec;
	socket->last = &socket->first;
	socket->turn = event_of(network->twin, loop, socket_turn, socket);
	socket->next = network->sockets;
	network->sockets = socket;
	thing_link(&socket->thing, loop->host, socket, socket_drop);
	*ret_udp = &socket->base;
	return ERR_OK;
}

addr_t verb_udp_addr(const env_udp_t *udp)
{
	return ((const socket_t *)(const void *)udp)->addr;
}

err_t verb_udp_send(env_udp_t *base, addr_t peer, slice_t bytes)
{
	const socket_t *socket = socket_of(base);
	network_t *network = socket->network;
	twin_t *twin = network->twin;
	if (bytes.len > ENV_UDP_MAX)
		return ERR_TOO_BIG;
	if (socket->thing.host->is_dead)
		return ERR_OK;
	world_trace(twin, num_hash(bytes, 0));
	tap_datagram(network, socket->addr, peer, bytes);
	if (twin->spec.datagram_loss > 0 && rng_unit(&twin->chance) < twin->spec.datagram_loss) {
		twin->stats.datagrams_lost++;
		return ERR_OK;
	}
	datagram_t *datagram = twin_alloc(1, sizeof(*datagram) + bytes.len);
	*datagram = (datagram_t){ .network = network, .from = socket->addr, .to = peer };
	datagram->len = bytes.len;
	if (bytes.len)
		memcpy(datagram->bytes, bytes.ptr, bytes.len);
	datagram->next = network->flying;
	if (datagram->next)
		datagram->next->prev = datagram;
	network->flying = datagram;
	datagram->arrival = event_of(twin, NULL, arrive, datagram);
	world_queue(twin, &datagram->arrival, network_arrival(network));
	return ERR_OK;
}

uint64_t verb_udp_dropped(const env_udp_t *udp)
{
	return ((const socket_t *)(const void *)udp)->dropped;
}

void verb_udp_close(env_udp_t *udp)
{
	if (!udp)
		return;
	socket_of(udp)->is_dead = true;
	if (!socket_of(udp)->is_busy)
		socket_drop(socket_of(udp));
}

void datagrams_free(network_t *network)
{
	for (datagram_t *datagram = network->flying, *next; datagram; datagram = next) {
		next = datagram->next;
		agenda_remove(&datagram->arrival);
		free(datagram);
	}
	network->flying = NULL;
}
