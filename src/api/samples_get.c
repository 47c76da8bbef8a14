/* SPDX-License-Identifier: Apache-2.0 */
/* History of one point: raw samples, and buckets for charts. Query loop. */
#include <math.h>

#include "api/handlers.h"
#include "api/state.h"
#include "retrieval/walk.h"

#define TIME_MAX_MS INT64_C(9000000000000) /* within what nanoseconds can say */
#define HOUR_MS     INT64_C(3600000)

enum {
	ROW_ROOM = 512,
	SAMPLES_MAX = 100000,
	SAMPLES_DEFAULT = 5000,
	BUCKETS_MAX = 20000,
	STEP_DEFAULT_MS = 60000,
	DEADLINE_S = 10,
};

static const err_text_t text_range = {
	{ "from_ms is not before to_ms", "from_ms 不早于 to_ms" },
	{ "give both as milliseconds since 1970, UTC", "请以 UTC 毫秒（自 1970 年起）给出二者" },
};

static const err_text_t text_buckets = {
	{ "the range holds more than 20000 buckets of step_ms", "范围内的桶超过 20000 个" },
	{ "widen step_ms or shorten the range", "请增大 step_ms 或缩短范围" },
};

static const err_text_t text_query = {
	{ "the history could not be read to its end", "历史数据未能读完" },
	{ "shorten the range", "请缩短范围" },
};

typedef struct {
	exchange_t *x;
	series_query_t query;
	size_t rows, limit;
	bool truncated;
} asked_t;

/* Point and range; false when the problem is in the reply. */
static bool read_range(exchange_t *x, asked_t *ret)
{
	int64_t now_ms = env_utc(x->api->env).ns / NS_PER_MS;
	int64_t from_ms = 0, to_ms = 0;
	ret->x = x;
	point_id_t point = 0;
	query_number_t to = { "to_ms", 0, TIME_MAX_MS, now_ms };
	if (!exchange_series(x, x->request.param[0], &point) || !exchange_number(x, &to, &to_ms))
		return false;
	query_number_t from = { "from_ms", 0, TIME_MAX_MS, to_ms > HOUR_MS ? to_ms - HOUR_MS : 0 };
	if (!exchange_number(x, &from, &from_ms))
		return false;
	if (from_ms >= to_ms) {
		exchange_refuse(x, ERR_INVALID, &text_range, (slice_t){ 0 });
		return false;
	}
	static const query_number_t known = { "known_at_ms", 0, TIME_MAX_MS, 0 };
	int64_t known_ms = 0;
	if (!exchange_number(x, &known, &known_ms))
		return false;
	ret->query = (series_query_t){
		.point = point,
		.known_at_ns = known_ms * NS_PER_MS,
		.from_ns = from_ms * NS_PER_MS,
		.to_ns = to_ms * NS_PER_MS,
		.deadline_ns = env_now(x->api->env) + DEADLINE_S * NS_PER_S,
	};
	return true;
}

static void put_row(const sample_t *sample, json_t *j)
{
	double number = 0;
	bool is_number = value_number(&sample->value, &number);
	json_array(j);
	json_i64(j, sample->source.ns / NS_PER_MS);
	/* What is not a number is null. */
	if (sample->value.type == VALUE_F32)
		value_json(&sample->value, j);
	else
		json_f64(j, is_number ? number : NAN);
	quality_json(sample->quality, j);
	json_close(j);
}

static bool put_sample(void *ctx, const sample_t *sample)
{
	asked_t *asked = ctx;
	asked->truncated = asked->rows == asked->limit;
	if (asked->truncated)
		return false;
	json_t *j = reply_json(&asked->x->reply, ROW_ROOM);
	put_row(sample, j);
	asked->rows++;
	return !j->w.bad;
}

static json_t *begin(asked_t *asked)
{
	json_t *j = reply_json(&asked->x->reply, ROW_ROOM);
	json_object(j);
	json_put_str(j, "point", asked->x->request.param[0]);
	return j;
}

verdict_t samples_get(exchange_t *x)
{
	static const query_number_t limit = { "limit", 1, SAMPLES_MAX, SAMPLES_DEFAULT };
	asked_t asked = { 0 };
	int64_t rows = 0;
	if (!read_range(x, &asked) || !exchange_number(x, &limit, &rows))
		return EXCHANGE_ANSWERED;
	asked.limit = (size_t)rows;
	asked.query.limit = asked.limit + 1;
	series_reader_t reader = historian_reader(x->api->spec.historian);
	json_t *j = begin(&asked);
	json_put_array(j, "items");
	err_t err = reader.raw(reader.ctx, &asked.query, put_sample, &asked);
	if (err)
		return exchange_refuse(x, err, &text_query, (slice_t){ 0 });
	json_close(reply_json(&x->reply, ROW_ROOM));
	json_put_bool(j, "truncated", asked.truncated);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static void put_stat(json_t *j, const char *key, double value, bool known)
{
	json_key(j, key);
	if (known)
		json_f64(j, value);
	else
		json_null(j);
}

static bool put_bucket(void *ctx, const facts_t *facts)
{
	asked_t *asked = ctx;
	json_t *j = reply_json(&asked->x->reply, ROW_ROOM);
	bool known = facts->ok > 0;
	json_object(j);
	json_put_ms(j, "t_ms", facts->start_ns);
	json_put_u64(j, "count", facts->ok);
	json_put_u64(j, "bad", facts->bad);
	put_stat(j, "min", facts->low[0].value, known);
	put_stat(j, "max", facts->high[0].value, known);
	put_stat(j, "mean", facts->sum / (double)facts->ok, known);
	put_stat(j, "first", facts->first_ok.number, known);
	put_stat(j, "last", facts->last_ok.number, known);
	json_close(j);
	return !j->w.bad;
}

/* Uncertain samples count. */
static err_t walk(asked_t *asked, const series_reader_t *reader, const edges_t *edges)
{
	static const retrieval_options_t options = { .percent_bad = 100, .percent_good = 100 };
	walk_stats_t stats = { 0 };
	walk_spec_t spec = { .reader = reader,
		             .query = asked->query,
		             .edges = edges,
		             .options = &options,
		             .needs = NEED_EXTREMES,
		             .bucket = put_bucket,
		             .ctx = asked,
		             .stats = &stats };
	return walk_run(&spec);
}

verdict_t buckets_get(exchange_t *x)
{
	static const query_number_t step = { "step_ms", 1, TIME_MAX_MS, STEP_DEFAULT_MS };
	asked_t asked = { 0 };
	int64_t step_ms = 0;
	if (!read_range(x, &asked) || !exchange_number(x, &step, &step_ms))
		return EXCHANGE_ANSWERED;
	edges_t edges;
	if (edges_equal(asked.query.from_ns, asked.query.to_ns, step_ms * NS_PER_MS, &edges) ||
	    edges.count > BUCKETS_MAX)
		return exchange_refuse(x, ERR_INVALID, &text_buckets, (slice_t){ 0 });
	series_reader_t reader = historian_reader(x->api->spec.historian);
	json_t *j = begin(&asked);
	json_put_i64(j, "step_ms", step_ms);
	json_put_array(j, "items");
	err_t err = walk(&asked, &reader, &edges);
	if (err)
		return exchange_refuse(x, err, &text_query, (slice_t){ 0 });
	json_close(reply_json(&x->reply, ROW_ROOM));
	json_close(j);
	return EXCHANGE_ANSWERED;
}
