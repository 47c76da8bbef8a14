/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_RATE_H
#define API_RATE_H
/* A counter's growth per second over the last few seconds, from one reading a
 * second. */
#include <stddef.h>
#include <stdint.h>

enum { RATE_SECONDS = 5 };

typedef struct {
	int64_t readings[RATE_SECONDS + 1];
	size_t count, next;
} rate_t;

static inline void rate_read(rate_t *rate, int64_t counter)
{
	rate->readings[rate->next] = counter;
	rate->next = (rate->next + 1) % (RATE_SECONDS + 1);
	rate->count += rate->count <= RATE_SECONDS;
}

static inline double rate_per_s(const rate_t *rate)
{
	if (rate->count < 2)
		return 0;
	size_t newest = (rate->next + RATE_SECONDS) % (RATE_SECONDS + 1);
	size_t oldest = (rate->next + RATE_SECONDS + 1 - rate->count) % (RATE_SECONDS + 1);
	return (double)(rate->readings[newest] - rate->readings[oldest]) /
	       (double)(rate->count - 1);
}
#endif
