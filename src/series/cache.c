/* SPDX-License-Identifier: Apache-2.0 */
#include "series/cache.h"

#include <stdlib.h>

#include "base/num.h"
#include "series/pile.h"

enum { SLOTS_FIRST = 256, FIELDS_FIRST = 4 };

typedef struct {
	slice_t key;
	point_id_t id;
} known_t;

struct series_head {
	uint64_t hash;
	slice_t bytes;
	uint32_t count, room;
	known_t *fields;
};

struct series_cache {
	uint64_t seed;
	pile_t pile;
	series_head_t **slots; /* NULL: empty; at most half are not */
	size_t slot_count, count;
};

series_cache_t *series_cache_new(size_t bytes_max, uint64_t seed)
{
	series_cache_t *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->seed = seed;
	cache->pile = pile_of(bytes_max);
	cache->slot_count = SLOTS_FIRST;
	cache->slots = calloc(SLOTS_FIRST, sizeof(series_head_t *));
	if (cache->slots)
		return cache;
	free(cache);
	return NULL;
}

void series_cache_free(series_cache_t *cache)
{
	if (!cache)
		return;
	pile_free(&cache->pile);
	free(cache->slots);
	free(cache);
}

static void forget(series_cache_t *cache)
{
	pile_free(&cache->pile);
	memset(cache->slots, 0, cache->slot_count * sizeof(series_head_t *));
	cache->count = 0;
}

/* The slot of the head, or the empty one where it would go. */
static series_head_t **probe(const series_cache_t *cache, uint64_t hash, slice_t bytes)
{
	for (size_t i = (size_t)hash;; i++) {
		series_head_t **slot = &cache->slots[i & (cache->slot_count - 1)];
		if (!*slot || ((*slot)->hash == hash && slice_eq((*slot)->bytes, bytes)))
			return slot;
	}
}

static bool grow(series_cache_t *cache)
{
	series_cache_t wide = *cache;
	wide.slot_count *= 2;
	wide.slots = calloc(wide.slot_count, sizeof(series_head_t *));
	if (!wide.slots)
		return false;
	for (size_t i = 0; i < cache->slot_count; i++) {
		series_head_t *head = cache->slots[i];
		if (head)
			*probe(&wide, head->hash, head->bytes) = head;
	}
	free(cache->slots);
	*cache = wide;
	return true;
}

static series_head_t *make(series_cache_t *cache, uint64_t hash, slice_t bytes)
{
	series_head_t *head = pile_take(&cache->pile, sizeof(*head));
	slice_t kept = head ? pile_copy(&cache->pile, bytes) : (slice_t){ 0 };
	if (!kept.ptr)
		return NULL;
	*head = (series_head_t){ .hash = hash, .bytes = kept };
	return head;
}

series_head_t *series_cache_head(series_cache_t *cache, slice_t bytes)
{
	uint64_t hash = num_hash(bytes, cache->seed);
	series_head_t **slot = probe(cache, hash, bytes);
	if (*slot)
		return *slot;
	if (cache->count >= cache->slot_count / 2 && !grow(cache))
		forget(cache);
	series_head_t *head = make(cache, hash, bytes);
	if (!head) {
		forget(cache);
		head = make(cache, hash, bytes);
	}
	if (head) {
		*probe(cache, hash, bytes) = head;
		cache->count++;
	}
	return head;
}

point_id_t series_cache_get(const series_head_t *head, size_t nth, slice_t field)
{
	if (nth < head->count && slice_eq(head->fields[nth].key, field))
		return head->fields[nth].id;
	for (uint32_t i = 0; i < head->count; i++)
		if (slice_eq(head->fields[i].key, field))
			return head->fields[i].id;
	return 0;
}

/* The old room stays in the pile; together the rooms of a head are twice its fields. */
static bool widen(series_cache_t *cache, series_head_t *head)
{
	uint32_t room = head->room ? head->room * 2 : FIELDS_FIRST;
	known_t *fields = pile_take(&cache->pile, room * sizeof(*fields));
	if (!fields)
		return false;
	if (head->count)
		memcpy(fields, head->fields, head->count * sizeof(*fields));
	head->fields = fields;
	head->room = room;
	return true;
}

void series_cache_put(series_cache_t *cache, series_head_t *head, slice_t field, point_id_t id)
{
	if (head->count == head->room && !widen(cache, head))
		return;
	slice_t kept = pile_copy(&cache->pile, field);
	if (kept.ptr)
		head->fields[head->count++] = (known_t){ kept, id };
}
