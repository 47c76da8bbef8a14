/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H
/* One simulated machine on the network: a Modbus TCP server of MACHINE_CONNECTIONS
 * clients at most (more are closed at once) around a station, with faults that can
 * be switched on.
 *
 * Story: machine_open listens; the loop does the rest; physics and scripts reach
 * the registers through machine.station.registers. A stream that is not Modbus TCP is
 * reset. With `rtu_port` the same station is served there too, to clients that send RTU
 * frames through TCP. Unit identifiers other than PLANT_UNIT, 0 and 255 are answered by the
 * gateway's exception, as there is nobody behind this machine.
 *
 * Ownership: the caller holds the struct, which must not move while open. */
#include "base/num.h"
#include "env/tcp.h"
#include "sim/sim.h"
#include "sim/station.h"
#include "sim/tap.h"

enum { MACHINE_CONNECTIONS = 32 };

typedef struct machine machine_t;

typedef struct {
	machine_t *machine;
	env_tcp_t *tcp; /* NULL: free */
	bool is_rtu;
	size_t shown; /* bytes at the front of the input the tap has seen */
	frame_tcp_t talk;
} machine_conn_t;

struct machine {
	station_t station;
	env_listener_t *listener, *rtu_listener; /* the latter NULL: not served */
	addr_t addr, rtu_addr;
	tap_t *tap;
	sim_fault_t fault;
	rng_t chance; /* of garbage */
	machine_conn_t conns[MACHINE_CONNECTIONS];
};

typedef struct {
	env_loop_t *loop;
	const plant_machine_t *plant;
	uint16_t port;
	uint16_t rtu_port; /* 0: none */
	tap_t *tap;
	uint64_t seed;
} machine_spec_t;

/* What the machine says to a request, with its faults; false when nothing. */
bool machine_answer(machine_t *m, slice_t pdu, modbus_pdu_t *ret_response);
/* What a machine of SIM_FAULT_GARBAGE says. */
void machine_garbage(machine_t *m, writer_t *w);
/* ERR_BUSY when the address is taken. */
MUST_CHECK err_t machine_open(machine_t *m, const machine_spec_t *spec);
/* Also of one that was zeroed and never opened. */
void machine_close(machine_t *m);
#endif
