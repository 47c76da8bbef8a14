/* SPDX-License-Identifier: Apache-2.0 */
/* What Prometheus answered (test/golden/promql), and what we answer to the same. */
#include <math.h>

#include "base/text.h"
#include "env/json_read.h"
#include "query/promql/fixture_test.h"

enum { DATA_MAX = 4 << 20 };

typedef struct {
	shop_t *shop;
	json_tree_t *answers;
} vectors_t;

static slice_t load(const char *name, text_t *text)
{
	char path[512];
	const char *source = getenv("JIZHU_SOURCE");
	assert_non_null(source);
	(void)snprintf(path, sizeof(path), "%s/test/golden/promql/%s", source, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	uint8_t piece[4096];
	size_t len;
	*text = text_of(DATA_MAX);
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		text_add(text, slice_of(piece, len));
	assert_int_equal(fclose(file), 0);
	assert_false(text->bad);
	return text_slice(text);
}

static double number(slice_t text)
{
	double value;
	if (slice_eq(text, SLICE("NaN")))
		return NAN;
	if (slice_eq(text, SLICE("+Inf")) || slice_eq(text, SLICE("-Inf")))
		return text.ptr[0] == '-' ? -(double)INFINITY : (double)INFINITY;
	OK(num_parse_f64(text, &value));
	return value;
}

static void stock(shop_t *shop, slice_t rest)
{
	slice_t before = { 0 };
	shop_series_t *series = NULL;
	while (rest.len) {
		slice_t line = slice_cut(&rest, '\n');
		if (slice_starts(line, SLICE("#")))
			continue;
		slice_t name = slice_cut(&line, ' '), value = slice_cut(&line, ' ');
		/* Buckets of one histogram come in turns. */
		for (size_t i = 0; !slice_eq(name, before) && i <= shop->count; i++) {
			series = i < shop->count ? &shop->series[i] : shop_series(shop, name);
			char text[256];
			int len = snprintf(text, sizeof(text), "%.*s",
			                   (int)series->items[0].value.len,
			                   (const char *)series->items[0].value.ptr);
			for (size_t j = 1; j < series->labels.count; j++)
				len += snprintf(text + len, sizeof(text) - (size_t)len,
				                "%s%.*s=\"%.*s\"%s", j == 1 ? "{" : ",",
				                (int)series->items[j].name.len,
				                (const char *)series->items[j].name.ptr,
				                (int)series->items[j].value.len,
				                (const char *)series->items[j].value.ptr,
				                j + 1 == series->labels.count ? "}" : "");
			if (slice_eq(slice_of(text, (size_t)len), name))
				break;
		}
		before = name;
		shop_add(series, llround(number(line) * 1000), number(value), QUALITY_OK);
	}
}

static int open_vectors(void **state)
{
	vectors_t *v = calloc(1, sizeof(*v));
	text_t text;
	v->shop = shop_new();
	stock(v->shop, load("data.om", &text));
	text_free(&text);
	OK(json_read(load("answers.json", &text), &v->answers, NULL));
	text_free(&text);
	*state = v;
	return 0;
}

static int close_vectors(void **state)
{
	vectors_t *v = *state;
	shop_free(v->shop);
	json_free(v->answers);
	free(v);
	return 0;
}

static slice_t text_in(const json_tree_t *object, const char *key)
{
	slice_t text = { 0 };
	(void)json_text(json_member(object, key), &text);
	return text;
}

static int64_t ms_in(const json_tree_t *object, const char *key)
{
	return llround(number(text_in(object, key)) * 1000);
}

static bool is_near(double a, double b)
{
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return (isnan(a) && isnan(b)) || a == b;
	return fabs(a - b) <= 1e-12 * fmax(1, fmax(fabs(a), fabs(b)));
}

typedef struct {
	const labels_t *labels;
	size_t count;
	bool are_equal;
} compared_t;

static bool compare_label(void *ctx, slice_t key, const json_tree_t *value)
{
	compared_t *c = ctx;
	slice_t text;
	c->count++;
	c->are_equal &= json_text(value, &text) && slice_eq(labels_get(c->labels, key), text);
	return true;
}

static bool has_labels(const promql_series_t *series, const json_tree_t *metric)
{
	compared_t c = { &series->labels, 0, true };
	json_members(metric, compare_label, &c);
	return c.are_equal && c.count == series->labels.count;
}

static bool is_point(const json_tree_t *pair, int64_t ms, double value)
{
	double seconds;
	slice_t text;
	return json_number(json_item(pair, 0), &seconds) && json_text(json_item(pair, 1), &text) &&
	       llround(seconds * 1000) == ms && is_near(number(text), value);
}

static bool has_points(const promql_series_t *series, const promql_ask_t *ask,
                       const json_tree_t *wanted)
{
	const json_tree_t *one = json_member(wanted, "value");
	const json_tree_t *many = json_member(wanted, "values");
	size_t found = 0;
	for (size_t i = 0; i < series->count; i++) {
		int64_t ms = series->ms ? series->ms[i] : ask->start_ms + (int64_t)i * ask->step_ms;
		if (promql_is_absent(series->values[i]))
			continue;
		if (!is_point(one ? one : json_item(many, found), ms, series->values[i])) {
			print_message("at %lld: %.17g\n", (long long)ms, series->values[i]);
			return false;
		}
		found++;
	}
	return found == (one ? 1 : json_count(many));
}

static const promql_series_t *series_with(const promql_answer_t *answer, const json_tree_t *metric)
{
	for (size_t i = 0; i < answer->count; i++)
		if (has_labels(&answer->series[i], metric))
			return &answer->series[i];
	return NULL;
}

static bool is_answer(const promql_answer_t *answer, const promql_ask_t *ask,
                      const json_tree_t *says, bool is_ordered)
{
	const json_tree_t *result = json_member(says, "result");
	slice_t kind = text_in(says, "resultType"), text;
	if (slice_eq(kind, SLICE("string")))
		return json_text(json_item(result, 1), &text) && slice_eq(answer->text, text);
	if (slice_eq(kind, SLICE("scalar")))
		return answer->count == 1 &&
		       is_point(result, ask->start_ms, answer->series[0].values[0]);
	if (answer->count != json_count(result))
		return false;
	for (size_t i = 0; i < answer->count; i++) {
		const json_tree_t *wanted = json_item(result, i);
		const promql_series_t *series = series_with(answer, json_member(wanted, "metric"));
		if (!series || !has_points(series, ask, wanted) ||
		    (is_ordered && series != &answer->series[i]))
			return false;
	}
	return true;
}

/* Where the order is the language's and not the storage's. */
static bool is_ordered(slice_t query)
{
	return slice_starts(query, SLICE("sort")) || slice_starts(query, SLICE("topk(2"));
}

static bool is_same(shop_t *shop, const json_tree_t *row)
{
	const json_tree_t *question = json_member(row, "ask"), *says = json_member(row, "says");
	bool is_range = json_member(question, "step") != NULL;
	int64_t start = ms_in(question, is_range ? "start" : "time");
	promql_ask_t ask = shop_ask(shop, start, is_range ? ms_in(question, "end") : start,
	                            is_range ? ms_in(question, "step") : 0);
	slice_t text = text_in(question, "query");
	promql_answer_t answer;
	promql_t *query = NULL;
	err_detail_t detail = { .err = ERR_OK };
	err_t err = promql_parse(text, &query, &detail);
	if (!err)
		err = promql_run(query, &ask, &answer, &detail);
	bool is_wrong = slice_eq(text_in(says, "errorType"), SLICE("execution"));
	bool same = is_wrong ? err == ERR_INVALID
	                     : !err && is_answer(&answer, &ask, says, is_ordered(text));
	if (!same) {
		char why[512];
		print_message("%.*s: %s, %zu series\n", (int)text.len, (const char *)text.ptr,
		              err ? err_render(&detail, LANG_EN, why, sizeof(why)) : "differs",
		              err ? 0 : answer.count);
	}
	promql_free(query);
	return same;
}

static void compare_all(vectors_t *v, bool has_summaries)
{
	const json_tree_t *rows = json_member(v->answers, "answers");
	size_t wrong = 0;
	v->shop->has_summaries = has_summaries;
	for (size_t i = 0; i < json_count(rows); i++)
		wrong += !is_same(v->shop, json_item(rows, i));
	assert_true(json_count(rows) > 200);
	assert_int_equal(wrong, 0);
}

static void answers_are_those_of_prometheus_from_samples(void **state)
{
	compare_all(*state, false);
}

static void answers_are_those_of_prometheus_from_summaries(void **state)
{
	compare_all(*state, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_those_of_prometheus_from_samples),
		cmocka_unit_test(answers_are_those_of_prometheus_from_summaries),
	};
	return cmocka_run_group_tests(tests, open_vectors, close_vectors);
}
