/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks are linked newest first and only the newest is filled, so that an
 * allocation costs one arena bump. */
#include "base/pool.h"

#include <stdlib.h>

enum { POOL_BLOCK_BYTES = 64 << 10 };

struct pool_block {
	pool_block_t *before;
	arena_t arena;
	_Alignas(max_align_t) uint8_t bytes[];
};

static bool pool_grow(pool_t *pool, size_t need)
{
	size_t cap = need > POOL_BLOCK_BYTES ? need : POOL_BLOCK_BYTES;
	size_t size;
	if (__builtin_add_overflow(cap, sizeof(pool_block_t), &size) ||
	    size > pool->max - pool->bytes)
		return false;
	pool_block_t *block = malloc(size);
	if (!block)
		return false;
	block->before = pool->last;
	block->arena = arena_of(block->bytes, cap);
	pool->last = block;
	pool->bytes += size;
	return true;
}

void *pool_alloc(pool_t *pool, size_t n, size_t size)
{
	size_t need;
	if (__builtin_mul_overflow(n, size, &need))
		return NULL;
	void *room = NULL;
	if (pool->last)
		room = arena_alloc(&pool->last->arena, n, size, _Alignof(max_align_t));
	if (!room && pool_grow(pool, need))
		room = arena_alloc(&pool->last->arena, n, size, _Alignof(max_align_t));
	return room;
}

char *pool_cstr(pool_t *pool, slice_t text)
{
	char *copy = pool_alloc(pool, text.len + 1, 1);
	if (copy && text.len)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

void pool_free(pool_t *pool)
{
	while (pool->last) {
		pool_block_t *before = pool->last->before;
		free(pool->last);
		pool->last = before;
	}
	pool->bytes = 0;
}
