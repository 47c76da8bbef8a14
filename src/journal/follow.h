/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_FOLLOW_H
#define JOURNAL_FOLLOW_H
/* The one way to follow a journal. A mark says how far a view has come, in a form that
 * outlives the process: the sequence, the journal it is of, and the hash of the record,
 * which tells another journal's record of the same sequence apart (one put back from a
 * copy, say).
 *
 * Story: a view that is kept stores its mark together with what it made of the records.
 * At the start it opens a cursor behind the mark, and starts over when the mark is not
 * this journal's; a view in memory has nothing to store and replays. Either says which
 * types of records it asks for, and is spared the segments that hold none of them: a
 * room with ten users does not read a million names. On a loop the same cursor goes on
 * when more is durable. */
#include "journal/journal.h"

typedef struct {
	uint64_t seq, epoch; /* seq 0: nothing yet */
	uint8_t hash[32];    /* of a chained journal */
} journal_mark_t;

/* Where the cursor stands: at the record it gave last, or behind the segments it has
 * passed over since. */
journal_mark_t journal_cursor_mark(const journal_cursor_t *cursor);

/* A cursor behind the mark that wants these types (journal_cursor_want). ERR_CONFLICT:
 * the mark is not this journal's. ERR_NOT_FOUND: what follows it was recycled. The
 * record of the mark is held against it where it is still kept. */
MUST_CHECK err_t journal_follow_open(journal_t *journal, const journal_mark_t *mark, uint64_t types,
                                     journal_cursor_t **ret_cursor);

typedef struct {
	journal_t *journal;
	uint64_t types; /* JOURNAL_TYPE_BIT of each that is asked for */
	err_t (*take)(void *ctx, const journal_record_t *record);
	void *ctx;
} journal_follower_t;

/* Gives what is durable behind the mark, records of the wanted types alone, and moves
 * the mark to the end; to the last record that was taken when one was not. FILES loop or
 * set-up time. What journal_follow_open, journal_cursor_next or `take` fails with. */
MUST_CHECK err_t journal_follow(const journal_follower_t *follower, journal_mark_t *mark);
/* The same from the oldest record kept. */
MUST_CHECK err_t journal_replay(const journal_follower_t *follower);
#endif
