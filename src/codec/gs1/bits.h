/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_BITS_H
#define CODEC_GS1_BITS_H
/* Bits, and texts as bits, in the base64url characters of a compressed Digital Link: six
 * bits a character, the highest first. For the files of this room.
 *
 * Like the cursor, both sides have a sticky error: do all reads, then look at `bad`. */
#include "base/cursor.h"

enum {
	BITS_TAKE_MAX = 16,
	BITS_DIGITS_MAX = 127, /* of one number; its length has seven bits */
	BITS_ENCODING = 3,     /* the bits that say which of bits_encoding_t it is */
};

typedef struct {
	slice_t text;
	size_t at; /* in bits */
	bool bad;
} bits_reader_t;

/* At most BITS_TAKE_MAX bits; 0 and bad when fewer are left, or a character is none of
 * base64url. */
uint32_t bits_take(bits_reader_t *r, unsigned count);
size_t bits_left(const bits_reader_t *r);

typedef struct {
	writer_t *w;
	uint32_t held; /* the lowest `count` bits wait for their character */
	unsigned count;
	bool bad; /* a text that no encoding has */
} bits_writer_t;

void bits_put(bits_writer_t *b, uint32_t value, unsigned count);
/* Fills the last character with zeros. */
void bits_finish(bits_writer_t *b);

/* As the standard numbers them. */
typedef enum {
	BITS_NUMERIC,
	BITS_HEX_LOWER,
	BITS_HEX_UPPER,
	BITS_BASE64URL,
	BITS_ASCII,
	BITS_ENCODING_COUNT
} bits_encoding_t;

/* The first encoding that has every character; none at all is ASCII. */
bits_encoding_t bits_encoding_of(slice_t text);
/* `len` characters, at most BITS_DIGITS_MAX. An encoding that is none is bad, and so is a
 * number of more than `len` digits. */
void bits_take_text(bits_reader_t *r, uint32_t encoding, size_t len, writer_t *w);
void bits_put_text(bits_writer_t *b, bits_encoding_t encoding, slice_t text);

/* The bits that hold any number up to `max`. */
unsigned bits_of_length(size_t max);
#endif
