/* SPDX-License-Identifier: Apache-2.0 */
/* Questions in SQL, answered as JSON or CSV. Query loop. */
#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"
#include "query/sql/sql.h"
#include "codec/csv/csv.h"

enum {
	ROWS_DEFAULT = 10000,
	ROWS_MAX = 1000000,
	ARGS_MAX = 64,
	DEADLINE_S = 10,
	CELL_ROOM = 40,
	TAIL_ROOM = 64,
};

static const err_text_t text_none = {
	{ "this node answers no SQL", "本节点不应答 SQL" },
	{ NULL, NULL },
};

typedef struct {
	exchange_t *x;
	bool is_csv;
	size_t rows, rows_max;
	bool is_truncated;
	value_t args[ARGS_MAX];
} asked_t;

/* The most bytes a text needs, quoted. */
static size_t room_of(const value_t *values, size_t count)
{
	size_t room = count * CELL_ROOM + TAIL_ROOM;
	for (size_t i = 0; i < count; i++)
		if (values[i].type == VALUE_TEXT)
			room += 6 * values[i].as.text.len;
	return room;
}

static writer_t *csv_of(asked_t *asked, size_t room)
{
	return reply_text(&asked->x->reply, "text/csv; charset=utf-8", room);
}

static void put_csv(writer_t *w, const value_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char number[CELL_ROOM];
		if (i)
			wr_u8(w, ',');
		if (values[i].type == VALUE_TEXT)
			csv_put(values[i].as.text, w);
		else
			wr_bytes(w, slice_str(value_format(&values[i], number, sizeof(number))));
	}
	wr_bytes(w, SLICE("\r\n"));
}

static bool put_head(void *ctx, const slice_t *names, size_t count)
{
	asked_t *asked = ctx;
	size_t room = TAIL_ROOM;
	for (size_t i = 0; i < count; i++)
		room += 6 * names[i].len + CELL_ROOM;
	if (asked->is_csv) {
		writer_t *w = csv_of(asked, room);
		for (size_t i = 0; i < count; i++) {
			if (i)
				wr_u8(w, ',');
			csv_put(names[i], w);
		}
		wr_bytes(w, SLICE("\r\n"));
		return !w->bad;
	}
	json_t *j = reply_json(&asked->x->reply, room);
	json_object(j);
	json_put_array(j, "columns");
	for (size_t i = 0; i < count; i++)
		json_str(j, names[i]);
	json_close(j);
	json_put_array(j, "rows");
	return !j->w.bad;
}

static bool put_row(void *ctx, const value_t *values, size_t count)
{
	asked_t *asked = ctx;
	reply_t *reply = &asked->x->reply;
	size_t room = room_of(values, count);
	asked->is_truncated = asked->rows == asked->rows_max ||
	                      reply->json.w.len + room + TAIL_ROOM > REPLY_MAX;
	if (asked->is_truncated)
		return false;
	asked->rows++;
	if (asked->is_csv) {
		writer_t *w = csv_of(asked, room);
		put_csv(w, values, count);
		return !w->bad;
	}
	json_t *j = reply_json(reply, room);
	json_array(j);
	for (size_t i = 0; i < count; i++)
		value_json(&values[i], j);
	json_close(j);
	return !j->w.bad;
}

static bool read_arg(const json_tree_t *item, value_t *ret_value)
{
	slice_t text;
	int64_t whole;
	double number;
	bool flag;
	*ret_value = (value_t){ .type = VALUE_NONE };
	if (json_text(item, &text))
		*ret_value = value_text(text);
	else if (json_whole(item, INT64_MIN, INT64_MAX, &whole))
		*ret_value = value_i64(whole);
	else if (json_number(item, &number))
		*ret_value = value_f64(number);
	else if (json_flag(item, &flag))
		*ret_value = value_i64(flag);
	else
		return json_kind(item) == JSON_NULL_VALUE;
	return true;
}

/* NULL, or the field that is wrong. */
static const char *read_fields(const json_tree_t *doc, asked_t *asked, sql_question_t *question)
{
	const json_tree_t *args = json_member(doc, "args"), *limit = json_member(doc, "limit");
	int64_t rows = ROWS_DEFAULT;
	if (!json_text(json_member(doc, "sql"), &question->text))
		return "sql";
	if (limit && !json_whole(limit, 1, ROWS_MAX, &rows))
		return "limit";
	if (args && (json_kind(args) != JSON_LIST_VALUE || json_count(args) > ARGS_MAX))
		return "args";
	for (size_t i = 0; i < json_count(args); i++)
		if (!read_arg(json_item(args, i), &asked->args[i]))
			return "args";
	question->args = asked->args;
	question->arg_count = json_count(args);
	asked->rows_max = (size_t)rows;
	return NULL;
}

static verdict_t answer(exchange_t *x, asked_t *asked, sql_question_t *question)
{
	err_detail_t detail;
	question->catalogue = api_catalogue(x->api);
	question->deadline_ns = env_now(x->api->env) + DEADLINE_S * NS_PER_S;
	err_t err = sql_ask(x->api->spec.sql, question, &(sql_answer_t){ asked, put_head, put_row },
	                    &detail);
	metric_add(&x->api->metrics, METRIC_SQL, 1);
	metric_add(&x->api->metrics, METRIC_SQL_ENDED, err == ERR_LIMIT || err == ERR_TIMEOUT);
	if (err)
		return exchange_tell(x, err, &detail);
	if (asked->is_csv) {
		/* There is no place for it behind the rows. */
		if (asked->is_truncated)
			reply_header(&x->reply, "Jizhu-Truncated", "true");
		return EXCHANGE_ANSWERED;
	}
	json_t *j = reply_json(&x->reply, TAIL_ROOM);
	json_close(j);
	json_put_bool(j, "truncated", asked->is_truncated);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t sql_post(exchange_t *x)
{
	asked_t asked = { .x = x, .rows_max = ROWS_DEFAULT };
	sql_question_t question = { .text = x->request.body };
	slice_t kind = x->request.header[HEADER_CONTENT_TYPE];
	asked.is_csv = slice_starts(x->request.header[HEADER_ACCEPT], SLICE("text/csv"));
	if (!x->api->spec.sql)
		return exchange_refuse(x, ERR_UNSUPPORTED, &text_none, (slice_t){ 0 });
	if (slice_starts(kind, SLICE("application/sql")) || slice_starts(kind, SLICE("text/plain")))
		return answer(x, &asked, &question);
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	const char *wrong = read_fields(doc, &asked, &question);
	verdict_t verdict = wrong ? body_refuse(x, wrong) : answer(x, &asked, &question);
	json_free(doc);
	return verdict;
}
