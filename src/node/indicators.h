/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_INDICATORS_H
#define NODE_INDICATORS_H
/* The indicators of the configuration at work: bound to points, evaluated by the clerk, issued
 * into the book. A node without any has a clerk with nothing to do.
 *
 * Story: indicators_bind checks and binds them, at set-up and for each reload; indicators_open
 * begins with such a plan; indicators_rebind has the clerk go on with another, and leaves the
 * old bindings in its place. indicators_count, each minute, keeps what the register counts, so
 * that a period is told what there was at its end; what was before the start nobody knows. Whoever
 * releases figures asks indicators_lineage which points one stems from.
 *
 * Threads: the loop of the tree, or set-up; indicators_bind any. */
#include "census/census.h"
#include "insight/clerk.h"
#include "insight/packs.h"
#include "release/release.h"

typedef struct {
	const config_t *config;
	const packs_t *packs;
	const catalogue_t *catalogue;
} indicators_source_t;

typedef struct {
	bindings_t *bindings;
	clerk_plan_t *plan; /* NULL: the clerk has it */
} indicators_plan_t;

/* ERR_CONFIG with what does not fit. */
MUST_CHECK err_t indicators_bind(const indicators_source_t *source, indicators_plan_t *ret_plan,
                                 err_detail_t *ret_detail);
void indicators_plan_done(indicators_plan_t *plan);

typedef struct {
	env_loop_t *loop;
	series_reader_t reader;
	book_t *book;
	census_t *census;
	indicators_plan_t plan; /* owned from here on, also on failure */
} indicators_spec_t;

/* Of the register at a time. */
typedef struct {
	int64_t ns;
	uint64_t known, online;
} device_count_t;

enum { DEVICE_COUNTS = 4 * 24 * 60 }; /* as many minutes as the clerk looks back, and more */

typedef struct {
	env_t *env;
	census_t *census;
	device_count_t *counts; /* a ring of minutes since the start */
	uint64_t count;         /* ever taken */
	indicators_plan_t plan;
	clerk_t *clerk; /* NULL: not opened */
	/* Points of the figure that was asked about last. */
	point_id_t *points;
	size_t points_cap;
} indicators_t;

/* Fills *ret_indicators, which stays where it is; on failure what was opened is in it too. */
MUST_CHECK err_t indicators_open(const indicators_spec_t *spec, indicators_t *ret_indicators);
void indicators_close(indicators_t *indicators);
void indicators_count(indicators_t *indicators);
/* Exchanges the two; what is left in *plan is done with when nobody can hold it. */
void indicators_rebind(indicators_t *indicators, indicators_plan_t *plan);
/* A release_figures_t's `lineage`; ctx: indicators_t. What no person and no child has said and
 * is not bound here is not known. */
void indicators_lineage(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage);
#endif
