/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks fill and go out; a page of index fills behind them and goes out when it is full,
 * leaving its outline in the page above. */
#include "historian/builder.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/grow.h"
#include "historian/hours.h"
#include "historian/root.h"
#include "historian/shared.h"

enum { OUT_BYTES = 256 << 10, OUT_MAX = 16 << 20, DIRECTORY_MAX = 1 << 30 };

/* Of the directory, and the leaf of its point. */
typedef struct {
	segment_point_t point;
	root_point_t leaf;
} row_t;

struct builder {
	env_t *env;
	const column_kernel_t *kernel;
	builder_spec_t spec;
	segment_info_t info;
	char path[SEGMENT_PATH_MAX], temp[SEGMENT_PATH_MAX];
	env_file_t *file;
	uint64_t at; /* where `out` begins in the file */
	text_t out;
	shared_t *shared;
	/* The point that is written. */
	point_id_t point;
	column_hint_t *hint, no_hint;
	swing_t swing;
	uint64_t left_out;
	text_t scratch; /* parts that are only measured */
	rowset_t thinned;
	rowset_t block, rest;     /* rest: behind a cut, on its way into the next block */
	page_t page[PAGE_LEVELS]; /* filling, by level */
	merkle_peaks_t blocks;    /* its tree */
	/* Directory. */
	row_t *points;
	size_t count, cap;
	env_hasher_t *hasher;
};

static err_t name_files(builder_t *b)
{
	writer_t w = writer_of(b->temp, sizeof(b->temp));
	err_t err = segment_path_of(b->spec.dir, b->spec.info.id, b->path);
	if (err)
		return err;
	wr_format(&w, "%s.tmp", b->path);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

err_t builder_new(env_t *env, const builder_spec_t *spec, builder_t **ret_builder)
{
	uint8_t head[SEGMENT_HEAD];
	builder_t *b = calloc(1, sizeof(*b));
	if (!b)
		return ERR_NO_MEMORY;
	*b = (builder_t){ .env = env, .spec = *spec };
	b->kernel = spec->info.is_coded ? column_kernel_coding(env_isa(env))
	                                : column_kernel(env_isa(env));
	b->info = spec->info;
	b->info.first_ns = INT64_MAX;
	b->info.last_ns = INT64_MIN;
	b->info.rows = 0;
	b->out = text_of(OUT_MAX);
	b->scratch = text_of(OUT_MAX);
	b->shared = shared_new();
	err_t err = b->shared ? name_files(b) : ERR_NO_MEMORY;
	if (!err)
		err = env_hasher_new(&b->hasher);
	b->blocks.hasher = b->hasher;
	if (!err)
		err = env_file_open(env, b->temp, ENV_OPEN_CREATE, &b->file);
	if (err) {
		builder_free(b);
		return err;
	}
	segment_head_encode(head);
	text_add(&b->out, slice_of(head, sizeof(head)));
	*ret_builder = b;
	return ERR_OK;
}

void builder_free(builder_t *builder)
{
	if (!builder)
		return;
	if (builder->file) {
		env_file_close(builder->file);
		/* What stays is removed at the next open. */
		(void)!env_path_remove(builder->env, builder->temp);
	}
	shared_free(builder->shared);
	env_hasher_free(builder->hasher);
	rowset_free(&builder->block);
	rowset_free(&builder->rest);
	rowset_free(&builder->thinned);
	text_free(&builder->scratch);
	text_free(&builder->out);
	free(builder->points);
	free(builder);
}

static err_t flush(builder_t *b)
{
	if (b->out.bad)
		return ERR_NO_MEMORY;
	err_t err = env_file_write(b->file, b->at, text_slice(&b->out));
	if (err)
		return err;
	b->at += b->out.len;
	b->out.len = 0;
	return ERR_OK;
}

static extent_t extent_from(const builder_t *b, size_t start)
{
	return (extent_t){ b->at + start, (uint32_t)(b->out.len - start) };
}

err_t builder_begin(builder_t *builder, point_id_t point, column_hint_t *hint)
{
	row_t *grown = grow_for(builder->points, builder->count + 1, &builder->cap, sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	builder->points = grown;
	builder->point = point;
	builder->blocks.size = 0;
	builder->no_hint = (column_hint_t){ 0 };
	builder->hint = hint ? hint : &builder->no_hint;
	builder->swing = (swing_t){ 0 };
	for (size_t i = 0; i < PAGE_LEVELS; i++)
		builder->page[i].count = 0;
	return ERR_OK;
}

static err_t put_page(builder_t *b, const page_t *page, extent_t *ret_at)
{
	uint8_t bytes[PAGE_BYTES_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	size_t start = b->out.len;
	page_encode(page, &w);
	if (w.bad)
		return ERR_INTERNAL;
	text_add(&b->out, writer_done(&w));
	*ret_at = extent_from(b, start);
	return b->out.bad ? ERR_NO_MEMORY : ERR_OK;
}

/* The child goes into the page of its level, which goes out first when it is full. */
static err_t add_child(builder_t *b, size_t level, const page_child_t *child)
{
	page_child_t next = *child;
	for (; level < PAGE_LEVELS; level++) {
		page_t *page = &b->page[level];
		page->level = (uint8_t)level;
		if (page->count < PAGE_FAN) {
			page->child[page->count++] = next;
			return ERR_OK;
		}
		page_child_t outline = page_outline(page);
		err_t err = put_page(b, page, &outline.part[0]);
		if (err)
			return err;
		page->child[0] = next;
		page->count = 1;
		next = outline;
	}
	return ERR_LIMIT;
}

static err_t put_part(builder_t *b, block_part_t part, const rows_t *rows, shared_part_t *ret_part)
{
	if (part != BLOCK_VALUE && shared_find(b->shared, part, rows, ret_part))
		return ERR_OK;
	size_t start = b->out.len;
	err_t err = block_encode(b->kernel, part, rows, b->hint, &b->out);
	if (err)
		return err;
	slice_t bytes = slice_from(text_slice(&b->out), start);
	ret_part->at = extent_from(b, start);
	env_hasher_sha256(b->hasher, &bytes, 1, ret_part->hash.bytes);
	if (part != BLOCK_VALUE)
		shared_keep(b->shared, part, rows, ret_part);
	return ERR_OK;
}

static int64_t greatest(const int64_t *times, size_t count)
{
	int64_t most = times[0];
	for (size_t i = 1; i < count; i++)
		most = times[i] > most ? times[i] : most;
	return most;
}

static err_t put_parts(builder_t *b, const rows_t *rows, root_block_t *block)
{
	err_t err = ERR_OK;
	for (block_part_t part = BLOCK_SOURCE; !err && part < BLOCK_PARTS; part++) {
		shared_part_t written;
		err = put_part(b, part, rows, &written);
		if (err)
			break;
		block->child.part[part] = written.at;
		block->part[part] = written.hash;
	}
	return err;
}

/* `block` says all but where its parts are and what they hash to. */
static err_t add_block(builder_t *b, const rows_t *rows, root_block_t *block)
{
	err_t err = put_parts(b, rows, block);
	if (!err)
		err = add_child(b, 0, &block->child);
	if (!err)
		root_add_block(&b->blocks, block);
	if (!err && b->out.len >= OUT_BYTES)
		err = flush(b);
	return err;
}

void builder_swing(builder_t *builder, const swing_t *swing)
{
	builder->swing = *swing;
}

/* The bytes that the rows would come to here. */
static err_t measure(builder_t *b, const rows_t *rows, size_t *ret_bytes)
{
	column_hint_t hint = *b->hint;
	shared_part_t written;
	err_t err = ERR_OK;
	b->scratch.len = 0;
	for (block_part_t part = BLOCK_SOURCE; !err && part < BLOCK_PARTS; part++)
		if (part == BLOCK_VALUE || !shared_find(b->shared, part, rows, &written))
			err = block_encode(b->kernel, part, rows, &hint, &b->scratch);
	*ret_bytes = b->scratch.len;
	return err;
}

/* What a summary was made of may be thinned. */
static err_t thin(builder_t *b, page_child_t *child)
{
	bool keep[BLOCK_ROWS];
	size_t bytes_all = 0, bytes_kept = 0;
	rows_t all = rowset_rows(&b->block);
	if (swing_keep(&b->swing, &all, keep) == all.count)
		return ERR_OK;
	rowset_clear(&b->thinned);
	err_t err = rowset_add(&b->thinned, &all);
	if (err)
		return err;
	rowset_keep(&b->thinned, keep);
	rows_t kept = rowset_rows(&b->thinned);
	err = measure(b, &all, &bytes_all);
	if (!err)
		err = measure(b, &kept, &bytes_kept);
	if (err || bytes_kept >= bytes_all)
		return err;
	b->left_out += all.count - kept.count;
	/* The bound is of a whole block. */
	child->summary = hours_joined(child);
	child->hour_count = 0;
	rowset_keep(&b->block, keep);
	child->rows = kept.count;
	child->summary.bound = b->swing.deviation;
	return ERR_OK;
}

/* The rows from `count` on are those of the next block. */
static err_t cut_rest(builder_t *b, size_t count)
{
	rows_t rows = rowset_rows(&b->block);
	rows_t part = rows_part(&rows, count, rows.count);
	rowset_clear(&b->rest);
	err_t err = rowset_add(&b->rest, &part);
	b->block.count = count;
	return err;
}

static void take_rest(builder_t *b)
{
	rowset_t block = b->block;
	b->block = b->rest;
	b->rest = block;
	rowset_clear(&b->rest);
}

/* A block of the first `count` rows that are there. */
static err_t put_block(builder_t *b, size_t count)
{
	err_t err = cut_rest(b, count);
	if (err)
		return err;
	rows_t rows = rowset_rows(&b->block);
	root_block_t block = { .point = b->point,
		               .child = { .rows = rows.count,
		                          .first_ns = rows.source_ns[0],
		                          .last_ns = rows.source_ns[rows.count - 1],
		                          .node_max_ns = greatest(rows.node_ns, rows.count) } };
	if (b->spec.has_summaries)
		hours_digest(&rows, &block.child);
	if (block.child.has_summary && b->swing.deviation > 0)
		err = thin(b, &block.child);
	page_summary_settle(&block.child);
	rows = rowset_rows(&b->block);
	if (!err)
		err = add_block(b, &rows, &block);
	take_rest(b);
	return err;
}

/* A block is full, of rows or of texts. */
static err_t put_full(builder_t *b)
{
	rows_t rows = rowset_rows(&b->block);
	return put_block(b, b->spec.has_summaries && rows.count == BLOCK_ROWS ? hours_cut(&rows)
	                                                                      : rows.count);
}

err_t builder_copy(builder_t *builder, const rows_t *rows, const page_child_t *child)
{
	root_block_t copy = { .point = builder->point, .child = *child };
	size_t left = builder->block.count;
	err_t err = left ? put_block(builder, left) : ERR_OK;
	return err ? err : add_block(builder, rows, &copy);
}

err_t builder_add(builder_t *builder, const rows_t *rows)
{
	err_t err = ERR_OK;
	for (size_t i = 0, n; !err && i < rows->count; i += n) {
		size_t room = BLOCK_ROWS - builder->block.count;
		n = rows->count - i < room ? rows->count - i : room;
		rows_t part = rows_part(rows, i, i + n);
		err = rowset_add(&builder->block, &part);
		if (!err && (builder->block.count == BLOCK_ROWS ||
		             builder->block.text.len >= BLOCK_TEXT_MAX / 2))
			err = put_full(builder);
	}
	return err;
}

static void note_point(builder_t *b, const page_child_t *whole)
{
	segment_info_t *info = &b->info;
	row_t *row = &b->points[b->count++];
	row->point = (segment_point_t){ .point = b->point,
		                        .rows = whole->rows,
		                        .first_ns = whole->first_ns,
		                        .last_ns = whole->last_ns,
		                        .root = whole->part[0] };
	row->leaf = (root_point_t){ .point = b->point,
		                    .blocks = b->blocks.size,
		                    .rows = whole->rows,
		                    .first_ns = whole->first_ns,
		                    .last_ns = whole->last_ns,
		                    .root = merkle_peaks_root(&b->blocks) };
	info->rows += whole->rows;
	info->first_ns = whole->first_ns < info->first_ns ? whole->first_ns : info->first_ns;
	info->last_ns = whole->last_ns > info->last_ns ? whole->last_ns : info->last_ns;
}

/* Is there anything above the level? */
static bool is_top(const builder_t *b, size_t level)
{
	for (size_t i = level + 1; i < PAGE_LEVELS; i++)
		if (b->page[i].count)
			return false;
	return true;
}

err_t builder_end(builder_t *builder)
{
	size_t left = builder->block.count;
	err_t err = left ? put_block(builder, left) : ERR_OK;
	for (size_t level = 0; !err && level < PAGE_LEVELS; level++) {
		page_t *page = &builder->page[level];
		if (page->count == 0)
			continue;
		page_child_t outline = page_outline(page);
		err = put_page(builder, page, &outline.part[0]);
		if (err)
			break;
		if (is_top(builder, level)) {
			note_point(builder, &outline);
			break;
		}
		page->count = 0;
		err = add_child(builder, level + 1, &outline);
	}
	return err;
}

uint64_t builder_rows(const builder_t *builder)
{
	return builder->info.rows;
}

uint64_t builder_left_out(const builder_t *builder)
{
	return builder->left_out;
}

static int by_point(const void *a, const void *b)
{
	const row_t *x = a, *y = b;
	return (x->point.point > y->point.point) - (x->point.point < y->point.point);
}

static err_t put_directory(builder_t *b, uint32_t *ret_crc)
{
	uint8_t row[SEGMENT_ROW];
	uint32_t crc = 0;
	err_t err = ERR_OK;
	merkle_peaks_t points = { .hasher = b->hasher };
	qsort(b->points, b->count, sizeof(*b->points), by_point);
	for (size_t i = 0; !err && i < b->count; i++) {
		const segment_point_t *point = &b->points[i].point;
		writer_t w = writer_of(row, sizeof(row));
		wr_u32_le(&w, point->point);
		wr_u32_le(&w, point->root.len);
		wr_u64_le(&w, point->root.at);
		wr_u64_le(&w, point->rows);
		wr_u64_le(&w, (uint64_t)point->first_ns);
		wr_u64_le(&w, (uint64_t)point->last_ns);
		crc = crc32c(crc, writer_done(&w));
		root_add_point(&points, &b->points[i].leaf);
		text_add(&b->out, writer_done(&w));
		if (b->out.len >= OUT_BYTES)
			err = flush(b);
	}
	b->info.points = b->count;
	b->info.root = merkle_peaks_root(&points);
	*ret_crc = crc;
	return err;
}

static err_t put_end(builder_t *b)
{
	uint8_t foot[SEGMENT_FOOT];
	uint32_t directory_crc;
	uint64_t directory_at = b->at + b->out.len;
	err_t err = put_directory(b, &directory_crc);
	if (err)
		return err;
	segment_foot_encode(&b->info, directory_at, directory_crc, foot);
	text_add(&b->out, slice_of(foot, sizeof(foot)));
	reader_t crc = reader_of(slice_from(slice_of(foot, sizeof(foot)), SEGMENT_FOOT_CRC_AT));
	b->info.crc = rd_u32_le(&crc);
	err = flush(b);
	b->info.bytes = b->at;
	return err ? err : env_file_sync(b->file);
}

err_t builder_finish(builder_t *builder, segment_info_t *ret_info)
{
	assert(builder->count);
	err_t err = put_end(builder);
	if (!err)
		err = env_path_rename(builder->env, builder->temp, builder->path);
	if (err)
		return err;
	env_file_close(builder->file);
	builder->file = NULL;
	*ret_info = builder->info;
	return ERR_OK;
}
