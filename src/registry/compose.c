/* SPDX-License-Identifier: Apache-2.0 */
/* A merge of two lists sorted by index: what the record has, and what is given. Each
 * step sees the value before and after, either of which may be missing. */
#include "registry/compose.h"

#include <stdlib.h>

#include "codec/handle/handle.h"

enum { INDEX_BYTES = 4, STAMP_BYTES = 4 };

static compose_item_t item_read(reader_t *r)
{
	handle_value_t value = handle_value_read(r);
	return (compose_item_t){ .index = value.index,
		                 .time_s = value.timestamp_s,
		                 .perms = value.perms,
		                 .bytes = value.bytes,
		                 .type = value.type };
}

static int by_index(const void *a, const void *b)
{
	uint32_t left = ((const compose_item_t *)a)->index;
	uint32_t right = ((const compose_item_t *)b)->index;
	return left < right ? -1 : left > right;
}

static err_t fail(compose_t *room, uint32_t index, err_t err)
{
	room->index = index;
	return err;
}

/* Sorts what was given and sees to it that each index is there once. */
static err_t given_sort(compose_t *room, uint32_t count)
{
	compose_item_t *given = room->given;
	qsort(given, count, sizeof(*given), by_index);
	for (uint32_t i = 0; i < count; i++)
		if (given[i].index == 0 || (i > 0 && given[i].index == given[i - 1].index))
			return fail(room, given[i].index, ERR_INVALID);
	return ERR_OK;
}

static err_t given_read(compose_t *room, compose_kind_t kind, const registry_change_t *change)
{
	reader_t r = reader_of(change->values);
	bool is_typed = true;
	if (change->count > RECORD_VALUES_MAX)
		return ERR_TOO_BIG;
	for (uint32_t i = 0; i < change->count && !r.bad && is_typed; i++) {
		if (kind == COMPOSE_SUBTRACT) {
			room->given[i] = (compose_item_t){ .index = rd_u32(&r) };
		} else {
			room->given[i] = item_read(&r);
			is_typed = room->given[i].type.len > 0;
		}
	}
	if (r.bad || (is_typed && r.in.len > 0))
		return ERR_MALFORMED;
	return is_typed ? given_sort(room, change->count) : ERR_INVALID;
}

typedef struct {
	compose_kind_t kind;
	compose_t *room;
	const compose_item_t *given;
	uint32_t given_left, base_left, count;
	reader_t base;
	compose_item_t base_item; /* the next of the base, when base_left > 0 */
	writer_t out;
} merge_t;

static bool is_admin(const compose_item_t *item)
{
	return slice_eq_nocase(item->type, SLICE("HS_ADMIN"));
}

static slice_t unstamped(const compose_item_t *item)
{
	return slice_from(item->bytes, INDEX_BYTES + STAMP_BYTES);
}

static uint16_t right_to_remove(const compose_item_t *item)
{
	return is_admin(item) ? HANDLE_ADMIN_REMOVE_ADMIN : HANDLE_ADMIN_REMOVE_VALUE;
}

static uint16_t right_to_add(const compose_item_t *item)
{
	return is_admin(item) ? HANDLE_ADMIN_ADD_ADMIN : HANDLE_ADMIN_ADD_VALUE;
}

static uint16_t right_to_modify(const compose_item_t *before, const compose_item_t *after)
{
	if (is_admin(before) != is_admin(after))
		return right_to_remove(before) | right_to_add(after);
	if (is_admin(before))
		return HANDLE_ADMIN_MODIFY_ADMIN;
	return before->perms & HANDLE_PERM_PUBLIC_WRITE ? 0 : HANDLE_ADMIN_MODIFY_VALUE;
}

static void put_given(merge_t *m, const compose_item_t *item)
{
	const compose_t *room = m->room;
	bool keeps = room->keeps_times && item->time_s > 0 && item->time_s <= room->now_s;
	wr_u32(&m->out, item->index);
	wr_u32(&m->out, keeps ? item->time_s : room->now_s);
	wr_bytes(&m->out, unstamped(item));
	m->count++;
}

static void put_base(merge_t *m, const compose_item_t *item)
{
	wr_bytes(&m->out, item->bytes);
	m->count++;
}

static err_t base_alone(merge_t *m, const compose_item_t *before)
{
	if (m->kind == COMPOSE_ALL)
		m->room->needed |= right_to_remove(before);
	else
		put_base(m, before);
	return ERR_OK;
}

static err_t given_alone(merge_t *m, const compose_item_t *after)
{
	if (m->kind == COMPOSE_SUBTRACT || m->kind == COMPOSE_MODIFY)
		return fail(m->room, after->index, ERR_NOT_FOUND);
	m->room->needed |= right_to_add(after);
	put_given(m, after);
	return ERR_OK;
}

static void note_overwritten(compose_t *room, const compose_item_t *before)
{
	room->overwrote = true;
	if (!(before->perms & HANDLE_PERM_ADMIN_WRITE) && room->read_only == 0)
		room->read_only = before->index;
}

/* What is given as it was keeps its time stamp, unless it was to be modified. */
static void overwrite(merge_t *m, const compose_item_t *before, const compose_item_t *after)
{
	note_overwritten(m->room, before);
	if (m->kind != COMPOSE_MODIFY && slice_eq(unstamped(before), unstamped(after))) {
		put_base(m, before);
		return;
	}
	m->room->needed |= right_to_modify(before, after);
	put_given(m, after);
}

static err_t both(merge_t *m, const compose_item_t *before, const compose_item_t *after)
{
	if (m->kind == COMPOSE_ADD)
		return fail(m->room, after->index, ERR_EXISTS);
	if (m->kind == COMPOSE_SUBTRACT)
		m->room->needed |= right_to_remove(before);
	else
		overwrite(m, before, after);
	return ERR_OK;
}

static err_t base_next(merge_t *m)
{
	if (m->base_left > 0)
		m->base_item = item_read(&m->base);
	return m->base.bad ? ERR_CORRUPT : ERR_OK;
}

static err_t step(merge_t *m)
{
	compose_item_t before = m->base_item;
	const compose_item_t *after = m->given;
	bool has_base = m->base_left > 0 && (m->given_left == 0 || before.index <= after->index);
	bool has_given = m->given_left > 0 && (m->base_left == 0 || after->index <= before.index);
	if (has_given) {
		m->given++;
		m->given_left--;
	}
	if (has_base) {
		m->base_left--;
		err_t err = base_next(m);
		if (err)
			return err;
	}
	if (has_base && has_given)
		return both(m, &before, after);
	return has_base ? base_alone(m, &before) : given_alone(m, after);
}

static err_t merge_all(merge_t *m)
{
	err_t err = base_next(m);
	while (!err && (m->base_left > 0 || m->given_left > 0))
		err = step(m);
	return err;
}

static err_t merged(const merge_t *m, record_t *ret_record)
{
	if (m->out.bad || m->count > RECORD_VALUES_MAX)
		return ERR_TOO_BIG;
	if (m->count == 0)
		return ERR_INVALID;
	*ret_record = (record_t){ .count = m->count, .values = writer_done(&m->out) };
	return ERR_OK;
}

static merge_t merge_of(compose_t *room, compose_kind_t kind, const record_t *base, uint32_t given)
{
	return (merge_t){
		.kind = kind,
		.room = room,
		.given = room->given,
		.given_left = given,
		.base_left = base->count,
		.base = reader_of(base->values),
		.out = writer_of(room->values, sizeof(room->values)),
	};
}

err_t registry_compose(compose_t *room, compose_kind_t kind, const record_t *base,
                       const registry_change_t *change, record_t *ret_record)
{
	room->needed = 0;
	room->index = room->read_only = 0;
	room->overwrote = false;
	if (kind == COMPOSE_NONE) {
		*ret_record = (record_t){ .count = base->count, .values = base->values };
		return ERR_OK;
	}
	err_t err = given_read(room, kind, change);
	merge_t m = merge_of(room, kind, base, change->count);
	if (!err)
		err = merge_all(&m);
	return err ? err : merged(&m, ret_record);
}
