/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_SEARCH_SEARCH_H
#define REGISTRY_SEARCH_SEARCH_H
/* Names found by what their records say: by words of any public value, by the exact
 * text of one type of value, by prefix and state. A view of the main journal in an
 * SQL database with full-text search; it may lag behind the registry, says how far,
 * and is built again when it is missing, damaged or of another journal.
 *
 * Story: search_open catches up with what it can read at once and follows the
 * journal on its loop, some records a turn; searcher_find answers on the loop of a
 * searcher. Only values with public read are kept: what a search can find, anybody
 * could have resolved. Drafts and tombstones are found only by their state.
 *
 * Words: letters and digits of any script, compared without case and accents; every
 * character of scripts without blanks between words (Chinese, Japanese, Korean)
 * counts as a word, so that any part of a Chinese text is found. All words of the
 * question must be there; the last one may be the beginning of a word.
 *
 * Threads: search_open, search_close: set-up and tear-down. A searcher belongs to
 * one FILES loop. search_lag: any.
 *
 * Limits: question 256 bytes and 16 words (ERR_INVALID beyond), 1,000 rows an
 * answer, a value's first 4,096 bytes are searched, a budget for each question
 * (ERR_LIMIT: ask more narrowly). */
#include "journal/journal.h"
#include "model/record.h"

typedef struct search search_t;
typedef struct searcher searcher_t;

enum { SEARCH_ROWS_MAX = 1000, SEARCH_TEXT_MAX = 256, SEARCH_WORDS_MAX = 16 };

typedef struct {
	const char *views_dir;
	journal_t *journal;
	env_loop_t *loop; /* FILES: follows the journal */
} search_spec_t;

/* ERR_CONFIG: the path is too long. ERR_NO_MEMORY, ERR_DISK_FULL, ERR_IO: the view
 * cannot be made; one that cannot be read is made again. */
MUST_CHECK err_t search_open(env_t *env, const search_spec_t *spec, search_t **ret_search);
/* After its loop was stopped and its searchers freed. NULL is fine. */
void search_close(search_t *search);
/* Records of the journal that are durable and not yet in the view. */
uint64_t search_lag(const search_t *search);
const metrics_t *search_metrics(const search_t *search);

/* ERR_NO_MEMORY; the view is opened by the first question. */
MUST_CHECK err_t searcher_new(search_t *search, searcher_t **ret_searcher);
void searcher_free(searcher_t *searcher);

/* What is empty, or RECORD_STATE_COUNT, does not narrow. */
typedef struct {
	slice_t words;
	slice_t type, value; /* a value of this type (ASCII case aside) with exactly this text */
	slice_t prefix;      /* "99.100.1": the names under it alone */
	record_state_t state;
	slice_t after; /* names behind this one, in byte order of the folded form */
	size_t limit;
} search_query_t;

typedef struct {
	slice_t name; /* as registered */
	record_state_t state;
	int64_t changed_ns;
	slice_t found; /* the value the words were found in, or the first; cut at 200 bytes */
} search_row_t;

/* Calls `row`, whose slices last as long as the call, in the order of the names until it
 * returns false. ERR_INVALID and ERR_LIMIT: see the limits. ERR_BUSY, ERR_CORRUPT,
 * ERR_INTERNAL: the view is being made again just now. ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK err_t searcher_find(searcher_t *searcher, const search_query_t *query,
                               bool (*row)(void *ctx, const search_row_t *row), void *ctx);
#endif
