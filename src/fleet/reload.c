/* SPDX-License-Identifier: Apache-2.0 */
/* Another catalogue for a fleet that runs. All that can fail comes first: the lines,
 * links and tables of the new catalogue are made beside the old ones. The exchange itself
 * is one turn of the device loop, so nobody sees half of it; a port is opened by its
 * links later, when a line that had it before is gone. */
#include <stdlib.h>

#include "fleet/state.h"

typedef struct {
	fleet_t *fleet;
	const catalogue_t *catalogue;
	link_t **links;      /* by device index of the new catalogue: kept ones and fresh ones */
	bool *is_fresh;      /* likewise */
	fleet_line_t *lines; /* by port index of the new catalogue, likewise */
	bool *is_fresh_line;
	device_status_t *statuses;
	uint8_t *outside;
} exchange_t;

/* The old link of a device, or NULL. */
static link_t *find_link(const fleet_t *fleet, device_id_t id)
{
	const catalogue_t *old = fleet->spec.catalogue;
	const device_t *device = catalogue_device(old, id);
	return device ? fleet->links[device - old->devices] : NULL;
}

/* The old line of a port, or NULL. */
static const fleet_line_t *find_line(const fleet_t *fleet, const port_t *port)
{
	for (size_t i = 0; i < fleet->spec.catalogue->port_count; i++)
		if (port_eq(line_port(fleet->lines[i].line), port))
			return &fleet->lines[i];
	return NULL;
}

static err_t prepare_line(exchange_t *x, size_t i)
{
	const port_t *port = &x->catalogue->ports[i];
	const fleet_line_t *old = find_line(x->fleet, port);
	x->is_fresh_line[i] = !old;
	if (!old)
		return line_new(x->fleet->spec.device_loop, port, &x->lines[i].line);
	x->lines[i] = *old;
	return ERR_OK;
}

static err_t prepare_link(exchange_t *x, size_t i)
{
	const device_t *device = &x->catalogue->devices[i];
	link_t *old = find_link(x->fleet, device->id);
	x->is_fresh[i] = !old || !link_fits(old, x->catalogue, device);
	if (x->is_fresh[i])
		return fleet_open_link(x->fleet, &(fleet_plant_t){ x->catalogue, x->lines }, i,
		                       &x->links[i]);
	x->links[i] = old;
	return ERR_OK;
}

static err_t prepare(exchange_t *x)
{
	const catalogue_t *c = x->catalogue;
	x->links = calloc(c->device_count + 1, sizeof(*x->links));
	x->is_fresh = calloc(c->device_count + 1, sizeof(*x->is_fresh));
	x->lines = calloc(c->port_count + 1, sizeof(*x->lines));
	x->is_fresh_line = calloc(c->port_count + 1, sizeof(*x->is_fresh_line));
	x->statuses = calloc(c->device_count + 1, sizeof(*x->statuses));
	x->outside = calloc(c->point_count + 1, 1);
	bool is_whole = x->links && x->is_fresh && x->lines && x->is_fresh_line && x->statuses &&
	                x->outside;
	err_t err = is_whole ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < c->port_count; i++)
		err = prepare_line(x, i);
	for (size_t i = 0; !err && i < c->device_count; i++)
		err = prepare_link(x, i);
	return err;
}

/* Frees what was made and is not in use. */
static void discard(exchange_t *x)
{
	for (size_t i = 0; x->links && x->is_fresh && i < x->catalogue->device_count; i++)
		if (x->is_fresh[i])
			link_free(x->links[i]);
	for (size_t i = 0; x->lines && x->is_fresh_line && i < x->catalogue->port_count; i++)
		if (x->is_fresh_line[i])
			line_free(x->lines[i].line);
	free(x->links);
	free(x->is_fresh);
	free(x->lines);
	free(x->is_fresh_line);
	free(x->statuses);
	free(x->outside);
}

static void retire(fleet_t *fleet, link_t *link)
{
	bool was_up = link_state(link) == LINK_UP;
	link_retire(link);
	if (was_up) {
		metric_add(&fleet->metrics, METRIC_DEVICES_UP, -1);
		fleet_note_state(fleet, link, MSG_DEVICE_DOWN);
	}
	link_free(link);
}

static bool is_kept(const exchange_t *x, const link_t *link)
{
	const device_t *device = catalogue_device(x->catalogue, link_device(link)->id);
	return device && x->links[device - x->catalogue->devices] == link;
}

static void settle_links(exchange_t *x)
{
	fleet_t *fleet = x->fleet;
	for (size_t i = 0; i < fleet->spec.catalogue->device_count; i++)
		if (!is_kept(x, fleet->links[i]))
			retire(fleet, fleet->links[i]);
	for (size_t i = 0; i < x->catalogue->device_count; i++) {
		if (!x->is_fresh[i])
			link_rebind(x->links[i], x->catalogue, i);
		x->statuses[i] = link_status(x->links[i]);
	}
}

static bool is_kept_line(const exchange_t *x, const line_t *line)
{
	for (size_t i = 0; i < x->catalogue->port_count; i++)
		if (x->lines[i].line == line)
			return true;
	return false;
}

/* After their links. */
static void settle_lines(exchange_t *x)
{
	const fleet_t *fleet = x->fleet;
	for (size_t i = 0; i < fleet->spec.catalogue->port_count; i++)
		if (!is_kept_line(x, fleet->lines[i].line))
			line_free(fleet->lines[i].line);
	for (size_t i = 0; i < x->catalogue->port_count; i++)
		line_rebind(x->lines[i].line, &x->catalogue->ports[i]);
}

/* Points keep what was last seen of them; limits that changed are judged with the
 * next sample. */
static void carry_over(exchange_t *x)
{
	const catalogue_t *old = x->fleet->spec.catalogue, *c = x->catalogue;
	for (size_t i = 0; i < c->point_count; i++) {
		const point_t *point = catalogue_point(old, c->points[i].id);
		x->outside[i] = point ? x->fleet->outside[point - old->points] : 0;
	}
}

static void commit(exchange_t *x)
{
	fleet_t *fleet = x->fleet;
	carry_over(x);
	settle_links(x);
	settle_lines(x);
	env_lock(fleet->mutex);
	free(fleet->statuses);
	fleet->statuses = x->statuses;
	fleet->status_count = x->catalogue->device_count;
	env_unlock(fleet->mutex);
	free(fleet->links);
	free(fleet->outside);
	free(fleet->lines);
	free(x->is_fresh);
	free(x->is_fresh_line);
	fleet->links = x->links;
	fleet->lines = x->lines;
	fleet->outside = x->outside;
	fleet->spec.catalogue = x->catalogue;
	orders_reload(fleet->orders, x->catalogue);
}

err_t fleet_reload(fleet_t *fleet, const catalogue_t *catalogue)
{
	exchange_t x = { .fleet = fleet, .catalogue = catalogue };
	err_t err = prepare(&x);
	if (err)
		discard(&x);
	else
		commit(&x);
	return err;
}
