/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses, then what is read: a block, or the blocks, index rows
 * and foot of a segment whose checksums are mended. What decodes must encode to
 * something that decodes to the same. */
#include <assert.h>

#include "base/crc.h"
#include "env/ops.h"
#include "historian/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 16, FOOT = 64, FOOT_CRC_AT = 52, INDEX_CRC_AT = 48 };

/* A world whose one file is the input. */
typedef struct {
	env_t env;
	env_map_t map;
	slice_t bytes;
} file_world_t;

static err_t map_open(env_t *env, const char *path, env_map_t **ret_map)
{
	(void)path;
	*ret_map = &((file_world_t *)(void *)env)->map;
	return ERR_OK;
}

static slice_t map_bytes(const env_map_t *map)
{
	const char *at = (const char *)map - offsetof(file_world_t, map);
	return ((const file_world_t *)(const void *)at)->bytes;
}

static void map_close(env_map_t *map)
{
	(void)map;
}

static void try_block(slice_t in)
{
	block_row_t rows[BLOCK_ROWS], back[BLOCK_ROWS];
	uint8_t buf[BLOCK_BYTES_MAX];
	size_t count, again;
	if (block_decode(in, rows, &count))
		return;
	writer_t w = writer_of(buf, sizeof(buf));
	block_encode(rows, count, &w);
	assert(!w.bad && block_decode(writer_done(&w), back, &again) == ERR_OK && again == count);
	for (size_t i = 0; i < count; i++)
		assert(block_row_compare(&rows[i], &back[i]) == 0);
}

/* So that what lies behind the checksums is reached. */
static void mend(uint8_t *bytes, size_t len)
{
	slice_t all = slice_of(bytes, len);
	reader_t r = reader_of(slice_from(all, len - FOOT));
	uint64_t index_at = rd_u64_le(&r), entries = rd_u64_le(&r);
	writer_t w = writer_of(&bytes[len - FOOT + INDEX_CRC_AT], FOOT - INDEX_CRC_AT);
	wr_u32_le(&w, crc32c(0, slice_sub(slice_sub(all, 0, len - FOOT), index_at,
	                                  entries <= len ? entries * 44 : 0)));
	wr_u32_le(&w, crc32c(0, slice_sub(all, len - FOOT, FOOT_CRC_AT)));
	wr_bytes(&w, SLICE("JIZHUEND"));
}

static void read_segment(const segment_t *segment)
{
	block_row_t rows[BLOCK_ROWS];
	size_t count;
	for (size_t i = 0; i < segment_entries(segment); i++) {
		segment_entry_t entry = segment_entry(segment, i);
		(void)segment_find(segment, entry.point);
		if (segment_read(segment, &entry, rows, &count) == ERR_OK)
			assert(count == entry.rows && count <= BLOCK_ROWS);
	}
}

static void try_segment(slice_t in, bool mended)
{
	static const env_ops_t ops = { .map_open = map_open,
		                       .map_bytes = map_bytes,
		                       .map_close = map_close };
	uint8_t bytes[BYTES_MAX];
	segment_t *segment = NULL;
	err_detail_t detail;
	if (in.len > sizeof(bytes))
		return;
	if (in.len)
		memcpy(bytes, in.ptr, in.len);
	if (mended && in.len >= FOOT)
		mend(bytes, in.len);
	file_world_t world = { .env = { &ops }, .map = { &ops }, .bytes = { bytes, in.len } };
	if (segment_open(&world.env, "input", &segment, &detail) == ERR_OK)
		read_segment(segment);
	segment_close(segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_from(slice_of(data, size), 1);
	switch (size ? data[0] % 3 : 0) {
	case 0:
		try_block(in);
		break;
	case 1:
		try_segment(in, false);
		break;
	default:
		try_segment(in, true);
	}
	return 0;
}
