/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/handle/past.h"

#include <stdlib.h>

#include "base/json.h"
#include "codec/handle/at.h"
#include "registry/handle/live.h"

enum { CHANGE_ROOM = 256, CHANGE_TTL_S = 86400 };

struct handle_past {
	registry_reader_t *reader;
	env_t *env;
	const live_value_source_t *live;
	env_mailbox_t *inbox;
};

typedef struct {
	env_mailbox_t *reply;
	uint64_t ticket;
	int64_t utc_ns;
	size_t name_len;
	uint8_t name[];
} wanted_t;

err_t handle_past_ask(handle_past_t *past, const registry_moment_t *moment, env_mailbox_t *reply,
                      uint64_t ticket)
{
	wanted_t *wanted = malloc(sizeof(*wanted) + moment->name.len);
	if (!wanted)
		return ERR_NO_MEMORY;
	*wanted = (wanted_t){ reply, ticket, moment->utc_ns, moment->name.len };
	writer_t w = writer_of(wanted->name, moment->name.len);
	wr_bytes(&w, moment->name);
	if (env_mailbox_put(past->inbox, &wanted))
		return ERR_OK;
	free(wanted);
	return ERR_BUSY;
}

/* By which change the record is as it is. */
static void put_change(const registry_version_t *version, writer_t *w)
{
	uint8_t room[CHANGE_ROOM];
	json_t j = json_of(room, sizeof(room));
	json_object(&j);
	json_put_u64(&j, "seq", version->seq);
	json_put_time(&j, "time", version->entry.utc_ns);
	json_close(&j);
	handle_value_t value = { .index = HANDLE_AT_INDEX,
		                 .timestamp_s = (uint32_t)(version->entry.utc_ns / NS_PER_S),
		                 .ttl_type = HANDLE_TTL_RELATIVE,
		                 .ttl_s = CHANGE_TTL_S,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = SLICE(HANDLE_AT_TYPE),
		                 .data = json_done(&j) };
	handle_value_encode(&value, w);
}

/* The record with what is made for the answer, in memory of its own. */
static err_t keep(const handle_past_t *past, int64_t utc_ns, const registry_version_t *version,
                  handle_past_reply_t *ret_reply)
{
	const record_t *record = &version->entry.record;
	size_t room = record->values.len + handle_live_room(record) + CHANGE_ROOM;
	handle_live_at_t live;
	writer_t w = writer_of(malloc(room), room);
	if (!w.buf)
		return ERR_NO_MEMORY;
	handle_live_at(past->live, utc_ns, &live);
	record_t shown = *record;
	if (!handle_live_expand(&live.source, record, &w, &shown)) {
		w.len = 0;
		w.bad = false;
		wr_bytes(&w, record->values);
	}
	put_change(version, &w);
	shown.name = (slice_t){ 0 };
	shown.count++;
	shown.values = writer_done(&w);
	if (w.bad) {
		free(w.buf);
		return ERR_TOO_BIG;
	}
	ret_reply->record = shown;
	ret_reply->memory = w.buf;
	return ERR_OK;
}

static handle_past_reply_t answer(const handle_past_t *past, const wanted_t *wanted)
{
	handle_past_reply_t reply = { .ticket = wanted->ticket };
	registry_moment_t moment = { .name = slice_of(wanted->name, wanted->name_len),
		                     .utc_ns = wanted->utc_ns };
	registry_walk_t *walk;
	registry_version_t version;
	int64_t began = env_now(past->env);
	reply.err = registry_known_at(past->reader, &moment, &walk, &version);
	if (!reply.err)
		reply.err = keep(past, wanted->utc_ns, &version, &reply);
	registry_walk_close(walk);
	reply.took_us = (uint32_t)((env_now(past->env) - began) / NS_PER_US);
	return reply;
}

static void on_inbox(void *ctx)
{
	handle_past_t *past = ctx;
	wanted_t *wanted;
	while (env_mailbox_take(past->inbox, &wanted)) {
		handle_past_reply_t reply = answer(past, wanted);
		if (!env_mailbox_put(wanted->reply, &reply))
			free(reply.memory); /* the desk has given up by now */
		free(wanted);
	}
}

err_t handle_past_open(const handle_past_spec_t *spec, handle_past_t **ret_past)
{
	handle_past_t *past = calloc(1, sizeof(*past));
	if (!past)
		return ERR_NO_MEMORY;
	past->env = env_loop_env(spec->loop);
	past->live = spec->live;
	env_mailbox_spec_t inbox = { .name = "handle past",
		                     .reader = spec->loop,
		                     .item_size = sizeof(wanted_t *),
		                     .capacity = HANDLE_PAST_MAX,
		                     .policy = ENV_FULL_REFUSE,
		                     .ready = on_inbox,
		                     .ctx = past };
	err_t err = env_mailbox_new(&inbox, &past->inbox);
	if (!err)
		err = registry_reader_new(spec->registry, &past->reader);
	if (err) {
		handle_past_close(past);
		return err;
	}
	*ret_past = past;
	return ERR_OK;
}

void handle_past_close(handle_past_t *past)
{
	wanted_t *wanted;
	if (!past)
		return;
	while (past->inbox && env_mailbox_take(past->inbox, &wanted))
		free(wanted);
	env_mailbox_free(past->inbox);
	registry_reader_free(past->reader);
	free(past);
}
