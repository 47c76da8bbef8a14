/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu export: page after page of the records of a prefix. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/door.h"
#include "cmd/export_batch.h"
#include "cmd/offline.h"
#include "env/file.h"
#include "env/posix/posix.h"

enum {
	OUT_ROOM = 4096,
	PATH_ROOM = 8 << 10,
	PAGE_BYTES_MAX = 16 << 20,
	AFTER_ROOM = 2049,
	BLOCK_ROOM = 4 << 20
};

static const int64_t PAGE_TIMEOUT_NS = 120 * NS_PER_S;

typedef struct {
	door_asked_t door;
	const char *format, *at, *out;
	bool with_history, json;
} asked_t;

typedef struct {
	const asked_t *asked;
	const char *prefix;
	door_t door;
	offline_t *offline;
	env_t *env;
	env_file_t *file; /* NULL: standard output */
	uint64_t written, records;
	char after[AFTER_ROOM], own[AFTER_ROOM]; /* own: the prefix of the node */
	char part[OUT_ROOM];                     /* the file until it is whole */
	bool is_batch;
} export_t;

static const err_text_t text_usage = {
	{ "say at most one PREFIX", "最多给出一个前缀" },
	{ "see jizhu export --help", "请参阅 jizhu export --help" },
};
static const err_text_t text_format = {
	{ "%1 is no format, or has no histories", "没有格式 %1，或该格式不含历史" },
	{ "jsonl or batch; --with-history needs jsonl",
	  "jsonl 或 batch；--with-history 需要 jsonl" },
};
static const err_text_t text_cut = {
	{ "the answer of the node was cut short", "节点的应答不完整" },
	{ "run the export again", "请重新导出" },
};
static const err_text_t text_value = {
	{ "value %2 of %1 has no form in a batch file", "%1 的值 %2 在批处理文件中无法表示" },
	{ "export as jsonl", "请导出为 jsonl" },
};

static err_t complain(err_t err, const char *where, err_detail_t *ret_detail)
{
	return err_raise(ret_detail, err, NULL, where, (char *)NULL);
}

static err_t put(export_t *e, slice_t bytes, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	if (e->file)
		err = env_file_write(e->file, e->written, bytes);
	else if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
		err = ERR_IO;
	e->written += bytes.len;
	return err ? complain(err, e->asked->out ? e->asked->out : "-", ret_detail) : ERR_OK;
}

static err_t put_block(export_t *e, const json_tree_t *doc, err_detail_t *ret_detail)
{
	text_t text = text_of(BLOCK_ROOM);
	char shown[24], name[ERR_ARG_MAX];
	slice_t whole = { 0 };
	int64_t index = 0;
	err_t err = export_batch(doc, &text, &index);
	(void)json_text(json_member(doc, "name"), &whole);
	(void)slice_to_cstr(whole, name, sizeof(name));
	(void)snprintf(shown, sizeof(shown), "%lld", (long long)index);
	if (err)
		err_raise(ret_detail, err, &text_value, "", name, shown, (char *)NULL);
	else
		err = put(e, text_slice(&text), ret_detail);
	text_free(&text);
	return err;
}

/* The line that ends a page; *ret_more: there is another. */
static bool is_end(const json_tree_t *doc, export_t *e, bool *ret_more)
{
	const json_tree_t *next = json_member(doc, "next_after");
	slice_t after = { 0 };
	if (!next)
		return false;
	*ret_more = json_text(next, &after) && slice_to_cstr(after, e->after, sizeof(e->after));
	return true;
}

static err_t put_line(export_t *e, slice_t line, bool *ret_end, bool *ret_more,
                      err_detail_t *ret_detail)
{
	json_tree_t *doc = NULL;
	bool is_plain = !e->is_batch && !slice_starts(line, SLICE("{\"next_after\""));
	err_t err = is_plain ? ERR_OK : json_read(line, &doc, NULL);
	if (err)
		return complain(ERR_PROTOCOL, "", ret_detail);
	*ret_end = !is_plain && is_end(doc, e, ret_more);
	if (!*ret_end) {
		e->records++;
		err = e->is_batch ? put_block(e, doc, ret_detail) : put(e, line, ret_detail);
	}
	if (!err && is_plain)
		err = put(e, SLICE("\n"), ret_detail);
	json_free(doc);
	return err;
}

static err_t put_page(export_t *e, slice_t page, bool *ret_more, err_detail_t *ret_detail)
{
	bool ended = false;
	err_t err = ERR_OK;
	while (!err && page.len && !ended)
		err = put_line(e, slice_cut(&page, '\n'), &ended, ret_more, ret_detail);
	if (!err && !ended)
		return err_raise(ret_detail, ERR_PROTOCOL, &text_cut, "", (char *)NULL);
	return err;
}

static err_t ask_page(export_t *e, bool *ret_more, err_detail_t *ret_detail)
{
	char path[PATH_ROOM];
	env_http_answer_t answer;
	writer_t w = writer_of(path, sizeof(path));
	wr_format(&w, "/api/v1/registrations?limit=%d", e->asked->with_history ? 500 : 5000);
	door_put_parameter(&w, "prefix", e->prefix);
	door_put_parameter(&w, "after", e->after);
	door_put_parameter(&w, "at", e->asked->at);
	door_put_parameter(&w, "history", e->asked->with_history ? "true" : NULL);
	wr_u8(&w, 0);
	if (w.bad)
		return complain(ERR_TOO_BIG, "", ret_detail);
	door_ask_t ask = { .path = path,
		           .timeout_ns = PAGE_TIMEOUT_NS,
		           .answer_max = PAGE_BYTES_MAX };
	err_t err = door_ask(&e->door, &ask, &answer, ret_detail);
	if (err)
		return err;
	err = put_page(e, answer.body, ret_more, ret_detail);
	env_http_answer_done(&answer);
	return err;
}

/* The node's own, from its configuration or from itself. */
static err_t choose_prefix(export_t *e, err_detail_t *ret_detail)
{
	env_http_answer_t answer;
	json_tree_t *doc = NULL;
	slice_t prefix = { 0 };
	if (e->prefix)
		return ERR_OK;
	err_t err = door_ask(&e->door, &(door_ask_t){ .path = "/api/v1/node" }, &answer,
	                     ret_detail);
	if (err)
		return err;
	bool is_known = !json_read(answer.body, &doc, NULL) &&
	                json_text(json_member(doc, "prefix"), &prefix) &&
	                slice_to_cstr(prefix, e->own, sizeof(e->own));
	json_free(doc);
	env_http_answer_done(&answer);
	if (!is_known)
		return complain(ERR_PROTOCOL, "", ret_detail);
	e->prefix = e->own;
	return ERR_OK;
}

static err_t open_out(export_t *e, err_detail_t *ret_detail)
{
	writer_t w = writer_of(e->part, sizeof(e->part));
	wr_format(&w, "%s.part", e->asked->out);
	wr_u8(&w, 0);
	err_t err = w.bad ? ERR_TOO_BIG : env_file_open(e->env, e->part, ENV_OPEN_CREATE, &e->file);
	return err ? complain(err, e->asked->out, ret_detail) : ERR_OK;
}

/* A file of that name is whole; one that was there goes only now. */
static err_t finish_out(export_t *e, err_detail_t *ret_detail)
{
	err_t err = env_file_sync(e->file);
	if (!err)
		err = env_path_rename(e->env, e->part, e->asked->out);
	return err ? complain(err, e->asked->out, ret_detail) : ERR_OK;
}

static err_t run(export_t *e, err_detail_t *ret_detail)
{
	bool more = true;
	const door_asked_t *asked = &e->asked->door;
	err_t err = asked->offline ? offline_open(e->env, asked, &e->door, &e->offline, ret_detail)
	                           : door_find(e->env, asked, &e->door, ret_detail);
	if (!err)
		err = door_enter(&e->door, ret_detail);
	if (!err)
		err = choose_prefix(e, ret_detail);
	if (!err && e->asked->out)
		err = open_out(e, ret_detail);
	while (!err && more) {
		more = false;
		err = ask_page(e, &more, ret_detail);
	}
	if (!err && e->file)
		err = finish_out(e, ret_detail);
	return !err && !e->file && fflush(stdout) ? complain(ERR_IO, "-", ret_detail) : err;
}

static void print_count(const export_t *e)
{
	printf(e->asked->json ? "{\"records\":%llu}\n" : "%llu records\n",
	       (unsigned long long)e->records);
}

static int export_records(const asked_t *asked, const char *prefix)
{
	err_detail_t detail = { 0 };
	export_t e = { .asked = asked, .prefix = prefix };
	e.is_batch = slice_eq(slice_str(asked->format), SLICE("batch"));
	err_t err = cmd_world(&e.env);
	if (err)
		return cmd_fail_plain(err, "");
	err = run(&e, &detail);
	env_file_close(e.file);
	door_leave(&e.door);
	offline_close(e.offline);
	posix_env_close(e.env);
	if (err)
		return cmd_fail(&detail);
	/* With the records on standard output, the count is no part of them. */
	if (asked->out)
		print_count(&e);
	return 0;
}

/* A batch has no place for changes. */
static bool knows_format(const asked_t *asked)
{
	slice_t format = slice_str(asked->format);
	if (slice_eq(format, SLICE("batch")))
		return !asked->with_history;
	return slice_eq(format, SLICE("jsonl"));
}

int cmd_export(int argc, char **argv)
{
	asked_t asked = { .format = "jsonl" };
	err_detail_t detail;
	int rest;
	option_t options[7 + DOOR_OPTIONS] = {
		{ "format", "jsonl", "jsonl, or batch for the Handle tools", OPTION_TEXT,
		  &asked.format },
		{ "at", "TIME", "as it was known then (2026-03-01T00:00:00Z)", OPTION_TEXT,
		  &asked.at },
		{ "with-history", NULL, "each record with its changes", OPTION_FLAG,
		  &asked.with_history },
		{ "out", "FILE", "instead of standard output", OPTION_TEXT, &asked.out },
		{ "offline", "DATA", "of the node of this folder, which does not run", OPTION_TEXT,
		  &asked.door.offline },
		{ "json", NULL, "with --out: print the count as JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[6], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	err_t err = ERR_OK;
	if (rest > 1)
		err = err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
	else if (!knows_format(&asked))
		err = err_raise(&detail, ERR_USAGE, &text_format, "", asked.format, (char *)NULL);
	return err ? cmd_fail(&detail) : export_records(&asked, rest ? argv[0] : NULL);
}
