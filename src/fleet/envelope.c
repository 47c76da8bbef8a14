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

/* The line gives whole runs: what is no frame will not become one. */
static codec_t line_decode(slice_t in, envelope_t *ret)
{
	modbus_rtu_t rtu;
	codec_t code = in.len ? modbus_rtu_frame_decode(in, &rtu) : CODEC_MORE;
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
	envelope_rules_t rules;
} rows[PROTOCOL_COUNT] = {
	[PROTOCOL_MODBUS_TCP] = { tcp_decode,
	                          modbus_adu_encode,
	                          { .timeouts_max = 3, .timeouts_first = 3 } },
	/* A late answer would pass for that of the next request: the first one ends it. */
	[PROTOCOL_MODBUS_RTU_TCP] = { rtu_decode,
	                              rtu_encode,
	                              { .timeouts_max = 1, .timeouts_first = 1 } },
	/* A unit that is not there costs the others one timeout a try. */
	[PROTOCOL_MODBUS_RTU] = { line_decode,
	                          rtu_encode,
	                          { .timeouts_max = 3,
	                            .timeouts_first = 1,
	                            .is_up_when_answered = true,
	                            .survives_noise = true,
	                            .rests = true } },
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

const envelope_rules_t *envelope_rules(protocol_t protocol)
{
	assert(protocol < PROTOCOL_COUNT);
	return &rows[protocol].rules;
}

/* Of the good answer, with unit and CRC. */
static size_t answer_bytes(const modbus_pdu_t *request)
{
	enum { READ_HEAD = 5, WRITE_ANSWER = 8 };
	if (request->function <= MODBUS_READ_DISCRETE_INPUTS)
		return READ_HEAD + modbus_bit_bytes(request->quantity);
	if (request->function <= MODBUS_READ_INPUT_REGISTERS)
		return READ_HEAD + 2u * request->quantity;
	return WRITE_ANSWER;
}

int64_t envelope_wire_ns(const device_t *device, const modbus_pdu_t *request, size_t request_bytes)
{
	if (!device->port)
		return 0;
	int64_t characters = (int64_t)(request_bytes + answer_bytes(request));
	int64_t silence_ns = modbus_rtu_silence(baud_rate(device->port->baud)).t35_ns;
	return characters * port_character_ns(device->port) + 2 * silence_ns;
}
