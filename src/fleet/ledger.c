/* SPDX-License-Identifier: Apache-2.0 */
/* A ring by time; times of packets come from outside and may be anything. */
#include "fleet/ledger.h"

#include <math.h>

err_t ledger_init(ledger_t *ledger, env_t *env)
{
	return env_mutex_new(env, &ledger->mutex);
}

void ledger_done(ledger_t *ledger)
{
	env_mutex_free(ledger->mutex);
	ledger->mutex = NULL;
}

static bool is_near(int64_t a, int64_t b)
{
	int64_t apart;
	return !__builtin_sub_overflow(a, b, &apart) && apart <= LEDGER_KEEP_NS &&
	       apart >= -LEDGER_KEEP_NS;
}

err_t ledger_add(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns)
{
	env_lock(ledger->mutex);
	ledger_row_t *row = &ledger->rows[ledger->next];
	bool is_free = row->point == 0 || !is_near(row->utc_ns, utc_ns);
	if (is_free) {
		*row = (ledger_row_t){ .point = point, .value = value, .utc_ns = utc_ns };
		ledger->next = (ledger->next + 1) % LEDGER_ROWS;
	}
	env_unlock(ledger->mutex);
	return is_free ? ERR_OK : ERR_LIMIT;
}

static bool is_same(const ledger_row_t *row, point_id_t point, double value)
{
	return row->point == point && point != 0 &&
	       fabs(row->value - value) <= 1e-5 * fmax(1.0, fabs(value));
}

bool ledger_has(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns)
{
	bool found = false;
	env_lock(ledger->mutex);
	for (size_t i = 0; i < LEDGER_ROWS && !found; i++)
		found = is_same(&ledger->rows[i], point, value) &&
		        is_near(ledger->rows[i].utc_ns, utc_ns);
	env_unlock(ledger->mutex);
	return found;
}
