/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/text.h"
#include "config/config.h"
#include "env/posix/posix.h"
#include "release/listing.h"

/* jizhu release show: whose the data of each point is and what may leave of it, by the
 * configuration; needs no running node. */

enum { LINE_ROOM = 16 << 10 };

static const err_text_t text_usage = {
	{ "say release show", "请写 release show" },
	{ "see jizhu release --help", "请参阅 jizhu release --help" },
};
static const err_text_t text_long = {
	{ "a line would be longer than 16 KiB", "输出行超过 16 KiB" },
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

static bool print_line(json_t *j)
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

static int show(const char *path, bool json)
{
	env_t *env = NULL;
	config_t *config = NULL;
	err_detail_t detail;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = config_load(env, path, &config, &detail);
	int code = err ? cmd_fail(&detail) : json ? print_json(config, path) : print_words(config);
	config_free(config);
	posix_env_close(env);
	return code;
}

int cmd_release(int argc, char **argv)
{
	const char *path = "jizhu.yaml";
	bool json = false;
	int rest;
	err_detail_t detail;
	const option_t options[] = {
		{ "config", "FILE", "configuration; jizhu.yaml when absent", OPTION_TEXT, &path },
		{ "json", NULL, "a line of JSON for each contract and point", OPTION_FLAG, &json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1 || !slice_eq(slice_str(argv[0]), SLICE("show"))) {
		(void)!err_raise(&detail, ERR_USAGE, &text_usage, "", (char *)NULL);
		return cmd_fail(&detail);
	}
	return show(path, json);
}
