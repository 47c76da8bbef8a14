/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing over a power of two of slots, at most three quarters full.
 * Removal shifts the run behind the hole back, so there are no tombstones and
 * a table that churns for years probes as short as a fresh one. */
#include "base/table.h"

#include <stdlib.h>

#include "base/num.h"

enum { TABLE_FIRST_SLOTS = 8 };

typedef struct {
	uint64_t hash;
	uint8_t *key; /* NULL: the slot is empty */
	size_t key_len;
	_Alignas(max_align_t) uint8_t value[];
} slot_t;

struct table {
	uint8_t *slots;
	size_t slot_count, slot_size; /* slot_count is a power of two */
	size_t value_size, count, max;
	uint64_t seed;
};

static slot_t *slot_at(const table_t *t, size_t i)
{
	return (slot_t *)(void *)&t->slots[i * t->slot_size];
}

static size_t slot_after(const table_t *t, size_t i)
{
	return (i + 1) & (t->slot_count - 1);
}

static size_t slot_home(const table_t *t, const slot_t *slot)
{
	return (size_t)slot->hash & (t->slot_count - 1);
}

static slice_t slot_key(const slot_t *slot)
{
	return slice_of(slot->key, slot->key_len);
}

/* False when memory is gone; `t` is then as it was. */
static bool slots_alloc(table_t *t, size_t slot_count)
{
	uint8_t *slots = calloc(slot_count, t->slot_size);
	if (!slots)
		return false;
	t->slots = slots;
	t->slot_count = slot_count;
	return true;
}

table_t *table_new(size_t value_size, size_t max, uint64_t hash_seed)
{
	size_t align = _Alignof(slot_t);
	size_t slot_size;
	if (__builtin_add_overflow(value_size, sizeof(slot_t) + align - 1, &slot_size))
		return NULL;
	table_t *t = malloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (table_t){ .value_size = value_size, .max = max, .seed = hash_seed };
	t->slot_size = slot_size / align * align;
	if (!slots_alloc(t, TABLE_FIRST_SLOTS)) {
		free(t);
		return NULL;
	}
	return t;
}

void table_free(table_t *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->slot_count; i++)
		free(slot_at(t, i)->key);
	free(t->slots);
	free(t);
}

/* The slot of the key, or the empty one where it would go. */
static size_t probe(const table_t *t, slice_t key, uint64_t hash)
{
	size_t i = (size_t)hash & (t->slot_count - 1);
	for (;; i = slot_after(t, i)) {
		const slot_t *slot = slot_at(t, i);
		if (!slot->key || (slot->hash == hash && slice_eq(slot_key(slot), key)))
			return i;
	}
}

void *table_get(const table_t *t, slice_t key)
{
	slot_t *slot = slot_at(t, probe(t, key, num_hash(key, t->seed)));
	return slot->key ? slot->value : NULL;
}

static err_t grow(table_t *t)
{
	table_t old = *t;
	size_t slot_count;
	if (__builtin_mul_overflow(old.slot_count, 2, &slot_count) || !slots_alloc(t, slot_count))
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < old.slot_count; i++) {
		const slot_t *from = slot_at(&old, i);
		if (from->key)
			memcpy(slot_at(t, probe(t, slot_key(from), from->hash)), from,
			       t->slot_size);
	}
	free(old.slots);
	return ERR_OK;
}

/* Room for one more entry, or why there is none. */
static err_t make_room(table_t *t)
{
	if (t->count >= t->max)
		return ERR_LIMIT;
	return t->count + 1 > t->slot_count / 4 * 3 ? grow(t) : ERR_OK;
}

static err_t insert(table_t *t, slice_t key, uint64_t hash, slot_t **ret_slot)
{
	err_t err = make_room(t);
	if (err)
		return err;
	uint8_t *copy = malloc(key.len ? key.len : 1);
	if (!copy)
		return ERR_NO_MEMORY;
	if (key.len)
		memcpy(copy, key.ptr, key.len);
	slot_t *slot = slot_at(t, probe(t, key, hash));
	memset(slot, 0, t->slot_size);
	slot->hash = hash;
	slot->key = copy;
	slot->key_len = key.len;
	t->count++;
	*ret_slot = slot;
	return ERR_OK;
}

err_t table_put(table_t *t, slice_t key, void **ret_value, bool *ret_new)
{
	uint64_t hash = num_hash(key, t->seed);
	slot_t *slot = slot_at(t, probe(t, key, hash));
	bool fresh = !slot->key;
	err_t err = fresh ? insert(t, key, hash, &slot) : ERR_OK;
	if (err)
		return err;
	*ret_value = slot->value;
	if (ret_new)
		*ret_new = fresh;
	return ERR_OK;
}

/* An entry may move back into the hole only if the hole lies between its home
 * and its place, going round; else a look-up would stop before it. */
static bool may_fill(const table_t *t, size_t hole, size_t place)
{
	size_t mask = t->slot_count - 1;
	size_t from_home = (place - slot_home(t, slot_at(t, place))) & mask;
	return from_home >= ((place - hole) & mask);
}

bool table_remove(table_t *t, slice_t key)
{
	size_t hole = probe(t, key, num_hash(key, t->seed));
	if (!slot_at(t, hole)->key)
		return false;
	free(slot_at(t, hole)->key);
	for (size_t i = slot_after(t, hole); slot_at(t, i)->key; i = slot_after(t, i)) {
		if (may_fill(t, hole, i)) {
			memcpy(slot_at(t, hole), slot_at(t, i), t->slot_size);
			hole = i;
		}
	}
	memset(slot_at(t, hole), 0, t->slot_size);
	t->count--;
	return true;
}

size_t table_count(const table_t *t)
{
	return t->count;
}

bool table_next(const table_t *t, size_t *at, slice_t *ret_key, void **ret_value)
{
	for (; *at < t->slot_count; (*at)++) {
		slot_t *slot = slot_at(t, *at);
		if (slot->key) {
			*ret_key = slot_key(slot);
			*ret_value = slot->value;
			(*at)++;
			return true;
		}
	}
	return false;
}
