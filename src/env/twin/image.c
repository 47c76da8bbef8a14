/* SPDX-License-Identifier: Apache-2.0 */
/* An array of chunks; a chunk exists from the first write into it. */
#include "env/twin/image.h"

#include <assert.h>
#include <stdlib.h>

#include "env/twin/world.h"

enum { CHUNK = 16384 };

/* The part of [at, at+len) that lies in the chunk of `at`. */
static size_t part_of(uint64_t at, size_t len)
{
	size_t room = CHUNK - (size_t)(at % CHUNK);
	return len < room ? len : room;
}

void image_read(const image_t *image, uint64_t at, uint8_t *buf, size_t len)
{
	assert(at + len <= image->size);
	while (len) {
		size_t part = part_of(at, len), which = (size_t)(at / CHUNK);
		const uint8_t *chunk = which < image->count ? image->chunks[which] : NULL;
		if (chunk)
			memcpy(buf, chunk + at % CHUNK, part);
		else
			memset(buf, 0, part);
		buf += part;
		at += part;
		len -= part;
	}
}

static uint8_t *chunk_at(image_t *image, size_t which)
{
	if (which >= image->count) {
		size_t count = which + 1 > image->count * 2 ? which + 1 : image->count * 2;
		image->chunks = twin_realloc(image->chunks, count, sizeof(*image->chunks));
		for (size_t i = image->count; i < count; i++)
			image->chunks[i] = NULL;
		image->count = count;
	}
	if (!image->chunks[which])
		image->chunks[which] = twin_alloc(CHUNK, 1);
	return image->chunks[which];
}

void image_write(image_t *image, uint64_t at, slice_t bytes)
{
	if (image->size < at + bytes.len)
		image->size = at + bytes.len;
	while (bytes.len) {
		size_t part = part_of(at, bytes.len);
		memcpy(chunk_at(image, (size_t)(at / CHUNK)) + at % CHUNK, bytes.ptr, part);
		bytes = slice_from(bytes, part);
		at += part;
	}
}

/* What lies beyond the end must be zeros when the image grows again. */
static void clear_tail(image_t *image)
{
	size_t last = (size_t)(image->size / CHUNK), inside = (size_t)(image->size % CHUNK);
	if (last < image->count && image->chunks[last])
		memset(image->chunks[last] + inside, 0, CHUNK - inside);
	for (size_t i = last + 1; i < image->count; i++) {
		free(image->chunks[i]);
		image->chunks[i] = NULL;
	}
}

void image_resize(image_t *image, uint64_t size)
{
	bool is_cut = size < image->size;
	image->size = size;
	if (is_cut)
		clear_tail(image);
}

void image_free(image_t *image)
{
	for (size_t i = 0; i < image->count; i++)
		free(image->chunks[i]);
	free(image->chunks);
	*image = (image_t){ 0 };
}

void image_copy(image_t *to, const image_t *from)
{
	image_free(to);
	to->size = from->size;
	for (size_t i = 0; i < from->count; i++) {
		if (from->chunks[i])
			memcpy(chunk_at(to, i), from->chunks[i], CHUNK);
	}
}
