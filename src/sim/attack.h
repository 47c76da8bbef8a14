/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_ATTACK_H
#define SIM_ATTACK_H
/* An attacker at 127.0.9.66, and the truth about what it did. Three acts: asks
 * every machine who it is (ATT&CK for ICS T0846, T0888); reads through the holding
 * registers of one formation charger, those that do not exist included (T0861);
 * sets that charger's voltage far above its limit (T0836), having read the old
 * value just before.
 *
 * Story: attack_open once; attack_begin for each attack; `act` tells each act when
 * it is over, `over` the end. A write that no machine confirmed has no truth.
 *
 * Safety: connects through client.h alone, which knows only the loopback. One
 * thread: the loop's. */
#include "sim/sim.h"

typedef struct attack attack_t;

typedef struct {
	env_loop_t *loop;
	bool has_furnace;
	uint16_t port;
	uint64_t seed;
	void (*act)(void *ctx, const sim_truth_t *truth);
	void (*over)(void *ctx);
	void *ctx;
} attack_spec_t;

enum { ATTACK_WALK_END = 400, ATTACK_WALK_STEP = 10 };

MUST_CHECK err_t attack_open(const attack_spec_t *spec, attack_t **ret_attack);
void attack_close(attack_t *attack);
/* Not while one runs. */
void attack_begin(attack_t *attack, int64_t delay_ns, int64_t duration_ns);
#endif
