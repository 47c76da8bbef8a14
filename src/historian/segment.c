/* SPDX-License-Identifier: Apache-2.0 */
/* Written once and never changed: a file that has its name is whole, because the
 * name comes after the sync. */
#include "historian/segment.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/text.h"

enum { HEAD = 16, ROW = 44, FOOT = 64, FOOT_CRC_AT = 52, VERSION = 1 };

static const char head_magic[] = "JIZHUSEG", foot_magic[] = "JIZHUEND";

struct segment {
	env_map_t *map;
	slice_t bytes;
	char path[SEGMENT_PATH_MAX];
	uint64_t index_at, entries, first_seq, last_seq;
	int64_t first_ns, last_ns;
};

static const err_text_t text_damaged = {
	{ "segment is damaged: %1", "数据段已损坏：%1" },
	{ "restore it from a backup; the other segments are not affected",
	  "请从备份恢复；其他数据段不受影响" },
};
static const err_text_t text_newer = {
	{ "segment has format version %1, this program reads up to 1",
	  "数据段格式版本为 %1，本程序最高支持 1" },
	{ "use the newer program", "请使用更新版本的程序" },
};

/* A file under construction: blocks go out as they fill, the index is kept. */
typedef struct {
	env_file_t *file;
	uint64_t at;
	text_t index;
	uint64_t entries;
	int64_t first_ns, last_ns;
	uint8_t block[BLOCK_BYTES_MAX];
} build_t;

static err_t put(build_t *build, slice_t bytes)
{
	err_t err = env_file_write(build->file, build->at, bytes);
	if (!err)
		build->at += bytes.len;
	return err;
}

static err_t put_head(build_t *build)
{
	uint8_t head[HEAD];
	writer_t w = writer_of(head, sizeof(head));
	wr_bytes(&w, slice_str(head_magic));
	wr_u32_le(&w, VERSION);
	wr_u32_le(&w, 0);
	return put(build, writer_done(&w));
}

static void index_add(build_t *build, point_id_t point, const block_row_t *rows, size_t count,
                      slice_t block)
{
	uint8_t row[ROW];
	writer_t w = writer_of(row, sizeof(row));
	wr_u32_le(&w, point);
	wr_u32_le(&w, (uint32_t)count);
	wr_u64_le(&w, (uint64_t)rows[0].source_ns);
	wr_u64_le(&w, (uint64_t)rows[count - 1].source_ns);
	wr_u64_le(&w, build->at);
	wr_u32_le(&w, (uint32_t)block.len);
	wr_u32_le(&w, crc32c(0, block));
	wr_u32_le(&w, 0);
	text_add(&build->index, writer_done(&w));
	if (rows[0].source_ns < build->first_ns)
		build->first_ns = rows[0].source_ns;
	if (rows[count - 1].source_ns > build->last_ns)
		build->last_ns = rows[count - 1].source_ns;
	build->entries++;
}

static err_t put_point(build_t *build, point_id_t point, const block_row_t *rows, size_t count)
{
	for (size_t i = 0, n; i < count; i += n) {
		n = count - i < BLOCK_ROWS ? count - i : BLOCK_ROWS;
		writer_t w = writer_of(build->block, sizeof(build->block));
		block_encode(rows + i, n, &w);
		if (w.bad)
			return ERR_INTERNAL;
		index_add(build, point, rows + i, n, writer_done(&w));
		err_t err = put(build, writer_done(&w));
		if (err)
			return err;
	}
	return ERR_OK;
}

static err_t put_points(build_t *build, const memory_t *memory)
{
	err_t err = ERR_OK;
	for (point_id_t p = 1; !err && p <= memory_points(memory); p++) {
		block_row_t *rows = NULL;
		size_t count = 0;
		memory_range_t all = { p, INT64_MIN, INT64_MAX };
		err = memory_copy(memory, &all, &rows, &count);
		if (!err && count)
			err = put_point(build, p, rows, count);
		free(rows);
	}
	return err;
}

static err_t put_foot(build_t *build, uint64_t first_seq, uint64_t last_seq)
{
	uint8_t foot[FOOT];
	writer_t w = writer_of(foot, sizeof(foot));
	uint64_t index_at = build->at;
	slice_t index = text_slice(&build->index);
	err_t err = build->index.bad ? ERR_NO_MEMORY : put(build, index);
	if (err)
		return err;
	wr_u64_le(&w, index_at);
	wr_u64_le(&w, build->entries);
	wr_u64_le(&w, first_seq);
	wr_u64_le(&w, last_seq);
	wr_u64_le(&w, (uint64_t)build->first_ns);
	wr_u64_le(&w, (uint64_t)build->last_ns);
	wr_u32_le(&w, crc32c(0, index));
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
	wr_bytes(&w, slice_str(foot_magic));
	return put(build, writer_done(&w));
}

static err_t write_file(env_t *env, const char *path, const memory_t *memory, uint64_t first_seq,
                        uint64_t last_seq)
{
	build_t *build = calloc(1, sizeof(*build));
	if (!build)
		return ERR_NO_MEMORY;
	build->index = text_of((size_t)1 << 30);
	build->first_ns = INT64_MAX;
	build->last_ns = INT64_MIN;
	err_t err = env_file_open(env, path, ENV_OPEN_CREATE, &build->file);
	if (!err)
		err = put_head(build);
	if (!err)
		err = put_points(build, memory);
	if (!err)
		err = put_foot(build, first_seq, last_seq);
	if (!err)
		err = env_file_sync(build->file);
	env_file_close(build->file);
	text_free(&build->index);
	free(build);
	return err;
}

err_t segment_path_of(const char *dir, uint64_t first_seq, uint64_t last_seq,
                      char ret_path[SEGMENT_PATH_MAX])
{
	writer_t w = writer_of(ret_path, SEGMENT_PATH_MAX);
	wr_format(&w, "%s/%016" PRIx64 "-%016" PRIx64 ".seg", dir, first_seq, last_seq);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

err_t segment_write(env_t *env, const char *dir, const memory_t *memory, uint64_t first_seq,
                    uint64_t last_seq)
{
	char path[SEGMENT_PATH_MAX], tmp[SEGMENT_PATH_MAX + 4];
	err_t err = segment_path_of(dir, first_seq, last_seq, path);
	if (err)
		return err;
	writer_t t = writer_of(tmp, sizeof(tmp));
	wr_format(&t, "%s.tmp", path);
	wr_u8(&t, 0);
	assert(!t.bad);
	err = write_file(env, tmp, memory, first_seq, last_seq);
	if (!err)
		err = env_path_rename(env, tmp, path);
	if (!err)
		err = env_dir_sync(env, dir);
	if (err) {
		/* Left-overs are also removed at the next open. */
		(void)!env_path_remove(env, tmp);
		(void)!env_path_remove(env, path);
	}
	return err;
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
	uint32_t zeros = rd_u32_le(&r);
	if (r.bad || !slice_eq(magic, slice_str(head_magic)) || version == 0)
		return damaged(ret_detail, segment->path, "head");
	writer_t w = writer_of(number, sizeof(number));
	wr_format(&w, "%u", version);
	wr_u8(&w, 0);
	if (version > VERSION)
		return err_raise(ret_detail, ERR_NEWER_FORMAT, &text_newer, segment->path, number,
		                 (char *)NULL);
	return zeros ? damaged(ret_detail, segment->path, "head") : ERR_OK;
}

static err_t check_foot(segment_t *segment, err_detail_t *ret_detail)
{
	slice_t all = segment->bytes;
	if (all.len < HEAD + FOOT)
		return damaged(ret_detail, segment->path, "length");
	slice_t foot = slice_from(all, all.len - FOOT);
	reader_t r = reader_of(foot);
	segment->index_at = rd_u64_le(&r);
	segment->entries = rd_u64_le(&r);
	segment->first_seq = rd_u64_le(&r);
	segment->last_seq = rd_u64_le(&r);
	segment->first_ns = (int64_t)rd_u64_le(&r);
	segment->last_ns = (int64_t)rd_u64_le(&r);
	uint32_t index_crc = rd_u32_le(&r);
	uint32_t foot_crc = rd_u32_le(&r);
	uint64_t index_bytes;
	if (crc32c(0, slice_sub(foot, 0, FOOT_CRC_AT)) != foot_crc ||
	    !slice_eq(rd_take(&r, 8), slice_str(foot_magic)) ||
	    __builtin_mul_overflow(segment->entries, (uint64_t)ROW, &index_bytes) ||
	    segment->index_at < HEAD || segment->index_at > all.len - FOOT ||
	    index_bytes != all.len - FOOT - segment->index_at)
		return damaged(ret_detail, segment->path, "foot");
	if (crc32c(0, slice_sub(all, segment->index_at, index_bytes)) != index_crc)
		return damaged(ret_detail, segment->path, "index");
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

void segment_close(segment_t *segment)
{
	if (!segment)
		return;
	env_map_close(segment->map);
	free(segment);
}

uint64_t segment_first_seq(const segment_t *segment)
{
	return segment->first_seq;
}

uint64_t segment_last_seq(const segment_t *segment)
{
	return segment->last_seq;
}

int64_t segment_first_ns(const segment_t *segment)
{
	return segment->first_ns;
}

int64_t segment_last_ns(const segment_t *segment)
{
	return segment->last_ns;
}

const char *segment_path(const segment_t *segment)
{
	return segment->path;
}

uint64_t segment_bytes(const segment_t *segment)
{
	return segment->bytes.len;
}

size_t segment_entries(const segment_t *segment)
{
	return segment->entries;
}

segment_entry_t segment_entry(const segment_t *segment, size_t i)
{
	reader_t r = reader_of(slice_sub(segment->bytes, segment->index_at + i * ROW, ROW));
	segment_entry_t entry = { .point = rd_u32_le(&r) };
	entry.rows = rd_u32_le(&r);
	entry.first_ns = (int64_t)rd_u64_le(&r);
	entry.last_ns = (int64_t)rd_u64_le(&r);
	entry.offset = rd_u64_le(&r);
	entry.length = rd_u32_le(&r);
	entry.crc = rd_u32_le(&r);
	return entry;
}

size_t segment_find(const segment_t *segment, point_id_t point)
{
	size_t low = 0, high = segment->entries;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (segment_entry(segment, middle).point < point)
			low = middle + 1;
		else
			high = middle;
	}
	return low < segment->entries && segment_entry(segment, low).point == point
	               ? low
	               : segment->entries;
}

err_t segment_read(const segment_t *segment, const segment_entry_t *entry, block_row_t *ret_rows,
                   size_t *ret_count)
{
	slice_t block = slice_sub(segment->bytes, entry->offset, entry->length);
	if (block.len != entry->length || crc32c(0, block) != entry->crc)
		return ERR_CORRUPT;
	err_t err = block_decode(block, ret_rows, ret_count);
	return err ? err : *ret_count == entry->rows ? ERR_OK : ERR_CORRUPT;
}
