/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_METER_H
#define OFFICE_METER_H
/* Counts what each prefix registers and resolves and holds it against its limits, from
 * any thread at once: atomics in a table that only grows, so nothing locks, waits or
 * allocates on the way of an answer. Private to this folder, but for meter_of, which
 * the registry asks through model/prefix.h.
 *
 * Definitions. *Registered* is the number of names there are; *made* those ever made.
 * *Resolved* counts answers with a record, *requests* those with none as well, and
 * *distinct* the different names that were resolved at least once, ever. The resolution
 * ratio 解析率 is distinct / made: both forget nothing, so that a name resolved and
 * later removed stands in both. Resolutions per name is resolved / made.
 *
 * Distinct names are estimated by a HyperLogLog of 4,096 registers (Flajolet et al.,
 * 2007): standard error 1.04 / sqrt(4096) = 1.6 %, and by linear counting below 10,000
 * names, where it is better than that (exact but for chance below some 60). A ratio
 * above 1 that comes of this error is told as 1.
 *
 * Days are those of a fixed offset from UTC. At midnight the numbers of the day move to
 * the series, which keeps METER_DAYS of them, and the budgets begin anew.
 *
 * A limit may be passed by as many answers as there are threads that ask at that very
 * moment.
 *
 * Threads: meter_put, meter_roll, the marks, the tallies and the series on the office's loop, or
 * before it runs; all else anywhere. */
#include <stdatomic.h>

#include "base/err.h"
#include "base/cursor.h"
#include "model/prefix.h"
#include "model/time.h"

enum {
	METER_PREFIXES_MAX = 8192,
	METER_PREFIX_BYTES = 128,
	METER_REGISTERS = 4096,
	METER_DAYS = 92,
	METER_TALLY_BYTES = 2 + METER_PREFIX_BYTES + 3 * 10 + (METER_DAYS + 1) * (10 + 5),
};

/* 0: no limit. */
typedef struct {
	uint64_t names, names_day, requests_day;
} meter_limits_t;

typedef struct {
	int64_t day; /* days since 1970 in the office's zone */
	uint32_t made, requests, resolved;
} meter_day_t;

typedef struct {
	/* What an answer touches, close together. */
	uint64_t hash;
	size_t name_len;
	_Atomic uint64_t requests_day_max;
	_Atomic uint64_t resolved_today, missed_today; /* missed: not found, or refused */
	char name[METER_PREFIX_BYTES + 1];             /* folded */
	_Atomic bool is_hosted, is_barred;
	_Atomic uint64_t names_max, names_day_max;
	_Atomic uint64_t names, made, made_today;
	_Atomic uint64_t resolved_before;           /* today */
	_Atomic uint8_t registers[METER_REGISTERS]; /* top bit: not yet in the journal */
	/* Of the office's loop alone. */
	meter_day_t days[METER_DAYS];
	size_t day_count; /* the newest last */
	uint64_t saved_resolved, saved_requests;
	int64_t saved_day;
} usage_t;

typedef struct meter meter_t;

/* `offset_ns` is what local time is ahead of UTC. NULL without memory. */
meter_t *meter_new(int64_t offset_ns, int64_t now_ns);
void meter_free(meter_t *meter);
/* What the registry asks. */
prefix_meter_t meter_of(meter_t *meter);

/* The row of a prefix, made when new. ERR_LIMIT, ERR_INVALID (empty or too long),
 * ERR_NO_MEMORY. */
MUST_CHECK err_t meter_put(meter_t *meter, slice_t prefix, usage_t **ret_usage);
/* NULL when not counted. */
usage_t *meter_find(const meter_t *meter, slice_t prefix);
/* The i-th row in the order of their making, or NULL. */
usage_t *meter_at(const meter_t *meter, size_t i);
void usage_limit(usage_t *usage, const meter_limits_t *limits);
meter_limits_t usage_limits(const usage_t *usage);

/* The day of a moment. */
int64_t meter_day(const meter_t *meter, int64_t utc_ns);
int64_t meter_today(const meter_t *meter);
/* When the day after the present one begins. */
int64_t meter_midnight_ns(const meter_t *meter);
/* Ends the day when `now_ns` is past it; true when it was. A clock set back changes
 * nothing until it has caught up. */
bool meter_roll(meter_t *meter, int64_t now_ns);

/* A name was made or has gone, as the journal tells it again at the start. */
void meter_replay(meter_t *meter, slice_t name, int made, int64_t utc_ns);

/* What the journal's names came to, for a view: prefix string, names and made as varints,
 * count varint, then day zig-zag and made of that day as a varint each, oldest first, the
 * present one last. At most METER_TALLY_BYTES. */
void usage_tally(const meter_t *meter, const usage_t *usage, writer_t *w);
/* Reads such a tally into the row of its prefix, whose days of answers stay. ERR_CORRUPT,
 * ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK err_t meter_untally(meter_t *meter, reader_t *r);

/* Answers with a record, ever. */
uint64_t usage_resolved(const usage_t *usage);
/* Estimate of the different names resolved. */
uint64_t usage_distinct(const usage_t *usage);
/* Today's numbers. */
meter_day_t usage_today(const meter_t *meter, const usage_t *usage);

/* What has been counted since the last mark, for the journal: prefix string, day zig-zag,
 * resolved in all, resolved and requests of that day as varints, count varint, then
 * register u16 little-endian and value u8 each. False: nothing. `w` turns bad when full,
 * and then usage_mark_undo is due, as when the journal did not take it. */
bool usage_mark(const meter_t *meter, usage_t *usage, writer_t *w);
void usage_mark_undo(usage_t *usage);
/* Reads such a mark back into the row of its prefix. ERR_CORRUPT. */
MUST_CHECK err_t meter_unmark(meter_t *meter, reader_t *r);
#endif
