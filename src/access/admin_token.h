/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_ADMIN_TOKEN_H
#define ACCESS_ADMIN_TOKEN_H
/* The file of the admin token. Private to this folder. */
#include "access/access.h"

/* The SHA-256 of the token in the file, which is made when there is none. */
MUST_CHECK err_t admin_token_hash(env_t *env, const char *keys_dir, uint8_t ret_hash[SHA256_BYTES],
                                  err_detail_t *ret_detail);
#endif
