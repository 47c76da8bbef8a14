/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an archive, a frame at a time. */
#include <stdlib.h>

#include "base/crc.h"
#include "base/grow.h"
#include "env/compress.h"
#include "journal/archive_frame.h"

/* Of the levels, the one behind which more time brings little. */
enum { LEVEL = 12 };

struct archive_writer {
	env_file_t *file;
	archive_head_t head;
	archive_row_t *rows;
	size_t count, cap;
	archive_row_t open; /* the frame being filled */
	chain_t chain;      /* behind its last record */
	size_t plain_len;
	writer_t stripped, stored;
	uint8_t *plain;
};

err_t archive_writer_new(env_file_t *file, const chain_t *head, archive_writer_t **ret_writer)
{
	size_t bound = env_compress_bound(ARCHIVE_FRAME_MAX);
	archive_writer_t *w = calloc(1, sizeof(*w));
	if (!w)
		return ERR_NO_MEMORY;
	w->file = file;
	w->head.chain = w->chain = w->open.chain = *head;
	w->open.plain_at = SEGMENT_HEAD_BYTES;
	w->open.stored_at = ARCHIVE_HEAD_BYTES;
	w->stripped = writer_of(malloc(ARCHIVE_FRAME_MAX), ARCHIVE_FRAME_MAX);
	w->stored = writer_of(malloc(bound), bound);
	w->plain = malloc(ARCHIVE_FRAME_MAX);
	if (!w->stripped.buf || !w->stored.buf || !w->plain) {
		archive_writer_free(w);
		return ERR_NO_MEMORY;
	}
	*ret_writer = w;
	return ERR_OK;
}

void archive_writer_free(archive_writer_t *writer)
{
	if (!writer)
		return;
	free(writer->rows);
	free(writer->stripped.buf);
	free(writer->stored.buf);
	free(writer->plain);
	free(writer);
}

err_t archive_writer_add(archive_writer_t *w, const record_t *record)
{
	if (!chain_accept(&w->chain, record))
		return ERR_CORRUPT;
	archive_strip(record, &w->stripped);
	w->plain_len += record->bytes;
	return w->stripped.bad ? ERR_TOO_BIG : ERR_OK;
}

bool archive_writer_is_full(const archive_writer_t *w)
{
	return w->plain_len >= ARCHIVE_FRAME_BYTES;
}

static err_t push(archive_writer_t *w, const archive_row_t *row)
{
	archive_row_t *rows = grow_for(w->rows, w->count + 1, &w->cap, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	w->rows = rows;
	w->rows[w->count++] = *row;
	return ERR_OK;
}

/* Whether the stored frame gives the records back: links and hashes are part of what
 * is compared, so that the whole plain frame is. */
static err_t prove(archive_writer_t *w)
{
	chain_t chain = w->open.chain;
	writer_t plain = writer_of(w->plain, ARCHIVE_FRAME_MAX), back;
	uint8_t *room = malloc(w->stripped.len);
	if (!room)
		return ERR_NO_MEMORY;
	back = writer_of(room, w->stripped.len);
	err_t err = env_decompress(writer_done(&w->stored), &back);
	if (!err)
		err = archive_rebuild(writer_done(&back), &chain, w->plain_len, &plain);
	if (!err && (chain.next_seq != w->chain.next_seq || chain.link != w->chain.link))
		err = ERR_CORRUPT;
	free(room);
	return err;
}

err_t archive_writer_frame(archive_writer_t *w)
{
	if (w->plain_len == 0)
		return ERR_OK;
	w->stored.len = 0;
	err_t err = env_compress(writer_done(&w->stripped), LEVEL, &w->stored);
	if (!err)
		err = prove(w);
	if (!err)
		err = env_file_write(w->file, w->open.stored_at, writer_done(&w->stored));
	if (err)
		return err;
	w->open.stored_len = (uint32_t)w->stored.len;
	w->open.stripped_len = (uint32_t)w->stripped.len;
	w->open.crc = crc32c(0, writer_done(&w->stored));
	err = push(w, &w->open);
	w->open = (archive_row_t){
		.plain_at = w->open.plain_at + w->plain_len,
		.stored_at = w->open.stored_at + w->open.stored_len,
		.chain = w->chain,
	};
	w->plain_len = 0;
	w->stripped.len = 0;
	return err;
}

err_t archive_writer_end(archive_writer_t *w)
{
	uint8_t head[ARCHIVE_HEAD_BYTES];
	err_t err = archive_writer_frame(w);
	if (!err)
		err = push(w, &w->open);
	size_t len = ARCHIVE_SKIP_BYTES + w->count * ARCHIVE_ROW_BYTES + 4;
	uint8_t *index = err ? NULL : malloc(len);
	if (!err && !index)
		err = ERR_NO_MEMORY;
	writer_t out = writer_of(index, index ? len : 0);
	archive_skip_encode((uint32_t)(len - ARCHIVE_SKIP_BYTES), &out);
	for (size_t i = 0; i < w->count; i++)
		archive_row_encode(&w->rows[i], &out);
	wr_u32_le(&out, crc32c(0, writer_done(&out)));
	w->head.rows = (uint32_t)w->count;
	w->head.index_at = w->open.stored_at;
	archive_head_encode(&w->head, head);
	if (!err)
		err = env_file_write(w->file, w->head.index_at, writer_done(&out));
	if (!err)
		err = env_file_write(w->file, 0, slice_of(head, sizeof(head)));
	free(index);
	return err;
}
