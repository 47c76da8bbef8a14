/* SPDX-License-Identifier: Apache-2.0 */
/* The file grows by what is added and is written anew when it holds twice the rows
 * that are kept. A file that cannot be written is given up until the next start. */
#include "events/index.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crc.h"

enum {
	INDEX_VERSION = 1,
	HEAD_BYTES = 32,
	ROW_BYTES = 40,
	CHUNK_ROWS = 100,
	FIRST_CAP = 256,
};

static const uint8_t MAGIC[8] = { 'J', 'I', 'Z', 'H', 'U', 'E', 'V', 'I' };

struct event_index {
	env_t *env;
	env_file_t *file; /* NULL when given up */
	uint64_t epoch;
	uint64_t file_rows;
	size_t rows_max, cap, start, count;
	size_t unsaved; /* newest rows not yet in the file */
	event_row_t *rows;
	char path[];
};

size_t index_count(const event_index_t *index)
{
	return index->count;
}

const event_row_t *index_row(const event_index_t *index, size_t i)
{
	assert(i < index->count);
	return &index->rows[(index->start + i) % index->cap];
}

size_t index_below(const event_index_t *index, uint64_t seq)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (index_row(index, mid)->seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A ring that is not yet at its limit begins at 0, so it grows in place. */
static err_t grow(event_index_t *index)
{
	size_t cap = index->cap ? 2 * index->cap : FIRST_CAP;
	if (cap > index->rows_max)
		cap = index->rows_max;
	event_row_t *rows = realloc(index->rows, cap * sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	index->rows = rows;
	index->cap = cap;
	return ERR_OK;
}

err_t index_add(event_index_t *index, const event_row_t *row)
{
	if (index->count == index->cap && index->cap < index->rows_max) {
		err_t err = grow(index);
		if (err)
			return err;
	}
	if (index->count == index->cap) {
		index->start = (index->start + 1) % index->cap;
		index->count--;
	}
	index->rows[(index->start + index->count) % index->cap] = *row;
	index->count++;
	if (index->unsaved < index->count)
		index->unsaved++;
	return ERR_OK;
}

static uint32_t row_crc(uint64_t epoch, slice_t bytes)
{
	uint8_t seed[8];
	writer_t w = writer_of(seed, sizeof(seed));
	wr_u64_le(&w, epoch);
	return crc32c(crc32c(0, writer_done(&w)), bytes);
}

static void put_row(const event_index_t *index, const event_row_t *row, writer_t *w)
{
	size_t from = w->len;
	wr_u64_le(w, row->seq);
	wr_u64_le(w, row->incident);
	wr_u32_le(w, row->at);
	wr_u32_le(w, row->point);
	wr_u32_le(w, row->mark);
	wr_u8(w, row->class);
	wr_u8(w, row->severity);
	wr_u16_le(w, 0);
	wr_u32_le(w, 0);
	wr_u32_le(w, row_crc(index->epoch, slice_from(writer_done(w), from)));
}

static bool get_row(const event_index_t *index, slice_t in, event_row_t *ret_row)
{
	reader_t r = reader_of(slice_sub(in, 0, ROW_BYTES));
	event_row_t row = { .seq = rd_u64_le(&r) };
	row.incident = rd_u64_le(&r);
	row.at = rd_u32_le(&r);
	row.point = rd_u32_le(&r);
	row.mark = rd_u32_le(&r);
	row.class = rd_u8(&r);
	row.severity = rd_u8(&r);
	rd_take(&r, 6);
	uint32_t crc = rd_u32_le(&r);
	*ret_row = row;
	return !r.bad && crc == row_crc(index->epoch, slice_sub(in, 0, ROW_BYTES - 4));
}

static void put_head(const event_index_t *index, uint8_t head[HEAD_BYTES])
{
	writer_t w = writer_of(head, HEAD_BYTES);
	wr_bytes(&w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(&w, INDEX_VERSION);
	wr_u32_le(&w, 0);
	wr_u64_le(&w, index->epoch);
	wr_u32_le(&w, 0);
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
}

static void give_up(event_index_t *index)
{
	env_file_close(index->file);
	index->file = NULL;
}

/* An empty file with a head. */
static void begin_file(event_index_t *index)
{
	uint8_t head[HEAD_BYTES];
	env_file_close(index->file);
	index->file = NULL;
	index->file_rows = 0;
	index->unsaved = index->count;
	put_head(index, head);
	err_t err = env_file_open(index->env, index->path, ENV_OPEN_CREATE, &index->file);
	if (!err)
		err = env_file_write(index->file, 0, slice_of(head, sizeof(head)));
	if (err)
		give_up(index);
}

void index_clear(event_index_t *index)
{
	index->start = 0;
	index->count = 0;
	begin_file(index);
}

/* The oldest rows not yet in the file, as many as a chunk holds. */
static err_t save_chunk(event_index_t *index)
{
	uint8_t chunk[CHUNK_ROWS * ROW_BYTES];
	writer_t w = writer_of(chunk, sizeof(chunk));
	size_t rows = index->unsaved < CHUNK_ROWS ? index->unsaved : CHUNK_ROWS;
	for (size_t i = 0; i < rows; i++)
		put_row(index, index_row(index, index->count - index->unsaved + i), &w);
	uint64_t at = HEAD_BYTES + index->file_rows * ROW_BYTES;
	err_t err = env_file_write(index->file, at, writer_done(&w));
	if (err)
		return err;
	index->file_rows += rows;
	index->unsaved -= rows;
	return ERR_OK;
}

void index_save(event_index_t *index)
{
	if (index->file && index->file_rows >= 2 * (uint64_t)index->rows_max)
		begin_file(index);
	while (index->file && index->unsaved)
		if (save_chunk(index))
			give_up(index);
}

static bool load_head(event_index_t *index)
{
	uint8_t wanted[HEAD_BYTES], head[HEAD_BYTES];
	size_t len = 0;
	put_head(index, wanted);
	err_t err = env_file_open(index->env, index->path, ENV_OPEN_WRITE, &index->file);
	if (!err)
		err = env_file_read(index->file, 0, head, sizeof(head), &len);
	return !err && slice_eq(slice_of(head, len), slice_of(wanted, sizeof(wanted)));
}

/* Rows of one read; false when the good ones have ended. */
static bool load_chunk(event_index_t *index, uint64_t *before)
{
	uint8_t chunk[CHUNK_ROWS * ROW_BYTES];
	size_t len = 0;
	uint64_t at = HEAD_BYTES + index->file_rows * ROW_BYTES;
	if (env_file_read(index->file, at, chunk, sizeof(chunk), &len))
		return false;
	for (size_t i = 0; i + ROW_BYTES <= len; i += ROW_BYTES) {
		event_row_t row;
		if (!get_row(index, slice_of(&chunk[i], ROW_BYTES), &row) || row.seq <= *before ||
		    index_add(index, &row))
			return false;
		*before = row.seq;
		index->file_rows++;
	}
	return len == sizeof(chunk);
}

/* What follows the last good row is overwritten or cut with the next ones. */
static void load(event_index_t *index)
{
	uint64_t before = 0;
	if (!load_head(index)) {
		begin_file(index);
		return;
	}
	while (load_chunk(index, &before))
		;
	index->unsaved = 0;
	if (env_file_truncate(index->file, HEAD_BYTES + index->file_rows * ROW_BYTES))
		give_up(index);
}

err_t index_open(env_t *env, const char *path, uint64_t epoch, size_t rows_max,
                 event_index_t **ret_index)
{
	size_t path_bytes = strlen(path) + 1;
	event_index_t *index = calloc(1, sizeof(*index) + path_bytes);
	if (!index)
		return ERR_NO_MEMORY;
	memcpy(index->path, path, path_bytes);
	index->env = env;
	index->epoch = epoch;
	index->rows_max = rows_max;
	load(index);
	*ret_index = index;
	return ERR_OK;
}

void index_close(event_index_t *index)
{
	if (!index)
		return;
	env_file_close(index->file);
	free(index->rows);
	free(index);
}
