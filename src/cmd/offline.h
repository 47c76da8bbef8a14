/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_OFFLINE_H
#define CMD_OFFLINE_H
/* The node of a folder that does not run, for as long as a command needs it: it takes the
 * folder's lock, polls no machine, watches nothing, and listens on loopback alone, at a
 * port nobody was told. So what is read and written offline has gone through the same
 * checks as ever.
 *
 * Story: offline_open in place of door_find, offline_close behind door_leave. */
#include "cmd/door.h"

typedef struct offline offline_t;

/* The configuration is that of the node (jizhu.yaml, or `asked->config`); its folder is
 * `asked->offline`, which must be one of a node. ERR_BUSY: a node runs on it. */
MUST_CHECK err_t offline_open(env_t *env, const door_asked_t *asked, door_t *ret_door,
                              offline_t **ret_offline, err_detail_t *ret_detail);
/* Stops the node; NULL is fine. */
void offline_close(offline_t *offline);
#endif
