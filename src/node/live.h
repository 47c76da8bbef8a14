/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_LIVE_H
#define NODE_LIVE_H
/* The newest samples by the names of their points, for the registry's live values.
 * Story: made with the first catalogue and handed to the doors. A reload makes the rows of
 * another catalogue while it may still fail, and has them shown when it cannot any more.
 * Any thread may ask. */
#include "env/env.h"
#include "model/catalogue.h"
#include "model/last_value.h"
#include "model/live_value.h"
#include "model/series.h"

typedef struct live_points live_points_t;

/* The points of a catalogue by name; a copy, so that the catalogue may go. */
typedef struct live_rows live_rows_t;
MUST_CHECK err_t live_rows_new(const catalogue_t *catalogue, live_rows_t **ret_rows);
void live_rows_free(live_rows_t *rows);

/* The table of values outlives it. */
MUST_CHECK err_t live_points_new(env_t *env, const catalogue_t *catalogue,
                                 const last_value_t *last_values, live_points_t **ret_live);
void live_points_free(live_points_t *live);
/* Shows these rows from now on, which are taken over. */
void live_points_renew(live_points_t *live, live_rows_t *rows);
const live_value_source_t *live_points_source(const live_points_t *live);
/* Where the samples of a time are read; set-up time. */
void live_points_history(live_points_t *live, series_reader_t history);
#endif
