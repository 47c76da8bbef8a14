/* SPDX-License-Identifier: Apache-2.0 */
#include "env/snappy.h"

#include <snappy-c.h>

static const char *chars(slice_t bytes)
{
	return (const char *)(const void *)bytes.ptr;
}

err_t env_snappy_size(slice_t block, size_t *ret_size)
{
	size_t size;
	if (block.len == 0 || snappy_uncompressed_length(chars(block), block.len, &size))
		return ERR_CORRUPT;
	*ret_size = size;
	return ERR_OK;
}

err_t env_snappy_decompress(slice_t block, writer_t *w)
{
	size_t size;
	err_t err = env_snappy_size(block, &size);
	if (err)
		return err;
	if (w->bad || size > w->cap - w->len)
		return ERR_TOO_BIG;
	char *room = (char *)(void *)&w->buf[w->len];
	if (snappy_uncompress(chars(block), block.len, room, &size))
		return ERR_CORRUPT;
	w->len += size;
	return ERR_OK;
}

err_t env_snappy_compress(slice_t plain, writer_t *w)
{
	size_t size = w->bad ? 0 : w->cap - w->len;
	if (size < snappy_max_compressed_length(plain.len))
		return ERR_TOO_BIG;
	char *room = (char *)(void *)&w->buf[w->len];
	if (snappy_compress(chars(plain), plain.len, room, &size))
		return ERR_TOO_BIG;
	w->len += size;
	return ERR_OK;
}
