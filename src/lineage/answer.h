/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_ANSWER_H
#define LINEAGE_ANSWER_H
/* What this node says of one of its own figures when it is asked what the figure was made of
 * (model/lineage.h): by its own people, or by a parent under the contract with it.
 *
 * Story: lineage_answer_open with a question; lineage_answer_next gives one
 * part after another, a sheet and the batches of its rows, until ERR_NOT_FOUND. Each call does
 * the work of one part, so that who sends them keeps his loop's time and asks for the next one
 * when the line has room. Nothing is kept but the question and how far it has come.
 *
 * Consent: release/release.h judges each figure as if it were to go now, that which is asked
 * about and those of the children that went into it: what it withholds is withheld here. The
 * batch by which a child's figure came goes along when each figure in it may go. The contract's
 * `open` says how far down it may go at all: figures, or the points too that one was measured
 * by, never one of class core. With reason CONTRACT in its place the asker knows that there is
 * something.
 *
 * A measured figure is evaluated again, as known now and, where that is another, as known when
 * it was issued, since later data makes a later revision. Where the store has
 * thinned samples since, or nobody counted all of the period, another figure says nothing (GONE).
 * Where stored bytes are damaged, `locate` is asked which.
 *
 * Threads: the loop of the tree; reads files. Limits: one part is LINEAGE_PART_MAX bytes; a
 * figure of more children than that has room for has more sheets. */
#include "insight/book.h"
#include "insight/evaluate.h"
#include "model/lineage.h"
#include "release/release.h"
#include "uplink/seal.h"

/* What a node answers from. */
typedef struct {
	env_t *env;
	slice_t node; /* own identifier */
	book_t *book;
	journal_t *journal; /* tree */
	/* Changed by their owner on the loop when indicators are bound anew. */
	const bindings_t *bindings;
	const catalogue_t *catalogue;
	const series_reader_t *reader;
	const counts_t *counts; /* NULL: nobody counts */
	/* authority_key_of: a child's keys, newest first, empty behind the last. */
	slice_t (*key_of)(void *ctx, slice_t child, size_t i);
	void *key_ctx;
	/* release_figures_t's. */
	void (*lineage)(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage);
	void *lineage_ctx;
	/* Finds out which stored bytes are damaged: fills the detail's place. NULL: nobody looks.
	 */
	void (*locate)(void *ctx, err_detail_t *ret_detail);
	void *locate_ctx;
} lineage_source_t;

/* For whom. */
typedef struct {
	const release_judge_t *judge; /* of the parent that asks; NULL: this node's own people */
	/* outbox_spec_t's: the key that this parent has certified, asked for each sheet, since it
	 * may be renewed meanwhile. NULL likewise. */
	const env_pkey_t *(*key_of)(void *ctx, slice_t parent);
	void *key_ctx;
	slice_t parent; /* outlives the answer */
} lineage_audience_t;

typedef struct lineage_answer lineage_answer_t;

/* Both outlive the answer. ERR_INVALID: it is no question. */
MUST_CHECK err_t lineage_answer_open(const lineage_source_t *source,
                                     const lineage_audience_t *audience, slice_t question,
                                     lineage_answer_t **ret_answer);
void lineage_answer_close(lineage_answer_t *answer);
/* Lives until the next call. ERR_NOT_FOUND: that was all. Other errors are of signing and of
 * memory: what cannot be read of the store is an answer. */
MUST_CHECK err_t lineage_answer_next(lineage_answer_t *answer, slice_t *ret_part);

/* The part that says of a question why it is not answered at all. */
MUST_CHECK err_t lineage_refuse(const lineage_source_t *source, const lineage_audience_t *audience,
                                slice_t question, lineage_reason_t reason, writer_t *w);

/* What is asked of a child that went into a figure of this node, to open a question one level
 * further. False: the answer ends here. */
bool lineage_question_below(const lineage_question_t *question, const figure_source_t *child,
                            lineage_question_t *ret_question);
#endif
