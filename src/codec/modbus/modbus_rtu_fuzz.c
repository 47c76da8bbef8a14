/* SPDX-License-Identifier: Apache-2.0 */
/* Input: the direction in the first byte, then bytes that are read in three ways: as a
 * stream of frames, as one PDU that gets its right CRC, and as what comes in runs from a
 * line. What is cut must encode to the same bytes, and the length foretold must be the
 * length that decodes. */
#include "base/crc.h"
#include "codec/modbus/modbus_gather.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static codec_t pdu_decode(slice_t bytes, bool is_response, modbus_pdu_t *ret)
{
	return is_response ? modbus_response_decode(bytes, NULL, ret)
	                   : modbus_request_decode(bytes, ret);
}

static void frame_check(const modbus_rtu_t *rtu, bool is_response, slice_t whole)
{
	uint8_t out[MODBUS_RTU_MAX];
	writer_t w = writer_of(out, sizeof out);
	modbus_pdu_t pdu;
	size_t length;
	if (pdu_decode(rtu->pdu, is_response, &pdu) != CODEC_OK)
		return;
	err_t err = modbus_rtu_encode(rtu->unit, &pdu, &w);
	assert(err == ERR_OK && slice_eq(writer_done(&w), whole));
	codec_t code = modbus_pdu_length(rtu->pdu, is_response, &length);
	assert(code == CODEC_OK || code == CODEC_UNSUPPORTED);
	assert(code != CODEC_OK || length == rtu->pdu.len || pdu.function == MODBUS_DIAGNOSTICS);
}

static void stream_check(slice_t in, bool is_response)
{
	modbus_rtu_t rtu, cut;
	while (modbus_rtu_stream_decode(in, is_response, &rtu) == CODEC_OK) {
		codec_t code = modbus_rtu_stream_decode(slice_sub(in, 0, rtu.used - 1), is_response,
		                                        &cut);
		assert(code == CODEC_MORE);
		frame_check(&rtu, is_response, slice_sub(in, 0, rtu.used));
		in = slice_from(in, rtu.used);
	}
}

static void sealed_check(slice_t bytes, bool is_response)
{
	uint8_t buf[MODBUS_RTU_MAX];
	writer_t w = writer_of(buf, sizeof buf);
	modbus_rtu_t rtu;
	wr_bytes(&w, bytes);
	wr_u16_le(&w, crc16_modbus(bytes));
	if (w.bad || w.len < MODBUS_RTU_MIN)
		return;
	codec_t code = modbus_rtu_frame_decode(writer_done(&w), &rtu);
	assert(code == CODEC_OK);
	frame_check(&rtu, is_response, writer_done(&w));
	stream_check(writer_done(&w), is_response);
}

/* However the bytes are cut into runs, no more is taken than came, and after the silence
 * nothing is left. */
static void line_check(slice_t in, bool is_response)
{
	modbus_gather_t g = modbus_gather_of(is_response, 9600);
	size_t taken = 0;
	slice_t frame;
	int64_t now_ns = 0;
	for (size_t at = 0; at < in.len; at += in.ptr[at] % 32u + 1, now_ns++) {
		size_t left = in.len - at, run = in.ptr[at] % 32u + 1;
		modbus_gather_add(&g, now_ns, slice_sub(in, at, run < left ? run : left));
		while (modbus_gather_take(&g, now_ns, &frame))
			taken += frame.len;
	}
	now_ns += g.silence_ns;
	while (modbus_gather_take(&g, now_ns, &frame))
		taken += frame.len;
	assert(taken <= in.len && modbus_gather_due_ns(&g) == INT64_MAX);
	assert(modbus_gather_clear(&g) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	slice_t in = slice_from(slice_of(data, size), 1);
	bool is_response = data[0] & 1;
	stream_check(in, is_response);
	sealed_check(in, is_response);
	line_check(in, is_response);
	return 0;
}
