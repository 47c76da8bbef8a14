/* SPDX-License-Identifier: Apache-2.0 */
#include "api/toll.h"

#include "model/time.h"

static const int64_t MINUTE_NS = 60 * NS_PER_S;

/* The source's own entry, else the one that is free or began first. */
static toll_source_t *entry_of(toll_t *toll, ip_t source, int64_t now_ns)
{
	ip_t key = ip_owner(source);
	toll_source_t *oldest = &toll->sources[0];
	for (size_t i = 0; i < TOLL_SOURCES; i++) {
		toll_source_t *entry = &toll->sources[i];
		if (entry->source.family && ip_eq(entry->source, key))
			return entry;
		if (!oldest->source.family)
			continue;
		if (!entry->source.family || entry->minute_ns < oldest->minute_ns)
			oldest = entry;
	}
	*oldest = (toll_source_t){ .source = key, .minute_ns = now_ns, .second_ns = now_ns };
	return oldest;
}

static toll_source_t *entry_now(toll_t *toll, ip_t source, int64_t now_ns)
{
	toll_source_t *entry = entry_of(toll, source, now_ns);
	if (now_ns - entry->minute_ns >= MINUTE_NS) {
		entry->minute_ns = now_ns;
		entry->failures = 0;
	}
	if (now_ns - entry->second_ns >= NS_PER_S) {
		entry->second_ns = now_ns;
		entry->cpu_us = 0;
	}
	return entry;
}

bool toll_pass(toll_t *toll, ip_t source, uint32_t cost_us, int64_t now_ns)
{
	toll_source_t *entry = entry_now(toll, source, now_ns);
	if (entry->failures >= TOLL_FAILURES || entry->cpu_us >= TOLL_CPU_US)
		return false;
	entry->cpu_us += cost_us;
	return true;
}

void toll_fail(toll_t *toll, ip_t source, int64_t now_ns)
{
	entry_now(toll, source, now_ns)->failures++;
}
