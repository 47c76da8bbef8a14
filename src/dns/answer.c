/* SPDX-License-Identifier: Apache-2.0 */
/* One answer: what the name is, what is said of it, and how much of it fits. */
#include "dns/state.h"

static void count(dns_door_t *door, size_t row)
{
	metric_add(&door->metrics, row, 1);
}

static bool is_wanted(const dns_ask_t *ask, uint16_t type)
{
	return ask->query.question.type == type || ask->query.question.type == DNS_TYPE_ANY;
}

static void put_soa(const dns_door_t *door, const dns_zone_t *zone, dns_section_t section,
                    dns_reply_t *reply)
{
	size_t mark = dns_record_begin(reply, &zone->name, DNS_TYPE_SOA, door->soa.negative_s);
	dns_put_soa(reply, &door->soa);
	(void)dns_record_end(reply, section, mark);
}

/* What the head of a zone has beside a record of its own. */
static void put_apex(const dns_door_t *door, const dns_ask_t *ask, dns_reply_t *reply)
{
	if (is_wanted(ask, DNS_TYPE_SOA))
		put_soa(door, ask->zone, DNS_ANSWER, reply);
	if (!is_wanted(ask, DNS_TYPE_NS))
		return;
	size_t mark = dns_record_begin(reply, &ask->zone->name, DNS_TYPE_NS, door->soa.refresh_s);
	dns_put_name(reply, &door->server);
	(void)dns_record_end(reply, DNS_ANSWER, mark);
}

static void put_server(const dns_door_t *door, const dns_ask_t *ask, dns_reply_t *reply)
{
	for (size_t i = 0; i < door->server_ip_count; i++) {
		ip_t ip = door->server_ips[i];
		uint16_t type = ip.family == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA;
		if (!is_wanted(ask, type))
			continue;
		size_t mark = dns_record_begin(reply, &door->server, type, door->soa.refresh_s);
		wr_bytes(reply->w, slice_of(ip.bytes, ip.family == 4 ? 4 : sizeof(ip.bytes)));
		(void)dns_record_end(reply, DNS_ANSWER, mark);
	}
}

/* Whether the name is there, with or without what is asked for. */
static bool is_there(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found)
{
	const dns_name_t *name = &ask->query.question.name;
	slice_t record = slice_of(ask->record, ask->record_len);
	if (found->err == ERR_OK || ask->map == DNS_MAP_ABOVE || ask->is_server ||
	    dns_name_eq(name, &ask->zone->name) || dns_name_within(&door->server, name))
		return true;
	return ask->map == DNS_MAP_RECORD &&
	       dns_map_leads_on(ask->zone, name, record, door->registry, door->lister);
}

/* Absent, not served, a name that cannot be one: there is no such record. */
static bool is_broken(err_t err)
{
	return err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_UNAVAILABLE &&
	       err != ERR_INVALID;
}

static void put_all(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found,
                    dns_reply_t *reply)
{
	if (dns_name_eq(&ask->query.question.name, &ask->zone->name))
		put_apex(door, ask, reply);
	if (ask->is_server)
		put_server(door, ask, reply);
	if (found->err == ERR_OK)
		dns_records_put(door, ask, found->record, reply);
	if (reply->counts[DNS_ANSWER] || reply->is_full) {
		count(door, DNS_METRIC_FOUND);
		return;
	}
	if (!is_there(door, ask, found))
		reply->rc = DNS_RC_NO_NAME;
	count(door, reply->rc ? DNS_METRIC_NO_NAME : DNS_METRIC_NO_DATA);
	put_soa(door, ask->zone, DNS_AUTHORITY, reply);
}

/* Fills the reply; what may not be said has a code of its own. */
static dns_rc_t compose(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found,
                        dns_reply_t *reply)
{
	slice_t name = slice_of(ask->record, ask->record_len);
	if (ask->refusal != DNS_RC_OK) {
		count(door,
		      ask->refusal == DNS_RC_REFUSED ? DNS_METRIC_OUTSIDE : DNS_METRIC_MALFORMED);
		return ask->refusal;
	}
	reply->flags |= DNS_FLAG_AUTHORITATIVE;
	if (ask->map == DNS_MAP_RECORD && registry_resolved(door->registry, name, found->err)) {
		count(door, DNS_METRIC_QUOTA);
		return DNS_RC_REFUSED;
	}
	if (is_broken(found->err)) {
		count(door, DNS_METRIC_FAILED);
		return DNS_RC_FAILED;
	}
	put_all(door, ask, found, reply);
	return (dns_rc_t)reply->rc;
}

static size_t limit_of(const dns_ask_t *ask, bool is_udp)
{
	size_t size = ask->query.edns.is_there ? ask->query.edns.udp_size : DNS_UDP_MIN;
	if (!is_udp)
		return DNS_MESSAGE_MAX;
	if (size < DNS_UDP_MIN)
		size = DNS_UDP_MIN;
	return size < DNS_UDP_REPLY_MAX ? size : DNS_UDP_REPLY_MAX;
}

/* Whether a datagram longer than its question may go where the question says it came from. */
static bool may_grow(dns_door_t *door, const dns_ask_t *ask, size_t len)
{
	return len <= ask->size ||
	       dns_budget_pay(&door->budget, ask->peer.ip, len, env_now(door->env));
}

void dns_answer_write(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found, writer_t *w)
{
	dns_reply_t reply;
	size_t from = w->len;
	dns_reply_begin(&ask->query, limit_of(ask, found->is_udp), w, &reply);
	reply.edns = (dns_edns_t){ .is_there = ask->query.edns.is_there,
		                   .udp_size = DNS_UDP_REPLY_MAX };
	reply.rc = (uint16_t)compose(door, ask, found, &reply);
	if (reply.is_full) {
		count(door, DNS_METRIC_TRUNCATED);
		dns_reply_cut(&reply);
	} else if (found->is_udp && !may_grow(door, ask, w->len - from)) {
		count(door, DNS_METRIC_BUDGET);
		dns_reply_cut(&reply);
		reply.rc = DNS_RC_OK;
	}
	dns_reply_end(&reply);
}
