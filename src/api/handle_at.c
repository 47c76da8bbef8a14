/* SPDX-License-Identifier: Apache-2.0 */
/* A record as it was known at a time: /api/handles/NAME?at=. Query loop, because the
 * journal is read for it. */
#include "api/handlers.h"

#include <stdlib.h>

#include "api/state.h"
#include "base/num.h"
#include "base/text.h"
#include "registry/handle/live.h"

/* A sample older than so many periods is not the value at that time. */
enum { LOOK_BACK_PERIODS = 600, DEADLINE_S = 5 };

/* RFC 3339, or milliseconds since 1970. */
static err_t read_time(slice_t text, int64_t *ret_utc_ns)
{
	int64_t ms = 0;
	if (num_parse_i64(text, &ms))
		return time_parse(text, ret_utc_ns);
	return __builtin_mul_overflow(ms, NS_PER_MS, ret_utc_ns) ? ERR_INVALID : ERR_OK;
}

void handles_put_live(exchange_t *x, const live_value_source_t *source, const record_t *record,
                      const registry_version_t *from)
{
	size_t len = source ? handle_live_room(record) : 0;
	uint8_t *room = len ? malloc(len) : NULL;
	writer_t w = writer_of(room, room ? len : 0);
	record_t shown = *record;
	if (room)
		(void)handle_live_expand(source, record, &w, &shown);
	handles_put_record(x, &shown, from);
	free(room);
}

/* The sample of a point that was the newest at a time. */
typedef struct {
	const api_t *api;
	int64_t utc_ns;
	sample_t sample;
	bool found;
} moment_t;

static bool keep_last(void *ctx, const sample_t *sample)
{
	moment_t *moment = ctx;
	moment->sample = *sample;
	moment->found = true;
	return true;
}

static bool sample_at(void *ctx, slice_t name, live_value_t *ret_value)
{
	moment_t *moment = ctx;
	const api_t *api = moment->api;
	const point_t *point = catalogue_point_named(api_catalogue(api), name);
	series_reader_t reader = historian_reader(api->spec.historian);
	moment->found = false;
	if (!point)
		return false;
	series_query_t query = {
		.point = point->id,
		.from_ns = moment->utc_ns - LOOK_BACK_PERIODS * point->period_ns,
		.to_ns = moment->utc_ns + 1,
		.deadline_ns = env_now(api->env) + DEADLINE_S * NS_PER_S,
	};
	if (reader.raw(reader.ctx, &query, keep_last, moment) || !moment->found)
		return false;
	*ret_value = (live_value_t){ .sample = moment->sample, .period_ns = point->period_ns };
	(void)slice_to_cstr(slice_str(point->unit), ret_value->unit, sizeof(ret_value->unit));
	return true;
}

static bool may_see(const exchange_t *x, record_state_t state)
{
	bool is_public = state == RECORD_ACTIVE || state == RECORD_RETIRED;
	return is_public || (state == RECORD_DRAFT && x->request.caller.role >= ROLE_ENGINEER);
}

verdict_t handle_get_at(exchange_t *x)
{
	slice_t text = { 0 };
	int64_t utc_ns = 0;
	registry_walk_t *walk = NULL;
	registry_version_t version;
	moment_t moment = { .api = x->api };
	live_value_source_t source = { &moment, sample_at };
	request_query(&x->request, "at", 0, &text);
	if (read_time(text, &utc_ns))
		return handles_refuse(x, ERR_MALFORMED);
	err_t err = registry_walk_open(x->api->query_reader, x->request.param[0], 0, &walk);
	if (!err)
		err = registry_as_of(walk, utc_ns, &version);
	if (!err && !may_see(x, version.entry.record.state))
		err = ERR_NOT_FOUND;
	moment.utc_ns = utc_ns;
	if (err)
		handles_refuse(x, err);
	else
		handles_put_live(x, &source, &version.entry.record, &version);
	registry_walk_close(walk);
	return EXCHANGE_ANSWERED;
}
