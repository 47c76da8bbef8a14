/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses, then what is read: the parts of a block or a page whose
 * checksums are mended, a segment, as it is or with the checksums of its directory and foot
 * mended, or a record of edits. Blocks and edits that decode must encode to something that
 * decodes to the same. */
#include <assert.h>

#include "base/crc.h"
#include "env/ops.h"
#include "historian/edits.h"
#include "historian/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	BYTES_MAX = 1 << 16,
	CRC = 4,
	DIRECTORY_CRC_AT = 68,
	ROWS_MAX = 64,
};

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

/* The next of the input's pieces, with a checksum behind it. */
static slice_t take_piece(reader_t *r, uint8_t bytes[BYTES_MAX])
{
	uint64_t len = rd_varint(r);
	slice_t piece = slice_sub(r->in, 0, len < BYTES_MAX - CRC ? len : BYTES_MAX - CRC);
	r->in = slice_from(r->in, piece.len);
	writer_t w = writer_of(bytes, BYTES_MAX);
	wr_bytes(&w, piece);
	wr_u32_le(&w, crc32c(0, piece));
	return writer_done(&w);
}

static void decode_again(const column_kernel_t *kernel, const rowset_t *rows)
{
	column_hint_t hint = { 0 };
	rowset_t back = { 0 };
	text_t texts[BLOCK_PARTS];
	slice_t parts[BLOCK_PARTS];
	rows_t all = rowset_rows(rows);
	for (block_part_t part = BLOCK_SOURCE; part < BLOCK_PARTS; part++) {
		texts[part] = text_of(1 << 24);
		err_t err = block_encode(kernel, part, &all, &hint, &texts[part]);
		assert(err == ERR_OK);
		parts[part] = text_slice(&texts[part]);
	}
	err_t err = block_decode(kernel, parts, all.count, &back);
	assert(err == ERR_OK);
	rows_t got = rowset_rows(&back);
	for (size_t i = 0; i < all.count; i++)
		assert(rows_compare(&all, i, &got, i) == 0);
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		text_free(&texts[i]);
	rowset_free(&back);
}

static void try_block(slice_t in)
{
	static uint8_t bytes[BLOCK_PARTS][BYTES_MAX];
	slice_t parts[BLOCK_PARTS];
	rowset_t rows = { 0 };
	reader_t r = reader_of(in);
	uint64_t count = rd_varint(&r);
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		parts[i] = take_piece(&r, bytes[i]);
	if (!block_decode(column_kernel(ISA_PLAIN), parts, count % (BLOCK_ROWS + 2), &rows)) {
		decode_again(column_kernel(ISA_PLAIN), &rows);
		decode_again(column_kernel_coding(ISA_PLAIN), &rows);
	}
	rowset_free(&rows);
}

static void try_page(slice_t in)
{
	static uint8_t bytes[BYTES_MAX];
	static page_t page;
	uint8_t again[PAGE_BYTES_MAX];
	reader_t r = reader_of(in);
	if (page_decode(take_piece(&r, bytes), &page))
		return;
	writer_t w = writer_of(again, sizeof(again));
	page_encode(&page, &w);
	(void)page_outline(&page);
}

/* So that what lies behind the checksums is reached. */
static void mend(uint8_t *bytes, size_t len)
{
	slice_t all = slice_of(bytes, len);
	uint8_t *foot = &bytes[len - SEGMENT_FOOT];
	reader_t r = reader_of(slice_from(all, len - SEGMENT_FOOT + sizeof(uint64_t)));
	uint64_t at = rd_u64_le(&r), rows = rd_u64_le(&r);
	slice_t body = slice_sub(all, 0, len - SEGMENT_FOOT);
	writer_t w = writer_of(&foot[DIRECTORY_CRC_AT], CRC);
	wr_u32_le(&w, crc32c(0, slice_sub(body, at, rows <= len ? rows * SEGMENT_ROW : 0)));
	w = writer_of(&foot[SEGMENT_FOOT_CRC_AT], SEGMENT_FOOT - SEGMENT_FOOT_CRC_AT);
	wr_u32_le(&w, crc32c(0, slice_of(foot, SEGMENT_FOOT_CRC_AT)));
	wr_bytes(&w, SLICE("JIZHUEND"));
}

static void read_segment(const segment_t *segment)
{
	static page_t page;
	rowset_t rows = { 0 };
	for (size_t i = 0; i < segment_points(segment) && i < ROWS_MAX; i++) {
		segment_point_t point = segment_point(segment, i);
		(void)segment_find(segment, point.point);
		if (segment_page(segment, point.root, &page) || page.level)
			continue;
		for (size_t k = 0; k < page.count; k++) {
			rowset_clear(&rows);
			if (segment_read(segment, &page.child[k], &rows) == ERR_OK)
				assert(rows.count == page.child[k].rows);
		}
	}
	rowset_free(&rows);
}

static void try_segment(slice_t in, bool mended)
{
	static const env_ops_t ops = { .map_open = map_open,
		                       .map_bytes = map_bytes,
		                       .map_close = map_close,
		                       .isa = isa_of_machine };
	uint8_t bytes[BYTES_MAX];
	segment_t *segment = NULL;
	err_detail_t detail;
	if (in.len > sizeof(bytes))
		return;
	if (in.len)
		memcpy(bytes, in.ptr, in.len);
	if (mended && in.len >= SEGMENT_FOOT)
		mend(bytes, in.len);
	file_world_t world = { .env = { &ops }, .map = { &ops }, .bytes = { bytes, in.len } };
	if (segment_open(&world.env, "input", &segment, &detail) == ERR_OK)
		read_segment(segment);
	segment_close(segment);
}

static void try_edits(slice_t in)
{
	static uint8_t bytes[BYTES_MAX];
	slice_t edits[HISTORIAN_EDITS_AT_ONCE];
	size_t count = 0;
	historian_edit_t edit, back;
	if (in.len > BYTES_MAX / 2 || edit_record_decode(in, edits, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		writer_t w = writer_of(bytes, sizeof(bytes));
		if (edit_decode(edits[i], &edit))
			continue;
		edit_encode(&edit, &w);
		err_t err = edit_decode(writer_done(&w), &back);
		assert(err == ERR_OK);
		assert(back.at_ns == edit.at_ns && back.point == edit.point);
		assert(slice_eq(back.reason, edit.reason) && value_eq(&back.value, &edit.value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_from(slice_of(data, size), 1);
	switch (size ? data[0] % 5 : 0) {
	case 0:
		try_block(in);
		break;
	case 1:
		try_page(in);
		break;
	case 2:
		try_segment(in, false);
		break;
	case 3:
		try_segment(in, true);
		break;
	default:
		try_edits(in);
	}
	return 0;
}
