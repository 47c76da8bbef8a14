/* SPDX-License-Identifier: Apache-2.0 */
/* What power loss leaves. Each unsynced write is kept, dropped or torn at sector
 * borders, whatever became of the writes before it; each unsynced name is kept
 * or dropped, but nothing that a later operation does to a file whose earlier
 * name was dropped can survive. One draw sets the mood of a whole reboot, so
 * that "all of it" and "nothing of it" are as common as a mixture. */
#include <assert.h>

#include "env/twin/disk.h"
#include "env/twin/verbs.h"

enum { SECTOR = 512 };

typedef struct {
	rng_t *chance;
	double keep, tear; /* probabilities */
} mood_t;

static bool happens(const mood_t *mood, double probability)
{
	return rng_unit(mood->chance) < probability;
}

static mood_t mood_of(rng_t *chance)
{
	static const mood_t moods[] = {
		{ .keep = 0.0, .tear = 0.0 }, { .keep = 0.1, .tear = 0.2 },
		{ .keep = 0.5, .tear = 0.3 }, { .keep = 0.8, .tear = 0.5 },
		{ .keep = 1.0, .tear = 0.0 },
	};
	mood_t mood = moods[rng_below(chance, sizeof(moods) / sizeof(moods[0]))];
	mood.chance = chance;
	return mood;
}

/* Sector by sector, each on its own. */
static void tear(const mood_t *mood, image_t *image, const change_t *change)
{
	slice_t rest = slice_of(change->bytes, change->len);
	for (uint64_t at = change->at; rest.len;) {
		slice_t part = slice_sub(rest, 0, SECTOR - (size_t)(at % SECTOR));
		if (happens(mood, 0.5))
			image_write(image, at, part);
		rest = slice_from(rest, part.len);
		at += part.len;
	}
}

static void settle_changes(const mood_t *mood, inode_t *inode)
{
	for (const change_t *change = inode->first; change; change = change->next) {
		if (change->kind == CHANGE_WRITE && happens(mood, mood->tear))
			tear(mood, &inode->safe, change);
		else if (happens(mood, mood->keep))
			change_apply(&inode->safe, change, slice_of(change->bytes, change->len));
	}
	inode_forget(inode);
	inode_account(inode, inode->safe.size);
	image_copy(&inode->now, &inode->safe);
	inode->locker = NULL;
}

static void settle_names(const mood_t *mood, disk_t *disk)
{
	for (naming_t *naming = disk->first; naming; naming = naming->next) {
		inode_t *inode = naming->inode;
		inode->is_name_lost = inode->is_name_lost || !happens(mood, mood->keep);
		if (!inode->is_name_lost)
			naming_apply(naming);
	}
	while (disk->first) {
		naming_t *naming = disk->first;
		disk->first = naming->next;
		naming->inode->is_name_lost = false;
		naming_free(naming);
	}
	disk->last = &disk->first;
}

/* Goes down the folders: as deep as paths are. */
static void settle_folder(const mood_t *mood, inode_t *folder)
{
	names_copy(&folder->names, &folder->safe_names);
	for (size_t i = 0; i < folder->names.count; i++) {
		inode_t *inode = folder->names.entries[i].inode;
		if (inode->is_folder)
			settle_folder(mood, inode);
		else
			settle_changes(mood, inode);
	}
}

void twin_disk_reboot(twin_t *twin, const char *name)
{
	for (const host_t *host = twin->hosts; host; host = host->next)
		assert(strcmp(host->name, name) != 0);
	disk_t *disk = disk_of(twin, name);
	mood_t mood = mood_of(&twin->chance);
	settle_names(&mood, disk);
	settle_folder(&mood, disk->root);
}

static inode_t *file_at(twin_t *twin, const char *name, const char *path)
{
	place_t place;
	if (disk_walk(disk_of(twin, name), path, &place) || !place.inode || place.inode->is_folder)
		return NULL;
	return place.inode;
}

static void flip(image_t *image, uint64_t at, uint8_t mask)
{
	if (at >= image->size)
		return;
	uint8_t byte;
	image_read(image, at, &byte, 1);
	byte ^= mask;
	image_write(image, at, slice_of(&byte, 1));
}

err_t twin_disk_flip(twin_t *twin, const char *name, const char *path, uint64_t at)
{
	inode_t *inode = file_at(twin, name, path);
	if (!inode)
		return ERR_NOT_FOUND;
	if (at >= inode->now.size)
		return ERR_INVALID;
	inode_sync(inode);
	uint8_t mask = (uint8_t)(1u << rng_below(&twin->chance, 8));
	flip(&inode->now, at, mask);
	flip(&inode->safe, at, mask);
	for (const map_t *map = inode->maps; map; map = map->next) {
		if (at < map->len)
			map->bytes[at] ^= mask;
	}
	return ERR_OK;
}

err_t twin_disk_cut(twin_t *twin, const char *name, const char *path, uint64_t size)
{
	inode_t *inode = file_at(twin, name, path);
	if (!inode)
		return ERR_NOT_FOUND;
	if (size > inode->now.size)
		return ERR_INVALID;
	inode_sync(inode);
	inode_account(inode, size);
	image_resize(&inode->safe, size);
	for (const map_t *map = inode->maps; map; map = map->next) {
		if (size < map->len)
			memset(map->bytes + size, 0, map->len - (size_t)size);
	}
	return ERR_OK;
}
