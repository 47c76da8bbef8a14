/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_OPERATOR_H
#define SIM_OPERATOR_H
/* A person at the operator station: screens that read each machine's set-points in
 * turn, and now and then a change of one of them by a step or two, inside its
 * limits; the screen is read before and after.
 *
 * What it reads and writes are exactly the blocks of plant_blocks(), every one of
 * them within the first seconds, so a sensor that learns has seen it all early;
 * the same blocks are shipped as policy rows.
 *
 * Threads: the loop's, but operator_writes is for any. */
#include "env/loop.h"

typedef struct operator operator_t;

typedef struct {
	env_loop_t *loop;
	bool has_furnace;
	uint16_t port;
	int64_t start_ns, every_ns;
	uint64_t seed;
} operator_spec_t;

MUST_CHECK err_t operator_open(const operator_spec_t *spec, operator_t **ret_operator);
void operator_close(operator_t *op);
/* Changes a machine has confirmed; NULL has made none. */
size_t operator_writes(const operator_t *op);
#endif
