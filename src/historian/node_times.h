/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_NODE_TIMES_H
#define HISTORIAN_NODE_TIMES_H
/* The part of a block that says when its rows arrived, in whichever of three ways looks
 * the smallest; block.h has its disk form. */
#include "base/cursor.h"
#include "codec/column/column.h"
#include "historian/rows.h"

MUST_CHECK err_t node_encode(const column_kernel_t *kernel, const rows_t *rows, writer_t *w);
/* Source times and marks of `rows` are there. ERR_CORRUPT. */
MUST_CHECK err_t node_decode(const column_kernel_t *kernel, reader_t *r, rowset_t *rows);
#endif
