/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LABEL_H
#define MODEL_LABEL_H
/* A series by its labels, as the field's write and query protocols name one: a set of
 * names and values, the metric's own name under "__name__". The index that finds points
 * by labels is a port like the reader of their samples: node hands it to the rooms that
 * ask, tests hand fakes.
 *
 * A point of the configuration is the series {__name__="point", device="FRM1",
 * point="V_SET", ident="99.100.1/FRM1.V_SET", unit="V"}; one that came with its first
 * sample through a door has the labels it came with. */
#include "model/sample.h"

#define LABEL_NAME "__name__"

enum {
	LABELS_MAX = 64,
	LABEL_NAME_MAX = 255,
	LABEL_VALUE_MAX = 4096,
	LABELS_BYTES_MAX = 8192, /* of all names and values of one series */
};

/* Points of the configuration have ids below it, series that came through a door from
 * it on. */
enum { SERIES_ID_FIRST = 1 << 20 };

typedef struct {
	slice_t name, value;
} label_t;

/* Sorted by name bytewise, no name twice, no empty value. Borrowed. */
typedef struct {
	const label_t *items;
	size_t count;
} labels_t;

typedef enum { LABEL_EQUAL, LABEL_NOT_EQUAL, LABEL_MATCH, LABEL_NOT_MATCH } label_op_t;

/* An absent label is an empty value, as the query language has it. */
typedef struct {
	label_op_t op;
	slice_t name, value; /* for MATCH a regular expression, anchored at both ends */
} label_matcher_t;

/* The label names (`name` empty) or the values of one, of the series that the matchers
 * select; no matchers: of all. */
typedef struct {
	slice_t name;
	const label_matcher_t *matchers;
	size_t count;
} label_values_t;

typedef struct {
	void *ctx;
	/* The series that all matchers hold for, in order of their ids, until the callback
	 * returns false; labels live as long as the call. FILES loops. ERR_INVALID for a bad
	 * expression, ERR_LIMIT when it is too costly. */
	err_t (*select)(void *ctx, const label_matcher_t *matchers, size_t count,
	                bool (*row)(void *row_ctx, point_id_t point, const labels_t *labels),
	                void *row_ctx);
	/* Sorted, each once, until the callback returns false. Otherwise as select. */
	err_t (*values)(void *ctx, const label_values_t *ask,
	                bool (*row)(void *row_ctx, slice_t value), void *row_ctx);
} series_index_t;

/* Brings what a client sent into the form above, in place: sorted, empty values left out.
 * ERR_INVALID for a name that is empty or stands twice, for text that is not UTF-8, and
 * for no label at all; ERR_TOO_BIG past the limits. */
MUST_CHECK err_t labels_make(label_t *items, size_t count, labels_t *ret_labels);
/* The canonical text, name{label="value",...}, as the query language writes it: backslash
 * before a quote, a backslash and the n of a line end. */
void labels_text(const labels_t *labels, writer_t *w);
/* Reads such a text, with its labels in any order; what had a backslash goes to `plain`,
 * which the labels then borrow. ERR_MALFORMED, and what labels_make gives. */
MUST_CHECK err_t labels_parse(slice_t text, label_t room[LABELS_MAX], writer_t *plain,
                              labels_t *ret_labels);
/* The value of a label; empty when it is not there. */
slice_t labels_get(const labels_t *labels, slice_t name);
#endif
