/* SPDX-License-Identifier: Apache-2.0 */
/* What a name was, and what it may become: its history, newest change first, its
 * state, and the restoration of a deleted one. */
#include "api/body.h"
#include "api/code_names.h"
#include "api/handle_json.h"
#include "api/handlers.h"
#include "api/state.h"

enum { CHANGE_ROOM = 32 * 1024, CHANGES_MAX = 200 };

static const err_text_t text_name = {
	{ "there is no identifier %1", "没有标识 %1" },
	{ "GET /api/handles?prefix=PREFIX lists the names",
	  "GET /api/handles?prefix=前缀 可列出名称" },
};

static const err_text_t text_state = {
	{ "the state is none of draft, active, retired", "状态须为 draft、active 或 retired" },
	{ "DELETE /api/handles/NAME deletes; POST .../restoration brings back",
	  "删除用 DELETE /api/handles/名称；恢复用 POST .../restoration" },
};

/* A draft is seen by those alone who may change it. */
static bool may_see(const request_t *request, const record_t *record)
{
	return record->state != RECORD_DRAFT || request->caller.role >= ROLE_ENGINEER;
}

bool history_put_version(exchange_t *x, const registry_version_t *version)
{
	const registry_entry_t *entry = &version->entry;
	if (!may_see(&x->request, &entry->record))
		return false;
	json_t *j = reply_json(&x->reply, CHANGE_ROOM);
	json_object(j);
	json_put_u64(j, "seq", version->seq);
	json_put_time(j, "time", entry->utc_ns);
	json_put_ms(j, "time_ms", entry->utc_ns);
	json_put_cstr(j, "verb", registry_verb_name(entry->verb));
	json_put_cstr(j, "state", record_state_name(entry->record.state));
	json_put_str(j, "subject", entry->subject);
	json_put_cstr(j, "role", role_name(entry->role));
	handles_put_values(x, &entry->record, handles_role_may_read);
	json_close(&x->reply.json);
	return true;
}

/* One page; *ret_next is where the next begins, 0 at the end. ERR_NOT_FOUND: nothing
 * that may be seen, and nothing behind it. */
static err_t put_page(exchange_t *x, registry_walk_t *walk, int64_t limit, uint64_t *ret_next)
{
	registry_version_t version = { 0 };
	bool is_any = false;
	err_t err = ERR_OK;
	*ret_next = 0;
	for (int64_t i = 0; !err && i < limit; i++) {
		err = registry_walk_next(walk, &version);
		is_any = (!err && history_put_version(x, &version)) || is_any;
	}
	if (!err && version.entry.before.seq)
		*ret_next = version.seq;
	return err == ERR_NOT_FOUND && is_any ? ERR_OK : err;
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	return exchange_refuse(x, err, err == ERR_NOT_FOUND ? &text_name : NULL,
	                       x->request.param[0]);
}

static void put_head(exchange_t *x)
{
	json_t *j = reply_json(&x->reply, CHANGE_ROOM);
	json_object(j);
	json_put_str(j, "name", x->request.param[0]);
	json_put_array(j, "changes");
}

static void put_tail(exchange_t *x, uint64_t next)
{
	json_t *j = reply_json(&x->reply, CHANGE_ROOM);
	json_close(j);
	if (next)
		json_put_u64(j, "next", next);
	json_close(j);
}

static verdict_t put_changes(exchange_t *x, uint64_t below, int64_t limit)
{
	uint64_t next = 0;
	registry_walk_t *walk = NULL;
	err_t err = registry_walk_open(x->api->query_reader, x->request.param[0], below, &walk);
	if (err)
		return refuse(x, err);
	put_head(x);
	err = put_page(x, walk, limit, &next);
	registry_walk_close(walk);
	if (err)
		return refuse(x, err);
	put_tail(x, next);
	return EXCHANGE_ANSWERED;
}

verdict_t history_get(exchange_t *x)
{
	static const query_number_t before = { "before", 0, INT64_MAX, 0 };
	static const query_number_t limit = { "limit", 1, CHANGES_MAX, 50 };
	int64_t below = 0, rows = 0;
	if (!exchange_number(x, &before, &below) || !exchange_number(x, &limit, &rows))
		return EXCHANGE_ANSWERED;
	return put_changes(x, (uint64_t)below, rows);
}

verdict_t state_post(exchange_t *x)
{
	registry_change_t change = {
		.verb = REGISTRY_STATE,
		.name = x->request.param[0],
		.caller = x->request.caller,
	};
	json_tree_t *doc = NULL;
	slice_t word = { 0 };
	bool is_read = !json_read(x->request.body, &doc, NULL) &&
	               json_text(json_member(doc, "state"), &word);
	change.state = record_state_parse(word);
	json_free(doc);
	if (!is_read || change.state >= RECORD_DELETED)
		return exchange_refuse(x, ERR_INVALID, &text_state, (slice_t){ 0 });
	code_names_note(x, change.name);
	return handles_change(x, &change);
}

verdict_t restoration_post(exchange_t *x)
{
	return handles_change(x, &(registry_change_t){ .verb = REGISTRY_RESTORE,
	                                               .name = x->request.param[0],
	                                               .caller = x->request.caller });
}
