/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/trouble.h"

err_t trouble_tell(env_t *env, journal_t *events, const trouble_t *t)
{
	char addr[ADDR_TEXT_MAX];
	event_t event = event_make(t->message, (node_time_t){ env_utc(env).ns });
	event_arg(&event, ARG_NAME, value_text(t->node));
	event_arg(&event, ARG_REASON, value_text(slice_str(t->reason)));
	if (t->addr.ip.family)
		event_arg(&event, ARG_CLIENT, value_text(slice_str(addr_format(t->addr, addr))));
	if (t->stream < UPLINK_STREAM_COUNT) {
		const char *name = uplink_stream_name((uplink_stream_t)t->stream);
		event_arg(&event, ARG_STATE, value_text(slice_str(name)));
	}
	if (t->sequence)
		event_arg(&event, ARG_SEQUENCE, value_u64(t->sequence));
	return event_append(events, &event);
}
