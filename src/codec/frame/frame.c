/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding walks one reader from the link layer inwards; each layer narrows the
 * reader to what its own length field allows, so that Ethernet padding and
 * trailing captures never reach the payload. Whether a header that does not fit
 * is "cut by the capture" or "a lie" depends only on whether IP promised more
 * than was captured; layer_short() is the one place that decides. */
#include "codec/frame/frame.h"

enum {
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88A8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	IPV6_EXTENSIONS_MAX = 8,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
};

/* The bytes inside IP: captured, and how many the wire carried. */
typedef struct {
	reader_t r;
	size_t wire;
} layer_t;

typedef codec_t (*link_fn)(reader_t *r, frame_t *f);

static codec_t layer_short(const frame_t *f)
{
	return f->is_truncated ? CODEC_MORE : CODEC_MALFORMED;
}

static layer_t layer_of(slice_t packet, size_t wire, frame_t *f)
{
	f->is_truncated = wire > packet.len;
	return (layer_t){ .r = reader_of(slice_sub(packet, 0, wire)), .wire = wire };
}

static codec_t frame_finish(frame_t *f, frame_kind_t kind, const layer_t *l)
{
	f->kind = kind;
	f->payload = l->r.in;
	f->payload_wire = l->wire;
	return CODEC_OK;
}

static mac_t rd_mac(reader_t *r)
{
	mac_t mac = { 0 };
	slice_t s = rd_take(r, sizeof mac.bytes);
	if (!r->bad)
		memcpy(mac.bytes, s.ptr, sizeof mac.bytes);
	return mac;
}

static ip_t rd_ip(reader_t *r, uint8_t family)
{
	ip_t ip = { .family = family };
	slice_t s = rd_take(r, family == 4 ? 4 : 16);
	if (!r->bad)
		memcpy(ip.bytes, s.ptr, s.len);
	return ip;
}

/* TCP and UDP */

static codec_t tcp_decode(layer_t *l, frame_t *f)
{
	reader_t *r = &l->r;
	f->src.port = rd_u16(r);
	f->dst.port = rd_u16(r);
	f->seq = rd_u32(r);
	f->ack = rd_u32(r);
	size_t header = 4U * (rd_u8(r) >> 4);
	f->flags = rd_u8(r);
	f->window = rd_u16(r);
	f->checksum = rd_u16(r);
	rd_u16(r); /* urgent pointer */
	if (r->bad)
		return layer_short(f);
	if (header < TCP_HEADER)
		return CODEC_MALFORMED;
	rd_take(r, header - TCP_HEADER); /* options */
	if (r->bad)
		return layer_short(f);
	l->wire -= header;
	return frame_finish(f, FRAME_TCP, l);
}

static codec_t udp_decode(layer_t *l, frame_t *f)
{
	reader_t *r = &l->r;
	f->src.port = rd_u16(r);
	f->dst.port = rd_u16(r);
	size_t length = rd_u16(r);
	f->checksum = rd_u16(r);
	if (r->bad)
		return layer_short(f);
	if (length == 0 || f->is_fragment) /* a jumbogram, or counts later fragments too */
		length = l->wire;
	if (length < UDP_HEADER || length > l->wire)
		return CODEC_MALFORMED;
	l->wire = length - UDP_HEADER;
	r->in = slice_sub(r->in, 0, l->wire);
	return frame_finish(f, FRAME_UDP, l);
}

/* A first fragment too short for its ports is legal; it stays an IP packet. */
static codec_t transport_decode(layer_t *l, bool is_later_fragment, frame_t *f)
{
	bool known = f->proto == FRAME_PROTO_TCP || f->proto == FRAME_PROTO_UDP;
	if (!known || is_later_fragment)
		return frame_finish(f, FRAME_IP, l);
	frame_t inner = *f;
	layer_t body = *l;
	codec_t code = f->proto == FRAME_PROTO_TCP ? tcp_decode(&body, &inner)
	                                           : udp_decode(&body, &inner);
	if (code == CODEC_MALFORMED && f->is_fragment)
		return frame_finish(f, FRAME_IP, l);
	if (code == CODEC_OK)
		*f = inner;
	return code;
}

/* IPv4, IPv6, ARP */

static codec_t ipv4_decode(reader_t *r, frame_t *f)
{
	slice_t packet = r->in;
	uint8_t first = rd_u8(r);
	rd_u8(r); /* type of service */
	size_t total = rd_u16(r);
	f->ip_id = rd_u16(r);
	uint16_t fragment = rd_u16(r);
	f->ttl = rd_u8(r);
	f->proto = rd_u8(r);
	rd_u16(r); /* checksum */
	f->src.ip = rd_ip(r, 4);
	f->dst.ip = rd_ip(r, 4);
	if (r->bad)
		return CODEC_MORE;
	size_t header = 4U * (first & 0x0F);
	if (total == 0) /* left to the network card to fill in */
		total = packet.len > header ? packet.len : header;
	if (first >> 4 != 4 || header < IPV4_HEADER || total < header)
		return CODEC_MALFORMED;
	layer_t l = layer_of(packet, total, f);
	rd_take(&l.r, header);
	if (l.r.bad)
		return CODEC_MORE;
	l.wire -= header;
	f->is_fragment = (fragment & 0x3FFF) != 0;
	return transport_decode(&l, (fragment & 0x1FFF) != 0, f);
}

/* How an extension header says its length: units of 8 beyond the first, AH in
 * units of 4 beyond two, the fragment header not at all. */
typedef struct {
	uint8_t proto;
	uint8_t unit, base;
} extension_t;

static const extension_t extensions[] = {
	{ 0, 8, 8 },   /* hop-by-hop options */
	{ 43, 8, 8 },  /* routing */
	{ 44, 0, 8 },  /* fragment */
	{ 51, 4, 8 },  /* authentication header */
	{ 60, 8, 8 },  /* destination options */
	{ 135, 8, 8 }, /* mobility */
	{ 139, 8, 8 }, /* host identity */
	{ 140, 8, 8 }, /* shim6 */
};

static const extension_t *extension_find(uint8_t proto)
{
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if (extensions[i].proto == proto)
			return &extensions[i];
	return NULL;
}

/* Steps over one extension header; false when it does not fit. */
static bool extension_skip(layer_t *l, const extension_t *e, frame_t *f, uint16_t *offset)
{
	f->proto = rd_u8(&l->r);
	size_t size = e->base + (size_t)e->unit * rd_u8(&l->r);
	slice_t rest = rd_take(&l->r, size - 2);
	if (l->r.bad)
		return false;
	l->wire -= size;
	if (e->unit == 0) {
		reader_t r = reader_of(rest);
		uint16_t field = rd_u16(&r);
		*offset = field >> 3;
		f->is_fragment = *offset != 0 || (field & 1) != 0;
	}
	return true;
}

static codec_t ipv6_extensions(layer_t *l, frame_t *f)
{
	uint16_t offset = 0;
	for (int i = 0; i < IPV6_EXTENSIONS_MAX && offset == 0; i++) {
		const extension_t *e = extension_find(f->proto);
		if (!e)
			break;
		if (!extension_skip(l, e, f, &offset))
			return layer_short(f);
	}
	return transport_decode(l, offset != 0, f);
}

static codec_t ipv6_decode(reader_t *r, frame_t *f)
{
	uint32_t first = rd_u32(r);
	size_t length = rd_u16(r);
	f->proto = rd_u8(r);
	f->ttl = rd_u8(r);
	f->src.ip = rd_ip(r, 6);
	f->dst.ip = rd_ip(r, 6);
	if (r->bad)
		return CODEC_MORE;
	if (first >> 28 != 6)
		return CODEC_MALFORMED;
	if (length == 0) /* a jumbogram, or left to the network card */
		length = r->in.len;
	layer_t l = layer_of(r->in, length, f);
	return ipv6_extensions(&l, f);
}

static codec_t other_decode(reader_t *r, frame_t *f)
{
	layer_t l = { .r = *r, .wire = r->in.len };
	return frame_finish(f, FRAME_OTHER, &l);
}

static codec_t arp_decode(reader_t *r, frame_t *f)
{
	reader_t whole = *r;
	uint16_t hardware = rd_u16(r);
	uint16_t protocol = rd_u16(r);
	uint16_t sizes = rd_u16(r);
	uint16_t op = rd_u16(r);
	if (r->bad)
		return CODEC_MORE;
	if (hardware != 1 || protocol != FRAME_ETHERTYPE_IPV4 || sizes != 0x0604)
		return other_decode(&whole, f);
	f->arp_op = op;
	f->arp_sender = rd_mac(r);
	f->src.ip = rd_ip(r, 4);
	f->arp_target = rd_mac(r);
	f->dst.ip = rd_ip(r, 4);
	if (r->bad)
		return CODEC_MORE;
	f->kind = FRAME_ARP;
	return CODEC_OK;
}

/* Link layers */

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ ||
	       ethertype == ETHERTYPE_QINQ_OLD;
}

static codec_t ethertype_decode(reader_t *r, frame_t *f)
{
	while (is_vlan(f->ethertype) && f->vlan_count < FRAME_VLAN_MAX) {
		f->vlan[f->vlan_count++] = rd_u16(r) & 0x0FFF;
		f->ethertype = rd_u16(r);
	}
	if (r->bad)
		return CODEC_MORE;
	switch (f->ethertype) {
	case FRAME_ETHERTYPE_IPV4:
		return ipv4_decode(r, f);
	case FRAME_ETHERTYPE_IPV6:
		return ipv6_decode(r, f);
	case FRAME_ETHERTYPE_ARP:
		return arp_decode(r, f);
	default:
		return other_decode(r, f);
	}
}

static codec_t ethernet_decode(reader_t *r, frame_t *f)
{
	f->has_mac = true;
	f->mac_dst = rd_mac(r);
	f->mac_src = rd_mac(r);
	f->ethertype = rd_u16(r);
	return ethertype_decode(r, f);
}

/* The eight address bytes of a cooked header, of which `length` count. */
static void cooked_address(reader_t *r, size_t length, frame_t *f)
{
	f->mac_src = rd_mac(r);
	rd_u16(r); /* padding */
	f->has_mac = length == sizeof f->mac_src.bytes;
	if (!f->has_mac)
		f->mac_src = (mac_t){ 0 };
}

static codec_t sll_decode(reader_t *r, frame_t *f)
{
	rd_u32(r); /* packet type, hardware type */
	uint16_t length = rd_u16(r);
	cooked_address(r, length, f);
	f->ethertype = rd_u16(r);
	return ethertype_decode(r, f);
}

static codec_t sll2_decode(reader_t *r, frame_t *f)
{
	f->ethertype = rd_u16(r);
	rd_take(r, 9); /* reserved, interface, hardware type, packet type */
	uint8_t length = rd_u8(r);
	cooked_address(r, length, f);
	return ethertype_decode(r, f);
}

static codec_t raw_decode(reader_t *r, frame_t *f)
{
	reader_t peek = *r;
	uint8_t version = rd_u8(&peek) >> 4;
	if (peek.bad)
		return CODEC_MORE;
	f->ethertype = version == 6 ? FRAME_ETHERTYPE_IPV6 : FRAME_ETHERTYPE_IPV4;
	return version == 6 ? ipv6_decode(r, f) : ipv4_decode(r, f);
}

/* The family is in the byte order of the machine that captured; AF_INET6 has
 * another number on each system. */
static codec_t loopback_decode(reader_t *r, frame_t *f)
{
	uint32_t family = rd_u32(r);
	if (r->bad)
		return CODEC_MORE;
	if (family > UINT16_MAX)
		family = __builtin_bswap32(family);
	if (family == 2)
		f->ethertype = FRAME_ETHERTYPE_IPV4;
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		f->ethertype = FRAME_ETHERTYPE_IPV6;
	return ethertype_decode(r, f);
}

static const struct {
	frame_link_t link;
	link_fn decode;
} links[] = {
	{ FRAME_LINK_ETHERNET, ethernet_decode }, { FRAME_LINK_SLL, sll_decode },
	{ FRAME_LINK_SLL2, sll2_decode },         { FRAME_LINK_RAW, raw_decode },
	{ FRAME_LINK_IPV4, raw_decode },          { FRAME_LINK_IPV6, raw_decode },
	{ FRAME_LINK_RAW_BSD, raw_decode },       { FRAME_LINK_RAW_OPENBSD, raw_decode },
	{ FRAME_LINK_NULL, loopback_decode },     { FRAME_LINK_LOOP, loopback_decode },
};

codec_t frame_decode(uint32_t link, slice_t bytes, frame_t *ret_frame)
{
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		if ((uint32_t)links[i].link != link)
			continue;
		reader_t r = reader_of(bytes);
		frame_t f = { 0 };
		codec_t code = links[i].decode(&r, &f);
		if (code == CODEC_OK)
			*ret_frame = f;
		return code;
	}
	return CODEC_UNSUPPORTED;
}
