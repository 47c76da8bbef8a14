/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_LOCATION_H
#define API_HANDLE_LOCATION_H
/* Which of several places (10320/loc) a client of a link is led to: the record's values
 * and what the request says meet in registry/location. */
#include "api/exchange.h"
#include "codec/handle/value.h"
#include "model/record.h"

enum { HANDLE_LOCATION_URL_MAX = 2000 };

typedef struct {
	char bytes[HANDLE_LOCATION_URL_MAX];
	slice_t url; /* as the record has it: anything; of `bytes` */
	int status;
	bool varies;          /* by the Accept of the request */
	handle_value_t until; /* of the values that were looked at, what expires first */
} handle_location_t;

/* Of the values that anybody may read and the query wants. The country is that of the
 * query (`country`, `locatt=country:XX`) or of the configuration. False: there is no
 * place, no good 10320/loc, or its URL does not fit. */
bool handle_location_find(const exchange_t *x, slice_t name, const record_t *record,
                          handle_location_t *ret_location);
#endif
