/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_NUM_H
#define BASE_NUM_H
/* Numbers to and from text, bits, hashing of keys, a seeded generator. */
#include "base/err.h"

/* Digits alone, no sign and no blanks. Parsers give ERR_MALFORMED for what is
 * not a number of the stated form and ERR_INVALID for one out of range. */
MUST_CHECK err_t num_parse_u64(slice_t text, uint64_t max, uint64_t *ret_value);
/* Digits with at most one leading sign. */
MUST_CHECK err_t num_parse_i64(slice_t text, int64_t *ret_value);
/* Decimal or scientific; the whole slice must be used; no inf or nan. Correctly
 * rounded; over 512 bytes is ERR_TOO_BIG. */
MUST_CHECK err_t num_parse_f64(slice_t text, double *ret_value);
/* Such a number at the head of `*text`, which is left behind it. */
MUST_CHECK err_t num_take_f64(slice_t *text, double *ret_value);
/* "500ms", "5s", "2m", "1h", "7d" to nanoseconds. */
MUST_CHECK err_t num_parse_duration(slice_t text, int64_t *ret_ns);
/* "64K", "64M", "2G" or a plain count, to bytes (powers of 1024). */
MUST_CHECK err_t num_parse_size(slice_t text, uint64_t *ret_bytes);
/* Lower-case hexadecimal; `out` holds 2*len+1 and is NUL-ended. */
void num_to_hex(slice_t bytes, char *out);
/* Blanks are skipped; ERR_MALFORMED on odd or foreign digits, ERR_TOO_BIG. */
MUST_CHECK err_t num_from_hex(slice_t text, uint8_t *out, size_t cap, size_t *ret_len);
/* Shortest text that reads back to the same double, or "nan", "inf", "-inf". */
const char *num_format_f64(double value, char buf[32]);
/* The same of a float: 0.1, and not the 0.10000000149 that it is as a double. */
const char *num_format_f32(float value, char buf[32]);
/* The digits of a number, at least so many, to end before `end`; returns where they begin. There
 * is room for 20, and for `least`. */
char *num_put_digits(char *end, uint64_t value, unsigned least);
/* The powers of ten that 64 bits hold. */
enum { NUM_TENS_COUNT = 20 };
extern const uint64_t NUM_TENS[NUM_TENS_COUNT];
/* The bits of a double, and back. */
static inline uint64_t num_bits(double number)
{
	uint64_t bits;
	memcpy(&bits, &number, sizeof(bits));
	return bits;
}
static inline double num_of_bits(uint64_t bits)
{
	double number;
	memcpy(&number, &bits, sizeof(number));
	return number;
}
/* 64-bit hash of bytes with a seed; not cryptographic. */
uint64_t num_hash(slice_t bytes, uint64_t seed);

/* xoshiro256** with SplitMix64 seeding: the simulator's and the twin's only
 * source of chance, so that a seed replays a run exactly. */
typedef struct {
	uint64_t s[4];
} rng_t;

rng_t rng_of(uint64_t seed);
uint64_t rng_next(rng_t *r);
/* Uniform in [0, below); below > 0. */
uint64_t rng_below(rng_t *r, uint64_t below);
/* Uniform in [0, 1). */
double rng_unit(rng_t *r);
/* Normal with mean 0 and deviation 1. */
double rng_normal(rng_t *r);
#endif
