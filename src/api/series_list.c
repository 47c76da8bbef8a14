/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/series: series that came through a door, found by words of their labels. What
 * is searched is the text that a series is named by; the index knows no times, so these are
 * the series of all time. Query loop. */
#include "api/handlers.h"
#include "api/prometheus.h"
#include "api/state.h"
#include "base/ascii.h"

enum {
	ROOM = 128,
	JSON_GROWTH = 6,
	WORDS_MAX = 8,
	LIMIT_MAX = 1000,
	LIMIT_DEFAULT = 50,
	/* Every byte escaped, and a mark around each. */
	TEXT_ROOM = 2 * LABELS_BYTES_MAX + 4 * LABELS_MAX,
	SEARCH_S = 2,
	LOOK_EVERY = 1024, /* series between two looks at the clock */
};

static const err_text_t text_words = {
	{ "more than 8 words to search for", "搜索词超过 8 个" },
	{ "fewer words find more series", "请减少搜索词" },
};

typedef struct {
	exchange_t *x;
	slice_t words[WORDS_MAX];
	size_t word_count, limit, count, seen;
	int64_t until_ns;
	bool is_truncated;
} hunt_t;

static bool begins(slice_t text, slice_t word)
{
	return text.len >= word.len && slice_eq_nocase(slice_sub(text, 0, word.len), word);
}

/* Most places are passed over by their first byte, whose case is masked out. */
static bool holds(slice_t text, slice_t word)
{
	enum { CASE = 0x20 };
	uint8_t first = word.ptr[0] | CASE;
	for (size_t i = 0; i + word.len <= text.len; i++)
		if ((text.ptr[i] | CASE) == first && begins(slice_from(text, i), word))
			return true;
	return false;
}

static bool fits(const hunt_t *hunt, slice_t text)
{
	for (size_t i = 0; i < hunt->word_count; i++)
		if (!holds(text, hunt->words[i]))
			return false;
	return true;
}

static void put(hunt_t *hunt, point_id_t point, slice_t name, const labels_t *labels)
{
	reply_t *reply = &hunt->x->reply;
	json_t *j = reply_json(reply, ROOM + JSON_GROWTH * name.len);
	json_object(j);
	json_put_u64(j, "id", point);
	json_put_str(j, "name", name);
	json_key(j, "labels");
	prometheus_put_labels(hunt->x, labels);
	json_close(reply_json(reply, ROOM));
}

static bool on_series(void *ctx, point_id_t point, const labels_t *labels)
{
	hunt_t *hunt = ctx;
	char text[TEXT_ROOM];
	writer_t w = writer_of(text, sizeof(text));
	if (point < SERIES_ID_FIRST)
		return true;
	hunt->is_truncated = ++hunt->seen % LOOK_EVERY == 0 &&
	                     env_now(hunt->x->api->env) > hunt->until_ns;
	labels_text(labels, &w);
	if (hunt->is_truncated || w.bad || !fits(hunt, writer_done(&w)))
		return !hunt->is_truncated;
	hunt->is_truncated = hunt->count++ == hunt->limit;
	if (!hunt->is_truncated)
		put(hunt, point, writer_done(&w), labels);
	return !hunt->is_truncated && !hunt->x->reply.json.w.bad;
}

static bool read_words(hunt_t *hunt, slice_t text)
{
	while (text.len) {
		slice_t word = slice_cut(&text, ' ');
		if (word.len == 0)
			continue;
		if (hunt->word_count == WORDS_MAX) {
			exchange_refuse(hunt->x, ERR_INVALID, &text_words, (slice_t){ 0 });
			return false;
		}
		hunt->words[hunt->word_count++] = word;
	}
	return true;
}

verdict_t series_list(exchange_t *x)
{
	static const query_number_t most = { "limit", 1, LIMIT_MAX, LIMIT_DEFAULT };
	hunt_t hunt = { .x = x, .until_ns = env_now(x->api->env) + SEARCH_S * NS_PER_S };
	series_t *series = x->api->spec.series;
	int64_t limit = 0;
	slice_t text = { 0 };
	(void)request_query(&x->request, "q", 0, &text);
	if (!exchange_number(x, &most, &limit) || !read_words(&hunt, text))
		return EXCHANGE_ANSWERED;
	hunt.limit = (size_t)limit;
	reply_items(&x->reply, ROOM);
	err_t err = ERR_OK;
	if (series) {
		series_index_t index = series_index(series);
		err = index.select(index.ctx, NULL, 0, on_series, &hunt);
	}
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, ROOM);
	json_close(j);
	json_put_bool(j, "truncated", hunt.is_truncated);
	json_close(j);
	return EXCHANGE_ANSWERED;
}
