/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_PLAN_H
#define FLEET_PLAN_H
/* Which block reads cover the points of a device: neighbours of one table and one
 * period are read together, bridging up to the device's gap and never asking for
 * more than it takes. A block the device refuses is halved (plan_split), so that
 * one missing register does not hide the others.
 *
 * Ownership: plan_new allocates once; nothing grows later. */
#include "model/catalogue.h"

typedef struct {
	point_table_t table;
	uint16_t address, quantity; /* registers or bits */
	uint32_t first, count;      /* of plan_t.points */
	int64_t period_ns;
	int64_t due_ns; /* monotonic; kept by the driver */
} plan_block_t;

typedef struct {
	const point_t **points; /* by period, table, address */
	size_t point_count;
	plan_block_t *blocks; /* room for one block a point */
	size_t block_count;
} plan_t;

MUST_CHECK err_t plan_new(const catalogue_t *catalogue, const device_t *device, plan_t **ret_plan);
void plan_free(plan_t *plan);
/* Replaces block i by its two halves; false when it holds one point only. */
bool plan_split(plan_t *plan, size_t i);
#endif
