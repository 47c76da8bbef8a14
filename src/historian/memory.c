/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of all points share one pool that is made once, so that taking a sample
 * asks for no memory; only a point id never seen before may. */
#include "historian/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { NONE = 0 }; /* row 0 is never used, so that 0 can end a chain */

typedef struct {
	block_row_t row;
	uint32_t next;
} pool_row_t;

typedef struct {
	uint32_t head, tail, count;
} chain_t;

struct memory {
	pool_row_t *rows;
	size_t cap, used;
	chain_t *chains; /* by point id */
	size_t chain_cap;
	point_id_t points;
};

memory_t *memory_new(size_t bytes)
{
	memory_t *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	size_t rows = bytes / sizeof(pool_row_t);
	memory->cap = (rows > MEMORY_ROWS_MIN ? rows : MEMORY_ROWS_MIN) + 1;
	memory->rows = calloc(memory->cap, sizeof(pool_row_t));
	memory->used = 1;
	if (!memory->rows) {
		memory_free(memory);
		return NULL;
	}
	return memory;
}

void memory_free(memory_t *memory)
{
	if (!memory)
		return;
	free(memory->rows);
	free(memory->chains);
	free(memory);
}

bool memory_has_room(const memory_t *memory, size_t rows)
{
	return memory->cap - memory->used >= rows;
}

static err_t grow_chains(memory_t *memory, point_id_t point)
{
	size_t cap = memory->chain_cap ? memory->chain_cap : 64;
	while (cap <= point)
		cap *= 2;
	chain_t *chains = realloc(memory->chains, cap * sizeof(*chains));
	if (!chains)
		return ERR_NO_MEMORY;
	memset(chains + memory->chain_cap, 0, (cap - memory->chain_cap) * sizeof(*chains));
	memory->chains = chains;
	memory->chain_cap = cap;
	return ERR_OK;
}

err_t memory_reserve(memory_t *memory, point_id_t point, size_t rows)
{
	if (!memory_has_room(memory, rows) || point > MEMORY_POINTS_MAX)
		return ERR_LIMIT;
	return point >= memory->chain_cap ? grow_chains(memory, point) : ERR_OK;
}

void memory_add(memory_t *memory, const sample_t *sample)
{
	assert(memory->used < memory->cap && sample->point < memory->chain_cap);
	uint32_t at = (uint32_t)memory->used++;
	chain_t *chain = &memory->chains[sample->point];
	memory->rows[at] = (pool_row_t){
		.row = { .source_ns = sample->source.ns,
		         .node_ns = sample->node.ns,
		         .bits = value_bits(&sample->value),
		         .type = (uint8_t)sample->value.type,
		         .quality = (uint8_t)sample->quality },
	};
	if (chain->count++)
		memory->rows[chain->tail].next = at;
	else
		chain->head = at;
	chain->tail = at;
	if (sample->point > memory->points)
		memory->points = sample->point;
}

size_t memory_rows(const memory_t *memory)
{
	return memory->used - 1;
}

point_id_t memory_points(const memory_t *memory)
{
	return memory->points;
}

err_t memory_copy(const memory_t *memory, const memory_range_t *range, block_row_t **ret_rows,
                  size_t *ret_count)
{
	size_t n = 0;
	const chain_t *chain = range->point < memory->chain_cap ? &memory->chains[range->point]
	                                                        : NULL;
	*ret_rows = NULL;
	*ret_count = 0;
	if (!chain || chain->count == 0)
		return ERR_OK;
	block_row_t *rows = malloc(chain->count * sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	for (uint32_t at = chain->head; at != NONE; at = memory->rows[at].next) {
		const block_row_t *row = &memory->rows[at].row;
		if (row->source_ns >= range->from_ns && row->source_ns < range->to_ns)
			rows[n++] = *row;
	}
	qsort(rows, n, sizeof(*rows), block_row_compare);
	*ret_rows = rows;
	*ret_count = n;
	return ERR_OK;
}

void memory_clear(memory_t *memory)
{
	memory->used = 1;
	if (memory->chains)
		memset(memory->chains, 0, memory->chain_cap * sizeof(*memory->chains));
}
