/* SPDX-License-Identifier: Apache-2.0 */
/* A record as it was known at a time: /api/handles/NAME?at=. Query loop, because the
 * journal is read for it. */
#include "api/handlers.h"

#include <stdlib.h>

#include "api/state.h"
#include "base/text.h"
#include "registry/handle/live.h"

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

verdict_t handle_get_at(exchange_t *x)
{
	registry_moment_t moment = { .name = x->request.param[0],
		                     .shows_drafts = x->request.caller.role >= ROLE_ENGINEER };
	slice_t text = { 0 };
	registry_walk_t *walk = NULL;
	registry_version_t version;
	handle_live_at_t live;
	(void)request_query(&x->request, "at", 0, &text);
	if (time_parse_ms(text, &moment.utc_ns))
		return handles_refuse(x, ERR_MALFORMED);
	err_t err = registry_known_at(x->api->query_reader, &moment, &walk, &version);
	quota_t quota = registry_resolved(x->api->spec.registry, moment.name, err);
	if (quota || err) {
		registry_walk_close(walk);
		return quota ? handles_refuse_code(x, registry_quota_code(quota), NULL)
		             : handles_refuse(x, err);
	}
	handle_live_at(x->api->spec.live, moment.utc_ns, &live);
	handles_put_live(x, &live.source, &version.entry.record, &version);
	registry_walk_close(walk);
	return EXCHANGE_ANSWERED;
}
