/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "query/promql/fixture_test.h"
#include "query/promql/functions.h"

enum { WHY_MAX = 512 };

static int open_shop(void **state)
{
	*state = shop_new();
	return 0;
}

static int close_shop(void **state)
{
	shop_free(*state);
	return 0;
}

/* The failure as a person reads it; "" when the text is a query. */
static const char *trouble(const char *text, char why[WHY_MAX])
{
	promql_t *query = NULL;
	err_detail_t detail;
	why[0] = 0;
	if (promql_parse(slice_str(text), &query, &detail))
		(void)err_render(&detail, LANG_EN, why, WHY_MAX);
	promql_free(query);
	return why;
}

/* A text, and what is wrong with it. */
static const char *const no_queries[][2] = {
	{ "", "1:1: the end of the query cannot stand here; expected is an expression" },
	{ "sum(", "1:5: the end of the query cannot stand here; expected is an expression" },
	{ "x +\n  * 2", "2:3: * cannot stand here; expected is an expression" },
	{ "x{a=b}", "1:5: b cannot stand here; expected is a string" },
	{ "x{a=\"b\" c=\"d\"}", "1:9: c cannot stand here; expected is , or }" },
	{ "x{a?\"b\"}", "1:4: ?: there is a character that no query has" },
	{ "x{a=\"b", "1:5: \"b: a string is not closed" },
	{ "x{a=~\"(\"}", "1:1: the regular expression ( cannot be read" },
	{ "x{a=\"\\q\"}", "1:5: the string \"\\q\" has an escape that is not known" },
	{ "{a=~\".*\"}", "1:1: the selector would take every series: one matcher at least "
	                 "must not hold for an empty value" },
	{ "x{__name__=\"y\"}", "1:1: the metric is named twice: y" },
	{ "nothing(x)", "1:1: there is no function called nothing. doc/promql.md lists those "
	                "that are here" },
	{ "rate(x)", "1:6: expected is a range vector" },
	{ "abs(x, x)", "1:1: abs has the wrong number of arguments" },
	{ "clamp(x)", "1:1: clamp has the wrong number of arguments" },
	{ "abs(x,)", "1:7: ) cannot stand here; expected is an expression" },
	{ "x[5m", "1:5: the end of the query cannot stand here; expected is ]" },
	{ "x[5]", "1:3: 5 cannot stand here; expected is a duration" },
	{ "x[5q]", "1:3: 5q is no duration above 0. write it as 5m, 1h30m or 250ms" },
	{ "x[1m1h]", "1:3: 1m1h is no duration above 0. write it as 5m, 1h30m or 250ms" },
	{ "x[0s]", "1:3: 0s is no duration above 0. write it as 5m, 1h30m or 250ms" },
	{ "(x)[5m]", "1:4: a range can be of a selector alone, without offset or time before "
	             "it" },
	{ "x offset 1m [5m]", "1:13: a range can be of a selector alone, without offset or "
	                      "time before it" },
	{ "x offset 1m offset 2m", "1:13: offset is given twice" },
	{ "sum(x) @ 5", "1:8: @ must follow a selector or a subquery" },
	{ "x @ start", "1:10: the end of the query cannot stand here; expected is (" },
	{ "x @ nan", "1:5: the time behind @ is no number in range" },
	{ "x[5m][5m:1m]", "1:1: a subquery must be of an instant vector" },
	{ "1 == 2", "1:3: the comparison == of two scalars needs bool" },
	{ "x + bool y", "1:3: bool goes with comparisons only, not with +" },
	{ "1 and x", "1:3: and works on instant vectors only" },
	{ "x[5m] + 1", "1:7: the operands of + must be scalars or instant vectors" },
	{ "x and on(a) group_left y", "1:3: and takes no group_left or group_right" },
	{ "x + on(a) 1", "1:3: labels are matched between two instant vectors only" },
	{ "x + on(a) group_left(a) y", "1:3: the label a stands in on and in the group at "
	                               "once" },
	{ "x + on y", "1:8: y cannot stand here; expected is (" },
	{ "sum by (1) (x)", "1:9: 1 is no label name" },
	{ "sum(x, x)", "1:1: sum has the wrong number of arguments" },
	{ "topk(x, x)", "1:6: expected is a scalar" },
	{ "-\"a\"", "1:1: a sign must stand before a scalar or an instant vector" },
	{ "x y", "1:3: y cannot stand here; expected is an operator or the end" },
	{ "x)", "1:2: ) cannot stand here; expected is an operator or the end" },
	{ "1a", "1:1: 1a cannot stand here; expected is an expression" },
	{ "x =~ y", "1:3: =~ cannot stand here; expected is an operator or the end" },
	{ "bool", "1:1: bool cannot stand here; expected is an expression" },
};

static void what_is_no_query_is_told_with_its_place(void **state)
{
	char why[WHY_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(no_queries) / sizeof(*no_queries); i++)
		assert_string_equal(trouble(no_queries[i][0], why), no_queries[i][1]);
}

static void words_that_are_keywords_name_metrics_and_labels_too(void **state)
{
	static const char *const rows[] = {
		"sum",
		"sum{by=\"x\"}",
		"offset offset 5m",
		"SUM(x) BY (on, bool)",
		"and and or",
		"x{sum=\"a\",}",
		"a:b:c{x='y'}",
		"sum by (a,) (x) # a comment",
		"x @ -1.5",
		"x[1y2w3d4h5m6s7ms]",
		"x{a=`\\d+`}",
		"inf + NaN",
		"start{end=\"a\"} @ end()",
		"x[5m:] offset -1h @ start()",
		"-x ^ -y * +z",
	};
	char why[WHY_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(trouble(rows[i], why), "");
}

static void depth_and_length_have_a_limit(void **state)
{
	char text[8192], why[WHY_MAX];
	(void)state;
	memset(text, '(', 200);
	(void)snprintf(text + 200, sizeof(text) - 200, "x");
	assert_non_null(strstr(trouble(text, why), "nested more than 100 deep"));
	size_t len = 0;
	for (int i = 0; i < 120; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "x+");
	(void)snprintf(text + len, sizeof(text) - len, "x");
	assert_non_null(strstr(trouble(text, why), "nested more than 100 deep"));
	char *longer = calloc(1, PROMQL_TEXT_MAX + 2);
	memset(longer, 'x', PROMQL_TEXT_MAX + 1);
	assert_non_null(strstr(trouble(longer, why), "longer than 16 KiB"));
	free(longer);
}

/* A series "x" with a value each second, 0, 1, 2... */
static shop_series_t *ramp(shop_t *shop, const char *name, size_t count)
{
	shop_series_t *s = shop_series(shop, slice_str(name));
	for (size_t i = 0; i < count; i++)
		shop_add(s, (int64_t)i * 1000, (double)i, QUALITY_OK);
	return s;
}

typedef struct {
	promql_t *query;
	promql_answer_t answer;
	err_detail_t detail;
	err_t err;
} run_t;

static run_t run_ask(const char *text, const promql_ask_t *ask)
{
	run_t run = { .query = NULL };
	OK(promql_parse(slice_str(text), &run.query, &run.detail));
	run.err = promql_run(run.query, ask, &run.answer, &run.detail);
	return run;
}

/* The only value at one time; absent when there is none. */
static double value_at(shop_t *shop, const char *text, int64_t ms)
{
	promql_ask_t ask = shop_ask(shop, ms, ms, 0);
	run_t run = run_ask(text, &ask);
	OK(run.err);
	assert_in_range(run.answer.count, 0, 1);
	double value = run.answer.count ? run.answer.series[0].values[0] : absent();
	promql_free(run.query);
	return value;
}

static void a_stale_or_bad_sample_ends_a_series_until_the_next(void **state)
{
	shop_t *shop = *state;
	shop_series_t *s = shop_series(shop, SLICE("x"));
	shop_add(s, 1000, 1, QUALITY_OK);
	shop_add(s, 2000, absent(), QUALITY_OK);
	shop_add(s, 3000, 3, QUALITY_STALE);
	shop_add(s, 4000, 4, QUALITY_TIMEOUT);
	shop_add(s, 5000, NAN, QUALITY_OK);
	for (int summaries = 0; summaries < 2; summaries++) {
		shop->has_summaries = summaries;
		assert_true(value_at(shop, "x", 1500) == 1);
		assert_true(is_absent(value_at(shop, "x", 2500)));
		assert_true(value_at(shop, "x", 3500) == 3);
		assert_true(is_absent(value_at(shop, "x", 4500)));
		double value = value_at(shop, "x", 5500);
		assert_true(isnan(value) && !is_absent(value));
		assert_true(value_at(shop, "count_over_time(x[10s])", 6000) == 3);
		promql_ask_t ask = shop_ask(shop, 500, 6000, 1000);
		run_t run = run_ask("x", &ask);
		OK(run.err);
		const double *values = run.answer.series[0].values;
		assert_true(is_absent(values[0]) && values[1] == 1 && is_absent(values[2]));
		assert_true(values[3] == 3 && is_absent(values[4]) && isnan(values[5]));
		promql_free(run.query);
	}
}

static void both_ends_of_a_window_and_of_the_lookback_are_in_it(void **state)
{
	shop_t *shop = *state;
	ramp(shop, "x", 11);
	assert_true(value_at(shop, "count_over_time(x[10s])", 10000) == 11);
	assert_true(value_at(shop, "count_over_time(x[10s])", 10001) == 10);
	assert_true(value_at(shop, "x", 310000) == 10);
	assert_true(is_absent(value_at(shop, "x", 310001)));
}

static void a_range_of_many_steps_reads_each_sample_once(void **state)
{
	static const char *const rows[] = { "x", "sum_over_time(x[5m])", "rate(x[10m])",
		                            "quantile_over_time(0.5, x[1m])", "deriv(x[2m])" };
	shop_t *shop = *state;
	shop_series_t *s = ramp(shop, "x", 3000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		promql_ask_t ask = shop_ask(shop, 0, 2999000, 1000);
		run_t run = run_ask(rows[i], &ask);
		OK(run.err);
		assert_int_equal(s->taken, 3000);
		assert_int_equal(promql_tally(run.query).samples, 3000);
		s->taken = 0;
		promql_free(run.query);
	}
}

static void windows_far_apart_read_only_what_is_in_them(void **state)
{
	shop_t *shop = *state;
	shop_series_t *s = ramp(shop, "x", 3600);
	promql_ask_t ask = shop_ask(shop, 600000, 3000000, 600000);
	run_t run = run_ask("sum_over_time(x[9s])", &ask);
	OK(run.err);
	assert_int_equal(s->taken, 5 * 10);
	assert_true(run.answer.series[0].values[0] == 5955);
	promql_free(run.query);
}

static void a_wide_window_is_answered_from_summaries(void **state)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = { { "sum_over_time(x[1h])", 1799.5 * 3600 },
		     { "avg_over_time(x[1h])", 1799.5 },
		     { "max_over_time(x[1h])", 3599 },
		     { "count_over_time(x[1h])", 3600 },
		     { "changes(x[1h])", 3599 },
		     { "increase(x[3599s])", 3599 } };
	shop_t *shop = *state;
	shop_series_t *s = ramp(shop, "x", 3600);
	shop->has_summaries = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s->taken = 0;
		double value = value_at(shop, rows[i].text, 3599000);
		assert_true(fabs(value - rows[i].value) <= 1e-12 * rows[i].value);
		assert_in_range(s->taken, 0, 2 * SHOP_BLOCK);
	}
	s->taken = 0;
	assert_true(value_at(shop, "quantile_over_time(0, x[1h])", 3599000) == 0);
	assert_int_equal(s->taken, 3600);
}

/* A sum that cancels, and a counter that fell, would not be exact from summaries. */
static void a_summary_that_would_not_be_exact_is_opened(void **state)
{
	shop_t *shop = *state;
	shop_series_t *s = shop_series(shop, SLICE("x"));
	for (int i = 0; i < 700; i++)
		shop_add(s, i * 1000, i % 2 ? 1e16 : -1e16 + i % 7, QUALITY_OK);
	shop->has_summaries = true;
	double from_summaries = value_at(shop, "sum_over_time(x[1h])", 700000);
	assert_int_equal(s->taken, 700);
	assert_true(value_at(shop, "resets(x[1h])", 700000) == 349);
	assert_int_equal(s->taken, 700);
	double fallen = value_at(shop, "increase(x[1h])", 700000);
	assert_int_equal(s->taken, 1400);
	shop->has_summaries = false;
	assert_true(value_at(shop, "sum_over_time(x[1h])", 700000) == from_summaries);
	assert_true(value_at(shop, "increase(x[1h])", 700000) == fallen);
}

static void series_values_steps_and_labels_have_limits(void **state)
{
	shop_t *shop = *state;
	ramp(shop, "x{a=\"1\"}", 100);
	ramp(shop, "x{a=\"2\"}", 100);
	promql_ask_t ask = shop_ask(shop, 0, 99000, 1000);
	char why[WHY_MAX];
	ask.limits.series = 1;
	run_t run = run_ask("x", &ask);
	assert_int_equal(run.err, ERR_LIMIT);
	assert_string_equal(err_render(&run.detail, LANG_EN, why, WHY_MAX),
	                    "a selector finds more than 1 series. narrow it by more labels");
	promql_free(run.query);
	ask.limits.series = 2;
	ask.limits.values = 199;
	run = run_ask("x", &ask);
	assert_int_equal(run.err, ERR_LIMIT);
	assert_non_null(strstr(err_render(&run.detail, LANG_EN, why, WHY_MAX),
	                       "would hold more than 199 values at once"));
	promql_free(run.query);
	ask.limits.values = 200;
	run = run_ask("x", &ask);
	OK(run.err);
	promql_free(run.query);
	ask = shop_ask(shop, 0, 11001000, 1000);
	run = run_ask("x", &ask);
	assert_int_equal(run.err, ERR_LIMIT);
	promql_free(run.query);
	ask = shop_ask(shop, 0, 99000, 1000);
	run = run_ask("x[5m]", &ask);
	assert_int_equal(run.err, ERR_MALFORMED);
	promql_free(run.query);
}

static void what_is_held_is_given_back_piece_by_piece(void **state)
{
	shop_t *shop = *state;
	ramp(shop, "x", 100);
	promql_ask_t ask = shop_ask(shop, 0, 99000, 1000);
	ask.limits.values = 800;
	char text[1024] = "0";
	for (size_t i = 0; i < 50; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "+x*2");
	run_t run = run_ask(text, &ask);
	OK(run.err);
	assert_true(run.answer.series[0].values[10] == 1000);
	promql_free(run.query);
}

static void a_deadline_ends_a_query(void **state)
{
	shop_t *shop = *state;
	char why[WHY_MAX];
	ramp(shop, "x", 10);
	promql_ask_t ask = shop_ask(shop, 0, 0, 0);
	twin_run_for(shop->twin, NS_PER_S);
	ask.deadline_ns = env_now(shop->env);
	run_t run = run_ask("x", &ask);
	assert_int_equal(run.err, ERR_TIMEOUT);
	assert_non_null(
		strstr(err_render(&run.detail, LANG_EN, why, WHY_MAX), "the query takes too long"));
	promql_free(run.query);
}

static void a_deadline_ends_a_query_amid_a_series(void **state)
{
	shop_t *shop = *state;
	shop_series_t *s = ramp(shop, "x", 1000);
	shop->slow_ns = NS_PER_MS;
	promql_ask_t ask = shop_ask(shop, 0, 999000, 1000);
	ask.deadline_ns = env_now(shop->env) + 100 * NS_PER_MS;
	run_t run = run_ask("quantile_over_time(0.5, x[1m])", &ask);
	assert_int_equal(run.err, ERR_TIMEOUT);
	assert_in_range(s->taken, 100, 105);
	promql_free(run.query);
}

static void a_failing_store_fails_the_query(void **state)
{
	static const char *const rows[] = { "x",
		                            "sum(x)",
		                            "rate(x[5m])",
		                            "x[5m]",
		                            "x + x",
		                            "deriv(x[5m])",
		                            "max_over_time(x[5m:1m])" };
	shop_t *shop = *state;
	ramp(shop, "x", 10);
	promql_ask_t ask = shop_ask(shop, 9000, 9000, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		shop->fault = ERR_CORRUPT;
		run_t run = run_ask(rows[i], &ask);
		assert_int_equal(run.err, ERR_CORRUPT);
		assert_int_equal(run.detail.err, ERR_CORRUPT);
		promql_free(run.query);
	}
}

static void series_that_meet_in_one_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "rate({__name__=~\"x|y\"}[5m])", "the same labels" },
		{ "-{__name__=~\"x|y\"}", "the same labels" },
		{ "x + on() {__name__=~\"x|y\"}", "right has several series" },
		{ "{__name__=~\"x|y\"} + on() x", "several series match one" },
		{ "{__name__=~\"x|y\"} + on() group_left x", "must keep them apart" },
		{ "topk(NaN, x)", "no whole number" },
		{ "label_replace(x, \"a b\", \"\", \"\", \"\")", "a b is no label name" },
		{ "label_replace(x, \"a\", \"\", \"\", \"(\")", "cannot be used" },
		{ "label_replace(x, \"a\", \"$name\", \"\", \"(?P<name>)\")", "by number" },
		{ "label_join(x, \"a\", \"\", \"b c\")", "b c is no label name" },
		{ "count_values(\"a b\", x)", "a b is no label name" },
	};
	shop_t *shop = *state;
	char why[WHY_MAX];
	ramp(shop, "x", 10);
	ramp(shop, "y", 10);
	promql_ask_t ask = shop_ask(shop, 9000, 9000, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		run_t run = run_ask(rows[i][0], &ask);
		assert_true(run.err == ERR_INVALID || run.err == ERR_UNSUPPORTED);
		err_render(&run.detail, LANG_EN, why, WHY_MAX);
		if (!strstr(why, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], why);
		promql_free(run.query);
	}
}

/* Samples at odd times, with gaps, ends, falls and what is no number. */
static void stock_by_chance(shop_t *shop, rng_t *chance, const char *name)
{
	shop_series_t *s = shop_series(shop, slice_str(name));
	int64_t ms = (int64_t)rng_below(chance, 60000);
	double value = 1000;
	for (size_t i = 0; i < 400; i++) {
		uint64_t kind = rng_below(chance, 40);
		ms += kind == 0 ? 400000 : 1 + (int64_t)rng_below(chance, 9000);
		value = kind == 1 ? 3 : value + (double)rng_below(chance, 50) - 5;
		shop_add(s, ms,
		         kind == 2   ? absent()
		         : kind == 3 ? (double)NAN
		                     : value,
		         kind == 4 ? QUALITY_TIMEOUT : QUALITY_OK);
	}
}

static bool are_alike(double a, double b)
{
	if (is_absent(a) || is_absent(b) || isnan(a) || isnan(b))
		return is_absent(a) == is_absent(b) && isnan(a) == isnan(b);
	return fabs(a - b) <= 1e-12 * fmax(1, fmax(fabs(a), fabs(b)));
}

static void compare_steps(shop_t *shop, const char *text, const promql_ask_t *ask)
{
	run_t run = run_ask(text, ask);
	OK(run.err);
	assert_in_range(run.answer.count, 0, 1);
	for (size_t i = 0; (int64_t)i <= (ask->end_ms - ask->start_ms) / ask->step_ms; i++) {
		int64_t at = ask->start_ms + (int64_t)i * ask->step_ms;
		double one = value_at(shop, text, at);
		double of_range = run.answer.count ? run.answer.series[0].values[i] : absent();
		if (!are_alike(one, of_range))
			fail_msg("%s at %lld: %.17g alone, %.17g of the range", text, (long long)at,
			         one, of_range);
	}
	promql_free(run.query);
}

/* Alone each time is read anew, without sharing anything with others. */
static void a_range_is_what_its_times_are_one_by_one(void **state)
{
	static const char *const rows[] = {
		"x",
		"x offset 7m",
		"timestamp(x)",
		"sum_over_time(x[%us])",
		"avg_over_time(x[%us])",
		"min_over_time(x[%us])",
		"max_over_time(x[%us] offset 3s)",
		"count_over_time(x[%us])",
		"last_over_time(x[%us])",
		"rate(x[%us])",
		"increase(x[%us])",
		"delta(x[%us])",
		"irate(x[%us])",
		"changes(x[%us])",
		"resets(x[%us])",
		"stddev_over_time(x[%us])",
		"quantile_over_time(0.3, x[%us])",
		"deriv(x[%us])",
		"absent_over_time(x[%us])",
		"max_over_time(x[%us:7s])",
	};
	shop_t *shop = *state;
	rng_t chance = rng_of(7);
	stock_by_chance(shop, &chance, "x");
	for (size_t i = 0; i < 300; i++) {
		char text[128];
		promql_ask_t ask = shop_ask(
			shop, (int64_t)rng_below(&chance, 2000000), 0,
			1 + (int64_t)rng_below(&chance, i % 3 ? 20000 : 900000));
		ask.end_ms = ask.start_ms + 40 * ask.step_ms;
		const char *form = rows[i % (sizeof(rows) / sizeof(*rows))],
			   *mark = strchr(form, '%');
		(void)snprintf(text, sizeof(text), "%.*s", mark ? (int)(mark - form) : 99, form);
		if (mark)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u%s",
			               1 + (unsigned)rng_below(&chance, 900), mark + 2);
		shop->has_summaries = i % 2;
		compare_steps(shop, text, &ask);
	}
}

static void a_selector_alone_is_its_matchers(void **state)
{
	promql_t *query = NULL;
	err_detail_t detail;
	size_t count = 0;
	(void)state;
	OK(promql_select(SLICE("x{a!~\"b\"}"), &query, &detail));
	const label_matcher_t *m = promql_matchers(query, &count);
	assert_int_equal(count, 2);
	assert_true(m[0].op == LABEL_EQUAL && slice_eq(m[0].name, SLICE(LABEL_NAME)));
	assert_true(m[1].op == LABEL_NOT_MATCH && slice_eq(m[1].value, SLICE("b")));
	promql_free(query);
	query = NULL;
	assert_int_equal(promql_select(SLICE("sum(x)"), &query, &detail), ERR_MALFORMED);
	assert_int_equal(promql_select(SLICE("x[5m]"), &query, &detail), ERR_MALFORMED);
	assert_int_equal(promql_select(SLICE("x offset 5m"), &query, &detail), ERR_MALFORMED);
	assert_null(query);
}

static void numbers_are_written_as_the_language_does(void **state)
{
	static const struct {
		double value;
		const char *text, *digits;
	} rows[] = {
		{ 0, "0", "0" },
		{ -0.0, "-0", "-0" },
		{ 1, "1", "1" },
		{ -12.5, "-12.5", "-12.5" },
		{ 0.05, "0.05", "0.05" },
		{ 0.000001, "0.000001", "0.000001" },
		{ 1.5e-7, "1.5e-07", "0.00000015" },
		{ 1e20, "100000000000000000000", "100000000000000000000" },
		{ 1e21, "1e+21", "1000000000000000000000" },
		{ 1.25e-300, "1.25e-300", NULL },
		{ 123456789012, "123456789012", "123456789012" },
		{ 0.1, "0.1", "0.1" },
		{ INFINITY, "+Inf", "+Inf" },
		{ -INFINITY, "-Inf", "-Inf" },
		{ NAN, "NaN", "NaN" },
	};
	char text[PROMQL_NUMBER_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		writer_t w = writer_of(text, sizeof(text));
		promql_put_number(rows[i].value, &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].text)));
		w = writer_of(text, sizeof(text));
		promql_put_digits(rows[i].value, &w);
		if (rows[i].digits)
			assert_true(slice_eq(writer_done(&w), slice_str(rows[i].digits)));
	}
}

static slice_t load_page(text_t *text)
{
	char path[512];
	uint8_t piece[4096];
	size_t len;
	(void)snprintf(path, sizeof(path), "%s/doc/promql.md", getenv("JIZHU_SOURCE"));
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	*text = text_of(1 << 20);
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		text_add(text, slice_of(piece, len));
	assert_int_equal(fclose(file), 0);
	return text_slice(text);
}

static void signature(const char *takes, text_t *row)
{
	static const char letters[] = "svmt";
	static const char *const words[] = { "scalar", "vector", "range", "string" };
	for (size_t i = 0; takes[i]; i++) {
		bool is_optional = takes[i + 1] == '?', is_many = takes[i + 1] == '*';
		text_addf(row, "%s%s%s%s", i ? ", " : "", is_optional ? "[" : "",
		          words[strchr(letters, takes[i]) - letters],
		          is_optional ? "]"
		          : is_many   ? "..."
		                      : "");
		i += is_optional || is_many;
	}
}

/* The page's rows "| `name(args)` | what |", in the order of the tables. */
static void the_page_lists_the_functions_and_aggregates_of_the_tables(void **state)
{
	text_t page, rows = text_of(1 << 20);
	slice_t rest = load_page(&page);
	(void)state;
	for (size_t i = 0; i < AGGREGATE_COUNT_OF; i++) {
		const aggregate_info_t *info = aggregate_info((aggregate_t)i);
		text_addf(&rows, "| `%s(%svector)` | %s |\n", info->word,
		          info->param == PROMQL_SCALAR   ? "scalar, "
		          : info->param == PROMQL_STRING ? "string, "
		                                         : "",
		          info->what);
	}
	for (size_t i = 0; i < function_count(); i++) {
		text_addf(&rows, "| `%s(", function_at(i)->name);
		signature(function_at(i)->takes, &rows);
		text_addf(&rows, ")` | %s |\n", function_at(i)->what);
	}
	slice_t wanted = text_slice(&rows);
	while (rest.len) {
		slice_t line = slice_cut(&rest, '\n'), word = slice_from(line, 3);
		if (!slice_starts(line, SLICE("| `")) ||
		    slice_find(word, '(') > slice_find(word, '`'))
			continue;
		slice_t row = slice_cut(&wanted, '\n');
		if (!slice_eq(row, line))
			fail_msg("the page has %.*s instead of %.*s", (int)line.len,
			         (const char *)line.ptr, (int)row.len, (const char *)row.ptr);
	}
	if (wanted.len)
		print_message("%.*s", (int)wanted.len, (const char *)wanted.ptr);
	assert_int_equal(wanted.len, 0);
	text_free(&page);
	text_free(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_query_is_told_with_its_place),
		cmocka_unit_test(words_that_are_keywords_name_metrics_and_labels_too),
		cmocka_unit_test(depth_and_length_have_a_limit),
		cmocka_unit_test_setup_teardown(a_stale_or_bad_sample_ends_a_series_until_the_next,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(both_ends_of_a_window_and_of_the_lookback_are_in_it,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(a_range_of_many_steps_reads_each_sample_once,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(windows_far_apart_read_only_what_is_in_them,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(a_wide_window_is_answered_from_summaries, open_shop,
		                                close_shop),
		cmocka_unit_test_setup_teardown(a_summary_that_would_not_be_exact_is_opened,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(series_values_steps_and_labels_have_limits,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(what_is_held_is_given_back_piece_by_piece,
		                                open_shop, close_shop),
		cmocka_unit_test_setup_teardown(a_deadline_ends_a_query, open_shop, close_shop),
		cmocka_unit_test_setup_teardown(a_deadline_ends_a_query_amid_a_series, open_shop,
		                                close_shop),
		cmocka_unit_test_setup_teardown(a_failing_store_fails_the_query, open_shop,
		                                close_shop),
		cmocka_unit_test_setup_teardown(series_that_meet_in_one_are_refused, open_shop,
		                                close_shop),
		cmocka_unit_test_setup_teardown(a_range_is_what_its_times_are_one_by_one, open_shop,
		                                close_shop),
		cmocka_unit_test(a_selector_alone_is_its_matchers),
		cmocka_unit_test(numbers_are_written_as_the_language_does),
		cmocka_unit_test(the_page_lists_the_functions_and_aggregates_of_the_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
