/* SPDX-License-Identifier: Apache-2.0 */
/* A question from its text to its rows. */
#include "query/sql/sql.h"

#include <assert.h>
#include <stdlib.h>

#include "env/sql_ask.h"
#include "query/sql/state.h"

enum { ROW_COLUMNS_MAX = 100 };

static const err_text_t text_statement = {
	{ "%1", "SQL 有误：%1" },
	{ "the tables are samples, last, buckets, points, identifiers, assets and events",
	  "可用的表：samples、last、buckets、points、identifiers、assets、events" },
};
static const err_text_t text_reads = {
	{ "only questions are answered: one SELECT", "只接受查询：一条 SELECT" },
	{ "what changes data goes by the other doors", "更改数据请走其他接口" },
};
static const err_text_t text_places = {
	{ "the statement has %1 places, but another number of arguments came",
	  "语句有 %1 个占位符，与参数个数不符" },
	{ "give one argument for each ?", "请为每个 ? 提供一个参数" },
};
static const err_text_t text_memory = {
	{ "the question needs too much memory", "该查询占用内存过多" },
	{ "sort or group less at once", "请减少一次排序或分组的数据量" },
};
static const err_text_t text_late = {
	{ "the question takes too long", "查询耗时过长" },
	{ "narrow t and point, or ask buckets(point, t0, t1, step, agg)",
	  "请缩小 t 与 point 的范围，或使用 buckets(point, t0, t1, step, agg)" },
};

static void (*const tables[])(env_sql_table_t *) = {
	sql_samples_table,     sql_last_table,   sql_buckets_table, sql_points_table,
	sql_identifiers_table, sql_assets_table, sql_events_table,
};

/* ns(text): nanoseconds of a time in RFC 3339; of a number: itself. */
static err_t function_ns(const value_t *args, char room[ENV_SQL_ROOM], value_t *ret_value)
{
	(void)room;
	int64_t ns = 0;
	if (args[0].type == VALUE_NONE)
		return ERR_OK;
	err_t err = sql_time_of(&args[0], &ns);
	*ret_value = value_i64(ns);
	return err;
}

/* iso(ns) */
static err_t function_iso(const value_t *args, char room[ENV_SQL_ROOM], value_t *ret_value)
{
	int64_t ns = 0;
	if (args[0].type == VALUE_NONE)
		return ERR_OK;
	err_t err = sql_time_of(&args[0], &ns);
	if (!err && ns >= 0)
		*ret_value = value_text(slice_str(time_format(ns, room)));
	return err;
}

err_t sql_open(env_t *env, const sql_spec_t *spec, sql_t **ret_sql)
{
	sql_t *sql = calloc(1, sizeof(*sql));
	if (!sql)
		return ERR_NO_MEMORY;
	sql->env = env;
	sql->spec = *spec;
	err_t err = env_sql_open_private(env, &sql->db);
	for (size_t i = 0; !err && i < sizeof(tables) / sizeof(*tables); i++) {
		tables[i](&sql->tables[i]);
		sql->tables[i].ctx = sql;
		err = env_sql_table(sql->db, &sql->tables[i]);
	}
	if (!err)
		err = env_sql_function(sql->db, "ns", 1, function_ns);
	if (!err)
		err = env_sql_function(sql->db, "iso", 1, function_iso);
	if (err)
		sql_close(sql);
	else
		*ret_sql = sql;
	return err;
}

void sql_close(sql_t *sql)
{
	if (!sql)
		return;
	env_sql_close(sql->db);
	sql_points_clear(&sql->points);
	free(sql);
}

err_t sql_give_up(sql_t *sql, err_t err, const err_text_t *text, slice_t arg)
{
	sql->text = text;
	(void)slice_to_cstr(arg, sql->arg, sizeof(sql->arg));
	return err;
}

/* What went wrong, as people are told. */
static err_t tell(sql_t *sql, err_t err, err_detail_t *ret_detail)
{
	const err_text_t *text = sql->text;
	const char *arg = sql->arg;
	if (!text && err == ERR_INVALID) {
		text = &text_statement;
		arg = env_sql_trouble(sql->db);
	} else if (!text) {
		text = err == ERR_DENIED    ? &text_reads
		       : err == ERR_TIMEOUT ? &text_late
		       : err == ERR_LIMIT   ? &text_memory
		                            : NULL;
	}
	return err_raise(ret_detail, err, text, "", arg, (char *)NULL);
}

static err_t bind(sql_t *sql, env_sql_statement_t *statement)
{
	const sql_question_t *question = sql->question;
	size_t places = env_sql_places(statement);
	char text[24];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%zu", places);
	if (places != question->arg_count)
		return sql_give_up(sql, ERR_INVALID, &text_places, writer_done(&w));
	for (size_t i = 0; i < places; i++)
		env_sql_bind(statement, i + 1, &question->args[i]);
	return ERR_OK;
}

static err_t hand_rows(env_sql_statement_t *statement, const sql_answer_t *answer)
{
	value_t values[ROW_COLUMNS_MAX];
	slice_t names[ROW_COLUMNS_MAX];
	size_t columns = env_sql_columns(statement);
	assert(columns <= ROW_COLUMNS_MAX);
	for (size_t i = 0; i < columns; i++)
		names[i] = env_sql_name(statement, i);
	bool go_on = answer->head(answer->ctx, names, columns);
	while (go_on) {
		bool is_row = false;
		err_t err = env_sql_step(statement, &is_row);
		if (err || !is_row)
			return err;
		for (size_t i = 0; i < columns; i++)
			values[i] = env_sql_value(statement, i);
		go_on = answer->row(answer->ctx, values, columns);
	}
	return ERR_OK;
}

err_t sql_ask(sql_t *sql, const sql_question_t *question, const sql_answer_t *answer,
              err_detail_t *ret_detail)
{
	env_sql_statement_t *statement = NULL;
	sql->question = question;
	sql->samples_read = 0;
	sql->text = NULL;
	size_t memory = question->memory_max ? question->memory_max : SQL_MEMORY_MAX;
	env_sql_budget(sql->db, question->steps_max);
	env_sql_guard(sql->db, &(env_sql_guard_t){ question->deadline_ns, memory });
	err_t err = env_sql_ask(sql->db, question->text, &statement);
	if (!err)
		err = bind(sql, statement);
	if (!err)
		err = hand_rows(statement, answer);
	if (err)
		err = tell(sql, err, ret_detail);
	env_sql_finalize(statement);
	sql_points_clear(&sql->points);
	sql->question = NULL;
	return err;
}
