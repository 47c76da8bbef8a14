/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATCH_BATCH_H
#define BATCH_BATCH_H
/* Files of many identifiers, line by line: JSON lines, tables (CSV), the batch files that
 * the tools of the Handle system read, and the dumps that a Handle.Net server's tools
 * write. All become the JSON that the node's API takes. doc/import.md describes the forms.
 *
 * Story: batch_new; batch_line for every line of the file, batch_end behind the last;
 * each may give one item, which borrows the batch until the next call. After an error
 * batch_skip goes on: JSON lines and tables with the next line, a batch file with the
 * next block, a dump with the next record, unless its frame is broken (ERR_CORRUPT):
 * then nothing more comes.
 *
 * JSON lines are passed on as they are and read by the node. A table begins with a row
 * of heads: `name`, for every value TYPE or INDEX:TYPE, and `also` for other names with blanks
 * between; an empty cell is no value. In
 * a batch file AUTHENTICATE is understood and not obeyed: the caller of the API is who
 * runs the import. HOME, UNHOME and SESSIONSETUP are ERR_UNSUPPORTED by name.
 *
 * The permissions of an administrator have a third order here, which is neither that of
 * the bits nor that of JSON: add handle, delete handle, add prefix, delete prefix, modify
 * value, remove value, add value, read value, modify admin, remove admin, add admin,
 * list.
 *
 * Limits: lines and rows of 1 MiB, 64 columns, 2,048 values, 2 MiB of JSON an item. */
#include "base/cursor.h"
#include "base/err.h"

typedef enum { BATCH_JSON_LINES, BATCH_TABLE, BATCH_HANDLE_TOOLS, BATCH_DUMP } batch_format_t;

enum { BATCH_LINE_MAX = 1 << 20, BATCH_JSON_MAX = 2 << 20, BATCH_VALUES_MAX = 2048 };

typedef enum {
	BATCH_CREATE,
	BATCH_DELETE,
	BATCH_ADD,
	BATCH_MODIFY,
	BATCH_REMOVE,
	BATCH_HOME, /* the prefix that the name describes lives here */
} batch_verb_t;

typedef struct {
	batch_verb_t verb;
	uint64_t line; /* where it begins, from 1 */
	slice_t name;  /* empty for a JSON line and for the JSON of a dump */
	/* CREATE: {"name":...,"values":[...]} on one line, of a dump maybe with other members;
	 * ADD, MODIFY: {"values":[...]}. */
	slice_t json;
	const uint32_t *indexes; /* of ADD, MODIFY, REMOVE */
	size_t index_count;
} batch_item_t;

typedef struct {
	batch_format_t format;
	const char *file;   /* for errors: file:line:column; lives as long as the batch */
	const char *prefix; /* of names without "/"; NULL: they are errors */
	/* Appends the bytes of a file that a batch file names (FILE); NULL: refused. */
	err_t (*load)(void *ctx, slice_t path, writer_t *w);
	void *ctx;
} batch_spec_t;

typedef struct batch batch_t;

MUST_CHECK err_t batch_new(const batch_spec_t *spec, batch_t **ret_batch);
void batch_free(batch_t *batch);

/* A line without its end. *ret_ready: an item is complete. ERR_MALFORMED, ERR_INVALID,
 * ERR_UNSUPPORTED, ERR_TOO_BIG or what `load` said, with file, line and column. */
MUST_CHECK err_t batch_line(batch_t *batch, slice_t line, bool *ret_ready, batch_item_t *ret_item,
                            err_detail_t *ret_detail);
MUST_CHECK err_t batch_end(batch_t *batch, bool *ret_ready, batch_item_t *ret_item,
                           err_detail_t *ret_detail);
/* Forgets what is left of what could not be read. */
void batch_skip(batch_t *batch);
/* "300:0.NA/99.100.1" of the last AUTHENTICATE, or nothing. */
slice_t batch_identity(const batch_t *batch);
#endif
