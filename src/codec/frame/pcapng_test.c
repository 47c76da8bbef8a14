/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/frame/pcapng.h"

#include "codec/frame/frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BUF = 4096, SECONDS = 1700000000, SNAPLEN = 65535 };

#define NANOS INT64_C(1000000000)

/* A file under construction, in one byte order. */
typedef struct {
	uint8_t buf[BUF];
	writer_t w;
	bool is_little;
	size_t block; /* where the open one begins */
} file_t;

static void put_u16(file_t *f, uint16_t v)
{
	(f->is_little ? wr_u16_le : wr_u16)(&f->w, v);
}

static void put_u32(file_t *f, uint32_t v)
{
	(f->is_little ? wr_u32_le : wr_u32)(&f->w, v);
}

static void put_u64(file_t *f, uint64_t v)
{
	(f->is_little ? wr_u64_le : wr_u64)(&f->w, v);
}

static void put_padded(file_t *f, slice_t bytes)
{
	wr_bytes(&f->w, bytes);
	while (f->w.len % 4 != 0)
		wr_u8(&f->w, 0);
}

static void block_open(file_t *f, uint32_t type)
{
	f->block = f->w.len;
	put_u32(f, type);
	put_u32(f, 0);
}

static void block_close(file_t *f)
{
	size_t end = f->w.len;
	uint32_t size = (uint32_t)(end - f->block + 4);
	put_u32(f, size);
	f->w.len = f->block + 4;
	put_u32(f, size);
	f->w.len = end + 4;
	assert_false(f->w.bad);
}

static void put_section(file_t *f, bool is_little)
{
	f->is_little = is_little;
	block_open(f, 0x0A0D0D0A);
	put_u32(f, 0x1A2B3C4D);
	put_u16(f, 1);
	put_u16(f, 0);
	put_u64(f, UINT64_MAX); /* length not said */
	block_close(f);
}

static void file_start(file_t *f, bool is_little)
{
	f->w = writer_of(f->buf, sizeof f->buf);
	put_section(f, is_little);
}

static void put_interface(file_t *f, uint16_t link, uint32_t snaplen)
{
	block_open(f, 1);
	put_u16(f, link);
	put_u16(f, 0);
	put_u32(f, snaplen);
	block_close(f);
}

/* An interface whose clock says its resolution and its offset. */
static void put_clock(file_t *f, uint8_t resolution, int64_t offset_s)
{
	block_open(f, 1);
	put_u16(f, FRAME_LINK_ETHERNET);
	put_u16(f, 0);
	put_u32(f, SNAPLEN);
	put_u16(f, 2); /* its name */
	put_u16(f, 5);
	put_padded(f, SLICE("line1"));
	put_u16(f, 9);
	put_u16(f, 1);
	put_padded(f, slice_of(&resolution, 1));
	put_u16(f, 14);
	put_u16(f, 8);
	put_u64(f, (uint64_t)offset_s);
	put_u32(f, 0);
	block_close(f);
}

static void put_packet(file_t *f, uint32_t number, uint64_t units, slice_t bytes)
{
	block_open(f, 6);
	put_u32(f, number);
	put_u32(f, (uint32_t)(units >> 32));
	put_u32(f, (uint32_t)units);
	put_u32(f, (uint32_t)bytes.len);
	put_u32(f, 60);
	put_padded(f, bytes);
	block_close(f);
}

static void put_simple(file_t *f, uint32_t wire, slice_t bytes)
{
	block_open(f, 3);
	put_u32(f, wire);
	put_padded(f, bytes);
	block_close(f);
}

/* A block of another kind, which holds no packet. */
static void put_other(file_t *f, uint32_t type)
{
	block_open(f, type);
	put_u32(f, 0);
	block_close(f);
}

static pcap_stream_t started(const file_t *f, slice_t *ret_in)
{
	pcap_stream_t stream;
	*ret_in = writer_done(&f->w);
	assert_int_equal(pcap_stream_start(ret_in, &stream), CODEC_OK);
	return stream;
}

/* What reading the whole file ends with. */
static codec_t file_end(const file_t *f, size_t *ret_packets)
{
	slice_t in;
	pcap_stream_t stream = started(f, &in);
	pcap_packet_t packet;
	codec_t code = CODEC_OK;
	for (*ret_packets = 0; code == CODEC_OK; *ret_packets += code == CODEC_OK)
		code = pcap_stream_next(&stream, &in, &packet);
	return code;
}

static void both_byte_orders_are_read(void **state)
{
	(void)state;
	for (int little = 0; little < 2; little++) {
		file_t f;
		slice_t in;
		pcap_packet_t packet;
		file_start(&f, little);
		put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
		put_packet(&f, 0, SECONDS * UINT64_C(1000000) + 7, SLICE("abc"));
		pcap_stream_t stream = started(&f, &in);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_int_equal(stream.link, FRAME_LINK_ETHERNET);
		assert_int_equal(stream.snaplen, SNAPLEN);
		assert_true(packet.time_ns == SECONDS * NANOS + 7000);
		assert_true(slice_eq(packet.bytes, SLICE("abc")));
		assert_int_equal(packet.wire_len, 60);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_MORE);
		assert_int_equal(in.len, 0);
	}
}

static void each_packet_has_the_link_of_its_interface(void **state)
{
	(void)state;
	static const uint32_t numbers[] = { 1, 0, 2, 1 };
	static const uint32_t links[] = { FRAME_LINK_SLL2, FRAME_LINK_ETHERNET, FRAME_LINK_NULL,
		                          FRAME_LINK_SLL2 };
	file_t f;
	slice_t in;
	pcap_packet_t packet;
	file_start(&f, true);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	put_interface(&f, FRAME_LINK_SLL2, SNAPLEN);
	put_interface(&f, FRAME_LINK_NULL, SNAPLEN);
	for (size_t i = 0; i < 4; i++)
		put_packet(&f, numbers[i], i, SLICE("x"));
	pcap_stream_t stream = started(&f, &in);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_int_equal(stream.link, links[i]);
	}
}

static void a_section_has_an_order_and_interfaces_of_its_own(void **state)
{
	(void)state;
	file_t f;
	slice_t in;
	size_t packets;
	pcap_packet_t packet;
	file_start(&f, true);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	put_packet(&f, 0, 1, SLICE("first"));
	put_section(&f, false);
	put_interface(&f, FRAME_LINK_RAW, SNAPLEN);
	put_packet(&f, 0, 2, SLICE("second"));
	pcap_stream_t stream = started(&f, &in);
	assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
	assert_int_equal(stream.link, FRAME_LINK_ETHERNET);
	assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
	assert_int_equal(stream.link, FRAME_LINK_RAW);
	assert_true(packet.time_ns == 2000);
	assert_true(slice_eq(packet.bytes, SLICE("second")));
	put_section(&f, true);
	put_packet(&f, 0, 3, SLICE("of an interface of the section before"));
	assert_int_equal(file_end(&f, &packets), CODEC_MALFORMED);
	assert_int_equal(packets, 2);
}

static void clocks_of_every_resolution_are_understood(void **state)
{
	(void)state;
	static const struct {
		uint8_t resolution;
		int64_t offset_s;
		uint64_t units;
		int64_t time_ns;
	} rows[] = {
		{ 0, 0, 5, 5 * NANOS },
		{ 3, 0, 1500, 1500000000 },
		{ 6, 0, 1000001, 1000001000 },
		{ 9, SECONDS, 1, SECONDS * NANOS + 1 },
		{ 9, -1, 1000000005, 5 },
		{ 12, 0, 1999, 1 },
		{ 19, 0, 12345678901, 1 },
		{ 127, 0, UINT64_MAX - 1, 0 },
		{ 0x80, 0, 3, 3 * NANOS },
		{ 0x80 | 10, 0, 1024 + 512, 1500000000 },
		{ 0x80 | 32, SECONDS, UINT64_C(1) << 31, SECONDS * NANOS + NANOS / 2 },
		{ 0x80 | 63, 0, UINT64_C(3) << 62, 1500000000 },
		{ 0x80 | 127, 0, UINT64_MAX - 1, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		file_t f;
		slice_t in;
		pcap_packet_t packet;
		file_start(&f, i % 2 != 0);
		put_clock(&f, rows[i].resolution, rows[i].offset_s);
		put_packet(&f, 0, rows[i].units, SLICE("x"));
		pcap_stream_t stream = started(&f, &in);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_true(packet.time_ns == rows[i].time_ns);
	}
}

static void a_time_that_does_not_fit_is_malformed(void **state)
{
	(void)state;
	static const struct {
		uint8_t resolution;
		int64_t offset_s;
		uint64_t units;
	} rows[] = {
		{ 0, 0, UINT64_MAX }, { 0, 0, UINT64_C(9223372037) }, { 9, INT64_MAX, 1000000000 },
		{ 9, INT64_MIN, 0 },  { 9, -1, 999999999 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		file_t f;
		size_t packets;
		file_start(&f, true);
		put_clock(&f, rows[i].resolution, rows[i].offset_s);
		put_packet(&f, 0, rows[i].units, SLICE("x"));
		assert_int_equal(file_end(&f, &packets), CODEC_MALFORMED);
	}
}

static void a_simple_packet_takes_limit_and_time_from_around_it(void **state)
{
	(void)state;
	file_t f;
	slice_t in;
	pcap_packet_t packet;
	file_start(&f, true);
	put_interface(&f, FRAME_LINK_ETHERNET, 4);
	put_packet(&f, 0, 9, SLICE("x"));
	put_simple(&f, 60, SLICE("four"));
	put_simple(&f, 2, SLICE("ab"));
	pcap_stream_t stream = started(&f, &in);
	assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
	assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
	assert_true(slice_eq(packet.bytes, SLICE("four")));
	assert_int_equal(packet.wire_len, 60);
	assert_true(packet.time_ns == 9000);
	assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
	assert_true(slice_eq(packet.bytes, SLICE("ab")));
	assert_int_equal(packet.wire_len, 2);
}

static void a_simple_packet_without_a_limit_is_captured_whole(void **state)
{
	(void)state;
	file_t f;
	size_t packets;
	file_start(&f, false);
	put_interface(&f, FRAME_LINK_ETHERNET, 0);
	put_simple(&f, 5, SLICE("whole"));
	assert_int_equal(file_end(&f, &packets), CODEC_MORE);
	assert_int_equal(packets, 1);
	put_simple(&f, 9, SLICE("cut"));
	assert_int_equal(file_end(&f, &packets), CODEC_MALFORMED);
}

static void the_packet_block_of_old_writers_is_read(void **state)
{
	(void)state;
	for (int little = 0; little < 2; little++) {
		file_t f;
		slice_t in;
		pcap_packet_t packet;
		file_start(&f, little);
		put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
		put_interface(&f, FRAME_LINK_RAW, SNAPLEN);
		block_open(&f, 2);
		put_u16(&f, 1);
		put_u16(&f, 0xFFFF); /* drops not counted */
		put_u64(&f, 0);
		put_u32(&f, 3);
		put_u32(&f, 3);
		put_padded(&f, SLICE("old"));
		block_close(&f);
		pcap_stream_t stream = started(&f, &in);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_int_equal(stream.link, FRAME_LINK_RAW);
		assert_true(slice_eq(packet.bytes, SLICE("old")));
	}
}

static void blocks_without_packets_are_stepped_over(void **state)
{
	(void)state;
	static const uint32_t types[] = { 4, 5, 9, 10, 0xBAD, 0x40000BAD, 0xFFFFFFFF };
	file_t f;
	size_t packets;
	file_start(&f, true);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		put_other(&f, types[i]);
		put_packet(&f, 0, i, SLICE("x"));
	}
	assert_int_equal(file_end(&f, &packets), CODEC_MORE);
	assert_int_equal(packets, sizeof types / sizeof types[0]);
}

/* The file is shown one byte more at a time; what was read is not shown again. */
static void a_stream_that_arrives_in_bytes_tells_the_same(void **state)
{
	(void)state;
	file_t f;
	pcap_stream_t stream;
	pcap_packet_t packet;
	size_t at = 0, packets = 0;
	bool is_started = false;
	file_start(&f, false);
	put_other(&f, 4);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	put_interface(&f, FRAME_LINK_RAW, SNAPLEN);
	put_packet(&f, 1, 0, SLICE("one"));
	put_other(&f, 4);
	put_packet(&f, 0, 1, SLICE("three"));
	for (size_t shown = 0; shown <= f.w.len; shown++) {
		slice_t in = slice_sub(writer_done(&f.w), at, shown - at);
		codec_t code = is_started ? pcap_stream_next(&stream, &in, &packet)
		                          : pcap_stream_start(&in, &stream);
		assert_true(code == CODEC_OK || code == CODEC_MORE);
		packets += is_started && code == CODEC_OK;
		is_started = is_started || code == CODEC_OK;
		at = shown - in.len;
	}
	assert_int_equal(packets, 2);
	assert_int_equal(at, f.w.len);
	assert_int_equal(stream.interface_count, 2);
}

/* Writes `v` over the number at `at` of a small good file and reads that. */
static codec_t spoiled(size_t at, uint32_t v)
{
	file_t f;
	size_t packets;
	pcap_stream_t stream;
	file_start(&f, true);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	put_packet(&f, 0, 0, SLICE("abcd"));
	size_t whole = f.w.len;
	f.w.len = at;
	put_u32(&f, v);
	f.w.len = whole;
	slice_t in = writer_done(&f.w);
	codec_t code = pcap_stream_start(&in, &stream);
	return code == CODEC_OK ? file_end(&f, &packets) : code;
}

static void blocks_that_contradict_themselves_are_malformed(void **state)
{
	(void)state;
	enum { SECTION = 28, INTERFACE = 20, PACKET = SECTION + INTERFACE };
	assert_int_equal(spoiled(0, 0x0A0D0D0A), CODEC_MORE); /* nothing spoiled */
	assert_int_equal(spoiled(4, 12), CODEC_MALFORMED);    /* too short for its order */
	assert_int_equal(spoiled(8, 0x1A2B3C4E), CODEC_MALFORMED);
	assert_int_equal(spoiled(12, 2), CODEC_UNSUPPORTED);         /* version */
	assert_int_equal(spoiled(24, 24), CODEC_MALFORMED);          /* the length again */
	assert_int_equal(spoiled(SECTION + 4, 8), CODEC_MALFORMED);  /* below the least */
	assert_int_equal(spoiled(SECTION + 4, 21), CODEC_MALFORMED); /* not padded */
	assert_int_equal(spoiled(PACKET + 8, 1), CODEC_MALFORMED);   /* no such interface */
	assert_int_equal(spoiled(PACKET + 20, 5), CODEC_MALFORMED);  /* beyond its block */
	assert_int_equal(spoiled(PACKET + 4, 1 << 24), CODEC_MORE);  /* the largest */
	assert_int_equal(spoiled(PACKET + 4, (1 << 24) + 4), CODEC_MALFORMED);
}

static void options_that_do_not_fit_are_malformed(void **state)
{
	(void)state;
	static const uint32_t options[] = {
		9 | 0 << 16,  /* a resolution of no bytes */
		14 | 4 << 16, /* an offset of four */
		2 | 9 << 16,  /* a name beyond the block */
	};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		file_t f;
		size_t packets;
		file_start(&f, true);
		block_open(&f, 1);
		put_u32(&f, FRAME_LINK_ETHERNET);
		put_u32(&f, SNAPLEN);
		put_u32(&f, options[i]);
		put_u32(&f, 0);
		block_close(&f);
		assert_int_equal(file_end(&f, &packets), CODEC_MALFORMED);
	}
}

static void packets_above_the_limit_are_malformed(void **state)
{
	(void)state;
	static uint8_t big[PCAP_PACKET_MAX + 256];
	for (uint32_t over = 0; over < 2; over++) {
		file_t f;
		pcap_stream_t stream;
		pcap_packet_t packet;
		file_start(&f, true);
		put_interface(&f, FRAME_LINK_ETHERNET, 0);
		writer_t w = writer_of(big, sizeof big);
		wr_bytes(&w, writer_done(&f.w));
		size_t size = 16 + PCAP_PACKET_MAX + 4 * over;
		wr_u32_le(&w, 3);
		wr_u32_le(&w, (uint32_t)size);
		wr_u32_le(&w, PCAP_PACKET_MAX + over);
		w.len += PCAP_PACKET_MAX + 4 * over;
		wr_u32_le(&w, (uint32_t)size);
		assert_false(w.bad);
		slice_t in = writer_done(&w);
		assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet),
		                 over ? CODEC_MALFORMED : CODEC_OK);
	}
}

static void more_interfaces_than_the_table_holds_are_unsupported(void **state)
{
	(void)state;
	file_t f;
	size_t packets;
	file_start(&f, true);
	for (size_t i = 0; i < PCAP_INTERFACES_MAX; i++)
		put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	put_packet(&f, PCAP_INTERFACES_MAX - 1, 0, SLICE("x"));
	assert_int_equal(file_end(&f, &packets), CODEC_MORE);
	assert_int_equal(packets, 1);
	put_interface(&f, FRAME_LINK_ETHERNET, SNAPLEN);
	assert_int_equal(file_end(&f, &packets), CODEC_UNSUPPORTED);
}

static void a_packet_before_any_interface_is_malformed(void **state)
{
	(void)state;
	file_t f;
	size_t packets;
	file_start(&f, true);
	put_simple(&f, 1, SLICE("x"));
	assert_int_equal(file_end(&f, &packets), CODEC_MALFORMED);
	assert_int_equal(packets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_are_read),
		cmocka_unit_test(each_packet_has_the_link_of_its_interface),
		cmocka_unit_test(a_section_has_an_order_and_interfaces_of_its_own),
		cmocka_unit_test(clocks_of_every_resolution_are_understood),
		cmocka_unit_test(a_time_that_does_not_fit_is_malformed),
		cmocka_unit_test(a_simple_packet_takes_limit_and_time_from_around_it),
		cmocka_unit_test(a_simple_packet_without_a_limit_is_captured_whole),
		cmocka_unit_test(the_packet_block_of_old_writers_is_read),
		cmocka_unit_test(blocks_without_packets_are_stepped_over),
		cmocka_unit_test(a_stream_that_arrives_in_bytes_tells_the_same),
		cmocka_unit_test(blocks_that_contradict_themselves_are_malformed),
		cmocka_unit_test(options_that_do_not_fit_are_malformed),
		cmocka_unit_test(packets_above_the_limit_are_malformed),
		cmocka_unit_test(more_interfaces_than_the_table_holds_are_unsupported),
		cmocka_unit_test(a_packet_before_any_interface_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
