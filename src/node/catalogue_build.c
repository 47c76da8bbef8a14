/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue_build.h"

#include <stdlib.h>

#include "base/arena.h"

/* One block of memory holds the catalogue and every string made for it: its size
 * is counted first, so that building cannot run out half way. */

enum { NAME_MAX_BYTES = 130 };

static size_t count_points(const config_t *config)
{
	size_t n = 0;
	for (size_t i = 0; i < config->device_count; i++)
		n += config->devices[i].point_count;
	return n;
}

static size_t bytes_needed(const config_t *config, size_t points)
{
	size_t names = (points + config->device_count) *
	               (2 * NAME_MAX_BYTES + strlen(config->node.prefix) + 2);
	return sizeof(catalogue_t) + points * sizeof(point_t) +
	       config->device_count * sizeof(device_t) + names + 256;
}

static const char *join(arena_t *arena, const char *head, char between, const char *tail)
{
	size_t len = strlen(head) + strlen(tail) + 2;
	char *text = ARENA_NEW(arena, char, len);
	if (!text)
		return NULL;
	writer_t w = writer_of(text, len);
	wr_format(&w, "%s%c%s", head, between, tail);
	return w.bad ? NULL : text;
}

static err_t add_device(const config_t *config, const config_device_t *from, ids_t *ids,
                        arena_t *arena, device_t *ret_device)
{
	device_id_t id;
	err_t err = ids_get(ids, IDS_DEVICE, slice_str(from->name), &id);
	if (err)
		return err;
	*ret_device = (device_t){
		.id = id,
		.name = from->name,
		.label = { from->label[LANG_EN], from->label[LANG_ZH] },
		.ident = join(arena, config->node.prefix, '/', from->name),
		.protocol = from->protocol,
		.addr = from->addr,
		.port = config_line(config, from->line),
		.unit = from->unit,
		.timeout_ns = from->timeout_ns,
		.registers_max = from->registers_max,
		.gap_max = from->gap_max,
	};
	return ret_device->ident ? ERR_OK : ERR_TOO_BIG;
}

/* Everything but the id. */
static err_t add_point(const config_t *config, const device_t *device, const config_point_t *from,
                       arena_t *arena, point_t *ret_point)
{
	const char *name = join(arena, device->name, '.', from->name);
	const char *ident = name ? join(arena, config->node.prefix, '/', name) : NULL;
	if (!ident)
		return ERR_TOO_BIG;
	*ret_point = (point_t){
		.device = device->id,
		.name = name,
		.label = { from->label[LANG_EN], from->label[LANG_ZH] },
		.unit = from->unit,
		.ident = ident,
		.address = from->address,
		.scale = from->scale,
		.offset = from->offset,
		.states = from->states,
		.limits = from->limits,
		.write = from->write,
		.compress = from->compress,
		.data_class = from->data_class,
		.owner = from->owner,
	};
	return ERR_OK;
}

static int by_device_id(const void *a, const void *b)
{
	device_id_t x = ((const device_t *)a)->id, y = ((const device_t *)b)->id;
	return (x > y) - (x < y);
}

static int by_point_id(const void *a, const void *b)
{
	point_id_t x = ((const point_t *)a)->id, y = ((const point_t *)b)->id;
	return (x > y) - (x < y);
}

static err_t fill(const config_t *config, ids_t *ids, arena_t *arena, catalogue_t *c)
{
	device_t *devices = ARENA_NEW(arena, device_t, config->device_count);
	point_t *points = ARENA_NEW(arena, point_t, count_points(config));
	if (!devices || !points)
		return ERR_NO_MEMORY;
	size_t n = 0;
	for (size_t i = 0; i < config->device_count; i++) {
		const config_device_t *from = &config->devices[i];
		err_t err = add_device(config, from, ids, arena, &devices[i]);
		for (size_t k = 0; !err && k < from->point_count; k++) {
			point_t *point = &points[n++];
			err = add_point(config, &devices[i], &from->points[k], arena, point);
			if (!err)
				err = ids_get(ids, IDS_POINT, slice_str(point->name), &point->id);
			point->period_ns = from->period_ns;
		}
		if (err)
			return err;
	}
	qsort(devices, config->device_count, sizeof(*devices), by_device_id);
	qsort(points, n, sizeof(*points), by_point_id);
	c->ports = config->lines;
	c->port_count = config->line_count;
	c->devices = devices;
	c->device_count = config->device_count;
	c->points = points;
	c->point_count = n;
	return ERR_OK;
}

err_t catalogue_build(const config_t *config, ids_t *ids, uint64_t generation,
                      catalogue_t **ret_catalogue)
{
	size_t bytes = bytes_needed(config, count_points(config));
	uint8_t *block = malloc(bytes);
	if (!block)
		return ERR_NO_MEMORY;
	arena_t arena = arena_of(block, bytes);
	catalogue_t *c = ARENA_NEW(&arena, catalogue_t, 1);
	*c = (catalogue_t){ .generation = generation, .node = config->node };
	err_t err = fill(config, ids, &arena, c);
	if (err) {
		free(block);
		return err;
	}
	*ret_catalogue = c;
	return ERR_OK;
}

void catalogue_destroy(catalogue_t *catalogue)
{
	free(catalogue);
}
