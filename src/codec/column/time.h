/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_TIME_H
#define CODEC_COLUMN_TIME_H
/* Times as bytes: clocks tick in units far longer than the nanosecond, so what is written
 * is the first time, the unit, and whole numbers of units since; nothing more when the
 * times are regular. Arrays as in whole.h. */
#include "codec/column/whole.h"

void time_put(const column_kernel_t *kernel, const uint64_t *ns, size_t n, writer_t *w);
void time_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret_ns);
#endif
