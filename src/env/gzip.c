/* SPDX-License-Identifier: Apache-2.0 */
#include "env/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

enum { PIECE_BYTES = 32 << 10, ANY_HEADER = 32 };

/* One piece of output. */
static err_t inflate_piece(z_stream *stream, text_t *plain, bool *is_end)
{
	uint8_t piece[PIECE_BYTES];
	stream->next_out = piece;
	stream->avail_out = sizeof(piece);
	int got = inflate(stream, Z_NO_FLUSH);
	text_add(plain, slice_of(piece, sizeof(piece) - stream->avail_out));
	*is_end = got == Z_STREAM_END;
	if (plain->bad)
		return ERR_TOO_BIG;
	if (got == Z_MEM_ERROR)
		return ERR_NO_MEMORY;
	return got == Z_OK || got == Z_STREAM_END ? ERR_OK : ERR_CORRUPT;
}

static err_t inflate_all(z_stream *stream, text_t *plain)
{
	err_t err = ERR_OK;
	bool is_end = false;
	while (!err && !(is_end && stream->avail_in == 0)) {
		if (is_end && inflateReset(stream) != Z_OK)
			return ERR_CORRUPT;
		err = inflate_piece(stream, plain, &is_end);
	}
	return err;
}

err_t env_gunzip(slice_t packed, text_t *plain)
{
	z_stream stream = { .next_in = packed.ptr, .avail_in = (uInt)packed.len };
	if (packed.len == 0 || packed.len > UINT32_MAX)
		return ERR_CORRUPT;
	if (inflateInit2(&stream, MAX_WBITS + ANY_HEADER) != Z_OK)
		return ERR_NO_MEMORY;
	err_t err = inflate_all(&stream, plain);
	(void)inflateEnd(&stream);
	return err;
}
