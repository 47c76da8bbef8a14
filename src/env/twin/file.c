/* SPDX-License-Identifier: Apache-2.0 */
/* Files and maps as handles on inodes. */
#include "env/file.h"

#include <stdlib.h>

#include "env/twin/disk.h"
#include "env/twin/verbs.h"

typedef struct {
	env_file_t base;
	thing_t thing;
	inode_t *inode;
	bool is_writable;
} file_t;

static file_t *file_of(env_file_t *file)
{
	return (file_t *)(void *)file;
}

static host_t *file_host(env_file_t *file)
{
	return file_of(file)->thing.host;
}

static void file_drop(void *self)
{
	file_t *file = self;
	if (file->inode->locker == file)
		file->inode->locker = NULL;
	inode_release(file->inode);
	thing_unlink(&file->thing);
	free(file);
}

/* Makes the file, or empties it, as the mode says. */
static err_t create(host_t *host, place_t *place, env_open_t mode)
{
	if (mode == ENV_OPEN_NEW && place->inode)
		return ERR_EXISTS;
	err_t err = disk_operation(host);
	if (err)
		return err;
	if (place->inode)
		return inode_change(place->inode, CHANGE_CUT, 0, (slice_t){ 0 });
	place->inode = inode_new(host->disk, false);
	disk_rename(host->disk, NULL, place, place->inode);
	return ERR_OK;
}

err_t verb_file_open(env_t *env, const char *path, env_open_t mode, env_file_t **ret_file)
{
	host_t *host = host_of(env);
	place_t place;
	err_t err = disk_look(host);
	if (!err)
		err = disk_walk(host->disk, path, &place);
	if (err)
		return err;
	if (place.inode && place.inode->is_folder)
		return ERR_DENIED;
	if (mode == ENV_OPEN_CREATE || mode == ENV_OPEN_NEW)
		err = create(host, &place, mode);
	else if (!place.inode)
		err = ERR_NOT_FOUND;
	if (err)
		return err;
	file_t *file = twin_alloc(1, sizeof(*file));
	file->base.ops = &twin_ops;
	file->inode = place.inode;
	file->is_writable = mode != ENV_OPEN_READ;
	inode_hold(file->inode);
	thing_link(&file->thing, host, file, file_drop);
	*ret_file = &file->base;
	return ERR_OK;
}

void verb_file_close(env_file_t *file)
{
	if (file)
		file_drop(file);
}

err_t verb_file_read(env_file_t *file, uint64_t at, void *buf, size_t len, size_t *ret_len)
{
	err_t err = disk_look(file_host(file));
	if (err)
		return err;
	const image_t *image = &file_of(file)->inode->now;
	size_t take = 0;
	if (at < image->size)
		take = image->size - at < len ? (size_t)(image->size - at) : len;
	if (take)
		image_read(image, at, buf, take);
	*ret_len = take;
	return ERR_OK;
}

static err_t change(env_file_t *file, change_kind_t kind, uint64_t at, slice_t bytes)
{
	host_t *host = file_host(file);
	if (!file_of(file)->is_writable)
		return ERR_DENIED;
	twin_fault_t fault = TWIN_IO_ERROR;
	err_t err = disk_transfer(host, &fault);
	if (err && fault == TWIN_SHORT_WRITE) {
		slice_t part = slice_sub(bytes, 0,
		                         (size_t)rng_below(&host->twin->chance, bytes.len + 1));
		if (kind == CHANGE_WRITE)
			(void)!inode_change(file_of(file)->inode, kind, at, part);
	}
	if (err)
		return err;
	world_trace(host->twin, num_hash(bytes, at));
	return inode_change(file_of(file)->inode, kind, at, bytes);
}

err_t verb_file_write(env_file_t *file, uint64_t at, slice_t bytes)
{
	return change(file, CHANGE_WRITE, at, bytes);
}

err_t verb_file_allocate(env_file_t *file, uint64_t size)
{
	return change(file, CHANGE_GROW, size, (slice_t){ 0 });
}

err_t verb_file_truncate(env_file_t *file, uint64_t size)
{
	return change(file, CHANGE_CUT, size, (slice_t){ 0 });
}

/* After a failed sync the system may have dropped the pages: what was unsynced
 * is still read back now, and is gone after power loss. */
err_t verb_file_sync(env_file_t *file)
{
	host_t *host = file_host(file);
	inode_t *inode = file_of(file)->inode;
	twin_fault_t fault;
	err_t err = disk_transfer(host, &fault);
	if (err && !host->is_dead)
		inode_forget(inode);
	if (err)
		return err;
	world_spend(host->twin, world_jitter(host->twin, host->twin->spec.disk_sync_ns));
	if (!host->faults.is_lying)
		inode_sync(inode);
	return ERR_OK;
}

err_t verb_file_size(env_file_t *file, uint64_t *ret_size)
{
	err_t err = disk_look(file_host(file));
	if (err)
		return err;
	*ret_size = file_of(file)->inode->now.size;
	return ERR_OK;
}

err_t verb_file_lock(env_file_t *file)
{
	err_t err = disk_look(file_host(file));
	if (err)
		return err;
	inode_t *inode = file_of(file)->inode;
	if (inode->locker && inode->locker != file)
		return ERR_BUSY;
	inode->locker = file;
	return ERR_OK;
}

static void map_drop(void *self)
{
	map_t *map = self;
	map_t **at = &map->inode->maps;
	while (*at != map)
		at = &(*at)->next;
	*at = map->next;
	inode_release(map->inode);
	thing_unlink(&map->thing);
	free(map->bytes);
	free(map);
}

err_t verb_map_open(env_t *env, const char *path, env_map_t **ret_map)
{
	host_t *host = host_of(env);
	place_t place;
	err_t err = disk_look(host);
	if (!err)
		err = disk_walk(host->disk, path, &place);
	if (err)
		return err;
	if (!place.inode)
		return ERR_NOT_FOUND;
	if (place.inode->is_folder)
		return ERR_DENIED;
	map_t *map = twin_alloc(1, sizeof(*map));
	map->base.ops = &twin_ops;
	map->inode = place.inode;
	inode_hold(map->inode);
	map->len = (size_t)map->inode->now.size;
	map->bytes = twin_alloc(map->len, 1);
	image_read(&map->inode->now, 0, map->bytes, map->len);
	map->next = map->inode->maps;
	map->inode->maps = map;
	thing_link(&map->thing, host, map, map_drop);
	*ret_map = &map->base;
	return ERR_OK;
}

slice_t verb_map_bytes(const env_map_t *base)
{
	const map_t *map = (const map_t *)(const void *)base;
	return slice_of(map->bytes, map->len);
}

void verb_map_close(env_map_t *map)
{
	if (map)
		map_drop(map);
}
