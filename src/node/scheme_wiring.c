/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scheme_wiring.h"

void scheme_wire(const config_t *config, const char *ret_prefixes[SCHEME_COUNT])
{
	const config_schemes_t *schemes = &config->schemes;
	const config_scheme_t *const rows[SCHEME_COUNT] = {
		[SCHEME_GBT34014] = &schemes->gbt34014, [SCHEME_VAA] = &schemes->vaa,
		[SCHEME_OID] = &schemes->oid,           [SCHEME_ECODE] = &schemes->ecode,
		[SCHEME_DID] = &schemes->did,
	};
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		ret_prefixes[i] = rows[i]->has_prefix ? rows[i]->prefix : config->node.prefix;
}
