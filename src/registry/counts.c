/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/counts.h"

#include "model/record.h"

enum { VARINT_MAX = 10 };

static const uint64_t SEED = UINT64_C(0x6a09e667f3bcc908);

void counts_done(counts_t *counts)
{
	table_free(counts->table);
	counts->table = NULL;
}

static err_t add(counts_t *counts, slice_t folded, int64_t names)
{
	void *value = NULL;
	if (!counts->table)
		counts->table = table_new(sizeof(int64_t), COUNTS_MAX, SEED);
	if (!counts->table)
		return ERR_NO_MEMORY;
	err_t err = table_put(counts->table, folded, &value, NULL);
	if (!err)
		*(int64_t *)value += names;
	return err;
}

err_t counts_add(counts_t *counts, slice_t name, int64_t names)
{
	uint8_t folded[RECORD_NAME_MAX];
	slice_t prefix = slice_sub(name, 0, slice_find(name, '/'));
	if (prefix.len > sizeof(folded))
		return ERR_TOO_BIG;
	slice_fold_upper(prefix, folded);
	return names ? add(counts, slice_of(folded, prefix.len), names) : ERR_OK;
}

err_t counts_fold(counts_t *counts, counts_t *from)
{
	slice_t key;
	void *value;
	for (size_t at = 0; from->table && table_next(from->table, &at, &key, &value);) {
		err_t err = add(counts, key, *(const int64_t *)value);
		if (err)
			return err;
		*(int64_t *)value = 0;
	}
	counts_done(from);
	return ERR_OK;
}

uint64_t counts_of(const counts_t *counts, slice_t prefix)
{
	uint8_t folded[RECORD_NAME_MAX];
	if (!counts->table || prefix.len > sizeof(folded))
		return 0;
	slice_fold_upper(prefix, folded);
	const int64_t *names = table_get(counts->table, slice_of(folded, prefix.len));
	return names && *names > 0 ? (uint64_t)*names : 0;
}

size_t counts_room(const counts_t *counts)
{
	slice_t key;
	void *value;
	size_t room = 0;
	for (size_t at = 0; counts->table && table_next(counts->table, &at, &key, &value);)
		room += key.len + 2 * VARINT_MAX;
	return room;
}

void counts_write(const counts_t *counts, writer_t *w)
{
	slice_t key;
	void *value;
	for (size_t at = 0; counts->table && table_next(counts->table, &at, &key, &value);) {
		const int64_t *names = value;
		wr_string(w, key);
		wr_varint(w, *names > 0 ? (uint64_t)*names : 0);
	}
}

err_t counts_read(slice_t bytes, counts_t *ret_counts)
{
	counts_t counts = { NULL };
	reader_t r = reader_of(bytes);
	err_t err = ERR_OK;
	while (!err && !r.bad && r.in.len > 0) {
		slice_t prefix = rd_string(&r);
		uint64_t names = rd_varint(&r);
		err = r.bad || names > INT64_MAX ? ERR_CORRUPT
		                                 : add(&counts, prefix, (int64_t)names);
	}
	if (err)
		counts_done(&counts);
	else
		*ret_counts = counts;
	return err;
}
