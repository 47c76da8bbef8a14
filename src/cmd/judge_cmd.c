/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "cmd/verdict.h"
#include "env/posix/posix.h"

/* Judges the files a demo left behind once more. */

int cmd_judge(int argc, char **argv)
{
	bool json = false;
	int rest;
	const option_t options[] = {
		{ "json", NULL, "print the judgement as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1)
		return cmd_fail_plain(ERR_USAGE, "jizhu judge FOLDER");
	env_t *env = NULL;
	verdict_t verdict = { 0 };
	err_detail_t detail;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = verdict_read(env, argv[0], &verdict, &detail);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	verdict_print(&verdict, json);
	return verdict.judgement.agrees ? 0 : 1;
}
