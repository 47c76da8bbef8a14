/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "env/file.h"
#include "env/posix/posix.h"
#include "historian/historian.h"

/* What can be read of a damaged history, into a folder beside it. */

enum { PATH_BYTES = 512 };

static const err_text_t text_in_use = {
	{ "a node works in this folder", "有节点正在使用该目录" },
	{ "stop it first", "请先停止该节点" },
};

/* A node that works would let files go while they are read. */
static err_t take_lock(env_t *env, const char *data, env_file_t **ret_lock,
                       err_detail_t *ret_detail)
{
	char path[PATH_BYTES];
	env_file_t *lock = NULL;
	err_t err = env_path_join(data, "lock", path, sizeof(path));
	if (!err)
		err = env_file_open(env, path, ENV_OPEN_WRITE, &lock);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (!err)
		err = env_file_lock(lock);
	if (!err) {
		*ret_lock = lock;
		return ERR_OK;
	}
	env_file_close(lock);
	return err_raise(ret_detail, err, err == ERR_BUSY ? &text_in_use : NULL, path,
	                 (char *)NULL);
}

static err_t salvage(env_t *env, const char *data, const char *to, historian_salvage_t *ret_tally,
                     err_detail_t *ret_detail)
{
	char history[PATH_BYTES];
	env_file_t *lock = NULL;
	err_t err = env_path_join(data, "history", history, sizeof(history));
	if (err)
		return err_raise(ret_detail, err, NULL, data, (char *)NULL);
	err = take_lock(env, data, &lock, ret_detail);
	if (!err)
		err = historian_salvage(env, history, to, ret_tally, ret_detail);
	env_file_close(lock);
	return err;
}

static void print_tally(const historian_salvage_t *tally, const char *to, bool json)
{
	unsigned long long kept = tally->kept_rows, lost = tally->lost_rows;
	unsigned long long pieces = tally->lost_pieces;
	if (json)
		printf("{\"kept_samples\":%llu,\"lost_samples\":%llu,\"lost_pieces\":%llu}\n", kept,
		       lost, pieces);
	else
		printf("%llu sealed samples kept, %llu lost in %llu pieces; %s/lost.csv says "
		       "which.\nPut this folder in the place of history.\n",
		       kept, lost, pieces, to);
}

int cmd_salvage(int argc, char **argv)
{
	bool json = false;
	int rest;
	const option_t options[] = {
		{ "json", NULL, "print the counts as JSON", OPTION_FLAG, &json },
		{ 0 },
	};
	err_detail_t detail = { 0 };
	historian_salvage_t tally = { 0 };
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 2)
		return cmd_fail_plain(ERR_USAGE, "jizhu salvage FOLDER INTO");
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = salvage(env, argv[0], argv[1], &tally, &detail);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	print_tally(&tally, argv[1], json);
	return 0;
}
