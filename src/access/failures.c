/* SPDX-License-Identifier: Apache-2.0 */
/* A linear walk: attempts with a wrong token are rare, or are what is limited. */
#include "access/failures.h"

static const int64_t WINDOW_NS = INT64_C(60) * 1000000000;

enum { IP6_NETWORK_BYTES = 8 };

/* Who owns one IPv6 address owns its /64. */
static ip_t source_of(ip_t ip)
{
	if (ip.family == 6)
		memset(&ip.bytes[IP6_NETWORK_BYTES], 0, sizeof(ip.bytes) - IP6_NETWORK_BYTES);
	return ip;
}

static bool is_live(const failure_t *entry, int64_t now_ns)
{
	return entry->source.family && now_ns - entry->begin_ns < WINDOW_NS;
}

bool failures_block(const failures_t *f, ip_t source, int64_t now_ns)
{
	ip_t key = source_of(source);
	for (size_t i = 0; i < ACCESS_SOURCES_MAX; i++) {
		const failure_t *entry = &f->entries[i];
		if (is_live(entry, now_ns) && ip_eq(entry->source, key))
			return entry->count >= ACCESS_FAILURES_MAX;
	}
	return false;
}

/* The source's own entry while its minute lasts, else the one to give up: a free
 * or finished one, or the one that began first. */
static failure_t *entry_for(failures_t *f, ip_t key, int64_t now_ns)
{
	failure_t *spare = &f->entries[0];
	for (size_t i = 0; i < ACCESS_SOURCES_MAX; i++) {
		failure_t *entry = &f->entries[i];
		bool live = is_live(entry, now_ns);
		if (live && ip_eq(entry->source, key))
			return entry;
		if (is_live(spare, now_ns) && (!live || entry->begin_ns < spare->begin_ns))
			spare = entry;
	}
	*spare = (failure_t){ .source = key, .begin_ns = now_ns };
	return spare;
}

void failures_add(failures_t *f, ip_t source, int64_t now_ns)
{
	failure_t *entry = entry_for(f, source_of(source), now_ns);
	if (entry->count < ACCESS_FAILURES_MAX)
		entry->count++;
}
