/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parquet/thrift.h"

/* Types of fields. */
enum {
	FIELD_TRUE = 1,
	FIELD_FALSE = 2,
	FIELD_I32 = 5,
	FIELD_I64 = 6,
	FIELD_TEXT = 8,
	FIELD_LIST = 9,
	FIELD_STRUCT = 12
};

enum { STEP_MAX = 15, LIST_SHORT_MAX = 14 };

thrift_t thrift_begin(writer_t *w)
{
	return (thrift_t){ .w = w };
}

void thrift_end(thrift_t *t)
{
	wr_u8(t->w, 0);
}

static void field(thrift_t *t, unsigned number, unsigned type)
{
	unsigned step = number - t->last;
	if (step <= STEP_MAX) {
		wr_u8(t->w, (uint8_t)(step << 4 | type));
	} else {
		wr_u8(t->w, (uint8_t)type);
		wr_zigzag(t->w, (int64_t)number);
	}
	t->last = number;
}

void thrift_bool(thrift_t *t, unsigned number, bool value)
{
	field(t, number, value ? FIELD_TRUE : FIELD_FALSE);
}

void thrift_i32(thrift_t *t, unsigned number, int32_t value)
{
	field(t, number, FIELD_I32);
	wr_zigzag(t->w, value);
}

void thrift_i64(thrift_t *t, unsigned number, int64_t value)
{
	field(t, number, FIELD_I64);
	wr_zigzag(t->w, value);
}

void thrift_text(thrift_t *t, unsigned number, const char *text)
{
	field(t, number, FIELD_TEXT);
	wr_string(t->w, slice_str(text));
}

void thrift_empty(thrift_t *t, unsigned number)
{
	thrift_t inner = thrift_struct(t, number);
	thrift_end(&inner);
}

thrift_t thrift_struct(thrift_t *t, unsigned number)
{
	field(t, number, FIELD_STRUCT);
	return thrift_begin(t->w);
}

void thrift_list(thrift_t *t, unsigned number, thrift_type_t type, size_t count)
{
	field(t, number, FIELD_LIST);
	if (count <= LIST_SHORT_MAX) {
		wr_u8(t->w, (uint8_t)(count << 4 | type));
		return;
	}
	wr_u8(t->w, (uint8_t)(0xf0 | type));
	wr_varint(t->w, count);
}
