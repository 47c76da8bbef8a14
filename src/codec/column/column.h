/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_H
#define CODEC_COLUMN_H
/* The historian's block codec: up to 1024 times, values or bytes of one series as a
 * column, and back, bit for bit. Pure: arrays in, bytes out; no allocation, no world.
 * column.md describes every byte.
 *
 * Story: the store asks column_kernel() once for the code of its machine, keeps a hint
 * per series (zero at first; the point's scaling may be put in), and writes the columns of
 * a block one after another into one writer: times, values, qualities. How many rows the
 * block has it keeps itself. A scan reads them back in the same order from one reader.
 * Each column says its kind and format in its first byte and knows its own length, so
 * column_skip() passes over one that nobody wants.
 *
 * How it is small: integers are kept as what they differ from a constant, a ramp, their
 * forerunner or the forerunner's difference, or as steps, whichever is smallest; few bits
 * each, and the odd large one apart. Doubles become integers first where that is exact:
 * decimals, whole multiples of the point's scale, float32, or those and a few units of the
 * last place. Noise loses what its leading bits have in common. Who has time codes the few
 * bits by how often they come (column_kernel_coding).
 *
 * How it is exact: an encoder decodes what it wrote and compares; what does not come back
 * bit for bit is stored as it is. NaNs keep their payload, zeros their sign.
 *
 * How it is fast: one kernel file is compiled for each kind of processor (isa_t). All give
 * the same bytes and the same values, so that blocks travel.
 *
 * Shapes: `n` is 1..COLUMN_ROWS; more or none is a bug in an encoder and ERR_CORRUPT in a
 * decoder (it may have come from a disk). Encoders take a writer with COLUMN_BYTES_MAX
 * bytes of room and set its `bad` if there is less. Decoders take from the reader what is
 * theirs and write n rows, or return
 *   ERR_CORRUPT       not what an encoder wrote: cut, of another kind, senseless;
 *   ERR_NEWER_FORMAT  written by a newer version;
 * and then the rows and the place of the reader are not to be used.
 *
 * Threads: any; a hint belongs to one at a time. Stack: some 130 KiB to encode,
 * 60 to decode.
 *
 * Caveats: no checksum here. A column of senseless bytes gives ERR_CORRUPT or senseless
 * rows; the block that holds it carries the CRC. The kernels are for little-endian
 * machines. A kernel must not be used on a machine below its kind. */
#include "base/cursor.h"
#include "base/err.h"
#include "base/isa.h"

enum {
	COLUMN_ROWS = 1024,
	/* The longest column of any kind: as it is, and its head. */
	COLUMN_BYTES_MAX = 8 * COLUMN_ROWS + 64,
};

typedef struct column_kernel column_kernel_t;

/* The code for a kind of processor, or for the nearest lower one that this build has.
 * Constant, never NULL. */
const column_kernel_t *column_kernel(isa_t isa);
/* The same whose encoders take their time, for what is written once and seldom read: small
 * numbers are coded by how often they come where that saves enough of them. What any kernel
 * reads then takes some two nanoseconds a row. */
const column_kernel_t *column_kernel_coding(isa_t isa);
/* For whom it was compiled. */
isa_t column_kernel_isa(const column_kernel_t *kernel);

/* Of a column, in its first byte. */
typedef enum {
	COLUMN_TIME, /* int64, nanoseconds UTC */
	COLUMN_INT,  /* int64 */
	COLUMN_UINT, /* uint64; booleans are 0 and 1 */
	COLUMN_REAL, /* float64 */
	COLUMN_F32,  /* float32 */
	COLUMN_BYTE, /* qualities, types */
	COLUMN_TEXT, /* which text of a dictionary */
	COLUMN_KINDS,
} column_kind_t;

/* What is remembered of a series so that its next block is quickly encoded: it changes
 * how many they are, never what is read back. Zero it and, for a point that has one, set the
 * scaling its values were made with: value = whole number * scale + offset. */
typedef struct {
	double scale, offset; /* scale 0: none known */
	/* Kept by the encoder. */
	double found_scale;          /* of values that looked like multiples of it */
	uint8_t form, first, second; /* of the last choice, and its parameters */
	uint16_t patience;           /* blocks until it is thought over */
	uint16_t rows, bits, lost;   /* at the choice: rows, bits of 16, doubles listed */
} column_hint_t;

void column_time_encode(const column_kernel_t *kernel, const int64_t *ns, size_t n, writer_t *w);
MUST_CHECK
err_t column_time_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_ns);

void column_int_encode(const column_kernel_t *kernel, const int64_t *values, size_t n, writer_t *w);
MUST_CHECK
err_t column_int_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_values);

void column_uint_encode(const column_kernel_t *kernel, const uint64_t *values, size_t n,
                        writer_t *w);
MUST_CHECK
err_t column_uint_decode(const column_kernel_t *kernel, reader_t *r, size_t n,
                         uint64_t *ret_values);

/* Doubles as their 64 bits. */
void column_real_encode(const column_kernel_t *kernel, const uint64_t *bits, size_t n,
                        column_hint_t *hint, writer_t *w);
MUST_CHECK
err_t column_real_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits);

/* Floats as their 32 bits. */
void column_f32_encode(const column_kernel_t *kernel, const uint32_t *bits, size_t n,
                       column_hint_t *hint, writer_t *w);
MUST_CHECK
err_t column_f32_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint32_t *ret_bits);

void column_byte_encode(const column_kernel_t *kernel, const uint8_t *bytes, size_t n, writer_t *w);
MUST_CHECK
err_t column_byte_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t *ret_bytes);

/* Texts: which of the different ones each is, and those as strings of base/cursor.h in the
 * order of first appearance, for the caller to compress and keep. Decoded texts borrow the
 * dictionary; ERR_CORRUPT when it lacks one or holds anything else. */
void column_text_encode(const column_kernel_t *kernel, const slice_t *texts, size_t n, writer_t *w,
                        writer_t *dictionary);
MUST_CHECK
err_t column_text_decode(const column_kernel_t *kernel, reader_t *r, size_t n, slice_t dictionary,
                         slice_t *ret_texts);

/* The kind of the next column, which stays to be read; ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK
err_t column_kind(const reader_t *r, column_kind_t *ret_kind);
/* Passes over a column of any kind without decoding it. */
MUST_CHECK
err_t column_skip(reader_t *r);

/* For scans: a column of ints, uints, reals or floats as numbers (whole numbers beyond
 * 2^53 rounded to the nearest double), or as model/value.h's 64 bits (of a float the
 * lower 32 are its own). */
MUST_CHECK
err_t column_numbers_decode(const column_kernel_t *kernel, reader_t *r, size_t n,
                            double *ret_numbers);
MUST_CHECK
err_t column_bits_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits);

/* Of the numbers that are none of them NaN. With count 0 min and max are +inf and -inf.
 * The sum is of 16 partial sums in a fixed order, so that every kernel gives the same. */
typedef struct {
	double sum, min, max;
	size_t count;
} column_fold_t;
/* n: 0..COLUMN_ROWS. */
column_fold_t column_fold(const column_kernel_t *kernel, const double *numbers, size_t n);
#endif
