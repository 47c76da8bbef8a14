/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TOLL_H
#define API_TOLL_H
/* What proving identities may cost, by source: wrong proofs in a minute, and CPU in a
 * second. A table of fixed size: an attacker with many addresses displaces entries,
 * never memory.
 *
 * Story: toll_pass before a check, with what it will cost; toll_fail after one that
 * found a wrong proof. A source is an IPv4 address or the /64 of an IPv6 address.
 *
 * Threads: one. Limits: TOLL_FAILURES a minute, TOLL_CPU_US a second, TOLL_SOURCES; of
 * more, the source whose minute began first is forgotten. */
#include "base/net.h"

enum { TOLL_SOURCES = 512, TOLL_FAILURES = 10, TOLL_CPU_US = 100000 };

typedef struct {
	ip_t source; /* family 0: free */
	int64_t minute_ns, second_ns;
	uint32_t failures, cpu_us;
} toll_source_t;

typedef struct {
	toll_source_t sources[TOLL_SOURCES];
} toll_t;

/* False: the source has to wait. */
bool toll_pass(toll_t *toll, ip_t source, uint32_t cost_us, int64_t now_ns);
void toll_fail(toll_t *toll, ip_t source, int64_t now_ns);
#endif
