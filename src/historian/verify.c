/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every page and block of every segment that the manifest names, offline. */
#include "historian/historian.h"

#include "historian/edits.h"
#include "historian/hours.h"
#include "historian/manifest.h"
#include "historian/root.h"
#include "historian/walk.h"

static const err_text_t text_block = {
	{ "block %1 (point %2) is damaged", "数据块 %1（测点 %2）已损坏" },
	{ "restore the segment from a backup", "请从备份恢复该数据段" },
};
static const err_text_t text_page = {
	{ "index behind block %1 (point %2) is damaged", "数据块 %1 之后的索引（测点 %2）已损坏" },
	{ "restore the segment from a backup", "请从备份恢复该数据段" },
};
static const err_text_t text_root = {
	{ "the segment's content is not that of its root: it was altered, checksums and all",
	  "数据段内容与其根哈希不符：内容连同校验和均被改动" },
	{ "restore the segment from a backup", "请从备份恢复该数据段" },
};
static const err_text_t text_other = {
	{ "the manifest names another segment of this name", "清单所指的是另一个同名数据段" },
	{ "restore the history folder from a backup", "请从备份恢复历史数据目录" },
};

typedef struct {
	env_t *env;
	const char *dir;
	const segment_t *segment;
	point_id_t point;
	uint64_t blocks, block; /* in all, and of the segment */
	err_detail_t *detail;
} verify_t;

static void number_text(char *buf, size_t cap, uint64_t number)
{
	writer_t w = writer_of(buf, cap);
	wr_format(&w, "%llu", (unsigned long long)number);
	wr_u8(&w, 0);
}

static err_t damaged(const verify_t *v, const err_text_t *text)
{
	char block[24], point[24];
	number_text(block, sizeof(block), v->block);
	number_text(point, sizeof(point), v->point);
	return err_raise(v->detail, ERR_CORRUPT, text, segment_path(v->segment), block, point,
	                 (char *)NULL);
}

static err_t check_block(void *ctx, const page_child_t *child)
{
	verify_t *v = ctx;
	rowset_t rows = { 0 };
	err_t err = segment_read(v->segment, child, &rows);
	if (!err && child->has_summary) {
		rows_t all = rowset_rows(&rows);
		summary_t summary = digest_rows(&all), kept = hours_joined(child);
		if (summary.usable + (kept.count - child->rows) != kept.usable ||
		    summary.last.bits != kept.last.bits)
			err = ERR_CORRUPT;
	}
	rowset_free(&rows);
	if (err == ERR_NO_MEMORY)
		return err_raise(v->detail, err, NULL, v->dir, (char *)NULL);
	if (err)
		return damaged(v, &text_block);
	v->blocks++;
	v->block++;
	return ERR_OK;
}

static err_t check_page(void *ctx, const page_child_t *below)
{
	(void)below;
	return damaged(ctx, &text_page);
}

static err_t check_points(verify_t *v)
{
	walk_t walk = { v, check_block, check_page };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < segment_points(v->segment); i++) {
		segment_point_t point = segment_point(v->segment, i);
		v->point = point.point;
		err = walk_point(v->segment, &point, &walk);
	}
	return err == ERR_NO_MEMORY ? err_raise(v->detail, err, NULL, v->dir, (char *)NULL) : err;
}

static err_t check_root(const verify_t *v, const segment_info_t *info)
{
	merkle_hash_t root;
	err_t err = root_of(v->segment, &root);
	if (err)
		return err_raise(v->detail, err, NULL, v->dir, (char *)NULL);
	return merkle_hash_eq(&root, &info->root)
	               ? ERR_OK
	               : err_raise(v->detail, ERR_CORRUPT, &text_root, segment_path(v->segment),
	                           (char *)NULL);
}

static err_t check_segment(verify_t *v, const segment_info_t *info)
{
	char path[SEGMENT_PATH_MAX];
	segment_t *segment = NULL;
	err_t err = segment_path_of(v->dir, info->id, path);
	if (err)
		return err_raise(v->detail, err, NULL, v->dir, (char *)NULL);
	err = segment_open(v->env, path, &segment, v->detail);
	if (err)
		return err;
	v->segment = segment;
	v->block = 0;
	if (segment_info(segment)->id != info->id || segment_info(segment)->crc != info->crc)
		err = err_raise(v->detail, ERR_CORRUPT, &text_other, path, (char *)NULL);
	if (!err)
		err = check_points(v);
	if (!err)
		err = check_root(v, segment_info(segment));
	segment_close(segment);
	return err;
}

static err_t check_edits(const verify_t *v, uint64_t id)
{
	edits_t edits = { 0 };
	err_t err = edits_load(v->env, v->dir, id, &edits, v->detail);
	edits_free(&edits);
	return err;
}

err_t historian_verify(env_t *env, const char *dir, uint64_t *ret_blocks, err_detail_t *ret_detail)
{
	verify_t v = { .env = env, .dir = dir, .detail = ret_detail };
	manifest_t manifest = { 0 };
	size_t damaged_count = 0;
	err_t err = manifest_newest(env, dir, &manifest, &damaged_count, ret_detail);
	if (!err && damaged_count) {
		/* Says which. */
		manifest_t none;
		err = manifest_load(env, dir, manifest.generation, &none, ret_detail);
	}
	if (!err && manifest.edits_id)
		err = check_edits(&v, manifest.edits_id);
	for (size_t i = 0; !err && i < manifest.count; i++)
		err = check_segment(&v, &manifest.segments[i]);
	manifest_free(&manifest);
	if (!err)
		*ret_blocks = v.blocks;
	return err;
}
