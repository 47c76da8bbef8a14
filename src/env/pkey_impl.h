/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_PKEY_IMPL_H
#define ENV_PKEY_IMPL_H
/* A key as the other parts of the adapter to OpenSSL need it. Private to them. */
#include <openssl/evp.h>

#include "env/pkey.h"

/* The key's; who keeps it takes a reference. */
EVP_PKEY *env_pkey_openssl(const env_pkey_t *key);
#endif
