/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_SECRET_H
#define ACCESS_SECRET_H
/* Secrets of the node's own making: 160 random bits as text. Private to this folder. */
#include "access/access.h"

#define SECRET_HEAD "jz_"

enum { SECRET_RANDOM_BYTES = 20 };

void secret_make(env_t *env, char ret_text[ACCESS_TOKEN_TEXT]);
#endif
