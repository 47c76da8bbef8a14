/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/state.h"

/* The longest zone the name is within; NULL: none. */
static const dns_zone_t *zone_of(const dns_door_t *door, const dns_name_t *name)
{
	const dns_zone_t *best = NULL;
	for (size_t i = 0; i < door->zone_count; i++) {
		const dns_zone_t *zone = &door->zones[i];
		if (dns_name_within(name, &zone->name) &&
		    (!best || zone->name.len > best->name.len))
			best = zone;
	}
	return best;
}

/* Zones are not handed out whole, and OPT is no record of a name. */
static dns_rc_t judge_type(uint16_t type)
{
	if (type == DNS_TYPE_OPT)
		return DNS_RC_FORMAT;
	return type == DNS_TYPE_AXFR || type == DNS_TYPE_IXFR ? DNS_RC_REFUSED : DNS_RC_OK;
}

static dns_rc_t judge(const dns_door_t *door, codec_t got, dns_ask_t *ask)
{
	const dns_query_t *query = &ask->query;
	if (got == CODEC_UNSUPPORTED)
		return DNS_RC_NOT_IMPLEMENTED;
	if (got != CODEC_OK)
		return DNS_RC_FORMAT;
	if (query->edns.version > 0)
		return DNS_RC_BAD_VERSION;
	if (query->question.class != DNS_CLASS_IN)
		return DNS_RC_REFUSED;
	ask->zone = zone_of(door, &query->question.name);
	return ask->zone ? judge_type(query->question.type) : DNS_RC_REFUSED;
}

void dns_ask_read(const dns_door_t *door, slice_t message, addr_t peer, dns_ask_t *ret_ask)
{
	dns_ask_t *ask = ret_ask;
	*ask = (dns_ask_t){ .peer = peer, .size = message.len, .map = DNS_MAP_NOTHING };
	codec_t got = dns_query_decode(message, &ask->query);
	ask->is_due = got != CODEC_MORE && !(ask->query.head.flags & DNS_FLAG_REPLY);
	if (!ask->is_due)
		return;
	ask->refusal = judge(door, got, ask);
	if (ask->refusal != DNS_RC_OK)
		return;
	writer_t w = writer_of(ask->record, sizeof(ask->record));
	const dns_name_t *name = &ask->query.question.name;
	ask->is_server = dns_name_eq(name, &door->server);
	ask->map = dns_map_record(ask->zone, door->gs1, name, &w);
	ask->record_len = w.len;
	if (w.bad)
		ask->map = DNS_MAP_NOTHING;
}
