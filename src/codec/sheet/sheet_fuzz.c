/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a body. Every column of a sheet has as many rows as it says, and the head is the
 * one that would be written for it. */
#include "codec/sheet/sheet.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { QUALITIES = 10 };

static void check(const sheet_t *sheet, slice_t from)
{
	static _Thread_local uint8_t room[1 << 20];
	writer_t w = writer_of(room, sizeof(room));
	assert(sheet->times.len == sheet->rows * 8);
	for (size_t i = 0; i < sheet->count; i++) {
		assert(sheet->columns[i].values.len ==
		       sheet->rows * sheet_width(sheet->columns[i].type));
		assert(sheet->columns[i].quality.len ==
		       (sheet->columns[i].has_quality ? sheet->rows : 0));
	}
	sheet_head_put(sheet, &w);
	assert(w.bad || slice_starts(from, writer_done(&w)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Thread_local sheet_t sheet;
	reader_t r = reader_of(slice_of(data, size));
	slice_t from = r.in;
	while (sheet_next(&r, QUALITIES, &sheet)) {
		check(&sheet, from);
		from = r.in;
	}
	return 0;
}
