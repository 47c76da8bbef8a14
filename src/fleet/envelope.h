/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_ENVELOPE_H
#define FLEET_ENVELOPE_H
/* What stands around a Modbus PDU in the stream of a device, by its protocol: the TCP
 * envelope, or unit and CRC, where RTU frames travel through TCP (to a gateway or a
 * serial server) and on a serial line. An RTU answer does not say which request it
 * belongs to. Through TCP nothing may therefore be asked on a stream that still owes
 * one; a line cannot be made anew, so there a unit that owes one is left alone for a
 * while (envelope_rules_t.rests). */
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

/* What is different about a stream of the protocol. */
typedef struct {
	/* Unanswered requests in a row that end the connection: of a device that has
	 * answered on it, and of one that has not yet. */
	unsigned timeouts_max, timeouts_first;
	/* An open stream does not say that the device is there; its first answer does. */
	bool is_up_when_answered;
	/* Each run of bytes stands for itself: a bad one costs an answer, not the stream. */
	bool survives_noise;
	/* After a timeout the device is asked nothing for as long again, so that its late
	 * answer does not pass for that of the next request. */
	bool rests;
} envelope_rules_t;

const envelope_rules_t *envelope_rules(protocol_t protocol);
/* The time that a request of so many bytes and its answer are on the wire, with the
 * silence before each; 0 where that does not count. */
int64_t envelope_wire_ns(const device_t *device, const modbus_pdu_t *request, size_t request_bytes);
#endif
