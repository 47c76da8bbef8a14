/* SPDX-License-Identifier: Apache-2.0 */
/* jizhu import-history: years of samples out of a table, through a running node. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/history_send.h"
#include "cmd/source.h"
#include "env/posix/posix.h"
#include "env/zone.h"

enum { NAME_ROOM = 8192, REPORT_ROOM = 2048 };

static const int64_t SAY_EVERY_NS = 2 * NS_PER_S;

typedef struct {
	door_asked_t door;
	const char *form, *point, *prefix, *time, *zone, *report;
	bool has_decimal_comma, is_dry, keeps_going, json;
} asked_t;

static const err_text_t text_usage = {
	{ "say which FILE to import, - for standard input", "请给出要导入的文件，- 表示标准输入" },
	{ "for example: jizhu import-history year.csv --zone Asia/Shanghai",
	  "例如：jizhu import-history year.csv --zone Asia/Shanghai" },
};
static const err_text_t text_word = {
	{ "%1 is not known here", "无法识别 %1" },
	{ "see jizhu import-history --help", "请参阅 jizhu import-history --help" },
};
static const err_text_t text_again = {
	{ "the import stopped; run it again: what is there is not written twice",
	  "导入已停止；重新运行即可，已有的样本不会重复写入" },
	{ NULL, NULL },
};

typedef struct {
	const asked_t *asked;
	const char *file;
	env_t *env;
	env_zone_t *zone;
	source_t source;
	samples_t *samples;
	history_send_t *send;
	env_file_t *report;
	uint64_t report_len, refused; /* rows and cells that could not be read */
	int64_t began_ns, said_ns;
} work_t;

static const char *const forms[] = { "auto", "wide", "narrow", "pi", "aveva" };
static const char *const times[] = { "auto", "s", "ms", "us", "ns", "dmy", "mdy" };

static bool find_word(const char *word, const char *const *words, size_t count, size_t *ret_place)
{
	*ret_place = 0;
	for (size_t i = 0; i < count; i++)
		if (slice_eq(slice_str(word), slice_str(words[i]))) {
			*ret_place = i;
			return true;
		}
	return !word;
}

/* Local time: the offset that holds a day before and the one a day after are all that can
 * hold; the right ones lead to a time at which they hold. */
static samples_clock_t to_utc(void *ctx, int64_t local_s, int64_t *ret_utc_s)
{
	const work_t *work = ctx;
	const int64_t day_s = 86400;
	int64_t before_s = local_s - env_zone_offset(work->zone, local_s - day_s);
	int64_t after_s = local_s - env_zone_offset(work->zone, local_s + day_s);
	bool holds_before = before_s + env_zone_offset(work->zone, before_s) == local_s;
	bool holds_after = after_s + env_zone_offset(work->zone, after_s) == local_s;
	*ret_utc_s = holds_before ? before_s : after_s;
	if (holds_before && holds_after && before_s != after_s)
		return SAMPLES_TWICE;
	return holds_before || holds_after ? SAMPLES_ONCE : SAMPLES_NEVER;
}

/* What is refused. */

static err_t report(work_t *work, const err_detail_t *detail)
{
	char text[1024], buf[REPORT_ROOM];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_cstr(&j, "where", detail->where);
	json_put_cstr(&j, "code", err_info(detail->err)->name);
	json_put_cstr(&j, "text", err_render(detail, cmd_lang(), text, sizeof(text)));
	json_close(&j);
	wr_u8(&j.w, '\n');
	err_t err = env_file_write(work->report, work->report_len, json_done(&j));
	work->report_len += j.w.len;
	return err;
}

static err_t on_refused(void *ctx, err_t err, const err_detail_t *detail)
{
	work_t *work = ctx;
	char text[1024];
	if (!work->asked->keeps_going)
		return err;
	if (work->report)
		return report(work, detail);
	fprintf(stderr, "jizhu: %s\n", err_render(detail, cmd_lang(), text, sizeof(text)));
	return ERR_OK;
}

static err_t on_bad_row(void *ctx, err_t err, const err_detail_t *detail)
{
	work_t *work = ctx;
	work->refused++;
	return on_refused(work, err, detail);
}

/* The point's name at the node: as it is, or behind a prefix, or the one that was named. */
static err_t on_row(void *ctx, const samples_row_t *row, err_detail_t *ret_detail)
{
	work_t *work = ctx;
	uint8_t room[NAME_ROOM];
	const asked_t *asked = work->asked;
	writer_t w = writer_of(room, sizeof(room));
	if (asked->prefix)
		wr_bytes(&w, slice_str(asked->prefix));
	wr_bytes(&w, asked->point ? slice_str(asked->point) : row->point);
	if (w.bad)
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, work->file, (char *)NULL);
	return history_send_add(work->send, writer_done(&w), row, ret_detail);
}

/* The work. */

static void say_progress(work_t *work)
{
	const history_counts_t *counts = history_send_counts(work->send);
	int64_t now = env_now(work->env);
	if (now - work->said_ns < SAY_EVERY_NS)
		return;
	work->said_ns = now;
	double seconds = (double)(now - work->began_ns) / (double)NS_PER_S;
	double done = (double)source_done(&work->source), size = (double)work->source.size;
	uint64_t all = counts->written + counts->present + counts->refused;
	fprintf(stderr, "jizhu: %llu samples, %.0f/s", (unsigned long long)all,
	        (double)all / seconds);
	if (work->source.size && done > 0)
		fprintf(stderr, ", %.0f %%, %.0f s left", 100 * done / size,
		        seconds * (size - done) / done);
	fprintf(stderr, "\n");
}

static err_t run(work_t *work, err_detail_t *ret_detail)
{
	bool has = true;
	err_t err = ERR_OK;
	while (!err && has) {
		slice_t line;
		err = source_line(&work->source, &line, &has);
		if (err)
			return err_raise(ret_detail, err, NULL, work->file, (char *)NULL);
		if (has)
			err = samples_line(work->samples, line, ret_detail);
		say_progress(work);
	}
	if (!err)
		err = samples_end(work->samples, ret_detail);
	return err ? err : history_send_flush(work->send, ret_detail);
}

static int print_result(const work_t *work)
{
	const history_counts_t *c = history_send_counts(work->send);
	printf(work->asked->json ? "{\"written\":%llu,\"present\":%llu,\"refused\":%llu,"
	                           "\"dry_run\":%s}\n"
	                         : "written %llu, present %llu, refused %llu, dry run %s\n",
	       (unsigned long long)c->written, (unsigned long long)c->present,
	       (unsigned long long)(c->refused + work->refused),
	       work->asked->is_dry ? "true"
	       : work->asked->json ? "false"
	                           : "no");
	return c->refused + work->refused ? err_info(ERR_INVALID)->exit_code : 0;
}

static err_t open_all(work_t *work, const door_t *door, const samples_spec_t *options,
                      err_detail_t *ret_detail)
{
	samples_spec_t spec = *options;
	const asked_t *asked = work->asked;
	history_send_spec_t send = { .door = door,
		                     .file = work->file,
		                     .is_dry = asked->is_dry,
		                     .refused = on_refused,
		                     .ctx = work };
	err_t err = ERR_OK;
	if (asked->zone && env_zone_open(slice_str(asked->zone), &work->zone))
		return err_raise(ret_detail, ERR_USAGE, &text_word, "", asked->zone, (char *)NULL);
	spec.file = work->file;
	spec.to_utc = work->zone ? to_utc : NULL;
	spec.row = on_row;
	spec.refused = on_bad_row;
	spec.ctx = work;
	err = source_open(work->env, work->file, &work->source);
	if (!err && asked->report)
		err = env_file_open(work->env, asked->report, ENV_OPEN_CREATE, &work->report);
	if (!err)
		err = samples_new(&spec, &work->samples);
	if (!err)
		err = history_send_new(&send, &work->send);
	return err ? err_raise(ret_detail, err, NULL, work->file, (char *)NULL) : ERR_OK;
}

static void work_done(work_t *work)
{
	history_send_free(work->send);
	samples_free(work->samples);
	source_close(&work->source);
	env_file_close(work->report);
	env_zone_close(work->zone);
	posix_env_close(work->env);
}

static int import_history(const asked_t *asked, const char *file, const samples_spec_t *spec)
{
	work_t work = { .asked = asked, .file = file };
	door_t door = { 0 };
	err_detail_t detail = { 0 }, again;
	err_t err = cmd_world(&work.env);
	if (err)
		return cmd_fail_plain(err, "");
	work.began_ns = work.said_ns = env_now(work.env);
	err = door_find(work.env, &asked->door, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err)
		err = open_all(&work, &door, spec, &detail);
	if (!err)
		err = run(&work, &detail);
	int code = err ? cmd_fail(&detail) : print_result(&work);
	if (err && work.send && history_send_counts(work.send)->written) {
		(void)!err_raise(&again, ERR_BUSY, &text_again, file, (char *)NULL);
		(void)cmd_fail(&again);
	}
	work_done(&work);
	door_leave(&door);
	return code;
}

int cmd_import_history(int argc, char **argv)
{
	asked_t asked = { 0 };
	err_detail_t detail;
	size_t form, time;
	int rest;
	option_t options[11 + DOOR_OPTIONS] = {
		{ "format", "wide", "wide, narrow, pi or aveva, instead of by the names of columns",
		  OPTION_TEXT, &asked.form },
		{ "point", "NAME", "all samples are of this point", OPTION_TEXT, &asked.point },
		{ "prefix", "TEXT", "in front of the names of points", OPTION_TEXT, &asked.prefix },
		{ "time-format", "ms", "s, ms, us or ns: what times count; dmy or mdy: 1/2/2026",
		  OPTION_TEXT, &asked.time },
		{ "zone", "ZONE", "of times without one, as Asia/Shanghai", OPTION_TEXT,
		  &asked.zone },
		{ "decimal-comma", NULL, "1,5 is a number", OPTION_FLAG, &asked.has_decimal_comma },
		{ "dry-run", NULL, "say what would be written", OPTION_FLAG, &asked.is_dry },
		{ "keep-going", NULL, "leave out what cannot be read or is refused", OPTION_FLAG,
		  &asked.keeps_going },
		{ "report", "FILE", "what was refused, as JSON lines", OPTION_TEXT, &asked.report },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[10], &asked.door);
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	bool has_form = find_word(asked.form, forms, sizeof(forms) / sizeof(*forms), &form);
	bool has_time = find_word(asked.time, times, sizeof(times) / sizeof(*times), &time);
	err_t err = ERR_OK;
	if (rest != 1)
		err = err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
	else if (!has_form || !has_time)
		err = err_raise(&detail, ERR_USAGE, &text_word, "",
		                has_form ? asked.time : asked.form, (char *)NULL);
	if (err)
		return cmd_fail(&detail);
	samples_spec_t spec = { .form = (samples_form_t)form,
		                .time = (samples_time_t)time,
		                .has_decimal_comma = asked.has_decimal_comma };
	return import_history(&asked, argv[0], &spec);
}
