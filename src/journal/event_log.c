/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes on the stack: an event fits EVENT_BYTES_MAX or is refused. */
#include "journal/event_log.h"

err_t event_append(journal_t *journal, event_t *event)
{
	uint8_t buf[EVENT_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	event_encode(event, &w);
	if (w.bad)
		return ERR_TOO_BIG;
	slice_t payload = writer_done(&w);
	return journal_append(journal, JOURNAL_EVENT, &payload, 1, &event->seq);
}
