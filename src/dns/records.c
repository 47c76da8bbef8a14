/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a record as records of the DNS. Rules end in a URI (flag "u") and rewrite
 * the whole of what was asked, so that each is one URI and no program. */
#include "base/utf8.h"
#include "codec/handle/value.h"
#include "dns/state.h"

enum {
	ORDER = 100,
	STEP = 10,
	URI_WEIGHT = 1,
	TTL_MAX_S = 7 * 86400,
	TEXT_BYTES_MAX = 1024,
	SERVICE_BYTES_MAX = DNS_TEXT_MAX,
};

/* Of ITU-T X.672, Annex A, by the types of values that give them. */
static const struct {
	const char *type, *service;
} ors_services[] = {
	{ "OID.COID", "ORS+COID" }, { "OID.CINF", "ORS+CINF" }, { "OID.RINF", "ORS+RINF" },
	{ "OID.MINF", "ORS+MINF" }, { "OID.UINF", "ORS+UINF" }, { "URL", "ORS+UINF" },
};

typedef struct {
	dns_door_t *door;
	const dns_ask_t *ask;
	dns_reply_t *reply;
	uint32_t ttl_s;
	uint16_t rules; /* so far */
} put_t;

static bool is_public(const record_t *record, const handle_value_t *value)
{
	return record->is_public || (value->perms & HANDLE_PERM_PUBLIC_READ);
}

/* One time for all records of a name: the least of what may be told of it. */
static uint32_t ttl_of(const dns_door_t *door, const record_t *record)
{
	uint32_t now_s = (uint32_t)(env_utc(door->env).ns / NS_PER_S), least = TTL_MAX_S;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	while (handle_value_next(&iter, &value)) {
		uint32_t ttl = handle_value_ttl(&value, now_s, now_s);
		if (is_public(record, &value) && ttl < least)
			least = ttl;
	}
	return least;
}

static void skip(const put_t *p)
{
	metric_add(&p->door->metrics, DNS_METRIC_SKIPPED, 1);
}

static bool wants(const put_t *p, uint16_t type)
{
	uint16_t asked = p->ask->query.question.type;
	return asked == type || asked == DNS_TYPE_ANY;
}

static bool is_line(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] == 0x7F)
			return false;
	return utf8_valid(text);
}

/* What parts the two halves of a rule must not stand in them; 0: nothing is left. */
static uint8_t delimiter_of(slice_t uri)
{
	static const uint8_t choice[] = { '!', '|', '#' };
	for (size_t i = 0; i < sizeof(choice); i++)
		if (slice_find(uri, choice[i]) == uri.len)
			return choice[i];
	return 0;
}

/* "!^.*$!URI!"; a backslash would be read as a part of what was asked (RFC 3402, 3.2). */
static void put_rule(put_t *p, slice_t service, slice_t uri)
{
	uint8_t room[DNS_TEXT_MAX];
	writer_t w = writer_of(room, sizeof(room));
	uint8_t delimiter = delimiter_of(uri);
	wr_u8(&w, delimiter);
	wr_bytes(&w, SLICE("^.*$"));
	wr_u8(&w, delimiter);
	wr_bytes(&w, uri);
	wr_u8(&w, delimiter);
	if (w.bad || !delimiter || service.len > DNS_TEXT_MAX || uri.len == 0 || !is_line(uri) ||
	    slice_find(uri, '\\') < uri.len) {
		skip(p);
		return;
	}
	dns_naptr_t naptr = { .order = ORDER,
		              .preference = (uint16_t)(++p->rules * STEP),
		              .flags = SLICE("u"),
		              .services = service,
		              .regexp = writer_done(&w) };
	size_t mark = dns_record_begin(p->reply, &p->reply->question, DNS_TYPE_NAPTR, p->ttl_s);
	dns_put_naptr(p->reply, &naptr);
	(void)dns_record_end(p->reply, DNS_ANSWER, mark);
}

/* RFC 7553: no length but that of the record. */
static void put_uri(put_t *p, slice_t uri)
{
	if (uri.len == 0 || !is_line(uri)) {
		skip(p);
		return;
	}
	size_t mark = dns_record_begin(p->reply, &p->reply->question, DNS_TYPE_URI, p->ttl_s);
	wr_u16(p->reply->w, STEP);
	wr_u16(p->reply->w, URI_WEIGHT);
	wr_bytes(p->reply->w, uri);
	(void)dns_record_end(p->reply, DNS_ANSWER, mark);
}

/* "TYPE=data" of what is a line of text. */
static void put_text(put_t *p, const handle_value_t *value)
{
	uint8_t room[TEXT_BYTES_MAX];
	writer_t w = writer_of(room, sizeof(room));
	wr_bytes(&w, value->type);
	wr_u8(&w, '=');
	wr_bytes(&w, value->data);
	if (w.bad || !is_line(writer_done(&w))) {
		skip(p);
		return;
	}
	size_t mark = dns_record_begin(p->reply, &p->reply->question, DNS_TYPE_TXT, p->ttl_s);
	dns_put_text(p->reply, writer_done(&w));
	(void)dns_record_end(p->reply, DNS_ANSWER, mark);
}

static void put_ors(put_t *p, const handle_value_t *value)
{
	for (size_t i = 0; i < sizeof(ors_services) / sizeof(*ors_services); i++)
		if (slice_eq_nocase(value->type, slice_str(ors_services[i].type)))
			put_rule(p, slice_str(ors_services[i].service), value->data);
}

static void put_handle(put_t *p, const handle_value_t *value)
{
	bool is_url = slice_eq_nocase(value->type, SLICE("URL"));
	if (is_url && wants(p, DNS_TYPE_NAPTR))
		put_rule(p, SLICE("URL"), value->data);
	if (is_url && wants(p, DNS_TYPE_URI))
		put_uri(p, value->data);
	if (wants(p, DNS_TYPE_TXT))
		put_text(p, value);
}

static void put_link(put_t *p, const gs1_link_t *link)
{
	uint8_t room[SERVICE_BYTES_MAX];
	writer_t w = writer_of(room, sizeof(room));
	gs1_link_type_uri(link->type, &w);
	if (w.bad)
		skip(p);
	else
		put_rule(p, writer_done(&w), link->href);
}

/* The default link is preferred to the others. */
static void put_links(put_t *p, const record_t *record)
{
	gs1_links_t *links = &p->door->links;
	gs1_links_read(record, LANG_EN, links);
	const gs1_link_t *first = gs1_links_default(links);
	if (first)
		put_link(p, first);
	for (size_t i = 0; i < links->count; i++)
		if (&links->links[i] != first)
			put_link(p, &links->links[i]);
	gs1_links_done(links);
}

static void put_values(put_t *p, const record_t *record,
                       void (*put)(put_t *p, const handle_value_t *value))
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	while (!p->reply->is_full && handle_value_next(&iter, &value))
		if (is_public(record, &value))
			put(p, &value);
}

void dns_records_put(dns_door_t *door, const dns_ask_t *ask, const record_t *record,
                     dns_reply_t *reply)
{
	put_t p = { .door = door, .ask = ask, .reply = reply, .ttl_s = ttl_of(door, record) };
	if (ask->zone->scheme == DNS_SCHEME_HANDLE)
		put_values(&p, record, put_handle);
	else if (!wants(&p, DNS_TYPE_NAPTR))
		return;
	else if (ask->zone->scheme == DNS_SCHEME_OID)
		put_values(&p, record, put_ors);
	else
		put_links(&p, record);
}
