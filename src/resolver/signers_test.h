/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_SIGNERS_TEST_H
#define RESOLVER_SIGNERS_TEST_H
/* For tests of what is signed: a key for the root and one for the site below it, made once
 * for all tests of a file. */
#include "resolver/fixture_test.h"

typedef struct {
	env_pkey_t *root, *site;
} keys_t;

static inline int make_keys(void **state)
{
	keys_t *keys = calloc(1, sizeof(*keys));
	*state = keys;
	return keys && !env_pkey_generate(ENV_PKEY_RSA, &keys->root) &&
	                       !env_pkey_generate(ENV_PKEY_RSA, &keys->site)
	               ? 0
	               : -1;
}

static inline int free_keys(void **state)
{
	keys_t *keys = *state;
	env_pkey_free(keys->root);
	env_pkey_free(keys->site);
	free(keys);
	return 0;
}
#endif
