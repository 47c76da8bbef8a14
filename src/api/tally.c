/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tally.h"

enum { PAGE = 1000 };

typedef struct {
	tally_t *tally;
	uint64_t oldest;
	size_t rows;
} count_t;

static bool count_row(void *ctx, const event_t *event)
{
	count_t *count = ctx;
	count->oldest = event->seq;
	count->rows++;
	if (event->message == MSG_COMMAND_VERIFIED)
		atomic_fetch_add(&count->tally->writes_verified, 1);
	return true;
}

err_t tally_open(events_t *events, tally_t *tally)
{
	events_query_t query = { .class_mask = 1u << EVENT_COMMAND, .limit = PAGE };
	count_t count = { .tally = tally };
	err_t err = ERR_OK;
	atomic_store(&tally->events, events_count(events));
	do {
		count.rows = 0;
		query.before_seq = count.oldest;
		err = events_find(events, &query, count_row, &count);
	} while (!err && count.rows == PAGE);
	return err;
}

void tally_event(tally_t *tally, const event_t *event)
{
	atomic_fetch_add(&tally->events, 1);
	if (event->message == MSG_COMMAND_VERIFIED)
		atomic_fetch_add(&tally->writes_verified, 1);
}
