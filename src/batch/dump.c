/* SPDX-License-Identifier: Apache-2.0 */
/* What the tools of a Handle.Net server write of all its records. The first line says
 * which tool it was: "{" StorageToJson, "VERSION=" a checkpoint, else a name of
 * hdl-dblist. JSON is only framed here, by its brackets and quotes, a record at a time;
 * what is in a record the node reads. */
#include "batch/impl.h"

enum { DEPTH_MAX = 32, DEPTH_TOP = 1, DEPTH_SECTION = 2, DEPTH_RECORD = 3 };

enum { SECTION_OTHER, SECTION_HOMED, SECTION_RECORDS };

static const err_text_t text_no_dump = {
	{ "the dump breaks off in the middle", "转储文件不完整" },
	{ "make it anew; what stands in front of the break was read",
	  "请重新转储；中断之前的内容已读取" },
};
static const err_text_t text_shape = {
	{ "this is no dump of a Handle.Net server", "这不是 Handle.Net 服务器的转储文件" },
	{ "take what StorageToJson, hdl-dblist -v or hdl-docheckpoint writes (doc/import.md)",
	  "请使用 StorageToJson、hdl-dblist -v 或 hdl-docheckpoint 的输出（见 doc/import.md）" },
};
static const err_text_t text_bare = {
	{ "%1 stands there without values", "%1 没有附带值" },
	{ "list with hdl-dblist SERVER -v", "请用 hdl-dblist SERVER -v 列出" },
};
static const err_text_t text_two = {
	{ "a second record is on the line", "同一行有第二条记录" },
	{ "let each stand on lines of its own, as StorageToJson writes them",
	  "请让每条记录各占一行或多行，如 StorageToJson 的输出" },
};
static const err_text_t text_record = {
	{ "the record is longer than 1 MiB", "记录超过 1 MiB" },
	{ "a record holds 2,048 values and 200 KiB", "一条记录最多 2,048 个值、200 KiB" },
};

/* Where the frame is broken nothing goes on. */
static err_t broken(batch_t *b, const err_text_t *text, err_detail_t *ret_detail)
{
	b->dump.kind = DUMP_BROKEN;
	return batch_complain(b, ERR_CORRUPT, &(complaint_t){ .text = text }, ret_detail);
}

/* Items. */

static void home(batch_t *b, slice_t name)
{
	writer_t w = writer_of(b->name, sizeof(b->name));
	wr_bytes(&w, name);
	b->item = (batch_item_t){ .verb = BATCH_HOME, .line = b->line, .name = writer_done(&w) };
}

/* A record's JSON begins with the name as the dump has it, quoted. */
static void record_begin(batch_t *b, slice_t quoted)
{
	b->dump.line = b->line;
	b->row.len = 0;
	text_add(&b->row, SLICE("{\"name\":"));
	text_add(&b->row, quoted);
}

static void record_end(batch_t *b)
{
	b->item = (batch_item_t){ .verb = BATCH_CREATE,
		                  .line = b->dump.line,
		                  .json = text_slice(&b->row) };
}

/* JSON. */

static void keep(batch_t *b, uint8_t byte)
{
	if (b->dump.is_kept)
		text_add(&b->row, slice_of(&byte, 1));
	else
		wr_u8(&b->dump.token, byte);
}

/* A text that is no part of a record is whole. */
static void take_token(batch_t *b, bool *ret_ready)
{
	dump_t *d = &b->dump;
	slice_t quoted = writer_done(&d->token);
	if (d->depth == DEPTH_TOP)
		d->section = slice_eq(quoted, SLICE("\"homedPrefixes\""))   ? SECTION_HOMED
		             : slice_eq(quoted, SLICE("\"handleRecords\"")) ? SECTION_RECORDS
		                                                            : SECTION_OTHER;
	d->has_section |= d->section != SECTION_OTHER;
	if (d->depth == DEPTH_SECTION && d->section == SECTION_HOMED) {
		home(b, slice_sub(quoted, 1, quoted.len - 2));
		*ret_ready = true;
	}
}

static void text_byte(batch_t *b, uint8_t byte, bool *ret_ready)
{
	dump_t *d = &b->dump;
	keep(b, byte);
	if (d->is_escaped) {
		d->is_escaped = false;
		return;
	}
	d->is_escaped = byte == '\\';
	d->is_text = byte != '"';
	if (!d->is_text && !d->is_kept)
		take_token(b, ret_ready);
}

static bool open(batch_t *b, uint8_t byte)
{
	dump_t *d = &b->dump;
	bool begins = d->depth == DEPTH_SECTION && d->section == SECTION_RECORDS && byte == '{';
	if (d->depth == DEPTH_MAX || (d->depth == 0 && d->is_over))
		return false;
	d->depth++;
	if (begins) {
		record_begin(b, writer_done(&d->token));
		text_add(&b->row, SLICE(","));
		d->is_kept = true;
	} else if (d->is_kept) {
		keep(b, byte);
	}
	return true;
}

static bool close(batch_t *b, uint8_t byte, bool *ret_ready)
{
	dump_t *d = &b->dump;
	if (d->depth == 0)
		return false;
	if (d->is_kept)
		keep(b, byte);
	d->depth--;
	d->is_over = d->depth == 0;
	if (d->is_kept && d->depth < DEPTH_RECORD) {
		d->is_kept = false;
		record_end(b);
		*ret_ready = true;
	}
	return true;
}

/* False: brackets that do not fit. */
static bool json_byte(batch_t *b, uint8_t byte, bool *ret_ready)
{
	dump_t *d = &b->dump;
	switch (byte) {
	case '{':
	case '[':
		return open(b, byte);
	case '}':
	case ']':
		return close(b, byte, ret_ready);
	case '"':
		d->is_text = true;
		if (!d->is_kept)
			d->token = writer_of(d->token_bytes, sizeof(d->token_bytes));
		break;
	case ' ':
	case '\t':
		return true;
	default:
		break;
	}
	if (d->is_kept || d->is_text)
		keep(b, byte);
	return d->depth > 0;
}

static err_t json_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	dump_t *d = &b->dump;
	for (size_t i = 0; i < line.len; i++) {
		bool ready = false;
		if (d->is_text)
			text_byte(b, line.ptr[i], &ready);
		else if (!json_byte(b, line.ptr[i], &ready))
			return broken(b, &text_shape, ret_detail);
		if (b->row.bad || d->token.bad)
			return broken(b, &text_record, ret_detail);
		/* One that begins takes the place of the one that is done. */
		if (*ret_ready && (ready || d->is_kept))
			return broken(b, &text_two, ret_detail);
		*ret_ready |= ready;
	}
	/* No text of JSON goes on in the next line. */
	return d->is_text ? broken(b, &text_shape, ret_detail) : ERR_OK;
}

/* The list: a name, then its values as a JSON list. */

static void list_name(batch_t *b, slice_t name)
{
	dump_t *d = &b->dump;
	json_t j = json_of(b->json_bytes, sizeof(b->json_bytes));
	json_str(&j, name);
	record_begin(b, json_done(&j));
	text_add(&b->row, SLICE(",\"values\":"));
	d->token = writer_of(d->token_bytes, sizeof(d->token_bytes));
	wr_bytes(&d->token, name);
	d->is_kept = true;
}

static err_t bare(batch_t *b, err_detail_t *ret_detail)
{
	complaint_t complaint = { .text = &text_bare, .arg = writer_done(&b->dump.token) };
	return batch_complain(b, ERR_INVALID, &complaint, ret_detail);
}

static err_t list_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	dump_t *d = &b->dump;
	if (!d->is_kept) {
		if (line.len)
			list_name(b, line);
		return ERR_OK;
	}
	if (d->depth == 0 && !slice_starts(line, SLICE("["))) {
		err_t err = bare(b, ret_detail);
		d->is_kept = false;
		if (line.len)
			list_name(b, line);
		return err;
	}
	/* The list is nested as a record of the other form is in it. */
	if (d->depth == 0)
		d->depth = DEPTH_SECTION;
	err_t err = json_line(b, line, ret_ready, ret_detail);
	if (err || !*ret_ready)
		return err;
	d->depth = 0;
	text_add(&b->row, SLICE("}"));
	record_end(b);
	return b->row.bad ? broken(b, &text_record, ret_detail) : ERR_OK;
}

/* All of them. */

static dump_kind_t kind_of(slice_t line)
{
	if (slice_starts(line, SLICE("{")))
		return DUMP_JSON;
	return slice_starts(line, SLICE("VERSION=")) ? DUMP_STORE : DUMP_LIST;
}

err_t dump_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	dump_t *d = &b->dump;
	if (d->kind == DUMP_NONE && slice_trim(line).len == 0)
		return ERR_OK;
	if (d->kind == DUMP_NONE)
		d->kind = kind_of(slice_trim(line));
	switch (d->kind) {
	case DUMP_JSON:
		return json_line(b, line, ret_ready, ret_detail);
	case DUMP_LIST:
		return list_line(b, line, ret_ready, ret_detail);
	case DUMP_STORE:
		return store_line(b, line, ret_ready, ret_detail);
	case DUMP_NONE:
	case DUMP_BROKEN:
		break;
	}
	return ERR_OK;
}

err_t dump_end(batch_t *b, err_detail_t *ret_detail)
{
	const dump_t *d = &b->dump;
	bool is_whole = false;
	switch (d->kind) {
	case DUMP_JSON:
		if (d->is_over && !d->has_section)
			return broken(b, &text_shape, ret_detail);
		is_whole = d->is_over;
		break;
	case DUMP_LIST:
		if (d->is_kept && d->depth == 0)
			return bare(b, ret_detail);
		is_whole = !d->is_kept;
		break;
	case DUMP_STORE:
		is_whole = d->is_over;
		break;
	case DUMP_NONE:
	case DUMP_BROKEN:
		is_whole = true;
		break;
	}
	return is_whole ? ERR_OK : broken(b, &text_no_dump, ret_detail);
}
