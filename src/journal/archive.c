/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an archive: the index is held in memory, one frame at a time is decoded. */
#include "journal/archive.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crc.h"
#include "env/compress.h"
#include "journal/archive_frame.h"

struct archive {
	env_file_t *file;
	archive_head_t head;
	archive_row_t *rows;
	uint8_t *stored, *stripped, *plain; /* room for the largest frame */
	size_t stored_max, stripped_max, plain_max;
	size_t frame; /* decoded now; head.rows: none */
	size_t plain_len;
};

segment_path_t archive_path(const char *dir, const char *name, uint64_t first_seq)
{
	segment_path_t path = log_segment_path(dir, name, first_seq);
	size_t len = strlen(path.text);
	assert(len + sizeof(".zst") <= sizeof(path.text)); /* journal_open checked */
	memcpy(&path.text[len], ".zst", sizeof(".zst"));
	return path;
}

static err_t read_exact(env_file_t *file, uint64_t at, void *buf, size_t len)
{
	size_t got = 0;
	err_t err = env_file_read(file, at, buf, len, &got);
	return err ? err : got == len ? ERR_OK : ERR_CORRUPT;
}

/* A frame and the one behind it. */
static bool row_fits(const archive_row_t *row)
{
	return row[1].plain_at > row->plain_at &&
	       row[1].plain_at - row->plain_at <= ARCHIVE_FRAME_MAX &&
	       row->stored_at + row->stored_len == row[1].stored_at &&
	       row->stripped_len <= ARCHIVE_FRAME_MAX &&
	       row->stored_len <= env_compress_bound(ARCHIVE_FRAME_MAX);
}

/* Frames follow one another without gaps, in both places, and none is larger than a
 * frame can be. */
static bool rows_fit(archive_t *a)
{
	const archive_row_t *row = a->rows;
	size_t last = a->head.rows - 1;
	if (row->plain_at != SEGMENT_HEAD_BYTES || row->stored_at != ARCHIVE_HEAD_BYTES ||
	    row->chain.next_seq != a->head.chain.next_seq || row->chain.link != a->head.chain.link)
		return false;
	for (size_t i = 0; i < last; i++, row++) {
		uint64_t plain = row[1].plain_at - row->plain_at;
		if (!row_fits(row))
			return false;
		a->plain_max = plain > a->plain_max ? (size_t)plain : a->plain_max;
		a->stored_max = row->stored_len > a->stored_max ? row->stored_len : a->stored_max;
		a->stripped_max = row->stripped_len > a->stripped_max ? row->stripped_len
		                                                      : a->stripped_max;
	}
	return row->stored_at == a->head.index_at && row->stored_len == 0;
}

/* The index, behind which nothing is. */
static err_t read_index(archive_t *a)
{
	size_t len = ARCHIVE_SKIP_BYTES + (size_t)a->head.rows * ARCHIVE_ROW_BYTES + 4;
	uint8_t *bytes = malloc(len), skip[ARCHIVE_SKIP_BYTES];
	uint64_t size = 0;
	writer_t w = writer_of(skip, sizeof(skip));
	archive_skip_encode((uint32_t)(len - ARCHIVE_SKIP_BYTES), &w);
	a->rows = calloc(a->head.rows, sizeof(*a->rows));
	err_t err = bytes && a->rows ? env_file_size(a->file, &size) : ERR_NO_MEMORY;
	if (!err && (size < len || a->head.index_at != size - len))
		err = ERR_CORRUPT;
	if (!err)
		err = read_exact(a->file, a->head.index_at, bytes, len);
	reader_t r = reader_of(slice_of(bytes, err ? 0 : len));
	slice_t frame = rd_take(&r, ARCHIVE_SKIP_BYTES);
	for (size_t i = 0; !err && i < a->head.rows; i++)
		a->rows[i] = archive_row_decode(&r, &a->head);
	uint32_t crc = rd_u32_le(&r);
	if (!err && (!slice_eq(frame, writer_done(&w)) ||
	             crc != crc32c(0, slice_of(bytes, len - 4)) || !rows_fit(a)))
		err = ERR_CORRUPT;
	free(bytes);
	return err;
}

static err_t take_memory(archive_t *a)
{
	a->stored = malloc(a->stored_max + 1);
	a->stripped = malloc(a->stripped_max + 1);
	a->plain = malloc(a->plain_max + 1);
	return a->stored && a->stripped && a->plain ? ERR_OK : ERR_NO_MEMORY;
}

static err_t read_head(archive_t *a, uint64_t first_seq)
{
	uint8_t head[ARCHIVE_HEAD_BYTES];
	err_t err = read_exact(a->file, 0, head, sizeof(head));
	if (!err)
		err = archive_head_decode(slice_of(head, sizeof(head)), &a->head);
	return !err && a->head.chain.next_seq != first_seq ? ERR_CORRUPT : err;
}

err_t archive_open(env_t *env, const char *path, uint64_t first_seq, archive_t **ret_archive,
                   chain_t *ret_chain)
{
	archive_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	err_t err = env_file_open(env, path, ENV_OPEN_READ, &a->file);
	if (!err)
		err = read_head(a, first_seq);
	if (!err)
		err = read_index(a);
	if (!err)
		err = take_memory(a);
	if (err) {
		archive_close(a);
		return err;
	}
	a->frame = a->head.rows;
	*ret_archive = a;
	*ret_chain = a->head.chain;
	return ERR_OK;
}

void archive_close(archive_t *archive)
{
	if (!archive)
		return;
	env_file_close(archive->file);
	free(archive->rows);
	free(archive->stored);
	free(archive->stripped);
	free(archive->plain);
	free(archive);
}

uint64_t archive_used(const archive_t *archive)
{
	return archive->rows[archive->head.rows - 1].plain_at;
}

/* The frame around `at`; the last row when it is behind them all. */
static size_t frame_of(const archive_t *a, uint64_t at)
{
	size_t from = 0, to = a->head.rows - 1;
	while (from < to) {
		size_t middle = from + (to - from + 1) / 2;
		if (a->rows[middle].plain_at <= at)
			from = middle;
		else
			to = middle - 1;
	}
	return from;
}

uint64_t archive_next_frame(const archive_t *archive, uint64_t at)
{
	size_t frame = frame_of(archive, at);
	size_t last = archive->head.rows - 1;
	return frame < last ? archive->rows[frame + 1].plain_at : at + 8;
}

static bool is_same_chain(const chain_t *a, const chain_t *b)
{
	return a->next_seq == b->next_seq && a->link == b->link &&
	       memcmp(a->hash, b->hash, SHA256_BYTES) == 0;
}

/* The chain that the rebuilt records give must be the one the next frame begins with:
 * so nothing in them can differ from what was archived. */
static err_t decode(archive_t *a, size_t frame)
{
	const archive_row_t *row = &a->rows[frame];
	size_t want = (size_t)(row[1].plain_at - row->plain_at);
	writer_t stripped = writer_of(a->stripped, a->stripped_max);
	writer_t plain = writer_of(a->plain, a->plain_max);
	chain_t chain = row->chain;
	slice_t stored = slice_of(a->stored, row->stored_len);
	a->frame = a->head.rows;
	err_t err = read_exact(a->file, row->stored_at, a->stored, row->stored_len);
	if (!err && crc32c(0, stored) != row->crc)
		err = ERR_CORRUPT;
	if (!err)
		err = env_decompress(stored, &stripped);
	if (!err && stripped.len != row->stripped_len)
		err = ERR_CORRUPT;
	if (!err)
		err = archive_rebuild(writer_done(&stripped), &chain, want, &plain);
	if (!err && !is_same_chain(&chain, &row[1].chain))
		err = ERR_CORRUPT;
	if (err)
		return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
	a->frame = frame;
	a->plain_len = want;
	return ERR_OK;
}

err_t archive_bytes(archive_t *archive, uint64_t at, slice_t *ret_bytes)
{
	size_t frame = frame_of(archive, at);
	if (frame == archive->head.rows - 1 || at < SEGMENT_HEAD_BYTES) {
		*ret_bytes = (slice_t){ 0 };
		return ERR_OK;
	}
	err_t err = frame == archive->frame ? ERR_OK : decode(archive, frame);
	if (!err)
		*ret_bytes = slice_from(slice_of(archive->plain, archive->plain_len),
		                        (size_t)(at - archive->rows[frame].plain_at));
	return err;
}
