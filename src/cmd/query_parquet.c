/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/query_parquet.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "cmd/history.h"
#include "codec/parquet/parquet.h"
#include "env/compress.h"
#include "env/file.h"
#include "env/json_read.h"

enum {
	GROUP_ROWS = 65536,
	GROUP_TEXT = 16 << 20,
	GROUPS_MAX = 1 << 16,
	TEXT_MAX = 8 << 20, /* more than an answer has room for */
	ROW_BYTES = 16,     /* of a page, beside its texts */
	PAGE_ROOM = GROUP_TEXT + TEXT_MAX + GROUP_ROWS * ROW_BYTES,
	LEVEL = 3,
	QUALITY_WORD = 24,
	DIGITS_MAX = 24,
	ANSWER_ROOM = 9 << 20,
	PATH_ROOM = 4096,
};

#define WHOLE_MAX (INT64_C(1) << 53) /* whole numbers that every double up to it holds */

enum {
	COLUMN_POINT,
	COLUMN_TIME,
	COLUMN_VALUE,
	COLUMN_TEXT,
	COLUMN_QUALITY,
	COLUMN_NODE,
	COLUMN_F32,
	COLUMN_STATE,
	COLUMNS
};

static const parquet_column_t columns[COLUMNS] = {
	[COLUMN_POINT] = { "point", PARQUET_TEXT },
	[COLUMN_TIME] = { "time", PARQUET_TIME_NS },
	[COLUMN_VALUE] = { "value", PARQUET_F64 },
	[COLUMN_TEXT] = { "text", PARQUET_TEXT },
	[COLUMN_QUALITY] = { "quality", PARQUET_TEXT },
	[COLUMN_NODE] = { "node_time", PARQUET_TIME_NS },
	[COLUMN_F32] = { "value_f32", PARQUET_F32 },
	[COLUMN_STATE] = { "state", PARQUET_I64 },
};

static const err_text_t text_groups = {
	{ "more rows than one file is given", "行数超出单个文件的上限" },
	{ "shorten the range, or ask for fewer points", "请缩短范围或减少测点" },
};

/* The rows of a group, by column. */
typedef struct {
	slice_t point[GROUP_ROWS], text[GROUP_ROWS], quality[GROUP_ROWS];
	uint64_t time[GROUP_ROWS], node[GROUP_ROWS], value[GROUP_ROWS], narrow[GROUP_ROWS];
	bool has_value[GROUP_ROWS], has_text[GROUP_ROWS];
	bool is_f32[GROUP_ROWS], is_enum[GROUP_ROWS]; /* what `narrow` is */
	uint8_t bytes[GROUP_TEXT + TEXT_MAX];         /* of texts */
	size_t bytes_len;
	size_t name_bytes; /* of the points, as often as they stand in it */
	size_t rows;
} group_t;

/* What the node says of a point whose samples are enums; asked for at the first of them. */
typedef struct {
	json_tree_t *doc;
	bool is_asked;
	slice_t name; /* of the ordinal that was looked for last; empty: it has none */
	uint32_t ordinal;
} states_t;

typedef struct {
	const query_parquet_t *asked;
	env_file_t *file;
	char part[PATH_ROOM];
	uint64_t at; /* in the file */
	uint64_t rows;
	group_t *group;
	slice_t name;    /* of the point at hand */
	states_t states; /* its */
	char qualities[QUALITY_COUNT][QUALITY_WORD];
	uint8_t *page, *packed; /* PAGE_ROOM, and what it may become */
	size_t packed_room;
	uint64_t *group_rows;
	parquet_chunk_t *chunks;
	size_t groups, groups_room;
	err_t err; /* of what was written behind a reader's back */
} table_t;

/* Writing. */

static err_t put(table_t *t, slice_t bytes)
{
	err_t err = env_file_write(t->file, t->at, bytes);
	t->at += err ? 0 : bytes.len;
	return err;
}

static parquet_data_t data_of(const group_t *g, int column)
{
	const parquet_data_t all[COLUMNS] = {
		[COLUMN_POINT] = { .texts = g->point },
		[COLUMN_TIME] = { .bits = g->time },
		[COLUMN_VALUE] = { .present = g->has_value, .bits = g->value },
		[COLUMN_TEXT] = { .present = g->has_text, .texts = g->text },
		[COLUMN_QUALITY] = { .texts = g->quality },
		[COLUMN_NODE] = { .bits = g->node },
		[COLUMN_F32] = { .present = g->is_f32, .bits = g->narrow },
		[COLUMN_STATE] = { .present = g->is_enum, .bits = g->narrow },
	};
	return all[column];
}

static err_t put_column(table_t *t, int column, parquet_chunk_t *ret_chunk)
{
	uint8_t head_bytes[PARQUET_PAGE_HEAD_MAX];
	writer_t plain = writer_of(t->page, PAGE_ROOM),
		 packed = writer_of(t->packed, t->packed_room);
	writer_t head = writer_of(head_bytes, sizeof(head_bytes));
	parquet_data_t data = data_of(t->group, column);
	parquet_values(columns[column].type, &data, t->group->rows, &plain);
	err_t err = plain.bad ? ERR_TOO_BIG : env_compress(writer_done(&plain), LEVEL, &packed);
	if (err)
		return err;
	parquet_page_head(t->group->rows, plain.len, packed.len, &head);
	*ret_chunk = (parquet_chunk_t){ .offset = t->at,
		                        .plain_bytes = head.len + plain.len,
		                        .stored_bytes = head.len + packed.len };
	err = put(t, writer_done(&head));
	return err ? err : put(t, writer_done(&packed));
}

static err_t grow(table_t *t)
{
	size_t room = t->groups_room ? 2 * t->groups_room : COLUMNS;
	uint64_t *rows = realloc(t->group_rows, room * sizeof(*rows));
	t->group_rows = rows ? rows : t->group_rows;
	parquet_chunk_t *chunks = realloc(t->chunks, room * COLUMNS * sizeof(*chunks));
	t->chunks = chunks ? chunks : t->chunks;
	t->groups_room = rows && chunks ? room : t->groups_room;
	return rows && chunks ? ERR_OK : ERR_NO_MEMORY;
}

static err_t put_group(table_t *t)
{
	group_t *g = t->group;
	err_t err = t->groups == GROUPS_MAX ? ERR_LIMIT : ERR_OK;
	if (g->rows == 0)
		return ERR_OK;
	if (!err && t->groups == t->groups_room)
		err = grow(t);
	for (int i = 0; !err && i < COLUMNS; i++)
		err = put_column(t, i, &t->chunks[t->groups * COLUMNS + (size_t)i]);
	if (err)
		return err;
	t->group_rows[t->groups++] = g->rows;
	t->rows += g->rows;
	g->rows = g->bytes_len = g->name_bytes = 0;
	return ERR_OK;
}

static err_t put_foot(table_t *t)
{
	parquet_table_t table = { .columns = columns,
		                  .column_count = COLUMNS,
		                  .group_rows = t->group_rows,
		                  .chunks = t->chunks,
		                  .group_count = t->groups,
		                  .is_zstd = true,
		                  .created_by = "jizhu" };
	size_t room = parquet_foot_bound(&table);
	uint8_t *bytes = malloc(room);
	if (!bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(bytes, room);
	parquet_foot(&table, &w);
	err_t err = w.bad ? ERR_INTERNAL : put(t, writer_done(&w));
	free(bytes);
	return err;
}

/* Rows. */

static slice_t keep(group_t *g, slice_t text)
{
	slice_t kept = slice_of(&g->bytes[g->bytes_len], text.len);
	if (text.len)
		memcpy(&g->bytes[g->bytes_len], text.ptr, text.len);
	g->bytes_len += text.len;
	return kept;
}

static bool is_past_doubles(const value_t *value)
{
	return (value->type == VALUE_I64 &&
	        (value->as.i > WHOLE_MAX || value->as.i < -WHOLE_MAX)) ||
	       (value->type == VALUE_U64 && value->as.u > (uint64_t)WHOLE_MAX);
}

static slice_t look_up(const table_t *t, uint32_t ordinal)
{
	const json_tree_t *all = json_member(t->states.doc, "states");
	const char *lang = t->asked->door->lang == LANG_ZH ? "zh" : "en";
	slice_t name = { 0 };
	int64_t value;
	for (size_t i = 0; i < json_count(all); i++) {
		const json_tree_t *state = json_item(all, i);
		if (json_whole(json_member(state, "value"), 0, UINT32_MAX, &value) &&
		    (uint32_t)value == ordinal &&
		    json_text(json_member(json_member(state, "label"), lang), &name))
			return name;
	}
	return (slice_t){ 0 };
}

/* A point that is not of the configuration (any more) has no states. */
static err_t ask_states(table_t *t)
{
	char path[PATH_ROOM];
	writer_t w = writer_of(path, sizeof(path));
	env_http_answer_t answer;
	err_detail_t detail;
	t->states.is_asked = true;
	if (!ascii_is_word(t->name, SLICE("_.-")))
		return ERR_OK;
	wr_format(&w, "%s/points/%.*s", HISTORY_DOOR, (int)t->name.len, (const char *)t->name.ptr);
	wr_u8(&w, 0);
	door_ask_t ask = { .method = HTTP_GET, .path = path, .answer_max = ANSWER_ROOM };
	err_t err = w.bad ? ERR_TOO_BIG : door_ask(t->asked->door, &ask, &answer, &detail);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = json_read(answer.body, &t->states.doc, NULL);
	env_http_answer_done(&answer);
	return err;
}

/* What an enum is called; the last of them is remembered, because they come in runs. */
static err_t name_state(table_t *t, uint32_t ordinal, slice_t *ret_name)
{
	states_t *states = &t->states;
	if (!states->is_asked || states->ordinal != ordinal) {
		err_t err = states->is_asked ? ERR_OK : ask_states(t);
		if (err)
			return err;
		states->name = look_up(t, ordinal);
		states->ordinal = ordinal;
	}
	*ret_name = states->name;
	return ERR_OK;
}

static void forget_states(table_t *t)
{
	json_free(t->states.doc);
	t->states = (states_t){ 0 };
}

static void take_value(group_t *g, size_t at, const value_t *value, slice_t state)
{
	char digits[DIGITS_MAX];
	double number = 0;
	g->narrow[at] = value_bits(value);
	g->is_f32[at] = value->type == VALUE_F32;
	g->is_enum[at] = value->type == VALUE_ENUM;
	g->has_value[at] = value_number(value, &number);
	memcpy(&g->value[at], &number, sizeof(number));
	if (value->type == VALUE_F64)
		g->value[at] = value_bits(value);
	g->has_text[at] = value->type == VALUE_TEXT || is_past_doubles(value) || state.len;
	if (value->type == VALUE_TEXT)
		g->text[at] = keep(g, value->as.text);
	else if (state.len)
		g->text[at] = keep(g, state);
	else if (g->has_text[at])
		g->text[at] = keep(g, slice_str(value_format(value, digits, sizeof(digits))));
}

static err_t on_row(void *ctx, size_t point, const sample_t *sample)
{
	table_t *t = ctx;
	group_t *g = t->group;
	(void)point;
	bool is_full = g->rows == GROUP_ROWS || g->bytes_len > GROUP_TEXT ||
	               g->name_bytes > GROUP_TEXT;
	if (is_full && (t->err = put_group(t)))
		return t->err;
	if (sample->value.type == VALUE_TEXT && sample->value.as.text.len > TEXT_MAX - DIGITS_MAX)
		return t->err = ERR_TOO_BIG;
	slice_t state = { 0 };
	if (sample->value.type == VALUE_ENUM &&
	    (t->err = name_state(t, sample->value.as.ordinal, &state)))
		return t->err;
	size_t at = g->rows++;
	g->point[at] = t->name;
	g->name_bytes += t->name.len;
	g->time[at] = (uint64_t)sample->source.ns;
	g->node[at] = (uint64_t)sample->node.ns;
	g->quality[at] = slice_str(t->qualities[sample->quality]);
	take_value(g, at, &sample->value, state);
	return ERR_OK;
}

static err_t complain(const table_t *t, err_t err, err_detail_t *ret_detail)
{
	return err_raise(ret_detail, err, err == ERR_LIMIT ? &text_groups : NULL, t->asked->file,
	                 (char *)NULL);
}

static err_t take_point(table_t *t, slice_t name, err_detail_t *ret_detail)
{
	history_ask_points_t ask = { .door = t->asked->door,
		                     .points = &name,
		                     .point_count = 1,
		                     .from_ns = t->asked->from_ns,
		                     .to_ns = t->asked->to_ns,
		                     .known_at_ns = t->asked->known_at_ns,
		                     .row = on_row,
		                     .ctx = t };
	t->name = name;
	forget_states(t);
	err_t err = history_read(&ask, ret_detail);
	if (!err && (err = put_group(t)))
		return complain(t, err, ret_detail);
	return t->err ? complain(t, t->err, ret_detail) : err;
}

/* All points of the configuration that have samples. */
static err_t take_all(table_t *t, err_detail_t *ret_detail)
{
	json_tree_t *doc = NULL;
	env_http_answer_t answer;
	slice_t name;
	door_ask_t ask = { .method = HTTP_POST,
		           .path = HISTORY_DOOR "/query",
		           .content_type = "application/json",
		           .body = SLICE("{\"mode\":\"last\",\"points\":\"*\"}"),
		           .answer_max = ANSWER_ROOM };
	err_t err = door_ask(t->asked->door, &ask, &answer, ret_detail);
	if (err)
		return err;
	if ((err = json_read(answer.body, &doc, NULL)))
		err_raise(ret_detail, err, NULL, "", (char *)NULL);
	const json_tree_t *rows = json_member(doc, "rows");
	for (size_t i = 0; !err && i < json_count(rows); i++)
		if (json_text(json_item(json_item(rows, i), 0), &name))
			err = take_point(t, name, ret_detail);
	json_free(doc);
	env_http_answer_done(&answer);
	return err;
}

static err_t take_points(table_t *t, err_detail_t *ret_detail)
{
	const query_parquet_t *asked = t->asked;
	err_t err = ERR_OK;
	if (asked->point_count == 1 && slice_eq(slice_str(asked->points[0]), SLICE("*")))
		return take_all(t, ret_detail);
	for (size_t i = 0; !err && i < asked->point_count; i++)
		err = take_point(t, slice_str(asked->points[i]), ret_detail);
	return err;
}

/* The file. */

static void name_qualities(table_t *t)
{
	for (int i = 0; i < QUALITY_COUNT; i++) {
		uint8_t quoted[QUALITY_WORD + 2];
		json_t j = json_of(quoted, sizeof(quoted));
		quality_json((quality_t)i, &j);
		slice_t word = json_done(&j);
		(void)slice_to_cstr(slice_sub(word, 1, word.len - 2), t->qualities[i],
		                    QUALITY_WORD);
	}
}

static err_t begin(table_t *t)
{
	uint8_t bytes[PARQUET_PAGE_HEAD_MAX];
	writer_t head = writer_of(bytes, sizeof(bytes)), part = writer_of(t->part, PATH_ROOM);
	t->packed_room = env_compress_bound(PAGE_ROOM);
	t->group = malloc(sizeof(*t->group));
	t->page = malloc(PAGE_ROOM);
	t->packed = malloc(t->packed_room);
	if (!t->group || !t->page || !t->packed)
		return ERR_NO_MEMORY;
	t->group->rows = t->group->bytes_len = t->group->name_bytes = 0;
	name_qualities(t);
	wr_format(&part, "%s.part", t->asked->file);
	wr_u8(&part, 0);
	err_t err = part.bad ? ERR_TOO_BIG
	                     : env_file_open(t->asked->door->env, t->part, ENV_OPEN_CREATE,
	                                     &t->file);
	parquet_head(&head);
	return err ? err : put(t, writer_done(&head));
}

static err_t finish(table_t *t)
{
	env_t *env = t->asked->door->env;
	err_t err = put_foot(t);
	if (!err)
		err = env_file_sync(t->file);
	return err ? err : env_path_rename(env, t->part, t->asked->file);
}

err_t query_parquet(const query_parquet_t *asked, uint64_t *ret_rows, err_detail_t *ret_detail)
{
	table_t *t = calloc(1, sizeof(*t));
	if (!t)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	t->asked = asked;
	err_t err = begin(t);
	if (err)
		complain(t, err, ret_detail);
	else
		err = take_points(t, ret_detail);
	if (!err && (err = finish(t)))
		complain(t, err, ret_detail);
	bool is_left = err && t->file;
	env_file_close(t->file);
	if (is_left)
		(void)!env_path_remove(asked->door->env, t->part);
	*ret_rows = t->rows;
	forget_states(t);
	free(t->group);
	free(t->page);
	free(t->packed);
	free(t->group_rows);
	free(t->chunks);
	free(t);
	return err;
}
