/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/text.h"
#include "config/config.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "journal/journal.h"
#include "release/listing.h"
#include "release/log.h"

/* jizhu release show: whose the data of each point is and what may leave of it, by the
 * configuration. jizhu release log: what has left, from the journal of the data folder. Neither
 * needs a running node, and one may run. */

enum { LINE_ROOM = 64 << 10, PATH_ROOM = 1024 };

typedef struct {
	const char *config, *parent;
	bool json;
	err_t err; /* of a record that cannot be said */
} asked_t;

static const err_text_t text_usage = {
	{ "say release show, or release log and a data folder",
	  "请写 release show，或 release log 和数据目录" },
	{ "see jizhu release --help", "请参阅 jizhu release --help" },
};
static const err_text_t text_long = {
	{ "a line would be longer than 64 KiB", "输出行超过 64 KiB" },
	{ "shorten labels or name fewer contracts", "请缩短标签或减少合同" },
};

static void print_keep(int64_t keep_ns)
{
	if (keep_ns)
		printf("%lldh", (long long)(keep_ns / NS_PER_S / 3600));
	else
		printf("%s", cmd_lang() == LANG_ZH ? "永久" : "for ever");
}

static const char *reach_word(release_reach_t reach)
{
	static const char *const WORDS[2][2][LANG_COUNT] = {
		{ { "nothing", "不上报" }, { "figures", "指标" } },
		{ { "events", "事件" }, { "events and figures", "事件和指标" } },
	};
	return WORDS[reach.events][reach.figures][cmd_lang()];
}

static void print_datum(const config_t *config, const release_datum_t *datum)
{
	const char *values = cmd_lang() == LANG_ZH ? "（含测量值）" : " with values";
	printf("%s\t%s\t%s\t", datum->name, DATA_CLASS_TEXTS[datum->point->data_class][cmd_lang()],
	       datum->point->owner[0] ? datum->point->owner : "-");
	print_keep(datum->keep_ns);
	for (size_t i = 0; i < config->uplink.contract_count; i++) {
		const config_contract_t *contract = &config->uplink.contracts[i];
		release_reach_t reach = release_reach(contract, datum->point->data_class);
		printf("\t%s: %s%s", contract->name, reach_word(reach), reach.values ? values : "");
	}
	putchar('\n');
}

static void print_contracts(const config_uplink_t *uplink)
{
	bool is_zh = cmd_lang() == LANG_ZH;
	for (size_t i = 0; i < uplink->parent_count; i++) {
		const config_parent_t *parent = &uplink->parents[i];
		bool has = parent->contract[0] != '\0';
		printf(is_zh ? "上级 %s (%s)：%s%s\n" : "parent %s (%s): %s%s\n", parent->name,
		       parent->node, has ? (is_zh ? "合同 " : "contract ") : "",
		       has     ? parent->contract
		       : is_zh ? "不上报"
		               : "nothing goes there");
	}
}

static int print_words(const config_t *config)
{
	release_listing_t listing = { .config = config };
	release_datum_t datum;
	print_contracts(&config->uplink);
	while (release_listing_next(&listing, &datum))
		print_datum(config, &datum);
	return 0;
}

static bool print_line(const json_t *j)
{
	if (!json_ok(j))
		return false;
	printf("%.*s\n", (int)json_done(j).len, (const char *)json_done(j).ptr);
	return true;
}

/* A line for each contract, then one for each point. */
static int print_json(const config_t *config, const char *path)
{
	char room[LINE_ROOM];
	release_listing_t listing = { .config = config };
	release_datum_t datum;
	err_detail_t detail;
	bool good = true;
	for (size_t i = 0; good && i < config->uplink.contract_count; i++) {
		json_t j = json_of(room, sizeof(room));
		release_contract_json(config, &config->uplink.contracts[i], &j);
		good = print_line(&j);
	}
	while (good && release_listing_next(&listing, &datum)) {
		json_t j = json_of(room, sizeof(room));
		release_datum_json(&datum, config, &j);
		good = print_line(&j);
	}
	if (good)
		return 0;
	(void)!err_raise(&detail, ERR_TOO_BIG, &text_long, path, (char *)NULL);
	return cmd_fail(&detail);
}

static int show(env_t *env, const asked_t *asked)
{
	config_t *config = NULL;
	err_detail_t detail;
	err_t err = config_load(env, asked->config, &config, &detail);
	int code = err           ? cmd_fail(&detail)
	           : asked->json ? print_json(config, asked->config)
	                         : print_words(config);
	config_free(config);
	return code;
}

/* A sentence may be longer than a line: it is cut then, and ends in dots. */
static void print_row(const release_row_t *row)
{
	char room[LINE_ROOM], time[TIME_TEXT_MAX];
	writer_t w = writer_of(room, sizeof(room));
	release_row_text(row, cmd_lang(), &w);
	printf("%s\t%.*s\t%s\t%llu\t%.*s%s\n", time_format(row->ns, time), (int)row->parent.len,
	       (const char *)row->parent.ptr, uplink_stream_name(row->stream),
	       (unsigned long long)row->sequence, (int)w.len, room, w.bad ? "..." : "");
}

static bool print_row_json(const release_row_t *row)
{
	char room[LINE_ROOM];
	json_t j = json_of(room, sizeof(room));
	release_row_json(row, &j);
	return print_line(&j);
}

static bool print_record(void *ctx, const journal_record_t *record)
{
	asked_t *asked = ctx;
	release_log_t log;
	release_row_t row;
	if (record->type != JOURNAL_RELEASE)
		return true;
	asked->err = release_log_open(record->payload, &log);
	if (asked->err)
		return false;
	if (asked->parent && !slice_eq(log.release.parent, slice_str(asked->parent)))
		return true;
	while (!asked->err && release_log_next(&log, &row))
		if (!asked->json)
			print_row(&row);
		else if (!print_row_json(&row))
			asked->err = ERR_TOO_BIG;
	return !asked->err;
}

static int print_log(env_t *env, const char *data, asked_t *asked)
{
	char dir[PATH_ROOM];
	journal_salvage_t walk = { .dir = dir, .name = "tree", .row = print_record, .ctx = asked };
	err_t err = env_path_join(data, "journal", dir, sizeof(dir));
	if (!err)
		err = journal_salvage(env, &walk);
	if (!err)
		err = asked->err;
	return err ? cmd_fail_plain(err, data) : 0;
}

static int refuse(void)
{
	err_detail_t detail;
	(void)!err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
	return cmd_fail(&detail);
}

int cmd_release(int argc, char **argv)
{
	asked_t asked = { .config = "jizhu.yaml" };
	env_t *env = NULL;
	int rest;
	const option_t options[] = {
		{ "config", "FILE", "configuration; jizhu.yaml when absent", OPTION_TEXT,
		  &asked.config },
		{ "parent", "ID", "of the log: what went to this parent alone", OPTION_TEXT,
		  &asked.parent },
		{ "json", NULL, "a line of JSON for each contract, point or item", OPTION_FLAG,
		  &asked.json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	slice_t verb = slice_str(rest > 0 ? argv[0] : "");
	bool is_log = rest == 2 && slice_eq(verb, SLICE("log"));
	if (!is_log && !(rest == 1 && slice_eq(verb, SLICE("show"))))
		return refuse();
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	int code = is_log ? print_log(env, argv[1], &asked) : show(env, &asked);
	posix_env_close(env);
	return code;
}
