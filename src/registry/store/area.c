/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a store: made, opened, mapped, and let go when nobody can see them. */
#include <stdlib.h>

#include "registry/store/state.h"

#include "base/grow.h"

static const char *const kinds[] = {
	[AREA_INDEX] = "index",
	[AREA_ROWS] = "rows",
	[AREA_NAMES] = "names",
};

void area_path(const registry_store_t *store, area_kind_t kind, uint32_t number,
               char path[PATH_CAP])
{
	writer_t w = writer_of(path, PATH_CAP);
	wr_format(&w, "%s/%u-%s-%u", store->path, store->instance, kinds[kind], number);
	wr_u8(&w, 0);
}

void area_drop(scrap_t *scrap)
{
	area_t *area = (area_t *)(void *)scrap;
	env_map_close(area->map);
	env_file_close(area->file);
	free(area);
}

err_t area_map(registry_store_t *store, area_kind_t kind, area_t *area)
{
	char path[PATH_CAP];
	area_path(store, kind, area->number, path);
	env_map_close(area->map);
	area->map = NULL;
	err_t err = env_map_open(store->env, path, &area->map);
	if (!err)
		area->bytes = env_map_bytes(area->map);
	return err;
}

static err_t area_begin(registry_store_t *store, area_kind_t kind, uint32_t number, env_open_t mode,
                        area_t **ret_area)
{
	char path[PATH_CAP];
	area_t *area = calloc(1, sizeof(*area));
	if (!area)
		return ERR_NO_MEMORY;
	area->scrap.drop = area_drop;
	area->number = number;
	area_path(store, kind, number, path);
	err_t err = env_file_open(store->env, path, mode, &area->file);
	if (err)
		free(area);
	else
		*ret_area = area;
	return err;
}

err_t area_make(registry_store_t *store, area_kind_t kind, uint64_t size, area_t **ret_area)
{
	area_t *area;
	uint32_t number = store->next_number;
	if (!store_fits(store, size))
		return ERR_LIMIT;
	err_t err = area_begin(store, kind, number, ENV_OPEN_CREATE, &area);
	if (err)
		return err;
	store->next_number++;
	if (size > 0)
		err = env_file_truncate(area->file, size);
	if (!err && size > 0)
		err = area_map(store, kind, area);
	store->bytes += area->bytes.len;
	if (err)
		area_remove(store, kind, area);
	else
		*ret_area = area;
	return err;
}

err_t area_open(registry_store_t *store, area_kind_t kind, uint32_t number, uint64_t size,
                area_t **ret_area)
{
	area_t *area;
	err_t err = area_begin(store, kind, number, ENV_OPEN_WRITE, &area);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	err = area_map(store, kind, area);
	if (!err && area->bytes.len < size)
		err = ERR_CORRUPT;
	if (err) {
		area_drop(&area->scrap);
		return err;
	}
	store->bytes += area->bytes.len;
	*ret_area = area;
	return ERR_OK;
}

void store_retire(registry_store_t *store, scrap_t *scrap)
{
	if (!scrap)
		return;
	scrap->next = store->dying;
	store->dying = scrap;
}

/* Its name goes now; what is seen of it through maps stays until they are closed. */
void area_remove(registry_store_t *store, area_kind_t kind, area_t *area)
{
	char path[PATH_CAP];
	if (!area)
		return;
	area_path(store, kind, area->number, path);
	(void)!env_path_remove(store->env, path); /* left over, it goes at the next opening */
	store->bytes -= area->bytes.len;
	store_retire(store, &area->scrap);
}

void area_condemn(registry_store_t *store, area_kind_t kind, area_t *area)
{
	doomed_t *more = grow_for(store->doomed, store->doomed_count + 1, &store->doomed_cap,
	                          sizeof(*more));
	/* Without memory it stays until the next opening sweeps the folder. */
	if (more) {
		store->doomed = more;
		store->doomed[store->doomed_count++] = (doomed_t){ kind, area->number };
	}
	store->bytes -= area->bytes.len;
	store_retire(store, &area->scrap);
}

void areas_bury(registry_store_t *store)
{
	for (size_t i = 0; i < store->doomed_count; i++) {
		char path[PATH_CAP];
		area_path(store, store->doomed[i].kind, store->doomed[i].number, path);
		(void)!env_path_remove(store->env, path);
	}
	store->doomed_count = 0;
}

err_t area_write(area_t *area, uint64_t at, slice_t bytes)
{
	area->is_dirty = true;
	return env_file_write(area->file, at, bytes);
}

err_t area_sync(area_t *area)
{
	if (area->is_lost)
		return ERR_CORRUPT;
	err_t err = area->is_dirty ? env_file_sync(area->file) : ERR_OK;
	area->is_lost = err != ERR_OK;
	area->is_dirty = false;
	return err;
}
