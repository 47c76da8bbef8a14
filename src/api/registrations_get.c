/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a prefix in the order of their names, one JSON object a line, in the
 * form that registration takes. A page is as many as were asked for or as fit; its last
 * line says where the next begins, so that a page cut short is known by its absence. */
#include "api/handle_json.h"
#include "api/handlers.h"
#include "api/state.h"
#include "base/text.h"

enum { PAGE_BYTES = 4 << 20, ROWS_MAX = 10000, LINE_ROOM = 16 << 10 };

static const err_text_t text_prefix = {
	{ "the parameter prefix is missing", "缺少参数 prefix" },
	{ "send prefix=PREFIX, one of this node", "请发送 prefix=前缀，须为本节点的前缀" },
};

typedef struct {
	exchange_t *x;
	text_t names; /* bytes32 each */
	uint32_t count, limit;
	int64_t at_ns; /* 0: now */
	bool with_history;
} page_t;

static bool take_name(void *ctx, slice_t name)
{
	page_t *page = ctx;
	uint8_t head[4];
	writer_t w = writer_of(head, sizeof(head));
	wr_u32(&w, (uint32_t)name.len);
	text_add(&page->names, writer_done(&w));
	text_add(&page->names, name);
	page->count++;
	return !page->names.bad && page->count < page->limit;
}

static err_t put_history(exchange_t *x, slice_t name)
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	err_t err = registry_walk_open(x->api->query_reader, name, 0, &walk);
	if (err)
		return err;
	json_put_array(&x->reply.json, "changes");
	while ((err = registry_walk_next(walk, &version)) == ERR_OK)
		(void)history_put_version(x, &version);
	json_close(reply_json(&x->reply, LINE_ROOM));
	registry_walk_close(walk);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t put_line(const page_t *page, slice_t name, const record_t *record)
{
	exchange_t *x = page->x;
	json_t *j = reply_json(&x->reply, LINE_ROOM);
	err_t err = ERR_OK;
	json_object(j);
	json_put_str(j, "name", record->name);
	if (record->state != RECORD_ACTIVE)
		json_put_cstr(j, "state", record_state_name(record->state));
	handles_put_values(x, record, handles_role_may_read);
	if (page->with_history)
		err = put_history(x, name);
	json_close(reply_json(&x->reply, LINE_ROOM));
	wr_u8(&j->w, '\n');
	/* The next line is a value of its own. */
	j->comma = false;
	return err;
}

/* Copies the values, because a walk ends the snapshot. */
static err_t put_now(const page_t *page, slice_t name)
{
	registry_reader_t *reader = page->x->api->query_reader;
	text_t kept = text_of(RECORD_BYTES_MAX + RECORD_NAME_MAX);
	record_t record;
	err_t err;
	registry_find_batch(reader, &name, 1, &record, &err);
	if (!err) {
		size_t spelt = record.name.len;
		text_add(&kept, record.name);
		text_add(&kept, record.values);
		record.name = slice_sub(text_slice(&kept), 0, spelt);
		record.values = slice_from(text_slice(&kept), spelt);
		err = kept.bad ? ERR_NO_MEMORY : ERR_OK;
	}
	registry_find_done(reader);
	if (!err)
		err = put_line(page, name, &record);
	text_free(&kept);
	return err;
}

static err_t put_then(const page_t *page, slice_t name)
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	err_t err = registry_walk_open(page->x->api->query_reader, name, 0, &walk);
	if (err)
		return err;
	err = registry_as_of(walk, page->at_ns, &version);
	record_state_t state = err ? RECORD_DELETED : version.entry.record.state;
	if (state == RECORD_ACTIVE || state == RECORD_RETIRED)
		err = put_line(page, name, &version.entry.record);
	registry_walk_close(walk);
	return err;
}

/* Ends at the first that does not fit; the next page goes on there. */
static err_t put_page(page_t *page, slice_t *ret_last)
{
	reader_t r = reader_of(text_slice(&page->names));
	err_t err = ERR_OK;
	while (!err && r.in.len && page->x->reply.json.w.len < PAGE_BYTES) {
		slice_t name = rd_bytes32(&r, RECORD_NAME_MAX);
		err = page->at_ns ? put_then(page, name) : put_now(page, name);
		/* It went away meanwhile, or was not there then. */
		if (err == ERR_NOT_FOUND)
			err = ERR_OK;
		*ret_last = name;
	}
	if (!r.in.len && page->count < page->limit)
		*ret_last = (slice_t){ 0 };
	return err;
}

static bool read_page(exchange_t *x, page_t *page)
{
	static const query_number_t limit = { "limit", 1, ROWS_MAX, 1000 };
	slice_t word;
	int64_t rows = 0;
	if (!exchange_number(x, &limit, &rows))
		return false;
	page->limit = (uint32_t)rows;
	if (request_query(&x->request, "at", 0, &word) && time_parse(word, &page->at_ns)) {
		exchange_refuse(x, ERR_INVALID, NULL, (slice_t){ 0 });
		return false;
	}
	page->with_history = request_says(&x->request, "history");
	return true;
}

/* Behind which name the next page begins; null: nothing is left. */
static void put_next(exchange_t *x, slice_t last)
{
	json_t *j = reply_json(&x->reply, LINE_ROOM);
	json_object(j);
	json_key(j, "next_after");
	if (last.len)
		json_str(j, last);
	else
		json_null(j);
	json_close(j);
	wr_u8(&j->w, '\n');
}

verdict_t registrations_get(exchange_t *x)
{
	page_t page = { .x = x, .names = text_of(ROWS_MAX * (RECORD_NAME_MAX + 4)) };
	slice_t prefix = { 0 }, after = { 0 }, last = { 0 };
	(void)request_query(&x->request, "prefix", 0, &prefix);
	(void)request_query(&x->request, "after", 0, &after);
	if (prefix.len == 0)
		return exchange_refuse(x, ERR_INVALID, &text_prefix, (slice_t){ 0 });
	if (!read_page(x, &page))
		return EXCHANGE_ANSWERED;
	reply_text(&x->reply, "application/x-ndjson", LINE_ROOM);
	err_t err = registry_list(x->api->query_reader, prefix, after, take_name, &page);
	if (!err && page.names.bad)
		err = ERR_NO_MEMORY;
	if (!err)
		err = put_page(&page, &last);
	put_next(x, last);
	text_free(&page.names);
	return err ? exchange_refuse(x, err, NULL, prefix) : EXCHANGE_ANSWERED;
}
