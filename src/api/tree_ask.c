/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tree_ask.h"

#include <math.h>

#include "api/state.h"
#include "base/base64.h"

static const err_text_t text_no_tree = {
	{ "this node has no rooms that join it with others", "本节点未启用多级互联" },
	{ "start it as a node: jizhu run", "请以节点方式启动：jizhu run" },
};
static const err_text_t text_word = {
	{ "%1 is no word of this parameter", "该参数没有取值 %1" },
	{ "see /api/v1/openapi.yaml for its words", "取值见 /api/v1/openapi.yaml" },
};
static const err_text_t text_name = {
	{ "there is nothing called %1 here", "此处没有 %1" },
	{ "take the name from the list of this path", "请从该路径的列表中选取" },
};
static const err_text_t text_time = {
	{ "the query parameter %1 is no time", "查询参数 %1 不是时间" },
	{ "write it as 2026-01-01T00:00:00+08:00, or in milliseconds since 1970",
	  "请写作 2026-01-01T00:00:00+08:00，或 1970 年以来的毫秒数" },
};
static const err_text_t text_cursor = {
	{ "the cursor is of no list of this path", "cursor 不属于该路径的列表" },
	{ "take it from \"next\" of the page before, unchanged", "请原样使用上一页的 next" },
};

const api_tree_t *tree_ask(exchange_t *x)
{
	const api_tree_t *tree = x->api->spec.tree;
	if (!tree || !tree->journal)
		exchange_refuse(x, ERR_NOT_FOUND, &text_no_tree, (slice_t){ 0 });
	return tree && tree->journal ? tree : NULL;
}

slice_t tree_ask_word(const exchange_t *x, const char *name)
{
	slice_t word;
	return request_query(&x->request, name, 0, &word) ? word : (slice_t){ 0 };
}

verdict_t tree_refuse_word(exchange_t *x, slice_t word)
{
	return exchange_refuse(x, ERR_INVALID, &text_word, word);
}

verdict_t tree_refuse_name(exchange_t *x, slice_t name)
{
	return exchange_refuse(x, ERR_NOT_FOUND, &text_name, name);
}

bool tree_ask_time(exchange_t *x, const char *name, int64_t *ret_ns)
{
	slice_t text = tree_ask_word(x, name);
	if (text.len == 0 || time_parse_ms(text, ret_ns) == ERR_OK)
		return true;
	exchange_refuse(x, ERR_INVALID, &text_time, slice_str(name));
	return false;
}

bool tree_ask_count(exchange_t *x, const char *name, size_t absent, size_t *ret_count)
{
	query_number_t query = { name, 1, TREE_PAGE_MAX, (int64_t)absent };
	int64_t number = 0;
	if (!exchange_number(x, &query, &number))
		return false;
	*ret_count = (size_t)number;
	return true;
}

verdict_t tree_refuse_cursor(exchange_t *x)
{
	return exchange_refuse(x, ERR_INVALID, &text_cursor, (slice_t){ 0 });
}

bool tree_ask_cursor(exchange_t *x, tree_cursor_t *ret_cursor)
{
	writer_t w = writer_of(ret_cursor->bytes, sizeof(ret_cursor->bytes));
	if (base64_decode_url(tree_ask_word(x, "cursor"), &w)) {
		tree_refuse_cursor(x);
		return false;
	}
	ret_cursor->len = w.len;
	return true;
}

void tree_put_next(exchange_t *x, slice_t cursor)
{
	char text[TREE_CURSOR_MAX / 3 * 4 + 4];
	writer_t w = writer_of(text, sizeof(text));
	json_t *j = reply_json(&x->reply, sizeof(text) + 64);
	json_key(j, "next");
	base64_encode(cursor, BASE64_URL, &w);
	if (cursor.len)
		json_str(j, writer_done(&w));
	else
		json_null(j);
}

bool tree_ask_from(exchange_t *x, uint32_t *ret_from)
{
	tree_cursor_t cursor;
	if (!tree_ask_cursor(x, &cursor))
		return false;
	reader_t r = reader_of(tree_cursor_slice(&cursor));
	*ret_from = cursor.len ? rd_u32(&r) : 0;
	if (r.bad || r.in.len)
		tree_refuse_cursor(x);
	return !r.bad && r.in.len == 0;
}

void tree_put_next_from(exchange_t *x, uint32_t from)
{
	uint8_t bytes[4];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_u32(&w, from);
	tree_put_next(x, from ? writer_done(&w) : (slice_t){ 0 });
}

void tree_put_names(json_t *j, const char *key, const slice_t names[LANG_COUNT])
{
	json_put_object(j, key);
	json_put_str(j, "en", names[LANG_EN]);
	json_put_str(j, "zh", names[LANG_ZH]);
	json_close(j);
}

void tree_put_time(json_t *j, const char *key, int64_t utc_ns)
{
	if (utc_ns) {
		json_put_time(j, key, utc_ns);
		return;
	}
	json_key(j, key);
	json_null(j);
}

void tree_put_number(json_t *j, const char *key, bool is_there, double number)
{
	json_put_f64(j, key, is_there ? number : NAN);
}
