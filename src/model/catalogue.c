/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups over the sorted arrays of a catalogue. Both kinds of row begin with
 * their id, but each has its own search: two short loops are clearer than one
 * that counts bytes. */
#include "model/catalogue.h"

const device_t *catalogue_device(const catalogue_t *c, device_id_t id)
{
	size_t low = 0, high = c->device_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (c->devices[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	bool found = low < c->device_count && c->devices[low].id == id;
	return found ? &c->devices[low] : NULL;
}

const point_t *catalogue_point(const catalogue_t *c, point_id_t id)
{
	size_t low = 0, high = c->point_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (c->points[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	bool found = low < c->point_count && c->points[low].id == id;
	return found ? &c->points[low] : NULL;
}

const device_t *catalogue_device_named(const catalogue_t *c, slice_t name)
{
	for (size_t i = 0; i < c->device_count; i++)
		if (slice_eq(name, slice_str(c->devices[i].name)))
			return &c->devices[i];
	return NULL;
}

const point_t *catalogue_point_named(const catalogue_t *c, slice_t name)
{
	for (size_t i = 0; i < c->point_count; i++)
		if (slice_eq(name, slice_str(c->points[i].name)))
			return &c->points[i];
	return NULL;
}

const device_t *catalogue_device_at(const catalogue_t *c, ip_t ip, uint16_t port, uint8_t unit)
{
	for (size_t i = 0; i < c->device_count; i++) {
		const device_t *d = &c->devices[i];
		bool port_fits = port == 0 || d->addr.port == port;
		if (port_fits && d->unit == unit && ip_eq(d->addr.ip, ip))
			return d;
	}
	return NULL;
}

static bool covers(const point_address_t *a, point_table_t table, uint16_t address)
{
	return a->table == table && address >= a->address && address - a->address < a->words;
}

const point_t *catalogue_point_at(const catalogue_t *c, device_id_t device, point_table_t table,
                                  uint16_t address)
{
	for (size_t i = 0; i < c->point_count; i++) {
		const point_t *p = &c->points[i];
		if (p->device == device && covers(&p->address, table, address))
			return p;
	}
	return NULL;
}
