/* SPDX-License-Identifier: Apache-2.0 */
/* doc/indicators.md is what packs can say and which are built in; with JIZHU_UPDATE set the
 * test writes it anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "insight/pack_schema.h"
#include "insight/packs.h"

enum { DOC_MAX = 128 << 10, RENDER_MAX = 1024 };

static const char INTRO[] =
	"<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
	"# Indicators 指标\n"
	"\n"
	"A figure means something only with its definition. Definitions stand in packs: YAML "
	"files,\n"
	"some built into the program, others written by the owner of a node. `jizhu indicator "
	"list`\n"
	"shows them, `jizhu indicator show ID` one of them, `jizhu indicator check FILE` says what "
	"is\n"
	"wrong with a file (file, line, column and what to do), without a node.\n"
	"\n"
	"指标数值离开定义便没有意义。定义写在数据包（YAML 文件）中，一部分内置于程序，其余由节点\n"
	"所有者编写。`jizhu indicator list` 列出全部，`jizhu indicator show ID` 查看一个，\n"
	"`jizhu indicator check FILE` 检查文件并指出文件、行、列与改法，无需运行节点。\n"
	"\n"
	"## Files of one's own 自有文件\n"
	"\n"
	"They stand in the folder `packs` beside `jizhu.yaml` and are read in the order of their "
	"names:\n"
	"\n"
	"| file 文件 | holds | 内容 |\n"
	"|---|---|---|\n"
	"| `published*.yaml` | figures and targets that others published, for reading | "
	"他人公布的数字与目标，仅供查阅 |\n"
	"| `*.yaml` | definitions of indicators | 指标定义 |\n"
	"| `factors*.tsv` | factors: substance, region, year, scope, value, unit, source; or "
	"`lies-in`, code, region | "
	"因子：物质、地区、年份、口径、数值、单位、来源；或 `lies-in`、代码、所属地区 |\n"
	"| `*.tsv` | levels, reporting entities and divisions, as in `packs/cn` and `packs/eu` | "
	"层级、报告主体与行业大类 |\n"
	"\n"
	"They add ids, versions and rows and override nothing: what is given twice is refused with "
	"both\n"
	"places. Another meaning is another version, since figures name their definition and "
	"version\n"
	"and only figures of the same version, scope and period add.\n"
	"\n"
	"这些文件放在 `jizhu.yaml` 旁的 `packs` "
	"目录，按文件名顺序读取，只增加标识、版本和行，不覆盖\n"
	"任何内容；重复者会被拒绝并指出两处位置。含义改变即为新版本：数值带有定义与版本，只有版本、"
	"\n"
	"范围、周期都相同的数值才能相加。\n"
	"\n"
	"## An example 示例\n"
	"\n"
	"```yaml\n"
	"pack: {id: works, version: 1, source: Rules of our works}\n"
	"indicators:\n"
	"  - id: energy_per_pack\n"
	"    version: 1\n"
	"    name: {en: Energy per pack, zh: 单包能耗}\n"
	"    note: {en: \"Electricity of the line, without the offices.\", zh: "
	"产线用电，不含办公。}\n"
	"    unit: kWh/piece\n"
	"    scopes:\n"
	"      - {id: line, name: {en: Line, zh: 产线}}\n"
	"    periods: [shift, day, month]\n"
	"    inputs:\n"
	"      - {name: meter, unit: kWh}\n"
	"      - {name: packed, unit: piece}\n"
	"    parts:\n"
	"      - {name: energy, sum: \"delta(meter)\", unit: kWh}\n"
	"      - {name: packs, sum: \"delta(packed)\", unit: piece}\n"
	"    value: \"energy / packs\"\n"
	"    target: {value: 1.8, by: \"2027-12-31\", source: Plan of our works}\n"
	"```\n"
	"\n"
	"`parts` add from node to node; `value` is over parts alone, so that a parent computes it "
	"from\n"
	"sums and never from the values of its children. A part is a sum, counts by class "
	"(`histogram`),\n"
	"things told apart (`distinct`) or a distribution (`quantiles`); `value` makes numbers of "
	"the last\n"
	"three by `count(part)`, `distinct(part)` and `quantile(part, 0.95)`. Units are checked, "
	"and\n"
	"converted where they fit: a ratio in % needs no `* 100`. A formula stands on one line.\n"
	"\n"
	"`parts` 逐级相加；`value` "
	"只由分量构成，上级用总和计算，从不使用下级的指标值。分量可以是求和、\n"
	"分组计数（`histogram`）、去重计数（`distinct`）或分布（`quantiles`），后三者在 `value` "
	"中以\n"
	"`count(part)`、`distinct(part)`、`quantile(part, 0.95)` "
	"取值。单位会被检查并在可行时换算：百分比\n"
	"无需 `* 100`。公式写在一行内。\n"
	"\n"
	"## Functions of an input 输入的函数\n"
	"\n"
	"Only good samples count. Where several points are bound, what adds is added over them.\n"
	"只计有效样本；绑定多个测点时，可加者相加。\n"
	"\n"
	"| function 函数 | number | 数值 |\n"
	"|---|---|---|\n";

/* What each function and source gives, in the order of their rows. */
static const char *const FUNCTION_MEANING[DEFINITION_FUNCTION_COUNT][LANG_COUNT] = {
	[FUNCTION_MEAN] = { "mean over the time that is covered", "有数据时间内的平均值" },
	[FUNCTION_SUM] = { "sum of the samples", "样本之和" },
	[FUNCTION_SQUARES] = { "sum of the squares of the samples", "样本平方和" },
	[FUNCTION_COUNT] = { "number of samples", "样本数" },
	[FUNCTION_MIN] = { "least sample", "最小值" },
	[FUNCTION_MAX] = { "greatest sample", "最大值" },
	[FUNCTION_FIRST] = { "first sample", "首个样本" },
	[FUNCTION_LAST] = { "last sample", "末个样本" },
	[FUNCTION_DELTA] = { "rise of a counter; a reset or a roll-over is no fall",
	                     "计数器增量；复位或翻转不计为减少" },
	[FUNCTION_INTEGRAL] = { "integral over time: of kW, energy", "对时间的积分：kW 得电量" },
	[FUNCTION_DURATION] = { "time with the value n", "取值为 n 的时间" },
	[FUNCTION_ENTRIES] = { "how often the value became n", "变为 n 的次数" },
	[FUNCTION_GOOD] = { "time with good values", "有有效值的时间" },
	[FUNCTION_SPAN] = { "time that was asked for: the period, once for each point",
	                    "应有数据的时间：周期乘以测点数" },
	[FUNCTION_COVERED] = { "`good` by `span`", "`good` 与 `span` 之比" },
	[FUNCTION_POINTS] = { "points bound; 0 for an optional input without one",
	                      "绑定的测点数；可选输入未绑定时为 0" },
	[FUNCTION_LIVE] = { "points with a good value in the period", "本期有有效值的测点数" },
};
static const char *const SOURCE_MEANING[SOURCE_COUNT][LANG_COUNT] = {
	[SOURCE_DEVICES_KNOWN] = { "devices in the register", "登记设备" },
	[SOURCE_DEVICES_CONNECTED] = { "devices heard of in their time", "按时有数据的设备" },
	[SOURCE_DEVICE_DIVISIONS] = { "words: divisions of industry of the devices",
	                              "词：设备所属行业大类" },
	[SOURCE_IDENTIFIERS_REGISTERED] = { "identifiers registered", "已注册标识" },
	[SOURCE_IDENTIFIERS_RESOLVED] = { "answers with a record", "返回记录的解析" },
	[SOURCE_ALARMS_RAW] = { "raw alarms", "原始告警" },
	[SOURCE_CLUES] = { "screened clues", "筛选线索" },
	[SOURCE_SUSPICIOUS] = { "suspicious events", "疑似事件" },
	[SOURCE_VERIFIED] = { "verified events", "核实事件" },
	[SOURCE_NOTIFIED] = { "events notified to enterprises", "通报企业的事件" },
	[SOURCE_HANDLED] = { "events handled", "完成处置的事件" },
};

static void put_functions(writer_t *w)
{
#define X(name, word, unit, number) number,
	static const bool HAS_NUMBER[] = { DEFINITION_FUNCTION_ROWS(X) };
#undef X
	for (size_t i = 0; i < DEFINITION_FUNCTION_COUNT; i++)
		wr_format(w, "| `%s(x%s)` | %s | %s |\n",
		          definition_function_word((definition_function_t)i),
		          HAS_NUMBER[i] ? ", n" : "", FUNCTION_MEANING[i][LANG_EN],
		          FUNCTION_MEANING[i][LANG_ZH]);
	wr_bytes(w, slice_str("\n## What the node itself counts 节点自身的计数\n\n"
	                      "| `from` | counts | 计数 |\n|---|---|---|\n"));
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		wr_format(w, "| `%s` | %s | %s |\n", definition_source_word((definition_source_t)i),
		          SOURCE_MEANING[i][LANG_EN], SOURCE_MEANING[i][LANG_ZH]);
}

static void put_shipped(const packs_t *packs, writer_t *w)
{
	wr_bytes(w, slice_str("\n# Built in 内置指标\n\n"
	                      "What was only remembered says so in its source; nothing here is "
	                      "certified.\n仅凭记忆者在来源中注明；均未经认证。\n\n"
	                      "| id | version 版本 | unit 单位 | name | 名称 "
	                      "|\n|---|---|---|---|---|\n"));
	for (size_t i = 0; i < definitions_count(packs->definitions); i++) {
		const definition_t *d = definitions_get(packs->definitions, i);
		wr_format(w, "| `%s` | %u | %s | %s | %s |\n", (const char *)d->id.ptr, d->version,
		          (const char *)d->unit_text.ptr, (const char *)d->name[LANG_EN].ptr,
		          (const char *)d->name[LANG_ZH].ptr);
	}
}

static slice_t doc_render(void **state)
{
	const packs_spec_t spec = { 0 };
	writer_t w = writer_of(*state, DOC_MAX);
	packs_t *packs = NULL;
	err_detail_t detail;
	assert_int_equal(packs_open(NULL, &spec, &packs, &detail), ERR_OK);
	wr_bytes(&w, slice_str(INTRO));
	put_functions(&w);
	wr_bytes(&w, slice_str("\n# Files of definitions 指标定义文件\n"));
	doc_section(&SECTION_INDICATORS, &w);
	wr_bytes(&w, slice_str("\n# Files of published figures 公布数字文件\n"));
	doc_section(&SECTION_PUBLISHED, &w);
	put_shipped(packs, &w);
	packs_close(packs);
	assert_false(w.bad);
	return writer_done(&w);
}

static FILE *doc_open(const char *mode)
{
	const char *source = getenv("JIZHU_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/doc/indicators.md", source ? source : ".");
	FILE *file = fopen(path, mode);
	if (!file)
		fail_msg("cannot open %s", path);
	return file;
}

static void the_page_in_doc_is_what_packs_can_say(void **state)
{
	slice_t doc = doc_render(state);
	if (getenv("JIZHU_UPDATE")) {
		FILE *out = doc_open("wb");
		assert_int_equal(fwrite(doc.ptr, 1, doc.len, out), doc.len);
		assert_int_equal(fclose(out), 0);
	}
	char *bytes = malloc(DOC_MAX);
	FILE *in = doc_open("rb");
	size_t len = fread(bytes, 1, DOC_MAX, in);
	fclose(in);
	if (!slice_eq(slice_of(bytes, len), doc))
		fail_msg("doc/indicators.md differs; run this test with JIZHU_UPDATE=1");
	free(bytes);
}

static void the_example_of_the_page_is_a_good_pack(void **state)
{
	(void)state;
	char said[RENDER_MAX];
	slice_t head = SLICE("```yaml\n"), yaml = slice_str(INTRO);
	while (yaml.len && !slice_starts(yaml, head))
		yaml = slice_from(yaml, 1);
	yaml = slice_from(yaml, head.len);
	yaml.len = slice_find(yaml, '`');
	const definition_pack_t pack = { yaml, "example" };
	definitions_t *set = NULL;
	err_detail_t detail;
	if (definitions_read(&pack, 1, NULL, &set, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, said, sizeof(said)));
	assert_non_null(definitions_find(set, SLICE("works.energy_per_pack"), 1));
	definitions_free(set);
}

static int page_open(void **state)
{
	*state = malloc(DOC_MAX);
	return *state ? 0 : -1;
}

static int page_close(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_page_in_doc_is_what_packs_can_say, page_open,
		                                page_close),
		cmocka_unit_test(the_example_of_the_page_is_a_good_pack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
