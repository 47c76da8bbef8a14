/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a query. What parses must run over an empty store too, at one time and over a
 * range, and what parses as a selector must have matchers. */
#include "query/promql/promql.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static err_t find_nothing(void *ctx, const label_matcher_t *matchers, size_t count,
                          bool (*row)(void *row_ctx, point_id_t point, const labels_t *labels),
                          void *row_ctx)
{
	static const label_t items[] = { { { (const uint8_t *)"le", 2 },
		                           { (const uint8_t *)"5", 1 } } };
	labels_t labels = { items, 1 };
	(void)ctx;
	(void)matchers;
	/* Selectors of an even number of matchers find a series. */
	if (count % 2 == 0)
		(void)row(row_ctx, 1, &labels);
	return ERR_OK;
}

static err_t take(void *ctx, const series_query_t *query, const series_taker_t *taker)
{
	(void)ctx;
	for (int64_t s = 1; s < 5; s++) {
		sample_t sample = { .point = 1,
			            .source = { s * 60 * NS_PER_S },
			            .value = value_f64((double)(s % 3)) };
		if (sample.source.ns >= query->from_ns && sample.source.ns < query->to_ns &&
		    !taker->row(taker->ctx, &sample))
			break;
	}
	return ERR_OK;
}

static err_t nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	(void)ctx;
	*ret_sample = (sample_t){ .point = 1,
		                  .source = { ask->at_ns - NS_PER_S },
		                  .value = value_f64(1) };
	return ERR_OK;
}

static void run(slice_t text, int64_t step_ms)
{
	series_index_t index = { .select = find_nothing };
	series_reader_t reader = { .take = take, .nearest = nearest };
	promql_ask_t ask = { .index = &index,
		             .reader = &reader,
		             .limits = { 100, 100000, 1 << 20 },
		             .start_ms = 120000,
		             .end_ms = step_ms ? 300000 : 120000,
		             .step_ms = step_ms };
	promql_t *query = NULL;
	promql_answer_t answer;
	err_detail_t detail;
	if (promql_parse(text, &query, &detail) == ERR_OK &&
	    promql_run(query, &ask, &answer, &detail) == ERR_OK)
		for (size_t i = 0; i < answer.count; i++)
			assert(answer.series[i].count > 0);
	promql_free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t text = slice_of(data, size);
	promql_t *query = NULL;
	size_t count = 0;
	if (promql_select(text, &query, NULL) == ERR_OK) {
		(void)promql_matchers(query, &count);
		assert(count > 0);
	}
	promql_free(query);
	run(text, 0);
	run(text, 60000);
	return 0;
}
