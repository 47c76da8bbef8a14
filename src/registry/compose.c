/* SPDX-License-Identifier: Apache-2.0 */
/* A merge of two lists sorted by index: what the record has, and what is given. */
#include "registry/compose.h"

#include <stdlib.h>

#include "codec/handle/handle.h"

enum { INDEX_BYTES = 4, STAMP_BYTES = 4 };

/* The value at the front of `r` with its bytes. */
static compose_item_t item_read(reader_t *r, bool *ret_is_typed)
{
	slice_t from = r->in;
	handle_value_t value = handle_value_read(r);
	*ret_is_typed = value.type.len > 0;
	return (compose_item_t){ value.index, slice_sub(from, 0, from.len - r->in.len) };
}

static int by_index(const void *a, const void *b)
{
	uint32_t left = ((const compose_item_t *)a)->index;
	uint32_t right = ((const compose_item_t *)b)->index;
	return left < right ? -1 : left > right;
}

/* Sorts what was given and sees to it that each index is there once. */
static err_t given_sort(compose_item_t *given, uint32_t count)
{
	qsort(given, count, sizeof(*given), by_index);
	for (uint32_t i = 0; i < count; i++)
		if (given[i].index == 0 || (i > 0 && given[i].index == given[i - 1].index))
			return ERR_INVALID;
	return ERR_OK;
}

static err_t given_read(compose_t *room, compose_kind_t kind, const registry_change_t *change)
{
	reader_t r = reader_of(change->values);
	bool is_typed = true;
	if (change->count > RECORD_VALUES_MAX)
		return ERR_TOO_BIG;
	for (uint32_t i = 0; i < change->count && !r.bad && is_typed; i++) {
		if (kind == COMPOSE_SUBTRACT)
			room->given[i] = (compose_item_t){ .index = rd_u32(&r) };
		else
			room->given[i] = item_read(&r, &is_typed);
	}
	if (r.bad || (is_typed && r.in.len > 0))
		return ERR_MALFORMED;
	return is_typed ? given_sort(room->given, change->count) : ERR_INVALID;
}

static void stamp(const compose_item_t *item, uint32_t now_s, writer_t *w)
{
	wr_u32(w, item->index);
	wr_u32(w, now_s);
	wr_bytes(w, slice_from(item->bytes, INDEX_BYTES + STAMP_BYTES));
}

typedef struct {
	compose_kind_t kind;
	const compose_item_t *given;
	uint32_t given_left, base_left, now_s, count;
	reader_t base;
	writer_t out;
} merge_t;

/* Writes the given values below `index`; an index to remove must not be among
 * them, since it would then be none of the base's. */
static err_t merge_given(merge_t *m, uint64_t below)
{
	while (m->given_left > 0 && m->given->index < below) {
		if (m->kind == COMPOSE_SUBTRACT)
			return ERR_NOT_FOUND;
		stamp(m->given, m->now_s, &m->out);
		m->count++;
		m->given++;
		m->given_left--;
	}
	return ERR_OK;
}

static err_t merge_base(merge_t *m)
{
	bool is_typed;
	compose_item_t item = item_read(&m->base, &is_typed);
	if (m->base.bad)
		return ERR_CORRUPT;
	err_t err = merge_given(m, item.index);
	bool is_hit = m->given_left > 0 && m->given->index == item.index;
	if (err || (is_hit && m->kind == COMPOSE_ADD))
		return err; /* the given one follows in its turn */
	if (is_hit) {
		m->given++;
		m->given_left--;
		return ERR_OK;
	}
	wr_bytes(&m->out, item.bytes);
	m->count++;
	return ERR_OK;
}

err_t registry_compose(compose_t *room, compose_kind_t kind, const record_t *base,
                       const registry_change_t *change, record_t *ret_record)
{
	if (kind == COMPOSE_NONE) {
		*ret_record = (record_t){ .count = base->count, .values = base->values };
		return ERR_OK;
	}
	err_t err = given_read(room, kind, change);
	merge_t m = {
		.kind = kind,
		.given = room->given,
		.given_left = change->count,
		.base_left = kind == COMPOSE_ALL ? 0 : base->count,
		.now_s = room->now_s,
		.base = reader_of(base->values),
		.out = writer_of(room->values, sizeof(room->values)),
	};
	for (; !err && m.base_left > 0; m.base_left--)
		err = merge_base(&m);
	if (!err)
		err = merge_given(&m, UINT64_MAX);
	if (err)
		return err;
	if (m.out.bad || m.count > RECORD_VALUES_MAX)
		return ERR_TOO_BIG;
	if (m.count == 0)
		return ERR_INVALID;
	*ret_record = (record_t){ .count = m.count, .values = writer_done(&m.out) };
	return ERR_OK;
}
