/* SPDX-License-Identifier: Apache-2.0 */
/* What the bounds of a question mean to a table. */
#include <math.h>

#include "query/sql/state.h"

static const err_text_t text_time = {
	{ "'%1' is no time here: a column of times holds nanoseconds",
	  "“%1”在此不是时间：时间列以纳秒计" },
	{ "write ns('2026-03-01T00:00:00Z')", "请写作 ns('2026-03-01T00:00:00Z')" },
};

const value_t *sql_bound_equal(const env_sql_bound_t *bounds, size_t count, size_t column)
{
	for (size_t i = 0; i < count; i++)
		if (bounds[i].column == column && bounds[i].op == ENV_SQL_EQ)
			return &bounds[i].value;
	return NULL;
}

/* The integers around a number that was compared with. */
static bool around(const value_t *value, int64_t *ret_floor, int64_t *ret_ceiling)
{
	double number = 0;
	if (value->type == VALUE_I64) {
		*ret_floor = *ret_ceiling = value->as.i;
		return true;
	}
	if (!value_number(value, &number) || isnan(number))
		return false;
	/* Doubles this large are whole, and beyond what a time can be. */
	*ret_floor = number < -9.2e18  ? INT64_MIN
	             : number > 9.2e18 ? INT64_MAX
	                               : (int64_t)floor(number);
	*ret_ceiling = number < -9.2e18  ? INT64_MIN
	               : number > 9.2e18 ? INT64_MAX
	                                 : (int64_t)ceil(number);
	return true;
}

static int64_t behind(int64_t number)
{
	return number == INT64_MAX ? number : number + 1;
}

/* Whole numbers on the right side of one between `below` and `above`. */
static void narrow(env_sql_op_t op, int64_t below, int64_t above, int64_t range[2])
{
	int64_t from = range[0], to = range[1];
	if (op == ENV_SQL_EQ || op == ENV_SQL_GE)
		from = above;
	if (op == ENV_SQL_GT)
		from = behind(below);
	if (op == ENV_SQL_EQ || op == ENV_SQL_LE)
		to = behind(below);
	if (op == ENV_SQL_LT)
		to = above;
	range[0] = from > range[0] ? from : range[0];
	range[1] = to < range[1] ? to : range[1];
}

err_t sql_bound_range(sql_t *sql, const env_sql_bound_t *bounds, size_t count, size_t column,
                      int64_t range[2])
{
	for (size_t i = 0; i < count; i++) {
		int64_t below = 0, above = 0;
		if (bounds[i].column != column)
			continue;
		if (bounds[i].value.type == VALUE_TEXT)
			return sql_give_up(sql, ERR_INVALID, &text_time, bounds[i].value.as.text);
		if (around(&bounds[i].value, &below, &above))
			narrow(bounds[i].op, below, above, range);
		else
			range[1] = range[0]; /* nothing compares with NULL */
	}
	return ERR_OK;
}

err_t sql_time_of(const value_t *value, int64_t *ret_ns)
{
	int64_t above;
	if (value->type == VALUE_TEXT)
		return time_parse(value->as.text, ret_ns) ? ERR_INVALID : ERR_OK;
	return around(value, ret_ns, &above) ? ERR_OK : ERR_INVALID;
}
