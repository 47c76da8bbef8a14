/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of flows with a map in front and a list by use through it. */
#include "sentry/flow.h"

#include <stdlib.h>

err_t flow_table_open(flow_table_t *table, size_t max, uint64_t seed)
{
	*table = (flow_table_t){ .max = max, .oldest = FLOW_NONE, .newest = FLOW_NONE };
	table->flows = calloc(max, sizeof(*table->flows));
	table->free = malloc(max * sizeof(*table->free));
	if (!table->flows || !table->free)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < max; i++)
		table->free[i] = (uint32_t)(max - 1 - i);
	table->free_count = max;
	return keymap_open(&table->map, max, seed);
}

void flow_table_close(flow_table_t *table)
{
	free(table->flows);
	free(table->free);
	keymap_close(&table->map);
	table->flows = NULL;
	table->free = NULL;
}

keymap_key_t flow_key(addr_t client, addr_t server)
{
	return keymap_key(client.ip, server.ip, (uint64_t)client.port << 16 | server.port);
}

static uint32_t place_of(const flow_table_t *table, const flow_t *flow)
{
	return (uint32_t)(flow - table->flows);
}

static flow_t *flow_at(flow_table_t *table, uint32_t place)
{
	return place == FLOW_NONE ? NULL : &table->flows[place];
}

static void unlink_flow(flow_table_t *table, flow_t *flow)
{
	flow_t *older = flow_at(table, flow->older), *newer = flow_at(table, flow->newer);
	*(older ? &older->newer : &table->oldest) = flow->newer;
	*(newer ? &newer->older : &table->newest) = flow->older;
}

static void link_newest(flow_table_t *table, flow_t *flow)
{
	uint32_t place = place_of(table, flow);
	flow_t *newest = flow_at(table, table->newest);
	flow->older = table->newest;
	flow->newer = FLOW_NONE;
	*(newest ? &newest->newer : &table->oldest) = place;
	table->newest = place;
	flow->listed_ns = flow->last_ns;
}

flow_t *flow_find(flow_table_t *table, const keymap_key_t *key, int64_t utc_ns)
{
	flow_t *flow = flow_at(table, keymap_get(&table->map, key));
	if (!flow)
		return NULL;
	flow->last_ns = utc_ns;
	if (utc_ns - flow->listed_ns >= NS_PER_S || utc_ns < flow->listed_ns) {
		unlink_flow(table, flow);
		link_newest(table, flow);
	}
	return flow;
}

flow_t *flow_add(flow_table_t *table, addr_t client, addr_t server, int64_t utc_ns)
{
	if (table->free_count == 0)
		return NULL;
	uint32_t place = table->free[--table->free_count];
	flow_t *flow = &table->flows[place];
	flow->key = flow_key(client, server);
	flow->client = client;
	flow->server = server;
	flow->first_ns = flow->last_ns = utc_ns;
	flow->client_asset = flow->server_asset = flow->talk = KEYMAP_NONE;
	flow->closed = false;
	flow->finished = flow->pending = 0;
	flow->stream[FRAME_CLIENT] = flow->stream[FRAME_SERVER] = stream_make();
	for (size_t i = 0; i < FLOW_PENDING_MAX; i++)
		flow->requests[i].len = 0;
	/* The map holds as many as the pool, so it has room whenever a place is free. */
	(void)keymap_put(&table->map, &flow->key, place);
	link_newest(table, flow);
	return flow;
}

flow_t *flow_oldest(flow_table_t *table)
{
	return flow_at(table, table->oldest);
}

flow_t *flow_newer(flow_table_t *table, const flow_t *flow)
{
	return flow_at(table, flow->newer);
}

void flow_remove(flow_table_t *table, flow_t *flow)
{
	unlink_flow(table, flow);
	keymap_remove(&table->map, &flow->key);
	table->free[table->free_count++] = place_of(table, flow);
}

size_t flow_count(const flow_table_t *table)
{
	return table->max - table->free_count;
}

flow_request_t *flow_request_place(flow_t *flow, bool *ret_lost)
{
	flow_request_t *oldest = &flow->requests[0];
	*ret_lost = false;
	for (size_t i = 0; i < FLOW_PENDING_MAX; i++) {
		flow_request_t *request = &flow->requests[i];
		if (request->len == 0) {
			flow->pending++;
			return request;
		}
		if (request->utc_ns < oldest->utc_ns)
			oldest = request;
	}
	*ret_lost = true;
	return oldest;
}

flow_request_t *flow_request_find(flow_t *flow, uint16_t transaction, uint8_t unit)
{
	for (size_t i = 0; flow->pending > 0 && i < FLOW_PENDING_MAX; i++) {
		flow_request_t *request = &flow->requests[i];
		if (request->len > 0 && request->transaction == transaction &&
		    request->unit == unit)
			return request;
	}
	return NULL;
}

void flow_request_done(flow_t *flow, flow_request_t *request)
{
	request->len = 0;
	flow->pending--;
}
