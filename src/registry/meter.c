/* SPDX-License-Identifier: Apache-2.0 */
/* Where the registry and whoever keeps the prefixes meet. */
#include "codec/handle/handle.h"
#include "registry/state.h"

void registry_meter_set(registry_t *registry, const prefix_meter_t *meter)
{
	registry->meter = *meter;
}

quota_t registry_resolved(const registry_t *registry, slice_t name, err_t err)
{
	const prefix_meter_t *meter = &registry->meter;
	if (!meter->resolve || (err != ERR_OK && err != ERR_NOT_FOUND))
		return QUOTA_OK;
	return meter->resolve(meter->ctx, name, err == ERR_OK);
}

uint32_t registry_quota_code(quota_t quota)
{
	static const uint32_t codes[QUOTA_COUNT] = {
		[QUOTA_OK] = HANDLE_RC_OK,
		[QUOTA_REQUESTS] = HANDLE_RC_LIMIT_REQUESTS,
		[QUOTA_NAMES] = HANDLE_RC_LIMIT_NAMES,
		[QUOTA_PREFIX] = HANDLE_RC_LIMIT_PREFIXES,
	};
	return codes[quota];
}

bool registry_hosts(const registry_t *registry, slice_t prefix)
{
	const prefix_meter_t *meter = &registry->meter;
	return meter->hosts && meter->hosts(meter->ctx, prefix);
}
