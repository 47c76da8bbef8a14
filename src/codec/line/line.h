/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_LINE_LINE_H
#define CODEC_LINE_LINE_H
/* The line protocol of InfluxDB, as its write endpoints take it:
 *
 *   measurement[,tag=value...] field=value[,field=value...] [time]
 *
 * Story: line_reader_of a body, then line_next until it says LINE_END; each line is read
 * whole or has a fault, and the next begins behind it either way. The head (measurement and
 * tags) comes as the client wrote it, so that one look-up by its bytes finds all that it
 * means; line_head_read takes it apart when it is new.
 *
 * Values: float (decimal, no infinity, no NaN), `i` int64, `u` uint64, t/T/true/True/TRUE
 * and their opposites, "text". Escapes are those of the reference: a backslash before a
 * comma or blank of a measurement, before a comma, an equals sign or a blank of a tag or a
 * field's key, before a quote or a backslash of a text; anywhere else it is itself. Blank
 * lines and lines that begin with # are passed over. A text may hold line ends.
 *
 * Limits: LINE_FIELDS_MAX fields and LINE_TAGS_MAX tags a line.
 *
 * Caveats: a line without time gets `now_ns`. Pure functions; no allocation. */
#include "base/cursor.h"
#include "base/err.h"

enum { LINE_FIELDS_MAX = 1024, LINE_TAGS_MAX = 62 };

typedef enum { LINE_F64, LINE_I64, LINE_U64, LINE_BOOL, LINE_TEXT } line_type_t;

typedef struct {
	slice_t key; /* as written */
	line_type_t type;
	union {
		double f;
		int64_t i;
		uint64_t u;
		bool b;
		slice_t text; /* between the quotes, as written */
	} as;
} line_field_t;

typedef struct {
	slice_t head; /* measurement and tags, as written */
	int64_t time_ns;
	uint64_t number; /* of the line in the body, from 1 */
	size_t field_count;
	line_field_t fields[LINE_FIELDS_MAX];
} line_t;

/* What can be wrong with a line: id, English, Chinese. */
#define LINE_FAULT_ROWS(X) \
	X(NONE, "nothing", "无") \
	X(NO_NAME, "the measurement is missing", "缺少 measurement") \
	X(NO_FIELD, "there is no field", "没有字段") \
	X(BAD_TAG, "a tag is not key=value", "标签不是 key=value 形式") \
	X(BAD_FIELD, "a field is not key=value", "字段不是 key=value 形式") \
	X(BAD_VALUE, "a value is no number, boolean or text", "取值不是数值、布尔或文本") \
	X(OUT_OF_RANGE, "a number is out of range", "数值超出范围") \
	X(OPEN_TEXT, "a text has no closing quote", "文本缺少结束引号") \
	X(BAD_TIME, "the time is no whole number", "时间不是整数") \
	X(TIME_RANGE, "the time is out of range", "时间超出范围") \
	X(TOO_MANY, "there are too many fields or tags", "字段或标签过多")

#define X(name, en, zh) LINE_FAULT_##name,
typedef enum { LINE_FAULT_ROWS(X) LINE_FAULT_COUNT } line_fault_t;
#undef X

typedef struct {
	slice_t rest;
	uint64_t number;
	int64_t unit_ns; /* of times */
	int64_t now_ns;
} line_reader_t;

static inline line_reader_t line_reader_of(slice_t body, int64_t unit_ns, int64_t now_ns)
{
	return (line_reader_t){ .rest = body, .unit_ns = unit_ns, .now_ns = now_ns };
}

typedef enum { LINE_GOOD, LINE_FAULTY, LINE_END } line_result_t;
/* LINE_FAULTY: *ret_fault says why; of *ret_line only the number is set. */
line_result_t line_next(line_reader_t *reader, line_t *ret_line, line_fault_t *ret_fault);
/* In English and Chinese, by lang_t. */
const char *const *line_fault_text(line_fault_t fault);

typedef struct {
	slice_t key, value; /* as written */
} line_tag_t;

typedef struct {
	slice_t measurement; /* as written */
	size_t tag_count;
	line_tag_t tags[LINE_TAGS_MAX];
} line_head_t;

/* Takes a head apart. */
line_fault_t line_head_read(slice_t head, line_head_t *ret_head);
/* Appends a measurement, a key or a tag's value without its escapes. */
void line_unescape(slice_t written, writer_t *w);
/* The same for a text between quotes. */
void line_unescape_text(slice_t written, writer_t *w);

/* "n", "ns", "u", "us", "ms", "s", "m", "h", or nothing for ns; 0: none of them. */
int64_t line_unit_ns(slice_t word);
#endif
