/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations and strings as the language writes them. */
#include <math.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "query/promql/syntax.h"

static err_t read_hex(slice_t digits, double *ret_number)
{
	uint64_t value = 0;
	if (digits.len == 0)
		return ERR_MALFORMED;
	for (size_t i = 0; i < digits.len; i++) {
		uint8_t c = ascii_fold_lower(digits.ptr[i]);
		if (value >> 59)
			return ERR_INVALID;
		value = value << 4 | (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret_number = (double)value;
	return ERR_OK;
}

/* What begins with 0 and has only octal digits behind is octal, as the language has it. */
static bool is_octal_number(slice_t text)
{
	size_t i = 1;
	if (text.len < 2 || text.ptr[0] != '0')
		return false;
	while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '7')
		i++;
	return i == text.len;
}

err_t literal_number(slice_t text, double *ret_number)
{
	bool is_hex = text.len > 1 && text.ptr[0] == '0' && ascii_fold_lower(text.ptr[1]) == 'x';
	if (slice_eq_nocase(text, SLICE("inf")) || slice_eq_nocase(text, SLICE("nan"))) {
		*ret_number = ascii_fold_lower(text.ptr[0]) == 'i' ? (double)INFINITY : (double)NAN;
		return ERR_OK;
	}
	if (is_hex)
		return read_hex(slice_from(text, 2), ret_number);
	if (!is_octal_number(text))
		return num_parse_f64(text, ret_number);
	uint64_t value = 0;
	for (size_t i = 1; i < text.len; i++) {
		if (value >> 60)
			return ERR_INVALID;
		value = value << 3 | (uint64_t)(text.ptr[i] - '0');
	}
	*ret_number = (double)value;
	return ERR_OK;
}

/* Units in the only order they may stand in, each at most once. */
err_t promql_read_duration(slice_t text, int64_t *ret_ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} rows[] = { { "y", INT64_C(31536000000) },
		     { "w", 604800000 },
		     { "d", 86400000 },
		     { "h", 3600000 },
		     { "m", 60000 },
		     { "s", 1000 },
		     { "ms", 1 } };
	int64_t sum = 0;
	size_t row = 0, count = sizeof(rows) / sizeof(*rows);
	while (text.len) {
		size_t digits = 0, unit = 0;
		uint64_t number;
		while (digits < text.len && ascii_is_digit(text.ptr[digits]))
			digits++;
		while (digits + unit < text.len && ascii_is_letter(text.ptr[digits + unit]))
			unit++;
		slice_t name = slice_sub(text, digits, unit);
		while (row < count && !slice_eq(name, slice_str(rows[row].unit)))
			row++;
		int64_t part;
		if (row == count || num_parse_u64(slice_sub(text, 0, digits), INT64_MAX, &number) ||
		    __builtin_mul_overflow((int64_t)number, rows[row++].ms, &part) ||
		    __builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX / 1000000)
			return ERR_MALFORMED;
		text = slice_from(text, digits + unit);
	}
	*ret_ms = sum;
	return sum > 0 ? ERR_OK : ERR_INVALID;
}

static void put_rune(uint32_t rune, writer_t *w)
{
	if (rune < 0x80) {
		wr_u8(w, (uint8_t)rune);
		return;
	}
	unsigned more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
	wr_u8(w, (uint8_t)((0xFFu << (7 - more) & 0xFF) | rune >> 6 * more));
	while (more--)
		wr_u8(w, (uint8_t)(0x80 | (rune >> 6 * more & 0x3F)));
}

/* So many digits of so many bits each, the first of which may have been read. */
static err_t read_digits(reader_t *r, size_t digits, unsigned bits, uint32_t *code)
{
	while (digits--) {
		uint8_t c = ascii_fold_lower(rd_u8(r));
		if (!ascii_is_hex(c) || (bits == 3 && (c < '0' || c > '7')) || *code >> 27)
			return ERR_MALFORMED;
		*code = *code << bits | (uint32_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return ERR_OK;
}

/* Octal and hexadecimal escapes are bytes. */
static err_t read_byte(reader_t *r, uint8_t kind, writer_t *w)
{
	bool is_octal = kind != 'x';
	uint32_t code = is_octal ? (uint32_t)(kind - '0') : 0;
	if (read_digits(r, 2, is_octal ? 3 : 4, &code) || code > 0xFF)
		return ERR_MALFORMED;
	wr_u8(w, (uint8_t)code);
	return ERR_OK;
}

static err_t read_character(reader_t *r, uint8_t kind, writer_t *w)
{
	uint32_t code = 0;
	if (read_digits(r, kind == 'u' ? 4 : 8, 4, &code) || code > 0x10FFFF ||
	    (code >= 0xD800 && code < 0xE000))
		return ERR_MALFORMED;
	put_rune(code, w);
	return ERR_OK;
}

static err_t read_escape(reader_t *r, uint8_t quote, writer_t *w)
{
	static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
	uint8_t kind = rd_u8(r);
	const char *found = kind ? strchr(letters, kind) : NULL;
	if (found)
		wr_u8(w, (uint8_t)bytes[found - letters]);
	else if (kind == quote)
		wr_u8(w, quote);
	else if (kind == 'x' || (kind >= '0' && kind <= '7'))
		return read_byte(r, kind, w);
	else if (kind == 'u' || kind == 'U')
		return read_character(r, kind, w);
	else
		return ERR_MALFORMED;
	return ERR_OK;
}

err_t literal_string(slice_t text, writer_t *w)
{
	uint8_t quote = text.ptr[0];
	reader_t r = reader_of(slice_sub(text, 1, text.len - 2));
	err_t err = ERR_OK;
	if (quote == '`')
		wr_bytes(w, r.in);
	while (quote != '`' && r.in.len && !err) {
		uint8_t c = rd_u8(&r);
		if (c == '\\')
			err = read_escape(&r, quote, w);
		else
			wr_u8(w, c);
	}
	return err || r.bad || w->bad ? ERR_MALFORMED : ERR_OK;
}

bool literal_is_label(slice_t text)
{
	return text.len && !ascii_is_digit(text.ptr[0]) && ascii_is_word(text, SLICE("_"));
}
