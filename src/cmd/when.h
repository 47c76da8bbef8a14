/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_WHEN_H
#define CMD_WHEN_H
/* Times as people write them behind an option: RFC 3339, milliseconds since 1970, or
 * "-24h", so long ago. */
#include "base/json.h"
#include "env/env.h"

/* ERR_USAGE with the detail. */
MUST_CHECK err_t when_read(env_t *env, const char *text, int64_t *ret_ns, err_detail_t *ret_detail);
/* The time as a member, in milliseconds; nothing for NULL. As when_read fails. */
MUST_CHECK err_t when_put(env_t *env, json_t *j, const char *key, const char *text,
                          err_detail_t *ret_detail);
#endif
