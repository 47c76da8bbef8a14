/* SPDX-License-Identifier: Apache-2.0 */
/* Inodes, names, unsynced changes and the faults that were ordered. */
#include "env/twin/disk.h"

#include <assert.h>
#include <stdlib.h>

#include "env/twin/verbs.h"

#define DISK_LIMIT_DEFAULT (UINT64_C(1) << 40)

err_t disk_look(host_t *host)
{
	const loop_t *loop = host->twin->current;
	assert(!loop || loop->kind == ENV_LOOP_FILES);
	return host->is_dead ? ERR_IO : ERR_OK;
}

err_t disk_operation(host_t *host)
{
	err_t err = disk_look(host);
	if (err)
		return err;
	if (host->faults.crash_in && --host->faults.crash_in == 0) {
		host_crash(host);
		return ERR_IO;
	}
	host->disk_operations++;
	host->twin->stats.disk_ops++;
	return ERR_OK;
}

/* Whether this write or sync is one that was ordered to fail. */
static bool is_failing(faults_t *faults)
{
	if (!faults->fail_in)
		return false;
	if (faults->fail_in > 1) {
		faults->fail_in--;
		return false;
	}
	if (faults->fail_times && --faults->fail_times == 0)
		faults->fail_in = 0;
	return true;
}

err_t disk_transfer(host_t *host, twin_fault_t *ret_fault)
{
	err_t err = disk_operation(host);
	if (err || !is_failing(&host->faults))
		return err;
	if (host->faults.fault == TWIN_SHORT_WRITE)
		*ret_fault = TWIN_SHORT_WRITE;
	return host->faults.fault == TWIN_DISK_FULL ? ERR_DISK_FULL : ERR_IO;
}

void twin_crash_at(env_t *env, uint64_t nth)
{
	host_of(env)->faults.crash_in = nth;
}

void twin_fail_at(env_t *env, uint64_t nth, uint64_t times, twin_fault_t fault)
{
	faults_t *faults = &host_of(env)->faults;
	faults->fail_in = nth;
	faults->fail_times = times;
	faults->fault = fault;
}

void twin_disk_limit(env_t *env, uint64_t bytes)
{
	host_of(env)->disk->limit = bytes;
}

void twin_disk_lie(env_t *env, bool lying)
{
	host_of(env)->faults.is_lying = lying;
}

uint64_t twin_disk_operations(const env_t *env)
{
	return host_of_const(env)->disk_operations;
}

inode_t *inode_new(disk_t *disk, bool is_folder)
{
	inode_t *inode = twin_alloc(1, sizeof(*inode));
	inode->disk = disk;
	inode->is_folder = is_folder;
	inode->last = &inode->first;
	return inode;
}

void inode_hold(inode_t *inode)
{
	inode->references++;
}

/* Goes down the folders that die with this one: as deep as paths are. */
void inode_release(inode_t *inode)
{
	if (!inode || --inode->references)
		return;
	inode_account(inode, 0);
	inode_forget(inode);
	image_free(&inode->now);
	image_free(&inode->safe);
	names_free(&inode->names);
	names_free(&inode->safe_names);
	free(inode);
}

void inode_account(inode_t *inode, uint64_t size)
{
	inode->disk->used += size;
	inode->disk->used -= inode->now.size;
	image_resize(&inode->now, size);
}

uint64_t disk_room(const disk_t *disk)
{
	return disk->limit > disk->used ? disk->limit - disk->used : 0;
}

void change_apply(image_t *image, const change_t *change, slice_t bytes)
{
	if (change->kind == CHANGE_WRITE)
		image_write(image, change->at, bytes);
	else if (change->kind == CHANGE_CUT || change->at > image->size)
		image_resize(image, change->at);
}

static void mirror_into_maps(const inode_t *inode, uint64_t at, slice_t bytes)
{
	for (const map_t *map = inode->maps; map; map = map->next) {
		if (at < map->len) {
			slice_t seen = slice_sub(bytes, 0, map->len - (size_t)at);
			memcpy(map->bytes + at, seen.ptr, seen.len);
		}
	}
}

err_t inode_change(inode_t *inode, change_kind_t kind, uint64_t at, slice_t bytes)
{
	uint64_t size;
	if (__builtin_add_overflow(at, bytes.len, &size))
		return ERR_TOO_BIG;
	if (kind != CHANGE_CUT && size < inode->now.size)
		size = inode->now.size;
	if (size > inode->now.size && size - inode->now.size > disk_room(inode->disk))
		return ERR_DISK_FULL;
	change_t *change = twin_alloc(1, sizeof(*change) + bytes.len);
	change->kind = kind;
	change->at = at;
	change->len = bytes.len;
	if (bytes.len)
		memcpy(change->bytes, bytes.ptr, bytes.len);
	*inode->last = change;
	inode->last = &change->next;
	inode_account(inode, size);
	if (kind == CHANGE_WRITE) {
		image_write(&inode->now, at, bytes);
		mirror_into_maps(inode, at, bytes);
	}
	return ERR_OK;
}

void inode_forget(inode_t *inode)
{
	while (inode->first) {
		change_t *change = inode->first;
		inode->first = change->next;
		free(change);
	}
	inode->last = &inode->first;
}

void inode_sync(inode_t *inode)
{
	for (const change_t *change = inode->first; change; change = change->next)
		change_apply(&inode->safe, change, slice_of(change->bytes, change->len));
	inode_forget(inode);
}

disk_t *disk_of(twin_t *twin, const char *name)
{
	for (disk_t *disk = twin->disks; disk; disk = disk->next) {
		if (strcmp(disk->name, name) == 0)
			return disk;
	}
	disk_t *disk = twin_alloc(1, sizeof(*disk));
	disk->name = twin_copy(slice_str(name));
	disk->limit = DISK_LIMIT_DEFAULT;
	disk->root = inode_new(disk, true);
	inode_hold(disk->root);
	disk->last = &disk->first;
	disk->next = twin->disks;
	twin->disks = disk;
	return disk;
}

void disks_free(twin_t *twin)
{
	while (twin->disks) {
		disk_t *disk = twin->disks;
		twin->disks = disk->next;
		while (disk->first) {
			naming_t *naming = disk->first;
			disk->first = naming->next;
			naming_free(naming);
		}
		inode_release(disk->root);
		free(disk->name);
		free(disk);
	}
}
