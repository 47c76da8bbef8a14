/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/functions.h"

#define EACH(word, fn, text) \
	{ \
		.name = word, .takes = "v", .gives = PROMQL_VECTOR, .what = text, \
		.eval = each_eval, .each = fn \
	}
#define PARAM(word, args, fn, text) \
	{ \
		.name = word, .takes = args, .gives = PROMQL_VECTOR, .what = text, \
		.eval = param_eval, .pick = fn \
	}
#define DATE(word, fn, text) \
	{ \
		.name = word, .takes = "v?", .gives = PROMQL_VECTOR, .what = text, \
		.eval = date_eval, .of_time = fn \
	}
#define FOLD(word, fn, needs, text) \
	{ \
		.name = word, .takes = "m", .gives = PROMQL_VECTOR, .what = text, \
		.eval = window_eval, .fold = fn, .need = FOLD_##needs \
	}
#define WALK(word, args, fn, text) \
	{ \
		.name = word, .takes = args, .gives = PROMQL_VECTOR, .what = text, \
		.eval = window_eval, .walk = fn \
	}
#define OTHER(word, args, type, fn, text) \
	{ \
		.name = word, .takes = args, .gives = PROMQL_##type, .what = text, .eval = fn \
	}

static const function_t functions[] = {
	/* Over a window of samples. */
	FOLD("rate", kernel_rate, RISE, "mean rise of a counter per second, resets undone"),
	FOLD("increase", kernel_increase, RISE, "rise of a counter, resets undone"),
	FOLD("delta", kernel_delta, ENDS, "difference of a gauge between the ends of the window"),
	FOLD("irate", kernel_irate, NEWEST, "rise per second between the last two samples"),
	FOLD("idelta", kernel_idelta, NEWEST, "difference of the last two samples"),
	FOLD("changes", kernel_changes, ENDS, "how often the value changed"),
	FOLD("resets", kernel_resets, ENDS, "how often the value fell"),
	FOLD("avg_over_time", kernel_avg, SUM, "mean of the samples"),
	FOLD("min_over_time", kernel_min, ENDS, "least sample"),
	FOLD("max_over_time", kernel_max, ENDS, "greatest sample"),
	FOLD("sum_over_time", kernel_sum, SUM, "sum of the samples"),
	FOLD("count_over_time", kernel_count, ENDS, "how many samples"),
	FOLD("last_over_time", kernel_last, ENDS, "newest sample"),
	FOLD("present_over_time", kernel_present, ENDS, "1 where there is a sample"),
	{ .name = "absent_over_time",
	  .takes = "m",
	  .gives = PROMQL_VECTOR,
	  .what = "1 where no series has a sample",
	  .eval = window_absent_eval,
	  .fold = kernel_present },
	WALK("stddev_over_time", "m", kernel_stddev, "standard deviation of the samples"),
	WALK("stdvar_over_time", "m", kernel_stdvar, "variance of the samples"),
	WALK("quantile_over_time", "sm", kernel_quantile, "quantile of the samples"),
	WALK("deriv", "m", kernel_deriv, "slope per second of the line of least squares"),
	WALK("predict_linear", "ms", kernel_predict_linear, "that line so many seconds ahead"),
	/* Of each value. */
	EACH("abs", fabs, "without sign"),
	EACH("ceil", ceil, "next whole number above"),
	EACH("floor", floor, "next whole number below"),
	EACH("sqrt", sqrt, "square root"),
	EACH("exp", exp, "power of e"),
	EACH("ln", log, "natural logarithm"),
	EACH("log2", log2, "logarithm to base 2"),
	EACH("log10", log10, "logarithm to base 10"),
	EACH("sgn", each_sign, "-1, 0 or 1 by the sign"),
	EACH("sin", sin, "sine"),
	EACH("cos", cos, "cosine"),
	EACH("tan", tan, "tangent"),
	EACH("asin", asin, "arc sine"),
	EACH("acos", acos, "arc cosine"),
	EACH("atan", atan, "arc tangent"),
	EACH("sinh", sinh, "hyperbolic sine"),
	EACH("cosh", cosh, "hyperbolic cosine"),
	EACH("tanh", tanh, "hyperbolic tangent"),
	EACH("asinh", asinh, "inverse hyperbolic sine"),
	EACH("acosh", acosh, "inverse hyperbolic cosine"),
	EACH("atanh", atanh, "inverse hyperbolic tangent"),
	EACH("rad", each_radians, "degrees to radians"),
	EACH("deg", each_degrees, "radians to degrees"),
	PARAM("round", "vs?", param_round, "to the nearest multiple, of 1 unless told"),
	PARAM("clamp", "vss", param_clamp, "kept between two bounds; nothing when they cross"),
	PARAM("clamp_min", "vs", param_clamp_min, "kept from falling below a bound"),
	PARAM("clamp_max", "vs", param_clamp_max, "kept from rising above a bound"),
	/* Of a time in seconds, UTC; without argument of the time asked for. */
	DATE("minute", date_minute, "minute of the hour"),
	DATE("hour", date_hour, "hour of the day"),
	DATE("day_of_month", date_day_of_month, "day of the month, from 1"),
	DATE("day_of_week", date_day_of_week, "day of the week, Sunday is 0"),
	DATE("day_of_year", date_day_of_year, "day of the year, from 1"),
	DATE("days_in_month", date_days_in_month, "days the month has"),
	DATE("month", date_month, "month of the year, from 1"),
	DATE("year", date_year, "year"),
	/* Between scalars and vectors, and what is there. */
	OTHER("time", "", SCALAR, time_eval, "the time asked for, in seconds"),
	OTHER("pi", "", SCALAR, pi_eval, "3.14159..."),
	OTHER("scalar", "v", SCALAR, scalar_eval, "the only value, or NaN"),
	OTHER("vector", "s", VECTOR, vector_eval, "a series without labels"),
	OTHER("timestamp", "v", VECTOR, timestamp_eval, "when the sample was, in seconds"),
	OTHER("absent", "v", VECTOR, absent_eval, "1 where there is no series"),
	OTHER("sort", "v", VECTOR, sort_eval, "by value, least first"),
	OTHER("sort_desc", "v", VECTOR, sort_eval, "by value, greatest first"),
	/* Labels and buckets. */
	OTHER("label_replace", "vtttt", VECTOR, replace_eval,
	      "a label made of another by a regular expression"),
	OTHER("label_join", "vttt*", VECTOR, join_eval, "a label made of others"),
	OTHER("histogram_quantile", "sv", VECTOR, histogram_eval,
	      "quantile of buckets, between their bounds linear"),
};

const function_t *function_find(slice_t name)
{
	for (size_t i = 0; i < function_count(); i++)
		if (slice_eq(name, slice_str(functions[i].name)))
			return &functions[i];
	return NULL;
}

size_t function_count(void)
{
	return sizeof(functions) / sizeof(*functions);
}

const function_t *function_at(size_t i)
{
	return &functions[i];
}
