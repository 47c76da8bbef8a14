/* SPDX-License-Identifier: Apache-2.0 */
/* The bump: align, check, zero. Zeroing at allocation and not at reset keeps a
 * reset free and touches only the memory a request really uses. */
#include "base/arena.h"

#include <assert.h>

void *arena_alloc(arena_t *a, size_t n, size_t size, size_t align)
{
	assert(align && (align & (align - 1)) == 0);
	if (!a->base)
		return NULL;
	size_t misfit = (size_t)((uintptr_t)&a->base[a->used] & (align - 1));
	size_t at, bytes, end;
	if (__builtin_add_overflow(a->used, misfit ? align - misfit : 0, &at) ||
	    __builtin_mul_overflow(n, size, &bytes) || __builtin_add_overflow(at, bytes, &end) ||
	    end > a->cap)
		return NULL;
	a->used = end;
	return memset(&a->base[at], 0, bytes);
}

slice_t arena_copy(arena_t *a, slice_t s)
{
	void *mem = arena_alloc(a, s.len, 1, 1);
	if (!mem)
		return (slice_t){ 0 };
	if (s.len)
		memcpy(mem, s.ptr, s.len);
	return slice_of(mem, s.len);
}

char *arena_cstr(arena_t *a, slice_t s)
{
	size_t with_nul;
	if (__builtin_add_overflow(s.len, 1, &with_nul))
		return NULL;
	char *mem = arena_alloc(a, with_nul, 1, 1);
	if (mem && s.len)
		memcpy(mem, s.ptr, s.len);
	return mem;
}
