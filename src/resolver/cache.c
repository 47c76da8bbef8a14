/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/cache.h"

#include <stdlib.h>

#include "base/table.h"
#include "model/time.h"

enum { LIFE_MAX_S = 2 * 86400, LARGEST_PART = 8, ENTRIES_MAX = 1 << 20 };

typedef struct entry entry_t;
struct entry {
	entry_t *newer, *older; /* by use */
	const resolver_answer_t *answer;
	err_t err;
	uint32_t response;
	int64_t stored_ns, expires_ns, deferred_ns;
	size_t bytes, key_len;
	uint8_t key[];
};

struct cache {
	cache_spec_t spec;
	table_t *table; /* key to entry_t * */
	entry_t *newest, *oldest;
	uint64_t bytes;
};

err_t cache_new(const cache_spec_t *spec, cache_t **ret_cache)
{
	cache_t *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return ERR_NO_MEMORY;
	cache->spec = *spec;
	cache->table = table_new(sizeof(entry_t *), ENTRIES_MAX, spec->hash_seed);
	if (!cache->table) {
		free(cache);
		return ERR_NO_MEMORY;
	}
	*ret_cache = cache;
	return ERR_OK;
}

static entry_t *entry_find(const cache_t *cache, slice_t key)
{
	entry_t *const *slot = table_get(cache->table, key);
	return slot ? *slot : NULL;
}

static void entry_unlink(cache_t *cache, entry_t *entry)
{
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
	entry->newer = entry->older = NULL;
}

static void entry_link(cache_t *cache, entry_t *entry)
{
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void count(const cache_t *cache)
{
	metric_set(cache->spec.metrics, RESOLVER_METRIC_ENTRIES,
	           (int64_t)table_count(cache->table));
	metric_set(cache->spec.metrics, RESOLVER_METRIC_BYTES, (int64_t)cache->bytes);
}

static void entry_drop(cache_t *cache, entry_t *entry)
{
	entry_unlink(cache, entry);
	cache->bytes -= entry->bytes;
	(void)table_remove(cache->table, slice_of(entry->key, entry->key_len));
	resolver_answer_release(entry->answer);
	free(entry);
	count(cache);
}

void cache_free(cache_t *cache)
{
	if (!cache)
		return;
	while (cache->newest)
		entry_drop(cache, cache->newest);
	table_free(cache->table);
	free(cache);
}

bool cache_find(cache_t *cache, slice_t key, int64_t now_ns, cached_t *ret_cached)
{
	entry_t *entry = entry_find(cache, key);
	if (!entry)
		return false;
	if (now_ns >= entry->expires_ns + cache->spec.stale_ns) {
		entry_drop(cache, entry);
		return false;
	}
	entry_unlink(cache, entry);
	entry_link(cache, entry);
	*ret_cached = (cached_t){ .answer = entry->answer,
		                  .err = entry->err,
		                  .response = entry->response,
		                  .age_ns = now_ns - entry->stored_ns,
		                  .is_expired = now_ns >= entry->expires_ns,
		                  .is_deferred = now_ns < entry->deferred_ns };
	return true;
}

/* 0 as soon as one value is not everybody's or may not be kept. */
static int64_t life_of_values(const resolver_answer_t *answer, uint32_t utc_s)
{
	int64_t least_s = LIFE_MAX_S;
	reader_t r = reader_of(answer->values);
	for (uint32_t i = 0; i < answer->count && !r.bad; i++) {
		handle_value_t value = handle_value_read(&r);
		int64_t ttl_s = handle_value_ttl(&value, utc_s, utc_s);
		if (!(value.perms & HANDLE_PERM_PUBLIC_READ))
			return 0;
		if (ttl_s < least_s)
			least_s = ttl_s;
	}
	return r.bad ? 0 : least_s * NS_PER_S;
}

int64_t cache_life_ns(const cache_t *cache, const cached_t *answer, uint32_t utc_s)
{
	if (answer->response == HANDLE_RC_OK)
		return life_of_values(answer->answer, utc_s);
	if (answer->response == HANDLE_RC_HANDLE_NOT_FOUND ||
	    answer->response == HANDLE_RC_VALUES_NOT_FOUND)
		return cache->spec.negative_ns;
	return 0;
}

static entry_t *entry_new(slice_t key, const cached_t *answer)
{
	entry_t *entry = calloc(1, sizeof(*entry) + key.len);
	if (!entry)
		return NULL;
	entry->answer = answer_hold(answer->answer);
	entry->err = answer->err;
	entry->response = answer->response;
	entry->key_len = key.len;
	memcpy(entry->key, key.ptr, key.len);
	/* The table keeps the key once more. */
	entry->bytes = sizeof(*entry) + 2 * key.len + answer_bytes(answer->answer);
	return entry;
}

void cache_put(cache_t *cache, slice_t key, const cached_t *answer, int64_t life_ns, int64_t now_ns)
{
	void *slot;
	cache_forget(cache, key);
	entry_t *entry = life_ns > 0 && answer->answer ? entry_new(key, answer) : NULL;
	if (!entry)
		return;
	if (entry->bytes > cache->spec.bytes_max / LARGEST_PART ||
	    table_put(cache->table, key, &slot, NULL)) {
		resolver_answer_release(entry->answer);
		free(entry);
		return;
	}
	*(entry_t **)slot = entry;
	entry->stored_ns = now_ns;
	entry->expires_ns = now_ns + life_ns;
	entry_link(cache, entry);
	cache->bytes += entry->bytes;
	while (cache->bytes > cache->spec.bytes_max) {
		metric_add(cache->spec.metrics, RESOLVER_METRIC_EVICTIONS, 1);
		entry_drop(cache, cache->oldest);
	}
	count(cache);
}

void cache_defer(cache_t *cache, slice_t key, int64_t until_ns)
{
	entry_t *entry = entry_find(cache, key);
	if (entry)
		entry->deferred_ns = until_ns;
}

void cache_forget(cache_t *cache, slice_t key)
{
	entry_t *entry = entry_find(cache, key);
	if (entry)
		entry_drop(cache, entry);
}
