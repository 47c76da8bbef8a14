/* SPDX-License-Identifier: Apache-2.0 */
/* Every Modbus unit of public captures must decode, through the same frame and
 * capture readers the sensor uses. The captures lie beside the project and may
 * be absent; then these cases are skipped. */
#include "codec/modbus/modbus.h"

#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FILE_MAX = 1 << 20, PATH_CAP = 1024 };

/* What a walk over one capture found. */
typedef struct {
	size_t packets, units, broken;
	size_t by_function[256]; /* requests */
} tally_t;

static slice_t capture_read(const char *name, uint8_t *buf)
{
	char path[PATH_CAP];
	const char *shared = getenv("JIZHU_SHARED");
	const char *source = getenv("JIZHU_SOURCE");
	snprintf(path, sizeof path, "%s%s/captures/%s",
	         shared   ? shared
	         : source ? source
	                  : ".",
	         shared ? "" : "/../shared", name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return (slice_t){ 0 };
	size_t len = fread(buf, 1, FILE_MAX, file);
	fclose(file);
	return slice_of(buf, len);
}

static void unit_tally(const modbus_adu_t *adu, bool is_request, tally_t *t)
{
	modbus_pdu_t pdu;
	codec_t code = is_request ? modbus_request_decode(adu->pdu, &pdu)
	                          : modbus_response_decode(adu->pdu, NULL, &pdu);
	t->units++;
	t->broken += code != CODEC_OK;
	if (code == CODEC_OK && is_request)
		t->by_function[pdu.function]++;
}

static void frame_tally(const frame_t *f, tally_t *t)
{
	bool is_request = f->dst.port == MODBUS_PORT;
	if (f->kind != FRAME_TCP || (!is_request && f->src.port != MODBUS_PORT))
		return;
	slice_t in = f->payload;
	modbus_adu_t adu;
	while (modbus_adu_decode(in, &adu) == CODEC_OK) {
		unit_tally(&adu, is_request, t);
		in = slice_from(in, adu.used);
	}
}

static tally_t capture_tally(const char *name)
{
	static uint8_t buf[FILE_MAX];
	tally_t t = { 0 };
	pcap_stream_t stream;
	pcap_packet_t packet;
	slice_t in = capture_read(name, buf);
	if (in.len == 0)
		skip();
	assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
	while (pcap_stream_next(&stream, &in, &packet) == CODEC_OK) {
		frame_t f;
		t.packets++;
		if (frame_decode(stream.link, packet.bytes, &f) == CODEC_OK)
			frame_tally(&f, &t);
	}
	assert_int_equal(in.len, 0);
	return t;
}

static void every_public_function_of_the_example_capture_decodes(void **state)
{
	(void)state;
	static const uint8_t once[] = { 5, 6, 7, 8, 15, 16, 17, 20, 21, 24, 43 };
	static const uint8_t twice[] = { 1, 2, 4, 22, 23 };
	tally_t t = capture_tally("icsnpp/modbus/analyzer.basic/modbus_example.pcap");
	assert_int_equal(t.broken, 0);
	for (size_t i = 0; i < sizeof once; i++)
		assert_int_equal(t.by_function[once[i]], 1);
	for (size_t i = 0; i < sizeof twice; i++)
		assert_int_equal(t.by_function[twice[i]], 2);
	assert_int_equal(t.by_function[3], 3);
	assert_int_equal(t.units, 48);
}

static void small_capture_decodes_whole(void **state)
{
	(void)state;
	tally_t t = capture_tally("zeek/modbus/modbusSmall.pcap");
	assert_int_equal(t.broken, 0);
	assert_int_equal(t.by_function[1], 8);
	assert_int_equal(t.by_function[15], 8);
	assert_int_equal(t.units, 32);
}

static void foreign_traffic_on_the_port_is_told_apart(void **state)
{
	(void)state;
	tally_t t = capture_tally("zeek/modbus/modbus-and-non-modbus-p502.pcap");
	assert_int_equal(t.broken, 0);
	assert_int_equal(t.by_function[1], 2);
	assert_int_equal(t.by_function[5], 2);
	assert_int_equal(t.units, 12);
}

static void mutated_capture_is_survived(void **state)
{
	(void)state;
	tally_t t = capture_tally("zeek/modbus/fuzz-1011.pcap");
	assert_true(t.packets > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_public_function_of_the_example_capture_decodes),
		cmocka_unit_test(small_capture_decodes_whole),
		cmocka_unit_test(foreign_traffic_on_the_port_is_told_apart),
		cmocka_unit_test(mutated_capture_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
