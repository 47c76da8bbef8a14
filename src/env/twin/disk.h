/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_DISK_H
#define ENV_TWIN_DISK_H
/* A disk that remembers what is not yet safe. Every file has two images: `now`,
 * what programs see, and `safe`, what power loss leaves for certain; between
 * them lies the list of unsynced changes, in the order they were made. Names
 * work the same way: a folder's names now, its safe names, and the disk's list
 * of unsynced naming operations.
 *
 * Story: file.c and path.c call disk_operation() before each change, which
 * counts it, crashes or fails it as the test asked, then make the change here.
 * reboot.c settles the two lists by chance.
 *
 * Caveats: a rename belongs to both of its folders: syncing either makes it
 * safe, whole. The size of a file is a change like any other. */
#include "env/twin/image.h"
#include "env/twin/world.h"

typedef struct inode inode_t;

typedef enum { CHANGE_WRITE, CHANGE_CUT, CHANGE_GROW } change_kind_t;

typedef struct change {
	struct change *next;
	change_kind_t kind;
	uint64_t at; /* of the write; else the size */
	size_t len;
	uint8_t bytes[];
} change_t;

typedef struct {
	char *name;
	inode_t *inode;
} entry_t;

/* Sorted by name; holds a reference on each inode. */
typedef struct {
	entry_t *entries;
	size_t count, cap;
} names_t;

/* Open maps see later writes within their length, as real ones do. */
typedef struct map {
	env_map_t base;
	thing_t thing;
	inode_t *inode;
	struct map *next;
	uint8_t *bytes;
	size_t len;
} map_t;

struct inode {
	disk_t *disk;
	size_t references;
	bool is_folder, is_name_lost;
	image_t now, safe;
	change_t *first, **last; /* unsynced; `last` is where the next is hung */
	names_t names, safe_names;
	const void *locker;
	map_t *maps;
};

/* An unsynced create (no `from`), remove (no `to`) or rename (both). */
typedef struct naming {
	struct naming *next;
	inode_t *from_folder, *to_folder, *inode;
	char *from, *to;
} naming_t;

struct disk {
	disk_t *next;
	char *name;
	inode_t *root;
	naming_t *first, **last;
	uint64_t used, limit;
};

/* Where a path leads: `folder` is NULL when a part on the way is missing, the
 * leaf is empty for the root, `inode` is NULL when there is no such name. */
typedef struct {
	inode_t *folder, *inode;
	slice_t leaf;
} place_t;

/* Ends in ERR_IO once the host has crashed or when this operation is to crash
 * it; checks that the calling loop may touch files. */
MUST_CHECK
err_t disk_operation(host_t *host);
/* As above for writes and syncs, which the test may also have made to fail:
 * then TWIN_SHORT_WRITE in *ret_fault says that a part is to be written. */
MUST_CHECK
err_t disk_transfer(host_t *host, twin_fault_t *ret_fault);
/* Before calls that change nothing. */
MUST_CHECK
err_t disk_look(host_t *host);

inode_t *inode_new(disk_t *disk, bool is_folder);
void inode_hold(inode_t *inode);
void inode_release(inode_t *inode);
/* Makes the change now and remembers it as unsynced. ERR_DISK_FULL. */
MUST_CHECK
err_t inode_change(inode_t *inode, change_kind_t kind, uint64_t at, slice_t bytes);
/* Makes one change to an image. */
void change_apply(image_t *image, const change_t *change, slice_t bytes);
/* All unsynced changes become safe. */
void inode_sync(inode_t *inode);
/* Forgets the unsynced changes, safe or not. */
void inode_forget(inode_t *inode);
/* Bytes that still fit. */
uint64_t disk_room(const disk_t *disk);
/* Sets the current size, keeping the disk's account. */
void inode_account(inode_t *inode, uint64_t size);

void names_free(names_t *names);
void names_copy(names_t *to, const names_t *from);

MUST_CHECK
err_t disk_walk(disk_t *disk, const char *path, place_t *ret_place);
/* Makes the naming operation now and remembers it; either place may be NULL.
 * `inode` is what is named. */
void disk_rename(disk_t *disk, const place_t *from, const place_t *to, inode_t *inode);
/* Naming operations that touch the folder become safe. */
void disk_sync_names(disk_t *disk, const inode_t *folder);
/* Makes one naming operation on the safe names. */
void naming_apply(const naming_t *naming);
void naming_free(naming_t *naming);
#endif
