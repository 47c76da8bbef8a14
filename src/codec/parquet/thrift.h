/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_PARQUET_THRIFT_H
#define CODEC_PARQUET_THRIFT_H
/* The part of Thrift's compact protocol that Parquet's metadata is written in: structs of
 * numbered fields in rising order, integers, texts, lists.
 *
 * Story: thrift_begin opens a struct; each field's head is a step from the field before;
 * thrift_end closes it. A nested struct is opened by thrift_struct or, in a list, by
 * thrift_begin, with a thrift_t of its own. */
#include "base/cursor.h"

typedef struct {
	writer_t *w;
	unsigned last; /* number of the field before */
} thrift_t;

/* Element types of lists, as the protocol numbers them. */
typedef enum { THRIFT_I32 = 5, THRIFT_TEXT = 8, THRIFT_STRUCT = 12 } thrift_type_t;

thrift_t thrift_begin(writer_t *w);
void thrift_end(thrift_t *t);
void thrift_bool(thrift_t *t, unsigned field, bool value);
void thrift_i32(thrift_t *t, unsigned field, int32_t value);
void thrift_i64(thrift_t *t, unsigned field, int64_t value);
void thrift_text(thrift_t *t, unsigned field, const char *text);
/* A struct without fields: a choice of a union that says no more. */
void thrift_empty(thrift_t *t, unsigned field);
thrift_t thrift_struct(thrift_t *t, unsigned field);
/* The head of a list; `count` elements follow. */
void thrift_list(thrift_t *t, unsigned field, thrift_type_t type, size_t count);
#endif
