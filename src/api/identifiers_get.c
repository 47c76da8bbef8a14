/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers found by what their records say. */
#include "api/handlers.h"
#include "api/state.h"
#include "registry/search/search.h"

enum { ROW_ROOM = 6 * (RECORD_NAME_MAX + 1024) };

static const err_text_t text_state = {
	{ "there is no state %1", "没有状态 %1" },
	{ "use active, draft, retired or deleted", "可用 active、draft、retired、deleted" },
};

static const err_text_t text_question = {
	{ "the question is too long or has too many words", "查询过长或词过多" },
	{ "use at most 256 bytes and 16 words", "最多 256 字节、16 个词" },
};

static const err_text_t text_broad = {
	{ "the question takes too long", "查询耗时过长" },
	{ "ask more narrowly: more words, a type and value, or a prefix",
	  "请缩小范围：增加词、类型和值或前缀" },
};

static const err_text_t text_pair = {
	{ "type and value belong together", "type 与 value 须同时给出" },
	{ "give both, or neither", "请同时给出或都不给" },
};

static bool read_state(exchange_t *x, record_state_t *ret_state)
{
	slice_t word;
	*ret_state = RECORD_STATE_COUNT;
	if (!request_query(&x->request, "state", 0, &word) || word.len == 0)
		return true;
	*ret_state = record_state_parse(word);
	if (*ret_state == RECORD_STATE_COUNT)
		exchange_refuse(x, ERR_INVALID, &text_state, word);
	return *ret_state < RECORD_STATE_COUNT;
}

static bool read_query(exchange_t *x, search_query_t *query)
{
	static const query_number_t limit = { "limit", 1, SEARCH_ROWS_MAX, 100 };
	const request_t *request = &x->request;
	int64_t rows = 0;
	(void)request_query(request, "q", 0, &query->words);
	(void)request_query(request, "type", 0, &query->type);
	(void)request_query(request, "value", 0, &query->value);
	(void)request_query(request, "prefix", 0, &query->prefix);
	(void)request_query(request, "after", 0, &query->after);
	if (!exchange_number(x, &limit, &rows) || !read_state(x, &query->state))
		return false;
	query->limit = (size_t)rows;
	if ((query->type.len > 0) != (query->value.len > 0))
		exchange_refuse(x, ERR_INVALID, &text_pair, (slice_t){ 0 });
	return (query->type.len > 0) == (query->value.len > 0);
}

typedef struct {
	exchange_t *x;
	size_t rows;
	uint8_t last_bytes[RECORD_NAME_MAX];
	slice_t last;
} page_t;

static bool put_row(void *ctx, const search_row_t *row)
{
	page_t *page = ctx;
	json_t *j = reply_json(&page->x->reply, ROW_ROOM);
	json_object(j);
	json_put_str(j, "name", row->name);
	json_put_cstr(j, "state", record_state_name(row->state));
	json_put_ms(j, "changed_ms", row->changed_ns);
	json_put_str(j, "found", row->found);
	json_close(j);
	writer_t w = writer_of(page->last_bytes, sizeof(page->last_bytes));
	wr_bytes(&w, row->name);
	page->last = writer_done(&w);
	page->rows++;
	return !j->w.bad;
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	const err_text_t *text = err == ERR_INVALID ? &text_question
	                         : err == ERR_LIMIT ? &text_broad
	                                            : NULL;
	return exchange_refuse(x, err, text, (slice_t){ 0 });
}

verdict_t identifiers_get(exchange_t *x)
{
	search_query_t query = { 0 };
	page_t page = { .x = x };
	if (!read_query(x, &query))
		return EXCHANGE_ANSWERED;
	json_t *j = reply_items(&x->reply, ROW_ROOM);
	err_t err = searcher_find(x->api->searcher, &query, put_row, &page);
	if (err)
		return refuse(x, err);
	json_close(reply_json(&x->reply, ROW_ROOM));
	json_key(j, "next_after");
	if (page.rows == query.limit)
		json_str(j, page.last);
	else
		json_null(j);
	json_put_u64(j, "lag", search_lag(x->api->spec.search));
	json_close(j);
	return EXCHANGE_ANSWERED;
}
