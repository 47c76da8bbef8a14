/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_KEEPER_H
#define NODE_KEEPER_H
/* Opens the office as the configuration says and makes it the registry's keeper of
 * prefixes. Set-up time. */
#include "config/config.h"
#include "office/office.h"

typedef struct {
	const config_t *config;
	const char *views_dir;
	journal_t *journal;
	registry_t *registry;
	env_loop_t *loop;
} keeper_spec_t;

MUST_CHECK err_t keeper_open(env_t *env, const keeper_spec_t *spec, office_t **ret_office,
                             err_detail_t *ret_detail);
#endif
