/* SPDX-License-Identifier: Apache-2.0 */
/* A set is hashed by its pairs, so that a look-up hashes each label and then four bytes
 * each; equal pairs have equal numbers, so that sets are compared without their text. */
#include <stdlib.h>

#include "base/num.h"
#include "series/label_index_impl.h"

enum { SLOTS_FIRST = 64, PAIRS_MAX = 8 << 20 };

err_t label_index_new(env_t *env, const label_index_spec_t *spec, label_index_t **ret_index)
{
	label_index_t *index = calloc(1, sizeof(*index));
	if (!index)
		return ERR_NO_MEMORY;
	index->env = env;
	index->spec = *spec;
	index->pile = pile_of(spec->bytes_max);
	/* Clients choose the texts. */
	env_random(env, &index->seed, sizeof(index->seed));
	index->names_by_text = table_new(sizeof(uint32_t), LABEL_INDEX_NAMES, index->seed);
	index->names = calloc(LABEL_INDEX_NAMES, sizeof(*index->names));
	index->pairs = calloc(PAIRS_MAX / ROWS_A_CHUNK, sizeof(label_pair_t *));
	index->sets = calloc(spec->sets_max / ROWS_A_CHUNK + 1, sizeof(const uint32_t **));
	err_t err = index->names_by_text && index->names && index->pairs && index->sets
	                    ? env_mutex_new(env, &index->mutex)
	                    : ERR_NO_MEMORY;
	if (err)
		label_index_free(index);
	else
		*ret_index = index;
	return err;
}

void label_index_free(label_index_t *index)
{
	if (!index)
		return;
	for (uint32_t i = 0; i < index->pair_slots.count; i++)
		if (label_pair_at(index, i)->room > 1)
			free(label_pair_at(index, i)->numbers.many);
	for (size_t i = 0; index->pairs && i < PAIRS_MAX / ROWS_A_CHUNK; i++)
		free(index->pairs[i]);
	for (size_t i = 0; index->sets && i <= index->spec.sets_max / ROWS_A_CHUNK; i++)
		free(index->sets[i]);
	free(index->pairs);
	free(index->sets);
	free(index->names);
	free(index->pair_slots.slots);
	free(index->set_slots.slots);
	table_free(index->names_by_text);
	pile_free(&index->pile);
	env_mutex_free(index->mutex);
	free(index);
}

/* Slots. */

static void slot_put(label_slots_t *s, uint64_t slot)
{
	uint32_t i = (uint32_t)(slot >> 32) & s->mask;
	while (s->slots[i])
		i = (i + 1) & s->mask;
	s->slots[i] = slot;
}

/* Room for one more, at most three quarters full. */
static err_t slots_grow(label_slots_t *s)
{
	uint32_t old = s->slots ? s->mask + 1 : 0;
	if (s->count + 1 <= old / 4 * 3)
		return ERR_OK;
	label_slots_t wide = { .mask = old ? old * 2 - 1 : SLOTS_FIRST - 1, .count = s->count };
	wide.slots = calloc((size_t)wide.mask + 1, sizeof(uint64_t));
	if (!wide.slots)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < old; i++)
		if (s->slots[i])
			slot_put(&wide, s->slots[i]);
	free(s->slots);
	*s = wide;
	return ERR_OK;
}

static void slots_add(label_slots_t *s, uint32_t hash)
{
	slot_put(s, (uint64_t)hash << 32 | (s->count + 1));
	s->count++;
}

/* The next row whose hash is this one; *at begins at the hash. UINT32_MAX: no more. */
static uint32_t slots_next(const label_slots_t *s, uint32_t hash, uint32_t *at)
{
	while (s->slots) {
		uint64_t slot = s->slots[*at & s->mask];
		*at = *at + 1;
		if (!slot)
			break;
		if ((uint32_t)(slot >> 32) == hash)
			return (uint32_t)slot - 1;
	}
	return UINT32_MAX;
}

/* Names and pairs. */

bool label_index_name(const label_index_t *index, slice_t text, uint32_t *ret_name)
{
	const void *slot = table_get(index->names_by_text, text);
	if (slot)
		memcpy(ret_name, slot, sizeof(*ret_name));
	return slot != NULL;
}

static err_t intern_name(label_index_t *index, slice_t text, uint32_t *ret_name)
{
	void *slot;
	if (label_index_name(index, text, ret_name))
		return ERR_OK;
	slice_t kept = pile_copy(&index->pile, text);
	if (!kept.ptr)
		return ERR_LIMIT;
	err_t err = table_put(index->names_by_text, text, &slot, NULL);
	if (err)
		return err;
	*ret_name = index->name_count++;
	memcpy(slot, ret_name, sizeof(*ret_name));
	index->names[*ret_name] = (label_name_t){ .text = kept, .newest = NO_PAIR };
	return ERR_OK;
}

static uint32_t hash_of(const label_index_t *index, uint32_t name, slice_t value)
{
	return (uint32_t)num_hash(value, index->seed + name);
}

uint32_t label_index_pair(const label_index_t *index, uint32_t name, slice_t value)
{
	uint32_t hash = hash_of(index, name, value), at = hash, pair;
	while ((pair = slots_next(&index->pair_slots, hash, &at)) != UINT32_MAX) {
		const label_pair_t *row = label_pair_at(index, pair);
		if (row->name == name && slice_eq(label_pair_value(row), value))
			return pair;
	}
	return NO_PAIR;
}

static err_t add_pair(label_index_t *index, uint32_t name, slice_t value, uint32_t *ret_pair)
{
	uint32_t pair = index->pair_slots.count;
	label_pair_t **chunk = &index->pairs[pair / ROWS_A_CHUNK];
	if (pair == PAIRS_MAX)
		return ERR_LIMIT;
	if (!*chunk)
		*chunk = calloc(ROWS_A_CHUNK, sizeof(label_pair_t));
	err_t err = *chunk ? slots_grow(&index->pair_slots) : ERR_NO_MEMORY;
	if (err)
		return err;
	slice_t kept = pile_copy(&index->pile, value);
	if (!kept.ptr)
		return ERR_LIMIT;
	*label_pair_at(index, pair) = (label_pair_t){
		.value = kept.ptr,
		.value_len = (uint32_t)kept.len,
		.name = name,
		.older = index->names[name].newest,
		.room = 1,
	};
	index->names[name].newest = pair;
	slots_add(&index->pair_slots, hash_of(index, name, value));
	*ret_pair = pair;
	return ERR_OK;
}

err_t label_index_intern(label_index_t *index, slice_t name, slice_t value, uint32_t *ret_pair)
{
	uint32_t number;
	env_lock(index->mutex);
	err_t err = intern_name(index, name, &number);
	uint32_t pair = err ? NO_PAIR : label_index_pair(index, number, value);
	if (!err && pair == NO_PAIR)
		err = add_pair(index, number, value, &pair);
	env_unlock(index->mutex);
	if (!err)
		*ret_pair = pair;
	return err;
}

/* Sets. */

static uint32_t hash_pairs(const label_index_t *index, const uint32_t *pairs, size_t count)
{
	return (uint32_t)num_hash(slice_of(pairs, count * sizeof(*pairs)), index->seed);
}

static bool find_pairs(const label_index_t *index, const uint32_t *pairs, size_t count,
                       uint32_t *ret_number)
{
	uint32_t hash = hash_pairs(index, pairs, count), at = hash, number;
	while ((number = slots_next(&index->set_slots, hash, &at)) != UINT32_MAX) {
		const uint32_t *set = label_set_at(index, number);
		if (set[0] == count && memcmp(&set[1], pairs, count * sizeof(*pairs)) == 0) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

bool label_index_find(label_index_t *index, const labels_t *labels, uint32_t *ret_number)
{
	uint32_t pairs[LABELS_MAX] = { 0 }, name;
	bool found = labels->count > 0 && labels->count <= LABELS_MAX;
	env_lock(index->mutex);
	for (size_t i = 0; found && i < labels->count; i++) {
		const label_t *label = &labels->items[i];
		found = label_index_name(index, label->name, &name);
		pairs[i] = found ? label_index_pair(index, name, label->value) : NO_PAIR;
		found = pairs[i] != NO_PAIR;
	}
	if (found)
		found = find_pairs(index, pairs, labels->count, ret_number);
	env_unlock(index->mutex);
	return found;
}

/* Room for one more number at a pair. */
static err_t widen(label_pair_t *pair)
{
	if (pair->count < pair->room)
		return ERR_OK;
	uint32_t room = pair->room < 4 ? 4 : pair->room + pair->room / 2;
	uint32_t *many = malloc(room * sizeof(*many));
	if (!many)
		return ERR_NO_MEMORY;
	memcpy(many, pair->room > 1 ? pair->numbers.many : &pair->numbers.one,
	       pair->count * sizeof(*many));
	if (pair->room > 1)
		free(pair->numbers.many);
	pair->numbers.many = many;
	pair->room = room;
	return ERR_OK;
}

static err_t make_room(label_index_t *index, const uint32_t *pairs, size_t count)
{
	uint32_t number = index->set_slots.count;
	const uint32_t ***chunk = &index->sets[number / ROWS_A_CHUNK];
	if (number == index->spec.sets_max)
		return ERR_LIMIT;
	if (!*chunk)
		*chunk = calloc(ROWS_A_CHUNK, sizeof(const uint32_t *));
	err_t err = *chunk ? slots_grow(&index->set_slots) : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		err = widen(label_pair_at(index, pairs[i]));
	return err;
}

err_t label_index_ready(label_index_t *index, const uint32_t *pairs, size_t count,
                        label_index_set_t *ret_set)
{
	env_lock(index->mutex);
	err_t err = make_room(index, pairs, count);
	uint32_t *set = err ? NULL : pile_take(&index->pile, (count + 1) * sizeof(*set));
	env_unlock(index->mutex);
	if (!set)
		return err ? err : ERR_LIMIT;
	set[0] = (uint32_t)count;
	memcpy(&set[1], pairs, count * sizeof(*set));
	*ret_set = (label_index_set_t){ set, hash_pairs(index, pairs, count) };
	return ERR_OK;
}

err_t label_index_prepare(label_index_t *index, const labels_t *labels, label_index_set_t *ret_set)
{
	uint32_t pairs[LABELS_MAX];
	if (labels->count == 0 || labels->count > LABELS_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < labels->count; i++) {
		const label_t *label = &labels->items[i];
		err_t err = label_index_intern(index, label->name, label->value, &pairs[i]);
		if (err)
			return err;
	}
	return label_index_ready(index, pairs, labels->count, ret_set);
}

uint32_t label_index_commit(label_index_t *index, const label_index_set_t *set)
{
	env_lock(index->mutex);
	uint32_t number = index->set_slots.count;
	index->sets[number / ROWS_A_CHUNK][number % ROWS_A_CHUNK] = set->pairs;
	slots_add(&index->set_slots, set->hash);
	for (uint32_t i = 1; i <= set->pairs[0]; i++) {
		label_pair_t *pair = label_pair_at(index, set->pairs[i]);
		uint32_t *numbers = pair->room > 1 ? pair->numbers.many : &pair->numbers.one;
		numbers[pair->count++] = number;
	}
	env_unlock(index->mutex);
	return number;
}

/* What is there. */

uint32_t label_index_count(label_index_t *index)
{
	env_lock(index->mutex);
	uint32_t count = index->set_slots.count;
	env_unlock(index->mutex);
	return count;
}

size_t label_index_bytes(label_index_t *index)
{
	env_lock(index->mutex);
	size_t bytes = index->pile.bytes;
	env_unlock(index->mutex);
	return bytes;
}

void label_index_labels(const label_index_t *index, uint32_t number, label_t room[LABELS_MAX],
                        labels_t *ret_labels)
{
	const uint32_t *set = label_set_at(index, number);
	for (uint32_t i = 0; i < set[0]; i++) {
		const label_pair_t *pair = label_pair_at(index, set[i + 1]);
		room[i] = (label_t){ index->names[pair->name].text, label_pair_value(pair) };
	}
	*ret_labels = (labels_t){ room, set[0] };
}
