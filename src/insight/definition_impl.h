/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_DEFINITION_IMPL_H
#define INSIGHT_DEFINITION_IMPL_H
/* What reads a set together: definition.c goes through the files and over all definitions,
 * definition_build.c makes one of what was written. Each definition is made in three steps,
 * since one may use parts of another that stands behind it: a shell with names and units,
 * links to what it uses, and its formulas. */
#include "base/pool.h"
#include "insight/pack_schema.h"

/* So many may use one another in a row. */
enum { DEFINITION_RANK_MAX = 16 };

struct definitions {
	pool_t pool;
	definition_t *rows; /* by id and version */
	size_t count;
};

typedef struct {
	const written_pack_t *pack;
	const written_indicator_t *written;
	slice_t id;
} definition_entry_t;

typedef struct {
	definitions_t *set;
	definition_entry_t *entries; /* in the order of the set's rows */
	const factors_t *factors;
	arena_t arena; /* room for formulas in the set's pool */
	err_detail_t *detail;
} definition_reading_t;

/* Functions of parts in `value`, with the unit of their number; the index of one in
 * expr_input_t.function. */
#define VALUE_FUNCTION_ROWS(X) \
	X(DISTINCT, "distinct", SAME, false) \
	X(QUANTILE, "quantile", SAME, true) \
	X(COUNT, "count", ONE, false)

#define X(name, word, unit, number) VALUE_##name,
typedef enum { VALUE_FUNCTION_ROWS(X) VALUE_FUNCTION_COUNT } value_function_t;
#undef X

MUST_CHECK err_t definition_shell(definition_reading_t *r, size_t row);
/* Of shells that are all there. */
MUST_CHECK err_t definition_link(definition_reading_t *r, size_t row);
MUST_CHECK err_t definition_formulas(definition_reading_t *r, size_t row);
#endif
