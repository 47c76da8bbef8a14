/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte that chooses the link type, then a frame. What can be rendered
 * must decode to the same conversation, and rendering that again must give the
 * same bytes. */
#include "codec/frame/frame.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const frame_link_t links[] = {
	FRAME_LINK_ETHERNET, FRAME_LINK_NULL, FRAME_LINK_SLL,  FRAME_LINK_SLL2,
	FRAME_LINK_RAW,      FRAME_LINK_LOOP, FRAME_LINK_IPV4, FRAME_LINK_IPV6,
};

static void slices_check(const frame_t *f, slice_t bytes)
{
	assert(f->payload.len <= bytes.len);
	assert(f->payload.len <= f->payload_wire || f->kind == FRAME_ARP);
	assert(f->is_truncated || f->payload.len == f->payload_wire || f->kind == FRAME_ARP);
	assert(f->vlan_count <= FRAME_VLAN_MAX);
}

static void conversation_compare(const frame_t *a, const frame_t *b)
{
	assert(a->kind == b->kind);
	assert(addr_eq(a->src, b->src) && addr_eq(a->dst, b->dst));
	assert(a->seq == b->seq && a->ack == b->ack);
	assert(a->flags == b->flags && a->window == b->window);
	assert(a->arp_op == b->arp_op);
	assert(a->vlan_count == b->vlan_count);
	assert(slice_eq(a->payload, b->payload));
}

static void render_check(const frame_t *f, uint8_t *first, uint8_t *second, size_t cap)
{
	writer_t w = writer_of(first, cap);
	frame_t again;
	err_t err = frame_encode(f, &w);
	if (err == ERR_TOO_BIG) /* a jumbo frame */
		return;
	assert(err == ERR_OK);
	slice_t bytes = writer_done(&w);
	codec_t code = frame_decode(FRAME_LINK_ETHERNET, bytes, &again);
	assert(code == CODEC_OK);
	conversation_compare(f, &again);
	w = writer_of(second, cap);
	err = frame_encode(&again, &w);
	assert(err == ERR_OK && slice_eq(writer_done(&w), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[FRAME_BYTES_MAX], second[FRAME_BYTES_MAX];
	reader_t r = reader_of(slice_of(data, size));
	size_t choice = rd_u8(&r) % (sizeof links / sizeof links[0]);
	frame_t f;
	if (r.bad || frame_decode((uint32_t)links[choice], r.in, &f) != CODEC_OK)
		return 0;
	slices_check(&f, r.in);
	if (f.kind == FRAME_TCP || f.kind == FRAME_UDP || f.kind == FRAME_ARP)
		render_check(&f, first, second, sizeof first);
	return 0;
}
