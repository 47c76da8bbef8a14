/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/manifest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/grow.h"
#include "base/num.h"

enum { VERSION = 2, HEAD = 60, ROW = 110, CRC_BYTES = 4, ROWS_MAX = 1 << 20, HEX_DIGITS = 16 };

static const char magic[] = "JIZHUMAN", prefix[] = "manifest-";

static const err_text_t text_damaged = {
	{ "manifest of the history is damaged", "历史数据清单已损坏" },
	{ "restore the history folder from a backup", "请从备份恢复历史数据目录" },
};
static const err_text_t text_newer = {
	{ "manifest of the history was written by a newer version", "历史数据清单由更新版本写入" },
	{ "use the newer program", "请使用更新版本的程序" },
};

static const err_text_t text_older = {
	{ "manifest of the history was written by a version whose segments are not read any more",
	  "历史数据清单由旧版本写入，其数据段已不再读取" },
	{ "export the history with the program that wrote it and import it here",
	  "请用写入它的程序导出后再导入" },
};

err_t manifest_path_of(const char *dir, uint64_t generation, char ret_path[SEGMENT_PATH_MAX])
{
	writer_t w = writer_of(ret_path, SEGMENT_PATH_MAX);
	wr_format(&w, "%s/%s%016" PRIx64, dir, prefix, generation);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static void put_row(const segment_info_t *row, writer_t *w)
{
	wr_u64_le(w, row->id);
	wr_u8(w, row->level);
	wr_u8(w, row->class);
	wr_u64_le(w, (uint64_t)row->window_ns);
	wr_u64_le(w, (uint64_t)row->window_len_ns);
	wr_u64_le(w, row->rows);
	wr_u64_le(w, row->points);
	wr_u64_le(w, row->bytes);
	wr_u64_le(w, (uint64_t)row->first_ns);
	wr_u64_le(w, (uint64_t)row->last_ns);
	wr_u32_le(w, row->crc);
	wr_bytes(w, slice_of(row->root.bytes, MERKLE_HASH_BYTES));
	wr_u64_le(w, row->entry_seq);
}

static segment_info_t get_row(reader_t *r)
{
	segment_info_t row = { .id = rd_u64_le(r) };
	row.level = rd_u8(r);
	row.class = rd_u8(r);
	row.window_ns = (int64_t)rd_u64_le(r);
	row.window_len_ns = (int64_t)rd_u64_le(r);
	row.rows = rd_u64_le(r);
	row.points = rd_u64_le(r);
	row.bytes = rd_u64_le(r);
	row.first_ns = (int64_t)rd_u64_le(r);
	row.last_ns = (int64_t)rd_u64_le(r);
	row.crc = rd_u32_le(r);
	memcpy(row.root.bytes, rd_take(r, MERKLE_HASH_BYTES).ptr, MERKLE_HASH_BYTES);
	row.entry_seq = rd_u64_le(r);
	return row;
}

static void encode(const manifest_t *manifest, writer_t *w)
{
	wr_bytes(w, slice_str(magic));
	wr_u32_le(w, VERSION);
	wr_u32_le(w, 0);
	wr_u64_le(w, manifest->generation);
	wr_u64_le(w, manifest->epoch);
	wr_u64_le(w, manifest->sealed_seq);
	wr_u64_le(w, manifest->next_id);
	wr_u64_le(w, manifest->edits_id);
	wr_u32_le(w, (uint32_t)manifest->count);
	for (size_t i = 0; i < manifest->count; i++)
		put_row(&manifest->segments[i], w);
	chain_put(&manifest->chain, w);
	wr_u32_le(w, crc32c(0, writer_done(w)));
}

err_t manifest_save(env_t *env, const char *dir, const manifest_t *manifest)
{
	char path[SEGMENT_PATH_MAX];
	size_t size = HEAD + manifest->count * ROW + chain_size(&manifest->chain) + CRC_BYTES;
	uint8_t *bytes = malloc(size);
	if (!bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(bytes, size);
	encode(manifest, &w);
	err_t err = w.bad ? ERR_INTERNAL : manifest_path_of(dir, manifest->generation, path);
	if (!err)
		err = env_file_save(env, path, writer_done(&w));
	free(bytes);
	return err;
}

static err_t check(slice_t bytes)
{
	if (bytes.len < HEAD + CRC_BYTES)
		return ERR_CORRUPT;
	reader_t r = reader_of(bytes);
	reader_t end = reader_of(slice_from(bytes, bytes.len - CRC_BYTES));
	slice_t head = rd_take(&r, sizeof(magic) - 1);
	uint32_t version = rd_u32_le(&r);
	/* Every version ends in its checksum, so a version that changed is told from a newer. */
	if (!slice_eq(head, slice_str(magic)) ||
	    rd_u32_le(&end) != crc32c(0, slice_sub(bytes, 0, bytes.len - CRC_BYTES)))
		return ERR_CORRUPT;
	if (version > VERSION)
		return ERR_NEWER_FORMAT;
	return version < VERSION ? ERR_UNSUPPORTED : ERR_OK;
}

static err_t decode(slice_t bytes, manifest_t *ret_manifest)
{
	manifest_t m = { 0 };
	err_t err = check(bytes);
	if (err)
		return err;
	reader_t r = reader_of(slice_from(bytes, HEAD - 5 * sizeof(uint64_t) - sizeof(uint32_t)));
	m.generation = rd_u64_le(&r);
	m.epoch = rd_u64_le(&r);
	m.sealed_seq = rd_u64_le(&r);
	m.next_id = rd_u64_le(&r);
	m.edits_id = rd_u64_le(&r);
	m.count = rd_u32_le(&r);
	if (m.count > ROWS_MAX || r.in.len < m.count * ROW + CRC_BYTES)
		return ERR_CORRUPT;
	m.segments = calloc(m.count + 1, sizeof(*m.segments));
	if (!m.segments)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < m.count; i++)
		m.segments[i] = get_row(&r);
	err = chain_get(&r, &m.chain);
	if (!err && (r.bad || r.in.len != CRC_BYTES))
		err = ERR_CORRUPT;
	if (err)
		manifest_free(&m);
	else
		*ret_manifest = m;
	return err;
}

err_t manifest_load(env_t *env, const char *dir, uint64_t generation, manifest_t *ret_manifest,
                    err_detail_t *ret_detail)
{
	char path[SEGMENT_PATH_MAX];
	env_map_t *map = NULL;
	manifest_t m = { 0 };
	err_t err = manifest_path_of(dir, generation, path);
	if (!err)
		err = env_map_open(env, path, &map);
	if (err)
		return err_raise(ret_detail, err, NULL, dir, (char *)NULL);
	err = decode(env_map_bytes(map), &m);
	env_map_close(map);
	if (!err && m.generation != generation) {
		manifest_free(&m);
		err = ERR_CORRUPT;
	}
	if (err)
		return err_raise(ret_detail, err,
		                 err == ERR_NEWER_FORMAT  ? &text_newer
		                 : err == ERR_UNSUPPORTED ? &text_older
		                 : err == ERR_CORRUPT     ? &text_damaged
		                                          : NULL,
		                 path, (char *)NULL);
	*ret_manifest = m;
	return ERR_OK;
}

void manifest_free(manifest_t *manifest)
{
	free(manifest->segments);
	chain_free(&manifest->chain);
	*manifest = (manifest_t){ 0 };
}

bool manifest_names(const manifest_t *manifest, uint64_t id)
{
	bool found = manifest->edits_id == id;
	for (size_t i = 0; !found && i < manifest->count; i++)
		found = manifest->segments[i].id == id;
	return found;
}

bool manifest_id_of(slice_t text, uint64_t *ret_id)
{
	uint8_t bytes[HEX_DIGITS / 2];
	size_t len = 0;
	if (text.len != HEX_DIGITS || num_from_hex(text, bytes, sizeof(bytes), &len))
		return false;
	reader_t r = reader_of(slice_of(bytes, len));
	*ret_id = rd_u64(&r);
	return !r.bad;
}

bool manifest_generation_of(slice_t name, uint64_t *ret_generation)
{
	return slice_starts(name, slice_str(prefix)) &&
	       manifest_id_of(slice_from(name, sizeof(prefix) - 1), ret_generation);
}

typedef struct {
	manifest_list_t list;
	size_t cap;
	err_t err;
} listing_t;

static void take_name(void *ctx, const char *name)
{
	listing_t *l = ctx;
	uint64_t generation;
	if (l->err || !manifest_generation_of(slice_str(name), &generation))
		return;
	uint64_t *grown = grow_for(l->list.generation, l->list.count + 1, &l->cap, sizeof(*grown));
	if (!grown) {
		l->err = ERR_NO_MEMORY;
		return;
	}
	l->list.generation = grown;
	l->list.generation[l->list.count++] = generation;
}

static int newest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x < y) - (x > y);
}

err_t manifest_list(env_t *env, const char *dir, manifest_list_t *ret_list)
{
	listing_t l = { 0 };
	err_t err = env_dir_list(env, dir, take_name, &l);
	if (!err)
		err = l.err;
	if (err) {
		free(l.list.generation);
		return err;
	}
	if (l.list.count)
		qsort(l.list.generation, l.list.count, sizeof(uint64_t), newest_first);
	*ret_list = l.list;
	return ERR_OK;
}

err_t manifest_newest(env_t *env, const char *dir, manifest_t *ret_manifest, size_t *ret_damaged,
                      err_detail_t *ret_detail)
{
	manifest_list_t list = { 0 };
	manifest_t found = { 0 };
	err_t err = manifest_list(env, dir, &list);
	size_t i = 0;
	if (err)
		return err_raise(ret_detail, err, NULL, dir, (char *)NULL);
	for (; i < list.count; i++) {
		err = manifest_load(env, dir, list.generation[i], &found, ret_detail);
		if (err != ERR_CORRUPT)
			break;
	}
	if (!err) {
		*ret_damaged = i;
		*ret_manifest = found;
		/* What is damaged keeps its number. */
		if (list.count)
			ret_manifest->generation = list.generation[0];
	}
	free(list.generation);
	return err;
}
