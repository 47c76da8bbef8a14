/* SPDX-License-Identifier: Apache-2.0 */
/* The front is an offset; the bytes move back to the start only when at least
 * half of the memory in front of them is free, which pays for the move. */
#include "env/twin/fifo.h"

#include <assert.h>
#include <stdlib.h>

#include "env/twin/world.h"

enum { FIFO_FIRST_CAP = 256 };

static void make_room(fifo_t *fifo, size_t len)
{
	if (fifo->cap - fifo->head - fifo->len >= len)
		return;
	if (fifo->head >= fifo->cap / 2 && fifo->cap - fifo->len >= len) {
		memmove(fifo->ptr, fifo->ptr + fifo->head, fifo->len);
		fifo->head = 0;
		return;
	}
	size_t cap = fifo->cap ? fifo->cap : FIFO_FIRST_CAP;
	while (cap - fifo->head - fifo->len < len)
		cap *= 2;
	fifo->ptr = twin_realloc(fifo->ptr, cap, 1);
	fifo->cap = cap;
}

uint8_t *fifo_reserve(fifo_t *fifo, size_t len)
{
	make_room(fifo, len);
	uint8_t *room = fifo->ptr + fifo->head + fifo->len;
	fifo->len += len;
	return room;
}

void fifo_add(fifo_t *fifo, slice_t bytes)
{
	if (bytes.len)
		memcpy(fifo_reserve(fifo, bytes.len), bytes.ptr, bytes.len);
}

slice_t fifo_bytes(const fifo_t *fifo)
{
	return fifo->len ? slice_of(fifo->ptr + fifo->head, fifo->len) : (slice_t){ 0 };
}

void fifo_drop(fifo_t *fifo, size_t len)
{
	assert(len <= fifo->len);
	fifo->len -= len;
	fifo->head = fifo->len ? fifo->head + len : 0;
}

void fifo_free(fifo_t *fifo)
{
	free(fifo->ptr);
	*fifo = (fifo_t){ 0 };
}
