/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lineage.h"

#include "base/utf8.h"

static const struct {
	const char *name;
	const char *text[LANG_COUNT];
} REASONS[LINEAGE_REASON_COUNT] = {
#define X(name, word, en, zh) { word, { en, zh } },
	LINEAGE_REASON_ROWS(X)
#undef X
};

const char *lineage_reason_name(uint8_t reason)
{
	return reason < LINEAGE_REASON_COUNT ? REASONS[reason].name : "other";
}

const char *lineage_reason_text(uint8_t reason, lang_t lang)
{
	static const char *const OTHER[LANG_COUNT] = { "another reason, of a newer version",
		                                       "较新版本的其他原因" };
	return reason < LINEAGE_REASON_COUNT ? REASONS[reason].text[lang] : OTHER[lang];
}

/* What may stand in a form. */

static bool is_text(slice_t text, size_t least, size_t most)
{
	return text.len >= least && text.len <= most && utf8_valid(text);
}

static bool is_question(const lineage_question_t *q)
{
	return is_text(q->asker, 1, LINEAGE_NODE_MAX) && is_text(q->entity, 1, FIGURE_NAME_MAX) &&
	       q->revision > 0 && q->depth > 0 && q->depth <= LINEAGE_DEPTH_MAX;
}

/* Questions */

static uint32_t take_u32(reader_t *r)
{
	uint64_t number = rd_varint(r);
	r->bad = r->bad || number > UINT32_MAX;
	return (uint32_t)number;
}

static err_t outcome_of(const writer_t *w)
{
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

/* The version of a form; false: it is a newer one. */
static bool take_version(reader_t *r)
{
	uint8_t version = rd_u8(r);
	bool is_newer = !r->bad && version > LINEAGE_VERSION;
	r->bad = r->bad || version != LINEAGE_VERSION;
	return !is_newer;
}

err_t lineage_question_put(const lineage_question_t *q, writer_t *w)
{
	if (!is_question(q))
		return ERR_INVALID;
	wr_u8(w, LINEAGE_VERSION);
	wr_bytes(w, slice_of(q->mark, sizeof(q->mark)));
	wr_string(w, q->asker);
	figure_key_put(&q->key, w);
	wr_string(w, q->entity);
	wr_varint(w, q->revision);
	wr_u8(w, q->depth);
	return outcome_of(w);
}

err_t lineage_question_read(slice_t bytes, lineage_question_t *ret_question)
{
	reader_t r = reader_of(bytes);
	lineage_question_t q = { .depth = 0 };
	if (!take_version(&r))
		return ERR_NEWER_FORMAT;
	slice_t mark = rd_take(&r, sizeof(q.mark));
	q.asker = rd_string(&r);
	q.key = figure_key_take(&r);
	q.entity = rd_string(&r);
	q.revision = take_u32(&r);
	q.depth = rd_u8(&r);
	if (r.bad || r.in.len || !is_question(&q))
		return ERR_MALFORMED;
	memcpy(q.mark, mark.ptr, sizeof(q.mark));
	*ret_question = q;
	return ERR_OK;
}

/* Sheets */

static bool is_row(const lineage_row_t *row)
{
	bool good = is_text(row->entity, 1, FIGURE_NAME_MAX) && row->revision > 0 &&
	            (row->reason == LINEAGE_NONE) == (row->item.len > 0) &&
	            row->key_count <= LINEAGE_KEYS_MAX;
	for (size_t i = 0; good && i < row->key_count; i++)
		good = row->keys[i].len > 0 && row->keys[i].len <= LINEAGE_KEY_MAX;
	return good;
}

void lineage_row_put(const lineage_row_t *row, writer_t *w)
{
	wr_string(w, row->entity);
	wr_varint(w, row->revision);
	wr_varint(w, row->latest);
	wr_u8(w, row->reason);
	wr_string(w, row->item);
	wr_u8(w, (uint8_t)row->key_count);
	for (size_t i = 0; i < row->key_count; i++)
		wr_string(w, row->keys[i]);
}

bool lineage_row_next(reader_t *rows, lineage_row_t *ret_row)
{
	if (rows->in.len == 0 || rows->bad)
		return false;
	lineage_row_t row = { .entity = rd_string(rows) };
	row.revision = take_u32(rows);
	row.latest = take_u32(rows);
	row.reason = rd_u8(rows);
	row.item = rd_string(rows);
	row.key_count = rd_u8(rows);
	for (size_t i = 0; i < row.key_count && i < LINEAGE_KEYS_MAX; i++)
		row.keys[i] = rd_string(rows);
	rows->bad = rows->bad || !is_row(&row);
	if (!rows->bad)
		*ret_row = row;
	return !rows->bad;
}

void lineage_input_put(const lineage_input_t *input, writer_t *w)
{
	wr_string(w, input->name);
	wr_string(w, input->point);
}

bool lineage_input_next(reader_t *inputs, lineage_input_t *ret_input)
{
	if (inputs->in.len == 0 || inputs->bad)
		return false;
	lineage_input_t input = { .name = rd_string(inputs) };
	input.point = rd_string(inputs);
	inputs->bad = inputs->bad || !is_text(input.name, 1, FIGURE_NAME_MAX) ||
	              !is_text(input.point, 1, FIGURE_NAME_MAX);
	if (!inputs->bad)
		*ret_input = input;
	return !inputs->bad;
}

/* Rows ascend, as the sources of the figure do. */
static bool are_rows(slice_t bytes)
{
	reader_t r = reader_of(bytes);
	lineage_row_t row;
	slice_t before = { 0 };
	while (lineage_row_next(&r, &row)) {
		if (slice_cmp(before, row.entity) >= 0)
			return false;
		before = row.entity;
	}
	return !r.bad;
}

static bool are_inputs(slice_t bytes)
{
	reader_t r = reader_of(bytes);
	lineage_input_t input;
	while (lineage_input_next(&r, &input))
		;
	return !r.bad && bytes.len <= LINEAGE_INPUTS_BYTES_MAX;
}

static bool is_sheet(const lineage_sheet_t *s)
{
	return s->question.len <= LINEAGE_QUESTION_MAX && is_text(s->node, 1, LINEAGE_NODE_MAX) &&
	       (s->reason == LINEAGE_NONE) == (s->figure.len > 0) &&
	       (s->again_reason == LINEAGE_NONE) == (s->again.len > 0) &&
	       is_text(s->place, 0, LINEAGE_PLACE_MAX) && s->first <= FIGURE_SOURCES_MAX &&
	       are_rows(s->rows) && are_inputs(s->inputs);
}

err_t lineage_sheet_put(const lineage_sheet_t *s, writer_t *w)
{
	if (!is_sheet(s))
		return ERR_INVALID;
	wr_u8(w, LINEAGE_VERSION);
	wr_string(w, s->question);
	wr_string(w, s->node);
	wr_zigzag(w, s->at_ns);
	wr_u8(w, s->reason);
	wr_varint(w, s->latest);
	wr_string(w, s->figure);
	wr_u8(w, s->again_reason);
	wr_string(w, s->again);
	wr_string(w, s->place);
	wr_varint(w, s->first);
	wr_u8(w, s->is_last);
	wr_string(w, s->rows);
	wr_string(w, s->inputs);
	return outcome_of(w);
}

static lineage_sheet_t take_sheet(reader_t *r)
{
	lineage_sheet_t s = { .question = rd_string(r) };
	s.node = rd_string(r);
	s.at_ns = rd_zigzag(r);
	s.reason = rd_u8(r);
	s.latest = take_u32(r);
	s.figure = rd_string(r);
	s.again_reason = rd_u8(r);
	s.again = rd_string(r);
	s.place = rd_string(r);
	s.first = take_u32(r);
	uint8_t is_last = rd_u8(r);
	r->bad = r->bad || is_last > 1;
	s.is_last = is_last == 1;
	s.rows = rd_string(r);
	s.inputs = rd_string(r);
	return s;
}

err_t lineage_sheet_read(slice_t bytes, lineage_sheet_t *ret_sheet)
{
	reader_t r = reader_of(bytes);
	if (!take_version(&r))
		return ERR_NEWER_FORMAT;
	lineage_sheet_t sheet = take_sheet(&r);
	sheet.covered = slice_sub(bytes, 0, bytes.len - r.in.len);
	sheet.signature = rd_take(&r, LINEAGE_SIGNATURE_BYTES);
	if (r.bad || r.in.len || !is_sheet(&sheet))
		return ERR_MALFORMED;
	*ret_sheet = sheet;
	return ERR_OK;
}

err_t lineage_part_read(slice_t part, lineage_part_kind_t *ret_kind, slice_t *ret_body)
{
	if (part.len < 2 || part.len > LINEAGE_PART_MAX)
		return ERR_MALFORMED;
	if (part.ptr[0] != LINEAGE_PART_SHEET && part.ptr[0] != LINEAGE_PART_BATCH)
		return ERR_UNSUPPORTED;
	*ret_kind = (lineage_part_kind_t)part.ptr[0];
	*ret_body = slice_from(part, 1);
	return ERR_OK;
}
