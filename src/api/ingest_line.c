/* SPDX-License-Identifier: Apache-2.0 */
/* Line protocol: a field of a line is the series MEASUREMENT_FIELD with the line's tags. */
#include "api/ingest_forms.h"
#include "codec/line/line.h"

_Static_assert(sizeof(line_t) <= INGEST_SCRATCH_BYTES, "a line fits into the scratch");
_Static_assert((int)LINE_FIELDS_MAX <= (int)SAMPLE_ROWS_MAX, "a line fits into a batch");
_Static_assert(LINE_TAGS_MAX + 1 <= LABELS_MAX, "its tags are labels");

static const char *const text_text[LANG_COUNT] = { "texts are not kept here", "此处不保存文本" };
static const char *const text_long[LANG_COUNT] = { "the texts of a line are too long",
	                                           "一行中的文本过长" };

static slice_t unescaped(slice_t written, writer_t *w)
{
	size_t from = w->len;
	line_unescape(written, w);
	return slice_from(writer_done(w), from);
}

static err_t labels_of(const line_head_t *head, slice_t field, writer_t *w,
                       label_t room[LABELS_MAX], labels_t *ret_labels)
{
	size_t count = 0, from = w->len;
	line_unescape(head->measurement, w);
	wr_u8(w, '_');
	line_unescape(field, w);
	room[count++] = (label_t){ SLICE(LABEL_NAME), slice_from(writer_done(w), from) };
	for (size_t i = 0; i < head->tag_count; i++) {
		room[count].name = unescaped(head->tags[i].key, w);
		room[count++].value = unescaped(head->tags[i].value, w);
	}
	return w->bad ? ERR_TOO_BIG : labels_make(room, count, ret_labels);
}

/* The id of a field that is new here; 0: refused, and noted. */
static err_t learn(intake_t *in, ingest_t *job, const line_t *line, slice_t field,
                   point_id_t *ret_id)
{
	uint8_t plain[LABELS_BYTES_MAX];
	label_t room[LABELS_MAX];
	labels_t labels;
	line_head_t head;
	writer_t w = writer_of(plain, sizeof(plain));
	line_fault_t fault = line_head_read(line->head, &head);
	*ret_id = 0;
	if (fault) {
		ingest_fault(job, line_fault_text(fault));
		return ERR_OK;
	}
	err_t err = labels_of(&head, field, &w, room, &labels);
	if (!err)
		err = series_get(ingest_series(in), &labels, ret_id);
	return err ? ingest_refused(job, err) : ERR_OK;
}

static void add_text(intake_t *in, ingest_t *job, const ingest_row_t *row, slice_t written)
{
	uint8_t plain[SAMPLE_TEXT_MAX];
	writer_t w = writer_of(plain, sizeof(plain));
	if (!ingest_takes_text(in)) {
		ingest_fault(job, text_text);
		return;
	}
	line_unescape_text(written, &w);
	ingest_add_text(in, job, row, writer_done(&w));
}

static void add(intake_t *in, ingest_t *job, ingest_row_t *row, const line_field_t *field)
{
	switch (field->type) {
	case LINE_F64:
		row->type = VALUE_F64;
		memcpy(&row->bits, &field->as.f, sizeof(row->bits));
		break;
	case LINE_I64:
		row->type = VALUE_I64;
		row->bits = (uint64_t)field->as.i;
		break;
	case LINE_U64:
		row->type = VALUE_U64;
		row->bits = field->as.u;
		break;
	case LINE_BOOL:
		row->type = VALUE_BOOL;
		row->bits = field->as.b;
		break;
	case LINE_TEXT:
		add_text(in, job, row, field->as.text);
		return;
	}
	ingest_add(in, job, row);
}

static err_t add_line(intake_t *in, ingest_t *job, const line_t *line)
{
	series_cache_t *cache = ingest_cache(in);
	series_head_t *head = series_cache_head(cache, line->head);
	ingest_row_t row = { .source_ns = line->time_ns, .quality = QUALITY_OK };
	if (!head)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < line->field_count; i++) {
		const line_field_t *field = &line->fields[i];
		row.point = series_cache_get(head, i, field->key);
		if (!row.point) {
			err_t err = learn(in, job, line, field->key, &row.point);
			if (err)
				return err;
			if (!row.point)
				continue;
			series_cache_put(cache, head, field->key, row.point);
		}
		add(in, job, &row, field);
	}
	return ERR_OK;
}

static size_t texts_in(const line_t *line)
{
	size_t bytes = 0;
	for (size_t i = 0; i < line->field_count; i++)
		if (line->fields[i].type == LINE_TEXT)
			bytes += line->fields[i].as.text.len;
	return bytes;
}

/* False: it waits for the next batch. */
static bool fits(const intake_t *in, const line_t *line, size_t texts)
{
	return ingest_room(in, line->field_count, texts);
}

static err_t take(intake_t *in, ingest_t *job, const line_t *line, size_t texts)
{
	if (texts > SAMPLE_TEXT_MAX)
		ingest_fault(job, text_long);
	else if (line->time_ns == INT64_MAX)
		ingest_fault(job, line_fault_text(LINE_FAULT_TIME_RANGE));
	else
		return add_line(in, job, line);
	return ERR_OK;
}

err_t ingest_line_fill(intake_t *in, ingest_t *job)
{
	line_t *line = ingest_scratch(in);
	line_fault_t fault;
	line_result_t result;
	line_reader_t reader = line_reader_of(job->at.rest, job->unit_ns, job->now_ns);
	reader.number = job->at.row;
	while ((result = line_next(&reader, line, &fault)) != LINE_END) {
		size_t texts = result == LINE_GOOD ? texts_in(line) : 0;
		if (result == LINE_GOOD && texts <= SAMPLE_TEXT_MAX && !fits(in, line, texts))
			return ERR_OK;
		job->at.units = line->number;
		err_t err = ERR_OK;
		if (result == LINE_FAULTY)
			ingest_fault(job, line_fault_text(fault));
		else
			err = take(in, job, line, texts);
		if (err)
			return err;
		job->at.rest = reader.rest;
		job->at.row = reader.number;
	}
	job->at.rest = (slice_t){ 0 };
	return ERR_OK;
}
