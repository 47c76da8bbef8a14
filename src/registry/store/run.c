/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of names: sorted, never changed, in blocks of 4 KiB. Within a block a name
 * says how much of the one before it repeats; the first of a block is whole, so
 * that a search by halves looks at first names alone. */
#include "base/crc.h"
#include "registry/store/state.h"

static const char magic[] = "JIZHUNAM";

enum { MAGIC_BYTES = 8, BLOCK_HEAD = 8, ENTRY_HEAD_MAX = 4, HEAD_BYTES = 40 };

static uint32_t block_sum(slice_t block, uint32_t number, uint32_t at)
{
	return crc32c(number * UINT32_C(0x9E3779B1) ^ at, slice_from(block, 4));
}

static void patch_u32_le(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

/* Writing. */

static void head_write(const registry_store_t *s, uint32_t number, uint64_t count, uint32_t blocks,
                       uint8_t buf[HEAD_BYTES])
{
	writer_t w = writer_of(buf, HEAD_BYTES);
	memset(buf, 0, HEAD_BYTES);
	wr_bytes(&w, slice_of(magic, MAGIC_BYTES));
	wr_u32_le(&w, FORMAT_VERSION);
	wr_u32_le(&w, s->instance);
	wr_u32_le(&w, number);
	wr_u32_le(&w, blocks);
	wr_u64_le(&w, count);
	w.len = HEAD_BYTES - 4;
	wr_u32_le(&w, crc32c(0, slice_of(buf, HEAD_BYTES - 4)));
}

err_t run_writer_begin(registry_store_t *store, run_writer_t *out)
{
	out->blocks = 1;
	out->count = 0;
	out->used = BLOCK_HEAD;
	out->block_count = 0;
	out->last_len = 0;
	return area_make(store, AREA_NAMES, 0, &out->area);
}

static err_t block_end(run_writer_t *out)
{
	memset(&out->block[out->used], 0, BLOCK_BYTES - out->used);
	out->block[4] = (uint8_t)out->block_count;
	out->block[5] = (uint8_t)(out->block_count >> 8);
	out->block[6] = out->block[7] = 0;
	slice_t block = slice_of(out->block, BLOCK_BYTES);
	patch_u32_le(out->block, block_sum(block, out->area->number, out->blocks));
	err_t err = area_write(out->area, (uint64_t)out->blocks * BLOCK_BYTES, block);
	out->blocks++;
	out->used = BLOCK_HEAD;
	out->block_count = 0;
	out->last_len = 0;
	return err;
}

static size_t shared_of(const run_writer_t *out, slice_t name)
{
	size_t shared = 0;
	while (shared < out->last_len && shared < name.len && out->last[shared] == name.ptr[shared])
		shared++;
	return shared;
}

err_t run_writer_add(run_writer_t *out, slice_t name)
{
	if (out->count > 0 && slice_eq(slice_of(out->last, out->last_len), name))
		return ERR_OK; /* a name that two runs have */
	size_t shared = shared_of(out, name);
	if (out->used + ENTRY_HEAD_MAX + name.len - shared > BLOCK_BYTES) {
		err_t err = block_end(out);
		if (err)
			return err;
		shared = 0;
	}
	writer_t w = writer_of(out->block, BLOCK_BYTES);
	w.len = out->used;
	wr_varint(&w, shared);
	wr_string(&w, slice_from(name, shared));
	out->used = w.len;
	memcpy(out->last, name.ptr, name.len);
	out->last_len = name.len;
	out->block_count++;
	out->count++;
	return ERR_OK;
}

err_t run_writer_end(registry_store_t *store, run_writer_t *out, run_t *ret_run)
{
	uint8_t head[HEAD_BYTES];
	area_t *area = out->area;
	err_t err = out->block_count ? block_end(out) : ERR_OK;
	head_write(store, area->number, out->count, out->blocks, head);
	if (!err)
		err = area_write(area, 0, slice_of(head, HEAD_BYTES));
	if (!err)
		err = area_map(store, AREA_NAMES, area);
	out->area = NULL;
	if (err) {
		area_remove(store, AREA_NAMES, area);
		return err;
	}
	store->bytes += area->bytes.len;
	*ret_run = (run_t){ .area = area, .count = out->count, .blocks = out->blocks };
	return ERR_OK;
}

err_t run_open(registry_store_t *store, uint32_t number, uint64_t count, uint32_t blocks,
               run_t *ret_run)
{
	uint8_t head[HEAD_BYTES];
	run_t run = { .count = count, .blocks = blocks };
	uint64_t size = blocks > 1 ? (uint64_t)blocks * BLOCK_BYTES : HEAD_BYTES;
	err_t err = area_open(store, AREA_NAMES, number, size, &run.area);
	if (err)
		return err;
	head_write(store, number, count, blocks, head);
	if (memcmp(head, run.area->bytes.ptr, HEAD_BYTES) != 0) {
		area_drop(&run.area->scrap);
		return ERR_CORRUPT;
	}
	*ret_run = run;
	return ERR_OK;
}

run_view_t run_view(const run_t *run)
{
	return (run_view_t){ run->area->bytes, run->area->number, run->blocks };
}

/* Reading. */

static err_t block_open(run_cursor_t *c, uint32_t at)
{
	slice_t block = slice_sub(c->run.bytes, (size_t)at * BLOCK_BYTES, BLOCK_BYTES);
	reader_t r = reader_of(block);
	uint32_t sum = rd_u32_le(&r);
	uint32_t count = rd_u16_le(&r);
	(void)rd_u16_le(&r);
	if (r.bad || block.len < BLOCK_BYTES || block_sum(block, c->run.number, at) != sum)
		return ERR_CORRUPT;
	c->in = r;
	c->left = count;
	c->block = at + 1;
	c->len = 0;
	return ERR_OK;
}

err_t run_next(run_cursor_t *c, bool *ret_has)
{
	if (c->left == 0) {
		if (c->block >= c->run.blocks) {
			*ret_has = false;
			return ERR_OK;
		}
		err_t err = block_open(c, c->block);
		if (err)
			return err;
	}
	uint64_t shared = rd_varint(&c->in);
	slice_t rest = rd_string(&c->in);
	if (c->in.bad || shared > c->len || shared + rest.len > RECORD_NAME_MAX || c->left == 0)
		return ERR_CORRUPT;
	memcpy(&c->name[shared], rest.ptr, rest.len);
	c->len = (size_t)shared + rest.len;
	c->left--;
	*ret_has = true;
	return ERR_OK;
}

/* Whether the first name of block `at` is behind `after`. */
static err_t is_behind(run_cursor_t *c, uint32_t at, slice_t after, bool *ret_is)
{
	bool has = false;
	err_t err = block_open(c, at);
	if (!err)
		err = run_next(c, &has);
	if (!err)
		*ret_is = slice_cmp(slice_of(c->name, c->len), after) > 0;
	return err;
}

/* The first block whose first name is behind lies in [low, high]. */
static err_t block_behind(run_cursor_t *c, slice_t after, uint32_t *ret_block)
{
	uint32_t low = 1, high = c->run.blocks;
	err_t err = ERR_OK;
	while (!err && low < high) {
		uint32_t middle = low + (high - low) / 2;
		bool behind = false;
		err = is_behind(c, middle, after, &behind);
		if (behind)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_block = low;
	return err;
}

static err_t skip_to(run_cursor_t *c, slice_t after, bool *ret_has)
{
	err_t err;
	do
		err = run_next(c, ret_has);
	while (!err && *ret_has && slice_cmp(slice_of(c->name, c->len), after) <= 0);
	return err;
}

err_t run_seek(run_view_t run, slice_t after, run_cursor_t *c, bool *ret_has)
{
	uint32_t behind = 1;
	bool has = true;
	c->run = run;
	err_t err = block_behind(c, after, &behind);
	c->block = behind > 1 ? behind - 1 : 1;
	c->left = 0;
	if (!err)
		err = skip_to(c, after, &has);
	*ret_has = has;
	return err;
}
