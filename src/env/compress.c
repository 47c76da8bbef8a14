/* SPDX-License-Identifier: Apache-2.0 */
#include "env/compress.h"

#include <zstd.h>

size_t env_compress_bound(size_t len)
{
	return ZSTD_compressBound(len);
}

err_t env_compress(slice_t plain, int level, writer_t *w)
{
	if (w->bad)
		return ERR_TOO_BIG;
	size_t room = w->cap - w->len;
	size_t got = ZSTD_compress(&w->buf[w->len], room, plain.ptr, plain.len, level);
	if (ZSTD_isError(got))
		return room < env_compress_bound(plain.len) ? ERR_TOO_BIG : ERR_NO_MEMORY;
	w->len += got;
	return ERR_OK;
}

err_t env_decompress(slice_t frame, writer_t *w)
{
	if (w->bad)
		return ERR_TOO_BIG;
	size_t size = ZSTD_findFrameCompressedSize(frame.ptr, frame.len);
	if (ZSTD_isError(size) || size != frame.len)
		return ERR_CORRUPT;
	/* Frames of this file's making say how much they hold. */
	unsigned long long wanted = ZSTD_getFrameContentSize(frame.ptr, frame.len);
	if (wanted == ZSTD_CONTENTSIZE_UNKNOWN || wanted == ZSTD_CONTENTSIZE_ERROR)
		return ERR_CORRUPT;
	if (wanted > w->cap - w->len)
		return ERR_TOO_BIG;
	size_t got = ZSTD_decompress(&w->buf[w->len], w->cap - w->len, frame.ptr, frame.len);
	if (ZSTD_isError(got))
		return ERR_CORRUPT;
	w->len += got;
	return ERR_OK;
}
