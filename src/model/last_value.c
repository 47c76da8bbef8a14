/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence lock per point: the writer makes the count odd, stores the fields,
 * makes it even; a reader that saw an odd or a changed count reads again.
 *
 * Every field is atomic and carries its own release or acquire instead of
 * fences, because race detectors do not follow fences: a reader that takes a
 * field of a later put also sees the odd count that came before it. On the
 * machines we serve these are plain loads and stores. */
#include "model/last_value.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct {
	_Atomic uint32_t count;        /* odd while a put is under way; 0: nothing yet */
	_Atomic uint32_t type_quality; /* type in the high byte of 16 bits */
	_Atomic int64_t source_ns, node_ns;
	_Atomic uint64_t bits;
} entry_t;

struct last_value {
	size_t points_max;
	entry_t entries[]; /* of point id 1 first */
};

last_value_t *last_value_new(size_t points_max)
{
	size_t bytes = 0;
	if (__builtin_mul_overflow(points_max, sizeof(entry_t), &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(last_value_t), &bytes))
		return NULL;
	last_value_t *table = calloc(1, bytes);
	if (table)
		table->points_max = points_max;
	return table;
}

void last_value_free(last_value_t *table)
{
	free(table);
}

static bool is_older(entry_t *e, uint32_t count, int64_t source_ns)
{
	return count != 0 && source_ns < atomic_load_explicit(&e->source_ns, memory_order_relaxed);
}

void last_value_put(last_value_t *table, const sample_t *sample)
{
	assert(sample->value.type != VALUE_TEXT);
	if (sample->point == 0 || sample->point > table->points_max)
		return;
	entry_t *e = &table->entries[sample->point - 1];
	uint32_t count = atomic_load_explicit(&e->count, memory_order_relaxed);
	if (is_older(e, count, sample->source.ns))
		return;
	uint32_t kind = (uint32_t)sample->value.type << 8 | (uint32_t)sample->quality;
	atomic_store_explicit(&e->count, count + 1, memory_order_relaxed);
	atomic_store_explicit(&e->type_quality, kind, memory_order_release);
	atomic_store_explicit(&e->source_ns, sample->source.ns, memory_order_release);
	atomic_store_explicit(&e->node_ns, sample->node.ns, memory_order_release);
	atomic_store_explicit(&e->bits, value_bits(&sample->value), memory_order_release);
	/* A wrapped count skips zero, which means that nothing was put. */
	atomic_store_explicit(&e->count, count + 2 ? count + 2 : 2, memory_order_release);
}

/* False when a put came between. */
static bool read_entry(const entry_t *e, uint32_t count, sample_t *ret_sample)
{
	uint32_t kind = atomic_load_explicit(&e->type_quality, memory_order_acquire);
	int64_t source_ns = atomic_load_explicit(&e->source_ns, memory_order_acquire);
	int64_t node_ns = atomic_load_explicit(&e->node_ns, memory_order_acquire);
	uint64_t bits = atomic_load_explicit(&e->bits, memory_order_acquire);
	if (atomic_load_explicit(&e->count, memory_order_relaxed) != count)
		return false;
	ret_sample->source = (source_time_t){ source_ns };
	ret_sample->node = (node_time_t){ node_ns };
	ret_sample->value = value_from_bits((value_type_t)(kind >> 8), bits);
	ret_sample->quality = (quality_t)(kind & 0xFF);
	return true;
}

bool last_value_get(const last_value_t *table, point_id_t point, sample_t *ret_sample)
{
	if (point == 0 || point > table->points_max)
		return false;
	const entry_t *e = &table->entries[point - 1];
	for (;;) {
		uint32_t count = atomic_load_explicit(&e->count, memory_order_acquire);
		if (count == 0)
			return false;
		sample_t sample = { .point = point };
		if ((count & 1) == 0 && read_entry(e, count, &sample)) {
			*ret_sample = sample;
			return true;
		}
	}
}
