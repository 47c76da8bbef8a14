/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "env/posix/posix.h"

/* Reads a configuration and says what is wrong with it; the same check runs at
 * every start and reload. */

enum { DUMP_BYTES = 4 << 20 };

static int print_dump(const config_t *config)
{
	static const char refused[] = "the configuration is too long to print";
	uint8_t *buf = malloc(DUMP_BYTES);
	if (!buf)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	writer_t w = writer_of(buf, DUMP_BYTES);
	config_dump(config, &w);
	int code = w.bad ? cmd_fail_plain(ERR_TOO_BIG, refused) : 0;
	if (!w.bad)
		fwrite(buf, 1, w.len, stdout);
	free(buf);
	return code;
}

static int report(const char *path, const config_t *config)
{
	size_t points = 0;
	for (size_t i = 0; i < config->device_count; i++)
		points += config->devices[i].point_count;
	printf("%s: good. %zu devices, %zu points, prefix %s\n", path, config->device_count, points,
	       config->node.prefix);
	return 0;
}

int cmd_check(int argc, char **argv)
{
	bool dump = false;
	int rest;
	const option_t options[] = {
		{ "dump", NULL, "print it with every default filled in", OPTION_FLAG, &dump },
		{ 0 },
	};
	err_detail_t detail;
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	const char *path = rest > 0 ? argv[0] : "jizhu.yaml";
	env_t *env = NULL;
	config_t *config = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = config_load(env, path, &config, &detail);
	int code = err ? cmd_fail(&detail) : dump ? print_dump(config) : report(path, config);
	config_free(config);
	posix_env_close(env);
	return code;
}
