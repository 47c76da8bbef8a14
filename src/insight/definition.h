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
 *         note: {en: What counts as a loss ..., zh: ...}
 *         unit: "%"
 *         scopes:
 *           - {id: work-unit, name: {en: Work unit, zh: 工作单元}}
 *         periods: [shift, day, month]
 *         inputs:
 *           - {name: state, unit: "1"}                  # points, bound by the configuration
 *           - {name: good, unit: piece}
 *           - {name: devices, from: devices.connected}  # what the node itself counts
 *         parameters:
 *           - {name: planned_run_time, unit: min/piece} # given by the configuration
 *           - name: grid
 *             unit: kgCO2/kWh
 *             factor: {substance: electricity, year: 2023, scope: average}
 *         uses:                                         # its parts are total.NAME
 *           - {name: total, id: energy.total, version: 1}
 *         parts:
 *           - {name: pbt, sum: "good(state) - duration(state, 0)", unit: h}
 *           - {name: planned_good, sum: "planned_run_time * delta(good)", unit: h}
 *           - {name: sizes, histogram: {of: good, bounds: [1, 10, 100]}}
 *           - {name: kinds, distinct: devices, unit: device}
 *           - {name: delays, quantiles: good}
 *         value: "planned_good / pbt"
 *         base: {value: 61, at: "2020-12-31", source: "..."}
 *         target: {value: 85, by: "2027-12-31", source: "..."}
 *         source: "ISO 22400-2:2014, 9.2"
 *
 * A declared indicator (declared: yes) has no inputs: its parts have a unit alone, and a
 * person attests their numbers.
 *
 * Story: definitions_read builds one immutable set of all packs; formulas are parsed (expr)
 * and their units checked there, with file:line:column errors that say the fix. A figure
 * names its definition with its version; a set may hold several versions of one. The full id
 * is "PACK.ID" ("iso22400.oee"). Whoever evaluates walks the set by `rank`, finds what each
 * formula needs (expr_inputs; definition_need says what it is) and gets the number of a part by
 * expr_eval, in the part's unit; a parent adds parts and asks definition_value.
 *
 * `value` is over names of parts alone, so that a parent can make it of sums and there is no
 * way to average percentages. Of parts that are no sums, distinct(part), quantile(part, 0.95)
 * and count(part) make numbers.
 *
 * A factor that changes with the year (carbon, standard coal) is a parameter with `factor`
 * (factors.h). Its year and scope stand in the definition: another year is another version,
 * so that figures of two factor years are never added. `region` may be left out: then it is
 * that of the entity that is evaluated.
 *
 * An input that is `optional: yes` may be left unbound where there is no such thing (coal in
 * an electric works): points(x) is 0 then and its other functions are absent, so that
 * if(points(x) > 0, delta(x), 0) is none, and silence of one that is bound is not.
 *
 * An input may be bound to several points (all meters of a site, all key processes of a
 * works): functions that add (sum count delta integral duration entries good squares) add
 * over them; min and max are the least and greatest of all; mean is of all their time.
 *
 * Limits: DEFINITIONS_MAX a set, FIGURE_PARTS_MAX parts, DEFINITION_INPUTS_MAX inputs and as
 * many parameters, DEFINITION_USES_MAX others that are used. Threads: immutable once read.
 *
 * Caveats: the first fault ends the reading. A formula stands on one line. A value of a sketch
 * that cannot be read is absent. */
#include "expr/expr.h"
#include "insight/factors.h"
#include "model/indicator.h"

enum {
	DEFINITIONS_MAX = 1024,
	DEFINITION_INPUTS_MAX = 16,
	DEFINITION_SCOPES_MAX = 8,
	DEFINITION_USES_MAX = 4,
};

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

/* Functions of an input x, with the unit of their number: that of x (SAME), the same but
 * of no scale such as degC (ADDS), its square (SQUARE), x by seconds (TIMES_S), seconds
 * (SECONDS), or none (ONE). `number`: a second
 * argument n follows. Only good samples count.
 *   mean      over the time that is covered
 *   sum       of the samples
 *   squares   sum of the squares of the samples
 *   count     of the samples
 *   min max first last
 *   delta     rise of a counter; a reset or a roll-over is no fall
 *   integral  over time: kW by seconds, which `unit: kWh` converts
 *   duration  time with the value n
 *   entries   how often the value became n
 *   good      time with good values
 *   span      time that was asked for: the period, once for each point bound
 *   covered   good by span
 *   points    how many points are bound
 *   live      how many of them had a good value in the period */
#define DEFINITION_FUNCTION_ROWS(X) \
	X(MEAN, "mean", SAME, false) \
	X(SUM, "sum", ADDS, false) \
	X(SQUARES, "squares", SQUARE, false) \
	X(COUNT, "count", ONE, false) \
	X(MIN, "min", SAME, false) \
	X(MAX, "max", SAME, false) \
	X(FIRST, "first", SAME, false) \
	X(LAST, "last", SAME, false) \
	X(DELTA, "delta", ADDS, false) \
	X(INTEGRAL, "integral", TIMES_S, false) \
	X(DURATION, "duration", SECONDS, true) \
	X(ENTRIES, "entries", ONE, true) \
	X(GOOD, "good", SECONDS, false) \
	X(SPAN, "span", SECONDS, false) \
	X(COVERED, "covered", ONE, false) \
	X(POINTS, "points", ONE, false) \
	X(LIVE, "live", ONE, false)

/* The index of a function in expr_input_t.function. */
#define X(name, word, unit, number) FUNCTION_##name,
typedef enum { DEFINITION_FUNCTION_ROWS(X) DEFINITION_FUNCTION_COUNT } definition_function_t;
#undef X

/* What the node itself counts, as inputs (`from:`), with the unit; they need no binding.
 * Counters rise; `delta` is what came in the period, `last` what there is. Words are items
 * for `distinct`, taken together over the period. */
#define DEFINITION_SOURCE_ROWS(X) \
	X(DEVICES_KNOWN, "devices.known", "device")         /* in the register */ \
	X(DEVICES_CONNECTED, "devices.connected", "device") /* heard of in their time */ \
	X(DEVICE_DIVISIONS, "devices.divisions", "1")       /* words: division of industry */ \
	X(IDENTIFIERS_REGISTERED, "identifiers.registered", "identifier") \
	X(IDENTIFIERS_RESOLVED, "identifiers.resolved", "identifier") /* answers with a record */ \
	X(ALARMS_RAW, "security.alarms", "event") /* the funnel, one counter a stage */ \
	X(CLUES, "security.clues", "event") \
	X(SUSPICIOUS, "security.suspicious", "event") \
	X(VERIFIED, "security.verified", "event") \
	X(NOTIFIED, "security.notified", "event") \
	X(HANDLED, "security.handled", "event")

#define X(name, word, unit) SOURCE_##name,
typedef enum { DEFINITION_SOURCE_ROWS(X) SOURCE_COUNT, SOURCE_NONE } definition_source_t;
#undef X

typedef struct {
	slice_t name;
	slice_t unit_text;
	unit_t unit;
	definition_source_t source; /* of an input; SOURCE_NONE: bound by the configuration */
	bool is_optional;           /* an input that may be left unbound */
	struct {                    /* of a parameter */
		bool is_there;
		slice_t substance, scope;
		slice_t region; /* empty: that of the entity */
		int year;
	} factor;
	bool has_number; /* a parameter's own, where the configuration gives none */
	double number;
} definition_name_t;

typedef struct definition definition_t;

/* A part of another indicator of the same entity, scope and period. */
typedef struct {
	slice_t name; /* as formulas call it: "total.energy" */
	const definition_t *definition;
	uint16_t part;
} definition_use_t;

typedef struct {
	slice_t name;
	part_kind_t kind;
	slice_t unit_text;
	unit_t unit;
	slice_t formula_text;  /* of a SUM as written */
	const expr_t *formula; /* of a SUM; NULL: declared */
	uint16_t input;        /* of the others: index of the input */
	const double *bounds;  /* of a HISTOGRAM, ascending */
	size_t bound_count;
} definition_part_t;

typedef struct {
	slice_t id;
	slice_t name[LANG_COUNT];
} definition_scope_t;

typedef struct {
	bool is_there;
	double value;
	slice_t date, source; /* date: "2027-12-31", empty: of all time */
} definition_mark_t;

struct definition {
	slice_t id; /* "iso22400.oee" */
	uint32_t version;
	uint16_t rank;                              /* above those it uses; 0: it uses none */
	slice_t name[LANG_COUNT], note[LANG_COUNT]; /* by lang_t; a note may be empty */
	slice_t unit_text;
	unit_t unit;
	definition_scope_t scopes[DEFINITION_SCOPES_MAX];
	size_t scope_count;
	unsigned periods; /* 1 << period_t */
	bool is_declared; /* by a person alone: no machine measures it */
	bool is_apart;    /* figures of children are not added: each node measures its own */
	const definition_name_t *inputs, *parameters;
	size_t input_count, parameter_count;
	const definition_use_t *uses;
	size_t use_count;
	definition_part_t parts[FIGURE_PARTS_MAX];
	size_t part_count;
	slice_t value_text;
	const expr_t *value; /* over the parts, in their order */
	definition_mark_t base, target;
	slice_t source; /* of the pack where the indicator has none */
};

typedef struct definitions definitions_t;

typedef struct {
	slice_t yaml;
	const char *file; /* of errors; outlives the set */
} definition_pack_t;

/* Keeps nothing of the packs but the names of their files. `factors`: what parameters may name;
 * NULL: nobody looks. ERR_CONFIG with file, line, column and the fix; ERR_LIMIT;
 * ERR_NO_MEMORY. */
MUST_CHECK err_t definitions_read(const definition_pack_t *packs, size_t count,
                                  const factors_t *factors, definitions_t **ret_set,
                                  err_detail_t *ret_detail);
void definitions_free(definitions_t *set);
/* Version 0: the newest. NULL: none. */
const definition_t *definitions_find(const definitions_t *set, slice_t id, uint32_t version);
/* By id and version, ascending. */
size_t definitions_count(const definitions_t *set);
const definition_t *definitions_get(const definitions_t *set, size_t i);
/* False: the definition offers no such scope. */
bool definition_has_scope(const definition_t *definition, slice_t scope);
/* "15min". */
const char *period_word(period_t period);
bool definition_has_period(const definition_t *definition, period_t period);

/* What an input of a part's formula stands for. */
typedef enum { NEED_SERIES, NEED_PARAMETER, NEED_PART } need_kind_t;
typedef struct {
	need_kind_t kind;
	definition_function_t function; /* of a SERIES */
	double number;                  /* its second argument */
	uint16_t index;                 /* in inputs, parameters or uses */
} definition_need_t;
/* "delta", "devices.connected". */
const char *definition_function_word(definition_function_t function);
const char *definition_source_word(definition_source_t source);
definition_need_t definition_need(const definition_t *definition, const expr_input_t *input);

/* The value of the sums of parts by the definition's formula, in its unit. Absent with the
 * name of the first absent part in *ret_lack, or of nothing where a division by zero made it
 * so. */
expr_value_t definition_value(const definition_t *definition, const part_t *parts,
                              slice_t *ret_lack);
#endif
