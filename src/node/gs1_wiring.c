/* SPDX-License-Identifier: Apache-2.0 */
#include "node/gs1_wiring.h"

#include <stdlib.h>

err_t gs1_wire(const config_t *config, gs1_company_t **ret_companies, gs1_map_t *ret_map)
{
	const config_gs1_t *gs1 = &config->gs1;
	gs1_company_t *companies = NULL;
	if (gs1->company_count) {
		companies = calloc(gs1->company_count, sizeof(*companies));
		if (!companies)
			return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < gs1->company_count; i++) {
		const config_company_t *from = &gs1->companies[i];
		companies[i] = (gs1_company_t){
			.company = from->company,
			.prefix = from->has_prefix ? from->prefix : NULL,
			.resolver = from->has_prefix ? NULL : from->resolver,
		};
	}
	*ret_companies = companies;
	*ret_map = (gs1_map_t){
		.prefix = gs1->has_prefix ? gs1->prefix : config->node.prefix,
		.root = gs1->root,
		.companies = companies,
		.company_count = gs1->company_count,
	};
	return ERR_OK;
}
