/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_HISTORY_WIRING_H
#define NODE_HISTORY_WIRING_H
/* What is known of points that matters to the history: those of one device are read
 * together, values are whole numbers by a scale, and the configuration puts some into
 * classes that are kept for a time of their own.
 *
 * Threads: the history loop's, and set-up. */
#include "config/config.h"
#include "historian/historian.h"
#include "model/catalogue.h"
#include "series/series.h"

typedef struct {
	/* A reload puts the next ones in on the history loop. */
	const catalogue_t *catalogue;
	const config_t *config;
	series_t *series; /* NULL: not there yet */
} history_wiring_t;

/* ctx: history_wiring_t. Of points that are not in the catalogue only the class is known. */
point_traits_t history_wiring_traits(void *ctx, point_id_t point);
/* The class of a point or label set so called; 0: none names it. */
uint8_t history_wiring_class(const config_t *config, slice_t name);
/* Opens the history of a spec with these traits, kept as the configuration says; the wiring
 * lives as long. As historian_open fails. */
MUST_CHECK err_t history_wire(env_t *env, const historian_spec_t *spec, history_wiring_t *wiring,
                              historian_t **ret_historian, err_detail_t *ret_detail);
/* Has the history keep every class as long as the configuration says. */
void history_wiring_keep(historian_t *historian, const config_t *config);
#endif
