/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/utf8.h"
#include "batch/impl.h"

static const err_text_t text_line = {
	{ "the line is longer than 1 MiB", "该行超过 1 MiB" },
	{ "one record takes one line of at most 1 MiB", "每条记录占一行，不超过 1 MiB" },
};
static const err_text_t text_utf8 = {
	{ "the line is not UTF-8", "该行不是 UTF-8 编码" },
	{ "save the file as UTF-8", "请将文件保存为 UTF-8 编码" },
};
static const err_text_t text_name = {
	{ "%1 is not a name", "%1 不是标识" },
	{ "write PREFIX/SUFFIX of at most 2,048 bytes, or give --prefix",
	  "请写为 前缀/后缀（不超过 2,048 字节），或给出 --prefix" },
};
static const err_text_t text_big = {
	{ "the record of %1 is too big", "%1 的记录过大" },
	{ "a record holds 2,048 values and 200 KiB", "一条记录最多 2,048 个值、200 KiB" },
};

err_t batch_new(const batch_spec_t *spec, batch_t **ret_batch)
{
	batch_t *b = calloc(1, sizeof(*b));
	if (!b)
		return ERR_NO_MEMORY;
	b->spec = *spec;
	b->row = text_of(BATCH_LINE_MAX);
	*ret_batch = b;
	return ERR_OK;
}

void batch_free(batch_t *batch)
{
	if (!batch)
		return;
	text_free(&batch->row);
	free(batch->load_bytes);
	free(batch);
}

err_t batch_complain(const batch_t *b, err_t err, const complaint_t *complaint,
                     err_detail_t *ret_detail)
{
	char where[ERR_WHERE_MAX], arg[ERR_ARG_MAX];
	writer_t w = writer_of(where, sizeof(where));
	wr_format(&w, "%s:%llu", b->spec.file, (unsigned long long)b->line);
	if (complaint->column)
		wr_format(&w, ":%zu", complaint->column);
	wr_u8(&w, 0);
	(void)slice_to_cstr(slice_sub(complaint->arg, 0, utf8_cut(complaint->arg, sizeof(arg) - 1)),
	                    arg, sizeof(arg));
	return err_raise(ret_detail, err, complaint->text, w.bad ? b->spec.file : where, arg,
	                 (char *)NULL);
}

err_t batch_name(batch_t *b, slice_t name, size_t column, err_detail_t *ret_detail)
{
	writer_t w = writer_of(b->name, sizeof(b->name));
	size_t slash = slice_find(name, '/');
	if (slash == name.len && b->spec.prefix)
		wr_format(&w, "%s/", b->spec.prefix);
	wr_bytes(&w, name);
	if (w.bad || name.len == 0 || slash == 0 || slash + 1 == name.len ||
	    (slash == name.len && !b->spec.prefix))
		return batch_complain(b, ERR_INVALID, &(complaint_t){ &text_name, column, name },
		                      ret_detail);
	b->item.name = writer_done(&w);
	return ERR_OK;
}

static void put_also(batch_t *b)
{
	slice_t rest = b->also;
	if (rest.len == 0)
		return;
	json_key(&b->json, "also");
	json_array(&b->json);
	while (rest.len) {
		slice_t name = slice_cut(&rest, ' ');
		if (name.len)
			json_str(&b->json, name);
	}
	json_close(&b->json);
	b->also = (slice_t){ 0 };
}

void batch_begin(batch_t *b, batch_verb_t verb)
{
	slice_t name = b->item.name;
	b->item = (batch_item_t){ .verb = verb, .line = b->line, .name = name };
	b->item.indexes = b->indexes;
	b->json = json_of(b->json_bytes, sizeof(b->json_bytes));
	json_object(&b->json);
	if (verb == BATCH_CREATE)
		json_put_str(&b->json, "name", name);
	put_also(b);
	json_key(&b->json, "values");
	json_array(&b->json);
}

err_t batch_finish(batch_t *b, err_detail_t *ret_detail)
{
	json_close(&b->json);
	json_close(&b->json);
	if (!json_ok(&b->json))
		return batch_complain(b, ERR_TOO_BIG, &(complaint_t){ &text_big, 0, b->item.name },
		                      ret_detail);
	b->item.json = json_done(&b->json);
	return ERR_OK;
}

bool batch_index(batch_t *b, uint32_t index)
{
	if (b->item.index_count == BATCH_VALUES_MAX)
		return false;
	b->indexes[b->item.index_count++] = index;
	return true;
}

static void json_line(batch_t *b, slice_t line, bool *ret_ready)
{
	slice_t json = slice_trim(line);
	b->item = (batch_item_t){ .verb = BATCH_CREATE, .line = b->line, .json = json };
	*ret_ready = json.len > 0;
}

/* Some editors put a mark of the encoding in front. */
static slice_t without_mark(const batch_t *b, slice_t line)
{
	bool has = b->line == 1 && slice_starts(line, SLICE("\xEF\xBB\xBF"));
	return has ? slice_from(line, 3) : line;
}

err_t batch_line(batch_t *batch, slice_t line, bool *ret_ready, batch_item_t *ret_item,
                 err_detail_t *ret_detail)
{
	bool ready = false;
	err_t err = ERR_OK;
	batch->line++;
	line = without_mark(batch, line);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line = slice_sub(line, 0, line.len - 1);
	if (line.len > BATCH_LINE_MAX)
		return batch_complain(batch, ERR_TOO_BIG, &(complaint_t){ .text = &text_line },
		                      ret_detail);
	if (!utf8_valid(line))
		return batch_complain(
			batch, ERR_MALFORMED,
			&(complaint_t){ &text_utf8, utf8_cut(line, line.len) + 1, { 0 } },
			ret_detail);
	if (batch->spec.format == BATCH_JSON_LINES)
		json_line(batch, line, &ready);
	else if (batch->spec.format == BATCH_TABLE)
		err = table_line(batch, line, &ready, ret_detail);
	else if (batch->spec.format == BATCH_DUMP)
		err = dump_line(batch, line, &ready, ret_detail);
	else
		err = block_line(batch, line, &ready, ret_detail);
	if (err)
		return err;
	*ret_ready = ready;
	if (ready)
		*ret_item = batch->item;
	return ERR_OK;
}

err_t batch_end(batch_t *batch, bool *ret_ready, batch_item_t *ret_item, err_detail_t *ret_detail)
{
	bool ready = false;
	err_t err = ERR_OK;
	if (batch->spec.format == BATCH_TABLE)
		err = table_end(batch, ret_detail);
	else if (batch->spec.format == BATCH_DUMP)
		err = dump_end(batch, ret_detail);
	else if (batch->spec.format == BATCH_HANDLE_TOOLS)
		err = block_end(batch, &ready, ret_detail);
	if (err)
		return err;
	*ret_ready = ready;
	if (ready)
		*ret_item = batch->item;
	return ERR_OK;
}

void batch_skip(batch_t *batch)
{
	if (batch->spec.format == BATCH_DUMP)
		return;
	batch->row.len = 0;
	batch->block = batch->block == BLOCK_NONE ? BLOCK_NONE : BLOCK_SKIP;
}

slice_t batch_identity(const batch_t *batch)
{
	return slice_of(batch->identity, batch->identity_len);
}
