/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_SERIES_H
#define SERIES_SERIES_H
/* Numbers for label sets: a series that comes through a door gets a point id once,
 * journalled as a JOURNAL_SERIES record and never reused, from SERIES_ID_FIRST on without
 * a gap. Questions by labels find these and the points of the configuration alike.
 *
 * Story: node opens it at set-up and hands it the catalogue, again after every reload. A
 * door asks series_get for the labels of what it was sent, waits until series_durable says
 * yes, and only then appends samples: so an id on disk always has its labels there too.
 * Rooms that ask hold the port of series_index.
 *
 * A view (DATA/views/series) keeps the sets with the mark of the journal it has followed;
 * it is written when it is a good deal behind and at the close, and rebuilt when it is
 * missing, damaged, of another form or another journal's.
 *
 * Threads: any for series_find, series_get, series_durable and the port, whose questions
 * may take some milliseconds.
 *
 * Limits: `series_max` series and `bytes_max` bytes of labels, past which new ones are
 * refused with ERR_LIMIT, counted, and an event told at most once an hour; the known ones
 * stay. A record takes SERIES_RECORD_MAX bytes.
 *
 * Record payload: id u32 little-endian, count varint, then name and value as strings each,
 * sorted by name.
 *
 * Disk: "JIZHUSER", version u32, zero u32, mark (sequence u64, epoch u64, hash of 32
 * bytes); names (count varint, strings), pairs (count varint; number of the name varint and
 * value string each), series in the order of their ids (count varint; count of labels and
 * numbers of pairs, varints); crc32c u32 of all before. Little-endian. */
#include "base/metrics.h"
#include "journal/journal.h"
#include "model/catalogue.h"
#include "model/label.h"

enum {
	SERIES_MAX_DEFAULT = 1000000,
	SERIES_RECORD_MAX = LABELS_BYTES_MAX + LABELS_MAX * 4 + 16,
};

typedef struct series series_t;

typedef struct {
	const char *views_dir;
	journal_t *journal; /* main */
	env_loop_t *loop;   /* FILES; keeps the view */
	size_t series_max;  /* 0: SERIES_MAX_DEFAULT */
	size_t bytes_max;   /* 0: 1 GiB */
} series_spec_t;

MUST_CHECK err_t series_open(env_t *env, const series_spec_t *spec, series_t **ret_series);
/* After its loop stopped; flushes the journal and saves the view. */
void series_close(series_t *series);
/* Whether the view had to be made again; for an event. */
bool series_rebuilt(const series_t *series);

/* The points of a configuration by their labels; what is needed of it is copied. */
typedef struct series_points series_points_t;
MUST_CHECK err_t series_points_new(env_t *env, const catalogue_t *catalogue,
                                   series_points_t **ret_points);
void series_points_free(series_points_t *points);
/* The configuration from now on; the points become the series'. One thread at a time. */
void series_configure(series_t *series, series_points_t *points);

/* The id of a label set that is known, configured or not; false: there is none. */
bool series_find(series_t *series, const labels_t *labels, point_id_t *ret_id);
/* The id of a point of the configuration by its name ("FRM1.V_SET"); false: there is none. */
bool series_named(series_t *series, slice_t name, point_id_t *ret_id);
/* The id to write samples of these labels under; a fresh one is appended to the journal
 * (not yet durable). ERR_LIMIT: no new series; ERR_DENIED: the labels are a configured
 * point's; ERR_BUSY: the journal's buffer is full, come again; what journal_append gives. */
MUST_CHECK err_t series_get(series_t *series, const labels_t *labels, point_id_t *ret_id);
/* Whether every id given out so far is on stable storage. */
bool series_durable(const series_t *series);
/* The labels of an id that series_get gave; they live as long as the series. False: it is
 * not of such a one. */
bool series_labels(series_t *series, point_id_t id, label_t room[LABELS_MAX], labels_t *ret_labels);

series_index_t series_index(series_t *series);
const metrics_t *series_metrics(const series_t *series);

/* Writes the view now. The loop or set-up time. */
MUST_CHECK err_t series_save(series_t *series);
#endif
