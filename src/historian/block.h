/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_BLOCK_H
#define HISTORIAN_BLOCK_H
/* A block: up to BLOCK_ROWS rows of one point in order, as four parts that are stored and
 * checked apart, so that points read together share all but their values.
 *
 * Disk form of the parts, each ended by its CRC32C (u32 little-endian); columns are those
 * of codec/column:
 *   SOURCE  a column of times
 *   MARK    a column of bytes, marks; or u8 1, how many rows were late varint, their places
 *           (codec/column/rising.h), and a column of bytes, marks that say nothing of late.
 *           Then a column of bytes, types
 *   NODE    u8 0: a column of times; 1: of ints, how far each is from the source time;
 *           2: a column of times, of the rows that were not late; of those that were the
 *           count of different times varint, a column of them in order, and a column of
 *           uints, which of them each row has; 3: likewise, but the different times are a
 *           first one, zig-zag from the first of the others, u8 the power of ten of their
 *           unit, and what units later each is (rising.h, the first one left out)
 *   VALUE   a column of reals, floats (when all values are float32), ints or uints, whose
 *           64 bits are those of the values; where
 *           nothing was read stands what stood before, and of a text its number in the
 *           dictionary behind the column: u8 0, then plain; or 1, length of plain varint,
 *           then plain as a Zstandard frame. Plain: count varint, texts as strings. */
#include "base/cursor.h"
#include "codec/column/column.h"
#include "historian/rows.h"

typedef enum {
	BLOCK_SOURCE,
	BLOCK_MARK,
	BLOCK_NODE,
	BLOCK_VALUE,
	BLOCK_PARTS,
} block_part_t;

enum {
	BLOCK_ROWS = COLUMN_ROWS,
	/* The longest part of a block without texts. */
	BLOCK_PART_MAX = COLUMN_BYTES_MAX + 16,
	/* What the texts of one block may come to. */
	BLOCK_TEXT_MAX = 4 << 20,
};

/* Writes one part of 1 to BLOCK_ROWS sorted rows. `hint` is of the point, for values.
 * Sets w->bad when there is no room; ERR_NO_MEMORY. */
MUST_CHECK err_t block_encode(const column_kernel_t *kernel, block_part_t part, const rows_t *rows,
                              column_hint_t *hint, text_t *to);
/* All four of `count` rows, into an empty set. ERR_CORRUPT, also for types and qualities
 * unknown, bits that no value of the type has and rows out of order; ERR_NEWER_FORMAT,
 * ERR_NO_MEMORY. */
MUST_CHECK err_t block_decode(const column_kernel_t *kernel, const slice_t parts[BLOCK_PARTS],
                              size_t count, rowset_t *ret_rows);
#endif
