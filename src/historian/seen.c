/* SPDX-License-Identifier: Apache-2.0 */
/* How far readers see. Who waits says for what before he looks, and the loop looks whether
 * somebody said so after it has moved on: one of the two finds the other, and where nobody
 * waits no thread is woken. */
#include "historian/state.h"

static bool is_following(historian_t *h, uint64_t seq)
{
	return atomic_load(&h->table_seq) < seq && !atomic_load(&h->is_held_up);
}

bool historian_awaits(historian_t *historian, uint64_t seq)
{
	if (!is_following(historian, seq))
		return false;
	uint64_t awaited = atomic_load(&historian->awaited_seq);
	while (awaited == 0 || seq < awaited)
		if (atomic_compare_exchange_weak(&historian->awaited_seq, &awaited, seq))
			break;
	return is_following(historian, seq);
}

void historian_ring(historian_t *historian, env_mailbox_t *mailbox)
{
	historian->seen_mail = mailbox;
}

void historian_count_unseen(historian_t *h)
{
	uint64_t seen = atomic_load(&h->table_seq), durable = journal_durable(h->spec.journal);
	metric_set(&h->metrics, METRIC_UNSEEN, durable > seen ? (int64_t)(durable - seen) : 0);
}

void historian_tell_seen(historian_t *h, bool is_held_up)
{
	atomic_store(&h->is_held_up, is_held_up);
	uint64_t seen = atomic_load(&h->table_seq), awaited = atomic_load(&h->awaited_seq);
	if (awaited == 0 || (seen < awaited && !is_held_up))
		return;
	atomic_store(&h->awaited_seq, 0);
	if (h->seen_mail)
		env_mailbox_put(h->seen_mail, &seen);
}
