/* SPDX-License-Identifier: Apache-2.0 */
#include "node/steps_down.h"

#include "uplink/seal.h"

enum { ID_MAX = 64 };

static err_t send(steps_down_t *s, slice_t child, const journal_record_t *record)
{
	char id[ID_MAX];
	writer_t w = writer_of(id, sizeof(id));
	slice_t chain;
	const env_pkey_t *key;
	wr_format(&w, "step/%llx/%llu", (unsigned long long)journal_epoch(s->journal),
	          (unsigned long long)record->seq);
	uplink_down_t down = { .issuer = s->node,
		               .id = writer_done(&w),
		               .kind = UPLINK_DOWN_HANDLING,
		               .version = 1,
		               .body = record->payload };
	err_t err = authority_door(s->authority, &chain, &key);
	if (!err)
		err = seal_sign_down(key, &down);
	if (!err)
		err = parent_send_down(s->parent, child, &down);
	return err == ERR_EXISTS ? ERR_OK : err == ERR_LIMIT ? ERR_BUSY : err;
}

/* Nothing is sent back to who took the step. */
static err_t take(void *ctx, const journal_record_t *record)
{
	steps_down_t *s = ctx;
	handling_item_t item;
	err_t err = handling_item_read(record->payload, &item);
	if (err || item.is_funnel)
		return err;
	slice_t child = handling_child(s->handling, &item.step.id);
	if (child.len == 0 || slice_eq(child, item.step.node))
		return ERR_OK;
	return send(s, child, record);
}

err_t steps_down_follow(steps_down_t *steps)
{
	journal_follower_t follower = { .journal = steps->journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_HANDLING),
		                        .take = take,
		                        .ctx = steps };
	return steps->parent ? journal_follow(&follower, &steps->mark) : ERR_OK;
}
