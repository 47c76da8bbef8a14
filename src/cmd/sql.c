/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu sql: a question over the history, through a node; a table for people. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/history.h"
#include "cmd/json_print.h"
#include "cmd/offline.h"
#include "env/posix/posix.h"

enum {
	COLUMNS_MAX = 100,
	CELL_MAX = 32,
	STATEMENT_MAX = 64 << 10,
	BODY_ROOM = 6 * STATEMENT_MAX + 256,
	ANSWER_ROOM = 9 << 20,
	ROWS_DEFAULT = 10000,
	GAP = 2,
};

static const int64_t TIMEOUT_NS = 30 * NS_PER_S;

typedef struct {
	door_asked_t door;
	uint64_t limit;
	bool json;
} asked_t;

static const err_text_t text_usage = {
	{ "say one STATEMENT, or - to read it from standard input",
	  "请给出一条语句，或用 - 从标准输入读取" },
	{ "for example: jizhu sql \"SELECT * FROM last\"",
	  "例如：jizhu sql \"SELECT * FROM last\"" },
};

/* The text of a cell; numbers are written to `room`. */
static slice_t cell_text(const json_tree_t *cell, char room[CELL_MAX])
{
	slice_t text = { 0 };
	int64_t whole;
	double number;
	if (json_text(cell, &text))
		return text;
	if (json_whole(cell, INT64_MIN, INT64_MAX, &whole))
		(void)snprintf(room, CELL_MAX, "%lld", (long long)whole);
	else if (json_number(cell, &number))
		return slice_str(num_format_f64(number, room));
	else
		return text;
	return slice_str(room);
}

/* Characters, which is what they take up on the screen for most scripts. */
static int width_of(slice_t text)
{
	int width = 0;
	for (size_t n = utf8_next(text); n > 0; n = utf8_next(text), width++)
		text = slice_from(text, n);
	return width + (int)text.len;
}

/* Bytes that would steer the terminal are shown as a dot. */
static void print_cell(slice_t text, int width, bool is_number, bool is_last)
{
	int pad = width - width_of(text);
	if (is_number)
		printf("%*s", pad, "");
	for (size_t i = 0; i < text.len; i++)
		putchar(text.ptr[i] < ' ' || text.ptr[i] == 0x7F ? '.' : text.ptr[i]);
	if (!is_last)
		printf("%*s", (is_number ? 0 : pad) + GAP, "");
}

typedef struct {
	const json_tree_t *columns, *rows;
	size_t count;
	int width[COLUMNS_MAX];
	bool is_number[COLUMNS_MAX]; /* in every row that has a value */
} table_t;

static table_t measure(const json_tree_t *doc)
{
	table_t t = { .columns = json_member(doc, "columns"), .rows = json_member(doc, "rows") };
	char room[CELL_MAX];
	t.count = json_count(t.columns) < COLUMNS_MAX ? json_count(t.columns) : COLUMNS_MAX;
	for (size_t c = 0; c < t.count; c++) {
		t.width[c] = width_of(cell_text(json_item(t.columns, c), room));
		t.is_number[c] = true;
		for (size_t r = 0; r < json_count(t.rows); r++) {
			const json_tree_t *cell = json_item(json_item(t.rows, r), c);
			int width = width_of(cell_text(cell, room));
			t.width[c] = width > t.width[c] ? width : t.width[c];
			t.is_number[c] = t.is_number[c] && json_kind(cell) != JSON_TEXT_VALUE;
		}
	}
	return t;
}

static void print_row(const table_t *t, const json_tree_t *row)
{
	char room[CELL_MAX];
	for (size_t c = 0; c < t->count; c++)
		print_cell(cell_text(json_item(row, c), room), t->width[c], t->is_number[c],
		           c + 1 == t->count);
	putchar('\n');
}

static int print_table(slice_t body)
{
	json_tree_t *doc = NULL;
	bool is_truncated = false;
	err_t err = json_read(body, &doc, NULL);
	if (err)
		return cmd_fail_plain(ERR_PROTOCOL, "");
	table_t t = measure(doc);
	print_row(&t, t.columns);
	for (size_t r = 0; r < json_count(t.rows); r++)
		print_row(&t, json_item(t.rows, r));
	if (json_flag(json_member(doc, "truncated"), &is_truncated) && is_truncated)
		fprintf(stderr, "jizhu: %s\n",
		        cmd_lang() == LANG_ZH
		                ? "还有更多行；请用 --limit 或缩小查询范围"
		                : "there are more rows: --limit, or ask more narrowly");
	json_free(doc);
	return 0;
}

static err_t run(env_t *env, const asked_t *asked, slice_t body, int *ret_code,
                 err_detail_t *ret_detail)
{
	door_t door = { 0 };
	offline_t *offline = NULL;
	env_http_answer_t answer;
	door_ask_t ask = { .method = HTTP_POST,
		           .path = HISTORY_DOOR "/sql",
		           .content_type = "application/json",
		           .body = body,
		           .timeout_ns = TIMEOUT_NS,
		           .answer_max = ANSWER_ROOM };
	err_t err = asked->door.offline
	                    ? offline_open(env, &asked->door, &door, &offline, ret_detail)
	                    : door_find(env, &asked->door, &door, ret_detail);
	if (!err)
		err = door_enter(&door, ret_detail);
	if (!err)
		err = door_ask(&door, &ask, &answer, ret_detail);
	if (!err) {
		*ret_code = asked->json ? json_print(answer.body) : print_table(answer.body);
		door_warn_behind(&answer);
		env_http_answer_done(&answer);
	}
	door_leave(&door);
	offline_close(offline);
	return err;
}

static int ask(const asked_t *asked, slice_t statement)
{
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	int code = 0;
	char *room = malloc(BODY_ROOM);
	json_t j = json_of(room, room ? BODY_ROOM : 0);
	json_object(&j);
	json_put_str(&j, "sql", statement);
	json_put_u64(&j, "limit", asked->limit);
	json_close(&j);
	err_t err = json_ok(&j) ? cmd_world(&env) : ERR_TOO_BIG;
	if (err)
		err_raise(&detail, err, NULL, "", (char *)NULL);
	else
		err = run(env, asked, json_done(&j), &code, &detail);
	free(room);
	if (env)
		posix_env_close(env);
	return err ? cmd_fail(&detail) : code;
}

int cmd_sql(int argc, char **argv)
{
	asked_t asked = { .limit = ROWS_DEFAULT };
	static const size_t room = STATEMENT_MAX + 1;
	int rest;
	option_t options[4 + DOOR_OPTIONS] = {
		{ "limit", "10000", "rows at most", OPTION_NUMBER, &asked.limit },
		{ "offline", "DATA", "of the node of this folder, which does not run", OPTION_TEXT,
		  &asked.door.offline },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[3], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1) {
		err_detail_t detail;
		err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
		return cmd_fail(&detail);
	}
	if (!slice_eq(slice_str(argv[0]), SLICE("-")))
		return ask(&asked, slice_str(argv[0]));
	char *text = malloc(room);
	if (!text)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	int code = ask(&asked, slice_of(text, fread(text, 1, room, stdin)));
	free(text);
	return code;
}
