/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_MODBUS_MODBUS_GATHER_H
#define CODEC_MODBUS_MODBUS_GATHER_H
/* Frames out of the bytes of a serial line. By the standard silence alone ends a frame;
 * a program sees the bytes late and in runs, so it cannot hear a silence of a few
 * characters. A frame is therefore taken as soon as its function and its CRC show it to
 * be whole; what does not become one is given up after a silence that no adapter makes.
 *
 * Story: modbus_gather_of for one direction; modbus_gather_add what came;
 * modbus_gather_take until it gives nothing more, and again when
 * modbus_gather_due_ns has come. What is taken goes to modbus_rtu_frame_decode, which
 * refuses what is no frame.
 *
 * Caveats: a run that begins with a byte too much (noise before an answer) is lost as a
 * whole. */
#include "codec/modbus/modbus_rtu.h"

typedef struct {
	bool is_response;
	int64_t silence_ns; /* after which what is there is all there will be */
	int64_t heard_ns;   /* when the last byte came */
	size_t len, taken;  /* bytes; how many of them the last take lent */
	bool is_overlong;   /* more came than any frame has */
	uint8_t bytes[MODBUS_RTU_MAX];
} modbus_gather_t;

modbus_gather_t modbus_gather_of(bool is_response, uint32_t baud);
void modbus_gather_add(modbus_gather_t *g, int64_t now_ns, slice_t bytes);
/* A whole frame, or after the silence whatever there is. The slice lives until the next
 * call. False: nothing yet. */
bool modbus_gather_take(modbus_gather_t *g, int64_t now_ns, slice_t *ret_frame);
/* When the silence ends what is there; INT64_MAX when nothing is. */
int64_t modbus_gather_due_ns(const modbus_gather_t *g);
/* Forgets what is there; returns how many bytes that were. */
size_t modbus_gather_clear(modbus_gather_t *g);
#endif
