/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_FRAME_FRAME_H
#define CODEC_FRAME_FRAME_H
/* One captured frame to a flat struct, and back. The reader peels the link
 * layer (Ethernet with up to two VLAN tags, Linux cooked v1 and v2, raw IP,
 * BSD loopback), IPv4 or IPv6, and TCP, UDP or ARP.
 *
 * Story: the sensor takes a packet from pcap.h, calls frame_decode() once, and
 * looks at `kind`: FRAME_TCP goes to the flow table with its sequence numbers
 * and payload, FRAME_ARP and the MACs go to the inventory, FRAME_IP and
 * FRAME_OTHER are counted. The simulator and the simulated network go the other
 * way: frame_tcp.h tells a conversation and frame_encode() renders each frame.
 *
 * Standards: IEEE 802.3, 802.1Q, 802.1ad; RFC 791, 8200, 9293, 768, 826.
 *
 * Caveats: checksums are never judged, because a capture on the sending machine
 * sees them before the network card fills them in. Fragments are flagged, not
 * put together. A payload is what was captured; `payload_wire` is what the wire
 * carried. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/net.h"

/* Link types as numbered in capture files. */
typedef enum {
	FRAME_LINK_NULL = 0,
	FRAME_LINK_ETHERNET = 1,
	FRAME_LINK_RAW_BSD = 12,
	FRAME_LINK_RAW_OPENBSD = 14,
	FRAME_LINK_RAW = 101,
	FRAME_LINK_LOOP = 108,
	FRAME_LINK_SLL = 113,
	FRAME_LINK_IPV4 = 228,
	FRAME_LINK_IPV6 = 229,
	FRAME_LINK_SLL2 = 276,
} frame_link_t;

/* How deep the frame was understood. */
typedef enum {
	FRAME_OTHER, /* not IP nor ARP: `payload` follows the link header */
	FRAME_ARP,
	FRAME_IP, /* neither TCP nor UDP, or not a first fragment: IP payload */
	FRAME_TCP,
	FRAME_UDP,
} frame_kind_t;

enum {
	FRAME_FIN = 0x01,
	FRAME_SYN = 0x02,
	FRAME_RST = 0x04,
	FRAME_PSH = 0x08,
	FRAME_ACK = 0x10,
	FRAME_URG = 0x20,
};

enum {
	FRAME_VLAN_MAX = 2,
	FRAME_HEADER_MAX = 14 + 4 * FRAME_VLAN_MAX + 40 + 20, /* of frames we encode */
	FRAME_BYTES_MAX = 65535 + 14 + 4 * FRAME_VLAN_MAX,
	FRAME_ETHERTYPE_IPV4 = 0x0800,
	FRAME_ETHERTYPE_ARP = 0x0806,
	FRAME_ETHERTYPE_IPV6 = 0x86DD,
	FRAME_PROTO_TCP = 6,
	FRAME_PROTO_UDP = 17,
};

typedef struct {
	frame_kind_t kind;
	bool has_mac;           /* false for raw IP and loopback links */
	bool is_fragment;       /* of a larger IP packet; ports only in the first */
	bool is_truncated;      /* the capture holds less than the wire carried */
	mac_t mac_src, mac_dst; /* cooked links know only the source */
	uint8_t vlan_count;
	uint16_t vlan[FRAME_VLAN_MAX]; /* VLAN ids, outermost first */
	uint16_t ethertype;            /* after the tags */
	uint8_t proto;                 /* of IP, after extension headers */
	uint8_t ttl;                   /* or hop limit; encode takes 0 as 64 */
	uint16_t ip_id;                /* IPv4 only; tells a mirrored copy */
	uint16_t checksum;             /* of TCP or UDP as captured; not judged */
	addr_t src, dst;               /* ARP: sender and target, ports 0 */
	uint32_t seq, ack;             /* TCP */
	uint16_t window;
	uint8_t flags;
	uint16_t arp_op;              /* 1 request, 2 reply */
	mac_t arp_sender, arp_target; /* hardware addresses inside the ARP body */
	slice_t payload;              /* borrows from the input */
	size_t payload_wire;          /* length on the wire, >= payload.len */
} frame_t;

/* Decodes one frame. `link` is one of frame_link_t as read from a file.
 * CODEC_MORE: the bytes end inside a header. CODEC_MALFORMED: headers
 * contradict themselves. CODEC_UNSUPPORTED: unknown link type. A payload cut
 * short by the capture is CODEC_OK with is_truncated. Padding of short Ethernet
 * frames is not part of the payload. */
MUST_CHECK
codec_t frame_decode(uint32_t link, slice_t bytes, frame_t *ret_frame);

/* Renders an Ethernet frame of kind TCP, UDP or ARP with right lengths and
 * checksums: reads the MACs, vlan, src, dst, ttl, ip_id, seq, ack, flags,
 * window, payload and ARP fields; the rest is derived. ERR_UNSUPPORTED for
 * other kinds, ERR_INVALID when the address families differ, ERR_TOO_BIG when
 * it fits neither an IP packet nor `w`. */
MUST_CHECK
err_t frame_encode(const frame_t *frame, writer_t *w);

/* The locally administered MAC that stands for `ip` in rendered frames: 02:00
 * and its last four bytes. */
mac_t frame_mac_of(ip_t ip);
/* A frame of `kind` from src to dst with derived MACs, ready to be filled. */
frame_t frame_between(frame_kind_t kind, addr_t src, addr_t dst);
#endif
