/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/frame/pcap.h"

#include "codec/frame/frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BUF = 256, SECONDS = 1700000000, PART = 123456 };

static uint32_t order(bool little, uint32_t v)
{
	return little ? v : __builtin_bswap32(v);
}

/* A file with one packet "abc", 60 bytes on the wire, in any of the four forms. */
static slice_t file_of(bool little, bool nanos, uint8_t *buf)
{
	writer_t w = writer_of(buf, BUF);
	wr_u32_le(&w, order(little, nanos ? 0xA1B23C4D : 0xA1B2C3D4));
	wr_u32_le(&w, order(little, little ? 0x00040002 : 0x00020004));
	wr_u64_le(&w, 0);
	wr_u32_le(&w, order(little, 65535));
	wr_u32_le(&w, order(little, FRAME_LINK_ETHERNET));
	wr_u32_le(&w, order(little, SECONDS));
	wr_u32_le(&w, order(little, PART));
	wr_u32_le(&w, order(little, 3));
	wr_u32_le(&w, order(little, 60));
	wr_bytes(&w, SLICE("abc"));
	return writer_done(&w);
}

static void both_byte_orders_and_resolutions_are_read(void **state)
{
	(void)state;
	for (int form = 0; form < 4; form++) {
		bool little = form & 1, nanos = form & 2;
		uint8_t buf[BUF];
		slice_t in = file_of(little, nanos, buf);
		pcap_stream_t stream;
		pcap_packet_t packet;
		assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
		assert_int_equal(stream.link, FRAME_LINK_ETHERNET);
		assert_int_equal(stream.snaplen, 65535);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_true(packet.time_ns ==
		            SECONDS * INT64_C(1000000000) + PART * (nanos ? 1 : 1000));
		assert_true(slice_eq(packet.bytes, SLICE("abc")));
		assert_int_equal(packet.wire_len, 60);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_MORE);
		assert_int_equal(in.len, 0);
	}
}

static void a_stream_cut_anywhere_asks_for_more_and_moves_nothing(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	slice_t whole = file_of(true, false, buf);
	pcap_stream_t stream;
	pcap_packet_t packet;
	for (size_t len = 0; len < PCAP_HEADER_BYTES; len++) {
		slice_t in = slice_sub(whole, 0, len);
		assert_int_equal(pcap_stream_start(&in, &stream), CODEC_MORE);
		assert_int_equal(in.len, len);
	}
	slice_t all = whole;
	assert_int_equal(pcap_stream_start(&all, &stream), CODEC_OK);
	for (size_t len = 0; len < all.len; len++) {
		slice_t in = slice_sub(all, 0, len);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_MORE);
		assert_int_equal(in.len, len);
	}
}

static codec_t start_with(uint32_t magic, uint8_t major)
{
	uint8_t buf[BUF];
	slice_t in = file_of(true, false, buf);
	pcap_stream_t stream;
	writer_t w = writer_of(buf, 4);
	wr_u32(&w, magic);
	buf[4] = major;
	return pcap_stream_start(&in, &stream);
}

static void foreign_forms_are_told_from_garbage(void **state)
{
	(void)state;
	assert_int_equal(start_with(0xD4C3B2A1, 2), CODEC_OK);
	assert_int_equal(start_with(0xD4C3B2A1, 3), CODEC_UNSUPPORTED);
	assert_int_equal(start_with(0x7F454C46, 2), CODEC_MALFORMED);
}

static void a_record_above_the_limit_is_malformed(void **state)
{
	(void)state;
	uint8_t buf[PCAP_RECORD_BYTES];
	pcap_stream_t stream = { .is_little = true };
	pcap_packet_t packet;
	for (uint32_t over = 0; over < 2; over++) {
		writer_t w = writer_of(buf, sizeof buf);
		wr_u64_le(&w, 0);
		wr_u32_le(&w, PCAP_PACKET_MAX + over);
		wr_u32_le(&w, 60);
		slice_t in = writer_done(&w);
		assert_int_equal(pcap_stream_next(&stream, &in, &packet),
		                 over ? CODEC_MALFORMED : CODEC_MORE);
	}
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = writer_of(buf, sizeof buf);
	pcap_packet_t got, one = { .time_ns = SECONDS * INT64_C(1000000000) + 1,
		                   .bytes = SLICE("one"),
		                   .wire_len = 1500 };
	pcap_packet_t two = { .bytes = SLICE("two!") }; /* wire length follows */
	pcap_stream_t stream;
	pcap_write_header(&w, FRAME_LINK_SLL2);
	assert_int_equal(w.len, PCAP_HEADER_BYTES);
	pcap_write_packet(&w, &one);
	pcap_write_packet(&w, &two);
	slice_t in = writer_done(&w);
	assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
	assert_int_equal(stream.link, FRAME_LINK_SLL2);
	assert_int_equal(pcap_stream_next(&stream, &in, &got), CODEC_OK);
	assert_true(got.time_ns == one.time_ns);
	assert_true(slice_eq(got.bytes, one.bytes));
	assert_int_equal(got.wire_len, 1500);
	assert_int_equal(pcap_stream_next(&stream, &in, &got), CODEC_OK);
	assert_int_equal(got.wire_len, 4);
	assert_int_equal(in.len, 0);
}

static void write_refuses_what_the_format_cannot_say(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = writer_of(buf, sizeof buf);
	pcap_write_packet(&w, &(pcap_packet_t){ .time_ns = -1 });
	assert_true(w.bad);
	w = writer_of(buf, sizeof buf);
	pcap_write_packet(&w, &(pcap_packet_t){ .time_ns = INT64_MAX });
	assert_true(w.bad);
	w = writer_of(buf, sizeof buf);
	pcap_write_packet(&w, &(pcap_packet_t){ .bytes = { buf, PCAP_PACKET_MAX + 1 } });
	assert_true(w.bad);
	assert_int_equal(w.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_resolutions_are_read),
		cmocka_unit_test(a_stream_cut_anywhere_asks_for_more_and_moves_nothing),
		cmocka_unit_test(foreign_forms_are_told_from_garbage),
		cmocka_unit_test(a_record_above_the_limit_is_malformed),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(write_refuses_what_the_format_cannot_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
