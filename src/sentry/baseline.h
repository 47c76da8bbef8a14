/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_BASELINE_H
#define SENTRY_BASELINE_H
/* The white-list: which client may use which function on which addresses of which
 * unit of which server, and how often it did.
 *
 * Story: policy rows are added at the start; while learning, baseline_learn() adds
 * what is seen; afterwards baseline_covers() answers whether a request is known.
 * Learned rows of one key (client, server, unit, function) that touch or overlap
 * are one row; approved rows stay as they were approved. A request is covered when
 * the rows together hold all of its addresses.
 *
 * Limit: BASELINE_ROWS_MAX rows; more are refused, so their requests stay novel. */
#include "model/asset.h"
#include "sentry/keymap.h"

enum { BASELINE_ROWS_MAX = 4096 };

typedef enum { ROW_LEARNED, ROW_PERSON, ROW_POLICY } row_origin_t;

typedef struct {
	baseline_row_t row; /* approved unless learned */
	row_origin_t origin;
	uint32_t next; /* row of the same key, KEYMAP_NONE ends */
	bool used;
	bool owed;      /* differs from what the journal has */
	uint64_t saved; /* count the journal has */
} baseline_entry_t;

typedef struct {
	baseline_entry_t *entries; /* some unused; baseline_next walks */
	uint32_t *free;
	size_t free_count;
	keymap_t map;   /* key to its first row */
	keymap_t known; /* clients, servers, pairs and units that have rows */
} baseline_t;

MUST_CHECK err_t baseline_open(baseline_t *b, uint64_t seed);
void baseline_close(baseline_t *b);

/* Adds all rows as policy, or none: false when full. */
bool baseline_allow(baseline_t *b, const baseline_row_t *rows, size_t count);
/* Forgets policy rows that are not among these. Their clients stay known until the next
 * start: what they do is reported as an act, not as a new talker. */
void baseline_withdraw_others(baseline_t *b, const baseline_row_t *rows, size_t count);

/* Only the key and the range of `what` count, below too. Adds a row as it is;
 * false when full. An equal learned row becomes it. */
bool baseline_add(baseline_t *b, const baseline_row_t *what, row_origin_t origin);
typedef enum { LEARN_KNOWN, LEARN_WIDER, LEARN_FRESH, LEARN_FULL } learn_t;
/* Counts where known; else adds or widens a row. FRESH: the key had no row. */
learn_t baseline_learn(baseline_t *b, const baseline_row_t *what, int64_t utc_ns);

/* A row as the journal has it: the newest word on its key and range. Policy rows
 * that are no longer policy are ignored. */
void baseline_restore(baseline_t *b, const baseline_row_t *row, row_origin_t origin);

typedef enum { COVER_ANY, COVER_APPROVED } cover_t;
bool baseline_covers(const baseline_t *b, const baseline_row_t *what, cover_t cover);
/* Counts one request into the rows that cover its first address. */
void baseline_count(baseline_t *b, const baseline_row_t *what, int64_t utc_ns);

bool baseline_knows_pair(const baseline_t *b, ip_t client, ip_t server);
bool baseline_knows_client(const baseline_t *b, ip_t client);
bool baseline_knows_server(const baseline_t *b, ip_t server);
bool baseline_knows_unit(const baseline_t *b, ip_t client, ip_t server, uint8_t unit);
/* Does any row have this client, server, unit and function? */
bool baseline_knows_function(const baseline_t *b, const baseline_row_t *what);

/* The client whose rows of writing functions hold the address, with the highest
 * count; false when there is none. */
bool baseline_writer(const baseline_t *b, const baseline_row_t *where, ip_t *ret_client,
                     uint64_t *ret_count);
/* The row with exactly this key and range, or NULL. */
baseline_entry_t *baseline_find(baseline_t *b, const baseline_row_t *what);
size_t baseline_size(const baseline_t *b);
/* Walks the rows in use from *at on; NULL at the end. */
baseline_entry_t *baseline_next(baseline_t *b, size_t *at);
#endif
