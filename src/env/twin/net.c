/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ports, plugs and delays of the one network of all hosts. Lists are
 * searched from end to end: hosts of a simulated plant are counted in hundreds
 * and dial seldom. */
#include "env/twin/net.h"

#include <stdlib.h>

#include "env/twin/verbs.h"

enum { PORT_FIRST = 49152 };

network_t *network_new(twin_t *twin)
{
	network_t *network = twin_alloc(1, sizeof(*network));
	network->twin = twin;
	network->next_port = PORT_FIRST;
	return network;
}

void network_free(network_t *network)
{
	datagrams_free(network);
	free(network->unplugged);
	free(network);
}

uint16_t network_port(network_t *network)
{
	uint16_t port = network->next_port;
	network->next_port = port == UINT16_MAX ? PORT_FIRST : (uint16_t)(port + 1);
	return port;
}

int64_t network_arrival(network_t *network)
{
	twin_t *twin = network->twin;
	return world_now(twin) + world_jitter(twin, twin->spec.latency_ns);
}

bool addr_serves(addr_t bound, addr_t to)
{
	if (bound.port != to.port || bound.ip.family != to.ip.family)
		return false;
	return ip_is_any(bound.ip) || ip_eq(bound.ip, to.ip);
}

listener_t *network_listener(const network_t *network, addr_t to)
{
	listener_t *found = NULL;
	for (listener_t *l = network->listeners; l; l = l->next) {
		if (addr_eq(l->addr, to))
			return l;
		if (addr_serves(l->addr, to))
			found = l;
	}
	return found;
}

/* Where the address is among the unplugged ones, or their count. */
static size_t unplugged_at(const network_t *network, ip_t ip)
{
	size_t at = 0;
	while (at < network->unplugged_count && !ip_eq(network->unplugged[at], ip))
		at++;
	return at;
}

void twin_net_unplug(twin_t *twin, ip_t ip, bool is_unplugged)
{
	network_t *network = twin->network;
	size_t at = unplugged_at(network, ip);
	if (at < network->unplugged_count && !is_unplugged) {
		network->unplugged[at] = network->unplugged[--network->unplugged_count];
	} else if (at == network->unplugged_count && is_unplugged) {
		network->unplugged = twin_realloc(network->unplugged, at + 1, sizeof(ip));
		network->unplugged[network->unplugged_count++] = ip;
	}
}

bool network_is_cut(const network_t *network, ip_t a, ip_t b)
{
	size_t none = network->unplugged_count;
	return none > 0 && (unplugged_at(network, a) < none || unplugged_at(network, b) < none);
}
