/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PROMETHEUS_H
#define API_PROMETHEUS_H
/* What the endpoints under /prometheus share: the form of the answers, and times as their
 * clients write them. */
#include "api/exchange.h"
#include "query/promql/promql.h"

/* {"status":"success","data": and the writer behind it. */
json_t *prometheus_begin(exchange_t *x);
void prometheus_end(exchange_t *x);
void prometheus_put_labels(exchange_t *x, const labels_t *labels);
/* Reads the form of a POST. False with the problem in the reply. */
bool prometheus_read(exchange_t *x);
/* Seconds with a fraction, or RFC 3339, to milliseconds; one too far off is the farthest
 * there is. `absent` is for one that is not given. False: neither, and the reply says so. */
typedef struct {
	const char *name;
	bool is_needed;
	int64_t absent_ms;
} prometheus_time_t;
bool prometheus_time(exchange_t *x, const prometheus_time_t *ask, int64_t *ret_ms);
/* Seconds, or a duration, to milliseconds above 0; otherwise likewise. */
bool prometheus_span(exchange_t *x, const prometheus_time_t *ask, int64_t *ret_ms);
#endif
