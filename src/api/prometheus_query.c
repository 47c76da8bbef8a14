/* SPDX-License-Identifier: Apache-2.0 */
/* Queries in PromQL, answered in the form of Prometheus. Query loop. */
#include "api/handlers.h"
#include "api/prometheus.h"
#include "api/state.h"

#define DEADLINE_MS INT64_C(10000)

enum { ROOM = 1024 };

static const err_text_t text_query = {
	{ "the parameter query is missing", "缺少参数 query" },
	{ NULL, NULL },
};
static const err_text_t text_order = {
	{ "invalid parameter \"end\": it lies before start", "参数 \"end\" 早于 start" },
	{ NULL, NULL },
};
static const err_text_t text_steps = {
	{ "the range has more than 11000 steps", "范围内的步数超过 11000" },
	{ "widen the step", "请增大步长" },
};
static const err_text_t text_series = {
	{ "this node has no index of series", "此节点没有序列索引" },
	{ NULL, NULL },
};

/* "1435781451.781" */
static void put_ms(json_t *j, int64_t ms)
{
	char text[32];
	writer_t w = writer_of(text, sizeof(text));
	uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	wr_format(&w, "%s%llu", ms < 0 ? "-" : "", (unsigned long long)(size / 1000));
	if (size % 1000)
		wr_format(&w, ".%03llu", (unsigned long long)(size % 1000));
	json_raw(j, writer_done(&w));
}

static void put_point(json_t *j, int64_t ms, double value)
{
	char text[PROMQL_NUMBER_MAX];
	writer_t w = writer_of(text, sizeof(text));
	promql_put_number(value, &w);
	json_array(j);
	put_ms(j, ms);
	json_str(j, writer_done(&w));
	json_close(j);
}

static int64_t ms_of(const promql_ask_t *ask, const promql_series_t *series, size_t i)
{
	return series->ms ? series->ms[i] : ask->start_ms + (int64_t)i * ask->step_ms;
}

/* Of one time "value", of several "values". */
static void put_series(exchange_t *x, const promql_ask_t *ask, const promql_series_t *series,
                       bool is_matrix)
{
	json_object(reply_json(&x->reply, ROOM));
	json_key(reply_json(&x->reply, ROOM), "metric");
	prometheus_put_labels(x, &series->labels);
	json_key(reply_json(&x->reply, ROOM), is_matrix ? "values" : "value");
	if (is_matrix)
		json_array(reply_json(&x->reply, ROOM));
	for (size_t i = 0; i < series->count && !x->reply.json.w.bad; i++)
		if (!promql_is_absent(series->values[i]))
			put_point(reply_json(&x->reply, ROOM), ms_of(ask, series, i),
			          series->values[i]);
	if (is_matrix)
		json_close(reply_json(&x->reply, ROOM));
	json_close(reply_json(&x->reply, ROOM));
}

static void put_result(exchange_t *x, const promql_ask_t *ask, const promql_answer_t *answer)
{
	bool is_matrix = ask->step_ms || answer->type == PROMQL_MATRIX;
	json_array(reply_json(&x->reply, ROOM));
	for (size_t i = 0; i < answer->count && !x->reply.json.w.bad; i++)
		put_series(x, ask, &answer->series[i], is_matrix);
	json_close(reply_json(&x->reply, ROOM));
}

static void put_string(exchange_t *x, const promql_ask_t *ask, slice_t text)
{
	json_t *j = reply_json(&x->reply, ROOM + 6 * text.len);
	json_array(j);
	put_ms(j, ask->start_ms);
	json_str(j, text);
	json_close(j);
}

/* The form has no place for a bound. */
static void put_warning(exchange_t *x)
{
	static const char *const text[] = {
		[LANG_EN] = "samples were left out of what was read; ask POST /api/v1/query for "
			    "values with bounds",
		[LANG_ZH] = "所读数据中有样本已被省略；如需带误差界的结果请使用 POST /api/v1/query",
	};
	json_t *j = reply_json(&x->reply, ROOM);
	json_put_array(j, "warnings");
	json_str(j, slice_str(text[x->request.lang]));
	json_close(j);
}

static void put_answer(exchange_t *x, const promql_ask_t *ask, const promql_answer_t *answer,
                       bool is_thinned)
{
	static const char *const types[] = { [PROMQL_SCALAR] = "scalar",
		                             [PROMQL_VECTOR] = "vector",
		                             [PROMQL_MATRIX] = "matrix",
		                             [PROMQL_STRING] = "string" };
	json_t *j = prometheus_begin(x);
	json_object(j);
	json_put_cstr(j, "resultType", ask->step_ms ? "matrix" : types[answer->type]);
	json_key(j, "result");
	if (!ask->step_ms && answer->type == PROMQL_SCALAR)
		put_point(j, ask->start_ms, answer->series[0].values[0]);
	else if (answer->type == PROMQL_STRING)
		put_string(x, ask, answer->text);
	else
		put_result(x, ask, answer);
	json_close(reply_json(&x->reply, ROOM));
	if (is_thinned)
		put_warning(x);
	prometheus_end(x);
}

/* Beside the slow questions of the history's own door. */
static void note_slow(exchange_t *x, const promql_ask_t *ask, const slow_query_t *row)
{
	api_t *api = x->api;
	slow_query_t slow = *row;
	slice_t text = { 0 };
	if (!api->spec.slow_query_ns || row->took_ns < api->spec.slow_query_ns)
		return;
	slow.at_ns = env_utc(api->env).ns;
	slow.from_ns = ask->start_ms * NS_PER_MS;
	slow.to_ns = ask->end_ms * NS_PER_MS;
	(void)request_query(&x->request, "query", 0, &text);
	(void)slice_to_cstr(x->request.caller.subject, slow.subject, sizeof(slow.subject));
	(void)slice_to_cstr(text, slow.point, sizeof(slow.point));
	(void)slice_to_cstr(SLICE("promql"), slow.mode, sizeof(slow.mode));
	slow_add(&api->slow, &slow);
	metric_add(&api->metrics, METRIC_SLOW_QUERIES, 1);
}

static void count(exchange_t *x, const promql_ask_t *ask, const slow_query_t *row)
{
	metrics_t *metrics = &x->api->metrics;
	metric_add(metrics, METRIC_PROMETHEUS, 1);
	metric_add(metrics, METRIC_PROMETHEUS_REFUSED,
	           row->err == ERR_LIMIT || row->err == ERR_TIMEOUT);
	metric_add(metrics, METRIC_PROMETHEUS_SAMPLES, (int64_t)row->stats.samples);
	note_slow(x, ask, row);
}

static verdict_t run(exchange_t *x, const promql_ask_t *times)
{
	promql_ask_t ask = *times;
	series_reader_t reader = historian_reader(x->api->spec.historian);
	promql_answer_t answer = { .type = PROMQL_VECTOR };
	promql_t *query = NULL;
	err_detail_t detail = { .err = ERR_OK };
	slice_t text;
	if (!request_query(&x->request, "query", 0, &text))
		return exchange_refuse(x, ERR_MALFORMED, &text_query, (slice_t){ 0 });
	if (!x->api->spec.series)
		return exchange_refuse(x, ERR_UNAVAILABLE, &text_series, (slice_t){ 0 });
	series_index_t index = series_index(x->api->spec.series);
	ask.env = x->api->env;
	ask.index = &index;
	ask.reader = &reader;
	ask.limits = promql_limits_default();
	int64_t began = env_now(x->api->env);
	err_t err = promql_parse(text, &query, &detail);
	if (!err)
		err = promql_run(query, &ask, &answer, &detail);
	promql_tally_t tally = promql_tally(query);
	count(x, &ask,
	      &(slow_query_t){ .took_ns = env_now(x->api->env) - began,
	                       .points = err ? 0 : answer.count,
	                       .stats = { .summaries = tally.summaries, .samples = tally.samples },
	                       .err = err });
	if (!err)
		put_answer(x, &ask, &answer, tally.thinned > 0);
	promql_free(query);
	if (!err)
		return EXCHANGE_ANSWERED;
	return detail.err == err ? exchange_tell(x, err, &detail)
	                         : exchange_refuse(x, err, NULL, (slice_t){ 0 });
}

/* When it must be done; a client may ask for less time than there is. */
static bool read_deadline(exchange_t *x, promql_ask_t *ask)
{
	static const prometheus_time_t timeout = { "timeout", false, DEADLINE_MS };
	int64_t ms;
	if (!prometheus_span(x, &timeout, &ms))
		return false;
	ms = ms < DEADLINE_MS ? ms : DEADLINE_MS;
	ask->deadline_ns = env_now(x->api->env) + ms * NS_PER_MS;
	return true;
}

verdict_t prometheus_query(exchange_t *x)
{
	prometheus_time_t time = { "time", false, env_utc(x->api->env).ns / NS_PER_MS };
	promql_ask_t ask = { 0 };
	if (!prometheus_read(x) || !prometheus_time(x, &time, &ask.start_ms) ||
	    !read_deadline(x, &ask))
		return EXCHANGE_ANSWERED;
	ask.end_ms = ask.start_ms;
	return run(x, &ask);
}

verdict_t prometheus_query_range(exchange_t *x)
{
	static const prometheus_time_t start = { "start", true, 0 }, end = { "end", true, 0 };
	static const prometheus_time_t step = { "step", true, 0 };
	promql_ask_t ask = { 0 };
	if (!prometheus_read(x) || !prometheus_time(x, &start, &ask.start_ms) ||
	    !prometheus_time(x, &end, &ask.end_ms) || !prometheus_span(x, &step, &ask.step_ms) ||
	    !read_deadline(x, &ask))
		return EXCHANGE_ANSWERED;
	if (ask.end_ms < ask.start_ms)
		return exchange_refuse(x, ERR_MALFORMED, &text_order, (slice_t){ 0 });
	if ((ask.end_ms - ask.start_ms) / ask.step_ms > PROMQL_STEPS_MAX)
		return exchange_refuse(x, ERR_MALFORMED, &text_steps, (slice_t){ 0 });
	return run(x, &ask);
}
