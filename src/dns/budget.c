/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/budget.h"

#include "base/num.h"
#include "model/time.h"

enum { NET4_BYTES = 3, NET6_BYTES = 7, HELD_S = 2 };

void dns_budget_init(env_t *env, uint64_t rate_bytes, dns_budget_t *ret_budget)
{
	env_random(env, &ret_budget->seed, sizeof(ret_budget->seed));
	ret_budget->rate_bytes = (int64_t)rate_bytes;
}

/* What has flowed in since; the rate is held twice at most, so a longer time is no more. */
static int64_t filled_bytes(const dns_budget_t *budget, int64_t passed_ns)
{
	int64_t most_ns = HELD_S * NS_PER_S;
	double passed_s = (double)(passed_ns < most_ns ? passed_ns : most_ns) / (double)NS_PER_S;
	return (int64_t)(passed_s * (double)budget->rate_bytes);
}

bool dns_budget_pay(dns_budget_t *budget, ip_t ip, size_t bytes, int64_t now_ns)
{
	slice_t net = slice_of(ip.bytes, ip.family == 4 ? NET4_BYTES : NET6_BYTES);
	size_t i = (size_t)(num_hash(net, budget->seed + ip.family) % DNS_PURSES);
	int64_t filled = filled_bytes(budget, now_ns - budget->purses[i].at_ns);
	int64_t spent = budget->purses[i].spent_bytes - filled;
	if (spent < 0)
		spent = 0;
	/* A moment too short to fill a byte is kept for the next time. */
	if (filled > 0 || budget->purses[i].spent_bytes == 0)
		budget->purses[i].at_ns = now_ns;
	bool can_pay = spent + (int64_t)bytes <= HELD_S * budget->rate_bytes;
	budget->purses[i].spent_bytes = spent + (can_pay ? (int64_t)bytes : 0);
	return can_pay;
}
