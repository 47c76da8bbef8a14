/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_SHEET_SHEET_H
#define CODEC_SHEET_SHEET_H
/* Samples in columns, the quickest way into the historian (application/vnd.jizhu.samples):
 * sheets one behind the other, each with one column of times and any of values.
 *
 * A sheet, numbers little-endian:
 *
 *   magic     "JZSH"
 *   version   u8, 1
 *   columns   u16, 1 to SHEET_COLUMNS_MAX
 *   rows      u32, 1 to SHEET_ROWS_MAX
 *   for each column:
 *     name    varint length (LEB128) and bytes: a point's, or a canonical text of labels
 *     type    u8: 1 bool, 2 int64, 3 uint64, 4 float64, 6 float32, 7 enum
 *     flags   u8: bit 0 the column has qualities; the others are 0
 *   times     rows * i64, nanoseconds since 1970 UTC
 *   for each column:
 *     values  rows * 8 bytes: the number's bits; of a bool 0 or 1; of a float32 and an enum
 *             (its ordinal) rows * 4 bytes
 *     quality rows * u8, when it has them: a row of QUALITY_ROWS (model/quality.h) by number
 *
 * Story: a reader_t over the body, sheet_next for each sheet until it gives false; then `bad`
 * of the reader tells an end from damage. A sheet is checked whole before it is given.
 *
 * Pure functions; what is read borrows the body. */
#include "base/cursor.h"

enum {
	SHEET_VERSION = 1,
	SHEET_COLUMNS_MAX = 512,
	SHEET_ROWS_MAX = 1 << 20,
	SHEET_NAME_MAX = 8192
};

/* By number the types of model/value.h. */
typedef enum {
	SHEET_BOOL = 1,
	SHEET_I64,
	SHEET_U64,
	SHEET_F64,
	SHEET_F32 = 6,
	SHEET_ENUM,
} sheet_type_t;

/* Bytes of a value. */
static inline size_t sheet_width(sheet_type_t type)
{
	return type == SHEET_F32 || type == SHEET_ENUM ? sizeof(uint32_t) : sizeof(uint64_t);
}

typedef struct {
	slice_t name;
	sheet_type_t type;
	slice_t values;  /* sheet_width bytes a row */
	slice_t quality; /* a byte a row, or empty */
	bool has_quality;
} sheet_column_t;

typedef struct {
	size_t rows, count;
	slice_t times; /* 8 bytes a row */
	sheet_column_t columns[SHEET_COLUMNS_MAX];
} sheet_t;

/* `qualities`: how many there are. */
bool sheet_next(reader_t *r, uint8_t qualities, sheet_t *ret_sheet);
/* For clients: the part before the times; the caller appends the columns. */
void sheet_head_put(const sheet_t *sheet, writer_t *w);
#endif
