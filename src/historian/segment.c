/* SPDX-License-Identifier: Apache-2.0 */
/* Written once and never changed: a file that has its name is whole, because the
 * name comes after the sync. */
#include "historian/segment.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/crc.h"

enum { FLAG_CODED = 1 };

static const char head_magic[] = "JIZHUSEG", foot_magic[] = "JIZHUEND";

struct segment {
	env_map_t *map;
	const column_kernel_t *kernel;
	slice_t bytes;
	char path[SEGMENT_PATH_MAX];
	uint64_t directory_at, points;
	segment_info_t info;
	bool is_absent;
};

static const err_text_t text_damaged = {
	{ "segment is damaged: %1", "数据段已损坏：%1" },
	{ "restore it from a backup; the other segments are not affected",
	  "请从备份恢复；其他数据段不受影响" },
};
static const err_text_t text_newer = {
	{ "segment has format version %1, this program reads 3",
	  "数据段格式版本为 %1，本程序读取版本 3" },
	{ "use the newer program", "请使用更新版本的程序" },
};
static const err_text_t text_older = {
	{ "segment has format version %1, which this program does not read any more",
	  "数据段格式版本为 %1，本程序不再读取" },
	{ "export it with the program that wrote it and import it here",
	  "请用写入它的程序导出后再导入" },
};

err_t segment_path_of(const char *dir, uint64_t id, char ret_path[SEGMENT_PATH_MAX])
{
	writer_t w = writer_of(ret_path, SEGMENT_PATH_MAX);
	wr_format(&w, "%s/%016" PRIx64 ".seg", dir, id);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

void segment_head_encode(uint8_t ret_head[SEGMENT_HEAD])
{
	writer_t w = writer_of(ret_head, SEGMENT_HEAD);
	wr_bytes(&w, slice_str(head_magic));
	wr_u32_le(&w, SEGMENT_VERSION);
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
}

void segment_foot_encode(const segment_info_t *info, uint64_t directory_at, uint32_t directory_crc,
                         uint8_t ret_foot[SEGMENT_FOOT])
{
	writer_t w = writer_of(ret_foot, SEGMENT_FOOT);
	wr_u64_le(&w, info->id);
	wr_u64_le(&w, directory_at);
	wr_u64_le(&w, info->points);
	wr_u64_le(&w, info->rows);
	wr_u64_le(&w, (uint64_t)info->first_ns);
	wr_u64_le(&w, (uint64_t)info->last_ns);
	wr_u64_le(&w, (uint64_t)info->window_ns);
	wr_u64_le(&w, (uint64_t)info->window_len_ns);
	wr_u8(&w, info->level);
	wr_u8(&w, info->class);
	wr_u16_le(&w, info->is_coded ? FLAG_CODED : 0);
	wr_u32_le(&w, directory_crc);
	wr_u64_le(&w, 0);
	wr_u32_le(&w, 0);
	wr_bytes(&w, slice_of(info->root.bytes, MERKLE_HASH_BYTES));
	assert(w.len == SEGMENT_FOOT_CRC_AT);
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
	wr_bytes(&w, slice_str(foot_magic));
}

static err_t damaged(err_detail_t *ret_detail, const char *path, const char *what)
{
	return err_raise(ret_detail, ERR_CORRUPT, &text_damaged, path, what, (char *)NULL);
}

static err_t check_head(const segment_t *segment, err_detail_t *ret_detail)
{
	char number[16];
	reader_t r = reader_of(segment->bytes);
	slice_t magic = rd_take(&r, 8);
	uint32_t version = rd_u32_le(&r);
	uint32_t check = rd_u32_le(&r);
	if (r.bad || !slice_eq(magic, slice_str(head_magic)) || version == 0)
		return damaged(ret_detail, segment->path, "head");
	writer_t w = writer_of(number, sizeof(number));
	wr_format(&w, "%u", version);
	wr_u8(&w, 0);
	/* Those before 3 had zeros for a checksum, those from 3 on have it here: a byte that
	 * changed makes no other version. */
	uint32_t wanted = crc32c(0, slice_sub(segment->bytes, 0, SEGMENT_HEAD_CRC_AT));
	if (version < SEGMENT_VERSION && check == 0)
		return err_raise(ret_detail, ERR_UNSUPPORTED, &text_older, segment->path, number,
		                 (char *)NULL);
	if (check != wanted || version < SEGMENT_VERSION)
		return damaged(ret_detail, segment->path, "head");
	if (version > SEGMENT_VERSION)
		return err_raise(ret_detail, ERR_NEWER_FORMAT, &text_newer, segment->path, number,
		                 (char *)NULL);
	return ERR_OK;
}

/* *ret_crc: of the directory. */
static void read_foot(segment_t *segment, slice_t foot, uint32_t *ret_crc)
{
	segment_info_t *info = &segment->info;
	reader_t r = reader_of(foot);
	info->id = rd_u64_le(&r);
	segment->directory_at = rd_u64_le(&r);
	segment->points = info->points = rd_u64_le(&r);
	info->rows = rd_u64_le(&r);
	info->first_ns = (int64_t)rd_u64_le(&r);
	info->last_ns = (int64_t)rd_u64_le(&r);
	info->window_ns = (int64_t)rd_u64_le(&r);
	info->window_len_ns = (int64_t)rd_u64_le(&r);
	info->level = rd_u8(&r);
	info->class = rd_u8(&r);
	info->is_coded = rd_u16_le(&r) & FLAG_CODED;
	*ret_crc = rd_u32_le(&r);
	(void)rd_u64_le(&r);
	(void)rd_u32_le(&r);
	memcpy(info->root.bytes, rd_take(&r, MERKLE_HASH_BYTES).ptr, MERKLE_HASH_BYTES);
	info->bytes = segment->bytes.len;
}

static err_t check_foot(segment_t *segment, err_detail_t *ret_detail)
{
	slice_t all = segment->bytes;
	uint64_t room, size;
	uint32_t directory_crc;
	if (all.len < SEGMENT_HEAD + SEGMENT_FOOT)
		return damaged(ret_detail, segment->path, "length");
	slice_t foot = slice_from(all, all.len - SEGMENT_FOOT);
	reader_t end = reader_of(slice_from(foot, SEGMENT_FOOT_CRC_AT));
	segment->info.crc = rd_u32_le(&end);
	if (crc32c(0, slice_sub(foot, 0, SEGMENT_FOOT_CRC_AT)) != segment->info.crc ||
	    !slice_eq(end.in, slice_str(foot_magic)))
		return damaged(ret_detail, segment->path, "foot");
	read_foot(segment, foot, &directory_crc);
	room = all.len - SEGMENT_FOOT;
	if (__builtin_mul_overflow(segment->points, (uint64_t)SEGMENT_ROW, &size) ||
	    segment->directory_at < SEGMENT_HEAD || segment->directory_at > room ||
	    size != room - segment->directory_at)
		return damaged(ret_detail, segment->path, "foot");
	if (crc32c(0, slice_sub(all, segment->directory_at, size)) != directory_crc)
		return damaged(ret_detail, segment->path, "directory");
	return ERR_OK;
}

err_t segment_open(env_t *env, const char *path, segment_t **ret_segment, err_detail_t *ret_detail)
{
	segment_t *segment = calloc(1, sizeof(*segment));
	if (!segment)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, path, (char *)NULL);
	if (!slice_to_cstr(slice_str(path), segment->path, sizeof(segment->path))) {
		free(segment);
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, path, (char *)NULL);
	}
	segment->kernel = column_kernel(env_isa(env));
	err_t err = env_map_open(env, path, &segment->map);
	if (err) {
		err = err_raise(ret_detail, err, NULL, path, (char *)NULL);
	} else {
		segment->bytes = env_map_bytes(segment->map);
		err = check_head(segment, ret_detail);
		if (!err)
			err = check_foot(segment, ret_detail);
	}
	if (err) {
		segment_close(segment);
		return err;
	}
	*ret_segment = segment;
	return ERR_OK;
}

err_t segment_absent(const char *path, const segment_info_t *info, segment_t **ret_segment)
{
	segment_t *segment = calloc(1, sizeof(*segment));
	if (!segment)
		return ERR_NO_MEMORY;
	segment->info = *info;
	segment->is_absent = true;
	if (!slice_to_cstr(slice_str(path), segment->path, sizeof(segment->path))) {
		free(segment);
		return ERR_TOO_BIG;
	}
	*ret_segment = segment;
	return ERR_OK;
}

bool segment_is_absent(const segment_t *segment)
{
	return segment->is_absent;
}

void segment_close(segment_t *segment)
{
	if (!segment)
		return;
	env_map_close(segment->map);
	free(segment);
}

const segment_info_t *segment_info(const segment_t *segment)
{
	return &segment->info;
}

const char *segment_path(const segment_t *segment)
{
	return segment->path;
}

size_t segment_points(const segment_t *segment)
{
	return segment->points;
}

segment_point_t segment_point(const segment_t *segment, size_t i)
{
	reader_t r = reader_of(
		slice_sub(segment->bytes, segment->directory_at + i * SEGMENT_ROW, SEGMENT_ROW));
	segment_point_t point = { .point = rd_u32_le(&r) };
	point.root.len = rd_u32_le(&r);
	point.root.at = rd_u64_le(&r);
	point.rows = rd_u64_le(&r);
	point.first_ns = (int64_t)rd_u64_le(&r);
	point.last_ns = (int64_t)rd_u64_le(&r);
	return point;
}

/* The directory is searched too often to read rows whole. */
static point_id_t point_at(const segment_t *segment, size_t i)
{
	slice_t row = slice_sub(segment->bytes, segment->directory_at + i * SEGMENT_ROW,
	                        sizeof(uint64_t));
	return (point_id_t)load_u64_le(row.ptr);
}

size_t segment_find(const segment_t *segment, point_id_t point)
{
	size_t low = 0, high = segment->points;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (point_at(segment, middle) < point)
			low = middle + 1;
		else
			high = middle;
	}
	return low < segment->points && point_at(segment, low) == point ? low : segment->points;
}

slice_t segment_bytes(const segment_t *segment, extent_t at)
{
	slice_t body = slice_sub(segment->bytes, 0, segment->directory_at);
	return at.at > body.len ? (slice_t){ 0 } : slice_sub(body, at.at, at.len);
}

err_t segment_page(const segment_t *segment, extent_t at, page_t *ret_page)
{
	slice_t bytes = segment_bytes(segment, at);
	return bytes.len == at.len ? page_decode(bytes, ret_page) : ERR_CORRUPT;
}

err_t segment_read(const segment_t *segment, const page_child_t *child, rowset_t *ret_rows)
{
	slice_t parts[BLOCK_PARTS];
	for (size_t i = 0; i < BLOCK_PARTS; i++) {
		parts[i] = segment_bytes(segment, child->part[i]);
		if (parts[i].len != child->part[i].len)
			return ERR_CORRUPT;
	}
	err_t err = block_decode(segment->kernel, parts, child->rows, ret_rows);
	if (!err && (ret_rows->source_ns[0] != child->first_ns ||
	             ret_rows->source_ns[ret_rows->count - 1] != child->last_ns))
		err = ERR_CORRUPT;
	return err;
}
