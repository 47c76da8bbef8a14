/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu import: reads a file of any size line by line. */
#include "cmd/import.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "cmd/source.h"
#include "env/file.h"
#include "env/posix/posix.h"

static const int64_t SAY_EVERY_NS = 2 * NS_PER_S;

typedef struct {
	door_asked_t door;
	const char *format, *prefix, *report;
	bool is_dry, keeps_going, keeps_times, json;
	const char *mode;
} asked_t;

static const err_text_t text_usage = {
	{ "say which FILE to import, - for standard input", "请给出要导入的文件，- 表示标准输入" },
	{ "see jizhu import --help", "请参阅 jizhu import --help" },
};
static const err_text_t text_format = {
	{ "%1 is no format", "没有格式 %1" },
	{ "jsonl, csv, batch or dump", "jsonl、csv、batch 或 dump" },
};
static const err_text_t text_again = {
	{ "the import stopped; run it again and it goes on, nothing is done twice",
	  "导入已停止；重新运行即可继续，不会重复执行" },
	{ NULL, NULL },
};

typedef struct {
	import_t import;
	source_t source;
	batch_t *batch;
	env_t *env;
	int64_t began_ns, said_ns;
	const asked_t *asked;
	offline_t *offline;
} work_t;

static const struct {
	const char *word, *ending;
	batch_format_t format;
} formats[] = {
	{ "jsonl", ".jsonl", BATCH_JSON_LINES },   { "csv", ".csv", BATCH_TABLE },
	{ "batch", ".batch", BATCH_HANDLE_TOOLS }, { "dump", ".dump", BATCH_DUMP },
	{ "dump", ".json", BATCH_DUMP },
};

enum { FORMAT_COUNT = sizeof(formats) / sizeof(*formats) };

/* By its word, else by the ending of the file, else JSON lines. */
static bool choose_format(const asked_t *asked, slice_t file, batch_format_t *ret_format)
{
	*ret_format = BATCH_JSON_LINES;
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (asked->format ? slice_eq(slice_str(asked->format), slice_str(formats[i].word))
		                  : slice_ends(file, slice_str(formats[i].ending))) {
			*ret_format = formats[i].format;
			return true;
		}
	return !asked->format;
}

static void say_progress(work_t *work)
{
	const source_t *source = &work->source;
	const import_counts_t *counts = &work->import.counts;
	int64_t now = env_now(work->env);
	if (now - work->said_ns < SAY_EVERY_NS)
		return;
	work->said_ns = now;
	double seconds = (double)(now - work->began_ns) / (double)NS_PER_S;
	double done = (double)source_done(source);
	uint64_t all = counts->created + counts->unchanged + counts->changed + counts->removed +
	               counts->homed;
	fprintf(stderr, "jizhu: %llu records, %.0f/s", (unsigned long long)all,
	        (double)all / seconds);
	if (source->size && done > 0)
		fprintf(stderr, ", %.0f %%, %.0f s left", 100 * done / (double)source->size,
		        seconds * ((double)source->size - done) / done);
	fprintf(stderr, "\n");
}

/* A line that cannot be read is skipped by an import that keeps going. */
static err_t take_line(work_t *work, slice_t line, bool is_end, err_detail_t *ret_detail)
{
	bool ready = false;
	batch_item_t item;
	err_t err = is_end ? batch_end(work->batch, &ready, &item, ret_detail)
	                   : batch_line(work->batch, line, &ready, &item, ret_detail);
	if (err)
		batch_skip(work->batch);
	else if (ready)
		err = import_take(&work->import, &item, ret_detail);
	return err ? import_refused(&work->import, err, ret_detail) : ERR_OK;
}

static err_t run(work_t *work, err_detail_t *ret_detail)
{
	bool has = true;
	err_t err = ERR_OK;
	while (!err && has) {
		slice_t line;
		err = source_line(&work->source, &line, &has);
		if (err)
			return err_raise(ret_detail, err, NULL, work->import.file, (char *)NULL);
		if (has)
			err = take_line(work, line, false, ret_detail);
		say_progress(work);
	}
	if (!err)
		err = take_line(work, (slice_t){ 0 }, true, ret_detail);
	return err ? err : import_flush(&work->import, ret_detail);
}

MUST_CHECK static err_t load_file(void *ctx, slice_t path, writer_t *w)
{
	env_t *env = ctx;
	char name[DOOR_PATH_MAX];
	size_t len = 0;
	if (!slice_to_cstr(path, name, sizeof(name)))
		return ERR_TOO_BIG;
	err_t err = env_file_load(env, name, &w->buf[w->len], w->cap - w->len, &len);
	if (!err)
		w->len += len;
	return err;
}

static err_t open_file(work_t *work, const char *name, err_detail_t *ret_detail)
{
	err_t err = source_open(work->env, name, &work->source);
	if (!err && work->asked->report)
		err = env_file_open(work->env, work->asked->report, ENV_OPEN_CREATE,
		                    &work->import.report);
	return err ? err_raise(ret_detail, err, NULL, name, (char *)NULL) : ERR_OK;
}

static int print_result(const work_t *work)
{
	const import_counts_t *c = &work->import.counts;
	const struct {
		const char *name;
		uint64_t count;
	} rows[] = { { "created", c->created }, { "unchanged", c->unchanged },
		     { "changed", c->changed }, { "removed", c->removed },
		     { "homed", c->homed },     { "refused", c->refused } };
	printf(work->asked->json ? "{" : "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		printf(work->asked->json ? "\"%s\":%llu," : "%s %llu, ", rows[i].name,
		       (unsigned long long)rows[i].count);
	printf(work->asked->json ? "\"dry_run\":%s}\n" : "dry run %s\n",
	       work->asked->is_dry ? "true"
	       : work->asked->json ? "false"
	                           : "no");
	return c->refused ? err_info(ERR_INVALID)->exit_code : 0;
}

/* Trouble that is not of the file: what was done stays done. */
static int fail(const work_t *work, const err_detail_t *detail)
{
	err_detail_t again;
	int code = cmd_fail(detail);
	(void)!err_raise(&again, ERR_BUSY, &text_again, work->import.file, (char *)NULL);
	if (work->import.number)
		(void)cmd_fail(&again);
	return code;
}

static void say_identity(const batch_t *batch)
{
	slice_t identity = batch ? batch_identity(batch) : SLICE("");
	if (identity.len)
		fprintf(stderr, "jizhu: AUTHENTICATE %.*s: the caller is who runs this import\n",
		        (int)identity.len, (const char *)identity.ptr);
}

static err_t open_door(work_t *work, door_t *door, err_detail_t *ret_detail)
{
	const door_asked_t *asked = &work->asked->door;
	return asked->offline ? offline_open(work->env, asked, door, &work->offline, ret_detail)
	                      : door_find(work->env, asked, door, ret_detail);
}

static int carry_out(work_t *work, const char *name, batch_format_t format)
{
	err_detail_t detail = { 0 };
	door_t door = { 0 };
	batch_spec_t spec = { .format = format,
		              .file = name,
		              .prefix = work->asked->prefix,
		              .load = load_file,
		              .ctx = work->env };
	work->import.door = &door;
	/* First, since a node that is opened gives privileges up. */
	err_t err = open_file(work, name, &detail);
	if (!err)
		err = open_door(work, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err && (err = batch_new(&spec, &work->batch)))
		(void)!err_raise(&detail, err, NULL, name, (char *)NULL);
	if (!err)
		err = run(work, &detail);
	say_identity(work->batch);
	int code = err ? fail(work, &detail) : print_result(work);
	door_leave(&door);
	return code;
}

static void work_done(work_t *work)
{
	batch_free(work->batch);
	text_free(&work->import.chunk);
	source_close(&work->source);
	env_file_close(work->import.report);
	offline_close(work->offline);
	posix_env_close(work->env);
	free(work);
}

static void set_up(import_t *import, const asked_t *asked, const char *name)
{
	import->file = name;
	import->prefix = asked->prefix;
	import->mode = asked->mode;
	import->is_dry = asked->is_dry;
	import->keeps_going = asked->keeps_going;
	import->keeps_times = asked->keeps_times;
	import->chunk = text_of(CHUNK_BYTES_MAX);
}

static int import_file(const asked_t *asked, const char *name, batch_format_t format)
{
	work_t *work = calloc(1, sizeof(*work));
	if (!work)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	err_t err = cmd_world(&work->env);
	if (err) {
		free(work);
		return cmd_fail_plain(err, "");
	}
	work->asked = asked;
	set_up(&work->import, asked, name);
	work->import.keeps_times |= format == BATCH_DUMP;
	work->began_ns = work->said_ns = env_now(work->env);
	int code = carry_out(work, name, format);
	work_done(work);
	return code;
}

int cmd_import(int argc, char **argv)
{
	asked_t asked = { 0 };
	err_detail_t detail;
	batch_format_t format;
	int rest;
	option_t options[10 + DOOR_OPTIONS] = {
		{ "format", "jsonl", "jsonl, csv, batch or dump, instead of by the file's ending",
		  OPTION_TEXT, &asked.format },
		{ "prefix", "PREFIX", "of names without a slash", OPTION_TEXT, &asked.prefix },
		{ "mode", "create",
		  "create, replace or merge: what is done with names that are there", OPTION_TEXT,
		  &asked.mode },
		{ "dry-run", NULL, "say what would be done", OPTION_FLAG, &asked.is_dry },
		{ "keep-going", NULL, "leave out what is refused", OPTION_FLAG,
		  &asked.keeps_going },
		{ "keep-times", NULL, "values are of the time they have, as those of a dump always",
		  OPTION_FLAG, &asked.keeps_times },
		{ "offline", "DATA", "into the node of this folder, which does not run",
		  OPTION_TEXT, &asked.door.offline },
		{ "report", "FILE", "what was refused, as JSON lines", OPTION_TEXT, &asked.report },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[9], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	err_t err = ERR_OK;
	if (rest != 1)
		err = err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
	else if (!choose_format(&asked, slice_str(argv[0]), &format))
		err = err_raise(&detail, ERR_USAGE, &text_format, "", asked.format, (char *)NULL);
	return err ? cmd_fail(&detail) : import_file(&asked, argv[0], format);
}
