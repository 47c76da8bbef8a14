/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_RISING_H
#define CODEC_COLUMN_RISING_H
/* Few numbers that rise, such as places of rows or times of arrival, by what lies between
 * them: where they lie by chance, in hardly more bits than that takes.
 *
 * Disk form: u8 k, 0..63; then a stream of bits, lowest first, filled up to a whole byte. For
 * each number what lies between it and its forerunner (of the first, in front of it): its
 * part above the lowest k bits as so many ones and a zero, then the lowest k bits. */
#include "base/cursor.h"

/* Strictly rising. Sets w->bad when there is no room. */
void rising_put(const uint64_t *numbers, size_t count, writer_t *w);
/* Sets r->bad on what is cut or passes the greatest number. */
void rising_get(reader_t *r, size_t count, uint64_t *ret_numbers);
#endif
