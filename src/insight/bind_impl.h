/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BIND_IMPL_H
#define INSIGHT_BIND_IMPL_H
/* What makes bindings together: bind.c goes over the rows of the configuration and joins them
 * with definitions, periods and one another; bind_names.c finds what the names of a row mean,
 * its inputs and parameters. */
#include "base/pool.h"
#include "base/table.h"
#include "config/check.h"
#include "insight/bind.h"

/* id, what (English, Chinese), what to do (English, Chinese) */
#define BIND_ROWS(X) \
	X(DEFINITION, "there is no definition '%1' of version %2", "没有指标定义“%1”的版本 %2", \
	  "See 'jizhu indicator list'", "请用“jizhu indicator list”查看") \
	X(DECLARED, "'%1' is declared by a person, nothing measures it", \
	  "“%1”由人员填报，无法测量", "Remove it here", "请在此处删除") \
	X(SCOPE, "'%1' has no scope '%2'", "“%1”没有统计范围“%2”", "Choose one of: %3", \
	  "请选择：%3") \
	X(PERIOD, "'%1' has no period '%2'", "“%1”没有统计周期“%2”", "Choose one of: %3", \
	  "请选择：%3") \
	X(SHIFTS, "the calendar has no shifts", "所用日历没有班次", "Add 'shifts' to it", \
	  "请在日历中添加“shifts”") \
	X(INPUT, "'%1' has no input '%2'", "“%1”没有输入“%2”", "Choose one of: %3", "请选择：%3") \
	X(PARAMETER, "'%1' has no parameter '%2'", "“%1”没有参数“%2”", "Choose one of: %3", \
	  "请选择：%3") \
	X(OWN, "'%1' is counted by the node itself", "“%1”由节点自行统计", "Remove it", "请删除") \
	X(POINT, "there is no point '%1'", "没有测点“%1”", \
	  "Write a device, a dot and one of its points; near: %2", \
	  "请写设备名、点和测点名；相近的有：%2") \
	X(GIVEN_TWICE, "'%1' is given twice", "“%1”重复", "Keep one of them", "请只保留一个") \
	X(ROLLOVER, "no input has the point '%1'", "没有输入使用测点“%1”", \
	  "Remove it, or correct its name", "请删除或改正名称") \
	X(UNIT, "'%1' is in '%2', which is not of the kind of '%3'", \
	  "“%1”的单位是“%2”，与“%3”量纲不同", "Correct the unit, or choose another", \
	  "请改正单位或另选一个") \
	X(NO_UNIT, "'%2' of '%1' is no unit", "“%1”的“%2”不是单位", \
	  "Write it as in the definition, such as %3", "请按定义的写法，例如 %3") \
	X(NO_INPUT, "input '%1' has no point", "输入“%1”没有测点", \
	  "Name a point of a unit like %2", "请给出单位与 %2 同量纲的测点") \
	X(NO_PARAMETER, "parameter '%1' is missing", "缺少参数“%1”", "Add it, in %2", \
	  "请添加，单位 %2") \
	X(NUMBER, "'%2' is no number for '%1'", "“%2”不是“%1”所需的数字", \
	  "Write a number, with a unit behind it where it is not %3", \
	  "请写数字；单位不是 %3 时写在其后") \
	X(NO_ROLLOVER, "'%2' is nowhere that '%1' can begin again", "“%2”不能作为“%1”的满量程值", \
	  "Write a number above 0, in the unit of the point", "请写大于 0 的数，单位与测点相同") \
	X(TWICE, "'%1' of this entity, scope and period is bound twice", \
	  "该对象、范围和周期的“%1”重复绑定", "Remove one of them", "请删除其中一个") \
	X(FACTOR, "'%1' is a factor of the packs", "“%1”是数据包中的因子", \
	  "Remove it; other factors are rows of a pack", "请删除；其他因子应写入数据包") \
	X(NO_FACTOR, "the packs have no factor '%1' of region '%2' and year %3", \
	  "数据包中没有地区“%2”、年份 %3 的因子“%1”", \
	  "Set 'node.region', or add the row to a pack", "请设置“node.region”或在数据包中添加") \
	X(USE, "'%1' is made of '%2', which is not bound alike", \
	  "“%1”由“%2”计算而来，后者未同样绑定", \
	  "Bind it to the same entity, scope, calendar and periods", \
	  "请以相同的对象、范围、日历和周期绑定")

#define X(id, what_en, what_zh, fix_en, fix_zh) BIND_##id,
typedef enum { BIND_ROWS(X) BIND_COUNT } bind_fault_t;
#undef X

struct bindings {
	pool_t pool;
	periods_t *calendars[CONFIG_CALENDARS_MAX + 1]; /* as configured; the last: of Beijing */
	binding_t *rows;
	size_t count;
};

typedef struct {
	const bind_spec_t *spec;
	bindings_t *made;
	table_t *points; /* known_t by name */
	err_detail_t *detail;
} binder_t;

/* One indicator under way. */
typedef struct {
	binder_t *b;
	const config_indicator_t *config;
	binding_t *to;
} one_t;

/* The arguments of a fault; what is left out is empty. */
#define BIND_ARGS(...) ((const char *const[ERR_ARGS]){ __VA_ARGS__ })

MUST_CHECK err_t bind_fault(const binder_t *b, const char *where, bind_fault_t fault,
                            const char *const args[ERR_ARGS]);

/* A slice for a sentence. */
typedef struct {
	char text[ERR_ARG_MAX];
} said_t;

said_t bind_say(slice_t s);
/* Puts a word behind those of a list, as far as there is room. */
void bind_list(said_t *list, slice_t word);

/* Makes the table of points. */
MUST_CHECK err_t bind_know_points(binder_t *b);
MUST_CHECK err_t bind_inputs(const one_t *one);
MUST_CHECK err_t bind_parameters(const one_t *one);
#endif
