/* SPDX-License-Identifier: Apache-2.0 */
/* A turn of datagrams: those that are whole messages share one look-up; one that
 * completes a sliced message is answered on the spot, since its bytes live only
 * until the next slice is taken. */
#include <assert.h>

#include "registry/handle/door_state.h"

typedef struct {
	handle_door_t *door;
	env_udp_t *udp;
	const addr_t *peers; /* beside door->asks, or of the one ask */
	const ask_t *asks;
} turn_t;

static void send_slices(const turn_t *t, addr_t peer, const handle_envelope_t *envelope,
                        slice_t message)
{
	uint32_t count = handle_packet_count(message.len);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t packet[HANDLE_DATAGRAM_MAX];
		writer_t w = writer_of(packet, sizeof(packet));
		handle_packet_encode(envelope, message, i, &w);
		/* What finds no room is lost, as datagrams are; the socket counts it. */
		(void)!env_udp_send(t->udp, peer, writer_done(&w));
	}
	metric_add(&t->door->metrics, DOOR_METRIC_UDP_REPLIES, count);
}

static void send_packets(const turn_t *t, addr_t peer, const ask_t *ask, slice_t message)
{
	handle_envelope_t envelope = handle_envelope_reply(&ask->envelope);
	send_slices(t, peer, &envelope, message);
}

static void origin(void *ctx, const ask_t *ask, handle_origin_t *ret_origin)
{
	const turn_t *t = ctx;
	ret_origin->place = t->udp;
	ret_origin->peer = t->peers[ask - t->asks];
	ret_origin->is_udp = true;
}

/* The packets of a message that the desk has written. */
void door_udp_reply(handle_door_t *door, env_udp_t *udp, const handle_reply_t *reply)
{
	handle_envelope_t envelope;
	slice_t bytes = slice_of(reply->bytes, reply->len);
	slice_t message = slice_from(bytes, HANDLE_ENVELOPE_SIZE);
	if (handle_envelope_decode(bytes, &envelope) != CODEC_OK ||
	    message.len > (size_t)DOOR_UDP_SLICES * HANDLE_SLICE_MAX) {
		metric_add(&door->metrics, DOOR_METRIC_UDP_TOO_LONG, 1);
		return;
	}
	turn_t turn = { .door = door, .udp = udp };
	send_slices(&turn, reply->to.peer, &envelope, message);
}

static void send_reply(void *ctx, const ask_t *ask, slice_t reply)
{
	const turn_t *t = ctx;
	addr_t peer = t->peers[ask - t->asks];
	slice_t message = slice_from(reply, HANDLE_ENVELOPE_SIZE);
	if (message.len <= HANDLE_SLICE_MAX) {
		/* As it stands it is the one packet. */
		(void)!env_udp_send(t->udp, peer, reply);
		metric_add(&t->door->metrics, DOOR_METRIC_UDP_REPLIES, 1);
		return;
	}
	if (message.len <= (size_t)DOOR_UDP_SLICES * HANDLE_SLICE_MAX) {
		send_packets(t, peer, ask, message);
		return;
	}
	uint8_t room[HANDLE_DATAGRAM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	ask_t refusal = *ask;
	refusal.refusal = HANDLE_RC_ERROR;
	refusal.text = "the answer is too long for UDP: ask over TCP";
	ask_write(&refusal, &(found_t){ .err = ERR_OK }, &w);
	metric_add(&t->door->metrics, DOOR_METRIC_UDP_TOO_LONG, 1);
	send_packets(t, peer, &refusal, slice_from(writer_done(&w), HANDLE_ENVELOPE_SIZE));
}

static void answer_sliced(turn_t *t, const handle_packet_t *packet)
{
	handle_door_t *door = t->door;
	handle_envelope_t envelope;
	slice_t message;
	ask_t ask;
	codec_t got = handle_reassembly_push(&door->reassembly, packet, env_now(door->env),
	                                     &envelope, &message);
	metric_set(&door->metrics, DOOR_METRIC_PARTIAL_EXPIRED, (int64_t)door->reassembly.expired);
	metric_set(&door->metrics, DOOR_METRIC_PARTIAL_EVICTED, (int64_t)door->reassembly.evicted);
	metric_set(&door->metrics, DOOR_METRIC_PARTIAL_REFUSED, (int64_t)door->reassembly.refused);
	if (got != CODEC_OK)
		return;
	ask_read(&envelope, message, &ask);
	turn_t one = { .door = door, .udp = t->udp, .peers = &packet->peer, .asks = &ask };
	metric_add(&door->metrics, DOOR_METRIC_UDP_REQUESTS, 1);
	door_answer(door, &ask, 1, &(door_way_t){ send_reply, origin, &one });
}

void door_udp_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	handle_door_t *door = ctx;
	addr_t peers[REGISTRY_BATCH];
	size_t asked = 0;
	turn_t turn = { .door = door, .udp = udp, .peers = peers, .asks = door->asks };
	_Static_assert((int)ENV_UDP_BATCH <= (int)REGISTRY_BATCH, "a turn fits a batch");
	assert(count <= REGISTRY_BATCH);
	for (size_t i = 0; i < count; i++) {
		handle_packet_t packet;
		if (handle_packet_decode(in[i].peer, in[i].bytes, &packet) != CODEC_OK) {
			metric_add(&door->metrics, DOOR_METRIC_UDP_GARBAGE, 1);
		} else if (packet.payload.len != packet.envelope.length) {
			answer_sliced(&turn, &packet);
		} else {
			peers[asked] = in[i].peer;
			ask_read(&packet.envelope, packet.payload, &door->asks[asked++]);
		}
	}
	metric_add(&door->metrics, DOOR_METRIC_UDP_REQUESTS, (int64_t)asked);
	door_answer(door, door->asks, asked, &(door_way_t){ send_reply, origin, &turn });
}
