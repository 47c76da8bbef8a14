/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as a page for people. The example is read by the tests, so it works. */
#include "config/schema.h"

static const char INTRO[] =
	"# Configuration 配置\n"
	"\n"
	"The node reads `jizhu.yaml` and then every `*.yaml` in the folder `conf.d` beside it, in\n"
	"the order of their names. Mappings are joined and lists appended; a single value given\n"
	"in two files is an error that names both places. Every error names file, line and\n"
	"column, and a configuration with an error is never used.\n"
	"\n"
	"节点先读取 `jizhu.yaml`，再按文件名顺序读取同目录 `conf.d` 中的所有 `*.yaml`。映射合并，\n"
	"列表追加；同一个单值在两个文件中出现则报错并指出两处位置。每个错误都给出文件、行和列，\n"
	"有错误的配置不会被采用。\n"
	"\n"
	"Durations are a number with `ms`, `s`, `m`, `h` or `d`; sizes a number of bytes, or with\n"
	"`K`, `M` or `G` (powers of 1024). Names are 1 to 64 of `A-Z a-z 0-9 _ . -`. Anchors\n"
	"(`&name`) and aliases (`*name`) share repeated parts. A file has at most 4 MiB.\n"
	"\n"
	"时长为数字加 `ms`、`s`、`m`、`h` 或 `d`；容量为字节数，或加 `K`、`M`、`G`（1024 的幂）。\n"
	"名称为 1 到 64 个 `A-Z a-z 0-9 _ . -` 字符。锚点（`&name`）和别名（`*name`）可共用重复\n"
	"部分。单个文件最大 4 MiB。\n"
	"\n"
	"A running node reads the configuration again at SIGHUP (`systemctl reload jizhu`):\n"
	"lines, devices, points, limits, write rights, labels, `sentry.policy` and\n"
	"`retention` change at once, links to machines whose rows and line did not change\n"
	"are not disturbed, and ids stay. A file with an error is refused and the present\n"
	"configuration kept. Options marked ⟳, and all below them, need a restart; a reload\n"
	"that changes one of them is refused as a whole, by its name.\n"
	"\n"
	"运行中的节点收到 SIGHUP（`systemctl reload jizhu`）后重新读取配置：线路、\n"
	"设备、测点、限值、写权限、标签、`sentry.policy` 与 `retention` 立即生效；\n"
	"设备及其线路未改动的连接不受影响，编号不变。有错误的文件会被拒绝，继续使用\n"
	"现有配置。标有 ⟳ 的选项及其下各项需要重启；改动其中任何一项的重新加载会被\n"
	"整体拒绝，并指出该项名称。\n";

static const char EXAMPLE[] =
	"\n"
	"## Example 示例\n"
	"\n"
	"```yaml\n"
	"node:\n"
	"  name: cell-plant\n"
	"  label: {en: Cell plant, zh: 电芯工厂}\n"
	"  prefix: 99.100.1\n"
	"listen:\n"
	"  http: 127.0.0.1:8080\n"
	"retention:\n"
	"  raw: 30d\n"
	"sentry:\n"
	"  capture: iface:lo\n"
	"  ports: [502, 1502]\n"
	"  learn: 7d\n"
	"  policy:\n"
	"    - {client: 127.0.2.1, server: 127.0.1.11, function: write, from: 20, to: 22}\n"
	"calendars:\n"
	"  - name: works\n"
	"    zone: Asia/Shanghai\n"
	"    shifts: [{name: day, start: '08:00'}, {name: night, start: '20:00'}]\n"
	"indicators:\n"
	"  - definition: iso22400.availability\n"
	"    entity: 99.100.1/FRM1\n"
	"    scope: work-unit\n"
	"    periods: [shift, day]\n"
	"    inputs: {state: FRM1.RUN}\n"
	"lines:\n"
	"  - {name: meters, device: /dev/ttyUSB0, baud: 19200}\n"
	"devices:\n"
	"  - name: FRM1\n"
	"    label: {en: Formation charger 1, zh: 化成机 1}\n"
	"    address: 127.0.1.11:1502\n"
	"    points: &charger\n"
	"      - name: V_SET\n"
	"        label: {en: Voltage set-point, zh: 电压设定}\n"
	"        address: 20\n"
	"        type: f32\n"
	"        unit: V\n"
	"        limits: [2.5, 4.25]\n"
	"        write: {limits: [2.5, 4.2], tolerance: 0.01, role: operator}\n"
	"      - {name: RUN, table: coil, address: 0, type: bool}\n"
	"  - {name: FRM2, address: 127.0.1.12:1502, points: *charger}\n"
	"  - name: MTR1\n"
	"    protocol: modbus-rtu\n"
	"    line: meters\n"
	"    unit: 3\n"
	"    points:\n"
	"      - {name: POWER, table: input, address: 0, type: f32, unit: kW}\n"
	"      - name: MODE\n"
	"        address: 40\n"
	"        type: u16\n"
	"        states: {0: {en: off, zh: 停止}, 1: {en: on, zh: 运行}, 2: fault}\n"
	"```\n";

/* Text inside a table cell: a bar would end the cell. */
static void cell(writer_t *w, const char *text)
{
	for (slice_t s = slice_str(text); s.len; s = slice_from(s, 1)) {
		if (s.ptr[0] == '|')
			wr_u8(w, '\\');
		wr_u8(w, s.ptr[0]);
	}
}

static void doc_words(const field_t *f, writer_t *w)
{
	const char *between = "";
	for (size_t i = 0; i < f->word_count; i++) {
		if (!f->words[i])
			continue;
		wr_format(w, "%s`%s`", between, f->words[i]);
		between = " ";
	}
}

static void doc_type(const field_t *f, writer_t *w)
{
	const kind_t *kind = kind_of(f);
	if (f->form != FORM_ONE)
		wr_format(w, "list 列表 (≤ %zu): ", f->max);
	if (f->kind == KIND_WORD) {
		doc_words(f, w);
		return;
	}
	cell(w, kind->name[LANG_EN]);
	wr_bytes(w, SLICE(" / "));
	cell(w, kind->name[LANG_ZH]);
	if (!kind->bound || (f->low == 0 && f->high == 0))
		return;
	wr_bytes(w, SLICE(", "));
	kind->bound(f->low, w);
	wr_bytes(w, SLICE(" - "));
	kind->bound(f->high, w);
}

static void doc_default(const field_t *f, writer_t *w)
{
	if (f->optional)
		wr_bytes(w, SLICE("-"));
	else if (!f->fallback)
		wr_bytes(w, SLICE("required 必填"));
	else if (f->kind == KIND_SECTION)
		wr_bytes(w, SLICE("its defaults 各项默认"));
	else
		wr_format(w, "`%s`", f->fallback[0] ? f->fallback : "\"\"");
}

static void doc_rows(const section_t *s, writer_t *w)
{
	if (s->path[0])
		wr_format(w, "\n## %s\n\n", s->path);
	else
		wr_bytes(w, SLICE("\n## Top level 顶层\n\n"));
	wr_bytes(w, SLICE("| option 选项 | type 类型 | default 默认 | meaning | 含义 |\n"
	                  "|---|---|---|---|---|\n"));
	for (size_t i = 0; i < s->field_count; i++) {
		const field_t *f = &s->fields[i];
		wr_format(w, "| `%s`%s | ", f->key, f->is_fixed ? " ⟳" : "");
		doc_type(f, w);
		wr_bytes(w, SLICE(" | "));
		doc_default(f, w);
		wr_bytes(w, SLICE(" | "));
		cell(w, f->meaning[LANG_EN]);
		wr_bytes(w, SLICE(" | "));
		cell(w, f->meaning[LANG_ZH]);
		wr_bytes(w, SLICE(" |\n"));
	}
}

/* A section, then those inside it; as deep as the schema is. */
void doc_section(const section_t *s, writer_t *w)
{
	doc_rows(s, w);
	for (size_t i = 0; i < s->field_count; i++)
		if (s->fields[i].section)
			doc_section(s->fields[i].section, w);
}

void config_doc(writer_t *w)
{
	wr_bytes(w, SLICE("<!-- SPDX-License-Identifier: Apache-2.0 -->\n"));
	wr_bytes(w, slice_str(INTRO));
	doc_section(&SECTION_ROOT, w);
	wr_bytes(w, slice_str(EXAMPLE));
}
