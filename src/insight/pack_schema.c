/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of packs, and the sentences of what can be wrong with one. */
#include "insight/pack_schema.h"

#include "base/num.h"
#include "config/schema_rows.h"

#define X(id, what_en, what_zh, fix_en, fix_zh) { { what_en, what_zh }, { fix_en, fix_zh } },
static const err_text_t TEXTS[PACK_FAULT_COUNT] = { PACK_FAULT_ROWS(X) };
#undef X

#define VERSIONS  .low = 1, .high = 1000000
#define LONG_TEXT .max = PACK_NOTE_MAX

/* The first member of every struct of pack_schema.h. */
static err_t keep_node(build_t *b, const tree_node_t *node, void *item)
{
	(void)b;
	memcpy(item, &node, sizeof(node));
	return ERR_OK;
}

static const char *const YES_NO[] = { "no", "yes" };
#define X(name, word) word,
static const char *const PERIODS[] = { PERIOD_ROWS(X) };
static const char *const KINDS[] = { PUBLISHED_KIND_ROWS(X) };
#undef X
#define X(name, word, sign) word,
static const char *const BOUNDS[] = { PUBLISHED_BOUND_ROWS(X) };
#undef X

static const field_t PACK_FIELDS[] = {
	{ .key = "id",
	  .kind = KIND_NAME,
	  .at = offsetof(written_pack_t, id),
	  .meaning = { "Name of the pack; its indicators are called PACK.ID",
	               "数据包名称；其指标称为“包名.标识”" } },
	{ .key = "version",
	  .kind = KIND_U32,
	  VERSIONS,
	  .at = offsetof(written_pack_t, version),
	  .meaning = { "Edition of the file, for people", "文件版次，供人查阅" } },
	{ .key = "source",
	  .kind = KIND_TEXT,
	  LONG_TEXT,
	  .at = offsetof(written_pack_t, source),
	  .meaning = { "Where its definitions come from", "定义的来源" } },
};
static const section_t SECTION_PACK = {
	.path = "pack",
	.size = sizeof(written_pack_t),
	ROWS(PACK_FIELDS),
	.check = keep_node,
};

static const field_t NOTE_FIELDS[] = {
	{ .key = "en",
	  .kind = KIND_TEXT,
	  .optional = true,
	  LONG_TEXT,
	  .at = offsetof(written_note_t, text[LANG_EN]),
	  .meaning = { "English text", "英文文本" } },
	{ .key = "zh",
	  .kind = KIND_TEXT,
	  .optional = true,
	  LONG_TEXT,
	  .at = offsetof(written_note_t, text[LANG_ZH]),
	  .meaning = { "Chinese text", "中文文本" } },
};
static const section_t SECTION_NOTE = {
	.path = "indicators[].note",
	.size = sizeof(written_note_t),
	ROWS(NOTE_FIELDS),
	.check = keep_node,
};

static const field_t SCOPE_FIELDS[] = {
	{ .key = "id",
	  .kind = KIND_NAME,
	  .at = offsetof(written_scope_t, id),
	  .meaning = { "Word of the scope", "范围标识" } },
	{ .key = "name",
	  .kind = KIND_LABEL,
	  .at = offsetof(written_scope_t, name),
	  .meaning = { "Its name for people", "范围名称" } },
};
static const section_t SECTION_SCOPE = {
	.path = "indicators[].scopes[]",
	.size = sizeof(written_scope_t),
	ROWS(SCOPE_FIELDS),
	.check = keep_node,
};

static const field_t INPUT_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(written_input_t, name),
	  .meaning = { "As formulas call it", "公式中的名称" } },
	{ .key = "unit",
	  .kind = KIND_TEXT,
	  .optional = true,
	  .at = offsetof(written_input_t, unit),
	  .meaning = { "Unit of the points that the configuration binds",
	               "配置所绑定测点的单位" } },
	{ .key = "from",
	  .kind = KIND_NAME,
	  .optional = true,
	  .at = offsetof(written_input_t, from),
	  .meaning = { "Instead of points: what the node itself counts",
	               "不绑定测点，改用节点自身的计数" } },
	{ .key = "optional",
	  .kind = KIND_WORD,
	  .fallback = "no",
	  WORDS(YES_NO),
	  .at = offsetof(written_input_t, optional),
	  .meaning = { "yes: it may be left unbound where there is no such thing",
	               "yes 表示没有该项时可不绑定" } },
};
static const section_t SECTION_INPUT = {
	.path = "indicators[].inputs[]",
	.size = sizeof(written_input_t),
	ROWS(INPUT_FIELDS),
	.check = keep_node,
};

static const field_t FACTOR_FIELDS[] = {
	{ .key = "substance",
	  .kind = KIND_NAME,
	  .at = offsetof(written_factor_t, substance),
	  .meaning = { "Substance of a row of factors", "因子表中的物质" } },
	{ .key = "year",
	  .kind = KIND_U16,
	  .at = offsetof(written_factor_t, year),
	  .meaning = { "Year of the factor", "因子年份" } },
	{ .key = "scope",
	  .kind = KIND_NAME,
	  .at = offsetof(written_factor_t, scope),
	  .meaning = { "Scope of the factor", "因子口径" } },
	{ .key = "region",
	  .kind = KIND_NAME,
	  .optional = true,
	  .at = offsetof(written_factor_t, region),
	  .meaning = { "Region of the factor; left out: that of the entity",
	               "因子地区；省略时为对象所在地区" } },
};
static const section_t SECTION_FACTOR = {
	.path = "indicators[].parameters[].factor",
	.size = sizeof(written_factor_t),
	ROWS(FACTOR_FIELDS),
	.check = keep_node,
};

static const field_t PARAMETER_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(written_parameter_t, name),
	  .meaning = { "As formulas call it", "公式中的名称" } },
	{ .key = "unit",
	  .kind = KIND_TEXT,
	  .at = offsetof(written_parameter_t, unit),
	  .meaning = { "Unit of its number in formulas", "公式中数值的单位" } },
	{ .key = "number",
	  .kind = KIND_F64,
	  .optional = true,
	  .present_at = offsetof(written_parameter_t, has_number),
	  .at = offsetof(written_parameter_t, number),
	  .meaning = { "Its number where the configuration gives none", "配置未给出时的数值" } },
	{ .key = "factor",
	  .kind = KIND_SECTION,
	  .optional = true,
	  .present_at = offsetof(written_parameter_t, has_factor),
	  .section = &SECTION_FACTOR,
	  .at = offsetof(written_parameter_t, factor),
	  .meaning = { "Its number is a factor of this year and scope",
	               "数值取自该年份和口径的因子" } },
};
static const section_t SECTION_PARAMETER = {
	.path = "indicators[].parameters[]",
	.size = sizeof(written_parameter_t),
	ROWS(PARAMETER_FIELDS),
	.check = keep_node,
};

static const field_t USE_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(written_use_t, name),
	  .meaning = { "Its parts are NAME.PART in formulas", "公式中以“名称.分量”引用其分量" } },
	{ .key = "id",
	  .kind = KIND_NAME,
	  .at = offsetof(written_use_t, id),
	  .meaning = { "Full id of another indicator", "另一指标的完整标识" } },
	{ .key = "version",
	  .kind = KIND_U32,
	  VERSIONS,
	  .at = offsetof(written_use_t, version),
	  .meaning = { "Version of its definition", "该指标定义的版本" } },
};
static const section_t SECTION_USE = {
	.path = "indicators[].uses[]",
	.size = sizeof(written_use_t),
	ROWS(USE_FIELDS),
	.check = keep_node,
};

static const field_t HISTOGRAM_FIELDS[] = {
	{ .key = "of",
	  .kind = KIND_NAME,
	  .at = offsetof(written_histogram_t, of),
	  .meaning = { "Input whose samples are counted", "对其样本计数的输入" } },
	{ .key = "bounds",
	  .kind = KIND_F64,
	  .form = FORM_ARRAY,
	  .count_at = offsetof(written_histogram_t, bound_count),
	  .max = FIGURE_CLASSES_MAX - 1,
	  .at = offsetof(written_histogram_t, bounds),
	  .meaning = { "Where a class ends and the next begins", "各组的分界值" } },
};
static const section_t SECTION_HISTOGRAM = {
	.path = "indicators[].parts[].histogram",
	.size = sizeof(written_histogram_t),
	ROWS(HISTOGRAM_FIELDS),
	.check = keep_node,
};

static const field_t PART_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(written_part_t, name),
	  .meaning = { "As the value calls it", "value 公式中的名称" } },
	{ .key = "unit",
	  .kind = KIND_TEXT,
	  .optional = true,
	  .at = offsetof(written_part_t, unit),
	  .meaning = { "Unit of a sum", "求和分量的单位" } },
	{ .key = "sum",
	  .kind = KIND_TEXT,
	  .optional = true,
	  .max = EXPR_TEXT_MAX,
	  .at = offsetof(written_part_t, sum),
	  .meaning = { "Formula of a number that adds", "可相加数值的公式" } },
	{ .key = "distinct",
	  .kind = KIND_NAME,
	  .optional = true,
	  .at = offsetof(written_part_t, distinct),
	  .meaning = { "Input whose different words are counted", "对其不同取值计数的输入" } },
	{ .key = "quantiles",
	  .kind = KIND_NAME,
	  .optional = true,
	  .at = offsetof(written_part_t, quantiles),
	  .meaning = { "Input whose distribution is kept", "保留其分布的输入" } },
	{ .key = "histogram",
	  .kind = KIND_SECTION,
	  .optional = true,
	  .present_at = offsetof(written_part_t, has_histogram),
	  .section = &SECTION_HISTOGRAM,
	  .at = offsetof(written_part_t, histogram),
	  .meaning = { "Counts of classes", "分组计数" } },
};
static const section_t SECTION_PART = {
	.path = "indicators[].parts[]",
	.size = sizeof(written_part_t),
	ROWS(PART_FIELDS),
	.check = keep_node,
};

static const field_t BASE_FIELDS[] = {
	{ .key = "value",
	  .kind = KIND_F64,
	  .at = offsetof(written_mark_t, value),
	  .meaning = { "A number in the unit of the indicator", "以指标单位表示的数值" } },
	{ .key = "at",
	  .kind = KIND_TEXT,
	  .optional = true,
	  .at = offsetof(written_mark_t, date),
	  .meaning = { "When it was so", "基期" } },
	{ .key = "source",
	  .kind = KIND_TEXT,
	  LONG_TEXT,
	  .at = offsetof(written_mark_t, source),
	  .meaning = { "Who says so", "来源" } },
};
static const section_t SECTION_BASE = {
	.path = "indicators[].base",
	.size = sizeof(written_mark_t),
	ROWS(BASE_FIELDS),
	.check = keep_node,
};

static const field_t TARGET_FIELDS[] = {
	{ .key = "value",
	  .kind = KIND_F64,
	  .at = offsetof(written_mark_t, value),
	  .meaning = { "A number in the unit of the indicator", "以指标单位表示的数值" } },
	{ .key = "by",
	  .kind = KIND_TEXT,
	  .optional = true,
	  .at = offsetof(written_mark_t, date),
	  .meaning = { "When it shall be reached", "目标期限" } },
	{ .key = "source",
	  .kind = KIND_TEXT,
	  LONG_TEXT,
	  .at = offsetof(written_mark_t, source),
	  .meaning = { "Who says so", "来源" } },
};
static const section_t SECTION_TARGET = {
	.path = "indicators[].target",
	.size = sizeof(written_mark_t),
	ROWS(TARGET_FIELDS),
	.check = keep_node,
};

static const field_t INDICATOR_FIELDS[] = {
	{ .key = "id",
	  .kind = KIND_NAME,
	  .at = offsetof(written_indicator_t, id),
	  .meaning = { "Id inside the pack", "包内标识" } },
	{ .key = "version",
	  .kind = KIND_U32,
	  VERSIONS,
	  .at = offsetof(written_indicator_t, version),
	  .meaning = { "Version of the definition; another meaning is another version",
	               "定义的版本；含义不同即为另一版本" } },
	{ .key = "name",
	  .kind = KIND_LABEL,
	  .at = offsetof(written_indicator_t, name),
	  .meaning = { "Name for people", "名称" } },
	{ .key = "note",
	  .kind = KIND_SECTION,
	  .optional = true,
	  .section = &SECTION_NOTE,
	  .at = offsetof(written_indicator_t, note),
	  .meaning = { "What counts and what does not", "计入与不计入的内容" } },
	{ .key = "unit",
	  .kind = KIND_TEXT,
	  .at = offsetof(written_indicator_t, unit),
	  .meaning = { "Unit of the value", "指标值的单位" } },
	{ .key = "scopes",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .count_at = offsetof(written_indicator_t, scope_count),
	  .max = DEFINITION_SCOPES_MAX,
	  .section = &SECTION_SCOPE,
	  .at = offsetof(written_indicator_t, scopes),
	  .meaning = { "Scopes that figures may be of; unlike ones never add",
	               "统计范围；不同范围不得相加" } },
	{ .key = "periods",
	  .kind = KIND_WORD,
	  .form = FORM_ARRAY,
	  .count_at = offsetof(written_indicator_t, period_count),
	  .max = PERIOD_COUNT,
	  WORDS(PERIODS),
	  .at = offsetof(written_indicator_t, periods),
	  .meaning = { "Periods that figures may be of", "统计周期" } },
	{ .key = "declared",
	  .kind = KIND_WORD,
	  .fallback = "no",
	  WORDS(YES_NO),
	  .at = offsetof(written_indicator_t, declared),
	  .meaning = { "yes: no machine measures it, a person attests its parts",
	               "yes 表示无法由机器测量，由人员填报各分量" } },
	{ .key = "rolls_up",
	  .kind = KIND_WORD,
	  .fallback = "yes",
	  WORDS(YES_NO),
	  .at = offsetof(written_indicator_t, rolls_up),
	  .meaning = { "no: figures of children are not added, since they may count one thing "
	               "twice; each node measures its own",
	               "no 表示下级数值不相加，以免重复计数；由各节点自行计算" } },
	{ .key = "inputs",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .count_at = offsetof(written_indicator_t, input_count),
	  .max = DEFINITION_INPUTS_MAX,
	  .section = &SECTION_INPUT,
	  .at = offsetof(written_indicator_t, inputs),
	  .meaning = { "What is measured", "测量输入" } },
	{ .key = "parameters",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .count_at = offsetof(written_indicator_t, parameter_count),
	  .max = DEFINITION_INPUTS_MAX,
	  .section = &SECTION_PARAMETER,
	  .at = offsetof(written_indicator_t, parameters),
	  .meaning = { "What is given", "给定参数" } },
	{ .key = "uses",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .count_at = offsetof(written_indicator_t, use_count),
	  .max = DEFINITION_USES_MAX,
	  .section = &SECTION_USE,
	  .at = offsetof(written_indicator_t, uses),
	  .meaning = { "Indicators whose parts are used", "引用其分量的其他指标" } },
	{ .key = "parts",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .count_at = offsetof(written_indicator_t, part_count),
	  .max = FIGURE_PARTS_MAX,
	  .section = &SECTION_PART,
	  .at = offsetof(written_indicator_t, parts),
	  .meaning = { "What adds from node to node", "逐级相加的分量" } },
	{ .key = "value",
	  .kind = KIND_TEXT,
	  .max = EXPR_TEXT_MAX,
	  .at = offsetof(written_indicator_t, value),
	  .meaning = { "Formula over parts alone", "仅由分量构成的公式" } },
	{ .key = "base",
	  .kind = KIND_SECTION,
	  .optional = true,
	  .present_at = offsetof(written_indicator_t, has_base),
	  .section = &SECTION_BASE,
	  .at = offsetof(written_indicator_t, base),
	  .meaning = { "A value to compare with", "基准值" } },
	{ .key = "target",
	  .kind = KIND_SECTION,
	  .optional = true,
	  .present_at = offsetof(written_indicator_t, has_target),
	  .section = &SECTION_TARGET,
	  .at = offsetof(written_indicator_t, target),
	  .meaning = { "A value to reach", "目标值" } },
	{ .key = "source",
	  .kind = KIND_TEXT,
	  .optional = true,
	  LONG_TEXT,
	  .at = offsetof(written_indicator_t, source),
	  .meaning = { "Where it is defined; left out: as the pack", "定义出处；省略时同数据包" } },
};
static const section_t SECTION_INDICATOR = {
	.path = "indicators[]",
	.size = sizeof(written_indicator_t),
	ROWS(INDICATOR_FIELDS),
	.check = keep_node,
};

static const field_t INDICATORS_FIELDS[] = {
	{ .key = "pack",
	  .kind = KIND_SECTION,
	  .section = &SECTION_PACK,
	  .at = offsetof(written_indicators_t, pack),
	  .meaning = { "The pack itself", "数据包本身" } },
	{ .key = "indicators",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .count_at = offsetof(written_indicators_t, indicator_count),
	  .max = DEFINITIONS_MAX,
	  .section = &SECTION_INDICATOR,
	  .at = offsetof(written_indicators_t, indicators),
	  .meaning = { "Its definitions", "指标定义" } },
};
const section_t SECTION_INDICATORS = {
	.path = "",
	.size = sizeof(written_indicators_t),
	ROWS(INDICATORS_FIELDS),
	.check = keep_node,
};

static const field_t FIGURE_FIELDS[] = {
	{ .key = "id",
	  .kind = KIND_NAME,
	  .at = offsetof(written_figure_t, id),
	  .meaning = { "Id; it may come again with another date or scope",
	               "标识；可以不同日期或范围再次出现" } },
	{ .key = "name",
	  .kind = KIND_LABEL,
	  .at = offsetof(written_figure_t, name),
	  .meaning = { "Name for people", "名称" } },
	{ .key = "kind",
	  .kind = KIND_WORD,
	  WORDS(KINDS),
	  .fallback = "figure",
	  .at = offsetof(written_figure_t, kind),
	  .meaning = { "What it is", "类别" } },
	{ .key = "bound",
	  .kind = KIND_WORD,
	  WORDS(BOUNDS),
	  .fallback = "exactly",
	  .at = offsetof(written_figure_t, bound),
	  .meaning = { "How exact it is", "精确程度" } },
	{ .key = "value",
	  .kind = KIND_F64,
	  .at = offsetof(written_figure_t, value),
	  .meaning = { "The number as published", "公布的数值" } },
	{ .key = "unit",
	  .kind = KIND_TEXT,
	  .at = offsetof(written_figure_t, unit),
	  .meaning = { "Its unit", "单位" } },
	{ .key = "scope",
	  .kind = KIND_LABEL,
	  .at = offsetof(written_figure_t, scope),
	  .meaning = { "What it is of", "统计范围" } },
	{ .key = "date",
	  .kind = KIND_TEXT,
	  .at = offsetof(written_figure_t, date),
	  .meaning = { "What time it is of, or its deadline", "所属时间或期限" } },
	{ .key = "source",
	  .kind = KIND_TEXT,
	  LONG_TEXT,
	  .at = offsetof(written_figure_t, source),
	  .meaning = { "Who published it, and when", "公布者与时间" } },
};
static const section_t SECTION_FIGURE = {
	.path = "published[]",
	.size = sizeof(written_figure_t),
	ROWS(FIGURE_FIELDS),
	.check = keep_node,
};

static const field_t PUBLISHED_FIELDS[] = {
	{ .key = "pack",
	  .kind = KIND_SECTION,
	  .section = &SECTION_PACK,
	  .at = offsetof(written_published_t, pack),
	  .meaning = { "The pack itself", "数据包本身" } },
	{ .key = "published",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .count_at = offsetof(written_published_t, figure_count),
	  .max = PUBLISHED_MAX,
	  .section = &SECTION_FIGURE,
	  .at = offsetof(written_published_t, figures),
	  .meaning = { "Figures and targets", "数字与目标" } },
};
const section_t SECTION_PUBLISHED = {
	.path = "",
	.size = sizeof(written_published_t),
	ROWS(PUBLISHED_FIELDS),
	.check = keep_node,
};

const char *published_kind_word(published_kind_t kind)
{
	return KINDS[kind];
}

const char *published_bound_word(published_bound_t bound)
{
	return BOUNDS[bound];
}

err_t pack_fail(err_detail_t *ret_detail, mark_t at, pack_fault_t fault,
                const char *const args[ERR_ARGS])
{
	char where[MARK_TEXT_MAX];
	return err_raise(ret_detail, ERR_CONFIG, &TEXTS[fault], mark_format(at, where),
	                 args[0] ? args[0] : "", args[1] ? args[1] : "", args[2] ? args[2] : "",
	                 (char *)NULL);
}

mark_t pack_mark(const tree_node_t *mapping, const char *key)
{
	const tree_node_t *member = tree_find(mapping, slice_str(key));
	return member ? member->at : mapping->at;
}

static unsigned days_of(uint64_t year, uint64_t month)
{
	static const unsigned DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return DAYS[month - 1] + (month == 2 && is_leap);
}

/* A number of so many digits. */
static bool digits_read(slice_t text, size_t len, uint64_t least, uint64_t max, uint64_t *ret)
{
	return text.len == len && num_parse_u64(text, max, ret) == ERR_OK && *ret >= least;
}

bool pack_date_good(slice_t text)
{
	uint64_t year = 0, month = 1, day = 1;
	slice_t rest = text, first = slice_cut(&rest, '-'), second = slice_cut(&rest, '-');
	bool has_month = text.len > first.len;
	bool has_day = text.len > first.len + 1 + second.len;
	if (!digits_read(first, 4, 1900, 9999, &year))
		return false;
	if (has_month && !digits_read(second, 2, 1, 12, &month))
		return false;
	return !has_day || digits_read(rest, 2, 1, days_of(year, month), &day);
}
