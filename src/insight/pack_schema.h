/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_PACK_SCHEMA_H
#define INSIGHT_PACK_SCHEMA_H
/* Packs as they are written, before their words are looked up and their formulas read: the
 * rows of config/schema.h for files of indicators and of published figures.
 *
 * Story: tree_parse, build_section of SECTION_INDICATORS or SECTION_PUBLISHED into a struct
 * here; then definition.c and published.c make of it what others see. The first member of
 * each struct is its node in the tree, by which a fault finds its place as long as the tree
 * lives.
 *
 * Texts are NUL-ended and NULL where they were left out. */
#include "config/schema.h"
#include "insight/definition.h"
#include "insight/published.h"

enum { PACK_NOTE_MAX = 1024 }; /* bytes in a language */

typedef struct {
	const tree_node_t *node;
	const char *id, *source;
	uint32_t version;
} written_pack_t;

typedef struct {
	const tree_node_t *node;
	const char *text[LANG_COUNT];
} written_note_t;

typedef struct {
	const tree_node_t *node;
	const char *id, *name[LANG_COUNT];
} written_scope_t;

typedef struct {
	const tree_node_t *node;
	const char *name, *unit, *from;
	unsigned optional;
} written_input_t;

typedef struct {
	const tree_node_t *node;
	const char *substance, *scope, *region;
	uint16_t year;
} written_factor_t;

typedef struct {
	const tree_node_t *node;
	const char *name, *unit;
	double number;
	bool has_number, has_factor;
	written_factor_t factor;
} written_parameter_t;

typedef struct {
	const tree_node_t *node;
	const char *name, *id;
	uint32_t version;
} written_use_t;

typedef struct {
	const tree_node_t *node;
	const char *of;
	double bounds[FIGURE_CLASSES_MAX - 1];
	size_t bound_count;
} written_histogram_t;

typedef struct {
	const tree_node_t *node;
	const char *name, *unit, *sum, *distinct, *quantiles;
	bool has_histogram;
	written_histogram_t histogram;
} written_part_t;

typedef struct {
	const tree_node_t *node;
	double value;
	const char *date, *source;
} written_mark_t;

typedef struct {
	const tree_node_t *node;
	const char *id, *name[LANG_COUNT], *unit, *value, *source;
	uint32_t version;
	written_note_t note;
	const written_scope_t *scopes;
	unsigned periods[PERIOD_COUNT];
	unsigned declared, rolls_up;
	const written_input_t *inputs;
	const written_parameter_t *parameters;
	const written_use_t *uses;
	const written_part_t *parts;
	size_t scope_count, period_count, input_count, parameter_count, use_count, part_count;
	bool has_base, has_target;
	written_mark_t base, target;
} written_indicator_t;

typedef struct {
	const tree_node_t *node;
	written_pack_t pack;
	const written_indicator_t *indicators;
	size_t indicator_count;
} written_indicators_t;

typedef struct {
	const tree_node_t *node;
	const char *id, *name[LANG_COUNT], *scope[LANG_COUNT], *unit, *date, *source;
	unsigned kind, bound;
	double value;
} written_figure_t;

typedef struct {
	const tree_node_t *node;
	written_pack_t pack;
	const written_figure_t *figures;
	size_t figure_count;
} written_published_t;

extern const section_t SECTION_INDICATORS, SECTION_PUBLISHED;

/* What only a pack can have wrong. %1 %2 %3 are arguments. */
#define PACK_FAULT_ROWS(X) \
	X(ID_TWICE, "'%1' version %2 is there twice", "“%1”版本 %2 重复", \
	  "Give another version; the first is at %3", "请改用其他版本号；第一个在 %3") \
	X(NO_UNIT, "'%1' is no unit", "“%1”不是单位", \
	  "Write one such as kWh, t, m3/h, piece/h, %, or 1 for a plain number", \
	  "请写单位，例如 kWh、t、m3/h、piece/h、%，无量纲写 1") \
	X(NOT_PLAIN, "'%1' is no name for a formula", "“%1”不能用作公式中的名称", \
	  "Begin with a letter, then letters, digits and _", "请以字母开头，其后为字母、数字和 _") \
	X(SOURCE_UNIT, "an input with 'from' has the unit of what it is from", \
	  "带“from”的输入使用其来源的单位", "Remove 'unit'", "请删除“unit”") \
	X(ONE_KIND, "a part must have one of sum, histogram, distinct and quantiles", \
	  "分量须有 sum、histogram、distinct、quantiles 之一", "Write one of them", \
	  "请只写其中一项") \
	X(DECLARED, "a declared indicator has nothing that is computed", \
	  "填报指标没有可计算的内容", "Remove '%1', or 'declared'", \
	  "请删除“%1”，或删除“declared”") \
	X(PART_UNIT, "a part of this kind has the unit of its input", "此类分量使用其输入的单位", \
	  "Remove 'unit'", "请删除“unit”") \
	X(NO_INPUT, "there is no input '%1'", "没有输入“%1”", "Add it to 'inputs'", \
	  "请在“inputs”中添加") \
	X(BOUNDS, "the bounds must be numbers that rise", "界值须为递增的数字", \
	  "Write them from the least up, such as [1, 10, 100]", \
	  "请从小到大书写，例如 [1, 10, 100]") \
	X(NO_USE, "there is no indicator '%1' version %2", "没有指标“%1”版本 %2", \
	  "Add it, or correct 'id' and 'version'", "请添加，或更正“id”和“version”") \
	X(USE_OFFER, "'%1' does not offer '%2', which this one does", \
	  "“%1”没有提供此指标所用的“%2”", "Add it there, or remove it here", \
	  "请在那里添加，或在此处删除") \
	X(CIRCLE, "'%1' uses itself, or others more than %2 deep", \
	  "“%1”引用自身，或引用超过 %2 层", "Remove one of the uses", "请删除其中一个引用") \
	X(UNUSED, "no formula uses '%1'", "没有公式使用“%1”", "Remove it, or use it", \
	  "请删除，或在公式中使用") \
	X(ONE_LINE, "a formula must stand on one line, without escapes", \
	  "公式须写在一行内，不含转义", "Write it in double quotes on one line", \
	  "请写在一行的双引号内") \
	X(NOT_SUM, "the part '%1' is no sum", "分量“%1”不是求和分量", "Write %2", "请写 %2") \
	X(NOT_FOR, "%1() does not go with the kind of the part '%2'", \
	  "%1() 不适用于分量“%2”的类型", \
	  "distinct() is of distinct parts, quantile() of quantiles, count() of quantiles and " \
	  "histograms", \
	  "distinct() 用于 distinct 分量，quantile() 用于 quantiles，count() 用于 quantiles 和 " \
	  "histogram") \
	X(SHARE, "quantile() of '%1' is asked at %2", "对“%1”求 quantile() 的位置为 %2", \
	  "Write a share from 0 to 1, such as 0.95", "请写 0 到 1 的比例，例如 0.95") \
	X(NO_FACTOR, "there is no factor of '%1' for %2, scope '%3'", \
	  "没有“%1”%2 年、口径“%3”的因子", \
	  "Correct the three, or add a row to a file factors*.tsv", \
	  "请更正三项，或在 factors*.tsv 文件中添加一行") \
	X(FACTOR_UNIT, "the factor of '%1' is in %2 and cannot be had in %3", \
	  "“%1”的因子单位为 %2，不能换算为 %3", "Write a unit of the same dimension", \
	  "请写同量纲的单位") \
	X(NUMBER_OR_FACTOR, "the parameter '%1' has a number and a factor", \
	  "参数“%1”同时有数值和因子", "Keep one of them", "请只保留一项") \
	X(DATE, "'%1' is no date", "“%1”不是日期", \
	  "Write a year, a month or a day in quotes: \"2027\", \"2027-12\", \"2027-12-31\"", \
	  "请写带引号的年、月或日：\"2027\"、\"2027-12\"、\"2027-12-31\"") \
	X(TOO_MANY_IN_ALL, "more than %1 in all packs", "所有数据包合计超过 %1 个", "Remove some", \
	  "请删除一些")

#define X(id, what_en, what_zh, fix_en, fix_zh) PACK_FAULT_##id,
typedef enum { PACK_FAULT_ROWS(X) PACK_FAULT_COUNT } pack_fault_t;
#undef X

/* Fills the detail and returns ERR_CONFIG. Arguments not needed are "". */
MUST_CHECK err_t pack_fail(err_detail_t *ret_detail, mark_t at, pack_fault_t fault,
                           const char *const args[ERR_ARGS]);
/* Of the value of a member, or of the mapping where it has none. */
mark_t pack_mark(const tree_node_t *mapping, const char *key);
/* Whether it is a year, a month or a day of the calendar. */
bool pack_date_good(slice_t text);
#endif
