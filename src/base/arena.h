/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/* Scratch memory for one request: allocation is a bump, freeing is a reset. A
 * full arena is a "request too big" error of the protocol at hand, never an
 * out-of-memory crash. Memory comes back zeroed.
 *
 * Caveats: one thread; pointers die at the reset. */
#include "base/slice.h"

typedef struct {
	uint8_t *base;
	size_t cap, used;
} arena_t;

static inline arena_t arena_of(void *buf, size_t cap)
{
	return (arena_t){ .base = (uint8_t *)buf, .cap = cap };
}

static inline void arena_reset(arena_t *a)
{
	a->used = 0;
}

/* n zeroed elements of `size` bytes, or NULL when the arena is full. */
void *arena_alloc(arena_t *a, size_t n, size_t size, size_t align);
/* A copy that lives as long as the arena; {NULL, 0} when full. */
slice_t arena_copy(arena_t *a, slice_t s);
/* A NUL-terminated copy, or NULL when full. */
char *arena_cstr(arena_t *a, slice_t s);

#define ARENA_NEW(a, T, n) ((T *)arena_alloc((a), (n), sizeof(T), _Alignof(T)))
#endif
