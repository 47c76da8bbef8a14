/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: sorted names, the walk along a path, and naming operations that are
 * not safe before their folder is synced. */
#include <stdlib.h>

#include "env/twin/disk.h"

/* The place of `name`, or where it would go. */
static size_t names_place(const names_t *names, slice_t name, bool *ret_found)
{
	size_t low = 0, high = names->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_cmp(slice_str(names->entries[middle].name), name);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

static inode_t *names_get(const names_t *names, slice_t name)
{
	bool found;
	size_t at = names_place(names, name, &found);
	return found ? names->entries[at].inode : NULL;
}

static void names_put(names_t *names, slice_t name, inode_t *inode)
{
	bool found;
	size_t at = names_place(names, name, &found);
	inode_hold(inode);
	if (found) {
		inode_release(names->entries[at].inode);
		names->entries[at].inode = inode;
		return;
	}
	if (names->count == names->cap) {
		names->cap = names->cap ? names->cap * 2 : 8;
		names->entries = twin_realloc(names->entries, names->cap, sizeof(*names->entries));
	}
	memmove(&names->entries[at + 1], &names->entries[at],
	        (names->count - at) * sizeof(*names->entries));
	names->entries[at] = (entry_t){ twin_copy(name), inode };
	names->count++;
}

static void names_remove(names_t *names, slice_t name)
{
	bool found;
	size_t at = names_place(names, name, &found);
	if (!found)
		return;
	entry_t entry = names->entries[at];
	names->count--;
	memmove(&names->entries[at], &names->entries[at + 1],
	        (names->count - at) * sizeof(*names->entries));
	free(entry.name);
	inode_release(entry.inode);
}

void names_free(names_t *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->entries[i].name);
		inode_release(names->entries[i].inode);
	}
	free(names->entries);
	*names = (names_t){ 0 };
}

void names_copy(names_t *to, const names_t *from)
{
	names_t copy = { .count = from->count, .cap = from->count };
	copy.entries = twin_alloc(copy.cap, sizeof(*copy.entries));
	for (size_t i = 0; i < copy.count; i++) {
		copy.entries[i].name = twin_copy(slice_str(from->entries[i].name));
		copy.entries[i].inode = from->entries[i].inode;
		inode_hold(copy.entries[i].inode);
	}
	names_free(to);
	*to = copy;
}

/* The next part of a path; "." and empty parts are nothing. */
static slice_t next_part(slice_t *path)
{
	slice_t part = { 0 };
	while (path->len && (part.len == 0 || slice_eq(part, SLICE("."))))
		part = slice_cut(path, '/');
	return slice_eq(part, SLICE(".")) ? (slice_t){ 0 } : part;
}

err_t disk_walk(disk_t *disk, const char *path, place_t *ret_place)
{
	place_t place = { .folder = disk->root, .inode = disk->root };
	slice_t rest = slice_str(path);
	for (slice_t part = next_part(&rest); part.len; part = next_part(&rest)) {
		if (slice_eq(part, SLICE("..")))
			return ERR_INVALID;
		if (!place.inode || !place.inode->is_folder)
			return ERR_NOT_FOUND;
		place.folder = place.inode;
		place.leaf = part;
		place.inode = names_get(&place.folder->names, part);
	}
	*ret_place = place;
	return ERR_OK;
}

void disk_rename(disk_t *disk, const place_t *from, const place_t *to, inode_t *inode)
{
	naming_t *naming = twin_alloc(1, sizeof(*naming));
	naming->inode = inode;
	inode_hold(inode);
	if (from) {
		naming->from_folder = from->folder;
		naming->from = twin_copy(from->leaf);
		inode_hold(from->folder);
		names_remove(&from->folder->names, from->leaf);
	}
	if (to) {
		naming->to_folder = to->folder;
		naming->to = twin_copy(to->leaf);
		inode_hold(to->folder);
		names_put(&to->folder->names, to->leaf, inode);
	}
	*disk->last = naming;
	disk->last = &naming->next;
}

void naming_free(naming_t *naming)
{
	inode_release(naming->inode);
	inode_release(naming->from_folder);
	inode_release(naming->to_folder);
	free(naming->from);
	free(naming->to);
	free(naming);
}

/* A name that meanwhile means something else is left alone. */
void naming_apply(const naming_t *naming)
{
	if (naming->from_folder &&
	    names_get(&naming->from_folder->safe_names, slice_str(naming->from)) == naming->inode)
		names_remove(&naming->from_folder->safe_names, slice_str(naming->from));
	if (naming->to_folder)
		names_put(&naming->to_folder->safe_names, slice_str(naming->to), naming->inode);
}

void disk_sync_names(disk_t *disk, const inode_t *folder)
{
	naming_t **at = &disk->first;
	while (*at) {
		naming_t *naming = *at;
		if (naming->from_folder != folder && naming->to_folder != folder) {
			at = &naming->next;
			continue;
		}
		*at = naming->next;
		naming_apply(naming);
		naming_free(naming);
	}
	disk->last = at;
}
