/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/envelope.h"

#include <assert.h>

static codec_t tcp_decode(slice_t in, envelope_t *ret)
{
	modbus_adu_t adu;
	codec_t code = modbus_adu_decode(in, &adu);
	if (code == CODEC_OK)
		*ret = (envelope_t){ true, adu.transaction, adu.unit, adu.pdu, adu.used };
	return code;
}

static codec_t rtu_decode(slice_t in, envelope_t *ret)
{
	modbus_rtu_t rtu;
	codec_t code = modbus_rtu_stream_decode(in, true, &rtu);
	if (code == CODEC_OK)
		*ret = (envelope_t){ .unit = rtu.unit, .pdu = rtu.pdu, .used = rtu.used };
	return code;
}

static err_t rtu_encode(uint16_t transaction, uint8_t unit, const modbus_pdu_t *pdu, writer_t *w)
{
	(void)transaction;
	return modbus_rtu_encode(unit, pdu, w);
}

static const struct {
	codec_t (*decode)(slice_t in, envelope_t *ret);
	err_t (*encode)(uint16_t transaction, uint8_t unit, const modbus_pdu_t *pdu, writer_t *w);
	unsigned timeouts_max;
} rows[PROTOCOL_COUNT] = {
	[PROTOCOL_MODBUS_TCP] = { tcp_decode, modbus_adu_encode, 3 },
	/* A late answer would pass for that of the next request: the first one ends it. */
	[PROTOCOL_MODBUS_RTU_TCP] = { rtu_decode, rtu_encode, 1 },
};

codec_t envelope_decode(protocol_t protocol, slice_t in, envelope_t *ret_envelope)
{
	assert(protocol < PROTOCOL_COUNT);
	return rows[protocol].decode(in, ret_envelope);
}

err_t envelope_encode(const device_t *device, uint16_t transaction, const modbus_pdu_t *pdu,
                      writer_t *w)
{
	assert(device->protocol < PROTOCOL_COUNT);
	return rows[device->protocol].encode(transaction, device->unit, pdu, w);
}

unsigned envelope_timeouts_max(protocol_t protocol)
{
	assert(protocol < PROTOCOL_COUNT);
	return rows[protocol].timeouts_max;
}
