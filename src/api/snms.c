/* SPDX-License-Identifier: Apache-2.0 */
/* Registering, changing, removing and showing single names as SNMS does. */
#include "api/snms.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/handle_json.h"
#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"
#include "codec/handle/handle.h"

enum {
	HEAD_ROOM = 4096,
	VALUES_BYTES = RECORD_BYTES_MAX,
};

static const err_text_t text_name = {
	{ "the field handle is missing or longer than 255 bytes", "handle 缺失或超过 255 字节" },
	{ "send PREFIX/SUFFIX", "请填写 前缀/后缀" },
};
static const err_text_t text_fields = {
	{ "the field %1 is missing or of the wrong type", "字段 %1 缺失或类型错误" },
	{ "see doc/office.md for the body", "请求体格式见 doc/office.md" },
};
static const err_text_t text_format = {
	{ "data.format of index %1 is not string", "索引 %1 的 data.format 不是 string" },
	{ "only string is taken", "目前只支持 string" },
};

/* The envelope. */

static json_t *begin(exchange_t *x, const char *message, int status)
{
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	json_put_cstr(j, "message", message);
	json_put_i64(j, "status", status);
	json_key(j, "data");
	return j;
}

json_t *snms_begin(exchange_t *x)
{
	return begin(x, "success", SNMS_GOOD);
}

void snms_true(exchange_t *x)
{
	json_t *j = snms_begin(x);
	json_bool(j, true);
	json_close(j);
}

verdict_t snms_refuse(exchange_t *x, const char *message)
{
	json_t *j = begin(x, message, SNMS_REFUSED);
	json_null(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static bool is_of_the_server(err_t err)
{
	return err == ERR_BUSY || err_info(err)->http_status == 500 || err == ERR_DISK_FULL ||
	       err == ERR_NO_MEMORY;
}

void snms_problem(exchange_t *x, const err_detail_t *detail)
{
	char text[SNMS_MESSAGE_MAX];
	err_t err = detail->err;
	err_render(detail, x->request.lang, text, sizeof(text));
	bool is_callers = err == ERR_DENIED || err == ERR_UNAUTHENTICATED || err == ERR_MALFORMED;
	if (!is_callers && !is_of_the_server(err))
		x->reply.status = 200;
	json_t *j = begin(x, text, is_of_the_server(err) ? SNMS_BUSY : SNMS_REFUSED);
	json_null(j);
	json_close(j);
}

/* Reading a registration. */

typedef struct {
	registration_item_t items[TEMPLATE_ITEMS_MAX];
	template_faults_t faults;
	uint8_t values[VALUES_BYTES];
} work_t;

static err_t say(const exchange_t *x, err_t err, const err_text_t *text, const char *arg,
                 char *message)
{
	err_detail_t detail;
	err_raise(&detail, err, text, "", arg, (char *)NULL);
	err_render(&detail, x->request.lang, message, SNMS_MESSAGE_MAX);
	return err;
}

static bool read_index(const json_tree_t *item, int64_t *ret_index)
{
	slice_t text;
	if (json_whole(item, 0, UINT32_MAX, ret_index))
		return true;
	return json_text(item, &text) && num_parse_i64(text, ret_index) == ERR_OK &&
	       *ret_index >= 0 && *ret_index <= UINT32_MAX;
}

static err_t read_item(const exchange_t *x, const json_tree_t *root, registration_item_t *item,
                       char *message)
{
	const json_tree_t *data = json_member(root, "data");
	const json_tree_t *format = json_member(data, "format");
	int64_t index = 0;
	slice_t word = SLICE("string");
	char number[24];
	if (!read_index(json_member(root, "index"), &index))
		return say(x, ERR_INVALID, &text_fields, "value[].index", message);
	(void)snprintf(number, sizeof(number), "%lld", (long long)index);
	if (!json_text(json_member(root, "type"), &item->type))
		return say(x, ERR_INVALID, &text_fields, "value[].type", message);
	if (!json_text(json_member(data, "value"), &item->value))
		return say(x, ERR_INVALID, &text_fields, "value[].data.value", message);
	if (format && (!json_text(format, &word) || !slice_eq(word, SLICE("string"))))
		return say(x, ERR_INVALID, &text_format, number, message);
	item->index = (uint32_t)index;
	return ERR_OK;
}

static err_t read_items(const exchange_t *x, const json_tree_t *item, work_t *work,
                        registration_form_t *form, char *message)
{
	const json_tree_t *list = json_member(item, "value");
	if (!json_text(json_member(item, "templateVersion"), &form->version))
		return say(x, ERR_INVALID, &text_fields, "templateVersion", message);
	if (json_kind(list) != JSON_LIST_VALUE || json_count(list) > TEMPLATE_ITEMS_MAX)
		return say(x, ERR_INVALID, &text_fields, "value", message);
	form->items = work->items;
	form->count = json_count(list);
	err_t err = ERR_OK;
	for (size_t i = 0; i < form->count && !err; i++)
		err = read_item(x, json_item(list, i), &work->items[i], message);
	return err;
}

/* Every fault the room holds, one after another. */
static void faults_text(const exchange_t *x, const template_faults_t *faults, char *message)
{
	size_t len = 0;
	message[0] = 0;
	for (size_t i = 0; i < faults->count && i < TEMPLATE_FAULTS_MAX; i++) {
		if (len + 2 < SNMS_MESSAGE_MAX && i > 0) {
			memcpy(&message[len], "; ", 3);
			len += 2;
		}
		err_render(&faults->fault[i].detail, x->request.lang, &message[len],
		           SNMS_MESSAGE_MAX - len);
		len += strlen(&message[len]);
	}
}

static err_t read_change(exchange_t *x, const json_tree_t *item, work_t *work,
                         registry_change_t *change, char *message)
{
	registration_form_t form = { .name = change->name };
	writer_t w = writer_of(work->values, sizeof(work->values));
	err_t err = read_items(x, item, work, &form, message);
	if (err)
		return err;
	err = office_compose(x->api->spec.office, &form, &w, &change->count, &work->faults);
	if (err == ERR_INVALID)
		faults_text(x, &work->faults, message);
	else if (err)
		return say(x, err, NULL, "", message);
	change->values = writer_done(&w);
	return err;
}

err_t snms_send(exchange_t *x, const json_tree_t *item, snms_change_t *change, char *message)
{
	registry_change_t asked = { .verb = change->verb, .caller = x->request.caller };
	const json_tree_t *name = json_kind(item) == JSON_TEXT_VALUE ? item
	                                                             : json_member(item, "handle");
	if (!json_text(name, &asked.name) || asked.name.len == 0 || asked.name.len > SNMS_NAME_MAX)
		return say(x, ERR_INVALID, &text_name, "", message);
	change->name = asked.name;
	work_t *work = malloc(sizeof(*work));
	err_t err = work ? ERR_OK : say(x, ERR_NO_MEMORY, NULL, "", message);
	if (!err && change->verb != REGISTRY_REMOVE)
		err = read_change(x, item, work, &asked, message);
	if (!err) {
		err = registry_change(x->api->spec.registry, &asked, change->reply, change->ctx);
		if (err)
			say(x, err, NULL, "", message);
	}
	free(work);
	return err;
}

/* The limits of a prefix; NULL for other codes. */
static const err_text_t *limit_text(uint32_t code)
{
	static const struct {
		uint32_t code;
		err_text_t text;
	} rows[] = {
		{ HANDLE_RC_LIMIT_REQUESTS,
		  { { "daily request limit (603)", "达到每日请求上限（603）" }, { NULL, NULL } } },
		{ HANDLE_RC_LIMIT_NAMES,
		  { { "registration limit (604)", "达到注册数量上限（604）" }, { NULL, NULL } } },
		{ HANDLE_RC_LIMIT_PREFIXES,
		  { { "the prefix takes no changes now (605)", "前缀受限，暂不接受变更（605）" },
		    { NULL, NULL } } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == code)
			return &rows[i].text;
	return NULL;
}

void snms_result_text(const exchange_t *x, const registry_result_t *result, char *message)
{
	static const err_text_t exists = { { "the identifier is there already", "标识已存在" },
		                           { NULL, NULL } };
	static const err_text_t none = { { "there is no such identifier", "标识不存在" },
		                         { NULL, NULL } };
	const err_text_t *text = limit_text(result->code);
	if (!text && result->err == ERR_EXISTS)
		text = &exists;
	if (!text && result->err == ERR_NOT_FOUND)
		text = &none;
	(void)!say(x, result->err, text, "", message);
}

/* Single names. */

void snms_answer(const registry_result_t *result)
{
	exchange_t *x = result->ctx;
	char message[SNMS_MESSAGE_MAX];
	if (result->err) {
		snms_result_text(x, result, message);
		snms_refuse(x, message);
	} else {
		snms_true(x);
	}
	exchange_finish(x);
}

static verdict_t change(exchange_t *x, registry_verb_t verb)
{
	api_t *api = x->api;
	char message[SNMS_MESSAGE_MAX];
	snms_change_t asked = { .verb = verb, .reply = api->changes, .ctx = x };
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	if (!api_change_begin(api)) {
		json_free(doc);
		return exchange_refuse(x, ERR_BUSY, NULL, (slice_t){ 0 });
	}
	err_t err = snms_send(x, doc, &asked, message);
	json_free(doc);
	if (!err)
		return EXCHANGE_LATER;
	api_change_end(api);
	if (is_of_the_server(err))
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	return snms_refuse(x, message);
}

verdict_t snms_data_post(exchange_t *x)
{
	return change(x, REGISTRY_CREATE);
}

/* Items that are not sent stay as they are. */
verdict_t snms_data_put(exchange_t *x)
{
	return change(x, REGISTRY_MERGE);
}

verdict_t snms_data_delete(exchange_t *x)
{
	return change(x, REGISTRY_REMOVE);
}

/* Showing. */

static bool is_shown(const exchange_t *x, const handle_value_t *value)
{
	return !slice_starts(value->type, SLICE("HS_")) && handles_role_may_read(x, value);
}

static void put_value(exchange_t *x, const handle_value_t *value)
{
	json_t *j = reply_json(&x->reply, HEAD_ROOM + 12 * (value->type.len + value->data.len));
	json_object(j);
	json_put_cstr(j, "auth", "");
	json_put_u64(j, "index", value->index);
	json_put_str(j, "type", value->type);
	json_key(j, "data");
	handle_json_put_bytes(value->data, j);
	json_close(j);
}

static slice_t version_of(handle_list_t all)
{
	handle_value_t value = { 0 };
	(void)handle_value_find(all, TEMPLATE_INDEX, &value);
	return value.data;
}

static void put_detail_head(slice_t name, slice_t version, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "code", "200");
	json_put_str(j, "prefix", slice_sub(name, 0, slice_find(name, '/')));
	json_put_str(j, "handle", name);
	json_put_str(j, "templateVersion", version);
}

static void put_shown(exchange_t *x, handle_list_t all)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(all);
	json_put_array(&x->reply.json, "value");
	while (handle_value_next(&iter, &value))
		if (is_shown(x, &value))
			put_value(x, &value);
	json_close(reply_json(&x->reply, HEAD_ROOM));
}

static void put_detail(exchange_t *x, const record_t *record)
{
	handle_list_t all = { record->count, record->values };
	slice_t version = version_of(all);
	snms_begin(x);
	size_t room = HEAD_ROOM + 6 * (record->name.len + version.len);
	put_detail_head(record->name, version, reply_json(&x->reply, room));
	put_shown(x, all);
	json_close(&x->reply.json);
	json_close(&x->reply.json);
}

verdict_t snms_detail_get(exchange_t *x)
{
	slice_t name = { 0 };
	record_t record;
	err_t err = ERR_OK;
	char message[SNMS_MESSAGE_MAX];
	if (!request_query(&x->request, "handle", 0, &name) || name.len > SNMS_NAME_MAX)
		return exchange_refuse(x, ERR_INVALID, &text_name, (slice_t){ 0 });
	registry_find_batch(x->api->reader, &name, 1, &record, &err);
	registry_result_t result = { .err = err };
	quota_t quota = registry_resolved(x->api->spec.registry, name, err);
	result.code = quota ? registry_quota_code(quota) : 0;
	if (!err && !quota)
		put_detail(x, &record);
	registry_find_done(x->api->reader);
	if (!err && !quota)
		return EXCHANGE_ANSWERED;
	snms_result_text(x, &result, message);
	return snms_refuse(x, message);
}
