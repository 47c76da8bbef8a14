/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_MODBUS_MODBUS_RTU_H
#define CODEC_MODBUS_MODBUS_RTU_H
/* Modbus on serial lines: unit, PDU and a CRC-16 instead of the TCP envelope.
 * The PDU calls of modbus.h serve unchanged.
 *
 * Story: on a line silence ends a frame: modbus_gather.h collects bytes, and what it
 * takes for one goes to modbus_rtu_frame_decode(). Where RTU
 * frames travel through TCP there is no silence; there modbus_rtu_stream_decode()
 * cuts them from the front of the stream by what the function says about its
 * length. modbus_rtu_encode() writes a frame for either direction.
 *
 * Standard: MODBUS over Serial Line Specification and Implementation Guide V1.02,
 * sections 2.5.1 and 6.2.
 *
 * Caveats: request and response of one function differ in length, so the reader
 * of a stream must know which it reads. Nothing marks the beginning of a frame:
 * after CODEC_MALFORMED a stream cannot be trusted, and on a line only silence
 * helps. A request to unit 0 is for all and gets no response. */
#include "codec/modbus/modbus.h"

enum {
	MODBUS_RTU_CRC_BYTES = 2,
	MODBUS_RTU_MIN = 1 + 1 + MODBUS_RTU_CRC_BYTES,
	MODBUS_RTU_MAX = 1 + MODBUS_PDU_MAX + MODBUS_RTU_CRC_BYTES,
	/* Of one character: start, eight of data, parity or a second stop, stop. */
	MODBUS_RTU_CHARACTER_BITS = 11,
};

typedef struct {
	uint8_t unit;
	slice_t pdu;
	size_t used; /* bytes to advance the stream by */
} modbus_rtu_t;

/* A frame whose end is known. Never CODEC_MORE; CODEC_MALFORMED when its size or
 * its CRC is wrong. */
MUST_CHECK
codec_t modbus_rtu_frame_decode(slice_t frame, modbus_rtu_t *ret_rtu);
/* One frame from the front of a stream. CODEC_UNSUPPORTED when the function does
 * not tell its length (see modbus_pdu_length). */
MUST_CHECK
codec_t modbus_rtu_stream_decode(slice_t in, bool is_response, modbus_rtu_t *ret_rtu);
/* Writes a frame. Errors as modbus_pdu_encode(). */
MUST_CHECK
err_t modbus_rtu_encode(uint8_t unit, const modbus_pdu_t *pdu, writer_t *w);

typedef struct {
	int64_t t15_ns; /* the longest pause inside a frame */
	int64_t t35_ns; /* the shortest between two */
} modbus_silence_t;

/* The silent intervals of a line, rounded up. Above 19,200 Bd they are fixed at
 * 750 us and 1,750 us, since a timer cannot follow the characters. `baud` is at
 * least 1. */
modbus_silence_t modbus_rtu_silence(uint32_t baud);
#endif
