/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_MARK_H
#define JOURNAL_MARK_H
/* How far a view has followed a journal, in a form that outlives the process: the
 * sequence, the journal it is of, and the hash of the record, which tells another
 * journal's record of the same sequence apart (one put back from a copy, say).
 *
 * Story: a view stores the mark of the last record it applied together with what
 * it made of it. At open it asks for a cursor behind the mark, and starts over when
 * the mark is not this journal's. */
#include "journal/journal.h"

typedef struct {
	uint64_t seq, epoch; /* seq 0: nothing yet */
	uint8_t hash[32];    /* of a chained journal */
} journal_mark_t;

/* The mark of a record that was read from `journal`. */
journal_mark_t journal_mark_of(const journal_t *journal, const journal_record_t *record);
/* A cursor that reads on behind the mark. ERR_CONFLICT: the mark is not this
 * journal's. ERR_NOT_FOUND: what follows it was recycled. The record of the mark is
 * held against it where it is still kept. */
MUST_CHECK err_t journal_mark_follow(journal_t *journal, const journal_mark_t *mark,
                                     journal_cursor_t **ret_cursor);
#endif
