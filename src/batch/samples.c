/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/samples_words.h"

enum { NUMBER_MAX = 64, NAME_TOLD = 64 };

static const err_text_t text_head = {
	{ "the first line does not name the columns of a history", "首行不是历史数据的列名" },
	{ "name them like time,POINT,POINT or point,time,value,quality, or say --format",
	  "请写为 time,测点,测点 或 point,time,value,quality，或用 --format 指明" },
};
static const err_text_t text_cells = {
	{ "the row has more cells than the first line", "该行单元格多于首行" },
	{ "put cells that hold the separator in quotes", "含分隔符的单元格请用引号括住" },
};
static const err_text_t text_quote = {
	{ "the quotes of the row do not fit", "该行的引号不配对" },
	{ "put a cell in quotes whole, and write a quote in it twice",
	  "请用引号括住整个单元格，其中的引号写两次" },
};
static const err_text_t text_big = {
	{ "the row is longer than 1 MiB", "该行超过 1 MiB" },
	{ "look for a quote that is not closed", "请检查未闭合的引号" },
};
static const err_text_t text_utf8 = {
	{ "the row is not UTF-8", "该行不是 UTF-8" },
	{ "convert the file, as with iconv -f GB18030 -t UTF-8",
	  "请转换编码，如 iconv -f GB18030 -t UTF-8" },
};
static const err_text_t text_name = {
	{ "the row names no point", "该行没有测点名" },
	{ "fill the column of the point", "请填写测点列" },
};
static const err_text_t text_value = {
	{ "%1 of %2 is no number, true or false", "%2 的取值 %1 不是数值、true 或 false" },
	{ "write a number, with --decimal-comma one like 1,5, or leave the cell empty",
	  "请写数值（配合 --decimal-comma 可写 1,5），或留空" },
};
static const err_text_t text_quality = {
	{ "there is no quality %1", "没有质量码 %1" },
	{ "write Good, Bad, a number of OPC, or a word of doc/samples.md",
	  "请写 Good、Bad、OPC 质量数字，或 doc/samples.md 中的词" },
};
static const err_text_t text_times[SAMPLES_TIME_FAULTS] = {
	[SAMPLES_TIME_BAD] = { { "%1 is no time", "%1 不是时间" },
	                       { "write 2026-03-01T00:00:00+08:00, or a count with --time-format",
	                         "请写 2026-03-01T00:00:00+08:00，或用 --time-format "
	                         "指明计数单位" } },
	[SAMPLES_TIME_ORDER] = { { "in %1 day and month cannot be told apart",
	                           "%1 中无法区分日与月" },
	                         { "say --time-format dmy or mdy",
	                           "请用 --time-format dmy 或 mdy" } },
	[SAMPLES_TIME_LOCAL] = { { "%1 does not say its time zone", "%1 没有时区" },
	                         { "say --zone Asia/Shanghai, or whichever it is",
	                           "请用 --zone 指明，如 --zone Asia/Shanghai" } },
	[SAMPLES_TIME_NEVER] = { { "the clock of the zone left out %1", "该时区的时钟跳过了 %1" },
	                         { "look whether the zone is the right one",
	                           "请检查时区是否正确" } },
	[SAMPLES_TIME_TWICE] = { { "the clock of the zone showed %1 twice",
	                           "该时区的时钟两次出现 %1" },
	                         { "export this hour in UTC or with its offset",
	                           "请以 UTC 或带偏移量的时间导出这一小时" } },
};

enum { PLACE_NONE = -1 };

struct samples {
	samples_spec_t spec;
	uint64_t line, begin; /* the last taken; where the row at hand begins */
	text_t row;           /* over several lines */
	uint8_t separator;    /* 0: the first line is still to come */
	bool is_narrow, is_status;
	int time, name, value, quality; /* columns; PLACE_NONE: none */
	size_t columns;
	slice_t names[SAMPLES_COLUMNS_MAX]; /* in head */
	slice_t cells[SAMPLES_COLUMNS_MAX];
	size_t cell_count;
	writer_t plain;
	uint8_t head[SAMPLES_LINE_MAX], room[SAMPLES_LINE_MAX];
};

err_t samples_new(const samples_spec_t *spec, samples_t **ret_samples)
{
	samples_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	s->spec = *spec;
	s->row = text_of(SAMPLES_LINE_MAX);
	*ret_samples = s;
	return ERR_OK;
}

void samples_free(samples_t *samples)
{
	if (!samples)
		return;
	text_free(&samples->row);
	free(samples);
}

static err_t raise(const samples_t *s, err_detail_t *ret, const err_text_t *text,
                   const slice_t args[2])
{
	char where[ERR_WHERE_MAX], told[2][NAME_TOLD];
	(void)snprintf(where, sizeof(where), "%s:%llu", s->spec.file, (unsigned long long)s->begin);
	for (int i = 0; i < 2; i++) {
		slice_t arg = args ? args[i] : (slice_t){ 0 };
		(void)slice_to_cstr(slice_sub(arg, 0, utf8_cut(arg, NAME_TOLD - 1)), told[i],
		                    NAME_TOLD);
	}
	return err_raise(ret, ERR_INVALID, text, where, told[0], told[1], (char *)NULL);
}

/* What is wrong with a row or cell goes to who reads. */
static err_t refuse(const samples_t *s, const err_text_t *text, slice_t first, slice_t second,
                    err_detail_t *ret_detail)
{
	slice_t args[2] = { first, second };
	err_t err = raise(s, ret_detail, text, args);
	return s->spec.refused(s->spec.ctx, err, ret_detail);
}

/* Cells. */

/* The cell in quotes at the head of `*rest`, with single quotes, and the separator. */
static bool cut_quoted(samples_t *s, slice_t *rest, bool *ret_more)
{
	*rest = slice_from(*rest, 1);
	for (;;) {
		if (slice_find(*rest, '"') == rest->len)
			return false;
		wr_bytes(&s->plain, slice_cut(rest, '"'));
		if (!slice_starts(*rest, SLICE("\"")))
			break;
		wr_u8(&s->plain, '"');
		*rest = slice_from(*rest, 1);
	}
	*ret_more = slice_find(*rest, s->separator) < rest->len;
	return slice_trim(slice_cut(rest, s->separator)).len == 0;
}

/* The next cell, trimmed; what was in quotes stands in the room. */
static bool cut_cell(samples_t *s, slice_t *rest, slice_t *ret_cell, bool *ret_more)
{
	size_t from = s->plain.len;
	while (slice_starts(*rest, SLICE(" ")))
		*rest = slice_from(*rest, 1);
	if (slice_starts(*rest, SLICE("\""))) {
		if (!cut_quoted(s, rest, ret_more))
			return false;
		*ret_cell = slice_trim(slice_from(writer_done(&s->plain), from));
		return true;
	}
	*ret_more = slice_find(*rest, s->separator) < rest->len;
	*ret_cell = slice_trim(slice_cut(rest, s->separator));
	return slice_find(*ret_cell, '"') == ret_cell->len;
}

/* Into s->cells; the text of what is wrong, or NULL. */
static const err_text_t *cut_row(samples_t *s, slice_t row)
{
	bool more = true;
	size_t max = s->columns ? s->columns : SAMPLES_COLUMNS_MAX;
	s->plain = writer_of(s->room, sizeof(s->room));
	for (s->cell_count = 0; more; s->cell_count++) {
		slice_t cell;
		if (s->cell_count == max)
			return row.len ? &text_cells : NULL;
		if (!cut_cell(s, &row, &cell, &more))
			return &text_quote;
		s->cells[s->cell_count] = cell;
	}
	return NULL;
}

/* The first line. */

enum { MARKS = 3 };
static const uint8_t marks[MARKS] = { ',', ';', '\t' };

static void count_marks(slice_t line, size_t counts[MARKS])
{
	bool is_quoted = false;
	for (size_t i = 0; i < line.len; i++) {
		is_quoted ^= line.ptr[i] == '"';
		for (size_t m = 0; m < MARKS && !is_quoted; m++)
			counts[m] += line.ptr[i] == marks[m];
	}
}

/* The one of them that stands most often outside of quotes. */
static uint8_t separator_of(slice_t line)
{
	size_t counts[MARKS] = { 0 }, best = 0;
	count_marks(line, counts);
	for (size_t m = 1; m < MARKS; m++)
		best = counts[m] > counts[best] ? m : best;
	return marks[best];
}

static void find_roles(samples_t *s)
{
	int *const places[] = { [ROLE_TIME] = &s->time,
		                [ROLE_NAME] = &s->name,
		                [ROLE_VALUE] = &s->value,
		                [ROLE_QUALITY] = &s->quality };
	s->time = s->name = s->value = s->quality = PLACE_NONE;
	for (size_t i = 0; i < s->columns; i++) {
		bool is_status = false;
		samples_role_t role = samples_role(s->names[i], &is_status);
		if (role == ROLE_OF_POINT || *places[role] != PLACE_NONE)
			continue;
		*places[role] = (int)i;
		s->is_status |= is_status;
	}
}

/* The columns of a form whose names do not say them. */
static void place_by_order(samples_t *s)
{
	bool is_time_first = s->spec.form == SAMPLES_AVEVA;
	s->time = is_time_first ? 0 : 1;
	s->name = is_time_first ? 1 : 0;
	s->value = 2;
	s->quality = s->columns > 3 ? 3 : PLACE_NONE;
	s->is_status = s->spec.form == SAMPLES_PI;
}

static bool place_columns(samples_t *s)
{
	samples_form_t form = s->spec.form;
	find_roles(s);
	bool is_named = s->time >= 0 && s->name >= 0 && s->value >= 0;
	s->is_narrow = form == SAMPLES_BY_NAMES ? is_named : form != SAMPLES_WIDE;
	if (s->is_narrow && !is_named)
		place_by_order(s);
	if (s->is_narrow)
		return s->columns >= 3;
	/* Tables of data frames leave the head of the index empty. */
	if (s->time < 0 && (form == SAMPLES_WIDE || s->names[0].len == 0))
		s->time = 0;
	return s->time >= 0 && s->columns >= 2;
}

static err_t take_head(samples_t *s, slice_t row, err_detail_t *ret_detail)
{
	static const slice_t mark = { (const uint8_t *)"\xEF\xBB\xBF", 3 };
	if (slice_starts(row, mark))
		row = slice_from(row, mark.len);
	s->separator = separator_of(row);
	writer_t head = writer_of(s->head, sizeof(s->head));
	const err_text_t *fault = cut_row(s, row);
	for (size_t i = 0; i < s->cell_count; i++) {
		size_t from = head.len;
		wr_bytes(&head, s->cells[i]);
		s->names[i] = slice_from(writer_done(&head), from);
	}
	s->columns = s->cell_count;
	if (fault || !place_columns(s))
		return raise(s, ret_detail, fault ? fault : &text_head, NULL);
	return ERR_OK;
}

/* Rows. */

static bool read_number(const samples_t *s, slice_t cell, double *ret_number)
{
	uint8_t text[NUMBER_MAX];
	static const struct {
		const char *word;
		double number;
	} words[] = { { "nan", NAN },        { "inf", INFINITY },      { "+inf", INFINITY },
		      { "-inf", -INFINITY }, { "infinity", INFINITY }, { "-infinity", -INFINITY } };
	if (!num_parse_f64(cell, ret_number))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_eq_nocase(cell, slice_str(words[i].word))) {
			*ret_number = words[i].number;
			return true;
		}
	if (!s->spec.has_decimal_comma || cell.len > NUMBER_MAX)
		return false;
	for (size_t i = 0; i < cell.len; i++)
		text[i] = cell.ptr[i] == ',' ? '.' : cell.ptr[i];
	return !num_parse_f64(slice_of(text, cell.len), ret_number);
}

static bool read_value(const samples_t *s, slice_t cell, samples_row_t *row)
{
	double number;
	quality_t quality;
	bool is_true = slice_eq_nocase(cell, SLICE("true"));
	row->value = (value_t){ 0 };
	if (is_true || slice_eq_nocase(cell, SLICE("false")))
		row->value = value_bool(is_true);
	else if (read_number(s, cell, &number))
		row->value = value_f64(number);
	else if (samples_no_value(cell, &quality))
		row->quality = quality_info(row->quality)->class == QUALITY_BAD ? row->quality
		                                                                : quality;
	else
		return cell.len == 0;
	return true;
}

/* An empty cell is no sample, unless its quality says that there was nothing to be had. */
static err_t take_cell(const samples_t *s, slice_t cell, samples_row_t *row,
                       err_detail_t *ret_detail)
{
	if (!read_value(s, cell, row))
		return refuse(s, &text_value, cell, row->point, ret_detail);
	bool is_sample = row->value.type != VALUE_NONE ||
	                 quality_info(row->quality)->class == QUALITY_BAD;
	return is_sample ? s->spec.row(s->spec.ctx, row, ret_detail) : ERR_OK;
}

static slice_t cell_at(const samples_t *s, int place)
{
	return place >= 0 && (size_t)place < s->cell_count ? s->cells[place] : (slice_t){ 0 };
}

static err_t take_wide(const samples_t *s, samples_row_t *row, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < s->cell_count; i++) {
		row->point = s->names[i];
		row->quality = QUALITY_OK;
		if ((int)i != s->time && row->point.len)
			err = take_cell(s, s->cells[i], row, ret_detail);
	}
	return err;
}

static err_t take_narrow(const samples_t *s, samples_row_t *row, err_detail_t *ret_detail)
{
	slice_t quality = cell_at(s, s->quality);
	row->point = cell_at(s, s->name);
	if (row->point.len == 0)
		return refuse(s, &text_name, (slice_t){ 0 }, (slice_t){ 0 }, ret_detail);
	if (!samples_quality(quality, s->is_status, &row->quality))
		return refuse(s, &text_quality, quality, (slice_t){ 0 }, ret_detail);
	return take_cell(s, cell_at(s, s->value), row, ret_detail);
}

static err_t take_row(samples_t *s, slice_t line, err_detail_t *ret_detail)
{
	samples_row_t row = { .line = s->begin };
	slice_t none = { 0 };
	if (!utf8_valid(line))
		return s->separator ? refuse(s, &text_utf8, none, none, ret_detail)
		                    : raise(s, ret_detail, &text_utf8, NULL);
	if (!s->separator)
		return take_head(s, line, ret_detail);
	const err_text_t *fault = cut_row(s, line);
	if (fault)
		return refuse(s, fault, none, none, ret_detail);
	samples_time_fault_t time = samples_time_read(&s->spec, cell_at(s, s->time), &row.ns);
	if (time)
		return refuse(s, &text_times[time], cell_at(s, s->time), none, ret_detail);
	return s->is_narrow ? take_narrow(s, &row, ret_detail) : take_wide(s, &row, ret_detail);
}

/* Lines. */

static bool is_even(slice_t line)
{
	bool even = true;
	for (size_t i = 0; i < line.len; i++)
		even ^= line.ptr[i] == '"';
	return even;
}

static err_t too_big(samples_t *s, err_detail_t *ret_detail)
{
	(void)!raise(s, ret_detail, &text_big, NULL);
	ret_detail->err = ERR_TOO_BIG;
	return ERR_TOO_BIG;
}

err_t samples_line(samples_t *s, slice_t line, err_detail_t *ret_detail)
{
	s->line++;
	line = slice_ends(line, SLICE("\r")) ? slice_sub(line, 0, line.len - 1) : line;
	if (s->row.len == 0)
		s->begin = s->line;
	if (line.len + s->row.len + 1 >= SAMPLES_LINE_MAX)
		return too_big(s, ret_detail);
	if (s->row.len == 0 && is_even(line))
		return slice_trim(line).len ? take_row(s, line, ret_detail) : ERR_OK;
	bool is_closed = s->row.len && !is_even(line);
	text_add(&s->row, line);
	if (!is_closed)
		text_add(&s->row, SLICE("\n"));
	if (s->row.bad)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, s->spec.file, (char *)NULL);
	if (!is_closed)
		return ERR_OK;
	err_t err = take_row(s, text_slice(&s->row), ret_detail);
	s->row.len = 0;
	return err;
}

err_t samples_end(samples_t *s, err_detail_t *ret_detail)
{
	slice_t none = { 0 };
	if (s->row.len)
		return refuse(s, &text_quote, none, none, ret_detail);
	s->begin = s->line ? s->begin : 1;
	return s->separator ? ERR_OK : raise(s, ret_detail, &text_head, NULL);
}
