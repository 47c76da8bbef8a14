/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_STATE_H
#define SERIES_STATE_H
/* What the files of this folder share of the series: series.c gives ids, view.c keeps the
 * file, ask.c answers questions. */
#include <stdatomic.h>

#include "base/table.h"
#include "journal/follow.h"
#include "series/label_index.h"
#include "series/series.h"

#define SERIES_METRICS(X) \
	X(SERIES, "series", "series that came through doors", GAUGE) \
	X(BYTES, "label_bytes", "bytes of their labels in memory", GAUGE) \
	X(REFUSED, "refused_total", "new series refused at the limit", COUNTER) \
	X(SAVES, "saves_total", "times the view was written", COUNTER) \
	X(SAVE_FAILURES, "save_failures_total", "times it could not be written", COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { SERIES_METRICS(X) METRIC_COUNT };
#undef X

enum { SERIES_HARD_MAX = 1 << 24, SERIES_PATH_BYTES = 512 };

/* The points of one configuration; their labels begin with the number 0 and stand in the
 * order of their ids. */
struct series_points {
	label_index_t *index;
	point_id_t *ids;
	table_t *names;   /* to ids */
	unsigned holders; /* questions under way, and the series while it is the present one */
};

struct series {
	env_t *env;
	series_spec_t spec;
	label_index_t *index; /* number + SERIES_ID_FIRST is the id */
	/* One new series at a time: the order of the journal is that of the ids. */
	env_mutex_t *gate;
	int64_t told_ns; /* monotonic, of the last event about the limit; behind the gate */
	_Atomic uint64_t last_seq; /* of the newest record appended */
	/* Guards the two below; questions hold what they use. */
	env_mutex_t *mutex;
	series_points_t *configured; /* NULL: none yet */
	env_timer_t *timer;
	/* The view; of the loop. */
	char path[SERIES_PATH_BYTES];
	journal_mark_t mark;
	uint32_t followed, saved; /* series up to the mark, and in the file */
	bool is_rebuilt;
	metrics_t metrics;
};

/* The present configuration until points_return; NULL: none. */
series_points_t *points_borrow(series_t *series);
void points_return(series_t *series, series_points_t *configured);

/* A record's payload. */
void series_record_put(point_id_t id, const labels_t *labels, writer_t *w);
/* Reads the view and what the journal has behind it. Set-up time. */
MUST_CHECK err_t series_fill(series_t *series);
#endif
