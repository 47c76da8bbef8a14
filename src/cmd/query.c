/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu query: a question about the history of points, through a running node. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/history.h"
#include "cmd/json_print.h"
#include "cmd/query_parquet.h"
#include "cmd/when.h"
#include "env/posix/posix.h"
#include "retrieval/status.h"

enum { BODY_ROOM = 256 << 10, ANSWER_ROOM = 9 << 20, ROWS_DEFAULT = 10000 };

static const int64_t TIMEOUT_NS = 30 * NS_PER_S;
static const int64_t HOUR_NS = 3600 * NS_PER_S;

typedef struct {
	door_asked_t door;
	const char *aggregates, *mode, *from, *to, *known_at, *step, *zone, *fill, *bounds;
	const char *parquet; /* a file */
	uint64_t limit;
	bool is_stepped, is_explained, json, csv;
} asked_t;

static const err_text_t text_usage = {
	{ "say which POINT, or * for all", "请给出测点，或用 * 表示全部" },
	{ "for example: jizhu query FRM1.V --aggregate mean --from -1h --step 1m",
	  "例如：jizhu query FRM1.V --aggregate mean --from -1h --step 1m" },
};

static const err_text_t text_parquet = {
	{ "a Parquet file holds raw samples", "Parquet 文件只保存原始样本" },
	{ "leave mode and aggregates away", "请去掉 --mode 与 --aggregate" },
};

static void put_word(json_t *j, const char *key, const char *word)
{
	if (word)
		json_put_cstr(j, key, word);
}

static void put_points(json_t *j, int count, char **points)
{
	json_key(j, "points");
	if (count == 1 && slice_eq(slice_str(points[0]), SLICE("*"))) {
		json_str(j, SLICE("*"));
		return;
	}
	json_array(j);
	for (int i = 0; i < count; i++) {
		uint64_t id;
		if (num_parse_u64(slice_str(points[i]), UINT32_MAX, &id))
			json_str(j, slice_str(points[i]));
		else
			json_u64(j, id);
	}
	json_close(j);
}

static void put_aggregates(json_t *j, const char *text)
{
	slice_t rest = slice_str(text);
	json_key(j, "aggregates");
	json_array(j);
	while (rest.len)
		json_str(j, slice_trim(slice_cut(&rest, ',')));
	json_close(j);
}

/* A word, or a constant. */
static void put_fill(json_t *j, const char *fill)
{
	double constant;
	if (fill && !num_parse_f64(slice_str(fill), &constant))
		json_put_f64(j, "fill", constant);
	else
		put_word(j, "fill", fill);
}

static err_t write_body(env_t *env, const asked_t *asked, json_t *j, err_detail_t *ret_detail)
{
	const char *mode = asked->mode ? asked->mode : asked->aggregates ? "aggregate" : "raw";
	json_put_cstr(j, "mode", mode);
	if (asked->aggregates)
		put_aggregates(j, asked->aggregates);
	err_t err = when_put(env, j, "from_ms", asked->from, ret_detail);
	if (!err)
		err = when_put(env, j, "to_ms", asked->to, ret_detail);
	if (!err)
		err = when_put(env, j, "known_at_ms", asked->known_at, ret_detail);
	put_word(j, "step", asked->step);
	put_word(j, "zone", asked->zone);
	put_word(j, "bounds", asked->bounds);
	put_fill(j, asked->fill);
	json_put_bool(j, "stepped", asked->is_stepped);
	json_put_bool(j, "explain", asked->is_explained);
	json_put_u64(j, "limit", asked->limit);
	return err;
}

static const char *const classes[] = { "good", "uncertain", "bad" };

static void print_status(int64_t status)
{
	static const char *const kinds[] = { "", " calculated", " interpolated", "" };
	status_t code = (status_t)status;
	printf("%s%s%s%s", classes[status_class(code)], kinds[code & 3],
	       (code & STATUS_PARTIAL) == STATUS_PARTIAL ? " partial" : "",
	       (code & STATUS_MULTI) == STATUS_MULTI ? " several" : "");
}

/* +-0.5, or what it says. */
static void print_bound(const json_tree_t *cell)
{
	char buf[32];
	double number;
	if (!json_number(cell, &number))
		printf("approximate");
	else if (number == 0)
		printf("exact");
	else
		printf("+-%s", num_format_f64(number, buf));
}

static bool is_time(slice_t column)
{
	return slice_starts(column, SLICE("t_")) || slice_ends(column, SLICE(".t"));
}

/* Bytes that would steer the terminal are shown as a dot. */
static void print_text(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar(text.ptr[i] < ' ' || text.ptr[i] == 0x7F ? '.' : text.ptr[i]);
}

static void print_cell(const json_tree_t *cell, slice_t column)
{
	char buf[TIME_TEXT_MAX];
	int64_t whole;
	double number;
	bool flag;
	slice_t text;
	if (is_time(column) && json_whole(cell, 0, INT64_MAX / NS_PER_MS, &whole))
		printf("%s", time_format(whole * NS_PER_MS, buf));
	else if (slice_ends(column, SLICE("status")) && json_whole(cell, 0, UINT32_MAX, &whole))
		print_status(whole);
	else if (slice_ends(column, SLICE("bound")))
		print_bound(cell);
	else if (json_number(cell, &number))
		printf("%s", num_format_f64(number, buf));
	else if (json_flag(cell, &flag))
		printf("%s", flag ? "true" : "false");
	else if (json_text(cell, &text))
		print_text(text);
	else
		putchar('-');
}

static void print_rows(const json_tree_t *columns, const json_tree_t *rows)
{
	slice_t column;
	for (size_t c = 0; json_text(json_item(columns, c), &column); c++)
		printf("%s%.*s", c ? "\t" : "", (int)column.len, (const char *)column.ptr);
	putchar('\n');
	for (size_t r = 0; r < json_count(rows); r++) {
		const json_tree_t *row = json_item(rows, r);
		for (size_t c = 0; c < json_count(row); c++) {
			if (c)
				putchar('\t');
			if (json_text(json_item(columns, c), &column))
				print_cell(json_item(row, c), column);
		}
		putchar('\n');
	}
}

static void print_explain(const json_tree_t *explain)
{
	static const char *const keys[] = { "calls", "summaries", "opened", "samples", "ms" };
	double number;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_number(json_member(explain, keys[i]), &number))
			printf("%s%s %g", i ? ", " : "# ", keys[i], number);
	if (explain)
		putchar('\n');
}

static void print_item(const json_tree_t *columns, const json_tree_t *item)
{
	slice_t name = { 0 }, unit = { 0 };
	bool is_truncated = false;
	(void)json_text(json_member(item, "point"), &name);
	(void)json_text(json_member(item, "unit"), &unit);
	print_text(name);
	putchar(' ');
	print_text(unit);
	putchar('\n');
	print_rows(columns, json_member(item, "rows"));
	print_explain(json_member(item, "explain"));
	if (json_flag(json_member(item, "truncated"), &is_truncated) && is_truncated)
		fprintf(stderr, "jizhu: %s\n",
		        cmd_lang() == LANG_ZH ? "还有更多行；请用 --limit 或缩小范围"
		                              : "there are more rows: --limit, or a shorter range");
}

static int print_answer(const asked_t *asked, slice_t body)
{
	json_tree_t *doc = NULL;
	if (asked->csv) {
		(void)fwrite(body.ptr, 1, body.len, stdout);
		return 0;
	}
	if (asked->json)
		return json_print(body);
	if (json_read(body, &doc, NULL))
		return cmd_fail_plain(ERR_PROTOCOL, "");
	const json_tree_t *columns = json_member(doc, "columns");
	const json_tree_t *items = json_member(doc, "items");
	if (!items)
		print_rows(columns, json_member(doc, "rows"));
	for (size_t i = 0; i < json_count(items); i++)
		print_item(columns, json_item(items, i));
	json_free(doc);
	return 0;
}

static err_t send(env_t *env, const asked_t *asked, slice_t body, int *ret_code,
                  err_detail_t *ret_detail)
{
	door_t door = { 0 };
	env_http_answer_t answer;
	door_ask_t ask = { .method = HTTP_POST,
		           .path = HISTORY_DOOR "/query",
		           .content_type = "application/json",
		           .accept = asked->csv ? "text/csv" : "application/json",
		           .body = body,
		           .timeout_ns = TIMEOUT_NS,
		           .answer_max = ANSWER_ROOM };
	err_t err = door_find(env, &asked->door, &door, ret_detail);
	if (!err)
		err = door_enter(&door, ret_detail);
	if (!err)
		err = door_ask(&door, &ask, &answer, ret_detail);
	if (!err) {
		*ret_code = print_answer(asked, answer.body);
		door_warn_behind(&answer);
		env_http_answer_done(&answer);
	}
	door_leave(&door);
	return err;
}

/* The range, which begins an hour ago and ends now where nothing is said. */
static err_t read_range(env_t *env, const asked_t *asked, query_parquet_t *parquet,
                        err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	parquet->to_ns = env_utc(env).ns;
	if (asked->to)
		err = when_read(env, asked->to, &parquet->to_ns, ret_detail);
	parquet->from_ns = parquet->to_ns - HOUR_NS;
	if (!err && asked->from)
		err = when_read(env, asked->from, &parquet->from_ns, ret_detail);
	if (!err && asked->known_at)
		err = when_read(env, asked->known_at, &parquet->known_at_ns, ret_detail);
	if (err)
		return err;
	if (asked->aggregates || (asked->mode && !slice_eq(slice_str(asked->mode), SLICE("raw"))))
		return err_raise(ret_detail, ERR_USAGE, &text_parquet, "", (char *)NULL);
	return ERR_OK;
}

/* Every sample of the range into a file. */
static int write_parquet(const asked_t *asked, int count, char **points)
{
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	door_t door = { 0 };
	uint64_t rows = 0;
	query_parquet_t parquet = { .door = &door,
		                    .file = asked->parquet,
		                    .points = (const char *const *)points,
		                    .point_count = (size_t)count };
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = read_range(env, asked, &parquet, &detail);
	if (!err)
		err = door_find(env, &asked->door, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err)
		err = query_parquet(&parquet, &rows, &detail);
	door_leave(&door);
	posix_env_close(env);
	if (err)
		return cmd_fail(&detail);
	printf(asked->json ? "{\"rows\":%llu}\n" : "rows %llu\n", (unsigned long long)rows);
	return 0;
}

static int carry_out(const asked_t *asked, int count, char **points)
{
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	int code = 0;
	char *room = malloc(BODY_ROOM);
	json_t j = json_of(room, room ? BODY_ROOM : 0);
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	json_object(&j);
	put_points(&j, count, points);
	err = write_body(env, asked, &j, &detail);
	json_close(&j);
	if (!err && !json_ok(&j))
		err = err_raise(&detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
	if (!err)
		err = send(env, asked, json_done(&j), &code, &detail);
	free(room);
	posix_env_close(env);
	return err ? cmd_fail(&detail) : code;
}

int cmd_query(int argc, char **argv)
{
	asked_t asked = { .limit = ROWS_DEFAULT };
	int rest;
	option_t options[16 + DOOR_OPTIONS] = {
		{ "aggregate", "mean,max", "aggregates of buckets, or p95", OPTION_TEXT,
		  &asked.aggregates },
		{ "mode", "raw", "raw, delta, plot, interpolated, cyclic, states or last",
		  OPTION_TEXT, &asked.mode },
		{ "from", "TIME", "RFC 3339, milliseconds, or -24h; else an hour", OPTION_TEXT,
		  &asked.from },
		{ "to", "TIME", "the end, which is not part of it; else now", OPTION_TEXT,
		  &asked.to },
		{ "known-at", "TIME", "only what had arrived and was changed by then", OPTION_TEXT,
		  &asked.known_at },
		{ "step", "1m", "of buckets: 1m, 24h, or by the calendar 1d, 1mo", OPTION_TEXT,
		  &asked.step },
		{ "zone", "ZONE", "of the calendar, as Asia/Shanghai", OPTION_TEXT, &asked.zone },
		{ "fill", "linear", "null, previous, linear or a number", OPTION_TEXT,
		  &asked.fill },
		{ "bounds", "outside", "inside, outside or interpolated", OPTION_TEXT,
		  &asked.bounds },
		{ "stepped", NULL, "values hold until the next", OPTION_FLAG, &asked.is_stepped },
		{ "limit", "10000", "rows of a point at most", OPTION_NUMBER, &asked.limit },
		{ "explain", NULL, "say what was read", OPTION_FLAG, &asked.is_explained },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
		{ "csv", NULL, "print CSV", OPTION_FLAG, &asked.csv },
		{ "parquet", "FILE", "every raw sample of the range as a Parquet file", OPTION_TEXT,
		  &asked.parquet },
	};
	door_options(&options[15], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest == 0) {
		err_detail_t detail;
		err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
		return cmd_fail(&detail);
	}
	return asked.parquet ? write_parquet(&asked, rest, argv) : carry_out(&asked, rest, argv);
}
