/* SPDX-License-Identifier: Apache-2.0 */
/* The magic number says byte order and resolution at once, so both are settled
 * by one table look-up and every later number goes through stream_u32(). The
 * newer format has a magic number of its own and a reader of its own. */
#include "codec/frame/pcap.h"

#include "codec/frame/pcapng.h"
#include "model/time.h"

#define MAGIC_MICROS 0xA1B2C3D4U
#define MAGIC_NANOS  0xA1B23C4DU

enum {
	MAGIC_PCAPNG = 0x0A0D0D0A,
	VERSION_MAJOR = 2,
	VERSION_MINOR = 4,
};

static const struct {
	uint32_t magic; /* as read big-endian */
	bool is_little, has_nanos;
} magics[] = {
	{ MAGIC_MICROS, false, false },
	{ __builtin_bswap32(MAGIC_MICROS), true, false },
	{ MAGIC_NANOS, false, true },
	{ __builtin_bswap32(MAGIC_NANOS), true, true },
};

static uint32_t stream_u32(const pcap_stream_t *s, reader_t *r)
{
	return s->is_little ? rd_u32_le(r) : rd_u32(r);
}

static codec_t magic_decode(uint32_t magic, pcap_stream_t *ret)
{
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
		if (magics[i].magic != magic)
			continue;
		*ret = (pcap_stream_t){ .is_little = magics[i].is_little,
			                .has_nanos = magics[i].has_nanos };
		return CODEC_OK;
	}
	return CODEC_MALFORMED;
}

codec_t pcap_stream_start(slice_t *in, pcap_stream_t *ret_stream)
{
	reader_t r = reader_of(*in);
	pcap_stream_t s;
	uint32_t magic = rd_u32(&r);
	if (r.bad)
		return CODEC_MORE;
	if (magic == MAGIC_PCAPNG)
		return pcapng_start(in, ret_stream);
	codec_t code = magic_decode(magic, &s);
	if (code != CODEC_OK)
		return code;
	uint32_t version = stream_u32(&s, &r);
	rd_u64(&r); /* time zone and accuracy: never used */
	s.snaplen = stream_u32(&s, &r);
	s.link = stream_u32(&s, &r) & UINT16_MAX; /* above: length of the frame check */
	if (r.bad)
		return CODEC_MORE;
	if ((s.is_little ? version & UINT16_MAX : version >> 16) != VERSION_MAJOR)
		return CODEC_UNSUPPORTED;
	*in = r.in;
	*ret_stream = s;
	return CODEC_OK;
}

static codec_t record_read(const pcap_stream_t *stream, slice_t *in, pcap_packet_t *ret_packet)
{
	reader_t r = reader_of(*in);
	int64_t seconds = stream_u32(stream, &r);
	int64_t part = stream_u32(stream, &r);
	uint32_t captured = stream_u32(stream, &r);
	uint32_t wire = stream_u32(stream, &r);
	if (r.bad)
		return CODEC_MORE;
	if (captured > PCAP_PACKET_MAX)
		return CODEC_MALFORMED;
	slice_t bytes = rd_take(&r, captured);
	if (r.bad)
		return CODEC_MORE;
	*in = r.in;
	*ret_packet = (pcap_packet_t){
		.time_ns = seconds * NS_PER_S + part * (stream->has_nanos ? 1 : NS_PER_US),
		.bytes = bytes,
		.wire_len = wire > captured ? wire : captured,
	};
	return CODEC_OK;
}

codec_t pcap_stream_next(pcap_stream_t *stream, slice_t *in, pcap_packet_t *ret_packet)
{
	return stream->is_pcapng ? pcapng_next(stream, in, ret_packet)
	                         : record_read(stream, in, ret_packet);
}

void pcap_write_header(writer_t *w, uint32_t link)
{
	wr_u32_le(w, MAGIC_NANOS);
	wr_u16_le(w, VERSION_MAJOR);
	wr_u16_le(w, VERSION_MINOR);
	wr_u64_le(w, 0); /* time zone and accuracy */
	wr_u32_le(w, PCAP_PACKET_MAX);
	wr_u32_le(w, link);
}

void pcap_write_packet(writer_t *w, const pcap_packet_t *packet)
{
	int64_t seconds = packet->time_ns / NS_PER_S;
	if (packet->time_ns < 0 || seconds > UINT32_MAX || packet->bytes.len > PCAP_PACKET_MAX) {
		w->bad = true;
		return;
	}
	uint32_t captured = (uint32_t)packet->bytes.len;
	wr_u32_le(w, (uint32_t)seconds);
	wr_u32_le(w, (uint32_t)(packet->time_ns % NS_PER_S));
	wr_u32_le(w, captured);
	wr_u32_le(w, packet->wire_len > captured ? packet->wire_len : captured);
	wr_bytes(w, packet->bytes);
}
