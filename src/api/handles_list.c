/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a prefix, by page. Deployed clients want the total with every page; the
 * registry keeps it. A page is reached from the nearest place that is known (marks.h); who
 * has many to walk goes on behind a name (`after`), which takes no offset. */
#include "api/handlers.h"
#include "api/state.h"
#include "registry/permit.h"

enum { HEAD_ROOM = 32 * 1024, NAME_ROOM = 6 * HANDLE_NAME_MAX + 8, PAGE_MAX = 1000000 };

typedef struct {
	exchange_t *x;
	slice_t prefix, after;
	uint64_t seen, from, to; /* the page: [from, to) */
	bool more;               /* there are names behind it */
	uint8_t last[HANDLE_NAME_MAX];
	size_t last_len;
} list_t;

static void mark(const list_t *list, slice_t name)
{
	api_t *api = list->x->api;
	place_in_list_t place = { list->prefix, list->seen, name };
	/* Behind a name (`after`) nobody knows how many were before. */
	if (!list->after.ptr)
		marks_put(&api->marks, &place, env_now(api->env));
}

static bool put_row(void *ctx, slice_t name)
{
	list_t *list = ctx;
	list->more = list->seen >= list->to;
	if (list->more)
		return false;
	uint64_t at = list->seen++;
	if (at >= list->from) {
		json_str(reply_json(&list->x->reply, NAME_ROOM), name);
		list->last_len = name.len;
		memcpy(list->last, name.ptr, name.len);
	}
	if (list->seen % MARK_EVERY == 0 || list->seen == list->to)
		mark(list, name);
	return true;
}

/* From the nearest place that is known. */
static err_t walk(list_t *list)
{
	const api_t *api = list->x->api;
	place_in_list_t place = { .at = 0 };
	uint8_t room[MARK_BYTES];
	slice_t after = list->after;
	if (!after.ptr &&
	    marks_find(&api->marks, list->prefix, list->from, env_now(api->env), &place)) {
		memcpy(room, place.name.ptr, place.name.len);
		after = slice_of(room, place.name.len);
	}
	list->seen = place.at;
	return registry_list(api->query_reader, list->prefix, after, put_row, list);
}

/* 0.NA/P stands for P. */
static slice_t list_prefix(const request_t *request)
{
	slice_t prefix = { 0 };
	request_query(request, "prefix", 0, &prefix);
	slice_t described = handle_name_described_prefix(prefix);
	return described.len ? described : prefix;
}

/* An identity may list what the record of the prefix says. */
static bool may_list(exchange_t *x, slice_t prefix, bool *ret_awaits)
{
	registry_identity_t who;
	registry_permit_t permit;
	groups_look_t look = { .asks = false };
	record_t record;
	uint8_t name[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(name, sizeof(name));
	if (!registry_identity_of(&x->request.caller, &who))
		return true;
	handle_prefix_record(prefix, &w);
	if (w.bad || registry_permit_begin(x->api->query_reader, &permit))
		return false;
	permit.groups = &look;
	bool may = registry_is_admin(&permit, &who) ||
	           (!permit.look_up(permit.ctx, writer_done(&w), &record) &&
	            (registry_rights(&permit, &who, &record) & HANDLE_ADMIN_LIST));
	registry_find_done(x->api->query_reader);
	x->awaits_groups = !may && look.awaits;
	*ret_awaits = handles_await_groups(x, writer_done(&w));
	return may;
}

static void put_head(list_t *list, int64_t page, int64_t size)
{
	slice_t prefix = { 0 };
	char text[24];
	writer_t w = writer_of(text, sizeof(text));
	json_t *j = reply_json(&list->x->reply, HEAD_ROOM);
	request_query(&list->x->request, "prefix", 0, &prefix);
	json_object(j);
	json_put_u64(j, "responseCode", HANDLE_RC_OK);
	json_put_str(j, "prefix", prefix);
	if (list->after.ptr == NULL) {
		wr_format(&w, "%llu",
		          (unsigned long long)registry_names(list->x->api->spec.registry,
		                                             list->prefix));
		json_put_str(j, "totalCount", writer_done(&w));
	}
	if (size >= 0 && list->after.ptr == NULL)
		json_put_i64(j, "page", page);
	if (size >= 0)
		json_put_i64(j, "pageSize", size);
	json_put_array(j, "handles");
}

static void put_tail(list_t *list)
{
	json_t *j = reply_json(&list->x->reply, NAME_ROOM);
	json_close(j);
	if (list->after.ptr && list->more)
		json_put_str(j, "next", slice_of(list->last, list->last_len));
	json_close(j);
}

static verdict_t list_page(list_t *list, int64_t page, int64_t size)
{
	list->from = size < 0 || list->after.ptr ? 0 : (uint64_t)page * (uint64_t)size;
	list->to = size < 0 ? UINT64_MAX : list->from + (uint64_t)size;
	put_head(list, page, size);
	err_t err = list->from < list->to ? walk(list) : ERR_OK;
	if (err)
		return handles_refuse(list->x, err);
	put_tail(list);
	return EXCHANGE_ANSWERED;
}

verdict_t handles_list(exchange_t *x)
{
	static const query_number_t page = { "page", 0, PAGE_MAX, 0 };
	static const query_number_t page_size = { "pageSize", -1, PAGE_MAX, -1 };
	list_t list = { .x = x, .prefix = list_prefix(&x->request) };
	int64_t at = 0, size = 0;
	bool awaits = false;
	if (list.prefix.len == 0)
		return handles_refuse_code(x, HANDLE_RC_PROTOCOL_ERROR,
		                           "the parameter prefix is missing");
	if (!exchange_number(x, &page, &at) || !exchange_number(x, &page_size, &size))
		return EXCHANGE_ANSWERED;
	if (!may_list(x, list.prefix, &awaits))
		return awaits ? EXCHANGE_LATER
		              : handles_refuse_code(x, HANDLE_RC_INVALID_ADMIN, NULL);
	/* Given and empty, it begins with the first name. */
	if (request_query(&x->request, "after", 0, &list.after) && !list.after.ptr)
		list.after = SLICE("");
	return list_page(&list, at, size);
}
