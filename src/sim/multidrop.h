/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_MULTIDROP_H
#define SIM_MULTIDROP_H
/* The machines of a plant on one serial line, as units 1, 2, ... in their order: the same
 * stations that answer by TCP, with the same faults.
 *
 * Story: multidrop_open opens the port, or makes a line where there is no such port, so
 * that a node can be tried without hardware; the loop does the rest. A frame is answered
 * after a silence of T3.5; on a line that was made the answer also waits for as long as
 * both would have been on the wire, so that the line is as slow as its rate. A request
 * to unit 0 is carried out by all and answered by none; other units are not there. A port
 * that ends is opened again every second.
 *
 * Ownership: the caller holds the struct, which must not move while open. One thread. */
#include "codec/modbus/modbus_gather.h"
#include "env/serial.h"
#include "sim/machine.h"

typedef struct {
	env_loop_t *loop;
	const port_t *port;
	machine_t *machines;
	size_t count;
	bool is_made;
	env_serial_t *serial; /* NULL: gone */
	env_timer_t *timer;   /* when to answer, or to open again */
	modbus_gather_t gather;
	uint8_t out[MODBUS_RTU_MAX];
	size_t out_len;
} multidrop_t;

/* `port` and `machines` must outlive it. Errors as env_serial_open(). */
MUST_CHECK err_t multidrop_open(multidrop_t *d, env_loop_t *loop, const port_t *port,
                                machine_t *machines, size_t count);
/* Also of one that was zeroed and never opened. */
void multidrop_close(multidrop_t *d);
#endif
