/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest is the moment of a change. Files that it does not name any more stay for
 * one generation, because the manifest before still names them. */
#include "historian/state.h"

#include <stdlib.h>

uint64_t historian_new_id(historian_t *h)
{
	return h->manifest.next_id++;
}

void historian_count_shelf(historian_t *h)
{
	int64_t bytes = 0;
	for (size_t i = 0; i < h->shelf.count; i++)
		bytes += (int64_t)segment_info(h->shelf.items[i]->segment)->bytes;
	metric_set(&h->metrics, METRIC_SEGMENTS, (int64_t)h->shelf.count);
	metric_set(&h->metrics, METRIC_SEGMENT_BYTES, bytes);
}

static bool is_dropped(const historian_change_t *change, const shelf_item_t *item)
{
	for (size_t i = 0; i < change->drop_count; i++)
		if (change->drop[i] == item)
			return true;
	return false;
}

/* One that could not be saved may have its name all the same, for it is the folder that is
 * synced last. It must not be found when what it names is gone. */
static void remove_unsaved(historian_t *h, uint64_t generation)
{
	char path[SEGMENT_PATH_MAX];
	if (!manifest_path_of(h->spec.dir, generation, path) && !env_path_remove(h->env, path))
		(void)!env_dir_sync(h->env, h->spec.dir);
}

static void list_item(const shelf_item_t *item, manifest_t *next)
{
	segment_info_t *row = &next->segments[next->count++];
	*row = *segment_info(item->segment);
	row->entry_seq = item->entry_seq;
}

static void list_segments(const historian_t *h, const historian_change_t *change, manifest_t *next)
{
	for (size_t i = 0; i < h->shelf.count; i++)
		if (!is_dropped(change, h->shelf.items[i]))
			list_item(h->shelf.items[i], next);
	for (size_t i = 0; i < change->add_count; i++)
		next->segments[next->count++] = change->add[i];
}

static err_t save_manifest(historian_t *h, const historian_change_t *change)
{
	manifest_t next = h->manifest;
	next.generation++;
	next.epoch = journal_epoch(h->spec.journal);
	next.count = 0;
	next.chain = (chain_t){ 0 };
	if (change->sealed_seq)
		next.sealed_seq = change->sealed_seq;
	if (change->edits_id)
		next.edits_id = change->edits_id;
	next.segments = calloc(h->shelf.count + change->add_count + 1, sizeof(segment_info_t));
	if (!next.segments)
		return ERR_NO_MEMORY;
	list_segments(h, change, &next);
	err_t err = historian_chain(h, change, next.generation, &next.chain);
	if (!err)
		err = manifest_save(h->env, h->spec.dir, &next);
	free(next.segments);
	next.segments = NULL;
	next.count = 0;
	if (err) {
		chain_free(&next.chain);
		remove_unsaved(h, next.generation);
		return err;
	}
	h->sealed_before = h->manifest.sealed_seq;
	chain_free(&h->manifest.chain);
	h->manifest = next;
	return ERR_OK;
}

static void remove_segment(historian_t *h, uint64_t id)
{
	char path[SEGMENT_PATH_MAX];
	/* What cannot be removed now is at the next open. */
	if (!segment_path_of(h->spec.dir, id, path))
		(void)!env_path_remove(h->env, path);
}

/* What the manifest of two generations ago named alone. */
static void remove_old(historian_t *h)
{
	char path[SEGMENT_PATH_MAX];
	for (size_t i = 0; i < h->dropped_count; i++)
		remove_segment(h, h->dropped[i]);
	h->dropped_count = 0;
	if (h->dropped_edits && !edits_path_of(h->spec.dir, h->dropped_edits, path, sizeof(path)))
		(void)!env_path_remove(h->env, path);
	h->dropped_edits = 0;
	if (h->manifest.generation > 2 &&
	    !manifest_path_of(h->spec.dir, h->manifest.generation - 2, path))
		(void)!env_path_remove(h->env, path);
	/* What stays of the journal goes with the next seal. */
	(void)!journal_recycle(h->spec.journal, h->sealed_before + 1);
}

/* Items for the shelf, so that nothing can fail once the manifest is written. */
static err_t open_added(historian_t *h, const historian_change_t *change, shelf_item_t **items)
{
	char path[SEGMENT_PATH_MAX];
	err_detail_t detail;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < change->add_count; i++) {
		segment_t *segment = NULL;
		err = segment_path_of(h->spec.dir, change->add[i].id, path);
		if (!err)
			err = segment_open(h->env, path, &segment, &detail);
		if (!err)
			items[i] = shelf_item_new(segment);
		if (!err && !items[i])
			err = ERR_NO_MEMORY;
	}
	return err;
}

/* One step for readers: rows leave the table, or a segment, as they appear elsewhere. */
static void swap(historian_t *h, const historian_change_t *change, shelf_item_t **items)
{
	env_lock(h->mutex);
	for (size_t i = 0; i < change->drop_count; i++) {
		h->dropped[h->dropped_count++] = segment_info(change->drop[i]->segment)->id;
		shelf_drop(&h->shelf, change->drop[i]);
	}
	for (size_t i = 0; i < change->add_count; i++)
		shelf_put(&h->shelf, items[i]);
	if (change->is_seal) {
		memory_clear(h->table);
		h->edits.is_changed = false;
	}
	env_unlock(h->mutex);
}

/* `room`: for the ids that will be dropped. */
static err_t publish(historian_t *h, const historian_change_t *change, shelf_item_t **items,
                     uint64_t *room)
{
	uint64_t edits_before = h->manifest.edits_id;
	err_t err = open_added(h, change, items);
	/* Names reach the disk in any order: the files' must be there before the manifest's. */
	if (!err && change->add_count)
		err = env_dir_sync(h->env, h->spec.dir);
	if (!err)
		err = save_manifest(h, change);
	for (size_t i = 0; err && i < change->add_count; i++)
		if (items[i])
			shelf_return(items[i]);
	if (err)
		return err;
	remove_old(h);
	if (change->edits_id)
		h->dropped_edits = edits_before;
	free(h->dropped);
	h->dropped = room;
	swap(h, change, items);
	historian_tell(h);
	historian_count_shelf(h);
	return ERR_OK;
}

err_t historian_publish(historian_t *h, const historian_change_t *change)
{
	if (h->shelf.count + change->add_count > SHELF_MAX + change->drop_count ||
	    change->drop_count > CHAIN_DROPS_MAX)
		return ERR_LIMIT;
	shelf_item_t **items = calloc(change->add_count + 1, sizeof(shelf_item_t *));
	uint64_t *room = calloc(change->drop_count + 1, sizeof(*room));
	err_t err = items && room ? publish(h, change, items, room) : ERR_NO_MEMORY;
	if (err)
		free(room);
	free(items);
	return err;
}
