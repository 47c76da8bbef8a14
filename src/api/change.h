/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_CHANGE_H
#define API_CHANGE_H
/* A change to users or tokens on behalf of a request, answered when it is durable. */
#include "api/exchange.h"

/* Fills in the caller and asks. What is in the reply is sent when the change is durable;
 * a refusal replaces it. `ret_secret` as in access_change. */
verdict_t change_send(exchange_t *x, access_change_t *change, access_secret_t *ret_secret);
#endif
