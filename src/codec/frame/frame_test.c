/* SPDX-License-Identifier: Apache-2.0 */
/* Frames are written field by field with a writer, or rendered by the encoder
 * and then bent. */
#include "codec/frame/frame.h"

#include "base/crc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BUF = 2048, CLIENT_PORT = 40000, MODBUS_PORT = 502, ETHERNET = 14, IPV4 = 20 };

static const mac_t mac_a = { { 2, 0, 127, 0, 0, 2 } };
static const mac_t mac_b = { { 2, 0, 127, 0, 0, 3 } };

static addr_t addr_v4(uint8_t last, uint16_t port)
{
	return (addr_t){ ip_v4(127, 0, 0, last), port };
}

static addr_t addr_v6(uint8_t last, uint16_t port)
{
	addr_t a = { .ip = { .bytes = { 0xFD }, .family = 6 }, .port = port };
	a.ip.bytes[15] = last;
	return a;
}

static frame_t tcp_frame(slice_t payload)
{
	frame_t f = frame_between(FRAME_TCP, addr_v4(2, CLIENT_PORT), addr_v4(3, MODBUS_PORT));
	f.seq = 0x01020304;
	f.ack = 0xFFFFFFFE;
	f.flags = FRAME_ACK | FRAME_PSH;
	f.window = 512;
	f.ip_id = 77;
	f.payload = payload;
	return f;
}

static slice_t encode(const frame_t *f, uint8_t *buf)
{
	writer_t w = writer_of(buf, BUF);
	assert_int_equal(frame_encode(f, &w), ERR_OK);
	return writer_done(&w);
}

static frame_t decode(uint32_t link, slice_t bytes)
{
	frame_t f;
	assert_int_equal(frame_decode(link, bytes, &f), CODEC_OK);
	return f;
}

static void assert_same_talk(const frame_t *a, const frame_t *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(addr_eq(a->src, b->src));
	assert_true(addr_eq(a->dst, b->dst));
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->ack, b->ack);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->window, b->window);
	assert_true(slice_eq(a->payload, b->payload));
}

static void tcp_round_trips_over_both_ip_versions(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	for (int six = 0; six < 2; six++) {
		frame_t f = tcp_frame(SLICE("hello"));
		if (six) {
			f.src = addr_v6(2, CLIENT_PORT);
			f.dst = addr_v6(3, MODBUS_PORT);
		}
		frame_t got = decode(FRAME_LINK_ETHERNET, encode(&f, buf));
		assert_same_talk(&got, &f);
		assert_memory_equal(&got.mac_src, &f.mac_src, sizeof f.mac_src);
		assert_memory_equal(&got.mac_dst, &f.mac_dst, sizeof f.mac_dst);
		assert_int_equal(got.ip_id, six ? 0 : 77);
		assert_int_equal(got.ttl, 64);
		assert_int_equal(got.payload_wire, 5);
		assert_false(got.is_truncated || got.is_fragment);
	}
}

static void udp_and_arp_round_trip(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	frame_t f = frame_between(FRAME_UDP, addr_v6(2, 2641), addr_v6(3, 2641));
	f.payload = SLICE("odd");
	frame_t got = decode(FRAME_LINK_ETHERNET, encode(&f, buf));
	assert_same_talk(&got, &f);
	f = frame_between(FRAME_ARP, addr_v4(2, 0), addr_v4(3, 0));
	f.arp_op = 2;
	got = decode(FRAME_LINK_ETHERNET, encode(&f, buf));
	assert_same_talk(&got, &f);
	assert_int_equal(got.arp_op, 2);
	assert_memory_equal(&got.arp_sender, &mac_a, sizeof mac_a);
	assert_memory_equal(&got.arp_target, &mac_b, sizeof mac_b);
}

static void encode_fills_checksums_that_sum_to_ones(void **state)
{
	(void)state;
	uint8_t buf[BUF], pseudo[12];
	frame_t f = tcp_frame(SLICE("seven b"));
	slice_t bytes = encode(&f, buf);
	slice_t segment = slice_from(bytes, ETHERNET + IPV4);
	writer_t w = writer_of(pseudo, sizeof pseudo);
	wr_bytes(&w, slice_sub(bytes, ETHERNET + 12, 8));
	wr_u16(&w, FRAME_PROTO_TCP);
	wr_u16(&w, (uint16_t)segment.len);
	assert_int_equal(inet_sum(0, slice_sub(bytes, ETHERNET, IPV4)), 0xFFFF);
	assert_int_equal(inet_sum(inet_sum(0, writer_done(&w)), segment), 0xFFFF);
}

static void vlan_tags_are_peeled_and_rendered(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	frame_t f = tcp_frame(SLICE("x"));
	for (f.vlan_count = 1; f.vlan_count <= FRAME_VLAN_MAX; f.vlan_count++) {
		f.vlan[0] = 100;
		f.vlan[1] = 4094;
		frame_t got = decode(FRAME_LINK_ETHERNET, encode(&f, buf));
		assert_same_talk(&got, &f);
		assert_int_equal(got.vlan_count, f.vlan_count);
		assert_int_equal(got.vlan[0], 100);
		assert_int_equal(got.vlan[1], f.vlan_count == 2 ? 4094 : 0);
		assert_int_equal(got.ethertype, FRAME_ETHERTYPE_IPV4);
	}
}

/* The IP packet inside an Ethernet frame, behind another link header. */
static slice_t relink(slice_t header, slice_t ethernet, uint8_t *buf)
{
	writer_t w = writer_of(buf, BUF);
	wr_bytes(&w, header);
	wr_bytes(&w, slice_from(ethernet, ETHERNET));
	return writer_done(&w);
}

static void every_link_type_leads_to_the_same_packet(void **state)
{
	(void)state;
	static const struct {
		uint32_t link;
		bool has_mac;
		slice_t header;
	} rows[] = {
		{ FRAME_LINK_RAW, false, { 0 } },
		{ FRAME_LINK_RAW_BSD, false, { 0 } },
		{ FRAME_LINK_RAW_OPENBSD, false, { 0 } },
		{ FRAME_LINK_IPV4, false, { 0 } },
		{ FRAME_LINK_NULL, false, { (const uint8_t *)"\2\0\0\0", 4 } },
		{ FRAME_LINK_LOOP, false, { (const uint8_t *)"\0\0\0\2", 4 } },
		{ FRAME_LINK_SLL,
		  true,
		  { (const uint8_t *)"\0\0\0\1\0\6\2\0\177\0\0\2\0\0\10\0", 16 } },
		{ FRAME_LINK_SLL2,
		  true,
		  { (const uint8_t *)"\10\0\0\0\0\0\0\1\0\1\0\6\2\0\177\0\0\2\0\0", 20 } },
	};
	uint8_t buf[BUF], out[BUF];
	frame_t f = tcp_frame(SLICE("payload"));
	slice_t bytes = encode(&f, buf);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		frame_t got = decode(rows[i].link, relink(rows[i].header, bytes, out));
		assert_same_talk(&got, &f);
		assert_int_equal(got.has_mac, rows[i].has_mac);
		if (got.has_mac)
			assert_memory_equal(&got.mac_src, &mac_a, sizeof mac_a);
	}
	assert_int_equal(frame_decode(147, bytes, &f), CODEC_UNSUPPORTED);
}

static void raw_and_loopback_links_carry_ipv6(void **state)
{
	(void)state;
	static const uint8_t families[] = { 10, 24, 28, 30 };
	uint8_t buf[BUF], out[BUF];
	frame_t f = frame_between(FRAME_TCP, addr_v6(2, 1), addr_v6(3, 2));
	slice_t bytes = encode(&f, buf);
	frame_t got = decode(FRAME_LINK_RAW, relink((slice_t){ 0 }, bytes, out));
	assert_same_talk(&got, &f);
	for (size_t i = 0; i < sizeof families; i++) {
		uint8_t header[4] = { families[i] };
		got = decode(FRAME_LINK_NULL, relink(slice_of(header, 4), bytes, out));
		assert_same_talk(&got, &f);
	}
}

static void headers_cut_short_ask_for_more_and_payloads_are_flagged(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	for (int six = 0; six < 2; six++) {
		frame_t got, f = tcp_frame(SLICE("0123456789"));
		if (six) {
			f.src = addr_v6(2, CLIENT_PORT);
			f.dst = addr_v6(3, MODBUS_PORT);
		}
		f.vlan_count = 2;
		slice_t bytes = encode(&f, buf);
		size_t headers = bytes.len - f.payload.len;
		for (size_t len = 0; len < headers; len++)
			assert_int_equal(
				frame_decode(FRAME_LINK_ETHERNET, slice_sub(bytes, 0, len), &got),
				CODEC_MORE);
		for (size_t len = headers; len < bytes.len; len++) {
			got = decode(FRAME_LINK_ETHERNET, slice_sub(bytes, 0, len));
			assert_true(got.is_truncated);
			assert_int_equal(got.payload.len, len - headers);
			assert_int_equal(got.payload_wire, f.payload.len);
		}
	}
}

static void arp_and_udp_cut_short_ask_for_more(void **state)
{
	(void)state;
	static const frame_kind_t kinds[] = { FRAME_ARP, FRAME_UDP };
	uint8_t buf[BUF];
	for (size_t i = 0; i < 2; i++) {
		frame_t got, f = frame_between(kinds[i], addr_v4(2, 0), addr_v4(3, 0));
		slice_t bytes = encode(&f, buf);
		for (size_t len = 0; len < bytes.len; len++)
			assert_int_equal(
				frame_decode(FRAME_LINK_ETHERNET, slice_sub(bytes, 0, len), &got),
				CODEC_MORE);
	}
}

static void padding_of_short_frames_is_no_payload(void **state)
{
	(void)state;
	uint8_t buf[BUF] = { 0 };
	frame_t f = tcp_frame((slice_t){ 0 });
	slice_t bytes = encode(&f, buf);
	frame_t got = decode(FRAME_LINK_ETHERNET, slice_of(buf, bytes.len + 6));
	assert_int_equal(got.payload.len, 0);
	assert_false(got.is_truncated);
}

static void length_left_to_the_network_card_means_all_that_was_captured(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	frame_t f = tcp_frame(SLICE("offloaded"));
	slice_t bytes = encode(&f, buf);
	buf[ETHERNET + 2] = buf[ETHERNET + 3] = 0;
	frame_t got = decode(FRAME_LINK_ETHERNET, bytes);
	assert_same_talk(&got, &f);
}

/* Sets one byte of a good TCP frame and says how it decodes. */
static codec_t decode_bent(size_t at, uint8_t value)
{
	uint8_t buf[BUF];
	frame_t got, f = tcp_frame(SLICE("bent"));
	slice_t bytes = encode(&f, buf);
	buf[at] = value;
	return frame_decode(FRAME_LINK_ETHERNET, bytes, &got);
}

static void headers_that_contradict_themselves_are_malformed(void **state)
{
	(void)state;
	assert_int_equal(decode_bent(ETHERNET, 0x65), CODEC_MALFORMED);             /* version */
	assert_int_equal(decode_bent(ETHERNET, 0x44), CODEC_MALFORMED);             /* header */
	assert_int_equal(decode_bent(ETHERNET + 3, 19), CODEC_MALFORMED);           /* total */
	assert_int_equal(decode_bent(ETHERNET + 3, 39), CODEC_MALFORMED);           /* no TCP */
	assert_int_equal(decode_bent(ETHERNET + IPV4 + 12, 0x40), CODEC_MALFORMED); /* offset */
	assert_int_equal(decode_bent(ETHERNET + IPV4 + 12, 0xF0), CODEC_MALFORMED); /* too far */
	assert_int_equal(decode_bent(ETHERNET + IPV4 + 16, 0xFF), CODEC_OK);        /* checksum */
}

static void udp_length_must_fit_its_packet(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	frame_t got, f = frame_between(FRAME_UDP, addr_v4(2, 1), addr_v4(3, 2));
	f.payload = SLICE("data");
	slice_t bytes = encode(&f, buf);
	size_t at = ETHERNET + IPV4 + 5;
	buf[at] = 7;
	assert_int_equal(frame_decode(FRAME_LINK_ETHERNET, bytes, &got), CODEC_MALFORMED);
	buf[at] = 13;
	assert_int_equal(frame_decode(FRAME_LINK_ETHERNET, bytes, &got), CODEC_MALFORMED);
	buf[at] = 10;
	got = decode(FRAME_LINK_ETHERNET, bytes);
	assert_int_equal(got.payload.len, 2);
}

static void ipv4_options_are_stepped_over(void **state)
{
	(void)state;
	uint8_t buf[BUF], out[BUF];
	frame_t f = tcp_frame(SLICE("after options"));
	slice_t bytes = encode(&f, buf);
	writer_t w = writer_of(out, sizeof out);
	wr_bytes(&w, slice_sub(bytes, 0, ETHERNET + IPV4));
	wr_u32(&w, 0x01010100);
	wr_bytes(&w, slice_from(bytes, ETHERNET + IPV4));
	out[ETHERNET] = 0x46;
	out[ETHERNET + 3] = (uint8_t)(out[ETHERNET + 3] + 4);
	frame_t got = decode(FRAME_LINK_ETHERNET, writer_done(&w));
	assert_same_talk(&got, &f);
}

static void fragments_are_flagged_and_only_the_first_has_ports(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	frame_t f = tcp_frame(SLICE("first part"));
	slice_t bytes = encode(&f, buf);
	buf[ETHERNET + 6] = 0x20; /* more to come */
	frame_t got = decode(FRAME_LINK_ETHERNET, bytes);
	assert_same_talk(&got, &f);
	assert_true(got.is_fragment);
	buf[ETHERNET + 7] = 5; /* not the first */
	got = decode(FRAME_LINK_ETHERNET, bytes);
	assert_int_equal(got.kind, FRAME_IP);
	assert_true(got.is_fragment);
	assert_int_equal(got.payload.len, 20 + f.payload.len);
	buf[ETHERNET + 7] = 0;
	buf[ETHERNET + 3] = 28; /* too short for its ports */
	got = decode(FRAME_LINK_ETHERNET, slice_sub(bytes, 0, ETHERNET + 28));
	assert_int_equal(got.kind, FRAME_IP);
	assert_int_equal(got.src.port, 0);
}

/* A good IPv6 frame with extension headers put before its TCP header; the first
 * byte of each header is its successor. */
static slice_t extend(slice_t bytes, uint8_t first, slice_t extensions, uint8_t *out)
{
	writer_t w = writer_of(out, BUF);
	wr_bytes(&w, slice_sub(bytes, 0, ETHERNET + 40));
	wr_bytes(&w, extensions);
	wr_bytes(&w, slice_from(bytes, ETHERNET + 40));
	wr_patch_u16(&w, ETHERNET + 4, (uint16_t)(w.len - ETHERNET - 40));
	out[ETHERNET + 6] = first;
	return writer_done(&w);
}

static void ipv6_extension_headers_are_walked(void **state)
{
	(void)state;
	static const uint8_t chain[] = {
		60, 0, 1, 4, 0, 0, 0, 0,                         /* hop-by-hop */
		51, 1, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* options, 16 bytes */
		44, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,             /* authentication, 12 bytes */
		6,  0, 0, 1, 0, 0, 0, 9,                         /* first fragment */
	};
	uint8_t buf[BUF], out[BUF];
	frame_t got, f = frame_between(FRAME_TCP, addr_v6(2, 1), addr_v6(3, 2));
	f.payload = SLICE("deep");
	slice_t bytes = encode(&f, buf);
	slice_t longer = extend(bytes, 0, slice_of(chain, sizeof chain), out);
	got = decode(FRAME_LINK_ETHERNET, longer);
	assert_same_talk(&got, &f);
	assert_true(got.is_fragment);
	for (size_t len = 0; len < longer.len - f.payload.len; len++)
		assert_int_equal(frame_decode(FRAME_LINK_ETHERNET, slice_sub(longer, 0, len), &got),
		                 CODEC_MORE);
	out[ETHERNET + 40 + sizeof chain - 5] = 9; /* a later fragment */
	got = decode(FRAME_LINK_ETHERNET, longer);
	assert_int_equal(got.kind, FRAME_IP);
	assert_int_equal(got.payload.len, 20 + f.payload.len);
}

static void ipv6_extension_walk_is_bounded(void **state)
{
	(void)state;
	uint8_t buf[BUF], out[BUF], chain[8 * 9] = { 0 };
	for (size_t i = 0; i < sizeof chain; i += 8)
		chain[i] = i + 8 < sizeof chain ? 60 : 6;
	frame_t f = frame_between(FRAME_TCP, addr_v6(2, 1), addr_v6(3, 2));
	slice_t bytes = encode(&f, buf);
	frame_t got = decode(FRAME_LINK_ETHERNET,
	                     extend(bytes, 60, slice_of(chain, sizeof chain), out));
	assert_int_equal(got.kind, FRAME_IP);
	assert_int_equal(got.proto, 60);
}

static void foreign_protocols_keep_their_bytes(void **state)
{
	(void)state;
	static const uint8_t lldp[] = { 1,   0x80, 0xC2, 0, 0,    14,   2, 0,
		                        127, 0,    0,    2, 0x88, 0xCC, 2, 7 };
	frame_t got = decode(FRAME_LINK_ETHERNET, slice_of(lldp, sizeof lldp));
	assert_int_equal(got.kind, FRAME_OTHER);
	assert_int_equal(got.ethertype, 0x88CC);
	assert_int_equal(got.payload.len, 2);
	assert_int_equal(got.payload_wire, 2);
}

static void encode_refuses_what_it_cannot_render(void **state)
{
	(void)state;
	static uint8_t big[65536];
	uint8_t buf[BUF];
	writer_t w = writer_of(buf, sizeof buf);
	frame_t f = tcp_frame(slice_of(big, sizeof big));
	assert_int_equal(frame_encode(&f, &w), ERR_TOO_BIG);
	f.payload.len = 2000;
	assert_int_equal(frame_encode(&f, &w), ERR_TOO_BIG);
	w = writer_of(buf, sizeof buf);
	f.kind = FRAME_IP;
	assert_int_equal(frame_encode(&f, &w), ERR_UNSUPPORTED);
	f.kind = FRAME_TCP;
	f.dst = addr_v6(1, 1);
	assert_int_equal(frame_encode(&f, &w), ERR_INVALID);
	f.kind = FRAME_ARP;
	f.src = addr_v6(1, 1);
	assert_int_equal(frame_encode(&f, &w), ERR_INVALID);
	assert_int_equal(w.len, 0);
}

static void macs_are_locally_administered_and_derived(void **state)
{
	(void)state;
	mac_t v4 = frame_mac_of(ip_v4(127, 0, 0, 2)), v6 = frame_mac_of(addr_v6(9, 0).ip);
	assert_memory_equal(&v4, &mac_a, sizeof mac_a);
	assert_int_equal(v6.bytes[0], 2);
	assert_int_equal(v6.bytes[5], 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_round_trips_over_both_ip_versions),
		cmocka_unit_test(udp_and_arp_round_trip),
		cmocka_unit_test(encode_fills_checksums_that_sum_to_ones),
		cmocka_unit_test(vlan_tags_are_peeled_and_rendered),
		cmocka_unit_test(every_link_type_leads_to_the_same_packet),
		cmocka_unit_test(raw_and_loopback_links_carry_ipv6),
		cmocka_unit_test(headers_cut_short_ask_for_more_and_payloads_are_flagged),
		cmocka_unit_test(arp_and_udp_cut_short_ask_for_more),
		cmocka_unit_test(padding_of_short_frames_is_no_payload),
		cmocka_unit_test(length_left_to_the_network_card_means_all_that_was_captured),
		cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
		cmocka_unit_test(udp_length_must_fit_its_packet),
		cmocka_unit_test(ipv4_options_are_stepped_over),
		cmocka_unit_test(fragments_are_flagged_and_only_the_first_has_ports),
		cmocka_unit_test(ipv6_extension_headers_are_walked),
		cmocka_unit_test(ipv6_extension_walk_is_bounded),
		cmocka_unit_test(foreign_protocols_keep_their_bytes),
		cmocka_unit_test(encode_refuses_what_it_cannot_render),
		cmocka_unit_test(macs_are_locally_administered_and_derived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
