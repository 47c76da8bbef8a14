/* SPDX-License-Identifier: Apache-2.0 */
/* The sentry's white-list, and a person's word on its rows. */
#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"
#include "codec/modbus/modbus.h"

enum { ROW_ROOM = 1024, BATCH = 64 };

static const err_text_t text_row = {
	{ "the white-list holds no such row", "白名单中没有此行" },
	{ "GET /api/v1/baseline lists them", "GET /api/v1/baseline 可列出全部" },
};

static void put_row(const baseline_row_t *row, json_t *j)
{
	json_object(j);
	json_put_ip(j, "client", row->client);
	json_put_ip(j, "server", row->server);
	json_put_u64(j, "unit", row->unit);
	json_put_u64(j, "function", row->function);
	json_put_cstr(j, "function_name", modbus_function_info(row->function)->name);
	json_put_u64(j, "from", row->from);
	json_put_u64(j, "to", row->to);
	json_put_bool(j, "approved", row->approved);
	json_put_u64(j, "count", row->count);
	json_put_ms(j, "first_ms", row->first_ns);
	json_put_ms(j, "last_ms", row->last_ns);
	json_close(j);
}

verdict_t baseline_get(exchange_t *x)
{
	baseline_row_t batch[BATCH];
	size_t from = 0, n = 0;
	json_t *j = reply_items(&x->reply, ROW_ROOM);
	do {
		n = sentry_baseline(x->api->spec.sentry, from, batch, BATCH);
		for (size_t i = 0; i < n; i++)
			put_row(&batch[i], reply_json(&x->reply, ROW_ROOM));
		from += n;
	} while (n);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static bool read_ip(const json_tree_t *item, ip_t *ret_ip)
{
	slice_t text;
	return json_text(item, &text) && ip_parse(text, ret_ip) == ERR_OK;
}

/* The field that is wrong, or NULL. */
static const char *read_row(const json_tree_t *root, baseline_row_t *ret_row)
{
	int64_t numbers[4] = { 0 };
	static const struct {
		const char *name;
		int64_t max;
	} fields[] = { { "unit", 255 }, { "function", 255 }, { "from", 65535 }, { "to", 65535 } };
	for (size_t i = 0; i < 4; i++)
		if (!json_whole(json_member(root, fields[i].name), 0, fields[i].max, &numbers[i]))
			return fields[i].name;
	if (!read_ip(json_member(root, "client"), &ret_row->client))
		return "client";
	if (!read_ip(json_member(root, "server"), &ret_row->server))
		return "server";
	if (!json_flag(json_member(root, "approved"), &ret_row->approved))
		return "approved";
	ret_row->unit = (uint8_t)numbers[0];
	ret_row->function = (uint8_t)numbers[1];
	ret_row->from = (uint16_t)numbers[2];
	ret_row->to = (uint16_t)numbers[3];
	return NULL;
}

verdict_t baseline_approval_post(exchange_t *x)
{
	baseline_row_t row = { 0 };
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	const char *wrong = read_row(doc, &row);
	json_free(doc);
	if (wrong)
		return body_refuse(x, wrong);
	err_t err = sentry_approve_row(x->api->spec.sentry, &x->request.caller, &row, row.approved);
	if (err)
		return exchange_refuse(x, err, err == ERR_NOT_FOUND ? &text_row : NULL,
		                       (slice_t){ 0 });
	put_row(&row, reply_json(&x->reply, ROW_ROOM));
	return EXCHANGE_ANSWERED;
}
