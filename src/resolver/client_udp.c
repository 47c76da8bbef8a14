/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/client_impl.h"

#include <stdlib.h>

static const int64_t PARTIAL_NS = 5 * NS_PER_S;

static void on_message(handle_client_t *client, const handle_packet_t *packet, exchange_t *exchange)
{
	handle_envelope_t envelope;
	slice_t message;
	codec_t got = handle_reassembly_push(&client->reassembly, packet, env_now(client->env),
	                                     &envelope, &message);
	if (got == CODEC_OK)
		(void)exchange_offer(exchange, &envelope, message);
	else if (got == CODEC_MALFORMED)
		exchange->ignored++;
	/* What will never fit is asked for over TCP at once. */
	if (got == CODEC_MALFORMED && packet->envelope.length > CLIENT_PARTIAL_BYTES &&
	    !exchange->door_is_tcp[exchange->door])
		exchange_fail(exchange, ERR_TOO_BIG);
}

static void on_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	handle_client_t *client = ctx;
	(void)udp;
	for (size_t i = 0; i < count; i++) {
		handle_packet_t packet;
		exchange_t *exchange = NULL;
		if (handle_packet_decode(in[i].peer, in[i].bytes, &packet) == CODEC_OK)
			exchange = handle_client_find(client, packet.envelope.request_id);
		if (exchange && addr_eq(in[i].peer, exchange->server.udp))
			on_message(client, &packet, exchange);
		else
			metric_add(client->metrics, RESOLVER_METRIC_STRAY, 1);
	}
}

err_t handle_client_udp_open(handle_client_t *client)
{
	static const uint8_t families[] = { 4, 6 };
	env_udp_spec_t spec = { .turn = on_turn, .ctx = client };
	err_t err = ERR_OK;
	client->partial_memory = malloc((size_t)CLIENT_PARTIALS * CLIENT_PARTIAL_BYTES);
	if (!client->partial_memory)
		return ERR_NO_MEMORY;
	client->reassembly = (handle_reassembly_t){ .slots = client->partials,
		                                    .slot_count = CLIENT_PARTIALS,
		                                    .memory = client->partial_memory,
		                                    .message_max = CLIENT_PARTIAL_BYTES,
		                                    .timeout_ns = PARTIAL_NS };
	/* A machine may lack one family; then its servers are asked over TCP alone, which
	 * fails at once. */
	for (size_t i = 0; i < 2; i++) {
		err_t one = env_udp_open(client->loop, (addr_t){ .ip = { .family = families[i] } },
		                         &spec, &client->udp[i]);
		if (one) {
			client->udp[i] = NULL;
			err = one;
		}
	}
	return client->udp[0] || client->udp[1] ? ERR_OK : err;
}

void handle_client_udp_send(exchange_t *exchange)
{
	addr_t to = exchange->server.udp;
	env_udp_t *udp = exchange->client->udp[to.ip.family == 6];
	uint32_t count = handle_packet_count(exchange->message.len);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t room[HANDLE_DATAGRAM_MAX];
		writer_t w = writer_of(room, sizeof(room));
		handle_packet_encode(&exchange->envelope, exchange->message, i, &w);
		/* A datagram that could not leave is one that was lost: the timer decides. */
		(void)!env_udp_send(udp, to, writer_done(&w));
	}
}

int64_t handle_client_udp_wait_ns(unsigned tries)
{
	static const int64_t waits[] = { 500 * NS_PER_MS, 1000 * NS_PER_MS, 1500 * NS_PER_MS };
	return tries <= sizeof(waits) / sizeof(*waits) ? waits[tries - 1] : 0;
}
