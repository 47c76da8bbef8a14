/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_LEDGER_H
#define FLEET_LEDGER_H
/* The last writes that were ordered through the contract, so that the sentry can
 * tell them from others. A mutex guards the ring between the device loop, which
 * adds, and the sentry loop, which asks. */
#include "env/env.h"
#include "model/sample.h"

enum { LEDGER_ROWS = 256 };

typedef struct {
	env_mutex_t *mutex;
	struct {
		point_id_t point;
		double value;
		int64_t utc_ns;
	} rows[LEDGER_ROWS];
	size_t next;
} ledger_t;

MUST_CHECK err_t ledger_init(ledger_t *ledger, env_t *env);
void ledger_done(ledger_t *ledger);
void ledger_add(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns);
/* The same value (to what a float32 register keeps) within a minute. */
bool ledger_has(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns);
#endif
