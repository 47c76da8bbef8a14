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
 * counted as expected and not as reporting. `declared` of those that report rest on a
 * person's word, which a sum does not wash off.
 *
 * A figure is issued again when late data or a correction changes it: `revision` counts
 * from 1, `issued_ns` says when, and "as published on" a day is the last one issued by then.
 *
 * A rolled figure names what it was made of: its sources, each child that was expected with
 * the revision that went in, 0 where it was silent. They may be left out of what goes up.
 *
 * Disk and wire (version 1; strings and varints as base/cursor.h has them, f64 le):
 *     version u8, origin u8, definition string, its version varint, scope string, from
 *     zig-zag, length of the period in ns varint, entity string, expected, reporting and
 *     declared varint, coverage f64, revision varint, issued zig-zag, attested by string,
 *     has value u8 and then value f64 or lack string, count of parts u8, each part: kind u8,
 *     is there u8, and when it is a sum f64 or the bytes of its form (sketch/) string;
 *     sources string: for each by ascending entity, entity string, revision varint.
 * One figure has one form. As an item of the stream INDICATORS the identifier of the node
 * that issued it stands before it, as a string.
 *
 * Threads: pure. What is decoded borrows the bytes. Caveat: whether the bytes of a part are
 * a sketch is not looked at here: who adds them does. */
#include "base/cursor.h"
#include "base/err.h"
#include "base/json.h"

enum {
	FIGURE_VERSION = 1,
	FIGURE_PARTS_MAX = 8,
	FIGURE_CLASSES_MAX = 64,    /* of a histogram, one more than it has bounds */
	FIGURE_REGISTERS = 4096,    /* of a HyperLogLog */
	FIGURE_CENTROIDS_MAX = 128, /* of a t-digest */
	FIGURE_NAME_MAX = 255, /* bytes of a definition, a scope, an entity, a person, a lack */
	FIGURE_PART_BYTES_MAX = 3074,
	FIGURE_SOURCES_MAX = 4096,
	FIGURE_SOURCES_BYTES_MAX = 256 * 1024,
	FIGURE_BYTES_MAX = 32 * 1024 + FIGURE_SOURCES_BYTES_MAX,
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
#define FIGURE_ORIGIN_ROWS(X) \
	X(MEASURED, "measured") /* of samples and events of this node */ \
	X(DECLARED, "declared") /* attested by a person */ \
	X(ROLLED, "rolled")     /* of the figures of others */

#define X(name, word) FIGURE_##name,
typedef enum { FIGURE_ORIGIN_ROWS(X) FIGURE_ORIGIN_COUNT } figure_origin_t;
#undef X

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
	uint32_t declared;            /* of those reporting, that a person attested */
	double coverage;              /* of the data of those reporting, 0 to 1 */
	uint32_t revision;
	int64_t issued_ns;
	slice_t attested_by; /* subject of a declared one, who attested it when it was issued */
	slice_t sources;     /* of a rolled one; figure_source_next reads them */
} figure_t;

typedef struct {
	slice_t entity;
	uint32_t revision; /* 0: it was silent */
} figure_source_t;

const char *part_kind_name(part_kind_t kind);
const char *figure_origin_name(figure_origin_t origin);

/* By definition, version, scope, start and end of the period. */
int figure_key_cmp(const figure_key_t *a, const figure_key_t *b);
/* As it stands in a figure, for the other forms that name one. r->bad: no figure has it. */
void figure_key_put(const figure_key_t *key, writer_t *w);
figure_key_t figure_key_take(reader_t *r);
/* Whether issuing `b` behind `a` would say nothing new: all is the same but revision and
 * time of issue. */
bool figure_says_same(const figure_t *a, const figure_t *b);

/* ERR_INVALID: what figure_decode would refuse. ERR_TOO_BIG: w is too small;
 * FIGURE_BYTES_MAX is enough for any. */
MUST_CHECK err_t figure_encode(const figure_t *figure, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t figure_decode(slice_t bytes, figure_t *ret_figure);
/* The same behind the identifier of the node that issued it. */
MUST_CHECK err_t figure_item_decode(slice_t bytes, slice_t *ret_node, figure_t *ret_figure);

void figure_source_put(const figure_source_t *source, writer_t *w);
/* The reader begins as reader_of(figure->sources). False at the end. */
bool figure_source_next(reader_t *sources, figure_source_t *ret_source);

/* An object. `part_names` by the definition, or NULL: parts have none then. Sketches stand
 * in base64. */
void figure_json(const figure_t *figure, const slice_t *part_names, json_t *j);
#endif
