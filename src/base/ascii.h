/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H
/* What kind of character a byte is, in ASCII and whatever the locale: names, codes and
 * numbers of the wire are of these alone. A byte of a longer UTF-8 sequence is none. */
#include "base/slice.h"

static inline bool ascii_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool ascii_is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static inline uint8_t ascii_fold_lower(uint8_t c)
{
	return ascii_is_upper(c) ? (uint8_t)(c - 'A' + 'a') : c;
}

static inline bool ascii_is_letter(uint8_t c)
{
	return ascii_is_upper(c) || ascii_is_lower(c);
}

static inline bool ascii_is_alnum(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_letter(c);
}

static inline bool ascii_is_hex(uint8_t c)
{
	return ascii_is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* The empty text is of any kind. */
static inline bool ascii_all(slice_t text, bool (*is)(uint8_t c))
{
	size_t i = 0;
	while (i < text.len && is(text.ptr[i]))
		i++;
	return i == text.len;
}

static inline bool ascii_is_digits(slice_t text)
{
	return ascii_all(text, ascii_is_digit);
}

/* Letters, digits and what stands in `more`. */
static inline bool ascii_is_word(slice_t text, slice_t more)
{
	size_t i = 0;
	while (i < text.len &&
	       (ascii_is_alnum(text.ptr[i]) || slice_find(more, text.ptr[i]) < more.len))
		i++;
	return i == text.len;
}
#endif
