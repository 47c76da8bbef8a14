/* SPDX-License-Identifier: Apache-2.0 */
/* Points in order of place; a block grows as long as the next point fits. */
#include "fleet/plan.h"

#include <stdlib.h>

enum { BITS_MAX = 2000 };

static int by_place(const void *a, const void *b)
{
	const point_t *x = *(const point_t *const *)a, *y = *(const point_t *const *)b;
	if (x->period_ns != y->period_ns)
		return x->period_ns < y->period_ns ? -1 : 1;
	if (x->address.table != y->address.table)
		return x->address.table < y->address.table ? -1 : 1;
	return (x->address.address > y->address.address) -
	       (x->address.address < y->address.address);
}

static uint32_t point_end(const point_t *point)
{
	return (uint32_t)point->address.address + point->address.words;
}

/* True when the block may grow to take the point in. */
static bool fits(const plan_block_t *block, const device_t *device, const point_t *point)
{
	bool is_bits = point_table_is_bits(point->address.table);
	uint32_t max = is_bits ? BITS_MAX : device->registers_max;
	uint32_t end = (uint32_t)block->address + block->quantity;
	return block->table == point->address.table && block->period_ns == point->period_ns &&
	       point->address.address <= end + device->gap_max &&
	       point_end(point) - block->address <= max;
}

/* The block that exactly covers points [first, first+count). */
static plan_block_t cover(const plan_t *plan, uint32_t first, uint32_t count)
{
	const point_t *head = plan->points[first];
	uint32_t end = 0;
	for (uint32_t i = 0; i < count; i++)
		if (point_end(plan->points[first + i]) > end)
			end = point_end(plan->points[first + i]);
	return (plan_block_t){
		.table = head->address.table,
		.address = head->address.address,
		.quantity = (uint16_t)(end - head->address.address),
		.first = first,
		.count = count,
		.period_ns = head->period_ns,
	};
}

static void make_blocks(plan_t *plan, const device_t *device)
{
	for (size_t i = 0; i < plan->point_count; i++) {
		plan_block_t *last = plan->block_count ? &plan->blocks[plan->block_count - 1]
		                                       : NULL;
		if (last && fits(last, device, plan->points[i]))
			*last = cover(plan, last->first, last->count + 1);
		else
			plan->blocks[plan->block_count++] = cover(plan, (uint32_t)i, 1);
	}
}

static size_t collect(const catalogue_t *catalogue, const device_t *device, const point_t **points)
{
	size_t n = 0;
	for (size_t i = 0; i < catalogue->point_count; i++)
		if (catalogue->points[i].device == device->id) {
			if (points)
				points[n] = &catalogue->points[i];
			n++;
		}
	return n;
}

err_t plan_new(const catalogue_t *catalogue, const device_t *device, plan_t **ret_plan)
{
	size_t n = collect(catalogue, device, NULL);
	plan_t *plan = calloc(1, sizeof(*plan));
	if (!plan)
		return ERR_NO_MEMORY;
	plan->points = calloc(n + 1, sizeof(const point_t *));
	plan->blocks = calloc(n + 1, sizeof(*plan->blocks));
	if (!plan->points || !plan->blocks) {
		plan_free(plan);
		return ERR_NO_MEMORY;
	}
	plan->point_count = collect(catalogue, device, plan->points);
	qsort(plan->points, n, sizeof(const point_t *), by_place);
	make_blocks(plan, device);
	*ret_plan = plan;
	return ERR_OK;
}

void plan_free(plan_t *plan)
{
	if (!plan)
		return;
	free(plan->points);
	free(plan->blocks);
	free(plan);
}

bool plan_split(plan_t *plan, size_t i)
{
	plan_block_t whole = plan->blocks[i];
	if (whole.count < 2)
		return false;
	uint32_t half = whole.count / 2;
	plan->blocks[i] = cover(plan, whole.first, half);
	plan->blocks[i].due_ns = whole.due_ns;
	plan->blocks[plan->block_count] = cover(plan, whole.first + half, whole.count - half);
	plan->blocks[plan->block_count++].due_ns = whole.due_ns;
	return true;
}
