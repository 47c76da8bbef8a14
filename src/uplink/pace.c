/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/pace.h"

#define US_PER_S (NS_PER_S / 1000)

pace_t pace_of(uint64_t bytes_per_second, int64_t now_ns)
{
	int64_t rate = bytes_per_second < INT32_MAX ? (int64_t)bytes_per_second : INT32_MAX;
	return (pace_t){ .rate = rate, .level = rate, .at_ns = now_ns };
}

/* What a long silence gives beyond a full bucket is not counted, so nothing overflows. */
static void fill(pace_t *p, int64_t now_ns)
{
	int64_t to_full = ((p->rate - p->level) / p->rate + 1) * NS_PER_S;
	int64_t passed = now_ns - p->at_ns < to_full ? now_ns - p->at_ns : to_full;
	p->level += passed / 1000 * p->rate / US_PER_S;
	p->level = p->level < p->rate ? p->level : p->rate;
	p->at_ns = now_ns;
}

int64_t pace_wait(pace_t *p, int64_t now_ns, uint64_t overdraft)
{
	int64_t bottom = overdraft < INT32_MAX ? -(int64_t)overdraft : -INT32_MAX;
	if (p->rate == 0)
		return 0;
	fill(p, now_ns);
	if (p->level > bottom)
		return 0;
	return ((bottom - p->level + 1) * US_PER_S / p->rate + 1) * 1000;
}

void pace_spend(pace_t *p, size_t bytes)
{
	p->level -= p->rate ? (int64_t)bytes : 0;
}
