/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint of a Handle.Net server that keeps its records in Berkeley DB JE: the text
 * of that library's DbDump, a line of hexadecimal digits for each key and one for what it
 * holds. The key is a name; a record is a count and, for each value, its length and
 * the value as on the wire (RFC 3651, 3.1). A prefix that is homed holds nothing. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "base/utf8.h"
#include "batch/impl.h"
#include "codec/handle/value.h"
#include "model/time.h"

enum { RAW_MAX = BATCH_LINE_MAX / 2 };

static const err_text_t text_head = {
	{ "%1 is not what a checkpoint begins with", "检查点文件的开头不应为 %1" },
	{ "take the handles-*.dump or nas-*.dump that hdl-docheckpoint makes",
	  "请使用 hdl-docheckpoint 生成的 handles-*.dump 或 nas-*.dump" },
};
static const err_text_t text_hex = {
	{ "the line is no hexadecimal text behind a blank", "该行不是空格加十六进制文本" },
	{ "make the checkpoint anew", "请重新生成检查点" },
};
static const err_text_t text_key = {
	{ "the name is longer than 2,048 bytes or no UTF-8", "名称超过 2,048 字节或不是 UTF-8" },
	{ "leave the record out with --keep-going", "可用 --keep-going 略过该记录" },
};
static const err_text_t text_values = {
	{ "the values of %1 are damaged", "%1 的值已损坏" },
	{ "mend the record at the server that it is of, or leave it out with --keep-going",
	  "请在原服务器上修复该记录，或用 --keep-going 略过" },
};

static err_t broken(batch_t *b, const err_text_t *text, slice_t arg, err_detail_t *ret_detail)
{
	b->dump.kind = DUMP_BROKEN;
	return batch_complain(b, ERR_CORRUPT, &(complaint_t){ text, 0, arg }, ret_detail);
}

static bool is_known_head(slice_t line)
{
	static const char *const good[] = { "VERSION=3", "format=bytevalue", "type=btree",
		                            "dupsort=0", "HEADER=END" };
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (slice_eq(line, slice_str(good[i])))
			return true;
	return false;
}

/* Digits as they are, so that what other programs dump is not taken for it. */
static err_t header_line(batch_t *b, slice_t line, err_detail_t *ret_detail)
{
	b->dump.is_body = slice_eq(line, SLICE("HEADER=END"));
	/* The other says which database it is of, and the like. */
	if (is_known_head(line) || slice_starts(line, SLICE("database=")))
		return ERR_OK;
	return broken(b, &text_head, line, ret_detail);
}

static err_t take_hex(slice_t line, uint8_t *bytes, size_t cap, size_t *ret_len)
{
	if (line.len == 0 || line.ptr[0] != ' ')
		return ERR_MALFORMED;
	return num_from_hex(slice_from(line, 1), bytes, cap, ret_len);
}

static err_t key_line(batch_t *b, slice_t line, err_detail_t *ret_detail)
{
	size_t len = 0;
	err_t err = take_hex(line, (uint8_t *)b->name, sizeof(b->name), &len);
	if (err && err != ERR_TOO_BIG)
		return broken(b, &text_hex, line, ret_detail);
	b->dump.has_key = true;
	b->dump.line = b->line;
	b->item.name = slice_of(b->name, len);
	b->dump.is_bad_key = err || len == 0 || !utf8_valid(b->item.name);
	if (!b->dump.is_bad_key)
		return ERR_OK;
	return batch_complain(b, ERR_INVALID, &(complaint_t){ .text = &text_key }, ret_detail);
}

static void put_time(json_t *j, const char *key, uint32_t seconds)
{
	char text[TIME_TEXT_MAX];
	json_put_cstr(j, key, time_format((int64_t)seconds * NS_PER_S, text));
}

static void put_data(json_t *j, slice_t data)
{
	json_key(j, "data");
	json_object(j);
	json_put_cstr(j, "format", "base64");
	json_key(j, "value");
	/* Base 64 needs no escape. */
	json_str(j, SLICE(""));
	j->w.len--;
	base64_encode(data, BASE64_PLAIN, &j->w);
	wr_u8(&j->w, '"');
	json_close(j);
}

static bool put_references(json_t *j, handle_list_t list)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_reference_t reference;
	bool is_text = true;
	json_key(j, "references");
	json_array(j);
	while (handle_reference_next(&iter, &reference)) {
		is_text = is_text && utf8_valid(reference.handle);
		json_object(j);
		json_put_str(j, "handle", reference.handle);
		json_put_u64(j, "index", reference.index);
		json_close(j);
	}
	json_close(j);
	return is_text;
}

static bool put_value(json_t *j, const handle_value_t *value)
{
	char perms[5] = { 0 };
	for (size_t i = 0; i < 4; i++)
		perms[i] = value->perms >> (3 - i) & 1 ? '1' : '0';
	json_object(j);
	json_put_u64(j, "index", value->index);
	json_put_str(j, "type", value->type);
	put_data(j, value->data);
	json_put_cstr(j, "permissions", perms);
	if (value->ttl_type == HANDLE_TTL_ABSOLUTE)
		put_time(j, "ttl", value->ttl_s);
	else
		json_put_u64(j, "ttl", value->ttl_s);
	put_time(j, "timestamp", value->timestamp_s);
	bool is_text = put_references(j, value->references);
	json_close(j);
	return is_text && utf8_valid(value->type);
}

static bool put_values(json_t *j, slice_t record)
{
	reader_t r = reader_of(record);
	uint32_t count = rd_u32(&r);
	bool is_good = count > 0;
	for (uint32_t i = 0; is_good && i < count; i++) {
		handle_value_t value;
		slice_t bytes = rd_bytes32(&r, RAW_MAX);
		is_good = !r.bad && handle_value_decode(bytes, &value) == CODEC_OK &&
		          put_value(j, &value);
	}
	return is_good && r.in.len == 0;
}

static err_t record_line(batch_t *b, slice_t record, bool *ret_ready, err_detail_t *ret_detail)
{
	batch_begin(b, BATCH_CREATE);
	b->item.line = b->dump.line;
	if (!put_values(&b->json, record))
		return batch_complain(b, ERR_MALFORMED,
		                      &(complaint_t){ &text_values, 0, b->item.name }, ret_detail);
	err_t err = batch_finish(b, ret_detail);
	*ret_ready = !err;
	return err;
}

static bool is_prefix(slice_t name)
{
	return slice_eq_nocase(slice_sub(name, 0, 5), SLICE("0.NA/"));
}

static err_t data_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	size_t len = 0;
	dump_t *d = &b->dump;
	if (!b->load_bytes)
		b->load_bytes = malloc(RAW_MAX);
	if (!b->load_bytes)
		return batch_complain(b, ERR_NO_MEMORY, &(complaint_t){ .text = NULL }, ret_detail);
	if (take_hex(line, b->load_bytes, RAW_MAX, &len))
		return broken(b, &text_hex, line, ret_detail);
	d->has_key = false;
	if (d->is_bad_key)
		return ERR_OK; /* told when the key was read */
	if (len > 0 || !is_prefix(b->item.name))
		return record_line(b, slice_of(b->load_bytes, len), ret_ready, ret_detail);
	b->item = (batch_item_t){ .verb = BATCH_HOME, .line = d->line, .name = b->item.name };
	*ret_ready = true;
	return ERR_OK;
}

err_t store_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	dump_t *d = &b->dump;
	if (!d->is_body)
		return header_line(b, line, ret_detail);
	if (d->is_over)
		return line.len ? broken(b, &text_hex, line, ret_detail) : ERR_OK;
	d->is_over = !d->has_key && slice_eq(line, SLICE("DATA=END"));
	if (d->is_over)
		return ERR_OK;
	return d->has_key ? data_line(b, line, ret_ready, ret_detail)
	                  : key_line(b, line, ret_detail);
}
