/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_HISTORY_WIRING_H
#define NODE_HISTORY_WIRING_H
/* What the catalogue knows of points that makes them small on disk: those of one device
 * are read together, and values are whole numbers by a scale.
 *
 * Threads: the history loop's, and set-up. */
#include "historian/historian.h"
#include "model/catalogue.h"

typedef struct {
	const catalogue_t *catalogue; /* a reload puts the next one in on the history loop */
} history_wiring_t;

/* ctx: history_wiring_t. Nothing is known of points that are not in the catalogue. */
point_traits_t history_wiring_traits(void *ctx, point_id_t point);
#endif
