/* SPDX-License-Identifier: Apache-2.0 */
/* Epoch-based reclamation for one publisher. A publish swaps the live view and
 * then raises the epoch; the retired view carries the raised epoch. A reader
 * whose seen epoch is at least that number entered after the swap and cannot
 * hold the old view. A reader that had read the epoch but not yet stored it
 * when the publisher looked loads the live view after that look, so it finds
 * the fresh one. Both arguments need the one total order that sequentially
 * consistent atomics give, hence no weaker orders here. */
#include "base/hub.h"

void hub_init(hub_t *h, void *first, void (*free_view)(void *view))
{
	*h = (hub_t){ .free_view = free_view };
	atomic_init(&h->live, first);
	atomic_init(&h->epoch, 1);
	for (size_t i = 0; i < HUB_LOOPS; i++)
		atomic_init(&h->seen[i], 0);
}

/* The epoch of the loop that has been inside the longest; UINT64_MAX if all
 * are outside. */
static uint64_t oldest_reader(hub_t *h)
{
	uint64_t oldest = UINT64_MAX;
	for (size_t i = 0; i < HUB_LOOPS; i++) {
		uint64_t seen = atomic_load(&h->seen[i]);
		if (seen && seen < oldest)
			oldest = seen;
	}
	return oldest;
}

void hub_collect(hub_t *h)
{
	if (h->retired_count == 0)
		return;
	uint64_t oldest = oldest_reader(h);
	size_t kept = 0;
	for (size_t i = 0; i < h->retired_count; i++) {
		if (h->retired[i].epoch <= oldest)
			h->free_view(h->retired[i].view);
		else
			h->retired[kept++] = h->retired[i];
	}
	h->retired_count = kept;
}

err_t hub_publish(hub_t *h, void *fresh)
{
	hub_collect(h);
	if (h->retired_count == HUB_RETIRED)
		return ERR_BUSY;
	void *old = atomic_exchange(&h->live, fresh);
	uint64_t epoch = atomic_fetch_add(&h->epoch, 1) + 1;
	if (old) {
		h->retired[h->retired_count].view = old;
		h->retired[h->retired_count].epoch = epoch;
		h->retired_count++;
	}
	hub_collect(h);
	return ERR_OK;
}

void hub_done(hub_t *h)
{
	if (!h || !h->free_view)
		return;
	for (size_t i = 0; i < h->retired_count; i++)
		h->free_view(h->retired[i].view);
	h->retired_count = 0;
	void *live = atomic_exchange(&h->live, NULL);
	if (live)
		h->free_view(live);
}
