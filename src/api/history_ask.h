/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HISTORY_ASK_H
#define API_HISTORY_ASK_H
/* A question about the history of points, as POST /api/v1/query takes it.
 *
 * Story: history_ask_read makes it of the body, history_query.c asks the historian point
 * by point, history_tell.h writes what comes, history_ask_done gives all back. Query
 * loop. */
#include "api/exchange.h"
#include "env/json_read.h"
#include "retrieval/calendar.h"
#include "retrieval/retrieval.h"

#define HISTORY_MODES(X) \
	X(RAW, "raw") \
	X(AT, "at") \
	X(INTERPOLATED, "interpolated") \
	X(CYCLIC, "cyclic") \
	X(PLOT, "plot") \
	X(DELTA, "delta") \
	X(AGGREGATE, "aggregate") \
	X(STATES, "states") \
	X(HISTOGRAM, "histogram") \
	X(LAST, "last")

#define X(name, word) HISTORY_##name,
typedef enum { HISTORY_MODES(X) HISTORY_MODE_COUNT } history_mode_t;
#undef X
extern const char *const HISTORY_MODE_NAMES[HISTORY_MODE_COUNT];

enum {
	HISTORY_POINTS_MAX = 10000,
	HISTORY_NAMES_MAX = 4 << 20, /* bytes */
	HISTORY_MATCHERS_MAX = 32,
	HISTORY_COLUMNS_MAX = 32,
	HISTORY_CLASSES_MAX = 256,
	HISTORY_ROWS_MAX = 100000,
	HISTORY_ROWS_DEFAULT = 10000,
	HISTORY_PIXELS_MAX = 10000,
};

typedef struct {
	point_id_t id;
	const point_t *point;     /* NULL: not of the configuration */
	size_t name_at, name_len; /* in the names of the question; 0 long: a number is its name */
} history_point_t;

typedef struct {
	json_tree_t *body; /* names borrow from it */
	history_point_t *points;
	size_t point_count;
	text_t names;
	history_mode_t mode;
	retrieval_options_t options;
	retrieval_range_t range;
	int64_t known_at_ns;
	column_t columns[HISTORY_COLUMNS_MAX];
	size_t column_count;
	slice_t step, zone_name; /* as they stand in the body */
	int64_t pixels;
	env_zone_t *zone;
	calendar_shift_t shifts[CALENDAR_SHIFTS_MAX];
	size_t shift_count;
	calendar_t calendar; /* when the step is one of the calendar */
	edges_t edges;
	int64_t *edge_list;
	int64_t *times;
	size_t time_count;
	double classes[HISTORY_CLASSES_MAX];
	uint64_t counts[HISTORY_CLASSES_MAX + 1];
	size_t class_count;
	fill_t fill;
	double constant;
	int64_t limit;   /* rows of a point */
	int64_t unit_ns; /* of times in the answer */
	bool has_from, has_to, is_explained, is_annotated, is_bare;
} history_ask_t;

/* False with the problem in the reply; to be given back with history_ask_done also then. */
bool history_ask_read(exchange_t *x, history_ask_t *ret);
void history_ask_done(history_ask_t *ask);
/* Milliseconds since 1970 or RFC 3339. */
bool history_ask_time(const json_tree_t *value, int64_t *ret_ns);
/* Empty for an id that nothing is known of. */
slice_t history_point_name(const history_ask_t *ask, const history_point_t *point);
#endif
