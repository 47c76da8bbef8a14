/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BIND_H
#define INSIGHT_BIND_H
/* Indicators of the configuration joined with their definitions and points: what can be
 * evaluated here.
 *
 * Story: bindings_make at start, at a reload and by `jizhu check`; it finds what does not fit
 * and says file, line, column and the fix. The clerk (clerk.h) walks the bindings.
 *
 * The unit of a point must be of the kind of its input's; where formulas ask of an input only
 * times and counts (count good span covered points live) a point of any unit will do.
 *
 * Ownership: the configuration, the definitions and the catalogue outlive the bindings.
 * Threads: immutable once made. */
#include "insight/factors.h"
#include "insight/periods.h"
#include "model/catalogue.h"

typedef struct {
	point_id_t point;
	double factor;   /* of its numbers, to be in the unit of the input */
	double rollover; /* of a counter, in its own unit; 0: a fall is a reset to 0 */
	/* A value holds so long when nothing follows it: three of the point's periods, or as
	 * long as its thinned samples may be apart. 0: for ever. */
	int64_t hold_ns;
} bound_point_t;

typedef struct {
	const bound_point_t *points;
	size_t point_count; /* 0: of a source, or left unbound */
} bound_input_t;

typedef struct binding binding_t;
struct binding {
	const definition_t *definition;
	slice_t entity, scope;
	unsigned periods; /* 1 << period_t */
	const periods_t *calendar;
	bound_input_t inputs[DEFINITION_INPUTS_MAX];
	expr_value_t parameters[DEFINITION_INPUTS_MAX]; /* in the definition's units */
	const binding_t *uses[DEFINITION_USES_MAX];
};

typedef struct {
	const config_t *config;
	const definitions_t *definitions;
	const factors_t *factors;
	/* Gives points their ids; NULL: only the names of the configuration are checked, and
	 * ids are 0. */
	const catalogue_t *catalogue;
} bind_spec_t;

typedef struct bindings bindings_t;

/* ERR_CONFIG with the detail filled: no such definition, scope, period, point, input or
 * parameter; a unit of another dimension; an input without a point; an indicator that needs
 * another one that is not bound; one that is bound twice. ERR_NO_MEMORY. */
MUST_CHECK err_t bindings_make(const bind_spec_t *spec, bindings_t **ret_bindings,
                               err_detail_t *ret_detail);
void bindings_free(bindings_t *bindings);
size_t bindings_count(const bindings_t *bindings);
/* By the rank of their definitions: what one uses stands before it. */
const binding_t *bindings_get(const bindings_t *bindings, size_t i);
#endif
