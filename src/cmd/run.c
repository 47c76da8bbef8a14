/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/privilege.h"
#include "env/posix/posix.h"
#include "node/node.h"

/* A node until it is asked to stop. */

static void print_ready(const node_t *node)
{
	char addr[ADDR_TEXT_MAX];
	api_tls_t tls = node_tls(node);
	printf("jizhu: console %s://%s/  capture: %s\n", tls.on ? "https" : "http",
	       addr_format(node_http_addr(node), addr), node_capture(node));
	if (tls.on)
		printf("jizhu: certificate SHA-256 %s\n", tls.fingerprint);
	fflush(stdout);
}

static void print_reload(void *ctx, const api_config_t *config)
{
	(void)ctx;
	if (config->refused_ns)
		fprintf(stderr, "jizhu: configuration refused, the present one is kept: %s\n",
		        config->reason);
	else
		fprintf(stderr, "jizhu: configuration loaded, generation %llu\n",
		        (unsigned long long)config->generation);
}

static int run_node(env_t *env, const char *path, const config_t *config)
{
	err_detail_t detail = { 0 };
	node_t *node = NULL;
	node_spec_t spec = { .config = config,
		             .config_path = path,
		             .reloaded = print_reload,
		             .http = true,
		             .handle = true };
	bool live;
	if (privilege_drop(env, config, &live, &detail) || node_open(env, &spec, &node, &detail))
		return cmd_fail(&detail);
	print_ready(node);
	env_notify(env, ENV_READY);
	err_t err = env_run(env);
	env_notify(env, ENV_STOPPING);
	node_close(node);
	return err ? cmd_fail_plain(err, "") : 0;
}

int cmd_run(int argc, char **argv)
{
	const char *path = "jizhu.yaml";
	int rest;
	const option_t options[] = {
		{ "config", "FILE", "the configuration (jizhu.yaml)", OPTION_TEXT, &path },
		{ 0 },
	};
	err_detail_t detail;
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	env_t *env = NULL;
	config_t *config = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = config_load(env, path, &config, &detail);
	int code = err ? cmd_fail(&detail) : run_node(env, path, config);
	config_free(config);
	posix_env_close(env);
	return code;
}
