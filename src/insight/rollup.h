/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_ROLLUP_H
#define INSIGHT_ROLLUP_H
/* The figure of a parent, made of the parts of its children's figures by the definition, and
 * never of their values: a mean of percentages is not the percentage of all.
 *
 * Story: whoever rolls up knows his children and has their latest figures (collect.h takes them
 * out of the book). rollup_judge says
 * of one figure whether it can be added: the same definition and version, scope and period,
 * the parts of the definition, sketches that can be read, a child that is expected, once.
 * rollup_make judges all and adds them; one that cannot be added refuses the whole, with
 * the child, what is not the same, and what to do. Who must come to a figure even so leaves
 * out what is refused (its child is silent then) and counts it.
 *
 * What comes out: for each part the sum of the parts that are there, absent when none is. A
 * figure whose parts are not all there and that has no value has nothing to add: its child is
 * expected and does not report. Silent children are expected, do not report, and are named
 * as sources with revision 0: never as zero. `expected`, `reporting` and `declared` are those
 * of the children, added, so that at the top they count what reports at the bottom; a silent
 * child counts as many as it is known to stand for. Coverage is that of those reporting.
 *
 * Parts are added in the order of the children's identifiers, so that who adds them again, as
 * an auditor does, gets the same bytes (sums of doubles and merged digests depend on order).
 *
 * Memory: a rollup_t, some 470 KiB, made by the caller; what is made borrows it until the
 * next. Limits: FIGURE_SOURCES_MAX children, FIGURE_SOURCES_BYTES_MAX of their names. */
#include "insight/definition.h"
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

/* A child that is expected. */
typedef struct {
	slice_t entity;
	uint32_t stands_for; /* as many are expected when it is silent; 0: it alone */
} rollup_child_t;

typedef struct {
	const definition_t *definition;
	slice_t scope;
	int64_t from_ns, to_ns;
	slice_t entity;                 /* of the parent */
	const rollup_child_t *children; /* by entity, ascending, each once */
	size_t child_count;
	const figure_t *figures; /* the latest of each child, in any order */
	size_t figure_count;
} rollup_spec_t;

typedef struct {
	union {
		quantiles_t quantiles;
		hyperloglog_t set;
		classes_t classes;
	} sum; /* of the part at hand */
	uint8_t bytes[FIGURE_PARTS_MAX][FIGURE_PART_BYTES_MAX];
	uint8_t sources[FIGURE_SOURCES_BYTES_MAX];
	const figure_t *of_child[FIGURE_SOURCES_MAX]; /* NULL: silent */
} rollup_t;

/* ERR_CONFLICT: it cannot be added, *ret_detail says why. */
MUST_CHECK err_t rollup_judge(const rollup_spec_t *spec, const figure_t *figure,
                              err_detail_t *ret_detail);
/* The figure has no revision and no time of issue yet: the book gives them. ERR_CONFLICT as
 * above. ERR_LIMIT: more children than can be named, or sums beyond what numbers hold.
 * ERR_INVALID: children out of order. */
MUST_CHECK err_t rollup_make(const rollup_spec_t *spec, rollup_t *rollup, figure_t *ret_figure,
                             err_detail_t *ret_detail);
#endif
