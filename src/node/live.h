/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_LIVE_H
#define NODE_LIVE_H
/* The newest samples by the names of their points, for the registry's live values.
 * Story: made with the first catalogue, handed to the doors, renewed when a reload has
 * published another one. Any thread may ask. */
#include "env/env.h"
#include "model/catalogue.h"
#include "model/last_value.h"
#include "model/live_value.h"

typedef struct live_points live_points_t;

/* Copies what it needs of the catalogue; the table of values outlives it. */
MUST_CHECK err_t live_points_new(env_t *env, const catalogue_t *catalogue,
                                 const last_value_t *last_values, live_points_t **ret_live);
void live_points_free(live_points_t *live);
/* Without memory for the new points the old ones stay. */
MUST_CHECK err_t live_points_renew(live_points_t *live, const catalogue_t *catalogue);
const live_value_source_t *live_points_source(const live_points_t *live);
#endif
