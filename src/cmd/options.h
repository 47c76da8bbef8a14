/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H
/* Command-line options as a table: the same rows parse, print the help and feed
 * the completion. Long options only ("--for 60s", "--for=60s"), plus "-h". */
#include "base/net.h"

typedef enum {
	OPTION_FLAG,     /* bool * */
	OPTION_TEXT,     /* const char ** */
	OPTION_DURATION, /* int64_t * in ns */
	OPTION_NUMBER,   /* uint64_t * */
	OPTION_ADDRESS,  /* addr_t * */
} option_kind_t;

typedef struct {
	const char *name;  /* without dashes */
	const char *value; /* how the help names the value; NULL for flags */
	const char *help;
	option_kind_t kind;
	void *target;
} option_t;

/* Fills targets; what is not an option is left, in order, in
 * argv[0..*ret_count-1]. Rows end with a NULL name. ERR_USAGE with the detail. */
MUST_CHECK err_t options_parse(const option_t *rows, int argc, char **argv, int *ret_count,
                               err_detail_t *ret_detail);
void options_help(const option_t *rows);
#endif
