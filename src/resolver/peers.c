/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/peers.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "base/table.h"
#include "model/time.h"

enum { PEERS_MAX = 1024, KEY_BYTES = 19, WEIGHT = 4 };

static const int64_t UNKNOWN_NS = 50 * NS_PER_MS;
static const int64_t PENALTY_NS = 5 * NS_PER_S;
static const int64_t PENALTY_LASTS_NS = 60 * NS_PER_S;

typedef struct {
	bool is_timed, has_failed, is_closing;
	int64_t took_ns;   /* smoothed */
	int64_t failed_ns; /* when */
} peer_t;

struct peers {
	table_t *table;
};

err_t peers_new(peers_t **ret_peers)
{
	peers_t *peers = calloc(1, sizeof(*peers));
	if (!peers)
		return ERR_NO_MEMORY;
	peers->table = table_new(sizeof(peer_t), PEERS_MAX, 0);
	if (!peers->table) {
		free(peers);
		return ERR_NO_MEMORY;
	}
	*ret_peers = peers;
	return ERR_OK;
}

void peers_free(peers_t *peers)
{
	if (!peers)
		return;
	table_free(peers->table);
	free(peers);
}

static slice_t key_of(addr_t server, uint8_t room[KEY_BYTES])
{
	writer_t w = writer_of(room, KEY_BYTES);
	wr_bytes(&w, slice_of(server.ip.bytes, sizeof(server.ip.bytes)));
	wr_u8(&w, server.ip.family);
	wr_u16(&w, server.port);
	return writer_done(&w);
}

static const peer_t *find(const peers_t *peers, addr_t server)
{
	uint8_t room[KEY_BYTES];
	return table_get(peers->table, key_of(server, room));
}

/* NULL when memory is gone: then nothing is learned. */
static peer_t *learn(peers_t *peers, addr_t server)
{
	uint8_t room[KEY_BYTES], other[KEY_BYTES];
	slice_t key = key_of(server, room), first;
	void *value;
	size_t at = 0;
	if (table_count(peers->table) == PEERS_MAX && !table_get(peers->table, key) &&
	    table_next(peers->table, &at, &first, &value)) {
		writer_t w = writer_of(other, sizeof(other));
		wr_bytes(&w, first);
		(void)table_remove(peers->table, writer_done(&w));
	}
	return table_put(peers->table, key, &value, NULL) ? NULL : value;
}

int64_t peers_expect_ns(const peers_t *peers, addr_t server, int64_t now_ns)
{
	const peer_t *peer = find(peers, server);
	if (!peer)
		return UNKNOWN_NS;
	int64_t expect = peer->is_timed ? peer->took_ns : UNKNOWN_NS;
	if (peer->has_failed && now_ns - peer->failed_ns < PENALTY_LASTS_NS)
		expect += PENALTY_NS;
	return expect;
}

void peers_answered(peers_t *peers, addr_t server, int64_t took_ns)
{
	peer_t *peer = learn(peers, server);
	if (!peer)
		return;
	if (peer->is_timed)
		peer->took_ns += (took_ns - peer->took_ns) / WEIGHT;
	else
		peer->took_ns = took_ns;
	peer->is_timed = true;
	peer->has_failed = false;
}

void peers_failed(peers_t *peers, addr_t server, int64_t now_ns)
{
	peer_t *peer = learn(peers, server);
	if (!peer)
		return;
	peer->has_failed = true;
	peer->failed_ns = now_ns;
}

void peers_closes(peers_t *peers, addr_t server)
{
	peer_t *peer = learn(peers, server);
	if (peer)
		peer->is_closing = true;
}

bool peers_is_closing(const peers_t *peers, addr_t server)
{
	const peer_t *peer = find(peers, server);
	return peer && peer->is_closing;
}
