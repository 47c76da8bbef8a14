/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_CACHE_H
#define RESOLVER_CACHE_H
/* Answers by question, in a bounded number of bytes. What was used least recently
 * makes room; an answer larger than an eighth of the whole is not kept. Times are of
 * env_now, but for absolute TTLs, which are seconds since 1970 and are turned into
 * a duration when the answer is stored.
 *
 * Threads: the resolver's loop. */
#include "codec/handle/handle.h"
#include "resolver/answer.h"
#include "resolver/tally.h"

typedef struct cache cache_t;

typedef struct {
	uint64_t bytes_max;
	int64_t negative_ns, stale_ns;
	metrics_t *metrics;
	uint64_t hash_seed; /* unpredictable: names come from outside */
} cache_spec_t;

MUST_CHECK err_t cache_new(const cache_spec_t *spec, cache_t **ret_cache);
void cache_free(cache_t *cache);

typedef struct {
	const resolver_answer_t *answer; /* valid until the next put */
	err_t err;
	uint32_t response;
	int64_t age_ns;
	bool is_expired;  /* stale: to be given only when no server can be reached */
	bool is_deferred; /* and none could be, a moment ago */
} cached_t;

/* False when there is nothing that may be given. */
bool cache_find(cache_t *cache, slice_t key, int64_t now_ns, cached_t *ret_cached);
/* What is worth keeping of an answer, as things stand at `utc_s`: the least TTL of its
 * values, or that of refusals that are kept; 0: nothing. */
int64_t cache_life_ns(const cache_t *cache, const cached_t *answer, uint32_t utc_s);
/* Holds the answer for `life_ns`; memory that is gone only means that it is not kept. */
void cache_put(cache_t *cache, slice_t key, const cached_t *answer, int64_t life_ns,
               int64_t now_ns);
/* Gives what is stale at once until `until_ns`. */
void cache_defer(cache_t *cache, slice_t key, int64_t until_ns);
void cache_forget(cache_t *cache, slice_t key);
#endif
