/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_WINDOW_H
#define QUERY_PROMQL_WINDOW_H
/* Functions of a window of samples, one window a step. Those that can be told from a
 * fold are kernels of folds; the others walk over the window's samples. */
#include "query/promql/eval.h"
#include "query/promql/fold.h"
#include "query/promql/read.h"

/* Where a window lies and what else a kernel is told. */
typedef struct {
	int64_t from_ms, to_ms; /* both in it */
	int64_t at_ms;          /* of the step */
	double param;
	double *scratch; /* of a walk: room for a value a point */
} frame_t;

/* A value, or absent(). */
typedef double fold_kernel_t(const fold_t *fold, const frame_t *frame);
typedef double walk_kernel_t(const point_t *points, size_t count, const frame_t *frame);

/* The argument that is a range vector, or NULL. */
const node_t *window_range(const node_t *call);
MUST_CHECK err_t window_eval(eval_t *ev, const node_t *call, const grid_t *grid,
                             matrix_t *ret_matrix);
MUST_CHECK err_t window_absent_eval(eval_t *ev, const node_t *call, const grid_t *grid,
                                    matrix_t *ret_matrix);

/* kernels.c */
double kernel_rate(const fold_t *f, const frame_t *frame);
double kernel_increase(const fold_t *f, const frame_t *frame);
double kernel_delta(const fold_t *f, const frame_t *frame);
double kernel_irate(const fold_t *f, const frame_t *frame);
double kernel_idelta(const fold_t *f, const frame_t *frame);
double kernel_changes(const fold_t *f, const frame_t *frame);
double kernel_resets(const fold_t *f, const frame_t *frame);
double kernel_count(const fold_t *f, const frame_t *frame);
double kernel_sum(const fold_t *f, const frame_t *frame);
double kernel_avg(const fold_t *f, const frame_t *frame);
double kernel_min(const fold_t *f, const frame_t *frame);
double kernel_max(const fold_t *f, const frame_t *frame);
double kernel_last(const fold_t *f, const frame_t *frame);
double kernel_present(const fold_t *f, const frame_t *frame);
double kernel_deriv(const point_t *points, size_t count, const frame_t *frame);
double kernel_predict_linear(const point_t *points, size_t count, const frame_t *frame);
double kernel_stddev(const point_t *points, size_t count, const frame_t *frame);
double kernel_stdvar(const point_t *points, size_t count, const frame_t *frame);
double kernel_quantile(const point_t *points, size_t count, const frame_t *frame);
#endif
