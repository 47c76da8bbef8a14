/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_CMD_H
#define CMD_CMD_H
/* The sub-commands: one row each in main.c, one file each. A command parses its
 * options, opens a world, does its work, prints results on standard output and
 * trouble on standard error, and returns a sysexits code. */
#include "base/err.h"
#include "cmd/options.h"
#include "env/env.h"

typedef struct {
	const char *name, *summary, *usage;
	int (*run)(int argc, char **argv); /* what follows the name */
} command_t;

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_judge(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_pcap(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_resolve(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_office(int argc, char **argv);
int cmd_code(int argc, char **argv);
int cmd_identity(int argc, char **argv);
int cmd_figure(int argc, char **argv);
int cmd_indicator(int argc, char **argv);
int cmd_salvage(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_verify_answer(int argc, char **argv);
int cmd_prove(int argc, char **argv);
int cmd_answer(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_member(int argc, char **argv);
int cmd_enrol(int argc, char **argv);
int cmd_register(int argc, char **argv);
int cmd_handle(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_find(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_edit(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_import_history(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);

/* Parses the options of a command. Below 0: go on, *ret_count words are left in
 * argv; else the exit code (help was asked for, or the usage is wrong). */
int cmd_options(const option_t *rows, int argc, char **argv, int *ret_count);
/* Prints "jizhu: where: what. fix" in the user's language (LANG, LC_ALL) and
 * returns the exit code of the error. */
int cmd_fail(const err_detail_t *detail);
/* The same for an error without a story. */
int cmd_fail_plain(err_t err, const char *where);
lang_t cmd_lang(void);
/* The posix world of this process, able to start itself again as a child. */
MUST_CHECK err_t cmd_world(env_t **ret_env);
#endif
