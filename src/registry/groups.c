/* SPDX-License-Identifier: Apache-2.0 */
/* A table that is walked from end to end: a permit looks at few groups. */
#include "registry/groups.h"

#include <stdlib.h>

#include "model/time.h"

static const int64_t LIFE_MAX_NS = 86400 * NS_PER_S;

err_t groups_open(groups_t *groups, env_t *env, const env_mailbox_spec_t *mail)
{
	env_mailbox_spec_t spec = *mail;
	groups->env = env;
	spec.item_size = sizeof(registry_elsewhere_reply_t);
	spec.capacity = 2 * GROUPS_ASKED; /* answers that come too late too */
	spec.policy = ENV_FULL_REFUSE;
	err_t err = env_mutex_new(env, &groups->mutex);
	return err ? err : env_mailbox_new(&spec, &groups->mail);
}

static void forget(group_t *row)
{
	free(row->memory);
	free(row->bytes);
	*row = (group_t){ .state = GROUP_FREE };
}

void groups_close(groups_t *groups)
{
	for (size_t i = 0; i < GROUPS_MAX; i++)
		forget(&groups->rows[i]);
	env_mailbox_free(groups->mail);
	env_mutex_free(groups->mutex);
}

void groups_lock(groups_t *groups)
{
	env_lock(groups->mutex);
	groups->from = groups->looks;
}

void groups_unlock(groups_t *groups)
{
	env_unlock(groups->mutex);
}

static group_t *row_of(groups_t *g, const handle_reference_t *list)
{
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		group_t *row = &g->rows[i];
		if (row->state != GROUP_FREE && row->list.index == list->index &&
		    slice_eq_nocase(row->list.handle, list->handle))
			return row;
	}
	return NULL;
}

static bool is_open(const group_t *row)
{
	return row->state == GROUP_WANTED || row->state == GROUP_AWAITED;
}

/* A row for one more: the longest unused, but none that is waited for, and none whose
 * members are lent. */
static group_t *spare(groups_t *g)
{
	group_t *best = NULL;
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		group_t *row = &g->rows[i];
		if (row->state == GROUP_FREE)
			return row;
		if (!is_open(row) && row->used <= g->from && (!best || row->used < best->used))
			best = row;
	}
	return best;
}

static void want(groups_t *g, group_t *row, const handle_reference_t *list, groups_look_t *look)
{
	row = row ? row : spare(g);
	uint8_t *memory = row ? malloc(list->handle.len + 1) : NULL;
	if (!memory) {
		look->silent = true;
		return;
	}
	writer_t w = writer_of(memory, list->handle.len);
	wr_bytes(&w, list->handle);
	forget(row);
	row->memory = memory;
	row->list = (handle_reference_t){ writer_done(&w), list->index };
	row->state = GROUP_WANTED;
	row->used = ++g->looks;
	look->awaits = true;
}

handle_list_t groups_members(groups_t *groups, const handle_reference_t *list, groups_look_t *look)
{
	group_t *row = row_of(groups, list);
	bool is_fresh = row && !is_open(row) && env_now(groups->env) < row->until_ns;
	if (!groups->elsewhere.fetch_list)
		return (handle_list_t){ 0 };
	if (row && (is_open(row) || is_fresh))
		row->used = ++groups->looks;
	if (is_fresh && row->state == GROUP_KNOWN)
		return row->members;
	if (look->unknown++ >= GROUPS_LOOKED || is_fresh)
		look->silent = true;
	else if (look->asks && !(row && is_open(row)))
		want(groups, row, list, look);
	else
		look->awaits = true;
	return (handle_list_t){ 0 };
}

static void settle(groups_t *g, group_t *row, group_state_t state, int64_t life_ns)
{
	row->state = state;
	row->ticket = 0;
	row->until_ns = env_now(g->env) + life_ns;
}

static size_t under_way(const groups_t *g)
{
	size_t count = 0;
	for (size_t i = 0; i < GROUPS_MAX; i++)
		count += g->rows[i].state == GROUP_AWAITED;
	return count;
}

static void ask(groups_t *g, group_t *row)
{
	row->ticket = ++g->tickets;
	row->state = GROUP_AWAITED;
	row->until_ns = env_now(g->env) + GROUPS_WAIT_NS;
	if (g->elsewhere.fetch_list(g->elsewhere.ctx, &row->list, g->mail, row->ticket))
		settle(g, row, GROUP_SILENT, GROUPS_SILENT_NS);
}

void groups_ask(groups_t *groups)
{
	env_lock(groups->mutex);
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		group_t *row = &groups->rows[i];
		if (row->state == GROUP_AWAITED && env_now(groups->env) >= row->until_ns)
			settle(groups, row, GROUP_SILENT, GROUPS_SILENT_NS);
		else if (row->state == GROUP_WANTED && under_way(groups) < GROUPS_ASKED)
			ask(groups, row);
	}
	env_unlock(groups->mutex);
}

static void keep_members(groups_t *g, group_t *row, const registry_elsewhere_reply_t *reply)
{
	int64_t life_ns = (int64_t)reply->ttl_s * NS_PER_S;
	row->bytes = malloc(reply->key_len + 1);
	if (!row->bytes) {
		settle(g, row, GROUP_SILENT, GROUPS_SILENT_NS);
		return;
	}
	writer_t w = writer_of(row->bytes, reply->key_len);
	wr_bytes(&w, slice_of(reply->key, reply->key_len));
	if (handle_vlist_decode(writer_done(&w), &row->members) != CODEC_OK) {
		row->members = (handle_list_t){ 0 };
		life_ns = GROUPS_NONE_NS;
	}
	/* One that may not be kept is still good for those who wait for it. */
	if (life_ns < NS_PER_S)
		life_ns = NS_PER_S;
	settle(g, row, GROUP_KNOWN, life_ns < LIFE_MAX_NS ? life_ns : LIFE_MAX_NS);
}

/* False: its home had nothing to say. */
static bool take(groups_t *g, group_t *row, const registry_elsewhere_reply_t *reply)
{
	if (!reply->err)
		keep_members(g, row, reply);
	else if (reply->err == ERR_NOT_FOUND)
		settle(g, row, GROUP_KNOWN, GROUPS_NONE_NS);
	else
		settle(g, row, GROUP_SILENT, GROUPS_SILENT_NS);
	return row->state == GROUP_KNOWN;
}

unsigned groups_take(groups_t *groups)
{
	registry_elsewhere_reply_t reply;
	unsigned silent = 0;
	env_lock(groups->mutex);
	while (env_mailbox_take(groups->mail, &reply))
		for (size_t i = 0; i < GROUPS_MAX; i++) {
			group_t *row = &groups->rows[i];
			if (row->state == GROUP_AWAITED && row->ticket == reply.ticket)
				silent += !take(groups, row, &reply);
		}
	env_unlock(groups->mutex);
	return silent;
}
