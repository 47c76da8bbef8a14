/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/ledger.h"

#include <math.h>
#include <stdlib.h>

err_t ledger_init(ledger_t *ledger, env_t *env)
{
	return env_mutex_new(env, &ledger->mutex);
}

void ledger_done(ledger_t *ledger)
{
	env_mutex_free(ledger->mutex);
	ledger->mutex = NULL;
}

void ledger_add(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns)
{
	env_lock(ledger->mutex);
	ledger->rows[ledger->next].point = point;
	ledger->rows[ledger->next].value = value;
	ledger->rows[ledger->next].utc_ns = utc_ns;
	ledger->next = (ledger->next + 1) % LEDGER_ROWS;
	env_unlock(ledger->mutex);
}

bool ledger_has(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns)
{
	double slack = 1e-5 * fmax(1.0, fabs(value));
	bool found = false;
	env_lock(ledger->mutex);
	for (size_t i = 0; i < LEDGER_ROWS && !found; i++)
		found = ledger->rows[i].point == point &&
		        fabs(ledger->rows[i].value - value) <= slack &&
		        llabs(ledger->rows[i].utc_ns - utc_ns) <= 60 * NS_PER_S;
	env_unlock(ledger->mutex);
	return found;
}
