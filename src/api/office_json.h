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

/* The part of a list that the query asks for by from and limit, and how long the list
 * is. Between begin and end, each row that takes() lets pass is written. */
typedef struct {
	int64_t from, limit, total;
} office_page_t;

/* False with the problem in the reply. */
bool office_page_begin(exchange_t *x, int64_t from_max, office_page_t *ret_page);
/* Counts a row of the list: true when it is of the page. */
bool office_page_takes(office_page_t *page);
verdict_t office_page_end(exchange_t *x, const office_page_t *page);
#endif
