/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/demo_plan.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "sim/sim.h"

/* The simulated plant alone, for a node in another process: prints or saves the
 * configuration that polls it. */

enum { YAML_BYTES = 256 * 1024 };

typedef struct {
	sim_spec_t spec;
	port_t port;
	const char *config_out, *data_dir;
	int64_t run_ns, attack_ns;
} sim_options_t;

static void end(void *ctx)
{
	env_stop(ctx);
}

static err_t write_config(env_t *env, const sim_options_t *options)
{
	char *yaml = malloc(YAML_BYTES);
	if (!yaml)
		return ERR_NO_MEMORY;
	demo_config_t demo = {
		.data_dir = options->data_dir,
		.capture = "iface:lo",
		.http = { .ip = ip_v4(127, 0, 0, 1), .port = 8080 },
		.handle = { .ip = ip_v4(127, 0, 0, 1), .port = 2641 },
		.sim = &options->spec,
		.learn_ns = 25 * NS_PER_S,
	};
	writer_t w = writer_of(yaml, YAML_BYTES);
	demo_config_yaml(&demo, &w);
	slice_t text = slice_sub(writer_done(&w), 0, w.len ? w.len - 1 : 0);
	err_t err = w.bad ? ERR_TOO_BIG : env_file_save(env, options->config_out, text);
	free(yaml);
	return err;
}

static err_t run(env_t *env, sim_options_t *options)
{
	sim_t *sim = NULL;
	env_timer_t *timer = NULL;
	options->spec.loop = env_control_loop(env);
	options->spec.serial = options->port.path ? &options->port : NULL;
	err_t err = options->config_out ? write_config(env, options) : ERR_OK;
	if (!err)
		err = sim_open(env, &options->spec, &sim);
	if (!err && options->attack_ns)
		err = sim_attack_start(sim, options->attack_ns, 0);
	if (!err)
		err = env_timer_new(env_control_loop(env), end, env, &timer);
	if (!err && options->run_ns)
		env_timer_set(timer, options->run_ns);
	if (!err) {
		printf("jizhu sim: machines on 127.0.1.0/24, port %u%s%s\n",
		       options->spec.port ? options->spec.port : SIM_PORT,
		       options->spec.serial ? "; as units from 1 on the line " : "",
		       options->spec.serial ? options->port.path : "");
		fflush(stdout);
		err = env_run(env);
	}
	env_timer_free(timer);
	sim_close(sim);
	return err;
}

int cmd_sim(int argc, char **argv)
{
	sim_options_t o = { .spec = { .seed = 1 }, .data_dir = "data/node" };
	o.port = (port_t){
		.name = "plant", .baud = BAUD_38400, .parity = PARITY_EVEN, .stop_bits = 1
	};
	const option_t options[] = {
		{ "seed", "1", "of the plant", OPTION_NUMBER, &o.spec.seed },
		{ "furnace", NULL, "the arc furnace too", OPTION_FLAG, &o.spec.furnace },
		{ "rtu", NULL, "serve RTU frames through TCP too, one port above, and poll so",
		  OPTION_FLAG, &o.spec.rtu },
		{ "serial", "PATH",
		  "serve the machines on a serial line too, made where there is none, and poll so",
		  OPTION_TEXT, &o.port.path },
		{ "operator", NULL, "the operator station too", OPTION_FLAG, &o.spec.operator_on },
		{ "attack-after", "30s", "start the attacker", OPTION_DURATION, &o.attack_ns },
		{ "for", "60s", "end by itself", OPTION_DURATION, &o.run_ns },
		{ "config-out", "FILE", "write a node configuration for this plant", OPTION_TEXT,
		  &o.config_out },
		{ "data", "data/node", "data folder in that configuration", OPTION_TEXT,
		  &o.data_dir },
		{ 0 },
	};
	int rest, stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (!err)
		err = run(env, &o);
	posix_env_close(env);
	return err ? cmd_fail_plain(err, "sim") : 0;
}
