/* SPDX-License-Identifier: Apache-2.0 */
/* The key is whole words, so that hashing and comparing it takes a handful of
 * instructions: this is the one look-up every packet pays for. */
#include "sentry/keymap.h"

#include <stdlib.h>

enum { KEY_WORDS = 5, FAMILY_SHIFT = 58 };

static void put_ip(ip_t ip, uint64_t ret_words[2])
{
	uint8_t bytes[16] = { 0 };
	memcpy(bytes, ip.bytes, ip.family == 4 ? 4 : 16);
	memcpy(ret_words, bytes, sizeof(bytes));
}

keymap_key_t keymap_key(ip_t a, ip_t b, uint64_t rest)
{
	keymap_key_t key;
	put_ip(a, &key.word[0]);
	put_ip(b, &key.word[2]);
	uint64_t families = (uint64_t)(a.family & 7) | (uint64_t)(b.family & 7) << 3;
	key.word[4] = rest | families << FAMILY_SHIFT;
	return key;
}

static uint64_t mix(uint64_t h)
{
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 29;
}

static uint32_t hash_of(const keymap_t *map, const keymap_key_t *key)
{
	uint64_t h = map->seed;
	for (size_t i = 0; i < KEY_WORDS; i++)
		h = mix(h ^ key->word[i]);
	return (uint32_t)(h >> 32);
}

static bool same(const keymap_key_t *a, const keymap_key_t *b)
{
	uint64_t differs = 0;
	for (size_t i = 0; i < KEY_WORDS; i++)
		differs |= a->word[i] ^ b->word[i];
	return differs == 0;
}

err_t keymap_open(keymap_t *map, size_t max, uint64_t seed)
{
	size_t slots = 8;
	while (slots < max * 2)
		slots *= 2;
	*map = (keymap_t){ .mask = slots - 1, .max = max, .seed = seed };
	map->slots = calloc(slots, sizeof(*map->slots));
	if (!map->slots)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < slots; i++)
		map->slots[i].value = KEYMAP_NONE;
	return ERR_OK;
}

void keymap_close(keymap_t *map)
{
	free(map->slots);
	map->slots = NULL;
}

/* The slot of the key, or the empty one where it would go. */
static size_t probe(const keymap_t *map, const keymap_key_t *key, uint32_t hash)
{
	size_t i = hash & map->mask;
	while (map->slots[i].value != KEYMAP_NONE &&
	       (map->slots[i].hash != hash || !same(&map->slots[i].key, key)))
		i = (i + 1) & map->mask;
	return i;
}

uint32_t keymap_get(const keymap_t *map, const keymap_key_t *key)
{
	return map->slots[probe(map, key, hash_of(map, key))].value;
}

bool keymap_put(keymap_t *map, const keymap_key_t *key, uint32_t value)
{
	if (map->count >= map->max)
		return false;
	uint32_t hash = hash_of(map, key);
	map->slots[probe(map, key, hash)] = (keymap_slot_t){ .key = *key,
		                                             .value = value,
		                                             .hash = hash };
	map->count++;
	return true;
}

/* An entry may move back into the hole only if the hole lies between its home
 * and its place, going round. */
static bool may_fill(const keymap_t *map, size_t hole, size_t place)
{
	size_t from_home = (place - map->slots[place].hash) & map->mask;
	return from_home >= ((place - hole) & map->mask);
}

void keymap_remove(keymap_t *map, const keymap_key_t *key)
{
	size_t hole = probe(map, key, hash_of(map, key));
	if (map->slots[hole].value == KEYMAP_NONE)
		return;
	size_t i = hole;
	while (i = (i + 1) & map->mask, map->slots[i].value != KEYMAP_NONE) {
		if (may_fill(map, hole, i)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole].value = KEYMAP_NONE;
	map->count--;
}
