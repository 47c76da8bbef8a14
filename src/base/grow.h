/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_GROW_H
#define BASE_GROW_H
/* Arrays that grow by doubling. The array, its count and its capacity stand in the struct of
 * the room that owns them; here is only the step that makes room, which is easy to get wrong.
 *
 * Story, for one row more:
 *
 *	link_t *links = grow_for(list->links, list->count + 1, &list->cap, sizeof(*links));
 *	if (!links)
 *		return ERR_NO_MEMORY;
 *	list->links = links;
 *	list->links[list->count++] = link;
 *
 * Caveats: what is new is not zeroed. There is no limit but memory: whoever fills an array
 * from outside checks its own before. Pointers into the array do not outlive the call. */
#include <stddef.h>

enum { GROW_FIRST = 16 }; /* items of the first room */

/* Room for `count` items of `size` bytes: `items` itself where *cap is enough, else where they
 * have moved to, and *cap is twice as large or what `count` asks, whichever is more. NULL when
 * memory is gone or the bytes overflow: `items` and *cap are as they were. `items` is NULL or
 * from malloc and stays the caller's to free. */
__attribute__((warn_unused_result)) void *grow_for(void *items, size_t count, size_t *cap,
                                                   size_t size);
#endif
