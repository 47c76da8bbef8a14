/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one value: each series stays one, without the metric's name. */
#include "query/promql/functions.h"

#define DAY_S      INT64_C(86400)
#define PI         3.14159265358979323846
#define CALENDAR_S 6e10 /* about the year 3870, and as far back */

static err_t finish(eval_t *ev, matrix_t *m, err_t err, matrix_t *ret)
{
	if (!err)
		err = matrix_drop_names(ev, m);
	if (err)
		matrix_done(ev, m);
	else
		*ret = *m;
	return err;
}

err_t each_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err)
		return err;
	for (size_t i = 0; i < m.count; i++)
		for (size_t j = 0; j < m.steps; j++)
			if (!is_absent(m.rows[i].values[j]))
				m.rows[i].values[j] = call->function->each(m.rows[i].values[j]);
	return finish(ev, &m, ERR_OK, ret);
}

double each_sign(double value)
{
	return value < 0 ? -1 : value > 0 ? 1 : value;
}

double each_radians(double value)
{
	return value * PI / 180;
}

double each_degrees(double value)
{
	return value * 180 / PI;
}

/* Scalars that stand behind the vector are parameters, two at most. */
err_t param_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m, params[2] = { { 0 }, { 0 } };
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err)
		return err;
	for (size_t i = 1; i < call->arg_count && !err; i++)
		err = eval_node(ev, call->args[i], grid, &params[i - 1]);
	for (size_t i = 0; i < m.count && !err; i++)
		for (size_t j = 0; j < m.steps; j++) {
			/* What is not given is 1: the step of round. */
			double at[2] = { params[0].count ? params[0].rows[0].values[j] : 1,
				         params[1].count ? params[1].rows[0].values[j] : 1 };
			double *value = &m.rows[i].values[j];
			if (!is_absent(*value))
				*value = call->function->pick(*value, at);
		}
	matrix_done(ev, &params[0]);
	matrix_done(ev, &params[1]);
	return finish(ev, &m, err, ret);
}

/* NaN unless the other is the infinity that wins anyway. */
static double greater(double a, double b)
{
	if (a == (double)INFINITY || b == (double)INFINITY)
		return INFINITY;
	if (isnan(a) || isnan(b))
		return NAN;
	return a == b ? (signbit(a) ? b : a) : a > b ? a : b;
}

static double lesser(double a, double b)
{
	return -greater(-a, -b);
}

double param_clamp(double value, const double params[2])
{
	return params[1] < params[0] ? absent() : greater(params[0], lesser(params[1], value));
}

double param_clamp_min(double value, const double params[2])
{
	return greater(params[0], value);
}

double param_clamp_max(double value, const double params[2])
{
	return lesser(params[0], value);
}

double param_round(double value, const double params[2])
{
	double per = 1.0 / params[0];
	return floor(value * per + 0.5) / per;
}

/* Without an argument, of the time of the step. */
err_t date_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	double *values = NULL;
	err_t err = call->arg_count ? eval_node(ev, call->args[0], grid, &m)
	                            : matrix_scalar(ev, grid, &m, &values);
	if (err)
		return err;
	for (size_t j = 0; j < grid->steps && values; j++)
		values[j] = trunc((double)grid_ms(grid, j) / 1000);
	for (size_t i = 0; i < m.count; i++)
		for (size_t j = 0; j < m.steps; j++) {
			double *value = &m.rows[i].values[j];
			if (!is_absent(*value))
				*value = fabs(*value) < CALENDAR_S
				                 ? call->function->of_time((int64_t)*value)
				                 : (double)NAN;
		}
	return finish(ev, &m, ERR_OK, ret);
}

typedef struct {
	int64_t year;
	int month, day;    /* from 1 */
	int64_t first_day; /* days since 1970 of the first of January */
} civil_t;

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970 of a date of the Gregorian calendar, for years whose first month is
 * March, so that the leap day is the last of a year. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400), of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static civil_t civil_of(int64_t utc_s)
{
	int64_t days = floor_div(utc_s, DAY_S) + 719468;
	int64_t era = floor_div(days, 146097), of_era = days - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int month = (int)((5 * of_year + 2) / 153);
	civil_t civil = { .year = years + era * 400 + (month >= 10),
		          .month = month < 10 ? month + 3 : month - 9,
		          .day = (int)(of_year - (153 * month + 2) / 5) + 1 };
	civil.first_day = days_of(civil.year, 1, 1);
	return civil;
}

static int64_t of_day(int64_t utc_s)
{
	return utc_s - floor_div(utc_s, DAY_S) * DAY_S;
}

double date_minute(int64_t utc_s)
{
	return (double)(of_day(utc_s) / 60 % 60);
}

double date_hour(int64_t utc_s)
{
	int64_t hour = of_day(utc_s) / 3600;
	return (double)hour;
}

double date_day_of_month(int64_t utc_s)
{
	return civil_of(utc_s).day;
}

/* 1970 began on a Thursday; Sunday is 0. */
double date_day_of_week(int64_t utc_s)
{
	int64_t day = floor_div(utc_s, DAY_S) + 4;
	return (double)(day - floor_div(day, 7) * 7);
}

double date_day_of_year(int64_t utc_s)
{
	return (double)(floor_div(utc_s, DAY_S) - civil_of(utc_s).first_day + 1);
}

double date_days_in_month(int64_t utc_s)
{
	civil_t civil = civil_of(utc_s);
	int64_t next = civil.month == 12 ? days_of(civil.year + 1, 1, 1)
	                                 : days_of(civil.year, civil.month + 1, 1);
	return (double)(next - days_of(civil.year, civil.month, 1));
}

double date_month(int64_t utc_s)
{
	return civil_of(utc_s).month;
}

double date_year(int64_t utc_s)
{
	return (double)civil_of(utc_s).year;
}
