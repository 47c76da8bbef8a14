/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180) with a first line of names: wide, `time` and a column a series, or narrow,
 * `time,series,value` and perhaps `quality`. */
#include "api/ingest_forms.h"
#include "base/num.h"
#include "base/text.h"
#include "codec/csv/csv.h"

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

static void read_head(slice_t line, table_head_t *head)
{
	head->count = 0;
	while (line.len && head->count < COLUMNS_MAX)
		head->cells[head->count++] = csv_cut_cell(&line);
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
	slice_t name = csv_plain(cell, &w);
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
		err_t err = add_cell(in, job, head->cells[i], csv_cut_cell(&line), row);
		if (err)
			return err;
	}
	if (line.len)
		ingest_fault(job, text_cells);
	return ERR_OK;
}

static err_t add_narrow(intake_t *in, ingest_t *job, slice_t line, ingest_row_t *row)
{
	slice_t name = csv_cut_cell(&line), value = csv_cut_cell(&line);
	if (!read_quality(slice_trim(csv_cut_cell(&line)), &row->quality)) {
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
	if (!read_time(job, csv_cut_cell(&line), &row.source_ns)) {
		ingest_fault(job, text_time);
		return ERR_OK;
	}
	return head->is_narrow ? add_narrow(in, job, line, &row) : add_wide(in, job, line, &row);
}

static bool begin(intake_t *in, ingest_t *job)
{
	table_head_t *head = ingest_scratch(in);
	if (job->at.units == 0) {
		job->head = csv_cut_line(&job->at.rest);
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
		err_t err = add_line(in, job, csv_cut_line(&job->at.rest));
		if (err)
			return err;
	}
	return ERR_OK;
}
