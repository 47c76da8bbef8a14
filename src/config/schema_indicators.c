/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the sections calendars and indicators, with the rules that need no definition;
 * those that do are checked where definitions are known (insight/bind.h), which is told the
 * places in the file by `where`. */
#include "base/num.h"
#include "config/check.h"
#include "config/schema_rows.h"
#include "env/zone.h"

static const tree_node_t *member_of(const tree_node_t *node, const char *key)
{
	const tree_node_t *member = tree_find(node, slice_str(key));
	return member ? member : node;
}

static err_t check_shift(build_t *b, const tree_node_t *node, void *item)
{
	config_shift_t *shift = item;
	slice_t minutes = slice_str(shift->start), hours = slice_cut(&minutes, ':');
	uint64_t hour, minute;
	if (hours.len > 2 || minutes.len != 2 || num_parse_u64(hours, 23, &hour) ||
	    num_parse_u64(minutes, 59, &minute))
		return fault_raise(b->detail, member_of(node, "start")->at, FAULT_NOT_CLOCK,
		                   FAULT_ARGS(shift->start));
	shift->start_s = (int32_t)(hour * 3600 + minute * 60);
	return ERR_OK;
}

static const field_t SHIFT_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(config_shift_t, name),
	  .meaning = { "Name of the shift", "班次名称" } },
	{ .key = "start",
	  .kind = KIND_TEXT,
	  .at = offsetof(config_shift_t, start),
	  .meaning = { "When it begins by the wall clock, such as \"08:30\"; it lasts until the "
	               "next one begins",
	               "开始时刻（当地时间），例如 \"08:30\"；持续到下一班次开始" } },
};
static const section_t SECTION_SHIFT = {
	.path = "calendars[].shifts[]",
	.size = sizeof(config_shift_t),
	ROWS(SHIFT_FIELDS),
	.check = check_shift,
};

static err_t check_calendar(build_t *b, const tree_node_t *node, void *item)
{
	const config_calendar_t *calendar = item;
	env_zone_t *zone = NULL;
	err_t err = env_zone_open(slice_str(calendar->zone), &zone);
	env_zone_close(zone);
	if (err == ERR_NOT_FOUND)
		return fault_raise(b->detail, member_of(node, "zone")->at, FAULT_NOT_ZONE,
		                   FAULT_ARGS(calendar->zone));
	const tree_node_t *shift = member_of(node, "shifts")->first;
	for (size_t i = 0; !err && i < calendar->shift_count; i++, shift = shift->next)
		if (i && calendar->shifts[i].start_s <= calendar->shifts[i - 1].start_s)
			err = fault_raise(b->detail, member_of(shift, "start")->at,
			                  FAULT_SHIFT_ORDER, FAULT_ARGS(calendar->shifts[i].start));
	return err;
}

static const field_t CALENDAR_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(config_calendar_t, name),
	  .meaning = { "Name, once in the node", "日历名称，在节点内唯一" } },
	{ .key = "zone",
	  .kind = KIND_TEXT,
	  .fallback = "+08:00",
	  .at = offsetof(config_calendar_t, zone),
	  .meaning = { "Time zone whose midnight ends a day: Asia/Shanghai, +08:00, UTC",
	               "以其零点划分日期的时区：Asia/Shanghai、+08:00、UTC" } },
	{ .key = "shifts",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .at = offsetof(config_calendar_t, shifts),
	  .count_at = offsetof(config_calendar_t, shift_count),
	  .max = CONFIG_SHIFTS_MAX,
	  .section = &SECTION_SHIFT,
	  .meaning = { "Shifts of a day in order of their starts; the last goes over midnight",
	               "一天的班次，按开始时刻排列；最后一班可跨零点" } },
};
const section_t SECTION_CALENDAR = {
	.path = "calendars[]",
	.size = sizeof(config_calendar_t),
	ROWS(CALENDAR_FIELDS),
	.check = check_calendar,
};

static err_t check_indicator(build_t *b, const tree_node_t *node, void *item)
{
	static const char *const KEYS[INDICATOR_PLACES] = {
		[INDICATOR_AT_SELF] = "",
		[INDICATOR_AT_DEFINITION] = "definition",
		[INDICATOR_AT_SCOPE] = "scope",
		[INDICATOR_AT_PERIODS] = "periods",
		[INDICATOR_AT_CALENDAR] = "calendar",
	};
	config_indicator_t *indicator = item;
	for (size_t i = 0; i < INDICATOR_PLACES; i++) {
		char where[MARK_TEXT_MAX];
		mark_format(member_of(node, KEYS[i])->at, where);
		indicator->where[i] = pool_cstr(b->pool, slice_str(where));
		if (!indicator->where[i])
			return ERR_NO_MEMORY;
	}
	return ERR_OK;
}

static const field_t INDICATOR_FIELDS[] = {
	{ .key = "definition",
	  .kind = KIND_TEXT,
	  .at = offsetof(config_indicator_t, definition),
	  .meaning = { "Its definition in the packs, such as iso22400.oee",
	               "指标定义，例如 iso22400.oee" } },
	{ .key = "version",
	  .kind = KIND_U32,
	  .fallback = "0",
	  .at = offsetof(config_indicator_t, version),
	  .meaning = { "Version of the definition; 0: the newest", "定义的版本；0 表示最新" } },
	{ .key = "entity",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_indicator_t, entity),
	  .meaning = { "Identifier of what the figure is of; empty: the node",
	               "指标所属对象的标识；空表示本节点" } },
	{ .key = "scope",
	  .kind = KIND_TEXT,
	  .at = offsetof(config_indicator_t, scope),
	  .meaning = { "Scope, one of those that the definition offers",
	               "统计范围，须为定义所提供者" } },
	{ .key = "periods",
	  .kind = KIND_TEXT,
	  .form = FORM_ARRAY,
	  .at = offsetof(config_indicator_t, periods),
	  .count_at = offsetof(config_indicator_t, period_count),
	  .max = CONFIG_PERIODS_MAX,
	  .meaning = { "Periods: 15min, hour, shift, day, week, month, quarter, year",
	               "统计周期：15min、hour、shift、day、week、month、quarter、year" } },
	{ .key = "calendar",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_indicator_t, calendar),
	  .meaning = { "Its calendar; empty: the first one, or that of Beijing time",
	               "所用日历；空表示第一个日历，没有日历时按北京时间" } },
	{ .key = "inputs",
	  .kind = KIND_PAIRS,
	  .fallback = "",
	  .max = CONFIG_PAIRS_MAX,
	  .at = offsetof(config_indicator_t, inputs),
	  .meaning = { "The point of each input of the definition, or a list of points",
	               "定义中各输入对应的测点，可为多个测点的列表" } },
	{ .key = "rollover",
	  .kind = KIND_PAIRS,
	  .fallback = "",
	  .max = CONFIG_PAIRS_MAX,
	  .at = offsetof(config_indicator_t, rollover),
	  .meaning = { "Points that are counters and where they begin again at 0, in their unit; "
	               "a fall of one that is not here is a reset to 0",
	               "计数器测点及其回零的满量程值（测点单位）；未列出者读数下降视为复位归零" } },
	{ .key = "parameters",
	  .kind = KIND_PAIRS,
	  .fallback = "",
	  .max = CONFIG_PAIRS_MAX,
	  .at = offsetof(config_indicator_t, parameters),
	  .meaning = { "The parameters of the definition: a number, with a unit where it is not "
	               "the definition's, such as 90 s/piece",
	               "定义的参数：数字，单位与定义不同时须写明，例如 90 s/piece" } },
};
const section_t SECTION_BINDING = {
	.path = "indicators[]",
	.size = sizeof(config_indicator_t),
	ROWS(INDICATOR_FIELDS),
	.check = check_indicator,
};
