/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_STATION_H
#define SIM_STATION_H
/* What a machine answers: one Modbus server behind its registers, without a
 * socket. Every public function that a TCP machine can have is there; the others
 * are ILLEGAL_FUNCTION.
 *
 * Story: machine.h cuts a PDU from the stream and asks station_answer().
 *
 * Beside its registers a station has a file (number STATION_FILE) of records that
 * may be read and written, and a queue at STATION_FIFO that tells the addresses
 * written last, oldest first.
 *
 * Standard: MODBUS Application Protocol V1.1b3, section 6. One thread. */
#include "sim/registers.h"

enum {
	STATION_FILE = 1,
	STATION_FILE_REGISTERS = 64,
	STATION_FIFO = 63,
	STATION_LOG_BYTES = 64,
};

typedef struct {
	const plant_machine_t *machine;
	registers_t registers;
	uint8_t file[2 * STATION_FILE_REGISTERS];
	uint16_t written[MODBUS_FIFO_MAX]; /* addresses, newest first */
	uint16_t written_count;
	uint8_t log[STATION_LOG_BYTES]; /* communication events, newest first */
	size_t log_len;
	uint16_t messages, exceptions, events, silent;
	bool is_listen_only;
	uint8_t out[MODBUS_PDU_MAX]; /* what the last answer borrows */
} station_t;

void station_init(station_t *s, const plant_machine_t *machine);
/* Answers one request PDU of at least a byte; false when it stays silent. The
 * answer borrows from `s` and `pdu` until the next call. */
bool station_answer(station_t *s, slice_t pdu, modbus_pdu_t *ret_response);
#endif
