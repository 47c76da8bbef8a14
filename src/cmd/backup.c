/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include <stdio.h>

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/manifest_print.h"
#include "cmd/progress.h"
#include "env/posix/posix.h"

/* Copies a data folder, whether or not a node works in it. */

static void print_made(const manifest_t *manifest, const char *dest, bool json)
{
	if (json) {
		manifest_print_json(manifest, "folder", dest);
		return;
	}
	printf("%s: ", dest);
	manifest_print(manifest);
	printf("the keys are in it: keep it as secret as the node itself\n");
}

static int make(const backup_spec_t *words, bool json)
{
	env_t *env = NULL;
	manifest_t manifest = { 0 };
	err_detail_t detail = { 0 };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	progress_t progress;
	backup_spec_t spec = progress_of(env, words, &progress);
	err = backup_make(env, &spec, &manifest, &detail);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	print_made(&manifest, spec.copy, json);
	manifest_done(&manifest);
	return 0;
}

int cmd_backup(int argc, char **argv)
{
	bool json = false;
	int rest;
	const option_t options[] = {
		{ "json", NULL, "print what was copied as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 2)
		return cmd_fail_plain(ERR_USAGE, "jizhu backup DATA DEST");
	return make(&(backup_spec_t){ .data = argv[0], .copy = argv[1] }, json);
}
