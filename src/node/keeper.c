/* SPDX-License-Identifier: Apache-2.0 */
#include "node/keeper.h"

err_t keeper_open(env_t *env, const keeper_spec_t *spec, office_t **ret_office,
                  err_detail_t *ret_detail)
{
	const config_t *config = spec->config;
	office_spec_t office = {
		.prefix = config->node.prefix,
		.views_dir = spec->views_dir,
		.journal = spec->journal,
		.registry = spec->registry,
		.loop = spec->loop,
		.offset_ns = (int64_t)(config->office_utc_offset_h * 3600 * (double)NS_PER_S),
		.review_ns = config->office_review_ns,
	};
	err_t err = office_open(env, &office, ret_office, ret_detail);
	if (err)
		return err;
	prefix_meter_t meter = office_meter(*ret_office);
	registry_meter_set(spec->registry, &meter);
	return ERR_OK;
}
