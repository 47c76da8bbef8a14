/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a text. Every line and cell lies within it, each cut takes something, and a cell
 * that is written in quotes again means the same. */
#include "codec/csv/csv.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 16 };

static void check_cell(slice_t cell)
{
	static _Thread_local uint8_t plain[ROOM], written[2 * ROOM + 2], again[ROOM];
	writer_t p = writer_of(plain, ROOM), w = writer_of(written, sizeof(written));
	writer_t a = writer_of(again, ROOM);
	slice_t meant = csv_plain(cell, &p);
	csv_put(meant, &w);
	if (p.bad || w.bad)
		return;
	slice_t line = writer_done(&w), cut = csv_cut_cell(&line);
	assert(line.len == 0 && slice_eq(csv_plain(cut, &a), meant));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t text = slice_of(data, size);
	while (text.len) {
		size_t before = text.len;
		slice_t line = csv_cut_line(&text);
		assert(text.len < before && line.len <= before);
		while (line.len) {
			size_t left = line.len;
			slice_t cell = csv_cut_cell(&line);
			assert(line.len < left && cell.len <= left);
			check_cell(cell);
		}
	}
	return 0;
}
