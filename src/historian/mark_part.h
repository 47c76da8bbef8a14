/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MARK_PART_H
#define HISTORIAN_MARK_PART_H
/* The part of a block that says how good its rows are, which came late and of what type
 * they are; block.h has its disk form. */
#include "base/cursor.h"
#include "codec/column/column.h"
#include "historian/rows.h"

void mark_encode(const column_kernel_t *kernel, const rows_t *rows, writer_t *w);
/* ERR_CORRUPT, also for types and marks that there are not. */
MUST_CHECK err_t mark_decode(const column_kernel_t *kernel, reader_t *r, rowset_t *rows);
#endif
