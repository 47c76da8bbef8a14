/* SPDX-License-Identifier: Apache-2.0 */
/* A block is first cut out whole, so that its reader can be wrong only about
 * itself: a body too short for its fields is always a lie, never a cut. What a
 * clock's resolution means is settled when the interface is described, so that
 * a packet's time costs three divisions. */
#include "codec/frame/pcapng.h"

#include "model/time.h"

#define BYTE_ORDER_MAGIC 0x1A2B3C4DU

enum {
	BLOCK_SECTION = 0x0A0D0D0A, /* the same in both byte orders */
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_FRAME = 12, /* type, length, and the length again behind the body */
	VERSION_MAJOR = 1,
	OPTION_END = 0,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,
	RESOLUTION_DEFAULT = 6,
	RESOLUTION_BINARY = 0x80,
};

typedef struct {
	uint32_t type;
	reader_t body;
	size_t size;
} block_t;

/* Reads one body into the stream, and a packet's into `ret`. A read past the end
 * of the body is left for the caller to see in `r`. */
typedef codec_t (*block_fn)(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret);

static uint16_t order_u16(const pcap_stream_t *s, reader_t *r)
{
	return s->is_little ? rd_u16_le(r) : rd_u16(r);
}

static uint32_t order_u32(const pcap_stream_t *s, reader_t *r)
{
	return s->is_little ? rd_u32_le(r) : rd_u32(r);
}

/* The length of a section's header is in the byte order that its body says. */
static codec_t section_order(reader_t r, pcap_stream_t *order)
{
	rd_u32(&r); /* length */
	uint32_t magic = rd_u32(&r);
	if (r.bad)
		return CODEC_MORE;
	order->is_little = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
	return order->is_little || magic == BYTE_ORDER_MAGIC ? CODEC_OK : CODEC_MALFORMED;
}

static codec_t block_cut(const pcap_stream_t *s, slice_t in, block_t *ret_block)
{
	reader_t r = reader_of(in);
	pcap_stream_t order = { .is_little = s->is_little };
	block_t block = { .type = order_u32(s, &r) };
	codec_t code = block.type == BLOCK_SECTION ? section_order(r, &order) : CODEC_OK;
	if (code != CODEC_OK)
		return code;
	block.size = order_u32(&order, &r);
	if (r.bad)
		return CODEC_MORE;
	if (block.size < BLOCK_FRAME || block.size % 4 != 0 || block.size > PCAPNG_BLOCK_MAX)
		return CODEC_MALFORMED;
	block.body = reader_of(rd_take(&r, block.size - BLOCK_FRAME));
	uint32_t again = order_u32(&order, &r);
	if (r.bad)
		return CODEC_MORE;
	if (again != block.size)
		return CODEC_MALFORMED;
	*ret_block = block;
	return CODEC_OK;
}

/* A section forgets the interfaces of the one before. Its length is not used. */
static codec_t section_read(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret)
{
	(void)ret;
	s->is_little = rd_u32(r) != BYTE_ORDER_MAGIC;
	uint16_t major = order_u16(s, r);
	order_u16(s, r); /* minor version */
	rd_u64(r);       /* length */
	s->interface_count = 0;
	return major == VERSION_MAJOR ? CODEC_OK : CODEC_UNSUPPORTED;
}

/* Interfaces */

static uint64_t power_saturated(uint64_t base, unsigned exponent)
{
	uint64_t power = 1;
	while (exponent-- > 0)
		if (__builtin_mul_overflow(power, base, &power))
			return UINT64_MAX;
	return power;
}

/* Digits beyond nanoseconds (32 binary ones) are divided away beforehand, so
 * that no product overflows later. */
static void resolution_set(pcap_interface_t *interface, uint8_t code)
{
	unsigned base = code & RESOLUTION_BINARY ? 2 : 10, kept = base == 2 ? 32 : 9;
	unsigned digits = code % RESOLUTION_BINARY;
	interface->per_second = power_saturated(base, digits < kept ? digits : kept);
	interface->divisor = power_saturated(base, digits > kept ? digits - kept : 0);
}

static int64_t offset_read(const pcap_stream_t *s, reader_t *r)
{
	return (int64_t)(s->is_little ? rd_u64_le(r) : rd_u64(r));
}

/* Reads one option; false behind the last. A list may end without saying so. */
static bool option_read(const pcap_stream_t *s, reader_t *r, pcap_interface_t *interface)
{
	if (r->in.len == 0)
		return false;
	uint16_t code = order_u16(s, r);
	size_t length = order_u16(s, r);
	reader_t value = reader_of(rd_take(r, length));
	rd_take(r, -length % 4);
	if (r->bad || code == OPTION_END)
		return false;
	if (code == OPTION_RESOLUTION)
		resolution_set(interface, rd_u8(&value));
	else if (code == OPTION_OFFSET)
		interface->offset_s = offset_read(s, &value);
	r->bad = value.bad;
	return !r->bad;
}

static codec_t interface_read(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret)
{
	(void)ret;
	if (s->interface_count == PCAP_INTERFACES_MAX)
		return CODEC_UNSUPPORTED;
	pcap_interface_t *interface = &s->interfaces[s->interface_count++];
	*interface = (pcap_interface_t){ .link = order_u16(s, r) };
	resolution_set(interface, RESOLUTION_DEFAULT);
	order_u16(s, r); /* reserved */
	interface->snaplen = order_u32(s, r);
	while (option_read(s, r, interface))
		continue;
	return CODEC_OK;
}

/* Packets */

static bool time_of(const pcap_interface_t *i, uint64_t units, int64_t *ret_ns)
{
	uint64_t parts = units / i->divisor;
	uint64_t rest_ns = parts % i->per_second * (uint64_t)NS_PER_S / i->per_second;
	int64_t ns;
	if (__builtin_add_overflow(parts / i->per_second, i->offset_s, &ns) ||
	    __builtin_mul_overflow(ns, NS_PER_S, &ns) || __builtin_add_overflow(ns, rest_ns, &ns) ||
	    ns < 0)
		return false;
	*ret_ns = ns;
	return true;
}

/* Takes the bytes of a packet whose time is in the stream already. */
static codec_t packet_take(pcap_stream_t *s, reader_t *r, const uint32_t lengths[2],
                           pcap_packet_t *ret)
{
	uint32_t captured = lengths[0], wire = lengths[1];
	slice_t bytes = rd_take(r, captured);
	if (r->bad || captured > PCAP_PACKET_MAX)
		return CODEC_MALFORMED;
	*ret = (pcap_packet_t){
		.time_ns = s->time_ns,
		.bytes = bytes,
		.wire_len = wire > captured ? wire : captured,
	};
	return CODEC_OK;
}

static codec_t timed_packet_read(pcap_stream_t *s, uint32_t number, reader_t *r, pcap_packet_t *ret)
{
	uint64_t high = order_u32(s, r);
	uint64_t units = high << 32 | order_u32(s, r);
	uint32_t captured = order_u32(s, r);
	uint32_t wire = order_u32(s, r);
	if (r->bad || number >= s->interface_count)
		return CODEC_MALFORMED;
	const pcap_interface_t *interface = &s->interfaces[number];
	if (!time_of(interface, units, &s->time_ns))
		return CODEC_MALFORMED;
	s->link = interface->link;
	s->snaplen = interface->snaplen;
	return packet_take(s, r, (const uint32_t[]){ captured, wire }, ret);
}

static codec_t enhanced_packet_read(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret)
{
	uint32_t number = order_u32(s, r);
	return timed_packet_read(s, number, r, ret);
}

static codec_t old_packet_read(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret)
{
	uint16_t number = order_u16(s, r);
	order_u16(s, r); /* packets dropped */
	return timed_packet_read(s, number, r, ret);
}

/* Always of the first interface; how much was captured follows from its limit. */
static codec_t simple_packet_read(pcap_stream_t *s, reader_t *r, pcap_packet_t *ret)
{
	uint32_t wire = order_u32(s, r);
	if (s->interface_count == 0)
		return CODEC_MALFORMED;
	s->link = s->interfaces[0].link;
	s->snaplen = s->interfaces[0].snaplen;
	uint32_t captured = s->snaplen != 0 && s->snaplen < wire ? s->snaplen : wire;
	return packet_take(s, r, (const uint32_t[]){ captured, wire }, ret);
}

typedef struct {
	uint32_t type;
	bool is_packet;
	block_fn read;
} block_row_t;

static const block_row_t block_rows[] = {
	{ BLOCK_ENHANCED_PACKET, true, enhanced_packet_read },
	{ BLOCK_SIMPLE_PACKET, true, simple_packet_read },
	{ BLOCK_OLD_PACKET, true, old_packet_read },
	{ BLOCK_INTERFACE, false, interface_read },
	{ BLOCK_SECTION, false, section_read },
};

static const block_row_t *row_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof block_rows / sizeof block_rows[0]; i++)
		if (block_rows[i].type == type)
			return &block_rows[i];
	return NULL;
}

codec_t pcapng_start(slice_t *in, pcap_stream_t *ret_stream)
{
	pcap_stream_t s = { .is_pcapng = true };
	block_t block;
	codec_t code = block_cut(&s, *in, &block);
	if (code != CODEC_OK)
		return code;
	if (block.type != BLOCK_SECTION)
		return CODEC_MALFORMED;
	code = section_read(&s, &block.body, NULL);
	if (block.body.bad)
		return CODEC_MALFORMED;
	if (code != CODEC_OK)
		return code;
	*in = slice_from(*in, block.size);
	*ret_stream = s;
	return CODEC_OK;
}

codec_t pcapng_next(pcap_stream_t *stream, slice_t *in, pcap_packet_t *ret_packet)
{
	for (;;) {
		block_t block;
		codec_t code = block_cut(stream, *in, &block);
		if (code != CODEC_OK)
			return code;
		const block_row_t *row = row_of(block.type);
		if (row)
			code = row->read(stream, &block.body, ret_packet);
		if (block.body.bad)
			return CODEC_MALFORMED;
		if (code != CODEC_OK)
			return code;
		*in = slice_from(*in, block.size);
		if (row && row->is_packet)
			return CODEC_OK;
	}
}
