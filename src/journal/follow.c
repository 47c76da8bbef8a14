/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/follow.h"

#include <string.h>

/* The record of the mark is the one the mark was made of. */
static err_t check(journal_cursor_t *cursor, const journal_mark_t *mark)
{
	journal_record_t record;
	err_t err = journal_cursor_next(cursor, &record);
	bool is_same = !err && memcmp(record.hash, mark->hash, sizeof(record.hash)) == 0;
	return err ? err : is_same ? ERR_OK : ERR_CONFLICT;
}

static err_t open_behind(journal_t *journal, const journal_mark_t *mark,
                         journal_cursor_t **ret_cursor)
{
	journal_cursor_t *cursor = NULL;
	if (mark->seq == 0)
		return journal_cursor_open(journal, journal_first(journal), ret_cursor);
	if (mark->epoch != journal_epoch(journal) || mark->seq > journal_last(journal))
		return ERR_CONFLICT;
	err_t err = journal_cursor_open(journal, mark->seq, &cursor);
	if (err == ERR_NOT_FOUND)
		return journal_cursor_open(journal, mark->seq + 1, ret_cursor);
	if (!err)
		err = check(cursor, mark);
	if (err)
		journal_cursor_close(cursor);
	else
		*ret_cursor = cursor;
	return err;
}

err_t journal_follow_open(journal_t *journal, const journal_mark_t *mark, uint64_t types,
                          journal_cursor_t **ret_cursor)
{
	err_t err = open_behind(journal, mark, ret_cursor);
	if (!err)
		journal_cursor_want(*ret_cursor, types);
	return err;
}

/* A type of a newer version may share its bit. */
static bool is_wanted(const journal_follower_t *follower, journal_type_t type)
{
	return type < JOURNAL_TYPE_COUNT && JOURNAL_TYPE_BIT(type) & follower->types;
}

err_t journal_follow(const journal_follower_t *follower, journal_mark_t *mark)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	err_t err = journal_follow_open(follower->journal, mark, follower->types, &cursor);
	bool is_end = false;
	while (!err && !is_end) {
		err = journal_cursor_next(cursor, &record);
		is_end = err == ERR_NOT_FOUND;
		if (is_end)
			err = ERR_OK;
		else if (!err && is_wanted(follower, record.type))
			err = follower->take(follower->ctx, &record);
		if (!err)
			*mark = journal_cursor_mark(cursor);
	}
	journal_cursor_close(cursor);
	return err;
}

err_t journal_replay(const journal_follower_t *follower)
{
	journal_mark_t mark = { 0 };
	return journal_follow(follower, &mark);
}
