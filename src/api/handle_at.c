/* SPDX-License-Identifier: Apache-2.0 */
/* A record as it was known at a time: /api/handles/NAME?at=. Query loop, because the
 * journal is read for it. */
#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"
#include "base/text.h"

/* RFC 3339, or milliseconds since 1970. */
static err_t read_time(slice_t text, int64_t *ret_utc_ns)
{
	int64_t ms = 0;
	if (num_parse_i64(text, &ms))
		return time_parse(text, ret_utc_ns);
	return __builtin_mul_overflow(ms, NS_PER_MS, ret_utc_ns) ? ERR_INVALID : ERR_OK;
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
	request_query(&x->request, "at", 0, &text);
	if (read_time(text, &utc_ns))
		return handles_refuse(x, ERR_MALFORMED);
	err_t err = registry_walk_open(x->api->query_reader, x->request.param[0], 0, &walk);
	if (!err)
		err = registry_as_of(walk, utc_ns, &version);
	if (!err && !may_see(x, version.entry.record.state))
		err = ERR_NOT_FOUND;
	if (err)
		handles_refuse(x, err);
	else
		handles_put_record(x, &version.entry.record, &version);
	registry_walk_close(walk);
	reply_header(&x->reply, "Access-Control-Allow-Origin", "*");
	return EXCHANGE_ANSWERED;
}
