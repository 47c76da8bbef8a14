/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_FRAME_PCAP_H
#define CODEC_FRAME_PCAP_H
/* Capture files, classic and pcapng, as a stream of bytes: a mapped file, a pipe
 * from the capture process and a test's array are read by the same two calls.
 *
 * Story, reading: call pcap_stream_start() until it is no longer CODEC_MORE,
 * then pcap_stream_next() for each packet, and frame_decode() with the stream's
 * link type of that moment. Both advance `*in` only past what they have read, so
 * that a caller with a pipe keeps the rest and appends to it. At the end of a
 * file CODEC_MORE with an empty `*in` is a clean end, otherwise a torn tail.
 * Story, writing: pcap_write_header() once, pcap_write_packet() for each; the
 * form written has nanoseconds, in little-endian order.
 *
 * Format: draft-ietf-opsawg-pcap, both byte orders, microseconds and
 * nanoseconds; pcapng.h for the other. The names keep clear of libpcap's own
 * pcap_... functions.
 *
 * Caveats: a packet that claims more than PCAP_PACKET_MAX bytes is
 * CODEC_MALFORMED, and nothing after it can be trusted. A section of a pcapng
 * file with more than PCAP_INTERFACES_MAX interfaces is CODEC_UNSUPPORTED. Times
 * before 1970 do not exist here. */
#include "base/codec.h"
#include "base/cursor.h"

enum {
	PCAP_HEADER_BYTES = 24,
	PCAP_RECORD_BYTES = 16, /* before the bytes of each packet */
	PCAP_PACKET_MAX = 262144,
	PCAP_INTERFACES_MAX = 32, /* of one section */
};

/* One interface of a pcapng section. A time stamp divided by `divisor` counts
 * parts, of which a second has `per_second`. */
typedef struct {
	uint64_t divisor, per_second;
	int64_t offset_s; /* added to each time */
	uint32_t snaplen;
	uint16_t link;
} pcap_interface_t;

typedef struct {
	uint32_t link;    /* frame_link_t; in pcapng that of the packet read last */
	uint32_t snaplen; /* as the file says; informative */
	bool is_little;   /* byte order of all numbers */
	bool has_nanos;   /* classic files only; the rest is of pcapng */
	bool is_pcapng;
	int64_t time_ns; /* of the packet read last */
	uint32_t interface_count;
	pcap_interface_t interfaces[PCAP_INTERFACES_MAX];
} pcap_stream_t;

typedef struct {
	int64_t time_ns;   /* since 1970 UTC */
	slice_t bytes;     /* captured; borrows from the input */
	uint32_t wire_len; /* length on the wire, >= bytes.len */
} pcap_packet_t;

/* Reads the file header. */
MUST_CHECK
codec_t pcap_stream_start(slice_t *in, pcap_stream_t *ret_stream);
/* Reads one packet. With CODEC_MORE `*in` may have moved past blocks of a pcapng
 * file that hold none; what they said is kept in `stream`. */
MUST_CHECK
codec_t pcap_stream_next(pcap_stream_t *stream, slice_t *in, pcap_packet_t *ret_packet);

/* PCAP_HEADER_BYTES into `w`; sticky w->bad when it is full. */
void pcap_write_header(writer_t *w, uint32_t link);
/* PCAP_RECORD_BYTES and the packet into `w`. A packet above PCAP_PACKET_MAX, or
 * a time the format cannot say, sets w->bad. */
void pcap_write_packet(writer_t *w, const pcap_packet_t *packet);
#endif
