/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SIM_H
#define SIM_SIM_H
/* Simulated plants: machines that are real Modbus TCP servers, a person who
 * operates them, an attacker who leaves a ground-truth file. Deterministic under a
 * seed in the twin; the same code serves `jizhu sim`, demos and tests.
 *
 * Story: sim_open makes the plant's machines on one loop, each on its own
 * 127.0.0.0/8 address; physics advance on a 100 ms timer; the operator and the
 * attacker are scripts of timed actions over real client connections. With a tap,
 * the sim renders its own conversations as frames into a pcap stream (for nodes
 * that may not capture).
 *
 * Plant: a battery-cell line (coater, calender, four formation chargers with
 * charge curves) and an electric-arc furnace with twelve meters. Batch states,
 * noise, drift, faults.
 *
 * Safety: scripts refuse any target outside 127.0.0.0/8 and ::1; there is no way
 * around it. */
#include "base/cursor.h"
#include "base/net.h"
#include "env/loop.h"
#include "env/capture.h"
#include "model/port.h"

typedef struct sim sim_t;

enum { SIM_PORT = 1502, SIM_TRUTH_MAX = 64 /* acts kept */ };

/* What really happened, in order; times are UTC of the first packet sent. */
typedef enum { SIM_SWEEP, SIM_WALK, SIM_WRITE } sim_truth_kind_t;
typedef struct {
	sim_truth_kind_t kind;
	int64_t utc_ns, end_ns;
	ip_t client, server;
	char point[32]; /* "FRM2.V_SET"; "" for sweep and walk */
	double old_value, new_value;
} sim_truth_t;
typedef struct {
	uint64_t seed;
	env_loop_t *loop; /* EVENTS */
	uint16_t port;    /* of every machine; 0: SIM_PORT */
	bool rtu;         /* every machine also serves RTU frames through TCP, one port above */
	/* Every machine is also a unit of this serial line, 1, 2, ... in their order; made
	 * where there is no such port. Must outlive the sim. NULL: none. */
	const port_t *serial;
	bool furnace;              /* the second plant too */
	bool operator_on;          /* the operator station writes as a person would */
	int64_t operator_start_ns; /* after open; 0: 5 s */
	int64_t operator_every_ns; /* mean; 0: 4 s */
	void (*tap)(void *ctx, slice_t pcap_bytes); /* NULL: no tap. Begins with a pcap head */
	void *tap_ctx;
	/* Called on the loop when an act of the attack is over; may be NULL. */
	void (*truth)(void *ctx, const sim_truth_t *truth);
	void *truth_ctx;
} sim_spec_t;

MUST_CHECK err_t sim_open(env_t *env, const sim_spec_t *spec, sim_t **ret_sim);
void sim_close(sim_t *sim);

/* One attack: discovery sweep, then register walk, then one rogue set-point write,
 * from 127.0.9.66, spread over `duration_ns` (0: 12 s). Any thread; ERR_BUSY while one
 * runs, ERR_UNAVAILABLE once the loop has stopped. */
MUST_CHECK err_t sim_attack_start(sim_t *sim, int64_t delay_ns, int64_t duration_ns);
/* One was started, and the last one is over. Any thread. */
bool sim_attack_done(const sim_t *sim);

/* The acts that are over, oldest first. Loop's thread, or after it stopped. */
size_t sim_truth(const sim_t *sim, sim_truth_t *ret, size_t cap);
/* One act as a line of the ground-truth file (JSON, newline at the end). */
void sim_truth_json(const sim_truth_t *truth, writer_t *w);
MUST_CHECK err_t sim_truth_parse(slice_t jsonl, sim_truth_t *ret, size_t cap, size_t *ret_count);
/* Writes the operator has made so far. Any thread. */
size_t sim_operator_writes(const sim_t *sim);

/* How a machine may fail. */
typedef enum {
	SIM_FAULT_NONE,
	SIM_FAULT_SILENT,  /* takes requests, never answers */
	SIM_FAULT_BUSY,    /* answers all by the exception SERVER_DEVICE_BUSY */
	SIM_FAULT_GARBAGE, /* answers bytes without meaning */
} sim_fault_t;
/* Of the machine called "FRM1"; ERR_NOT_FOUND. Loop's thread, or before it starts. */
MUST_CHECK err_t sim_fault_set(sim_t *sim, const char *machine, sim_fault_t fault);
/* What the registers of "FRM1.V_SET" say, in engineering units; ERR_NOT_FOUND. The
 * same threads. */
MUST_CHECK err_t sim_value(const sim_t *sim, const char *point, double *ret_value);

/* The sections `sentry:` and `devices:` of a configuration for a node that polls
 * this plant, captures from `capture`, learns for `learn_ns`, and approves the
 * operator's writes; YAML. With `rtu` or `serial` it polls them so; the sentry, which does
 * not read RTU, then hears nothing of these polls. What says who the node is stands before it. 64
 * KiB are enough; sets w->bad when they do not fit. */
void sim_config_yaml(const sim_spec_t *spec, const char *capture, int64_t learn_ns, writer_t *w);
#endif
