/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding writes headers front to back with empty checksums and patches them
 * once the bytes they cover are there. */
#include "codec/frame/frame.h"

#include "base/crc.h"

#include <assert.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	TTL_DEFAULT = 64,
	TCP_CHECKSUM_AT = 16,
	UDP_CHECKSUM_AT = 6,
	IPV4_CHECKSUM_AT = 10,
	IPV4_DONT_FRAGMENT = 0x4000,
};

static const uint16_t vlan_tags[FRAME_VLAN_MAX + 1][FRAME_VLAN_MAX] = {
	{ 0 },
	{ 0x8100 },
	{ 0x88A8, 0x8100 },
};

static void wr_mac(writer_t *w, mac_t mac)
{
	wr_bytes(w, slice_of(mac.bytes, sizeof mac.bytes));
}

static void wr_ip(writer_t *w, const ip_t *ip)
{
	wr_bytes(w, slice_of(ip->bytes, ip->family == 4 ? 4 : 16));
}

static slice_t written_from(const writer_t *w, size_t at)
{
	return slice_from(writer_done(w), at);
}

static void ethernet_encode(const frame_t *f, uint16_t ethertype, writer_t *w)
{
	wr_mac(w, f->mac_dst);
	wr_mac(w, f->mac_src);
	for (size_t i = 0; i < f->vlan_count; i++) {
		wr_u16(w, vlan_tags[f->vlan_count][i]);
		wr_u16(w, f->vlan[i] & 0x0FFF);
	}
	wr_u16(w, ethertype);
}

static void ipv4_encode(const frame_t *f, uint8_t proto, size_t body, writer_t *w)
{
	size_t at = w->len;
	wr_u16(w, 0x4500);
	wr_u16(w, (uint16_t)(IPV4_HEADER + body));
	wr_u16(w, f->ip_id);
	wr_u16(w, IPV4_DONT_FRAGMENT);
	wr_u8(w, f->ttl ? f->ttl : TTL_DEFAULT);
	wr_u8(w, proto);
	wr_u16(w, 0);
	wr_ip(w, &f->src.ip);
	wr_ip(w, &f->dst.ip);
	if (!w->bad)
		wr_patch_u16(w, at + IPV4_CHECKSUM_AT, (uint16_t)~inet_sum(0, written_from(w, at)));
}

static void ipv6_encode(const frame_t *f, uint8_t proto, size_t body, writer_t *w)
{
	wr_u32(w, 0x60000000);
	wr_u16(w, (uint16_t)body);
	wr_u8(w, proto);
	wr_u8(w, f->ttl ? f->ttl : TTL_DEFAULT);
	wr_ip(w, &f->src.ip);
	wr_ip(w, &f->dst.ip);
}

static uint16_t pseudo_sum(const frame_t *f, uint8_t proto, size_t body)
{
	uint8_t buf[IPV6_HEADER];
	writer_t w = writer_of(buf, sizeof buf);
	wr_ip(&w, &f->src.ip);
	wr_ip(&w, &f->dst.ip);
	wr_u32(&w, (uint32_t)body);
	wr_u32(&w, proto);
	return inet_sum(0, writer_done(&w));
}

static void tcp_encode(const frame_t *f, writer_t *w)
{
	wr_u16(w, f->src.port);
	wr_u16(w, f->dst.port);
	wr_u32(w, f->seq);
	wr_u32(w, f->ack);
	wr_u8(w, TCP_HEADER / 4 << 4);
	wr_u8(w, f->flags);
	wr_u16(w, f->window);
	wr_u16(w, 0); /* checksum */
	wr_u16(w, 0); /* urgent pointer */
}

static void udp_encode(const frame_t *f, writer_t *w)
{
	wr_u16(w, f->src.port);
	wr_u16(w, f->dst.port);
	wr_u16(w, (uint16_t)(UDP_HEADER + f->payload.len));
	wr_u16(w, 0); /* checksum */
}

static err_t ip_encode(const frame_t *f, writer_t *w)
{
	bool is_tcp = f->kind == FRAME_TCP, is_v4 = f->src.ip.family == 4;
	uint8_t proto = is_tcp ? FRAME_PROTO_TCP : FRAME_PROTO_UDP;
	size_t header = is_tcp ? TCP_HEADER : UDP_HEADER;
	size_t max = UINT16_MAX - header - (is_v4 ? IPV4_HEADER : 0);
	if (f->payload.len > max)
		return ERR_TOO_BIG;
	size_t body = header + f->payload.len;
	ethernet_encode(f, is_v4 ? FRAME_ETHERTYPE_IPV4 : FRAME_ETHERTYPE_IPV6, w);
	(is_v4 ? ipv4_encode : ipv6_encode)(f, proto, body, w);
	size_t at = w->len;
	(is_tcp ? tcp_encode : udp_encode)(f, w);
	wr_bytes(w, f->payload);
	if (w->bad)
		return ERR_TOO_BIG;
	uint16_t sum = (uint16_t)~inet_sum(pseudo_sum(f, proto, body), written_from(w, at));
	if (sum == 0 && !is_tcp) /* 0 on the wire would mean "no checksum" */
		sum = UINT16_MAX;
	wr_patch_u16(w, at + (is_tcp ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT), sum);
	return ERR_OK;
}

static err_t arp_encode(const frame_t *f, writer_t *w)
{
	ethernet_encode(f, FRAME_ETHERTYPE_ARP, w);
	wr_u16(w, 1); /* Ethernet */
	wr_u16(w, FRAME_ETHERTYPE_IPV4);
	wr_u16(w, 0x0604); /* sizes of both addresses */
	wr_u16(w, f->arp_op);
	wr_mac(w, f->arp_sender);
	wr_ip(w, &f->src.ip);
	wr_mac(w, f->arp_target);
	wr_ip(w, &f->dst.ip);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t frame_encode(const frame_t *frame, writer_t *w)
{
	assert(frame->vlan_count <= FRAME_VLAN_MAX);
	uint8_t family = frame->src.ip.family;
	bool is_arp = frame->kind == FRAME_ARP;
	if (!is_arp && frame->kind != FRAME_TCP && frame->kind != FRAME_UDP)
		return ERR_UNSUPPORTED;
	if (family != frame->dst.ip.family || (family != 4 && (family != 6 || is_arp)))
		return ERR_INVALID;
	return is_arp ? arp_encode(frame, w) : ip_encode(frame, w);
}

mac_t frame_mac_of(ip_t ip)
{
	mac_t mac = { .bytes = { 0x02 } };
	memcpy(mac.bytes + 2, ip.bytes + (ip.family == 6 ? 12 : 0), 4);
	return mac;
}

frame_t frame_between(frame_kind_t kind, addr_t src, addr_t dst)
{
	mac_t mac_src = frame_mac_of(src.ip), mac_dst = frame_mac_of(dst.ip);
	return (frame_t){
		.kind = kind,
		.has_mac = true,
		.mac_src = mac_src,
		.mac_dst = mac_dst,
		.src = src,
		.dst = dst,
		.arp_sender = mac_src,
		.arp_target = mac_dst,
	};
}
