/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATCH_IMPL_H
#define BATCH_IMPL_H
/* What the readers of the forms share. Private to this folder. */
#include "base/cursor.h"
#include "base/json.h"
#include "base/text.h"
#include "batch/batch.h"

enum { NAME_MAX_BYTES = 2048, COLUMNS_MAX = 64, FILE_MAX_BYTES = 200 << 10 };

typedef enum {
	BLOCK_NONE,  /* between blocks */
	BLOCK_OPEN,  /* values of CREATE, ADD or MODIFY follow */
	BLOCK_LOGIN, /* the key or password of AUTHENTICATE follows */
	BLOCK_SKIP,  /* to the next empty line */
} block_t;

typedef enum { DUMP_NONE, DUMP_JSON, DUMP_LIST, DUMP_STORE, DUMP_BROKEN } dump_kind_t;

/* How far a dump is read. */
typedef struct {
	dump_kind_t kind;
	uint64_t line; /* where the record at hand begins */
	bool is_over;  /* nothing may come any more */
	/* JSON: */
	unsigned depth; /* of open brackets */
	unsigned section;
	bool has_section;
	bool is_text, is_escaped;
	bool is_kept;   /* in a record, which goes to the row */
	writer_t token; /* the last text that is none of a record's, quoted */
	uint8_t token_bytes[6 * NAME_MAX_BYTES + 2];
	/* A checkpoint: */
	bool is_body, has_key, is_bad_key;
} dump_t;

typedef enum { COLUMN_NAME, COLUMN_ALSO, COLUMN_VALUE, COLUMN_KINDS } column_kind_t;

typedef struct {
	column_kind_t kind;
	char type[256];
	uint32_t index; /* of a value */
} column_t;

struct batch {
	batch_spec_t spec;
	uint64_t line; /* of the last one taken */
	batch_item_t item;
	char name[NAME_MAX_BYTES];
	slice_t also; /* of a row of a table: other names, between blanks */
	uint32_t indexes[BATCH_VALUES_MAX];
	block_t block;
	char identity[NAME_MAX_BYTES];
	size_t identity_len;
	column_t columns[COLUMNS_MAX];
	size_t column_count;
	text_t row; /* of a table, over several lines; of a dump, one record */
	dump_t dump;
	uint8_t *load_bytes; /* of a file, or of a record */
	json_t json;
	uint8_t json_bytes[BATCH_JSON_MAX];
};

/* file:line:column of what is wrong. */
typedef struct {
	const err_text_t *text;
	size_t column; /* from 1; 0: unknown */
	slice_t arg;
} complaint_t;
MUST_CHECK err_t batch_complain(const batch_t *b, err_t err, const complaint_t *complaint,
                                err_detail_t *ret_detail);

/* The item's name, under the prefix of the spec when it has none. */
MUST_CHECK err_t batch_name(batch_t *b, slice_t name, size_t column, err_detail_t *ret_detail);
/* Opens the JSON of the item of `verb` called b->item.name, and ends it. */
void batch_begin(batch_t *b, batch_verb_t verb);
MUST_CHECK err_t batch_finish(batch_t *b, err_detail_t *ret_detail);
/* Remembers an index; false when there are too many. */
bool batch_index(batch_t *b, uint32_t index);

/* The readers. */
MUST_CHECK err_t block_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail);
MUST_CHECK err_t block_end(batch_t *b, bool *ret_ready, err_detail_t *ret_detail);
MUST_CHECK err_t table_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail);
MUST_CHECK err_t table_end(batch_t *b, err_detail_t *ret_detail);
MUST_CHECK err_t dump_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail);
MUST_CHECK err_t dump_end(batch_t *b, err_detail_t *ret_detail);
MUST_CHECK err_t store_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail);
/* One value line of a block: INDEX TYPE TTL PERMISSIONS FORM DATA. */
MUST_CHECK err_t block_value(batch_t *b, slice_t line, err_detail_t *ret_detail);
#endif
