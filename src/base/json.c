/* SPDX-License-Identifier: Apache-2.0 */
/* The writer knows three things: whether a comma is due, whether a key waits for
 * its value, and for each open level whether it is an array. Misuse (a value
 * without a key in an object, a close too many) is a bug of the caller and
 * asserts; a full buffer or deep nesting comes from data and is sticky. */
#include "base/json.h"

#include <assert.h>
#include <math.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utf8.h"

enum { JSON_DEPTH_MAX = 32 };

json_t json_of(void *buf, size_t cap)
{
	return (json_t){ .w = writer_of(buf, cap) };
}

static bool in_array(const json_t *j)
{
	return j->depth && (j->is_array >> (j->depth - 1) & 1);
}

/* Everything that stands where a value may stand begins here; false when
 * nothing more is to be written. */
static bool begin_value(json_t *j)
{
	if (j->w.bad)
		return false;
	assert(j->depth == 0 || in_array(j) || j->after_key);
	assert(j->depth || !j->comma);
	if (j->comma && !j->after_key)
		wr_u8(&j->w, ',');
	j->after_key = false;
	j->comma = true;
	return true;
}

static void open_level(json_t *j, bool array)
{
	if (!begin_value(j))
		return;
	if (j->depth == JSON_DEPTH_MAX) {
		j->w.bad = true;
		return;
	}
	uint32_t bit = UINT32_C(1) << j->depth;
	j->is_array = array ? j->is_array | bit : j->is_array & ~bit;
	j->depth++;
	j->comma = false;
	wr_u8(&j->w, array ? '[' : '{');
}

void json_object(json_t *j)
{
	open_level(j, false);
}

void json_array(json_t *j)
{
	open_level(j, true);
}

void json_close(json_t *j)
{
	if (j->w.bad)
		return;
	assert(j->depth && !j->after_key);
	wr_u8(&j->w, in_array(j) ? ']' : '}');
	j->depth--;
	j->comma = true;
}

/* Bytes of the head of `s` that need neither escape nor repair. */
static size_t plain_run(slice_t s)
{
	size_t len = 0;
	while (len < s.len && s.ptr[len] >= 0x20 && s.ptr[len] < 0x7F && s.ptr[len] != '"' &&
	       s.ptr[len] != '\\')
		len++;
	return len;
}

static void put_escape(writer_t *w, uint8_t c)
{
	static const char SHORT[][2] = { { '"', '"' },  { '\\', '\\' }, { '\b', 'b' },
		                         { '\f', 'f' }, { '\n', 'n' },  { '\r', 'r' },
		                         { '\t', 't' } };
	for (size_t i = 0; i < sizeof(SHORT) / sizeof(SHORT[0]); i++) {
		if (c == (uint8_t)SHORT[i][0]) {
			wr_u8(w, '\\');
			wr_u8(w, (uint8_t)SHORT[i][1]);
			return;
		}
	}
	char hex[3];
	num_to_hex(slice_of(&c, 1), hex);
	wr_bytes(w, SLICE("\\u00"));
	wr_bytes(w, slice_of(hex, 2));
}

/* Writes the character at the head of `s`; returns how many bytes it took. */
static size_t put_char(writer_t *w, slice_t s)
{
	size_t len = utf8_next(s);
	if (len > 1)
		wr_bytes(w, slice_sub(s, 0, len));
	else if (len == 1)
		put_escape(w, s.ptr[0]);
	else
		wr_bytes(w, SLICE("\xEF\xBF\xBD"));
	return len ? len : 1;
}

static void put_quoted(writer_t *w, slice_t s)
{
	wr_u8(w, '"');
	while (s.len && !w->bad) {
		size_t run = plain_run(s);
		wr_bytes(w, slice_sub(s, 0, run));
		s = slice_from(s, run);
		if (s.len)
			s = slice_from(s, put_char(w, s));
	}
	wr_u8(w, '"');
}

void json_key(json_t *j, const char *key)
{
	json_key_slice(j, slice_str(key));
}

void json_key_slice(json_t *j, slice_t key)
{
	if (j->w.bad)
		return;
	assert(j->depth && !in_array(j) && !j->after_key);
	if (j->comma)
		wr_u8(&j->w, ',');
	put_quoted(&j->w, key);
	wr_u8(&j->w, ':');
	j->after_key = true;
}

void json_str(json_t *j, slice_t value)
{
	if (begin_value(j))
		put_quoted(&j->w, value);
}

void json_raw(json_t *j, slice_t json)
{
	if (begin_value(j))
		wr_bytes(&j->w, json);
}

static void put_integer(json_t *j, bool minus, uint64_t magnitude)
{
	char text[21], *end = &text[sizeof(text)];
	char *at = num_put_digits(end, magnitude, 1);
	if (minus)
		*--at = '-';
	json_raw(j, slice_of(at, (size_t)(end - at)));
}

void json_i64(json_t *j, int64_t value)
{
	put_integer(j, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_u64(json_t *j, uint64_t value)
{
	put_integer(j, false, value);
}

void json_f64(json_t *j, double value)
{
	char buf[32];
	json_raw(j, isfinite(value) ? slice_str(num_format_f64(value, buf)) : SLICE("null"));
}

void json_f32(json_t *j, float value)
{
	char buf[32];
	json_raw(j, isfinite(value) ? slice_str(num_format_f32(value, buf)) : SLICE("null"));
}

void json_bool(json_t *j, bool value)
{
	json_raw(j, value ? SLICE("true") : SLICE("false"));
}

void json_null(json_t *j)
{
	json_raw(j, SLICE("null"));
}

void json_put_str(json_t *j, const char *key, slice_t value)
{
	json_key(j, key);
	json_str(j, value);
}

void json_put_cstr(json_t *j, const char *key, const char *value)
{
	json_put_str(j, key, slice_str(value));
}

void json_put_i64(json_t *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_i64(j, value);
}

void json_put_u64(json_t *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_u64(j, value);
}

void json_put_f64(json_t *j, const char *key, double value)
{
	json_key(j, key);
	json_f64(j, value);
}

void json_put_bool(json_t *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

void json_put_time(json_t *j, const char *key, int64_t utc_ns)
{
	char buf[TIME_TEXT_MAX];
	json_put_str(j, key, slice_str(time_format(utc_ns, buf)));
}
