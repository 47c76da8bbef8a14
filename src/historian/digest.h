/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_DIGEST_H
#define HISTORIAN_DIGEST_H
/* Summaries of rows: made from columns, pass by pass, and kept in few bytes.
 *
 * What the rows of a block usually are is not said: that all are usable numbers of one
 * type, good and in time; that they stand equally far apart, from which the areas follow;
 * that numbers are short decimals.
 *
 * Disk form: flags u8; type u8; e u8, a power of ten that divides every time below (times
 * are varints of 10^e ns from the first row). Unless PLAIN: usable, uncertain, bad, late
 * varint; worst u8; the outer rows, first and last, each type u8, quality u8, bits; the
 * usable ones, first and last, if any, each time, type, quality, bits; usable, uncertain,
 * bad time. If PLAIN: if LATE late varint; bits of first
 * and last row, or with DECIMALS (decimals.h) all numbers but areas. With usable rows: min,
 * max, sum, m2 as numbers unless DECIMALS, times of min and max, and of how many rows they are,
 * varints. Zero time unless NO_ZERO; longest span; transitions,
 * resets varint; increase unless DECIMALS; unless EVEN stepped and sloped area.
 * Behind all, with BOUND, the bound as a number, above 0 and finite.
 * A number: u8 k of 0..9, digits zig-zag: digits / 10^k; u8 10: float32; u8 11: float64.
 * Bits: of a float64 its number, else varint; of a text 0. */
#include "base/cursor.h"
#include "historian/rows.h"
#include "model/summary.h"

enum { DIGEST_BYTES_MAX = 400, DIGEST_ROWS_MAX = 1024 };

/* Of rows in order, one at least. */
summary_t digest_rows(const rows_t *rows);
void digest_encode(const summary_t *s, writer_t *w);
/* Count and ends' times stand elsewhere; sets r->bad on nonsense. */
summary_t digest_decode(reader_t *r, uint64_t count, int64_t first_ns, int64_t last_ns);
#endif
