/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CATALOGUE_H
#define MODEL_CATALOGUE_H
/* The immutable snapshot of what this node knows of: itself, its devices, its
 * points. Node builds one from the configuration and the journalled ids and
 * publishes it; everybody else reads it. */
#include "model/device.h"
#include "model/node.h"
#include "model/point.h"

typedef struct {
	uint64_t generation;
	node_info_t node;
	const port_t *ports; /* of serial lines, as configured */
	size_t port_count;
	const device_t *devices; /* sorted by id */
	size_t device_count;
	const point_t *points; /* sorted by id */
	size_t point_count;
} catalogue_t;

/* Each gives NULL when absent. Logarithmic by id, linear by name: keep what you
 * find, not the name. */
const device_t *catalogue_device(const catalogue_t *c, device_id_t id);
const point_t *catalogue_point(const catalogue_t *c, point_id_t id);
const device_t *catalogue_device_named(const catalogue_t *c, slice_t name);
const point_t *catalogue_point_named(const catalogue_t *c, slice_t name);
/* The device that answers at this address and unit (port ignored when 0). */
const device_t *catalogue_device_at(const catalogue_t *c, ip_t ip, uint16_t port, uint8_t unit);
/* The point of the device that covers `address` in `table`. */
const point_t *catalogue_point_at(const catalogue_t *c, device_id_t device, point_table_t table,
                                  uint16_t address);
#endif
