/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/privilege.h"
#include "cmd/scene.h"
#include "env/posix/posix.h"

/* A node, a simulated plant with its operator and, when asked, an attacker, in one
 * process; at the end the sentry's account is judged against the truth. */

static void print_welcome(scene_t *scene, const char *data_dir)
{
	char addr[ADDR_TEXT_MAX];
	printf("Jizhu demo: a battery-cell line, its operator and a node that watches both.\n\n"
	       "  console   http://%s/\n"
	       "  token     in %s/keys/admin.token\n"
	       "  capture   %s\n\n",
	       addr_format(node_http_addr(scene_node(scene)), addr), data_dir,
	       node_capture(scene_node(scene)));
	printf("Try: resolve 99.100.1/FRM1.V_SET on the Identifiers page; write a set-point on "
	       "its\n"
	       "page; press \"start attack\" after %d s of learning and read the incidents.\n"
	       "Ctrl-C ends it.\n",
	       (int)(scene_plan(scene)->learn_ns / NS_PER_S));
	fflush(stdout);
}

static err_t play(env_t *env, scene_t *scene, const scene_spec_t *spec, err_detail_t *ret_detail)
{
	bool live;
	err_t err = privilege_drop_demo(env, scene_config(scene), &live, ret_detail);
	if (!err)
		err = scene_open(scene, live, ret_detail);
	if (err)
		return err;
	print_welcome(scene, spec->data_dir);
	err = env_run(env);
	return err ? err_raise(ret_detail, err, NULL, "demo", (char *)NULL) : ERR_OK;
}

static int run_demo(env_t *env, const scene_spec_t *spec, bool json)
{
	scene_t *scene = NULL;
	verdict_t verdict;
	err_detail_t detail;
	err_t err = scene_prepare(env, spec, &scene, &detail);
	if (!err)
		err = play(env, scene, spec, &detail);
	if (!err) {
		scene_stop(scene);
		err = scene_verdict(scene, &verdict, &detail);
	}
	scene_close(scene);
	if (err)
		return cmd_fail(&detail);
	verdict_print(&verdict, json);
	return verdict.judgement.agrees ? 0 : 1;
}

int cmd_demo(int argc, char **argv)
{
	bool json = false;
	scene_spec_t s = {
		.http = true,
		.seed = 1,
		.data_dir = "data/demo",
		.capture = "iface:lo",
		.http_addr = { .ip = ip_v4(127, 0, 0, 1), .port = 8080 },
		.handle_addr = { .ip = ip_v4(127, 0, 0, 1), .port = 2641 },
	};
	const option_t options[] = {
		{ "for", "60s", "end by itself after this long", OPTION_DURATION, &s.run_ns },
		{ "attack", NULL, "start the attacker after learning", OPTION_FLAG, &s.attack },
		{ "furnace", NULL, "simulate the arc furnace too", OPTION_FLAG, &s.furnace },
		{ "seed", "1", "of the plant", OPTION_NUMBER, &s.seed },
		{ "data", "data/demo", "folder, emptied at the start", OPTION_TEXT, &s.data_dir },
		{ "http", "127.0.0.1:8080", "address of the console", OPTION_ADDRESS,
		  &s.http_addr },
		{ "handle", "127.0.0.1:2641", "address of the resolver", OPTION_ADDRESS,
		  &s.handle_addr },
		{ "json", NULL, "print the summary as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	int rest, stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	int code = run_demo(env, &s, json);
	posix_env_close(env);
	return code;
}
