/* SPDX-License-Identifier: Apache-2.0 */
/* Where a frame ends is not in its envelope, so modbus_pdu_length() asks the table
 * of bodies; here only unit and CRC are put around it. The CRC travels low byte
 * first, unlike all else in Modbus. */
#include "codec/modbus/modbus_rtu.h"

#include "base/crc.h"
#include "model/time.h"

enum { ENVELOPE = 1 + MODBUS_RTU_CRC_BYTES, BAUD_COUNTED_MAX = 19200 };

codec_t modbus_rtu_frame_decode(slice_t frame, modbus_rtu_t *ret_rtu)
{
	if (frame.len < MODBUS_RTU_MIN || frame.len > MODBUS_RTU_MAX)
		return CODEC_MALFORMED;
	reader_t r = reader_of(frame);
	uint8_t unit = rd_u8(&r);
	slice_t pdu = rd_take(&r, frame.len - ENVELOPE);
	uint16_t crc = rd_u16_le(&r);
	if (crc16_modbus(slice_sub(frame, 0, frame.len - MODBUS_RTU_CRC_BYTES)) != crc)
		return CODEC_MALFORMED;
	*ret_rtu = (modbus_rtu_t){ .unit = unit, .pdu = pdu, .used = frame.len };
	return CODEC_OK;
}

codec_t modbus_rtu_stream_decode(slice_t in, bool is_response, modbus_rtu_t *ret_rtu)
{
	size_t length;
	codec_t code = modbus_pdu_length(slice_from(in, 1), is_response, &length);
	if (code != CODEC_OK)
		return code;
	if (in.len < length + ENVELOPE)
		return CODEC_MORE;
	return modbus_rtu_frame_decode(slice_sub(in, 0, length + ENVELOPE), ret_rtu);
}

err_t modbus_rtu_encode(uint8_t unit, const modbus_pdu_t *pdu, writer_t *w)
{
	size_t at = w->len;
	wr_u8(w, unit);
	err_t err = modbus_pdu_encode(pdu, w);
	if (err == ERR_OK) {
		wr_u16_le(w, crc16_modbus(slice_from(writer_done(w), at)));
		err = w->bad ? ERR_TOO_BIG : ERR_OK;
	}
	if (err != ERR_OK)
		w->len = at;
	return err;
}

/* So many half characters, at least. */
static int64_t half_characters_ns(int64_t halves, uint32_t baud)
{
	int64_t twice = halves * MODBUS_RTU_CHARACTER_BITS * NS_PER_S, unit = 2 * (int64_t)baud;
	return (twice + unit - 1) / unit;
}

modbus_silence_t modbus_rtu_silence(uint32_t baud)
{
	if (baud > BAUD_COUNTED_MAX)
		return (modbus_silence_t){ .t15_ns = 750 * NS_PER_US, .t35_ns = 1750 * NS_PER_US };
	return (modbus_silence_t){ .t15_ns = half_characters_ns(3, baud),
		                   .t35_ns = half_characters_ns(7, baud) };
}
