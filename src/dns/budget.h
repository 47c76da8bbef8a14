/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DNS_BUDGET_H
#define DNS_BUDGET_H
/* What a source network may have sent to it by UDP beyond the size of its questions. Purses
 * fill at a steady rate and hold two seconds' worth. A network's purse is found by a hash
 * that nobody outside knows; two that meet share one, so that none can be emptied or
 * refilled by making others, and the table never grows. */
#include "base/net.h"
#include "env/env.h"

enum { DNS_PURSES = 4096 };

typedef struct {
	uint64_t seed;
	int64_t rate_bytes; /* a second */
	struct {
		int64_t at_ns, spent_bytes;
	} purses[DNS_PURSES];
} dns_budget_t;

void dns_budget_init(env_t *env, uint64_t rate_bytes, dns_budget_t *ret_budget);
/* False: the network of `ip` has used up what it may. */
bool dns_budget_pay(dns_budget_t *budget, ip_t ip, size_t bytes, int64_t now_ns);
#endif
