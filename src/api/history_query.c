/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/query: one question of many points. Query loop. */
#include "api/edits.h"
#include "api/handlers.h"
#include "api/history_stream.h"
#include "api/history_tell.h"
#include "api/slow.h"
#include "api/state.h"

enum { DEADLINE_S = 10, SLOW_ROOM = 1024, AGGREGATE_ROOM = 256 };

static const err_text_t text_query = {
	{ "the history could not be read to its end", "历史数据未能读完" },
	{ "shorten the range, widen the step, or ask for fewer points",
	  "请缩短范围、增大步长或减少测点" },
};

static const err_text_t text_stream = {
	{ "only raw samples inside the range come in this form", "只有范围内的原始样本可用此格式" },
	{ "ask with mode raw and bounds inside", "请使用 mode raw 与 bounds inside" },
};

typedef struct {
	exchange_t *x;
	history_ask_t *ask;
	history_tell_t tell;
	retrieval_t question;
	series_reader_t reader;
	walk_stats_t stats, all; /* of the point, of all */
	size_t next;             /* of the points, in a list of newest samples */
} asking_t;

static bool on_row(void *ctx, const retrieval_row_t *row)
{
	return history_tell_row(ctx, row);
}

static bool on_state(void *ctx, const state_row_t *row)
{
	return history_tell_state(ctx, row);
}

static bool on_classes(void *ctx, const bucket_t *bucket, const histogram_t *histogram)
{
	return history_tell_classes(ctx, bucket, histogram);
}

static retrieval_sink_t sink_of(asking_t *a)
{
	return (retrieval_sink_t){ &a->tell, on_row };
}

static err_t ask_raw(asking_t *a)
{
	retrieval_sink_t sink = sink_of(a);
	return retrieval_raw(&a->question, &a->ask->range, &sink);
}

static err_t ask_delta(asking_t *a)
{
	retrieval_sink_t sink = sink_of(a);
	return retrieval_delta(&a->question, &a->ask->range, &sink);
}

static err_t ask_at(asking_t *a)
{
	retrieval_sink_t sink = sink_of(a);
	return retrieval_at(&a->question, a->ask->times, a->ask->time_count, &sink);
}

static err_t ask_each(asking_t *a)
{
	retrieval_sink_t sink = sink_of(a);
	return retrieval_each(&a->question, &a->ask->edges, &sink);
}

/* Cyclic retrieval tells what was stored, so it holds the value. */
static err_t ask_cyclic(asking_t *a)
{
	a->ask->options.is_stepped = true;
	return ask_each(a);
}

static err_t ask_plot(asking_t *a)
{
	retrieval_sink_t sink = sink_of(a);
	return retrieval_plot(&a->question, &a->ask->edges, &sink);
}

static err_t ask_table(asking_t *a)
{
	retrieval_table_t table;
	table_spec_t spec = { .edges = &a->ask->edges,
		              .columns = a->ask->columns,
		              .column_count = a->ask->column_count,
		              .fill = a->ask->fill,
		              .constant = a->ask->constant };
	err_t err = retrieval_table(&a->question, &spec, &table);
	if (err)
		return err;
	history_tell_table(&a->tell, &table);
	retrieval_table_free(&table);
	return ERR_OK;
}

static err_t ask_states(asking_t *a)
{
	return retrieval_states(&a->question, &a->ask->edges, on_state, &a->tell);
}

static err_t ask_classes(asking_t *a)
{
	histogram_t histogram = { a->ask->classes, a->ask->class_count, a->ask->counts };
	return retrieval_histogram(&a->question, &a->ask->edges, &histogram, on_classes, &a->tell);
}

static err_t (*const asks[HISTORY_MODE_COUNT])(asking_t *a) = {
	[HISTORY_RAW] = ask_raw,           [HISTORY_AT] = ask_at,
	[HISTORY_INTERPOLATED] = ask_each, [HISTORY_CYCLIC] = ask_cyclic,
	[HISTORY_PLOT] = ask_plot,         [HISTORY_DELTA] = ask_delta,
	[HISTORY_AGGREGATE] = ask_table,   [HISTORY_STATES] = ask_states,
	[HISTORY_HISTOGRAM] = ask_classes,
};

static void add_stats(walk_stats_t *all, const walk_stats_t *stats)
{
	all->asked += stats->asked;
	all->summaries += stats->summaries;
	all->opened += stats->opened;
	all->samples += stats->samples;
}

static err_t put_annotations(asking_t *a)
{
	series_query_t query = a->question.query;
	query.from_ns = a->ask->range.from_ns;
	query.to_ns = a->ask->range.to_ns;
	return edits_put_annotations(a->x, &query);
}

static err_t ask_point(asking_t *a, const history_point_t *point)
{
	int64_t began = env_now(a->x->api->env);
	a->stats = (walk_stats_t){ 0 };
	a->question.query.point = point->id;
	history_tell_point(&a->tell, point);
	err_t err = asks[a->ask->mode](a);
	history_tell_rows_end(&a->tell);
	if (!err && a->ask->is_annotated && !a->tell.is_csv)
		err = put_annotations(a);
	history_tell_point_end(&a->tell, &a->stats, env_now(a->x->api->env) - began);
	add_stats(&a->all, &a->stats);
	return err;
}

static bool on_last(void *ctx, const sample_t *sample)
{
	asking_t *a = ctx;
	while (a->ask->points[a->next].id != sample->point)
		a->next++;
	return history_tell_last(&a->tell, &a->ask->points[a->next++], sample);
}

static err_t ask_last(asking_t *a)
{
	enum { AT_ONCE = 256 };
	point_id_t ids[AT_ONCE];
	err_t err = ERR_OK;
	for (size_t at = 0; !err && at < a->ask->point_count; at += AT_ONCE) {
		size_t left = a->ask->point_count - at, count = left < AT_ONCE ? left : AT_ONCE;
		for (size_t i = 0; i < count; i++)
			ids[i] = a->ask->points[at + i].id;
		a->next = at;
		a->all.asked++;
		err = a->reader.last(a->reader.ctx, ids, count, on_last, a);
	}
	return err;
}

static err_t ask_all(asking_t *a)
{
	err_t err = ERR_OK;
	if (a->ask->mode == HISTORY_LAST)
		return ask_last(a);
	for (size_t i = 0; !err && i < a->ask->point_count; i++)
		err = ask_point(a, &a->ask->points[i]);
	return err;
}

static void put_text(char *buf, slice_t text)
{
	(void)slice_to_cstr(text, buf, SLOW_TEXT);
}

static void note_slow(asking_t *a, int64_t took_ns, err_t err)
{
	api_t *api = a->x->api;
	const history_point_t *first = &a->ask->points[0];
	if (!api->spec.slow_query_ns || took_ns < api->spec.slow_query_ns)
		return;
	slow_query_t row = { .at_ns = env_utc(api->env).ns,
		             .took_ns = took_ns,
		             .points = a->ask->point_count,
		             .from_ns = a->ask->range.from_ns,
		             .to_ns = a->ask->range.to_ns,
		             .stats = a->all,
		             .err = err };
	put_text(row.subject, a->x->request.caller.subject);
	put_text(row.point, history_point_name(a->ask, first));
	(void)slice_to_cstr(slice_str(HISTORY_MODE_NAMES[a->ask->mode]), row.mode,
	                    sizeof(row.mode));
	slow_add(&api->slow, &row);
	metric_add(&api->metrics, METRIC_SLOW_QUERIES, 1);
}

static verdict_t answer_stream(asking_t *a, int64_t began_ns)
{
	err_t err = history_stream(a->x, a->ask, a->question.query.deadline_ns);
	note_slow(a, env_now(a->x->api->env) - began_ns, err);
	if (!err)
		return EXCHANGE_ANSWERED;
	return exchange_refuse(a->x, err, err == ERR_UNSUPPORTED ? &text_stream : &text_query,
	                       (slice_t){ 0 });
}

static verdict_t answer(exchange_t *x, history_ask_t *ask)
{
	asking_t a = { .x = x, .ask = ask, .reader = historian_reader(x->api->spec.historian) };
	int64_t began = env_now(x->api->env);
	a.question = (retrieval_t){
		.reader = &a.reader,
		.query = { .known_at_ns = ask->known_at_ns,
		           .deadline_ns = began + DEADLINE_S * NS_PER_S },
		.options = &ask->options,
		.stats = &a.stats,
	};
	if (history_stream_wanted(x))
		return answer_stream(&a, began);
	a.tell = (history_tell_t){ .x = x, .ask = ask };
	a.tell.has_bounds = historian_is_thinned(x->api->spec.historian);
	a.tell.is_csv = slice_starts(x->request.header[HEADER_ACCEPT], SLICE("text/csv"));
	history_tell_begin(&a.tell);
	err_t err = ask_all(&a);
	note_slow(&a, env_now(x->api->env) - began, err);
	if (err)
		return exchange_refuse(x, err, &text_query, (slice_t){ 0 });
	history_tell_end(&a.tell);
	return EXCHANGE_ANSWERED;
}

verdict_t query_post(exchange_t *x)
{
	history_ask_t ask;
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (history_ask_read(x, &ask))
		verdict = answer(x, &ask);
	history_ask_done(&ask);
	return verdict;
}

verdict_t aggregates_get(exchange_t *x)
{
	reply_items(&x->reply, AGGREGATE_ROOM);
	for (size_t i = 0; i < aggregate_count(); i++) {
		const aggregate_t *aggregate = aggregate_get(i);
		json_t *j = reply_json(&x->reply, AGGREGATE_ROOM);
		json_object(j);
		json_put_cstr(j, "name", aggregate->name);
		if (aggregate->alias)
			json_put_cstr(j, "alias", aggregate->alias);
		if (aggregate->node)
			json_put_u64(j, "node", aggregate->node);
		json_close(j);
	}
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}

static void put_slow(json_t *j, const slow_query_t *row)
{
	json_object(j);
	json_put_time(j, "time", row->at_ns);
	json_put_cstr(j, "subject", row->subject);
	json_put_cstr(j, "mode", row->mode);
	json_put_u64(j, "points", row->points);
	json_put_cstr(j, "first_point", row->point);
	json_put_ms(j, "from_ms", row->from_ns);
	json_put_ms(j, "to_ms", row->to_ns);
	json_put_cstr(j, "outcome", err_info(row->err)->text[LANG_EN]);
	json_key(j, "explain");
	history_tell_stats(j, &row->stats, row->took_ns);
	json_close(j);
}

verdict_t slow_queries_get(exchange_t *x)
{
	const slow_query_t *row;
	reply_items(&x->reply, SLOW_ROOM);
	for (size_t i = 0; (row = slow_get(&x->api->slow, i)); i++)
		put_slow(reply_json(&x->reply, SLOW_ROOM), row);
	reply_items_end(&x->reply);
	return EXCHANGE_ANSWERED;
}
