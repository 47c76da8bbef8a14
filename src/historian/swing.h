/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SWING_H
#define HISTORIAN_SWING_H
/* The swinging door: which rows of a point may be left out so that each of them lies
 * within a deviation of the line between the two that are kept around it.
 *
 * From a kept row on, the door is the range of slopes that pass every row so far within
 * the deviation. The farthest row that stands in the door itself is kept next. What is
 * left out is then held against the line as a reader computes it (OPC 10000-13, 3.1.8),
 * and a row that rounding put outside is kept.
 *
 * Kept always: what is no finite number, integers that a double does not hold, late rows,
 * any quality but good, rows that share their time, and both neighbours of each of these;
 * the first and last row, and the first and last of each type. */
#include "historian/rows.h"

enum { SWING_ROWS_MAX = 1024 };

typedef struct {
	double deviation;   /* in the unit of the point; 0: every row is kept */
	int64_t max_gap_ns; /* no farther apart than this, where there are rows; 0: any */
} swing_t;

/* Of at most SWING_ROWS_MAX rows in order: which are kept, and how many they are. */
size_t swing_keep(const swing_t *swing, const rows_t *rows, bool *ret_keep);
#endif
