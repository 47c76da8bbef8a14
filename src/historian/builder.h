/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_BUILDER_H
#define HISTORIAN_BUILDER_H
/* Writes one segment, point after point.
 *
 * Story: builder_new, then for each point builder_begin, builder_add with its rows in
 * order, builder_end; points of one group one after another, so that they share columns
 * of times and marks. builder_finish gives the file its name when it is synced; the name
 * is durable when the folder is. Without it builder_free removes what there is.
 *
 * Memory: the rows of a block, what is not written yet, the directory, and the columns
 * lately seen. FILES loop. */
#include "historian/segment.h"
#include "historian/swing.h"

typedef struct builder builder_t;

typedef struct {
	const char *dir;
	segment_info_t info; /* id, level, class, whether coded, window */
	bool has_summaries;
} builder_spec_t;

MUST_CHECK err_t builder_new(env_t *env, const builder_spec_t *spec, builder_t **ret_builder);
/* The next point and how its values were last encoded, which is kept up. */
MUST_CHECK err_t builder_begin(builder_t *builder, point_id_t point, column_hint_t *hint);
/* The rows of each block of this point pass the door when its summary has been made of all
 * of them, unless the block would not be smaller: its times are no longer those of the points
 * it is read with. Without summaries none is left out. */
void builder_swing(builder_t *builder, const swing_t *swing);
/* Rows of a block as they were kept, with what its page said of them, as a block. Errors as
 * below. */
MUST_CHECK err_t builder_copy(builder_t *builder, const rows_t *rows, const page_child_t *child);
/* Rows in order, behind those before. ERR_DISK_FULL, ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK err_t builder_add(builder_t *builder, const rows_t *rows);
MUST_CHECK err_t builder_end(builder_t *builder);
/* *ret_info is whole. A failure leaves nothing behind, or a file without readers. */
MUST_CHECK err_t builder_finish(builder_t *builder, segment_info_t *ret_info);
uint64_t builder_rows(const builder_t *builder);
/* How many the door has left out. */
uint64_t builder_left_out(const builder_t *builder);
void builder_free(builder_t *builder);
#endif
