/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_LEDGER_H
#define FLEET_LEDGER_H
/* The last writes that were ordered through the contract, so that the sentry can
 * tell them from others. A mutex guards the ring between the device loop, which
 * adds, and the sentry loop, which asks. A row is given up after a minute, never
 * before: an order that finds no free row must not be sent. */
#include "env/env.h"
#include "model/sample.h"

enum { LEDGER_ROWS = 1024 };

#define LEDGER_KEEP_NS (60 * NS_PER_S)

typedef struct {
	point_id_t point; /* 0: free */
	double value;
	int64_t utc_ns;
} ledger_row_t;

typedef struct {
	env_mutex_t *mutex;
	ledger_row_t rows[LEDGER_ROWS];
	size_t next;
} ledger_t;

MUST_CHECK err_t ledger_init(ledger_t *ledger, env_t *env);
void ledger_done(ledger_t *ledger);
/* ERR_LIMIT when every row is younger than a minute. */
MUST_CHECK err_t ledger_add(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns);
/* The same value (to what a float32 register keeps) within a minute. */
bool ledger_has(ledger_t *ledger, point_id_t point, double value, int64_t utc_ns);
#endif
