/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180) with a first line of names: wide, `time` and a column a series, or narrow,
 * `time,series,value` and perhaps `quality`. */
#include "api/ingest_forms.h"
#include "base/num.h"
#include "base/text.h"

enum { COLUMNS_MAX = 1024, CELL_BYTES = 16 << 10 };

static const char *const text_head[LANG_COUNT] = {
	"the first line does not begin with a column called time", "首行没有以 time 列开头"
};
static const char *const text_cells[LANG_COUNT] = { "the line has more columns than the first",
	                                            "该行的列数多于首行" };
static const char *const text_time[LANG_COUNT] = { "the time cannot be read", "无法读取时间" };
static const char *const text_value[LANG_COUNT] = { "a value is no number, true or false",
	                                            "取值不是数值、true 或 false" };
static const char *const text_quality[LANG_COUNT] = { "there is no such quality", "质量码不存在" };

typedef struct {
	slice_t cells[COLUMNS_MAX]; /* of the first line, as written */
	size_t count;
	bool is_narrow;
	uint8_t plain[CELL_BYTES];
} table_head_t;

_Static_assert(sizeof(table_head_t) <= INGEST_SCRATCH_BYTES, "a head fits into the scratch");

/* Reading lines and cells. */

/* The line at the head of `*s` without its end; quotes may hold line ends. */
static slice_t cut_line(slice_t *s)
{
	bool is_quoted = false;
	size_t i = 0;
	for (; i < s->len && (is_quoted || s->ptr[i] != '\n'); i++)
		is_quoted ^= s->ptr[i] == '"';
	slice_t line = slice_sub(*s, 0, i);
	*s = slice_from(*s, i + 1);
	return slice_ends(line, SLICE("\r")) ? slice_sub(line, 0, line.len - 1) : line;
}

/* The cell at the head of the line, as written; the comma behind it goes too. */
static slice_t cut_cell(slice_t *line)
{
	bool is_quoted = false;
	size_t i = 0;
	for (; i < line->len && (is_quoted || line->ptr[i] != ','); i++)
		is_quoted ^= line->ptr[i] == '"';
	slice_t cell = slice_sub(*line, 0, i);
	*line = slice_from(*line, i + 1);
	return cell;
}

/* Without its quotes. */
static slice_t plain_cell(slice_t cell, writer_t *w)
{
	cell = slice_trim(cell);
	if (!slice_starts(cell, SLICE("\"")))
		return cell;
	size_t from = w->len;
	for (size_t i = 1; i + 1 < cell.len; i++) {
		i += cell.ptr[i] == '"' && cell.ptr[i + 1] == '"';
		wr_u8(w, cell.ptr[i]);
	}
	return slice_from(writer_done(w), from);
}

static void read_head(slice_t line, table_head_t *head)
{
	head->count = 0;
	while (line.len && head->count < COLUMNS_MAX)
		head->cells[head->count++] = cut_cell(&line);
	head->is_narrow = head->count >= 3 &&
	                  slice_eq_nocase(slice_trim(head->cells[1]), SLICE("series")) &&
	                  slice_eq_nocase(slice_trim(head->cells[2]), SLICE("value"));
}

/* Rows. */

static bool read_time(const ingest_t *job, slice_t cell, int64_t *ret_ns)
{
	int64_t count;
	cell = slice_trim(cell);
	if (num_parse_i64(cell, &count) == ERR_OK)
		return !__builtin_mul_overflow(count, job->unit_ns, ret_ns) && *ret_ns < INT64_MAX;
	return time_parse(cell, ret_ns) == ERR_OK;
}

static bool read_value(slice_t cell, ingest_row_t *row)
{
	double number;
	bool is_true = slice_eq_nocase(cell, SLICE("true"));
	row->type = VALUE_BOOL;
	row->bits = is_true;
	if (is_true || slice_eq_nocase(cell, SLICE("false")))
		return true;
	if (num_parse_f64(cell, &number))
		return false;
	row->type = VALUE_F64;
	memcpy(&row->bits, &number, sizeof(row->bits));
	return true;
}

static bool read_quality(slice_t cell, quality_t *ret_quality)
{
	for (int i = 0; i < QUALITY_COUNT; i++)
		if (slice_eq_nocase(cell, slice_str(quality_info((quality_t)i)->name))) {
			*ret_quality = (quality_t)i;
			return true;
		}
	*ret_quality = QUALITY_OK;
	return cell.len == 0 || slice_eq_nocase(cell, SLICE("good"));
}

/* 0: refused, and noted. */
static err_t find(intake_t *in, ingest_t *job, slice_t cell, point_id_t *ret_id)
{
	table_head_t *head = ingest_scratch(in);
	series_cache_t *cache = ingest_cache(in);
	series_head_t *known = series_cache_head(cache, cell);
	writer_t w = writer_of(head->plain, sizeof(head->plain));
	*ret_id = known ? series_cache_get(known, 0, (slice_t){ 0 }) : 0;
	if (*ret_id || !known)
		return known ? ERR_OK : ERR_NO_MEMORY;
	slice_t name = plain_cell(cell, &w);
	err_t err = w.bad ? ERR_TOO_BIG : ingest_point(in, job, name, ret_id);
	if (err)
		*ret_id = 0;
	else if (*ret_id >= SERIES_ID_FIRST)
		series_cache_put(cache, known, SLICE(""), *ret_id);
	return err ? ingest_refused(job, err) : ERR_OK;
}

static err_t add_cell(intake_t *in, ingest_t *job, slice_t name, slice_t cell, ingest_row_t *row)
{
	cell = slice_trim(cell);
	if (cell.len == 0)
		return ERR_OK;
	if (!read_value(cell, row)) {
		ingest_fault(job, text_value);
		return ERR_OK;
	}
	err_t err = find(in, job, name, &row->point);
	if (!err && row->point)
		ingest_add(in, job, row);
	return err;
}

static err_t add_wide(intake_t *in, ingest_t *job, slice_t line, ingest_row_t *row)
{
	const table_head_t *head = ingest_scratch(in);
	for (size_t i = 1; line.len && i < head->count; i++) {
		err_t err = add_cell(in, job, head->cells[i], cut_cell(&line), row);
		if (err)
			return err;
	}
	if (line.len)
		ingest_fault(job, text_cells);
	return ERR_OK;
}

static err_t add_narrow(intake_t *in, ingest_t *job, slice_t line, ingest_row_t *row)
{
	slice_t name = cut_cell(&line), value = cut_cell(&line);
	if (!read_quality(slice_trim(cut_cell(&line)), &row->quality)) {
		ingest_fault(job, text_quality);
		return ERR_OK;
	}
	return add_cell(in, job, name, value, row);
}

static err_t add_line(intake_t *in, ingest_t *job, slice_t line)
{
	const table_head_t *head = ingest_scratch(in);
	ingest_row_t row = { .quality = QUALITY_OK };
	if (slice_trim(line).len == 0)
		return ERR_OK;
	if (!read_time(job, cut_cell(&line), &row.source_ns)) {
		ingest_fault(job, text_time);
		return ERR_OK;
	}
	return head->is_narrow ? add_narrow(in, job, line, &row) : add_wide(in, job, line, &row);
}

static bool begin(intake_t *in, ingest_t *job)
{
	table_head_t *head = ingest_scratch(in);
	if (job->at.units == 0) {
		job->head = cut_line(&job->at.rest);
		job->at.units = 1;
	}
	read_head(job->head, head);
	if (head->count >= 2 && slice_eq_nocase(slice_trim(head->cells[0]), SLICE("time")))
		return true;
	ingest_fault(job, text_head);
	job->at.rest = (slice_t){ 0 };
	return false;
}

err_t ingest_table_fill(intake_t *in, ingest_t *job)
{
	const table_head_t *head = ingest_scratch(in);
	if (job->at.rest.len == 0 || !begin(in, job))
		return ERR_OK;
	while (job->at.rest.len && ingest_room(in, head->is_narrow ? 1 : head->count, 0)) {
		job->at.units++;
		err_t err = add_line(in, job, cut_line(&job->at.rest));
		if (err)
			return err;
	}
	return ERR_OK;
}
