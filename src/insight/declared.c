/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/declared.h"
#include "base/num.h"
#include "base/text.h"
#include "base/utf8.h"
#include "codec/csv/csv.h"

#include <math.h>
#include <stdio.h>

#define WRONG_ROWS(X) \
	X(KIND, "part %1 is a %2, which nobody can declare", "组成量 %1 为 %2，不可申报", \
	  "have it measured", "请由系统采集") \
	X(NUMBER, "part %1 has no number", "组成量 %1 缺少数值", "give a number for every part", \
	  "请填写全部组成量") \
	X(DIGITS, "\"%1\" is no number", "“%1”不是数字", \
	  "write digits with a point and no thousands separators", \
	  "请填写不带千位分隔符、以点为小数点的数字") \
	X(SCOPE, "the definition does not offer the scope \"%1\"", "该定义没有口径“%1”", \
	  "take one of the scopes that it names", "请选用定义中列出的口径") \
	X(ENTITY, "the entity is missing, too long or no text", "实体标识缺失、过长或不是文本", \
	  "name the entity by its identifier", "请填写实体的标识") \
	X(PERIOD, "the period does not end behind its start", "周期的结束不晚于开始", \
	  "give start and end of the period", "请填写周期的开始和结束") \
	X(TIME, "\"%1\" is no time", "“%1”不是时间", "write it as 2026-01-01T00:00:00+08:00", \
	  "请按 2026-01-01T00:00:00+08:00 的形式填写") \
	X(PERSON, "nobody attests it", "无人签认", "sign in and declare it yourself", \
	  "请登录后由本人申报") \
	X(HEADER, "the columns are not those of the template", "列与模板不符", \
	  "download the template of %1 again", "请重新下载 %1 的模板") \
	X(OTHER, "this row is of \"%1\", and %2 is declared", "该行属于“%1”，而申报的是 %2", \
	  "put rows of other definitions into files of their own", "请将其他定义的行另存为文件") \
	X(CELLS, "the row has too many cells", "该行的单元格过多", \
	  "put a cell that holds a comma in quotes", "含逗号的单元格请加引号")

#define X(name, en, zh, fix_en, fix_zh) WRONG_##name,
enum { WRONG_ROWS(X) WRONG_COUNT };
#undef X

static const err_text_t WRONGS[] = {
#define X(name, en, zh, fix_en, fix_zh) { { en, zh }, { fix_en, fix_zh } },
	WRONG_ROWS(X)
#undef X
};

enum { TEXT_MAX = FIGURE_NAME_MAX + 1, FIXED_COLUMNS = 6 };

enum { CELL_DEFINITION, CELL_VERSION, CELL_SCOPE, CELL_ENTITY, CELL_FROM, CELL_TO };

static err_t wrong(err_detail_t *ret_detail, unsigned what, slice_t first, slice_t second)
{
	char texts[2][TEXT_MAX];
	slice_to_cstr(slice_sub(first, 0, FIGURE_NAME_MAX), texts[0], TEXT_MAX);
	slice_to_cstr(slice_sub(second, 0, FIGURE_NAME_MAX), texts[1], TEXT_MAX);
	err_t err = what == WRONG_OTHER || what == WRONG_HEADER ? ERR_CONFLICT : ERR_INVALID;
	return err_raise(ret_detail, err, &WRONGS[what], "", texts[0], texts[1], NULL);
}

static err_t check_part(const definition_part_t *part, const expr_value_t *sum,
                        err_detail_t *ret_detail)
{
	if (part->kind != PART_SUM)
		return wrong(ret_detail, WRONG_KIND, part->name,
		             slice_str(part_kind_name(part->kind)));
	if (!sum->is_there || !isfinite(sum->number))
		return wrong(ret_detail, WRONG_NUMBER, part->name, (slice_t){ 0 });
	return ERR_OK;
}

static err_t check_parts(const declared_t *declared, err_detail_t *ret_detail)
{
	const definition_t *definition = declared->definition;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < definition->part_count; i++)
		err = check_part(&definition->parts[i], &declared->sums[i], ret_detail);
	return err;
}

err_t declared_make(const declared_t *declared, figure_t *ret_figure, err_detail_t *ret_detail)
{
	const definition_t *definition = declared->definition;
	const slice_t none = { 0 };
	if (!definition_has_scope(definition, declared->scope))
		return wrong(ret_detail, WRONG_SCOPE, declared->scope, none);
	if (declared->entity.len == 0 || declared->entity.len > FIGURE_NAME_MAX ||
	    !utf8_valid(declared->entity))
		return wrong(ret_detail, WRONG_ENTITY, none, none);
	if (declared->from_ns >= declared->to_ns)
		return wrong(ret_detail, WRONG_PERIOD, none, none);
	if (declared->attested_by.len == 0)
		return wrong(ret_detail, WRONG_PERSON, none, none);
	err_t err = check_parts(declared, ret_detail);
	if (err)
		return err;
	figure_t figure = { .key = { definition->id, definition->version, declared->scope,
		                     declared->from_ns, declared->to_ns },
		            .entity = declared->entity,
		            .origin = FIGURE_DECLARED,
		            .part_count = definition->part_count,
		            .expected = 1,
		            .reporting = 1,
		            .declared = 1,
		            .coverage = 1,
		            .attested_by = declared->attested_by };
	for (size_t i = 0; i < figure.part_count; i++)
		figure.parts[i] = (part_t){ PART_SUM, true, declared->sums[i].number, none };
	expr_value_t value = definition_value(definition, figure.parts, &figure.lack);
	figure.has_value = value.is_there && isfinite(value.number);
	figure.value = figure.has_value ? value.number : 0;
	*ret_figure = figure;
	return ERR_OK;
}

/* Writing */

static const char HEADER[] = "definition,version,scope,entity,from,to";

static void part_header(const definition_part_t *part, char text[2 * TEXT_MAX])
{
	(void)snprintf(text, 2 * TEXT_MAX, "%.*s (%.*s)", (int)part->name.len,
	               (const char *)part->name.ptr, (int)part->unit_text.len,
	               (const char *)part->unit_text.ptr);
}

void declared_template(const definition_t *definition, writer_t *w)
{
	char text[2 * TEXT_MAX];
	wr_bytes(w, slice_str(HEADER));
	for (size_t i = 0; i < definition->part_count; i++) {
		part_header(&definition->parts[i], text);
		wr_u8(w, ',');
		csv_put(slice_str(text), w);
	}
	wr_bytes(w, SLICE("\r\n"));
}

void declared_template_row(const declared_t *declared, writer_t *w)
{
	const definition_t *definition = declared->definition;
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], version[24], number[32];
	(void)snprintf(version, sizeof(version), "%u", definition->version);
	const slice_t cells[FIXED_COLUMNS] = { definition->id,
		                               slice_str(version),
		                               declared->scope,
		                               declared->entity,
		                               slice_str(time_format(declared->from_ns, from)),
		                               slice_str(time_format(declared->to_ns, to)) };
	for (size_t i = 0; i < FIXED_COLUMNS; i++) {
		if (i)
			wr_u8(w, ',');
		csv_put(cells[i], w);
	}
	for (size_t i = 0; i < definition->part_count; i++) {
		wr_u8(w, ',');
		if (declared->sums[i].is_there)
			wr_bytes(w, slice_str(num_format_f64(declared->sums[i].number, number)));
	}
	wr_bytes(w, SLICE("\r\n"));
}

/* Reading */

typedef struct {
	slice_t cells[FIXED_COLUMNS + FIGURE_PARTS_MAX];
	size_t count, column; /* column: of what is wrong, from 1 */
	uint8_t room[DECLARED_ROW_BYTES];
} row_t;

static err_t cut(slice_t line, size_t columns, row_t *row, err_detail_t *ret_detail)
{
	writer_t w = writer_of(row->room, sizeof(row->room));
	memset(row->cells, 0, sizeof(row->cells));
	row->count = 0;
	while (line.len) {
		row->column = row->count + 1;
		slice_t cell = csv_plain(csv_cut_cell(&line), &w);
		if (row->count == columns || w.bad)
			return wrong(ret_detail, WRONG_CELLS, (slice_t){ 0 }, (slice_t){ 0 });
		row->cells[row->count++] = cell;
	}
	return ERR_OK;
}

static err_t check_header(const definition_t *definition, slice_t line, row_t *row,
                          err_detail_t *ret_detail)
{
	char text[2 * TEXT_MAX];
	slice_t names = slice_str(HEADER);
	size_t columns = FIXED_COLUMNS + definition->part_count;
	err_t err = cut(line, columns, row, ret_detail);
	for (size_t i = 0; i < columns && err == ERR_OK; i++) {
		row->column = i + 1;
		if (i >= FIXED_COLUMNS)
			part_header(&definition->parts[i - FIXED_COLUMNS], text);
		slice_t wanted = i < FIXED_COLUMNS ? slice_cut(&names, ',') : slice_str(text);
		if (!slice_eq(wanted, row->cells[i]))
			err = wrong(ret_detail, WRONG_HEADER, definition->id, (slice_t){ 0 });
	}
	return err;
}

/* Of this definition and version. */
static err_t check_definition(const definition_t *definition, row_t *row, err_detail_t *ret_detail)
{
	uint64_t version = 0;
	row->column = CELL_DEFINITION + 1;
	if (!slice_eq(row->cells[CELL_DEFINITION], definition->id))
		return wrong(ret_detail, WRONG_OTHER, row->cells[CELL_DEFINITION], definition->id);
	row->column = CELL_VERSION + 1;
	if (num_parse_u64(row->cells[CELL_VERSION], UINT32_MAX, &version) ||
	    version != definition->version)
		return wrong(ret_detail, WRONG_OTHER, row->cells[CELL_VERSION], definition->id);
	return ERR_OK;
}

static err_t read_time(row_t *row, size_t cell, int64_t *ret_ns, err_detail_t *ret_detail)
{
	row->column = cell + 1;
	if (time_parse(row->cells[cell], ret_ns))
		return wrong(ret_detail, WRONG_TIME, row->cells[cell], (slice_t){ 0 });
	return ERR_OK;
}

static err_t read_times(row_t *row, declared_t *declared, err_detail_t *ret_detail)
{
	err_t err = read_time(row, CELL_FROM, &declared->from_ns, ret_detail);
	return err ? err : read_time(row, CELL_FROM + 1, &declared->to_ns, ret_detail);
}

/* *ret_is_empty: there is no number in it. */
static err_t read_sums(row_t *row, declared_t *declared, bool *ret_is_empty,
                       err_detail_t *ret_detail)
{
	*ret_is_empty = true;
	for (size_t i = 0; i < declared->definition->part_count; i++) {
		slice_t cell = row->cells[FIXED_COLUMNS + i];
		expr_value_t *sum = &declared->sums[i];
		row->column = FIXED_COLUMNS + i + 1;
		*sum = (expr_value_t){ .is_there = cell.len > 0 };
		if (cell.len && num_parse_f64(cell, &sum->number))
			return wrong(ret_detail, WRONG_DIGITS, cell, (slice_t){ 0 });
		*ret_is_empty = *ret_is_empty && cell.len == 0;
	}
	return ERR_OK;
}

/* The cell of what is wrong with a row whose cells can be read. */
static size_t column_of(const declared_t *declared, const err_detail_t *detail)
{
	size_t i = 0;
	if (detail->text == &WRONGS[WRONG_SCOPE])
		return CELL_SCOPE + 1;
	if (detail->text == &WRONGS[WRONG_ENTITY])
		return CELL_ENTITY + 1;
	if (detail->text != &WRONGS[WRONG_NUMBER])
		return CELL_TO + 1;
	while (declared->sums[i].is_there)
		i++;
	return FIXED_COLUMNS + i + 1;
}

static err_t read_row(const declared_reader_t *reader, row_t *row, declared_t *declared,
                      bool *ret_is_empty, err_detail_t *ret_detail)
{
	figure_t figure;
	*declared = (declared_t){ .definition = reader->definition,
		                  .scope = row->cells[CELL_SCOPE],
		                  .entity = row->cells[CELL_ENTITY],
		                  .attested_by = reader->attested_by };
	err_t err = check_definition(reader->definition, row, ret_detail);
	err = err ? err : read_sums(row, declared, ret_is_empty, ret_detail);
	if (err || *ret_is_empty)
		return err;
	err = read_times(row, declared, ret_detail);
	if (err)
		return err;
	err = declared_make(declared, &figure, ret_detail);
	if (err && ret_detail)
		row->column = column_of(declared, ret_detail);
	return err;
}

static err_t place(err_detail_t *detail, size_t line, size_t column, err_t err)
{
	if (detail)
		(void)snprintf(detail->where, sizeof(detail->where), "%zu:%zu", line, column);
	return err;
}

/* With `gives`, hands over what was good before. */
static err_t walk(slice_t csv, const declared_reader_t *reader, bool gives,
                  err_detail_t *ret_detail)
{
	const definition_t *definition = reader->definition;
	row_t row;
	slice_t first = csv_cut_line(&csv);
	err_t err = check_header(definition, first, &row, ret_detail);
	if (err)
		return place(ret_detail, 1, row.column, err);
	for (size_t line = 2; csv.len; line++) {
		declared_t declared;
		bool is_empty = true;
		slice_t text = csv_cut_line(&csv);
		if (slice_trim(text).len == 0)
			continue;
		if (line > DECLARED_ROWS_MAX + 1)
			return ERR_LIMIT;
		err = cut(text, FIXED_COLUMNS + definition->part_count, &row, ret_detail);
		err = err ? err : read_row(reader, &row, &declared, &is_empty, ret_detail);
		if (err)
			return place(ret_detail, line, row.column, err);
		if (gives && !is_empty && !reader->take(reader->ctx, &declared))
			break;
	}
	return ERR_OK;
}

err_t declared_read(slice_t csv, const declared_reader_t *reader, err_detail_t *ret_detail)
{
	if (slice_starts(csv, SLICE("\xEF\xBB\xBF")))
		csv = slice_from(csv, 3);
	err_t err = walk(csv, reader, false, ret_detail);
	return err ? err : walk(csv, reader, true, ret_detail);
}
