/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_FACTORS_H
#define INSIGHT_FACTORS_H
/* Factors that change with time and place: kilograms of carbon dioxide a kWh of the grid,
 * kilograms of standard coal a kilogram of raw coal. Rows of packs/cn/factors.tsv and of files
 * of the user (base/rows.h):
 *
 *     substance  region  year  scope  value  unit  source
 *
 * A factor is asked for exactly: another year or scope is another factor and never stands in.
 * Which one a figure was made with follows from its definition, its entity and that the same
 * key has one value: a second row of the same key is a fault.
 *
 * Regions lie in one another, by rows
 *
 *     lies-in    code  region
 *
 * and a factor is that of the region asked for, or else of the one that it lies in (32 in
 * CN-EAST). So that this is never a choice between two levels, a scope is of one level:
 * `regional-average` has rows of regions of the grid and no others.
 *
 * Story: factors_read once; a definition's parameter names substance, year and scope
 * (definition.h), factors_find gives the row.
 *
 * Caveat: `source` says where a value was read, and of one that was only remembered says so:
 * "remembered; check the original".
 *
 * Limits: FACTORS_MAX rows. Threads: immutable once read; borrows the text of the files. */
#include "base/err.h"
#include "expr/unit.h"

enum { FACTORS_MAX = 8192 };

typedef struct {
	slice_t substance, region, scope;
	int year;
} factor_key_t;

typedef struct {
	factor_key_t key;
	double value; /* more than 0 */
	slice_t unit_text;
	unit_t unit;
	slice_t source;
} factor_t;

typedef struct factors factors_t;

typedef struct {
	slice_t text;     /* outlives the factors */
	const char *file; /* of errors */
} factor_pack_t;

/* ERR_CONFIG with file, line, column and the fix; ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK err_t factors_read(const factor_pack_t *packs, size_t count, factors_t **ret_factors,
                              err_detail_t *ret_detail);
void factors_free(factors_t *factors);
/* ERR_NOT_FOUND: there is no such row, of the region or of one that it lies in. An empty region
 * finds a row of any, for who only wants to know whether there are some and in which unit. */
MUST_CHECK err_t factors_find(const factors_t *factors, const factor_key_t *key,
                              const factor_t **ret_factor);
/* Its value in another unit of the same dimension. ERR_CONFLICT: of another. */
MUST_CHECK err_t factor_in(const factor_t *factor, const unit_t *unit, double *ret_value);
size_t factors_count(const factors_t *factors);
/* By substance, scope, region, year. */
const factor_t *factors_get(const factors_t *factors, size_t i);
#endif
