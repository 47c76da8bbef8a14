/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's bytes stay in one run of memory, so that a codec sees a message
 * whole. Memory is taken with the first byte, doubles up to the limit, and large
 * memory is given back when the queue runs empty: an idle connection costs none. */
#include "env/posix/impl.h"

#include <assert.h>
#include <stdlib.h>

enum { BYTES_FIRST = 4096, BYTES_KEEP = 8192 };

static void bytes_to_front(bytes_t *b)
{
	if (b->from && b->len)
		memmove(b->mem, b->mem + b->from, b->len);
	b->from = 0;
}

static void bytes_grow(bytes_t *b, size_t need)
{
	size_t cap = b->cap ? b->cap : BYTES_FIRST;
	while (cap < need)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	uint8_t *mem = cap > b->cap ? realloc(b->mem, cap) : NULL;
	if (!mem)
		return;
	b->mem = mem;
	b->cap = cap;
}

uint8_t *bytes_room(bytes_t *b, size_t want, size_t *ret_room)
{
	if (want > b->max - b->len)
		want = b->max - b->len;
	if (b->cap - b->from - b->len < want)
		bytes_to_front(b);
	if (b->cap - b->len < want)
		bytes_grow(b, b->len + want);
	*ret_room = b->cap - b->from - b->len;
	return b->mem ? b->mem + b->from + b->len : NULL;
}

void bytes_added(bytes_t *b, size_t n)
{
	assert(n <= b->cap - b->from - b->len);
	b->len += n;
}

bool bytes_append(bytes_t *b, slice_t s)
{
	if (s.len == 0)
		return true;
	size_t room = 0;
	uint8_t *to = bytes_room(b, s.len, &room);
	if (room < s.len)
		return false;
	memcpy(to, s.ptr, s.len);
	b->len += s.len;
	return true;
}

void bytes_consume(bytes_t *b, size_t n)
{
	assert(n <= b->len);
	b->from += n;
	b->len -= n;
	if (b->len)
		return;
	b->from = 0;
	if (b->cap > BYTES_KEEP)
		bytes_free(b);
}

void bytes_free(bytes_t *b)
{
	free(b->mem);
	*b = (bytes_t){ .max = b->max };
}
