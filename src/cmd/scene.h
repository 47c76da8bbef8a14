/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_SCENE_H
#define CMD_SCENE_H
/* The stage of a demo in any world: a simulated plant with its operator and, when
 * asked, an attacker; a node that watches; the ground truth written to a file as it
 * happens. The command runs it in the real world, the system test in the twin.
 *
 * Story: scene_prepare empties the folder and makes the configuration (files may be
 * touched, privileges are still there); scene_open opens plant and node and starts
 * the loops; env_run; scene_stop; scene_verdict; scene_close. */
#include "cmd/demo_plan.h"
#include "cmd/verdict.h"
#include "config/config.h"
#include "node/node.h"

typedef struct {
	int64_t run_ns; /* 0: until stopped */
	bool attack, furnace, http;
	uint64_t seed;
	const char *data_dir;
	const char *capture; /* as in the configuration */
	addr_t http_addr, handle_addr;
} scene_spec_t;

typedef struct scene scene_t;

MUST_CHECK err_t scene_prepare(env_t *env, const scene_spec_t *spec, scene_t **ret_scene,
                               err_detail_t *ret_detail);
/* `live`: the capture sees the network itself, so the plant need not render its
 * conversations. On failure scene_close is still due. */
MUST_CHECK err_t scene_open(scene_t *scene, bool live, err_detail_t *ret_detail);
/* Plant and truth stand still; the node runs on. */
void scene_stop(scene_t *scene);
/* Saves the incidents and judges them against the truth file. After scene_stop, or
 * outside env_run. */
MUST_CHECK err_t scene_verdict(scene_t *scene, verdict_t *ret_verdict, err_detail_t *ret_detail);
void scene_close(scene_t *scene);

const config_t *scene_config(const scene_t *scene);
const demo_plan_t *scene_plan(const scene_t *scene);
node_t *scene_node(scene_t *scene);
#endif
