/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_LABELSET_H
#define QUERY_PROMQL_LABELSET_H
/* Label sets made of others: what an operator keeps, drops or sets. Texts are borrowed
 * from where they came; lists are of a pool. */
#include "base/pool.h"
#include "base/text.h"
#include "model/label.h"
#include "query/promql/syntax.h"

/* Which labels stay. */
typedef struct {
	const names_t *names; /* NULL: none */
	bool are_kept;        /* those named stay, else all others do */
	bool drops_name;      /* the metric's name does not stay unless it is named */
} label_choice_t;

/* ERR_LIMIT when the pool is full. */
MUST_CHECK err_t labelset_choose(pool_t *pool, const labels_t *from, const label_choice_t *choice,
                                 labels_t *ret_labels);
/* With one label more, or another value of it; an empty value takes it out. */
MUST_CHECK err_t labelset_set(pool_t *pool, const labels_t *from, slice_t name, slice_t value,
                              labels_t *ret_labels);
/* A deep copy. */
MUST_CHECK err_t labelset_copy(pool_t *pool, const labels_t *from, labels_t *ret_labels);
/* Bytes that are equal for equal sets alone, appended. */
void labelset_key(const labels_t *labels, const label_choice_t *choice, text_t *key);
/* By names, then values, the shorter first. */
int labelset_compare(const labels_t *a, const labels_t *b);
#endif
