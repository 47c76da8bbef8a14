/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs on names: folders, rename, remove, free space. */
#include <stdlib.h>

#include "env/twin/disk.h"
#include "env/twin/verbs.h"

/* Looks `path` up on the disk of a living host. */
static err_t look(host_t *host, const char *path, place_t *ret_place)
{
	err_t err = disk_look(host);
	return err ? err : disk_walk(host->disk, path, ret_place);
}

static err_t make_one(host_t *host, const char *path)
{
	place_t place;
	err_t err = look(host, path, &place);
	if (err)
		return err;
	if (place.inode)
		return place.inode->is_folder ? ERR_OK : ERR_EXISTS;
	err = disk_operation(host);
	if (!err)
		disk_rename(host->disk, NULL, &place, inode_new(host->disk, true));
	return err;
}

err_t verb_dir_make(env_t *env, const char *path)
{
	err_t err = ERR_OK;
	slice_t whole = slice_str(path);
	for (size_t end = 0; !err && end < whole.len; end++) {
		end += slice_find(slice_from(whole, end), '/');
		char *head = twin_copy(slice_sub(whole, 0, end));
		err = make_one(host_of(env), head);
		free(head);
	}
	return err;
}

/* The folder may change under the caller's feet, so the names are copied. */
err_t verb_dir_list(env_t *env, const char *path, void (*fn)(void *ctx, const char *name),
                    void *ctx)
{
	place_t place;
	err_t err = look(host_of(env), path, &place);
	if (err)
		return err;
	if (!place.inode || !place.inode->is_folder)
		return ERR_NOT_FOUND;
	names_t names = { 0 };
	names_copy(&names, &place.inode->names);
	for (size_t i = 0; i < names.count; i++)
		fn(ctx, names.entries[i].name);
	names_free(&names);
	return ERR_OK;
}

err_t verb_dir_sync(env_t *env, const char *path)
{
	host_t *host = host_of(env);
	place_t place;
	err_t err = look(host, path, &place);
	if (err)
		return err;
	if (!place.inode || !place.inode->is_folder)
		return ERR_NOT_FOUND;
	twin_fault_t fault;
	err = disk_transfer(host, &fault);
	if (err)
		return err;
	world_spend(host->twin, world_jitter(host->twin, host->twin->spec.disk_sync_ns));
	if (!host->faults.is_lying)
		disk_sync_names(host->disk, place.inode);
	return ERR_OK;
}

err_t verb_path_rename(env_t *env, const char *from, const char *to)
{
	host_t *host = host_of(env);
	place_t old, new;
	err_t err = look(host, from, &old);
	if (!err)
		err = look(host, to, &new);
	if (err)
		return err;
	if (!old.inode || !old.leaf.len)
		return ERR_NOT_FOUND;
	if (new.inode &&new.inode->is_folder)
		return ERR_EXISTS;
	err = disk_operation(host);
	if (!err && old.inode != new.inode)
		disk_rename(host->disk, &old, &new, old.inode);
	return err;
}

err_t verb_path_remove(env_t *env, const char *path)
{
	host_t *host = host_of(env);
	place_t place;
	err_t err = look(host, path, &place);
	if (err)
		return err;
	if (!place.inode || !place.leaf.len)
		return ERR_NOT_FOUND;
	if (place.inode->is_folder && place.inode->names.count)
		return ERR_CONFLICT;
	err = disk_operation(host);
	if (!err)
		disk_rename(host->disk, &place, NULL, place.inode);
	return err;
}

err_t verb_space_free(env_t *env, const char *path, uint64_t *ret_bytes)
{
	place_t place;
	err_t err = look(host_of(env), path, &place);
	if (err)
		return err;
	*ret_bytes = disk_room(host_of(env)->disk);
	return ERR_OK;
}
