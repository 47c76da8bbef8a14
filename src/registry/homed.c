/* SPDX-License-Identifier: Apache-2.0 */
/* Few prefixes are homed, and they are asked for only when a name is not under the own
 * prefix, so they are looked through one by one. */
#include "registry/homed.h"

#include <stdlib.h>

#include "codec/handle/handle.h"

/* Not under any prefix that is served, so no question reaches it. */
static const char RECORD_NAME[] = "0.SITE/HOMED-PREFIXES";
static const char TYPE[] = "PREFIX";

slice_t homed_record_name(void)
{
	return slice_str(RECORD_NAME);
}

static homed_slot_t *slot_of(homed_t *homed, slice_t prefix)
{
	size_t count = atomic_load_explicit(&homed->count, memory_order_relaxed);
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(homed->slots[i].prefix, prefix))
			return &homed->slots[i];
	return NULL;
}

/* The slot is on before the count tells of it. */
static err_t add_slot(homed_t *homed, slice_t prefix)
{
	size_t count = atomic_load_explicit(&homed->count, memory_order_relaxed);
	if (count >= REGISTRY_HOMED_MAX)
		return ERR_LIMIT;
	homed_slot_t *slot = &homed->slots[count];
	slot->memory = malloc(prefix.len + 1);
	if (!slot->memory)
		return ERR_NO_MEMORY;
	slice_fold_upper(prefix, slot->memory);
	slot->prefix = slice_of(slot->memory, prefix.len);
	atomic_store_explicit(&slot->is_on, true, memory_order_relaxed);
	atomic_store_explicit(&homed->count, count + 1, memory_order_release);
	return ERR_OK;
}

static err_t turn_on(homed_t *homed, slice_t prefix)
{
	homed_slot_t *slot = slot_of(homed, prefix);
	if (!slot)
		return add_slot(homed, prefix);
	atomic_store_explicit(&slot->is_on, true, memory_order_release);
	return ERR_OK;
}

static bool record_has(const record_t *record, slice_t prefix)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	while (handle_value_next(&iter, &value))
		if (slice_eq_nocase(value.data, prefix))
			return true;
	return false;
}

err_t homed_load(homed_t *homed, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	size_t count = atomic_load_explicit(&homed->count, memory_order_relaxed);
	err_t err = ERR_OK;
	for (size_t i = 0; i < count; i++)
		if (!record_has(record, homed->slots[i].prefix))
			atomic_store_explicit(&homed->slots[i].is_on, false, memory_order_release);
	while (!err && handle_value_next(&iter, &value))
		err = turn_on(homed, value.data);
	return iter.in.bad ? ERR_CORRUPT : err;
}

void homed_done(homed_t *homed)
{
	size_t count = atomic_exchange(&homed->count, 0);
	for (size_t i = 0; i < count; i++)
		free(homed->slots[i].memory);
}

bool homed_has(const homed_t *homed, slice_t prefix)
{
	size_t count = atomic_load_explicit(&homed->count, memory_order_acquire);
	for (size_t i = 0; i < count; i++) {
		const homed_slot_t *slot = &homed->slots[i];
		if (slot->prefix.len == prefix.len && slice_eq_nocase(slot->prefix, prefix))
			return atomic_load_explicit(&slot->is_on, memory_order_acquire);
	}
	return false;
}

bool homed_get(const homed_t *homed, size_t i, slice_t *ret_prefix)
{
	size_t count = atomic_load_explicit(&homed->count, memory_order_acquire);
	for (size_t at = 0; at < count; at++) {
		const homed_slot_t *slot = &homed->slots[at];
		if (!atomic_load_explicit(&slot->is_on, memory_order_acquire) || i-- > 0)
			continue;
		*ret_prefix = slot->prefix;
		return true;
	}
	return false;
}

/* All values but the prefix's; the last one's index is the greatest. */
static err_t copy_others(const record_t *base, slice_t prefix, writer_t *w, uint32_t *ret_count,
                         uint32_t *ret_last)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(base));
	handle_value_t value = { .index = 0 };
	uint32_t count = 0;
	while (handle_value_next(&iter, &value)) {
		if (slice_eq_nocase(value.data, prefix))
			continue;
		wr_bytes(w, value.bytes);
		count++;
	}
	*ret_count = count;
	*ret_last = value.index;
	return iter.in.bad ? ERR_CORRUPT : ERR_OK;
}

static void write_prefix(slice_t prefix, uint32_t index, uint32_t now_s, writer_t *w)
{
	handle_value_t value = { .index = index,
		                 .timestamp_s = now_s,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .type = slice_str(TYPE),
		                 .data = prefix };
	handle_value_encode(&value, w);
}

err_t homed_compose(compose_t *room, const record_t *base, slice_t prefix, bool is_on,
                    record_t *ret_record)
{
	uint32_t last = 0;
	writer_t w = writer_of(room->values, sizeof(room->values));
	record_t after = { .count = 0 };
	if (record_has(base, prefix) == is_on)
		return is_on ? ERR_EXISTS : ERR_NOT_FOUND;
	if (is_on && base->count >= REGISTRY_HOMED_MAX)
		return ERR_LIMIT;
	err_t err = copy_others(base, prefix, &w, &after.count, &last);
	if (err)
		return err;
	if (is_on) {
		write_prefix(prefix, last + 1, room->now_s, &w);
		after.count++;
	}
	after.values = writer_done(&w);
	*ret_record = after;
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}
