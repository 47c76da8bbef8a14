/* SPDX-License-Identifier: Apache-2.0 */
/* Which series and labels there are, in the form of Prometheus. Series are those of all
 * time: the index knows no times, so start and end are read and not used. Query loop. */
#include <stdlib.h>

#include "api/handlers.h"
#include "api/prometheus.h"
#include "api/state.h"
#include "base/ascii.h"
#include "base/pool.h"
#include "base/table.h"

enum { ROOM = 1024, SERIES_MAX = 1 << 20, WORDS_BYTES_MAX = 64 << 20 };

static const err_text_t text_match = {
	{ "no match[] parameter provided", "缺少 match[] 参数" },
	{ NULL, NULL },
};
static const err_text_t text_label = {
	{ "invalid label name: %1", "%1 不是标签名" },
	{ NULL, NULL },
};
static const err_text_t text_index = {
	{ "the index of series cannot answer this", "序列索引无法回答此请求" },
	{ "see whether its regular expressions are plain enough", "请简化其中的正则表达式" },
};

/* One selector after the other: how many there are, and what each is asked. */
typedef struct asked asked_t;
struct asked {
	exchange_t *x;
	series_index_t index;
	slice_t name;  /* of the label whose values are wanted */
	table_t *seen; /* what was found already, by point or by word */
	pool_t pool;   /* of the words */
	slice_t *words;
	size_t count, cap;
	err_t err;
	err_t (*one)(asked_t *a, const label_matcher_t *matchers, size_t count);
};

/* False the second time. */
static bool is_new(asked_t *a, slice_t key)
{
	void *value = NULL;
	bool fresh = false;
	err_t err = table_put(a->seen, key, &value, &fresh);
	a->err = a->err ? a->err : err;
	return fresh;
}

static bool on_series(void *ctx, point_id_t point, const labels_t *labels)
{
	asked_t *a = ctx;
	if (is_new(a, slice_of(&point, sizeof(point))))
		prometheus_put_labels(a->x, labels);
	return !a->err && !a->x->reply.json.w.bad;
}

static err_t select_series(asked_t *a, const label_matcher_t *matchers, size_t count)
{
	return a->index.select(a->index.ctx, matchers, count, on_series, a);
}

static err_t keep_word(asked_t *a, slice_t word)
{
	if (a->count == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 64;
		slice_t *words = realloc(a->words, cap * sizeof(*words));
		if (!words)
			return ERR_NO_MEMORY;
		a->words = words;
		a->cap = cap;
	}
	char *copy = pool_cstr(&a->pool, word);
	if (!copy)
		return ERR_LIMIT;
	a->words[a->count++] = slice_of(copy, word.len);
	return ERR_OK;
}

static bool on_word(void *ctx, slice_t word)
{
	asked_t *a = ctx;
	if (is_new(a, word) && !a->err)
		a->err = keep_word(a, word);
	return !a->err;
}

static err_t select_words(asked_t *a, const label_matcher_t *matchers, size_t count)
{
	label_values_t ask = { a->name, matchers, count };
	return a->index.values(a->index.ctx, &ask, on_word, a);
}

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const slice_t *)a, *(const slice_t *)b);
}

static void put_words(asked_t *a)
{
	if (a->count > 1)
		qsort(a->words, a->count, sizeof(*a->words), by_bytes);
	for (size_t i = 0; i < a->count; i++)
		json_str(reply_json(&a->x->reply, ROOM + 6 * a->words[i].len), a->words[i]);
}

/* The nth selector; ERR_NOT_FOUND when there are fewer. */
static err_t ask_selector(asked_t *a, size_t nth, err_detail_t *ret_detail)
{
	slice_t text;
	promql_t *query = NULL;
	size_t count = 0;
	if (!request_query(&a->x->request, "match[]", nth, &text))
		return ERR_NOT_FOUND;
	err_t err = promql_select(text, &query, ret_detail);
	const label_matcher_t *matchers = err ? NULL : promql_matchers(query, &count);
	if (!err)
		err = a->one(a, matchers, count);
	promql_free(query);
	return err ? err : a->err;
}

static err_t ask_all(asked_t *a, bool may_be_none, err_detail_t *ret_detail)
{
	size_t nth = 0;
	err_t err = ask_selector(a, nth, ret_detail);
	if (err == ERR_NOT_FOUND && may_be_none) {
		err = a->one(a, NULL, 0);
		return err ? err : a->err;
	}
	if (err == ERR_NOT_FOUND)
		return err_raise(ret_detail, ERR_MALFORMED, &text_match, "", (char *)NULL);
	while (!err)
		err = ask_selector(a, ++nth, ret_detail);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static verdict_t answer(asked_t *a, bool may_be_none)
{
	exchange_t *x = a->x;
	err_detail_t detail = { .err = ERR_OK };
	if (!x->api->spec.series)
		return exchange_refuse(x, ERR_UNAVAILABLE, &text_index, (slice_t){ 0 });
	if (!prometheus_read(x))
		return EXCHANGE_ANSWERED;
	a->index = series_index(x->api->spec.series);
	a->seen = table_new(1, SERIES_MAX, 1);
	a->pool = pool_of(WORDS_BYTES_MAX);
	json_array(prometheus_begin(x));
	err_t err = a->seen ? ask_all(a, may_be_none, &detail) : ERR_NO_MEMORY;
	put_words(a);
	json_close(reply_json(&x->reply, ROOM));
	prometheus_end(x);
	table_free(a->seen);
	pool_free(&a->pool);
	free(a->words);
	if (!err)
		return EXCHANGE_ANSWERED;
	return detail.err == err ? exchange_tell(x, err, &detail)
	                         : exchange_refuse(x, err, &text_index, (slice_t){ 0 });
}

verdict_t prometheus_series(exchange_t *x)
{
	return answer(&(asked_t){ .x = x, .one = select_series }, false);
}

verdict_t prometheus_labels(exchange_t *x)
{
	return answer(&(asked_t){ .x = x, .one = select_words }, true);
}

verdict_t prometheus_label_values_get(exchange_t *x)
{
	slice_t name = x->request.param[0];
	if (name.len == 0 || ascii_is_digit(name.ptr[0]) || !ascii_is_word(name, SLICE("_")))
		return exchange_refuse(x, ERR_MALFORMED, &text_label, name);
	return answer(&(asked_t){ .x = x, .one = select_words, .name = name }, true);
}
