/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_FUNCTIONS_H
#define QUERY_PROMQL_FUNCTIONS_H
/* The table of functions: names, types, what each does for the reader of doc/promql.md
 * (a test compares), and who answers it. */
#include "query/promql/eval.h"
#include "query/promql/window.h"

struct function {
	const char *name;
	const char *takes; /* a signature, check.c */
	promql_type_t gives;
	const char *what;
	evaluator_t *eval;
	double (*each)(double value);                         /* of each_eval */
	double (*of_time)(int64_t utc_s);                     /* of date_eval */
	double (*pick)(double value, const double params[2]); /* of param_eval */
	fold_kernel_t *fold;                                  /* of window_eval: this or walk */
	fold_need_t need;
	walk_kernel_t *walk;
};

/* NULL when there is none of this name. */
const function_t *function_find(slice_t name);
size_t function_count(void);
const function_t *function_at(size_t i);

/* each.c: element by element. */
MUST_CHECK err_t each_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t param_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t date_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
double each_sign(double value);
double each_radians(double value);
double each_degrees(double value);
double param_clamp(double value, const double params[2]);
double param_clamp_min(double value, const double params[2]);
double param_clamp_max(double value, const double params[2]);
double param_round(double value, const double params[2]);
double date_minute(int64_t utc_s);
double date_hour(int64_t utc_s);
double date_day_of_month(int64_t utc_s);
double date_day_of_week(int64_t utc_s);
double date_day_of_year(int64_t utc_s);
double date_days_in_month(int64_t utc_s);
double date_month(int64_t utc_s);
double date_year(int64_t utc_s);
/* shape.c: between scalars and vectors, order, and what is not there. */
MUST_CHECK err_t time_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t pi_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t scalar_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t vector_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t timestamp_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t sort_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t absent_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
/* relabel.c */
MUST_CHECK err_t replace_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
MUST_CHECK err_t join_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
/* histogram.c */
MUST_CHECK err_t histogram_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret);
#endif
