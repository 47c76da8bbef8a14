/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/mark.h"

#include <string.h>

journal_mark_t journal_mark_of(const journal_t *journal, const journal_record_t *record)
{
	journal_mark_t mark = { .seq = record->seq, .epoch = journal_epoch(journal) };
	memcpy(mark.hash, record->hash, sizeof(mark.hash));
	return mark;
}

err_t journal_mark_follow(journal_t *journal, const journal_mark_t *mark,
                          journal_cursor_t **ret_cursor)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	if (mark->seq == 0)
		return journal_cursor_open(journal, journal_first(journal), ret_cursor);
	if (mark->epoch != journal_epoch(journal) || mark->seq > journal_last(journal))
		return ERR_CONFLICT;
	err_t err = journal_cursor_open(journal, mark->seq, &cursor);
	if (err == ERR_NOT_FOUND)
		return journal_cursor_open(journal, mark->seq + 1, ret_cursor);
	if (!err)
		err = journal_cursor_next(cursor, &record);
	if (!err && memcmp(record.hash, mark->hash, sizeof(record.hash)) != 0)
		err = ERR_CONFLICT;
	if (err) {
		journal_cursor_close(cursor);
		return err;
	}
	*ret_cursor = cursor;
	return ERR_OK;
}
