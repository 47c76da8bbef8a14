/* SPDX-License-Identifier: Apache-2.0 */
/* Mail keeps its order; when the reader wakes is what the seed decides, and
 * with it the interleaving of loops that threads would give. */
#include <stdlib.h>

#include "base/ring.h"
#include "env/twin/verbs.h"

enum { WAKE_MEAN_NS = 20000 };

typedef struct {
	env_mailbox_t base;
	thing_t thing;
	env_mailbox_spec_t spec;
	loop_t *reader;
	ring_t ring;
	event_t wake;
	uint64_t dropped;
} twin_mailbox_t;

static twin_mailbox_t *mailbox_of(env_mailbox_t *mailbox)
{
	return (twin_mailbox_t *)(void *)mailbox;
}

static void mailbox_drop(void *self)
{
	twin_mailbox_t *mailbox = self;
	agenda_remove(&mailbox->wake);
	thing_unlink(&mailbox->thing);
	free(mailbox->ring.mem);
	free(mailbox);
}

static void mailbox_wake(void *ctx)
{
	const twin_mailbox_t *mailbox = ctx;
	mailbox->spec.ready(mailbox->spec.ctx);
}

err_t verb_mailbox_new(const env_mailbox_spec_t *spec, env_mailbox_t **ret_mailbox)
{
	if (!spec->item_size || !spec->capacity)
		return ERR_INVALID;
	loop_t *reader = loop_of(spec->reader);
	twin_mailbox_t *mailbox = twin_alloc(1, sizeof(*mailbox));
	mailbox->base.ops = &twin_ops;
	mailbox->spec = *spec;
	mailbox->reader = reader;
	mailbox->ring = ring_of(twin_alloc(spec->capacity, spec->item_size), spec->item_size,
	                        spec->capacity);
	mailbox->wake = event_of(reader->host->twin, reader, mailbox_wake, mailbox);
	thing_link(&mailbox->thing, reader->host, mailbox, mailbox_drop);
	*ret_mailbox = &mailbox->base;
	return ERR_OK;
}

void verb_mailbox_free(env_mailbox_t *mailbox)
{
	if (mailbox)
		mailbox_drop(mailbox);
}

/* A sender that would wait here could never be woken on one thread. */
static void grow(twin_mailbox_t *mailbox)
{
	ring_t old = mailbox->ring;
	uint8_t *mem = twin_alloc(old.cap * 2, old.item_size);
	ring_t wider = ring_of(mem, old.item_size, old.cap * 2);
	for (size_t i = 0; i < old.count; i++)
		(void)ring_put(&wider, ring_at(&old, i));
	free(old.mem);
	mailbox->ring = wider;
	mailbox->reader->host->twin->stats.mailbox_overflows++;
}

bool verb_mailbox_put(env_mailbox_t *base, const void *item)
{
	twin_mailbox_t *mailbox = mailbox_of(base);
	twin_t *twin = mailbox->reader->host->twin;
	if (mailbox->reader->is_stopped)
		return false;
	bool is_full = mailbox->ring.count == mailbox->ring.cap;
	if (is_full && mailbox->spec.policy == ENV_FULL_REFUSE)
		return false;
	if (is_full && mailbox->spec.policy == ENV_FULL_DROP) {
		mailbox->dropped++;
		return true;
	}
	if (is_full)
		grow(mailbox);
	(void)ring_put(&mailbox->ring, item);
	if (!mailbox->wake.home)
		world_queue(twin, &mailbox->wake,
		            world_now(twin) + world_jitter(twin, WAKE_MEAN_NS));
	return true;
}

bool verb_mailbox_take(env_mailbox_t *base, void *ret_item)
{
	return ring_take(&mailbox_of(base)->ring, ret_item);
}

uint64_t verb_mailbox_dropped(const env_mailbox_t *base)
{
	return ((const twin_mailbox_t *)(const void *)base)->dropped;
}
