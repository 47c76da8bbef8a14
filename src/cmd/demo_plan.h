/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_DEMO_PLAN_H
#define CMD_DEMO_PLAN_H
/* What a demo does when, and the configuration its node runs with: the same for
 * the command and for the tests that run the whole demo in the twin. */
#include "base/cursor.h"
#include "base/net.h"
#include "sim/sim.h"

typedef struct {
	int64_t run_ns; /* 0: until stopped */
	int64_t learn_ns, attack_ns, attack_span_ns;
} demo_plan_t;

/* A minute is learned for 25 s and attacked from 30 s for 12 s; other lengths in
 * proportion, never shorter than 20 s. Endless demos use the minute's times. */
demo_plan_t demo_plan_of(int64_t run_ns);

typedef struct {
	const char *data_dir, *capture;
	addr_t http, handle;
	const sim_spec_t *sim;
	int64_t learn_ns;
} demo_config_t;

/* The node's configuration as YAML, NUL-ended. */
void demo_config_yaml(const demo_config_t *demo, writer_t *w);
#endif
