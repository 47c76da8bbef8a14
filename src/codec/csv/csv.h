/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_CSV_CSV_H
#define CODEC_CSV_CSV_H
/* CSV after RFC 4180: lines of cells, a cell in quotes when it holds a comma, a quote (which
 * stands twice) or a line end. Reading takes what is not quite so calmly: a quote that is
 * never closed reaches to the end.
 *
 * Story: csv_cut_line until the text is empty; csv_cut_cell until the line is; csv_plain for
 * what a cell means. Pure functions; what is cut borrows the text. */
#include "base/cursor.h"

/* The line at the head of `*text` without its end, which goes too. */
slice_t csv_cut_line(slice_t *text);
/* The cell at the head of `*line` as written; the comma behind it goes too. A line that ends
 * in a comma has an empty cell more, which is not given. */
slice_t csv_cut_cell(slice_t *line);
/* A cell without blanks around it and without its quotes; what had quotes goes to `w`. */
slice_t csv_plain(slice_t cell, writer_t *w);
/* Text as a cell that csv_plain gives back to the byte: in quotes where it must be, and when
 * it is empty, so that it is told from a cell with nothing in it. */
void csv_put(slice_t text, writer_t *w);
#endif
