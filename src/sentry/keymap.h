/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_KEYMAP_H
#define SENTRY_KEYMAP_H
/* Keys of one or two addresses and some numbers, to the place of an entry in a
 * pool. All tables of the sentry are pools with such a map in front: flows,
 * assets, conversations, rows, pages. All memory is taken by keymap_open, so that
 * a packet never allocates; open addressing, at most half full, no tombstones.
 *
 * Caveats: one thread. There is no iteration, so the seed shows in no result. */
#include "base/net.h"

#define KEYMAP_NONE UINT32_MAX

typedef struct {
	uint64_t word[5];
} keymap_key_t;

typedef struct {
	keymap_key_t key;
	uint32_t value; /* KEYMAP_NONE: the slot is empty */
	uint32_t hash;
} keymap_slot_t;

typedef struct {
	keymap_slot_t *slots;
	size_t mask, count, max;
	uint64_t seed;
} keymap_t;

/* `rest` is below 2^58. */
keymap_key_t keymap_key(ip_t a, ip_t b, uint64_t rest);
MUST_CHECK err_t keymap_open(keymap_t *map, size_t max, uint64_t seed);
void keymap_close(keymap_t *map);
/* KEYMAP_NONE when absent. */
uint32_t keymap_get(const keymap_t *map, const keymap_key_t *key);
/* Adds a key that is absent; false when the map is full. */
bool keymap_put(keymap_t *map, const keymap_key_t *key, uint32_t value);
void keymap_remove(keymap_t *map, const keymap_key_t *key);
#endif
