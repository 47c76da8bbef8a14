/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_TALLY_H
#define RESOLVER_TALLY_H
/* What the room counts. */
#include "base/metrics.h"

#define RESOLVER_METRIC_ROWS(X) \
	X(ASKS, COUNTER, "asks_total", "Questions") \
	X(HITS, COUNTER, "hits_total", "Questions answered from the cache") \
	X(MISSES, COUNTER, "misses_total", "Questions that needed a walk") \
	X(COALESCED, COUNTER, "coalesced_total", "Questions that joined a walk under way") \
	X(STALE, COUNTER, "stale_total", "Questions answered with what had expired") \
	X(BUSY, COUNTER, "busy_total", "Questions and walks refused at a limit") \
	X(LOST, COUNTER, "replies_lost_total", "Replies that found no room at the asker") \
	X(WALKS, COUNTER, "walks_total", "Walks begun, those for service records too") \
	X(UNDER_WAY, GAUGE, "walks_under_way", "Walks under way") \
	X(FAILURES, COUNTER, "failures_total", "Walks that found no answer") \
	X(LOOPS, COUNTER, "loops_total", "Walks that went in circles or too deep") \
	X(REFERRALS, COUNTER, "referrals_total", "Referrals followed") \
	X(EXCHANGES, COUNTER, "exchanges_total", "Requests to a server") \
	X(TIMEOUTS, COUNTER, "timeouts_total", "Requests no door of a server answered") \
	X(RETRIES, COUNTER, "retries_total", "Requests sent again over UDP") \
	X(DIALS, COUNTER, "dials_total", "TCP connections dialled") \
	X(CONNECTIONS, GAUGE, "connections", "TCP connections open or being opened") \
	X(CONNECTIONS_REFUSED, COUNTER, "connections_refused_total", "Dials past the limit") \
	X(STRAY, COUNTER, "stray_total", "Packets nobody waits for") \
	X(BAD, COUNTER, "bad_replies_total", "Replies that answer something else or nothing") \
	X(ENTRIES, GAUGE, "cache_entries", "Answers in the cache") \
	X(BYTES, GAUGE, "cache_bytes", "Bytes of the cache") \
	X(EVICTIONS, COUNTER, "cache_evictions_total", "Answers that made room")

#define X(id, kind, name, help) RESOLVER_METRIC_##id,
enum { RESOLVER_METRIC_ROWS(X) RESOLVER_METRIC_COUNT };
#undef X
#endif
