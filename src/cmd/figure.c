/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/json_print.h"
#include "env/json_read.h"
#include "env/posix/posix.h"

/* jizhu figure: figures of indicators that a running node and its children have issued, by its
 * HTTP API. */

enum { ANSWER_MAX = 8 << 20, PATH_ROOM = DOOR_URL_MAX, FILTERS = 10, OWN_OPTIONS = FILTERS + 2 };

typedef struct {
	door_asked_t where;
	const char *filters[FILTERS];
	bool latest, json;
} asked_t;

static const struct {
	const char *name, *parameter, *value, *help;
} FILTER_ROWS[FILTERS] = {
	{ "definition", "definition", "ID", "of list: of this definition" },
	{ "version", "version", "N", "of list: of this version of it" },
	{ "scope", "scope", "WORD", "of list: of this scope" },
	{ "period", "period", "WORD", "of list: 15min, hour, shift, day, week, month ..." },
	{ "entity", "entity", "ID", "of list: of this entity" },
	{ "from", "from", "TIME", "of list: periods that reach behind it" },
	{ "to", "to", "TIME", "of list: periods that begin before it" },
	{ "as-of", "as_of", "TIME", "of list: as published on that time" },
	{ "limit", "limit", "N", "of list: at most so many (100)" },
	{ "cursor", "cursor", "TEXT", "of list: go on where a page ended" },
};

/* What a figure says, in a line. */

static void print_number(const json_tree_t *object, const char *key)
{
	double number = 0;
	char text[32];
	bool is_there = json_number(json_member(object, key), &number);
	printf("%s", is_there ? num_format_f64(number, text) : "-");
}

static void print_word(const json_tree_t *object, const char *key)
{
	slice_t text = json_member_text(object, key);
	printf("%.*s", (int)text.len, (const char *)text.ptr);
}

static void print_words(const json_tree_t *object, const char *const *keys)
{
	for (; *keys; keys++) {
		print_word(object, *keys);
		printf("\t");
	}
}

static void print_figure(const json_tree_t *figure)
{
	static const char *const keys[] = { "definition", "scope",  "entity", "period",
		                            "from",       "origin", NULL };
	print_words(figure, keys);
	print_number(figure, "value");
	printf(" ");
	print_word(figure, "unit");
	printf("\t%s", "revision ");
	print_number(figure, "revision");
	printf("\treporting ");
	print_number(figure, "reporting");
	printf("/");
	print_number(figure, "expected");
	printf("\t");
	print_word(figure, "id");
	printf("\n");
}

static void print_list(const json_tree_t *doc)
{
	const json_tree_t *items = json_member(doc, "items");
	slice_t next = json_member_text(doc, "next");
	for (size_t i = 0; i < json_count(items); i++)
		print_figure(json_item(items, i));
	if (next.len)
		fprintf(stderr, "more: --cursor %.*s\n", (int)next.len, (const char *)next.ptr);
}

/* All of one. */

static void print_rows(const json_tree_t *doc, const char *list, const char *const *keys)
{
	const json_tree_t *rows = json_member(doc, list);
	for (size_t i = 0; i < json_count(rows); i++) {
		printf("%-10s ", list);
		print_words(json_item(rows, i), keys);
		print_number(json_item(rows, i), "revision");
		printf("\t");
		print_number(json_item(rows, i), "value");
		printf("\n");
	}
}

static void print_opened(const json_tree_t *doc)
{
	static const char *const parts[] = { "name", "kind", "unit", NULL };
	static const char *const children[] = { "entity", "state", NULL };
	static const char *const inputs[] = { "name", "point", "unit", NULL };
	static const char *const revisions[] = { "issued", NULL };
	print_figure(doc);
	print_rows(doc, "parts", parts);
	print_rows(doc, "children", children);
	print_rows(doc, "inputs", inputs);
	print_rows(doc, "revisions", revisions);
}

/* Asking. */

static err_t write_path(const asked_t *asked, const char *id, char buf[PATH_ROOM])
{
	writer_t w = writer_of(buf, PATH_ROOM);
	wr_format(&w, "/api/v1/figures");
	if (id) {
		wr_u8(&w, '/');
		door_put_encoded(&w, slice_str(id));
	} else {
		wr_format(&w, "?latest=%d", asked->latest);
		for (size_t i = 0; i < FILTERS; i++)
			door_put_parameter(&w, FILTER_ROWS[i].parameter, asked->filters[i]);
	}
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static int print_answer(const asked_t *asked, bool is_one, slice_t json)
{
	json_tree_t *doc = NULL;
	if (asked->json)
		return json_print(json);
	err_t err = json_read(json, &doc, NULL);
	if (err)
		return cmd_fail_plain(err, "");
	if (is_one)
		print_opened(doc);
	else
		print_list(doc);
	json_free(doc);
	return 0;
}

static int ask(const asked_t *asked, const char *id)
{
	char path[PATH_ROOM];
	err_detail_t detail = { 0 };
	env_http_answer_t answer = { 0 };
	door_t door = { 0 };
	env_t *env = NULL;
	err_t err = write_path(asked, id, path);
	if (!err)
		err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	door_ask_t what = { .path = path, .answer_max = ANSWER_MAX };
	err = door_find(env, &asked->where, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err)
		err = door_ask(&door, &what, &answer, &detail);
	int code = err ? cmd_fail(&detail) : print_answer(asked, id != NULL, answer.body);
	env_http_answer_done(&answer);
	door_leave(&door);
	posix_env_close(env);
	return code;
}

int cmd_figure(int argc, char **argv)
{
	asked_t asked = { .latest = false };
	int rest;
	option_t options[OWN_OPTIONS + DOOR_OPTIONS + 1] = { 0 };
	for (size_t i = 0; i < FILTERS; i++)
		options[i] = (option_t){ FILTER_ROWS[i].name, FILTER_ROWS[i].value,
			                 FILTER_ROWS[i].help, OPTION_TEXT, &asked.filters[i] };
	options[FILTERS] = (option_t){ "latest", NULL, "of list: the last period of each alone",
		                       OPTION_FLAG, &asked.latest };
	options[FILTERS + 1] = (option_t){ "json", NULL, "print JSON", OPTION_FLAG, &asked.json };
	door_options(&options[OWN_OPTIONS], &asked.where);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest == 1 && slice_eq(slice_str(argv[0]), SLICE("list")))
		return ask(&asked, NULL);
	if (rest == 2 && slice_eq(slice_str(argv[0]), SLICE("show")))
		return ask(&asked, argv[1]);
	return cmd_fail_plain(ERR_USAGE, "jizhu figure list, or show ID");
}
