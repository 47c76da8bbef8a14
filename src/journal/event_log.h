/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_EVENT_LOG_H
#define JOURNAL_EVENT_LOG_H
/* Appends events to the main journal: the one way an event comes to be. */
#include "journal/journal.h"
#include "model/event.h"

/* Any thread. Sets event->seq. */
MUST_CHECK err_t event_append(journal_t *journal, event_t *event);
#endif
