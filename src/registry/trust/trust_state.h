/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TRUST_TRUST_STATE_H
#define REGISTRY_TRUST_TRUST_STATE_H
/* The inside of roots. Private to this folder. */
#include "registry/trust/claims.h"
#include "registry/trust/jws.h"
#include "registry/trust/trust.h"

typedef struct {
	claims_t claims;
	env_pkey_t *key;
} trust_root_t;

struct trust_roots {
	size_t count;
	trust_root_t root[TRUST_ROOTS_MAX];
};
#endif
