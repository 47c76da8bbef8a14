/* SPDX-License-Identifier: Apache-2.0 */
#include "series/pile.h"

#include <stdlib.h>

/* Small piles stay small; large ones do not ask for every few bytes. */
enum { CHUNK_MIN = 4 << 10, CHUNK_MAX = 1 << 20 };

struct pile_chunk {
	pile_chunk_t *older;
	_Alignas(max_align_t) uint8_t bytes[];
};

static bool grow(pile_t *pile, size_t size)
{
	size_t cap = pile->cap < CHUNK_MIN / 2 ? CHUNK_MIN : pile->cap * 2;
	if (cap > CHUNK_MAX)
		cap = CHUNK_MAX;
	if (cap < size)
		cap = size;
	if (size > pile->max || pile->bytes > pile->max - size)
		return false;
	pile_chunk_t *chunk = malloc(sizeof(*chunk) + cap);
	if (!chunk)
		return false;
	chunk->older = pile->newest;
	pile->newest = chunk;
	pile->used = 0;
	pile->cap = cap;
	pile->bytes += cap;
	return true;
}

static uint8_t *take(pile_t *pile, size_t size, size_t align)
{
	size_t at = (pile->used + align - 1) / align * align;
	if (!pile->newest || at > pile->cap || size > pile->cap - at) {
		if (!grow(pile, size))
			return NULL;
		at = 0;
	}
	pile->used = at + size;
	return &pile->newest->bytes[at];
}

void *pile_take(pile_t *pile, size_t size)
{
	return take(pile, size, sizeof(void *));
}

slice_t pile_copy(pile_t *pile, slice_t bytes)
{
	uint8_t *room = take(pile, bytes.len, 1);
	if (!room)
		return (slice_t){ 0 };
	if (bytes.len)
		memcpy(room, bytes.ptr, bytes.len);
	return slice_of(room, bytes.len);
}

void pile_free(pile_t *pile)
{
	while (pile->newest) {
		pile_chunk_t *chunk = pile->newest;
		pile->newest = chunk->older;
		free(chunk);
	}
	*pile = pile_of(pile->max);
}
