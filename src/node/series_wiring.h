/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_SERIES_WIRING_H
#define NODE_SERIES_WIRING_H
/* Series by their labels - those of the main journal and the points of the catalogue - and
 * what clients write to them. */
#include "api/api.h"
#include "series/series.h"

typedef struct {
	const char *views_dir;
	journal_t *journal; /* main */
	const catalogue_t *catalogue;
	env_loop_t *loop; /* FILES, not running yet */
	size_t series_max;
} series_wiring_t;

MUST_CHECK err_t series_wire(env_t *env, const series_wiring_t *spec, series_t **ret_series);

typedef struct {
	historian_t *historian;
	journal_t *history;
	env_loop_t *loop;
} ingest_wiring_t;

/* What the doors for samples are lent. */
ingest_host_t ingest_wire(const ingest_wiring_t *spec);
#endif
