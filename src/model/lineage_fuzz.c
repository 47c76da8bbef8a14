/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a question, or a part when the first byte is odd. What is read is written back to the
 * same bytes. */
#include "model/lineage.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_question(slice_t in)
{
	uint8_t room[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(room, sizeof(room));
	lineage_question_t question;
	if (lineage_question_read(in, &question))
		return;
	assert(lineage_question_put(&question, &w) == ERR_OK && slice_eq(writer_done(&w), in));
}

static void check_lists(const lineage_sheet_t *sheet, writer_t *w)
{
	reader_t rows = reader_of(sheet->rows), inputs = reader_of(sheet->inputs);
	lineage_row_t row;
	lineage_input_t input;
	while (lineage_row_next(&rows, &row))
		lineage_row_put(&row, w);
	assert(slice_eq(writer_done(w), sheet->rows));
	w->len = 0;
	while (lineage_input_next(&inputs, &input))
		lineage_input_put(&input, w);
	assert(slice_eq(writer_done(w), sheet->inputs));
}

static void check_part(slice_t in)
{
	static _Thread_local uint8_t room[LINEAGE_PART_MAX];
	writer_t w = writer_of(room, sizeof(room));
	lineage_part_kind_t kind;
	lineage_sheet_t sheet;
	slice_t body;
	if (lineage_part_read(in, &kind, &body) || kind != LINEAGE_PART_SHEET ||
	    lineage_sheet_read(body, &sheet))
		return;
	assert(lineage_sheet_put(&sheet, &w) == ERR_OK);
	assert(slice_eq(writer_done(&w), sheet.covered));
	w.len = 0;
	check_lists(&sheet, &w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	if (size == 0)
		return 0;
	if (data[0] % 2)
		check_part(slice_from(in, 1));
	else
		check_question(slice_from(in, 1));
	return 0;
}
