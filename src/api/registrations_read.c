/* SPDX-License-Identifier: Apache-2.0 */
/* The body: one record a line, or records in the encoding of the Handle protocol. */
#include <stdlib.h>

#include "api/gs1_values.h"
#include "api/namespace_values.h"
#include "api/registrations.h"
#include "base/utf8.h"
#include "model/record.h"

static const err_text_t text_namespace = {
	{ "a value of type HS_NAMESPACE holds no good template",
	  "HS_NAMESPACE 类型的值中的模板有误" },
	{ "put it by itself to hear which line is wrong", "请单独写入，以获知出错的行" },
};
static const err_text_t text_link = {
	{ "a GS1.LINK of %1 is not well formed, or the name is not a GS1 key",
	  "%1 的 GS1.LINK 格式不正确，或名称不是 GS1 代码" },
	{ "PUT /api/handles/NAME tells what is wrong", "可用 PUT /api/handles/名称 查看具体原因" },
};
static const err_text_t text_json = {
	{ "the line is not one JSON object", "该行不是一个 JSON 对象" },
	{ "write {\"name\":\"PREFIX/SUFFIX\",\"values\":[...]} on one line",
	  "请在一行内写 {\"name\":\"前缀/后缀\",\"values\":[...]}" },
};
static const err_text_t text_name = {
	{ "the name is missing or is none", "名称缺失或无效" },
	{ "write \"name\":\"PREFIX/SUFFIX\" of at most 2,048 bytes",
	  "请写 \"name\":\"前缀/后缀\"，不超过 2,048 字节" },
};
static const err_text_t text_values = {
	{ "the values of %1 are not well formed", "%1 的值格式不正确" },
	{ "each has an index above 0 that no other has, a type and data; see "
	  "/api/v1/openapi.yaml",
	  "每个值须有互不相同且大于 0 的 index、type 和 data；见 /api/v1/openapi.yaml" },
};
static const err_text_t text_state = {
	{ "many records at once are active records; %1 is not",
	  "批量注册的记录均为激活状态，%1 不是" },
	{ "register it alone and set its state, as jizhu import does",
	  "请单独注册并设置状态，如 jizhu import 所做" },
};

registrations_t *registrations_new(uint32_t faults_max)
{
	registrations_t *all = calloc(1, sizeof(*all));
	if (all)
		all->faults = calloc(faults_max, sizeof(*all->faults));
	if (!all || !all->faults) {
		registrations_free(all);
		return NULL;
	}
	all->faults_max = faults_max;
	return all;
}

void registrations_free(registrations_t *all)
{
	if (!all)
		return;
	table_free(all->names);
	text_free(&all->records);
	text_free(&all->rest);
	free(all->rows);
	free(all->faults);
	free(all);
}

slice_t registrations_name(const registrations_t *all, uint32_t row)
{
	reader_t r = reader_of(slice_from(text_slice(&all->records), all->rows[row].at));
	return rd_bytes32(&r, HANDLE_NAME_MAX);
}

void registrations_fault(registrations_t *all, const fault_t *fault, slice_t name)
{
	if (all->refused < all->faults_max) {
		fault_t *kept = &all->faults[all->refused];
		*kept = *fault;
		(void)slice_to_cstr(slice_sub(name, 0, utf8_cut(name, ERR_ARG_MAX - 1)), kept->name,
		                    sizeof(kept->name));
	}
	all->refused++;
}

static err_t add_row(registrations_t *all, const registration_t *row)
{
	if (all->count == REGISTRY_BULK_MAX)
		return ERR_TOO_BIG;
	if (all->count == all->room) {
		uint32_t room = all->room ? 2 * all->room : 256;
		registration_t *rows = realloc(all->rows, room * sizeof(*rows));
		if (!rows)
			return ERR_NO_MEMORY;
		all->rows = rows;
		all->room = room;
	}
	all->rows[all->count++] = *row;
	return ERR_OK;
}

err_t registrations_note(registrations_t *all, slice_t name, uint32_t line)
{
	uint8_t folded_bytes[HANDLE_NAME_MAX];
	slice_t folded;
	void *value = NULL;
	bool is_new = false;
	if (handle_name_fold(name, folded_bytes, &folded) != CODEC_OK)
		return ERR_INVALID;
	err_t err = table_put(all->names, folded, &value, &is_new);
	if (err)
		return err;
	if (!is_new)
		return ERR_EXISTS;
	memcpy(value, &line, sizeof(line));
	return ERR_OK;
}

err_t registrations_add(registrations_t *all, const handle_record_t *record, uint32_t line,
                        uint32_t of)
{
	size_t at = all->records.len;
	uint8_t head[8 + HANDLE_NAME_MAX];
	writer_t w = writer_of(head, sizeof(head));
	wr_bytes32(&w, record->handle);
	wr_u32(&w, record->values.count);
	text_add(&all->records, writer_done(&w));
	text_add(&all->records, record->values.bytes);
	if (all->records.bad)
		return ERR_TOO_BIG;
	return add_row(all, &(registration_t){ .line = line, .at = (uint32_t)at, .of = of });
}

/* JSON lines. */

bool registrations_whole_name(const registrations_t *all, slice_t given, writer_t *w)
{
	handle_name_t parts;
	if (slice_find(given, '/') == given.len && all->prefix.len) {
		wr_bytes(w, all->prefix);
		wr_u8(w, '/');
	}
	wr_bytes(w, given);
	return !w->bad && handle_name_split(writer_done(w), &parts) == CODEC_OK &&
	       parts.suffix.len > 0;
}

static err_t read_record(registrations_t *all, const json_tree_t *doc, uint32_t line)
{
	char bytes[HANDLE_NAME_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t given = { 0 }, state = { 0 };
	bool has_name = json_text(json_member(doc, "name"), &given) ||
	                json_text(json_member(doc, "handle"), &given);
	if (!has_name || !registrations_whole_name(all, given, &w)) {
		registrations_fault(all, &(fault_t){ line, ERR_INVALID, &text_name, "" }, given);
		return ERR_OK;
	}
	if (json_text(json_member(doc, "state"), &state) && !slice_eq(state, SLICE("active"))) {
		registrations_fault(all, &(fault_t){ line, ERR_UNSUPPORTED, &text_state, "" },
		                    writer_done(&w));
		return ERR_OK;
	}
	const json_tree_t *list = json_member(doc, "values");
	err_t err = list ? handle_values_read(list, &all->values) : ERR_INVALID;
	if (err == ERR_NO_MEMORY)
		return err;
	if (err) {
		registrations_fault(all, &(fault_t){ line, err, &text_values, "" },
		                    writer_done(&w));
		return ERR_OK;
	}
	if (gs1_values_check(writer_done(&w), &all->values, NULL)) {
		registrations_fault(all, &(fault_t){ line, ERR_INVALID, &text_link, "" },
		                    writer_done(&w));
		return ERR_OK;
	}
	if (namespace_values_check(&all->values, NULL)) {
		registrations_fault(all, &(fault_t){ line, ERR_INVALID, &text_namespace, "" },
		                    writer_done(&w));
		return ERR_OK;
	}
	handle_record_t record = { writer_done(&w), { all->values.count, all->values.bytes } };
	return registrations_add_all(all, &record, json_member(doc, "also"), line);
}

static err_t read_lines(registrations_t *all, slice_t body)
{
	err_t err = ERR_OK;
	for (uint32_t line = 1; !err && body.len; line++) {
		json_tree_t *doc = NULL;
		slice_t text = slice_trim(slice_cut(&body, '\n'));
		if (text.len == 0)
			continue;
		err = json_read(text, &doc, NULL);
		/* What ends a page of an export. */
		if (!err && json_member(doc, "next_after") && !json_member(doc, "name")) {
			json_free(doc);
			continue;
		}
		if (!err && json_kind(doc) == JSON_MEMBERS_VALUE) {
			err = read_record(all, doc, line);
		} else if (err != ERR_NO_MEMORY) {
			registrations_fault(all, &(fault_t){ line, ERR_MALFORMED, &text_json, "" },
			                    (slice_t){ 0 });
			err = ERR_OK;
		}
		json_free(doc);
	}
	return err;
}

/* Binary. */

/* As a record is kept: by ascending index, none of them 0, every type named. */
static bool are_values(handle_list_t list)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_value_t value;
	uint32_t last = 0;
	while (handle_value_next(&iter, &value)) {
		if (value.index <= last || value.type.len == 0)
			return false;
		last = value.index;
	}
	return last > 0;
}

static err_t read_binary(registrations_t *all, slice_t body)
{
	reader_t r = reader_of(body);
	uint32_t count = rd_u32(&r);
	err_t err = count > REGISTRY_BULK_MAX ? ERR_TOO_BIG : ERR_OK;
	for (uint32_t i = 1; !err && !r.bad && i <= count; i++) {
		handle_name_t parts;
		handle_record_t record = { .handle = rd_bytes32(&r, HANDLE_NAME_MAX) };
		record.values = handle_list_read_values(&r);
		if (r.bad)
			break;
		if (handle_name_split(record.handle, &parts) != CODEC_OK || parts.suffix.len == 0)
			registrations_fault(all, &(fault_t){ i, ERR_INVALID, &text_name, "" },
			                    (slice_t){ 0 });
		else if (!are_values(record.values))
			registrations_fault(all, &(fault_t){ i, ERR_INVALID, &text_values, "" },
			                    record.handle);
		else
			err = registrations_add_all(all, &record, NULL, i);
	}
	return err ? err : r.bad || r.in.len ? ERR_MALFORMED : ERR_OK;
}

err_t registrations_read(registrations_t *all, slice_t body, bool is_binary)
{
	all->records = text_of(REGISTRY_BULK_BYTES_MAX);
	all->rest = text_of(REGISTRY_BULK_BYTES_MAX);
	all->values.keeps_times = all->keeps_times;
	all->names = table_new(sizeof(uint32_t), REGISTRY_BULK_MAX, body.len);
	if (!all->names)
		return ERR_NO_MEMORY;
	err_t err = is_binary ? read_binary(all, body) : read_lines(all, body);
	handle_values_done(&all->values);
	table_free(all->names);
	all->names = NULL;
	return err == ERR_LIMIT ? ERR_TOO_BIG : err;
}
