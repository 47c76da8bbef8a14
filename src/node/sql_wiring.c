/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sql_wiring.h"

enum { EVENTS_PAGE = 1000 };

typedef struct {
	bool (*row)(void *ctx, const sql_identifier_t *row);
	void *ctx;
} taker_t;

static bool hand_identifier(void *ctx, const search_row_t *row)
{
	const taker_t *taker = ctx;
	sql_identifier_t one = { row->name, row->state, row->changed_ns };
	return taker->row(taker->ctx, &one);
}

static err_t find_identifiers(void *ctx, slice_t after, size_t limit,
                              bool (*row)(void *row_ctx, const sql_identifier_t *row),
                              void *row_ctx)
{
	sql_wired_t *wired = ctx;
	taker_t taker = { row, row_ctx };
	search_query_t query = { .state = RECORD_STATE_COUNT,
		                 .after = after,
		                 .limit = limit < SEARCH_ROWS_MAX ? limit : SEARCH_ROWS_MAX };
	return searcher_find(wired->searcher, &query, hand_identifier, &taker);
}

static size_t list_assets(void *ctx, size_t from, asset_t *ret, size_t cap)
{
	sql_wired_t *wired = ctx;
	return sentry_assets(wired->rooms.sentry, from, ret, cap);
}

static err_t find_events(void *ctx, const sql_events_t *query,
                         bool (*row)(void *row_ctx, const event_t *event), void *row_ctx)
{
	sql_wired_t *wired = ctx;
	events_query_t find = { .after_seq = query->after_seq,
		                .before_seq = query->before_seq,
		                .limit = query->limit < EVENTS_PAGE ? query->limit : EVENTS_PAGE };
	return events_find(wired->rooms.events, &find, row, row_ctx);
}

static bool is_thinned(void *ctx)
{
	const sql_wired_t *wired = ctx;
	return historian_is_thinned(wired->rooms.historian);
}

err_t sql_wiring_open(env_t *env, const sql_wiring_t *rooms, sql_wired_t *ret_wired)
{
	*ret_wired = (sql_wired_t){ .rooms = *rooms };
	err_t err = searcher_new(rooms->search, &ret_wired->searcher);
	if (err)
		return err;
	sql_spec_t spec = {
		.reader = historian_reader(rooms->historian),
		.index = &ret_wired->rooms.index,
		.source = { ret_wired, find_identifiers, list_assets, find_events, is_thinned },
	};
	return sql_open(env, &spec, &ret_wired->sql);
}

void sql_wiring_close(sql_wired_t *wired)
{
	sql_close(wired->sql);
	searcher_free(wired->searcher);
	*wired = (sql_wired_t){ 0 };
}
