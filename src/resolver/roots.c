/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/roots.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/table.h"
#include "env/file.h"
#include "env/json_read.h"

enum { FILE_MAX = 1 << 20, RECORDS_MAX = 1024, RECORD_MAX = 256 << 10 };

typedef struct {
	uint32_t count;
	size_t len;
	uint8_t bytes[];
} root_record_t;

struct roots {
	table_t *records; /* folded name to root_record_t * */
};

static const err_text_t TEXT_BINARY = {
	{ "the file is neither root_info nor JSON", "该文件既不是 root_info 也不是 JSON" },
	{ "take a root_info or bootstrap_handles file of a Handle client",
	  "请使用 Handle 客户端的 root_info 或 bootstrap_handles 文件" },
};
static const err_text_t TEXT_JSON = {
	{ "line %1 is not JSON", "第 %1 行不是 JSON" },
	{ NULL, NULL },
};
static const err_text_t TEXT_RECORD = {
	{ "the record %1 cannot be read", "记录 %1 无法读取" },
	{ "it needs a handle and a list of values", "需要标识和值列表" },
};
static const err_text_t TEXT_EMPTY = {
	{ "no record with a site or a service", "没有包含站点或服务的记录" },
	{ NULL, NULL },
};

err_t roots_new(roots_t **ret_roots)
{
	roots_t *roots = calloc(1, sizeof(*roots));
	if (!roots)
		return ERR_NO_MEMORY;
	roots->records = table_new(sizeof(root_record_t *), RECORDS_MAX, 0);
	if (!roots->records) {
		free(roots);
		return ERR_NO_MEMORY;
	}
	*ret_roots = roots;
	return ERR_OK;
}

void roots_free(roots_t *roots)
{
	size_t at = 0;
	slice_t key;
	void *value;
	if (!roots)
		return;
	while (table_next(roots->records, &at, &key, &value))
		free(*(root_record_t **)value);
	table_free(roots->records);
	free(roots);
}

/* Adds a record; a later one of the same name takes its place. */
static err_t put(roots_t *roots, slice_t handle, handle_list_t values)
{
	uint8_t room[HANDLE_NAME_MAX];
	slice_t folded;
	void *slot;
	if (handle.len == 0 || handle_name_fold(handle, room, &folded) != CODEC_OK)
		return ERR_INVALID;
	root_record_t *record = malloc(sizeof(*record) + values.bytes.len);
	if (!record)
		return ERR_NO_MEMORY;
	*record = (root_record_t){ .count = values.count, .len = values.bytes.len };
	writer_t w = writer_of(record->bytes, values.bytes.len);
	wr_bytes(&w, values.bytes);
	err_t err = table_put(roots->records, folded, &slot, NULL);
	if (err) {
		free(record);
		return err;
	}
	free(*(root_record_t **)slot);
	*(root_record_t **)slot = record;
	return ERR_OK;
}

handle_list_t roots_find(const roots_t *roots, slice_t handle)
{
	uint8_t room[HANDLE_NAME_MAX];
	slice_t folded;
	if (handle_name_fold(handle, room, &folded) != CODEC_OK)
		return (handle_list_t){ 0 };
	root_record_t *const *slot = table_get(roots->records, folded);
	if (!slot)
		return (handle_list_t){ 0 };
	return (handle_list_t){ (*slot)->count, slice_of((*slot)->bytes, (*slot)->len) };
}

/* root_info. */

static err_t read_binary(slice_t bytes, const char *name, roots_t *roots, err_detail_t *ret_detail)
{
	reader_t r = reader_of(bytes);
	uint32_t length = rd_u32(&r);
	bool is_whole = length == r.in.len;
	handle_list_t values = handle_list_read_values(&r);
	if (r.bad || !is_whole || r.in.len || values.count == 0)
		return err_raise(ret_detail, ERR_MALFORMED, &TEXT_BINARY, name, (char *)NULL);
	return put(roots, SLICE("0.NA/0.NA"), values);
}

/* bootstrap_handles. */

static err_t read_values(const json_tree_t *list, writer_t *w, uint32_t *ret_count)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < json_count(list) && !err; i++) {
		bool kept = false;
		err = roots_json_value(json_item(list, i), w, &kept);
		*ret_count += kept;
	}
	return !err && w->bad ? ERR_TOO_BIG : err;
}

/* What reading the records of a file has come to. */
typedef struct {
	roots_t *roots;
	uint8_t *room; /* RECORD_MAX */
	uint32_t kept;
	slice_t name; /* of the record at hand */
	err_t err;
} reading_t;

/* False ends the iteration. */
static bool read_record(void *ctx, slice_t key, const json_tree_t *item)
{
	reading_t *reading = ctx;
	const json_tree_t *values = json_member(item, "values");
	writer_t w = writer_of(reading->room, RECORD_MAX);
	uint32_t kept = 0;
	reading->name = key;
	(void)json_text(json_member(item, "handle"), &reading->name);
	if (json_kind(values) != JSON_LIST_VALUE)
		reading->err = ERR_INVALID;
	if (!reading->err)
		reading->err = read_values(values, &w, &kept);
	if (!reading->err && kept)
		reading->err = put(reading->roots, reading->name,
		                   (handle_list_t){ kept, writer_done(&w) });
	reading->kept += kept;
	return !reading->err;
}

static void read_records(const json_tree_t *root, reading_t *reading)
{
	const json_tree_t *handles = json_member(root, "handles");
	if (!handles)
		(void)read_record(reading, SLICE("?"), root);
	else if (json_kind(handles) == JSON_MEMBERS_VALUE)
		json_members(handles, read_record, reading);
	for (size_t i = 0; i < json_count(handles) && !reading->err; i++)
		(void)read_record(reading, SLICE("?"), json_item(handles, i));
}

static err_t read_json(slice_t bytes, const char *name, roots_t *roots, err_detail_t *ret_detail)
{
	json_tree_t *root = NULL;
	unsigned line = 0;
	char text[ERR_ARG_MAX];
	reading_t reading = { .roots = roots };
	err_t err = json_read(bytes, &root, &line);
	if (err) {
		snprintf(text, sizeof(text), "%u", line);
		return err_raise(ret_detail, err, &TEXT_JSON, name, text, (char *)NULL);
	}
	reading.room = malloc(RECORD_MAX);
	if (reading.room)
		read_records(root, &reading);
	else
		reading.err = ERR_NO_MEMORY;
	err = reading.err;
	if (err) {
		(void)slice_to_cstr(reading.name, text, sizeof(text));
		err = err_raise(ret_detail, err, &TEXT_RECORD, name, text, (char *)NULL);
	} else if (reading.kept == 0) {
		err = err_raise(ret_detail, ERR_INVALID, &TEXT_EMPTY, name, (char *)NULL);
	}
	free(reading.room);
	json_free(root);
	return err;
}

err_t roots_read(slice_t bytes, const char *name, roots_t *roots, err_detail_t *ret_detail)
{
	slice_t text = slice_trim(bytes);
	if (bytes.len > FILE_MAX)
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, name, (char *)NULL);
	/* The length in front of root_info is below 16 MiB and so begins with a zero. */
	if (text.len && text.ptr[0] == '{')
		return read_json(text, name, roots, ret_detail);
	return read_binary(bytes, name, roots, ret_detail);
}

err_t roots_load(env_t *env, const char *path, roots_t *roots, err_detail_t *ret_detail)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(env, path, &map);
	if (err)
		return err_raise(ret_detail, err, NULL, path, (char *)NULL);
	err = roots_read(env_map_bytes(map), path, roots, ret_detail);
	env_map_close(map);
	return err;
}
