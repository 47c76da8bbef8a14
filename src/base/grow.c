/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"

#include <stdlib.h>

void *grow_for(void *items, size_t count, size_t *cap, size_t size)
{
	size_t room = *cap ? *cap : GROW_FIRST, bytes;
	if (items && count <= *cap)
		return items;
	if (*cap && __builtin_mul_overflow(*cap, 2, &room))
		return NULL;
	room = room < count ? count : room;
	void *grown = __builtin_mul_overflow(room, size, &bytes) ? NULL : realloc(items, bytes);
	*cap = grown ? room : *cap;
	return grown;
}
