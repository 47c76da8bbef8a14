/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_DEFINITION_H
#define INSIGHT_DEFINITION_H
/* Definitions of indicators, read from packs (packs/iso/iso22400.yaml ...):
 *
 *     pack: {id: iso22400, version: 1, source: "ISO 22400-2:2014"}
 *     indicators:
 *       - id: oee
 *         version: 1
 *         name: {en: Overall equipment effectiveness, zh: 设备综合效率}
 *         unit: "%"
 *         scopes: [work-unit]
 *         periods: [shift, day, month]
 *         inputs:
 *           state: {unit: "1"}
 *           good: {unit: piece}
 *         parameters:
 *           planned_run_time: {unit: min/piece}
 *         parts:
 *           apt: {sum: "duration(state, 2)", unit: h}
 *           good_count: {sum: "delta(good)", unit: piece}
 *         value: "good_count * planned / pbt"
 *         target: {value: 85, by: 2027-12-31, source: "..."}
 *         source: "ISO 22400-2:2014, 9.2"
 *
 * Story: definitions_read builds one immutable set of all packs; formulas are parsed (expr)
 * and their units checked there, with file:line:column errors that say the fix. A figure
 * names its definition with its version; a set may hold several versions of one. The full id
 * is "PACK.ID" ("iso22400.oee").
 *
 * `value` is over names of parts alone, so that a parent can make it of sums; `parts` are
 * over functions of inputs, over parameters, and over parts of other indicators of the same
 * entity, scope and period. Besides `sum` a part is `histogram: {of: x, bounds: [...]}`,
 * `distinct: x` or `quantiles: x`; in `value`, quantile(part, 0.95) and distinct(part) make
 * numbers of them.
 *
 * Functions of an input x: mean sum count min max first last delta (rise of a counter, with
 * resets and roll-over) integral (of a rate over time, by units: kW gives kWh) duration(x, n)
 * (time in state n) entries(x, n) good (time with good values) covered.
 *
 * Limits: DEFINITIONS_MAX a set, FIGURE_PARTS_MAX parts, DEFINITION_INPUTS_MAX inputs and
 * parameters each. Threads: immutable once read. */
#include "base/text.h"
#include "expr/expr.h"
#include "model/indicator.h"

enum { DEFINITIONS_MAX = 1024, DEFINITION_INPUTS_MAX = 16, DEFINITION_SCOPES_MAX = 8 };

#define PERIOD_ROWS(X) \
	X(QUARTER_HOUR, "15min") \
	X(HOUR, "hour") \
	X(SHIFT, "shift") \
	X(DAY, "day") \
	X(WEEK, "week") \
	X(MONTH, "month") \
	X(QUARTER, "quarter") \
	X(YEAR, "year")

#define X(name, word) PERIOD_##name,
typedef enum { PERIOD_ROWS(X) PERIOD_COUNT } period_t;
#undef X

typedef struct {
	slice_t name;
	slice_t unit_text;
	unit_t unit;
} definition_name_t; /* an input or a parameter */

typedef struct {
	slice_t name;
	part_kind_t kind;
	slice_t unit_text;
	unit_t unit;
	const expr_t *formula; /* of a SUM */
	uint16_t input;        /* of the others: index of the input */
	const double *bounds;  /* of a HISTOGRAM, ascending */
	size_t bound_count;
} definition_part_t;

typedef struct {
	slice_t id; /* "iso22400.oee" */
	uint32_t version;
	slice_t name[LANG_COUNT]; /* by lang_t */
	slice_t unit_text;
	unit_t unit;
	slice_t scopes[DEFINITION_SCOPES_MAX];
	size_t scope_count;
	unsigned periods; /* 1 << period_t */
	bool is_declared; /* by a person alone: no machine measures it */
	const definition_name_t *inputs, *parameters;
	size_t input_count, parameter_count;
	definition_part_t parts[FIGURE_PARTS_MAX];
	size_t part_count;
	const expr_t *value; /* over the parts, in their order */
	struct {
		bool is_there;
		double value;
		slice_t by, source; /* by: a date */
	} target;
	slice_t source;
} definition_t;

typedef struct definitions definitions_t;

typedef struct {
	slice_t yaml;
	const char *file; /* of errors */
} definition_pack_t;

/* ERR_CONFIG with file, line, column and the fix; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK err_t definitions_read(const definition_pack_t *packs, size_t count,
                                  definitions_t **ret_set, err_detail_t *ret_detail);
void definitions_free(definitions_t *set);
/* Version 0: the newest. NULL: none. */
const definition_t *definitions_find(const definitions_t *set, slice_t id, uint32_t version);
size_t definitions_count(const definitions_t *set);
const definition_t *definitions_get(const definitions_t *set, size_t i);

/* The value of the sums of parts by the definition's formula, in its unit. Absent with the
 * name of the first absent part in *ret_lack. */
expr_value_t definition_value(const definition_t *definition, const part_t *parts,
                              slice_t *ret_lack);
#endif
