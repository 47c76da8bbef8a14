/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_INDICATOR_H
#define MODEL_INDICATOR_H
/* A figure: a number that carries its meaning. Which definition and version, over which
 * scope, entity and period, in which unit, from how much of what was expected, and the
 * parts it is made of. Parts add, values do not: a figure of a parent is made of the sums
 * of its children's parts by the same formula, and never of their values.
 *
 * A part is one of
 *   SUM        a number, added
 *   HISTOGRAM  counts of classes whose bounds the definition has, added class by class
 *   DISTINCT   a HyperLogLog of 2^12 registers, joined by their maximum
 *   QUANTILES  a t-digest, merged
 * A part may be absent (nothing was known), which is not zero.
 *
 * Coverage counts reporters, and of those that report the share of their time and inputs:
 * `reporting` of `expected` entities, `coverage` of their data. A child that is silent is
 * counted as expected and not as reporting.
 *
 * A figure is issued again when late data or a correction changes it: `revision` counts
 * from 1, `issued_ns` says when, and "as published on" a day is the last one issued by then.
 *
 * Disk and wire form (version 1): indicator.md of the room insight. */
#include "base/cursor.h"
#include "base/err.h"

enum {
	FIGURE_PARTS_MAX = 8,
	FIGURE_CLASSES_MAX = 64,    /* of a histogram, one more than it has bounds */
	FIGURE_REGISTERS = 4096,    /* of a HyperLogLog */
	FIGURE_CENTROIDS_MAX = 128, /* of a t-digest */
	FIGURE_BYTES_MAX = 16 * 1024,
};

#define PART_KIND_ROWS(X) \
	X(SUM, "sum") \
	X(HISTOGRAM, "histogram") \
	X(DISTINCT, "distinct") \
	X(QUANTILES, "quantiles")

#define X(name, word) PART_##name,
typedef enum { PART_KIND_ROWS(X) PART_KIND_COUNT } part_kind_t;
#undef X

typedef struct {
	part_kind_t kind;
	bool is_there;
	double sum;
	slice_t bytes; /* of the other kinds: counts, registers or centroids (sketch forms) */
} part_t;

/* What must be the same for two figures to be added. */
typedef struct {
	slice_t definition; /* "iso22400.oee" */
	uint32_t version;   /* of the definition */
	slice_t scope;      /* "work-unit", "above-scale", as the definition offers them */
	int64_t from_ns, to_ns;
} figure_key_t;

/* How a figure came to be. */
typedef enum {
	FIGURE_MEASURED, /* of samples and events of this node */
	FIGURE_DECLARED, /* attested by a person */
	FIGURE_ROLLED,   /* of the figures of others */
	FIGURE_ORIGIN_COUNT
} figure_origin_t;

typedef struct {
	figure_key_t key;
	slice_t entity; /* identifier of the node or the place in it that the figure is of */
	figure_origin_t origin;
	part_t parts[FIGURE_PARTS_MAX]; /* by the order of the definition */
	size_t part_count;
	bool has_value; /* else why not is in `lack` */
	double value;
	slice_t lack;
	uint32_t expected, reporting; /* entities below, 1 and 1 of a measured one */
	double coverage;              /* of the data of those reporting, 0 to 1 */
	uint32_t revision;
	int64_t issued_ns;
	slice_t attested_by; /* subject of a declared one */
} figure_t;
#endif
