/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_ORDERS_H
#define FLEET_ORDERS_H
/* The command contract as a state machine over the journal and the links.
 *
 * Story: orders_submit judges an order and journals REQUESTED or REFUSED; when the
 * journal says that is durable, orders_durable sends the write; orders_answer takes
 * what the device said, journals OPERATED, asks for the read-back, then journals
 * the final state; when that is durable the asker is told. An id is remembered with
 * its result for COMMANDS_KEPT orders and over restarts (orders_replay). Orders are
 * sent in the order they came. A journal that takes no more ends every open order as
 * FAILED: what it may not have kept is not told as done.
 *
 * Threads: device loop, but for orders_replay (set-up). */
#include "env/loop.h"
#include "fleet/command.h"
#include "fleet/driver_modbus.h"
#include "fleet/ledger.h"
#include "journal/journal.h"
#include "model/last_value.h"

typedef struct orders orders_t;

enum { ORDERS_ACTIVE = 64 };

typedef struct {
	env_t *env;
	const catalogue_t *catalogue;
	journal_t *journal;
	const last_value_t *last_values;
	ledger_t *ledger;
	void *ctx;
	/* Hands a write or read to the point's link. */
	err_t (*send)(void *ctx, const driver_order_t *order);
} orders_spec_t;

MUST_CHECK err_t orders_new(const orders_spec_t *spec, orders_t **ret_orders);
void orders_free(orders_t *orders);
/* Reads back what the journal knows; orders a stop left open end as FAILED. */
MUST_CHECK err_t orders_replay(orders_t *orders);

void orders_submit(orders_t *orders, const command_order_t *order, env_mailbox_t *reply, void *ctx);
/* From now on `catalogue` tells what is allowed; orders that were not sent yet and are
 * no longer allowed end as REFUSED. */
void orders_reload(orders_t *orders, const catalogue_t *catalogue);
/* What is durable by now, or that the journal has ended. */
void orders_durable(orders_t *orders, uint64_t seq);
void orders_answer(orders_t *orders, uint64_t token, err_t err, value_t read_back);
#endif
