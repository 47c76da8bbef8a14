/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/manifest_print.h"
#include "cmd/progress.h"
#include "env/posix/posix.h"

/* Puts a backup back as the data folder of a node that is not running. */

static void print_restored(const backup_restored_t *restored, const char *data, bool json)
{
	if (json) {
		manifest_print_json(&restored->manifest, "aside", restored->aside);
		return;
	}
	printf("%s: ", data);
	manifest_print(&restored->manifest);
	if (restored->aside[0])
		printf("what was there is now in %s\n", restored->aside);
}

static int put_back(const backup_spec_t *words, bool json)
{
	env_t *env = NULL;
	backup_restored_t restored = { .aside = "" };
	err_detail_t detail = { 0 };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	progress_t progress;
	backup_spec_t spec = progress_of(env, words, &progress);
	err = backup_restore(env, &spec, &restored, &detail);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	print_restored(&restored, spec.data, json);
	manifest_done(&restored.manifest);
	return 0;
}

int cmd_restore(int argc, char **argv)
{
	bool json = false, force = false;
	int rest;
	const option_t options[] = {
		{ "force", NULL, "move the data that is there aside", OPTION_FLAG, &force },
		{ "json", NULL, "print what was restored as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 2)
		return cmd_fail_plain(ERR_USAGE, "jizhu restore BACKUP DATA");
	backup_spec_t words = { .copy = argv[0], .data = argv[1], .force = force };
	return put_back(&words, json);
}
