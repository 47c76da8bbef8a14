/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_ROWS_H
#define HISTORIAN_ROWS_H
/* Rows of one point as columns: a borrowed view of them, and a set that owns what it
 * holds. Memory table, blocks, scans and merges hand these to one another.
 *
 * A mark is one byte: the quality, and whether the row came after a newer one. Texts are
 * as in model/sample.h: bits say where in the heap. */
#include "base/text.h"
#include "model/sample.h"

typedef struct {
	size_t count;
	const int64_t *source_ns, *node_ns;
	const uint64_t *bits;
	const uint8_t *type, *mark;
	slice_t text;
	double bound; /* of each of them, as of a sample */
} rows_t;

enum { MARK_LATE = 1, MARK_COUNT = 2 * QUALITY_COUNT };

static inline uint8_t mark_make(quality_t quality, bool is_late)
{
	return (uint8_t)(2 * (unsigned)quality + is_late);
}

static inline uint8_t mark_quality(uint8_t mark)
{
	return mark / 2;
}

/* By source time, then node time; rows that agree in both still have an order, so that an
 * answer is the same however its rows were stored. */
int rows_compare(const rows_t *a, size_t i, const rows_t *b, size_t k);
/* Row i as a sample; a text borrows. */
sample_t rows_sample(const rows_t *rows, size_t i, point_id_t point);
/* The first row from `low` on whose source time is not before `ns`; their count when there
 * is none. */
size_t rows_before(const rows_t *rows, size_t low, int64_t ns);
/* Rows from..to, which are all float64 or all float32, as doubles. */
void rows_reals(const rows_t *rows, size_t from, size_t to, double *ret_numbers);
/* Whether they are, one at least, good reals of one width, all of them finite, in times that
 * do not overflow; ret_numbers then holds them as doubles. */
bool rows_plain(const rows_t *rows, double *ret_numbers);
/* Rows from..to of them; texts stay where they are. */
rows_t rows_part(const rows_t *rows, size_t from, size_t to);

typedef struct {
	size_t count, cap;
	int64_t *source_ns, *node_ns;
	uint64_t *bits;
	uint8_t *type, *mark;
	text_t text;
} rowset_t;

/* Room for `more` rows behind those that are there. */
MUST_CHECK err_t rowset_reserve(rowset_t *set, size_t more);
/* Copies them behind those that are there, texts too. ERR_NO_MEMORY, also when texts
 * are more than a heap's places can say. */
MUST_CHECK err_t rowset_add(rowset_t *set, const rows_t *rows);
/* The text of row i, which is in `heap`, moves into the heap of the set; sets text.bad when
 * there is no memory. */
void rowset_keep_text(rowset_t *set, size_t i, slice_t heap);
/* In order of rows_compare. Costs little when they nearly are. */
MUST_CHECK err_t rowset_sort(rowset_t *set);
rows_t rowset_rows(const rowset_t *set);
/* Leaves those out for which `keep` is false; their texts stay in the heap. */
void rowset_keep(rowset_t *set, const bool *keep);
/* Keeps the memory. */
void rowset_clear(rowset_t *set);
void rowset_free(rowset_t *set);
#endif
