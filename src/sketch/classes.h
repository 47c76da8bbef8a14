/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SKETCH_CLASSES_H
#define SKETCH_CLASSES_H
/* Counts of numbers by classes: with n bounds, ascending, there are n + 1 classes, and class
 * i holds the numbers from bound i-1 to below bound i. The bounds are the definition's and do
 * not travel with the counts: who merges knows that they are the same.
 *
 * Story: classes_clear, classes_add each number, classes_merge class by class, in any order.
 *
 * Wire and disk (version 1): version u8, count of classes u8, each count varint. */
#include "base/cursor.h"
#include "base/err.h"

enum {
	CLASSES_VERSION = 1,
	CLASSES_MAX = 64,
	CLASSES_BYTES_MAX = 2 + CLASSES_MAX * 10,
};

typedef struct {
	size_t count;
	uint64_t counts[CLASSES_MAX];
} classes_t;

/* Fewer than CLASSES_MAX bounds. */
void classes_clear(classes_t *classes, size_t bound_count);
/* `times` (samples, nanoseconds ...) at a number, which is not counted when it is NaN.
 * ERR_LIMIT: more than 64 bits hold. */
MUST_CHECK err_t classes_add(classes_t *classes, const double *bounds, double number,
                             uint64_t times);
/* ERR_CONFLICT: of another number of classes. ERR_LIMIT. Nothing is merged then. */
MUST_CHECK err_t classes_merge(classes_t *classes, const classes_t *with);
/* At most CLASSES_BYTES_MAX. */
void classes_put(const classes_t *classes, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t classes_read(slice_t bytes, classes_t *ret_classes);
#endif
