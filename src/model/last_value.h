/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LAST_VALUE_H
#define MODEL_LAST_VALUE_H
/* The newest sample of every point, written by one loop and read by all without
 * locks: a sequence lock per point.
 *
 * Caveats: one writer thread in all. Text values are not kept. Points are by id;
 * ids above the table's size are not kept and not found. */
#include "model/sample.h"

typedef struct last_value last_value_t;

/* Ids 1 to `points_max`. NULL when memory is gone. */
last_value_t *last_value_new(size_t points_max);
void last_value_free(last_value_t *table);
/* Older source times than the present one are ignored. */
void last_value_put(last_value_t *table, const sample_t *sample);
/* False when nothing was put yet. */
bool last_value_get(const last_value_t *table, point_id_t point, sample_t *ret_sample);
#endif
