/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gs1/bits.h"

enum { CHARACTER_BITS = 6, ASCII_COUNT = 128, NUMBER_BITS_MAX = 424 };

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const struct {
	unsigned bits;        /* of a character; 0: the text is one number */
	const char *alphabet; /* NULL: ASCII */
} encodings[] = {
	[BITS_NUMERIC] = { 0, "0123456789" },
	[BITS_HEX_LOWER] = { 4, "0123456789abcdef" },
	[BITS_HEX_UPPER] = { 4, "0123456789ABCDEF" },
	[BITS_BASE64URL] = { CHARACTER_BITS, base64url },
	[BITS_ASCII] = { 7, NULL },
};

/* The place in the alphabet, or ASCII_COUNT. */
static uint32_t place_of(const char *alphabet, uint8_t c)
{
	if (!alphabet)
		return c < ASCII_COUNT ? c : ASCII_COUNT;
	const char *found = c ? strchr(alphabet, c) : NULL;
	return found ? (uint32_t)(found - alphabet) : ASCII_COUNT;
}

/* Single bits. */

size_t bits_left(const bits_reader_t *r)
{
	return r->text.len * CHARACTER_BITS - r->at;
}

static uint32_t take_bit(bits_reader_t *r)
{
	uint32_t place = place_of(base64url, r->text.ptr[r->at / CHARACTER_BITS]);
	if (place == ASCII_COUNT)
		r->bad = true;
	return place >> (CHARACTER_BITS - 1 - r->at++ % CHARACTER_BITS) & 1;
}

uint32_t bits_take(bits_reader_t *r, unsigned count)
{
	uint32_t value = 0;
	if (count > bits_left(r))
		r->bad = true;
	for (unsigned i = 0; i < count && !r->bad; i++)
		value = value << 1 | take_bit(r);
	return r->bad ? 0 : value;
}

void bits_put(bits_writer_t *b, uint32_t value, unsigned count)
{
	while (count-- > 0) {
		b->held = b->held << 1 | (value >> count & 1);
		if (++b->count == CHARACTER_BITS) {
			wr_u8(b->w, (uint8_t)base64url[b->held]);
			b->held = b->count = 0;
		}
	}
}

void bits_finish(bits_writer_t *b)
{
	if (b->count)
		bits_put(b, 0, CHARACTER_BITS - b->count);
}

unsigned bits_of_length(size_t max)
{
	unsigned bits = 0;
	for (; max; max >>= 1)
		bits++;
	return bits;
}

/* Numbers of more digits than a machine word holds. */

/* The standard counts ceil(digits * log2(10) + 0.01), which is never a whole number and
 * gives the empty number a bit too. */
static unsigned bits_of_digits(size_t digits)
{
	static const uint64_t log2_of_10 = 3321928094887, unit = 1000000000000;
	return (unsigned)((digits * log2_of_10 + unit / 100) / unit) + 1;
}

/* digits = 2 * digits + bit; what is carried out. */
static unsigned double_digits(uint8_t *digits, size_t len, unsigned bit)
{
	for (size_t i = len; i-- > 0;) {
		unsigned twice = 2U * digits[i] + bit;
		digits[i] = (uint8_t)(twice % 10);
		bit = twice / 10;
	}
	return bit;
}

/* digits = digits / 2; the remainder. */
static unsigned halve_digits(uint8_t *digits, size_t len)
{
	unsigned rest = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned value = 10 * rest + digits[i];
		digits[i] = (uint8_t)(value / 2);
		rest = value % 2;
	}
	return rest;
}

static void take_number(bits_reader_t *r, size_t len, writer_t *w)
{
	uint8_t digits[BITS_DIGITS_MAX] = { 0 };
	unsigned bits = bits_of_digits(len);
	if (bits > bits_left(r))
		r->bad = true;
	for (unsigned i = 0; i < bits && !r->bad; i++)
		if (double_digits(digits, len, bits_take(r, 1)))
			r->bad = true;
	for (size_t i = 0; i < len && !r->bad; i++)
		wr_u8(w, (uint8_t)('0' + digits[i]));
}

static void put_number(bits_writer_t *b, slice_t text)
{
	uint8_t digits[BITS_DIGITS_MAX] = { 0 }, bit[NUMBER_BITS_MAX];
	unsigned bits = bits_of_digits(text.len);
	for (size_t i = 0; i < text.len; i++)
		digits[i] = (uint8_t)(text.ptr[i] - '0');
	for (unsigned i = bits; i-- > 0;)
		bit[i] = (uint8_t)halve_digits(digits, text.len);
	for (unsigned i = 0; i < bits; i++)
		bits_put(b, bit[i], 1);
}

/* Texts. */

static bool has(bits_encoding_t encoding, slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (place_of(encodings[encoding].alphabet, text.ptr[i]) == ASCII_COUNT)
			return false;
	return true;
}

bits_encoding_t bits_encoding_of(slice_t text)
{
	for (size_t i = 0; text.len && i < BITS_ASCII; i++)
		if (has((bits_encoding_t)i, text))
			return (bits_encoding_t)i;
	return BITS_ASCII;
}

void bits_take_text(bits_reader_t *r, uint32_t encoding, size_t len, writer_t *w)
{
	if (encoding >= BITS_ENCODING_COUNT || len > BITS_DIGITS_MAX) {
		r->bad = true;
		return;
	}
	if (encoding == BITS_NUMERIC) {
		take_number(r, len, w);
		return;
	}
	const char *alphabet = encodings[encoding].alphabet;
	for (size_t i = 0; i < len && !r->bad; i++) {
		uint32_t place = bits_take(r, encodings[encoding].bits);
		wr_u8(w, alphabet ? (uint8_t)alphabet[place] : (uint8_t)place);
	}
}

void bits_put_text(bits_writer_t *b, bits_encoding_t encoding, slice_t text)
{
	if (text.len > BITS_DIGITS_MAX || !has(encoding, text)) {
		b->bad = true;
		return;
	}
	if (encoding == BITS_NUMERIC) {
		put_number(b, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++)
		bits_put(b, place_of(encodings[encoding].alphabet, text.ptr[i]),
		         encodings[encoding].bits);
}
