/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_ELSEWHERE_H
#define NODE_ELSEWHERE_H
/* Names and identities that live elsewhere: the resolver, on a loop of its own, behind
 * the two interfaces the doors know (registry/handle/recursion.h,
 * registry/identity/identity.h).
 *
 * Story: opened before the desk when the configuration says where to look (roots or
 * sites); a door asks on its loop, the resolver walks on its own, and the replies come
 * back through a mailbox of the door's loop: one counter for each such loop.
 *
 * A public key, a group and a word on a proof are believed only from a certified walk:
 * every server on the way signs. Keys and groups are taken from the cache until their TTL
 * is over and not a moment longer; a word is asked for each time. */
#include "config/config.h"
#include "registry/handle/recursion.h"
#include "registry/identity/identity.h"
#include "resolver/resolver.h"

typedef struct elsewhere elsewhere_t;

/* Who asks, each on its own loop. */
typedef enum {
	ELSEWHERE_DESK,
	ELSEWHERE_HTTP,
	ELSEWHERE_REGISTRY,
	ELSEWHERE_COUNTERS
} elsewhere_counter_t;

typedef struct {
	env_t *env;
	const config_t *config;
	env_loop_t *walk_loop;
	env_loop_t *loops[ELSEWHERE_COUNTERS]; /* of those that ask */
} elsewhere_spec_t;

/* NULL in *ret_elsewhere, and ERR_OK, when the configuration names no roots or sites. */
MUST_CHECK err_t elsewhere_open(const elsewhere_spec_t *spec, elsewhere_t **ret_elsewhere,
                                err_detail_t *ret_detail);
/* After all loops were stopped, and before the doors are closed. NULL is fine. */
void elsewhere_close(elsewhere_t *elsewhere);
handle_recursion_t elsewhere_recursion(elsewhere_t *elsewhere);
registry_elsewhere_t elsewhere_identities(elsewhere_t *elsewhere, elsewhere_counter_t counter);
const metrics_t *elsewhere_metrics(const elsewhere_t *elsewhere);
#endif
