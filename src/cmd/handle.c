/* SPDX-License-Identifier: Apache-2.0 */
/* One identifier at a time, through the running node: register, handle, history, find. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/handle_print.h"
#include "cmd/json_print.h"
#include "env/posix/posix.h"

enum { PATH_ROOM = 8 << 10, BODY_ROOM = 64 << 10, ANSWER_ROOM = 8 << 20 };

typedef struct {
	door_asked_t door;
	const char *url, *state, *prefix;
	uint64_t limit;
	bool json, yes;
} asked_t;

static const err_text_t text_register = {
	{ "say register NAME --url URL, or register NAME TYPE=VALUE ...",
	  "请写 register 名称 --url 网址，或 register 名称 类型=值 ..." },
	{ "see jizhu register --help", "请参阅 jizhu register --help" },
};
static const err_text_t text_state = {
	{ "%1 is no state to begin with", "不能以状态 %1 开始" },
	{ "draft or active", "draft 或 active" },
};
static const err_text_t text_handle = {
	{ "say show, activate, retire, delete or restore, and a NAME",
	  "请写 show、activate、retire、delete 或 restore，再写名称" },
	{ "see jizhu handle --help", "请参阅 jizhu handle --help" },
};
static const err_text_t text_name = {
	{ "say which name", "请给出名称" },
	{ "write PREFIX/SUFFIX", "请写 前缀/后缀" },
};
static const err_text_t text_words = {
	{ "say what to look for", "请给出要查找的词" },
	{ "write one or more words", "请写一个或多个词" },
};
static const err_text_t text_sure = {
	{ "%1 is not deleted without being sure", "未确认，不删除 %1" },
	{ "say --yes; `jizhu handle restore NAME` brings a deleted name back",
	  "请加 --yes；jizhu handle restore 名称 可恢复已删除的标识" },
};

static int refuse(const err_text_t *text, const char *arg)
{
	err_detail_t detail;
	(void)!err_raise(&detail, ERR_USAGE, text, "", arg, (char *)NULL);
	return cmd_fail(&detail);
}

/* One question at the node; prints the answer. */
typedef struct {
	door_ask_t ask;
	void (*print)(const json_tree_t *answer); /* NULL: nothing to say but with --json */
} question_t;

static int print_answer(const asked_t *asked, const question_t *q, slice_t json)
{
	json_tree_t *doc = NULL;
	if (asked->json)
		return json_print(json);
	if (!q->print)
		return 0;
	err_t err = json_read(json, &doc, NULL);
	if (err)
		return cmd_fail_plain(err, "");
	q->print(doc);
	json_free(doc);
	return 0;
}

static err_t ask_all(const asked_t *asked, const door_t *door, const question_t *questions,
                     int *ret_code, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (const question_t *q = questions; !err && q->ask.path; q++) {
		env_http_answer_t answer;
		if (!q->ask.path[0])
			return err_raise(ret_detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
		err = door_ask(door, &q->ask, &answer, ret_detail);
		if (err)
			break;
		/* Of several the last is the answer. */
		if (!q[1].ask.path)
			*ret_code = print_answer(asked, q, answer.body);
		env_http_answer_done(&answer);
	}
	return err;
}

/* Asks in order until one is refused; the list ends with a path of NULL. */
static int carry_out(const asked_t *asked, const question_t *questions)
{
	err_detail_t detail = { 0 };
	door_t door = { 0 };
	env_t *env = NULL;
	int code = 0;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = door_find(env, &asked->door, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err)
		err = ask_all(asked, &door, questions, &code, &detail);
	door_leave(&door);
	posix_env_close(env);
	return err ? cmd_fail(&detail) : code;
}

/* "/api/.../NAME" and what stands behind it; "" for a name that is too long. */
static const char *name_path(const char *head, const char *name, const char *tail, char *buf)
{
	writer_t w = writer_of(buf, PATH_ROOM);
	wr_format(&w, "%s", head);
	door_put_encoded(&w, slice_str(name));
	wr_format(&w, "%s", tail);
	wr_u8(&w, 0);
	if (w.bad)
		buf[0] = 0;
	return buf;
}

static void put_value(json_t *j, uint32_t index, slice_t type, slice_t data)
{
	json_object(j);
	json_put_u64(j, "index", index);
	json_put_str(j, "type", type);
	json_put_str(j, "data", data);
	json_close(j);
}

/* --url is the first value; the words TYPE=VALUE follow. False: a word is none. */
static bool put_values(const asked_t *asked, int count, char **words, json_t *j)
{
	uint32_t index = 1;
	json_array(j);
	if (asked->url)
		put_value(j, index++, SLICE("URL"), slice_str(asked->url));
	for (int i = 0; i < count; i++) {
		slice_t rest = slice_str(words[i]), type = slice_cut(&rest, '=');
		if (type.len == 0 || rest.len == 0)
			return false;
		put_value(j, index++, type, rest);
	}
	json_close(j);
	return index > 1;
}

static int read_register(asked_t *asked, int argc, char **argv, int *ret_rest)
{
	option_t options[4 + DOOR_OPTIONS] = {
		{ "url", "URL", "where the name leads", OPTION_TEXT, &asked->url },
		{ "state", "draft", "draft: seen by those who may change it alone", OPTION_TEXT,
		  &asked->state },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked->json },
	};
	door_options(&options[3], &asked->door);
	return cmd_options(options, argc, argv, ret_rest);
}

static door_ask_t ask_registered(const char *name, slice_t values, char path[PATH_ROOM])
{
	return (door_ask_t){ .method = HTTP_PUT,
		             .path = name_path("/api/handles/", name, "?overwrite=false", path),
		             .content_type = "application/json",
		             .body = values };
}

static door_ask_t ask_draft(const char *name, char path[PATH_ROOM])
{
	return (door_ask_t){ .method = HTTP_POST,
		             .path = name_path("/api/v1/identifiers/", name, "/state", path),
		             .content_type = "application/json",
		             .body = SLICE("{\"state\":\"draft\"}") };
}

int cmd_register(int argc, char **argv)
{
	asked_t asked = { 0 };
	char put[PATH_ROOM], post[PATH_ROOM];
	char body[BODY_ROOM];
	int rest, stop = read_register(&asked, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	json_t j = json_of(body, sizeof(body));
	slice_t state = slice_str(asked.state ? asked.state : "active");
	bool is_draft = slice_eq(state, SLICE("draft"));
	if (rest < 1 || !put_values(&asked, rest - 1, argv + 1, &j) || !json_ok(&j))
		return refuse(&text_register, NULL);
	if (!is_draft && !slice_eq(state, SLICE("active")))
		return refuse(&text_state, asked.state);
	question_t questions[3] = { { .ask = ask_registered(argv[0], json_done(&j), put) } };
	if (is_draft)
		questions[1].ask = ask_draft(argv[0], post);
	return carry_out(&asked, questions);
}

typedef struct {
	const char *word;
	http_method_t method;
	const char *head, *tail, *body;
	void (*print)(const json_tree_t *answer);
} verb_t;

static const verb_t verbs[] = {
	{ "show", HTTP_GET, "/api/handles/", "", NULL, handle_print_record },
	{ "activate", HTTP_POST, "/api/v1/identifiers/", "/state", "{\"state\":\"active\"}", NULL },
	{ "retire", HTTP_POST, "/api/v1/identifiers/", "/state", "{\"state\":\"retired\"}",
	  handle_print_others },
	{ "restore", HTTP_POST, "/api/v1/identifiers/", "/restoration", "{}", NULL },
	{ "delete", HTTP_DELETE, "/api/handles/", "", NULL, handle_print_others },
};

static const verb_t *find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (slice_eq(slice_str(word), slice_str(verbs[i].word)))
			return &verbs[i];
	return NULL;
}

static question_t ask_verb(const verb_t *verb, const char *name, char path[PATH_ROOM])
{
	door_ask_t ask = { .method = verb->method,
		           .path = name_path(verb->head, name, verb->tail, path),
		           .content_type = verb->body ? "application/json" : NULL,
		           .body = slice_str(verb->body),
		           .answer_max = ANSWER_ROOM };
	return (question_t){ ask, verb->print };
}

/* Asked at a terminal; elsewhere --yes says it. */
static bool is_sure(const asked_t *asked, const char *name)
{
	char line[8] = "";
	if (asked->yes || !posix_is_terminal())
		return asked->yes;
	fprintf(stderr,
	        "delete %s? It is not given again; jizhu handle restore brings it back [y/N] ",
	        name);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

int cmd_handle(int argc, char **argv)
{
	asked_t asked = { 0 };
	char path[PATH_ROOM];
	int rest;
	option_t options[3 + DOOR_OPTIONS] = {
		{ "yes", NULL, "delete without asking", OPTION_FLAG, &asked.yes },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[2], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	const verb_t *verb = rest == 2 ? find_verb(argv[0]) : NULL;
	if (!verb)
		return refuse(&text_handle, NULL);
	if (verb->method == HTTP_DELETE && !is_sure(&asked, argv[1]))
		return refuse(&text_sure, argv[1]);
	const question_t questions[2] = { ask_verb(verb, argv[1], path) };
	int code = carry_out(&asked, questions);
	if (code == 0 && verb->method == HTTP_DELETE && !asked.json)
		fprintf(stderr, "jizhu handle restore %s brings it back\n", argv[1]);
	return code;
}

int cmd_history(int argc, char **argv)
{
	asked_t asked = { .limit = 50 };
	char path[PATH_ROOM], tail[48];
	int rest;
	option_t options[3 + DOOR_OPTIONS] = {
		{ "limit", "50", "most changes, newest first, at most 200", OPTION_NUMBER,
		  &asked.limit },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[2], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1)
		return refuse(&text_name, NULL);
	(void)snprintf(tail, sizeof(tail), "/history?limit=%llu", (unsigned long long)asked.limit);
	const question_t questions[2] = {
		{ { .path = name_path("/api/v1/identifiers/", argv[0], tail, path),
		    .answer_max = ANSWER_ROOM },
		  handle_print_history },
	};
	return carry_out(&asked, questions);
}

static void put_words(writer_t *w, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		wr_format(w, "%s", i ? "%20" : "");
		door_put_encoded(w, slice_str(words[i]));
	}
}

static bool find_path(const asked_t *asked, int count, char **words, char buf[PATH_ROOM])
{
	writer_t w = writer_of(buf, PATH_ROOM);
	wr_format(&w, "/api/v1/identifiers?limit=%llu&q=", (unsigned long long)asked->limit);
	put_words(&w, count, words);
	door_put_parameter(&w, "prefix", asked->prefix);
	door_put_parameter(&w, "state", asked->state);
	wr_u8(&w, 0);
	return !w.bad;
}

static int read_find(asked_t *asked, int argc, char **argv, int *ret_rest)
{
	option_t options[5 + DOOR_OPTIONS] = {
		{ "prefix", "PREFIX", "names under it alone", OPTION_TEXT, &asked->prefix },
		{ "state", "draft", "draft, active, retired or deleted", OPTION_TEXT,
		  &asked->state },
		{ "limit", "100", "most names, at most 1000", OPTION_NUMBER, &asked->limit },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked->json },
	};
	door_options(&options[4], &asked->door);
	return cmd_options(options, argc, argv, ret_rest);
}

int cmd_find(int argc, char **argv)
{
	asked_t asked = { .limit = 100 };
	char path[PATH_ROOM];
	int rest, stop = read_find(&asked, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest < 1 && !asked.prefix && !asked.state)
		return refuse(&text_words, NULL);
	if (!find_path(&asked, rest, argv, path))
		return cmd_fail_plain(ERR_TOO_BIG, "");
	const question_t questions[2] = {
		{ { .path = path, .answer_max = ANSWER_ROOM }, handle_print_found },
	};
	return carry_out(&asked, questions);
}
