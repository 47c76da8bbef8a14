/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets: column by column. */
#include "api/ingest_forms.h"
#include "codec/sheet/sheet.h"

_Static_assert(sizeof(sheet_t) <= INGEST_SCRATCH_BYTES, "a sheet fits into the scratch");
_Static_assert((int)SHEET_BOOL == (int)VALUE_BOOL && (int)SHEET_F64 == (int)VALUE_F64 &&
                       (int)SHEET_F32 == (int)VALUE_F32 && (int)SHEET_ENUM == (int)VALUE_ENUM,
               "the types are those of values");

static const char *const text_damaged[LANG_COUNT] = { "the body is no sheet from here on",
	                                              "请求体自此处起不是有效的列式批" };

/* 0: refused, and noted. */
static err_t find(intake_t *in, ingest_t *job, slice_t name, point_id_t *ret_id)
{
	series_cache_t *cache = ingest_cache(in);
	series_head_t *head = series_cache_head(cache, name);
	*ret_id = head ? series_cache_get(head, 0, (slice_t){ 0 }) : 0;
	if (*ret_id || !head)
		return head ? ERR_OK : ERR_NO_MEMORY;
	err_t err = ingest_point(in, job, name, ret_id);
	if (err)
		*ret_id = 0;
	else if (*ret_id >= SERIES_ID_FIRST)
		series_cache_put(cache, head, SLICE(""), *ret_id);
	return err ? ingest_refused(job, err) : ERR_OK;
}

static size_t add(intake_t *in, ingest_t *job, const sheet_t *sheet, point_id_t id)
{
	const sheet_column_t *column = &sheet->columns[job->at.column];
	size_t row = (size_t)job->at.row, width = sheet_width(column->type);
	ingest_column_t part = {
		.point = id,
		.type = (value_type_t)column->type,
		.count = sheet->rows - row,
		.times = slice_from(sheet->times, row * 8).ptr,
		.bits = slice_from(column->values, row * width).ptr,
		.width = width,
		.quality = column->has_quality ? slice_from(column->quality, row).ptr : NULL,
	};
	return ingest_add_column(in, job, &part);
}

/* What of the sheet fits into the batch. */
static err_t add_sheet(intake_t *in, ingest_t *job, const sheet_t *sheet)
{
	ingest_place_t *at = &job->at;
	while (at->column < sheet->count && ingest_room(in, 1, 0)) {
		point_id_t id;
		at->units += at->row == 0;
		err_t err = find(in, job, sheet->columns[at->column].name, &id);
		if (err)
			return err;
		at->row += id ? add(in, job, sheet, id) : sheet->rows;
		if (at->row < sheet->rows)
			break;
		at->row = 0;
		at->column++;
	}
	return ERR_OK;
}

err_t ingest_sheet_fill(intake_t *in, ingest_t *job)
{
	sheet_t *sheet = ingest_scratch(in);
	reader_t r = reader_of(job->at.rest);
	while (ingest_room(in, 1, 0) && sheet_next(&r, QUALITY_COUNT, sheet)) {
		err_t err = add_sheet(in, job, sheet);
		if (err)
			return err;
		if (job->at.column < sheet->count)
			return ERR_OK;
		job->at.column = 0;
		job->at.rest = r.in;
	}
	if (r.bad) {
		job->at.units++;
		ingest_fault(job, text_damaged);
		job->at.rest = (slice_t){ 0 };
	}
	return ERR_OK;
}
