/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu edit: changes of the history by hand, through a running node. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/json_print.h"
#include "cmd/when.h"
#include "env/posix/posix.h"

enum { PATH_ROOM = 8 << 10, BODY_ROOM = 64 << 10, ANSWER_ROOM = 9 << 20, SAMPLES_MAX = 256 };

typedef struct {
	door_asked_t door;
	const char *from, *to, *quality, *text, *reason;
	bool json;
	const char *point, *verb;
	int count; /* of what stands behind the verb */
	char **words;
} asked_t;

static const err_text_t text_usage = {
	{ "say POINT and list, replace, insert, delete, annotate or undo",
	  "请写测点和 list、replace、insert、delete、annotate 或 undo" },
	{ "for example: jizhu edit FRM1.V delete --from T --to T --reason WHY",
	  "例如：jizhu edit FRM1.V delete --from T --to T --reason 原因" },
};
static const err_text_t text_sample = {
	{ "%1 is no sample", "%1 不是样本" },
	{ "write TIME=VALUE, at most 256 of them", "请写 时间=值，最多 256 个" },
};
static const err_text_t text_id = {
	{ "say which edit", "请给出修改编号" },
	{ "jizhu edit POINT list tells their ids", "jizhu edit 测点 list 可列出编号" },
};

/* Of the request. */

static void put_value(json_t *j, slice_t text)
{
	double number;
	if (slice_eq(text, SLICE("true")) || slice_eq(text, SLICE("false")))
		json_bool(j, text.len == 4);
	else if (!num_parse_f64(text, &number))
		json_f64(j, number);
	else
		json_str(j, text);
}

/* A text that says nanoseconds goes as it is. */
static err_t put_sample(env_t *env, json_t *j, const char *word, err_detail_t *ret_detail)
{
	char time[TIME_TEXT_MAX];
	int64_t ns = 0;
	slice_t rest = slice_str(word), at = slice_cut(&rest, '=');
	if (rest.len == 0 || !slice_to_cstr(at, time, sizeof(time)))
		return err_raise(ret_detail, ERR_USAGE, &text_sample, "", word, (char *)NULL);
	err_t err = when_read(env, time, &ns, ret_detail);
	if (err)
		return err;
	json_array(j);
	if (ns % NS_PER_MS)
		json_str(j, at);
	else
		json_i64(j, ns / NS_PER_MS);
	put_value(j, rest);
	json_close(j);
	return ERR_OK;
}

static err_t put_samples(env_t *env, json_t *j, const asked_t *asked, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	if (asked->count == 0)
		return ERR_OK;
	if (asked->count > SAMPLES_MAX)
		return err_raise(ret_detail, ERR_USAGE, &text_sample, "", asked->words[SAMPLES_MAX],
		                 (char *)NULL);
	json_key(j, "samples");
	json_array(j);
	for (int i = 0; !err && i < asked->count; i++)
		err = put_sample(env, j, asked->words[i], ret_detail);
	json_close(j);
	return err;
}

static void put_word(json_t *j, const char *key, const char *word)
{
	if (word)
		json_put_cstr(j, key, word);
}

static err_t write_edit(env_t *env, const asked_t *asked, json_t *j, err_detail_t *ret_detail)
{
	json_put_cstr(j, "kind", asked->verb);
	put_word(j, "quality", asked->quality);
	put_word(j, "text", asked->text);
	put_word(j, "reason", asked->reason);
	err_t err = when_put(env, j, "from_ms", asked->from, ret_detail);
	if (!err)
		err = when_put(env, j, "to_ms", asked->to, ret_detail);
	return err ? err : put_samples(env, j, asked, ret_detail);
}

static err_t write_undo(env_t *env, const asked_t *asked, json_t *j, err_detail_t *ret_detail)
{
	(void)env;
	put_word(j, "reason", asked->reason);
	if (asked->count < 1)
		return err_raise(ret_detail, ERR_USAGE, &text_id, "", (char *)NULL);
	if (asked->count == 1)
		return ERR_OK;
	json_key(j, "with");
	json_array(j);
	for (int i = 1; i < asked->count; i++)
		json_str(j, slice_str(asked->words[i]));
	json_close(j);
	return ERR_OK;
}

static err_t put_range(env_t *env, const char *name, const char *text, writer_t *w,
                       err_detail_t *ret_detail)
{
	int64_t ns = 0;
	err_t err = text ? when_read(env, text, &ns, ret_detail) : ERR_OK;
	if (text && !err)
		wr_format(w, "&%s=%lld", name, (long long)(ns / NS_PER_MS));
	return err;
}

static err_t write_path(env_t *env, const asked_t *asked, writer_t *w, err_detail_t *ret_detail)
{
	bool is_undo = slice_eq(slice_str(asked->verb), SLICE("undo"));
	err_t err = ERR_OK;
	wr_format(w, "/api/v1/points/");
	door_put_encoded(w, slice_str(asked->point));
	wr_format(w, "/edits");
	if (is_undo) {
		wr_u8(w, '/');
		door_put_encoded(w, slice_str(asked->words[0]));
		wr_format(w, "/undo");
	} else if (slice_eq(slice_str(asked->verb), SLICE("list"))) {
		wr_format(w, "?limit=10000");
		err = put_range(env, "from_ms", asked->from, w, ret_detail);
		if (!err)
			err = put_range(env, "to_ms", asked->to, w, ret_detail);
	}
	wr_u8(w, 0);
	return err || !w->bad ? err : err_raise(ret_detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
}

/* Of the answer. */

static void print_time(const json_tree_t *edit, const char *key)
{
	char buf[TIME_TEXT_MAX];
	int64_t ms;
	if (json_whole(json_member(edit, key), INT64_MIN / NS_PER_MS, INT64_MAX / NS_PER_MS, &ms))
		printf("%s ", time_format(ms * NS_PER_MS, buf));
}

/* Bytes that would steer the terminal are shown as a dot. */
static void print_text(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar(text.ptr[i] < ' ' || text.ptr[i] == 0x7F ? '.' : text.ptr[i]);
}

static void print_value(const json_tree_t *edit)
{
	const json_tree_t *value = json_member(edit, "value");
	char buf[32];
	double number;
	slice_t text = { 0 };
	bool flag;
	if (json_number(value, &number))
		text = slice_str(num_format_f64(number, buf));
	else if (json_flag(value, &flag))
		text = flag ? SLICE("true") : SLICE("false");
	else if (!json_text(value, &text))
		return;
	print_text(text);
	putchar(' ');
}

static void print_edit(const json_tree_t *edit)
{
	bool is_undone = false;
	(void)json_flag(json_member(edit, "undone"), &is_undone);
	json_print_cell(edit, "id", 19);
	json_print_cell(edit, "kind", 8);
	print_time(edit, "from_ms");
	print_time(edit, "to_ms");
	json_print_cell(edit, "author", 12);
	print_value(edit);
	if (json_member(edit, "undoes"))
		json_print_cell(edit, "undoes", 19);
	printf("%s", is_undone ? "(undone) " : "");
	print_text(json_member_text(edit, "reason"));
	print_text(json_member_text(edit, "text"));
	putchar('\n');
}

static void warn_cut(const json_tree_t *doc)
{
	bool is_truncated = false;
	if (json_flag(json_member(doc, "truncated"), &is_truncated) && is_truncated)
		fprintf(stderr, "jizhu: %s\n",
		        cmd_lang() == LANG_ZH ? "还有更多修改；请缩小范围"
		                              : "there are more edits: a shorter range");
}

static int print_list(const json_tree_t *doc)
{
	const json_tree_t *items = json_member(doc, "items");
	for (size_t i = 0; i < json_count(items); i++)
		print_edit(json_item(items, i));
	warn_cut(doc);
	return 0;
}

static int print_made(const json_tree_t *doc)
{
	const json_tree_t *ids = json_member(doc, "ids");
	slice_t id;
	for (size_t i = 0; json_text(json_item(ids, i), &id); i++) {
		print_text(id);
		putchar('\n');
	}
	return 0;
}

typedef struct {
	const char *word;
	http_method_t method;
	err_t (*write)(env_t *env, const asked_t *asked, json_t *j, err_detail_t *ret_detail);
	int (*print)(const json_tree_t *doc);
} verb_t;

static const verb_t verbs[] = {
	{ "list", HTTP_GET, NULL, print_list },
	{ "replace", HTTP_POST, write_edit, print_made },
	{ "insert", HTTP_POST, write_edit, print_made },
	{ "delete", HTTP_POST, write_edit, print_made },
	{ "annotate", HTTP_POST, write_edit, print_made },
	{ "undo", HTTP_POST, write_undo, print_made },
};

static const verb_t *verb_of(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (slice_eq(slice_str(word), slice_str(verbs[i].word)))
			return &verbs[i];
	return NULL;
}

static int print_answer(const asked_t *asked, const verb_t *verb, slice_t body)
{
	json_tree_t *doc = NULL;
	if (asked->json)
		return json_print(body);
	if (json_read(body, &doc, NULL))
		return cmd_fail_plain(ERR_PROTOCOL, "");
	int code = verb->print(doc);
	json_free(doc);
	return code;
}

/* A request and the room it is written in. */
typedef struct {
	char path[PATH_ROOM], body[BODY_ROOM];
	door_ask_t ask;
} letter_t;

static err_t write_letter(env_t *env, const asked_t *asked, letter_t *letter,
                          err_detail_t *ret_detail)
{
	const verb_t *verb = verb_of(asked->verb);
	json_t j = json_of(letter->body, sizeof(letter->body));
	writer_t path = writer_of(letter->path, sizeof(letter->path));
	err_t err = ERR_OK;
	json_object(&j);
	if (verb->write)
		err = verb->write(env, asked, &j, ret_detail);
	json_close(&j);
	if (!err && !json_ok(&j))
		err = err_raise(ret_detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
	if (!err)
		err = write_path(env, asked, &path, ret_detail);
	letter->ask = (door_ask_t){ .method = verb->method,
		                    .path = letter->path,
		                    .answer_max = ANSWER_ROOM };
	if (verb->write && !err) {
		letter->ask.content_type = "application/json";
		letter->ask.body = json_done(&j);
	}
	return err;
}

static err_t send(env_t *env, const asked_t *asked, int *ret_code, err_detail_t *ret_detail)
{
	door_t door = { 0 };
	env_http_answer_t answer;
	letter_t *letter = calloc(1, sizeof(*letter));
	if (!letter)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	err_t err = write_letter(env, asked, letter, ret_detail);
	if (!err)
		err = door_find(env, &asked->door, &door, ret_detail);
	if (!err)
		err = door_enter(&door, ret_detail);
	if (!err)
		err = door_ask(&door, &letter->ask, &answer, ret_detail);
	if (!err) {
		*ret_code = print_answer(asked, verb_of(asked->verb), answer.body);
		env_http_answer_done(&answer);
	}
	door_leave(&door);
	free(letter);
	return err;
}

static int carry_out(const asked_t *asked)
{
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	int code = 0;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = send(env, asked, &code, &detail);
	posix_env_close(env);
	return err ? cmd_fail(&detail) : code;
}

int cmd_edit(int argc, char **argv)
{
	asked_t asked = { 0 };
	err_detail_t detail;
	int rest;
	option_t options[7 + DOOR_OPTIONS] = {
		{ "from", "TIME", "RFC 3339, milliseconds, or -24h", OPTION_TEXT, &asked.from },
		{ "to", "TIME", "the end, which is not part of it", OPTION_TEXT, &asked.to },
		{ "quality", "good", "of the samples; else that they were set by hand", OPTION_TEXT,
		  &asked.quality },
		{ "text", "WORDS", "what is said by annotate", OPTION_TEXT, &asked.text },
		{ "reason", "WHY", "kept beside the change", OPTION_TEXT, &asked.reason },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[6], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest < 2 || !verb_of(argv[1])) {
		err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
		return cmd_fail(&detail);
	}
	asked.point = argv[0];
	asked.verb = argv[1];
	asked.count = rest - 2;
	asked.words = &argv[2];
	return carry_out(&asked);
}
