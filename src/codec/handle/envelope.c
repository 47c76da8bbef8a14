/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes, and both ways of carrying a message behind them. The truncated bit
 * is written but never read: length and sequence alone say what a packet is. */
#include "codec/handle/envelope.h"

#include <assert.h>

#include "codec/handle/handle.h"

enum {
	FLAG_MASK = 0xE0,
	MAJOR_MASK = 0x1F,
	MAJOR_MASK_DEPLOYED = 0x03, /* all that deployed servers look at */
	MAJOR_ANCIENT = 5,          /* sent by ancient clients that mean 2.0 */
};

codec_t handle_envelope_decode(slice_t in, handle_envelope_t *ret_envelope)
{
	reader_t r = reader_of(in);
	handle_envelope_t e = { 0 };
	e.version.major = rd_u8(&r);
	e.version.minor = rd_u8(&r);
	uint8_t mixed = rd_u8(&r);
	e.flags = mixed & FLAG_MASK;
	e.suggested.major = mixed & MAJOR_MASK;
	e.suggested.minor = rd_u8(&r);
	e.session_id = rd_u32(&r);
	e.request_id = rd_u32(&r);
	e.sequence = rd_u32(&r);
	e.length = rd_u32(&r);
	if (r.bad)
		return CODEC_MORE;
	*ret_envelope = e;
	return CODEC_OK;
}

void handle_envelope_encode(const handle_envelope_t *envelope, writer_t *w)
{
	wr_u8(w, envelope->version.major);
	wr_u8(w, envelope->version.minor);
	wr_u8(w, (envelope->flags & FLAG_MASK) | (envelope->suggested.major & MAJOR_MASK));
	wr_u8(w, envelope->suggested.minor);
	wr_u32(w, envelope->session_id);
	wr_u32(w, envelope->request_id);
	wr_u32(w, envelope->sequence);
	wr_u32(w, envelope->length);
}

bool handle_version_has(handle_version_t version, uint8_t minor)
{
	if (version.major == MAJOR_ANCIENT)
		return minor == 0;
	if (version.major != HANDLE_MAJOR)
		return version.major > HANDLE_MAJOR;
	return version.minor >= minor;
}

handle_version_t handle_version_reply(const handle_envelope_t *request)
{
	const handle_version_t own = { HANDLE_MAJOR, HANDLE_MINOR };
	handle_version_t asked = request->suggested;
	asked.major &= MAJOR_MASK_DEPLOYED;
	if (asked.major == 0)
		asked = request->version;
	bool above = asked.major > own.major ||
	             (asked.major == own.major && asked.minor > own.minor);
	return above ? own : asked;
}

handle_envelope_t handle_envelope_reply(const handle_envelope_t *request)
{
	return (handle_envelope_t){
		.version = handle_version_reply(request),
		.suggested = { HANDLE_MAJOR, HANDLE_MINOR },
		.session_id = request->session_id,
		.request_id = request->request_id,
	};
}

codec_t handle_frame_next(slice_t in, handle_envelope_t *ret_envelope, slice_t *ret_message)
{
	handle_envelope_t e;
	codec_t got = handle_envelope_decode(in, &e);
	if (got != CODEC_OK)
		return got;
	if (e.length > HANDLE_MESSAGE_MAX)
		return CODEC_MALFORMED;
	slice_t rest = slice_from(in, HANDLE_ENVELOPE_SIZE);
	if (rest.len < e.length)
		return CODEC_MORE;
	*ret_envelope = e;
	*ret_message = slice_sub(rest, 0, e.length);
	return CODEC_OK;
}

uint32_t handle_packet_count(size_t length)
{
	if (length <= HANDLE_SLICE_MAX)
		return 1;
	return (uint32_t)((length - 1) / HANDLE_SLICE_MAX + 1);
}

void handle_packet_encode(const handle_envelope_t *envelope, slice_t message, uint32_t sequence,
                          writer_t *w)
{
	handle_envelope_t e = *envelope;
	e.length = (uint32_t)message.len;
	e.sequence = sequence;
	e.flags &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
	if (message.len > HANDLE_SLICE_MAX)
		e.flags |= HANDLE_ENVELOPE_TRUNCATED;
	handle_envelope_encode(&e, w);
	wr_bytes(w, slice_sub(message, (size_t)sequence * HANDLE_SLICE_MAX, HANDLE_SLICE_MAX));
}

/* Bytes that packet `sequence` of a message of `length` must carry. */
static size_t packet_size(uint32_t length, uint32_t sequence)
{
	assert(sequence < handle_packet_count(length));
	size_t from = (size_t)sequence * HANDLE_SLICE_MAX;
	size_t left = length - from;
	return left < HANDLE_SLICE_MAX ? left : HANDLE_SLICE_MAX;
}

static bool packet_is_whole(const handle_packet_t *packet)
{
	return packet->envelope.sequence == 0 && packet->payload.len == packet->envelope.length;
}

codec_t handle_packet_decode(addr_t peer, slice_t datagram, handle_packet_t *ret_packet)
{
	handle_packet_t p = { .peer = peer };
	if (handle_envelope_decode(datagram, &p.envelope) != CODEC_OK)
		return CODEC_MALFORMED;
	p.payload = slice_from(datagram, HANDLE_ENVELOPE_SIZE);
	const handle_envelope_t *e = &p.envelope;
	if (e->length > HANDLE_MESSAGE_MAX || e->sequence >= handle_packet_count(e->length))
		return CODEC_MALFORMED;
	if (!packet_is_whole(&p) && p.payload.len != packet_size(e->length, e->sequence))
		return CODEC_MALFORMED;
	*ret_packet = p;
	return CODEC_OK;
}

/* Frees what is too old and returns the slot of this packet's message, or NULL. */
static handle_partial_t *partial_find(handle_reassembly_t *table, const handle_packet_t *packet,
                                      int64_t now_ns)
{
	handle_partial_t *found = NULL;
	for (size_t i = 0; i < table->slot_count; i++) {
		handle_partial_t *p = &table->slots[i];
		if (!p->used)
			continue;
		if (now_ns - p->started_ns > table->timeout_ns) {
			p->used = false;
			table->expired++;
		} else if (p->envelope.request_id == packet->envelope.request_id &&
		           addr_eq(p->peer, packet->peer)) {
			found = p;
		}
	}
	return found;
}

/* A free slot, or the oldest one. */
static handle_partial_t *partial_claim(handle_reassembly_t *table, const handle_packet_t *packet,
                                       int64_t now_ns)
{
	handle_partial_t *best = &table->slots[0];
	for (size_t i = 0; i < table->slot_count && best->used; i++) {
		handle_partial_t *p = &table->slots[i];
		if (!p->used || p->started_ns < best->started_ns)
			best = p;
	}
	if (best->used)
		table->evicted++;
	*best = (handle_partial_t){
		.used = true,
		.peer = packet->peer,
		.envelope = packet->envelope,
		.started_ns = now_ns,
	};
	best->envelope.sequence = 0;
	return best;
}

/* Copies the slice into the slot's memory; returns the start of that memory. */
static const uint8_t *partial_store(handle_reassembly_t *table, handle_partial_t *partial,
                                    const handle_packet_t *packet)
{
	uint8_t *memory = &table->memory[(size_t)(partial - table->slots) * table->message_max];
	uint32_t sequence = packet->envelope.sequence;
	assert(packet->payload.len == packet_size(packet->envelope.length, sequence));
	uint64_t bit = UINT64_C(1) << (sequence % 64);
	if (partial->have[sequence / 64] & bit)
		return memory;
	partial->have[sequence / 64] |= bit;
	partial->have_count++;
	memcpy(&memory[(size_t)sequence * HANDLE_SLICE_MAX], packet->payload.ptr,
	       packet->payload.len);
	return memory;
}

codec_t handle_reassembly_push(handle_reassembly_t *table, const handle_packet_t *packet,
                               int64_t now_ns, handle_envelope_t *ret_envelope,
                               slice_t *ret_message)
{
	if (packet_is_whole(packet)) {
		*ret_envelope = packet->envelope;
		*ret_message = packet->payload;
		return CODEC_OK;
	}
	uint32_t length = packet->envelope.length;
	handle_partial_t *partial = partial_find(table, packet, now_ns);
	bool refuse = length > table->message_max || table->slot_count == 0 ||
	              (partial && partial->envelope.length != length);
	if (refuse) {
		table->refused++;
		return CODEC_MALFORMED;
	}
	if (!partial)
		partial = partial_claim(table, packet, now_ns);
	const uint8_t *memory = partial_store(table, partial, packet);
	if (partial->have_count < handle_packet_count(length))
		return CODEC_MORE;
	partial->used = false;
	*ret_envelope = partial->envelope;
	*ret_message = slice_of(memory, length);
	return CODEC_OK;
}
