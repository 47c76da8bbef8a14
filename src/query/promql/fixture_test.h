/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_FIXTURE_TEST_H
#define QUERY_PROMQL_FIXTURE_TEST_H
/* A store of series in memory behind the two ports: with summaries of a few samples each
 * or without, counting what is taken. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/regex.h"
#include "env/twin/twin.h"
#include "base/pool.h"
#include "query/promql/promql.h"

#define OK(expression) assert_int_equal((expression), ERR_OK)

enum { SHOP_SERIES_MAX = 256, SHOP_LABELS_MAX = 8, SHOP_BLOCK = 7 };

typedef struct {
	label_t items[SHOP_LABELS_MAX];
	labels_t labels;
	sample_t *samples;
	size_t count, cap;
	size_t taken; /* rows handed out */
} shop_series_t;

typedef struct {
	twin_t *twin;
	env_t *env;
	pool_t pool;
	shop_series_t series[SHOP_SERIES_MAX];
	size_t count;
	bool has_summaries;
	series_index_t index;
	series_reader_t reader;
	err_t fault;     /* of every read */
	int64_t slow_ns; /* that a row takes */
} shop_t;

static inline slice_t shop_text(shop_t *shop, slice_t text)
{
	char *copy = pool_cstr(&shop->pool, text);
	assert_non_null(copy);
	return slice_of(copy, text.len);
}

static inline bool shop_holds(const label_matcher_t *m, const labels_t *labels)
{
	slice_t value = labels_get(labels, m->name);
	env_regex_t *regex = NULL;
	env_match_t match;
	if (m->op == LABEL_EQUAL || m->op == LABEL_NOT_EQUAL)
		return slice_eq(value, m->value) == (m->op == LABEL_EQUAL);
	OK(env_regex_new(m->value, false, &regex, NULL));
	value.ptr = value.ptr ? value.ptr : (const uint8_t *)"";
	bool matches = env_regex_match(regex, value, &match) == ERR_OK;
	env_regex_free(regex);
	return matches == (m->op == LABEL_MATCH);
}

MUST_CHECK static inline err_t
shop_select(void *ctx, const label_matcher_t *matchers, size_t count,
            bool (*row)(void *row_ctx, point_id_t point, const labels_t *labels), void *row_ctx)
{
	shop_t *shop = ctx;
	for (size_t i = 0; i < shop->count; i++) {
		size_t held = 0;
		while (held < count && shop_holds(&matchers[held], &shop->series[i].labels))
			held++;
		if (held == count && !row(row_ctx, (point_id_t)(i + 1), &shop->series[i].labels))
			break;
	}
	return shop->fault;
}

static inline summary_end_t shop_end(const sample_t *sample)
{
	return (summary_end_t){ .ns = sample->source.ns,
		                .bits = value_bits(&sample->value),
		                .type = (uint8_t)sample->value.type,
		                .quality = (uint8_t)sample->quality };
}

/* Blocks of SHOP_BLOCK samples, and one above as many of them. Returns how many samples
 * from i on were dealt with; 0: stop. */
static inline size_t shop_offer(const shop_series_t *s, size_t i, size_t end,
                                const series_taker_t *taker)
{
	for (size_t len = SHOP_BLOCK * SHOP_BLOCK; len >= SHOP_BLOCK; len /= SHOP_BLOCK) {
		summary_t summary = { 0 };
		if (i % len != 0 || i + len > end)
			continue;
		for (size_t j = i; j < i + len; j++) {
			summary_end_t sample = shop_end(&s->samples[j]);
			summary_add(&summary, &sample, false);
		}
		series_verdict_t verdict = taker->summary(taker->ctx, &summary);
		if (verdict != SERIES_OPEN)
			return verdict == SERIES_TAKEN ? len : 0;
	}
	return SIZE_MAX;
}

MUST_CHECK static inline err_t shop_take(void *ctx, const series_query_t *query,
                                         const series_taker_t *taker)
{
	shop_t *shop = ctx;
	shop_series_t *s = &shop->series[query->point - 1];
	size_t i = 0, end;
	while (i < s->count && s->samples[i].source.ns < query->from_ns)
		i++;
	for (end = i; end < s->count && s->samples[end].source.ns < query->to_ns;)
		end++;
	while (i < end) {
		size_t done = SIZE_MAX;
		if (shop->has_summaries && taker->summary)
			done = shop_offer(s, i, end, taker);
		if (done == 0)
			return shop->fault;
		if (done != SIZE_MAX) {
			i += done;
			continue;
		}
		s->taken++;
		if (shop->slow_ns)
			twin_run_for(shop->twin, shop->slow_ns);
		if (!taker->row(taker->ctx, &s->samples[i++]))
			return shop->fault;
	}
	return shop->fault;
}

MUST_CHECK static inline err_t shop_nearest(void *ctx, const series_nearest_t *ask,
                                            sample_t *ret_sample)
{
	shop_t *shop = ctx;
	const shop_series_t *s = &shop->series[ask->point - 1];
	size_t i = s->count;
	assert_false(ask->is_after);
	while (i && s->samples[i - 1].source.ns >= ask->at_ns)
		i--;
	if (shop->fault || i == 0)
		return shop->fault ? shop->fault : ERR_NOT_FOUND;
	*ret_sample = s->samples[i - 1];
	return ERR_OK;
}

static inline shop_t *shop_new(void)
{
	shop_t *shop = calloc(1, sizeof(*shop));
	assert_non_null(shop);
	OK(twin_new(&(twin_spec_t){ .seed = 3, .start = { .ns = NS_PER_S } }, &shop->twin));
	OK(twin_host_open(shop->twin, "node", &shop->env));
	shop->pool = pool_of(64 << 20);
	shop->index = (series_index_t){ .ctx = shop, .select = shop_select };
	shop->reader = (series_reader_t){ .ctx = shop, .take = shop_take, .nearest = shop_nearest };
	return shop;
}

static inline void shop_free(shop_t *shop)
{
	for (size_t i = 0; i < shop->count; i++)
		free(shop->series[i].samples);
	pool_free(&shop->pool);
	twin_host_close(shop->env);
	twin_free(shop->twin);
	free(shop);
}

/* "name{a=\"b\"}" as data.om and the tests write it; labels in order of their names. */
static inline shop_series_t *shop_series(shop_t *shop, slice_t name)
{
	assert_in_range(shop->count, 0, SHOP_SERIES_MAX - 1);
	shop_series_t *s = &shop->series[shop->count];
	slice_t rest = name, metric = slice_cut(&rest, '{');
	size_t n = 0;
	s->items[n++] = (label_t){ SLICE(LABEL_NAME), shop_text(shop, metric) };
	while (rest.len && rest.ptr[0] != '}') {
		slice_t label = slice_cut(&rest, '=');
		(void)slice_cut(&rest, '"');
		slice_t value = slice_cut(&rest, '"');
		assert_in_range(n, 1, SHOP_LABELS_MAX - 1);
		s->items[n++] = (label_t){ shop_text(shop, label), shop_text(shop, value) };
		if (rest.len && rest.ptr[0] == ',')
			rest = slice_from(rest, 1);
	}
	s->labels = (labels_t){ s->items, n };
	shop->count++;
	return s;
}

static inline void shop_add(shop_series_t *s, int64_t ms, double value, quality_t quality)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->samples = realloc(s->samples, s->cap * sizeof(*s->samples));
		assert_non_null(s->samples);
	}
	s->samples[s->count++] = (sample_t){ .source = { ms * NS_PER_MS },
		                             .value = value_f64(value),
		                             .quality = quality };
}

static inline promql_ask_t shop_ask(const shop_t *shop, int64_t start_ms, int64_t end_ms,
                                    int64_t step_ms)
{
	return (promql_ask_t){ .env = shop->env,
		               .index = &shop->index,
		               .reader = &shop->reader,
		               .limits = promql_limits_default(),
		               .start_ms = start_ms,
		               .end_ms = end_ms,
		               .step_ms = step_ms };
}
#endif
