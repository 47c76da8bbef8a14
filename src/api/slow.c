/* SPDX-License-Identifier: Apache-2.0 */
#include "api/slow.h"

void slow_add(slow_t *slow, const slow_query_t *query)
{
	slow->rows[slow->count++ % SLOW_KEPT] = *query;
}

const slow_query_t *slow_get(const slow_t *slow, size_t i)
{
	if (i >= slow->count || i >= SLOW_KEPT)
		return NULL;
	return &slow->rows[(slow->count - 1 - i) % SLOW_KEPT];
}
