/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_SEARCH_STATE_H
#define REGISTRY_SEARCH_STATE_H
/* The inside of the search view, shared by who follows and who asks. Private to this
 * folder. What is not atomic belongs to the following loop; path and env are fixed. */
#include "registry/search/search.h"
#include "registry/search/index.h"

#define SEARCH_METRIC_ROWS(X) \
	X(PUTS, COUNTER, "records_total", "Records written into the view") \
	X(ASKED, COUNTER, "questions_total", "Questions asked") \
	X(GIVEN_UP, COUNTER, "questions_given_up_total", "Questions past their budget") \
	X(REBUILT, COUNTER, "rebuilt_total", "Times the view was built again") \
	X(FAILED, GAUGE, "failed", "1 when the view could not follow at the last try") \
	X(LAG, GAUGE, "lag", "Journal records the view is behind")

#define X(id, kind, name, help) SEARCH_METRIC_##id,
enum { SEARCH_METRIC_ROWS(X) SEARCH_METRIC_COUNT };
#undef X

enum { SEARCH_PATH_MAX = 512 };

struct search {
	env_t *env;
	journal_t *journal;
	char path[SEARCH_PATH_MAX];
	search_index_t *index; /* NULL while it cannot be opened */
	journal_cursor_t *cursor;
	journal_mark_t mark;
	env_mailbox_t *mailbox;
	_Atomic uint64_t applied;
	_Atomic uint32_t generation; /* counts the files this view has had */
	metrics_t metrics;
};
#endif
