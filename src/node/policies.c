/* SPDX-License-Identifier: Apache-2.0 */
#include "node/policies.h"

#include <stdlib.h>

/* A policy without a function stands for every one that writes. */
static const uint8_t writing[] = { 5, 6, 15, 16, 22, 23 };

static size_t expand(const config_policy_t *policy, baseline_row_t *rows)
{
	size_t n = policy->function ? 1 : sizeof(writing);
	for (size_t i = 0; i < n; i++)
		rows[i] = (baseline_row_t){
			.client = policy->client,
			.server = policy->server,
			.unit = policy->unit,
			.function = policy->function ? policy->function : writing[i],
			.from = policy->from,
			.to = policy->to,
			.approved = true,
		};
	return n;
}

err_t policies_of(const config_t *config, baseline_row_t **ret_rows, size_t *ret_count)
{
	size_t count = 0;
	baseline_row_t *rows = calloc(config->policy_count * sizeof(writing) + 1, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < config->policy_count; i++)
		count += expand(&config->policies[i], rows + count);
	*ret_rows = rows;
	*ret_count = count;
	return ERR_OK;
}
