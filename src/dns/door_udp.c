/* SPDX-License-Identifier: Apache-2.0 */
/* A turn of datagrams shares one look-up. */
#include <assert.h>

#include "dns/state.h"

typedef struct {
	dns_door_t *door;
	env_udp_t *udp;
} turn_t;

static void send_reply(void *ctx, const dns_ask_t *ask, uint8_t *reply, size_t len)
{
	const turn_t *t = ctx;
	/* What finds no room is lost, as datagrams are; the socket counts it. */
	(void)!env_udp_send(t->udp, ask->peer, slice_of(&reply[DNS_TCP_HEAD], len));
	metric_add(&t->door->metrics, DNS_METRIC_UDP_REPLIES, 1);
}

void dns_udp_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	dns_door_t *door = ctx;
	turn_t turn = { door, udp };
	_Static_assert((int)ENV_UDP_BATCH <= (int)REGISTRY_BATCH, "a turn fits a batch");
	_Static_assert((int)DNS_UDP_REPLY_MAX <= (int)ENV_UDP_MAX, "an answer fits a datagram");
	assert(count <= REGISTRY_BATCH);
	for (size_t i = 0; i < count; i++)
		dns_ask_read(door, in[i].bytes, in[i].peer, &door->asks[i]);
	metric_add(&door->metrics, DNS_METRIC_UDP_REQUESTS, (int64_t)count);
	dns_door_serve(door, door->asks, count, &(dns_way_t){ send_reply, &turn, true });
}
