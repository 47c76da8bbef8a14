/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HUB_H
#define BASE_HUB_H
/* Publishes whole immutable snapshots to loops that read without locks.
 *
 * Story: a loop calls hub_enter() before a turn of work, reads hub_view() as
 * often as it likes, and calls hub_leave() before it waits. The one publisher
 * calls hub_publish(); it never waits: the old snapshot goes on a retire list
 * and is freed by a later publish or hub_collect() once every loop that could
 * have seen it has left.
 *
 * Caveats: a view pointer dies at hub_leave(). At most HUB_LOOPS readers and
 * HUB_RETIRED snapshots waiting; past that hub_publish gives ERR_BUSY, the live
 * snapshot stays and the refused one is still the caller's. One loop number is
 * entered by one thread at a time, and not twice. */
#include <assert.h>
#include <stdatomic.h>

#include "base/err.h"

enum { HUB_LOOPS = 32, HUB_RETIRED = 16 };

typedef struct {
	_Atomic(void *) live;
	_Atomic uint64_t epoch;
	_Atomic uint64_t seen[HUB_LOOPS]; /* epoch at enter; 0 when offline */
	struct {
		void *view;
		uint64_t epoch;
	} retired[HUB_RETIRED];
	size_t retired_count;
	void (*free_view)(void *view);
} hub_t;

void hub_init(hub_t *h, void *first, void (*free_view)(void *view));
static inline void hub_enter(hub_t *h, unsigned loop)
{
	assert(loop < HUB_LOOPS);
	atomic_store(&h->seen[loop], atomic_load(&h->epoch));
}
static inline const void *hub_view(hub_t *h)
{
	return atomic_load(&h->live);
}
static inline void hub_leave(hub_t *h, unsigned loop)
{
	atomic_store(&h->seen[loop], 0);
}
MUST_CHECK err_t hub_publish(hub_t *h, void *fresh);
/* Frees what nobody can see; the publisher's thread. */
void hub_collect(hub_t *h);
/* Frees everything; no loop may run any more. */
void hub_done(hub_t *h);
#endif
