/* SPDX-License-Identifier: Apache-2.0 */
#include "node/history_wiring.h"

point_traits_t history_wiring_traits(void *ctx, point_id_t point)
{
	const history_wiring_t *wiring = ctx;
	const point_t *found = catalogue_point(wiring->catalogue, point);
	if (!found)
		return (point_traits_t){ 0 };
	return (point_traits_t){ .group = found->device,
		                 .scale = found->scale,
		                 .offset = found->offset };
}
