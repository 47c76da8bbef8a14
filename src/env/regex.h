/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_REGEX_H
#define ENV_REGEX_H
/* Regular expressions of others, behind the one adapter of the library that knows them
 * (PCRE2). A pattern must match the whole subject, as `matches` of Java does.
 *
 * Story: env_regex_new once, env_regex_match for each subject, env_regex_free.
 *
 * Limits: ENV_REGEX_PATTERN_MAX bytes, ENV_REGEX_GROUPS groups, and for one match so many
 * steps, so deep and so much memory as the adapter says: a match that would take more is
 * given up with ERR_LIMIT, within some milliseconds at worst.
 *
 * Threads: one expression is used by one thread at a time.
 *
 * Caveats: subjects that are not UTF-8 match nothing. */
#include "base/err.h"

enum { ENV_REGEX_PATTERN_MAX = 1024, ENV_REGEX_GROUPS = 10, ENV_REGEX_WHY = 96 };

typedef struct env_regex env_regex_t;

/* ERR_INVALID, with the reason in English; ERR_LIMIT: too long, or too many groups;
 * ERR_NO_MEMORY. `ret_why` may be NULL. */
MUST_CHECK err_t env_regex_new(slice_t pattern, bool ignores_case, env_regex_t **ret_regex,
                               char ret_why[ENV_REGEX_WHY]);
void env_regex_free(env_regex_t *regex);

/* Groups as slices of the subject: 0 is all of it; those that took no part are empty. */
typedef struct {
	size_t count;
	slice_t group[ENV_REGEX_GROUPS];
} env_match_t;

/* ERR_NOT_FOUND: no match. ERR_LIMIT: given up. */
MUST_CHECK err_t env_regex_match(env_regex_t *regex, slice_t subject, env_match_t *ret_match);
#endif
