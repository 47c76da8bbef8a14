/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_OFFICE_JSON_H
#define API_OFFICE_JSON_H
/* What the files of the office's endpoints share. */
#include "api/exchange.h"
#include "office/office.h"

/* The exchange as the asker of an operation; `done` finishes it. */
office_ask_t office_ask_of(exchange_t *x, void (*done)(void *ctx, err_t err, uint64_t number));
/* What a handler returns after asking the office. */
verdict_t office_asked(exchange_t *x, err_t err, const err_detail_t *detail);
#endif
