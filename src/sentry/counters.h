/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_COUNTERS_H
#define SENTRY_COUNTERS_H
/* What the sentry counts: every limit, drop and surprise has a row here. */
#include "base/metrics.h"

/* name, metric, help, kind */
#define SENTRY_METRIC_ROWS(X) \
	X(PACKETS, "packets_total", "Packets of the capture.", COUNTER) \
	X(BYTES, "bytes_total", "Captured bytes.", COUNTER) \
	X(FRAMES_BAD, "frames_malformed_total", "Frames that could not be decoded.", COUNTER) \
	X(FRAMES_OTHER, "frames_other_total", "Frames of no watched port.", COUNTER) \
	X(STREAMS_BROKEN, "streams_broken_total", "Capture streams given up as damaged.", COUNTER) \
	X(FLOWS, "flows", "TCP connections being followed.", GAUGE) \
	X(FLOWS_EVICTED, "flows_evicted_total", "Connections forgotten for lack of room.", \
	  COUNTER) \
	X(DUPLICATES, "segments_duplicate_total", "Segments that brought nothing fresh.", COUNTER) \
	X(BUFFERED, "segments_buffered_total", "Segments kept until they fit.", COUNTER) \
	X(BUFFERS_FULL, "buffers_full_total", "Bytes given up for lack of a buffer.", COUNTER) \
	X(GAPS, "gaps_total", "Holes in TCP streams.", COUNTER) \
	X(MESSAGES, "messages_total", "Modbus messages.", COUNTER) \
	X(MALFORMED, "malformed_total", "Messages that break the protocol.", COUNTER) \
	X(UNMATCHED, "responses_unmatched_total", "Responses without a request.", COUNTER) \
	X(UNANSWERED, "requests_unanswered_total", "Requests given up.", COUNTER) \
	X(ASSETS_FULL, "assets_refused_total", "Assets not listed: list full.", COUNTER) \
	X(TALKS_FULL, "conversations_refused_total", "Conversations not listed: list full.", \
	  COUNTER) \
	X(ROWS_FULL, "rows_refused_total", "White-list rows not learned: list full.", COUNTER) \
	X(PAGES_FULL, "pages_refused_total", "Registers not remembered: no room.", COUNTER) \
	X(CASES_FULL, "cases_evicted_total", "Clients under watch forgotten early.", COUNTER) \
	X(NOVELTIES, "novelties_total", "Requests outside the white-list.", COUNTER) \
	X(INCIDENTS, "incidents_total", "Incidents opened.", COUNTER) \
	X(INCIDENTS_OPEN, "incidents_open", "Incidents going on.", GAUGE) \
	X(JOURNAL_LATE, "journal_refusals_total", "Records the journal did not take at once.", \
	  COUNTER)

#define X(name, metric, help, kind) COUNT_##name,
typedef enum { SENTRY_METRIC_ROWS(X) SENTRY_METRIC_COUNT } sentry_metric_t;
#undef X
#endif
