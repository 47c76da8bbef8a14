/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_POOL_H
#define BASE_POOL_H
/* A chain of arenas that grows up to a limit and is freed at once: for what is built
 * piece by piece and whose size is known only when it is whole, as a configuration or
 * the plan of a query. One thread. */
#include "base/arena.h"

typedef struct pool_block pool_block_t;

typedef struct {
	pool_block_t *last;
	size_t bytes, max; /* taken from the system so far; most to take */
} pool_t;

static inline pool_t pool_of(size_t max)
{
	return (pool_t){ .max = max };
}

/* n zeroed elements of `size` bytes, aligned for any type; NULL at the limit or
 * when memory is gone. */
void *pool_alloc(pool_t *pool, size_t n, size_t size);
/* A NUL-ended copy; NULL as above. */
char *pool_cstr(pool_t *pool, slice_t text);
void pool_free(pool_t *pool);
#endif
