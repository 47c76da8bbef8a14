/* SPDX-License-Identifier: Apache-2.0 */
/* What is on disk at open. The newest manifest that can be read says what the history is;
 * what no manifest names is left over from a change that did not come to its end. */
#include "historian/state.h"

#include <stdlib.h>

static const err_text_t text_behind = {
	{ "the history journal ends at %1 but segments hold up to %2",
	  "历史日志止于 %1，而数据段已到 %2" },
	{ "the journal folder was changed by hand; restore journal and history together",
	  "日志目录被手工改动；请将日志与历史数据一起恢复" },
};
static const err_text_t text_gap = {
	{ "the history journal begins at %1 but segments hold up to %2 only",
	  "历史日志始于 %1，而数据段仅到 %2" },
	{ "the history folder was changed by hand; restore journal and history together",
	  "历史数据目录被手工改动；请将日志与历史数据一起恢复" },
};
static const err_text_t text_foreign = {
	{ "the history belongs to another journal", "历史数据属于另一份日志" },
	{ "restore journal and history together", "请将日志与历史数据一起恢复" },
};

/* A name that this version does not give says which version did. */
static err_t refuse_older(historian_t *h, const char *path, err_detail_t *ret_detail)
{
	segment_t *segment = NULL;
	err_t err = segment_open(h->env, path, &segment, ret_detail);
	segment_close(segment);
	return err;
}

typedef struct {
	historian_t *h;
	const manifest_t *newest, *before;
	bool is_sweep; /* what is not named goes */
	err_t err;
	err_detail_t *detail;
} listing_t;

static err_t take_segment(listing_t *l, slice_t name, const char *path)
{
	uint64_t id;
	if (!manifest_id_of(slice_sub(name, 0, name.len - SLICE(".seg").len), &id))
		return refuse_older(l->h, path, l->detail);
	if (!l->is_sweep || manifest_names(l->newest, id) || manifest_names(l->before, id))
		return ERR_OK;
	return env_path_remove(l->h->env, path);
}

static bool is_old_edits(const listing_t *l, slice_t name)
{
	uint64_t id;
	return l->is_sweep && slice_ends(name, SLICE(".edits")) &&
	       manifest_id_of(slice_sub(name, 0, name.len - SLICE(".edits").len), &id) &&
	       id != l->newest->edits_id && id != l->before->edits_id;
}

static bool is_old_manifest(const listing_t *l, const char *name)
{
	uint64_t generation;
	return l->is_sweep && manifest_generation_of(slice_str(name), &generation) &&
	       generation + 1 < l->newest->generation;
}

static void take_file(void *ctx, const char *name)
{
	listing_t *l = ctx;
	char path[SEGMENT_PATH_MAX];
	if (!l->err)
		l->err = env_path_join(l->h->spec.dir, name, path, sizeof(path));
	if (l->err)
		return;
	if (slice_ends(slice_str(name), SLICE(".tmp")) || is_old_manifest(l, name) ||
	    is_old_edits(l, slice_str(name)))
		l->err = env_path_remove(l->h->env, path);
	else if (slice_ends(slice_str(name), SLICE(".seg")))
		l->err = take_segment(l, slice_str(name), path);
}

/* The segments that the manifest before names alone go with the next change. */
static err_t note_dropped(historian_t *h, const manifest_t *newest, const manifest_t *before)
{
	h->dropped = calloc(before->count + 1, sizeof(*h->dropped));
	if (!h->dropped)
		return ERR_NO_MEMORY;
	if (before->edits_id != newest->edits_id)
		h->dropped_edits = before->edits_id;
	for (size_t i = 0; i < before->count; i++)
		if (!manifest_names(newest, before->segments[i].id))
			h->dropped[h->dropped_count++] = before->segments[i].id;
	return ERR_OK;
}

static err_t open_one(historian_t *h, const segment_info_t *info)
{
	char path[SEGMENT_PATH_MAX];
	err_detail_t detail;
	segment_t *segment = NULL;
	err_t err = segment_path_of(h->spec.dir, info->id, path);
	if (!err)
		err = segment_open(h->env, path, &segment, &detail);
	if (!err &&
	    (segment_info(segment)->crc != info->crc || segment_info(segment)->id != info->id)) {
		segment_close(segment);
		err = ERR_CORRUPT;
	}
	if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
		/* Its time is known, so it can be missed where it is needed. */
		metric_add(&h->metrics, METRIC_DAMAGED, 1);
		err = segment_absent(path, info, &segment);
	}
	if (err)
		return err;
	shelf_item_t *item = shelf_item_new(segment);
	if (!item)
		return ERR_NO_MEMORY;
	item->entry_seq = info->entry_seq;
	shelf_put(&h->shelf, item);
	return ERR_OK;
}

static err_t open_all(historian_t *h, const manifest_t *manifest)
{
	err_t err = manifest->count > SHELF_MAX ? ERR_LIMIT : ERR_OK;
	for (size_t i = 0; !err && i < manifest->count; i++)
		err = open_one(h, &manifest->segments[i]);
	return err;
}

/* The newest times, so that what is late is known as such; the rows are looked up when
 * they are asked for. */
static err_t note_last(historian_t *h)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < h->shelf.count; i++) {
		const segment_t *segment = h->shelf.items[i]->segment;
		for (size_t k = 0; !err && k < segment_points(segment); k++) {
			segment_point_t point = segment_point(segment, k);
			memory_last_t last = { .source_ns = point.last_ns,
				               .node_ns = INT64_MIN,
				               .is_set = true };
			err = memory_set_last(h->table, point.point, &last);
		}
	}
	return err;
}

static err_t disagree(const historian_t *h, const err_text_t *text, uint64_t journal_seq,
                      err_detail_t *ret_detail)
{
	char journal[24], sealed[24];
	writer_t a = writer_of(journal, sizeof(journal)), b = writer_of(sealed, sizeof(sealed));
	wr_format(&a, "%llu", (unsigned long long)journal_seq);
	wr_u8(&a, 0);
	wr_format(&b, "%llu", (unsigned long long)h->manifest.sealed_seq);
	wr_u8(&b, 0);
	return err_raise(ret_detail, ERR_CORRUPT, text, h->spec.dir, journal, sealed, (char *)NULL);
}

static err_t check_journal(const historian_t *h, err_detail_t *ret_detail)
{
	uint64_t first = journal_first(h->spec.journal), last = journal_last(h->spec.journal);
	uint64_t sealed = h->manifest.sealed_seq;
	if (h->manifest.generation && h->manifest.epoch != journal_epoch(h->spec.journal))
		return err_raise(ret_detail, ERR_CORRUPT, &text_foreign, h->spec.dir, (char *)NULL);
	if (last < sealed)
		return disagree(h, &text_behind, last, ret_detail);
	if (first > sealed + 1)
		return disagree(h, &text_gap, first, ret_detail);
	return ERR_OK;
}

/* The one before the newest, as far as it can be read. */
static void load_before(historian_t *h, const manifest_t *newest, manifest_t *ret_before)
{
	err_detail_t detail;
	/* Without it nothing is known to be dropped, and nothing is swept. */
	if (newest->generation > 1)
		(void)!manifest_load(h->env, h->spec.dir, newest->generation - 1, ret_before,
		                     &detail);
}

static err_t take_manifest(historian_t *h, manifest_t *newest, const manifest_t *before,
                           bool is_sweep, err_detail_t *ret_detail)
{
	listing_t listing = { h, newest, before, is_sweep, ERR_OK, ret_detail };
	h->manifest = *newest;
	h->manifest.segments = NULL;
	h->manifest.count = 0;
	newest->chain = (chain_t){ 0 }; /* is ours now */
	h->table_seq = newest->sealed_seq;
	h->sealed_before = before->generation ? before->sealed_seq : newest->sealed_seq;
	/* Before anything goes: a manifest that is gone must not take its segments along. */
	err_t err = check_journal(h, ret_detail);
	if (!err)
		err = env_dir_list(h->env, h->spec.dir, take_file, &listing);
	if (!err)
		err = listing.err;
	if (!err)
		err = note_dropped(h, newest, before);
	if (!err)
		err = open_all(h, newest);
	if (!err && newest->edits_id)
		err = edits_load(h->env, h->spec.dir, newest->edits_id, &h->edits, ret_detail);
	metric_set(&h->metrics, METRIC_EDITS, (int64_t)h->edits.count);
	if (!err)
		err = historian_find_told(h);
	return err ? err : note_last(h);
}

err_t historian_recover(historian_t *h, err_detail_t *ret_detail)
{
	manifest_t newest = { 0 }, before = { 0 };
	size_t damaged = 0;
	err_t err = env_dir_make(h->env, h->spec.dir);
	if (!err)
		err = env_dir_sync_up(h->env, h->spec.dir);
	if (!err)
		err = manifest_newest(h->env, h->spec.dir, &newest, &damaged, ret_detail);
	if (err)
		return err;
	load_before(h, &newest, &before);
	metric_add(&h->metrics, METRIC_DAMAGED, (int64_t)damaged);
	err = take_manifest(h, &newest, &before, damaged == 0, ret_detail);
	manifest_free(&newest);
	manifest_free(&before);
	historian_count_shelf(h);
	return err;
}
