/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_ENVELOPE_H
#define FLEET_ENVELOPE_H
/* What stands around a Modbus PDU in the stream of a device, by its protocol: the TCP
 * envelope, or unit and CRC where RTU frames travel through TCP (to a gateway or a
 * serial server). The driver above sees no difference but one: an RTU answer does not
 * say which request it belongs to, so nothing may be asked on a stream that still owes
 * one. */
#include "codec/modbus/modbus_rtu.h"
#include "model/device.h"

typedef struct {
	bool is_matched; /* carries the transaction of the request */
	uint16_t transaction;
	uint8_t unit;
	slice_t pdu;
	size_t used;
} envelope_t;

/* One response from the front of the stream. */
MUST_CHECK codec_t envelope_decode(protocol_t protocol, slice_t in, envelope_t *ret_envelope);
/* One request; RTU has no place for the transaction. */
MUST_CHECK err_t envelope_encode(const device_t *device, uint16_t transaction,
                                 const modbus_pdu_t *pdu, writer_t *w);
/* How many unanswered requests in a row end the connection. */
unsigned envelope_timeouts_max(protocol_t protocol);
#endif
