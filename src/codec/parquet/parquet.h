/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_PARQUET_H
#define CODEC_PARQUET_H
/* Writes tables as Apache Parquet files (format 2.x; metadata in Thrift's compact
 * protocol), so that history can be taken to any analytic tool. Pure: what the file is
 * made of is written piece by piece into writers of the caller, who knows the disk and
 * the compressor.
 *
 * Story: parquet_head; then for each group of rows and each of its columns
 * parquet_values, perhaps compressed by the caller, behind the parquet_page_head that
 * says both lengths, noting a parquet_chunk_t; at the end parquet_foot.
 *
 * Shapes: every column is optional (null where not present), one page a column and group,
 * values PLAIN, levels RLE; texts are UTF-8; times are nanoseconds UTC. Little-endian.
 *
 * Limits: PARQUET_COLUMNS_MAX columns; a page under 2 GiB. A writer without room is bad. */
#include "base/cursor.h"

enum {
	PARQUET_COLUMNS_MAX = 64,
	PARQUET_PAGE_HEAD_MAX = 64,
	PARQUET_CHUNK_FOOT_MAX = 128, /* room of a chunk in the foot beside its name */
};

typedef enum {
	PARQUET_I64,
	PARQUET_F64,
	PARQUET_TIME_NS,
	PARQUET_TEXT,
	PARQUET_F32,
} parquet_type_t;

typedef struct {
	const char *name;
	parquet_type_t type;
} parquet_column_t;

/* One column of a group of rows. */
typedef struct {
	const bool *present;  /* by row; NULL: all are */
	const uint64_t *bits; /* by row, of every type but text; of F32 the lower 32 */
	const slice_t *texts; /* by row, of text */
} parquet_data_t;

/* Where a column of a group stands in the file. */
typedef struct {
	uint64_t offset;                    /* of its page's head */
	uint64_t plain_bytes, stored_bytes; /* head and values */
} parquet_chunk_t;

typedef struct {
	const parquet_column_t *columns;
	size_t column_count;
	const uint64_t *group_rows;
	const parquet_chunk_t *chunks; /* group by group, in the order of the columns */
	size_t group_count;
	bool is_zstd; /* values are Zstandard frames */
	const char *created_by;
} parquet_table_t;

void parquet_head(writer_t *w);
/* The values of a column as a page holds them. */
void parquet_values(parquet_type_t type, const parquet_data_t *data, size_t rows, writer_t *w);
void parquet_page_head(size_t rows, size_t plain_bytes, size_t stored_bytes, writer_t *w);
void parquet_foot(const parquet_table_t *table, writer_t *w);
/* Room that the foot takes at most. */
size_t parquet_foot_bound(const parquet_table_t *table);
#endif
