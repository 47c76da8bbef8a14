/* SPDX-License-Identifier: Apache-2.0 */
#include "node/series_wiring.h"

err_t series_wire(env_t *env, const series_wiring_t *spec, series_t **ret_series)
{
	series_points_t *points = NULL;
	series_spec_t series = {
		.views_dir = spec->views_dir,
		.journal = spec->journal,
		.loop = spec->loop,
		.series_max = spec->series_max,
	};
	err_t err = series_points_new(env, spec->catalogue, &points);
	if (!err)
		err = series_open(env, &series, ret_series);
	if (err)
		series_points_free(points);
	else
		series_configure(*ret_series, points);
	return err;
}

ingest_host_t ingest_wire(const ingest_wiring_t *spec)
{
	return (ingest_host_t){
		.sink = historian_sink(spec->historian),
		.history = spec->history,
		.loop = spec->loop,
		.takes_text = true,
	};
}
