/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PRIVILEGE_H
#define CMD_PRIVILEGE_H
/* What must happen while a process may still do more than a node needs: start the
 * capture child, then give every privilege up. */
#include "config/config.h"

/* Capture that may not be had is no error: *ret_live says whether it is there, and
 * the node falls back and says so. */
MUST_CHECK err_t privilege_drop(env_t *env, const config_t *config, bool *ret_live,
                                err_detail_t *ret_detail);
/* As above for a demo, whose folder may lie where no other user can go (a root's
 * home): then only the capabilities are given up, and standard error says so. */
MUST_CHECK err_t privilege_drop_demo(env_t *env, const config_t *config, bool *ret_live,
                                     err_detail_t *ret_detail);
#endif
