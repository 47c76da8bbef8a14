/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over a line; what it needs again (escapes) is looked at again only where there
 * was a backslash, which is rare. */
#include "codec/line/line.h"

#include "base/ascii.h"
#include "base/num.h"

static const char *const fault_texts[LINE_FAULT_COUNT][LANG_COUNT] = {
#define X(name, en, zh) { en, zh },
	LINE_FAULT_ROWS(X)
#undef X
};

const char *const *line_fault_text(line_fault_t fault)
{
	return fault_texts[fault];
}

/* What ends a piece of a line. */
enum { END_COMMA = 1, END_EQUALS = 2, END_BLANK = 4, END_LINE = 8, IS_BACKSLASH = 16 };

static const uint8_t MARKS[256] = {
	[','] = END_COMMA, ['='] = END_EQUALS,    [' '] = END_BLANK,
	['\n'] = END_LINE, ['\\'] = IS_BACKSLASH,
};

/* The bytes before the first of `ends` that has no backslash before it. */
static size_t piece_len(slice_t s, unsigned ends)
{
	size_t i = 0;
	ends |= IS_BACKSLASH;
	for (; i < s.len; i++) {
		unsigned mark = MARKS[s.ptr[i]];
		if (!(mark & ends))
			continue;
		if (mark != IS_BACKSLASH)
			break;
		i += i + 1 < s.len && s.ptr[i + 1] != '\n';
	}
	return i < s.len ? i : s.len;
}

static slice_t take_piece(slice_t *s, unsigned ends)
{
	slice_t piece = slice_sub(*s, 0, piece_len(*s, ends));
	*s = slice_from(*s, piece.len);
	return piece;
}

static bool next_is(slice_t s, uint8_t byte)
{
	return s.len && s.ptr[0] == byte;
}

/* Values. */

static bool ends_value(slice_t s)
{
	return s.len == 0 || MARKS[s.ptr[0]] & (END_COMMA | END_BLANK | END_LINE) ||
	       (s.ptr[0] == '\r' && (s.len == 1 || s.ptr[1] == '\n'));
}

static line_fault_t take_text(slice_t *s, line_field_t *field)
{
	for (size_t i = 1; i < s->len; i++) {
		if (s->ptr[i] == '\\')
			i++;
		else if (s->ptr[i] == '"') {
			field->type = LINE_TEXT;
			field->as.text = slice_sub(*s, 1, i - 1);
			*s = slice_from(*s, i + 1);
			return ends_value(*s) ? LINE_FAULT_NONE : LINE_FAULT_BAD_VALUE;
		}
	}
	return LINE_FAULT_OPEN_TEXT;
}

static line_fault_t take_word(slice_t *s, line_field_t *field)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "t", true },      { "true", true },  { "T", true },      { "True", true },
		      { "TRUE", true },   { "f", false },    { "false", false }, { "F", false },
		      { "False", false }, { "FALSE", false } };
	size_t len = 0;
	while (len < s->len && !ends_value(slice_from(*s, len)))
		len++;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_eq(slice_sub(*s, 0, len), slice_str(words[i].word))) {
			field->type = LINE_BOOL;
			field->as.b = words[i].value;
			*s = slice_from(*s, len);
			return LINE_FAULT_NONE;
		}
	return LINE_FAULT_BAD_VALUE;
}

static line_fault_t fault_of(err_t err)
{
	return err == ERR_OK        ? LINE_FAULT_NONE
	       : err == ERR_INVALID ? LINE_FAULT_OUT_OF_RANGE
	                            : LINE_FAULT_BAD_VALUE;
}

/* Digits with an i or u behind them; false: it is of another kind. */
static bool take_whole(slice_t *s, line_field_t *field, line_fault_t *ret_fault)
{
	size_t len = s->ptr[0] == '-' || s->ptr[0] == '+';
	while (len < s->len && ascii_is_digit(s->ptr[len]))
		len++;
	slice_t digits = slice_sub(*s, 0, len), rest = slice_from(*s, len);
	if (!next_is(rest, 'i') && !next_is(rest, 'u'))
		return false;
	bool is_signed = rest.ptr[0] == 'i';
	field->type = is_signed ? LINE_I64 : LINE_U64;
	*s = slice_from(rest, 1);
	*ret_fault = fault_of(is_signed ? num_parse_i64(digits, &field->as.i)
	                                : num_parse_u64(digits, UINT64_MAX, &field->as.u));
	if (!*ret_fault && !ends_value(*s))
		*ret_fault = LINE_FAULT_BAD_VALUE;
	return true;
}

static line_fault_t take_number(slice_t *s, line_field_t *field)
{
	slice_t rest = *s;
	line_fault_t fault;
	field->type = LINE_F64;
	err_t err = num_take_f64(&rest, &field->as.f);
	if (!err && ends_value(rest)) {
		*s = rest;
		return LINE_FAULT_NONE;
	}
	if (take_whole(s, field, &fault))
		return fault;
	return err ? fault_of(err) : LINE_FAULT_BAD_VALUE;
}

static line_fault_t take_value(slice_t *s, line_field_t *field)
{
	uint8_t first = s->len ? s->ptr[0] : 0;
	if (ascii_is_digit(first) || first == '-' || first == '.' || first == '+')
		return take_number(s, field);
	return first == '"' ? take_text(s, field) : take_word(s, field);
}

/* The parts of a line. */

static line_fault_t take_fields(slice_t *s, line_t *line)
{
	size_t count = 0;
	for (bool is_more = true; is_more; count++) {
		if (count == LINE_FIELDS_MAX)
			return LINE_FAULT_TOO_MANY;
		line_field_t *field = &line->fields[count];
		field->key = take_piece(s, END_COMMA | END_EQUALS | END_BLANK | END_LINE);
		if (field->key.len == 0 || !next_is(*s, '='))
			return count || field->key.len ? LINE_FAULT_BAD_FIELD : LINE_FAULT_NO_FIELD;
		*s = slice_from(*s, 1);
		line_fault_t fault = take_value(s, field);
		if (fault)
			return fault;
		is_more = next_is(*s, ',');
		*s = slice_from(*s, is_more);
	}
	line->field_count = count;
	return LINE_FAULT_NONE;
}

static void skip_blanks(slice_t *s)
{
	while (next_is(*s, ' '))
		*s = slice_from(*s, 1);
}

/* A carriage return before the end of the line belongs to the end. */
static bool is_at_end(slice_t s)
{
	return s.len == 0 || s.ptr[0] == '\n' ||
	       (s.ptr[0] == '\r' && (s.len == 1 || s.ptr[1] == '\n'));
}

static line_fault_t take_time(const line_reader_t *reader, slice_t *s, int64_t *ret_ns)
{
	int64_t count;
	size_t len = 0;
	skip_blanks(s);
	*ret_ns = reader->now_ns;
	if (is_at_end(*s))
		return LINE_FAULT_NONE;
	while (len < s->len && s->ptr[len] > ' ')
		len++;
	err_t err = num_parse_i64(slice_sub(*s, 0, len), &count);
	*s = slice_from(*s, len);
	skip_blanks(s);
	if (err == ERR_MALFORMED || !is_at_end(*s))
		return LINE_FAULT_BAD_TIME;
	return err || __builtin_mul_overflow(count, reader->unit_ns, ret_ns) ? LINE_FAULT_TIME_RANGE
	                                                                     : LINE_FAULT_NONE;
}

static line_fault_t take_line(const line_reader_t *reader, slice_t *s, line_t *line)
{
	line->head = take_piece(s, END_BLANK | END_LINE);
	if (line->head.len == 0 || line->head.ptr[0] == ',')
		return LINE_FAULT_NO_NAME;
	skip_blanks(s);
	line_fault_t fault = take_fields(s, line);
	return fault ? fault : take_time(reader, s, &line->time_ns);
}

/* A fault may stand in the middle of a line; the next begins behind its end. */
static void skip_line(line_reader_t *reader, slice_t from)
{
	(void)slice_cut(&from, '\n');
	reader->rest = from;
}

/* Line ends in what was read; only texts have them. */
static uint64_t ends_in(const line_t *line)
{
	uint64_t count = 0;
	for (size_t i = 0; i < line->field_count; i++) {
		slice_t text = line->fields[i].as.text;
		if (line->fields[i].type != LINE_TEXT)
			continue;
		while (slice_find(text, '\n') < text.len) {
			(void)slice_cut(&text, '\n');
			count++;
		}
	}
	return count;
}

static bool is_to_skip(slice_t line)
{
	return is_at_end(line) || line.ptr[0] == '#';
}

line_result_t line_next(line_reader_t *reader, line_t *ret_line, line_fault_t *ret_fault)
{
	slice_t s = reader->rest;
	while (s.len) {
		reader->number++;
		skip_blanks(&s);
		if (!is_to_skip(s))
			break;
		skip_line(reader, s);
		s = reader->rest;
	}
	if (s.len == 0) {
		reader->rest = s;
		return LINE_END;
	}
	slice_t begin = s;
	ret_line->number = reader->number;
	*ret_fault = take_line(reader, &s, ret_line);
	skip_line(reader, *ret_fault ? begin : s);
	if (*ret_fault)
		return LINE_FAULTY;
	reader->number += ends_in(ret_line);
	return LINE_GOOD;
}
