/* SPDX-License-Identifier: Apache-2.0 */
/* Names, pairs and sets as they are numbered, so that reading them again gives the same
 * numbers without a text being looked up twice. */
#include <stdlib.h>

#include "series/label_index_impl.h"

/* A varint of 32 bits. */
enum { NUMBER_BYTES = 5 };

void label_index_save(label_index_t *index, uint32_t count, writer_t *w)
{
	env_lock(index->mutex);
	uint32_t names = index->name_count, pairs = index->pair_slots.count;
	env_unlock(index->mutex);
	wr_varint(w, names);
	for (uint32_t i = 0; i < names; i++)
		wr_string(w, index->names[i].text);
	wr_varint(w, pairs);
	for (uint32_t i = 0; i < pairs; i++) {
		const label_pair_t *pair = label_pair_at(index, i);
		wr_varint(w, pair->name);
		wr_string(w, label_pair_value(pair));
	}
	wr_varint(w, count);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t *set = label_set_at(index, i);
		for (uint32_t k = 0; k <= set[0]; k++)
			wr_varint(w, set[k]);
	}
}

/* Texts and sets are in the pile, where a number of a set takes four bytes. */
size_t label_index_save_bound(label_index_t *index)
{
	env_lock(index->mutex);
	size_t rows = index->name_count + (size_t)index->pair_slots.count * 2;
	size_t bound = index->pile.bytes + index->pile.bytes / 4 + (rows + 3) * NUMBER_BYTES;
	env_unlock(index->mutex);
	return bound;
}

static err_t load_pairs(label_index_t *index, const slice_t *names, uint32_t name_count,
                        reader_t *r)
{
	uint64_t count = rd_varint(r);
	for (uint64_t i = 0; i < count; i++) {
		uint32_t pair;
		uint64_t name = rd_varint(r);
		slice_t value = rd_string(r);
		if (r->bad || name >= name_count)
			return ERR_CORRUPT;
		err_t err = label_index_intern(index, names[name], value, &pair);
		if (err || pair != i)
			return err ? err : ERR_CORRUPT;
	}
	return ERR_OK;
}

static err_t load_set(label_index_t *index, uint32_t pair_count, reader_t *r)
{
	uint32_t pairs[LABELS_MAX];
	label_index_set_t set;
	uint64_t count = rd_varint(r);
	if (r->bad || count == 0 || count > LABELS_MAX)
		return ERR_CORRUPT;
	for (size_t i = 0; i < count; i++) {
		uint64_t pair = rd_varint(r);
		if (r->bad || pair >= pair_count)
			return ERR_CORRUPT;
		pairs[i] = (uint32_t)pair;
	}
	err_t err = label_index_ready(index, pairs, (size_t)count, &set);
	if (!err)
		(void)label_index_commit(index, &set);
	return err;
}

static err_t load_names(reader_t *r, slice_t *names, uint32_t *ret_count)
{
	uint64_t count = rd_varint(r);
	if (count > LABEL_INDEX_NAMES)
		return ERR_CORRUPT;
	for (uint64_t i = 0; i < count; i++)
		names[i] = rd_string(r);
	*ret_count = (uint32_t)count;
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

err_t label_index_load(label_index_t *index, reader_t *r)
{
	uint32_t name_count = 0;
	slice_t *names = calloc(LABEL_INDEX_NAMES, sizeof(*names));
	err_t err = names ? load_names(r, names, &name_count) : ERR_NO_MEMORY;
	if (!err)
		err = load_pairs(index, names, name_count, r);
	free(names);
	uint64_t count = err ? 0 : rd_varint(r);
	for (uint64_t i = 0; !err && i < count; i++)
		err = load_set(index, index->pair_slots.count, r);
	return err ? err : r->bad ? ERR_CORRUPT : ERR_OK;
}
